/* chart_grid.c - rows become a grid of labels and series, small enough to read.
 *
 * Members beyond the limit are summed into "Other" where the measure adds up;
 * where it doesn't (a ratio, a ranking's cut) they are left out and counted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/chart_impl.h"

static bool no_memory(err *e)
{
    return err_set(e, ERR_NOMEM, "out of memory for the chart");
}

static chart_grid *grid_new(arena *a, int n_labels, int n_series, err *e)
{
    chart_grid *g = arena_push(a, chart_grid, 1);
    const size_t n = (size_t)n_labels, k = (size_t)n_series;

    if (g) {
        *g = (chart_grid){.n_labels = n_labels, .n_series = n_series};
        g->labels = arena_push(a, const char *, n + 1);
        g->keys = arena_push(a, const char *, n + 1);
        g->names = arena_push(a, const char *, k + 1);
        g->values = arena_push(a, double, n * k + 1);
    }
    if (!g || !g->labels || !g->keys || !g->names || !g->values) {
        no_memory(e);
        return NULL;
    }
    for (size_t i = 0; i < n * k; i++)
        g->values[i] = NAN;
    return g;
}

static const char *label_text(const agent_state *s, int64_t row, int column, arena *a)
{
    str cell = {0};
    const char *copy;

    agent_format_cell(s, row, column, &cell);
    copy = arena_str(a, str_text(&cell));
    str_deinit(&cell);
    return copy ? copy : "";
}

static const char *key_text(const agent_state *s, int64_t row, int column, arena *a)
{
    const db_type t = s->columns[column].type;
    char buffer[64];
    const char *copy;

    if ((t != DB_DATE && t != DB_TIMESTAMP) || db_cell_null(s->results, row, column))
        return label_text(s, row, column, a);
    copy = arena_str(a, db_cell_text(s->results, row, column, buffer));
    return copy ? copy : "";
}

/* ---- one row, one label ---------------------------------------------------- */

typedef struct ranked { double size; int64_t row; } ranked;

static int larger_first(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Rows in the order to draw: as they come where that says something (time, a
 * ranking, a why), else largest first; NULL measures last. */
static ranked *row_order(const agent_state *s, const chart_facts *f, bool keep, arena *a, err *e)
{
    ranked *order = arena_push(a, ranked, (size_t)f->n_rows + 1);
    double v;

    if (!order) {
        no_memory(e);
        return NULL;
    }
    for (int64_t i = 0; i < f->n_rows; i++) {
        v = state_number(s, i, f->measures[0]);
        order[i] = (ranked){keep ? 0 : isnan(v) ? -INFINITY : v, i};
    }
    qsort(order, (size_t)f->n_rows, sizeof *order, larger_first);
    return order;
}

/* Two members of one name stay two bars: the second is "Name (2)". */
static void part_twins(chart_grid *g, int n, arena *a)
{
    for (int i = 1; i < n && n <= CHART_MAX_BARS; i++) {
        int twins = 1;

        for (int j = 0; j < i; j++)
            twins += !strcmp(g->keys[j], g->keys[i]);
        if (twins > 1) {
            const char *text = arena_strf(a, "%s (%d)", g->labels[i], twins);

            g->labels[i] = text ? text : g->labels[i];
        }
    }
    for (int i = 0; i < n; i++)
        g->keys[i] = g->labels[i];
}

static chart_grid *grid_rows(const agent_state *s, const chart_facts *f, int label,
                             bool keep_order, int most, arena *a, err *e)
{
    ranked *order = row_order(s, f, keep_order || f->ranked || f->why, a, e);
    const int64_t n_rows = f->n_rows;
    const bool bars = most <= CHART_MAX_BARS, cut = n_rows > most;
    const int kept = (int)(!cut ? n_rows : most == CHART_MAX_BARS ? CHART_KEEP_BARS : most - bars);
    const bool other = cut && bars && f->additive && !f->ranked;
    chart_grid *g = order ? grid_new(a, kept + other, f->n_measures, e) : NULL;

    if (!g)
        return NULL;
    g->dates = s->columns[label].type == DB_DATE || s->columns[label].type == DB_TIMESTAMP;
    g->other = other;
    g->n_hidden = cut && !other ? n_rows - kept : 0;
    for (int j = 0; j < f->n_measures; j++)
        g->names[j] = s->columns[f->measures[j]].title;
    for (int i = 0; i < kept; i++) {
        g->labels[i] = label_text(s, order[i].row, label, a);
        g->keys[i] = key_text(s, order[i].row, label, a);
        for (int j = 0; j < f->n_measures; j++)
            g->values[j * g->n_labels + i] = state_number(s, order[i].row, f->measures[j]);
    }
    if (label != f->time)
        part_twins(g, kept, a);
    if (other)
        g->labels[kept] = g->keys[kept] = "Other";
    for (int64_t i = kept; other && i < n_rows; i++)
        for (int j = 0; j < f->n_measures; j++) {
            double *sum = &g->values[j * g->n_labels + kept];
            const double v = state_number(s, order[i].row, f->measures[j]);

            *sum = isnan(*sum) ? v : *sum + (isnan(v) ? 0 : v);
        }
    return g;
}

/* Several measures in one row: each is a bar. */
static chart_grid *grid_measures(const agent_state *s, const chart_facts *f, arena *a, err *e)
{
    chart_grid *g = grid_new(a, f->n_measures, 1, e);

    for (int i = 0; g && i < f->n_measures; i++) {
        g->labels[i] = g->keys[i] = s->columns[f->measures[i]].title;
        g->values[i] = state_number(s, 0, f->measures[i]);
    }
    if (g)
        g->names[0] = "";
    return g;
}

/* ---- pivot ------------------------------------------------------------------ */

typedef struct members {
    const char **texts;
    int64_t *rows; /* first row of each */
    double *sums;
    int n;
} members;

static int member_find(members *m, const char *text)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->texts[i], text))
            return i;
    return -1;
}

