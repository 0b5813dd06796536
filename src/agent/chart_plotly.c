/* chart_plotly.c - a grid as a Plotly figure: {data, layout, kind, why}.
 *
 * All but three kinds use the trace types of Plotly's basic bundle (bar,
 * scatter, pie); a waterfall is bars on their bases and a histogram is bars of
 * counts, so that any Plotly draws them. A big number is an indicator and a
 * heat map a heatmap; the page draws these two itself (chart_html.c).
 * Colours: Okabe and Ito, Color Universal Design (2008), told apart by all.
 * Labels are untrusted, and Plotly reads markup in them: they are escaped. */
#include <math.h>
#include <string.h>

#include "agent/chart_impl.h"

static const char *const palette[] = {"#0072B2", "#E69F00", "#009E73", "#CC79A7",
                                      "#56B4E9", "#D55E00", "#F0E442", "#000000"};
static const char other_colour[] = "#999999";
enum { N_COLOURS = 8 };

typedef struct figure {
    const agent_state *s;
    const chart_facts *f;
    const chart_rule *rule;
    const chart_grid *g;
    const agent_column *measure;
    const char *format, *prefix, *suffix; /* of the value axis */
    arena *a;
} figure;

/* "<b>" in a store's name is a name, not markup. */
static json_t *label_json(const char *text)
{
    str safe = {0};
    json_t *v;

    for (; *text; text++)
        if (*text == '<')
            str_adds(&safe, "&lt;");
        else if (*text == '>')
            str_adds(&safe, "&gt;");
        else if (*text == '&')
            str_adds(&safe, "&amp;");
        else
            str_addc(&safe, *text);
    v = json_string(str_text(&safe));
    str_deinit(&safe);
    return v;
}

