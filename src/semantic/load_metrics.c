/* load_metrics.c - entities with their conditions, and metrics, from YAML. */
#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "semantic/load_impl.h"

static void *push_array(loader *r, size_t size, int n)
{
    void *p = arena_push_bytes(r->l->a, (size_t)n + 1, size, _Alignof(max_align_t));

    if (!p)
        err_set(r->e, ERR_NOMEM, "%s: too large", r->f.name);
    return p;
}

/* ---- conditions ---------------------------------------------------------- */

static bool load_when(loader *r, int map, const char *what, condition_def *c)
{
    const char *when = NULL;

    if (!yaml_text(&r->f, map, "default", &when))
        return false;
    c->when = when && !strcmp(when, "today") ? AT_TODAY : when && !strcmp(when, "month") ? IN_MONTH : IN_ALL;
    if (when && c->when == IN_ALL && strcmp(when, "all"))
        return yaml_fail(&r->f, map, "%s: default is today, month or all", what);
    return true;
}

static bool load_on(loader *r, int map, const char *what, condition_def *c)
{
    int on = yaml_get(&r->f, map, "on");
    const char *table = NULL;

    c->on_table = -1;
    if (!on)
        return c->sql || yaml_fail(&r->f, map, "%s: sql is missing", what);
    if (!yaml_map_check(&r->f, on, what, "table sql") || !yaml_text(&r->f, on, "table", &table) ||
        !load_fragment(r, on, what, "sql", &c->on_sql))
        return false;
    c->on_table = table ? layer_table_find(r->l, table) : -1;
    return (c->on_table >= 0 && c->on_sql) || yaml_fail(&r->f, on, "%s: on needs a table and sql", what);
}

static bool load_condition(loader *r, int entity, const char *id, int key_node, int map)
{
    condition_def *c = &r->l->conditions[r->l->n_conditions];
    char what[160];
    int number = -1;

    snprintf(what, sizeof what, "condition \"%s\"", id);
    if (sem_condition_find(r->l, id) >= 0)
        return yaml_fail(&r->f, key_node, "%s stands here twice", what);
    if (!yaml_map_check(&r->f, map, what,
                        "words title meaning says sql on needs_period physical timeless default number metric time") ||
        !load_name(r, map, id, key_node, &c->condition.name) || !load_fragment(r, map, what, "sql", &c->sql) ||
        !yaml_text(&r->f, map, "says", &c->says) || !yaml_text(&r->f, map, "metric", &c->metric) ||
        !load_fragment(r, map, what, "time", &c->time) ||
        !yaml_bool(&r->f, map, "needs_period", &c->condition.needs_period) ||
        !yaml_bool(&r->f, map, "physical", &c->physical) || !yaml_bool(&r->f, map, "timeless", &c->timeless) ||
        !yaml_int(&r->f, map, "number", &number) || !load_when(r, map, what, c) || !load_on(r, map, what, c))
        return false;
    c->number = number >= 0 ? (double)number : (double)NAN;
    c->condition.entity = entity;
    c->condition.time_dimension = -1;
    for (int i = 0; i < r->l->n_dimensions; i++)
        if (c->time && !strcmp(c->time, r->l->dimensions[i].sql))
            c->condition.time_dimension = i;
    c->condition.id = r->l->n_conditions++;
    return true;
}

/* ---- entities ------------------------------------------------------------ */

static bool load_unless(loader *r, int map, entity_def *n)
{
    const char *const *unless = NULL;
    int count = 0;

    if (!yaml_texts(&r->f, map, "unless", &unless, &count))
        return false;
    for (int i = 0; i < count; i++) {
        int dimension = sem_dimension_find(r->l, unless[i]), condition = sem_condition_find(r->l, unless[i]);

        if (dimension < 0 && condition < 0)
            return yaml_fail(&r->f, map, "unless: no dimension or condition \"%s\"", unless[i]);
        if (dimension >= 0)
            n->unless_dimension = dimension;
        else
            n->unless_condition = condition;
    }
    return true;
}

static bool condition_named(loader *r, int map, const char *key, int *out)
{
    const char *id = NULL;

    if (!yaml_text(&r->f, map, key, &id))
        return false;
    *out = id ? sem_condition_find(r->l, id) : -1;
    return !id || *out >= 0 || yaml_fail(&r->f, yaml_get(&r->f, map, key), "%s: no condition \"%s\"", key, id);
}

