/* create.c - making a database, and importing a file into one.
 *
 * The new file grows in a private folder beside its final place (same file
 * system, and the only place that the writing child may touch), is
 * checkpointed, fsynced and renamed. Whatever fails before the rename leaves
 * nothing: the folder goes with it. A program that was killed leaves its
 * folder, whose name holds its pid; the next one removes it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "db/db_impl.h"
#include "db/executor_impl.h"

typedef struct place {
    str folder; /* of the final path */
    const char *base; /* its last part, borrowed */
    str partial;      /* private folder, removed at the end */
    str file;         /* the database in it */
} place;

static void place_remove(place *p)
{
    if (p->partial.n) {
        temporary_clean(p->partial.text);
        rmdir(p->partial.text);
    }
    str_deinit(&p->folder);
    str_deinit(&p->partial);
    str_deinit(&p->file);
}

static void sweep(const place *p)
{
    DIR *d = opendir(p->folder.text);
    const size_t n = strlen(p->base);
    struct dirent *entry;

    while (d && (entry = readdir(d))) {
        const char *rest = entry->d_name + n;
        str path = {0};
        int pid = 0;

        if (strncmp(entry->d_name, p->base, n) || sscanf(rest, ".partial-%d-", &pid) != 1 ||
            pid <= 1 || !kill(pid, 0) || errno != ESRCH)
            continue;
        str_addf(&path, "%s/%s", p->folder.text, entry->d_name);
        if (!path.bad) {
            temporary_clean(path.text);
            rmdir(path.text);
        }
        str_deinit(&path);
    }
    if (d)
        closedir(d);
}

static bool place_make(place *p, const char *path, err *e)
{
    const char *slash = strrchr(path, '/');

    p->base = slash ? slash + 1 : path;
    if (!*p->base)
        return err_set(e, ERR_IO, "%s names a folder: give the name of a file", path);
    if (slash)
        str_add(&p->folder, path, slash > path ? (size_t)(slash - path) : 1);
    else
        str_adds(&p->folder, ".");
    if (p->folder.bad)
        return err_set(e, ERR_NOMEM, "out of memory");
    sweep(p);
    str_addf(&p->partial, "%s/%s.partial-%d-XXXXXX", p->folder.text, p->base, (int)getpid());
    if (p->partial.bad)
        return err_set(e, ERR_NOMEM, "out of memory");
    if (!mkdtemp(p->partial.text)) {
        str_deinit(&p->partial);
        return err_set(e, ERR_IO, "cannot write in %s: %s", p->folder.text, strerror(errno));
    }
    str_addf(&p->file, "%s/%s", p->partial.text, p->base);
    return !p->file.bad || err_set(e, ERR_NOMEM, "out of memory");
}

/* The database's name inside DuckDB: that of the file, without its ending. */
static char *inner_name(const char *base)
{
    static const char *const taken[] = {"memory", "system", "temp", "main"};
    const char *dot = strrchr(base, '.');
    char *name = strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));

    for (size_t i = 0; name && i < sizeof taken / sizeof *taken; i++)
        if (!strcasecmp(name, taken[i])) {
            free(name);
            return strdup("db");
        }
    return name;
}

/* One request of a script and its end. */
static bool step(process *child, frame_kind kind, const char *sql, const volatile int *cancel,
                 err *e)
{
    ask m = {.sql = sql};
    frame_kind got = REPLY_DONE;
    bool ok;

    if (cancel && *cancel)
        return err_set(e, ERR_CANCELLED, "interrupted");
    ok = process_ask(child, kind, &m, e) && process_reply(child, 0, cancel, &got, e);
    process_end_request(child);
    return ok && (got == REPLY_DONE ||
                  err_set(e, ERR_DB, "unexpected message from the database process"));
}

static bool run_script(process *child, const db_script *s, err *e)
{
    const char *sql;

    while ((sql = s->next(s->arg)))
        if (!step(child, ASK_RUN, sql, s->cancel, e))
            return false;
    return step(child, ASK_FINISH, NULL, s->cancel, e);
}

