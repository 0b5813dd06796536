/* import.c - a DuckDB file that stands for a file, or a folder, of another kind.
 *
 * It is kept under $SALESBOT_HOME/cache and named after the source's path, size
 * and time: a source that changed is imported anew, and the older copy goes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "db/db_impl.h"

enum { FILES_MAX = 1000, RULES = 1 }; /* RULES: rises when an import gives another result */

typedef struct import {
    const db_options *o;
    const char *path, *real;
    source_kind kind;
    char *files[FILES_MAX]; /* of a folder, in order of name; owned */
    int n_files;
} import;

/* ---- CSV and Parquet -------------------------------------------------- */

/* The file's name without its endings, as a plain SQL name. */
static void add_table_name(str *out, const char *path)
{
    const char *slash = strrchr(path, '/'), *p = slash ? slash + 1 : path;

    if (!(*p >= 'A' && *p <= 'Z') && !(*p >= 'a' && *p <= 'z') && *p != '_')
        str_adds(out, "t_");
    for (; *p && *p != '.'; p++) {
        const bool plain = (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') ||
                           (*p >= 'a' && *p <= 'z');

        str_addc(out, plain ? *p : '_');
    }
}

static void import_sql(str *sql, const char *table, const char *real, source_kind kind)
{
    str_addf(sql, "CREATE TABLE \"%s\" AS SELECT * FROM %s('", table,
             kind == SOURCE_CSV ? "read_csv" : "read_parquet");
    for (; *real; real++)
        str_adds(sql, *real == '\'' ? "''" : (char[2]){*real, 0});
    str_adds(sql, "')");
}

static void say(const import *m, const char *what, double share)
{
    if (m->o->on_import)
        m->o->on_import(m->o->import_arg, what, share);
}

static bool import_one(process *child, const import *m, const char *table, const char *real,
                       source_kind kind, err *e)
{
    str sql = {0};
    bool ok;

    import_sql(&sql, table, real, kind);
    ok = sql.bad ? err_set(e, ERR_NOMEM, "out of memory")
                 : child_step(child, ASK_RUN, sql.text, m->o->import_cancel, e);
    str_deinit(&sql);
    return ok;
}

static bool run_file(process *child, void *arg, err *e)
{
    const import *m = arg;
    str table = {0};
    bool ok;

    add_table_name(&table, m->path);
    say(m, str_text(&table), 0);
    ok = import_one(child, m, str_text(&table), m->real, m->kind, e);
    str_deinit(&table);
    return ok;
}

/* ---- a folder --------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool list_files(import *m, err *e)
{
    DIR *d = opendir(m->real);
    struct dirent *entry;
    source_kind kind;
    bool ok = d || err_set(e, ERR_DB, "%s: cannot be read: %s", m->path, strerror(errno));

    while (ok && (entry = readdir(d))) {
        if (entry->d_name[0] == '.' || !source_by_name(entry->d_name, &kind))
            continue;
        if (m->n_files == FILES_MAX)
            ok = err_set(e, ERR_LIMIT, "%s: more than %d CSV and Parquet files", m->path,
                         FILES_MAX);
        else if (!(m->files[m->n_files] = strdup(entry->d_name)))
            ok = err_set(e, ERR_NOMEM, "out of memory");
        else
            m->n_files++;
    }
    if (d)
        closedir(d);
    qsort(m->files, (size_t)m->n_files, sizeof *m->files, by_name);
    return ok && (m->n_files || err_set(e, ERR_DB, "%s is a folder without CSV or Parquet files: "
                                                   "give a database file, or a folder that holds "
                                                   "some", m->path));
}

/* Two files that would give one table's name. */
static bool name_taken(const import *m, int n, const char *table)
{
    bool taken = false;

    for (int i = 0; i < n && !taken; i++) {
        str other = {0};

        add_table_name(&other, m->files[i]);
        taken = str_equal_nocase(str_text(&other), table);
        str_deinit(&other);
    }
    return taken;
}

/* A file that can't be read is named and left out; the others are still of use. */
static bool left_out(const import *m, const char *file, const err *why, err *e)
{
    str note = {0};

    if (why->code != ERR_DB) {
        *e = *why;
        return err_wrap(e, "%s", file);
    }
    str_addf(&note, "%s is left out: %.*s", file, (int)strcspn(why->msg, "\n"), why->msg);
    say(m, str_text(&note), -1);
    str_deinit(&note);
    return true;
}

static bool run_folder(process *child, void *arg, err *e)
{
    const import *m = arg;
    int n_read = 0;
    err local = {0};
    bool ok = true;

    for (int i = 0; ok && i < m->n_files; i++) {
        str table = {0}, real = {0};
        source_kind kind = SOURCE_CSV;

        add_table_name(&table, m->files[i]);
        str_addf(&real, "%s/%s", m->real, m->files[i]);
        ok = !table.bad && !real.bad ? source_by_name(m->files[i], &kind)
                                     : err_set(e, ERR_NOMEM, "out of memory");
        if (ok && name_taken(m, i, table.text))
            ok = err_set(e, ERR_DB, "two files would give the table %s: rename one", table.text);
        if (ok) {
            say(m, table.text, (double)i / m->n_files);
            local = (err){0};
            if (import_one(child, m, table.text, real.text, kind, &local))
                n_read++;
            else
                ok = left_out(m, m->files[i], &local, e);
        }
        str_deinit(&table);
        str_deinit(&real);
    }
    return ok && (n_read || err_set(e, ERR_DB, "no file in %s could be read: %.*s", m->path, (int)strcspn(local.msg, "\n"), local.msg));
}

/* ---- the copy --------------------------------------------------------- */

/* Copies of earlier states of the same source. */
static void remove_older(const str *folder, const char *prefix, const char *keep)
{
    DIR *d = opendir(folder->text);
    struct dirent *entry;

    while (d && (entry = readdir(d)))
        if (str_starts(entry->d_name, prefix) && strcmp(entry->d_name, keep) &&
            str_ends(entry->d_name, ".duckdb"))
            unlinkat(dirfd(d), entry->d_name, 0);
    if (d)
        closedir(d);
}

static bool room_for(const char *folder, const import *m, int64_t size, err *e)
{
    const uint64_t need = (uint64_t)size * (m->kind == SOURCE_CSV ? 2 : 4) + (16 << 20);
    uint64_t have;

    return disk_free(folder, &have, e) &&
           (have >= need ||
            err_set(e, ERR_IO, "importing %s may need %llu MB in %s, where %llu MB are free: free "
                               "some, or set SALESBOT_HOME to another disk",
                    m->path, (unsigned long long)(need >> 20), folder,
                    (unsigned long long)(have >> 20)));
}

static bool import_to(const char *target, const import *m, err *e)
{
    make_job job = {.mode = MODE_IMPORT,
                    .source = m->real,
                    .run = m->kind == SOURCE_FOLDER ? run_folder : run_file,
                    .arg = (void *)(uintptr_t)m,
                    .cancel = m->o->import_cancel};
    const bool ok = m->kind == SOURCE_SQLITE ? import_sqlite(target, m->real, m->o, e)
                                             : database_make(target, &job, m->o, e);

    return ok || err_wrap(e, "importing %s", m->path);
}

static void add_state(str *out, const struct stat *st)
{
    str_addf(out, "%lld-%lld.%09ld", (long long)st->st_size, (long long)st->st_mtim.tv_sec,
             st->st_mtim.tv_nsec);
}

/* What the copy's name tells of the source, and how large the source is. */
static bool state_of(import *m, str *out, int64_t *size, err *e)
{
    char hex[65];
    struct stat st;
    str all = {0};

    if (stat(m->real, &st))
        return err_set(e, ERR_DB, "%s: %s", m->path, strerror(errno));
    *size = (int64_t)st.st_size;
    if (m->kind != SOURCE_FOLDER) {
        add_state(out, &st);
        if (m->kind == SOURCE_SQLITE)
            sqlite_logs_state(m->real, out);
        return true;
    }
    *size = 0;
    if (!list_files(m, e))
        return false;
    for (int i = 0; i < m->n_files; i++) {
        str file = {0};

        str_addf(&file, "%s/%s", m->real, m->files[i]);
        str_addf(&all, "%s\n", m->files[i]);
        if (!stat(str_text(&file), &st)) {
            add_state(&all, &st);
            *size += (int64_t)st.st_size;
        }
        str_deinit(&file);
    }
    sha256_hex(str_text(&all), all.n, hex);
    str_addf(out, "%.32s", hex);
    str_deinit(&all);
    return true;
}

static bool import_named(import *m, const str *folder, str *target, err *e)
{
    char hex[65], prefix[48];
    str key = {0};
    int64_t size = 0;
    bool ok;

    str_addf(&key, "%d:%s", RULES, m->real);
    sha256_hex(str_text(&key), key.n, hex);
    str_deinit(&key);
    snprintf(prefix, sizeof prefix, "import-%.24s-", hex);
    str_addf(target, "%s/%s", folder->text, prefix);
    ok = state_of(m, target, &size, e);
    str_adds(target, ".duckdb");
    ok = ok && (!target->bad || err_set(e, ERR_NOMEM, "out of memory"));
    if (!ok || file_exists(target->text))
        return ok;
    ok = room_for(folder->text, m, size, e) && import_to(target->text, m, e);
    say(m, m->path, 1);
    if (ok)
        remove_older(folder, prefix, strrchr(target->text, '/') + 1);
    return ok;
}

char *import_file(const char *path, source_kind kind, const db_options *o, err *e)
{
    char *real = realpath(path, NULL);
    import *m = calloc(1, sizeof *m);
    str folder = {0}, target = {0};
    bool ok = m || err_set(e, ERR_NOMEM, "out of memory");

    if (ok && !real)
        ok = err_set(e, ERR_DB, "%s: %s", path, strerror(errno));
    if (ok)
        m->o = o, m->path = path, m->real = real, m->kind = kind;
    ok = ok && home_path(&folder, "cache", e) && dir_make(folder.text, e) &&
         import_named(m, &folder, &target, e);
    for (int i = 0; m && i < m->n_files; i++)
        free(m->files[i]);
    free(m);
    free(real);
    str_deinit(&folder);
    if (ok)
        return str_take(&target);
    str_deinit(&target);
    return NULL;
}
