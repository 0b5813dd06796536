/* Paths that are no good database, each with what to do; locks; idle ends;
 * rights that are missing. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "db/db_impl.h"
#include "support.h"

static void sleep_ms(int ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&pause, NULL);
}

static const char *file_with(const char *name, const void *bytes, size_t n)
{
    const char *path = in_home(name);
    err e;

    if (!file_write_atomic(path, bytes, n, 0600, &e))
        abort();
    return path;
}

static bool opens(const char *path, err *e)
{
    db *d = db_open(path, &(db_options){.threads = 1}, e);

    db_close(d);
    return d;
}

static void what_is_no_database(void)
{
    static const char text[] = "this is a letter, not a database";
    static const char sqlite[32] = "SQLite format 3";
    const char *fifo = in_home("fifo.duckdb");
    err e;

    make_home();
    CHECK_ERR(opens(in_home("missing.duckdb"), &e), ERR_DB, "no such file");
    CHECK_ERR(opens(home, &e), ERR_DB, "is a folder without CSV or Parquet files");
    CHECK_ERR(opens(file_with("empty.duckdb", "", 0), &e), ERR_DB, "is empty");
    CHECK_ERR(opens(file_with("letter.duckdb", text, sizeof text), &e), ERR_DB,
              "not a DuckDB database");
    CHECK_ERR(opens(file_with("short.duckdb", "abc", 3), &e), ERR_DB, "not a DuckDB database");
    CHECK_ERR(opens(file_with("old.sqlite", sqlite, sizeof sqlite), &e), ERR_DB,
              "not a SQLite database");
    CHECK(!mkfifo(fifo, 0600));
    CHECK_ERR(opens(fifo, &e), ERR_DB, "not a regular file");
    CHECK_ERR(opens("/dev/zero", &e), ERR_DB, "not a regular file");
    CHECK_ERR(opens(in_home("missing\nline.duckdb"), &e), ERR_DB, "no such file");
}

/* Damage anywhere is an error or goes unnoticed; it never ends this process,
 * and the next database opens. */
static void damaged_files(void)
{
    str good = {0};
    err e;

    CHECK_OK(file_read(shop_path(), 1 << 26, &good, &e));
    for (int i = 0; i < 12; i++) {
        str bad = {0};
        const db_catalog *c;
        db *d;

        str_add(&bad, good.text, i % 3 == 2 ? good.n / (size_t)(i + 2) : good.n);
        for (size_t at = 12 + (size_t)i * 977; at < bad.n && i % 3 != 2; at += 4096 + (size_t)i)
            bad.text[at] = (char)(bad.text[at] ^ (i % 3 ? 0xff : 0x10));
        d = db_open(file_with("damaged.duckdb", bad.text, bad.n),
                    &(db_options){.threads = 1, .no_cache = true}, &e);
        c = d ? db_catalog_get(d, &e) : NULL;
        if (!c)
            CHECK(e.code == ERR_DB && strlen(e.msg) > 20);
        db_close(d);
        str_deinit(&bad);
    }
    str_deinit(&good);
    CHECK_OK(opens(shop_path(), &e));
}

static void without_tables(void)
{
    static const char *const none[] = {"CREATE TYPE mood AS ENUM ('a')", NULL};
    const char *path = in_home("none.duckdb");
    err e;
    db *d;

    CHECK_OK(make_database(path, none, &e));
    CHECK_OK(d = db_open(path, &(db_options){0}, &e));
    CHECK_ERR(db_catalog_get(d, &e), ERR_DB, "no tables");
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    db_close(d);
}

/* Names that need quoting, and many columns. */
static void odd_names(void)
{
    static const char *const odd[] = {
        "CREATE TABLE \"a \"\" table\" (\"select\" VARCHAR, \"x'y\" INTEGER, \"\xC3\xA9\" DATE)",
        "INSERT INTO \"a \"\" table\" VALUES ('v', 1, '2024-01-01')",
        "CREATE VIEW \"broken\" AS SELECT * FROM \"a \"\" table\"",
        "CREATE SCHEMA other", "CREATE TABLE other.elsewhere (i INTEGER)",
        "CREATE TABLE empty (i INTEGER, t VARCHAR)", "CREATE TABLE nested (l INTEGER[], b BLOB)",
        "INSERT INTO nested VALUES ([1], '\\x00\\xff'::BLOB), (NULL, NULL)", NULL};
    const char *path = in_home("odd 'name' \xC3\xA9.duckdb");
    const db_catalog *c;
    err e;
    db *d;

    CHECK_OK(make_database(path, odd, &e));
    CHECK_OK(d = db_open(path, &(db_options){0}, &e));
    CHECK_OK(c = db_catalog_get(d, &e));
    CHECK(c->n_tables == 4);
    CHECK_TEXT(c->tables[0].name, "a \" table");
    CHECK_TEXT(c->tables[0].columns[0].values[0], "v");
    CHECK_TEXT(c->tables[0].columns[1].max_text, "1");
    CHECK(c->tables[2].n_rows == 0 && c->tables[2].columns[0].n_distinct == 0);
    CHECK(c->tables[3].n_rows == 2 && c->tables[3].columns[0].n_null == 1);
    CHECK_TEXT(c->tables[3].columns[0].values[0], "[1]");
    db_close(d);
}

