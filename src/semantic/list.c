/* list.c - rows of an entity, and how many there are.
 *
 * A condition that looks into another table ("not sold in 2024") takes the
 * question's filters with it: "products not sold in West" are products without
 * a sale in West. Such filters become `:and_sales` of the condition. */
#include <math.h>
#include <string.h>

#include "semantic/compile_impl.h"

typedef struct member_set {
    const entity_def *n;
    source s;
    const char *and_sales, *and_inventory;
} member_set;

/* ---- filters that only another table knows -------------------------------------- */

/* "stores.store_id = sales.store_id" into its two columns. */
static bool split_on(compiler *c, const char *on, const char **there, const char **here)
{
    const char *sign = strstr(on, " = ");

    if (!sign || strstr(on, " AND "))
        return false;
    *there = text_f(c, "%.*s", (int)(sign - on), on);
    *here = sign + 3;
    return true;
}

/* The filter as a predicate on a row of `fact`, without joining anything. */
static const char *on_fact(compiler *c, int fact, const sem_filter *f)
{
    const dimension_def *d = &c->l->dimensions[f->dimension];
    const char *sql, *there, *here;
    source path, inner;

    source_init(&path, fact, c->l->tables[fact].time);
    sql = filter_sql(c, f, &path);
    if (!sql)
        return NULL;
    if (d->table == fact || d->on_time)
        return source_reach_dimension(c, &path, d) ? sql : NULL;
    if (!source_reach(c, &path, d->table) || path.n < 2 || !split_on(c, path.on[1], &there, &here))
        return NULL;
    source_init(&inner, path.tables[1], NULL);
    if (!source_reach(c, &inner, d->table))
        return NULL;
    source_where(c, &inner, sql);
    return text_f(c, "%s IN (SELECT %s %s%s)", here, there, source_from(c, &inner), source_where_text(c, &inner));
}

static bool mentions(const char *sql, const char *what)
{
    return sql && strstr(sql, what) != NULL;
}

static bool uses_fact(const compiler *c, const char *what)
{
    for (int i = 0; i < c->q.n_conditions; i++)
        if (mentions(c->l->conditions[c->q.conditions[i].condition].sql, what))
            return true;
    return false;
}

static void add_condition(compiler *c, int condition)
{
    if (condition >= 0 && c->q.n_conditions < SEM_MAX_CONDITIONS)
        c->q.conditions[c->q.n_conditions++] = (sem_condition_use){.condition = condition, .number = (double)NAN};
}

static bool take_far_filter(compiler *c, member_set *m, const sem_filter *f)
{
    int sales = layer_table_find(c->l, "sales"), inventory = layer_table_find(c->l, "inventory");
    const dimension_def *d = &c->l->dimensions[f->dimension];
    const char *text;
    bool done = false;

    if (!uses_fact(c, ":and_") && m->n->in_period >= 0 &&
        mentions(c->l->conditions[m->n->in_period].sql, ":and_"))
        add_condition(c, m->n->in_period);
    if (uses_fact(c, ":and_sales") && sales >= 0 && (text = on_fact(c, sales, f)) != NULL) {
        m->and_sales = text_f(c, "%s AND %s", m->and_sales, text);
        done = true;
    }
    if (uses_fact(c, ":and_inventory") && inventory >= 0 && (text = on_fact(c, inventory, f)) != NULL) {
        m->and_inventory = text_f(c, "%s AND %s", m->and_inventory, text);
        done = true;
    }
    if (c->e->code != ERR_OK)
        return false;
    return done || err_set(c->e, ERR_NOT_IN_DATA, "%s: not by %s", c->l->tables[m->n->table].says, d->dimension.name.title);
}

static bool take_filters(compiler *c, member_set *m)
{
    for (int i = 0; i < c->q.n_filters; i++) {
        const sem_filter *f = &c->q.filters[i];
        const char *sql;

        if (!source_reach_dimension(c, &m->s, &c->l->dimensions[f->dimension])) {
            if (!take_far_filter(c, m, f))
                return false;
            continue;
        }
        sql = filter_sql(c, f, &m->s);
        if (!sql)
            return false;
        source_where(c, &m->s, sql);
    }
    return true;
}

