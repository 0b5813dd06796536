/* sqlite_group.c - columns that stand beside aggregates, and the order of NULLs.
 *
 * SQLite takes a column that is neither grouped nor aggregated from some row of
 * the group: with a single max(x) or min(x) from the row that has it, else from
 * any. In DuckDB that is arg_max(column, x), arg_min(column, x), any_value(column).
 * SQLite sorts NULL first, DuckDB last. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/functions.h"

typedef struct loose {
    binder *b;
    const sql_query *q;
    sql_expr *extreme; /* the one max(x) or min(x), if no other aggregate decides */
    bool failed;
} loose;

/* ---- which max or min ------------------------------------------------- */

static bool see_extreme(void *arg, const sql_expr *x)
{
    loose *l = arg;

    if (x->kind == SQL_X_CALL && x->function && x->function->kind == FUNCTION_AGGREGATE &&
        !x->call->over && (!strcmp(x->text, "max") || !strcmp(x->text, "min")) && x->args.n == 1) {
        if (l->extreme && !sql_expr_equal(l->extreme, x))
            l->failed = true; /* two of them: any row */
        l->extreme = (sql_expr *)(uintptr_t)x;
    }
    return true;
}

static void find_extreme(loose *l)
{
    const sql_visitor v = {.expr = see_extreme, .arg = l, .shallow = true};
    const sql_select *s = l->q->select;

    for (int i = 0; i < s->n_items; i++)
        sql_walk_expr(s->items[i].expr, &v);
    if (s->having)
        sql_walk_expr(s->having, &v);
    if (l->failed)
        l->extreme = NULL;
    l->failed = false;
}

/* ---- grouping --------------------------------------------------------- */

static const sql_expr *meaning(const sql_expr *x)
{
    while (x->kind == SQL_X_COLUMN && x->means)
        x = x->means;
    return x;
}

static bool is_group(const loose *l, const sql_expr *x)
{
    const sql_select *s = l->q->select;

    for (int i = 0; i < s->group.n; i++) {
        const sql_expr *g = meaning(s->group.at[i]);

        if (g->kind == SQL_X_NUMBER && g->type == SQL_T_INTEGER) {
            const int at = (int)strtol(g->text, NULL, 10);

            g = at >= 1 && at <= s->n_items ? meaning(s->items[at - 1].expr) : g;
        }
        if (sql_expr_equal(g, x) || (x->slot < 0 && g->kind == SQL_X_COLUMN && x->table >= 0 &&
                                     g->table == x->table && g->column == x->column))
            return true;
    }
    return false;
}

/* The column becomes an aggregate of itself. */
static bool wrap(loose *l, sql_expr *x)
{
    sql_expr *column = arena_push(l->b->a, sql_expr, 1);
    sql_expr **args = arena_push(l->b->a, sql_expr *, 2);
    sql_call *call = arena_push(l->b->a, sql_call, 1);

    if (!column || !args || !call)
        return bind_nomem(l->b);
    if (l->extreme && sql_expr_equal(l->extreme->args.at[0], x))
        return *x = *l->extreme, true;
    *column = *x;
    args[0] = column;
    *x = (sql_expr){.kind = SQL_X_CALL, .at = column->at, .depth = column->depth + 1,
                    .type = column->type, .table = -1, .column = -1, .call = call};
    x->text = !l->extreme ? "any_value" : !strcmp(l->extreme->text, "max") ? "arg_max" : "arg_min";
    x->function = function_find(x->text);
    x->args = (sql_exprs){args, 1};
    if (l->extreme) {
        args[1] = l->extreme->args.at[0];
        x->args.n = 2;
    }
    return true;
}

static bool loosen(loose *l, sql_expr *x);

static bool loosen_all(loose *l, const sql_exprs *list)
{
    for (int i = 0; i < list->n; i++)
        if (!loosen(l, list->at[i]))
            return false;
    return true;
}

