/* sql.c - the way every statement goes, and what is asked of one. */
#include "sql/sql.h"

#include "sql/tree.h"

char *sql_check(arena *a, const char *text, const db_catalog *c, const sql_policy *p, err *e)
{
    sql_stmt *s = sql_parse(a, text, e);
    char *printed;

    if (!s || !sql_bind(a, s, c, e) || !sql_guard(s, c, p, e) || !sql_restrict(a, s, c, p, e))
        return NULL;
    printed = sql_print(a, s, SQL_DUCKDB, 0);
    if (!printed)
        err_set(e, ERR_NOMEM, "the statement needs more memory than it may have");
    return printed;
}

bool sql_has_order(const sql_stmt *s) { return s->query->order.n > 0; }
bool sql_has_limit(const sql_stmt *s) { return s->query->limit || s->query->offset; }

int sql_n_columns(const sql_stmt *s) { return s->bound ? s->query->columns.n : 0; }

sql_output sql_column_at(const sql_stmt *s, int i)
{
    const sql_column *c = &s->query->columns.at[i];

    return (sql_output){c->name, sql_type_name(c->type), c->table, c->column};
}
