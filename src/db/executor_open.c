/* executor_open.c - opening a database in the child, and closing what it wrote.
 *
 * Reading: READ_ONLY is the barrier (DuckDB 2.0 calls a CTE that deletes a
 * SELECT, so the statement's type is none), no access to other files, no
 * extensions, and a locked configuration, set last. Writing happens in an
 * in-memory DuckDB that attaches one new file, because only ATTACH can choose
 * the storage version. */
#include "db/executor_impl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_MS = 50 };

bool executor_run(executor *x, const char *sql, err *e)
{
    duckdb_result result;
    bool ok = true;

    memset(&result, 0, sizeof result);
    if (x->api.query(x->connection, sql, &result))
        ok = query_failed(x, x->api.result_error_type(&result), x->api.result_error(&result), e);
    x->api.destroy_result(&result);
    return ok;
}

static bool set(executor *x, duckdb_config config, const char *name, const char *value, err *e)
{
    return !x->api.set_config(config, name, value) ||
           err_set(e, ERR_DB, "this DuckDB (%s) does not know the setting %s",
                   x->api.library_version(), name);
}

static duckdb_config configure(executor *x, err *e)
{
    const ask_open *o = &x->open;
    char memory[32], temporary[32], threads[16];
    duckdb_config c = NULL;
    bool ok;

    snprintf(memory, sizeof memory, "%lldB", (long long)o->memory_bytes);
    snprintf(temporary, sizeof temporary, "%lldB", (long long)o->temporary_bytes);
    snprintf(threads, sizeof threads, "%u", o->threads);
    if (x->api.create_config(&c)) {
        err_set(e, ERR_NOMEM, "out of memory for DuckDB's settings");
        return NULL;
    }
    ok = set(x, c, "autoinstall_known_extensions", "false", e) &&
         set(x, c, "autoload_known_extensions", "false", e) &&
         set(x, c, "allow_community_extensions", "false", e) &&
         set(x, c, "allow_unsigned_extensions", "false", e) &&
         set(x, c, "memory_limit", memory, e) && set(x, c, "threads", threads, e) &&
         set(x, c, "temp_directory", o->temporary, e) &&
         set(x, c, "max_temp_directory_size", temporary, e);
    if (ok && o->mode == MODE_READ)
        ok = set(x, c, "access_mode", "READ_ONLY", e) &&
             set(x, c, "enable_external_access", "false", e);
    if (!ok)
        x->api.destroy_config(&c);
    return c;
}

static bool open_failed(executor *x, const char *why, err *e)
{
    const char *path = x->open.path;

    if (strstr(why, "set lock on file"))
        return err_set(e, ERR_DB, "%s is locked by another program that writes to it: try again "
                                  "when that program has closed it", path);
    if (strstr(why, "is not a valid DuckDB database"))
        return err_set(e, ERR_DB, "%s is not a DuckDB database, or it is damaged: give a "
                                  ".duckdb, .csv or .parquet file, or restore it from a copy",
                       path);
    if (strstr(why, "version number"))
        return err_set(e, ERR_DB, "%s was written by another version of DuckDB (here: %s): %s",
                       path, x->api.library_version(), why);
    return query_failed(x, 0, why, e) || err_wrap(e, "cannot open %s", path);
}

/* A writer that holds the file is waited for, at most wait_ms. */
static bool open_file(executor *x, duckdb_config config, const char *path, err *e)
{
    const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
    const int64_t end = now_ms() + x->open.wait_ms;

    for (;;) {
        char *why = NULL;
        const bool failed = x->api.open_ext(path, &x->database, config, &why) != DUCKDB_OK;
        const bool locked = failed && why && strstr(why, "set lock on file");

        if (failed && (!locked || now_ms() >= end))
            open_failed(x, why ? why : "DuckDB gave no reason", e);
        x->api.free(why);
        if (!failed)
            return true;
        if (!locked || now_ms() >= end)
            return false;
        nanosleep(&pause, NULL);
    }
}

static void add_quoted(str *out, const char *text, char quote)
{
    str_addc(out, quote);
    for (; *text; text++) {
        if (*text == quote)
            str_addc(out, quote);
        str_addc(out, *text);
    }
    str_addc(out, quote);
}

static bool attach(executor *x, err *e)
{
    str sql = {0};
    bool ok;

    str_adds(&sql, "ATTACH ");
    add_quoted(&sql, x->open.path, '\'');
    str_adds(&sql, " AS ");
    add_quoted(&sql, x->open.name, '"');
    str_adds(&sql, " (STORAGE_VERSION 'v1.5.0'); USE ");
    add_quoted(&sql, x->open.name, '"');
    ok = sql.bad ? err_set(e, ERR_NOMEM, "out of memory")
                 : executor_run(x, str_text(&sql), e);
    str_deinit(&sql);
    return ok;
}

bool executor_open(executor *x, err *e)
{
    const bool reading = x->open.mode == MODE_READ;
    duckdb_config config = configure(x, e);
    duckdb_connection connection = NULL;
    bool ok = config && open_file(x, config, reading ? x->open.path : ":memory:", e);

    if (config)
        x->api.destroy_config(&config);
    if (ok && x->api.connect(x->database, &connection))
        ok = err_set(e, ERR_DB, "DuckDB gives no connection to %s", x->open.path);
    pthread_mutex_lock(&x->lock);
    x->connection = connection;
    pthread_mutex_unlock(&x->lock);
    if (reading)
        return ok && executor_run(x, "SET lock_configuration = true", e);
    ok = ok && attach(x, e);
    if (x->open.mode == MODE_WRITE)
        ok = ok && executor_run(x, "SET enable_external_access = false", e);
    return ok;
}

bool executor_finish(executor *x, err *e)
{
    str sql = {0};
    bool ok;

    str_adds(&sql, "CHECKPOINT ");
    add_quoted(&sql, x->open.name, '"');
    str_adds(&sql, "; USE memory; DETACH ");
    add_quoted(&sql, x->open.name, '"');
    ok = executor_run(x, str_text(&sql), e);
    str_deinit(&sql);
    return ok;
}
