/* test_guard.c - every attack of the text tables, run.
 *
 * Each statement goes two ways. Through the guard: what passes is run in the
 * child under limits of 150 ms, 1,000 rows and 256 MB, and does what the table
 * says: `% ok` gives rows, `% limit` is stopped, `% error` the database refuses. Around the guard: its text goes to
 * the child as it stands, as if the guard had a hole. After each the database
 * file must have the same bytes, the file that attacks write must not be there, no
 * result may hold the secret that they try to read, the time must be within the
 * limit and its grace, and the child must answer the next question. */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../unit/sql/cases.h"

enum { LIMIT_MS = 150, GRACE = 4000, ROWS = 60000, MOST_ROWS = 1000 };
static const char secret_file[] = "/tmp/salesbot-guard-secret.csv";
static const char written_file[] = "/tmp/salesbot-guard-written";
static const char secret[] = "canary-7c1e";

typedef struct guarding {
    char folder[64], database[128], before[65];
    db *d;
    int n_run, n_raw, n_raw_refused, n_raw_stopped, n_bad;
    double slowest;
} guarding;

static void bad(guarding *g, const char *query, const char *what)
{
    g->n_bad++;
    fprintf(stderr, "%s\n  %.300s\n", what, query);
}

/* ---- a database of the table's catalog -------------------------------- */

typedef struct script {
    const db_catalog *c;
    int table;
    bool fill;
    str sql;
} script;

static void add_value(str *out, const db_column *k)
{
    if (!strcmp(k->type_text, "VARCHAR"))
        str_addf(out, "'%s ' || i", k->name);
    else if (!strcmp(k->type_text, "DATE"))
        str_adds(out, "DATE '2024-01-01' + CAST(i % 700 AS INTEGER)");
    else if (!strncmp(k->type_text, "DECIMAL", 7))
        str_adds(out, "(i % 1000) / 10");
    else
        str_adds(out, "i");
}

static const char *next_statement(void *arg)
{
    script *s = arg;
    const db_table *t = s->table < s->c->n_tables ? &s->c->tables[s->table] : NULL;

    str_reset(&s->sql);
    if (!t)
        return NULL;
    if (t->is_view) {
        s->table++;
        str_addf(&s->sql, "CREATE VIEW %s AS SELECT %s, %s FROM customers", t->name,
                 t->columns[0].name, t->columns[1].name);
        return str_text(&s->sql);
    }
    if (!s->fill) {
        str_addf(&s->sql, "CREATE TABLE %s (", t->name);
        for (int i = 0; i < t->n_columns; i++)
            str_addf(&s->sql, "%s%s %s", i ? ", " : "", t->columns[i].name, t->columns[i].type_text);
        str_adds(&s->sql, ")");
    } else {
        str_addf(&s->sql, "INSERT INTO %s SELECT ", t->name);
        for (int i = 0; i < t->n_columns; i++) {
            str_adds(&s->sql, i ? ", " : "");
            add_value(&s->sql, &t->columns[i]);
        }
        str_addf(&s->sql, " FROM range(%d) r(i)", strcmp(t->name, "sales") ? 2000 : ROWS);
        s->table++;
    }
    s->fill = !s->fill;
    return str_text(&s->sql);
}

static bool make_database(guarding *g, const db_catalog *c)
{
    script s = {.c = c};
    const db_script making = {.next = next_statement, .arg = &s};
    err e = {0};
    bool ok = db_create(g->database, &(db_options){.threads = 2}, true, &making, &e) &&
              file_sha256(g->database, g->before, &e) &&
              (g->d = db_open(g->database, &(db_options){.memory_bytes = (int64_t)256 << 20}, &e));

    str_deinit(&s.sql);
    if (!ok)
        fprintf(stderr, "%s\n", e.msg);
    return ok;
}

/* ---- one statement ---------------------------------------------------- */

