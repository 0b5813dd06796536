/* test_sql_rows.c - what DuckDB makes of our SQL.
 *
 * For gold queries of the evaluation data: the printed tree gives the same
 * rows as the text it was read from. For mutants of them (a word replaced by
 * another, dropped, or doubled): what the binder accepts, DuckDB prepares, and
 * what DuckDB prepares, the binder accepts, but for a few in a hundred.
 * Skipped (77) without the data or DuckDB. $SQL_ROWS_STEP: every n-th query
 * (default 8; 1 is all of them). */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "db/db.h"
#include "sql/tree.h"

enum { MAX_WORDS = 400 };

typedef struct tally {
    int n, same;
    int mutants;
    int ours, ours_prepare; /* accepted by the binder; and what it prints prepares */
    int duck, duck_ours;    /* prepared by DuckDB as written; and accepted by the binder */
    unsigned seed;
} tally;

static unsigned next_random(tally *t)
{
    return t->seed = t->seed * 1664525u + 1013904223u;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All rows as sorted lines: equal texts are equal multisets. */
static char *rows_text(const db_result *r)
{
    char **lines = calloc((size_t)r->n_rows + 1, sizeof *lines), buffer[64];
    str all = {0};

    for (int64_t i = 0; lines && i < r->n_rows; i++) {
        str line = {0};

        for (int k = 0; k < r->n_columns; k++)
            str_addf(&line, "%s\t", db_cell_null(r, i, k) ? "NULL" : db_cell_text(r, i, k, buffer));
        lines[i] = str_take(&line);
    }
    qsort(lines, (size_t)r->n_rows, sizeof *lines, compare_lines);
    for (int64_t i = 0; i < r->n_rows; i++) {
        str_addf(&all, "%s\n", lines[i]);
        free(lines[i]);
    }
    free(lines);
    return str_take(&all);
}

static char *run(db *d, const char *sql, err *e)
{
    db_result *r = db_execute(d, sql, &(db_limits){.max_rows = 1000000}, e);
    char *text = r ? rows_text(r) : NULL;

    db_result_free(r);
    return text;
}

static bool prepares(db *d, const char *sql)
{
    err e = {0};
    db_result *r = db_prepare(d, sql, &e);

    db_result_free(r);
    return r != NULL;
}

/* One word of the text replaced by another one of it, dropped, or doubled. */
static char *mutant(arena *a, tally *t, const char *sql)
{
    const char *at[MAX_WORDS];
    int length[MAX_WORDS], n = 0, i, k;
    const unsigned kind = next_random(t) >> 24;

    for (const char *p = sql; *p && n < MAX_WORDS; p += length[n++]) {
        p += strspn(p, " ");
        at[n] = p;
        length[n] = (int)strcspn(p, " (),");
        if (!length[n])
            length[n] = *p ? 1 : 0;
        if (!*p)
            break;
    }
    if (n < 3)
        return NULL;
    i = (int)(next_random(t) >> 16) % n;
    k = (int)(next_random(t) >> 16) % n;
    if (kind < 32)
        k = -1; /* dropped */
    return arena_strf(a, "%.*s%.*s %.*s", (int)(at[i] - sql), sql, k < 0 ? 0 : length[k],
                      k < 0 ? "" : at[k], (int)strlen(at[i] + (kind > 224 ? 0 : length[i])),
                      at[i] + (kind > 224 ? 0 : length[i]));
}

static void try_mutant(tally *t, arena *a, db *d, const db_catalog *c, const char *sql)
{
    char *text = mutant(a, t, sql);
    err e = {0};
    char *printed;
    bool duck, ours;

    if (!text || !strncmp(text, "SELECT", 6) == 0)
        return;
    printed = sql_check(a, text, c, NULL, &e);
    duck = prepares(d, text);
    ours = printed && prepares(d, printed);
    if (!printed && strstr(e.msg, "is a table; name one"))
        return; /* a whole row as a value is refused on purpose */
    t->mutants++;
    t->ours += printed != NULL;
    t->duck += duck;
    t->ours_prepare += ours;
    t->duck_ours += duck && printed;
    if (printed && !ours)
        fprintf(stderr, "accepted, not prepared: %s\n", printed);
    if (duck && !printed)
        fprintf(stderr, "prepared, not accepted: %s\n  %s\n", text, e.msg);
}

static void try_query(tally *t, db *d, const db_catalog *c, const char *sql)
{
    arena *a = arena_new(64u << 20);
    err e = {0}, ignored = {0};
    char *printed = a ? sql_check(a, sql, c, NULL, &e) : NULL;
    char *want = run(d, sql, &ignored), *got = printed ? run(d, printed, &e) : NULL;

    if (want) {
        t->n++;
        if (got && !strcmp(want, got))
            t->same++;
        else
            fprintf(stderr, "other rows: %s\n  %s\n  %s\n", sql, printed ? printed : "", e.msg);
        for (int i = 0; i < 4; i++)
            try_mutant(t, a, d, c, sql);
    }
    free(want);
    free(got);
    arena_free(a);
}

/* The queries of the file are in order of database: one is open at a time. */
static int try_file(tally *t, const char *folder, int step)
{
    char path[4096], open_id[128] = "", *line = NULL;
    size_t cap = 0;
    db *d = NULL;
    const db_catalog *c = NULL;
    FILE *f;
    err e = {0};

    snprintf(path, sizeof path, "%s/eval_open.jsonl", folder);
    if (!(f = fopen(path, "r")))
        return 77;
    for (int i = 0; getline(&line, &cap, f) > 0; i++) {
        json_t *row = i % step ? NULL : json_loads(line, 0, NULL);
        const char *sql = json_string_value(json_object_get(row, "sql"));
        const char *db_id = json_string_value(json_object_get(row, "db_id"));

        if (sql && db_id && strcmp(db_id, open_id)) {
            db_close(d);
            snprintf(path, sizeof path, "%s/eval_db/%s.duckdb", folder, db_id);
            d = db_open(path, &(db_options){.threads = 1}, &e);
            c = d ? db_catalog_get(d, &e) : NULL;
            snprintf(open_id, sizeof open_id, "%s", db_id);
            if (!c)
                fprintf(stderr, "%s: %s\n", path, e.msg);
        }
        if (sql && c)
            try_query(t, d, c, sql);
        json_decref(row);
    }
    db_close(d);
    free(line);
    fclose(f);
    return 0;
}

/* The executor and DuckDB's library: without them there is nothing to ask. */
static bool have_database(void)
{
    const char *program = getenv("SALESBOT_PROGRAM"), *library = getenv("SALESBOT_DUCKDB");
    str path = {0};
    err e = {0};
    const bool have = program && access(program, X_OK) == 0 &&
                      (library ? file_exists(library)
                               : home_path(&path, "lib/libduckdb.so", &e) && file_exists(path.text));

    str_deinit(&path);
    return have;
}

int main(void)
{
    const char *folder = getenv("SALESBOT_DATA"), *steps = getenv("SQL_ROWS_STEP");
    const int step = steps && atoi(steps) > 0 ? atoi(steps) : 8;
    tally t = {.seed = 20260520};

    if (!folder)
        folder = SALESBOT_SOURCE_DIR "/../shared/data";
    if (!have_database() || try_file(&t, folder, step)) {
        fprintf(stderr, "skipped: no DuckDB, no salesbot program or no data in %s\n", folder);
        return 77;
    }
    printf("%d queries, %d give the same rows when printed; %d mutants: %d accepted, of which "
           "%d prepare; %d prepared by DuckDB, of which %d accepted\n", t.n, t.same, t.mutants,
           t.ours, t.ours_prepare, t.duck, t.duck_ours);
    if (t.n < 100 || t.same < t.n * 0.995)
        return 1;
    return t.ours_prepare < t.ours * 0.98 || t.duck_ours < t.duck * 0.98;
}
