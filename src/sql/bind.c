/* bind.c - queries: WITH, FROM first, then the clauses in the order in which
 * they may name each other. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/lex_impl.h"
#include "sql/print_impl.h"

bool bind_fail(binder *b, err_code code, int at, const char *fmt, ...)
{
    char what[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return refuse_at(b->e, code, b->text, at, "%s", what);
}

bool bind_nomem(binder *b)
{
    return err_set(b->e, ERR_NOMEM, "the statement needs more memory than it may have");
}

/* What DuckDB calls an item without an alias. */
static const char *item_name(binder *b, const sql_item *item)
{
    const sql_expr *x = item->expr;
    printer p = {.level = -1};
    char *name;

    if (item->alias)
        return item->alias;
    if (x->kind == SQL_X_COLUMN)
        return x->parts.at[x->parts.n - 1];
    if (x->kind == SQL_X_CALL && x->call->star && !x->call->over)
        return "count_star()";
    print_expr(&p, x);
    name = p.out.bad ? NULL : arena_strn(b->a, str_text(&p.out), p.out.n);
    str_deinit(&p.out);
    if (!name)
        bind_nomem(b);
    return name;
}

static bool too_many_columns(binder *b)
{
    return err_set(b->e, ERR_LIMIT, "a query has more than %d columns", BIND_MAX_COLUMNS);
}

static bool output(binder *b, sql_query *q)
{
    const sql_select *s = q->select;
    sql_column *all;
    size_t n = 0;

    for (int i = 0; i < s->n_items; i++)
        n += s->items[i].expr->kind == SQL_X_STAR ? (size_t)s->items[i].expr->expanded.n : 1;
    if (n > BIND_MAX_COLUMNS)
        return too_many_columns(b);
    all = arena_push(b->a, sql_column, n + 1);
    if (!all)
        return bind_nomem(b);
    q->columns.at = all;
    for (int i = 0; i < s->n_items; i++) {
        const sql_expr *x = s->items[i].expr;

        if (x->kind == SQL_X_STAR) {
            memcpy(all, x->expanded.at, (size_t)x->expanded.n * sizeof *all);
            all += x->expanded.n;
        } else {
            const bool plain = x->kind == SQL_X_COLUMN && x->table >= 0 && x->parts.n <= 3;

            *all = (sql_column){item_name(b, &s->items[i]), x->type, plain ? x->table : -1,
                                plain ? x->column : -1, x->width, x->element};
            if (!all++->name)
                return false;
        }
    }
    q->columns.n = (int)n;
    return true;
}

static bool items(binder *b, scope *s, const sql_select *select)
{
    s->alias = ALIAS_AFTER;
    s->grouped = true;
    for (int i = 0; i < select->n_items; i++) {
        sql_expr *x = select->items[i].expr;

        s->n_aliases = i;
        if (x->kind == SQL_X_STAR ? !bind_star(b, s, x) : !bind_expr(b, s, x))
            return false;
    }
    s->n_aliases = select->n_items;
    s->grouped = false;
    return true;
}

static bool clause(binder *b, scope *s, sql_expr *x, const char *name, bool aggregate, bool window)
{
    bool ok;

    if (!x)
        return true;
    s->clause = name;
    s->no_aggregate = !aggregate;
    s->no_window = !window;
    s->grouped = aggregate;
    ok = bind_expr(b, s, x);
    s->grouped = false;
    s->no_aggregate = s->no_window = false;
    s->clause = "this clause";
    return ok;
}

/* ORDER BY 2 */
static bool check_position(binder *b, const sql_expr *x, int n)
{
    if (x && (x->kind == SQL_X_STRING || x->kind == SQL_X_NULL || x->kind == SQL_X_BOOL ||
              (x->kind == SQL_X_NUMBER && x->type != SQL_T_INTEGER)))
        return bind_fail(b, ERR_REFUSED, x->at, "ORDER BY a constant orders nothing");
    if (x && x->kind == SQL_X_NUMBER && x->type == SQL_T_INTEGER) {
        const long i = strtol(x->text, NULL, 10);

        if (i < 1 || i > n)
            return bind_fail(b, ERR_REFUSED, x->at, "ORDER BY %s: the result has %d columns",
                             x->text, n);
    }
    return true;
}

