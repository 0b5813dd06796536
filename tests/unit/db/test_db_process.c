/* The executor as a process: what it is given, what it may not do, how it ends. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "db/db_impl.h"
#include "db/executor_impl.h"
#include "support.h"

static const char endless[] = "SELECT count(*) FROM range(100000000) a, range(100000000) b"
                              " WHERE (a.range + b.range) % 7 = 3";

static void sleep_ms(int ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&pause, NULL);
}

static db *open_shop(err *e)
{
    return db_open(shop_path(), &(db_options){.threads = 1}, e);
}

/* Running or waiting: not gone, and not merely waiting to be reaped by init. */
static bool alive(pid_t pid)
{
    char path[64];
    str stat = {0};
    const char *state;
    bool yes = false;
    err e;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (file_read(path, 4096, &stat, &e)) {
        state = strrchr(stat.text, ')');
        yes = state && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
    }
    str_deinit(&stat);
    return yes;
}

/* ---- what it is given ------------------------------------------------- */

static void few_descriptors_and_variables(void)
{
    const int leaked = open("/etc/hostname", O_RDONLY), far = dup2(leaked, 60); /* no O_CLOEXEC */
    char path[64], target[512];
    struct dirent *entry;
    str environment = {0};
    DIR *fds;
    err e;
    db *d;

    setenv("SECRET_TOKEN", "x", 1);
    CHECK_OK(d = open_shop(&e));
    snprintf(path, sizeof path, "/proc/%d/environ", (int)d->child.pid);
    CHECK_OK(file_read(path, 1 << 20, &environment, &e));
    for (size_t at = 0; at < environment.n; at += strlen(environment.text + at) + 1) {
        CHECK(!strstr(environment.text + at, "SECRET_TOKEN"));
        CHECK(!str_starts(environment.text + at, "HOME="));
        CHECK(!str_starts(environment.text + at, "SALESBOT_"));
    }
    str_deinit(&environment);
    snprintf(path, sizeof path, "/proc/%d/fd", (int)d->child.pid);
    CHECK(fds = opendir(path));
    while ((entry = readdir(fds))) {
        const ssize_t n = readlinkat(dirfd(fds), entry->d_name, target, sizeof target - 1);

        target[n > 0 ? n : 0] = 0;
        CHECK(!strstr(target, "hostname"));
    }
    closedir(fds);
    close(leaked);
    close(far);
    CHECK(getpgid(d->child.pid) == d->child.pid); /* not the terminal's group */
    db_close(d);
}

static void temporary_folder(void)
{
    struct stat st;
    str folder = {0};
    err e;
    db *d;

    CHECK_OK(d = open_shop(&e));
    str_adds(&folder, d->child.temporary);
    CHECK(!stat(folder.text, &st) && (st.st_mode & 07777) == 0700);
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    kill(d->child.pid, SIGKILL);
    sleep_ms(100);
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1"); /* in a new one */
    CHECK(!file_exists(folder.text));
    db_close(d);
    CHECK(entries(home, "salesbot-db-") == 0);
    str_deinit(&folder);
}

/* A folder left by a program that was killed goes with the next open. */
static void old_folders_are_swept(void)
{
    const pid_t gone = fork();
    char name[64];
    err e;
    db *d;

    if (gone == 0)
        _exit(0);
    waitpid(gone, NULL, 0);
    make_home();
    snprintf(name, sizeof name, "salesbot-db-%d-abcdef", (int)gone);
    CHECK(!mkdir(in_home(name), 0700));
    snprintf(name, sizeof name, "salesbot-db-%d-abcdef/spill.tmp", (int)gone);
    CHECK_OK(file_write_atomic(in_home(name), "x", 1, 0600, &e));
    CHECK_OK(d = open_shop(&e));
    snprintf(name, sizeof name, "salesbot-db-%d-", (int)gone);
    CHECK(entries(home, name) == 0);
    db_close(d);
}

