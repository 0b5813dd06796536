/* schema.c - a catalog made from a description instead of a database.
 *
 * Public training sets describe databases whose rows nobody has. Questions on
 * them are bound and shown to a model like any other, so the result is an
 * ordinary db_catalog that knows no rows. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "db/db_impl.h"

enum { SCHEMA_TABLES = 2000, SCHEMA_COLUMNS = 5000, TYPE_BYTES = 40 };

/* By what stands in the declared type, in this order: the rule by which SQLite's
 * declared types are read on import, too. */
static const struct {
    const char *part, *type_text;
    db_type type;
} types[] = {
    {"bool", "BOOLEAN", DB_BOOLEAN},    {"timestamp", "TIMESTAMP", DB_TIMESTAMP},
    {"datetime", "TIMESTAMP", DB_TIMESTAMP}, {"date", "DATE", DB_DATE},
    {"interval", "VARCHAR", DB_TEXT},   {"int", "BIGINT", DB_INTEGER},
    {"real", "DOUBLE", DB_DOUBLE},      {"floa", "DOUBLE", DB_DOUBLE},
    {"doub", "DOUBLE", DB_DOUBLE},      {"num", "DOUBLE", DB_DOUBLE},
    {"dec", "DOUBLE", DB_DOUBLE},       {"money", "DOUBLE", DB_DOUBLE},
    {"time", "TIME", DB_TIME},          {"year", "BIGINT", DB_INTEGER},
};

static void set_type(db_column *k, const char *declared)
{
    char lower[TYPE_BYTES];
    size_t n = 0;

    for (; declared[n] && declared[n] != '(' && n + 1 < sizeof lower; n++)
        lower[n] = (char)(declared[n] >= 'A' && declared[n] <= 'Z' ? declared[n] + 32 : declared[n]);
    lower[n] = 0;
    k->type = DB_TEXT;
    k->type_text = "VARCHAR";
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strstr(lower, types[i].part)) {
            k->type = types[i].type;
            k->type_text = types[i].type_text;
            return;
        }
}

static const char *text_at(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text ? text : "";
}

static bool bad(err *e, const char *what, size_t i)
{
    return err_set(e, ERR_FORMAT, "schema: %s %zu has no name, or a name that stands there twice",
                   what, i + 1);
}

static bool read_column(arena *a, const json_t *j, db_column *k, err *e)
{
    *k = (db_column){.name = arena_str(a, text_at(j, "name")),
                     .comment = arena_str(a, text_at(j, "comment")), .nullable = true,
                     .primary_key = json_is_true(json_object_get(j, "primary_key")),
                     .fk_table = -1, .fk_column = -1, .n_distinct = -1, .min_text = "",
                     .max_text = ""};
    set_type(k, text_at(j, "type"));
    return (k->name && k->comment) || err_set(e, ERR_NOMEM, "the schema does not fit in memory");
}

static bool read_table(arena *a, const json_t *j, db_table *t, err *e)
{
    const json_t *columns = json_object_get(j, "columns");
    const size_t n = json_array_size(columns);
    db_column *k = n && n <= SCHEMA_COLUMNS ? arena_push(a, db_column, n) : NULL;

    *t = (db_table){.name = arena_str(a, text_at(j, "name")), .columns = k,
                    .comment = arena_str(a, text_at(j, "comment"))};
    if (!n || n > SCHEMA_COLUMNS)
        return err_set(e, ERR_FORMAT, "schema: table %.60s: %s columns", text_at(j, "name"),
                       n ? "too many" : "no");
    if (!k || !t->name || !t->comment)
        return err_set(e, ERR_NOMEM, "the schema does not fit in memory");
    for (size_t i = 0; i < n; i++) {
        if (!read_column(a, json_array_get(columns, i), &k[i], e))
            return false;
        if (!*k[i].name || db_column_find(t, k[i].name) >= 0)
            return bad(e, "column", i);
        t->n_columns = (int)i + 1;
    }
    return true;
}

static int by_name(const void *x, const void *y)
{
    return strcmp(((const db_table *)x)->name, ((const db_table *)y)->name);
}

static db_column *find(db_table *tables, int n, const json_t *key, size_t at, int *table, int *column)
{
    const db_catalog c = {.tables = tables, .n_tables = n};
    const char *t = json_string_value(json_array_get(key, at));
    const char *k = json_string_value(json_array_get(key, at + 1));

    *table = t ? db_table_find(&c, t) : -1;
    *column = *table >= 0 && k ? db_column_find(&tables[*table], k) : -1;
    return *column >= 0 ? (db_column *)&tables[*table].columns[*column] : NULL;
}

static void read_keys(const json_t *keys, db_table *tables, int n)
{
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);
        int table, column, from, at;
        db_column *k = find(tables, n, key, 0, &from, &at);

        if (!k || !find(tables, n, key, 2, &table, &column) || k->fk_table >= 0 ||
            (from == table && at == column))
            continue;
        k->fk_table = table;
        k->fk_column = column;
    }
}

static db_table *read_tables(arena *a, const json_t *list, err *e)
{
    const size_t n = json_array_size(list);
    db_table *tables = n && n <= SCHEMA_TABLES ? arena_push(a, db_table, n) : NULL;

    if (!tables) {
        err_set(e, n && n <= SCHEMA_TABLES ? ERR_NOMEM : ERR_FORMAT, "schema: %s tables",
                n ? "too many" : "no");
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const db_catalog so_far = {.tables = tables, .n_tables = (int)i};

        if (!read_table(a, json_array_get(list, i), &tables[i], e))
            return NULL;
        if (!*tables[i].name || db_table_find(&so_far, tables[i].name) >= 0)
            return bad(e, "table", i), NULL;
    }
    qsort(tables, n, sizeof *tables, by_name);
    return tables;
}

const db_catalog *db_catalog_of_json(arena *a, const char *database, const char *json, size_t n,
                                     err *e)
{
    json_error_t where;
    json_t *j = json_loadb(json, n, JSON_REJECT_DUPLICATES, &where);
    const db_catalog *c = NULL;
    db_table *tables;

    if (json_no_memory(j, &where)) {
        err_set(e, ERR_NOMEM, "out of memory for the schema of %.100s", database);
        return NULL;
    }
    if (!j) {
        err_set(e, ERR_FORMAT, "schema of %.100s: line %d: %.100s", database, where.line, where.text);
        return NULL;
    }
    tables = read_tables(a, json_object_get(j, "tables"), e);
    if (tables) {
        const int n_tables = (int)json_array_size(json_object_get(j, "tables"));

        read_keys(json_object_get(j, "foreign_keys"), tables, n_tables);
        c = catalog_finish(a, database, tables, n_tables, e);
    } else {
        err_wrap(e, "%.100s", database);
    }
    json_decref(j);
    return c;
}
