/* test_sql_coverage.c - how much of other people's SQL we read.
 *
 * Every gold query of the training and evaluation data is parsed, printed,
 * parsed again: the trees must be equal and the texts the same. The data is
 * found as $SALESBOT_DATA, else ../shared/data beside the checkout; without it
 * the test is skipped (77). With $SQL_PRINTED a file of
 * "db_id <tab> gold <tab> printed" lines is written, for a run in DuckDB. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "sql/tree.h"

typedef struct tally {
    int n, parsed, fixed;
    FILE *printed;
} tally;

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
    if (twice && !strcmp(once, twice) && sql_equal(first->query, second->query))
        t->fixed++;
    else if (first && t->n - t->fixed < 40)
        fprintf(stderr, "not fixed: %s\n  %s\n  %s\n", second ? "" : e.msg, sql, once);
    if (t->printed && once)
        fprintf(t->printed, "%s\t%s\t%s\n", db_id, sql, once);
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

    if (!folder)
        folder = SALESBOT_SOURCE_DIR "/../shared/data";
    if (count_file(&t, folder, "train.jsonl") || count_file(&t, folder, "eval_open.jsonl")) {
        fprintf(stderr, "skipped: no data in %s\n", folder);
        return 77;
    }
    if (t.printed)
        fclose(t.printed);
    printf("%d queries, %d read (%.3f %%), %d print back to themselves (%.3f %%)\n", t.n, t.parsed,
           100.0 * t.parsed / t.n, t.fixed, 100.0 * t.fixed / t.n);
    return t.parsed < t.n * 0.995 || t.fixed < t.n * 0.995;
}
