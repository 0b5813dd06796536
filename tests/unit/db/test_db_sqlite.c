/* SQLite files and folders given as a database: what arrives, what is refused. */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "support.h"

static sqlite3 *made(const char *path, const char *const *statements)
{
    sqlite3 *file = NULL;

    unlink(path);
    if (sqlite3_open(path, &file) != SQLITE_OK)
        abort();
    for (; *statements; statements++)
        if (sqlite3_exec(file, *statements, NULL, NULL, NULL) != SQLITE_OK) {
            fprintf(stderr, "%s: %s\n", *statements, sqlite3_errmsg(file));
            abort();
        }
    return file;
}

static const char *sqlite_file(const char *name, const char *const *statements)
{
    const char *path = in_home(name);

    sqlite3_close(made(path, statements));
    return path;
}

static char notes[2000];

static void keep_note(void *arg, const char *what, double share)
{
    (void)arg;
    if (share < 0)
        snprintf(notes + strlen(notes), sizeof notes - strlen(notes), "%s\n", what);
}

static db *opened(const char *path, err *e)
{
    notes[0] = 0;
    return db_open(path, &(db_options){.on_import = keep_note, .threads = 1}, e);
}

static const char *type_in(const db_catalog *c, const char *table, const char *column)
{
    const int t = db_table_find(c, table), k = t < 0 ? -1 : db_column_find(&c->tables[t], column);

    return k < 0 ? "none" : c->tables[t].columns[k].type_text;
}

/* The rule of types, a column a case. */
static void types_follow_declaration_and_values(void)
{
    static const struct { const char *declared, *values, *type; } cases[] = {
        {"INT", "1, 2, NULL", "BIGINT"},
        {"BIGINT UNSIGNED", "9223372036854775807, -1, 0", "BIGINT"},
        {"INTEGER", "1, 2.5, 3", "DOUBLE"},
        {"INTEGER", "1, 'n/a', 3", "VARCHAR"},
        {"int(11)", "NULL, NULL, NULL", "BIGINT"},
        {"REAL", "1, 2.5, NULL", "DOUBLE"},
        {"NUMERIC(8,2)", "1, 2, 3", "DOUBLE"},
        {"DECIMAL", "1, 'x', 3", "VARCHAR"},
        {"double precision", "0.1, 1e300, -5", "DOUBLE"},
        {"VARCHAR(20)", "1, 2, 3", "VARCHAR"},
        {"text", "'a', '', NULL", "VARCHAR"},
        {"DATE", "'2024-01-31', '1999-12-01', NULL", "DATE"},
        {"DATE", "'2024-01-31', '2023-02-29', NULL", "VARCHAR"},
        {"DATE", "'31.1.2024', '2024-01-01', NULL", "VARCHAR"},
        {"DATETIME", "'2024-01-31', '2024-01-31 10:00:01.5', NULL", "TIMESTAMP"},
        {"timestamp", "'2024-01-31 23:59:59', '2024-01-31T10:00', NULL", "TIMESTAMP"},
        {"TIME", "'10:00:00', '11:00:00', NULL", "VARCHAR"},
        {"DATETIME", "'2024-01-31 24:00:00', NULL, NULL", "VARCHAR"},
        {"DATE", "20240131, NULL, NULL", "VARCHAR"},
        {"BOOLEAN", "0, 1, NULL", "BIGINT"},
        {"BOOL", "'t', 'f', NULL", "VARCHAR"},
        {"BLOB", "1, 2, 3", "BIGINT"},
        {"", "1, 2, 3", "BIGINT"},
        {"", "1, 'a', 3", "VARCHAR"},
        {"", "NULL, NULL, NULL", "VARCHAR"},
        {"YEAR", "1999, 2000, 2001", "BIGINT"},
    };
    enum { N = sizeof cases / sizeof *cases };
    char statements[2 * N][200];
    const char *all[2 * N + 1];
    const db_catalog *c;
    err e;
    db *d;

    for (int i = 0; i < N; i++) {
        char values[100], *comma;

        snprintf(statements[2 * i], sizeof statements[0], "CREATE TABLE t%d (x %s)", i,
                 cases[i].declared);
        snprintf(values, sizeof values, "%s", cases[i].values);
        while ((comma = strstr(values, ", ")) && strncmp(comma, "), (", 4)) {
            char rest[100];

            snprintf(rest, sizeof rest, "%s", comma + 2);
            snprintf(comma, sizeof values - (size_t)(comma - values), "),(%s", rest);
        }
        snprintf(statements[2 * i + 1], sizeof statements[0], "INSERT INTO t%d VALUES (%s)", i,
                 values);
        all[2 * i] = statements[2 * i];
        all[2 * i + 1] = statements[2 * i + 1];
    }
    all[2 * N] = NULL;
    CHECK_OK(d = opened(sqlite_file("types.sqlite", all), &e));
    CHECK_OK(c = db_catalog_get(d, &e));
    for (int i = 0; i < N; i++) {
        char table[16];

        snprintf(table, sizeof table, "t%d", i);
        if (strcmp(type_in(c, table, "x"), cases[i].type))
            FAIL_("%s (%s): %s, expected %s", cases[i].declared, cases[i].values,
                  type_in(c, table, "x"), cases[i].type);
    }
    CHECK_TEXT(ask_cell(d, "SELECT max(x) FROM t1", &e), "9223372036854775807");
    CHECK_TEXT(ask_cell(d, "SELECT max(x) FROM t11", &e), "2024-01-31");
    CHECK_TEXT(ask_cell(d, "SELECT max(x) FROM t14", &e), "2024-01-31 10:00:01.5");
    CHECK_TEXT(ask_cell(d, "SELECT string_agg(x, '|') FROM t3", &e), "1|n/a|3");
    db_close(d);
}

