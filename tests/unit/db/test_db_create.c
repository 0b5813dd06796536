/* Making databases, importing files: all of it arrives, or nothing stays. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <utime.h>

#include "support.h"

static bool create(const char *path, const char *const *statements, bool replace, err *e)
{
    lines l = {.next = statements};
    const db_script script = {.next = lines_next, .arg = &l};

    make_home();
    return db_create(path, &(db_options){.threads = 1}, replace, &script, e);
}

static void makes_and_replaces(void)
{
    static const char *const one[] = {"CREATE TABLE a AS SELECT 1 AS x",
                                      "CREATE VIEW v AS SELECT x + 1 AS y FROM a", NULL};
    static const char *const two[] = {"CREATE TABLE a AS SELECT 2 AS x", NULL};
    const char *path = in_home("made.duckdb"), *moved = in_home("moved.duckdb");
    str bytes = {0};
    err e;
    db *d;

    CHECK_OK(create(path, one, false, &e));
    CHECK(entries(home, "made") == 1);
    CHECK_OK(file_read(path, 1 << 24, &bytes, &e));
    CHECK(!memcmp(bytes.text + 8, "DUCK", 4));
    str_deinit(&bytes);
    CHECK_ERR(create(path, two, false, &e), ERR_IO, "exists already");
    CHECK_OK(d = db_open(path, &(db_options){0}, &e));
    CHECK_TEXT(ask_cell(d, "SELECT y FROM v", &e), "2");
    db_close(d);
    CHECK(!rename(path, moved)); /* nothing inside names the old file */
    CHECK_OK(d = db_open(moved, &(db_options){0}, &e));
    CHECK_TEXT(ask_cell(d, "SELECT y FROM v", &e), "2");
    db_close(d);
    CHECK_OK(create(moved, two, true, &e));
    CHECK_OK(d = db_open(moved, &(db_options){0}, &e));
    CHECK_TEXT(ask_cell(d, "SELECT x FROM a", &e), "2");
    db_close(d);
    CHECK(entries(home, "made") == 0 && entries(home, "moved") == 1);
}

static void reserved_and_relative_names(void)
{
    static const char *const one[] = {"CREATE TABLE a AS SELECT 1 AS x", NULL};
    char before[4096];
    err e;
    db *d;

    make_home();
    CHECK(getcwd(before, sizeof before) && !chdir(home));
    CHECK_OK(create("memory.duckdb", one, false, &e));
    CHECK_OK(create("main", one, false, &e));
    CHECK_OK(d = db_open("memory.duckdb", &(db_options){0}, &e));
    CHECK_TEXT(ask_cell(d, "SELECT x FROM a", &e), "1");
    CHECK_TEXT(db_path(d), "memory.duckdb");
    db_close(d);
    CHECK_ERR(create("nowhere/x.duckdb", one, false, &e), ERR_IO, "cannot write in nowhere");
    CHECK_ERR(create("./", one, true, &e), ERR_IO, "folder");
    CHECK(!chdir(before));
}

static void failure_leaves_nothing(void)
{
    static const char *const wrong[] = {"CREATE TABLE a AS SELECT 1 AS x",
                                        "INSERT INTO nowhere VALUES (1)", NULL};
    static const char *const leak[] = {"COPY (SELECT 1) TO '/tmp/dbtest-leak.csv'", NULL};
    static const char *const keep[] = {"CREATE TABLE a AS SELECT 7 AS x", NULL};
    const char *path = in_home("wrong.duckdb");
    err e;
    db *d;

    CHECK_ERR(create(path, wrong, false, &e), ERR_DB, "nowhere");
    CHECK(entries(home, "wrong") == 0);
    CHECK_ERR(create(path, leak, false, &e), ERR_DB, "");
    CHECK(entries(home, "wrong") == 0 && !file_exists("/tmp/dbtest-leak.csv"));
    CHECK_OK(create(path, keep, false, &e));
    CHECK_ERR(create(path, wrong, true, &e), ERR_DB, "nowhere");
    CHECK_OK(d = db_open(path, &(db_options){0}, &e)); /* the old one stayed */
    CHECK_TEXT(ask_cell(d, "SELECT x FROM a", &e), "7");
    db_close(d);
}

