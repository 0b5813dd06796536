/* sales_db.h - a small sales database, made once per test program and opened. */
#ifndef TESTS_SALES_DB_H
#define TESTS_SALES_DB_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/sales.h"
#include "db/db.h"

static char sales_db_folder[] = "/tmp/salesbot-agent-XXXXXX";
static char sales_db_path[128];

static inline void sales_db_remove(void)
{
    char command[300];

    snprintf(command, sizeof command, "rm -rf '%s'", sales_db_folder);
    if (*sales_db_path && system(command))
        fprintf(stderr, "could not remove %s\n", sales_db_folder);
}

static inline const char *sales_db_next(void *arg)
{
    static sales_step step;
    err e = {0};

    return sales_script_next(arg, &step, &e) ? step.sql : NULL;
}

/* NULL after a message on stderr. */
static inline db *sales_db_open(void)
{
    err e = {0};
    sales_script *script = sales_script_new(SALES_ROWS_MIN, 1, &e);
    db_script run = {.next = sales_db_next, .arg = script};
    db *d = NULL;

    if (script && mkdtemp(sales_db_folder)) {
        snprintf(sales_db_path, sizeof sales_db_path, "%s/sales.duckdb", sales_db_folder);
        atexit(sales_db_remove);
        if (db_create(sales_db_path, &(db_options){.threads = 1}, true, &run, &e))
            d = db_open(sales_db_path, &(db_options){.no_cache = true}, &e);
    }
    if (!d)
        fprintf(stderr, "%s\n", e.msg);
    sales_script_free(script);
    return d;
}

#endif
