/* parse_call.c - function calls: arguments, FILTER, OVER, ORDER BY, and the
 * calls with a syntax of their own. */
#include <string.h>

#include "base/str.h"
#include "sql/functions.h"
#include "sql/keywords.h"
#include "sql/parse_impl.h"

static bool nulls_order(parser *p, sql_order *o)
{
    if (parse_accept(p, "desc"))
        o->descending = true;
    else
        parse_accept(p, "asc");
    if (!parse_accept(p, "nulls"))
        return true;
    if (parse_accept(p, "first"))
        o->nulls = SQL_NULLS_FIRST;
    else if (parse_accept(p, "last"))
        o->nulls = SQL_NULLS_LAST;
    else
        return parse_fail(p, "FIRST or LAST");
    return true;
}

bool parse_order(parser *p, sql_orders *out)
{
    do {
        sql_order o = {0};

        if (!out->n && parse_accept(p, "all"))
            out->all = true;
        else if (!(o.expr = parse_expr(p)))
            return false;
        if (!nulls_order(p, &o) || !parse_push_order(p, out, o) ||
            !parse_few(p, out->n, SQL_MAX_ITEMS, "an ORDER BY"))
            return false;
    } while (!out->all && parse_accept_symbol(p, ","));
    return true;
}

static bool bound(parser *p, sql_bound *b, sql_expr **x)
{
    if (parse_accept(p, "unbounded")) {
        if (parse_accept(p, "preceding"))
            *b = SQL_UNBOUNDED_PRECEDING;
        else if (parse_accept(p, "following"))
            *b = SQL_UNBOUNDED_FOLLOWING;
        else
            return parse_fail(p, "PRECEDING or FOLLOWING");
        return true;
    }
    if (parse_word(p, "current") && parse_word_at(p, 1, "row")) {
        p->token += 2;
        *b = SQL_CURRENT_ROW;
        return true;
    }
    if (!(*x = parse_expr(p)))
        return false;
    *b = parse_word(p, "preceding") ? SQL_PRECEDING : SQL_FOLLOWING;
    return parse_accept(p, "preceding") || parse_accept(p, "following") ||
           parse_fail(p, "PRECEDING or FOLLOWING");
}

static bool exclusion(parser *p, sql_window *w)
{
    if (!parse_accept(p, "exclude"))
        return true;
    if (parse_accept(p, "current") && parse_expect(p, "row"))
        w->exclude = "CURRENT ROW";
    else if (parse_accept(p, "group"))
        w->exclude = "GROUP";
    else if (parse_accept(p, "ties"))
        w->exclude = "TIES";
    else
        return parse_accept(p, "no") ? parse_expect(p, "others")
                                     : parse_fail(p, "CURRENT ROW, GROUP or TIES");
    return true;
}

static bool frame(parser *p, sql_window *w)
{
    if (parse_accept(p, "rows"))
        w->frame = SQL_ROWS;
    else if (parse_accept(p, "range"))
        w->frame = SQL_RANGE;
    else if (parse_accept(p, "groups"))
        w->frame = SQL_GROUPS;
    else
        return true;
    w->has_end = parse_accept(p, "between");
    return bound(p, &w->start, &w->start_expr) &&
           (!w->has_end || (parse_expect(p, "and") && bound(p, &w->end, &w->end_expr))) &&
           exclusion(p, w);
}

bool parse_window(parser *p, sql_window *w)
{
    if (parse_bare_name(p) && !parse_word(p, "partition") && !parse_word(p, "rows") &&
        !parse_word(p, "range") && !parse_word(p, "groups") &&
        !(w->base = parse_name(p, "a window name")))
        return false;
    if (parse_accept(p, "partition") &&
        (!parse_expect(p, "by") || !parse_exprs(p, &w->partition)))
        return false;
    if (parse_accept(p, "order") && (!parse_expect(p, "by") || !parse_order(p, &w->order)))
        return false;
    return frame(p, w) && parse_expect_symbol(p, ")");
}

static bool over(parser *p, sql_call *c)
{
    if (!parse_word(p, "over"))
        return true;
    p->token++;
    c->over = arena_push(p->a, sql_window, 1);
    if (!c->over)
        return parse_nomem(p);
    if (parse_accept_symbol(p, "("))
        return parse_window(p, c->over);
    c->over->base = parse_name(p, "a window name or (");
    return c->over->base != NULL;
}

static bool null_treatment(parser *p, sql_call *c)
{
    if ((parse_word(p, "ignore") || parse_word(p, "respect")) && parse_word_at(p, 1, "nulls")) {
        c->ignore_nulls = parse_word(p, "ignore");
        p->token += 2;
    }
    return true;
}

static bool after_arguments(parser *p, sql_call *c)
{
    if (parse_word(p, "within") && parse_word_at(p, 1, "group")) {
        p->token += 2;
        c->within_group = true;
        if (c->order.n)
            return parse_refuse(p, p->token->at, "the order is given twice");
        if (!parse_expect_symbol(p, "(") || !parse_expect(p, "order") || !parse_expect(p, "by") ||
            !parse_order(p, &c->order) || !parse_expect_symbol(p, ")"))
            return false;
    }
    if (parse_word(p, "filter") && parse_symbol_at(p, 1, "(")) {
        p->token += 2;
        parse_accept(p, "where");
        if (!(c->filter = parse_expr(p)) || !parse_expect_symbol(p, ")"))
            return false;
    }
    return null_treatment(p, c) && over(p, c);
}

