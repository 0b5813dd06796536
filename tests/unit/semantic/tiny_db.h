/* tiny_db.h - the tiny sales database of tiny.sql, made once and opened. */
#ifndef TESTS_TINY_DB_H
#define TESTS_TINY_DB_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "db/db.h"

static char tiny_folder[] = "/tmp/salesbot-semantic-XXXXXX";
static char tiny_path[128];

static inline void tiny_remove(void)
{
    char command[300];

    snprintf(command, sizeof command, "rm -rf '%s'", tiny_folder);
    if (*tiny_path && system(command))
        fprintf(stderr, "could not remove %s\n", tiny_folder);
}

static inline const char *tiny_next(void *arg)
{
    char **at = arg, *statement = *at, *end;

    while (*statement == '\n' || !strncmp(statement, "--", 2))
        statement += strcspn(statement, "\n") + 1;
    end = strstr(statement, ";\n");
    if (!end)
        return NULL;
    *end = 0;
    *at = end + 2;
    return statement;
}

/* NULL after a message; exits with 77 (skipped) when there is no library. */
static inline db *tiny_open(void)
{
    static str text;
    char *at;
    err e = {0};
    db_script script = {.next = tiny_next, .arg = &at};
    db *d;

    if (!*tiny_path) {
        if (!mkdtemp(tiny_folder))
            abort();
        snprintf(tiny_path, sizeof tiny_path, "%s/tiny.duckdb", tiny_folder);
        atexit(tiny_remove);
        if (!file_read(SALESBOT_SOURCE_DIR "/tests/unit/semantic/tiny.sql", 1 << 20, &text, &e)) {
            fprintf(stderr, "%s\n", e.msg);
            exit(1);
        }
        at = text.text;
        if (!db_create(tiny_path, &(db_options){.threads = 1}, true, &script, &e)) {
            fprintf(stderr, "%s\n", e.msg);
            exit(strstr(e.msg, "libduckdb") && strstr(e.msg, "No such file") ? 77 : 1);
        }
        str_deinit(&text);
    }
    d = db_open(tiny_path, &(db_options){.threads = 1, .no_cache = true}, &e);
    if (!d)
        fprintf(stderr, "%s\n", e.msg);
    return d;
}

#endif