/* Distinct labels of a column, in order of appearance, with the measure's sum. */
static bool members_of(const agent_state *s, const chart_facts *f, int column, int64_t n,
                       arena *a, members *m)
{
    m->texts = arena_push(a, const char *, (size_t)n + 1);
    m->rows = arena_push(a, int64_t, (size_t)n + 1);
    m->sums = arena_push(a, double, (size_t)n + 1);
    m->n = 0;
    if (!m->texts || !m->rows || !m->sums)
        return false;
    for (int64_t i = 0; i < f->n_rows; i++) {
        const char *text = label_text(s, i, column, a);
        const double v = state_number(s, i, f->measures[0]);
        int at = member_find(m, text);

        if (at < 0 && m->n == n)
            continue;
        if (at < 0) {
            at = m->n++;
            m->texts[at] = text;
            m->rows[at] = i;
        }
        m->sums[at] += isnan(v) ? 0 : fabs(v);
    }
    return true;
}

static int64_t time_value(const agent_state *s, int64_t row, int column)
{
    const db_result_column *c = &s->results->columns[column];

    return c->type == DB_TEXT || c->type == DB_DECIMAL || c->type == DB_DOUBLE ||
                   db_cell_null(s->results, row, column)
               ? row
               : c->as.integer[row];
}

/* Time labels in time's order (insertion sort: at most a few hundred, nearly sorted). */
static void sort_times(const agent_state *s, int column, members *m)
{
    for (int i = 1; i < m->n; i++)
        for (int j = i; j > 0 && time_value(s, m->rows[j - 1], column) >
                                     time_value(s, m->rows[j], column); j--) {
            const int64_t row = m->rows[j];
            const char *text = m->texts[j];

            m->rows[j] = m->rows[j - 1];
            m->rows[j - 1] = row;
            m->texts[j] = m->texts[j - 1];
            m->texts[j - 1] = text;
        }
}

/* Keep the largest members; *kept of them, in place, largest first when cut. */
static void keep_largest(members *m, int kept)
{
    for (int i = 0; i < kept; i++)
        for (int j = i + 1; j < m->n; j++)
            if (m->sums[j] > m->sums[i]) {
                const double sum = m->sums[i];
                const char *text = m->texts[i];

                m->sums[i] = m->sums[j];
                m->sums[j] = sum;
                m->texts[i] = m->texts[j];
                m->texts[j] = text;
            }
}

static void fill_pivot(const agent_state *s, const chart_facts *f, int x, int series,
                       members *mx, members *ms, int kept, chart_grid *g, arena *a)
{
    for (int64_t i = 0; i < f->n_rows; i++) {
        const int at = member_find(mx, label_text(s, i, x, a));
        int k = member_find(ms, label_text(s, i, series, a));
        const double v = state_number(s, i, f->measures[0]);

        if (k >= kept)
            k = g->other ? kept : -1;
        if (at < 0 || k < 0 || isnan(v))
            continue;
        if (isnan(g->values[k * g->n_labels + at]))
            g->values[k * g->n_labels + at] = v;
        else
            g->values[k * g->n_labels + at] += v;
    }
}

static chart_grid *grid_pivot(const agent_state *s, const chart_facts *f, int x, int series,
                              int64_t n_x, int64_t n_series, int most, arena *a, err *e)
{
    members mx, ms;
    const bool cut = n_series > most;
    const int kept = cut ? most - f->additive : (int)n_series;
    chart_grid *g = NULL;

    if (!members_of(s, f, x, n_x, a, &mx) || !members_of(s, f, series, n_series, a, &ms)) {
        no_memory(e);
        return NULL;
    }
    if (x == f->time)
        sort_times(s, x, &mx);
    if (cut)
        keep_largest(&ms, kept);
    g = grid_new(a, mx.n, (kept < ms.n ? kept : ms.n) + (cut && f->additive), e);
    if (!g)
        return NULL;
    g->dates = s->columns[x].type == DB_DATE || s->columns[x].type == DB_TIMESTAMP;
    g->other = cut && f->additive;
    g->n_hidden = cut && !g->other ? n_series - kept : 0;
    for (int i = 0; i < mx.n; i++) {
        g->labels[i] = mx.texts[i];
        g->keys[i] = key_text(s, mx.rows[i], x, a);
    }
    for (int i = 0; i < g->n_series; i++)
        g->names[i] = g->other && i == g->n_series - 1 ? "Other" : ms.texts[i];
    fill_pivot(s, f, x, series, &mx, &ms, kept, g, a);
    return g;
}

