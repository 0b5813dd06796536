/* bind_group.c - which columns an aggregated query may name.
 *
 * With GROUP BY, an aggregate or HAVING, a column outside an aggregate must be
 * (part of) a grouping expression. GROUP BY ALL groups by every item that has
 * no aggregate. */
#include <stdlib.h>
#include <string.h>

#include "sql/bind_impl.h"
#include "sql/functions.h"

static bool stop_at_aggregate(void *arg, const sql_expr *x)
{
    bool *found = arg;

    if (x->kind == SQL_X_CALL && x->function && x->function->kind == FUNCTION_AGGREGATE &&
        !x->call->over)
        *found = true;
    if (x->kind == SQL_X_COLUMN && x->means && expr_has_aggregate(x->means))
        *found = true;
    return !*found;
}

bool expr_has_aggregate(const sql_expr *x)
{
    bool found = false;
    const sql_visitor v = {.expr = stop_at_aggregate, .arg = &found, .shallow = true};

    sql_walk_expr(x, &v);
    return found;
}

static bool stop_at_window(void *arg, const sql_expr *x)
{
    return !(*(bool *)arg = x->kind == SQL_X_CALL && x->call->over);
}

bool expr_has_window(const sql_expr *x)
{
    bool found = false;
    const sql_visitor v = {.expr = stop_at_window, .arg = &found, .shallow = true};

    sql_walk_expr(x, &v);
    return found;
}

typedef struct groups {
    binder *b;
    const sql_select *select;
    const sql_expr **at;
    int n;
} groups;

static const sql_expr *meaning(const sql_expr *x)
{
    while (x->kind == SQL_X_COLUMN && x->means)
        x = x->means;
    return x;
}

static bool has_star(const sql_select *s)
{
    for (int i = 0; i < s->n_items; i++)
        if (s->items[i].expr->kind == SQL_X_STAR)
            return true;
    return false;
}

static bool add(groups *g, const sql_expr *x)
{
    const sql_expr **more;

    x = meaning(x);
    if (x->kind == SQL_X_NUMBER && x->type == SQL_T_INTEGER) { /* GROUP BY 1 */
        const long i = strtol(x->text, NULL, 10);

        if (has_star(g->select))
            return true; /* the star itself is refused below */
        if (i < 1 || i > g->select->n_items)
            return bind_fail(g->b, ERR_REFUSED, x->at, "GROUP BY %s: the select list has %d "
                             "items", x->text, g->select->n_items);
        x = meaning(g->select->items[i - 1].expr);
    }
    if (x->kind == SQL_X_UNARY && x->op == SQL_OP_MINUS && x->args.at[0]->kind == SQL_X_NUMBER && x->type == SQL_T_INTEGER)
        return bind_fail(g->b, ERR_REFUSED, x->at, "GROUP BY -%s: items are counted from 1", x->args.at[0]->text);
    if (x->kind == SQL_X_ROW || x->kind == SQL_X_GROUPING) {
        for (int i = 0; i < x->args.n; i++)
            if (!add(g, x->args.at[i]))
                return false;
        return true;
    }
    if (expr_has_aggregate(x))
        return bind_fail(g->b, ERR_REFUSED, x->at, "an aggregate can't stand in GROUP BY");
    if (expr_has_window(x))
        return bind_fail(g->b, ERR_REFUSED, x->at, "a window function can't stand in GROUP BY; "
                         "put it into a query around this one");
    if (!g->n || !(g->n & (g->n - 1))) {
        more = arena_push(g->b->a, const sql_expr *, g->n ? (size_t)g->n * 2 : 1);
        if (!more)
            return bind_nomem(g->b);
        if (g->n)
            memcpy(more, g->at, (size_t)g->n * sizeof *more);
        g->at = more;
    }
    g->at[g->n++] = x;
    return true;
}

static bool is_grouped(const groups *g, const sql_expr *x)
{
    for (int i = 0; i < g->n; i++)
        if (sql_expr_equal(g->at[i], x))
            return true;
    return false;
}

static bool check(const groups *g, const sql_expr *x);

/* A column of this query that a subquery names must be grouped too. */
static bool check_uses(const groups *g, const scope *s)
{
    for (const outer_use *u = s->uses; u; u = u->older) {
        int i = 0;

        while (i < g->n && !(g->at[i]->kind == SQL_X_COLUMN && g->at[i]->slot == u->column->slot))
            i++;
        if (i == g->n)
            return bind_fail(g->b, ERR_REFUSED, u->column->at, "column \"%s\" must be in GROUP BY "
                             "to be used in this subquery",
                             u->column->parts.at[u->column->parts.n - 1]);
    }
    return true;
}

static bool check_all(const groups *g, const sql_exprs *list)
{
    for (int i = 0; i < list->n; i++)
        if (!check(g, list->at[i]))
            return false;
    return true;
}

static bool check_orders(const groups *g, const sql_orders *o)
{
    for (int i = 0; i < o->n; i++)
        if (o->at[i].expr && !check(g, o->at[i].expr))
            return false;
    return true;
}

