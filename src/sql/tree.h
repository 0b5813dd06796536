/* tree.h - the nodes of a SELECT statement.
 *
 * One spelling per meaning where SQL has several: `!=` is read as `<>`,
 * `x::t` as CAST, `NOT x IN …` as `x NOT IN …`, `INTERVAL '3 months'` as
 * `INTERVAL 3 MONTH`, FROM-first as SELECT-first, ASC is dropped, functions
 * are lower case under their main name. So equal trees print equal text.
 *
 * Every node lives in the arena given to sql_parse; texts are NUL-terminated,
 * valid UTF-8 and kept as written (identifiers without their quotes). Fields
 * under "bound" are unset (zero or -1) until sql_bind. */
#ifndef SQL_TREE_H
#define SQL_TREE_H

#include <stdbool.h>

#include "sql/sql.h"

typedef struct sql_expr sql_expr;
typedef struct sql_query sql_query;
typedef struct sql_from sql_from;
typedef struct sql_function sql_function; /* sql/functions.h */

enum {
    SQL_MAX_BYTES = 1 << 20,  /* of the text */
    SQL_MAX_TOKENS = 200000,
    SQL_MAX_NODES = 100000,
    SQL_MAX_DEPTH = 400,      /* of the tree */
    SQL_MAX_NESTING = 120,    /* of parentheses, CASE and subqueries */
    SQL_MAX_ITEMS = 4000,     /* of a select list, a GROUP BY, an ORDER BY */
    SQL_MAX_CTES = 500,       /* of a WITH */
};

/* What each kind uses beside `args`: */
typedef enum sql_kind {
    SQL_X_NULL,
    SQL_X_BOOL,     /* negated: FALSE */
    SQL_X_NUMBER,   /* text: digits as written, without sign */
    SQL_X_STRING,   /* text */
    SQL_X_TYPED,    /* type_text: DATE, TIME, TIMESTAMP …; text: '2024-01-01' */
    SQL_X_INTERVAL, /* text: unit, or NULL; args[0]: the amount */
    SQL_X_COLUMN,   /* parts */
    SQL_X_STAR,     /* parts: qualifier, maybe none; star: EXCLUDE, REPLACE */
    SQL_X_UNARY,    /* op: NOT, MINUS, BIT_NOT */
    SQL_X_BINARY,   /* op */
    SQL_X_LIKE,     /* op: LIKE ILIKE SIMILAR GLOB; negated; args: x, pattern[, escape] */
    SQL_X_BETWEEN,  /* negated; args: x, low, high */
    SQL_X_IN,       /* negated; args: x, then the list; or query */
    SQL_X_IS,       /* op: IS_NULL IS_TRUE IS_FALSE; negated */
    SQL_X_EXISTS,   /* query */
    SQL_X_QUERY,    /* query: a scalar subquery */
    SQL_X_QUANTIFIED, /* op: comparison; negated: ALL, else ANY; args[0], query */
    SQL_X_CASE,     /* has_operand; args: [operand,] (when, then)…, [else] */
    SQL_X_CAST,     /* type_text; negated: TRY_CAST */
    SQL_X_CALL,     /* text: name; call */
    SQL_X_EXTRACT,  /* text: part */
    SQL_X_COLLATE,  /* text: collation */
    SQL_X_AT_ZONE,  /* args: x, zone */
    SQL_X_LIST,     /* [a, b] */
    SQL_X_STRUCT,   /* {'a': x}: parts are the names, args the values */
    SQL_X_INDEX,    /* args: x, index */
    SQL_X_SLICE,    /* args: x, from, to (SQL_X_NULL where left out) */
    SQL_X_FIELD,    /* text: name; args: x */
    SQL_X_ROW,      /* (a, b); () only in GROUP BY */
    SQL_X_GROUPING, /* op: GROUPING_SETS ROLLUP CUBE; only in GROUP BY */
} sql_kind;

