/* process.c - spawning, asking and ending the executor.
 *
 * posix_spawn, never a bare fork: a fork of a process with threads may only
 * call async-signal-safe functions, and would carry the model's memory along.
 * The child gets two descriptors, a handful of environment variables and its
 * own process group, so that a Ctrl-C at the terminal reaches only us. */
#include "db/process_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pool.h"
#include "db/executor_impl.h"

extern char **environ;

enum { SLICE_MS = 100, FDS_FROM = 16 };
static const int64_t default_memory = (int64_t)1 << 30;
static const int64_t temporary_limit = (int64_t)4 << 30;

/* ---- plan ------------------------------------------------------------- */

static const char *given(const char *option, const char *variable)
{
    const char *value = option ? option : getenv(variable);

    return value && *value ? value : NULL;
}

bool process_plan_init(process_plan *p, open_mode mode, const char *path, const db_options *o,
                       err *e)
{
    const char *program = given(o->program, "SALESBOT_PROGRAM");
    const char *library = given(o->library, "SALESBOT_DUCKDB");
    str home = {0};

    *p = (process_plan){.mode = mode};
    p->threads = (uint32_t)(o->threads > 0 ? o->threads : cpu_count());
    p->memory_bytes = o->memory_bytes > 0 ? o->memory_bytes : default_memory;
    if (!library && !home_path(&home, "lib/libduckdb.so", e))
        return false;
    p->program = strdup(program ? program : "/proc/self/exe");
    p->library = library ? realpath(library, NULL) : realpath(str_text(&home), NULL);
    if (!p->library)
        err_set(e, errno == ENOMEM ? ERR_NOMEM : ERR_DB, "%s: %s: run `make setup`, or set SALESBOT_DUCKDB "
                           "to the path of libduckdb.so",
                library ? library : str_text(&home), strerror(errno));
    str_deinit(&home);
    if (!p->library)
        return false;
    p->path = strdup(path);
    p->source = strdup("");
    p->name = strdup("");
    return (p->program && p->path && p->source && p->name) ||
           err_set(e, ERR_NOMEM, "out of memory");
}

void process_plan_deinit(process_plan *p)
{
    free(p->program);
    free(p->library);
    free(p->path);
    free(p->source);
    free(p->name);
    *p = (process_plan){0};
}

/* ---- the private temporary folder ------------------------------------- */

static const char *temporary_root(void)
{
    const char *root = getenv("TMPDIR");

    return root && *root == '/' ? root : "/tmp";
}

/* Folders of programs that were killed: their name holds the pid. */
static void temporary_sweep(const char *root)
{
    DIR *d = opendir(root);
    struct dirent *entry;
    struct stat st;

    while (d && (entry = readdir(d))) {
        int pid = 0;
        str path = {0};

        if (sscanf(entry->d_name, "salesbot-db-%d-", &pid) != 1 || pid <= 1 ||
            !kill(pid, 0) || errno != ESRCH)
            continue;
        str_addf(&path, "%s/%s", root, entry->d_name);
        if (!path.bad && !lstat(path.text, &st) && S_ISDIR(st.st_mode) &&
            st.st_uid == geteuid()) {
            temporary_clean(path.text);
            rmdir(path.text);
        }
        str_deinit(&path);
    }
    if (d)
        closedir(d);
}

static bool temporary_make(process *p, err *e)
{
    const char *root = temporary_root();
    str path = {0};

    temporary_sweep(root);
    str_addf(&path, "%s/salesbot-db-%d-XXXXXX", root, (int)getpid());
    p->temporary = str_take(&path);
    if (!p->temporary)
        return err_set(e, ERR_NOMEM, "out of memory");
    if (mkdtemp(p->temporary)) /* 0700 */
        return true;
    err_set(e, ERR_IO, "cannot make a temporary folder in %s: %s (set TMPDIR to a folder that "
                       "can be written)", root, strerror(errno));
    free(p->temporary);
    p->temporary = NULL;
    return false;
}

static void temporary_remove(process *p)
{
    if (!p->temporary)
        return;
    temporary_clean(p->temporary);
    rmdir(p->temporary);
    free(p->temporary);
    p->temporary = NULL;
}

/* ---- spawning --------------------------------------------------------- */

/* Out of the way of the numbers that the child expects. */
static int raised(int fd)
{
    const int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FDS_FROM);

    if (fd >= 0)
        close(fd);
    return moved;
}

bool process_init(process *p, err *e)
{
    int fds[2];

    *p = (process){.fd = -1, .cancel_read = -1, .cancel_write = -1};
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
        return err_set(e, ERR_IO, "cannot make a pipe: %s", strerror(errno));
    p->cancel_read = raised(fds[0]);
    p->cancel_write = raised(fds[1]);
    return (p->cancel_read >= 0 && p->cancel_write >= 0) ||
           err_set(e, ERR_IO, "cannot make a pipe: %s", strerror(errno));
}