static bool take_conditions(compiler *c, member_set *m)
{
    for (int i = 0; i < c->q.n_conditions; i++) {
        const sem_condition_use *use = &c->q.conditions[i];
        const condition_def *k = &c->l->conditions[use->condition];
        const entity_def *other = &c->l->entities[k->condition.entity];

        if (k->on_sql || !source_reach(c, &m->s, other->table))
            return err_set(c->e, ERR_NOT_IN_DATA, "\"%s\" is said of a %s, not of a %s", k->condition.name.title,
                           other->entity.name.title, m->n->entity.name.title);
        source_where(c, &m->s, condition_sql(c, use, m->and_sales, m->and_inventory));
        if (k->physical && other->without_sql && !without_lifted(c, other))
            source_where(c, &m->s, other->without_sql);
    }
    return true;
}

/* "Stores in 2024", without more: the condition that a period alone means. */
static void add_period_condition(compiler *c, const entity_def *n)
{
    for (int i = 0; i < c->q.n_conditions; i++)
        if (!c->l->conditions[c->q.conditions[i].condition].timeless)
            return;
    if (c->q.period.set)
        add_condition(c, n->in_period);
}

/* "Opened by year": the day the condition came true; else the rows' own day. */
static const char *member_time(const compiler *c, const entity_def *n)
{
    for (int i = 0; i < c->q.n_conditions; i++) {
        const condition_def *k = &c->l->conditions[c->q.conditions[i].condition];

        if (k->time && !c->q.conditions[i].negate && k->condition.entity == n->entity.id)
            return k->time;
    }
    return c->l->tables[n->table].time;
}

static bool make_members(compiler *c, member_set *m)
{
    sem_period p = c->q.period;

    *m = (member_set){.n = &c->l->entities[c->q.entity], .and_sales = "", .and_inventory = ""};
    source_init(&m->s, m->n->table, member_time(c, m->n));
    cut_to_today(c, &p);
    if (m->n->in_period >= 0)
        add_period_condition(c, m->n);
    else if (p.set && m->s.time) /* orders in 2024: the rows' own time */
        source_where(c, &m->s, between_sql(c, m->s.time, p.from, p.to));
    if (!take_filters(c, m) || !take_conditions(c, m))
        return false;
    c->plan->period = c->q.period;
    cut_to_today(c, &c->plan->period);
    say_period(c, &c->q.period);
    return true;
}

/* ---- list ------------------------------------------------------------------------- */

static bool list_column(compiler *c, member_set *m, int dimension, const char **select, const char **first)
{
    const dimension_def *d = &c->l->dimensions[dimension];
    const char *name = sql_identifier(c->a, d->dimension.name.id);

    for (int i = 0; i < c->plan->n_columns; i++)
        if (!strcmp(c->plan->columns[i].name, d->dimension.name.id))
            return true;
    if (!source_reach_dimension(c, &m->s, d))
        return err_set(c->e, ERR_NOT_IN_DATA, "%s: not by %s", c->l->tables[m->n->table].says, d->dimension.name.title);
    *select = text_join(c, *select, ", ", "%s", aliased(c, dimension_sql(c, &m->s, d), name));
    if (!*first)
        *first = name;
    add_column(c, d->dimension.name.id, d->dimension.name.title, d->unit, 'g');
    return true;
}

static void note_marked(compiler *c, const member_set *m)
{
    if (!m->n->marked_sql)
        return;
    note(c, true, m->n->marked_says,
         text_f(c, "SELECT count(*) AS n %s%s%s%s", source_from(c, &m->s), source_where_text(c, &m->s),
                m->s.n_where ? " AND " : " WHERE ", m->n->marked_sql));
}

static bool list_with_total(compiler *c)
{
    int label = c->l->entities[c->q.entity].entity.label;

    if (label < 0)
        return err_set(c->e, ERR_NOT_IN_DATA, "%s have no totals", c->l->entities[c->q.entity].entity.name.title);
    if (!c->q.n_groups)
        c->q.groups[c->q.n_groups++] = (sem_group){.dimension = label};
    if (!c->q.n_metrics)
        c->q.metrics[c->q.n_metrics++] = c->q.having_metric;
    return compile_values(c);
}

