/* sqlite.c - a SQLite file copied into the DuckDB file being written.
 *
 * Runs in the child, under the sandbox. The file is opened read-only and
 * immutable, or, if it has a log that is not yet part of it, as a private copy
 * whose log is replayed. What the schema says is not trusted: no extensions,
 * no functions with side effects from views, defaults or generated columns, an
 * authorizer that knows reading only, and limits on what SQLite may need. */
#include <stdio.h>
#include <string.h>

#include "db/sqlite_impl.h"

enum { SCHEMA_ARENA = 512 << 20, HEAP_MAX = 512 << 20, STEPS = 20000, SAY_MS = 100 };

/* In force while rows are read: views and generated columns bring SQL of their own. */
static int authorize(void *arg, int action, const char *a, const char *b, const char *c,
                     const char *d)
{
    (void)arg, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION
               ? SQLITE_OK
               : SQLITE_DENY; /* writing, attaching, recursion */
}

/* Called every few steps of SQLite's machine; non-zero stops it. */
static int look_up(void *arg)
{
    lite *l = arg;

    return watch_stopped(l->x) != STOP_NONE || (l->view_deadline && now_ms() >= l->view_deadline);
}

static void harden(lite *l)
{
    static const int limits[][2] = {
        {SQLITE_LIMIT_LENGTH, 4 * LITE_CELL_MAX}, {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
        {SQLITE_LIMIT_EXPR_DEPTH, 200},           {SQLITE_LIMIT_COMPOUND_SELECT, 100},
        {SQLITE_LIMIT_VDBE_OP, 1 << 20},          {SQLITE_LIMIT_FUNCTION_ARG, 100},
        {SQLITE_LIMIT_ATTACHED, 0},               {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 1},          {SQLITE_LIMIT_WORKER_THREADS, 0}};

    sqlite3_hard_heap_limit64(HEAP_MAX);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(l->file, limits[i][0], limits[i][1]);
    sqlite3_db_config(l->file, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(l->file, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(l->file, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(l->file, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_progress_handler(l->file, STEPS, look_up, l);
}

static bool run(lite *l, const char *sql, err *e)
{
    return sqlite3_exec(l->file, sql, NULL, NULL, NULL) == SQLITE_OK ||
           lite_failed(l, "reading it", e);
}

/* "file:/a%20b?immutable=1": every byte that is not plain is escaped. */
static void add_uri(str *out, const char *path)
{
    str_adds(out, "file:");
    for (const char *p = path; *p; p++) {
        const bool plain = (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') ||
                           (*p >= 'a' && *p <= 'z') || *p == '/' || *p == '.' || *p == '_';

        if (plain)
            str_addc(out, *p);
        else
            str_addf(out, "%%%02X", (unsigned)(unsigned char)*p);
    }
    str_adds(out, "?immutable=1");
}

static bool open_file(lite *l, bool copy, err *e)
{
    const int flags = copy ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    str uri = {0};
    bool ok;

    if (copy)
        str_adds(&uri, l->x->open.source);
    else
        add_uri(&uri, l->x->open.source);
    ok = uri.bad ? err_set(e, ERR_NOMEM, "out of memory")
                 : sqlite3_open_v2(str_text(&uri), &l->file, flags | SQLITE_OPEN_NOMUTEX, NULL) ==
                           SQLITE_OK ||
                       lite_failed(l, "opening it", e);
    str_deinit(&uri);
    if (!ok)
        return false;
    harden(l);
    /* the log of a copy is replayed by the first read */
    ok = run(l, copy ? "PRAGMA locking_mode = EXCLUSIVE" : "PRAGMA query_only = 1", e) &&
         run(l, "PRAGMA cell_size_check = 1", e) && run(l, "PRAGMA mmap_size = 0", e) &&
         run(l, "SELECT count(*) FROM sqlite_schema", e);
    return ok;
}

bool lite_say(lite *l, const char *what, double share, bool now, err *e)
{
    str payload = {0}, clean = {0};
    bool ok;

    if (!now && now_ms() - l->spoken < SAY_MS)
        return true;
    l->spoken = now_ms();
    text_clean(&clean, what, strlen(what));
    progress_put(&payload, str_text(&clean), share);
    ok = channel_send(EXECUTOR_SOCKET, REPLY_PROGRESS, &payload, e);
    str_deinit(&payload);
    str_deinit(&clean);
    return ok;
}

bool lite_leave_out(lite *l, lite_table *t, const char *why, err *e)
{
    str note = {0};
    bool ok;

    t->left_out = true;
    str_addf(&note, "%s %s is left out: %s", t->is_view ? "view" : "table", t->name, why);
    ok = lite_say(l, str_text(&note), PROGRESS_NOTE, true, e);
    str_deinit(&note);
    return ok;
}

static bool confine(lite *l)
{
    return sqlite3_set_authorizer(l->file, authorize, l) == SQLITE_OK;
}

static bool scan_all(lite *l, err *e)
{
    for (int i = 0; i < l->n_tables; i++) {
        lite_table *t = &l->tables[i];

        if (t->left_out)
            continue;
        if (!lite_say(l, t->name, 0.4 * i / l->n_tables, false, e) || !lite_scan(l, t, e))
            return false;
        if (!t->left_out)
            l->n_rows += t->n_rows;
    }
    return true;
}

static bool copy_all(lite *l, err *e)
{
    for (int i = 0; i < l->n_tables; i++)
        if (!l->tables[i].left_out && !lite_copy(l, &l->tables[i], e))
            return false;
    return lite_copy_keys(l, e);
}

bool executor_import_sqlite(executor *x, const ask *m, err *e)
{
    lite l = {.x = x, .a = arena_new(SCHEMA_ARENA), .bytes_left = m->max_bytes};
    bool ok = l.a || err_set(e, ERR_NOMEM, "out of memory");

    ok = ok && open_file(&l, !strcmp(m->sql, IMPORT_COPY), e) && lite_schema_read(&l, e) &&
         confine(&l) && scan_all(&l, e) && copy_all(&l, e);
    sqlite3_close(l.file);
    arena_free(l.a);
    return ok;
}
