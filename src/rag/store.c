/* store.c - the file: its tables, transactions, and what SQLite's failures mean.
 *
 * `entry` holds the entries, `vector` their vectors, `words` and `names` the full-text
 * indexes, `meta` the encoder and two counters: every change of an entry takes the next
 * stamp, every removal is counted. So another process sees what is new without reading all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "rag/rag_impl.h"

enum { FORMAT_VERSION = 1, APPLICATION_ID = 0x53424b42 /* SBKB */, BUSY_MS = 5000 };

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE entry(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, status INTEGER NOT NULL,"
    " key TEXT NOT NULL, text TEXT NOT NULL, body TEXT NOT NULL, sql TEXT NOT NULL, source TEXT NOT NULL,"
    " stamp INTEGER NOT NULL, UNIQUE(kind, key));"
    "CREATE INDEX entry_stamp ON entry(stamp);"
    "CREATE TABLE vector(id INTEGER PRIMARY KEY, v BLOB NOT NULL);"
    "CREATE VIRTUAL TABLE words USING fts5(text, content='',"
    " tokenize='porter unicode61 remove_diacritics 2');"
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);"
    "CREATE VIRTUAL TABLE names USING fts5(name, content='', tokenize='trigram');"
    "INSERT INTO meta VALUES ('stamp', '0'), ('removals', '0'), ('encoder', '');";

/* ---- failures ---- */

typedef struct meaning {
    int code;
    err_code means;
    const char *says;
} meaning;

static const meaning meanings[] = {
    {SQLITE_CORRUPT, ERR_FORMAT, "is damaged; move it away, then make it anew with salesbot knowledge build and "
                                 "salesbot knowledge import of your last export"},
    {SQLITE_NOTADB, ERR_FORMAT, "is not a knowledge file"},
    {SQLITE_BUSY, ERR_IO, "is being written by another process; try again"},
    {SQLITE_LOCKED, ERR_IO, "is being written by another process; try again"},
    {SQLITE_FULL, ERR_IO, "the disk is full; nothing was changed"},
    {SQLITE_IOERR, ERR_IO, "can't be read or written (is the disk full?); nothing was changed"},
    {SQLITE_READONLY, ERR_IO, "can't be written (read-only); nothing was changed"},
    {SQLITE_CANTOPEN, ERR_IO, "can't be opened; check the folder and its permissions"},
    {SQLITE_PERM, ERR_IO, "no permission"},
    {SQLITE_NOMEM, ERR_NOMEM, "out of memory"},
    {SQLITE_TOOBIG, ERR_LIMIT, "an entry is too large"},
    {SQLITE_SCHEMA, ERR_FORMAT, "has tables of another form"},
};

bool rag_failed(rag *r, err *e)
{
    const int code = sqlite3_errcode(r->db) & 0xff;

    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].code == code)
            return err_set(e, meanings[i].means, "%s: %s", r->path, meanings[i].says);
    return err_set(e, code == SQLITE_ERROR ? ERR_FORMAT : ERR_IO, "%s: %s", r->path, sqlite3_errmsg(r->db));
}

bool rag_run(rag *r, const char *sql, err *e)
{
    return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK || rag_failed(r, e);
}

sqlite3_stmt *rag_prepare(rag *r, const char *sql, err *e)
{
    sqlite3_stmt *s = NULL;

    if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK) {
        rag_failed(r, e);
        return NULL;
    }
    return s;
}

bool rag_finish(rag *r, sqlite3_stmt *s, err *e)
{
    int code;

    if (!s)
        return false;
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        continue;
    if (code != SQLITE_DONE) {
        rag_failed(r, e);
        sqlite3_finalize(s);
        return false;
    }
    sqlite3_finalize(s);
    return true;
}

bool rag_number(rag *r, const char *sql, int64_t missing, int64_t *out, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, sql, e);
    int code;

    if (!s)
        return false;
    code = sqlite3_step(s);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : missing;
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        rag_failed(r, e);
        sqlite3_finalize(s);
        return false;
    }
    sqlite3_finalize(s);
    return true;
}

/* ---- transactions and counters ---- */

bool rag_begin(rag *r, err *e)
{
    if (r->read_only)
        return err_set(e, ERR_IO, "%s: was opened for reading only", r->path);
    return rag_run(r, "BEGIN IMMEDIATE", e);
}

bool rag_end(rag *r, bool ok, err *e)
{
    if (ok && sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return true;
    if (ok)
        rag_failed(r, e);
    if (!sqlite3_get_autocommit(r->db))
        sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool rag_stamp(rag *r, int64_t *stamp, err *e)
{
    return rag_run(r, "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'stamp'", e) &&
           rag_number(r, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'stamp'", 0, stamp, e);
}

bool rag_count_removals(rag *r, int64_t n, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "UPDATE meta SET value = CAST(value AS INTEGER) + ?1 WHERE key IN "
                                     "('removals', 'stamp')", e);

    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, n);
    return rag_finish(r, s, e);
}

bool rag_meta(rag *r, const char *key, str *out, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "SELECT value FROM meta WHERE key = ?1", e);

    if (!s)
        return false;
    sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
    str_reset(out);
    if (sqlite3_step(s) == SQLITE_ROW)
        str_add(out, (const char *)sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0));
    return rag_finish(r, s, e) && (!out->bad || err_set(e, ERR_NOMEM, "out of memory"));
}

bool rag_meta_set(rag *r, const char *key, const char *value, err *e)
{
    sqlite3_stmt *s = rag_prepare(r, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", e);

    if (!s)
        return false;
    sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, value, -1, SQLITE_STATIC);
    return rag_finish(r, s, e);
}

