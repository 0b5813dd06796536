/* message_impl.h - what the two processes say to each other.
 *
 * A frame is a 16-byte header (magic, kind, length) and a payload of at most
 * FRAME_MAX bytes. The parent asks, one request at a time; the child answers
 * with any number of REPLY_SCHEMA/ROWS/TABLE/TEXT and then exactly one
 * REPLY_DONE or REPLY_ERROR. Both sides treat the other's bytes as untrusted:
 * every decoder here checks lengths, ranges and UTF-8 and gives ERR_FORMAT. */
#ifndef DB_MESSAGE_IMPL_H
#define DB_MESSAGE_IMPL_H

#include "base/arena.h"
#include "db/db.h"
#include "db/wire_impl.h"

enum {
    FRAME_MAGIC = 0x31584253, /* "SBX1" */
    FRAME_HEADER = 16,
    FRAME_MAX = 64 << 20,
    BATCH_BYTES = 4 << 20, /* a batch is closed when it grows past this */
    COLUMNS_MAX = 4096,
};

typedef enum frame_kind {
    ASK_OPEN = 1,
    ASK_PREPARE,
    ASK_EXECUTE,
    ASK_EXPLAIN,
    ASK_EXPORT, /* the rows into EXPORT_NAME in the private folder; TEXT: how many */
    ASK_CATALOG,
    ASK_RUN,    /* a statement of a trusted script */
    ASK_IMPORT, /* copy the SQLite file `source`; sql: IMPORT_COPY or "" */
    ASK_FINISH, /* checkpoint and close the database being written */
    REPLY_HELLO = 32,
    REPLY_SCHEMA,
    REPLY_ROWS,
    REPLY_TABLE,
    REPLY_TEXT,
    REPLY_PROGRESS,
    REPLY_DONE,
    REPLY_ERROR,
} frame_kind;

/* False with ERR_FORMAT on a wrong magic, kind or length. */
MUST_CHECK bool frame_header_read(const uint8_t header[FRAME_HEADER], frame_kind *kind,
                                  size_t *n, err *e);
void frame_header_write(uint8_t header[FRAME_HEADER], frame_kind kind, size_t n);

#define IMPORT_COPY "copy" /* the source is a private copy: its log may be replayed */
#define KEYS_SCHEMA "__salesbot" /* of an import: the keys that its source declares */

typedef enum open_mode {
    MODE_READ,   /* a database, read-only */
    MODE_WRITE,  /* make one; no other file */
    MODE_IMPORT, /* make one from `source` */
} open_mode;

typedef struct ask_open {
    open_mode mode;
    const char *library, *path, *temporary, *source; /* source: "" unless MODE_IMPORT */
    const char *name; /* of the database inside, when writing */
    uint32_t threads, idle_ms, wait_ms;
    int64_t memory_bytes, temporary_bytes;
} ask_open;
void ask_open_put(str *s, const ask_open *m);
MUST_CHECK bool ask_open_get(wire *w, ask_open *m, err *e); /* texts borrowed */

/* The one file that the child makes for the parent. */
#define EXPORT_NAME "export.parquet"

/* PREPARE, EXECUTE, EXPLAIN, EXPORT, CATALOG, RUN and FINISH. */
typedef struct ask {
    uint64_t number; /* of the request, rising; cancel names it */
    const char *sql;
    int64_t max_rows, max_bytes;
    uint32_t timeout_ms; /* 0: none */
} ask;
void ask_put(str *s, const ask *m);
MUST_CHECK bool ask_get(wire *w, ask *m, err *e);

typedef struct schema_column {
    const char *name;
    db_type type;
    int scale;
} schema_column;
void schema_put(str *s, const schema_column *columns, size_t n);
/* The columns, pushed to `a`, names copied. */
MUST_CHECK bool schema_get(wire *w, arena *a, schema_column **columns, int *n, err *e);

/* Rows: u32 n; per column n validity bytes, then n 8-byte values, or for TEXT
 * and DECIMAL n+1 u32 offsets and the bytes, each text ending in NUL. */
typedef struct batch_column {
    uint8_t *valid; /* (rows) */
    int64_t *integer; /* (rows), or NULL */
    double *number;   /* (rows), or NULL */
    const char **text; /* (rows), or NULL; borrowed from the payload */
} batch_column;
/* How many rows a payload holds, 0 if it is too short to say. */
uint32_t batch_rows(const uint8_t *payload, size_t n);
/* Decode rows into out[c].…[at …]. The arrays have room. */
MUST_CHECK bool batch_get(wire *w, const schema_column *columns, int n_columns,
                          batch_column *out, int64_t at, err *e);

/* What is being imported and the share done; PROGRESS_NOTE: a note for the user. */
#define PROGRESS_NOTE (-1.0)
void progress_put(str *s, const char *what, double share);
MUST_CHECK bool progress_get(wire *w, const char **what, double *share, err *e); /* borrowed */

void done_put(str *s, bool truncated, double elapsed_ms);
MUST_CHECK bool done_get(wire *w, bool *truncated, double *elapsed_ms, err *e);
void error_put(str *s, const err *e);
/* The child's error into *out; its code is kept only if a child may raise it. */
MUST_CHECK bool error_get(wire *w, err *out, err *e);

/* A table of the catalog, with its columns; db_table.name = NULL on failure. */
void table_put(str *s, const db_table *t);
MUST_CHECK bool table_get(wire *w, arena *a, db_table *t, err *e);

#endif
