/* store.c - see store.h. */
#include "server/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct store {
    sqlite3 *db;
    pthread_mutex_t lock; /* recursive */
};

enum { SCHEMA_VERSION = 1 };
static const char schema[] =
    "CREATE TABLE conversation (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,"
    " database TEXT NOT NULL, title TEXT NOT NULL, turns TEXT NOT NULL, created INTEGER NOT NULL,"
    " updated INTEGER NOT NULL);"
    "CREATE INDEX conversation_owner ON conversation (owner, updated);"
    "CREATE TABLE answer (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,"
    " conversation TEXT, database TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,"
    " code TEXT NOT NULL, source TEXT NOT NULL, confidence TEXT NOT NULL, sql TEXT NOT NULL, ms REAL NOT NULL,"
    " rows_kept INTEGER NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL);"
    "CREATE INDEX answer_owner ON answer (owner, n);"
    "CREATE INDEX answer_conversation ON answer (conversation, n);"
    "CREATE TABLE feedback (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, answer TEXT NOT NULL,"
    " who TEXT NOT NULL, verdict TEXT NOT NULL, comment TEXT, sql TEXT, created INTEGER NOT NULL);"
    "CREATE TABLE pair (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, database TEXT NOT NULL,"
    " question TEXT, sql TEXT, text TEXT, status TEXT NOT NULL, source TEXT NOT NULL, who TEXT NOT NULL,"
    " created INTEGER NOT NULL);"
    "CREATE TABLE audit (n INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL,"
    " address TEXT NOT NULL, route TEXT NOT NULL, database TEXT, question TEXT, sql TEXT,"
    " verdict TEXT NOT NULL, ms REAL NOT NULL);"
    "CREATE TABLE key (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, hash BLOB NOT NULL,"
    " created INTEGER NOT NULL);"
    "PRAGMA user_version = 1;";

static bool fail(store *s, err *e, const char *what)
{
    const int code = sqlite3_errcode(s->db);

    return err_set(e, code == SQLITE_NOMEM ? ERR_NOMEM : ERR_IO, "%s: %s", what, sqlite3_errmsg(s->db));
}

static bool script(store *s, const char *sql, const char *what, err *e)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(s, e, what);
}

static int version(store *s)
{
    sqlite3_stmt *st = NULL;
    int v = -1;

    if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW)
        v = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return v;
}

/* Two processes may come first at once: the version is asked again inside. */
static bool prepare_schema(store *s, const char *path, err *e)
{
    const int v = version(s);

    if (v == SCHEMA_VERSION)
        return true;
    if (v != 0)
        return v < 0 ? fail(s, e, path)
                     : err_set(e, ERR_FORMAT, "%s: made by another version of salesbot", path);
    if (!script(s, "BEGIN IMMEDIATE", path, e))
        return false;
    if (version(s) == SCHEMA_VERSION)
        return script(s, "COMMIT", path, e);
    return script(s, schema, path, e) && script(s, "COMMIT", path, e);
}

store *store_open(const char *path, err *e)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    store *s = calloc(1, sizeof *s);
    pthread_mutexattr_t recursive;

    if (fd >= 0)
        close(fd);
    if (!s) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&s->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        err_set(e, ERR_IO, "%s: cannot open: %s", path, s->db ? sqlite3_errmsg(s->db) : "out of memory");
    } else {
        sqlite3_busy_timeout(s->db, 5000);
        if (script(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF", path, e) &&
            prepare_schema(s, path, e))
            return s;
    }
    store_close(s);
    return NULL;
}

void store_close(store *s)
{
    if (!s)
        return;
    sqlite3_close(s->db);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ---- statements -------------------------------------------------------------- */

static sqlite3_stmt *prepare(store *s, const char *sql, const char *kinds, va_list ap, err *e)
{
    sqlite3_stmt *st = NULL;
    int bad = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

    for (int i = 0; !bad && kinds[i]; i++)
        switch (kinds[i]) {
        case 'i': bad = sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t)); break;
        case 'd': bad = sqlite3_bind_double(st, i + 1, va_arg(ap, double)); break;
        default:  bad = sqlite3_bind_text(st, i + 1, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
        }
    if (!bad)
        return st;
    fail(s, e, "the server's store");
    sqlite3_finalize(st);
    return NULL;
}

