/* query_line.h - a sem_query as one short line, for the text tables.
 *
 *     values sales by region where category in (Audio) in 2024-01-01..2024-12-31 desc 5
 *
 * Only what differs from "none" is printed, always in this order. */
#ifndef TESTS_QUERY_LINE_H
#define TESTS_QUERY_LINE_H

#include <math.h>

#include "agent/understand.h"
#include "base/str.h"

static void line_day(str *o, int32_t day)
{
    const sem_date d = sem_date_of(day);
    str_addf(o, "%04d-%02d-%02d", d.year, d.month, d.day);
}

static void line_period(str *o, const char *head, const sem_period *p)
{
    if (!p->set)
        return;
    str_adds(o, head);
    line_day(o, p->from);
    str_adds(o, "..");
    line_day(o, p->to);
}

static const char *line_grain(sem_grain g)
{
    static const char *const names[] = {"none", "day", "week", "month", "quarter", "year", "fiscal_week", "fiscal_period",
        "fiscal_quarter", "fiscal_year", "weekday", "hour", "month_of_year"};
    return names[g];
}

static const char *line_op(sem_op op)
{
    static const char *const names[] = {"in", "not in", "=", "<>", "<", "<=", ">", ">=", "between", "is null", "is not null"};
    return names[op];
}

static void line_filters(const sem_layer *l, const sem_query *q, str *o)
{
    for (int i = 0; i < q->n_filters; i++) {
        const sem_filter *f = &q->filters[i];
        str_addf(o, "%s%s %s (", i ? " and " : " where ", sem_dimension_at(l, f->dimension)->name.id, line_op(f->op));
        for (int v = 0; v < f->n_values; v++)
            str_addf(o, "%s%s", v ? ", " : "", f->values[v]);
        str_addc(o, ')');
    }
}

static void line_conditions(const sem_layer *l, const sem_query *q, str *o)
{
    for (int i = 0; i < q->n_conditions; i++) {
        const sem_condition_use *c = &q->conditions[i];
        const sem_condition *known = sem_condition_at(l, c->condition);
        str_addf(o, " %s%s.%s", c->negate ? "not " : "", sem_entity_at(l, known->entity)->name.id, known->name.id);
        line_period(o, "@", &c->period);
        if (!isnan(c->number))
            str_addf(o, "#%g", c->number);
    }
}

static void line_tail(const sem_layer *l, const sem_query *q, str *o)
{
    line_period(o, " in ", &q->period);
    line_period(o, " base ", &q->base);
    for (int i = 0; i < q->n_periods; i++)
        line_period(o, i ? " | " : " periods ", &q->periods[i]);
    if (q->shape == SEM_GROWTH && q->change != SEM_CHANGE_PERCENT)
        str_adds(o, q->change == SEM_CHANGE_BOTH ? " change both" : " change absolute");
    if (q->shape == SEM_SHARE && q->share_filter >= 0 && q->n_filters > 1)
        str_addf(o, " part %s", sem_dimension_at(l, q->filters[q->share_filter].dimension)->name.id);
    if (q->like_for_like) str_adds(o, " lfl");
    if (q->constant_currency) str_adds(o, " cc");
    if (q->running) str_adds(o, " running");
    if (q->month_to_date) str_adds(o, " mtd");
    if (q->average_per != SEM_NO_GRAIN) str_addf(o, " avg per %s", line_grain(q->average_per));
    if (q->average_per_entity >= 0) str_addf(o, " avg per %s", sem_entity_at(l, q->average_per_entity)->name.id);
    if (q->having_metric >= 0) {
        str_addf(o, " having %s %s %.15g", sem_metric_at(l, q->having_metric)->name.id, line_op(q->having_op), q->having_value);
        if (q->having_op == SEM_BETWEEN)
            str_addf(o, " %.15g", q->having_value2);
    }
    if (q->ordered) str_adds(o, q->ascending ? " asc" : " desc");
    if (q->limit) str_addf(o, " %d", q->limit);
    if (q->limit_per_group >= 0) str_adds(o, " each");
    if (q->moving) str_addf(o, " moving %d", q->moving);
    if (q->together) str_adds(o, " together");
    if (q->fold) str_addf(o, " fold %s from %d", (const char *const[]){"", "count", "mean", "median", "max", "min", "spread"}[q->fold], q->fold_from);
    if (q->offset) str_addf(o, " skip %d", q->offset);
    if (q->rank_filter >= 0) str_addf(o, " place of %s", sem_dimension_at(l, q->filters[q->rank_filter].dimension)->name.id);
    if (q->order_dimension >= 0) str_addf(o, " order by %s", sem_dimension_at(l, q->order_dimension)->name.id);
    if (q->per_metric >= 0) str_addf(o, " over %s", sem_metric_at(l, q->per_metric)->name.id);
    if (q->columns_only && (q->shape == SEM_VALUES || q->order_dimension >= 0)) str_adds(o, " only columns");
    if (q->share_filter == SEM_MAX_FILTERS) str_adds(o, " part conditions");
}

static void query_line(const sem_layer *l, const sem_query *q, str *o)
{
    static const char *const shapes[] = {"values", "growth", "compare", "share", "list", "count", "why", "uplift"};

    str_adds(o, shapes[q->shape]);
    if (q->entity >= 0)
        str_addf(o, " %s", sem_entity_at(l, q->entity)->name.id);
    for (int i = 0; i < q->n_metrics; i++)
        str_addf(o, "%s%s", i ? ", " : " ", sem_metric_at(l, q->metrics[i])->name.id);
    for (int i = 0; i < q->n_columns; i++)
        str_addf(o, "%s%s", i ? ", " : " show ", sem_dimension_at(l, q->columns[i])->name.id);
    for (int i = 0; i < q->n_groups; i++)
        str_addf(o, "%s%s", i ? ", " : " by ", q->groups[i].dimension >= 0 ? sem_dimension_at(l, q->groups[i].dimension)->name.id
                                                                           : line_grain(q->groups[i].grain));
    line_filters(l, q, o);
    line_conditions(l, q, o);
    line_tail(l, q, o);
}

/* What a question came to, as one line. */
static void understanding_line(const sem_layer *l, const understanding *u, str *o)
{
    if (u->ending == UNDERSTOOD || u->ending == UNDERSTOOD_PARTLY)
        query_line(l, &u->query, o);
    if (u->ending == UNDERSTOOD_PARTLY) {
        str_adds(o, " ?");
        for (int i = 0; i < u->n_unused; i++)
            str_addf(o, "%s%s", i ? ", " : " ", u->unused[i]);
        if (*u->why_not)
            str_addf(o, " (%s)", u->why_not);
    } else if (u->ending != UNDERSTOOD) {
        str_addf(o, "%s%s%s", understanding_ending_name(u->ending), *u->missing ? ": " : "", u->missing);
    }
}

#endif
