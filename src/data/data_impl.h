/* data_impl.h - what the files of training data share; private. */
#ifndef DATA_DATA_IMPL_H
#define DATA_DATA_IMPL_H

#include <jansson.h>

#include "data/data.h"

/* ---- records.c: the lines of a file, whatever its layout ---- */
typedef struct record {
    const char *file;
    int64_t line; /* of the file, 1 first; of an array or a table, the element */
    const char *db_id, *question, *sql, *source, *evidence, *context; /* NULL: not there */
    bool is_sqlite;     /* the statement is in SQLite's dialect */
    const char *broken; /* why it could not be read; else NULL */
} record;
typedef struct records {
    record *at;
    int64_t n, cap;
    arena *a; /* holds the texts */
    const char *file; /* being read */
} records;
MUST_CHECK bool records_read(const char *file, records *r, err *e);
void records_deinit(records *r);

/* ---- schemas.c: the catalog of a database by its name ---- */
typedef struct schemas {
    json_t *by_name; /* NULL: none given */
    char *db_dir;    /* NULL: none */
} schemas;
MUST_CHECK bool schemas_open(schemas *s, const data_import_options *o, err *e);
void schemas_close(schemas *s);
/* From the database itself when it is there, else from its description, else from
 * `context` (CREATE TABLE statements). *d, when set, is to be closed after use. */
MUST_CHECK const db_catalog *schemas_catalog(const schemas *s, arena *a, const char *db_id,
                                             const char *context, db **d, err *e);
/* CREATE TABLE statements as the description that db_catalog_of_json reads. */
MUST_CHECK json_t *schema_of_ddl(const char *ddl, err *e);

/* ---- draw.c: numbers that only depend on names and a seed ---- */
uint64_t hash_text(const char *text, uint64_t seed); /* the first 8 bytes of a SHA-256 */

/* ---- files.c ---- */
/* Names of databases, one a line, `#` begins a comment; a NULL path has none. */
MUST_CHECK bool read_names(const char *path, json_t *names, err *e);
/* Does the whole database go to validation? */
bool whole_database_side(const char *db_id, uint64_t seed);
MUST_CHECK bool write_in(const char *folder, const char *name, const str *text, err *e);

#endif
