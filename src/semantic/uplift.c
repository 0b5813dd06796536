/* uplift.c - the sales of a promotion's days against the same weekdays before.
 *
 * expected = for each of its days, the mean of that weekday in the 28 days
 * before it starts (each weekday comes four times: the sum over 4)
 * uplift   = 100 × (sales of its days − expected) / expected
 *
 * All sales of those days count, not only the promoted lines. It is called a
 * comparison, not an effect: other promotions in the 28 days are counted. */
#include <string.h>

#include "semantic/compile_impl.h"

enum { DAYS_BEFORE = 28, WEEKS_BEFORE = DAYS_BEFORE / 7 };

typedef struct promo {
    const entity_def *n;
    const char *table, *from, *to;
    source s; /* promotions with what the question says of them */
    bool is_promotion[SEM_MAX_FILTERS];
    bool one; /* a single promotion is named: its figure alone */
} promo;

static bool find_promotion(compiler *c, promo *p)
{
    int entity = sem_entity_find(c->l, "promotion"), from = sem_dimension_find(c->l, "starts_on"),
        to = sem_dimension_find(c->l, "ends_on");

    if (entity < 0 || from < 0 || to < 0 || c->l->calendar.table < 0)
        return err_set(c->e, ERR_NOT_IN_DATA, "there are no promotions with their days in this data");
    p->n = &c->l->entities[entity];
    p->table = c->l->tables[p->n->table].sql_name;
    p->from = c->l->dimensions[from].sql;
    p->to = c->l->dimensions[to].sql;
    return true;
}

static bool take_promotions(compiler *c, promo *p)
{
    source_init(&p->s, p->n->table, p->from);
    for (int i = 0; i < c->q.n_filters; i++) {
        const sem_filter *f = &c->q.filters[i];
        const char *sql;

        if (c->l->dimensions[f->dimension].table != p->n->table)
            continue;
        sql = filter_sql(c, f, &p->s);
        if (!sql)
            return false;
        source_where(c, &p->s, sql);
        p->is_promotion[i] = true;
        p->one = p->one || (f->dimension == p->n->entity.label && f->op == SEM_IN && f->n_values == 1);
    }
    for (int i = 0; i < c->q.n_conditions; i++)
        if (c->l->conditions[c->q.conditions[i].condition].condition.entity == p->n->entity.id &&
            c->l->conditions[c->q.conditions[i].condition].sql)
            source_where(c, &p->s, condition_sql(c, &c->q.conditions[i], "", ""));
    if (c->q.period.set)
        source_where(c, &p->s, between_sql(c, p->from, c->q.period.from, c->q.period.to));
    source_where(c, &p->s, text_f(c, "%s <= %s", p->from, date_sql(c, c->l->today)));
    source_where(c, &p->s, text_f(c, "%s - %d >= %s", p->from, (int)DAYS_BEFORE, date_sql(c, c->l->data_from)));
    return true;
}

/* The measure by day, narrowed by what is not said of promotions. */
static bool add_daily(compiler *c, promo *p, const metric_def *m)
{
    block_spec spec;
    block b;
    int n = 0;

    block_spec_init(c, &spec);
    spec.groups[0] = (sem_group){.dimension = -1, .grain = SEM_DAY};
    spec.n_groups = 1;
    spec.period = (sem_period){0};
    spec.no_conditions = true;
    block_add(&spec, m, "amount");
    for (int i = 0; i < c->q.n_filters; i++)
        if (!p->is_promotion[i])
            c->q.filters[n++] = c->q.filters[i];
    c->q.n_filters = n;
    if (!block_make(c, &spec, &b))
        return false;
    add_cte(c, "daily", block_select(c, &spec, &b));
    say_metrics(c, &spec);
    return true;
}

static void add_days(compiler *c, promo *p, const char *keys)
{
    const char *date = c->l->calendar.date, *calendar = c->l->tables[c->l->calendar.table].sql_name;
    const char *from = source_from(c, &p->s), *where = source_where_text(c, &p->s);

    add_cte(c, "promotion_days",
            text_f(c, "SELECT %s AS promotion_key%s, %s AS day, isodow(%s) AS weekday %s JOIN %s ON %s BETWEEN %s AND %s%s AND %s <= %s",
                   p->n->key, keys, date, date, from, calendar, date, p->from, p->to, where, date, date_sql(c, c->l->today)));
    add_cte(c, "usual_days",
            text_f(c, "SELECT %s AS promotion_key, isodow(%s) AS weekday, coalesce(sum(daily.amount), 0) AS amount %s "
                      "JOIN %s ON %s BETWEEN %s - %d AND %s - 1 LEFT JOIN daily ON daily.day = %s%s GROUP BY %s, isodow(%s)",
                   p->n->key, date, from, calendar, date, p->from, (int)DAYS_BEFORE, p->from, date, where, p->n->key, date));
}