static const char *with_made_tables(compiler *c, const char *select)
{
    return c->ctes[0] ? text_f(c, "WITH %s %s", c->ctes, select) : select;
}

bool compile_list(compiler *c)
{
    member_set m;
    const char *select = "", *label = NULL, *column = NULL, *order = "";

    if (c->q.entity < 0)
        return err_set(c->e, ERR_ARG, "a list of what?");
    if (c->q.having_metric >= 0 || c->q.n_metrics)
        return list_with_total(c);
    if (!make_members(c, &m))
        return false;
    if (m.n->entity.label >= 0 && !(c->q.columns_only && c->q.n_columns) &&
        !list_column(c, &m, m.n->entity.label, &select, &label))
        return false;
    for (int i = 0; m.n->entity.label < 0 && !c->q.n_columns && i < m.n->n_columns; i++)
        if (!list_column(c, &m, m.n->columns[i], &select, &label))
            return false;
    for (int i = 0; i < c->q.n_columns; i++)
        if (!list_column(c, &m, c->q.columns[i], &select, &column))
            return false;
    if (c->q.order_dimension >= 0) {
        const dimension_def *by = &c->l->dimensions[c->q.order_dimension];

        if (!source_reach_dimension(c, &m.s, by))
            return err_set(c->e, ERR_NOT_IN_DATA, "%s: not by %s", c->l->tables[m.n->table].says, by->dimension.name.title);
        if (!c->q.columns_only && !list_column(c, &m, c->q.order_dimension, &select, &column))
            return false;
        if (m.n->distinct)
            return err_set(c->e, ERR_NOT_IN_DATA, "%s repeat in %s: they have no one %s", m.n->entity.name.title, c->l->tables[m.n->table].title, by->dimension.name.title);
        source_where(c, &m.s, text_f(c, "%s IS NOT NULL", by->sql));
        order = text_f(c, "%s%s", by->sql, c->q.ascending ? "" : " DESC");
    } else if (c->q.ordered && column)
        order = text_f(c, "%s%s NULLS LAST", column, c->q.ascending ? "" : " DESC");
    if (label && m.n->entity.label >= 0)
        order = text_join(c, order, ", ", "%s", label);
    for (int i = 0; (!label || m.n->entity.label < 0) && i < c->plan->n_columns; i++) /* rows without a name */
        order = text_join(c, order, ", ", "%s", sql_identifier(c->a, c->plan->columns[i].name));
    if (m.n->key && !m.n->distinct)
        order = text_join(c, order, ", ", "%s", m.n->key);
    c->plan->sql = with_made_tables(c, text_f(c, "SELECT %s%s %s%s ORDER BY %s%s", m.n->distinct ? "DISTINCT " : "", select,
                                              source_from(c, &m.s), source_where_text(c, &m.s), order, limit_sql(c)));
    note_marked(c, &m);
    return true;
}

/* ---- count -------------------------------------------------------------------------- */

static bool only_timeless(const compiler *c)
{
    for (int i = 0; i < c->q.n_conditions; i++)
        if (!c->l->conditions[c->q.conditions[i].condition].timeless)
            return false;
    return true;
}

static bool groups_are_near(compiler *c, const entity_def *n)
{
    source s;
    group_key k;

    source_init(&s, n->table, member_time(c, n));
    for (int i = 0; i < c->q.n_groups; i++)
        if (!group_key_of(c, &s, &c->q.groups[i], &k))
            return false;
    return true;
}

static int fact_of(compiler *c, const entity_def *n)
{
    for (int i = 0; i < c->l->n_tables; i++)
        for (int k = 0; k < c->l->tables[i].n_joins && c->l->tables[i].time; k++)
            if (c->l->tables[i].joins[k].table == n->table)
                return i;
    return -1;
}

/* What a condition looks up in another table it can't look up per group: the
 * rows of the fact say it, or a metric does, or the question is refused. */
