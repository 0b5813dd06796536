/* schemas.h - the catalogs of the training data's schemas.json, for tests.
 *
 * The data is found as $SALESBOT_DATA, else ../shared/data beside the checkout. */
#ifndef TEST_SCHEMAS_H
#define TEST_SCHEMAS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "db/db.h"

typedef struct schemas {
    json_t *all;
    char path[4200];
} schemas;

static inline const char *schemas_path(schemas *s, const char *file)
{
    const char *folder = getenv("SALESBOT_DATA");

    snprintf(s->path, sizeof s->path, "%s/%s", folder ? folder : SALESBOT_SOURCE_DIR "/../shared/data", file);
    return s->path;
}

static inline bool schemas_open(schemas *s)
{
    s->all = json_load_file(schemas_path(s, "schemas.json"), 0, NULL);
    return s->all != NULL;
}

static inline void schemas_close(schemas *s) { json_decref(s->all); }

static inline const char *schemas_text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static inline const char *schemas_type(const char *kind)
{
    static const char *const types[][2] = {
        {"number", "DOUBLE"}, {"real", "DOUBLE"}, {"integer", "BIGINT"}, {"bigint", "BIGINT"},
        {"date", "DATE"}, {"datetime", "TIMESTAMP"}, {"boolean", "BOOLEAN"}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(types[i][0], kind))
            return types[i][1];
    return "VARCHAR";
}

/* The catalog of a database by name, in the arena; no tables if there is none. */
static inline db_catalog schemas_catalog(const schemas *s, arena *a, const char *db_id)
{
    const json_t *tables = json_object_get(json_object_get(s->all, db_id ? db_id : ""), "tables");
    db_table *t = arena_push(a, db_table, json_array_size(tables) + 1);

    for (size_t i = 0; t && i < json_array_size(tables); i++) {
        const json_t *columns = json_object_get(json_array_get(tables, i), "columns");
        db_column *k = arena_push(a, db_column, json_array_size(columns) + 1);

        if (!k)
            abort();
        t[i] = (db_table){.name = schemas_text(json_array_get(tables, i), "name"), .columns = k,
                          .n_columns = (int)json_array_size(columns)};
        for (int n = 0; n < t[i].n_columns; n++) {
            const json_t *column = json_array_get(columns, (size_t)n);

            k[n] = (db_column){.name = schemas_text(column, "name"), .fk_table = -1, .fk_column = -1,
                               .type_text = schemas_type(schemas_text(column, "type"))};
        }
    }
    return (db_catalog){.database = "test", .tables = t, .n_tables = (int)json_array_size(tables)};
}

#endif
