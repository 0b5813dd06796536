/* load.c - a semantic layer from YAML: tables, joins, dimensions, calendar.
 *
 * Order matters: names of tables come first, then what refers to them. Metrics
 * and entities are in load_metrics.c. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "semantic/load_impl.h"

extern const char sem_sales_yaml[], sem_sales_yaml_end[];

static void *push_array(loader *r, size_t size, int n)
{
    void *p = arena_push_bytes(r->l->a, (size_t)n + 1, size, _Alignof(max_align_t));

    if (!p)
        err_set(r->e, ERR_NOMEM, "%s: too large", r->f.name);
    return p;
}

static const char *title_of(arena *a, const char *id)
{
    char *title = arena_str(a, id);

    for (char *p = title; p && *p; p++)
        if (*p == '_')
            *p = ' ';
    return title ? title : id;
}

bool load_name(loader *r, int map, const char *id, int id_node, sem_name *name)
{
    name->id = id;
    name->title = title_of(r->l->a, id);
    name->meaning = "";
    for (const char *p = id; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_'))
            return yaml_fail(&r->f, id_node, "\"%s\": a name has small letters, digits and _", id);
    return yaml_text(&r->f, map, "title", &name->title) && yaml_text(&r->f, map, "meaning", &name->meaning) &&
           yaml_texts(&r->f, map, "words", &name->words, &name->n_words);
}

/* ---- tables ------------------------------------------------------------ */

static bool is_timestamp(const loader *r, const table_def *t, const char *column)
{
    const db_table *c = t->catalog >= 0 ? &r->c->tables[t->catalog] : NULL;

    return c && c->columns[db_column_find(c, column)].type == DB_TIMESTAMP;
}

static bool load_time(loader *r, int map, table_def *t, const char *key, const char **out)
{
    const char *column = NULL;

    if (!yaml_text(&r->f, map, key, &column))
        return false;
    if (!column)
        return true;
    if (t->catalog >= 0 && db_column_find(&r->c->tables[t->catalog], column) < 0)
        return yaml_fail(&r->f, yaml_get(&r->f, map, key), "table \"%s\": no column \"%s\"", t->name, column);
    *out = arena_strf(r->l->a, is_timestamp(r, t, column) && !strcmp(key, "time") ? "CAST(%s.%s AS DATE)" : "%s.%s", t->sql_name,
                      sql_identifier(r->l->a, column));
    if (!strcmp(key, "time"))
        t->time_column = column;
    return *out || err_set(r->e, ERR_NOMEM, "%s: too large", r->f.name);
}

static bool load_table(loader *r, table_def *t, int key_node, int map)
{
    char what[160];
    const char *grain = NULL, *time_grain = NULL;
    bool ok;

    snprintf(what, sizeof what, "table \"%s\"", t->name);
    ok = yaml_map_check(&r->f, map, what, "title grain says time hour time_grain snapshot joins drops sql") &&
         yaml_text(&r->f, map, "grain", &grain) && yaml_text(&r->f, map, "sql", &t->sql);
    if (!ok)
        return false;
    if (t->catalog < 0 && !t->sql)
        return yaml_fail(&r->f, key_node, "no table \"%s\" in %s", t->name, r->c->database);
    t->title = t->name;
    t->says = t->title;
    ok = yaml_text(&r->f, map, "title", &t->title) && yaml_text(&r->f, map, "says", &t->says) &&
         load_time(r, map, t, "time", &t->time) && load_time(r, map, t, "hour", &t->hour) &&
         yaml_text(&r->f, map, "time_grain", &time_grain) && yaml_bool(&r->f, map, "snapshot", &t->snapshot);
    if (!ok)
        return false;
    t->monthly = time_grain && !strcmp(time_grain, "month");
    if (time_grain && !t->monthly && strcmp(time_grain, "day"))
        return yaml_fail(&r->f, map, "%s: time_grain is day or month", what);
    return grain || yaml_fail(&r->f, key_node, "%s: say its grain (\"one row is one …\")", what);
}