static bool far_conditions(compiler *c, const entity_def *n, const metric_def **named)
{
    *named = NULL;
    for (int i = 0; i < c->q.n_conditions; i++) {
        const condition_def *k = &c->l->conditions[c->q.conditions[i].condition];
        bool plain = !c->q.conditions[i].negate && !c->q.conditions[i].period.set;

        if (!mentions(k->sql, ":and_"))
            continue;
        if (plain && k->metric)
            *named = &c->l->metrics[sem_metric_find(c->l, k->metric)];
        else if (!plain || k->condition.id != n->in_period)
            return err_set(c->e, ERR_NOT_IN_DATA, "\"%s\" can be listed, or counted in all, but not by this group",
                           k->condition.name.title);
        memmove(&c->q.conditions[i], &c->q.conditions[i + 1],
                (size_t)(c->q.n_conditions - i - 1) * sizeof c->q.conditions[0]);
        c->q.n_conditions--;
        i--;
    }
    return true;
}

/* Customers by region, stores by month: members with a row in the fact, or a
 * count on the last day of each bucket. */
static bool count_by_far_groups(compiler *c, const entity_def *n)
{
    const metric_def *named;
    metric_def *m = arena_push(c->a, metric_def, 1);
    block_spec spec;
    block b;
    outer o = {0};
    bool last_day = n->count_means >= 0 && only_timeless(c);

    if (!m)
        return err_set(c->e, ERR_NOMEM, "the question is too large");
    if (!far_conditions(c, n, &named))
        return false;
    *m = (metric_def){.table = last_day ? -1 : fact_of(c, n), .entity = last_day ? c->q.entity : -1,
                      .condition = last_day ? n->count_means : -1, .drops_null_of = -1};
    if (!last_day && m->table < 0)
        return err_set(c->e, ERR_NOT_IN_DATA, "%s: not by these groups", c->l->tables[n->table].says);
    m->metric = (sem_metric){.name = {.id = "n", .title = text_f(c, "number of %s", n->entity.name.title)},
                             .unit = SEM_COUNT, .additivity = SEM_SEMI_ADDITIVE, .id = -1};
    m->sql = last_day ? NULL : text_f(c, "count(DISTINCT %s)", n->key ? n->key : "1");
    m->requires[0] = n->table;
    m->n_requires = last_day ? 0 : 1;
    block_spec_init(c, &spec);
    spec.physical_entity = c->q.entity;
    block_add(&spec, named ? named : m, "n");
    if (!block_make(c, &spec, &b))
        return false;
    outer_add(&o, b.measures[0], "n");
    o.rank_by = "n";
    columns_of_keys(c, &b);
    add_column(c, "n", m->metric.name.title, SEM_COUNT, 'm');
    c->plan->sql = finish(c, &b, &o);
    say_period(c, &c->q.period);
    return true;
}

/* How many have a total above …: members are totalled first, then counted. */
static bool count_by_total(compiler *c, const entity_def *n)
{
    block_spec spec;
    block b;
    const char *having;

    if (n->entity.label < 0)
        return err_set(c->e, ERR_NOT_IN_DATA, "%s have no totals", n->entity.name.title);
    block_spec_init(c, &spec);
    spec.groups[0] = (sem_group){.dimension = n->entity.label};
    spec.n_groups = 1;
    spec.physical_entity = c->q.entity;
    block_add(&spec, &c->l->metrics[c->q.having_metric], "amount");
    if (!block_make(c, &spec, &b))
        return false;
    add_cte(c, "members", block_select(c, &spec, &b));
    having = having_sql(c, "members.amount", c->l->metrics[c->q.having_metric].metric.unit);
    c->plan->sql = text_f(c, "WITH %s SELECT count(*) AS n FROM members%s%s", c->ctes, having ? " WHERE " : "", having ? having : "");
    add_column(c, "n", text_f(c, "number of %s", n->entity.name.title), SEM_COUNT, 'm');
    if (n->without_says && !without_lifted(c, n))
        say(c, "%s", n->without_says);
    say_metrics(c, &spec);
    say_period(c, &c->q.period);
    return true;
}

static bool uses_condition(const compiler *c, int condition)
{
    for (int i = 0; i < c->q.n_conditions; i++)
        if (c->q.conditions[i].condition == condition && !c->q.conditions[i].negate)
            return true;
    return false;
}

