/* bind_impl.h - what the files of the binder share.
 *
 * A scope is one SELECT: the columns of its FROM in order, its output aliases,
 * and the scope around it. A column that USING merged stays visible under its
 * table's name only. */
#ifndef SQL_BIND_IMPL_H
#define SQL_BIND_IMPL_H

#include "sql/tree.h"

enum { BIND_MAX_COLUMNS = 20000, BIND_MAX_SOURCES = 400 };

typedef struct visible {
    const char *source; /* its table's name or alias; NULL: only the bare name */
    sql_column column;
    bool merged; /* not under its bare name, not in * */
    bool gone;   /* right side of a SEMI or ANTI join, after the join */
    const sql_from *from; /* what offers it, and as its how manieth column */
    int index;
} visible;

typedef struct cte_env { /* what WITH has defined so far, newest first */
    const char *name;
    sql_columns columns;
    const struct cte_env *older;
} cte_env;

typedef enum alias_rule { ALIAS_NONE, ALIAS_AFTER, ALIAS_FIRST } alias_rule;

typedef struct scope {
    struct scope *outer;
    const cte_env *env;
    visible *at;
    int n, n_sources;
    int from; /* ON sees only the columns of its join: [from, n) */
    const char **sources; /* names; NULL: a subquery without one */
    /* output aliases, and where they may be used */
    const sql_select *select;
    int n_aliases; /* of the items before the current one */
    alias_rule alias;
    bool no_aggregate, no_window; /* in this clause */
    const char *clause;           /* for the message */
    bool in_aggregate;
    bool grouped; /* in a clause that GROUP BY binds */
    const struct outer_use *uses; /* by subqueries, in such a clause */
} scope;

typedef struct outer_use {
    const sql_expr *column;
    const struct outer_use *older;
} outer_use;

typedef struct binder {
    arena *a;
    const db_catalog *catalog;
    const char *text;
    int window_depth; /* inside OVER (…), subqueries too */
    bool sqlite; /* the statement means what it means in SQLite: rewrite it (sqlite*.c) */
    err *e;
} binder;

bool bind_fail(binder *b, err_code code, int at, const char *fmt, ...) PRINTF(4, 5);
bool bind_nomem(binder *b);

/* bind.c */
bool bind_query(binder *b, sql_query *q, scope *outer, const cte_env *env);
/* bind_from.c */
bool bind_from(binder *b, scope *s, sql_from *f);
bool scope_add(binder *b, scope *s, const char *source, const sql_column *c);
bool scope_source(binder *b, scope *s, const char *name);
/* bind_name.c */
bool bind_column(binder *b, scope *s, sql_expr *x);
bool bind_star(binder *b, scope *s, sql_expr *x);
int bind_table(binder *b, const sql_from *f); /* index in the catalog, -1 with the error */
/* bind_expr.c */
bool bind_expr(binder *b, scope *s, sql_expr *x);
bool bind_exprs(binder *b, scope *s, const sql_exprs *list);
bool bind_orders(binder *b, scope *s, const sql_orders *o);
bool bind_window(binder *b, scope *s, sql_window *w);
/* bind_type.c */
sql_type type_of(const sql_expr *x); /* from the types of its parts */
sql_type type_common(sql_type a, sql_type b);
sql_type type_union(sql_type a, sql_type b);
/* bind_exact.c */
void exact_of(sql_expr *x); /* width and element, once the type is known */
sql_width width_of_text(const char *type_text);
sql_type element_of_text(const char *type_text);
sql_width width_common(sql_width a, sql_width b);
/* bind_check.c */
bool bind_check(binder *b, const sql_expr *x); /* the types of its parts go together */
bool types_compare(sql_type a, sql_type b);
/* sqlite_expr.c: SQLite's meaning of an expression in DuckDB's words, in place */
bool sqlite_name(binder *b, sql_expr *x);      /* a call before it is looked up */
bool sqlite_expr(binder *b, sql_expr *x);      /* its parts are bound and have types */
/* sqlite_group.c: columns beside aggregates, without GROUP BY; the order of NULLs */
bool sqlite_grouping(binder *b, sql_query *q);
void sqlite_order(binder *b, sql_query *q);
/* bind_argument.c */
bool bind_arguments(binder *b, const sql_expr *x); /* of a call whose classes fit */
bool bind_elements(binder *b, const sql_expr *x);  /* of a list: one kind */
bool bind_concat(binder *b, const sql_expr *x);    /* of || */
bool bind_cast(binder *b, const sql_expr *x);      /* of a constant, which is computed at once */
bool bind_condition(binder *b, const sql_expr *x); /* can be true or false */
bool bind_conditions(binder *b, const sql_expr *x); /* of a CASE */
bool bind_time_part(binder *b, const sql_expr *x, const char *part, const sql_expr *of);
bool bind_list_operands(binder *b, const sql_expr *x); /* of @> <@ && */
bool expr_is_constant(const sql_expr *x); /* names no column */
/* bind_group.c */
bool expr_has_window(const sql_expr *x);
bool query_is_aggregated(const sql_query *q);

bool bind_grouping(binder *b, scope *s, sql_query *q);
bool expr_has_aggregate(const sql_expr *x); /* outside OVER, of this query */

#endif
