/* create.c - making a database: all of it, or nothing.
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

bool child_step(process *child, frame_kind kind, const char *sql, const volatile int *cancel,
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

static bool prepare(const place *p, const make_job *j, const db_options *o, process_plan *plan,
                    err *e)
{
    char *folder = realpath(p->partial.text, NULL), *source = NULL;
    str file = {0};
    bool ok;

    str_addf(&file, "%s/%s", folder ? folder : "", p->base);
    ok = (folder && !file.bad) || err_set(e, ERR_NOMEM, "out of memory");
    ok = ok && process_plan_init(plan, j->mode, file.text, o, e);
    if (ok) {
        source = j->stage ? j->stage(j->arg, folder, e) : strdup(j->source ? j->source : "");
        ok = source || (j->stage ? false : err_set(e, ERR_NOMEM, "out of memory"));
    }
    if (ok) {
        free(plan->name);
        free(plan->source);
        plan->name = inner_name(p->base);
        plan->source = source;
        ok = plan->name || err_set(e, ERR_NOMEM, "out of memory");
    }
    str_deinit(&file);
    free(folder);
    return ok;
}

bool database_make(const char *path, const make_job *j, const db_options *o, err *e)
{
    place p = {0};
    process_plan plan = {0};
    process child = {.fd = -1, .cancel_read = -1, .cancel_write = -1};
    bool ok = place_make(&p, path, e) && prepare(&p, j, o, &plan, e);

    ok = ok && process_init(&child, e) && process_start(&child, &plan, e) &&
         process_greet(&child, e) && j->run(&child, j->arg, e) &&
         child_step(&child, ASK_FINISH, NULL, j->cancel, e);
    process_deinit(&child);
    ok = ok && publish(&p, path, e);
    process_plan_deinit(&plan);
    place_remove(&p);
    return ok;
}

static bool run_script(process *child, void *arg, err *e)
{
    const db_script *s = arg;
    const char *sql;

    while ((sql = s->next(s->arg)))
        if (!child_step(child, ASK_RUN, sql, s->cancel, e))
            return false;
    return true;
}

bool db_create(const char *path, const db_options *o, bool replace, const db_script *script,
               err *e)
{
    db_script copy = *script;
    make_job job = {.mode = MODE_WRITE, .run = run_script};
    struct stat st;

    if (!lstat(path, &st) && !replace)
        return err_set(e, ERR_IO, "%s exists already: choose another name, or say that it may be "
                                  "replaced", path);
    job.arg = &copy;
    job.cancel = script->cancel;
    return database_make(path, &job, o, e);
}
