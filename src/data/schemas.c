/* schemas.c - which catalog has the database that an example names?
 *
 * The database itself is best: its types are checked and its values give hints. Else
 * its description: ours (an object by name) or Spider's tables.json (a list).
 * Else the CREATE TABLE statements that came with the question. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/data_impl.h"

enum { SCHEMAS_LIMIT = 256 << 20, DB_NAME_MAX = 200 };

/* tables.json: parallel lists; column 0 is "*". */
static json_t *table_of_spider(const json_t *source, size_t t)
{
    const json_t *names = json_object_get(source, "column_names_original");
    const json_t *types = json_object_get(source, "column_types"), *keys = json_object_get(source, "primary_keys");
    json_t *columns = json_array();

    for (size_t i = 1; i < json_array_size(names); i++) {
        const json_t *name = json_array_get(names, i), *k;
        bool key = false;
        size_t at;

        if (json_integer_value(json_array_get(name, 0)) != (json_int_t)t)
            continue;
        json_array_foreach((json_t *)keys, at, k)
            key = key || json_integer_value(k) == (json_int_t)i;
        json_array_append_new(columns, json_pack("{s:O, s:O?, s:b}", "name", json_array_get(name, 1), "type",
                                                 json_array_get(types, i), "primary_key", key));
    }
    return json_pack("{s:O, s:o}", "name",
                     json_array_get(json_object_get(source, "table_names_original"), t), "columns", columns);
}

static void add_spider_key(const json_t *source, const json_t *pair, json_t *keys)
{
    const json_t *names = json_object_get(source, "column_names_original");
    const json_t *tables = json_object_get(source, "table_names_original");
    json_t *key = json_array();

    for (size_t side = 0; side < 2; side++) {
        const json_t *name = json_array_get(names, (size_t)json_integer_value(json_array_get(pair, side)));

        json_array_append(key, json_array_get(tables, (size_t)json_integer_value(json_array_get(name, 0))));
        json_array_append(key, json_array_get(name, 1));
    }
    json_array_append_new(keys, key);
}

static json_t *schema_of_spider(const json_t *source)
{
    const json_t *pairs = json_object_get(source, "foreign_keys");
    json_t *tables = json_array(), *keys = json_array();

    for (size_t t = 0; t < json_array_size(json_object_get(source, "table_names_original")); t++)
        json_array_append_new(tables, table_of_spider(source, t));
    for (size_t i = 0; i < json_array_size(pairs); i++)
        add_spider_key(source, json_array_get(pairs, i), keys);
    return json_pack("{s:o, s:o}", "tables", tables, "foreign_keys", keys);
}

static json_t *by_name(json_t *list)
{
    json_t *all;

    if (!json_is_array(list))
        return list;
    all = json_object();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(list, i), "db_id"));

        if (name)
            json_object_set_new(all, name, schema_of_spider(json_array_get(list, i)));
    }
    json_decref(list);
    return all;
}

static bool read_schemas(schemas *s, const char *path, err *e)
{
    str text = {0};
    json_error_t where;
    bool ok = file_read(path, SCHEMAS_LIMIT, &text, e);

    if (ok && !(s->by_name = by_name(json_loadb(str_text(&text), text.n, 0, &where))))
        ok = err_set(e, ERR_FORMAT, "%s:%d: %s", path, where.line, where.text);
    str_deinit(&text);
    return ok;
}

/* A file in the folder of the data, or beside the file, if it is there. Owned. */
static char *beside(const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    str path = {0};

    str_addf(&path, "%s/%s", file, name);
    if (!path.bad && file_exists(path.text))
        return str_take(&path);
    str_reset(&path);
    str_add(&path, file, slash ? (size_t)(slash - file) + 1 : 0);
    str_adds(&path, name);
    if (!path.bad && file_exists(path.text))
        return str_take(&path);
    str_deinit(&path);
    return NULL;
}

bool schemas_open(schemas *s, const data_import_options *o, err *e)
{
    static const char *const names[] = {"schemas.json", "tables.json", "train_tables.json"};
    char *found = NULL;
    bool ok = true;

    *s = (schemas){.db_dir = o->db_dir ? strdup(o->db_dir) : beside(o->file, "train_db")};
    for (size_t i = 0; !o->schemas && !found && i < sizeof names / sizeof names[0]; i++)
        found = beside(o->file, names[i]);
    if (o->schemas || found)
        ok = read_schemas(s, o->schemas ? o->schemas : found, e);
    free(found);
    return ok;
}

void schemas_close(schemas *s)
{
    json_decref(s->by_name);
    free(s->db_dir);
    *s = (schemas){0};
}

/* A name that can't leave the folder. */
static bool is_file_name(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/') && strlen(name) <= DB_NAME_MAX;
}

static const db_catalog *open_database(const schemas *s, const char *db_id, db **d)
{
    static const char *const ends[] = {".duckdb", ".sqlite"};
    const db_catalog *c = NULL;
    err ignored = {0};
    str path = {0};

    for (size_t i = 0; s->db_dir && !c && is_file_name(db_id) && i < 2; i++) {
        str_reset(&path);
        str_addf(&path, "%s/%s%s", s->db_dir, db_id, ends[i]);
        if (path.bad || !file_exists(path.text))
            continue;
        *d = db_open(path.text, &(db_options){0}, &ignored);
        c = *d ? db_catalog_get(*d, &ignored) : NULL;
        if (!c) {
            db_close(*d);
            *d = NULL;
        }
    }
    str_deinit(&path);
    return c;
}

static const db_catalog *described(arena *a, const char *db_id, const json_t *schema, err *e)
{
    char *text = json_dumps(schema, JSON_COMPACT);
    const db_catalog *c = NULL;

    if (text)
        c = db_catalog_of_json(a, db_id, text, strlen(text), e);
    else
        err_set(e, ERR_NOMEM, "out of memory");
    free(text);
    return c;
}

const db_catalog *schemas_catalog(const schemas *s, arena *a, const char *db_id, const char *context,
                                  db **d, err *e)
{
    const json_t *schema = db_id ? json_object_get(s->by_name, db_id) : NULL;
    const db_catalog *c = NULL;
    json_t *made;

    *d = NULL;
    if (db_id && (c = open_database(s, db_id, d)))
        return c;
    if (schema)
        return described(a, db_id, schema, e);
    if (context && (made = schema_of_ddl(context, e))) {
        c = described(a, db_id ? db_id : "context", made, e);
        json_decref(made);
        return c;
    }
    if (!context)
        err_set(e, ERR_NOT_FOUND, "no database and no description of \"%s\"", db_id);
    return NULL;
}