static const db_column *column(const db_catalog *c, const char *table, const char *name)
{
    const int t = db_table_find(c, table);

    return t < 0 ? NULL : &c->tables[t].columns[db_column_find(&c->tables[t], name)];
}

static void keys_are_kept(void)
{
    static const char *const statements[] = {
        "CREATE TABLE Region (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
        "CREATE TABLE Store (a INT, b INT, region INT REFERENCES region(ID), "
        "other INT REFERENCES Region, gone INT REFERENCES nowhere(x), PRIMARY KEY (b, a))",
        "CREATE TABLE sale (x INT PRIMARY KEY, y INT, FOREIGN KEY (x, y) REFERENCES STORE) "
        "WITHOUT ROWID",
        "INSERT INTO Region VALUES (1, 'North')",
        "INSERT INTO Store VALUES (1, 2, 77, 1, 5)", /* 77: a broken reference */
        "INSERT INTO sale VALUES (2, 1), (1, 1)", NULL};
    const db_catalog *c;
    err e;
    db *d;

    CHECK_OK(d = opened(sqlite_file("keys.db", statements), &e));
    CHECK_OK(c = db_catalog_get(d, &e));
    CHECK(c->n_tables == 3);
    CHECK(column(c, "Region", "id")->primary_key && !column(c, "Region", "name")->primary_key);
    CHECK(!column(c, "Region", "name")->nullable);
    CHECK(column(c, "Store", "a")->primary_key && column(c, "Store", "b")->primary_key);
    CHECK(column(c, "Store", "region")->fk_table == db_table_find(c, "Region"));
    CHECK(column(c, "Store", "region")->fk_column == 0);
    CHECK(column(c, "Store", "other")->fk_table == db_table_find(c, "Region"));
    CHECK(column(c, "Store", "gone")->fk_table == -1);
    /* a reference without columns means the key, in the key's order */
    CHECK(column(c, "sale", "x")->fk_table == db_table_find(c, "Store"));
    CHECK(column(c, "sale", "x")->fk_column == 1 && column(c, "sale", "y")->fk_column == 0);
    CHECK(column(c, "Region", "name")->values_complete);
    CHECK_TEXT(column(c, "Region", "name")->values[0], "North");
    CHECK_TEXT(ask_cell(d, "SELECT string_agg(x, ',') FROM sale", &e), "1,2");
    db_close(d);
}

static void strange_names(void)
{
    static const char *const statements[] = {
        "CREATE TABLE \"a \"\"quoted\"\" table; --\" (\"sel'ect\" INT, \"\" INT, \"A\xc3\xa4\" INT)",
        "INSERT INTO \"a \"\"quoted\"\" table; --\" VALUES (1, 2, 3)",
        "CREATE TABLE \"bad\xff\" (\"x\xfe\" INT, \"x\xfd\" INT)",
        "INSERT INTO \"bad\xff\" VALUES (4, 5)",
        "CREATE TABLE \"order\" (\"group\" INT)", NULL};
    const db_catalog *c;
    err e;
    db *d;

    CHECK_OK(d = opened(sqlite_file("names.sqlite", statements), &e));
    CHECK_OK(c = db_catalog_get(d, &e));
    CHECK(c->n_tables == 3);
    CHECK_TEXT(ask_cell(d, "SELECT \"sel'ect\" + column2 * 10 + \"A\xc3\xa4\" * 100 "
                           "FROM \"a \"\"quoted\"\" table; --\"", &e), "321");
    CHECK_TEXT(ask_cell(d, "SELECT \"x\xef\xbf\xbd\" * 10 + \"x\xef\xbf\xbd_2\" "
                           "FROM \"bad\xef\xbf\xbd\"", &e), "45");
    db_close(d);
}