static bool sync_path(const char *path, int flags, err *e)
{
    const int fd = open(path, flags | O_CLOEXEC);
    const bool ok = fd >= 0 && !fsync(fd);

    if (!ok)
        err_set(e, ERR_IO, "%s: cannot write to disk: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool publish(const place *p, const char *path, err *e)
{
    str wal = {0};

    if (!sync_path(p->file.text, O_RDWR, e))
        return false;
    str_addf(&wal, "%s.wal", path);
    if (!wal.bad)
        unlink(wal.text); /* of the database that is replaced: not for this one */
    str_deinit(&wal);
    if (rename(p->file.text, path))
        return err_set(e, ERR_IO, "%s: cannot rename: %s", path, strerror(errno));
    return sync_path(p->folder.text, O_RDONLY | O_DIRECTORY, e);
}

static bool make(const char *path, open_mode mode, const char *source, const db_options *o,
                 const db_script *script, err *e)
{
    place p = {0};
    process_plan plan = {0};
    process child = {.fd = -1, .cancel_read = -1, .cancel_write = -1};
    char *name = NULL, *folder = NULL;
    bool ok = place_make(&p, path, e);

    if (ok) {
        folder = realpath(p.partial.text, NULL);
        name = inner_name(p.base);
        str_reset(&p.file);
        str_addf(&p.file, "%s/%s", folder ? folder : "", p.base);
        ok = (folder && name && !p.file.bad) || err_set(e, ERR_NOMEM, "out of memory");
    }
    ok = ok && process_plan_init(&plan, mode, p.file.text, o, e);
    if (ok) {
        free(plan.name);
        plan.name = name;
        name = NULL;
        free(plan.source);
        plan.source = strdup(source);
        ok = plan.source || err_set(e, ERR_NOMEM, "out of memory");
    }
    ok = ok && process_init(&child, e) && process_start(&child, &plan, e) &&
         process_greet(&child, e) && run_script(&child, script, e);
    process_deinit(&child);
    ok = ok && publish(&p, path, e);
    process_plan_deinit(&plan);
    free(name);
    free(folder);
    place_remove(&p);
    return ok;
}

bool db_create(const char *path, const db_options *o, bool replace, const db_script *script,
               err *e)
{
    struct stat st;

    if (!lstat(path, &st) && !replace)
        return err_set(e, ERR_IO, "%s exists already: choose another name, or say that it may be "
                                  "replaced", path);
    return make(path, MODE_WRITE, "", o, script, e);
}

/* ---- import ----------------------------------------------------------- */

typedef struct import_script {
    str sql;
    bool given;
} import_script;

static const char *import_next(void *arg)
{
    import_script *s = arg;

    if (s->given)
        return NULL;
    s->given = true;
    return str_text(&s->sql);
}

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

static void import_sql(str *sql, const char *real, const char *path, source_kind kind)
{
    str_adds(sql, "CREATE TABLE \"");
    add_table_name(sql, path);
    str_addf(sql, "\" AS SELECT * FROM %s('", kind == SOURCE_CSV ? "read_csv" : "read_parquet");
    for (; *real; real++)
        str_adds(sql, *real == '\'' ? "''" : (char[2]){*real, 0});
    str_adds(sql, "')");
}

/* Copies of earlier states of the same file. */
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

static bool room_for(const char *folder, const char *path, int64_t size, source_kind kind, err *e)
{
    const uint64_t need = (uint64_t)size * (kind == SOURCE_PARQUET ? 4 : 2) + (16 << 20);
    uint64_t have;

    return disk_free(folder, &have, e) &&
           (have >= need ||
            err_set(e, ERR_IO, "importing %s may need %llu MB in %s, where %llu MB are free: free "
                               "some, or set SALESBOT_HOME to another disk",
                    path, (unsigned long long)(need >> 20), folder,
                    (unsigned long long)(have >> 20)));
}

static bool import_to(const char *target, const char *real, const char *path, source_kind kind,
                      const db_options *o, err *e)
{
    import_script s = {0};
    const db_script script = {.next = import_next, .arg = &s};
    bool ok;

    import_sql(&s.sql, real, path, kind);
    ok = s.sql.bad ? err_set(e, ERR_NOMEM, "out of memory")
                   : make(target, MODE_IMPORT, real, o, &script, e);
    str_deinit(&s.sql);
    return ok || err_wrap(e, "importing %s", path);
}

char *import_file(const char *path, source_kind kind, const db_options *o, err *e)
{
    char *real = realpath(path, NULL), hex[65], prefix[48];
    str folder = {0}, target = {0};
    const char *keep;
    struct stat st;
    bool ok = real && !stat(real, &st);

    if (!ok)
        err_set(e, ERR_DB, "%s: %s", path, strerror(errno));
    ok = ok && home_path(&folder, "cache", e) && dir_make(folder.text, e);
    if (ok) {
        sha256_hex(real, strlen(real), hex);
        snprintf(prefix, sizeof prefix, "import-%.24s-", hex);
        str_addf(&target, "%s/%s%lld-%lld.%09ld.duckdb", folder.text, prefix,
                 (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
        ok = !target.bad || err_set(e, ERR_NOMEM, "out of memory");
    }
    if (ok && !file_exists(target.text)) {
        ok = room_for(folder.text, path, st.st_size, kind, e) &&
             import_to(target.text, real, path, kind, o, e);
        keep = ok ? strrchr(target.text, '/') + 1 : NULL;
        if (keep)
            remove_older(&folder, prefix, keep);
    }
    free(real);
    str_deinit(&folder);
    if (ok)
        return str_take(&target);
    str_deinit(&target);
    return NULL;
}