/* After all conditions are known: what refers to them. */
static bool load_entity_rest(loader *r, entity_def *n, int map, const char *what)
{
    int without = yaml_get(&r->f, map, "counted_without"), marked = yaml_get(&r->f, map, "marked");
    const char *const *columns = NULL;
    int n_columns = 0;

    if (without && (!yaml_map_check(&r->f, without, what, "sql unless says") ||
                    !load_fragment(r, without, what, "sql", &n->without_sql) ||
                    !yaml_text(&r->f, without, "says", &n->without_says) || !load_unless(r, without, n)))
        return false;
    if (marked && (!yaml_map_check(&r->f, marked, what, "sql says") ||
                   !load_fragment(r, marked, what, "sql", &n->marked_sql) ||
                   !yaml_text(&r->f, marked, "says", &n->marked_says)))
        return false;
    if (!condition_named(r, map, "count_means", &n->count_means) ||
        !condition_named(r, map, "in_period", &n->in_period) || !yaml_texts(&r->f, map, "columns", &columns, &n_columns))
        return false;
    for (int i = 0; i < n_columns && i < MAX_COLUMNS_LISTED; i++) {
        n->columns[i] = sem_dimension_find(r->l, columns[i]);
        if (n->columns[i] < 0)
            return yaml_fail(&r->f, map, "%s: no dimension \"%s\"", what, columns[i]);
        n->n_columns = i + 1;
    }
    return n->entity.label >= 0 || n->n_columns || yaml_fail(&r->f, map, "%s: give it a label or columns", what);
}

static bool load_entity_key(loader *r, entity_def *n, int map, const char *what)
{
    const char *table = NULL, *key = NULL, *label = NULL;
    const table_def *t;
    int column;

    if (!yaml_text(&r->f, map, "table", &table) || !yaml_text(&r->f, map, "key", &key) ||
        !yaml_text(&r->f, map, "label", &label))
        return false;
    n->table = table ? layer_table_find(r->l, table) : -1;
    if (n->table < 0)
        return yaml_fail(&r->f, map, "%s: table \"%s\" is not under tables", what, table ? table : "");
    n->entity.label = label ? sem_dimension_find(r->l, label) : -1;
    if (label && n->entity.label < 0)
        return yaml_fail(&r->f, map, "%s: no dimension \"%s\"", what, label);
    if (label)
        r->l->dimensions[n->entity.label].dimension.is_entity_label |=
            r->l->dimensions[n->entity.label].key != NULL;
    if (!key)
        return true;
    t = &r->l->tables[n->table];
    column = t->catalog >= 0 ? db_column_find(&r->c->tables[t->catalog], key) : -1;
    if (column < 0)
        return yaml_fail(&r->f, map, "%s: no column \"%s\" in %s", what, key, t->name);
    n->key_name = key;
    n->distinct = !r->c->tables[t->catalog].columns[column].primary_key;
    n->key = arena_strf(r->l->a, "%s.%s", t->sql_name, sql_identifier(r->l->a, key));
    return n->key != NULL || err_set(r->e, ERR_NOMEM, "%s: too large", r->f.name);
}

static bool load_entity(loader *r, int i, const char *id, int key_node, int map)
{
    entity_def *n = &r->l->entities[i];
    int conditions;
    char what[160];

    snprintf(what, sizeof what, "entity \"%s\"", id);
    n->count_means = n->in_period = n->unless_dimension = n->unless_condition = -1;
    n->entity.id = i;
    if (!yaml_map_check(&r->f, map, what,
                        "table key label words title meaning counted_without marked count_means in_period columns conditions") ||
        !load_name(r, map, id, key_node, &n->entity.name) || !load_entity_key(r, n, map, what))
        return false;
    conditions = yaml_get(&r->f, map, "conditions");
    if (conditions && !yaml_map_check(&r->f, conditions, what, NULL))
        return false;
    for (int k = 0; k < yaml_count(&r->f, conditions); k++) {
        const char *name;
        int node, value;

        if (!yaml_entry(&r->f, conditions, k, &name, &node, &value) || !load_condition(r, i, name, node, value))
            return false;
    }
    return load_entity_rest(r, n, map, what);
}

static int count_conditions(loader *r, int node, int n)
{
    int total = 0;

    for (int i = 0; i < n; i++) {
        const char *id;
        int key_node, value;

        if (yaml_entry(&r->f, node, i, &id, &key_node, &value))
            total += yaml_count(&r->f, yaml_get(&r->f, value, "conditions"));
    }
    return total;
}

bool load_entities(loader *r)
{
    int node = yaml_get(&r->f, yaml_root(&r->f), "entities"), n = yaml_count(&r->f, node);

    if (node && !yaml_map_check(&r->f, node, "entities", NULL))
        return false;
    r->l->entities = push_array(r, sizeof *r->l->entities, n);
    r->l->conditions = push_array(r, sizeof *r->l->conditions, count_conditions(r, node, n));
    if (!r->l->entities || !r->l->conditions)
        return false;
    for (int i = 0; i < n; i++) {
        const char *id;
        int key_node, value;

        if (!yaml_entry(&r->f, node, i, &id, &key_node, &value))
            return false;
        r->l->n_entities = i + 1;
        if (!load_entity(r, i, id, key_node, value))
            return false;
    }
    return true;
}

