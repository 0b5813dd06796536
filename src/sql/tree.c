/* tree.c - comparing and walking trees. */
#include "sql/tree.h"

#include <string.h>

#include "base/str.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool same_names(const sql_names *a, const sql_names *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++)
        if (strcmp(a->at[i], b->at[i]))
            return false;
    return true;
}

static bool same_exprs(const sql_exprs *a, const sql_exprs *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++)
        if (!sql_expr_equal(a->at[i], b->at[i]))
            return false;
    return true;
}

static bool same_orders(const sql_orders *a, const sql_orders *b)
{
    if (a->n != b->n || a->all != b->all)
        return false;
    for (int i = 0; i < a->n; i++)
        if (a->at[i].descending != b->at[i].descending || a->at[i].nulls != b->at[i].nulls ||
            !sql_expr_equal(a->at[i].expr, b->at[i].expr))
            return false;
    return true;
}

static bool same_window(const sql_window *a, const sql_window *b)
{
    if (!a || !b)
        return a == b;
    return same_text(a->name, b->name) && same_text(a->base, b->base) &&
           same_exprs(&a->partition, &b->partition) && same_orders(&a->order, &b->order) &&
           a->frame == b->frame && a->has_end == b->has_end && a->start == b->start &&
           a->end == b->end && sql_expr_equal(a->start_expr, b->start_expr) &&
           sql_expr_equal(a->end_expr, b->end_expr) && same_text(a->exclude, b->exclude);
}

static bool same_call(const sql_call *a, const sql_call *b)
{
    if (!a || !b)
        return a == b;
    return a->distinct == b->distinct && a->star == b->star &&
           a->within_group == b->within_group && a->ignore_nulls == b->ignore_nulls &&
           same_orders(&a->order, &b->order) && sql_expr_equal(a->filter, b->filter) &&
           same_window(a->over, b->over);
}

static bool same_star(const sql_star *a, const sql_star *b)
{
    if (!a || !b)
        return a == b;
    return same_names(&a->exclude, &b->exclude) && same_exprs(&a->replace, &b->replace) &&
           same_names(&a->replaced, &b->replaced);
}

bool sql_expr_equal(const sql_expr *a, const sql_expr *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind == SQL_X_COLUMN && b->kind == SQL_X_COLUMN && a->slot && b->slot)
        return a->slot == b->slot && a->up == b->up;
    return a->kind == b->kind && a->op == b->op && a->negated == b->negated &&
           a->has_operand == b->has_operand && same_text(a->text, b->text) &&
           same_text(a->type_text, b->type_text) && same_names(&a->parts, &b->parts) &&
           same_exprs(&a->args, &b->args) && same_call(a->call, b->call) &&
           same_star(a->star, b->star) && sql_equal(a->query, b->query);
}

static bool same_from(const sql_from *a, const sql_from *b)
{
    if (!a || !b)
        return a == b;
    return a->kind == b->kind && same_names(&a->parts, &b->parts) &&
           same_text(a->alias, b->alias) && same_names(&a->columns, &b->columns) &&
           a->lateral == b->lateral && sql_equal(a->query, b->query) &&
           sql_expr_equal(a->call, b->call) && a->join == b->join && a->natural == b->natural &&
           a->asof == b->asof && same_from(a->left, b->left) && same_from(a->right, b->right) &&
           sql_expr_equal(a->on, b->on) && same_names(&a->using, &b->using);
}

static bool same_select(const sql_select *a, const sql_select *b)
{
    if (!a || !b)
        return a == b;
    if (a->distinct != b->distinct || a->n_items != b->n_items || a->n_from != b->n_from ||
        a->group_all != b->group_all || a->n_windows != b->n_windows ||
        !same_exprs(&a->distinct_on, &b->distinct_on) || !same_exprs(&a->group, &b->group) ||
        !sql_expr_equal(a->where, b->where) || !sql_expr_equal(a->having, b->having) ||
        !sql_expr_equal(a->qualify, b->qualify))
        return false;
    for (int i = 0; i < a->n_items; i++)
        if (!same_text(a->items[i].alias, b->items[i].alias) ||
            !sql_expr_equal(a->items[i].expr, b->items[i].expr))
            return false;
    for (int i = 0; i < a->n_from; i++)
        if (!same_from(a->from[i], b->from[i]))
            return false;
    for (int i = 0; i < a->n_windows; i++)
        if (!same_window(&a->windows[i], &b->windows[i]))
            return false;
    return true;
}

