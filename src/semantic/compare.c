/* compare.c - a measure side by side.
 *
 * Several periods, or several conditions that are not members of one dimension
 * (new and returning customers), stand in one column each; members of one
 * dimension (East and West) in one row each. */
#include <ctype.h>
#include <string.h>

#include "semantic/compile_impl.h"

typedef struct column_set {
    block_spec spec;
    block b;
    const char *cte, *suffix, *title;
} column_set;

/* "Q1 2026" -> "q1_2026": what may stand in a column's name. */
static const char *slug(compiler *c, const char *label, int number)
{
    char text[40];
    size_t n = 0;

    for (const char *p = label; *p && n + 1 < sizeof text; p++) {
        if (isalnum((unsigned char)*p))
            text[n++] = (char)tolower((unsigned char)*p);
        else if (n && text[n - 1] != '_')
            text[n++] = '_';
    }
    while (n && text[n - 1] == '_')
        n--;
    text[n] = 0;
    return n ? text_f(c, "%s", text) : text_f(c, "%d", number + 1);
}

static void unique_suffix(compiler *c, column_set *sets, int i)
{
    for (int k = 0; k < i; k++)
        if (!strcmp(sets[k].suffix, sets[i].suffix))
            sets[i].suffix = text_f(c, "%s_%d", sets[i].suffix, i + 1);
}

static bool make_set(compiler *c, column_set *sets, int i)
{
    column_set *x = &sets[i];

    unique_suffix(c, sets, i);
    x->cte = text_f(c, "side_%s", x->suffix);
    x->spec.prefix = text_f(c, "side_%s_", x->suffix);
    for (int k = 0; k < c->q.n_metrics; k++) {
        const metric_def *m = &c->l->metrics[c->q.metrics[k]];

        block_add(&x->spec, m, sql_identifier(c->a, m->metric.name.id));
    }
    if (!block_make(c, &x->spec, &x->b))
        return false;
    add_cte(c, x->cte, block_select(c, &x->spec, &x->b));
    return true;
}

static bool join_sets(compiler *c, column_set *sets, int n)
{
    outer o = {0};
    block b = sets[0].b;
    const char *keys = key_list(c, &sets[0].b);

    b.grouped = false;
    b.where = "";
    b.from = text_f(c, "FROM %s", sets[0].cte);
    for (int i = 1; i < n; i++)
        b.from = keys[0] ? text_f(c, "%s FULL JOIN %s USING (%s)", b.from, sets[i].cte, keys)
                         : text_f(c, "%s CROSS JOIN %s", b.from, sets[i].cte);
    for (int i = 0; i < b.n_keys; i++) {
        b.keys[i].label = b.keys[i].label_name;
        b.keys[i].key = b.keys[i].key ? b.keys[i].key_name : NULL;
    }
    columns_of_keys(c, &b);
    for (int k = 0; k < c->q.n_metrics; k++)
        for (int i = 0; i < n; i++) {
            const metric_def *m = sets[i].spec.measures[k].def;
            const char *name = text_f(c, "%s_%s", m->metric.name.id, sets[i].suffix);

            outer_add(&o, text_f(c, "%s.%s", sets[i].cte, sets[i].spec.measures[k].name), name);
            add_column(c, name, c->q.n_metrics > 1 ? text_f(c, "%s, %s", m->metric.name.title, sets[i].title) : sets[i].title,
                       m->metric.unit, 'm');
        }
    o.having = c->q.having_metric >= 0 ? having_sql(c, o.exprs[0], sets[0].spec.measures[0].def->metric.unit) : NULL;
    o.rank_by = o.names[c->q.n_periods > 1 ? n - 1 : 0];
    say_metrics(c, &sets[0].spec);
    c->plan->sql = finish(c, &b, &o);
    return true;
}