/* trim(BOTH x FROM y), substring(x FROM 2 FOR 3), position(x IN y) */
static bool special_arguments(parser *p, sql_expr *x)
{
    sql_expr *swap;

    if (!strcmp(x->text, "trim") &&
        (parse_word(p, "both") || parse_word(p, "leading") || parse_word(p, "trailing"))) {
        x->text = parse_word(p, "leading") ? "ltrim" : parse_word(p, "trailing") ? "rtrim" : "trim";
        p->token++;
        if (parse_accept(p, "from"))
            return parse_push(p, &x->args, parse_expr(p));
    }
    if (!parse_exprs(p, &x->args))
        return false;
    if (!strcmp(x->text, "position") && x->args.n == 1 && x->args.at[0]->kind == SQL_X_IN) {
        sql_expr *in = x->args.at[0];

        if (in->negated || in->query || in->args.n != 2)
            return parse_refuse(p, x->at, "expected position(part IN whole)");
        x->text = "strpos";
        x->args = in->args;
        swap = x->args.at[0];
        x->args.at[0] = x->args.at[1];
        x->args.at[1] = swap;
        return true;
    }
    if (strstr(x->text, "trim") && x->args.n == 1 && parse_accept(p, "from")) {
        if (!parse_push(p, &x->args, parse_expr(p)))
            return false;
        swap = x->args.at[0];
        x->args.at[0] = x->args.at[1];
        x->args.at[1] = swap;
    }
    if (!strcmp(x->text, "substring") && x->args.n == 1 && parse_accept(p, "from"))
        return parse_push(p, &x->args, parse_expr(p)) &&
               (!parse_accept(p, "for") || parse_push(p, &x->args, parse_expr(p)));
    return true;
}

static bool arguments(parser *p, sql_expr *x)
{
    sql_call *c = x->call;

    if (parse_accept_symbol(p, ")"))
        return true;
    if (parse_symbol(p, "*") && parse_symbol_at(p, 1, ")")) {
        p->token += 2;
        c->star = true;
        return true;
    }
    c->distinct = parse_accept(p, "distinct");
    if (!c->distinct)
        parse_accept(p, "all");
    if (!special_arguments(p, x))
        return false;
    if (parse_symbol(p, ":=") || parse_symbol(p, "=>"))
        return parse_refuse(p, p->token->at, "named arguments are not read");
    if (parse_accept(p, "order") && (!parse_expect(p, "by") || !parse_order(p, &c->order)))
        return false;
    return null_treatment(p, c) && parse_expect_symbol(p, ")");
}

/* date(x) and the like are casts; everything else stays a call. */
static sql_expr *as_cast(parser *p, sql_expr *x)
{
    const char *type = x->args.n == 1 && !x->call->over && !x->call->filter && !x->call->distinct
                           ? type_known(x->text, strlen(x->text)) : NULL;

    if (!type || (strcmp(type, "DATE") && strcmp(type, "TIMESTAMP")))
        return parse_done(p, x);
    return parse_cast(p, x->args.at[0], type, false, x->at);
}

/* 'MONTHS' in date_trunc is 'month'. */
static void main_part(sql_expr *x)
{
    sql_expr *part = x->args.n >= 2 ? x->args.at[0] : NULL;
    const char *text = part && part->kind == SQL_X_STRING && str_starts(x->text, "date_")
                           ? date_part_find(part->text) : NULL;

    if (text)
        part->text = text;
}

sql_expr *parse_call(parser *p)
{
    sql_expr *x = parse_node(p, SQL_X_CALL, p->token->at);
    const char *name = parse_lower(p, p->token++);

    if (!x || !name || !parse_expect_symbol(p, "("))
        return NULL;
    x->text = function_main_name(name);
    x->call = arena_push(p->a, sql_call, 1);
    if (!x->call)
        return parse_nomem(p), NULL;
    if (!arguments(p, x) || !after_arguments(p, x->call))
        return NULL;
    main_part(x);
    return as_cast(p, x);
}

sql_expr *parse_star(parser *p, sql_names qualifier, int at)
{
    sql_expr *x = parse_node(p, SQL_X_STAR, at);

    if (!x)
        return NULL;
    x->parts = qualifier;
    x->star = arena_push(p->a, sql_star, 1);
    if (!x->star)
        return parse_nomem(p), NULL;
    if (parse_accept(p, "exclude")) {
        if (parse_symbol(p, "(")) {
            if (!parse_names(p, &x->star->exclude))
                return NULL;
        } else if (!parse_push_name(p, &x->star->exclude, parse_name(p, "a column name")))
            return NULL;
    }
    if (parse_word(p, "replace") && parse_symbol_at(p, 1, "(")) {
        p->token += 2;
        do {
            if (!parse_push(p, &x->star->replace, parse_expr(p)) || !parse_expect(p, "as") ||
                !parse_push_name(p, &x->star->replaced, parse_name(p, "a column name")))
                return NULL;
        } while (parse_accept_symbol(p, ","));
        if (!parse_expect_symbol(p, ")"))
            return NULL;
    }
    return parse_done(p, x);
}
