/* chart_html.c - one self-contained page: sentence, chart, table, SQL, notes.
 *
 * It works offline: Plotly's basic bundle, installed beside the weights by the
 * set-up, is written into the page; without it the page keeps a text chart and
 * says how to get the drawn one. Cells, names, questions and SQL are untrusted:
 * texts are escaped, the figure travels as JSON without a single "<", and the
 * page forbids itself every request. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/chart_impl.h"

enum { TABLE_ROWS = 1000, PLOTLY_BYTES = 8 << 20 };
static const char plotly_file[] = "share/plotly-basic.min.js";

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
    "'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
static const char style[] =
    "</title>\n<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:64rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.1rem;font-weight:normal;color:#555}\n.answer{font-size:1.4rem}\n"
    ".number{font-size:3.5rem;font-weight:600}\n"
    "table{border-collapse:collapse;margin:1rem 0}\nth,td{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:left}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    "pre{background:#f6f6f6;padding:1rem;overflow:auto}\n.note{color:#555}\n</style>\n</head>\n<body>\n";

static void add_escaped(const char *text, str *out)
{
    str clean = {0};

    format_text(text, &clean);
    for (const char *p = str_text(&clean); *p; p++)
        switch (*p) {
        case '&':  str_adds(out, "&amp;"); break;
        case '<':  str_adds(out, "&lt;"); break;
        case '>':  str_adds(out, "&gt;"); break;
        case '"':  str_adds(out, "&quot;"); break;
        case '\'': str_adds(out, "&#39;"); break;
        default:   str_addc(out, *p);
        }
    str_deinit(&clean);
}

/* Lines stay lines: for <pre>. */
static void add_escaped_lines(const char *text, str *out)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        str line = {0};

        end = text + strcspn(text, "\n");
        str_add(&line, text, (size_t)(end - text));
        add_escaped(str_text(&line), out);
        str_addc(out, '\n');
        str_deinit(&line);
    }
}

/* JSON inside a script element: no "<" can end it, no separator can break it. */
static bool add_script_json(const json_t *v, str *out, err *e)
{
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENSURE_ASCII);

    if (!text)
        return err_set(e, ERR_NOMEM, "out of memory for the chart's page");
    for (const char *p = text; *p; p++)
        if (*p == '<' || *p == '>' || *p == '&')
            str_addf(out, "\\u%04x", (unsigned)(unsigned char)*p);
        else
            str_addc(out, *p);
    free(text);
    return true;
}

/* The bundle, with any "</script" in it made harmless; false if it isn't there. */
static bool add_plotly(str *out)
{
    str path = {0}, code = {0};
    err local = {0};
    bool ok = home_path(&path, plotly_file, &local) &&
              file_read(str_text(&path), PLOTLY_BYTES, &code, &local);

    if (ok) {
        str_adds(out, "<script>");
        for (size_t i = 0; i < code.n; i++)
            if (code.n - i >= 8 && !strncasecmp(code.text + i, "</script", 8))
                str_adds(out, "<\\/script"), i += 7;
            else
                str_addc(out, code.text[i]);
        str_adds(out, "</script>\n");
    }
    str_deinit(&path);
    str_deinit(&code);
    return ok;
}

static bool add_text_chart(const agent_state *s, str *out, err *e)
{
    str text = {0};
    const bool ok = agent_chart_text(s, 90, &text, e);

    if (ok && text.n) {
        str_adds(out, "<pre>");
        add_escaped_lines(str_text(&text), out);
        str_adds(out, "</pre>\n");
    }
    str_deinit(&text);
    return ok;
}

static bool add_figure(const agent_state *s, str *out, err *e)
{
    const size_t before = out->n;

    str_adds(out, "<div id=\"chart\"></div>\n");
    if (!add_plotly(out)) {
        out->n = before;
        str_addf(out, "<p class=\"note\">The drawn chart needs Plotly, which is not installed: `make run` "
                      "puts it at %s in salesbot's data folder.</p>\n", plotly_file);
        return add_text_chart(s, out, e);
    }
    str_adds(out, "<script type=\"application/json\" id=\"figure\">");
    if (!add_script_json(s->chart, out, e))
        return false;
    str_adds(out, "</script>\n<script>\nconst f=JSON.parse(document.getElementById('figure').textContent);\n"
                  "Plotly.newPlot('chart',f.data,f.layout,{responsive:true,displaylogo:false});\n</script>\n");
    return true;
}

/* The two kinds that Plotly's basic bundle doesn't draw. */
static bool add_own_drawing(const agent_state *s, str *out)
{
    const char *kind = json_string_value(json_object_get(s->chart, "kind"));
    str number = {0};

    if (kind && !strcmp(kind, "big_number")) {
        agent_format_cell(s, 0, s->results->n_columns - 1, &number);
        str_adds(out, "<p class=\"number\">");
        add_escaped(str_text(&number), out);
        str_adds(out, "</p>\n");
        str_deinit(&number);
        return true;
    }
    return false;
}