static bool compare_periods(compiler *c)
{
    column_set *sets = arena_push(c->a, column_set, SEM_MAX_PERIODS);
    sem_period periods[SEM_MAX_PERIODS];
    int n = c->q.n_periods;
    bool cut;

    if (!sets)
        return err_set(c->e, ERR_NOMEM, "the question is too large");
    memcpy(periods, c->q.periods, sizeof periods);
    cut = compare_cut(c, periods, n);
    if (c->q.like_for_like && n == 2)
        like_for_like(c, &periods[periods[1].from > periods[0].from], &periods[periods[1].from <= periods[0].from]);
    for (int i = 0; i < n; i++) {
        column_set *x = &sets[i];
        int first = 0;

        block_spec_init(c, &x->spec);
        for (int k = 1; k < n; k++)
            if (periods[k].from < periods[first].from)
                first = k;
        x->spec.period = periods[i];
        x->spec.part_month = cut;
        x->spec.like_for_like = c->q.like_for_like && n == 2;
        x->title = period_words(c, &c->q.periods[i]);
        x->suffix = slug(c, x->title, i);
        if (i != first) { /* time keys and rates of the first period */
            sem_date here = sem_date_of(periods[i].from), there = sem_date_of(periods[first].from);
            bool dates = here.day == 1 && there.day == 1 && !grain_is_fiscal(periods[i].grain) && periods[i].grain != SEM_WEEK &&
                         periods[i].grain != SEM_DAY;

            x->spec.shift_months = dates ? (there.year - here.year) * 12 + there.month - here.month : 0;
            x->spec.shift_days = dates ? 0 : periods[first].from - periods[i].from;
            x->spec.constant_currency = c->q.constant_currency || x->spec.like_for_like;
            x->spec.rate_months = -x->spec.shift_months;
            x->spec.rate_days = -x->spec.shift_days;
        }
        if (!make_set(c, sets, i))
            return false;
    }
    c->plan->period = periods[n - 1];
    c->plan->base = periods[0];
    return join_sets(c, sets, n);
}

static bool compare_conditions(compiler *c)
{
    column_set *sets = arena_push(c->a, column_set, SEM_MAX_CONDITIONS);

    if (!sets)
        return err_set(c->e, ERR_NOMEM, "the question is too large");
    for (int i = 0; i < c->q.n_conditions; i++) {
        const condition_def *k = &c->l->conditions[c->q.conditions[i].condition];
        const char *title = k->condition.name.title;

        block_spec_init(c, &sets[i].spec);
        sets[i].spec.only_condition = i;
        sets[i].title = c->q.conditions[i].negate ? text_f(c, "not %s", title) : title;
        sets[i].suffix = slug(c, sets[i].title, i);
        if (!make_set(c, sets, i))
            return false;
    }
    c->plan->period = c->q.period;
    cut_to_today(c, &c->plan->period);
    say_period(c, &c->q.period);
    return join_sets(c, sets, c->q.n_conditions);
}

/* East and West: a row each. */
static void group_by_members(compiler *c)
{
    for (int i = 0; i < c->q.n_filters; i++) {
        const sem_filter *f = &c->q.filters[i];

        for (int k = 0; k < c->q.n_groups; k++)
            if (c->q.groups[k].dimension == f->dimension)
                return;
        if (f->op == SEM_IN && f->n_values > 1 && c->q.n_groups < SEM_MAX_GROUPS) {
            c->q.groups[c->q.n_groups++] = (sem_group){.dimension = f->dimension};
            return;
        }
    }
}

bool compile_compare(compiler *c)
{
    if (c->q.n_metrics < 1)
        return err_set(c->e, ERR_ARG, "the question names no measure to compare");
    if (c->q.n_periods > 1)
        return compare_periods(c);
    if (c->q.n_periods == 1 && !c->q.period.set)
        c->q.period = c->q.periods[0];
    group_by_members(c);
    if (c->q.n_conditions > 1)
        return compare_conditions(c);
    return compile_values(c);
}
