/* test_gold_prepares.c - other people's SQL, printed by us, on tables without rows.
 *
 * For pairs of the training data whose rows are not shipped (source bird_*): tables are
 * made from schemas.json, and the printed tree must prepare there and read back as an
 * equal tree. What a column of kind date or time held is not known: it is a DATE or
 * TIMESTAMP first and, where that does not prepare, text.
 *
 *     test_gold_prepares         every 12th database
 *     GOLD_PREPARES_STEP=1 ...   all of them
 *
 * Skipped (77) without the data or DuckDB. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "db/db.h"
#include "sql/tree.h"

typedef struct tally { int n, same, prepare, databases; } tally;

typedef struct maker {
    const json_t *tables;
    size_t at;
    bool dates;
    str text;
} maker;

static const char *type_of_kind(const char *kind, bool dates)
{
    static const char *const types[][3] = {
        {"number", "DOUBLE", "DOUBLE"}, {"real", "DOUBLE", "DOUBLE"}, {"integer", "BIGINT", "BIGINT"},
        {"bigint", "BIGINT", "BIGINT"}, {"date", "DATE", "VARCHAR"}, {"datetime", "TIMESTAMP", "VARCHAR"}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(types[i][0], kind))
            return types[i][dates ? 1 : 2];
    return "VARCHAR";
}

static void add_name(str *s, const char *name)
{
    str_addc(s, '"');
    for (; *name; name++)
        str_adds(s, *name == '"' ? "\"\"" : (char[2]){*name, 0});
    str_addc(s, '"');
}

static const char *next_table(void *arg)
{
    maker *m = arg;
    const json_t *t = json_array_get(m->tables, m->at++), *columns = json_object_get(t, "columns");

    if (!t)
        return NULL;
    str_reset(&m->text);
    str_adds(&m->text, "CREATE TABLE ");
    add_name(&m->text, json_string_value(json_object_get(t, "name")));
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *c = json_array_get(columns, i);
        const char *kind = json_string_value(json_object_get(c, "type"));

        str_adds(&m->text, i ? ", " : " (");
        add_name(&m->text, json_string_value(json_object_get(c, "name")));
        str_addf(&m->text, " %s", type_of_kind(kind ? kind : "", m->dates));
    }
    str_addc(&m->text, ')');
    return str_text(&m->text);
}

static db *make(const char *path, const json_t *schema, bool dates)
{
    maker m = {.tables = json_object_get(schema, "tables"), .dates = dates};
    err e = {0};
    db *d = NULL;

    if (db_create(path, &(db_options){.threads = 1}, true, &(db_script){.next = next_table, .arg = &m}, &e))
        d = db_open(path, &(db_options){.threads = 1}, &e);
    if (!d)
        fprintf(stderr, "%s\n", e.msg);
    str_deinit(&m.text);
    return d;
}

static bool prepares(db *d, const char *sql, err *e)
{
    db_result *r = d ? db_prepare(d, sql, e) : NULL;

    db_result_free(r);
    return r != NULL;
}

static void check_one(tally *t, db *dated, db *texts, const char *sql)
{
    arena *a = arena_new(64u << 20);
    err e = {0};
    sql_stmt *s = sql_parse(a, sql, &e);
    const char *printed = s ? sql_print(a, s, SQL_DUCKDB, 0) : NULL;
    const sql_stmt *again = printed ? sql_parse(a, printed, &e) : NULL;

    t->n++;
    t->same += again && sql_equal(s->query, again->query);
    if (printed && (prepares(dated, printed, &e) || prepares(texts, printed, &e)))
        t->prepare++;
    else
        fprintf(stderr, "does not prepare: %s\n  %s\n", e.msg, sql);
    arena_free(a);
}

/* Rows of train.jsonl of one database. */
static void check_database(tally *t, const json_t *rows, const char *db_id, const json_t *schema, const char *folder)
{
    char one[300], two[300];
    db *dated = NULL, *texts = NULL;
    size_t i;
    json_t *row;

    snprintf(one, sizeof one, "%s/dated.duckdb", folder);
    snprintf(two, sizeof two, "%s/texts.duckdb", folder);
    json_array_foreach (rows, i, row) {
        if (strcmp(json_string_value(json_object_get(row, "db_id")), db_id))
            continue;
        if (!dated) {
            dated = make(one, schema, true);
            texts = make(two, schema, false);
            t->databases++;
        }
        check_one(t, dated, texts, json_string_value(json_object_get(row, "sql")));
    }
    db_close(dated);
    db_close(texts);
}

static json_t *bird_rows(const char *path)
{
    FILE *f = fopen(path, "r");
    json_t *all = json_array();
    char *line = NULL;
    size_t cap = 0;

    while (f && getline(&line, &cap, f) > 0) {
        json_t *row = json_loads(line, 0, NULL);
        const char *source = json_string_value(json_object_get(row, "source"));

        if (source && str_starts(source, "bird"))
            json_array_append(all, row);
        json_decref(row);
    }
    free(line);
    if (f)
        fclose(f);
    return all;
}

int main(int argc, char **argv)
{
    const char *data = getenv("SALESBOT_DATA"), *given = getenv("GOLD_PREPARES_STEP"), *db_id;
    const int step = given && atoi(given) > 0 ? atoi(given) : 12;
    char folder[] = "/tmp/salesbot-golds-XXXXXX", path[600], command[64];
    tally t = {0};
    json_t *schemas, *rows, *schema;
    int at = 0;
    err e = {0};

    if (argc > 1 && !strcmp(argv[1], "__executor"))
        return db_executor_main(argc, argv);
    setenv("SALESBOT_PROGRAM", "/proc/self/exe", 1);
    if (!data)
        data = SALESBOT_SOURCE_DIR "/../shared/data";
    snprintf(path, sizeof path, "%s/schemas.json", data);
    schemas = json_load_file(path, 0, NULL);
    if (!schemas || !db_available(&(db_options){0}, &e) || !mkdtemp(folder)) {
        fprintf(stderr, "skipped: no data in %s, or no DuckDB: %s\n", data, e.msg);
        return 77;
    }
    snprintf(path, sizeof path, "%s/train.jsonl", data);
    rows = bird_rows(path);
    json_object_foreach (schemas, db_id, schema)
        if (at++ % step == 0)
            check_database(&t, rows, db_id, schema, folder);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    printf("%d queries over %d databases: %d prepare (%.2f %%), %d read back equal (%.2f %%)\n", t.n, t.databases,
           t.prepare, 100.0 * t.prepare / (t.n ? t.n : 1), t.same, 100.0 * t.same / (t.n ? t.n : 1));
    json_decref(schemas);
    json_decref(rows);
    return system(command) || !t.n || t.prepare < t.n * 0.995 || t.same < t.n * 0.995;
}
