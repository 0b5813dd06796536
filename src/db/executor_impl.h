/* executor_impl.h - inside the child: one database, one request at a time.
 *
 * Two threads of ours: the executor answers requests; the watchdog waits for a
 * cancel, a deadline or the parent's end, and interrupts DuckDB. They share
 * only the fields below `lock`. */
#ifndef DB_EXECUTOR_IMPL_H
#define DB_EXECUTOR_IMPL_H

#include <pthread.h>

#include "db/channel_impl.h"
#include "db/duckdb_api.h"

enum { EXECUTOR_SOCKET = 3, EXECUTOR_CANCEL = 4 }; /* inherited */

/* Exit codes of the process. */
enum { EXECUTOR_IDLE = 0, EXECUTOR_ORPHAN = 0, EXECUTOR_BAD_CALL = 2 };

typedef enum stop_reason { STOP_NONE, STOP_TIME, STOP_CANCEL } stop_reason;

typedef struct executor {
    duckdb_api api;
    ask_open open;     /* texts borrowed from `opening` */
    str opening;       /* payload of the open request */
    duckdb_database database;
    duckdb_connection connection;
    int wake_fd;       /* tells the watchdog that a statement began */
    pthread_mutex_t lock;
    uint64_t running;   /* number of the request in flight; 0: none */
    uint64_t cancelled; /* highest number that was to be cancelled */
    int64_t deadline;   /* now_ms; 0: none */
    stop_reason stop;   /* of the running request */
} executor;

/* ---- executor_watch.c ---- */
MUST_CHECK bool watch_start(executor *x, err *e);
void watch_begin(executor *x, const ask *m);
void watch_end(executor *x);
stop_reason watch_stopped(executor *x);
/* Remove what is left in the temporary folder. */
void temporary_clean(const char *folder);

/* ---- executor_open.c ---- */
MUST_CHECK bool executor_open(executor *x, err *e);
MUST_CHECK bool executor_finish(executor *x, err *e); /* a database being written */
/* Run SQL of our own or of a trusted script, drop its rows. */
MUST_CHECK bool executor_run(executor *x, const char *sql, err *e);

/* ---- sqlite.c ---- */
/* The SQLite file open.source into the database being written; progress is sent. */
MUST_CHECK bool executor_import_sqlite(executor *x, const ask *m, err *e);

/* ---- executor_query.c ---- */
/* A statement that has been prepared. Zero-initialise; query_deinit frees. */
typedef struct query {
    duckdb_prepared prepared;
    duckdb_result result;
    bool has_result;
    schema_column *columns; /* (n_columns), owned, names owned */
    int *kinds;             /* duckdb_type each, owned */
    int n_columns;
    bool needs_text; /* a column is to be wrapped in a cast to VARCHAR */
} query;
/* `only_select`: refuse what DuckDB does not call a SELECT. */
MUST_CHECK bool query_prepare(executor *x, const char *sql, bool only_select, query *q, err *e);
MUST_CHECK bool query_start(executor *x, query *q, err *e);
/* The next chunk, or NULL at the end or on failure (then *failed). */
duckdb_chunk query_next(executor *x, query *q, bool *failed, err *e);
void query_deinit(executor *x, query *q);
/* DuckDB's words into e; time, cancel and memory get their own codes. */
bool query_failed(executor *x, int type, const char *message, err *e);

MUST_CHECK bool answer_prepare(executor *x, const ask *m, err *e);
MUST_CHECK bool answer_execute(executor *x, const ask *m, err *e);
MUST_CHECK bool answer_explain(executor *x, const ask *m, err *e);

/* ---- executor_export.c ---- */
MUST_CHECK bool answer_export(executor *x, const ask *m, err *e);

/* ---- executor_cell.c ---- */
typedef struct cells { /* one column of a chunk */
    const void *data;
    const uint64_t *valid; /* NULL: all */
    int kind, storage;     /* duckdb_type of the column and of its integers */
    int scale;
} cells;
cells cells_of(executor *x, duckdb_chunk chunk, int column);
bool cell_valid(const cells *c, uint64_t row);
uint64_t cell_size(const cells *c, uint64_t row); /* bytes it needs on the wire, about */
int64_t cell_integer(const cells *c, uint64_t row);
double vector_number(const cells *c, uint64_t row);
void cell_text(const cells *c, uint64_t row, str *out); /* VARCHAR and exact numbers */
/* Any bytes as UTF-8 without NUL: what is neither becomes U+FFFD. */
void text_clean(str *out, const char *bytes, size_t n);

/* ---- executor_catalog.c ---- */
MUST_CHECK bool answer_catalog(executor *x, const ask *m, err *e);

/* ---- sandbox.c ---- */
/* Give up what the child will not need. What the kernel did not grant is
 * written to `note`, as one sentence for the user; "" when all held. */
void sandbox_enter(const ask_open *m, str *note);

#endif
