/* sql.h - the SELECT language as a typed tree: parse, bind, guard, print.
 *
 *     sql_stmt *s = sql_parse(a, text, &e);
 *     ok = s && sql_bind(a, s, catalog, &e) && sql_guard(s, catalog, &policy, &e);
 *     const char *safe = ok ? sql_print(a, s, SQL_DUCKDB, 0) : NULL;
 *
 * Generation is never a security boundary; this is one of two (the child is
 * the other). What the parser can't read is refused, and the database gets the
 * printed tree, never the text received. Trees live in the caller's arena. */
#ifndef SQL_SQL_H
#define SQL_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"

typedef struct sql_stmt sql_stmt; /* the nodes: sql/tree.h */

typedef enum sql_dialect { SQL_DUCKDB, SQL_POSTGRES, SQL_SQLITE, SQL_TRINO } sql_dialect;
enum {
    SQL_PRETTY = 1,     /* one clause a line; default: one line */
    SQL_FROM_FIRST = 2, /* FROM … SELECT …: for training and decoding, not for people */
};

/* One SELECT (or WITH … SELECT, VALUES, set operation; DuckDB's FROM-first
 * form is read too). ERR_REFUSED: `line 1, column 8: …` saying what was
 * expected. Depth, length (1 MB) and node count are bounded. */
MUST_CHECK sql_stmt *sql_parse(arena *a, const char *text, err *e);

/* Resolve tables, columns, aliases and functions against the catalog; the tree
 * is annotated. ERR_NOT_FOUND with the nearest name: `no column "regoin" in
 * regions; did you mean "region"?` */
MUST_CHECK bool sql_bind(arena *a, sql_stmt *s, const db_catalog *c, err *e);

/* A SELECT in SQLite's spelling and meaning as DuckDB's text, bound to the catalog:
 * "strings" in double quotes, `names`, [names], LIKE without case, columns beside
 * GROUP BY, numbers against texts, whole division, LIMIT a, b … For the references
 * of public sets; the text parses and binds as any other. NULL with the error. */
MUST_CHECK char *sql_from_sqlite(arena *a, const char *text, const db_catalog *c, err *e);

/* Only rows of `table` for which `condition` (SQL over its columns) is true. */
typedef struct sql_row_rule { const char *table, *condition; } sql_row_rule;

/* What an asker may read. A policy that hides columns or rows also closes views,
 * which may show them, but for those that `tables` names. */
typedef struct sql_policy {
    const char *const *tables; /* allow-list, NULL: every table of the catalog */
    int n_tables;
    const char *const *denied_columns; /* "table.column" */
    int n_denied_columns;
    const char *const *columns; /* allow-list, "table.column" or "table.*"; NULL: all */
    int n_columns;
    const char *const *functions; /* allow-list, within that of sql/functions.c; NULL: all */
    int n_functions;
    const sql_row_rule *rows; /* several of one table: all of them hold */
    int n_rows;
} sql_policy;

/* Only allowed tables, columns and functions (allow-list in sql/functions.c),
 * no table functions but the listed harmless ones, no file by replacement
 * scan. ERR_REFUSED with the reason. Call after sql_bind. */
MUST_CHECK bool sql_guard(const sql_stmt *s, const db_catalog *c,
                          const sql_policy *p, err *e);

/* Put the policy's row rules into the tree. Call after sql_guard; the tree is then for
 * printing alone. ERR_REFUSED and the like with the rule's table: a rule is wrong. */
MUST_CHECK bool sql_restrict(arena *a, sql_stmt *s, const db_catalog *c, const sql_policy *p,
                             err *e);

/* NULL only when the arena is full. The text parses back to an equal tree. */
MUST_CHECK char *sql_print(arena *a, const sql_stmt *s, sql_dialect d, int flags);

/* parse + bind + guard + restrict + print, the way every statement goes. */
MUST_CHECK char *sql_check(arena *a, const char *text, const db_catalog *c,
                           const sql_policy *p, err *e);

/* Does the outermost query have an ORDER BY / a LIMIT? */
bool sql_has_order(const sql_stmt *s);
bool sql_has_limit(const sql_stmt *s);

/* The columns of the result, of a bound statement: the name DuckDB gives, the
 * type where known ("integer", "decimal", "date" …, else "unknown"), and the
 * catalog's table and column it is, else -1. */
typedef struct sql_output {
    const char *name, *type;
    int table, column;
} sql_output;
int sql_n_columns(const sql_stmt *s);
sql_output sql_column_at(const sql_stmt *s, int i); /* 0 <= i < sql_n_columns */

/* Plain-language explanation of the query from its tree. */
MUST_CHECK char *sql_explain(arena *a, const sql_stmt *s);

#endif
