/* growth.c - the change of a measure between two periods, and its split (WHY).
 *
 * growth = 100 × (this − base) / base, per group; NULL without a base. Both
 * periods are aggregated to the groups first and joined by them, so that a
 * member that sold only in one of them is not lost: with a base and nothing
 * now it fell by 100 %. */
#include <string.h>

#include "semantic/compile_impl.h"

typedef struct two_sides {
    pair p;
    block_spec now, before;
    block b;              /* the join of both */
    const char *this_value, *base_value;
} two_sides;

/* Additive measures: nothing sold is 0. A ratio of nothing is nothing. */
static const char *value(compiler *c, const metric_def *m, const char *cte, const char *name)
{
    const char *column = text_f(c, "%s.%s", cte, name);

    return m->metric.additivity == SEM_RATIO ? column : text_f(c, "coalesce(%s, 0)", column);
}

static bool make_two_sides(compiler *c, two_sides *t)
{
    const metric_def *m = &c->l->metrics[c->q.metrics[0]];
    const char *name = sql_identifier(c->a, m->metric.name.id), *keys;
    block now, before;

    if (m->metric.unit == SEM_DATE)
        return err_set(c->e, ERR_NOT_IN_DATA, "%s is a date: it neither grows nor falls", m->metric.name.title);
    block_spec_init(c, &t->now);
    block_spec_init(c, &t->before);
    block_add(&t->now, m, name);
    block_add(&t->before, m, name);
    if (!compare_pair(c, &t->p) || !pair_blocks(c, &t->p, &t->now, &t->before) ||
        !block_make(c, &t->now, &now))
        return false;
    add_cte(c, "this_period", block_select(c, &t->now, &now));
    if (!block_make(c, &t->before, &before))
        return false;
    add_cte(c, "base_period", block_select(c, &t->before, &before));
    keys = key_list(c, &now);
    t->b = now;
    t->b.grouped = false;
    t->b.where = "";
    t->b.from = keys[0] ? text_f(c, "FROM this_period FULL JOIN base_period USING (%s)", keys)
                        : "FROM this_period CROSS JOIN base_period";
    for (int i = 0; i < t->b.n_keys; i++) {
        t->b.keys[i].label = t->b.keys[i].label_name;
        t->b.keys[i].key = t->b.keys[i].key ? t->b.keys[i].key_name : NULL;
    }
    t->this_value = value(c, m, "this_period", name);
    t->base_value = text_f(c, "base_period.%s", name);
    return true;
}

static const char *percent(compiler *c, const two_sides *t)
{
    return text_f(c, "100.0 * (%s - %s) / nullif(%s, 0)", t->this_value, t->base_value, t->base_value);
}

static const char *difference(compiler *c, const two_sides *t, const metric_def *m)
{
    const char *base = m->metric.additivity == SEM_RATIO ? t->base_value : text_f(c, "coalesce(%s, 0)", t->base_value);

    return text_f(c, "%s - %s", t->this_value, base);
}

static sem_unit difference_unit(const metric_def *m)
{
    return m->metric.unit == SEM_PERCENT ? SEM_POINTS : m->metric.unit;
}

static const char *plural_title(compiler *c, const char *title)
{
    const size_t n = strlen(title);

    if (n > 1 && title[n - 1] == 'y' && !strchr("aeiou", title[n - 2]))
        return text_f(c, "%.*sies", (int)n - 1, title);
    return text_f(c, "%s%s", title, n && title[n - 1] == 's' ? "" : "s");
}

static void note_no_base(compiler *c, const two_sides *t)
{
    const char *title = t->b.n_keys ? t->b.keys[t->b.n_keys - 1].title : "member";

    note(c, true, "%s %s left out: nothing to compare with",
         text_f(c, "WITH %s SELECT count(*) AS members, CASE count(*) WHEN 1 THEN %s ELSE %s END AS noun %s WHERE coalesce(%s, 0) = 0",
                c->ctes, text_literal(c, title), text_literal(c, plural_title(c, title)), t->b.from, t->base_value));
}