static void cancel_leaves_nothing(void)
{
    static const char *const slow[] = {"CREATE TABLE a AS SELECT 1 AS x",
                                       "CREATE TABLE b AS SELECT count(*) FROM range(100000000) a,"
                                       " range(100000000) b WHERE (a.range + b.range) % 7 = 3",
                                       NULL};
    err e;

    make_home();
    for (int at = 1; at <= 3; at++) {
        lines l = {.next = slow, .cancel_at = at};
        const db_script script = {.next = lines_next, .arg = &l, .cancel = &l.cancel};

        CHECK_ERR(db_create(in_home("slow.duckdb"), &(db_options){.threads = 1}, false, &script,
                            &e),
                  ERR_CANCELLED, "interrupted");
        CHECK(entries(home, "slow") == 0);
        if (at == 2)
            break; /* a third would wait for the slow one */
    }
}

static volatile int *alarm_flag;
static void on_alarm(int sig)
{
    (void)sig;
    *alarm_flag = 1;
}

/* The flag is set from a signal handler while a statement runs. */
static void cancel_in_a_statement(void)
{
    static const char *const slow[] = {"CREATE TABLE b AS SELECT count(*) FROM range(100000000) a,"
                                       " range(100000000) b WHERE (a.range + b.range) % 7 = 3",
                                       NULL};
    lines l = {.next = slow};
    const db_script script = {.next = lines_next, .arg = &l, .cancel = &l.cancel};
    err e;

    make_home();
    alarm_flag = &l.cancel;
    signal(SIGALRM, on_alarm);
    alarm(1);
    CHECK_ERR(db_create(in_home("slow.duckdb"), &(db_options){.threads = 1}, false, &script, &e),
              ERR_CANCELLED, "interrupted");
    CHECK(entries(home, "slow") == 0);
}

static const char *const large[] = {
    "CREATE TABLE a AS SELECT hash(range) AS h, hash(range + 1) AS i FROM range(3000000)", NULL};

/* A file system with 4 MB, where the kernel lets us have one. */
static int fill_small_disk(const char *folder)
{
    char path[600];
    err e = {0};

    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("tmpfs", folder, "tmpfs", 0, "size=4m"))
        return 77;
    snprintf(path, sizeof path, "%s/full.duckdb", folder);
    if (create(path, large, false, &e))
        return 1;
    if (e.code != ERR_IO || !strstr(e.msg, "space")) {
        fprintf(stderr, "%s: %s\n", err_name(e.code), e.msg);
        return 2;
    }
    return entries(folder, "full") ? 3 : 0;
}

static void full_disk_leaves_nothing(void)
{
    const char *folder = in_home("small");
    int status = 0;
    pid_t pid;

    make_home();
    CHECK(!mkdir(folder, 0700));
    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(fill_small_disk(folder));
    waitpid(pid, &status, 0);
    CHECK(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        printf("     no small file system to be had here\n");
    else
        CHECK(WEXITSTATUS(status) == 0);
}

static void file_limit_leaves_nothing(void)
{
    const struct rlimit small = {1 << 20, RLIM_INFINITY};
    struct rlimit before;
    err e = {0};
    bool made;

    make_home();
    signal(SIGXFSZ, SIG_IGN);
    CHECK(!getrlimit(RLIMIT_FSIZE, &before) && !setrlimit(RLIMIT_FSIZE, &small));
    made = create(in_home("bounded.duckdb"), large, false, &e);
    CHECK(!setrlimit(RLIMIT_FSIZE, &before));
    CHECK(!made && e.code == ERR_IO);
    CHECK(entries(home, "bounded") == 0);
}

/* A maker that was killed leaves a folder; the next one removes it. */
static void killed_maker_is_swept(void)
{
    const char *path = in_home("swept.duckdb");
    err e;
    pid_t pid;

    make_home();
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        static const char *const slow[] = {
            "CREATE TABLE b AS SELECT count(*) FROM range(100000000) a, range(100000000) b"
            " WHERE (a.range + b.range) % 7 = 3", NULL};

        alarm(2);
        signal(SIGALRM, SIG_DFL);
        _exit(create(path, slow, false, &e));
    }
    waitpid(pid, NULL, 0);
    CHECK(!file_exists(path) && entries(home, "swept") == 1);
    CHECK_OK(create(path, shop, false, &e));
    CHECK(entries(home, "swept") == 1 && file_exists(path));
}

