/* data.h - training examples: imported, generated, split, counted.
 *
 * An example is one line of JSON:
 *     {"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}],
 *      "prefix": N, "db_id", "category", "question", "sql", "source", "template"?}
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
    const char *today;               /* as in prompt.h; NULL: unknown */
    const char *template;            /* of generated questions: "trend 9.3", kind and frame; NULL: none */
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
    const char *file;      /* JSON lines, a JSON array, Parquet or CSV; or a folder of such */
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
    int64_t malformed, no_database, unparsed, unbound, failed, duplicate; /* dropped */
    int64_t converted, run; /* brought from SQLite's dialect; executed, rows being there */
    int64_t databases;
} data_counts;

/* Statements in SQLite's dialect become DuckDB's; each is run where its database is there.
 * Writes training_data.jsonl and its two parts training_data_train.jsonl and
 * training_data_val.jsonl (no database in both), set_aside.jsonl (lines of db_id,
 * question, evidence, sql), and dropped.jsonl (what was dropped, and why). A broken
 * line is counted and named in dropped.jsonl; it stops nothing. */
MUST_CHECK bool data_import(const data_import_options *o, data_counts *counts, err *e);

/* ---- generate ---------------------------------------------------------- */

/* Questions made up for one database: compiled from its semantic layer (the sales
 * layer, a file, or derived), patterns over its tables, written ones for the sales
 * database, and questions it can't answer. Every statement is run; what does not
 * compile, bind or run is dropped and counted. No frame of a sentence and no statement
 * stands on both sides. */
typedef struct data_generate_options {
    const char *semantic; /* a layer's file; NULL: as for questions */
    const char *db_id;    /* in the examples */
    const char *set_aside; /* of a folder: file of names to leave out; NULL: none */
    const char *out;      /* folder */
    int64_t limit;        /* about how many; 0: 6,000, of each database of a folder 60 */
    uint64_t seed;
    const char *mixed;    /* folder that data_import wrote, whose examples are added; NULL: none */
    const volatile int *cancel;
    void (*progress)(void *arg, const char *what, double done);
    void *arg;
} data_generate_options;

typedef struct data_generated {
    int64_t train, val, refusals, empty; /* empty: true answers without rows, or zero */
    int64_t databases, mixed;
    int64_t drawn; /* questions drawn; the rest were dropped: */
    int64_t not_compiled, unbound, not_canonical, failed, too_long, repeated, reserved, too_many_empty;
} data_generated;

/* Writes training_data.jsonl, its two parts and manifest.json (counts, SHA-256). */
MUST_CHECK bool data_generate(db *d, const data_generate_options *o, data_generated *n, err *e);

/* The same for every .duckdb and .sqlite file of a folder, in order of name. Whole
 * databases go to one side, as data_import does; what can't be opened is passed over. */
MUST_CHECK bool data_generate_folder(const char *folder, const data_generate_options *o, data_generated *n, err *e);

/* ---- split ------------------------------------------------------------- */

/* A file of examples into training_data_train.jsonl (about 80 %) and training_data_val.jsonl
 * in `out`, category by category; no statement, frame or question stands in both, so a large group
 * stays together. ERR_FORMAT for fewer than two examples. */
MUST_CHECK bool data_split(const char *file, const char *out, uint64_t seed, int64_t *train, int64_t *val,
                           int64_t *malformed, err *e);

#endif
