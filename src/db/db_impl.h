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
typedef enum source_kind { SOURCE_DUCKDB, SOURCE_CSV, SOURCE_PARQUET } source_kind;
MUST_CHECK bool source_inspect(const char *path, source_kind *kind, err *e);

/* ---- create.c ---- */
/* The DuckDB file that stands for a CSV or Parquet file; made if need be. Owned. */
MUST_CHECK char *import_file(const char *path, source_kind kind, const db_options *o, err *e);

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
