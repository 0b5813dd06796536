/* print_impl.h - what the files of the printer share. */
#ifndef SQL_PRINT_IMPL_H
#define SQL_PRINT_IMPL_H

#include "base/str.h"
#include "sql/tree.h"

typedef struct printer {
    str out;
    sql_dialect dialect;
    bool from_first;
    int level; /* of pretty lines; -1: everything on one line */
} printer;

void print_name(printer *p, const char *name);  /* quoted where needed */
void print_names(printer *p, const sql_names *names); /* (a, b) */
void print_string(printer *p, const char *text);
void print_expr(printer *p, const sql_expr *x);
void print_exprs(printer *p, const sql_exprs *list); /* a, b */
void print_orders(printer *p, const sql_orders *o);  /* a DESC, b */
void print_window(printer *p, const sql_window *w);  /* inside the parentheses */
void print_call(printer *p, const sql_expr *x);
void print_query(printer *p, const sql_query *q);
void print_from(printer *p, const sql_from *f);
/* Spelled otherwise in this dialect: prints it and returns true. */
bool print_foreign(printer *p, const sql_expr *x);
void print_type(printer *p, const char *type);

#endif
