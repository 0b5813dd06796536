/* values.c - measures by groups: totals, trends, rankings, breakdowns. */
#include <string.h>

#include "semantic/compile_impl.h"

/* A fiscal period's number repeats each year: the year is shown with it. */
static void add_fiscal_year(compiler *c, block_spec *spec)
{
    int year, quarter, period, week, last;
    sem_period p = spec->period;
    int32_t from = p.set ? p.from : c->l->data_from, to = p.set && p.to < c->l->today ? p.to : c->l->today;

    for (int i = 0; i < spec->n_groups; i++) {
        sem_grain g = spec->groups[i].grain;

        if (spec->groups[i].dimension >= 0 || !grain_is_fiscal(g) || g == SEM_FISCAL_YEAR)
            continue;
        if (spec->n_groups >= MAX_KEYS || !sem_fiscal_of(c->l, from, &year, &quarter, &period, &week) ||
            !sem_fiscal_of(c->l, to, &last, &quarter, &period, &week) || year == last)
            return;
        memmove(&spec->groups[i + 1], &spec->groups[i], (size_t)(spec->n_groups - i) * sizeof spec->groups[0]);
        spec->groups[i] = (sem_group){.dimension = -1, .grain = SEM_FISCAL_YEAR};
        spec->n_groups++;
        if (c->q.limit_per_group >= i)
            c->q.limit_per_group++;
        return;
    }
}

/* A running total, or the mean of the last n: over time, per member. */
static const char *over_time(compiler *c, const block *b, const char *expr)
{
    const char *partition = "", *order = "", *frame = "";

    for (int i = 0; i < b->n_keys; i++) {
        const group_key *k = &b->keys[i];
        const char *key = k->key ? k->key : k->label;

        if (k->is_time)
            order = text_join(c, order, ", ", "%s", key);
        else
            partition = text_join(c, partition, ", ", "%s", key);
    }
    if (c->q.moving > 1)
        frame = text_f(c, " ROWS BETWEEN %d PRECEDING AND CURRENT ROW", c->q.moving - 1);
    return text_f(c, "%s(%s) OVER (%s%s%sORDER BY %s%s)", c->q.moving ? "avg" : "sum", expr,
                  partition[0] ? "PARTITION BY " : "", partition, partition[0] ? " " : "", order, frame);
}

/* The units before the period that the mean of its first unit needs: `spec`
 * begins with them, and what is returned keeps them out of the rows. */
