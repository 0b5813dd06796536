/* sales.h - the sales database, as a script.
 *
 * The database of SALES.md is made inside DuckDB: this module turns a number of
 * sales lines and a seed into SQL statements, in order; whoever holds a database
 * open for writing runs them on ONE connection (they use temporary tables and
 * macros, which leave nothing behind). The same (rows, seed) give the same rows
 * on every machine and thread count. docs/adr/0002-sales-database.md says how.
 *
 * Ownership: a sales_script is the caller's (sales_script_free); a step's texts
 * are borrowed until the next call. */
#ifndef DATA_SALES_H
#define DATA_SALES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
    SALES_ROWS_MIN = 2000,
    SALES_ROWS_DEFAULT = 200000,
    /* Above this many lines the keys of sales and returns are not declared but
     * only named in the comments: their seven indexes would cost more time than
     * everything else, and memory that grows with the lines. */
    SALES_ROWS_KEYS_MAX = 5000000,
};
#define SALES_ROWS_MAX UINT64_C(1000000000)
#define SALES_SEED_MAX UINT64_C(9223372036854775807) /* it is kept as a BIGINT */

typedef struct sales_step {
    const char *label; /* "sales 2023", for progress */
    const char *sql;   /* one statement, without its semicolon */
    double fraction_done; /* of the whole work, before this statement, 0..1 */
} sales_step;

typedef struct sales_script sales_script;

/* NULL with ERR_ARG (rows or seed out of range), ERR_NOMEM. */
MUST_CHECK sales_script *sales_script_new(uint64_t rows, uint64_t seed, err *e);
void sales_script_free(sales_script *s); /* NULL is allowed */

/* The next statement into *step; false at the end or on failure (ERR_NOMEM;
 * e->code is ERR_OK at the end, so the caller zeroes *e before). */
bool sales_script_next(sales_script *s, sales_step *step, err *e);

/* All of it: `each` is called for every statement and returns false to stop,
 * which is ERR_CANCELLED. */
MUST_CHECK bool sales_script_run(uint64_t rows, uint64_t seed,
                                 bool (*each)(void *arg, const sales_step *step),
                                 void *arg, err *e);

#endif