/* SELECT t.a … ORDER BY a: the item of that name, if there is just one. */
static const sql_expr *item_named(const sql_select *select, const char *name)
{
    const sql_expr *found = NULL;

    for (int i = 0; i < select->n_items; i++) {
        const sql_item *item = &select->items[i];
        const sql_expr *x = item->expr;

        if (item->alias && str_equal_nocase(item->alias, name))
            return NULL; /* aliases are found where all names are */
        if (item->alias || x->kind != SQL_X_COLUMN ||
            !str_equal_nocase(x->parts.at[x->parts.n - 1], name))
            continue;
        if (found)
            return NULL;
        found = x;
    }
    return found;
}

static bool order(binder *b, scope *s, sql_query *q)
{
    s->alias = ALIAS_FIRST;
    s->grouped = true;
    for (int i = 0; i < q->order.n; i++) {
        sql_expr *x = q->order.at[i].expr;
        const sql_expr *item = x && x->kind == SQL_X_COLUMN && x->parts.n == 1
                                   ? item_named(q->select, x->parts.at[0]) : NULL;

        if (item) {
            x->means = item;
            x->type = item->type;
            x->width = item->width;
            x->element = item->element;
            x->table = item->table;
            x->column = item->column;
        } else if (x && !bind_expr(b, s, x))
            return false;
        if (!check_position(b, x, q->columns.n))
            return false;
    }
    return true;
}

static bool select_clauses(binder *b, scope *s, sql_query *q)
{
    sql_select *select = q->select;

    if (!bind_exprs(b, s, &select->distinct_on) || !clause(b, s, select->where, "WHERE", false, false))
        return false;
    for (int i = 0; i < select->group.n; i++)
        if (!clause(b, s, select->group.at[i], "GROUP BY", false, false))
            return false;
    for (int i = 0; i < select->n_windows; i++)
        if (!bind_window(b, s, &select->windows[i]))
            return false;
    return clause(b, s, select->having, "HAVING", true, false) &&
           clause(b, s, select->qualify, "QUALIFY", true, true) && output(b, q) &&
           order(b, s, q);
}

static bool select_query(binder *b, sql_query *q, scope *outer, const cte_env *env)
{
    scope *s = arena_push(b->a, scope, 1);

    if (!s)
        return bind_nomem(b);
    s->outer = outer;
    s->env = env;
    s->clause = "this clause";
    for (int i = 0; i < q->select->n_from; i++)
        if (!bind_from(b, s, q->select->from[i]))
            return false;
    s->from = 0;
    s->select = q->select;
    if (!items(b, s, q->select) || !select_clauses(b, s, q))
        return false;
    if (!b->sqlite)
        return bind_grouping(b, s, q);
    sqlite_order(b, q);
    return sqlite_grouping(b, q);
}

static bool offers(const scope *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (str_equal_nocase(s->at[i].column.name, name))
            return true;
    return false;
}

/* The names that the sides of a set operation give its columns. */
static bool side_names(binder *b, scope *s, const sql_query *q)
{
    if (q->kind == SQL_Q_SET)
        return side_names(b, s, q->left) && side_names(b, s, q->right);
    for (int i = 0; i < q->columns.n; i++)
        if (!offers(s, q->columns.at[i].name) && !scope_add(b, s, NULL, &q->columns.at[i]))
            return false;
    return true;
}

/* An item of a side that is the same expression as this one, not yet bound. */
static const sql_expr *side_item(const sql_query *q, const sql_expr *x)
{
    const sql_expr *found;

    if (q->kind == SQL_Q_SET) {
        found = side_item(q->left, x);
        return found ? found : side_item(q->right, x);
    }
    for (int i = 0; q->select && i < q->select->n_items; i++)
        if (x->kind != SQL_X_NUMBER && x->kind != SQL_X_COLUMN &&
            sql_expr_equal(q->select->items[i].expr, x))
            return q->select->items[i].expr;
    return NULL;
}

