/* pool_impl.h - the examples so far: each checked, run, new, and on one side; private. */
#ifndef DATA_POOL_IMPL_H
#define DATA_POOL_IMPL_H

#include "data/generate_impl.h"

enum { VALIDATION_PARTS = 5 }; /* one in five */

typedef struct pool_item {
    char *line; /* owned */
    uint64_t order;
    bool val;
} pool_item;

typedef enum pool_sides { SIDES_BY_STATEMENT, ALL_TRAIN, ALL_VAL } pool_sides;

/* What is written in the end, of one database or of many. */
typedef struct pool_files {
    str all, train, val;
    json_t *counts; /* category: {train, val} */
} pool_files;

typedef struct pool {
    db *d;
    const data_generate_options *o;
    data_generated *n;
    data_maker maker;
    json_t *questions;  /* seen, by their words */
    json_t *statements; /* canonical: 0 failed, 1 has rows, 2 is empty */
    json_t *reserved;   /* hashes of questions kept for tests */
    pool_files *files;
    pool_sides sides;
    char today[16];     /* "" unknown */
    pool_item *items;
    size_t n_items, cap;
} pool;

MUST_CHECK bool pool_init(pool *p, db *d, const db_catalog *c, const sem_layer *l,
                          const data_generate_options *o, pool_files *files, data_generated *n, err *e);
void pool_deinit(pool *p);

/* The canonical statement of `sql`, if it binds, runs and is wanted; else false, counted. */
bool pool_statement(pool *p, arena *a, const char *sql, data_sql *out);
bool pool_side(const pool *p, const char *statement); /* true: validation */
/* Keep the question; false when it was there already, or is reserved. */
MUST_CHECK bool pool_add(pool *p, const data_pair *pair, bool val, bool *added, err *e);
/* The examples, in the order of their hashes, to the files. */
void pool_flush(pool *p);
/* Files and manifest; `c` of one database, or NULL and `name` of the folder. */
MUST_CHECK bool pool_files_write(pool_files *f, const data_generate_options *o, const char *name, const char *fingerprint,
                                 const data_generated *n, err *e);

/* Letters and digits of a question, case folded: equal for equal questions. */
void question_key(const char *question, char hex[65]);
/* The first 16 digits of the keys of questions that are never made. Owned. */
json_t *reserved_read(void);

#endif