bool sql_equal(const sql_query *a, const sql_query *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || a->recursive != b->recursive || a->n_ctes != b->n_ctes ||
        a->set != b->set || a->all != b->all || a->by_name != b->by_name ||
        a->limit_percent != b->limit_percent)
        return false;
    for (int i = 0; i < a->n_ctes; i++)
        if (strcmp(a->ctes[i].name, b->ctes[i].name) ||
            !same_names(&a->ctes[i].columns, &b->ctes[i].columns) ||
            !sql_equal(a->ctes[i].query, b->ctes[i].query))
            return false;
    return same_select(a->select, b->select) && same_exprs(&a->rows, &b->rows) &&
           sql_equal(a->left, b->left) && sql_equal(a->right, b->right) &&
           same_orders(&a->order, &b->order) && sql_expr_equal(a->limit, b->limit) &&
           sql_expr_equal(a->offset, b->offset);
}

/* ---- walking ---------------------------------------------------------- */

static bool walk_exprs(const sql_exprs *list, const sql_visitor *v)
{
    for (int i = 0; i < list->n; i++)
        if (!sql_walk_expr(list->at[i], v))
            return false;
    return true;
}

static bool walk_orders(const sql_orders *o, const sql_visitor *v)
{
    for (int i = 0; i < o->n; i++)
        if (!sql_walk_expr(o->at[i].expr, v))
            return false;
    return true;
}

static bool walk_window(const sql_window *w, const sql_visitor *v)
{
    return !w || (walk_exprs(&w->partition, v) && walk_orders(&w->order, v) &&
                  sql_walk_expr(w->start_expr, v) && sql_walk_expr(w->end_expr, v));
}

bool sql_walk_expr(const sql_expr *x, const sql_visitor *v)
{
    if (!x)
        return true;
    if (v->expr && !v->expr(v->arg, x))
        return false;
    if (!walk_exprs(&x->args, v))
        return false;
    if (x->star && !walk_exprs(&x->star->replace, v))
        return false;
    if (x->call && (!walk_orders(&x->call->order, v) || !sql_walk_expr(x->call->filter, v) ||
                    !walk_window(x->call->over, v)))
        return false;
    return !x->query || v->shallow || sql_walk(x->query, v);
}

static bool walk_from(const sql_from *f, const sql_visitor *v)
{
    if (!f)
        return true;
    if (v->from && !v->from(v->arg, f))
        return false;
    return walk_from(f->left, v) && walk_from(f->right, v) && sql_walk_expr(f->call, v) &&
           sql_walk_expr(f->on, v) && (!f->query || v->shallow || sql_walk(f->query, v));
}

static bool walk_select(const sql_select *s, const sql_visitor *v)
{
    if (!walk_exprs(&s->distinct_on, v))
        return false;
    for (int i = 0; i < s->n_items; i++)
        if (!sql_walk_expr(s->items[i].expr, v))
            return false;
    for (int i = 0; i < s->n_from; i++)
        if (!walk_from(s->from[i], v))
            return false;
    for (int i = 0; i < s->n_windows; i++)
        if (!walk_window(&s->windows[i], v))
            return false;
    return sql_walk_expr(s->where, v) && walk_exprs(&s->group, v) &&
           sql_walk_expr(s->having, v) && sql_walk_expr(s->qualify, v);
}

bool sql_walk(const sql_query *q, const sql_visitor *v)
{
    if (!q)
        return true;
    if (v->query && !v->query(v->arg, q))
        return false;
    for (int i = 0; i < q->n_ctes; i++)
        if (!v->shallow && !sql_walk(q->ctes[i].query, v))
            return false;
    if (q->select && !walk_select(q->select, v))
        return false;
    return walk_exprs(&q->rows, v) && sql_walk(q->left, v) && sql_walk(q->right, v) &&
           walk_orders(&q->order, v) && sql_walk_expr(q->limit, v) && sql_walk_expr(q->offset, v);
}

const char *sql_type_name(sql_type t)
{
    static const char *const names[] = {"unknown", "null", "boolean", "integer", "decimal",
                                        "double", "text", "date", "time", "timestamp",
                                        "interval", "list", "struct", "other"};
    return names[t];
}
