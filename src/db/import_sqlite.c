/* import_sqlite.c - the parent's side of reading a SQLite file.
 *
 * Nothing of its content is looked at here. The child opens it immutable, which
 * ignores locks and logs, so this side keeps SQLite's promises: it holds the
 * shared lock of a reader while the child reads, waits for a writer, and hands
 * over a private copy where a log (`-wal`, or the `-journal` of a broken
 * transaction) must first become part of the file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "db/db_impl.h"

/* The lock bytes of SQLite's file format (sqlite.org/lockingv3.html). */
enum { PENDING_BYTE = 0x40000000, SHARED_FIRST = PENDING_BYTE + 2, SHARED_SIZE = 510 };
enum { RETRY_MS = 50, WAIT_MS = 2000, COPY_TRIES = 5, SPREAD = 30 };

static const char *const logs[] = {"-wal", "-journal"};
enum { N_LOGS = sizeof logs / sizeof *logs };

typedef struct lite_source {
    const char *real;
    const db_options *o;
    int fd;
    struct stat before;
    bool copied;
} lite_source;

static bool log_stat(const char *real, int i, struct stat *st)
{
    str path = {0};
    bool found;

    str_addf(&path, "%s%s", real, logs[i]);
    found = !path.bad && !stat(path.text, st) && st->st_size > 0;
    str_deinit(&path);
    return found;
}

static bool has_logs(const char *real)
{
    struct stat st;

    return log_stat(real, 0, &st) || log_stat(real, 1, &st);
}