static bool load_joins(loader *r, table_def *t, int map)
{
    int joins = yaml_get(&r->f, map, "joins"), drops = yaml_get(&r->f, map, "drops");
    int n = yaml_count(&r->f, joins);

    if (n > MAX_JOINS)
        return yaml_fail(&r->f, joins, "table \"%s\": at most %d joins", t->name, MAX_JOINS);
    if (joins && !yaml_map_check(&r->f, joins, "joins", NULL))
        return false;
    for (int i = 0; i < n; i++) {
        join_def *j = &t->joins[i];
        const char *to;
        int key_node, value;

        if (!yaml_entry(&r->f, joins, i, &to, &key_node, &value) || !yaml_scalar(&r->f, value, to, &j->on) ||
            !check_fragment(r, value, to, j->on) || !yaml_text(&r->f, drops, to, &j->drops))
            return false;
        j->table = layer_table_find(r->l, to);
        if (j->table < 0)
            return yaml_fail(&r->f, key_node, "table \"%s\": a join to \"%s\", which is not under tables", t->name, to);
        t->n_joins = i + 1;
    }
    return true;
}

bool load_tables(loader *r)
{
    int node = yaml_get(&r->f, yaml_root(&r->f), "tables"), n = yaml_count(&r->f, node);
    sem_layer *l = r->l;

    if (!yaml_map_check(&r->f, node, "tables", NULL))
        return false;
    if (n >= MAX_TABLES) /* the calendar may come on top */
        return yaml_fail(&r->f, node, "at most %d tables", MAX_TABLES - 1);
    l->tables = push_array(r, sizeof *l->tables, n + 1);
    if (!l->tables)
        return false;
    for (int pass = 0; pass < 3; pass++) /* names, columns, joins */
        for (int i = 0; i < n; i++) {
            table_def *t = &l->tables[i];
            const char *name;
            int key_node, value;

            if (!yaml_entry(&r->f, node, i, &name, &key_node, &value))
                return false;
            if (pass == 0) {
                t->name = name;
                t->sql_name = sql_identifier(l->a, name);
                t->catalog = db_table_find(r->c, name);
                l->n_tables = i + 1;
            } else if (pass == 1 ? !load_table(r, t, key_node, value) : !load_joins(r, t, value)) {
                return false;
            }
        }
    return true;
}

/* ---- dimensions ---------------------------------------------------------- */

static bool is_numeric(db_type t)
{
    return t == DB_INTEGER || t == DB_DECIMAL || t == DB_DOUBLE;
}

static bool load_said(loader *r, sem_dimension *d, int map, const char *what)
{
    const int node = yaml_get(&r->f, map, "values"), n = yaml_count(&r->f, node);
    sem_said *said;

    if (!node)
        return true;
    if (!yaml_map_check(&r->f, node, what, NULL))
        return false;
    said = push_array(r, sizeof *said, n);
    if (!said)
        return false;
    d->said = said;
    for (int i = 0; i < n; i++) {
        int key_node, value;

        if (!yaml_entry(&r->f, node, i, &said[i].phrase, &key_node, &value) ||
            !yaml_texts(&r->f, node, said[i].phrase, &said[i].values, &said[i].n_values))
            return false;
        if (said[i].n_values < 1 || said[i].n_values > SEM_MAX_VALUES)
            return yaml_fail(&r->f, key_node, "%s: \"%s\" stands for 1 to %d values", what, said[i].phrase, SEM_MAX_VALUES);
        d->n_said = i + 1;
    }
    return true;
}

/* Computed from a row's day, or from columns of one table. */
static bool load_computed(loader *r, dimension_def *d, int map, const char *what)
{
    const char *table = NULL;
    bool number = false;

    if (!load_fragment(r, map, what, "sql", &d->sql) || !yaml_text(&r->f, map, "table", &table) ||
        !yaml_bool(&r->f, map, "number", &number))
        return false;
    d->on_time = strstr(d->sql, ":time") != NULL;
    d->table = table ? layer_table_find(r->l, table) : -1;
    if (d->on_time ? table != NULL : d->table < 0)
        return yaml_fail(&r->f, map, "%s: name the table of its sql, or write :time for a row's day", what);
    if (d->on_time)
        d->table = r->l->calendar.table;
    if (d->table < 0)
        return yaml_fail(&r->f, map, "%s: there is no calendar", what);
    d->dimension.table = d->dimension.column = -1;
    d->dimension.is_number = number;
    d->type = number ? DB_INTEGER : DB_TEXT;
    d->unit = number ? SEM_NUMBER : SEM_TEXT;
    return true;
}