static json_t *cell(sqlite3_stmt *st, int i)
{
    switch (sqlite3_column_type(st, i)) {
    case SQLITE_INTEGER: return json_integer(sqlite3_column_int64(st, i));
    case SQLITE_FLOAT:   return json_real(sqlite3_column_double(st, i));
    case SQLITE_NULL:    return json_null();
    default:             return json_string((const char *)sqlite3_column_text(st, i));
    }
}

static json_t *row_of(sqlite3_stmt *st)
{
    json_t *row = json_object();

    for (int i = 0; row && i < sqlite3_column_count(st); i++) {
        const char *name = sqlite3_column_name(st, i);
        const size_t n = strlen(name);

        if (n && name[n - 1] == '?') {
            char plain[40];

            snprintf(plain, sizeof plain, "%.*s", (int)(n - 1), name);
            json_object_set_new(row, plain, json_boolean(sqlite3_column_int(st, i)));
        } else {
            json_object_set_new(row, name, cell(st, i));
        }
    }
    return row;
}

/* Steps to the end; rows go to `rows` when it isn't NULL. */
static bool finish(store *s, sqlite3_stmt *st, json_t *rows, err *e)
{
    int code;
    bool ok = true;

    while (ok && (code = sqlite3_step(st)) == SQLITE_ROW)
        if (rows && json_array_append_new(rows, row_of(st)))
            ok = err_set(e, ERR_NOMEM, "out of memory");
    if (ok && code != SQLITE_DONE)
        ok = fail(s, e, "the server's store");
    sqlite3_finalize(st);
    return ok;
}

bool store_run(store *s, err *e, const char *sql, const char *kinds, ...)
{
    va_list ap;
    sqlite3_stmt *st;
    bool ok;

    pthread_mutex_lock(&s->lock);
    va_start(ap, kinds);
    st = prepare(s, sql, kinds, ap, e);
    va_end(ap);
    ok = st && finish(s, st, NULL, e);
    pthread_mutex_unlock(&s->lock);
    return ok;
}

static json_t *rows_of(store *s, err *e, const char *sql, const char *kinds, va_list ap)
{
    json_t *rows = json_array();
    sqlite3_stmt *st;

    pthread_mutex_lock(&s->lock);
    st = rows ? prepare(s, sql, kinds, ap, e) : NULL;
    if (!rows)
        err_set(e, ERR_NOMEM, "out of memory");
    if (!st || !finish(s, st, rows, e)) {
        json_decref(rows);
        rows = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    return rows;
}

json_t *store_rows(store *s, err *e, const char *sql, const char *kinds, ...)
{
    va_list ap;
    json_t *rows;

    va_start(ap, kinds);
    rows = rows_of(s, e, sql, kinds, ap);
    va_end(ap);
    return rows;
}

json_t *store_row(store *s, err *e, const char *what, const char *sql, const char *kinds, ...)
{
    va_list ap;
    json_t *rows, *row;

    va_start(ap, kinds);
    rows = rows_of(s, e, sql, kinds, ap);
    va_end(ap);
    row = json_incref(json_array_get(rows, 0));
    if (rows && !row)
        err_set(e, ERR_NOT_FOUND, "there is no such %s", what);
    json_decref(rows);
    return row;
}

int store_changes(store *s) { return sqlite3_changes(s->db); }

bool store_begin(store *s, err *e)
{
    pthread_mutex_lock(&s->lock);
    if (script(s, "BEGIN IMMEDIATE", "the server's store", e))
        return true;
    pthread_mutex_unlock(&s->lock);
    return false;
}

bool store_end(store *s, bool ok, err *e)
{
    if (ok)
        ok = script(s, "COMMIT", "the server's store", e);
    if (!ok)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    pthread_mutex_unlock(&s->lock);
    return ok;
}

/* ---- ids and times --------------------------------------------------------------- */

void store_new_id(char prefix, char id[32])
{
    unsigned char random[12];

    randombytes_buf(random, sizeof random);
    id[0] = prefix;
    sodium_bin2hex(id + 1, 31, random, sizeof random);
}

int64_t time_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void time_text(int64_t ms, char text[32])
{
    const time_t seconds = (time_t)(ms / 1000);
    struct tm parts;

    gmtime_r(&seconds, &parts);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
