/* side.c - what several metrics need of one table, as one aggregated SELECT.
 *
 * Flows are cut to the period by their time column. A state (stock) is taken
 * from the last snapshot of each period, a count of members (active stores) on
 * its last day: neither is summed over time. */
#include <string.h>

#include "semantic/compile_impl.h"

static int side_table(const compiler *c, const metric_def *leaf)
{
    return leaf->entity >= 0 ? c->l->entities[leaf->entity].table : leaf->table;
}

static const char *side_time(const compiler *c, const metric_def *leaf)
{
    return leaf->time ? leaf->time : c->l->tables[side_table(c, leaf)].time;
}

/* Does joining `table` to this leaf's table lose rows? */
static bool drops_rows(const compiler *c, const metric_def *leaf, int table)
{
    const table_def *t = &c->l->tables[leaf->table];

    for (int i = 0; i < t->n_joins; i++)
        if (t->joins[i].table == table)
            return t->joins[i].drops != NULL;
    return false;
}

static bool dropping_require_of(const compiler *c, const metric_def *leaf, int table)
{
    for (int i = 0; i < leaf->n_requires; i++)
        if (leaf->requires[i] == table)
            return drops_rows(c, leaf, table);
    return false;
}

static bool same_rows(const compiler *c, const metric_def *x, const metric_def *y)
{
    for (int i = 0; i < x->n_requires; i++)
        if (drops_rows(c, x, x->requires[i]) && !dropping_require_of(c, y, x->requires[i]))
            return false;
    return true;
}

static bool same_text(const char *x, const char *y)
{
    return x == y || (x && y && !strcmp(x, y));
}

bool side_matches(compiler *c, const side *x, const metric_def *leaf)
{
    const metric_def *first = x->leaves[0];

    if (x->n_leaves >= MAX_LEAVES || side_table(c, first) != side_table(c, leaf))
        return false;
    return first->entity == leaf->entity && (leaf->entity < 0 || first->condition == leaf->condition) &&
           same_text(side_time(c, first), side_time(c, leaf)) && same_text(first->at_end, leaf->at_end) && same_text(first->where, leaf->where) &&
           first->before_snapshot == leaf->before_snapshot && first->cut == leaf->cut &&
           same_rows(c, first, leaf) && same_rows(c, leaf, first);
}

/* ---- refusals -------------------------------------------------------------- */

static bool refuse(compiler *c, const side *x, const char *by)
{
    const table_def *t = &c->l->tables[x->s.tables[0]];

    return err_set(c->e, ERR_NOT_IN_DATA, "%s: not by %s", t->says, by);
}

static const char *group_title(const compiler *c, const sem_group *g)
{
    return g->dimension >= 0 ? c->l->dimensions[g->dimension].dimension.name.title : grain_title(g->grain);
}

/* ---- states: the last snapshot, the last day ---------------------------------- */

static bool is_state(const compiler *c, const metric_def *leaf)
{
    return leaf->entity >= 0 || leaf->at_end || leaf->before_snapshot > 0 || c->l->tables[leaf->table].snapshot;
}

static bool has_time_group(const block_spec *spec)
{
    for (int i = 0; i < spec->n_groups; i++)
        if (spec->groups[i].dimension < 0)
            return true;
    return false;
}

static const table_def *snapshot_table(const compiler *c)
{
    for (int i = 0; i < c->l->n_tables; i++)
        if (c->l->tables[i].snapshot)
            return &c->l->tables[i];
    return NULL;
}

static const char *shifted(compiler *c, const block_spec *spec, const char *column)
{
    if (!column || (!spec->shift_months && !spec->shift_days))
        return NULL;
    if (spec->shift_months)
        return text_f(c, "(%s %c INTERVAL %d MONTH)", column, spec->shift_months > 0 ? '+' : '-',
                      spec->shift_months > 0 ? spec->shift_months : -spec->shift_months);
    return text_f(c, "(%s %c %d)", column, spec->shift_days > 0 ? '+' : '-',
                  spec->shift_days > 0 ? spec->shift_days : -spec->shift_days);
}

static sem_period cut_period(compiler *c, const block_spec *spec)
{
    sem_period p = spec->period;

    cut_to_today(c, &p);
    return p;
}