/* ORDER BY of a set operation or VALUES names only output columns. */
static bool order_output(binder *b, sql_query *q, const cte_env *env)
{
    scope *s = arena_push(b->a, scope, 1);

    if (!s)
        return bind_nomem(b);
    s->env = env;
    s->clause = "this clause";
    if (!scope_source(b, s, "the result"))
        return false;
    for (int i = 0; i < q->columns.n; i++)
        if (!scope_add(b, s, NULL, &q->columns.at[i]))
            return false;
    if (q->order.n && !side_names(b, s, q))
        return false;
    s->no_aggregate = s->no_window = true;
    s->clause = "the ORDER BY of a set operation";
    for (int i = 0; i < q->order.n; i++) {
        sql_expr *x = q->order.at[i].expr;
        const sql_expr *item = x ? side_item(q, x) : NULL;

        if (item)
            *x = *item;
        else if (x && (!bind_expr(b, s, x) || !check_position(b, x, q->columns.n)))
            return false;
    }
    return true;
}

static bool values(binder *b, sql_query *q, scope *outer, const cte_env *env)
{
    scope *s = arena_push(b->a, scope, 1);
    const int n = q->rows.at[0]->args.n;
    sql_column *all = arena_push(b->a, sql_column, (size_t)n);

    if (!s || !all)
        return bind_nomem(b);
    s->outer = outer;
    s->env = env;
    s->clause = "VALUES";
    s->no_aggregate = s->no_window = true;
    if (!bind_exprs(b, s, &q->rows))
        return false;
    for (int i = 0; i < n; i++) {
        all[i] = (sql_column){arena_strf(b->a, "col%d", i), SQL_T_NULL, -1, -1, SQL_W_UNKNOWN,
                              SQL_T_UNKNOWN};
        if (!all[i].name)
            return bind_nomem(b);
        for (int r = 0; r < q->rows.n; r++)
            all[i].type = type_common(all[i].type, q->rows.at[r]->args.at[i]->type);
    }
    q->columns = (sql_columns){all, n};
    return order_output(b, q, env);
}

static bool distinct_names(binder *b, const sql_query *q, const sql_columns *c)
{
    for (int i = 0; i < c->n && c->n <= 1000; i++)
        for (int k = 0; k < i; k++)
            if (str_equal_nocase(c->at[i].name, c->at[k].name))
                return bind_fail(b, ERR_REFUSED, q->at, "BY NAME: two columns of one side are "
                                 "called \"%s\"", c->at[i].name);
    return true;
}

/* Columns by name: those of the left, then those only the right has. */
static bool by_name(binder *b, sql_query *q)
{
    const sql_columns *l = &q->left->columns, *r = &q->right->columns;
    sql_column *all = arena_push(b->a, sql_column, (size_t)l->n + (size_t)r->n);
    int n = l->n;

    if (!all)
        return bind_nomem(b);
    if (!distinct_names(b, q, l) || !distinct_names(b, q, r))
        return false;
    memcpy(all, l->at, (size_t)l->n * sizeof *all);
    for (int i = 0; i < r->n; i++) {
        int j = 0;

        while (j < l->n && !str_equal_nocase(l->at[j].name, r->at[i].name))
            j++;
        if (j == l->n)
            all[n++] = r->at[i];
    }
    q->columns = (sql_columns){all, n};
    return n <= BIND_MAX_COLUMNS || too_many_columns(b);
}

static bool by_position(binder *b, sql_query *q)
{
    const sql_columns *l = &q->left->columns, *r = &q->right->columns;
    sql_column *all;

    if (l->n != r->n)
        return bind_fail(b, ERR_REFUSED, q->at, "the two sides have %d and %d columns", l->n, r->n);
    all = arena_push(b->a, sql_column, (size_t)l->n);
    if (!all)
        return bind_nomem(b);
    for (int i = 0; i < l->n; i++) {
        const bool same = l->at[i].table == r->at[i].table && l->at[i].column == r->at[i].column;

        all[i] = (sql_column){l->at[i].name, type_union(l->at[i].type, r->at[i].type),
                              same ? l->at[i].table : -1, same ? l->at[i].column : -1,
                              width_common(l->at[i].width, r->at[i].width), l->at[i].element};
    }
    q->columns = (sql_columns){all, l->n};
    return true;
}

