/* test_sqlite_golds.c - a SQLite file and our import of it answer alike; SQLite's
 * SQL read by us means what it means there.
 *
 * For pairs of the training data whose rows are known to agree
 * (verified = exec_same): the published SQL run by SQLite on the file, and the
 * DuckDB form run on what `--db FILE.sqlite` opens, give equal rows by the
 * data's rule; and the published SQL brought to DuckDB by sql_from_sqlite gives the
 * rows of the DuckDB form. The data is found as $SALESBOT_DATA, else
 * ../shared/data beside the checkout; without it the test is skipped (77).
 *
 *     test_sqlite_golds          every 12th database
 *     SQLITE_GOLDS_STEP=1 ...    all of them
 *
 * $SQLITE_GOLDS_SHOW: print each difference. */
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "eval/eval.h"
#include "sql/sql.h"

enum { ROWS_MAX = 200000, COLUMNS = 64 };

typedef struct tally { int n, same, databases, converted; } tally;

/* ---- SQLite's rows as a db_result, in an arena ------------------------ */

typedef struct cell_value {
    int kind;
    int64_t integer;
    double number;
    const char *text;
} cell_value;

static cell_value value_of(arena *a, sqlite3_stmt *s, int c)
{
    cell_value v = {.kind = sqlite3_column_type(s, c)};

    v.integer = sqlite3_column_int64(s, c);
    v.number = sqlite3_column_double(s, c);
    v.text = v.kind == SQLITE_NULL ? "" : arena_str(a, (const char *)sqlite3_column_text(s, c));
    return v;
}

static void fill_column(arena *a, db_result_column *to, const cell_value *cells, int64_t n,
                        int stride)
{
    uint8_t *valid = arena_push(a, uint8_t, (size_t)n + 1);
    int64_t *integers = arena_push(a, int64_t, (size_t)n + 1);
    double *numbers = arena_push(a, double, (size_t)n + 1);
    const char **texts = arena_push(a, const char *, (size_t)n + 1);
    bool text = false, real = false;

    for (int64_t i = 0; i < n; i++) {
        const cell_value *v = &cells[i * stride];

        valid[i] = v->kind != SQLITE_NULL;
        integers[i] = v->integer;
        numbers[i] = v->number;
        texts[i] = v->text;
        text |= v->kind == SQLITE_TEXT || v->kind == SQLITE_BLOB;
        real |= v->kind == SQLITE_FLOAT;
    }
    to->valid = valid;
    to->type = text ? DB_TEXT : real ? DB_DOUBLE : DB_INTEGER;
    if (text)
        to->as.text = texts;
    else if (real)
        to->as.number = numbers;
    else
        to->as.integer = integers;
}

static bool run_sqlite(arena *a, sqlite3 *file, const char *sql, db_result *out)
{
    sqlite3_stmt *s = NULL;
    cell_value *cells = NULL;
    db_result_column *columns;
    int n_columns, got = SQLITE_DONE;
    int64_t n = 0, cap = 0;

    if (sqlite3_prepare_v2(file, sql, -1, &s, NULL) != SQLITE_OK)
        return false;
    n_columns = sqlite3_column_count(s);
    while ((got = sqlite3_step(s)) == SQLITE_ROW && n < ROWS_MAX) {
        if (n == cap)
            cells = realloc(cells, (size_t)(cap = cap ? 2 * cap : 64) * (size_t)n_columns *
                                       sizeof *cells);
        for (int c = 0; c < n_columns; c++)
            cells[n * n_columns + c] = value_of(a, s, c);
        n++;
    }
    columns = arena_push(a, db_result_column, (size_t)n_columns + 1);
    for (int c = 0; c < n_columns; c++) {
        columns[c].name = "";
        fill_column(a, &columns[c], cells + c, n, n_columns);
    }
    *out = (db_result){.columns = columns, .n_columns = n_columns, .n_rows = n};
    sqlite3_finalize(s);
    free(cells);
    return got == SQLITE_DONE;
}