/* One row per bucket of time: its first and last day, or its last snapshot. */
static bool add_buckets(compiler *c, const block_spec *spec, const char *name, int table, const char *day,
                        const char *columns)
{
    sem_period p = cut_period(c, spec);
    const char *select = "", *groups = "";
    source s;

    if (strstr(c->ctes, text_f(c, "%s AS (", name)))
        return true;
    source_init(&s, table, day);
    s.time_shift = shifted(c, spec, day);
    for (int i = 0; i < spec->n_groups; i++) {
        group_key k;

        if (spec->groups[i].dimension >= 0)
            continue;
        if (!group_key_of(c, &s, &spec->groups[i], &k))
            return err_set(c->e, ERR_NOT_IN_DATA, "%s: not by %s", c->l->tables[table].says, group_title(c, &spec->groups[i]));
        if (k.key) {
            select = text_join(c, select, ", ", "%s", aliased(c, k.key, k.key_name));
            groups = text_join(c, groups, ", ", "%s", k.key);
        }
        select = text_join(c, select, ", ", "%s", aliased(c, k.label, k.label_name));
        groups = text_join(c, groups, ", ", "%s", k.label);
    }
    if (p.set)
        source_where(c, &s, between_sql(c, day, p.from, p.to));
    else if (table == c->l->calendar.table)
        source_where(c, &s, between_sql(c, day, c->l->data_from, c->l->today));
    add_cte(c, name, text_f(c, "SELECT %s, %s %s%s GROUP BY %s", select, columns, source_from(c, &s),
                            source_where_text(c, &s), groups));
    return true;
}

static void keys_from(compiler *c, const block_spec *spec, side *x, const char *buckets)
{
    for (int i = 0; i < spec->n_groups; i++) {
        group_key *k = &x->keys[i];
        source calendar;

        if (spec->groups[i].dimension >= 0)
            continue;
        source_init(&calendar, x->s.tables[0], "day");
        (void)group_key_of(c, &calendar, &spec->groups[i], k);
        k->label_name = grain_word(spec->groups[i].grain);
        k->title = grain_title(spec->groups[i].grain);
        k->label = text_f(c, "%s.%s", buckets, k->label_name);
        if (k->key)
            k->key = text_f(c, "%s.%s", buckets, k->key_name);
        k->is_time = k->present = true;
    }
}

static bool snapshot_state(compiler *c, const block_spec *spec, side *x)
{
    const table_def *t = snapshot_table(c);
    const metric_def *leaf = x->leaves[0];
    sem_period p = cut_period(c, spec);
    const char *name, *last, *on;

    if (!t || !t->time)
        return err_set(c->e, ERR_INTERNAL, "no snapshot table for %s", leaf->metric.name.title);
    name = text_f(c, "%ssnapshots", spec->prefix);
    last = strchr(t->time, '.') + 1;
    if (!has_time_group(spec)) {
        on = text_f(c, "(SELECT max(%s) FROM %s%s)", t->time, t->sql_name,
                    p.set ? text_f(c, " WHERE %s", between_sql(c, t->time, p.from, p.to)) : "");
        source_where(c, &x->s, leaf->before_snapshot
                                   ? text_f(c, "%s BETWEEN %s - %d AND %s", x->s.time, on, leaf->before_snapshot - 1, on)
                                   : text_f(c, "%s = %s", x->s.time, on));
        return true;
    }
    if (!add_buckets(c, spec, name, (int)(t - c->l->tables), t->time, text_f(c, "max(%s) AS %s", t->time, last)))
        return false;
    x->s.extra = leaf->before_snapshot
                     ? text_f(c, " JOIN %s ON %s BETWEEN %s.%s - %d AND %s.%s", name, x->s.time, name, last,
                              leaf->before_snapshot - 1, name, last)
                     : text_f(c, " JOIN %s ON %s = %s.%s", name, x->s.time, name, last);
    keys_from(c, spec, x, name);
    return true;
}

/* Members on the last day: a condition of an entity, or `at_end` of a metric. */
static bool member_state(compiler *c, const block_spec *spec, side *x)
{
    const metric_def *leaf = x->leaves[0];
    const entity_def *n = leaf->entity >= 0 ? &c->l->entities[leaf->entity] : NULL;
    const char *sql = leaf->at_end ? leaf->at_end : leaf->condition >= 0 ? c->l->conditions[leaf->condition].sql : NULL;
    sem_period p = cut_period(c, spec);
    params v = params_of(c, &p);

    if (has_time_group(spec)) {
        const char *name = text_f(c, "%speriod_days", spec->prefix), *day = c->l->calendar.date;

        if (c->l->calendar.table < 0)
            return refuse(c, x, "time: there is no calendar table");
        if (!add_buckets(c, spec, name, c->l->calendar.table, day,
                         text_f(c, "min(%s) AS first_day, max(%s) AS last_day", day, day)))
            return false;
        v.from = text_f(c, "%s.first_day", name);
        v.to = text_f(c, "%s.last_day", name);
        v.all_time = false;
        x->s.extra = text_f(c, " CROSS JOIN %s", name);
        keys_from(c, spec, x, name);
    }
    if (sql)
        source_where(c, &x->s, expand(c, sql, &v));
    if (n && n->without_sql && !without_lifted_by(c, n, spec->skip_filters))
        source_where(c, &x->s, n->without_sql);
    return true;
}

