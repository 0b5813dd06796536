/* test_knowledge_failures.c - kills, two writers, damage, locks, read-only places, a full disk:
 * a clear error, and nothing that was there is lost. */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "unit/rag/knowledge.h"

/* Pairs "p<k> ..." from number k on, until it is killed or n are in. */
static void write_pairs(const char *file, int k, int n)
{
    err e = {0};
    rag *r = rag_open(file, &(rag_options){0}, &e);

    for (int i = 0; r && i < n; i++) {
        char question[60], sql[60];

        snprintf(question, sizeof question, "p%d question number %d of many", k, i);
        snprintf(sql, sizeof sql, "SELECT %d", i);
        if (!rag_add_pair(r, question, sql, "user", RAG_VERIFIED, NULL, &e)) {
            fprintf(stderr, "%s\n", e.msg);
            _exit(1);
        }
    }
    rag_close(r);
    _exit(r ? 0 : 1);
}

/* SQLite's own check, and that both indexes have every entry. */
static bool is_sound(const char *file, int64_t *n)
{
    sqlite3 *raw = NULL;
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_open(file, &raw) == SQLITE_OK &&
              sqlite3_prepare_v2(raw, "SELECT (SELECT integrity_check = 'ok' FROM pragma_integrity_check), (SELECT count(*) FROM entry), "
                                     "(SELECT count(*) FROM words WHERE words MATCH 'question')", -1, &s, NULL) == SQLITE_OK &&
              sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int(s, 0) == 1;

    *n = ok ? sqlite3_column_int64(s, 1) : -1;
    ok = ok && sqlite3_column_int64(s, 2) == *n &&
         sqlite3_exec(raw, "INSERT INTO words(words) VALUES ('integrity-check')", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_finalize(s);
    sqlite3_close(raw);
    return ok;
}

static void test_killed(void)
{
    shop s;
    int64_t before = 0, now;

    CHECK(shop_open(&s));
    rag_close(s.r);
    s.r = NULL;
    for (int round = 0; round < 25; round++) {
        const pid_t child = fork();

        if (!child)
            write_pairs(s.file, round, 100000);
        nanosleep(&(struct timespec){0, 3000000 + 1700000 * (round * 7 % 25)}, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        CHECK(is_sound(s.file, &now));
        CHECK(now >= before); /* what was in is in */
        before = now;
    }
    CHECK(before > 25);
    shop_close(&s);
}

static void test_two_processes(void)
{
    enum { EACH = 60 };
    shop s;
    pid_t children[3];
    int64_t n;
    int status;

    CHECK(shop_open(&s));
    unlink(s.file); /* all find no file */
    rag_close(s.r);
    s.r = NULL;
    for (int k = 0; k < 3; k++)
        if (!(children[k] = fork()))
            write_pairs(s.file, k, EACH);
    for (int k = 0; k < 3; k++) {
        waitpid(children[k], &status, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK(is_sound(s.file, &n) && n == 3 * EACH);
    shop_close(&s);
}

static void test_locked(void)
{
    shop s;
    sqlite3 *other = NULL;
    rag_list l = {0};

    CHECK(shop_open(&s));
    CHECK(rag_add_pair(s.r, "a question", "SELECT 1", "user", RAG_VERIFIED, NULL, &s.e));
    CHECK(shop_reopen(&s, &(rag_options){.busy_ms = 50}));
    CHECK(sqlite3_open(s.file, &other) == SQLITE_OK && sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(!rag_add_pair(s.r, "b question", "SELECT 1", "user", RAG_VERIFIED, NULL, &s.e));
    CHECK(s.e.code == ERR_IO && strstr(s.e.msg, "another process"));
    CHECK(rag_find_question(s.r, "a question", &l, &s.e) && l.n == 1); /* reading goes on */
    rag_list_deinit(&l);
    sqlite3_close(other);
    CHECK(rag_add_pair(s.r, "b question", "SELECT 1", "user", RAG_VERIFIED, NULL, &s.e));
    shop_close(&s);
}

static void test_read_only(void)
{
    shop s;
    rag_list l = {0};

    CHECK(shop_open(&s));
    CHECK(rag_add_pair(s.r, "a question", "SELECT 1", "user", RAG_VERIFIED, NULL, &s.e));
    CHECK(shop_reopen(&s, &(rag_options){.read_only = true}));
    CHECK(!rag_add_pair(s.r, "b", "SELECT 1", "user", RAG_VERIFIED, NULL, &s.e) && s.e.code == ERR_IO);
    CHECK(rag_find_question(s.r, "a question", &l, &s.e) && l.n == 1);
    rag_list_deinit(&l);
    CHECK(!rag_open("/tmp/there/is/no/such.db", &(rag_options){.read_only = true}, &s.e) && s.e.code == ERR_NOT_FOUND);
    CHECK(!rag_open("/proc/knowledge/k.db", &(rag_options){0}, &s.e) && s.e.code == ERR_IO);
    shop_close(&s);
}

static bool run_sql(const char *file, const char *sql)
{
    sqlite3 *raw = NULL;
    const bool ok = sqlite3_open(file, &raw) == SQLITE_OK && sqlite3_exec(raw, sql, NULL, NULL, NULL) == SQLITE_OK;

    sqlite3_close(raw);
    return ok;
}

static void test_other_files(void)
{
    static const struct { const char *sql, *says; } cases[] = {
        {"PRAGMA user_version = 2", "format 2"},
        {"PRAGMA user_version = -5", "format -5"},
        {"PRAGMA application_id = 17", "not a knowledge file"},
    };
    shop s;
    err ignored = {0};

    CHECK(shop_open(&s));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rag_close(s.r);
        s.r = NULL;
        CHECK(run_sql(s.file, cases[i].sql));
        CHECK(!rag_open(s.file, &(rag_options){0}, &s.e) && s.e.code == ERR_FORMAT);
        if (!strstr(s.e.msg, cases[i].says))
            FAIL_("%s says %s", cases[i].sql, s.e.msg);
        CHECK(run_sql(s.file, "PRAGMA user_version = 1; PRAGMA application_id = 0x53424b42"));
        CHECK((s.r = rag_open(s.file, &(rag_options){0}, &s.e)));
    }
    rag_close(s.r);
    s.r = NULL;
    unlink(s.file);
    CHECK(file_write_atomic(s.file, "not a database at all, but longer than its header of one hundred bytes. "
                                    "not a database at all, but longer than that", 115, 0600, &ignored));
    CHECK(!rag_open(s.file, &(rag_options){0}, &s.e) && s.e.code == ERR_FORMAT && strstr(s.e.msg, "not a knowledge file"));
    shop_close(&s);
}

/* Bytes changed at many places: an error that says so or a right answer, never a crash. */
static void test_damaged(void)
{
    shop s;
    str whole = {0};
    int refused = 0;

    CHECK(shop_open(&s));
    for (int i = 0; i < 40; i++) {
        char question[60];

        snprintf(question, sizeof question, "question %d about stores", i);
        CHECK(rag_add_pair(s.r, question, "SELECT 1", "user", RAG_VERIFIED, NULL, &s.e));
    }
    rag_close(s.r);
    s.r = NULL;
    CHECK(file_read(s.file, 1 << 24, &whole, &s.e) && whole.n > 8192);
    for (unsigned round = 0; round < 60; round++) {
        str hurt = {0};
        rag_hits h = {0};
        rag_list l = {0};
        rag *r;
        err e = {0};

        str_add(&hurt, whole.text, whole.n);
        for (unsigned i = 0; i < 64; i++)
            hurt.text[(round * 7919u + i * 131u + round * i * 17u) % hurt.n] ^= (char)(1 + (round + i) % 255);
        if (round % 6 == 5)
            hurt.n = hurt.n / (round / 6 + 2);
        CHECK(file_write_atomic(s.file, hurt.text, hurt.n, 0600, &e));
        str_deinit(&hurt);
        e = (err){0};
        r = rag_open(s.file, &(rag_options){.encoder = s.encoder}, &e);
        if (!r || !rag_search(r, &(rag_query){.text = "question about stores"}, &h, &e) ||
            !rag_read(r, RAG_ALL_KINDS, ~0u, 0, &l, &e)) {
            refused++;
            CHECK(e.code != ERR_OK && e.msg[0]);
        }
        rag_hits_deinit(&h);
        rag_list_deinit(&l);
        rag_close(r);
    }
    CHECK(refused > 10);
    str_deinit(&whole);
    shop_close(&s);
}

/* In a child, whose files may not grow. */
static void full_disk(const char *file)
{
    err e = {0};
    rag *r = rag_open(file, &(rag_options){0}, &e);
    const struct rlimit limit = {400000, 400000};
    int n = 0;

    signal(SIGXFSZ, SIG_IGN);
    if (!r || setrlimit(RLIMIT_FSIZE, &limit))
        _exit(2);
    for (; n < 20000; n++) {
        char question[400];

        snprintf(question, sizeof question, "question %d %0300d", n, n);
        if (!rag_add_pair(r, question, "SELECT 1", "user", RAG_VERIFIED, NULL, &e))
            break;
    }
    _exit(n > 10 && n < 20000 && e.code == ERR_IO && strstr(e.msg, "disk") ? 0 : 3);
}

static void test_full_disk(void)
{
    shop s;
    int status;
    int64_t n;
    pid_t child;

    CHECK(shop_open(&s));
    CHECK(rag_add_pair(s.r, "a question", "SELECT 1", "user", RAG_VERIFIED, NULL, &s.e));
    rag_close(s.r);
    s.r = NULL;
    if (!(child = fork()))
        full_disk(s.file);
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(is_sound(s.file, &n) && n > 10);
    shop_close(&s);
}

TEST_MAIN({"killed", test_killed}, {"two_processes", test_two_processes}, {"locked", test_locked},
          {"read_only", test_read_only}, {"other_files", test_other_files}, {"damaged", test_damaged},
          {"full_disk", test_full_disk})