/* Sorting more than the memory limit spills into the folder, and still works. */
static void spills(void)
{
    err e;
    db *d;

    CHECK_OK(d = db_open(shop_path(), &(db_options){.threads = 1, .memory_bytes = 48 << 20}, &e));
    CHECK_TEXT(ask_cell(d, "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY hash(range),"
                           " range) AS n FROM range(3000000))", &e), "3000000");
    db_close(d);
}

/* ---- what it may not do ----------------------------------------------- */

/* In a process of its own: enter the sandbox and try. Returns 0 if all the
 * calls failed as they should, else the number of the first that did not. */
static int try_from_within(const char *database, const char *temporary, const char *library)
{
    const ask_open m = {.mode = MODE_READ,
                        .library = library,
                        .path = database,
                        .temporary = temporary,
                        .source = "",
                        .name = "",
                        .temporary_bytes = 1 << 20};
    char *const argv[] = {NULL};
    char file[600];
    str note = {0};
    int fd;

    sandbox_enter(&m, &note);
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
        return 1;
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EPERM)
        return 2;
    if (fork() >= 0 || errno != EPERM)
        return 3;
    if (!execve("/bin/true", argv, argv) || (errno != EPERM && errno != EACCES))
        return 4;
    if (ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) != -1)
        return 5;
    if (!kill(getppid(), 0) || errno != EPERM)
        return 6;
    if (!chmod(temporary, 0777))
        return 7;
    if (note.n) /* the rest is landlock's; the kernel said it has none */
        return 100;
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
        return 8;
    if (open(database, O_RDWR) >= 0 || errno != EACCES)
        return 9;
    fd = open(database, O_RDONLY);
    if (fd < 0)
        return 10;
    snprintf(file, sizeof file, "%s/../intruder", temporary);
    if (open(file, O_CREAT | O_WRONLY, 0600) >= 0)
        return 11;
    snprintf(file, sizeof file, "%s/spill", temporary);
    fd = open(file, O_CREAT | O_WRONLY, 0600);
    if (fd < 0)
        return 12;
    signal(SIGXFSZ, SIG_IGN);
    if (!ftruncate(fd, 2 << 20)) /* bounded */
        return 13;
    return unlink(file) ? 14 : 0;
}

static void sandbox_holds(void)
{
    const char *temporary = in_home("within");
    const char *database = shop_path();
    int status = 0;
    pid_t pid;
    err e;
    db *d;

    CHECK(!mkdir(temporary, 0700));
    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(try_from_within(database, temporary, getenv("SALESBOT_DUCKDB")));
    waitpid(pid, &status, 0);
    CHECK(WIFEXITED(status));
    if (WEXITSTATUS(status) == 100)
        printf("     no landlock in this kernel: files are not confined\n");
    else if (WEXITSTATUS(status))
        FAIL_("attempt %d was not refused", WEXITSTATUS(status));
    CHECK_OK(d = open_shop(&e));
    CHECK((WEXITSTATUS(status) == 100) == (*db_sandbox_note(d) != 0));
    db_close(d);
}

/* ---- how it ends ------------------------------------------------------ */

typedef struct killing {
    pid_t pid;
    int sig, after_ms;
} killing;

static void *kill_later(void *arg)
{
    const killing *k = arg;

    sleep_ms(k->after_ms);
    kill(k->pid, k->sig);
    return NULL;
}

static void killed_in_a_query(void)
{
    pthread_t thread;
    killing k = {.sig = SIGKILL, .after_ms = 150};
    err e;
    db *d;

    CHECK_OK(d = open_shop(&e));
    for (int i = 0; i < 2; i++) {
        k.pid = d->child.pid;
        CHECK(!pthread_create(&thread, NULL, kill_later, &k));
        CHECK_ERR(db_execute(d, endless, &(db_limits){0}, &e), ERR_DB, "signal 9");
        pthread_join(thread, NULL);
        CHECK_TEXT(ask_cell(d, "SELECT count(*) FROM sale", &e), "30000");
        CHECK(d->child.pid != k.pid);
    }
    db_close(d);
}

static void interrupt_leaves_it(void)
{
    err e;
    db *d;

    CHECK_OK(d = open_shop(&e));
    kill(d->child.pid, SIGINT);
    kill(d->child.pid, SIGTERM); /* with its parent alive: ignored */
    sleep_ms(100);
    CHECK(!process_gone(&d->child));
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    db_close(d);
}

