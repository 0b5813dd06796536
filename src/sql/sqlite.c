/* sqlite.c - a statement written for SQLite, said in DuckDB's SQL.
 *
 * The parser reads SQLite's spelling; the binder, asked to, rewrites each node
 * once its parts have types (sqlite_expr.c) and each query once it is bound
 * (sqlite_group.c). What comes out is printed and goes the way of any other
 * text: parsed and bound anew, so nothing is believed. */
#include "sql/bind_impl.h"
#include "sql/parse_impl.h"

char *sql_from_sqlite(arena *a, const char *text, const db_catalog *c, err *e)
{
    sql_stmt *s = parse_sqlite(a, text, e);
    binder b = {.a = a, .catalog = c, .text = text, .sqlite = true, .e = e};
    char *printed;

    if (!s || !bind_query(&b, s->query, NULL, NULL))
        return NULL;
    printed = sql_print(a, s, SQL_DUCKDB, 0);
    if (!printed)
        err_set(e, ERR_NOMEM, "the statement needs more memory than it may have");
    s = printed ? sql_parse(a, printed, e) : NULL;
    return s && sql_bind(a, s, c, e) ? printed : NULL;
}
