/* chart_text.c - bars or a sparkline for a terminal.
 *
 * Widths are columns of the terminal, not bytes: names may hold any script.
 * Drawn from the same grid as the Plotly figure. */
#include <math.h>
#include <string.h>
#include <utf8proc.h>

#include "agent/chart_impl.h"

enum { MOST_LABEL = 28, LEAST_BAR = 8, MOST_LINES = 25, MOST_POINTS = 120 };

static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

/* At most `most` columns of a text, then blanks up to `width`. */
static void add_padded(const char *text, int most, int width, str *out)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
    utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text), n;
    const bool cut = text_width(text) > most;
    utf8proc_int32_t c;
    int used = 0;

    while (left > 0 && (n = utf8proc_iterate(p, left, &c)) > 0) {
        if (used + utf8proc_charwidth(c) > most - cut)
            break;
        used += utf8proc_charwidth(c);
        str_add(out, (const char *)p, (size_t)n);
        p += n;
        left -= n;
    }
    if (cut) {
        str_adds(out, "…");
        used++;
    }
    for (; used < width; used++)
        str_addc(out, ' ');
}

static void add_bar(double share, int width, str *out)
{
    const int n = (int)nearbyint(share * width * 8);

    for (int i = 0; i < n / 8; i++)
        str_adds(out, eighths[8]);
    str_adds(out, eighths[n % 8]);
}

static void grid_size(const chart_grid *g, const agent_state *s, const agent_column *c, int *label,
                      int *number, double *most)
{
    str text = {0};

    *label = *number = 0;
    *most = 0;
    for (int i = 0; i < g->n_labels; i++) {
        const int w = text_width(g->labels[i]);

        *label = w > *label ? w : *label;
        str_reset(&text);
        format_number(g->values[i], c->unit, s->currency, c->role == 'c', &text);
        *number = text_width(str_text(&text)) > *number ? text_width(str_text(&text)) : *number;
        if (fabs(g->values[i]) > *most)
            *most = fabs(g->values[i]);
    }
    *label = *label > MOST_LABEL ? MOST_LABEL : *label;
    str_deinit(&text);
}

/* Label, number, bar: the numbers stand in one column, right-aligned. */
static void draw_bars(const agent_state *s, const agent_column *c, const chart_grid *g, int width,
                      str *out)
{
    int label, number, room;
    double most;
    str text = {0};

    grid_size(g, s, c, &label, &number, &most);
    room = width - label - number - 4;
    room = room < LEAST_BAR ? LEAST_BAR : room;
    for (int i = 0; i < g->n_labels && i < MOST_LINES; i++) {
        add_padded(g->labels[i], label, label, out);
        str_reset(&text);
        format_number(g->values[i], c->unit, s->currency, c->role == 'c', &text);
        for (int n = text_width(str_text(&text)) - 2; n < number; n++)
            str_addc(out, ' ');
        str_addf(out, "%s  ", str_text(&text));
        if (most > 0 && !isnan(g->values[i])) {
            if (g->values[i] < 0)
                str_addc(out, '-');
            add_bar(fabs(g->values[i]) / most, room - (g->values[i] < 0), out);
        }
        str_addc(out, '\n');
    }
    str_deinit(&text);
}

/* One line of levels; with more points than columns, each is the mean of some. */
static void draw_sparkline(const agent_state *s, const agent_column *c, const chart_grid *g, int k,
                           int width, str *out)
{
    const double *v = g->values + (size_t)k * (size_t)g->n_labels;
    const int points = g->n_labels < width ? g->n_labels : width;
    double low = INFINITY, high = -INFINITY;

    for (int i = 0; i < g->n_labels; i++) {
        low = v[i] < low ? v[i] : low;
        high = v[i] > high ? v[i] : high;
    }
    for (int i = 0; i < points; i++) {
        const int from = i * g->n_labels / points, to = (i + 1) * g->n_labels / points;
        double sum = 0;
        int n = 0;

        for (int j = from; j < to; j++)
            if (!isnan(v[j])) {
                sum += v[j];
                n++;
            }
        if (!n)
            str_addc(out, ' ');
        else
            str_adds(out, levels[high > low ? (int)((sum / n - low) / (high - low) * 7.999) : 3]);
    }
    if (low <= high) {
        str_adds(out, "  ");
        format_number(low, c->unit, s->currency, FORMAT_PLAIN, out);
        str_adds(out, " … ");
        format_number(high, c->unit, s->currency, FORMAT_PLAIN, out);
    }
    str_addc(out, '\n');
}

static void draw_lines(const agent_state *s, const agent_column *c, const chart_grid *g, int width,
                       str *out)
{
    int name = 0, room;

    for (int k = 0; g->n_series > 1 && k < g->n_series; k++)
        name = text_width(g->names[k]) > name ? text_width(g->names[k]) : name;
    name = name > MOST_LABEL ? MOST_LABEL : name;
    room = width - name - 30;
    room = room < LEAST_BAR ? LEAST_BAR : room > MOST_POINTS ? MOST_POINTS : room;
    for (int k = 0; k < g->n_series; k++) {
        if (name) {
            add_padded(g->names[k], name, name, out);
            str_addc(out, ' ');
        }
        draw_sparkline(s, c, g, k, room, out);
    }
    if (g->n_labels > 1)
        str_addf(out, "%s … %s\n", g->labels[0], g->labels[g->n_labels - 1]);
}

static bool draw(const agent_state *s, const chart_facts *f, int width, arena *a, str *out, err *e)
{
    const chart_rule *rule = chart_rule_for(f);
    const bool lines = rule->kind == CHART_LINE || rule->kind == CHART_LINES;
    const bool bars = rule->kind == CHART_BARS || rule->kind == CHART_HBARS ||
                      rule->kind == CHART_TIME_BARS || rule->kind == CHART_PAIR ||
                      rule->kind == CHART_PIE || rule->kind == CHART_FULL_BAR ||
                      rule->kind == CHART_WATERFALL;
    const agent_column *c;
    chart_grid *g;

    if ((!lines && !bars) || f->n_rows < 2)
        return true;
    c = &s->columns[f->measures[0]];
    g = chart_grid_of(s, f, rule->kind, a, e);
    if (!g)
        return false;
    if (lines)
        draw_lines(s, c, g, width, out);
    else
        draw_bars(s, c, g, width, out);
    return !out->bad || err_set(e, ERR_NOMEM, "out of memory for the chart");
}

bool agent_chart_text(const agent_state *s, int width, str *out, err *e)
{
    chart_facts f;
    arena *a;
    bool ok;

    if (!s->chart || !s->results)
        return true;
    a = arena_new((size_t)64 << 20);
    if (!a)
        return err_set(e, ERR_NOMEM, "out of memory for the chart");
    ok = chart_facts_of(s, a, &f, e) && draw(s, &f, width, a, out, e);
    arena_free(a);
    return ok;
}