typedef enum sql_op {
    SQL_OP_NONE,
    SQL_OP_OR, SQL_OP_AND, SQL_OP_NOT,
    SQL_OP_EQ, SQL_OP_NE, SQL_OP_LT, SQL_OP_LE, SQL_OP_GT, SQL_OP_GE,
    SQL_OP_DISTINCT_FROM, SQL_OP_NOT_DISTINCT_FROM,
    SQL_OP_CONCAT, SQL_OP_BIT_AND, SQL_OP_BIT_OR, SQL_OP_SHIFT_LEFT, SQL_OP_SHIFT_RIGHT,
    SQL_OP_JSON, SQL_OP_JSON_TEXT, SQL_OP_STARTS_WITH, SQL_OP_CONTAINS, SQL_OP_CONTAINED,
    SQL_OP_OVERLAPS, SQL_OP_REGEX, SQL_OP_NOT_REGEX,
    SQL_OP_ADD, SQL_OP_SUB, SQL_OP_MUL, SQL_OP_DIV, SQL_OP_INT_DIV, SQL_OP_MOD, SQL_OP_POW,
    SQL_OP_MINUS, SQL_OP_BIT_NOT,
    SQL_OP_LIKE, SQL_OP_ILIKE, SQL_OP_SIMILAR, SQL_OP_GLOB,
    SQL_OP_IS_NULL, SQL_OP_IS_TRUE, SQL_OP_IS_FALSE,
    SQL_OP_GROUPING_SETS, SQL_OP_ROLLUP, SQL_OP_CUBE,
} sql_op;

typedef enum sql_type { /* roughly, for charts and messages */
    SQL_T_UNKNOWN, SQL_T_NULL, SQL_T_BOOLEAN, SQL_T_INTEGER, SQL_T_DECIMAL, SQL_T_DOUBLE,
    SQL_T_TEXT, SQL_T_DATE, SQL_T_TIME, SQL_T_TIMESTAMP, SQL_T_INTERVAL, SQL_T_LIST,
    SQL_T_STRUCT, SQL_T_OTHER,
} sql_type;

/* Of SQL_T_INTEGER, in the order in which DuckDB widens them. */
typedef enum sql_width {
    SQL_W_UNKNOWN,
    SQL_W_LITERAL, /* a small number written out: fits all */
    SQL_W_SMALL, SQL_W_INT, SQL_W_UINT, SQL_W_BIG, SQL_W_UBIG, SQL_W_HUGE,
} sql_width;

typedef struct sql_exprs {
    sql_expr **at;
    int n;
} sql_exprs;

typedef struct sql_names {
    const char **at;
    int n;
} sql_names;

typedef enum sql_nulls { SQL_NULLS_DEFAULT, SQL_NULLS_FIRST, SQL_NULLS_LAST } sql_nulls;

typedef struct sql_order {
    sql_expr *expr;
    bool descending;
    sql_nulls nulls;
} sql_order;

typedef struct sql_orders {
    sql_order *at;
    int n;
    bool all; /* ORDER BY ALL: at[0] holds direction and nulls, its expr is NULL */
} sql_orders;

typedef enum sql_bound {
    SQL_UNBOUNDED_PRECEDING, SQL_PRECEDING, SQL_CURRENT_ROW, SQL_FOLLOWING,
    SQL_UNBOUNDED_FOLLOWING,
} sql_bound;
typedef enum sql_frame { SQL_NO_FRAME, SQL_ROWS, SQL_RANGE, SQL_GROUPS } sql_frame;

typedef struct sql_window {
    const char *name; /* WINDOW name AS (…); else NULL */
    const char *base; /* OVER base, OVER (base …); else NULL */
    sql_exprs partition;
    sql_orders order;
    sql_frame frame;
    bool has_end; /* BETWEEN start AND end */
    sql_bound start, end;
    sql_expr *start_expr, *end_expr; /* for PRECEDING, FOLLOWING */
    const char *exclude; /* "CURRENT ROW", "GROUP", "TIES"; else NULL */
} sql_window;

typedef struct sql_call { /* what a call has beside its arguments */
    bool distinct, star; /* count(*) */
    bool within_group;   /* the order is WITHIN GROUP (ORDER BY …) */
    bool ignore_nulls;
    sql_orders order;
    sql_expr *filter;
    sql_window *over;
} sql_call;

typedef struct sql_star {
    sql_names exclude;
    sql_exprs replace; /* with sql_names of the same number */
    sql_names replaced;
} sql_star;

/* A column of a table, of a subquery or of the result. */
typedef struct sql_column {
    const char *name;
    sql_type type;
    int table, column; /* the catalog's, if it is one of its columns; else -1 */
    sql_width width;
    sql_type element; /* of a list */
} sql_column;

typedef struct sql_columns {
    const sql_column *at;
    int n;
} sql_columns;

