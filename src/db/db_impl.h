/* db_impl.h - the parent's database object and its parts. */
#ifndef DB_DB_IMPL_H
#define DB_DB_IMPL_H

#include "db/process_impl.h"

struct db {
    char *path;     /* as it was given */
    process_plan plan; /* plan.path: the DuckDB file that is read */
    process child;
    bool no_cache;
    arena *memory;       /* of the catalog; NULL until it is read */
    db_catalog *catalog; /* in `memory` */
};

/* ---- source.c: what a path is ---- */
typedef enum source_kind {
    SOURCE_DUCKDB, SOURCE_CSV, SOURCE_PARQUET, SOURCE_SQLITE, SOURCE_FOLDER,
} source_kind;
MUST_CHECK bool source_inspect(const char *path, source_kind *kind, err *e);
/* By its name: SOURCE_CSV, SOURCE_PARQUET, or false. */
bool source_by_name(const char *name, source_kind *kind);

/* ---- create.c ---- */
typedef struct make_job {
    open_mode mode;
    const char *source; /* what the child may read too; NULL: nothing */
    /* Or: put copies into the new file's private folder; the path to read, owned. */
    char *(*stage)(void *arg, const char *folder, err *e);
    bool (*run)(process *child, void *arg, err *e); /* fill the database */
    void *arg;
    const volatile int *cancel; /* may be NULL */
} make_job;
/* The whole of `path`, or nothing; see db_create. */
MUST_CHECK bool database_make(const char *path, const make_job *j, const db_options *o, err *e);
/* One request of a script and its end. */
MUST_CHECK bool child_step(process *child, frame_kind kind, const char *sql,
                           const volatile int *cancel, err *e);

/* ---- import.c ---- */
/* The DuckDB file that stands for what is none; made if need be. Owned. */
MUST_CHECK char *import_file(const char *path, source_kind kind, const db_options *o, err *e);

/* ---- import_sqlite.c ---- */
/* The SQLite file `real` into the DuckDB file `target`. */
MUST_CHECK bool import_sqlite(const char *target, const char *real, const db_options *o, err *e);
/* Sizes and times of the file's logs, which belong to its state. */
void sqlite_logs_state(const char *real, str *out);

/* ---- catalog.c ---- */
/* Tables are pushed to `a`, in order; links and the fingerprint are checked
 * and made by catalog_finish. */
MUST_CHECK db_catalog *catalog_finish(arena *a, const char *path, db_table *tables, int n,
                                      err *e);

/* ---- catalog_cache.c ---- */
/* Tables as frames' payloads, from disk; false if there is no good copy. */
bool catalog_cache_read(const char *path, arena *a, db_table **tables, int *n);
/* Payloads of the tables, each preceded by a u64 length. Failure is silent. */
void catalog_cache_write(const char *path, const str *payloads, int n);
enum { CATALOG_ARENA = 1 << 30 };

/* ---- result.c ---- */
typedef struct result_builder result_builder;
MUST_CHECK result_builder *result_builder_new(err *e);
void result_builder_free(result_builder *b); /* NULL is allowed */
MUST_CHECK bool result_builder_schema(result_builder *b, const str *payload, err *e);
/* Takes the payload's bytes, leaving it empty. */
MUST_CHECK bool result_builder_rows(result_builder *b, str *payload, err *e);
int64_t result_builder_count(const result_builder *b);
int64_t result_builder_bytes(const result_builder *b);
/* Frees the builder, also on failure. */
MUST_CHECK db_result *result_builder_finish(result_builder *b, bool truncated,
                                            double elapsed_ms, err *e);

#endif
