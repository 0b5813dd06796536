/* query.c - an empty query, and a query as one line of text. */
#include <math.h>
#include <string.h>

#include "semantic/semantic_impl.h"

void sem_query_init(sem_query *q)
{
    *q = (sem_query){.entity = -1, .average_per_entity = -1, .limit_per_group = -1, .having_metric = -1, .share_filter = -1, .rank_filter = -1, .per_metric = -1, .order_dimension = -1};
    for (int i = 0; i < SEM_MAX_CONDITIONS; i++)
        q->conditions[i].number = (double)NAN;
}

static const char *const shape_word[] = {"values", "growth", "compare", "share", "list", "count", "why", "uplift"};
static const char *const op_word[] = {"in", "not in", "=", "<>", "<", "<=", ">", ">=", "between", "is null", "is not null"};
static const char *const grain_words[] = {"", "day", "week", "month", "quarter", "year", "fiscal week", "fiscal period",
    "fiscal quarter", "fiscal year", "weekday", "hour", "month of year"};

static void add_period(str *s, arena *a, const char *what, const sem_period *p)
{
    if (p->set)
        str_addf(s, " %s %s..%s", what, date_iso(a, p->from), date_iso(a, p->to));
}

static void add_filters(str *s, const sem_layer *l, const sem_query *q)
{
    for (int i = 0; i < q->n_filters; i++) {
        const sem_filter *f = &q->filters[i];

        str_addf(s, "%s %s %s", i ? " and" : " where", sem_dimension_at(l, f->dimension)->name.id, op_word[f->op]);
        for (int k = 0; k < f->n_values; k++)
            str_addf(s, "%s %s", k ? "," : "", f->values[k]);
    }
}

static void add_conditions(str *s, const sem_layer *l, const sem_query *q, arena *a)
{
    for (int i = 0; i < q->n_conditions; i++) {
        const sem_condition_use *u = &q->conditions[i];

        str_addf(s, " %s%s", u->negate ? "not " : "", sem_condition_at(l, u->condition)->name.id);
        if (!isnan(u->number))
            str_addf(s, "(%.0f)", u->number);
        add_period(s, a, "in", &u->period);
    }
}

static void add_rest(str *s, const sem_layer *l, const sem_query *q, arena *a)
{
    add_period(s, a, "in", &q->period);
    add_period(s, a, "against", &q->base);
    for (int i = 0; i < q->n_periods; i++)
        add_period(s, a, i ? "and" : "periods", &q->periods[i]);
    if (q->having_metric >= 0)
        str_addf(s, " having %s %s %.15g", sem_metric_at(l, q->having_metric)->name.id, op_word[q->having_op], q->having_value);
    if (q->like_for_like)
        str_adds(s, " like-for-like");
    if (q->constant_currency)
        str_adds(s, " constant currency");
    if (q->running)
        str_adds(s, " running");
    if (q->moving)
        str_addf(s, " moving average of %d", q->moving);
    if (q->average_per != SEM_NO_GRAIN)
        str_addf(s, " average per %s", grain_words[q->average_per]);
    if (q->average_per_entity >= 0)
        str_addf(s, " average per %s", sem_entity_at(l, q->average_per_entity)->name.id);
    if (q->ordered)
        str_adds(s, q->ascending ? " lowest first" : " highest first");
    if (q->limit > 0)
        str_addf(s, " limit %d", q->limit);
    if (q->limit_per_group >= 0)
        str_adds(s, " per group");
    if (q->together)
        str_adds(s, " together");
}

char *sem_query_text(const sem_layer *l, const sem_query *q, arena *a)
{
    str s = {0};
    char *out;

    str_adds(&s, shape_word[q->shape]);
    if (q->entity >= 0)
        str_addf(&s, " %s", sem_entity_at(l, q->entity)->name.id);
    for (int i = 0; i < q->n_metrics; i++)
        str_addf(&s, "%s %s", i ? "," : "", sem_metric_at(l, q->metrics[i])->name.id);
    for (int i = 0; i < q->n_groups; i++)
        str_addf(&s, "%s %s", i ? "," : " by",
                 q->groups[i].dimension >= 0 ? sem_dimension_at(l, q->groups[i].dimension)->name.id : grain_words[q->groups[i].grain]);
    add_filters(&s, l, q);
    add_conditions(&s, l, q, a);
    add_rest(&s, l, q, a);
    out = s.bad ? NULL : arena_str(a, str_text(&s));
    str_deinit(&s);
    return out;
}