/* ---- metrics ------------------------------------------------------------- */

static bool load_unit(loader *r, int map, const char *what, metric_def *m)
{
    static const struct { const char *name; sem_unit unit; } units[] = {
        {"count", SEM_COUNT}, {"money", SEM_MONEY}, {"percent", SEM_PERCENT}, {"number", SEM_NUMBER},
        {"points", SEM_POINTS}, {"date", SEM_DATE}};
    static const struct { const char *name; sem_additivity additivity; } kinds[] = {
        {"additive", SEM_ADDITIVE}, {"semi_additive", SEM_SEMI_ADDITIVE}, {"ratio", SEM_RATIO}};
    const char *unit = "number", *kind = NULL;

    if (!yaml_text(&r->f, map, "unit", &unit) || !yaml_text(&r->f, map, "additivity", &kind))
        return false;
    m->metric.unit = (sem_unit)-1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (!strcmp(units[i].name, unit))
            m->metric.unit = units[i].unit;
    if ((int)m->metric.unit < 0)
        return yaml_fail(&r->f, map, "%s: unit is count, money, percent, number, points or date", what);
    m->metric.additivity = m->formula && strchr(m->formula, '/') ? SEM_RATIO : SEM_ADDITIVE;
    for (size_t i = 0; kind && i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i].name, kind)) {
            m->metric.additivity = kinds[i].additivity;
            return true;
        }
    return !kind || yaml_fail(&r->f, map, "%s: additivity is additive, semi_additive or ratio", what);
}

static bool load_refs(loader *r, int map, const char *key, const char *what, bool tables, int *out, int *n_out)
{
    const char *const *ids = NULL;
    int n = 0;

    if (!yaml_texts(&r->f, map, key, &ids, &n))
        return false;
    for (int i = 0; i < n && i < MAX_REFS; i++) {
        out[i] = tables ? layer_table_find(r->l, ids[i]) : sem_metric_find(r->l, ids[i]);
        if (out[i] < 0)
            return yaml_fail(&r->f, yaml_get(&r->f, map, key), "%s: %s: no %s \"%s\"", what, key,
                             tables ? "table" : "metric", ids[i]);
        *n_out = i + 1;
    }
    return true;
}

static bool load_table_ref(loader *r, int map, const char *key, const char *what, int *out)
{
    const char *name = NULL;

    if (!yaml_text(&r->f, map, key, &name))
        return false;
    *out = name ? layer_table_find(r->l, name) : -1;
    return !name || *out >= 0 || yaml_fail(&r->f, map, "%s: no table \"%s\" under tables", what, name);
}

static bool load_count_of(loader *r, int map, const char *what, metric_def *m)
{
    const char *entity = NULL;

    m->condition = -1;
    if (!yaml_text(&r->f, map, "count_of", &entity) || !condition_named(r, map, "condition", &m->condition))
        return false;
    m->entity = entity ? sem_entity_find(r->l, entity) : -1;
    return !entity || m->entity >= 0 || yaml_fail(&r->f, map, "%s: no entity \"%s\"", what, entity);
}

static bool load_recent(loader *r, int map, const char *what, metric_def *m)
{
    int recent = yaml_get(&r->f, map, "recent");

    return !recent || (yaml_map_check(&r->f, recent, what, "days says") &&
                       yaml_int(&r->f, recent, "days", &m->recent_days) &&
                       yaml_text(&r->f, recent, "says", &m->recent_says));
}

/* A formula's words are metrics that are defined, and not formulas of this one. */
static bool check_formula(loader *r, int map, const char *what, const metric_def *m)
{
    for (const char *p = m->formula; *p;) {
        char id[128];
        size_t n = 0;

        if (!isalpha((unsigned char)*p)) {
            if (!strchr("0123456789.+-*/() ", *p))
                return yaml_fail(&r->f, map, "%s: a formula has metrics, numbers and + - * / ( )", what);
            p++;
            continue;
        }
        while (isalnum((unsigned char)p[n]) || p[n] == '_')
            n++;
        snprintf(id, sizeof id, "%.*s", (int)(n < 127 ? n : 127), p);
        if (sem_metric_find(r->l, id) < 0)
            return yaml_fail(&r->f, map, "%s: no metric \"%s\"", what, id);
        if (r->l->metrics[sem_metric_find(r->l, id)].formula)
            return yaml_fail(&r->f, map, "%s: \"%s\" is a formula itself; use what it is made of", what, id);
        p += n;
    }
    return true;
}

