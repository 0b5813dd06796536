/* support.h - what the tests of the db module share: a folder of their own,
 * scripts as arrays of statements, checks that print the error. */
#ifndef TESTS_DB_SUPPORT_H
#define TESTS_DB_SUPPORT_H

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "db/db.h"
#include "test.h"

#define CHECK_OK(call)                                                  \
    do {                                                                \
        e = (err){0};                                                   \
        if (!(call))                                                    \
            FAIL_("%s: %s: %s", #call, err_name(e.code), e.msg);        \
    } while (0)
/* The call fails with this code and says this. */
#define CHECK_ERR(call, wanted, words)                                  \
    do {                                                                \
        e = (err){0};                                                   \
        if (call)                                                       \
            FAIL_("%s: did not fail", #call);                           \
        if (e.code != (wanted) || !strstr(e.msg, words))                \
            FAIL_("%s: %s: %s", #call, err_name(e.code), e.msg);        \
    } while (0)
#define CHECK_TEXT(got, expected)                                       \
    do {                                                                \
        const char *got_ = (got);                                       \
        if (strcmp(got_, expected))                                     \
            FAIL_("%s = \"%s\", expected \"%s\"", #got, got_, expected); \
    } while (0)

static char home[256]; /* removed at exit */

static inline int entries(const char *folder, const char *containing)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    int n = 0;

    while (d && (entry = readdir(d)))
        n += entry->d_name[0] != '.' && strstr(entry->d_name, containing) != NULL;
    if (d)
        closedir(d);
    return n;
}

static inline void remove_home(void)
{
    char command[300];

    snprintf(command, sizeof command, "rm -rf '%s'", home);
    if (*home && system(command))
        fprintf(stderr, "could not remove %s\n", home);
}

/* $SALESBOT_HOME becomes a new folder; the library stays where it is. */
static inline void make_home(void)
{
    str library = {0};
    err e;

    if (*home)
        return;
    if (!getenv("SALESBOT_DUCKDB") && home_path(&library, "lib/libduckdb.so", &e))
        setenv("SALESBOT_DUCKDB", library.text, 1);
    str_deinit(&library);
    snprintf(home, sizeof home, "%s/dbtest-XXXXXX",
             getenv("TMPDIR") && *getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(home))
        abort();
    setenv("SALESBOT_HOME", home, 1);
    setenv("TMPDIR", home, 1);
    atexit(remove_home);
}

static inline const char *in_home(const char *name)
{
    static char paths[8][640];
    static int at;

    make_home();
    at = (at + 1) % 8;
    snprintf(paths[at], sizeof paths[at], "%s/%s", home, name);
    return paths[at];
}

typedef struct lines {
    const char *const *next;
    volatile int cancel;
    int cancel_at; /* set `cancel` before this statement, from 1; 0: never */
    int given;
} lines;

static inline const char *lines_next(void *arg)
{
    lines *l = arg;

    if (l->cancel_at && ++l->given == l->cancel_at)
        l->cancel = 1;
    return *l->next ? *l->next++ : NULL;
}

static inline bool make_database(const char *path, const char *const *statements, err *e)
{
    lines l = {.next = statements};
    const db_script script = {.next = lines_next, .arg = &l};

    make_home();
    return db_create(path, &(db_options){.threads = 1}, true, &script, e);
}

static const char *const shop[] = {
    "CREATE TABLE region (region_id INTEGER PRIMARY KEY, name VARCHAR NOT NULL)",
    "CREATE TABLE sale (sale_id BIGINT PRIMARY KEY,"
    " region_id INTEGER REFERENCES region(region_id), amount DECIMAL(14,2), sold_on DATE,"
    " note VARCHAR, tag VARCHAR)",
    "COMMENT ON TABLE sale IS 'one line per sale'",
    "COMMENT ON COLUMN sale.amount IS 'before VAT'",
    "INSERT INTO region VALUES (1, 'North'), (2, 'South'), (3, '\xC3\x9Cn\xC3\xB6')",
    "INSERT INTO sale SELECT i, 1 + i % 3, (i % 1000) / 10,"
    " DATE '2024-01-01' + CAST(i % 366 AS INTEGER),"
    " CASE WHEN i % 7 = 0 THEN NULL ELSE 'note ' || (i % 50) END, 'tag ' || i"
    " FROM range(30000) r(i)",
    "CREATE VIEW big AS SELECT * FROM sale WHERE amount > 90",
    NULL};

/* A database that every test may read. */
static inline const char *shop_path(void)
{
    static char path[300];
    err e;

    if (!*path) {
        make_home();
        snprintf(path, sizeof path, "%s/shop.duckdb", home);
        if (!make_database(path, shop, &e)) {
            fprintf(stderr, "%s\n", e.msg);
            exit(1);
        }
    }
    return path;
}

/* One cell of one row, as text. */
static inline const char *ask_cell(db *d, const char *sql, err *e)
{
    static char text[512];
    char buffer[64];
    db_result *r = db_execute(d, sql, &(db_limits){0}, e);

    if (!r)
        return e->msg;
    snprintf(text, sizeof text, "%s",
             r->n_rows != 1            ? "(not one row)"
             : db_cell_null(r, 0, 0)   ? "(null)"
                                       : db_cell_text(r, 0, 0, buffer));
    db_result_free(r);
    return text;
}

#endif