static bool is_alias(const loose *l, const sql_expr *x)
{
    const sql_select *s = l->q->select;

    for (int i = 0; i < s->n_items; i++)
        if (x->parts.n == 1 && s->items[i].alias && str_equal_nocase(s->items[i].alias, x->parts.at[0]))
            return true;
    return false;
}

static bool loosen(loose *l, sql_expr *x)
{
    if (is_group(l, meaning(x)))
        return true;
    if (x->kind == SQL_X_COLUMN && x->means) { /* an item, which is loosened already */
        if (!is_alias(l, x))
            *x = *meaning(x);
        return true;
    }
    if (x->kind == SQL_X_COLUMN)
        return x->up || wrap(l, x);
    if (x->kind == SQL_X_CALL && x->function && x->function->kind == FUNCTION_AGGREGATE &&
        !x->call->over)
        return true;
    return loosen_all(l, &x->args);
}

/* SELECT *: its columns one by one. */
static bool expand(loose *l, sql_select *s)
{
    int n = 0;
    sql_item *items;

    for (int i = 0; i < s->n_items; i++)
        n += s->items[i].expr->kind == SQL_X_STAR ? s->items[i].expr->expanded.n : 1;
    items = arena_push(l->b->a, sql_item, (size_t)n + 1);
    if (!items)
        return bind_nomem(l->b);
    n = 0;
    for (int i = 0; i < s->n_items; i++) {
        const sql_expr *star = s->items[i].expr;

        if (star->kind != SQL_X_STAR) {
            items[n++] = s->items[i];
            continue;
        }
        for (int k = 0; k < star->expanded.n; k++) {
            const sql_column *c = &star->expanded.at[k];
            sql_expr *x = arena_push(l->b->a, sql_expr, 1);
            const char **parts = arena_push(l->b->a, const char *, 2);
            const char *table = star->parts.n ? star->parts.at[star->parts.n - 1] : NULL;

            if (!x || !parts)
                return bind_nomem(l->b);
            parts[0] = table ? table : c->name;
            parts[1] = c->name;
            *x = (sql_expr){.kind = SQL_X_COLUMN, .at = star->at, .depth = 1, .type = c->type,
                            .table = c->table, .column = c->column, .slot = -1,
                            .parts = {parts, table ? 2 : 1}};
            items[n++] = (sql_item){.expr = x, .alias = c->name};
        }
    }
    s->items = items;
    s->n_items = n;
    return true;
}

static bool has_star(const sql_select *s)
{
    for (int i = 0; i < s->n_items; i++)
        if (s->items[i].expr->kind == SQL_X_STAR)
            return true;
    return false;
}

bool sqlite_grouping(binder *b, sql_query *q)
{
    loose l = {.b = b, .q = q};
    sql_select *s = q->select;

    if (!query_is_aggregated(q) || s->group_all)
        return true;
    find_extreme(&l);
    if (has_star(s) && !expand(&l, s))
        return false;
    for (int i = 0; i < s->n_items; i++)
        if (!loosen(&l, s->items[i].expr))
            return false;
    for (int i = 0; i < q->order.n; i++)
        if (q->order.at[i].expr && q->order.at[i].expr->kind != SQL_X_NUMBER &&
            !loosen(&l, q->order.at[i].expr))
            return false;
    return !s->having || loosen(&l, s->having);
}

/* ---- NULLs ------------------------------------------------------------ */

/* Only where the column is known to have some: the words would be noise. */
static bool may_be_null(const binder *b, const sql_expr *x)
{
    x = meaning(x);
    return x->kind == SQL_X_COLUMN && x->table >= 0 && x->column >= 0 &&
           b->catalog->tables[x->table].columns[x->column].n_null > 0;
}

void sqlite_order(binder *b, sql_query *q)
{
    for (int i = 0; i < q->order.n; i++) {
        sql_order *o = &q->order.at[i];

        if (o->expr && !o->descending && o->nulls == SQL_NULLS_DEFAULT && may_be_null(b, o->expr))
            o->nulls = SQL_NULLS_FIRST;
    }
}