static bool load_dimension(loader *r, dimension_def *d, int map, const char *what)
{
    const char *column = NULL, *unit = NULL;
    const db_column *col;
    const db_table *table;
    char name[128];

    if (!load_said(r, &d->dimension, map, what) || !load_fragment(r, map, what, "only", &d->only))
        return false;
    if (yaml_get(&r->f, map, "sql"))
        return load_computed(r, d, map, what);
    if (!yaml_text(&r->f, map, "column", &column) || !yaml_text(&r->f, map, "unit", &unit) ||
        !load_column(r, map, what, column, &d->dimension.table, &d->dimension.column))
        return false;
    table = &r->c->tables[d->dimension.table];
    col = &table->columns[d->dimension.column];
    d->type = col->type;
    d->sql = column;
    d->dimension.is_number = is_numeric(col->type);
    d->unit = d->dimension.is_number ? SEM_NUMBER : col->type == DB_DATE ? SEM_DATE : SEM_TEXT;
    if (unit && !strcmp(unit, "money"))
        d->unit = SEM_MONEY;
    else if (unit && !strcmp(unit, "percent"))
        d->unit = SEM_PERCENT;
    else if (unit)
        return yaml_fail(&r->f, map, "%s: unit is money or percent", what);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(column, "."), column);
    d->table = layer_table_find(r->l, name);
    if (d->table < 0 && r->l->calendar.table >= 0 && !strcmp(name, r->l->tables[r->l->calendar.table].name))
        d->table = r->l->calendar.table;
    if (d->table < 0)
        return yaml_fail(&r->f, map, "%s: table \"%s\" is not under tables", what, name);
    if (!load_fragment(r, map, what, "key", &d->key))
        return false;
    d->key_name = d->key ? strchr(d->key, '.') : NULL;
    if (d->key && !d->key_name++)
        return yaml_fail(&r->f, map, "%s: key is written table.column", what);
    return true;
}

bool load_dimensions(loader *r)
{
    int node = yaml_get(&r->f, yaml_root(&r->f), "dimensions"), n = yaml_count(&r->f, node);
    sem_layer *l = r->l;

    if (!yaml_map_check(&r->f, node, "dimensions", NULL))
        return false;
    l->dimensions = push_array(r, sizeof *l->dimensions, n);
    if (!l->dimensions)
        return false;
    for (int i = 0; i < n; i++) {
        dimension_def *d = &l->dimensions[i];
        const char *id;
        int key_node, value;
        char what[160];

        if (!yaml_entry(&r->f, node, i, &id, &key_node, &value))
            return false;
        snprintf(what, sizeof what, "dimension \"%s\"", id);
        if (!yaml_map_check(&r->f, value, what, "column key title words unit meaning values sql table number only") ||
            !load_name(r, value, id, key_node, &d->dimension.name) || !load_dimension(r, d, value, what))
            return false;
        d->dimension.id = i;
        l->n_dimensions = i + 1;
    }
    return true;
}

/* ---- undefined words, calendar, today ------------------------------------ */

bool load_undefined(loader *r)
{
    int node = yaml_get(&r->f, yaml_root(&r->f), "undefined"), n = yaml_count(&r->f, node);
    sem_layer *l = r->l;

    l->undefined = push_array(r, sizeof *l->undefined, n);
    if (!l->undefined)
        return false;
    for (int i = 0; i < n; i++) {
        int map = yaml_item(&r->f, node, i);
        sem_undefined *u = &l->undefined[i];
        const char *ending = "";

        u->missing = "";
        if (!yaml_map_check(&r->f, map, "undefined", "words ending missing readings") ||
            !yaml_texts(&r->f, map, "words", &u->words, &u->n_words) ||
            !yaml_text(&r->f, map, "ending", &ending) || !yaml_text(&r->f, map, "missing", &u->missing) ||
            !yaml_texts(&r->f, map, "readings", &u->readings, &u->n_readings))
            return false;
        if (strcmp(ending, "ambiguous") && strcmp(ending, "not_in_data"))
            return yaml_fail(&r->f, map, "undefined: ending is ambiguous or not_in_data");
        u->ending = ending[0];
        l->n_undefined = i + 1;
    }
    return true;
}

