/* guard.c - what a statement may touch.
 *
 * The parser let only one SELECT through and the binder only tables of the
 * catalog's main schema and functions of the allow-list; here both are proved
 * again on the tree (a node the binder did not annotate is refused), and what
 * a caller's policy denies, and what would make much from nothing. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sql/functions.h"
#include "sql/lex_impl.h"
#include "sql/tree.h"

enum { MAX_ROWS = 1000000, MAX_TEXT = 10000 };

typedef struct guard {
    const sql_stmt *stmt;
    const db_catalog *catalog;
    const sql_policy *policy;
    err *e;
} guard;

#define REFUSE(g, at, ...) refuse_at((g)->e, ERR_REFUSED, (g)->stmt->text, at, __VA_ARGS__)

/* ---- tables and columns ----------------------------------------------- */

/* Does a view show more than the policy lets through its tables? Nobody can tell. */
static bool hides_something(const sql_policy *p)
{
    return p->n_rows || p->n_denied_columns || p->columns;
}

static bool table_allowed(const guard *g, int table)
{
    const sql_policy *p = g->policy;
    const db_table *t;

    if (table < 0 || table >= g->catalog->n_tables)
        return false;
    if (!p)
        return true;
    t = &g->catalog->tables[table];
    for (int i = 0; p->tables && i < p->n_tables; i++)
        if (str_equal_nocase(p->tables[i], t->name))
            return true;
    return !p->tables && !(t->is_view && hides_something(p));
}

/* "table.column", or "table.*" */
static bool names_column(const char *rule, const db_table *t, const char *column)
{
    const char *dot = strrchr(rule, '.');
    const size_t n = dot ? (size_t)(dot - rule) : 0;

    return dot && strlen(t->name) == n && !strncasecmp(rule, t->name, n) &&
           (!strcmp(dot + 1, "*") || str_equal_nocase(dot + 1, column));
}

static bool column_denied(const guard *g, int table, int column)
{
    const sql_policy *p = g->policy;
    const db_table *t;

    if (!p || table < 0 || column < 0)
        return false;
    t = &g->catalog->tables[table];
    for (int i = 0; i < p->n_denied_columns; i++)
        if (names_column(p->denied_columns[i], t, t->columns[column].name))
            return true;
    for (int i = 0; p->columns && i < p->n_columns; i++)
        if (names_column(p->columns[i], t, t->columns[column].name))
            return false;
    return p->columns != NULL;
}

static bool check_columns(const guard *g, const sql_columns *list, int at)
{
    for (int i = 0; i < list->n; i++)
        if (column_denied(g, list->at[i].table, list->at[i].column))
            return REFUSE(g, at, "column %s.%s may not be read",
                          g->catalog->tables[list->at[i].table].name, list->at[i].name);
    return true;
}

static bool check_from(void *arg, const sql_from *f)
{
    const guard *g = arg;

    if (f->kind == SQL_F_TABLE && f->table >= 0 && !table_allowed(g, f->table))
        return REFUSE(g, f->at, "table %s may not be read", f->parts.at[f->parts.n - 1]);
    if (f->kind == SQL_F_FUNCTION &&
        (!f->call->function || f->call->function->kind != FUNCTION_TABLE))
        return REFUSE(g, f->at, "%s is not allowed in FROM", f->call->text);
    return check_columns(g, &f->used, f->at);
}

/* ---- much from nothing ------------------------------------------------ */

/* A whole number written as a literal, with a sign perhaps. */
static bool literal_integer(const sql_expr *x, long long *value)
{
    const bool minus = x->kind == SQL_X_UNARY && x->op == SQL_OP_MINUS;
    const sql_expr *n = minus ? x->args.at[0] : x;

    if (n->kind != SQL_X_NUMBER || strlen(n->text) > 15 ||
        n->text[strspn(n->text, "0123456789")])
        return false;
    *value = strtoll(n->text, NULL, 10) * (minus ? -1 : 1);
    return true;
}

/* Seconds since year 0, about: enough to bound the number of steps. */
static bool literal_time(const sql_expr *x, long long *seconds)
{
    if (x->kind != SQL_X_TYPED || strlen(x->text) < 10 || strspn(x->text, "0123456789") != 4)
        return false;
    *seconds = (strtoll(x->text, NULL, 10) * 372 + strtoll(x->text + 5, NULL, 10) * 31 +
                strtoll(x->text + 8, NULL, 10)) * 86400;
    return true;
}

static bool literal_step(const sql_expr *x, long long *seconds)
{
    static const struct { const char *unit; long long seconds; } units[] = {
        {"YEAR", 31536000}, {"QUARTER", 7776000}, {"MONTH", 2419200}, {"WEEK", 604800},
        {"DAY", 86400}, {"HOUR", 3600}, {"MINUTE", 60}, {"SECOND", 1}};

    if (x->kind != SQL_X_INTERVAL || !x->text || !literal_integer(x->args.at[0], seconds))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (!strcmp(units[i].unit, x->text)) {
            *seconds *= units[i].seconds;
            return true;
        }
    return false;
}