static bool group_columns(compiler *c, promo *p, const char **keys, const char **names)
{
    int n = c->q.n_groups;

    *keys = *names = "";
    if (!n && !p->one && p->n->entity.label >= 0) {
        c->q.groups[0] = (sem_group){.dimension = p->n->entity.label};
        n = c->q.n_groups = 1;
    }
    for (int i = 0; i < n; i++) {
        group_key k;

        if (c->q.groups[i].dimension < 0 || c->l->dimensions[c->q.groups[i].dimension].table != p->n->table ||
            !group_key_of(c, &p->s, &c->q.groups[i], &k))
            return err_set(c->e, ERR_NOT_IN_DATA, "an uplift is per promotion: not by %s",
                           c->q.groups[i].dimension < 0 ? grain_title(c->q.groups[i].grain)
                                                        : c->l->dimensions[c->q.groups[i].dimension].dimension.name.title);
        if (k.key)
            *keys = text_f(c, "%s, %s", *keys, aliased(c, k.key, k.key_name));
        *keys = text_f(c, "%s, %s", *keys, aliased(c, k.label, k.label_name));
        *names = text_join(c, *names, ", ", "%s%s%s", k.key ? k.key_name : "", k.key ? ", " : "", k.label_name);
        add_column(c, column_name(c, k.label_name), k.title, k.unit, 'g');
    }
    return true;
}

static void note_others(compiler *c, promo *p)
{
    const char *label = c->l->dimensions[p->n->entity.label].sql;
    const char *column = strchr(label, '.'), *from = strchr(p->from, '.'), *to = strchr(p->to, '.'), *key = strchr(p->n->key, '.');

    if (!column || !from || !to || !key)
        return;
    if (p->one)
        note(c, true, "%s other promotions ran in the 28 days before: %s",
             text_f(c, "SELECT count(*) AS others, string_agg(other%s, ', ' ORDER BY other%s) AS names %s JOIN %s AS other ON other%s <> %s "
                       "AND other%s <= %s - 1 AND other%s >= %s - %d%s",
                    column, column, source_from(c, &p->s), p->table, key, p->n->key, from, p->from, to, p->from,
                    (int)DAYS_BEFORE, source_where_text(c, &p->s)));
    else
        note(c, true, "%s of these promotions had others in the 28 days before",
             text_f(c, "SELECT count(DISTINCT %s) AS promotions %s JOIN %s AS other ON other%s <> %s AND other%s <= %s - 1 AND other%s >= %s - %d%s",
                    p->n->key, source_from(c, &p->s), p->table, key, p->n->key, from, p->from, to, p->from,
                    (int)DAYS_BEFORE, source_where_text(c, &p->s)));
}

bool compile_uplift(compiler *c)
{
    promo p = {0};
    const metric_def *m;
    const char *keys, *names, *labels = "", *expr;
    int sales = sem_metric_find(c->l, "sales");

    if (c->q.n_metrics < 1 && sales < 0)
        return err_set(c->e, ERR_ARG, "an uplift of what?");
    m = &c->l->metrics[c->q.n_metrics ? c->q.metrics[0] : sales];
    if (m->metric.additivity != SEM_ADDITIVE)
        return err_set(c->e, ERR_NOT_IN_DATA, "%s can't be added up over days: no uplift", m->metric.name.title);
    if (!find_promotion(c, &p) || !take_promotions(c, &p) || !group_columns(c, &p, &keys, &names) || !add_daily(c, &p, m))
        return false;
    add_days(c, &p, keys);
    for (int i = 0; i < c->q.n_groups; i++)
        labels = text_join(c, labels, "", "%s, ", sql_identifier(c->a, c->l->dimensions[c->q.groups[i].dimension].dimension.name.id));
    expr = text_f(c, "100.0 * (coalesce(sum(daily.amount), 0) - sum(usual_days.amount) / %d.0) / nullif(sum(usual_days.amount) / %d.0, 0)",
                  (int)WEEKS_BEFORE, (int)WEEKS_BEFORE);
    c->plan->sql = text_f(c, "WITH %s SELECT %s%s AS uplift FROM promotion_days LEFT JOIN daily ON daily.day = promotion_days.day "
                             "JOIN usual_days ON usual_days.promotion_key = promotion_days.promotion_key "
                             "AND usual_days.weekday = promotion_days.weekday%s%s%s%s%s",
                          c->ctes, labels, expr, names[0] ? " GROUP BY " : "", names,
                          names[0] ? (c->q.ascending ? " ORDER BY uplift NULLS LAST, " : " ORDER BY uplift DESC NULLS LAST, ") : "",
                          names, limit_sql(c));
    add_column(c, "uplift", "uplift", SEM_PERCENT, 'c');
    say(c, "a comparison with the same weekdays of the 28 days before, not an effect");
    note_others(c, &p);
    c->plan->period = c->q.period;
    return true;
}