/* ---- row-level measures: series 0 is x, series 1 is y ---------------------------- */

static chart_grid *grid_points(const agent_state *s, const chart_facts *f, arena *a, err *e)
{
    const int y = f->n_measures > 1 ? f->measures[1] : f->other_measure;
    const int n = f->n_rows > CHART_MAX_POINTS ? CHART_MAX_POINTS : (int)f->n_rows;
    chart_grid *g = grid_new(a, n, 2, e);

    if (!g)
        return NULL;
    g->n_hidden = f->n_rows - n;
    g->names[0] = s->columns[f->measures[0]].title;
    g->names[1] = s->columns[y].title;
    for (int i = 0; i < n; i++) {
        g->labels[i] = g->keys[i] = f->n_categories ? label_text(s, i, f->categories[0], a) : "";
        g->values[i] = state_number(s, i, f->measures[0]);
        g->values[n + i] = state_number(s, i, y);
    }
    return g;
}

/* ---- distribution ------------------------------------------------------------ */

/* Equal bins, Sturges' rule: log2(n) + 1. */
static chart_grid *grid_bins(const agent_state *s, const chart_facts *f, arena *a, err *e)
{
    const int n_bins = (int)ceil(log2((double)(f->n_rows > 1 ? f->n_rows : 2))) + 1;
    const agent_column *c = &s->columns[f->measures[0]];
    chart_grid *g = grid_new(a, n_bins, 1, e);
    double low = INFINITY, high = -INFINITY, width, v;

    for (int64_t i = 0; g && i < f->n_rows; i++) {
        v = state_number(s, i, f->measures[0]);
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    if (!g)
        return NULL;
    g->names[0] = "rows";
    if (!(low <= high)) { /* nothing but NULLs */
        g->n_labels = 0;
        return g;
    }
    width = high > low ? (high - low) / n_bins : 1;
    for (int b = 0; b < n_bins; b++) {
        str text = {0};

        format_number(low + width * b, c->unit, s->currency, FORMAT_PLAIN, &text);
        g->labels[b] = g->keys[b] = arena_str(a, str_text(&text));
        str_deinit(&text);
        g->values[b] = 0;
        if (!g->labels[b])
            return no_memory(e), NULL;
    }
    for (int64_t i = 0; i < f->n_rows; i++) {
        v = state_number(s, i, f->measures[0]);
        if (!isnan(v))
            g->values[(int)fmin(n_bins - 1, (v - low) / width)]++;
    }
    return g;
}

chart_grid *chart_grid_of(const agent_state *s, const chart_facts *f, chart_kind kind,
                          arena *a, err *e)
{
    switch (kind) {
    case CHART_NUMBER:
    case CHART_PAIR:
        return grid_measures(s, f, a, e);
    case CHART_TIME_BARS:
    case CHART_LINE:
        return grid_rows(s, f, f->time, true, CHART_MAX_POINTS, a, e);
    case CHART_LINES:
        return grid_pivot(s, f, f->time, f->categories[0], f->n_times, f->n_labels,
                          CHART_MAX_SERIES, a, e);
    case CHART_GROUPED:
    case CHART_STACKED:
    case CHART_HEAT:
        return grid_pivot(s, f, f->categories[0], f->categories[1], f->n_labels, f->n_members,
                          kind == CHART_HEAT ? 40 : CHART_MAX_SERIES, a, e);
    case CHART_HISTOGRAM:
        return grid_bins(s, f, a, e);
    case CHART_SCATTER:
        return grid_points(s, f, a, e);
    default:
        return grid_rows(s, f, f->categories[0], kind == CHART_WATERFALL,
                         kind == CHART_FULL_BAR ? CHART_MAX_SERIES : CHART_MAX_BARS, a, e);
    }
}

const char *chart_title(const agent_state *s, const chart_facts *f, arena *a)
{
    str text = {0};
    const char *copy;

    for (int i = 0; i < f->n_measures && i < 3; i++)
        str_addf(&text, "%s%s", i ? ", " : "", s->columns[f->measures[i]].title);
    if (f->time >= 0)
        str_addf(&text, " per %s", s->columns[f->time].title);
    for (int i = 0; i < f->n_categories && i < 2; i++)
        str_addf(&text, "%s%s", i ? " and " : " by ", s->columns[f->categories[i]].title);
    if (s->has_plan && s->plan.period.set && s->plan.period.label)
        str_addf(&text, ", %s", s->plan.period.label);
    format_capital(&text, 0);
    copy = arena_str(a, str_text(&text));
    str_deinit(&text);
    return copy ? copy : "";
}
