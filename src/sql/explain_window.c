/* explain_window.c - calls with OVER in words: "the rank by sales, largest first,
 * within each region". A window with a name, EXCLUDE or a rare frame stands as written. */
#include <string.h>

#include "sql/explain_impl.h"

static bool running(const sql_window *w)
{
    if (w->frame == SQL_NO_FRAME)
        return w->order.n > 0;
    return w->start == SQL_UNBOUNDED_PRECEDING && (!w->has_end || w->end == SQL_CURRENT_ROW);
}

static bool whole(const sql_window *w)
{
    if (w->frame == SQL_NO_FRAME)
        return !w->order.n;
    return w->start == SQL_UNBOUNDED_PRECEDING && w->has_end && w->end == SQL_UNBOUNDED_FOLLOWING;
}

/* ROWS BETWEEN 2 PRECEDING AND CURRENT ROW */
static bool last_rows(const sql_window *w)
{
    return w->frame == SQL_ROWS && w->start == SQL_PRECEDING && w->start_expr->kind == SQL_X_NUMBER &&
           (!w->has_end || w->end == SQL_CURRENT_ROW);
}

static void say_keys(words *w, const sql_window *o)
{
    for (int i = 0; i < o->order.n; i++) {
        str_adds(&w->out, i ? ", then by " : " by ");
        say_expr(w, o->order.at[i].expr);
        say_direction(w, o->order.at[i].expr, &o->order.at[i]);
    }
}

static void say_parts(words *w, const sql_window *o)
{
    for (int i = 0; i < o->partition.n; i++) {
        if (!i)
            str_adds(&w->out, o->order.n ? ", within each " : " within each ");
        explain_list(w, i, o->partition.n);
        say_expr(w, o->partition.at[i]);
    }
}

static const char *ranking(const char *name)
{
    static const char *const names[][2] = {
        {"row_number", "the position"}, {"rank", "the rank"}, {"dense_rank", "the rank without gaps"},
        {"percent_rank", "the rank as a share"}, {"cume_dist", "the share of rows up to here"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(names[i][0], name))
            return names[i][1];
    return NULL;
}

static bool say_neighbour(words *w, const sql_expr *x)
{
    const bool lag = !strcmp(x->text, "lag");

    if ((!lag && strcmp(x->text, "lead")) || x->args.n > 2 || (x->args.n == 2 && x->args.at[1]->kind != SQL_X_NUMBER))
        return false;
    say_expr(w, x->args.at[0]);
    if (x->args.n == 2 && strcmp(x->args.at[1]->text, "1"))
        str_addf(&w->out, " of %s rows %s", x->args.at[1]->text, lag ? "before" : "after");
    else
        str_addf(&w->out, " of the row %s", lag ? "before" : "after");
    return true;
}

static bool say_aggregate(words *w, const sql_expr *x)
{
    const sql_window *o = x->call->over;
    sql_expr bare = *x;
    sql_call call = *x->call;

    call.over = NULL;
    bare.call = &call;
    if (!explain_is_aggregate(&bare) || !(running(o) || whole(o) || last_rows(o)))
        return false;
    say_expr(w, &bare);
    if (last_rows(o))
        str_addf(&w->out, " over this row and the %s before", o->start_expr->text);
    else if (running(o))
        str_adds(&w->out, " up to here");
    else if (!o->partition.n)
        str_adds(&w->out, " over all rows");
    return true;
}

void say_window(words *w, const sql_expr *x)
{
    const sql_window *o = x->call->over;
    const char *rank = ranking(x->text);
    bool aggregate = false;

    if (!o || o->base || o->exclude || o->order.all || x->call->within_group || x->call->ignore_nulls ||
        x->call->order.n) {
        say_sql(w, x);
        return;
    }
    if (rank && !x->args.n)
        str_adds(&w->out, rank);
    else if (!say_neighbour(w, x) && !(aggregate = say_aggregate(w, x))) {
        say_sql(w, x);
        return;
    }
    if (!aggregate || !whole(o))
        say_keys(w, o);
    say_parts(w, o);
}