struct sql_expr {
    sql_kind kind;
    sql_op op;
    bool negated, has_operand;
    bool loose; /* SQL_X_COLUMN in SQLite's spelling: a string if there is no such column */
    int at;    /* byte offset in the text */
    int depth; /* of the tree below, itself counted */
    const char *text, *type_text;
    sql_names parts;
    sql_exprs args;
    sql_query *query;
    sql_call *call;
    sql_star *star;
    /* bound: */
    sql_type type;
    sql_width width;   /* of an integer */
    sql_type element;  /* of a list */
    int table, column;    /* SQL_X_COLUMN of a catalog table; else -1 */
    int slot;  /* SQL_X_COLUMN: which of the columns of its FROM, 1 first; 0: none */
    int up;    /* SQL_X_COLUMN: how many queries further out that FROM stands */
    const sql_from *source; /* SQL_X_COLUMN, t.*: the table or subquery it is of; else NULL */
    int index;              /* which of the columns of `source`, 0 first */
    const sql_expr *means; /* SQL_X_COLUMN that names an output alias */
    sql_columns expanded;  /* SQL_X_STAR */
    const sql_function *function; /* SQL_X_CALL */
};

typedef struct sql_item { /* of a select list */
    sql_expr *expr;
    const char *alias; /* NULL if none */
} sql_item;

typedef enum sql_join {
    SQL_JOIN_INNER, SQL_JOIN_LEFT, SQL_JOIN_RIGHT, SQL_JOIN_FULL, SQL_JOIN_CROSS,
    SQL_JOIN_SEMI, SQL_JOIN_ANTI,
} sql_join;

typedef enum sql_from_kind { SQL_F_TABLE, SQL_F_QUERY, SQL_F_FUNCTION, SQL_F_JOIN } sql_from_kind;

struct sql_from {
    sql_from_kind kind;
    int at, depth;
    sql_names parts;      /* TABLE: [[catalog.]schema.]name */
    const char *alias;    /* NULL if none */
    sql_names columns;    /* alias (a, b) */
    bool lateral;
    sql_query *query;     /* QUERY */
    sql_expr *call;       /* FUNCTION */
    sql_join join;        /* JOIN … */
    bool natural, asof;
    sql_from *left, *right;
    sql_expr *on;
    sql_names using;
    /* bound: */
    int table;            /* TABLE: of the catalog; -1 is a CTE */
    sql_columns used;     /* JOIN: catalog columns that USING or NATURAL compares */
};

typedef struct sql_cte {
    const char *name;
    sql_names columns;
    sql_query *query;
    int at;
} sql_cte;

typedef struct sql_select {
    bool distinct;
    sql_exprs distinct_on;
    sql_item *items;
    int n_items;
    sql_from **from; /* separated by commas */
    int n_from;
    sql_expr *where;
    bool group_all;
    sql_exprs group;
    sql_expr *having;
    sql_window *windows;
    int n_windows;
    sql_expr *qualify;
} sql_select;

typedef enum sql_set { SQL_UNION, SQL_INTERSECT, SQL_EXCEPT } sql_set;
typedef enum sql_query_kind { SQL_Q_SELECT, SQL_Q_VALUES, SQL_Q_SET } sql_query_kind;

struct sql_query {
    sql_query_kind kind;
    int at, depth;
    bool recursive;
    sql_cte *ctes;
    int n_ctes;
    sql_select *select; /* SELECT */
    sql_exprs rows;     /* VALUES: SQL_X_ROW each */
    sql_set set;        /* SET … */
    bool all, by_name;
    sql_query *left, *right;
    sql_orders order;
    sql_expr *limit, *offset;
    bool limit_percent;
    /* bound: */
    sql_columns columns; /* of the result */
};

struct sql_stmt {
    sql_query *query;
    const char *text; /* as received, for positions in messages; owned by the arena */
    bool bound;
};

/* Bound columns are equal if they are the same column, however qualified. */
bool sql_equal(const sql_query *a, const sql_query *b);
bool sql_expr_equal(const sql_expr *a, const sql_expr *b);

/* Call visit for every expression of the tree, parents first; visit returns
 * false to stop. True if it never did. A subquery's parts are visited too. */
typedef struct sql_visitor {
    bool (*expr)(void *arg, const sql_expr *x);   /* may be NULL */
    bool (*from)(void *arg, const sql_from *f);   /* may be NULL */
    bool (*query)(void *arg, const sql_query *q); /* may be NULL */
    void *arg;
    bool shallow; /* do not go into subqueries */
} sql_visitor;
bool sql_walk(const sql_query *q, const sql_visitor *v);
bool sql_walk_expr(const sql_expr *x, const sql_visitor *v);

/* An expression as DuckDB's text; NULL only when the arena is full. */
char *sql_print_expr(arena *a, const sql_expr *x);

/* "line 2, column 5" of a byte offset. */
typedef struct sql_place { int line, column; } sql_place;
sql_place sql_place_of(const char *text, int at);

const char *sql_type_name(sql_type t);
sql_type sql_type_of_text(const char *type_text); /* "DECIMAL(14,2)" */

#endif
