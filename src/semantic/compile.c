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
    return ok && q->order_dimension < l->n_dimensions && q->rank_filter < q->n_filters && q->per_metric < l->n_metrics && q->entity < l->n_entities && q->average_per_entity < l->n_entities && q->having_metric < l->n_metrics;
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

/* "Margin per unit": sum over sum, as a measure of this question alone. */
static bool add_ratio(compiler *c, sem_layer *own)
{
    const metric_def *a, *b;
    metric_def *all, *m;
    const bool money = c->q.n_metrics > 0 && c->l->metrics[c->q.metrics[0]].metric.unit == SEM_MONEY;

    if (c->q.per_metric < 0)
        return true;
    if (c->q.n_metrics < 1)
        return err_set(c->e, ERR_ARG, "what, per %s?", c->l->metrics[c->q.per_metric].metric.name.title);
    a = &c->l->metrics[c->q.metrics[0]];
    b = &c->l->metrics[c->q.per_metric];
    if (a->metric.unit == SEM_PERCENT || a->metric.unit == SEM_DATE || b->formula || a->metric.additivity == SEM_RATIO || b->metric.additivity == SEM_RATIO)
        return err_set(c->e, ERR_NOT_IN_DATA, "%s per %s is no ratio of sums", a->metric.name.title, b->metric.name.title);
    all = arena_push(c->a, metric_def, (size_t)c->l->n_metrics + 1);
    if (!all)
        return err_set(c->e, ERR_NOMEM, "the question is too large");
    memcpy(all, c->l->metrics, (size_t)c->l->n_metrics * sizeof *all);
    m = &all[c->l->n_metrics];
    *m = (metric_def){.table = -1, .entity = -1, .condition = -1, .drops_null_of = -1};
    m->metric = (sem_metric){.name = {.id = text_f(c, "%s_per_%s", a->metric.name.id, b->metric.name.id),
                                      .title = text_f(c, "%s per %s", a->metric.name.title, b->metric.name.title)},
                             .unit = money ? SEM_MONEY : SEM_NUMBER, .additivity = SEM_RATIO,
                             .higher_is_better = a->metric.higher_is_better, .id = c->l->n_metrics};
    m->formula = a->formula ? text_f(c, "1.0 * (%s) / %s", a->formula, b->metric.name.id)
                            : text_f(c, "1.0 * %s / %s", a->metric.name.id, b->metric.name.id);
    m->whole_months = a->whole_months;
    *own = *c->l;
    own->metrics = all;
    own->n_metrics++;
    if (c->q.having_metric == c->q.metrics[0])
        c->q.having_metric = m->metric.id;
    c->q.metrics[0] = m->metric.id;
    c->l = own;
    say(c, "%s: sum over sum", m->metric.name.title);
    return true;
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
    sem_layer own;
    compiler c = {.l = l, .q = *q, .a = a, .plan = plan, .e = e, .ctes = ""};

    *plan = (sem_plan){.period = q->period, .base = q->base};
    if (!check_ids(l, q))
        return err_set(e, ERR_ARG, "the question names something that the layer does not have");
    drop_repeated_groups(&c.q);
    drop_repeated_metrics(&c.q);
    if (!check_conditions(&c) || !add_ratio(&c, &own) || !compile_shape(&c))
        return false;
    say_query(&c);
    if (c.bad || !plan->sql)
        return err_set(e, ERR_NOMEM, "no memory to compile the question");
    return true;
}