/* Dates and texts of ours as text, where SQLite's column is text. */
static void soften(arena *a, db_result *r, db_result_column *columns)
{
    for (int c = 0; c < r->n_columns; c++) {
        const char **texts;

        columns[c] = r->columns[c];
        if (columns[c].type == DB_BOOLEAN)
            columns[c].type = DB_INTEGER;
        if (columns[c].type != DB_DATE && columns[c].type != DB_TIMESTAMP &&
            columns[c].type != DB_TIME)
            continue;
        texts = arena_push(a, const char *, (size_t)r->n_rows + 1);
        for (int64_t i = 0; i < r->n_rows; i++) {
            char buffer[64];

            texts[i] = arena_str(a, db_cell_text(r, i, c, buffer));
        }
        columns[c].type = DB_TEXT;
        columns[c].as.text = texts;
    }
}

/* ---- pairs ------------------------------------------------------------ */

/* Run ours without LIMIT's ties mattering: the scorer's rule on the gold. */
static bool same_rows(arena *a, sqlite3 *file, db *d, const char *published, const char *sql,
                      str *why)
{
    const db_limits wide = {.max_rows = ROWS_MAX};
    db_result gold, soft;
    db_result_column columns[COLUMNS];
    bool ordered, ok;
    char *uncut_sql = eval_without_limit(sql, &ordered);
    db_result *mine, *uncut = NULL;
    err e = {0};

    free(uncut_sql);
    uncut_sql = eval_without_limit(published, &ordered);
    mine = db_execute(d, sql, &wide, &e);
    if (!mine || mine->n_columns > COLUMNS) {
        str_addf(why, "DuckDB: %s", e.msg);
        ok = false;
    } else if (!run_sqlite(a, file, published, &gold)) {
        str_addf(why, "SQLite: %s", sqlite3_errmsg(file));
        ok = false;
    } else {
        db_result all;

        soft = *mine;
        soften(a, mine, columns);
        soft.columns = columns;
        ok = uncut_sql && ordered && run_sqlite(a, file, uncut_sql, &all)
                 ? eval_rows_equal_cut(&gold, &all, &soft, why)
                 : eval_rows_equal(&gold, &soft, ordered, why);
        /* SQLite leaves the order of equal keys open */
        ok = ok || (ordered && !uncut_sql && eval_rows_equal(&gold, &soft, false, why));
    }
    db_result_free(mine);
    db_result_free(uncut);
    free(uncut_sql);
    return ok;
}

/* The published SQL, converted, gives the rows of the DuckDB form. */
static bool same_converted(arena *a, db *d, const char *published, const char *sql, str *why)
{
    err e = {0};
    const db_catalog *c = db_catalog_get(d, &e);
    const char *converted = c ? sql_from_sqlite(a, published, c, &e) : NULL;
    db_result *mine = converted ? db_execute(d, converted, &(db_limits){.max_rows = ROWS_MAX}, &e) : NULL;
    eval_verdict v = {0};
    bool ok;

    if (!mine)
        str_addf(why, "%s", e.msg);
    ok = mine && eval_judge(d, sql, mine, &v, why) && v.right;
    if (!ok && converted)
        str_addf(why, "\n  %s", converted);
    db_result_free(mine);
    return ok;
}

typedef struct opened {
    char id[128];
    sqlite3 *file;
    db *d;
} opened;