static const char *lead_in(compiler *c, block_spec *spec, sem_grain grain)
{
    const int before = c->q.moving - 1;
    const sem_date d = sem_date_of(spec->period.from);
    int32_t first = spec->period.from;
    int32_t from;

    if (before < 1 || !spec->period.set)
        return NULL;
    switch (grain) {
    case SEM_DAY: from = first - before; break;
    case SEM_WEEK:
        first -= ((first + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
        from = first - 7 * before;
        break;
    case SEM_MONTH:
        first = sem_days(d.year, d.month, 1);
        from = date_add_months(first, -before);
        break;
    case SEM_QUARTER:
        first = sem_days(d.year, (d.month - 1) / 3 * 3 + 1, 1);
        from = date_add_months(first, -3 * before);
        break;
    case SEM_YEAR_GRAIN:
        spec->period.from = sem_days(d.year - before, 1, 1);
        return text_f(c, "%d", d.year);
    default: return NULL;
    }
    spec->period.from = from;
    return date_sql(c, first);
}

static const char *first_shown(compiler *c, block_spec *spec)
{
    int row = -1;

    for (int i = 0; i < spec->n_groups; i++) {
        if (spec->groups[i].dimension < 0 && row >= 0)
            return NULL; /* two rows of periods: no one first unit */
        if (spec->groups[i].dimension < 0)
            row = i;
    }
    return row >= 0 ? lead_in(c, spec, spec->groups[row].grain) : NULL;
}

static bool check_over_time(compiler *c, const block_spec *spec)
{
    bool times = false;

    for (int i = 0; i < spec->n_groups; i++)
        times = times || spec->groups[i].dimension < 0;
    if (!times)
        return err_set(c->e, ERR_ARG, "a %s needs a time to run over: by day, week or month",
                       c->q.moving ? "moving average" : "running total");
    for (int i = 0; i < spec->n_measures && !c->q.moving; i++)
        if (spec->measures[i].def->metric.additivity != SEM_ADDITIVE)
            return err_set(c->e, ERR_NOT_IN_DATA, "%s can't be added up over time: no running total",
                           spec->measures[i].def->metric.name.title);
    return true;
}

static bool check_one_currency(compiler *c, const block_spec *spec)
{
    for (int i = 0; i < spec->n_measures; i++) {
        bool one = !spec->measures[i].def->one_currency;

        for (int k = 0; k < c->q.n_groups && !one; k++)
            one = c->q.groups[k].dimension >= 0;
        for (int k = 0; k < c->q.n_filters && !one; k++)
            one = c->q.filters[k].op == SEM_IN && c->q.filters[k].n_values >= 1;
        if (!one)
            say(c, "local amounts of several currencies are added up: ask by region or currency");
    }
    return true;
}

static void columns_of_measures(compiler *c, const block_spec *spec, int n)
{
    for (int i = 0; i < n; i++) {
        const metric_def *m = spec->measures[i].def;
        const char *title = m->metric.name.title;

        if (c->q.moving)
            title = text_f(c, "%s, mean of the last %d", title, c->q.moving);
        else if (c->q.running)
            title = text_f(c, "%s, running total", title);
        else if (c->q.average_per != SEM_NO_GRAIN)
            title = text_f(c, "%s per %s", title, grain_title(c->q.average_per));
        else if (c->q.average_per_entity >= 0)
            title = text_f(c, "%s per %s", title, c->l->entities[c->q.average_per_entity].entity.name.title);
        add_column(c, column_name(c, spec->measures[i].name), title, m->metric.unit, 'm');
    }
}

static const char *time_title(const block *b)
{
    for (int i = 0; i < b->n_keys; i++)
        if (b->keys[i].is_time)
            return b->keys[i].title;
    return "row";
}

/* Attributes shown beside the groups ("the top stores with their manager"). */
static bool add_columns(compiler *c, block_spec *spec)
{
    for (int i = 0; i < c->q.n_columns; i++) {
        bool there = false;

        for (int k = 0; k < spec->n_groups; k++)
            there = there || spec->groups[k].dimension == c->q.columns[i];
        if (there)
            continue;
        if (spec->n_groups >= MAX_KEYS)
            return err_set(c->e, ERR_LIMIT, "too many columns in one question");
        spec->groups[spec->n_groups++] = (sem_group){.dimension = c->q.columns[i]};
    }
    return true;
}

/* "Who manages the best store": of the ranking only the attribute is shown. */
static void only_columns(compiler *c)
{
    const char *select = "";
    int n = 0;

    for (int i = 0; i < c->plan->n_columns; i++)
        for (int k = 0; k < c->q.n_columns; k++)
            if (!strcmp(c->plan->columns[i].name, c->l->dimensions[c->q.columns[k]].dimension.name.id)) {
                select = text_join(c, select, ", ", "top_rows.%s", sql_identifier(c->a, c->plan->columns[i].name));
                c->plan->columns[n++] = c->plan->columns[i];
                break;
            }
    c->plan->n_columns = n;
    c->plan->sql = text_f(c, "SELECT %s FROM (%s) AS top_rows", select, c->plan->sql);
}

bool compile_values(compiler *c)
{
    block_spec spec;
    block b;
    outer o = {0};
    int shown, having = -1;
    const char *first = NULL;
    bool two_levels;

    block_spec_init(c, &spec);
    for (int i = 0; i < c->q.n_metrics; i++) {
        const metric_def *m = &c->l->metrics[c->q.metrics[i]];

        if (m->metric.id == c->q.having_metric)
            having = spec.n_measures;
        block_add(&spec, m, sql_identifier(c->a, m->metric.name.id));
    }
    shown = spec.n_measures;
    if (!shown)
        return err_set(c->e, ERR_ARG, "the question names no measure");
    add_fiscal_year(c, &spec);
    if (c->q.rank_filter >= 0 && c->q.rank_filter < c->q.n_filters)
        spec.skip_filters |= 1u << c->q.rank_filter;
    if (!add_columns(c, &spec))
        return false;
    if (((c->q.running || c->q.moving) && !check_over_time(c, &spec)) || !check_one_currency(c, &spec))
        return false;
    say_metrics(c, &spec);
    if (!apply_average(c, &spec, &two_levels))
        return false;
    if (c->q.having_metric >= 0 && having < 0) {
        having = spec.n_measures;
        block_add(&spec, &c->l->metrics[c->q.having_metric], "having_measure");
    }
    if (c->q.moving)
        first = first_shown(c, &spec);
    if (!(two_levels ? average_of_units(c, &spec, &b) : block_make(c, &spec, &b)))
        return false;
    if (c->q.fold || c->q.rank_filter >= 0) {
        c->plan->period = spec.period;
        cut_to_today(c, &c->plan->period);
        say_period(c, &c->q.period);
        return c->q.fold ? fold_rows(c, &spec, &b, having) : place_of_members(c, &spec, &b);
    }
    for (int i = 0; i < shown; i++)
        outer_add(&o, c->q.running || c->q.moving ? over_time(c, &b, b.measures[i]) : b.measures[i], spec.measures[i].name);
    o.having = having >= 0 ? having_sql(c, b.measures[having], spec.measures[having].def->metric.unit) : NULL;
    for (int i = 0; first && i < b.n_keys; i++)
        if (b.keys[i].is_time) {
            o.having = text_f(c, "%s >= %s", b.keys[i].key ? b.keys[i].key : b.keys[i].label, first);
            o.having_window = true;
        }
    o.rank_by = spec.measures[0].name;
    o.rank_expr = b.measures[0];
    columns_of_keys(c, &b);
    columns_of_measures(c, &spec, shown);
    c->plan->sql = finish(c, &b, &o);
    if (c->q.columns_only && c->q.n_columns)
        only_columns(c);
    c->plan->period = first ? c->q.period : spec.period;
    cut_to_today(c, &c->plan->period);
    if (c->q.moving)
        say(c, "mean of the last %d %ss that have a value", c->q.moving, time_title(&b));
    say_period(c, &c->q.period);
    return true;
}