/* ---- flows --------------------------------------------------------------------- */

static bool whole_months(const compiler *c, const block_spec *spec, const sem_period *p)
{
    return sem_date_of(p->from).day == 1 &&
           (p->to == date_month_end(p->to) || p->to == c->l->today || spec->part_month);
}

static bool flow_time(compiler *c, const block_spec *spec, side *x)
{
    const table_def *t = &c->l->tables[x->s.tables[0]];
    sem_period p = spec->period;

    if (!p.set) {
        if (x->leaves[0]->cut && x->s.time)
            source_where(c, &x->s, text_f(c, "%s <= %s", x->s.time, date_sql(c, c->l->today)));
        return true;
    }
    if (!t->monthly || x->leaves[0]->cut)
        cut_to_today(c, &p);
    if (!x->s.time)
        return refuse(c, x, "time");
    if (t->monthly && !whole_months(c, spec, &p))
        return err_set(c->e, ERR_NOT_IN_DATA, "%s: ask for whole months", t->says);
    source_where(c, &x->s, between_sql(c, x->s.time, p.from, p.to));
    return true;
}

static bool take_groups(compiler *c, const block_spec *spec, side *x, bool times)
{
    for (int i = 0; i < spec->n_groups; i++) {
        if ((spec->groups[i].dimension < 0) != times)
            continue;
        if (!group_key_of(c, &x->s, &spec->groups[i], &x->keys[i])) {
            if (!x->loose)
                return refuse(c, x, group_title(c, &spec->groups[i]));
            if (x->s.tables[0] != c->l->calendar.table)
                say(c, "%s: the same for every %s", c->l->tables[x->s.tables[0]].title, group_title(c, &spec->groups[i]));
        }
    }
    return true;
}

static bool take_filters(compiler *c, const block_spec *spec, side *x)
{
    for (int i = 0; i < c->q.n_filters; i++) {
        const dimension_def *d = &c->l->dimensions[c->q.filters[i].dimension];
        const char *sql;

        if (!source_reach_dimension(c, &x->s, d)) {
            if (!x->loose)
                return refuse(c, x, d->dimension.name.title);
            continue;
        }
        if (spec->skip_filters & (1u << i))
            continue;
        sql = filter_sql(c, &c->q.filters[i], &x->s);
        if (!sql)
            return false;
        source_where(c, &x->s, sql);
    }
    return true;
}

static bool take_conditions(compiler *c, const block_spec *spec, side *x)
{
    for (int i = 0; i < c->q.n_conditions; i++) {
        const sem_condition_use *use = &c->q.conditions[i];
        const condition_def *k = &c->l->conditions[use->condition];
        const entity_def *n = &c->l->entities[k->condition.entity];

        if (spec->no_conditions || (spec->only_condition >= 0 && spec->only_condition != i))
            continue;
        if (!source_reach(c, &x->s, k->on_sql ? k->on_table : n->table)) {
            if (!x->loose)
                return refuse(c, x, n->entity.name.title);
            continue;
        }
        if (spec->skip_conditions)
            continue;
        source_where(c, &x->s, condition_sql(c, use, "", ""));
        if (k->physical && n->without_sql && !without_lifted_by(c, n, spec->skip_filters))
            source_where(c, &x->s, n->without_sql);
    }
    return true;
}

static bool take_stores(compiler *c, const block_spec *spec, side *x)
{
    if (spec->physical_entity >= 0) {
        const entity_def *n = &c->l->entities[spec->physical_entity];

        if (n->without_sql && !without_lifted_by(c, n, spec->skip_filters) && source_reach(c, &x->s, n->table))
            source_where(c, &x->s, n->without_sql);
    }
    if (!spec->like_for_like || x->s.tables[0] == c->l->calendar.table)
        return true;
    if (!source_reach(c, &x->s, c->l->like.table))
        return refuse(c, x, c->l->tables[c->l->like.table].title);
    source_where(c, &x->s, text_f(c, "%s IN (SELECT like_for_like.%s FROM like_for_like)", c->l->like.key,
                                  strchr(c->l->like.key, '.') + 1));
    return true;
}

