/* explain_impl.h - what the files of the explanation share. */
#ifndef SQL_EXPLAIN_IMPL_H
#define SQL_EXPLAIN_IMPL_H

#include "base/str.h"
#include "sql/tree.h"

typedef struct words {
    str out;
    int depth; /* of queries in queries: the inner ones are only named */
} words;

void say_expr(words *w, const sql_expr *x);      /* "net_amount less cost_amount" */
void say_condition(words *w, const sql_expr *x); /* "region is 'West'" */
/* " in 2024", " from … to …": true if x is a range of dates that has a name */
bool explain_period(words *w, const sql_expr *x);
void explain_list(words *w, int i, int n);           /* what stands before item i: ", ", " and " */
void explain_query(words *w, const sql_query *q);

#endif
