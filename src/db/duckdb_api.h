/* duckdb_api.h - the part of DuckDB's C interface (version 1) that we use.
 *
 * Declared by us and found by dlopen at run time, so that building needs no
 * DuckDB and one build runs with 1.5 and 2.0. Only the child process (the
 * executor) ever loads the library. Handles are opaque; the one struct that is
 * passed by value, duckdb_result, has had this layout since version 0.3. */
#ifndef DB_DUCKDB_API_H
#define DB_DUCKDB_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

typedef struct duckdb_database_ *duckdb_database;
typedef struct duckdb_connection_ *duckdb_connection;
typedef struct duckdb_config_ *duckdb_config;
typedef struct duckdb_prepared_ *duckdb_prepared;
typedef struct duckdb_statements_ *duckdb_statements;
typedef struct duckdb_pending_ *duckdb_pending;
typedef struct duckdb_chunk_ *duckdb_chunk;
typedef struct duckdb_vector_ *duckdb_vector;
typedef struct duckdb_logical_ *duckdb_logical;
typedef struct duckdb_appender_ *duckdb_appender;

typedef struct duckdb_result {
    uint64_t n_columns, n_rows, n_changed; /* not used */
    void *columns;
    char *message;
    void *internal;
} duckdb_result;

typedef struct duckdb_huge {
    uint64_t lower;
    int64_t upper;
} duckdb_huge;

typedef struct duckdb_date { int32_t days; } duckdb_date;
typedef struct duckdb_timestamp { int64_t micros; } duckdb_timestamp;

enum { DUCKDB_OK = 0 };          /* state of every call that can fail */
enum { DUCKDB_SELECT = 1 };      /* statement type */
enum { DUCKDB_ERR_MEMORY = 33 }; /* error type */

typedef enum duckdb_type {
    DUCKDB_BOOLEAN = 1,
    DUCKDB_TINYINT,
    DUCKDB_SMALLINT,
    DUCKDB_INTEGER,
    DUCKDB_BIGINT,
    DUCKDB_UTINYINT,
    DUCKDB_USMALLINT,
    DUCKDB_UINTEGER,
    DUCKDB_UBIGINT,
    DUCKDB_FLOAT,
    DUCKDB_DOUBLE,
    DUCKDB_TIMESTAMP,
    DUCKDB_DATE,
    DUCKDB_TIME,
    DUCKDB_INTERVAL,
    DUCKDB_HUGEINT,
    DUCKDB_VARCHAR,
    DUCKDB_BLOB,
    DUCKDB_DECIMAL,
    DUCKDB_TIMESTAMP_S,
    DUCKDB_TIMESTAMP_MS,
    DUCKDB_TIMESTAMP_NS,
    DUCKDB_ENUM,
    DUCKDB_UUID = 27,
    DUCKDB_TIME_TZ = 30,
    DUCKDB_TIMESTAMP_TZ,
    DUCKDB_UHUGEINT,
} duckdb_type;

/* F(return type, name without duckdb_, parameters) */
#define DUCKDB_FUNCTIONS(F)                                                              \
    F(const char *, library_version, (void))                                             \
    F(void, free, (void *))                                                              \
    F(int, create_config, (duckdb_config *))                                             \
    F(int, set_config, (duckdb_config, const char *, const char *))                      \
    F(void, destroy_config, (duckdb_config *))                                           \
    F(int, open_ext, (const char *, duckdb_database *, duckdb_config, char **))          \
    F(void, close, (duckdb_database *))                                                  \
    F(int, connect, (duckdb_database, duckdb_connection *))                              \
    F(void, disconnect, (duckdb_connection *))                                           \
    F(void, interrupt, (duckdb_connection))                                              \
    F(int, query, (duckdb_connection, const char *, duckdb_result *))                    \
    F(uint64_t, extract_statements, (duckdb_connection, const char *, duckdb_statements *)) \
    F(const char *, extract_statements_error, (duckdb_statements))                       \
    F(void, destroy_extracted, (duckdb_statements *))                                    \
    F(int, prepare_extracted_statement,                                                  \
      (duckdb_connection, duckdb_statements, uint64_t, duckdb_prepared *))               \
    F(const char *, prepare_error, (duckdb_prepared))                                    \
    F(void, destroy_prepare, (duckdb_prepared *))                                        \
    F(int, prepared_statement_type, (duckdb_prepared))                                   \
    F(uint64_t, prepared_statement_column_count, (duckdb_prepared))                      \
    F(const char *, prepared_statement_column_name, (duckdb_prepared, uint64_t))         \
    F(duckdb_logical, prepared_statement_column_logical_type, (duckdb_prepared, uint64_t)) \
    F(uint64_t, nparams, (duckdb_prepared))                                              \
    F(int, pending_prepared_streaming, (duckdb_prepared, duckdb_pending *))              \
    F(const char *, pending_error, (duckdb_pending))                                     \
    F(int, execute_pending, (duckdb_pending, duckdb_result *))                           \
    F(void, destroy_pending, (duckdb_pending *))                                         \
    F(const char *, result_error, (duckdb_result *))                                     \
    F(int, result_error_type, (duckdb_result *))                                         \
    F(void, destroy_result, (duckdb_result *))                                           \
    F(duckdb_chunk, fetch_chunk, (duckdb_result))                                        \
    F(uint64_t, data_chunk_get_size, (duckdb_chunk))                                     \
    F(uint64_t, data_chunk_get_column_count, (duckdb_chunk))                             \
    F(duckdb_vector, data_chunk_get_vector, (duckdb_chunk, uint64_t))                    \
    F(void, destroy_data_chunk, (duckdb_chunk *))                                        \
    F(void *, vector_get_data, (duckdb_vector))                                          \
    F(uint64_t *, vector_get_validity, (duckdb_vector))                                  \
    F(duckdb_logical, vector_get_column_type, (duckdb_vector))                           \
    F(int, get_type_id, (duckdb_logical))                                                \
    F(uint8_t, decimal_scale, (duckdb_logical))                                          \
    F(int, decimal_internal_type, (duckdb_logical))                                      \
    F(void, destroy_logical_type, (duckdb_logical *))                                    \
    F(int, appender_create,                                                              \
      (duckdb_connection, const char *schema, const char *table, duckdb_appender *))     \
    F(const char *, appender_error, (duckdb_appender))                                   \
    F(int, appender_end_row, (duckdb_appender))                                          \
    F(int, appender_flush, (duckdb_appender))                                            \
    F(int, appender_destroy, (duckdb_appender *))                                        \
    F(int, append_null, (duckdb_appender))                                               \
    F(int, append_int64, (duckdb_appender, int64_t))                                     \
    F(int, append_double, (duckdb_appender, double))                                     \
    F(int, append_date, (duckdb_appender, duckdb_date))                                  \
    F(int, append_timestamp, (duckdb_appender, duckdb_timestamp))                        \
    F(int, append_varchar_length, (duckdb_appender, const char *, uint64_t))

typedef struct duckdb_api {
#define F(result, name, parameters) result (*name) parameters;
    DUCKDB_FUNCTIONS(F)
#undef F
} duckdb_api;

/* Load the library at `path` and fill the table. ERR_DB naming the path or the
 * function that is missing. The library stays loaded for the process's life. */
MUST_CHECK bool duckdb_api_load(duckdb_api *api, const char *path, err *e);

#endif
