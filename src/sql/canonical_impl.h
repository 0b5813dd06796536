/* canonical_impl.h - what the files of the canonical form share. */
#ifndef SQL_CANONICAL_IMPL_H
#define SQL_CANONICAL_IMPL_H

#include "sql/canonical.h"
#include "sql/tree.h"

typedef struct canon {
    arena *a;
    const db_catalog *catalog;
    bool bad; /* no memory, or no canonical form */
} canon;

/* Every expression of a bound tree in its one spelling; names are left alone. */
void canonical_exprs(canon *k, sql_query *q);
sql_expr *canonical_number(canon *k, int value);
/* Aliases of tables, subqueries and items; then the columns' names. */
void canonical_names(canon *k, sql_query *q);

#endif
