/* sqlite_impl.h - a SQLite file as the child reads it, to copy it into DuckDB.
 *
 * SQLite's columns hold anything; DuckDB's hold one type. So every table is
 * read twice: once to see which kinds of values each column has, from which
 * and from its declared type follows the type it gets (sqlite_types.c), and
 * once to append its rows (sqlite_copy.c). */
#ifndef DB_SQLITE_IMPL_H
#define DB_SQLITE_IMPL_H

#include <sqlite3.h>

#include "db/executor_impl.h"

typedef enum lite_type { LITE_TEXT, LITE_INTEGER, LITE_DOUBLE, LITE_DATE, LITE_TIMESTAMP } lite_type;

typedef struct lite_column {
    const char *source;   /* name in the file, any bytes */
    const char *name;     /* unique in its table without case, valid UTF-8 */
    const char *declared; /* "VARCHAR(20)"; "" if none */
    bool not_null;
    int key; /* place in the primary key, from 1; 0: not in it */
    /* kinds of values seen: */
    bool has_null, has_integer, has_real, has_text, has_blob;
    bool all_iso, has_clock; /* of the texts: ISO dates; some with a time of day */
    lite_type type;
} lite_column;

typedef struct lite_table {
    const char *source, *name;
    bool is_view, left_out;
    lite_column *columns;
    int n_columns;
    int64_t n_rows;
} lite_table;

typedef struct lite_key { /* a foreign key's column */
    const lite_table *table, *to_table;
    const lite_column *column, *to_column;
} lite_key;

enum {
    LITE_TABLES_MAX = 4096,
    LITE_COLUMNS_MAX = 2000,
    LITE_NAME_MAX = 1000,          /* bytes */
    LITE_CELL_MAX = 16 << 20,      /* bytes of one value */
    LITE_VIEW_ROWS_MAX = 1000000,  /* a view that gives more is left out */
    LITE_VIEW_MS_MAX = 20000,
};

typedef struct lite {
    executor *x;
    arena *a;
    sqlite3 *file;
    lite_table *tables;
    int n_tables;
    lite_key *keys;
    int n_keys;
    int64_t n_rows, rows_done;  /* of tables that are read */
    int64_t bytes_left;         /* that may still be copied */
    int64_t view_deadline;      /* now_ms; 0: no view is being read */
    int64_t spoken;             /* when progress was told */
} lite;

/* ---- sqlite_schema.c ---- */
MUST_CHECK bool lite_schema_read(lite *l, err *e);
/* `SELECT columns FROM table`, prepared; finalise it. NULL with *e. */
MUST_CHECK sqlite3_stmt *lite_rows(lite *l, const lite_table *t, err *e);
/* What SQLite says of the last failure. Returns false. */
bool lite_failed(lite *l, const char *what, err *e);
/* A table that can't be had is left out, and the user is told why. */
MUST_CHECK bool lite_leave_out(lite *l, lite_table *t, const char *why, err *e);

/* ---- sqlite_types.c ---- */
/* Read every value once; n_rows and the columns' types are set. */
MUST_CHECK bool lite_scan(lite *l, lite_table *t, err *e);
/* Days since 1970-01-01 and microseconds of "2024-02-29[ 12:30[:15[.25]]]". */
bool lite_iso(const char *text, size_t n, int64_t *days, int64_t *micros, bool *has_clock);
const char *lite_type_sql(lite_type t);

/* ---- sqlite_copy.c ---- */
MUST_CHECK bool lite_copy(lite *l, const lite_table *t, err *e);
MUST_CHECK bool lite_copy_keys(lite *l, err *e);

/* ---- sqlite.c ---- */
MUST_CHECK bool lite_say(lite *l, const char *what, double share, bool now, err *e);

#endif
