/* explain_from.c - where the rows come from, in words. A join on equal columns needs no
 * more than "with"; any other condition is told. */
#include "sql/explain_impl.h"

void say_inner(words *w, const sql_query *q)
{
    const int table = w->table;

    if (w->depth >= EXPLAIN_MAX_DEPTH) {
        str_adds(&w->out, "another query");
        return;
    }
    str_adds(&w->out, "(a query that ");
    explain_query(w, q);
    str_addc(&w->out, ')');
    w->table = table;
}

/* a.x = b.y AND … */
static bool is_by_key(const sql_expr *x)
{
    if (x->kind != SQL_X_BINARY)
        return x->kind == SQL_X_BOOL && !x->negated;
    if (x->op == SQL_OP_AND)
        return is_by_key(x->args.at[0]) && is_by_key(x->args.at[1]);
    return x->op == SQL_OP_EQ && x->args.at[0]->kind == SQL_X_COLUMN && x->args.at[1]->kind == SQL_X_COLUMN;
}

static void say_join(words *w, const sql_from *f)
{
    static const struct { const char *before, *after; } links[] = {
        [SQL_JOIN_INNER] = {" with ", ""},
        [SQL_JOIN_LEFT] = {" (and ", ", if there are any)"},
        [SQL_JOIN_RIGHT] = {" with all of ", ""},
        [SQL_JOIN_FULL] = {" (and ", ", keeping all of both)"},
        [SQL_JOIN_CROSS] = {" with every row of ", ""},
        [SQL_JOIN_SEMI] = {" that have a match in ", ""},
        [SQL_JOIN_ANTI] = {" that have no match in ", ""}};
    const bool parens = f->right->kind == SQL_F_JOIN;

    say_from(w, f->left);
    str_adds(&w->out, links[f->join].before);
    str_adds(&w->out, parens ? "(" : "");
    say_from(w, f->right);
    str_adds(&w->out, parens ? ")" : "");
    str_adds(&w->out, links[f->join].after);
    if (f->asof)
        str_adds(&w->out, " (the nearest in time, ASOF)");
    if (f->on && !is_by_key(f->on)) {
        str_adds(&w->out, " (matched where ");
        say_condition(w, f->on);
        str_addc(&w->out, ')');
    }
}

void say_from(words *w, const sql_from *f)
{
    switch (f->kind) {
    case SQL_F_TABLE:
        str_adds(&w->out, f->parts.at[f->parts.n - 1]);
        if (w->twice && f->alias)
            str_addf(&w->out, " as %s", f->alias);
        break;
    case SQL_F_FUNCTION: say_sql(w, f->call); break;
    case SQL_F_JOIN: say_join(w, f); break;
    case SQL_F_QUERY: say_inner(w, f->query); break;
    }
}
