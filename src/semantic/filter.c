/* filter.c - filters and conditions as predicates. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "semantic/compile_impl.h"

const char *text_literal(compiler *c, const char *value)
{
    str s = {0};
    const char *out;

    str_addc(&s, '\'');
    for (const char *p = value; *p; p++) {
        if (*p == '\'')
            str_addc(&s, '\'');
        str_addc(&s, *p);
    }
    str_addc(&s, '\'');
    out = s.bad ? NULL : arena_str(c->a, s.text);
    str_deinit(&s);
    if (!out)
        c->bad = true;
    return out ? out : "''";
}

/* Digits, a point, an exponent: what may stand in SQL as it is. */
static bool plain_number(const char *value)
{
    const char *p = value + (*value == '-');
    char *end;

    if (!isdigit((unsigned char)*p) && *p != '.')
        return false;
    for (const char *q = p; *q; q++)
        if (!isdigit((unsigned char)*q) && !strchr(".eE+-", *q))
            return false;
    (void)strtod(value, &end);
    return !*end;
}

/* NULL when the value is not of the dimension's type. */
static const char *literal(compiler *c, const dimension_def *d, const char *value)
{
    int32_t day;

    switch (d->type) {
    case DB_INTEGER: case DB_DECIMAL: case DB_DOUBLE:
        return plain_number(value) ? value : NULL;
    case DB_BOOLEAN:
        return str_equal_nocase(value, "true") || str_equal_nocase(value, "yes") ? "TRUE"
               : str_equal_nocase(value, "false") || str_equal_nocase(value, "no") ? "FALSE"
                                                                                  : NULL;
    case DB_DATE:
        return date_parse(value, &day) && strlen(value) == 10 ? date_sql(c, day) : NULL;
    case DB_TIMESTAMP:
        return date_parse(value, &day) ? text_f(c, "TIMESTAMP %s", text_literal(c, value)) : NULL;
    default:
        return text_literal(c, value);
    }
}

static const char *in_list(compiler *c, const sem_filter *f, const char *column, const char *const *v)
{
    const char *list = "";

    if (f->n_values == 1)
        return text_f(c, "%s %s %s", column, f->op == SEM_IN ? "=" : "<>", v[0]);
    for (int i = 0; i < f->n_values; i++)
        list = text_join(c, list, ", ", "%s", v[i]);
    return text_f(c, "%s %s (%s)", column, f->op == SEM_IN ? "IN" : "NOT IN", list);
}

const char *filter_sql(compiler *c, const sem_filter *f, const source *s)
{
    static const char *const sign[] = {[SEM_EQ] = "=", [SEM_NE] = "<>", [SEM_LT] = "<",
                                       [SEM_LE] = "<=", [SEM_GT] = ">", [SEM_GE] = ">="};
    const dimension_def *d = &c->l->dimensions[f->dimension];
    const char *v[SEM_MAX_VALUES];
    const char *column = dimension_sql(c, s, d);
    int needed = f->op == SEM_IS_NULL || f->op == SEM_IS_NOT_NULL ? 0 : f->op == SEM_BETWEEN ? 2 : 1;

    if (f->n_values < needed) {
        err_set(c->e, ERR_ARG, "the filter on %s has no value", d->dimension.name.title);
        return NULL;
    }
    for (int i = 0; i < f->n_values && i < SEM_MAX_VALUES; i++) {
        v[i] = literal(c, d, f->values[i]);
        if (!v[i]) {
            err_set(c->e, ERR_ARG, "%s: \"%.80s\" is not a value of that kind", d->dimension.name.title, f->values[i]);
            return NULL;
        }
    }
    switch (f->op) {
    case SEM_IN: case SEM_NOT_IN: return in_list(c, f, column, v);
    case SEM_BETWEEN: return text_f(c, "%s BETWEEN %s AND %s", column, v[0], v[1]);
    case SEM_IS_NULL: return text_f(c, "%s IS NULL", column);
    case SEM_IS_NOT_NULL: return text_f(c, "%s IS NOT NULL", column);
    default: return text_f(c, "%s %s %s", column, sign[f->op], v[0]);
    }
}

/* ---- periods --------------------------------------------------------------- */

bool cut_to_today(const compiler *c, sem_period *p)
{
    if (!p->set || p->from > c->l->today || p->to <= c->l->today)
        return false;
    p->to = c->l->today;
    return true;
}

const char *period_words(compiler *c, const sem_period *p)
{
    if (!p->set)
        return "all the data";
    if (p->label && p->label[0])
        return p->label;
    return p->from == p->to ? date_words(c->a, p->from)
                            : text_f(c, "%s to %s", date_iso(c->a, p->from), date_iso(c->a, p->to));
}

/* ---- conditions ------------------------------------------------------------ */

sem_period condition_period(compiler *c, const sem_condition_use *use)
{
    const condition_def *k = &c->l->conditions[use->condition];
    sem_period p = use->period.set ? use->period : c->q.period;
    int32_t today = c->l->today;
    sem_date d = sem_date_of(today);

    if (k->timeless)
        return (sem_period){0};
    if (!p.set && k->when == AT_TODAY)
        p = (sem_period){.set = true, .from = today, .to = today, .grain = SEM_DAY, .n = 1, .label = "today"};
    if (!p.set && k->when == IN_MONTH)
        p = (sem_period){.set = true, .from = sem_days(d.year, d.month, 1), .to = today, .grain = SEM_MONTH, .n = 1};
    cut_to_today(c, &p);
    return p;
}

const char *condition_sql(compiler *c, const sem_condition_use *use, const char *and_sales, const char *and_inventory)
{
    const condition_def *k = &c->l->conditions[use->condition];
    sem_period p = condition_period(c, use);
    params v = params_of(c, &p);
    const char *sql;

    v.n = isnan(use->number) || use->number < 1 || use->number > 100000 ? k->number : use->number;
    if (isnan(v.n))
        v.n = 0;
    v.and_sales = and_sales;
    v.and_inventory = and_inventory;
    sql = expand(c, k->on_sql ? k->on_sql : k->sql, &v);
    if (use->negate && k->time) /* what never happened did not happen then either */
        return text_f(c, "NOT coalesce(%s, FALSE)", sql);
    return use->negate ? text_f(c, "NOT (%s)", sql) : sql;
}

void condition_says(compiler *c, const sem_condition_use *use)
{
    const condition_def *k = &c->l->conditions[use->condition];
    sem_period p = condition_period(c, use);
    double n = isnan(use->number) ? k->number : use->number;

    if (k->says)
        say(c, "%s%s", use->negate ? "not: " : "", expand_words(c, k->says, &p, isnan(n) ? 0 : n));
}

bool without_lifted(const compiler *c, const entity_def *n) { return without_lifted_by(c, n, 0); }

bool without_lifted_by(const compiler *c, const entity_def *n, unsigned skipped)
{
    for (int i = 0; i < c->q.n_filters; i++)
        if (c->q.filters[i].dimension == n->unless_dimension && !(skipped & (1u << i)))
            return true;
    for (int i = 0; i < c->q.n_conditions; i++)
        if (c->q.conditions[i].condition == n->unless_condition)
            return true;
    return false;
}