/* A child that does not answer its deadline is ended by the parent. */
static void stopped_child_is_ended(void)
{
    const int64_t began = now_ms();
    err e;
    db *d;

    CHECK_OK(d = open_shop(&e));
    kill(d->child.pid, SIGSTOP);
    CHECK_ERR(db_execute(d, "SELECT 1", &(db_limits){.timeout_ms = 200}, &e), ERR_LIMIT, "ended");
    CHECK(now_ms() - began < 200 + GRACE_MS + 2000);
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    db_close(d);
}

/* The parent is killed while a statement runs: the child follows at once. */
static void dies_with_its_parent(void)
{
    int fds[2];
    pid_t parent, child = 0;

    CHECK(!pipe(fds));
    shop_path();
    fflush(NULL);
    parent = fork();
    if (parent == 0) {
        err e;
        db *d = open_shop(&e);

        if (!d || write(fds[1], &d->child.pid, sizeof d->child.pid) < 0)
            _exit(1);
        db_result_free(db_execute(d, endless, &(db_limits){0}, &e));
        _exit(0);
    }
    CHECK(read(fds[0], &child, sizeof child) == (ssize_t)sizeof child && child > 1);
    sleep_ms(200);
    CHECK(alive(child));
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    for (int i = 0; i < 500 && alive(child); i++)
        sleep_ms(10);
    CHECK(!alive(child));
    close(fds[0]);
    close(fds[1]);
}

/* The thread that started it ends; the process does not: it stays. */
static void *open_in_thread(void *arg)
{
    err e;

    *(db **)arg = open_shop(&e);
    return NULL;
}

static void outlives_its_thread(void)
{
    pthread_t thread;
    db *d = NULL;
    pid_t pid;
    err e;

    CHECK(!pthread_create(&thread, NULL, open_in_thread, &d));
    pthread_join(thread, NULL);
    CHECK(d);
    pid = d->child.pid;
    sleep_ms(100);
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    CHECK(d->child.pid == pid);
    db_close(d);
}

static void typed_by_hand(void)
{
    char program[512], command[640];
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

    CHECK(n > 0);
    program[n] = 0;
    snprintf(command, sizeof command, "exec 3<&- 4<&-; '%s' __executor", program);
    CHECK(WEXITSTATUS(system(command)) == EXECUTOR_BAD_CALL);
}

/* A child that speaks nonsense: /bin/sh on our socket. */
static void nonsense_is_refused(void)
{
    const char *script = in_home("nonsense");
    static const char text[] = "#!/bin/sh\nhead -c 100 /dev/zero >&3\nsleep 5\n";
    static const char half[] = "#!/bin/sh\nprintf 'SBX1' >&3\nexit 0\n";
    err e;

    make_home();
    CHECK_OK(file_write_atomic(script, text, sizeof text - 1, 0700, &e));
    CHECK_ERR(db_open(shop_path(), &(db_options){.program = script}, &e), ERR_DB, "malformed");
    CHECK_OK(file_write_atomic(script, half, sizeof half - 1, 0700, &e));
    CHECK_ERR(db_open(shop_path(), &(db_options){.program = script}, &e), ERR_DB, "ended");
}

TEST_MAIN_WITH_EXECUTOR({"few_descriptors_and_variables", few_descriptors_and_variables},
                        {"temporary_folder", temporary_folder},
                        {"old_folders_are_swept", old_folders_are_swept},
                        {"spills", spills},
                        {"sandbox_holds", sandbox_holds},
                        {"killed_in_a_query", killed_in_a_query},
                        {"interrupt_leaves_it", interrupt_leaves_it},
                        {"stopped_child_is_ended", stopped_child_is_ended},
                        {"dies_with_its_parent", dies_with_its_parent},
                        {"outlives_its_thread", outlives_its_thread},
                        {"typed_by_hand", typed_by_hand},
                        {"nonsense_is_refused", nonsense_is_refused})