static void texts_blobs_and_bad_utf8(void)
{
    static const char *const statements[] = {
        "CREATE TABLE t (n INT, x TEXT, y BLOB)",
        "INSERT INTO t VALUES (1, CAST(x'61ff62' AS TEXT), x'616263')",
        "INSERT INTO t VALUES (2, CAST(x'610062' AS TEXT), x'ff00')",
        "INSERT INTO t VALUES (3, 'L\xc3\xbc" "beck', zeroblob(100000))",
        "INSERT INTO t VALUES (4, 1.0, '')", NULL};
    err e;
    db *d;

    CHECK_OK(d = opened(sqlite_file("texts.sqlite", statements), &e));
    CHECK_TEXT(ask_cell(d, "SELECT x FROM t WHERE n = 1", &e), "a\xef\xbf\xbd" "b");
    CHECK_TEXT(ask_cell(d, "SELECT x FROM t WHERE n = 2", &e), "a\xef\xbf\xbd" "b");
    CHECK_TEXT(ask_cell(d, "SELECT x FROM t WHERE n = 3", &e), "L\xc3\xbc" "beck");
    CHECK_TEXT(ask_cell(d, "SELECT string_agg(y, '|') FROM t", &e), "abc|ff00|(100000 bytes)|");
    CHECK_TEXT(ask_cell(d, "SELECT x FROM t WHERE n = 4", &e), "1.0");
    db_close(d);
}

static void utf16_is_read(void)
{
    static const char *const statements[] = {
        "PRAGMA encoding = 'UTF-16le'", "CREATE TABLE \"Stra\xc3\x9f" "e\" (x TEXT)",
        "INSERT INTO \"Stra\xc3\x9f" "e\" VALUES ('K\xc3\xb6ln \xf0\x9f\x9a\x80')", NULL};
    err e;
    db *d;

    CHECK_OK(d = opened(sqlite_file("wide.sqlite", statements), &e));
    CHECK_TEXT(ask_cell(d, "SELECT x FROM \"Stra\xc3\x9f" "e\"", &e),
               "K\xc3\xb6ln \xf0\x9f\x9a\x80");
    db_close(d);
}

static void views_and_virtual_tables(void)
{
    static const char *const statements[] = {
        "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * 2))",
        "INSERT INTO t VALUES (1), (2)",
        "CREATE VIEW twice AS SELECT a, b FROM t WHERE a > 1",
        "CREATE VIEW broken AS SELECT x FROM nowhere",
        "CREATE VIEW bomb AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) "
        "SELECT x FROM r",
        "CREATE VIEW many AS SELECT 1 AS one FROM t, t t2, t t3, t t4, t t5, t t6, t t7, t t8, "
        "t t9, t t10, t t11, t t12, t t13, t t14, t t15, t t16, t t17, t t18, t t19, t t20, t t21",
        "CREATE VIRTUAL TABLE words USING fts5(x)", NULL};
    const db_catalog *c;
    err e;
    db *d;

    CHECK_OK(d = opened(sqlite_file("views.sqlite", statements), &e));
    CHECK_OK(c = db_catalog_get(d, &e));
    CHECK_TEXT(ask_cell(d, "SELECT b FROM twice", &e), "4");
    CHECK(c->n_tables == 2);
    CHECK(strstr(notes, "view broken is left out"));
    CHECK(strstr(notes, "view bomb is left out") && strstr(notes, "not authorized"));
    CHECK(strstr(notes, "view many is left out: it gives more than"));
    CHECK(strstr(notes, "table words is left out: it is a virtual table"));
    db_close(d);
}