bool compile_growth(compiler *c)
{
    two_sides t = {0};
    outer o = {0};
    const metric_def *m;
    const char *expr, *name;
    bool by_percent = c->q.change != SEM_CHANGE_ABSOLUTE;

    if (c->q.n_metrics < 1)
        return err_set(c->e, ERR_ARG, "the question names no measure to compare");
    if (!make_two_sides(c, &t))
        return false;
    m = t.now.measures[0].def;
    expr = by_percent ? percent(c, &t) : difference(c, &t, m);
    name = by_percent ? "growth" : "change";
    columns_of_keys(c, &t.b);
    if (c->q.change == SEM_CHANGE_BOTH) {
        outer_add(&o, t.base_value, "base");
        outer_add(&o, text_f(c, "this_period.%s", t.now.measures[0].name), "current");
        add_column(c, "base", period_words(c, &t.p.base), m->metric.unit, 'b');
        add_column(c, "current", period_words(c, &t.p.period), m->metric.unit, 'm');
    }
    outer_add(&o, expr, name);
    add_column(c, name, text_f(c, "%s of %s", by_percent ? "growth" : "change", m->metric.name.title),
               by_percent ? SEM_PERCENT : difference_unit(m), 'c');
    if (c->q.having_metric >= 0)
        o.having = having_sql(c, by_percent ? text_f(c, "(%s)", expr) : expr, SEM_NUMBER);
    else if (c->q.ordered && t.b.n_keys && by_percent)
        t.b.where = text_f(c, " WHERE %s <> 0%s", t.base_value,
                           m->metric.additivity == SEM_RATIO ? text_f(c, " AND %s IS NOT NULL", t.this_value) : "");
    if (c->q.ordered && t.b.n_keys && by_percent)
        note_no_base(c, &t);
    o.rank_by = name;
    o.rank_expr = expr;
    say_metrics(c, &t.now);
    c->plan->sql = finish(c, &t.b, &o);
    return true;
}

/* ---- why -------------------------------------------------------------------------- */

static bool narrowed(const compiler *c, int dimension)
{
    for (int i = 0; i < c->q.n_filters; i++)
        if (c->q.filters[i].dimension == dimension)
            return true;
    return false;
}

/* Without a dimension to split over: the first of the layer's list that no
 * filter narrows, and nothing coarser than what is narrowed. */
static void choose_dimension(compiler *c)
{
    int from = 0;

    for (int i = 0; i < c->l->n_why; i++)
        if (narrowed(c, c->l->why[i]))
            from = i + 1;
    for (int i = 0; i < c->l->n_why; i++) {
        int d = c->l->why[(from + i) % c->l->n_why];

        if (!narrowed(c, d)) {
            c->q.groups[0] = (sem_group){.dimension = d};
            c->q.n_groups = 1;
            say(c, "the change is split by %s", c->l->dimensions[d].dimension.name.title);
            return;
        }
    }
}

bool compile_why(compiler *c)
{
    two_sides t = {0};
    outer o = {0};
    const metric_def *m;
    const char *labels, *select = "";

    if (c->q.n_metrics < 1)
        return err_set(c->e, ERR_ARG, "the question names no measure to explain");
    if (!c->q.n_groups)
        choose_dimension(c);
    if (!c->q.n_groups)
        return err_set(c->e, ERR_ARG, "say what the change should be split by: region, store, product …");
    if (!make_two_sides(c, &t))
        return false;
    m = t.now.measures[0].def;
    columns_of_keys(c, &t.b);
    outer_add(&o, difference(c, &t, m), "change");
    add_column(c, "change", text_f(c, "change of %s", m->metric.name.title), difference_unit(m), 'c');
    for (int i = 0; i < t.b.n_keys; i++)
        select = text_join(c, select, ", ", "%s", t.b.keys[i].label_name);
    labels = select;
    c->plan->sql = text_f(c, "WITH %s SELECT %s, %s AS change %s ORDER BY abs(%s) DESC NULLS LAST, %s%s", c->ctes, select,
                          o.exprs[0], t.b.from, o.exprs[0], labels, limit_sql(c));
    say_metrics(c, &t.now);
    say(c, "ordered by the size of the change, either way");
    return true;
}
