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
#include "agent/page.h"

enum { TABLE_ROWS = 1000 };

static bool add_text_chart(const agent_state *s, str *out, err *e)
{
    str text = {0};
    const bool ok = agent_chart_text(s, 90, &text, e);

    if (ok && text.n) {
        str_adds(out, "<pre>");
        page_lines(str_text(&text), out);
        str_adds(out, "</pre>\n");
    }
    str_deinit(&text);
    return ok;
}

static bool add_figure(const agent_state *s, str *out, err *e)
{
    const size_t before = out->n;

    str_adds(out, "<div id=\"chart\"></div>\n");
    if (!page_plotly(out)) {
        out->n = before;
        str_addf(out, "<p class=\"note\">The drawn chart needs Plotly, which is not installed: `make run` "
                      "puts it at %s in salesbot's data folder.</p>\n", page_plotly_file);
        return add_text_chart(s, out, e);
    }
    str_adds(out, "<script type=\"application/json\" id=\"figure\">");
    if (!page_json(s->chart, out, e))
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
        page_text(str_text(&number), out);
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
        page_text(s->columns[j].title, out);
        str_adds(out, "</th>");
    }
    str_adds(out, "</tr>\n");
    for (int64_t i = 0; i < r->n_rows && i < TABLE_ROWS; i++) {
        str_adds(out, "<tr>");
        for (int j = 0; j < r->n_columns; j++) {
            str_reset(&cell);
            agent_format_cell(s, i, j, &cell);
            str_adds(out, column_is_number(s, j) ? "<td class=\"n\">" : "<td>");
            page_text(str_text(&cell), out);
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
        page_text(notes[i], out);
    }
    str_adds(out, "</p>\n");
}

static void add_facts(const agent_state *s, str *out)
{
    const char *why = json_string_value(json_object_get(s->chart, "why"));

    add_notes("Still", s->still, s->n_still, out);
    add_notes("Taken as", s->assumptions, s->n_assumptions, out);
    add_notes("Note", s->left_out, s->n_left_out, out);
    add_notes("I did not use", s->unused_words, s->n_unused_words, out);
    add_notes("Why this chart", &why, why != NULL, out);
    str_adds(out, "<p class=\"note\">");
    if (*s->confidence.word) {
        page_text(s->confidence.word, out);
        str_adds(out, ": ");
        page_text(s->confidence.reason, out);
        str_adds(out, ". ");
    }
    page_text(s->database, out);
    if (*s->data_to) {
        str_adds(out, " to ");
        page_text(s->data_to, out);
    }
    str_adds(out, "</p>\n");
    if (*s->sql_pretty) {
        str_adds(out, "<pre>");
        page_lines(s->sql_pretty, out);
        str_adds(out, "</pre>\n");
    }
}

bool agent_chart_html(const agent_state *s, str *out, err *e)
{
    page_begin(s->question, out);
    str_adds(out, "<h1>");
    page_text(s->question, out);
    str_adds(out, "</h1>\n<p class=\"answer\">");
    page_text(s->answer, out);
    str_adds(out, "</p>\n");
    if (s->chart && !add_own_drawing(s, out) && !add_heat(s, out, e) && !add_figure(s, out, e))
        return false;
    if (s->results && s->columns && s->results->n_rows)
        add_table(s, out);
    add_facts(s, out);
    page_end(out);
    return !out->bad || err_set(e, ERR_NOMEM, "out of memory for the chart's page");
}
