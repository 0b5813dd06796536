/* chart_generator.c - which chart fits a result: one table of rules, first match wins.
 *
 * Chosen from bound types, the statement's shape, intent and cardinality, never
 * from a model's free text. What nothing fits is best read as a table. */
#include <string.h>

#include "agent/chart_impl.h"

enum { FEW_PERIODS = 6, PIE_PARTS = 6, UPRIGHT_BARS = 8, GROUPED_MEMBERS = 4,
       STACK_LABELS = 12, HEAT_SIDE = 40, MOST_TIMES = 400, FEW_ROWS = 3, SPREAD_ROWS = 5 };

static bool no_time(const chart_facts *f, int n_categories)
{
    return f->time < 0 && f->n_categories == n_categories;
}

static bool nothing_to_draw(const chart_facts *f)
{
    return !f->n_rows || !f->n_measures || f->n_wide;
}
static bool is_number(const chart_facts *f)
{
    return f->n_rows == 1 && f->n_measures == 1 && !f->n_other_measures && no_time(f, 0);
}
static bool is_waterfall(const chart_facts *f) { return f->why && no_time(f, 1); }
static bool is_pie(const chart_facts *f)
{
    return f->whole && no_time(f, 1) && f->keyed && f->n_measures == 1 && f->n_rows > 1 &&
           f->n_rows <= PIE_PARTS;
}
static bool is_full_bar(const chart_facts *f)
{
    return f->whole && no_time(f, 1) && f->keyed && f->n_measures == 1 && f->n_rows > PIE_PARTS;
}
static bool is_time(const chart_facts *f)
{
    return f->time >= 0 && !f->n_categories && f->keyed && f->n_measures <= CHART_MAX_SERIES;
}
static bool is_time_bars(const chart_facts *f)
{
    return is_time(f) && (f->n_times <= FEW_PERIODS || f->cyclic);
}
static bool is_lines(const chart_facts *f)
{
    return f->time >= 0 && f->n_categories == 1 && f->keyed && f->n_times > 1 &&
           f->n_times <= MOST_TIMES;
}
static bool is_pair(const chart_facts *f)
{
    return f->n_rows == 1 && f->n_measures > 1 && no_time(f, 0);
}
static bool is_scatter(const chart_facts *f)
{
    return f->row_level && f->time < 0 && f->n_rows >= FEW_ROWS &&
           f->n_measures + f->n_other_measures >= 2 &&
           (!f->n_categories || f->n_rows > CHART_MAX_BARS);
}
static bool is_histogram(const chart_facts *f)
{
    return f->row_level && f->time < 0 && f->n_rows >= SPREAD_ROWS && f->n_measures == 1 &&
           !f->n_other_measures && (!f->n_categories || f->n_rows > CHART_MAX_BARS);
}
static bool is_bars(const chart_facts *f)
{
    return no_time(f, 1) && f->n_rows <= UPRIGHT_BARS && f->longest_label <= CHART_LONG_LABEL;
}
static bool is_hbars(const chart_facts *f)
{
    return f->n_categories == 1 && (f->time < 0 || f->n_times == 1) && f->n_measures <= 3;
}
static bool is_grouped(const chart_facts *f)
{
    return no_time(f, 2) && f->keyed && f->n_members <= GROUPED_MEMBERS &&
           f->n_labels <= STACK_LABELS;
}
static bool is_stacked(const chart_facts *f)
{
    return no_time(f, 2) && f->keyed && f->additive && !f->negative && f->n_labels <= STACK_LABELS;
}
static bool is_heat(const chart_facts *f)
{
    return no_time(f, 2) && f->keyed && f->n_labels <= HEAT_SIDE && f->n_members <= HEAT_SIDE;
}
static bool always(const chart_facts *f) { return f != NULL; }

static const chart_rule rules[] = {
    {"table", CHART_NONE, nothing_to_draw, "no rows, no measure or long texts: a table says it best"},
    {"big_number", CHART_NUMBER, is_number, "one figure: a big number"},
    {"waterfall", CHART_WATERFALL, is_waterfall, "a change explained by its parts: a waterfall"},
    {"pie", CHART_PIE, is_pie, "up to 6 shares of one whole: a pie"},
    {"full_bar", CHART_FULL_BAR, is_full_bar, "more than 6 shares of one whole: a 100 % bar"},
    {"time_bars", CHART_TIME_BARS, is_time_bars, "a measure over up to 6 periods, or by weekday or hour: bars"},
    {"line", CHART_LINE, is_time, "a measure over time: a line"},
    {"lines", CHART_LINES, is_lines, "a measure over time for several members: a line each"},
    {"pair", CHART_PAIR, is_pair, "several figures of one unit: bars side by side"},
    {"scatter", CHART_SCATTER, is_scatter, "two measures of each row: a scatter plot"},
    {"histogram", CHART_HISTOGRAM, is_histogram, "one measure of many rows: a histogram"},
    {"bars", CHART_BARS, is_bars, "a measure for a few members: bars"},
    {"horizontal_bars", CHART_HBARS, is_hbars,
     "a measure for many members or long names: horizontal bars"},
    {"grouped_bars", CHART_GROUPED, is_grouped, "two groupings, few members: grouped bars"},
    {"stacked_bars", CHART_STACKED, is_stacked, "two groupings of amounts that add up: stacked bars"},
    {"heat_map", CHART_HEAT, is_heat, "two groupings with many members: a heat map"},
    {"table", CHART_NONE, always, "no chart rule fits these columns: a table says it best"},
};

const chart_rule *chart_rule_for(const chart_facts *f)
{
    size_t i = 0;

    while (!rules[i].fits(f))
        i++;
    return &rules[i];
}

static bool draw(agent_state *s, const chart_facts *f, const chart_rule *rule, arena *a, err *e)
{
    json_t *chart = rule->kind == CHART_NONE ? NULL : chart_plotly(s, f, rule, a, e);

    if (rule->kind == CHART_NONE)
        return true;
    if (!chart || !chart_check(chart, e)) {
        json_decref(chart);
        return false;
    }
    s->chart = chart;
    return true;
}

/* A chart that can't be drawn costs the chart, never the answer. */
bool chart_step(agent_state *s, agent_context *c, err *e)
{
    arena *a;
    chart_facts f;
    const chart_rule *rule;
    err local = {0};

    (void)c;
    if (!s->results) {
        state_why(s, "none", "no rows to draw");
        return true;
    }
    a = arena_new((size_t)64 << 20);
    if (!a)
        return err_set(e, ERR_NOMEM, "out of memory for the chart");
    if (!chart_facts_of(s, a, &f, &local)) {
        state_why(s, "none", "%s", local.msg);
    } else {
        rule = chart_rule_for(&f);
        if (draw(s, &f, rule, a, &local))
            state_why(s, rule->name, "%s", rule->why);
        else
            state_why(s, "none", "%s", local.msg);
    }
    arena_free(a);
    return true;
}