/* A writer in another process, as DuckDB locks: until it is killed. */
static pid_t lock_from_outside(const char *path)
{
    int ready[2];
    char byte;
    pid_t pid;

    if (pipe(ready))
        abort();
    pid = fork();
    if (pid == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        const int fd = open(path, O_RDWR);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fd < 0 || fcntl(fd, F_SETLK, &lock) || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        abort();
    close(ready[0]);
    return pid;
}

static void unlock(pid_t writer)
{
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
}

static void locked_by_a_writer(void)
{
    const char *path = shop_path();
    const int64_t began = now_ms();
    const pid_t writer = lock_from_outside(path);
    err e = {0};
    const bool opened = opens(path, &e);
    const int64_t took = now_ms() - began;

    unlock(writer);
    CHECK(!opened && e.code == ERR_DB && strstr(e.msg, "locked by another program"));
    CHECK(took >= OPEN_WAIT_MS && took < OPEN_WAIT_MS + 5000);
    CHECK_OK(opens(path, &e));
}

static void lock_is_waited_for(void)
{
    const char *path = shop_path();
    const pid_t writer = lock_from_outside(path), killer = fork();
    err e = {0};
    bool opened;

    if (killer == 0) {
        sleep_ms(500);
        kill(writer, SIGKILL);
        _exit(0);
    }
    opened = opens(path, &e);
    unlock(writer);
    waitpid(killer, NULL, 0);
    CHECK(opened);
}

/* After idle_ms the file is free for a writer; the next call opens it again. */
static void idle_frees_the_file(void)
{
    err e;
    db *d;

    CHECK_OK(d = db_open(shop_path(), &(db_options){.idle_ms = 200, .threads = 1}, &e));
    for (int i = 0; i < 2; i++) {
        CHECK_TEXT(ask_cell(d, "SELECT count(*) FROM region", &e), "3");
        for (int k = 0; k < 500 && !process_gone(&d->child); k++)
            sleep_ms(20);
        CHECK(process_gone(&d->child));
        unlock(lock_from_outside(shop_path()));
    }
    CHECK_OK(db_catalog_get(d, &e));
    db_close(d);
}

/* Replaced while we hold it: the next child reads the new file. */
static void replaced_while_idle(void)
{
    static const char *const one[] = {"CREATE TABLE a AS SELECT 1 AS x", NULL};
    static const char *const two[] = {"CREATE TABLE a AS SELECT 2 AS x", NULL};
    const char *path = in_home("replaced.duckdb");
    err e;
    db *d;

    CHECK_OK(make_database(path, one, &e));
    CHECK_OK(d = db_open(path, &(db_options){.idle_ms = 200, .threads = 1}, &e));
    CHECK_TEXT(ask_cell(d, "SELECT x FROM a", &e), "1");
    CHECK_OK(make_database(path, two, &e));
    sleep_ms(600);
    CHECK_TEXT(ask_cell(d, "SELECT x FROM a", &e), "2");
    db_close(d);
}

static void deferred_errors(void)
{
    static const char wrong[] = "........DUCK and then nothing that makes sense";
    err e;
    db *d;

    CHECK_OK(d = db_open(shop_path(), &(db_options){.defer = true}, &e));
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    CHECK_TEXT(db_sandbox_note(d), db_sandbox_note(d));
    db_close(d);
    CHECK_OK(d = db_open(shop_path(), &(db_options){.defer = true}, &e));
    db_close(d); /* before it has greeted */
    CHECK_OK(d = db_open(file_with("wrong.duckdb", wrong, sizeof wrong),
                         &(db_options){.defer = true}, &e));
    CHECK_ERR(db_execute(d, "SELECT 1", &(db_limits){0}, &e), ERR_DB, "wrong.duckdb");
    CHECK_ERR(db_execute(d, "SELECT 1", &(db_limits){0}, &e), ERR_DB, "wrong.duckdb");
    db_close(d);
    CHECK(entries(home, "salesbot-db-") == 0);
}

static void without_program_or_library(void)
{
    err e;

    CHECK_ERR(db_open(shop_path(), &(db_options){.library = "/nowhere/libduckdb.so"}, &e), ERR_DB,
              "set SALESBOT_DUCKDB");
    CHECK_ERR(db_open(shop_path(), &(db_options){.library = shop_path()}, &e), ERR_DB,
              "cannot load DuckDB");
    CHECK_ERR(db_open(shop_path(), &(db_options){.program = "/nowhere/salesbot"}, &e), ERR_DB,
              "cannot start");
    CHECK_ERR(db_open(shop_path(), &(db_options){.program = "/bin/true"}, &e), ERR_DB,
              "ended by itself");
    CHECK(entries(home, "salesbot-db-") == 0);
}

static void without_rights(void)
{
    const char *path = in_home("locked/private.duckdb");
    err e;
    db *d;

    CHECK(!mkdir(in_home("locked"), 0700));
    CHECK_OK(make_database(path, shop, &e));
    CHECK(!chmod(path, 0));
    if (access(path, R_OK)) /* root reads everything unless the kernel agreed otherwise */
        CHECK_ERR(opens(path, &e), ERR_DB, "cannot be read");
    CHECK(!chmod(path, 0400));
    CHECK(!chmod(in_home("locked"), 0500)); /* a read-only folder is fine */
    CHECK_OK(d = db_open(path, &(db_options){0}, &e));
    CHECK_OK(db_catalog_get(d, &e));
    CHECK_TEXT(ask_cell(d, "SELECT count(*) FROM sale", &e), "30000");
    db_close(d);
    CHECK(!chmod(in_home("locked"), 0700));
}

TEST_MAIN_WITH_EXECUTOR({"what_is_no_database", what_is_no_database},
                        {"damaged_files", damaged_files},
                        {"without_tables", without_tables},
                        {"odd_names", odd_names},
                        {"locked_by_a_writer", locked_by_a_writer},
                        {"lock_is_waited_for", lock_is_waited_for},
                        {"idle_frees_the_file", idle_frees_the_file},
                        {"replaced_while_idle", replaced_while_idle},
                        {"deferred_errors", deferred_errors},
                        {"without_program_or_library", without_program_or_library},
                        {"without_rights", without_rights})