static bool calendar_column(loader *r, int map, const char *key, const char **out)
{
    const table_def *t = &r->l->tables[r->l->calendar.table];
    const char *name = NULL;

    if (!yaml_text(&r->f, map, key, &name))
        return false;
    if (!name)
        return true;
    if (db_column_find(&r->c->tables[t->catalog], name) < 0)
        return yaml_fail(&r->f, yaml_get(&r->f, map, key), "calendar: no column \"%s\" in %s", name, t->name);
    *out = arena_strf(r->l->a, "%s.%s", t->sql_name, sql_identifier(r->l->a, name));
    return *out != NULL || err_set(r->e, ERR_NOMEM, "%s: too large", r->f.name);
}

static bool load_calendar(loader *r)
{
    int map = yaml_get(&r->f, yaml_root(&r->f), "calendar");
    calendar_def *c = &r->l->calendar;
    const char *name = NULL;
    table_def *t;

    if (!map)
        return true;
    if (!yaml_map_check(&r->f, map, "calendar", "table date fiscal_year fiscal_quarter fiscal_period fiscal_week") ||
        !yaml_text(&r->f, map, "table", &name))
        return false;
    if (!name || db_table_find(r->c, name) < 0)
        return yaml_fail(&r->f, map, "calendar: no table \"%s\"", name ? name : "");
    c->table = layer_table_find(r->l, name);
    if (c->table < 0) { /* one more table, which every time column can join */
        c->table = r->l->n_tables++;
        t = &r->l->tables[c->table];
        t->name = name;
        t->sql_name = sql_identifier(r->l->a, name);
        t->catalog = db_table_find(r->c, name);
        t->title = "days";
        t->says = "days have a week, a month and a year";
    }
    if (!calendar_column(r, map, "date", &c->date) || !calendar_column(r, map, "fiscal_year", &c->fiscal_year) ||
        !calendar_column(r, map, "fiscal_quarter", &c->fiscal_quarter) ||
        !calendar_column(r, map, "fiscal_period", &c->fiscal_period) ||
        !calendar_column(r, map, "fiscal_week", &c->fiscal_week))
        return false;
    r->l->tables[c->table].time = c->date;
    return c->date || yaml_fail(&r->f, map, "calendar: name its date column");
}

/* currency, today and data_from name columns: the catalog knows their range. */
static bool column_max(loader *r, const char *key, const char **out)
{
    int root = yaml_root(&r->f), table, column;
    const char *text = NULL;

    if (!yaml_text(&r->f, root, key, &text))
        return false;
    if (!text)
        return true;
    if (!load_column(r, yaml_get(&r->f, root, key), key, text, &table, &column))
        return false;
    *out = arena_str(r->l->a, r->c->tables[table].columns[column].max_text);
    return *out || err_set(r->e, ERR_NOMEM, "%s: too large", r->f.name);
}

static bool load_days(loader *r)
{
    const char *today = "", *from = "";

    if (!column_max(r, "currency", &r->l->currency) || !column_max(r, "today", &today) ||
        !column_max(r, "data_from", &from))
        return false;
    if (today[0] && !date_parse(today, &r->l->today))
        return yaml_fail(&r->f, yaml_get(&r->f, yaml_root(&r->f), "today"), "today: \"%s\" is not a date", today);
    if (from[0] && !date_parse(from, &r->l->data_from))
        return yaml_fail(&r->f, yaml_get(&r->f, yaml_root(&r->f), "data_from"), "data_from: \"%s\" is not a date", from);
    return true;
}

static bool load_why(loader *r)
{
    const char *const *ids = NULL;
    int n = 0;

    if (!yaml_texts(&r->f, yaml_root(&r->f), "why", &ids, &n))
        return false;
    for (int i = 0; i < n && i < MAX_WHY; i++) {
        r->l->why[i] = sem_dimension_find(r->l, ids[i]);
        if (r->l->why[i] < 0)
            return yaml_fail(&r->f, yaml_get(&r->f, yaml_root(&r->f), "why"), "why: no dimension \"%s\"", ids[i]);
        r->l->n_why = i + 1;
    }
    return true;
}

