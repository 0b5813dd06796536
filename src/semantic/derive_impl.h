/* derive_impl.h - a layer while it is derived from a catalog.
 *
 * Strings go into the layer's arena; when it is full, `bad` is set and every
 * function goes on with "". */
#ifndef SEMANTIC_DERIVE_IMPL_H
#define SEMANTIC_DERIVE_IMPL_H

#include "semantic/semantic_impl.h"

typedef struct deriver {
    sem_layer *l;
    const db_catalog *c;
    arena *a;
    db *db;                /* asked whether values are included; NULL: names alone */
    int keys[MAX_TABLES];  /* the one column that names a row, or -1 */
    int checks;
    int64_t rows_read;     /* by these checks */
    bool bad;
} deriver;

char *derive_keep(deriver *d, str *s); /* copied into the arena; *s is emptied */
char *derive_words(deriver *d, const char *name);     /* "orderDate" -> "order date" */
char *derive_singular(deriver *d, const char *words); /* of the last word */
char *derive_id(deriver *d, const char *words);       /* "order date" -> "order_date" */
char *derive_short(deriver *d, const char *words);    /* without a unit at its end */
char *derive_pair(deriver *d, const char *x, const char *y); /* "x y" */
/* Each word once, none empty. */
void derive_name(deriver *d, sem_name *n, const char *id, const char *title, const char *const *words, int n_words);
char *derive_long(deriver *d, const char *words); /* "dept no" -> "department number" */
char *derive_column_sql(deriver *d, int table, int column); /* "orders.\"order date\"" */
int derive_key(deriver *d, int table); /* the primary key, else a unique column named like one; -1 */
void derive_joins(deriver *d, int table);
extern const char join_declared[], join_by_name[], join_by_values[];
bool words_end_in(const char *words, const char *last);

#endif
