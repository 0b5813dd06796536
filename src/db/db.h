/* db.h - a database, opened in a process of its own.
 *
 *     db *d = db_open("sales.duckdb", &(db_options){0}, &e);
 *     const db_catalog *c = d ? db_catalog_get(d, &e) : NULL;
 *     db_result *r = c ? db_execute(d, "SELECT 1", &(db_limits){0}, &e) : NULL;
 *
 * The file is untrusted, like a shared library, so it is opened only in a
 * child: this same program, spawned with the hidden verb `__executor` (never a
 * bare fork). Messages go over a socket pair, length-checked on both sides;
 * the child holds READ_ONLY, no external access, no extensions, a locked
 * configuration, and what the kernel grants of seccomp, landlock and rlimits.
 * If the child dies, the call in flight fails with ERR_DB and the next call
 * starts a new one.
 *
 * Ownership: db_* objects are owned by whoever opened them; strings and arrays
 * inside a catalog or a result are borrowed from it. A `db` serves one thread
 * at a time, except db_cancel, which any thread or signal handler may call. */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

typedef struct db db;

/* The types a column of a result can have. What DuckDB has beyond these
 * (INTERVAL, lists, structs, UUID, HUGEINT beyond 64 bits ...) comes as its
 * text, DB_TEXT, except that integers and decimals stay exact numbers. */
typedef enum db_type {
    DB_BOOLEAN,
    DB_INTEGER, /* any integer that fits 64 bits, signed */
    DB_DECIMAL, /* exact; kept as text with `scale` digits; HUGEINT: scale 0 */
    DB_DOUBLE,
    DB_TEXT, /* valid UTF-8 */
    DB_DATE,      /* days since 1970-01-01 */
    DB_TIME,      /* microseconds since midnight */
    DB_TIMESTAMP, /* microseconds since 1970-01-01 00:00 */
} db_type;

typedef struct db_options {
    const char *program;  /* executor; NULL: $SALESBOT_PROGRAM, else this program */
    const char *library;  /* libduckdb.so; NULL: $SALESBOT_DUCKDB, else home/lib */
    int threads;          /* of the database; 0: all cores; 1 for replay and eval */
    int64_t memory_bytes; /* 0: 1 GiB */
    bool no_cache;        /* don't read or write the cached catalog */
    bool defer;           /* db_open returns as soon as the child was started, and
                             the first call that needs the child waits for it and
                             gives its errors; a cached catalog needs no child */
    int idle_ms;          /* the child ends when nothing was asked for so long, so
                             that writers are not locked out, and is started again
                             by the next call. 0: 30,000; negative: never */
    /* An import tells what it reads and the share done (0..1); share < 0: a note
     * for the user ("view v is left out: ..."). May be NULL. */
    void (*on_import)(void *arg, const char *what, double share);
    void *import_arg;
    const volatile int *import_cancel; /* non-zero: stop the import; may be NULL */
} db_options;

/* `path`: a DuckDB file, or what the child imports into $SALESBOT_HOME/cache,
 * keyed by path, size and mtime: a SQLite file, a CSV or Parquet file, or a
 * folder of these two (each a table named after its file). A locked file is
 * retried for about 2 s.
 * NULL with ERR_DB (missing, locked, corrupt, not a database: the message
 * says what to do), ERR_IO, ERR_NOMEM. */
MUST_CHECK db *db_open(const char *path, const db_options *o, err *e);
/* Is DuckDB's library where the options and the environment say? ERR_DB. */
MUST_CHECK bool db_available(const db_options *o, err *e);
void db_close(db *d); /* NULL is allowed */
const char *db_path(const db *d);
/* What the sandbox could not get from the kernel; "" when all held, and until
 * the child has opened the database (see `defer`). */
const char *db_sandbox_note(const db *d);

/* ---- catalog ---------------------------------------------------------- */

typedef struct db_column {
    const char *name, *type_text; /* "DECIMAL(14,2)" as DuckDB says it */
    db_type type;
    const char *comment; /* "" if none */
    bool primary_key;    /* part of it */
    bool nullable;
    int fk_table, fk_column; /* indices into the catalog, or -1 */
    int64_t n_distinct;      /* approximate above 10,000; -1 unknown */
    int64_t n_null;
    const char *min_text, *max_text; /* "" if no rows */
    /* Value index: all distinct values of a DB_TEXT column that has at most
     * DB_VALUES_MAX of them, sorted by bytes; else up to 20 samples. */
    const char *const *values;
    int n_values;
    bool values_complete;
} db_column;

typedef struct db_table {
    const char *name, *comment;
    bool is_view;
    int64_t n_rows;
    const db_column *columns;
    int n_columns;
} db_table;

typedef struct db_catalog {
    const char *database;    /* file name without folder */
    const char *fingerprint; /* SHA-256 of schema, counts and ranges: hex */
    const db_table *tables;  /* in order of name */
    int n_tables;
} db_catalog;

enum { DB_VALUES_MAX = 20000, DB_VALUE_BYTES_MAX = 200 };

/* Read once and kept (also on disk, under home/cache, keyed by path, size and
 * mtime). Borrowed until db_close. A database without tables is ERR_DB. */