static bool load_like_for_like(loader *r)
{
    int map = yaml_get(&r->f, yaml_root(&r->f), "like_for_like");
    const char *table = NULL, *sold_in = NULL;
    sem_layer *l = r->l;

    l->like.table = l->like.sold_in = -1;
    if (!map)
        return true;
    if (!yaml_map_check(&r->f, map, "like_for_like", "table key sold_in left_out sql") ||
        !yaml_text(&r->f, map, "table", &table) || !yaml_text(&r->f, map, "sold_in", &sold_in) ||
        !load_fragment(r, map, "like_for_like", "key", &l->like.key) ||
        !load_fragment(r, map, "like_for_like", "left_out", &l->like.left_out) ||
        !load_fragment(r, map, "like_for_like", "sql", &l->like.sql))
        return false;
    l->like.table = table ? layer_table_find(l, table) : -1;
    l->like.sold_in = sold_in ? layer_table_find(l, sold_in) : -1;
    if (l->like.table < 0 || l->like.sold_in < 0 || !l->like.key || !l->like.sql || !l->like.left_out)
        return yaml_fail(&r->f, map, "like_for_like needs table, key, sold_in, left_out and sql");
    return true;
}

static bool load_all(loader *r, db *d)
{
    return yaml_map_check(&r->f, yaml_root(&r->f), "the layer",
                          "layer currency today data_from calendar tables dimensions entities metrics undefined why like_for_like") &&
           yaml_text(&r->f, yaml_root(&r->f), "layer", &r->l->name) && load_tables(r) && load_calendar(r) &&
           load_days(r) && load_dimensions(r) && load_entities(r) && load_metrics(r) && load_undefined(r) &&
           load_why(r) && load_like_for_like(r) && calendar_read(r->l, d, r->e);
}

sem_layer *sem_load(const char *yaml, size_t n, const char *file_name, db *d, const db_catalog *c, err *e)
{
    arena *a;
    sem_layer *l;
    loader r = {.c = c, .e = e};
    bool ok;

    if (n > MAX_YAML_BYTES) {
        err_set(e, ERR_LIMIT, "%s: a layer has at most %d bytes", file_name, MAX_YAML_BYTES);
        return NULL;
    }
    a = arena_new(LAYER_BYTES);
    l = a ? arena_push(a, sem_layer, 1) : NULL;
    if (!l) {
        err_set(e, ERR_NOMEM, "no memory for the semantic layer");
        arena_free(a);
        return NULL;
    }
    l->a = a;
    l->catalog = c;
    l->name = "";
    l->calendar.table = -1;
    r.l = l;
    ok = yaml_file_open(&r.f, yaml, n, file_name, a, e);
    if (ok) {
        ok = load_all(&r, d);
        yaml_file_close(&r.f);
    }
    if (!ok) {
        sem_free(l);
        return NULL;
    }
    return l;
}

sem_layer *sem_load_sales(db *d, const db_catalog *c, err *e)
{
    return sem_load(sem_sales_yaml, (size_t)(sem_sales_yaml_end - sem_sales_yaml), "sales.yaml", d, c, e);
}

bool sem_is_sales(const db_catalog *c)
{
    static const char *const column[][2] = {{"company", "data_to"}, {"calendar", "fiscal_week"},
        {"exchange_rates", "eur_per_unit"}, {"regions", "region"}, {"stores", "floor_area_m2"},
        {"store_closures", "reason"}, {"categories", "department"}, {"products", "discontinued_on"},
        {"customers", "segment"}, {"promotions", "kind"}, {"sales", "net_amount_local"},
        {"returns", "refund_amount"}, {"targets", "sales_target"}, {"inventory", "on_hand"}};

    for (size_t i = 0; i < sizeof column / sizeof column[0]; i++) {
        int t = db_table_find(c, column[i][0]);

        if (t < 0 || db_column_find(&c->tables[t], column[i][1]) < 0)
            return false;
    }
    return true;
}
