/* train_page.c - the curves of a run as one page: loss, learning rate, gradient. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/page.h"
#include "base/file.h"
#include "cli/train_impl.h"

enum { MAX_LOG = 256 << 20, MAX_POINTS = 4000 };

typedef struct curves {
    json_t *step, *loss, *smooth, *lr, *norm, *tokens; /* arrays */
    json_t *val_step, *val_loss, *val_tokens, *rate_step, *rate;
    double average, smoothed, last_loss, best;
    int n, best_step, every; /* every so many steps are drawn */
} curves;

static void append(json_t *list, const json_t *from, const char *key)
{
    json_array_append(list, json_object_get(from, key));
}

static void add_validation(curves *c, const json_t *line)
{
    const double loss = json_number_value(json_object_get(line, "val_loss"));

    append(c->val_step, line, "step");
    append(c->val_loss, line, "val_loss");
    append(c->val_tokens, line, "tokens");
    if (json_object_get(line, "executable")) {
        append(c->rate_step, line, "step");
        json_array_append_new(c->rate, json_real(100 * json_number_value(json_object_get(line, "executable"))));
    }
    if (!c->best_step || loss < c->best) {
        c->best = loss;
        c->best_step = (int)json_integer_value(json_object_get(line, "step"));
    }
}

static void add_step(curves *c, const json_t *line)
{
    c->last_loss = json_number_value(json_object_get(line, "loss"));
    c->average = 0.95 * c->average + 0.05 * c->last_loss;
    c->smoothed = c->average / (1 - pow(0.95, ++c->n)); /* the average began at 0 */
    if ((c->n - 1) % c->every)
        return;
    append(c->step, line, "step");
    append(c->loss, line, "loss");
    json_array_append_new(c->smooth, json_real(c->smoothed));
    append(c->lr, line, "lr");
    append(c->norm, line, "norm");
    append(c->tokens, line, "tokens");
}

static void add_lines(curves *c, char *text)
{
    for (char *line = text, *end; *line; line = end) {
        json_t *v;

        end = line + strcspn(line, "\n");
        v = json_loadb(line, (size_t)(end - line), 0, NULL);
        if (json_object_get(v, "val_loss"))
            add_validation(c, v);
        else if (json_object_get(v, "loss"))
            add_step(c, v);
        json_decref(v);
        end += *end == '\n';
    }
}

