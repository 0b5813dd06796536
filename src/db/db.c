/* db.c - open, ask, close: the parent's side of a database. */
#include "db/db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "db/db_impl.h"

enum { IDLE_MS = 30000, CATALOG_MS = 300000, TIMEOUT_MS = 30000, TABLES_MAX = 4096 };
static const int64_t rows_default = 10000, bytes_default = (int64_t)256 << 20;

static bool open_plan(db *d, const char *path, const db_options *o, err *e)
{
    source_kind kind;
    char *real, *imported = NULL;
    bool ok;

    if (!source_inspect(path, &kind, e))
        return false;
    if (kind != SOURCE_DUCKDB && !(imported = import_file(path, kind, o, e)))
        return false;
    real = realpath(imported ? imported : path, NULL);
    ok = real ? process_plan_init(&d->plan, MODE_READ, real, o, e)
              : err_set(e, errno == ENOMEM ? ERR_NOMEM : ERR_DB, "%s: %s", path, strerror(errno));
    d->plan.idle_ms = o->idle_ms < 0 ? 0 : o->idle_ms ? (uint32_t)o->idle_ms : IDLE_MS;
    free(real);
    free(imported);
    return ok;
}

db *db_open(const char *path, const db_options *o, err *e)
{
    db *d = calloc(1, sizeof *d);

    if (!d || !(d->path = strdup(path))) {
        err_set(e, ERR_NOMEM, "out of memory");
        free(d);
        return NULL;
    }
    d->no_cache = o->no_cache;
    if (process_init(&d->child, e) && open_plan(d, path, o, e) &&
        process_start(&d->child, &d->plan, e) && (o->defer || process_greet(&d->child, e)))
        return d;
    db_close(d);
    return NULL;
}

bool db_available(const db_options *o, err *e)
{
    process_plan plan;
    const bool ok = process_plan_init(&plan, MODE_READ, "", o, e);

    process_plan_deinit(&plan);
    return ok;
}

void db_close(db *d)
{
    if (!d)
        return;
    process_deinit(&d->child);
    process_plan_deinit(&d->plan);
    arena_free(d->memory);
    free(d->path);
    free(d);
}

const char *db_path(const db *d)         { return d->path; }
const char *db_sandbox_note(const db *d) { return d->child.note ? d->child.note : ""; }
void db_cancel(db *d)                    { process_cancel(&d->child); }

/* Send a request to a child that is there: one that left because nothing was
 * asked, or that was ended, is replaced first. */
static bool begin(db *d, frame_kind kind, ask *m, err *e)
{
    for (int attempt = 0;; attempt++) {
        if ((process_gone(&d->child) && !process_start(&d->child, &d->plan, e)) ||
            !process_greet(&d->child, e))
            return false;
        if (process_ask(&d->child, kind, m, e))
            return true;
        process_stop(&d->child, NULL);
        if (attempt || e->code != ERR_DB)
            return false;
    }
}

static int64_t deadline_of(const ask *m)
{
    return m->timeout_ms ? now_ms() + m->timeout_ms : 0;
}

/* ---- results ---------------------------------------------------------- */

static bool collect(db *d, result_builder *b, const ask *m, bool *truncated, double *elapsed,
                    err *e)
{
    const int64_t deadline = deadline_of(m);
    str *payload = &d->child.payload;
    frame_kind kind;

    for (;;) {
        wire w;

        if (!process_reply(&d->child, deadline, NULL, &kind, e))
            return false;
        w = (wire){.base = (const uint8_t *)str_text(payload), .n = payload->n};
        if (kind == REPLY_DONE)
            return done_get(&w, truncated, elapsed, e) || process_distrust(&d->child, e);
        if (!(kind == REPLY_SCHEMA && result_builder_schema(b, payload, e)) &&
            !(kind == REPLY_ROWS && result_builder_rows(b, payload, e))) {
            if (kind != REPLY_SCHEMA && kind != REPLY_ROWS)
                err_set(e, ERR_FORMAT, "unexpected message from the database process");
            return process_distrust(&d->child, e);
        }
        /* it was told the limits; more than them and their slack is malice */
        if (result_builder_count(b) > m->max_rows ||
            result_builder_bytes(b) / 4 > m->max_bytes + FRAME_MAX) {
            err_set(e, ERR_FORMAT, "the database process sent more rows than were asked for");
            return process_distrust(&d->child, e);
        }
    }
}

static db_result *request_once(db *d, frame_kind kind, ask *m, err *e)
{
    result_builder *b = result_builder_new(e);
    bool truncated = false, ok = b && begin(d, kind, m, e);
    double elapsed = 0;
    db_result *r;

    ok = ok && collect(d, b, m, &truncated, &elapsed, e);
    process_end_request(&d->child);
    if (!ok) {
        result_builder_free(b);
        return NULL;
    }
    r = result_builder_finish(b, truncated, elapsed, e);
    if (!r)
        process_distrust(&d->child, e);
    return r;
}

/* A request that reaches the child just as it leaves for idleness was never
 * begun there: the next child gets it. */
static db_result *request(db *d, frame_kind kind, ask *m, err *e)
{
    db_result *r;

    d->child.left = false;
    r = request_once(d, kind, m, e);
    if (!r && d->child.left && e->code == ERR_DB)
        r = request_once(d, kind, m, e);
    return r;
}

db_result *db_prepare(db *d, const char *sql, err *e)
{
    ask m = {.sql = sql, .timeout_ms = TIMEOUT_MS};

    return request(d, ASK_PREPARE, &m, e);
}

