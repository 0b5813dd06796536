/* bind_expr.c - names inside expressions; functions; where aggregates and
 * window functions may stand. */
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/functions.h"

bool bind_exprs(binder *b, scope *s, const sql_exprs *list)
{
    for (int i = 0; i < list->n; i++)
        if (!bind_expr(b, s, list->at[i]))
            return false;
    return true;
}

bool bind_orders(binder *b, scope *s, const sql_orders *o)
{
    for (int i = 0; i < o->n; i++)
        if (o->at[i].expr && !bind_expr(b, s, o->at[i].expr))
            return false;
    return true;
}

static bool window_exists(const scope *s, const char *name)
{
    for (int i = 0; s->select && i < s->select->n_windows; i++)
        if (str_equal_nocase(s->select->windows[i].name, name))
            return true;
    return false;
}

bool bind_window(binder *b, scope *s, sql_window *w)
{
    const bool before = s->no_window;
    const char *clause = s->clause;
    bool ok;

    if (w->base && !window_exists(s, w->base))
        return err_set(b->e, ERR_NOT_FOUND, "no window \"%s\"; it needs WINDOW %s AS (…)",
                       w->base, w->base);
    if (w->order.all)
        return err_set(b->e, ERR_REFUSED, "a window has no ORDER BY ALL; name the columns");
    s->no_window = true;
    b->window_depth++;
    s->clause = before ? clause : "another window function";
    ok = bind_exprs(b, s, &w->partition) && bind_orders(b, s, &w->order) &&
         (!w->start_expr || bind_expr(b, s, w->start_expr)) &&
         (!w->end_expr || bind_expr(b, s, w->end_expr));
    s->no_window = before;
    b->window_depth--;
    s->clause = clause;
    return ok;
}

static bool unknown_function(binder *b, const sql_expr *x)
{
    const char *why = function_refusal(x->text), *near = function_nearest(x->text);

    if (why)
        return bind_fail(b, ERR_REFUSED, x->at, "%s is not allowed: %s", x->text, why);
    if (near)
        return bind_fail(b, ERR_NOT_FOUND, x->at, "no function \"%s\"; did you mean \"%s\"?",
                         x->text, near);
    return bind_fail(b, ERR_NOT_FOUND, x->at, "no function \"%s\"", x->text);
}

/* WITHIN GROUP and what needs it; numbers of arguments with a gap. */
static bool check_form(binder *b, const sql_expr *x)
{
    const bool percentile = str_starts(x->text, "percentile_");
    const bool mode = !strcmp(x->text, "mode");
    const int n = x->args.n;

    if (percentile && !x->call->within_group)
        return bind_fail(b, ERR_REFUSED, x->at, "%s needs WITHIN GROUP (ORDER BY …)", x->text);
    if (x->call->within_group && !percentile && !mode)
        return bind_fail(b, ERR_REFUSED, x->at, "%s can't have WITHIN GROUP; write the ORDER BY "
                         "after its arguments", x->text);
    if (mode && (n == 0) != x->call->within_group)
        return bind_fail(b, ERR_REFUSED, x->at, "write mode(x)");
    if (!strcmp(x->text, "make_date") && n == 2)
        return bind_fail(b, ERR_REFUSED, x->at, "make_date takes 3 arguments, found 2");
    if (!strcmp(x->text, "make_timestamp") && n > 1 && n < 6)
        return bind_fail(b, ERR_REFUSED, x->at, "make_timestamp takes 6 arguments, found %d", n);
    return true;
}

static bool check_arguments(binder *b, const sql_expr *x, const sql_function *f)
{
    const int n = x->args.n;

    if (x->call->star)
        return !strcmp(f->name, "count") ||
               bind_fail(b, ERR_REFUSED, x->at, "only count(*) takes a star, not %s", f->name);
    if (n >= f->min && (f->max < 0 || n <= f->max))
        return true;
    if (f->max == f->min)
        return bind_fail(b, ERR_REFUSED, x->at, "%s takes %d argument%s, found %d", f->name,
                         f->min, f->min == 1 ? "" : "s", n);
    if (f->max < 0)
        return bind_fail(b, ERR_REFUSED, x->at, "%s takes at least %d argument%s, found %d",
                         f->name, f->min, f->min == 1 ? "" : "s", n);
    return bind_fail(b, ERR_REFUSED, x->at, "%s takes %d to %d arguments, found %d", f->name,
                     f->min, f->max, n);
}

static bool is_aggregate(const sql_expr *x)
{
    return x->function && x->function->kind == FUNCTION_AGGREGATE && !x->call->over;
}

