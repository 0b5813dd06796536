/* chart_check.c - a figure is data of a known form, or it is not shown.
 *
 * Known trace types, known keys, axes of equal length, no object where a text
 * belongs. What isn't listed here never reaches a browser. */
#include <string.h>

#include "agent/chart_impl.h"

static const char *const trace_types[] = {"bar", "scatter", "pie", "heatmap", "indicator", NULL};
static const char *const trace_keys[] = {
    "type", "name", "x", "y", "z", "text", "labels", "values", "value", "base", "marker", "mode",
    "orientation", "hovertemplate", "sort", "textinfo", "colorscale", "colorbar", "number", "title",
    NULL};
static const char *const layout_keys[] = {
    "title", "xaxis", "yaxis", "annotations", "colorway", "showlegend", "plot_bgcolor",
    "paper_bgcolor", "font", "separators", "barmode", "barnorm", "bargap", "height", NULL};
static const char *const chart_keys[] = {"data", "layout", "kind", "why", NULL};

static bool listed(const char *const *list, const char *text)
{
    for (; text && *list; list++)
        if (!strcmp(*list, text))
            return true;
    return false;
}

static bool keys_known(const json_t *o, const char *const *list, const char *where, err *e)
{
    const char *key;
    json_t *v;

    if (!json_is_object(o))
        return err_set(e, ERR_FORMAT, "chart: %s is not an object", where);
    json_object_foreach((json_t *)(uintptr_t)o, key, v)
        if (!listed(list, key))
            return err_set(e, ERR_FORMAT, "chart: unknown key \"%s\" in %s", key, where);
    return true;
}

static bool same_length(const json_t *t, const char *a, const char *b, err *e)
{
    const json_t *x = json_object_get(t, a), *y = json_object_get(t, b);

    if (!x || !y)
        return true;
    return (json_is_array(x) && json_is_array(y) && json_array_size(x) == json_array_size(y)) ||
           err_set(e, ERR_FORMAT, "chart: \"%s\" and \"%s\" differ in length", a, b);
}

static bool trace_check(const json_t *t, err *e)
{
    const char *type;

    if (!keys_known(t, trace_keys, "a trace", e))
        return false;
    type = json_string_value(json_object_get(t, "type"));
    if (!listed(trace_types, type))
        return err_set(e, ERR_FORMAT, "chart: unknown trace type");
    if (!strcmp(type, "heatmap"))
        return same_length(t, "y", "z", e);
    return same_length(t, "x", "y", e) && same_length(t, "x", "base", e) &&
           same_length(t, "labels", "values", e);
}

bool chart_check(const json_t *chart, err *e)
{
    const json_t *data = json_object_get(chart, "data");
    size_t i;
    json_t *t;

    if (!keys_known(chart, chart_keys, "the chart", e) ||
        !keys_known(json_object_get(chart, "layout"), layout_keys, "the layout", e))
        return false;
    if (!json_is_array(data) || !json_array_size(data))
        return err_set(e, ERR_FORMAT, "chart: no data");
    json_array_foreach((json_t *)(uintptr_t)data, i, t)
        if (!trace_check(t, e))
            return false;
    return true;
}