/* ---- import ----------------------------------------------------------- */

static void write_csv(const char *path, const char *text, time_t when)
{
    const struct utimbuf times = {when, when};
    err e;

    make_home();
    if (!file_write_atomic(path, text, strlen(text), 0600, &e) || utime(path, &times))
        abort();
}

static void csv_is_imported(void)
{
    const char *path = in_home("my sales-2024's.csv");
    const db_catalog *c;
    err e;
    db *d;

    write_csv(path, "id,name,price\n1,\xC3\x84pfel,2.50\n2,Birnen,3.75\n", 1700000000);
    CHECK_OK(d = db_open(path, &(db_options){0}, &e));
    CHECK_OK(c = db_catalog_get(d, &e));
    CHECK_TEXT(c->database, "my sales-2024's.csv");
    CHECK_TEXT(c->tables[0].name, "my_sales_2024_s");
    CHECK(c->tables[0].n_rows == 2);
    CHECK_TEXT(ask_cell(d, "SELECT sum(price) FROM my_sales_2024_s", &e), "6.25");
    db_close(d);
    CHECK(entries(in_home("cache"), "import-") == 1);
    CHECK_OK(d = db_open(path, &(db_options){0}, &e)); /* from the cache */
    db_close(d);
    write_csv(path, "id,name,price\n1,\xC3\x84pfel,4.50\n", 1700000001);
    CHECK_OK(d = db_open(path, &(db_options){0}, &e));
    CHECK_TEXT(ask_cell(d, "SELECT sum(price) FROM my_sales_2024_s", &e), "4.5");
    db_close(d);
    CHECK(entries(in_home("cache"), "import-") == 1); /* the older copy went */
}

static void parquet_is_imported(void)
{
    err e;
    db *d;

    make_home();
    CHECK_OK(d = db_open(SALESBOT_SOURCE_DIR "/tests/unit/db/three.parquet", &(db_options){0},
                         &e));
    CHECK_TEXT(ask_cell(d, "SELECT sum(price) FROM three", &e), "3.75");
    CHECK_TEXT(ask_cell(d, "SELECT max(day) FROM three", &e), "2024-01-03");
    db_close(d);
}

static void bad_imports_leave_nothing(void)
{
    static const char half[] = "PAR1 and nothing more";
    const int before = (make_home(), entries(in_home("cache"), "import-"));
    err e;

    write_csv(in_home("half.parquet"), half, 1700000000);
    CHECK_ERR(db_open(in_home("half.parquet"), &(db_options){0}, &e), ERR_DB, "importing");
    write_csv(in_home("1.csv"), "a,b\n1,2\n", 1700000000);
    {
        db *d;

        CHECK_OK(d = db_open(in_home("1.csv"), &(db_options){0}, &e));
        CHECK_TEXT(ask_cell(d, "SELECT b FROM t_1", &e), "2");
        db_close(d);
    }
    CHECK(entries(in_home("cache"), "import-") == before + 1);
}

TEST_MAIN_WITH_EXECUTOR({"makes_and_replaces", makes_and_replaces},
                        {"reserved_and_relative_names", reserved_and_relative_names},
                        {"failure_leaves_nothing", failure_leaves_nothing},
                        {"cancel_leaves_nothing", cancel_leaves_nothing},
                        {"cancel_in_a_statement", cancel_in_a_statement},
                        {"full_disk_leaves_nothing", full_disk_leaves_nothing},
                        {"file_limit_leaves_nothing", file_limit_leaves_nothing},
                        {"killed_maker_is_swept", killed_maker_is_swept},
                        {"csv_is_imported", csv_is_imported},
                        {"parquet_is_imported", parquet_is_imported},
                        {"bad_imports_leave_nothing", bad_imports_leave_nothing})