static bool load_rates(loader *r, int map, const char *what, metric_def *m)
{
    int rates = yaml_get(&r->f, map, "constant_currency");

    return !rates || (yaml_map_check(&r->f, rates, what, "sql join") &&
                      load_fragment(r, rates, what, "sql", &m->constant_currency) &&
                      load_fragment(r, rates, what, "join", &m->rate_join) &&
                      ((m->constant_currency && m->rate_join) ||
                       yaml_fail(&r->f, rates, "%s: constant_currency needs sql and join", what)));
}

static bool load_metric(loader *r, metric_def *m, int map, const char *what)
{
    int recent_ok;

    m->metric.higher_is_better = true;
    m->drops_null_of = -1;
    if (!yaml_map_check(&r->f, map, what,
                        "table sql sql_unfinished time where at_end constant_currency formula says requires where_it_applies "
                        "count_of condition before_snapshot whole_months cut one_currency hidden needs recent unit "
                        "additivity title meaning words higher_is_better") ||
        !load_table_ref(r, map, "table", what, &m->table) || !load_table_ref(r, map, "needs", what, &m->drops_null_of) ||
        !load_fragment(r, map, what, "sql", &m->sql) || !load_fragment(r, map, what, "sql_unfinished", &m->sql_unfinished) ||
        !load_fragment(r, map, what, "time", &m->time) || !load_fragment(r, map, what, "where", &m->where) || !load_fragment(r, map, what, "at_end", &m->at_end) ||
        !load_rates(r, map, what, m) ||
        !yaml_text(&r->f, map, "formula", &m->formula) || !yaml_text(&r->f, map, "says", &m->says) ||
        !load_refs(r, map, "requires", what, true, m->requires, &m->n_requires) ||
        !yaml_int(&r->f, map, "before_snapshot", &m->before_snapshot) ||
        !yaml_bool(&r->f, map, "whole_months", &m->whole_months) || !yaml_bool(&r->f, map, "cut", &m->cut) ||
        !yaml_bool(&r->f, map, "one_currency", &m->one_currency) || !yaml_bool(&r->f, map, "hidden", &m->hidden) ||
        !yaml_bool(&r->f, map, "higher_is_better", &m->metric.higher_is_better))
        return false;
    recent_ok = load_recent(r, map, what, m) && load_unit(r, map, what, m) && load_count_of(r, map, what, m);
    if (!recent_ok)
        return false;
    if (m->hidden)
        m->metric.name.n_words = 0;
    if ((m->formula != NULL) + (m->sql != NULL) + (m->entity >= 0) != 1)
        return yaml_fail(&r->f, map, "%s: it needs one of sql, formula, count_of", what);
    return !m->sql || m->table >= 0 || yaml_fail(&r->f, map, "%s: name the table of its sql", what);
}

/* A condition may name the metric that counts it. */
static bool check_condition_metrics(loader *r)
{
    for (int i = 0; i < r->l->n_conditions; i++) {
        const condition_def *c = &r->l->conditions[i];

        if (c->metric && sem_metric_find(r->l, c->metric) < 0)
            return yaml_fail(&r->f, yaml_get(&r->f, yaml_root(&r->f), "entities"), "condition \"%s\": no metric \"%s\"",
                             c->condition.name.id, c->metric);
    }
    return true;
}

bool load_metrics(loader *r)
{
    int node = yaml_get(&r->f, yaml_root(&r->f), "metrics"), n = yaml_count(&r->f, node);
    sem_layer *l = r->l;

    if (!yaml_map_check(&r->f, node, "metrics", NULL))
        return false;
    l->metrics = push_array(r, sizeof *l->metrics, n);
    if (!l->metrics)
        return false;
    for (int pass = 0; pass < 2; pass++) /* a formula may name a later metric */
        for (int i = 0; i < n; i++) {
            metric_def *m = &l->metrics[i];
            const char *id;
            int key_node, value;
            char what[160];

            if (!yaml_entry(&r->f, node, i, &id, &key_node, &value))
                return false;
            snprintf(what, sizeof what, "metric \"%s\"", id);
            if (pass == 0 && (!load_name(r, value, id, key_node, &m->metric.name) || !load_metric(r, m, value, what)))
                return false;
            if (pass == 0) {
                m->metric.id = i;
                l->n_metrics = i + 1;
            } else if ((m->formula && !check_formula(r, value, what, m)) ||
                       !load_refs(r, value, "where_it_applies", what, false, m->loose, &m->n_loose)) {
                return false;
            }
        }
    return check_condition_metrics(r);
}