/* grouping(a): a is one of the groups, and is written as a column. */
static bool check_grouping_call(const groups *g, const sql_expr *x)
{
    for (int i = 0; i < x->args.n; i++)
        if (x->args.at[i]->kind != SQL_X_COLUMN || !is_grouped(g, meaning(x->args.at[i])) ||
            g->select->group_all)
            return bind_fail(g->b, ERR_REFUSED, x->at, "grouping takes columns that stand in GROUP BY");
    return true;
}

static bool check(const groups *g, const sql_expr *x)
{
    x = meaning(x);
    if (x->kind == SQL_X_CALL && !strcmp(x->text, "grouping"))
        return check_grouping_call(g, x);
    if (is_grouped(g, x))
        return true;
    if (x->kind == SQL_X_COLUMN && x->up == 0)
        return bind_fail(g->b, ERR_REFUSED, x->at, "column \"%s\" must be in GROUP BY, or inside "
                         "an aggregate such as any_value(…)", x->parts.at[x->parts.n - 1]);
    if (x->kind == SQL_X_STAR)
        return bind_fail(g->b, ERR_REFUSED, x->at, "* can't stand in a query with GROUP BY or "
                         "aggregates; name the columns");
    if (x->kind == SQL_X_CALL && x->function->kind == FUNCTION_AGGREGATE && !x->call->over)
        return true;
    if (x->call && (!check_orders(g, &x->call->order) ||
                    (x->call->over && (!check_all(g, &x->call->over->partition) ||
                                       !check_orders(g, &x->call->over->order)))))
        return false;
    return check_all(g, &x->args);
}

static bool names_column(const sql_expr *x);

static bool one_names_column(const sql_exprs *list)
{
    for (int i = 0; i < list->n; i++)
        if (names_column(list->at[i]))
            return true;
    return false;
}

static bool order_names_column(const sql_orders *o)
{
    for (int i = 0; i < o->n; i++)
        if (o->at[i].expr && names_column(o->at[i].expr))
            return true;
    return false;
}

/* A column of this query outside aggregates? */
static bool names_column(const sql_expr *x)
{
    x = meaning(x);
    if (x->kind == SQL_X_COLUMN)
        return x->up == 0;
    if (x->kind == SQL_X_CALL && x->function->kind == FUNCTION_AGGREGATE && !x->call->over)
        return false;
    if (x->call && (order_names_column(&x->call->order) ||
                    (x->call->over && (one_names_column(&x->call->over->partition) ||
                                       order_names_column(&x->call->over->order)))))
        return true;
    return one_names_column(&x->args);
}

/* GROUP BY ALL: an item is a group, or made of aggregates alone. */
static bool add_item(groups *g, const sql_expr *x)
{
    const bool window = expr_has_window(meaning(x));

    if (!window && !expr_has_aggregate(x))
        return add(g, x);
    if (!names_column(x))
        return true;
    return bind_fail(g->b, ERR_REFUSED, x->at, "GROUP BY ALL: this item has a column beside its %s; "
                     "name the groups in GROUP BY", window ? "window function" : "aggregate");
}

static bool any_aggregate(const sql_select *s)
{
    for (int i = 0; i < s->n_items; i++)
        if (expr_has_aggregate(s->items[i].expr))
            return true;
    return false;
}

/* HAVING, QUALIFY and ORDER BY count too: FROM t HAVING count(*) > 1. */
bool query_is_aggregated(const sql_query *q)
{
    const sql_select *s = q->select;

    if (s->group.n || s->group_all || s->having)
        return true;
    if (any_aggregate(s))
        return true;
    for (int i = 0; i < q->order.n; i++)
        if (q->order.at[i].expr && expr_has_aggregate(q->order.at[i].expr))
            return true;
    return s->qualify && expr_has_aggregate(s->qualify);
}

static bool find_grouping(void *arg, const sql_expr *x)
{
    const sql_expr **found = arg;

    if (x->kind == SQL_X_CALL && !strcmp(x->text, "grouping"))
        *found = x;
    return !*found;
}

/* Without GROUP BY there is nothing for grouping() to tell. */
static bool no_grouping(binder *b, const sql_query *q)
{
    const sql_expr *found = NULL;
    const sql_visitor v = {.expr = find_grouping, .arg = &found, .shallow = true};

    sql_walk(q, &v);
    return !found || bind_fail(b, ERR_REFUSED, found->at, "grouping needs GROUP BY");
}

bool bind_grouping(binder *b, scope *s, sql_query *q)
{
    const sql_select *select = q->select;
    groups g = {.b = b, .select = select};

    if (!select->group.n && !no_grouping(b, q))
        return false;
    if (!query_is_aggregated(q))
        return true;
    for (int i = 0; i < select->group.n; i++)
        if (!add(&g, select->group.at[i]))
            return false;
    for (int i = 0; select->group_all && i < select->n_items; i++) {
        const sql_expr *x = select->items[i].expr;

        if (x->kind == SQL_X_STAR)
            return true; /* every column is grouped */
        if (!add_item(&g, x))
            return false;
    }
    for (int i = 0; i < select->n_items; i++)
        if (!check(&g, select->items[i].expr))
            return false;
    return (!select->having || check(&g, select->having)) &&
           (!select->qualify || check(&g, select->qualify)) && check_orders(&g, &q->order) &&
           check_uses(&g, s);
}