/* A heat map as a table: the darker the cell, the larger the value. */
static bool add_heat(const agent_state *s, str *out, err *e)
{
    const char *kind = json_string_value(json_object_get(s->chart, "kind"));
    const json_t *trace = json_array_get(json_object_get(s->chart, "data"), 0);
    const json_t *x = json_object_get(trace, "x"), *y = json_object_get(trace, "y"),
                 *z = json_object_get(trace, "z");
    double most = 0;

    (void)e;
    if (!kind || strcmp(kind, "heat_map"))
        return false;
    for (size_t i = 0; i < json_array_size(z); i++)
        for (size_t j = 0; j < json_array_size(x); j++)
            most = fmax(most, fabs(json_number_value(json_array_get(json_array_get(z, i), j))));
    str_adds(out, "<table><tr><th></th>");
    for (size_t j = 0; j < json_array_size(x); j++)
        str_addf(out, "<th>%s</th>", json_string_value(json_array_get(x, j))); /* escaped there */
    for (size_t i = 0; i < json_array_size(y); i++) {
        str_addf(out, "</tr>\n<tr><th>%s</th>", json_string_value(json_array_get(y, i)));
        for (size_t j = 0; j < json_array_size(x); j++) {
            const json_t *v = json_array_get(json_array_get(z, i), j);
            const double share = most > 0 ? fabs(json_number_value(v)) / most : 0;

            str_addf(out, "<td class=\"n\" style=\"background:rgba(0,114,178,%.2f)\">", share * 0.7);
            if (json_is_number(v))
                format_number(json_number_value(v), SEM_NUMBER, "", FORMAT_PLAIN, out);
            str_adds(out, "</td>");
        }
    }
    str_adds(out, "</tr></table>\n");
    return true;
}

static void add_table(const agent_state *s, str *out)
{
    const db_result *r = s->results;
    str cell = {0};

    str_adds(out, "<table>\n<tr>");
    for (int j = 0; j < r->n_columns; j++) {
        str_adds(out, column_is_number(s, j) ? "<th class=\"n\">" : "<th>");
        add_escaped(s->columns[j].title, out);
        str_adds(out, "</th>");
    }
    str_adds(out, "</tr>\n");
    for (int64_t i = 0; i < r->n_rows && i < TABLE_ROWS; i++) {
        str_adds(out, "<tr>");
        for (int j = 0; j < r->n_columns; j++) {
            str_reset(&cell);
            agent_format_cell(s, i, j, &cell);
            str_adds(out, column_is_number(s, j) ? "<td class=\"n\">" : "<td>");
            add_escaped(str_text(&cell), out);
            str_adds(out, "</td>");
        }
        str_adds(out, "</tr>\n");
    }
    str_adds(out, "</table>\n");
    if (r->n_rows > TABLE_ROWS)
        str_addf(out, "<p class=\"note\">%d of %lld rows are shown.</p>\n", TABLE_ROWS,
                 (long long)r->n_rows);
    str_deinit(&cell);
}

static void add_notes(const char *label, const char *const *notes, int n, str *out)
{
    if (!n)
        return;
    str_addf(out, "<p class=\"note\">%s: ", label);
    for (int i = 0; i < n; i++) {
        str_adds(out, i ? "; " : "");
        add_escaped(notes[i], out);
    }
    str_adds(out, "</p>\n");
}

static void add_facts(const agent_state *s, str *out)
{
    const char *why = json_string_value(json_object_get(s->chart, "why"));

    add_notes("Taken as", s->assumptions, s->n_assumptions, out);
    add_notes("Note", s->left_out, s->n_left_out, out);
    add_notes("I did not use", s->unused_words, s->n_unused_words, out);
    add_notes("Why this chart", &why, why != NULL, out);
    str_adds(out, "<p class=\"note\">");
    if (*s->confidence.word) {
        add_escaped(s->confidence.word, out);
        str_adds(out, ": ");
        add_escaped(s->confidence.reason, out);
        str_adds(out, ". ");
    }
    add_escaped(s->database, out);
    if (*s->data_to) {
        str_adds(out, " to ");
        add_escaped(s->data_to, out);
    }
    str_adds(out, "</p>\n");
    if (*s->sql_pretty) {
        str_adds(out, "<pre>");
        add_escaped_lines(s->sql_pretty, out);
        str_adds(out, "</pre>\n");
    }
}

bool agent_chart_html(const agent_state *s, str *out, err *e)
{
    str_adds(out, head);
    add_escaped(s->question, out);
    str_adds(out, style);
    str_adds(out, "<h1>");
    add_escaped(s->question, out);
    str_adds(out, "</h1>\n<p class=\"answer\">");
    add_escaped(s->answer, out);
    str_adds(out, "</p>\n");
    if (s->chart && !add_own_drawing(s, out) && !add_heat(s, out, e) && !add_figure(s, out, e))
        return false;
    if (s->results && s->columns && s->results->n_rows)
        add_table(s, out);
    add_facts(s, out);
    str_adds(out, "</body>\n</html>\n");
    return !out->bad || err_set(e, ERR_NOMEM, "out of memory for the chart's page");
}