/* "How many stores" means active; where trading differs, the note names it. */
static void note_trading(compiler *c, const entity_def *n, const member_set *m, const char *count)
{
    int trading = sem_condition_find(c->l, "trading");
    sem_period p = c->plan->period;
    sem_date d;
    source s = {0};
    sem_condition_use use = {.condition = trading, .number = (double)NAN};
    const char *members;

    if (trading < 0 || c->l->conditions[trading].condition.entity != c->q.entity || !uses_condition(c, n->count_means) ||
        c->q.n_groups)
        return;
    if (!p.set)
        p.to = c->l->today;
    d = sem_date_of(p.to);
    use.period = (sem_period){.set = true, .from = sem_days(d.year, d.month, 1), .to = p.to, .grain = SEM_MONTH, .n = 1};
    source_init(&s, n->table, NULL);
    for (int i = 0; i < c->q.n_filters; i++)
        if (source_reach_dimension(c, &s, &c->l->dimensions[c->q.filters[i].dimension]))
            source_where(c, &s, filter_sql(c, &c->q.filters[i], &s));
    if (n->without_sql && !without_lifted(c, n))
        source_where(c, &s, n->without_sql);
    source_where(c, &s, condition_sql(c, &use, "", ""));
    members = text_f(c, "(SELECT count(*) %s%s)", source_from(c, &s), source_where_text(c, &s));
    (void)m;
    note(c, true, "%s had a sale in that month",
         text_f(c, "SELECT CASE WHEN %s <> (%s) THEN %s ELSE 0 END AS trading", members, count, members));
}

/* "How many brands in 2025": no time of their own, so those with a sale. */
static bool sold_in_period(compiler *c, const entity_def *n)
{
    return c->q.period.set && n->in_period < 0 && !c->l->tables[n->table].time && n->key && fact_of(c, n) >= 0;
}

bool compile_count(compiler *c)
{
    const entity_def *n;
    member_set m;
    const char *select = "", *groups = "", *order = "", *count;
    bool trend = false;

    if (c->q.entity < 0)
        return err_set(c->e, ERR_ARG, "how many of what?");
    n = &c->l->entities[c->q.entity];
    if (c->q.having_metric >= 0)
        return count_by_total(c, n);
    if (!groups_are_near(c, n) || sold_in_period(c, n))
        return count_by_far_groups(c, n);
    if (n->count_means >= 0 && only_timeless(c))
        add_condition(c, n->count_means);
    if (!make_members(c, &m))
        return false;
    if (n->without_sql && !without_lifted(c, n)) {
        source_where(c, &m.s, n->without_sql);
        say(c, "%s", n->without_says ? n->without_says : "");
    }
    count = n->distinct ? text_f(c, "count(DISTINCT %s)", n->key) : "count(*)";
    for (int i = 0; i < c->q.n_groups; i++) {
        group_key k;

        if (!group_key_of(c, &m.s, &c->q.groups[i], &k))
            return err_set(c->e, ERR_NOT_IN_DATA, "%s: not by that group", c->l->tables[n->table].says);
        select = text_join(c, select, "", "%s, ", aliased(c, k.label, k.label_name));
        groups = text_join(c, groups, ", ", "%s%s%s", k.key ? k.key : "", k.key ? ", " : "", k.label);
        order = text_join(c, order, ", ", "%s", k.is_time && k.key ? k.key : k.label_name);
        trend = trend || (k.is_time && !c->q.ordered);
        add_column(c, column_name(c, k.label_name), k.title, k.unit, k.is_time ? 't' : 'g');
    }
    add_column(c, "n", text_f(c, "number of %s", n->entity.name.title), SEM_COUNT, 'm');
    c->plan->sql = text_f(c, "SELECT %s%s AS n %s%s", select, count, source_from(c, &m.s), source_where_text(c, &m.s));
    note_trading(c, n, &m, c->plan->sql);
    if (groups[0])
        c->plan->sql = text_f(c, "%s GROUP BY %s ORDER BY %s%s%s%s", c->plan->sql, groups, trend ? order : "n",
                              trend ? "" : c->q.ascending ? ", " : " DESC, ", trend ? "" : order, limit_sql(c));
    c->plan->sql = with_made_tables(c, c->plan->sql);
    return true;
}