static void logs_are_replayed(void)
{
    static const char *const statements[] = {"PRAGMA journal_mode = WAL",
                                             "PRAGMA wal_autocheckpoint = 0",
                                             "CREATE TABLE t (x INT)", "INSERT INTO t VALUES (1)",
                                             NULL};
    const char *path = in_home("log.sqlite"), *log = in_home("log.sqlite-wal");
    sqlite3 *file = made(path, statements); /* stays open: the log stays */
    str before = {0}, after = {0};
    char hex[2][65];
    struct stat st;
    err e;
    db *d;

    CHECK(!stat(log, &st) && st.st_size > 0);
    CHECK_OK(file_sha256(path, hex[0], &e));
    CHECK_OK(file_read(log, 1 << 24, &before, &e));
    CHECK_OK(d = opened(path, &e));
    CHECK_TEXT(ask_cell(d, "SELECT sum(x) FROM t", &e), "1");
    db_close(d);
    CHECK(sqlite3_exec(file, "INSERT INTO t VALUES (10)", NULL, NULL, NULL) == SQLITE_OK);
    CHECK_OK(d = opened(path, &e)); /* only the log has changed */
    CHECK_TEXT(ask_cell(d, "SELECT sum(x) FROM t", &e), "11");
    db_close(d);
    CHECK_OK(file_read(log, 1 << 24, &after, &e));
    CHECK_OK(file_sha256(path, hex[1], &e));
    CHECK(!strcmp(hex[0], hex[1]) && after.n > before.n);
    CHECK(!memcmp(before.text, after.text, before.n)); /* we wrote nothing */
    sqlite3_close(file);
    str_deinit(&before);
    str_deinit(&after);
    CHECK(entries(in_home("cache"), "partial") == 0);
}

/* Another process, for a lock belongs to a process: it holds the file until it
 * reads a byte, then commits a row and ends. */
static pid_t writer(const char *path, int hold, int ready)
{
    const pid_t pid = fork();
    sqlite3 *file;
    char byte;

    if (pid)
        return pid;
    if (sqlite3_open(path, &file) != SQLITE_OK ||
        sqlite3_exec(file, "BEGIN EXCLUSIVE; INSERT INTO t VALUES (2)", NULL, NULL, NULL) ||
        write(ready, "x", 1) != 1 || read(hold, &byte, 1) < 0)
        _exit(1);
    _exit(sqlite3_exec(file, "COMMIT", NULL, NULL, NULL) != SQLITE_OK);
}

static void a_writer_is_waited_for(void)
{
    static const char *const statements[] = {"CREATE TABLE t (x INT)", "INSERT INTO t VALUES (1)",
                                             NULL};
    const char *path = sqlite_file("busy.sqlite", statements);
    int hold[2], ready[2], status = 0;
    pid_t pid;
    char byte;
    err e;
    db *d;

    CHECK_OK(d = opened(path, &e));
    CHECK_TEXT(ask_cell(d, "SELECT sum(x) FROM t", &e), "1");
    db_close(d);
    CHECK(!pipe(hold) && !pipe(ready));
    pid = writer(path, hold[0], ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1);
    CHECK(!utimensat(AT_FDCWD, path, (struct timespec[]){{.tv_sec = 1}, {.tv_sec = 1}}, 0));
    CHECK_ERR(opened(path, &e), ERR_DB, "locked by another program");
    CHECK(write(hold[1], "x", 1) == 1);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK_OK(d = opened(path, &e)); /* changed: imported anew, the older copy goes */
    CHECK_TEXT(ask_cell(d, "SELECT sum(x) FROM t", &e), "3");
    db_close(d);
    for (int i = 0; i < 2; i++)
        close(hold[i]), close(ready[i]);
}

static void put_bytes(const char *path, long at, const char *bytes, size_t n)
{
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);

    if (fd < 0 || pwrite(fd, bytes, n, at) != (ssize_t)n)
        abort();
    close(fd);
}

static void damaged_and_encrypted(void)
{
    static const char *const statements[] = {
        "CREATE TABLE t (x TEXT)",
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 4000) "
        "INSERT INTO t SELECT 'row ' || i FROM r", NULL};
    char noise[4096];
    err e;

    make_home();
    const int before = entries(in_home("cache"), "import-");

    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * 7919 >> 3);
    put_bytes(sqlite_file("damaged.sqlite", statements), 5 * 4096, noise, sizeof noise);
    CHECK_ERR(opened(in_home("damaged.sqlite"), &e), ERR_DB, "damaged");
    put_bytes(sqlite_file("headless.sqlite", statements), 100, noise, 200);
    CHECK_ERR(opened(in_home("headless.sqlite"), &e), ERR_DB, "importing");
    CHECK(!truncate(sqlite_file("half.sqlite", statements), 9000));
    CHECK_ERR(opened(in_home("half.sqlite"), &e), ERR_DB, "importing");
    put_bytes(in_home("secret.sqlite"), 0, noise, sizeof noise);
    CHECK_ERR(opened(in_home("secret.sqlite"), &e), ERR_DB, "encrypted");
    put_bytes(in_home("magic.db"), 0, "SQLite format 3", 16);
    CHECK_ERR(opened(in_home("magic.db"), &e), ERR_DB, "importing");
    CHECK(entries(in_home("cache"), "import-") == before);
}