db_result *db_execute(db *d, const char *sql, const db_limits *l, err *e)
{
    ask m = {.sql = sql,
             .max_rows = l->max_rows > 0 ? l->max_rows : rows_default,
             .max_bytes = l->max_bytes > 0 ? l->max_bytes : bytes_default,
             .timeout_ms = l->timeout_ms > 0 ? (uint32_t)l->timeout_ms : TIMEOUT_MS};

    return request(d, ASK_EXECUTE, &m, e);
}

/* A request that is answered by one text; owned. */
static char *ask_text(db *d, frame_kind request, ask *m, err *e)
{
    const int64_t deadline = deadline_of(m);
    char *text = NULL;
    frame_kind kind;
    bool ok = begin(d, request, m, e);

    while (ok && (ok = process_reply(&d->child, deadline, NULL, &kind, e)) && kind == REPLY_TEXT) {
        wire w = {.base = (const uint8_t *)str_text(&d->child.payload), .n = d->child.payload.n};

        free(text);
        text = strdup(wire_text(&w));
        ok = text || err_set(e, ERR_NOMEM, "out of memory");
    }
    process_end_request(&d->child);
    if (ok && (kind != REPLY_DONE || !text)) {
        ok = err_set(e, ERR_FORMAT, "unexpected message from the database process");
        process_distrust(&d->child, e);
    }
    if (ok)
        return text;
    free(text);
    return NULL;
}

char *db_explain(db *d, const char *sql, err *e)
{
    ask m = {.sql = sql, .timeout_ms = TIMEOUT_MS};

    return ask_text(d, ASK_EXPLAIN, &m, e);
}

bool db_export_parquet(db *d, const char *sql, const db_limits *l, const char *path, int64_t *n_rows,
                       err *e)
{
    ask m = {.sql = sql, .max_rows = l->max_rows,
             .timeout_ms = l->timeout_ms > 0 ? (uint32_t)l->timeout_ms : TIMEOUT_MS};
    char *count = ask_text(d, ASK_EXPORT, &m, e);
    str made = {0};
    bool ok = count;

    if (d->child.temporary)
        str_addf(&made, "%s/" EXPORT_NAME, d->child.temporary);
    *n_rows = ok ? strtoll(count, NULL, 10) : 0;
    ok = ok && (!made.bad || err_set(e, ERR_NOMEM, "out of memory")) &&
         file_copy_atomic(str_text(&made), path, 0644, e);
    if (made.n)
        unlink(made.text); /* also what a failure left */
    str_deinit(&made);
    free(count);
    return ok;
}

/* ---- catalog ---------------------------------------------------------- */

typedef struct table_list {
    str *payloads; /* owned, for the cache */
    db_table *tables;
    int n;
} table_list;

static bool catalog_ask(db *d, table_list *list, err *e)
{
    ask m = {.timeout_ms = CATALOG_MS};
    frame_kind kind = REPLY_DONE;
    bool ok = begin(d, ASK_CATALOG, &m, e);
    const int64_t deadline = deadline_of(&m);

    while (ok && (ok = process_reply(&d->child, deadline, NULL, &kind, e)) &&
           kind == REPLY_TABLE && list->n < TABLES_MAX) {
        str *payload = &list->payloads[list->n];
        wire w;

        *payload = d->child.payload;
        d->child.payload = (str){0};
        w = (wire){.base = (const uint8_t *)str_text(payload), .n = payload->n};
        ok = table_get(&w, d->memory, &list->tables[list->n++], e) ||
             process_distrust(&d->child, e);
    }
    process_end_request(&d->child);
    if (ok && kind != REPLY_DONE) {
        err_set(e, ERR_FORMAT, "unexpected message from the database process");
        return process_distrust(&d->child, e);
    }
    return ok;
}

static bool catalog_read(db *d, table_list *list, err *e)
{
    list->payloads = calloc(TABLES_MAX, sizeof *list->payloads);
    list->tables = arena_push(d->memory, db_table, TABLES_MAX);
    if (!list->payloads || !list->tables)
        return err_set(e, ERR_NOMEM, "the catalog does not fit in memory");
    if (!catalog_ask(d, list, e))
        return false;
    if (list->n == 0)
        return err_set(e, ERR_DB, "%s has no tables in its main schema: load data into it first",
                       d->path);
    if (!d->no_cache)
        catalog_cache_write(d->plan.path, list->payloads, list->n);
    return true;
}

static bool new_memory(db *d, err *e)
{
    arena_free(d->memory);
    d->memory = arena_new(CATALOG_ARENA);
    return d->memory || err_set(e, ERR_NOMEM, "out of memory for the catalog");
}

const db_catalog *db_catalog_get(db *d, err *e)
{
    table_list list = {0};

    if (d->catalog || !new_memory(d, e))
        return d->catalog;
    if (!d->no_cache && catalog_cache_read(d->plan.path, d->memory, &list.tables, &list.n))
        d->catalog = catalog_finish(d->memory, d->path, list.tables, list.n, e);
    list.n = 0;
    if (d->catalog || !new_memory(d, e))
        return d->catalog;
    if (catalog_read(d, &list, e)) {
        d->catalog = catalog_finish(d->memory, d->path, list.tables, list.n, e);
        if (!d->catalog)
            process_distrust(&d->child, e);
    }
    for (int i = 0; list.payloads && i < list.n; i++)
        str_deinit(&list.payloads[i]);
    free(list.payloads);
    return d->catalog;
}