static int count_lines(const char *text)
{
    int n = 0;

    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

/* Colours: Okabe and Ito's, safe for the colour-blind. */
static json_t *figure(const curves *c)
{
    json_t *data = json_array(), *layout;

    json_array_append_new(data, json_pack("{s:s,s:s,s:s,s:O,s:O,s:O,s:{s:s,s:i},s:s}", "type", "scatter", "mode", "lines",
        "name", "loss of a step", "x", c->step, "y", c->loss, "customdata", c->tokens, "line", "color", "#b9d3e6", "width", 1,
        "hovertemplate", "%{y:.4f} after %{customdata:,} tokens"));
    json_array_append_new(data, json_pack("{s:s,s:s,s:s,s:O,s:O,s:{s:s,s:i},s:s}", "type", "scatter", "mode", "lines",
        "name", "loss, smoothed", "x", c->step, "y", c->smooth, "line", "color", "#0072B2", "width", 2, "hovertemplate", "%{y:.4f}"));
    if (json_array_size(c->val_step))
        json_array_append_new(data, json_pack("{s:s,s:s,s:s,s:O,s:O,s:O,s:{s:s},s:{s:i},s:s}", "type", "scatter",
            "mode", "lines+markers", "name", "validation loss", "x", c->val_step, "y", c->val_loss,
            "customdata", c->val_tokens, "line", "color", "#D55E00", "marker", "size", 7,
            "hovertemplate", "%{y:.4f} after %{customdata:,} tokens"));
    if (json_array_size(c->rate_step))
        json_array_append_new(data, json_pack("{s:s,s:s,s:s,s:O,s:O,s:{s:s},s:s,s:s}", "type", "scatter",
            "mode", "lines+markers", "name", "executable", "x", c->rate_step, "y", c->rate, "line", "color", "#009E73",
            "yaxis", "y4", "hovertemplate", "%{y:.1f} %"));
    json_array_append_new(data, json_pack("{s:s,s:s,s:s,s:O,s:O,s:s,s:{s:s},s:b,s:s}", "type", "scatter", "mode", "lines",
        "name", "learning rate", "x", c->step, "y", c->lr, "yaxis", "y2", "line", "color", "#666666", "showlegend", 0,
        "hovertemplate", "%{y:.2e}"));
    json_array_append_new(data, json_pack("{s:s,s:s,s:s,s:O,s:O,s:s,s:{s:s},s:b,s:s}", "type", "scatter", "mode", "lines",
        "name", "norm of the gradient", "x", c->step, "y", c->norm, "yaxis", "y3", "line", "color", "#CC79A7", "showlegend", 0,
        "hovertemplate", "%{y:.3f}"));
    layout = json_pack("{s:i,s:s,s:{s:i,s:i,s:i,s:i},s:{s:s,s:f,s:f},s:{s:{s:s},s:s},s:{s:{s:s},s:[f,f],s:s},"
                       "s:{s:{s:s},s:[f,f],s:s,s:s},s:{s:{s:s},s:[f,f],s:s,s:s}}",
        "height", 720, "hovermode", "x unified", "margin", "l", 80, "r", 70, "t", 30, "b", 50,
        "legend", "orientation", "h", "x", 0.0, "y", 1.05,
        "xaxis", "title", "text", "step", "anchor", "y3",
        "yaxis", "title", "text", "loss (nats a token)", "domain", 0.44, 1.0, "rangemode", "tozero",
        "yaxis2", "title", "text", "rate", "domain", 0.23, 0.38, "exponentformat", "e", "rangemode", "tozero",
        "yaxis3", "title", "text", "gradient", "domain", 0.0, 0.17, "rangemode", "tozero", "exponentformat", "e");
    if (json_array_size(c->rate_step))
        json_object_set_new(layout, "yaxis4", json_pack("{s:{s:s},s:s,s:s,s:[i,i],s:s,s:i,s:b}", "title", "text", "executable %",
            "overlaying", "y", "side", "right", "range", 0, 100, "tickmode", "linear", "dtick", 20, "showgrid", 0));
    return json_pack("{s:o,s:o}", "data", data, "layout", layout);
}

static bool add_drawing(const curves *c, str *out, err *e)
{
    const size_t before = out->n;
    json_t *f;
    bool ok;

    str_adds(out, "<div id=\"chart\"></div>\n");
    if (!page_plotly(out)) {
        out->n = before;
        str_addf(out, "<p class=\"note\">The drawn curves need Plotly, which is not installed: `make setup` puts it at "
                      "%s in salesbot's data folder. The numbers are in loss.jsonl.</p>\n", page_plotly_file);
        return true;
    }
    str_adds(out, "<script type=\"application/json\" id=\"figure\">");
    f = figure(c);
    ok = f ? page_json(f, out, e) : err_set(e, ERR_NOMEM, "out of memory for the page");
    json_decref(f);
    str_adds(out, "</script>\n<script>\nconst f=JSON.parse(document.getElementById('figure').textContent);\n"
                  "Plotly.newPlot('chart',f.data,f.layout,{responsive:true,displaylogo:false});\n</script>\n");
    return ok;
}

static bool build(const curves *c, const char *settings, str *out, err *e)
{
    str title = {0};

    str_addf(&title, "Training: %d steps", c->n);
    page_begin(str_text(&title), out);
    str_addf(out, "<h1>Training</h1>\n<p class=\"answer\">%d steps, loss %.4f", c->n, c->smoothed);
    if (c->best_step)
        str_addf(out, "; best validation loss %.4f at step %d", c->best, c->best_step);
    str_adds(out, "</p>\n");
    str_deinit(&title);
    if (!add_drawing(c, out, e))
        return false;
    str_adds(out, "<p class=\"note\">Loss is the mean over the answers' tokens: 0.69 is a coin flip a token, 0 is "
                  "certainty. When the validation loss rises while the loss still falls, more steps only "
                  "learn the examples by heart.</p>\n<pre>");
    page_lines(settings, out);
    str_adds(out, "</pre>\n");
    page_end(out);
    return !out->bad || err_set(e, ERR_NOMEM, "out of memory for the page");
}

static bool make_lists(curves *c)
{
    json_t **const lists[] = {&c->step, &c->loss, &c->smooth, &c->lr, &c->norm, &c->tokens, &c->val_step,
                              &c->val_loss, &c->val_tokens, &c->rate_step, &c->rate};
    bool ok = true;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        ok = (*lists[i] = json_array()) && ok;
    return ok;
}

static void free_lists(curves *c)
{
    json_t *const lists[] = {c->step, c->loss, c->smooth, c->lr, c->norm, c->tokens, c->val_step,
                             c->val_loss, c->val_tokens, c->rate_step, c->rate};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        json_decref(lists[i]);
}

bool train_page_write(const char *out, err *e)
{
    str path = {0}, log = {0}, settings = {0}, page = {0};
    curves c = {0};
    err ignored = {0};
    bool ok = make_lists(&c) || err_set(e, ERR_NOMEM, "out of memory for the page");

    str_addf(&path, "%s/train.yaml", out);
    if (ok && !file_read(str_text(&path), 1 << 20, &settings, &ignored))
        str_reset(&settings);
    str_reset(&path);
    str_addf(&path, "%s/loss.jsonl", out);
    ok = ok && file_read(str_text(&path), MAX_LOG, &log, e);
    if (ok) {
        c.every = 1 + count_lines(str_text(&log)) / MAX_POINTS;
        add_lines(&c, log.text);
    }
    str_reset(&path);
    str_addf(&path, "%s/training.html", out);
    ok = ok && build(&c, str_text(&settings), &page, e) && file_write_atomic(str_text(&path), page.text, page.n, 0644, e);
    free_lists(&c);
    str_deinit(&path);
    str_deinit(&log);
    str_deinit(&settings);
    str_deinit(&page);
    return ok;
}