static bool check_series(const guard *g, const sql_expr *x)
{
    long long v[3] = {0, 0, 1}, rows;
    const int n = x->args.n;
    const bool times = n == 3 && x->args.at[0]->kind == SQL_X_TYPED;
    bool ok = true;

    for (int i = 0; i < n; i++) {
        long long *to = n == 1 ? &v[1] : &v[i];

        ok = ok && (!times ? literal_integer(x->args.at[i], to)
                    : i < 2 ? literal_time(x->args.at[i], to)
                            : literal_step(x->args.at[i], to));
    }
    if (!ok)
        return REFUSE(g, x->at, "%s needs numbers, or dates and an interval, written out", x->text);
    if (!v[2])
        return REFUSE(g, x->at, "%s: a step of 0 never ends", x->text);
    rows = (v[1] - v[0]) / v[2];
    if (rows > MAX_ROWS)
        return REFUSE(g, x->at, "%s may give at most %d rows", x->text, MAX_ROWS);
    return true;
}

static bool makes_text(void *arg, const sql_expr *x)
{
    static const char *const names[] = {"repeat", "lpad", "rpad", "range", "generate_series"};

    if (x->kind != SQL_X_CALL)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(x->text, names[i]))
            *(bool *)arg = true;
    return true;
}

/* repeat(x, n), lpad(x, n, fill), bar(x, low, high, n): n small and written out */
static bool check_size(const guard *g, const sql_expr *x, int i, long long most)
{
    long long n;
    bool again = false;
    const sql_visitor v = {.expr = makes_text, .arg = &again};

    if (i >= x->args.n)
        return true;
    if (!literal_integer(x->args.at[i], &n) || n > most)
        return REFUSE(g, x->at, "the size in %s must be a number of at most %lld, written out",
                      x->text, most);
    for (int k = 0; k < x->args.n; k++)
        sql_walk_expr(x->args.at[k], &v);
    return !again || REFUSE(g, x->at, "%s can't stand around another one of its kind", x->text);
}

/* A width of five digits in a pattern would fill the memory. */
static bool check_format(const guard *g, const sql_expr *x)
{
    const sql_expr *pattern = x->args.at[0];

    if (pattern->kind != SQL_X_STRING)
        return REFUSE(g, x->at, "the pattern of %s must be written out", x->text);
    for (const char *p = pattern->text; *p; p++)
        if (strspn(p, "0123456789") > 3 || *p == '*')
            return REFUSE(g, x->at, "the pattern of %s has too large a width", x->text);
    return true;
}

static bool function_allowed(const guard *g, const char *name)
{
    const sql_policy *p = g->policy;

    if (!p || !p->functions)
        return true;
    for (int i = 0; i < p->n_functions; i++)
        if (str_equal_nocase(function_main_name(p->functions[i]), name))
            return true;
    return false;
}

static bool check_call(const guard *g, const sql_expr *x)
{
    const char *name = x->text;

    if (!x->function || x->function != function_find(name) || !function_allowed(g, name))
        return REFUSE(g, x->at, "%s is not allowed", name);
    if (!strcmp(name, "range") || !strcmp(name, "generate_series"))
        return check_series(g, x);
    if (!strcmp(name, "repeat") || !strcmp(name, "lpad") || !strcmp(name, "rpad"))
        return check_size(g, x, 1, MAX_TEXT);
    if (!strcmp(name, "bar"))
        return check_size(g, x, 3, 1000);
    if (!strcmp(name, "format") || !strcmp(name, "printf"))
        return check_format(g, x);
    return true;
}

/* ---- the walk --------------------------------------------------------- */

static bool check_expr(void *arg, const sql_expr *x)
{
    const guard *g = arg;

    switch (x->kind) {
    case SQL_X_CALL:
        return check_call(g, x);
    case SQL_X_STAR:
        return check_columns(g, &x->expanded, x->at);
    case SQL_X_COLUMN:
        if (!x->slot && !x->means)
            return REFUSE(g, x->at, "\"%s\" is not known", x->parts.at[x->parts.n - 1]);
        if (column_denied(g, x->table, x->column))
            return REFUSE(g, x->at, "column %s.%s may not be read",
                          g->catalog->tables[x->table].name,
                          g->catalog->tables[x->table].columns[x->column].name);
        return true;
    default:
        return true;
    }
}

static bool check_query(void *arg, const sql_query *q)
{
    const guard *g = arg;

    return !q->recursive || REFUSE(g, q->at, "WITH RECURSIVE is not allowed: it might not end");
}

bool sql_guard(const sql_stmt *s, const db_catalog *c, const sql_policy *p, err *e)
{
    guard g = {s, c, p, e};
    const sql_visitor v = {check_expr, check_from, check_query, &g, false};

    if (!s->bound)
        return err_set(e, ERR_REFUSED, "the statement was not bound to the catalog");
    return sql_walk(s->query, &v);
}