static void no_tables(void)
{
    static const char *const statements[] = {"CREATE TABLE t (x)", "DROP TABLE t", NULL};
    err e;
    db *d;

    CHECK_OK(d = opened(sqlite_file("none.sqlite", statements), &e));
    CHECK_ERR(db_catalog_get(d, &e), ERR_DB, "has no tables");
    db_close(d);
}

static void too_large_values(void)
{
    static const char *const statements[] = {
        "CREATE TABLE t (x TEXT)", "INSERT INTO t VALUES (CAST(zeroblob(20000000) AS TEXT))", NULL};
    err e;

    CHECK_ERR(opened(sqlite_file("large.sqlite", statements), &e), ERR_LIMIT, "t.x holds a value");
    CHECK(entries(in_home("cache"), "partial") == 0);
}

static void a_generated_column_bomb(void)
{
    static const char *const statements[] = {
        "CREATE TABLE t (x INT, y AS (zeroblob(8000000)))",
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 200) "
        "INSERT INTO t SELECT i FROM r", NULL};
    err e;

    CHECK_ERR(opened(sqlite_file("bomb.sqlite", statements), &e), ERR_LIMIT, "far more than");
}

static volatile int stop;

static void stop_at_progress(void *arg, const char *what, double share)
{
    (void)arg, (void)what;
    stop = share >= 0;
}

static void an_import_can_be_stopped(void)
{
    static const char *const statements[] = {
        "CREATE TABLE t (x INT)",
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 300000) "
        "INSERT INTO t SELECT i FROM r", NULL};
    const db_options o = {.on_import = stop_at_progress, .import_cancel = &stop};
    const char *path = sqlite_file("long.sqlite", statements);
    err e;

    stop = 0;
    CHECK_ERR(db_open(path, &o, &e), ERR_CANCELLED, "interrupted");
    CHECK(entries(in_home("cache"), "partial") == 0);
    stop = 0;
}

/* ---- folders ---------------------------------------------------------- */

static void folders_are_databases(void)
{
    const char *folder = in_home("folder"), *second = in_home("folder/cities.csv");
    const db_catalog *c;
    err e;
    db *d;

    CHECK(!mkdir(folder, 0700));
    CHECK_ERR(opened(folder, &e), ERR_DB, "without CSV or Parquet files");
    put_bytes(in_home("folder/people of 2024.csv"), 0, "name,city\nAda,1\nBo,2\n", 21);
    put_bytes(in_home("folder/readme.txt"), 0, "no", 2);
    put_bytes(second, 0, "id,city\n1,Oslo\n", 15);
    CHECK_OK(d = opened(folder, &e));
    CHECK_OK(c = db_catalog_get(d, &e));
    CHECK(c->n_tables == 2 && db_table_find(c, "people_of_2024") >= 0);
    CHECK_TEXT(ask_cell(d, "SELECT c.city FROM people_of_2024 p JOIN cities c ON p.city = c.id",
                        &e), "Oslo");
    db_close(d);
    put_bytes(second, 0, "id,city\n1,Rome\n2,Bern\n", 22); /* changed: anew */
    CHECK_OK(d = opened(folder, &e));
    CHECK_TEXT(ask_cell(d, "SELECT count(*) FROM cities", &e), "2");
    db_close(d);
    put_bytes(in_home("folder/cities.parquet"), 0, "PAR1", 4);
    CHECK_ERR(opened(folder, &e), ERR_DB, "two files would give the table cities");
}

TEST_MAIN_WITH_EXECUTOR({"types_follow_declaration_and_values", types_follow_declaration_and_values},
                        {"keys_are_kept", keys_are_kept},
                        {"strange_names", strange_names},
                        {"texts_blobs_and_bad_utf8", texts_blobs_and_bad_utf8},
                        {"utf16_is_read", utf16_is_read},
                        {"views_and_virtual_tables", views_and_virtual_tables},
                        {"logs_are_replayed", logs_are_replayed},
                        {"a_writer_is_waited_for", a_writer_is_waited_for},
                        {"damaged_and_encrypted", damaged_and_encrypted},
                        {"no_tables", no_tables},
                        {"too_large_values", too_large_values},
                        {"a_generated_column_bomb", a_generated_column_bomb},
                        {"an_import_can_be_stopped", an_import_can_be_stopped},
                        {"folders_are_databases", folders_are_databases})