MUST_CHECK const db_catalog *db_catalog_get(db *d, err *e);
/* Exact names win; else without case. -1 if none. */
int db_table_find(const db_catalog *c, const char *name);
int db_column_find(const db_table *t, const char *name);

/* A catalog of a schema that comes without its database, as training data do:
 *     {"tables": [{"name", "columns": [{"name", "type", "primary_key"?, "comment"?}]}],
 *      "foreign_keys": [[table, column, table, column], …]}
 * Types are SQL's by their name ("VARCHAR(20)", "INT", "number", "datetime"); unknown
 * ones are text. Tables come in the order a database would give; counts, ranges and
 * values are unknown. A foreign key to nowhere is left out. Lives in `a`.
 * ERR_FORMAT says what is wrong; ERR_NOMEM. */
MUST_CHECK const db_catalog *db_catalog_of_json(arena *a, const char *database, const char *json,
                                                size_t n, err *e);
/* {"database","fingerprint","tables":[{"name","comment","rows","view","columns":[...]}]};
 * owned (json_decref), NULL when out of memory. */
struct json_t;
struct json_t *db_catalog_json(const db_catalog *c);

/* ---- statements ------------------------------------------------------- */

typedef struct db_limits {
    int64_t max_rows;  /* 0: 10,000 */
    int64_t max_bytes; /* of the result; 0: 256 MiB */
    int timeout_ms;    /* 0: 30,000 */
} db_limits;

typedef struct db_result_column {
    const char *name;
    db_type type;
    int scale; /* DB_DECIMAL: digits after the point */
    const uint8_t *valid; /* (n_rows) 0: NULL */
    union {
        const int64_t *integer; /* BOOLEAN INTEGER DATE TIME TIMESTAMP, (n_rows) */
        const double *number;   /* DOUBLE, (n_rows) */
        const char *const *text; /* TEXT and DECIMAL, (n_rows), NUL-terminated */
    } as;
} db_result_column;

typedef struct db_result {
    const db_result_column *columns;
    int n_columns;
    int64_t n_rows;
    bool truncated; /* max_rows or max_bytes cut it: more rows exist */
    double elapsed_ms;
} db_result;

/* Names and types of the result without running it. *columns is owned by
 * *holder (db_result_free). ERR_DB with DuckDB's own message. */
MUST_CHECK db_result *db_prepare(db *d, const char *sql, err *e); /* n_rows = 0 */
/* One SELECT. ERR_DB, ERR_LIMIT (time or memory), ERR_CANCELLED. */
MUST_CHECK db_result *db_execute(db *d, const char *sql, const db_limits *l, err *e);
/* The first l->max_rows rows (0: none) of one SELECT as a Parquet file, whole or
 * not at all. Types are DuckDB's own; HUGEINT becomes DECIMAL(38,0), or text where
 * a value has more digits; a name that comes twice gets a number. *n_rows: how many
 * were written. ERR_DB, ERR_LIMIT (time, memory, 4 GB), ERR_CANCELLED, ERR_IO. */
MUST_CHECK bool db_export_parquet(db *d, const char *sql, const db_limits *l, const char *path,
                                  int64_t *n_rows, err *e);
/* EXPLAIN as text, owned (free). */
MUST_CHECK char *db_explain(db *d, const char *sql, err *e);
void db_result_free(db_result *r); /* NULL is allowed */
/* Interrupt the statement in flight; async-signal-safe. */
void db_cancel(db *d);

/* The cell as text in ISO form ("" for NULL; DOUBLE in the shortest form that
 * reads back). `buffer` is used when needed; the result is borrowed from it or
 * from r. */
const char *db_cell_text(const db_result *r, int64_t row, int column, char buffer[64]);
/* Numbers and booleans as double (DECIMAL rounded); NAN for NULL or text. */
double db_cell_number(const db_result *r, int64_t row, int column);
bool db_cell_null(const db_result *r, int64_t row, int column);
const char *db_type_name(db_type t); /* "integer", "decimal" ... as in the state's JSON */

/* The result as an Arrow C stream (arrow.apache.org, C stream interface).
 * Takes ownership of r, also on failure; `stream` is a struct ArrowArrayStream
 * to fill (db/arrow.h). One batch, or none without rows. */
struct ArrowArrayStream;
MUST_CHECK bool db_result_arrow(db_result *r, struct ArrowArrayStream *stream, err *e);

/* ---- making a database ------------------------------------------------ */

/* A trusted script: calls `next` until it returns NULL; each statement is run
 * in a child that has opened a temporary file beside `path` for writing
 * (attached WITH STORAGE_VERSION 'v1.5.0'), which is checkpointed, fsynced and
 * renamed to `path` at the end: nothing half-written stays under that name.
 * `next` gives the label and the share done, for progress. An existing file is
 * ERR_IO unless `replace`. ERR_IO also for a full disk; ERR_CANCELLED. */
typedef struct db_script {
    const char *(*next)(void *arg); /* next statement, borrowed until the next call */
    void *arg;
    const volatile int *cancel; /* non-zero: stop; may be NULL */
} db_script;
MUST_CHECK bool db_create(const char *path, const db_options *o, bool replace,
                          const db_script *script, err *e);

/* What main() calls for `__executor`; returns the exit code of the process. */
int db_executor_main(int argc, char **argv);

#endif