void sqlite_logs_state(const char *real, str *out)
{
    struct stat st;

    for (int i = 0; i < N_LOGS; i++)
        if (log_stat(real, i, &st))
            str_addf(out, "%s-%lld-%lld.%09ld", logs[i], (long long)st.st_size,
                     (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

/* A reader's lock; a file system without locks is read without. */
static bool lock_shared(lite_source *s, err *e)
{
    const int64_t end = now_ms() + WAIT_MS;
    struct flock pending = {.l_type = F_RDLCK, .l_start = PENDING_BYTE, .l_len = 1};
    struct flock shared = {.l_type = F_RDLCK, .l_start = SHARED_FIRST, .l_len = SHARED_SIZE};

    for (;;) {
        const bool entered = !fcntl(s->fd, F_OFD_SETLK, &pending);
        const bool ok = entered && !fcntl(s->fd, F_OFD_SETLK, &shared);
        const int why = errno;

        pending.l_type = F_UNLCK;
        if (entered)
            fcntl(s->fd, F_OFD_SETLK, &pending);
        pending.l_type = F_RDLCK;
        if (ok || (why != EAGAIN && why != EACCES))
            return true;
        if (now_ms() >= end)
            return err_set(e, ERR_DB, "the file is locked by another program that writes to it: "
                                      "try again when that program has finished");
        pause_ms(RETRY_MS);
    }
}

static bool unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ino == b->st_ino;
}

/* ---- a copy with its logs --------------------------------------------- */

static bool copy_bytes(const char *from, const char *to, err *e)
{
    const int in = open(from, O_RDONLY | O_CLOEXEC);
    const int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = (in >= 0 || errno == ENOENT) && out >= 0;
    ssize_t n = in >= 0 ? 1 : 0;

    while (ok && n > 0)
        ok = (n = sendfile(out, in, NULL, 1 << 24)) >= 0;
    if (!ok)
        err_set(e, ERR_IO, "copying %s to read its log: %s", from, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return ok;
}

static bool copy_once(const lite_source *s, const char *to, err *e)
{
    bool ok = copy_bytes(s->real, to, e);

    for (int i = 0; ok && i < N_LOGS; i++) {
        str from = {0}, log = {0};
        struct stat st;

        str_addf(&from, "%s%s", s->real, logs[i]);
        str_addf(&log, "%s%s", to, logs[i]);
        ok = (!from.bad && !log.bad) || err_set(e, ERR_NOMEM, "out of memory");
        if (ok && log_stat(s->real, i, &st))
            ok = copy_bytes(from.text, log.text, e);
        str_deinit(&from);
        str_deinit(&log);
    }
    return ok;
}

/* A copy is good when nothing changed while it was made. */
static bool copy_steady(const lite_source *s, const char *to, err *e)
{
    for (int i = 0; i < COPY_TRIES; i++) {
        str before = {0}, after = {0};
        struct stat a, b;
        bool same = !stat(s->real, &a);

        sqlite_logs_state(s->real, &before);
        if (!copy_once(s, to, e)) {
            str_deinit(&before);
            return false;
        }
        sqlite_logs_state(s->real, &after);
        same = same && !stat(s->real, &b) && unchanged(&a, &b) &&
               !strcmp(str_text(&before), str_text(&after));
        str_deinit(&before);
        str_deinit(&after);
        if (same)
            return true;
        pause_ms(RETRY_MS * (i + 1));
    }
    return err_set(e, ERR_DB, "the file is being written to all the time: try again later, or "
                              "give a copy (sqlite3 FILE \".backup COPY\")");
}

static char *stage(void *arg, const char *folder, err *e)
{
    lite_source *s = arg;
    str to = {0};

    s->copied = has_logs(s->real);
    if (!s->copied) {
        char *same = strdup(s->real);

        if (!same)
            err_set(e, ERR_NOMEM, "out of memory");
        return same;
    }
    str_addf(&to, "%s/source.sqlite", folder);
    if (!to.bad && copy_steady(s, to.text, e))
        return str_take(&to);
    if (to.bad)
        err_set(e, ERR_NOMEM, "out of memory");
    str_deinit(&to);
    return NULL;
}

/* ---- asking the child ------------------------------------------------- */

static bool told(process *child, const db_options *o, err *e)
{
    wire w = {.base = (const uint8_t *)str_text(&child->payload), .n = child->payload.n};
    const char *what;
    double share;

    if (!progress_get(&w, &what, &share, e))
        return process_distrust(child, e);
    if (o->on_import)
        o->on_import(o->import_arg, what, share);
    return true;
}

static bool run(process *child, void *arg, err *e)
{
    lite_source *s = arg;
    ask m = {.sql = s->copied ? IMPORT_COPY : "",
             .max_bytes = SPREAD * (int64_t)s->before.st_size + ((int64_t)256 << 20)};
    frame_kind kind = REPLY_DONE;
    struct stat after;
    bool ok = process_ask(child, ASK_IMPORT, &m, e);

    while (ok && (ok = process_reply(child, 0, s->o->import_cancel, &kind, e)) &&
           kind == REPLY_PROGRESS) {
        ok = told(child, s->o, e);
        if (ok && s->o->import_cancel && *s->o->import_cancel)
            process_cancel(child);
    }
    process_end_request(child);
    if (ok && kind != REPLY_DONE)
        return err_set(e, ERR_DB, "unexpected message from the database process");
    if (ok && !s->copied && (fstat(s->fd, &after) || !unchanged(&s->before, &after)))
        return err_set(e, ERR_DB, "the file changed while it was read: try again");
    return ok;
}

bool import_sqlite(const char *target, const char *real, const db_options *o, err *e)
{
    lite_source s = {.real = real, .o = o, .fd = open(real, O_RDONLY | O_CLOEXEC)};
    const make_job job = {.mode = MODE_IMPORT, .stage = stage, .run = run, .arg = &s,
                          .cancel = o->import_cancel};
    bool ok = s.fd >= 0 || err_set(e, ERR_DB, "%s", strerror(errno));

    ok = ok && lock_shared(&s, e);
    if (ok && fstat(s.fd, &s.before))
        ok = err_set(e, ERR_DB, "%s", strerror(errno));
    ok = ok && database_make(target, &job, o, e);
    if (s.fd >= 0)
        close(s.fd);
    return ok;
}