static bool holds_secret(const db_result *r)
{
    char buffer[64];

    for (int64_t i = 0; r && i < r->n_rows; i++)
        for (int k = 0; k < r->n_columns; k++)
            if (strstr(db_cell_text(r, i, k, buffer), secret))
                return true;
    return false;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static db_result *run(guarding *g, const char *sql, err *e)
{
    const db_limits limits = {.max_rows = MOST_ROWS, .max_bytes = 16 << 20, .timeout_ms = LIMIT_MS};
    const double start = now();
    db_result *r = db_execute(g->d, sql, &limits, e);
    const double took = now() - start;

    if (took > g->slowest)
        g->slowest = took;
    if (took > 2 * LIMIT_MS && getenv("GUARD_SHOW"))
        printf("%.0f ms: %s\n", took, sql);
    if (took > LIMIT_MS + GRACE)
        bad(g, sql, "it outlived its limit");
    return r;
}

static void unharmed(guarding *g, const char *query)
{
    char after[65];
    err e = {0};
    db_result *r;

    if (!file_sha256(g->database, after, &e) || strcmp(after, g->before))
        bad(g, query, "the database has other bytes");
    if (!access(written_file, F_OK)) {
        bad(g, query, "a file was written");
        unlink(written_file);
    }
    r = db_execute(g->d, "SELECT 1", &(db_limits){0}, &e);
    if (!r)
        bad(g, query, e.msg);
    db_result_free(r);
}

static bool limited(const db_result *r, const err *e)
{
    return r ? r->truncated : e->code == ERR_LIMIT || strstr(e->msg, "Out of Memory") ||
                                  strstr(e->msg, "ended by signal");
}

static void run_printed(guarding *g, const char *query, const char *printed, const char *want)
{
    err e = {0};
    db_result *r = run(g, printed, &e);

    g->n_run++;
    if (holds_secret(r))
        bad(g, query, "the secret came out");
    if (want[0] == '%' && !strcmp(want + 2, "limit") && !limited(r, &e))
        bad(g, query, r ? "no limit stopped it" : e.msg);
    if (want[0] == '%' && !strcmp(want + 2, "error") && (r || e.code != ERR_DB))
        bad(g, query, "the database did not refuse it");
    if (want[0] == '%' && !strcmp(want + 2, "ok") && !r)
        bad(g, query, e.msg);
    db_result_free(r);
    unharmed(g, query);
}

static void run_raw(guarding *g, const char *query)
{
    err e = {0};
    db_result *r = run(g, query, &e);

    g->n_raw++;
    g->n_raw_refused += !r && e.code == ERR_DB;
    g->n_raw_stopped += limited(r, &e);
    if (holds_secret(r))
        bad(g, query, "the secret came out around the guard");
    db_result_free(r);
    unharmed(g, query);
}

static void ran(void *arg, case_file *c, const char *query, const char *printed, const char *want)
{
    guarding *g = arg;

    if (!g->d && !make_database(g, &c->catalog))
        exit(1);
    if (printed)
        run_printed(g, query, printed, want);
    run_raw(g, query);
}

static bool file(guarding *g, const char *name, int *n)
{
    str path = {0};
    int n_failed;

    str_addf(&path, SALESBOT_SOURCE_DIR "/tests/unit/sql/%s", name);
    n_failed = run_cases_with(str_text(&path), n, ran, g);
    db_close(g->d);
    g->d = NULL;
    str_deinit(&path);
    return n_failed == 0;
}

int main(int argc, char **argv)
{
    guarding g = {.folder = "/tmp/salesbot-guard-XXXXXX"};
    int n = 0, more = 0;
    char command[100];
    FILE *f;
    err e;
    bool ok;

    if (argc > 1 && !strcmp(argv[1], "__executor"))
        return db_executor_main(argc, argv);
    setenv("SALESBOT_PROGRAM", "/proc/self/exe", 1);
    if (!db_available(&(db_options){0}, &e)) {
        printf("skipped: %s\n", e.msg);
        return 77;
    }
    f = fopen(secret_file, "w");
    if (!f || fprintf(f, "%s\n1\n", secret) < 0 || fclose(f) || !mkdtemp(g.folder))
        return 1;
    unlink(written_file);
    snprintf(g.database, sizeof g.database, "%s/guarded.duckdb", g.folder);
    ok = file(&g, "guard_cases.txt", &n) & file(&g, "attacks.txt", &more);
    snprintf(command, sizeof command, "rm -rf %s %s", g.folder, secret_file);
    ok = !system(command) && ok && !g.n_bad && n >= 150;
    printf("%d cases: %d passed the guard and were run, %d went around it (%d refused, %d stopped by a "
           "limit); slowest %.0f ms; %d bad\n", n + more, g.n_run, g.n_raw, g.n_raw_refused,
           g.n_raw_stopped, g.slowest, g.n_bad);
    return ok ? 0 : 1;
}