/* Does the clause allow this call, and the call its modifiers? */
static bool check_place(binder *b, const scope *s, const sql_expr *x)
{
    const sql_call *c = x->call;
    const function_kind kind = x->function->kind;

    if (kind == FUNCTION_WINDOW && !c->over)
        return bind_fail(b, ERR_REFUSED, x->at, "%s needs OVER (…)", x->text);
    if (c->over && kind != FUNCTION_WINDOW && kind != FUNCTION_AGGREGATE)
        return bind_fail(b, ERR_REFUSED, x->at, "%s can't have OVER", x->text);
    if (c->over && b->window_depth && !s->no_window)
        return bind_fail(b, ERR_REFUSED, x->at, "a window function can't stand in a subquery of another "
                         "one's OVER (…)");
    if (c->over && s->no_window)
        return bind_fail(b, ERR_REFUSED, x->at, "a window function can't stand in %s%s",
                         s->clause, !strcmp(s->clause, "WHERE") ? "; use QUALIFY" : "");
    if (!strcmp(x->text, "grouping") && (s->no_aggregate || s->in_aggregate))
        return bind_fail(b, ERR_REFUSED, x->at, "grouping can't stand in %s", s->clause);
    if (is_aggregate(x) && s->no_aggregate)
        return bind_fail(b, ERR_REFUSED, x->at, "an aggregate can't stand in %s%s", s->clause,
                         !strcmp(s->clause, "WHERE") ? "; use HAVING" : "");
    if (is_aggregate(x) && s->in_aggregate)
        return bind_fail(b, ERR_REFUSED, x->at, "an aggregate can't stand in another one");
    if (kind == FUNCTION_SCALAR || kind == FUNCTION_TABLE)
        if (c->distinct || c->filter || c->order.n)
            return bind_fail(b, ERR_REFUSED, x->at, "%s is no aggregate: it can't have DISTINCT, "
                             "FILTER or ORDER BY", x->text);
    return true;
}

typedef struct levels { int own, outer; } levels;

static bool count_levels(void *arg, const sql_expr *x)
{
    levels *l = arg;

    if (x->kind == SQL_X_COLUMN)
        *(x->up ? &l->outer : &l->own) += 1;
    return true;
}

/* sum(t.x) with t of the query around would belong to that query. */
static bool check_own(binder *b, const sql_expr *x)
{
    levels l = {0, 0};
    const sql_visitor v = {.expr = count_levels, .arg = &l, .shallow = true};

    for (int i = 0; i < x->args.n; i++)
        sql_walk_expr(x->args.at[i], &v);
    return l.own || !l.outer ||
           bind_fail(b, ERR_REFUSED, x->at, "%s over columns of the query around this one; move "
                     "it there", x->text);
}

static bool call(binder *b, scope *s, sql_expr *x)
{
    const bool in_aggregate = s->in_aggregate, no_window = s->no_window;
    const char *clause = s->clause;
    bool ok;

    if (b->sqlite && !sqlite_name(b, x))
        return false;
    x->function = function_find(x->text);
    if (!x->function)
        return unknown_function(b, x);
    if (!check_arguments(b, x, x->function) || !check_form(b, x) || !check_place(b, s, x))
        return false;
    if (is_aggregate(x)) {
        s->in_aggregate = s->no_window = true;
        s->clause = "an aggregate";
    }
    if (x->call->order.all)
        return bind_fail(b, ERR_REFUSED, x->at, "ORDER BY ALL can't stand in a function");
    ok = bind_exprs(b, s, &x->args) && bind_orders(b, s, &x->call->order) &&
         (!x->call->filter || bind_expr(b, s, x->call->filter));
    s->in_aggregate = in_aggregate;
    s->no_window = no_window;
    ok = ok && (!is_aggregate(x) || check_own(b, x));
    if (ok && x->call->over)
        ok = bind_window(b, s, x->call->over);
    s->clause = clause;
    return ok;
}

/* A subquery whose value is used must have one column. */
static bool subquery(binder *b, scope *s, sql_expr *x)
{
    if (!bind_query(b, x->query, s, s->env))
        return false;
    if (x->kind == SQL_X_EXISTS)
        return true;
    if (x->query->columns.n == 1 || (x->kind == SQL_X_IN && x->args.at[0]->kind == SQL_X_ROW))
        return true;
    return bind_fail(b, ERR_REFUSED, x->at, "this subquery gives %d columns where one is needed",
                     x->query->columns.n);
}

bool bind_expr(binder *b, scope *s, sql_expr *x)
{
    bool ok = true;

    switch (x->kind) {
    case SQL_X_COLUMN:
        return bind_column(b, s, x);
    case SQL_X_STAR:
        return bind_fail(b, ERR_REFUSED, x->at, "* can't stand here; name the columns");
    case SQL_X_CALL:
        ok = call(b, s, x);
        break;
    default:
        ok = bind_exprs(b, s, &x->args) && (!x->query || subquery(b, s, x));
    }
    if (!ok || (b->sqlite && !sqlite_expr(b, x)))
        return false;
    x->type = type_of(x);
    exact_of(x);
    return bind_check(b, x);
}
