/* test_sql_coverage.c - how much of other people's SQL we read.
 *
 * Every gold query of the training and evaluation data is parsed, printed,
 * parsed again: the trees must be equal and the texts the same; then bound to
 * the catalog of schemas.json and guarded. The data is
 * found as $SALESBOT_DATA, else ../shared/data beside the checkout; without it
 * the test is skipped (77). $SQL_EXPLAINED prints each with its explanation. With $SQL_PRINTED a file of
 * JSON lines (db_id, sql, printed) is written, for a run in DuckDB. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "sql/tree.h"

typedef struct tally {
    int n, parsed, fixed, bound, explained;
    json_t *schemas;
    FILE *printed;
} tally;

static const char *text_of(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

/* Kinds of date are left unknown: some of these columns hold text. */
static const char *type_text(const char *kind)
{
    static const char *const types[][2] = {{"number", "DOUBLE"}, {"real", "DOUBLE"},
                                           {"integer", "BIGINT"}, {"bigint", "BIGINT"},
                                           {"text", "VARCHAR"}, {"varchar", "VARCHAR"}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(types[i][0], kind))
            return types[i][1];
    return "";
}

static db_catalog catalog_of(arena *a, const json_t *schema)
{
    const json_t *tables = json_object_get(schema, "tables");
    db_catalog c = {.database = "test", .n_tables = (int)json_array_size(tables)};
    db_table *t = arena_push(a, db_table, json_array_size(tables) + 1);

    c.tables = t;
    for (size_t i = 0; t && i < json_array_size(tables); i++) {
        const json_t *columns = json_object_get(json_array_get(tables, i), "columns");
        db_column *col = arena_push(a, db_column, json_array_size(columns) + 1);

        t[i] = (db_table){.name = text_of(json_array_get(tables, i), "name"), .columns = col,
                          .n_columns = (int)json_array_size(columns)};
        for (size_t k = 0; col && k < json_array_size(columns); k++)
            col[k] = (db_column){.name = text_of(json_array_get(columns, k), "name"),
                                 .type_text = type_text(text_of(json_array_get(columns, k), "type"))};
    }
    return c;
}

static void bind_one(tally *t, arena *a, const char *db_id, const char *sql, sql_stmt *s)
{
    const db_catalog c = catalog_of(a, json_object_get(t->schemas, db_id));
    const char *words;
    err e = {0};

    if (!sql_bind(a, s, &c, &e) || !sql_guard(s, &c, NULL, &e)) {
        if (t->n - t->bound < 60)
            fprintf(stderr, "not bound: %s: %s\n  %s\n", db_id, e.msg, sql);
        return;
    }
    t->bound++;
    words = sql_explain(a, s);
    if (words && strlen(words) > 10 && words[strlen(words) - 1] == '.')
        t->explained++;
    else
        fprintf(stderr, "not explained: %s\n", sql);
    if (getenv("SQL_EXPLAINED"))
        printf("%s\n    %s\n", sql, words);
}

/* FROM-first and back is the same tree. */
static bool from_first_too(arena *a, const sql_stmt *s)
{
    err e = {0};
    const char *text = sql_print(a, s, SQL_DUCKDB, SQL_FROM_FIRST);
    const sql_stmt *back = text ? sql_parse(a, text, &e) : NULL;

    return back && sql_equal(s->query, back->query);
}

static void count_one(tally *t, const char *db_id, const char *sql)
{
    arena *a = arena_new(64u << 20);
    err e = {0};
    sql_stmt *first, *second;
    char *once = NULL, *twice = NULL;

    if (!a)
        abort();
    t->n++;
    first = sql_parse(a, sql, &e);
    if (first)
        once = sql_print(a, first, SQL_DUCKDB, 0);
    else if (t->n - t->parsed < 40)
        fprintf(stderr, "not read: %s\n  %s\n", e.msg, sql);
    t->parsed += first != NULL;
    second = once ? sql_parse(a, once, &e) : NULL;
    if (second)
        twice = sql_print(a, second, SQL_DUCKDB, 0);
    if (twice && !strcmp(once, twice) && sql_equal(first->query, second->query) &&
        from_first_too(a, first))
        t->fixed++;
    else if (first && t->n - t->fixed < 40)
        fprintf(stderr, "not fixed: %s\n  %s\n  %s\n", second ? "" : e.msg, sql, once);
    if (t->printed && once) {
        json_t *row = json_pack("{s:s,s:s,s:s}", "db_id", db_id, "sql", sql, "printed", once);

        json_dumpf(row, t->printed, JSON_COMPACT);
        fputc('\n', t->printed);
        json_decref(row);
    }
    if (first)
        bind_one(t, a, db_id, sql, first);
    arena_free(a);
}

static int count_file(tally *t, const char *folder, const char *name)
{
    char path[4096];
    char *line = NULL;
    size_t cap = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!(f = fopen(path, "r")))
        return 77;
    while (getline(&line, &cap, f) > 0) {
        json_t *row = json_loads(line, 0, NULL);
        const char *sql = json_string_value(json_object_get(row, "sql"));
        const char *db_id = json_string_value(json_object_get(row, "db_id"));

        if (sql)
            count_one(t, db_id ? db_id : "", sql);
        json_decref(row);
    }
    free(line);
    fclose(f);
    return 0;
}

int main(void)
{
    const char *folder = getenv("SALESBOT_DATA"), *out = getenv("SQL_PRINTED");
    tally t = {.printed = out ? fopen(out, "w") : NULL};

    char path[4096];

    if (!folder)
        folder = SALESBOT_SOURCE_DIR "/../shared/data";
    snprintf(path, sizeof path, "%s/schemas.json", folder);
    t.schemas = json_load_file(path, 0, NULL);
    if (!t.schemas || count_file(&t, folder, "train.jsonl") || count_file(&t, folder, "eval_open.jsonl")) {
        fprintf(stderr, "skipped: no data in %s\n", folder);
        return 77;
    }
    if (t.printed)
        fclose(t.printed);
    json_decref(t.schemas);
    printf("%d queries, %d read (%.3f %%), %d print back to themselves (%.3f %%), "
           "%d bind and pass the guard (%.3f %%), %d of these are explained\n", t.n, t.parsed, 100.0 * t.parsed / t.n,
           t.fixed, 100.0 * t.fixed / t.n, t.bound, 100.0 * t.bound / t.n, t.explained);
    return t.parsed < t.n * 0.995 || t.fixed < t.n * 0.995 || t.bound < t.n * 0.995 || t.explained < t.bound;
}