/* ---- expressions ----------------------------------------------------------------- */

/* :from of a bucket of time: its first day. */
static const char *bucket_start(compiler *c, const block_spec *spec, side *x)
{
    for (int i = 0; i < spec->n_groups; i++) {
        sem_grain g = spec->groups[i].grain;

        if (spec->groups[i].dimension >= 0)
            continue;
        if (!grain_has_start(g) || !x->s.time)
            return NULL;
        return g == SEM_DAY ? x->s.time : text_f(c, "date_trunc('%s', %s)", grain_word(g), x->s.time);
    }
    return NULL;
}

static bool unfinished_month(const compiler *c, const block_spec *spec, const sem_period *p)
{
    int32_t to = p->set ? p->to : c->l->today;

    return to != date_month_end(to) && (to == c->l->today || spec->part_month);
}

static const char *leaf_sql(compiler *c, const block_spec *spec, side *x, const metric_def *leaf)
{
    sem_period p = cut_period(c, spec);
    params v = params_of(c, &p);

    if (leaf->entity >= 0) {
        const entity_def *n = &c->l->entities[leaf->entity];

        return n->distinct ? text_f(c, "count(DISTINCT %s)", n->key) : "count(*)";
    }
    if (leaf->at_end && has_time_group(spec)) {
        v.from = text_f(c, "%speriod_days.first_day", spec->prefix);
        v.to = text_f(c, "%speriod_days.last_day", spec->prefix);
        return expand(c, leaf->sql, &v);
    }
    if (leaf->sql_unfinished && unfinished_month(c, spec, &p))
        return expand(c, leaf->sql_unfinished, &v);
    if (spec->constant_currency && leaf->constant_currency) {
        v.base_day = spec->rate_months
                         ? text_f(c, "%s - INTERVAL %d MONTH", x->s.time, spec->rate_months)
                         : text_f(c, "%s - %d", x->s.time, spec->rate_days);
        x->s.extra = text_f(c, " JOIN %s", expand(c, leaf->rate_join, &v));
        return expand(c, leaf->constant_currency, &v);
    }
    if (strstr(leaf->sql, ":from") && has_time_group(spec)) {
        v.from = bucket_start(c, spec, x);
        if (!v.from) {
            err_set(c->e, ERR_NOT_IN_DATA, "%s can be counted by day, week, month, quarter or year", leaf->metric.name.title);
            return NULL;
        }
    }
    return expand(c, leaf->sql, &v);
}

static int table_of_column(const compiler *c, const char *column)
{
    for (int i = 0; i < c->l->n_tables; i++) {
        size_t n = strlen(c->l->tables[i].sql_name);

        if (!strncmp(column, c->l->tables[i].sql_name, n) && column[n] == '.')
            return i;
    }
    return -1;
}

bool side_make(compiler *c, const block_spec *spec, side *x)
{
    const metric_def *first = x->leaves[0];
    bool state = is_state(c, first);
    int time_table;

    source_init(&x->s, side_table(c, first), side_time(c, first));
    x->s.time_shift = shifted(c, spec, x->s.time);
    time_table = x->s.time ? table_of_column(c, x->s.time) : -1;
    if (time_table >= 0 && !source_reach(c, &x->s, time_table))
        return err_set(c->e, ERR_INTERNAL, "%s: no way to its time column", first->metric.name.title);
    for (int i = 0; i < x->n_leaves; i++)
        for (int k = 0; k < x->leaves[i]->n_requires; k++)
            if (!source_reach(c, &x->s, x->leaves[i]->requires[k]))
                return refuse(c, x, c->l->tables[x->leaves[i]->requires[k]].title);
    if (first->where)
        source_where(c, &x->s, first->where);
    if (!take_groups(c, spec, x, false) || (!state && !take_groups(c, spec, x, true)) || !take_filters(c, spec, x) ||
        !take_conditions(c, spec, x) || !take_stores(c, spec, x))
        return false;
    if (!state ? !flow_time(c, spec, x)
               : first->entity >= 0 || first->at_end ? !member_state(c, spec, x) : !snapshot_state(c, spec, x))
        return false;
    for (int i = 0; i < x->n_leaves; i++) {
        x->exprs[i] = leaf_sql(c, spec, x, x->leaves[i]);
        if (!x->exprs[i])
            return false;
    }
    return true;
}