static bool open_both(opened *o, const char *folder, const char *id, err *e)
{
    str path = {0};
    bool ok;

    sqlite3_close(o->file);
    db_close(o->d);
    *o = (opened){0};
    snprintf(o->id, sizeof o->id, "%s", id);
    str_addf(&path, "%s/train_db/%s.sqlite", folder, id);
    if (access(str_text(&path), R_OK)) {
        str_deinit(&path);
        return true; /* its rows are not here */
    }
    ok = sqlite3_open_v2(path.text, &o->file, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
         (o->d = db_open(path.text, &(db_options){.threads = 1}, e));
    str_deinit(&path);
    return ok;
}

static void check_line(const char *line, const char *folder, int step, opened *o, tally *t)
{
    json_t *pair = json_loads(line, 0, NULL);
    const char *id = json_string_value(json_object_get(pair, "db_id"));
    const char *sql = json_string_value(json_object_get(pair, "sql"));
    const char *published = json_string_value(json_object_get(pair, "sql_sqlite"));
    const char *verified = json_string_value(json_object_get(pair, "verified"));
    err e = {0};

    if (id && sql && published && verified && !strcmp(verified, "exec_same")) {
        if (strcmp(o->id, id)) {
            t->databases++;
            if (t->databases % step == 0) {
                if (!open_both(o, folder, id, &e)) {
                    fprintf(stderr, "%s: %s\n", id, e.msg);
                    exit(1);
                }
            } else {
                db_close(o->d);
                sqlite3_close(o->file);
                *o = (opened){0};
                snprintf(o->id, sizeof o->id, "%s", id);
            }
        }
        if (o->d) {
            arena *a = arena_new((size_t)1 << 30);
            str why = {0};
            const bool same = same_rows(a, o->file, o->d, published, sql, &why);

            t->n++;
            t->same += same;
            if (!same && getenv("SQLITE_GOLDS_SHOW"))
                printf("%s: %s\n  %s\n  %s\n", id, str_text(&why), published, sql);
            str_reset(&why);
            if (same_converted(a, o->d, published, sql, &why))
                t->converted++;
            else if (getenv("SQLITE_GOLDS_SHOW"))
                printf("%s: converted: %s\n  %s\n  %s\n", id, str_text(&why), published, sql);
            str_deinit(&why);
            arena_free(a);
        }
    }
    json_decref(pair);
}

int main(int argc, char **argv)
{
    const char *folder = getenv("SALESBOT_DATA"), *given = getenv("SQLITE_GOLDS_STEP");
    const char *data = folder ? folder : SALESBOT_SOURCE_DIR "/../shared/data";
    const int step = given && atoi(given) > 0 ? atoi(given) : 12;
    char scratch[] = "/tmp/salesbot-golds-XXXXXX", line[1 << 16], command[64];
    opened o = {0};
    tally t = {0};
    str path = {0}, library = {0};
    FILE *f;
    err e = {0};

    if (argc > 1 && !strcmp(argv[1], "__executor"))
        return db_executor_main(argc, argv);
    setenv("SALESBOT_PROGRAM", "/proc/self/exe", 1);
    str_addf(&path, "%s/train.jsonl", data);
    f = fopen(str_text(&path), "r");
    if (!f || !db_available(&(db_options){0}, &e)) {
        printf("skipped: %s\n", f ? e.msg : "no training data: set SALESBOT_DATA");
        return 77;
    }
    if (!getenv("SALESBOT_DUCKDB") && home_path(&library, "lib/libduckdb.so", &e))
        setenv("SALESBOT_DUCKDB", library.text, 1);
    if (!mkdtemp(scratch))
        return 1;
    setenv("SALESBOT_HOME", scratch, 1);
    while (fgets(line, sizeof line, f))
        check_line(line, data, step, &o, &t);
    fclose(f);
    db_close(o.d);
    sqlite3_close(o.file);
    snprintf(command, sizeof command, "rm -rf %s", scratch);
    if (system(command))
        return 1;
    printf("%d of %d pairs give the same rows when their SQLite form is converted\n", t.converted, t.n);
    printf("%d of %d pairs give the same rows in SQLite and in our import (every %d. of %d "
           "databases)\n", t.same, t.n, step, t.databases);
    str_deinit(&path);
    str_deinit(&library);
    return t.n > 100 && t.same * 1000 >= t.n * 995 && t.converted * 100 >= t.n * 97 ? 0 : 1;
}
