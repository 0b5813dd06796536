/* page.c - the report as one HTML file that works offline. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/page.h"
#include "eval/report_impl.h"

static const char script[] =
    "<script>\nfor(const [i,f] of JSON.parse(document.getElementById('figures').textContent).entries()){"
    "const d=document.createElement('div');d.style.height='26rem';document.body.append(d);"
    "Plotly.newPlot(d,f.data,f.layout,{responsive:true,displaylogo:false});}\n</script>\n";

static json_t *percent(double x) { return isfinite(x) ? json_real(round(1000 * x) / 10) : json_null(); }

static json_t *layout(const char *title, const char *axis)
{
    return json_pack("{s:{s:s}, s:{s:{s:s}, s:s}}", "title", "text", title, "yaxis", "title", "text", axis,
                     "rangemode", "tozero");
}

/* Right, with intervals, group by group. */
static json_t *groups_figure(const eval_report *r, bool by_source)
{
    const char *groups[GROUPS_MAX];
    const int n = report_groups(r, by_source, groups);
    json_t *x = json_array(), *y = json_array(), *up = json_array(), *down = json_array();

    for (int i = 0; i < n; i++) {
        const eval_share s = share_of_group(r, case_right, by_source, groups[i]);

        json_array_append_new(x, json_sprintf("%s (%d)", groups[i], s.n));
        json_array_append_new(y, percent(s.value));
        json_array_append_new(up, percent(s.high - s.value));
        json_array_append_new(down, percent(s.value - s.low));
    }
    return json_pack("{s:[{s:s, s:o, s:o, s:{s:s, s:b, s:o, s:o}}], s:o}", "data", "type", "bar", "x", x,
                     "y", y, "error_y", "type", "data", "symmetric", 0, "array", up, "arrayminus", down,
                     "layout", layout(by_source ? "Right by source, with 95 % intervals"
                                                : "Right by difficulty, with 95 % intervals",
                                      "right, %"));
}

static json_t *differences_figure(const eval_report *r)
{
    int counts[EVAL_DIFFERENCES];
    json_t *x = json_array(), *y = json_array();

    report_differences(r, counts);
    for (int i = 0; i < EVAL_DIFFERENCES; i++)
        if (counts[i]) {
            json_array_append_new(x, json_string(eval_difference_name((eval_difference)i)));
            json_array_append_new(y, json_integer(counts[i]));
        }
    return json_pack("{s:[{s:s, s:o, s:o}], s:o}", "data", "type", "bar", "x", x, "y", y, "layout",
                     layout("Not right: where the statement first differs", "questions"));
}

static json_t *latency_figure(const eval_report *r)
{
    json_t *x = json_array();

    for (int i = 0; i < r->n; i++)
        json_array_append_new(x, json_real(r->cases[i].ms));
    return json_pack("{s:[{s:s, s:o}], s:o}", "data", "type", "histogram", "x", x, "layout",
                     layout("Milliseconds a question", "questions"));
}

static bool add_figures(const eval_report *r, str *out, err *e)
{
    json_t *all = json_pack("[o, o, o, o]", groups_figure(r, true), groups_figure(r, false),
                            differences_figure(r), latency_figure(r));
    bool ok;

    str_adds(out, "<script type=\"application/json\" id=\"figures\">");
    ok = all ? page_json(all, out, e) : err_set(e, ERR_NOMEM, "out of memory for the page");
    str_adds(out, "</script>\n");
    str_adds(out, script);
    json_decref(all);
    return ok;
}

bool eval_report_page(const eval_report *r, str *out, err *e)
{
    str text = {0};
    bool ok = true;

    eval_report_text(r, &text);
    page_begin("Evaluation", out);
    str_adds(out, "<pre>");
    page_lines(str_text(&text), out);
    str_adds(out, "</pre>\n");
    str_deinit(&text);
    if (page_plotly(out))
        ok = add_figures(r, out, e);
    else
        str_addf(out, "<p>The charts need Plotly, which `make run` puts at %s in salesbot's data "
                      "folder.</p>\n", page_plotly_file);
    page_end(out);
    return ok && (!out->bad || err_set(e, ERR_NOMEM, "out of memory for the page"));
}
