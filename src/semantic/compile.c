/* compile.c - from a query to a plan: checks, then the shape's own compiler. */
#include <string.h>

#include "semantic/compile_impl.h"

static bool in_range(int id, int n)
{
    return id >= 0 && id < n;
}

static bool check_counts(const sem_query *q)
{
    return in_range(q->n_metrics, SEM_MAX_METRICS + 1) && in_range(q->n_groups, SEM_MAX_GROUPS + 1) &&
           in_range(q->n_filters, SEM_MAX_FILTERS + 1) && in_range(q->n_conditions, SEM_MAX_CONDITIONS + 1) &&
           in_range(q->moving, 10000) && in_range(q->n_columns, SEM_MAX_GROUPS + 1) && in_range(q->n_periods, SEM_MAX_PERIODS + 1);
}

static bool check_ids(const sem_layer *l, const sem_query *q)
{
    bool ok = check_counts(q);

    for (int i = 0; ok && i < q->n_metrics; i++)
        ok = in_range(q->metrics[i], l->n_metrics);
    for (int i = 0; ok && i < q->n_groups; i++)
        ok = q->groups[i].dimension < 0 ? in_range((int)q->groups[i].grain, SEM_MONTH_OF_YEAR + 1) && q->groups[i].grain
                                        : q->groups[i].dimension < l->n_dimensions;
    for (int i = 0; ok && i < q->n_filters; i++)
        ok = in_range(q->filters[i].dimension, l->n_dimensions) && in_range(q->filters[i].n_values, SEM_MAX_VALUES + 1);
    for (int i = 0; ok && i < q->n_conditions; i++)
        ok = in_range(q->conditions[i].condition, l->n_conditions);
    for (int i = 0; ok && i < q->n_columns; i++)
        ok = in_range(q->columns[i], l->n_dimensions);
    return ok && q->entity < l->n_entities && q->average_per_entity < l->n_entities && q->having_metric < l->n_metrics;
}

/* "Which customers are new": asks for a period. */
static bool check_conditions(compiler *c)
{
    for (int i = 0; i < c->q.n_conditions; i++) {
        const condition_def *k = &c->l->conditions[c->q.conditions[i].condition];

        bool by_time = false;

        for (int g = 0; g < c->q.n_groups && k->time; g++)
            by_time = by_time || c->q.groups[g].dimension < 0;
        if (k->condition.needs_period && !by_time && !c->q.conditions[i].period.set && !c->q.period.set &&
            !(c->q.shape == SEM_COMPARE && c->q.n_periods))
            return err_set(c->e, ERR_ARG, "\"%s\" needs a period: %s in which month or year?", k->condition.name.title,
                           k->condition.name.title);
    }
    return true;
}

/* "By region and by region" is by region. */
static void drop_repeated_groups(sem_query *q)
{
    for (int i = 1; i < q->n_groups; i++)
        for (int k = 0; k < i; k++) {
            const sem_group *x = &q->groups[i], *y = &q->groups[k];

            if (x->dimension != y->dimension || (x->dimension < 0 && x->grain != y->grain))
                continue;
            memmove(&q->groups[i], &q->groups[i + 1], (size_t)(q->n_groups - i - 1) * sizeof q->groups[0]);
            q->n_groups--;
            i--;
            break;
        }
}

static void drop_repeated_metrics(sem_query *q)
{
    int n = 0;

    for (int i = 0; i < q->n_metrics; i++) {
        bool repeated = false;

        for (int k = 0; k < n; k++)
            repeated = repeated || q->metrics[k] == q->metrics[i];
        if (!repeated)
            q->metrics[n++] = q->metrics[i];
    }
    q->n_metrics = n;
}

static bool compile_shape(compiler *c)
{
    static bool (*const shape[])(compiler *) = {
        [SEM_VALUES] = compile_values, [SEM_GROWTH] = compile_growth, [SEM_COMPARE] = compile_compare,
        [SEM_SHARE] = compile_share,   [SEM_LIST] = compile_list,     [SEM_COUNT_OF] = compile_count,
        [SEM_WHY] = compile_why,       [SEM_UPLIFT] = compile_uplift};

    if ((int)c->q.shape < 0 || c->q.shape > SEM_UPLIFT)
        return err_set(c->e, ERR_ARG, "no such shape of a question");
    if (c->q.like_for_like && c->q.shape == SEM_VALUES)
        c->q.shape = SEM_GROWTH; /* like-for-like is always against something */
    return shape[c->q.shape](c);
}

bool sem_compile(const sem_layer *l, const sem_query *q, arena *a, sem_plan *plan, err *e)
{
    compiler c = {.l = l, .q = *q, .a = a, .plan = plan, .e = e, .ctes = ""};

    *plan = (sem_plan){.period = q->period, .base = q->base};
    if (!check_ids(l, q))
        return err_set(e, ERR_ARG, "the question names something that the layer does not have");
    drop_repeated_groups(&c.q);
    drop_repeated_metrics(&c.q);
    if (!check_conditions(&c) || !compile_shape(&c))
        return false;
    say_query(&c);
    if (c.bad || !plan->sql)
        return err_set(e, ERR_NOMEM, "no memory to compile the question");
    return true;
}
