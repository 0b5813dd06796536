/* explain_impl.h - what the files of the explanation share. */
#ifndef SQL_EXPLAIN_IMPL_H
#define SQL_EXPLAIN_IMPL_H

#include "base/str.h"
#include "sql/tree.h"

enum { EXPLAIN_MAX_DEPTH = 3 }; /* of queries in queries: those further in are only named */

typedef struct words {
    str out;
    int depth;
    bool twice; /* a table stands twice in the statement: columns need their table */
    int table; /* whose rows are added up: its dates need no name; -1: none */
} words;

void say_expr(words *w, const sql_expr *x);      /* "net_amount less cost_amount" */
void say_condition(words *w, const sql_expr *x); /* "region is 'West'" */
void say_sql(words *w, const sql_expr *x);       /* as written: what has no words */
void say_full_name(words *w, const sql_expr *column); /* "stores.region_id" */
void say_window(words *w, const sql_expr *x);    /* a call with OVER */
void say_from(words *w, const sql_from *f);
void say_inner(words *w, const sql_query *q); /* "a query that …", or "another query" */
/* WHERE, all of it: " in 2024 where region is 'West'" */
void say_where(words *w, const sql_expr *x);
/* What an ORDER BY says of a key: ", largest first" */
void say_direction(words *w, const sql_expr *key, const sql_order *o);
void explain_list(words *w, int i, int n); /* what stands before item i: ", ", " and " */
void explain_query(words *w, const sql_query *q);
bool explain_is_aggregate(const sql_expr *x);  /* a call of an aggregate, not OVER */
bool explain_has_aggregate(const sql_expr *x);

#endif