static bool set_query(binder *b, sql_query *q, scope *outer, const cte_env *env)
{
    return bind_query(b, q->left, outer, env) && bind_query(b, q->right, outer, env) &&
           (q->by_name ? by_name(b, q) : by_position(b, q)) && order_output(b, q, env);
}

/* The columns of a CTE, its first ones renamed. */
static bool cte_columns(binder *b, const sql_cte *c, const sql_columns *from, sql_columns *out)
{
    sql_column *all = arena_push(b->a, sql_column, (size_t)from->n + 1);

    if (!all)
        return bind_nomem(b);
    if (c->columns.n > from->n)
        return bind_fail(b, ERR_REFUSED, c->at, "%s has %d columns, but %d names are given",
                         c->name, from->n, c->columns.n);
    memcpy(all, from->at, (size_t)from->n * sizeof *all);
    for (int i = 0; i < c->columns.n; i++)
        all[i].name = c->columns.at[i];
    *out = (sql_columns){all, from->n};
    return true;
}

/* The first side of a recursive CTE gives the columns that the second sees. */
static bool cte(binder *b, const sql_query *q, sql_cte *c, scope *outer, const cte_env *env,
                cte_env *mine)
{
    *mine = (cte_env){.name = c->name, .older = env};
    if (q->recursive && c->query->kind == SQL_Q_SET) {
        if (!bind_query(b, c->query->left, outer, env) ||
            !cte_columns(b, c, &c->query->left->columns, &mine->columns))
            return false;
        env = mine;
    }
    return bind_query(b, c->query, outer, env) &&
           cte_columns(b, c, &c->query->columns, &mine->columns);
}

static bool limit(binder *b, scope *s, sql_expr *x)
{
    if (!bind_expr(b, s, x))
        return false;
    if (x->kind == SQL_X_UNARY && x->op == SQL_OP_MINUS)
        return bind_fail(b, ERR_REFUSED, x->at, "LIMIT and OFFSET can't be negative");
    if (x->type == SQL_T_INTEGER || x->type == SQL_T_UNKNOWN || x->type == SQL_T_NULL ||
        x->type == SQL_T_DECIMAL || x->type == SQL_T_DOUBLE)
        return true;
    return x->type == SQL_T_BOOLEAN ||
           bind_fail(b, ERR_REFUSED, x->at, "LIMIT and OFFSET need a number");
}

/* LIMIT and OFFSET see no columns of this query. */
static bool limits(binder *b, sql_query *q, scope *outer, const cte_env *env)
{
    scope *s = q->limit || q->offset ? arena_push(b->a, scope, 1) : NULL;

    if (!q->limit && !q->offset)
        return true;
    if (!s)
        return bind_nomem(b);
    s->env = env;
    s->outer = outer;
    s->no_aggregate = s->no_window = true;
    s->clause = "LIMIT";
    return (!q->limit || limit(b, s, q->limit)) && (!q->offset || limit(b, s, q->offset));
}

bool bind_query(binder *b, sql_query *q, scope *outer, const cte_env *env)
{
    cte_env *mine = arena_push(b->a, cte_env, (size_t)q->n_ctes + 1);
    bool ok;

    if (!mine)
        return bind_nomem(b);
    for (int i = 0; i < q->n_ctes; i++) {
        for (int j = 0; j < i; j++)
            if (str_equal_nocase(q->ctes[i].name, q->ctes[j].name))
                return bind_fail(b, ERR_AMBIGUOUS, q->ctes[i].at, "WITH defines \"%s\" twice",
                                 q->ctes[i].name);
        if (!cte(b, q, &q->ctes[i], outer, env, &mine[i]))
            return false;
        env = &mine[i];
    }
    ok = q->kind == SQL_Q_SELECT   ? select_query(b, q, outer, env)
         : q->kind == SQL_Q_VALUES ? values(b, q, outer, env)
                                   : set_query(b, q, outer, env);
    return ok && limits(b, q, outer, env);
}

bool sql_bind(arena *a, sql_stmt *s, const db_catalog *c, err *e)
{
    binder b = {.a = a, .catalog = c, .text = s->text, .e = e};

    s->bound = bind_query(&b, s->query, NULL, NULL);
    return s->bound;
}