void process_deinit(process *p)
{
    process_stop(p, NULL);
    if (p->cancel_read >= 0)
        close(p->cancel_read);
    if (p->cancel_write >= 0)
        close(p->cancel_write);
    str_deinit(&p->payload);
    free(p->note);
    *p = (process){.fd = -1, .cancel_read = -1, .cancel_write = -1};
}

static bool wanted(const char *variable)
{
    static const char *const names[] = {"TZ=", "LD_LIBRARY_PATH=", "ASAN_OPTIONS=",
                                        "UBSAN_OPTIONS=", "TSAN_OPTIONS=", "LLVM_PROFILE_FILE="};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_starts(variable, names[i]))
            return true;
    return false;
}

static bool add_actions(posix_spawn_file_actions_t *a, int fd, int cancel_fd)
{
    bool ok = !posix_spawn_file_actions_addopen(a, 0, "/dev/null", O_RDONLY, 0) &&
              !posix_spawn_file_actions_addopen(a, 1, "/dev/null", O_WRONLY, 0);

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ok = ok && !posix_spawn_file_actions_addopen(a, 2, "/dev/null", O_WRONLY, 0);
#endif
    return ok && !posix_spawn_file_actions_adddup2(a, fd, EXECUTOR_SOCKET) &&
           !posix_spawn_file_actions_adddup2(a, cancel_fd, EXECUTOR_CANCEL) &&
           !posix_spawn_file_actions_addclosefrom_np(a, EXECUTOR_CANCEL + 1);
}

static bool add_attributes(posix_spawnattr_t *a)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    return !posix_spawnattr_setflags(a, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                            POSIX_SPAWN_SETSIGDEF) &&
           !posix_spawnattr_setpgroup(a, 0) && !posix_spawnattr_setsigmask(a, &none) &&
           !posix_spawnattr_setsigdefault(a, &all);
}

static bool spawn(process *p, const char *program, int child_fd, err *e)
{
    char name[] = "salesbot", verb[] = "__executor", *argv[] = {name, verb, NULL};
    char *env[16];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    size_t n = 0;
    int bad = ENOMEM;

    for (char **v = environ; v && *v && n < sizeof env / sizeof *env - 1; v++)
        if (wanted(*v))
            env[n++] = *v;
    env[n] = NULL;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (add_actions(&actions, child_fd, p->cancel_read) && add_attributes(&attributes))
        bad = posix_spawn(&p->pid, program, &actions, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (!bad)
        return true;
    p->pid = 0;
    return err_set(e, bad == ENOMEM ? ERR_NOMEM : ERR_DB, "cannot start the database process %s: %s", program, strerror(bad));
}

static bool send_opening(process *p, const process_plan *plan, err *e)
{
    const ask_open m = {.mode = plan->mode,
                        .library = plan->library,
                        .path = plan->path,
                        .temporary = p->temporary,
                        .source = plan->source,
                        .name = plan->name,
                        .threads = plan->threads,
                        .idle_ms = plan->idle_ms,
                        .wait_ms = OPEN_WAIT_MS,
                        .memory_bytes = plan->memory_bytes,
                        .temporary_bytes = temporary_limit};
    str payload = {0};
    bool ok;

    ask_open_put(&payload, &m);
    ok = channel_send(p->fd, ASK_OPEN, &payload, e);
    str_deinit(&payload);
    return ok;
}

static bool hello(process *p, err *e)
{
    frame_kind kind;
    const char *note;
    wire w;

    if (!process_reply(p, now_ms() + OPEN_LIMIT_MS, NULL, &kind, e))
        return false;
    w = (wire){.base = (const uint8_t *)str_text(&p->payload), .n = p->payload.n};
    note = wire_text(&w);
    if (kind != REPLY_HELLO || !wire_done(&w))
        return err_set(e, ERR_DB, "the database process does not speak our language: is "
                                  "SALESBOT_PROGRAM another version of this program?");
    free(p->note);
    p->note = strdup(note);
    p->greeted = true;
    return p->note || err_set(e, ERR_NOMEM, "out of memory");
}

bool process_greet(process *p, err *e)
{
    if (p->greeted || hello(p, e))
        return true;
    process_stop(p, NULL);
    return false;
}

/* The child has ended in the middle of a request: why. */
static bool died(process *p, err *e)
{
    int status = 0;

    /* it has closed the socket; give it a moment to be reaped with its own reason */
    for (int i = 0; i < 50 && p->pid > 0; i++) {
        const pid_t done = waitpid(p->pid, &status, WNOHANG);

        if (done == p->pid)
            p->pid = 0;
        else
            usleep(2000);
    }
    process_stop(p, p->pid > 0 ? &status : NULL);
    p->left = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (WIFSIGNALED(status))
        return err_set(e, ERR_DB, "the database process was ended by signal %d (%s); the next "
                                  "question starts a new one",
                       WTERMSIG(status), strsignal(WTERMSIG(status)));
    return err_set(e, ERR_DB, "the database process ended by itself (exit %d); the next question "
                              "starts a new one", WEXITSTATUS(status));
}

bool process_start(process *p, const process_plan *plan, err *e)
{
    int fds[2] = {-1, -1};
    bool ok;

    process_stop(p, NULL);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
        return err_set(e, ERR_IO, "cannot make a socket pair: %s", strerror(errno));
    p->fd = raised(fds[0]);
    fds[1] = raised(fds[1]);
    ok = (p->fd >= 0 && fds[1] >= 0) || err_set(e, ERR_IO, "too many open files");
    ok = ok && temporary_make(p, e) && spawn(p, plan->program, fds[1], e);
    if (fds[1] >= 0)
        close(fds[1]);
    if (ok && !send_opening(p, plan, e)) /* it was gone before it could listen */
        return e->code == ERR_DB ? died(p, e) : (process_stop(p, NULL), false);
    if (!ok)
        process_stop(p, NULL);
    return ok;
}

void process_stop(process *p, int *status)
{
    int ended = 0;

    if (p->fd >= 0)
        close(p->fd); /* an idle child leaves by itself; a busy one is killed */
    p->fd = -1;
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        while (waitpid(p->pid, &ended, 0) < 0 && errno == EINTR)
            continue;
    }
    p->pid = 0;
    p->greeted = false;
    temporary_remove(p);
    if (status)
        *status = ended;
}

