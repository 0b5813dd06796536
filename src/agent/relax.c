/* relax.c - no rows: which part of the question is the reason?
 *
 * The period is compared with the data's range; then filters, conditions and
 * the period are left out one at a time, and the first whose absence gives rows
 * is the culprit. Only compiled queries can be relaxed. */
#include <math.h>
#include <string.h>

#include "agent/agent_impl.h"

static bool has_value(const db_result *r)
{
    for (int64_t i = 0; i < r->n_rows; i++)
        for (int j = 0; j < r->n_columns; j++)
            if (!db_cell_null(r, i, j) &&
                !(r->n_rows == 1 && r->n_columns == 1 && db_cell_number(r, i, j) == 0))
                return true;
    return false;
}

/* Does this query give rows? False also when it can't be run. */
static bool gives_rows(agent_state *s, agent_context *c, const sem_query *q)
{
    const db_limits few = {.max_rows = 5, .timeout_ms = 5000};
    sem_plan plan;
    err local = {0};
    const char *sql = query_sql(s, c, q, &plan, &local);
    db_result *r = sql ? db_execute(c->db, sql, &few, &local) : NULL;
    const bool rows = r && has_value(r);

    db_result_free(r);
    return rows;
}

static const char *iso(agent_state *s, int32_t days)
{
    const sem_date d = sem_date_of(days);

    return state_strf(s, "%04d-%02d-%02d", d.year, d.month, d.day);
}

static const char *subject(const agent_state *s, const agent_context *c)
{
    if (s->query.n_metrics)
        return sem_metric_at(c->semantic, s->query.metrics[0])->name.title;
    if (s->query.entity >= 0)
        return sem_entity_at(c->semantic, s->query.entity)->name.title;
    return "rows";
}

static const char *outside_data(agent_state *s, agent_context *c)
{
    const sem_period *p = &s->query.period;

    if (!p->set || !p->label)
        return "";
    if (p->from > sem_today(c->semantic))
        return state_strf(s, "No %s in %s: the data runs to %s.", subject(s, c), p->label,
                          iso(s, sem_today(c->semantic)));
    if (p->to < sem_data_from(c->semantic))
        return state_strf(s, "No %s in %s: the data begins on %s.", subject(s, c), p->label,
                          iso(s, sem_data_from(c->semantic)));
    return "";
}

static const char *filter_text(agent_state *s, agent_context *c, const sem_filter *f)
{
    const char *name = sem_dimension_at(c->semantic, f->dimension)->name.title;

    return f->n_values ? state_strf(s, "%s %s", name, f->values[0]) : name;
}

static const char *blame(agent_state *s, agent_context *c, const char *part)
{
    return state_strf(s, "No %s with %s here: without that there are some.", subject(s, c), part);
}

static const char *comparison(sem_op op)
{
    return op == SEM_GT ? "over" : op == SEM_GE ? "of at least" : op == SEM_LT ? "under"
           : op == SEM_LE ? "of at most" : "of";
}

static const char *threshold(agent_state *s, const agent_context *c, const sem_query *q)
{
    const sem_unit unit = sem_metric_at(c->semantic, q->having_metric)->unit;
    str text = {0};
    const char *copy;

    format_number(q->having_value, unit, s->currency, FORMAT_PLAIN, &text);
    copy = state_str(s, str_text(&text));
    str_deinit(&text);
    return copy;
}

const char *relax_culprit(agent_state *s, agent_context *c)
{
    const sem_query *q = &s->query;
    const char *outside = outside_data(s, c);

    if (*outside)
        return outside;
    for (int i = 0; i < q->n_filters; i++) {
        sem_query less = *q;

        less.n_filters--;
        memmove(&less.filters[i], &less.filters[i + 1],
                (size_t)(less.n_filters - i) * sizeof less.filters[0]);
        if (gives_rows(s, c, &less))
            return blame(s, c, filter_text(s, c, &q->filters[i]));
    }
    for (int i = 0; i < q->n_conditions; i++) {
        sem_query less = *q;

        less.n_conditions--;
        memmove(&less.conditions[i], &less.conditions[i + 1],
                (size_t)(less.n_conditions - i) * sizeof less.conditions[0]);
        if (gives_rows(s, c, &less))
            return blame(s, c, state_strf(s, "the condition \"%s\"",
                         sem_condition_at(c->semantic, q->conditions[i].condition)->name.title));
    }
    if (q->having_metric >= 0) {
        sem_query less = *q;

        less.having_metric = -1;
        if (gives_rows(s, c, &less))
            return state_strf(s, "Nothing has %s %s %s here: without that there are some.",
                              sem_metric_at(c->semantic, q->having_metric)->name.title,
                              comparison(q->having_op), threshold(s, c, q));
    }
    if (q->period.set && q->period.label) {
        sem_query less = *q;

        less.period.set = false;
        if (gives_rows(s, c, &less))
            return state_strf(s, "No %s in %s: in other periods there are some.", subject(s, c),
                              q->period.label);
    }
    return "";
}
