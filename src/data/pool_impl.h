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

typedef struct pool {
    db *d;
    const data_generate_options *o;
    data_generated *n;
    data_maker maker;
    json_t *questions;  /* seen, by their words */
    json_t *statements; /* canonical: 0 failed, 1 has rows, 2 is empty */
    json_t *reserved;   /* hashes of questions kept for tests */
    json_t *counts;     /* category: {train, val} */
    char today[16];     /* "" unknown */
    pool_item *items;
    size_t n_items, cap;
} pool;

MUST_CHECK bool pool_init(pool *p, db *d, const db_catalog *c, const sem_layer *l,
                          const data_generate_options *o, data_generated *n, err *e);
void pool_deinit(pool *p);

/* The canonical statement of `sql`, if it binds, runs and is wanted; else false, counted. */
bool pool_statement(pool *p, arena *a, const char *sql, data_sql *out);
bool pool_side(const pool *p, const char *statement); /* true: validation */
/* Keep the question; false when it was there already, or is reserved. */
MUST_CHECK bool pool_add(pool *p, const data_pair *pair, bool val, bool *added, err *e);
/* Files and manifest. */
MUST_CHECK bool pool_write(pool *p, err *e);

/* Letters and digits of a question, case folded: equal for equal questions. */
void question_key(const char *question, char hex[65]);

#endif
