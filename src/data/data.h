/* data.h - training examples: imported, generated, split, counted.
 *
 * An example is one line of JSON:
 *     {"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}],
 *      "prefix": N, "db_id", "category", "question", "sql", "source"}
 * The user's content is what rag/prompt.h writes, its first N bytes the part that all
 * questions on the database share; the assistant's is the canonical statement FROM
 * first, or a refusal (PROMPT_REFUSAL), for which "sql" is "". "sql" is SELECT first.
 * Turn marks are not in it: whoever makes tokens adds them.
 *
 * The same input and seed give the same bytes. Files are written whole or not at all. */
#ifndef DATA_DATA_H
#define DATA_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "db/db.h"

/* ---- one example ------------------------------------------------------- */

typedef struct data_pair {      /* all borrowed */
    const char *db_id, *question, *sql, *source;
    const char *evidence, *category; /* NULL: none; by the statement's shape */
    const char *refusal;             /* what is missing; then sql is NULL */
} data_pair;

typedef struct data_maker { /* of one database */
    const db_catalog *catalog;
    str prefix; /* owned: data_maker_deinit */
} data_maker;
void data_maker_init(data_maker *m, const db_catalog *c);
void data_maker_deinit(data_maker *m);

/* The canonical statement in both forms: parsed, bound, names as the catalog spells
 * them. ERR_REFUSED (does not parse), ERR_NOT_FOUND (does not bind), ERR_NOMEM. */
typedef struct data_sql { const char *select_first, *from_first, *category; } data_sql;
MUST_CHECK bool data_canonical(arena *a, const db_catalog *c, const char *sql, data_sql *out, err *e);

/* The line, with its line break, appended to `line`. Errors as data_canonical. */
MUST_CHECK bool data_example(const data_maker *m, const data_pair *p, str *line, err *e);

/* ---- import ------------------------------------------------------------ */

typedef struct data_import_options {
    const char *file;      /* JSON lines, a JSON array, or Parquet */
    const char *schemas;   /* JSON by db_id, or Spider's list of tables; NULL: beside the file, if any */
    const char *db_dir;    /* <db_id>.duckdb or .sqlite; NULL: train_db beside the file, if any */
    const char *set_aside; /* file of database names, one a line, kept out whole; NULL: none */
    const char *out;       /* folder; made when it isn't there */
    const char *source;    /* of pairs that name none */
    int64_t limit;         /* most examples, chosen by the seed; 0: all */
    uint64_t seed;
    const volatile int *cancel; /* non-zero: stop; may be NULL */
    void (*progress)(void *arg, const char *what, double done); /* may be NULL */
    void *arg;
} data_import_options;

typedef struct data_counts {
    int64_t read, train, val, set_aside;
    int64_t malformed, no_database, unparsed, unbound, duplicate; /* dropped */
    int64_t databases;
} data_counts;

/* Writes training_data.jsonl and its two parts training_data_train.jsonl and
 * training_data_val.jsonl (no database in both), set_aside.jsonl (lines of db_id,
 * question, evidence, sql), and dropped.jsonl (what was dropped, and why). A broken
 * line is counted and named in dropped.jsonl; it stops nothing. */
MUST_CHECK bool data_import(const data_import_options *o, data_counts *counts, err *e);

#endif