static json_t *labels_json(const char *const *texts, int n)
{
    json_t *list = json_array();

    for (int i = 0; list && i < n; i++)
        if (json_array_append_new(list, label_json(texts[i]))) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

static json_t *values_json(const double *values, int n)
{
    json_t *list = json_array();

    for (int i = 0; list && i < n; i++)
        json_array_append_new(list, isfinite(values[i]) ? json_real(values[i]) : json_null());
    return list;
}

static const char *colour(const chart_grid *g, int series)
{
    return g->other && series == g->n_series - 1 && g->n_series > 1 ? other_colour
                                                                     : palette[series % N_COLOURS];
}

static void set_units(figure *p)
{
    str prefix = {0};

    p->prefix = p->suffix = "";
    p->format = ",.4~g";
    switch (p->measure->unit) {
    case SEM_MONEY:
        format_number(0, SEM_MONEY, p->s->currency, FORMAT_PLAIN, &prefix);
        if (prefix.n > 4 && !strcmp(prefix.text + prefix.n - 4, "0.00"))
            p->prefix = arena_strn(p->a, prefix.text, prefix.n - 4);
        str_deinit(&prefix);
        p->prefix = p->prefix ? p->prefix : "";
        p->format = ",.0f";
        break;
    case SEM_PERCENT:
        p->suffix = " %";
        p->format = ",.1f";
        break;
    case SEM_POINTS:
        p->suffix = " pp";
        p->format = ",.1f";
        break;
    case SEM_COUNT:
        p->format = ",.2~f";
        break;
    default:
        break;
    }
}

static json_t *value_axis(const figure *p, const char *title, bool zero)
{
    return json_pack("{s:{s:o}, s:s, s:s, s:s, s:s, s:b, s:b}", "title", "text", label_json(title),
                     "tickformat", p->format, "tickprefix", p->prefix, "ticksuffix", p->suffix,
                     "rangemode", zero ? "tozero" : "normal", "zeroline", zero, "automargin", 1);
}

static json_t *label_axis(const char *title, const char *type)
{
    return json_pack("{s:{s:o}, s:s, s:b}", "title", "text", label_json(title), "type", type,
                     "automargin", 1);
}

static json_t *layout_new(const figure *p)
{
    json_t *notes = json_array();

    if (p->g->n_hidden > 0)
        json_array_append_new(
            notes, json_pack("{s:o, s:b, s:s, s:s, s:f, s:f}", "text",
                             json_sprintf("%lld more in the table", (long long)p->g->n_hidden),
                             "showarrow", 0, "xref", "paper", "yref", "paper", "x", 1.0, "y", -0.18));
    if (p->s->results->truncated)
        json_array_append_new(
            notes, json_pack("{s:s, s:b, s:s, s:s, s:f, s:f}", "text",
                             "a limit cut the rows: the chart shows those read", "showarrow", 0,
                             "xref", "paper", "yref", "paper", "x", 0.0, "y", -0.18));
    return json_pack("{s:{s:o}, s:o, s:[s,s,s,s,s,s,s,s], s:b, s:s, s:s, s:{s:s, s:i}, s:o}",
                     "title", "text", label_json(chart_title(p->s, p->f, p->a)), "annotations", notes,
                     "colorway", palette[0], palette[1], palette[2], palette[3], palette[4],
                     palette[5], palette[6], palette[7], "showlegend",
                     p->g->n_series > 1 && p->rule->kind != CHART_SCATTER, "plot_bgcolor", "#ffffff",
                     "paper_bgcolor", "#ffffff", "font", "family", "system-ui, sans-serif", "size",
                     14, "separators", json_string(".,"));
}

static const char *hover(const figure *p, const char *axis)
{
    char *text = arena_strf(p->a, "%s%%{%s:%s}%s<extra>%%{fullData.name}</extra>", p->prefix, axis,
                            p->format, p->suffix);

    return text ? text : "";
}

/* One trace over the labels; `horizontal` swaps the axes. */
static json_t *series_trace(const figure *p, int k, const char *type, bool horizontal)
{
    const chart_grid *g = p->g;
    json_t *labels = labels_json(g->dates ? g->keys : g->labels, g->n_labels),
           *values = values_json(g->values + (size_t)k * (size_t)g->n_labels, g->n_labels);
    json_t *t = json_pack("{s:s, s:o, s:o, s:o, s:{s:s}, s:s}", "type", type, "name",
                          label_json(g->names[k]), horizontal ? "y" : "x", labels,
                          horizontal ? "x" : "y", values, "marker", "color", colour(g, k),
                          "hovertemplate", hover(p, horizontal ? "x" : "y"));

    if (t && horizontal)
        json_object_set_new(t, "orientation", json_string("h"));
    if (t && !strcmp(type, "scatter"))
        json_object_set_new(t, "mode", json_string(g->n_labels > 60 ? "lines" : "lines+markers"));
    return t;
}

static json_t *all_traces(const figure *p, const char *type, bool horizontal)
{
    json_t *data = json_array();

    for (int k = 0; data && k < p->g->n_series; k++)
        if (json_array_append_new(data, series_trace(p, k, type, horizontal))) {
            json_decref(data);
            data = NULL;
        }
    return data;
}

static const char *axis_name(const figure *p)
{
    const bool timed = p->rule->kind == CHART_TIME_BARS || p->rule->kind == CHART_LINE ||
                       p->rule->kind == CHART_LINES;

    if (p->rule->kind == CHART_PAIR)
        return "";
    return p->s->columns[timed ? p->f->time : p->f->categories[0]].title;
}

static json_t *draw_lines(const figure *p, json_t *layout)
{
    json_object_set_new(layout, "xaxis", label_axis(axis_name(p), p->g->dates ? "date" : "category"));
    json_object_set_new(layout, "yaxis", value_axis(p, p->measure->title, !p->f->negative));
    return all_traces(p, "scatter", false);
}

static json_t *draw_bars(const figure *p, json_t *layout)
{
    figure q = *p;
    chart_grid g = *p->g;

    g.dates = false; /* a bar for each period, named as people do */
    q.g = &g;
    json_object_set_new(layout, "xaxis", label_axis(axis_name(p), "category"));
    json_object_set_new(layout, "yaxis", value_axis(p, p->measure->title, true));
    if (p->rule->kind == CHART_STACKED)
        json_object_set_new(layout, "barmode", json_string("stack"));
    return all_traces(&q, "bar", false);
}

static json_t *draw_hbars(const figure *p, json_t *layout)
{
    json_t *axis = label_axis(axis_name(p), "category");

    json_object_set_new(axis, "autorange", json_string("reversed")); /* largest on top */
    json_object_set_new(layout, "yaxis", axis);
    json_object_set_new(layout, "xaxis", value_axis(p, p->measure->title, true));
    json_object_set_new(layout, "height", json_integer(140 + 26 * p->g->n_labels));
    return all_traces(p, "bar", true);
}

static json_t *draw_number(const figure *p, json_t *layout)
{
    (void)layout;
    return json_pack("[{s:s, s:s, s:o, s:{s:s, s:s, s:s}, s:{s:o}}]", "type", "indicator", "mode",
                     "number", "value",
                     isfinite(p->g->values[0]) ? json_real(p->g->values[0]) : json_null(), "number",
                     "prefix", p->prefix, "suffix", p->suffix, "valueformat", p->format, "title",
                     "text", label_json(p->measure->title));
}

/* Each bar stands where the one before ended; the last is the sum. */
static json_t *draw_waterfall(const figure *p, json_t *layout)
{
    const chart_grid *g = p->g;
    json_t *x = labels_json(g->labels, g->n_labels), *y = json_array(), *base = json_array(),
           *colours = json_array();
    double at = 0;

    for (int i = 0; i < g->n_labels; i++) {
        const double v = isnan(g->values[i]) ? 0 : g->values[i];

        json_array_append_new(base, json_real(at));
        json_array_append_new(y, json_real(v));
        json_array_append_new(colours, json_string(v < 0 ? palette[5] : palette[0]));
        at += v;
    }
    if (!g->n_hidden) { /* hidden parts would make it a sum of some */
        json_array_append_new(x, json_string("Total change"));
        json_array_append_new(base, json_real(0));
        json_array_append_new(y, json_real(at));
        json_array_append_new(colours, json_string(other_colour));
    }
    json_object_set_new(layout, "xaxis", label_axis(axis_name(p), "category"));
    json_object_set_new(layout, "yaxis", value_axis(p, p->measure->title, true));
    return json_pack("[{s:s, s:o, s:o, s:o, s:o, s:{s:o}, s:s}]", "type", "bar", "name",
                     label_json(p->measure->title), "x", x, "y", y, "base", base, "marker", "color",
                     colours, "hovertemplate", hover(p, "y"));
}

static json_t *draw_pie(const figure *p, json_t *layout)
{
    json_object_set_new(layout, "showlegend", json_true());
    return json_pack("[{s:s, s:o, s:o, s:b, s:s, s:{s:[s,s,s,s,s,s,s,s]}}]", "type", "pie", "labels",
                     labels_json(p->g->labels, p->g->n_labels), "values",
                     values_json(p->g->values, p->g->n_labels), "sort", 0, "textinfo",
                     "label+percent", "marker", "colors", palette[0], palette[1], palette[2],
                     palette[3], palette[4], palette[5], palette[6], palette[7]);
}

/* One bar of 100 %: a trace for each part. */
static json_t *draw_full_bar(const figure *p, json_t *layout)
{
    const chart_grid *g = p->g;
    json_t *data = json_array();

    for (int i = 0; data && i < g->n_labels; i++)
        json_array_append_new(
            data, json_pack("{s:s, s:s, s:o, s:[s], s:o, s:{s:s}}", "type", "bar", "orientation", "h",
                            "name", label_json(g->labels[i]), "y", "", "x",
                            values_json(g->values + i, 1), "marker", "color",
                            g->other && i == g->n_labels - 1 ? other_colour : palette[i % N_COLOURS]));
    json_object_set_new(layout, "barmode", json_string("stack"));
    json_object_set_new(layout, "barnorm", json_string("percent"));
    json_object_set_new(layout, "showlegend", json_true());
    json_object_set_new(layout, "xaxis", value_axis(p, p->measure->title, true));
    json_object_set_new(layout, "yaxis", label_axis("", "category"));
    return data;
}

static json_t *draw_heat(const figure *p, json_t *layout)
{
    const chart_grid *g = p->g;
    json_t *z = json_array();

    for (int k = 0; z && k < g->n_series; k++)
        json_array_append_new(z, values_json(g->values + (size_t)k * (size_t)g->n_labels, g->n_labels));
    json_object_set_new(layout, "xaxis", label_axis(axis_name(p), "category"));
    json_object_set_new(layout, "yaxis",
                        label_axis(p->s->columns[p->f->categories[1]].title, "category"));
    json_object_set_new(layout, "showlegend", json_false());
    return json_pack("[{s:s, s:o, s:o, s:o, s:s, s:{s:s}}]", "type", "heatmap", "x",
                     labels_json(g->labels, g->n_labels), "y", labels_json(g->names, g->n_series),
                     "z", z, "colorscale", "Cividis", "colorbar", "tickformat", p->format);
}

static json_t *draw_scatter(const figure *p, json_t *layout)
{
    const chart_grid *g = p->g;

    json_object_set_new(layout, "xaxis", value_axis(p, g->names[0], false));
    json_object_set_new(layout, "yaxis", json_pack("{s:{s:o}, s:b}", "title", "text",
                                                   label_json(g->names[1]), "automargin", 1));
    return json_pack("[{s:s, s:s, s:o, s:o, s:o, s:{s:s, s:f}}]", "type", "scatter", "mode",
                     "markers", "x", values_json(g->values, g->n_labels), "y",
                     values_json(g->values + g->n_labels, g->n_labels), "text",
                     labels_json(g->labels, g->n_labels), "marker", "color", palette[0], "opacity",
                     0.6);
}

static json_t *draw_histogram(const figure *p, json_t *layout)
{
    figure q = *p;

    q.prefix = q.suffix = "";
    q.format = ",.0f";
    json_object_set_new(layout, "bargap", json_real(0.02));
    json_object_set_new(layout, "xaxis", label_axis(p->measure->title, "category"));
    json_object_set_new(layout, "yaxis", value_axis(&q, "rows", true));
    return all_traces(&q, "bar", false);
}

static json_t *(*const drawers[])(const figure *p, json_t *layout) = {
    [CHART_NUMBER] = draw_number,       [CHART_WATERFALL] = draw_waterfall,
    [CHART_PIE] = draw_pie,             [CHART_FULL_BAR] = draw_full_bar,
    [CHART_TIME_BARS] = draw_bars,      [CHART_LINE] = draw_lines,
    [CHART_LINES] = draw_lines,         [CHART_BARS] = draw_bars,
    [CHART_HBARS] = draw_hbars,         [CHART_PAIR] = draw_bars,
    [CHART_GROUPED] = draw_bars,        [CHART_STACKED] = draw_bars,
    [CHART_HEAT] = draw_heat,           [CHART_SCATTER] = draw_scatter,
    [CHART_HISTOGRAM] = draw_histogram,
};

json_t *chart_plotly(const agent_state *s, const chart_facts *f, const chart_rule *rule,
                     arena *a, err *e)
{
    figure p = {.s = s, .f = f, .rule = rule, .measure = &s->columns[f->measures[0]], .a = a};
    json_t *layout, *data;

    p.g = chart_grid_of(s, f, rule->kind, a, e);
    if (!p.g)
        return NULL;
    set_units(&p);
    layout = layout_new(&p);
    data = layout ? drawers[rule->kind](&p, layout) : NULL;
    if (!data) {
        json_decref(layout);
        err_set(e, ERR_NOMEM, "out of memory for the chart");
        return NULL;
    }
    return json_pack("{s:o, s:o, s:s, s:s}", "data", data, "layout", layout, "kind", rule->name,
                     "why", rule->why);
}