/* ---- opening ---- */

/* Two processes may both find the file empty: the second finds the tables made. */
static bool create(rag *r, err *e)
{
    char pragma[80];
    int64_t version;

    snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
             FORMAT_VERSION);
    if (!rag_run(r, "PRAGMA journal_mode = WAL", e) || !rag_begin(r, e))
        return false;
    if (!rag_number(r, "PRAGMA user_version", 0, &version, e))
        return rag_end(r, false, e);
    return version ? rag_end(r, true, e) : rag_end(r, rag_run(r, schema, e) && rag_run(r, pragma, e), e);
}

static bool check_version(rag *r, err *e)
{
    int64_t application, version, n_tables;

    if (!rag_number(r, "PRAGMA application_id", 0, &application, e) ||
        !rag_number(r, "PRAGMA user_version", 0, &version, e) ||
        !rag_number(r, "SELECT count(*) FROM sqlite_schema", 0, &n_tables, e))
        return false;
    if (!application && !version && !n_tables)
        return r->read_only ? err_set(e, ERR_FORMAT, "%s: is empty", r->path) : create(r, e);
    if (application != APPLICATION_ID)
        return err_set(e, ERR_FORMAT, "%s: is a SQLite file, but not a knowledge file", r->path);
    if (version != FORMAT_VERSION)
        return err_set(e, ERR_FORMAT, "%s: is of format %lld, this program reads %d; export it with the program that "
                       "wrote it, and import that", r->path, (long long)version, FORMAT_VERSION);
    return true;
}

/* A file in a folder that can't be written has no place for WAL's side files. */
static bool open_file(rag *r, err *e)
{
    const int flags = r->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int64_t tables;
    err probe = {0};
    str uri = {0};

    if (sqlite3_open_v2(r->path, &r->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return r->db ? rag_failed(r, e) : err_set(e, ERR_NOMEM, "%s: out of memory", r->path);
    if (!r->read_only || rag_number(r, "SELECT count(*) FROM sqlite_schema", 0, &tables, &probe) ||
        (sqlite3_errcode(r->db) & 0xff) != SQLITE_CANTOPEN)
        return true;
    sqlite3_close(r->db);
    r->db = NULL;
    str_adds(&uri, "file:");
    for (const char *p = r->path; *p; p++)
        str_addf(&uri, strchr("%?#", *p) ? "%%%02x" : "%c", (unsigned char)*p);
    str_adds(&uri, "?immutable=1");
    sqlite3_open_v2(str_text(&uri), &r->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
    str_deinit(&uri);
    return r->db ? true : err_set(e, ERR_NOMEM, "%s: out of memory", r->path);
}

static bool make_folder(const char *path, err *e)
{
    const char *slash = strrchr(path, '/');
    str folder = {0};
    bool ok = true;

    if (slash && slash > path) {
        str_add(&folder, path, (size_t)(slash - path));
        ok = !folder.bad ? dir_make(folder.text, e) : err_set(e, ERR_NOMEM, "out of memory");
    }
    str_deinit(&folder);
    return ok;
}

static bool prepare_file(rag *r, const rag_options *o, err *e)
{
    const bool there = file_exists(r->path);

    if (r->read_only && !there)
        return err_set(e, ERR_NOT_FOUND, "%s: no knowledge base yet; salesbot knowledge build makes it", r->path);
    if (!r->read_only && !make_folder(r->path, e))
        return false;
    if (!open_file(r, e))
        return false;
    if (!there)
        chmod(r->path, 0600); /* questions are private */
    sqlite3_busy_timeout(r->db, o->busy_ms > 0 ? o->busy_ms : BUSY_MS);
    sqlite3_limit(r->db, SQLITE_LIMIT_LENGTH, 64 << 20);
    return rag_run(r, "PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", e) &&
           check_version(r, e);
}

rag *rag_open(const char *path, const rag_options *o, err *e)
{
    rag *r = calloc(1, sizeof *r);

    if (!r || !(r->path = strdup(path))) {
        free(r);
        err_set(e, ERR_NOMEM, "%s: out of memory", path);
        return NULL;
    }
    r->encoder = o->encoder;
    r->read_only = o->read_only;
    r->threads = o->threads > 0 ? o->threads : cpu_count();
    r->gemm = gemm_get(true);
    if (prepare_file(r, o, e))
        return r;
    rag_close(r);
    return NULL;
}

void rag_close(rag *r)
{
    if (!r)
        return;
    vectors_deinit(&r->index);
    pool_free(r->pool);
    sqlite3_close(r->db);
    free(r->path);
    free(r);
}

void rag_use_encoder(rag *r, const minilm *encoder) { r->encoder = encoder; }

bool rag_default_path(const char *database, str *path, err *e)
{
    const char *given = getenv("SALESBOT_KNOWLEDGE");
    const char *name = strrchr(database, '/');
    char *real = realpath(database, NULL), hex[65];

    str_reset(path);
    sha256_hex(real ? real : database, strlen(real ? real : database), hex);
    free(real);
    if (given && *given) {
        str_adds(path, given);
    } else {
        if (!home_path(path, "knowledge/", e))
            return false;
        for (name = name ? name + 1 : database; *name && *name != '.'; name++)
            str_addc(path, *name == ' ' ? '_' : *name);
        str_addf(path, "-%.16s.db", hex);
    }
    return !path->bad || err_set(e, ERR_NOMEM, "out of memory");
}