bool process_gone(process *p)
{
    struct pollfd fd = {.fd = p->fd, .events = POLLIN};

    /* once it has greeted it speaks only when asked: anything else is its end */
    return p->fd < 0 || (p->greeted && poll(&fd, 1, 0) > 0);
}

/* ---- asking ----------------------------------------------------------- */

bool process_ask(process *p, frame_kind kind, ask *m, err *e)
{
    str payload = {0};
    bool ok;

    m->number = ++p->number;
    m->sql = m->sql ? m->sql : "";
    ask_put(&payload, m);
    atomic_store(&p->in_flight, m->number);
    ok = channel_send(p->fd, kind, &payload, e);
    str_deinit(&payload);
    return ok;
}

void process_end_request(process *p)
{
    atomic_store(&p->in_flight, 0);
}

void process_cancel(process *p)
{
    const uint64_t number = atomic_load(&p->in_flight);
    const int saved = errno;

    if (number) {
        atomic_store(&p->cancelled, number);
        if (write(p->cancel_write, &number, sizeof number) < 0)
            atomic_store(&p->cancelled, number); /* a full pipe holds one already */
    }
    errno = saved;
}

bool process_distrust(process *p, err *e)
{
    process_stop(p, NULL);
    if (e->code != ERR_NOMEM)
        e->code = ERR_DB;
    return err_wrap(e, "the database process was ended");
}

static bool error_reply(process *p, err *e)
{
    wire w = {.base = (const uint8_t *)str_text(&p->payload), .n = p->payload.n};
    err theirs;

    if (error_get(&w, &theirs, e)) {
        *e = theirs;
        return false;
    }
    return process_distrust(p, e);
}

bool process_reply(process *p, int64_t deadline, const volatile int *cancel, frame_kind *kind,
                   err *e)
{
    int64_t give_up = deadline ? deadline + GRACE_MS : 0;
    bool was_cancelled = false;
    channel_state state;

    while ((state = channel_wait(p->fd, SLICE_MS)) == CHANNEL_TIMEOUT) {
        const uint64_t number = atomic_load(&p->in_flight);

        if (cancel && *cancel)
            process_cancel(p);
        if (!was_cancelled && number && atomic_load(&p->cancelled) == number) {
            was_cancelled = true;
            give_up = now_ms() + GRACE_MS;
        }
        if (give_up && now_ms() >= give_up) {
            process_stop(p, NULL);
            return was_cancelled ? err_set(e, ERR_CANCELLED, "interrupted")
                                 : err_set(e, ERR_LIMIT, "the database did not stop at its time "
                                                         "limit and was ended");
        }
    }
    state = state == CHANNEL_OK ? channel_receive(p->fd, kind, &p->payload, e) : CHANNEL_CLOSED;
    if (state == CHANNEL_OK)
        return *kind != REPLY_ERROR || error_reply(p, e);
    if (state == CHANNEL_CLOSED || e->code == ERR_DB)
        return died(p, e);
    return process_distrust(p, e);
}
