/* bind_argument.c - what single functions ask beyond the classes of their
 * arguments: constants in a range, lists of one kind, a form of OVER. As DuckDB
 * 2.0.0 was seen to refuse (tests/system/test_random_sql.c). */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/functions.h"

static bool one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(name, *names))
            return true;
    return false;
}

/* ---- constants -------------------------------------------------------- */

static bool number_in(const sql_expr *x, double low, double high)
{
    const bool minus = x->kind == SQL_X_UNARY && x->op == SQL_OP_MINUS;
    const sql_expr *n = minus ? x->args.at[0] : x;
    const double v = n->kind == SQL_X_NUMBER ? strtod(n->text, NULL) * (minus ? -1 : 1) : low - 1;

    return v >= low && v <= high;
}

/* 0.5, or [0.25, 0.75] */
static bool quantile(binder *b, const sql_expr *x, const sql_expr *q, double low)
{
    bool ok = q->kind == SQL_X_LIST ? q->args.n > 0 : number_in(q, low, 1);

    for (int i = 0; q->kind == SQL_X_LIST && i < q->args.n; i++)
        ok = ok && number_in(q->args.at[i], low, 1);
    return ok || bind_fail(b, ERR_REFUSED, q->at, "%s needs a number from %g to 1, written out, or a list "
                           "of them", x->text, low);
}

static bool options(binder *b, const sql_expr *x, int i, const char *known)
{
    const sql_expr *o = i < x->args.n ? x->args.at[i] : NULL;

    if (!o || (o->kind == SQL_X_STRING && !o->text[strspn(o->text, known)]))
        return true;
    return bind_fail(b, ERR_REFUSED, o->at, "the options of %s are letters of \"%s\", written out", x->text,
                     known);
}

static bool constant_text(binder *b, const sql_expr *x, int i, const char *what)
{
    const sql_expr *o = i < x->args.n ? x->args.at[i] : NULL;

    if (!o || o->kind == SQL_X_STRING || o->kind == SQL_X_NULL ||
        (o->type == SQL_T_TEXT && o->kind != SQL_X_COLUMN && expr_is_constant(o)))
        return true;
    return bind_fail(b, ERR_REFUSED, o->at, "%s of %s must be a text, written out", what, x->text);
}

static bool regex(binder *b, const sql_expr *x)
{
    static const struct { const char *name; int at; const char *known; } where[] = {
        {"regexp_matches", 2, "cilmnps"}, {"regexp_full_match", 2, "cilmnps"},
        {"regexp_replace", 3, "cilmnpsg"}, {"regexp_split_to_array", 2, "cilmnps"},
        {"regexp_extract", 3, "cilmnps"}, {"regexp_extract_all", 3, "cilmnps"}};
    const sql_expr *group = !strcmp(x->text, "regexp_extract") && x->args.n > 2 ? x->args.at[2] : NULL;

    if (group && group->kind != SQL_X_NUMBER && group->kind != SQL_X_LIST)
        return bind_fail(b, ERR_REFUSED, group->at, "the group of %s must be a number, written out", x->text);
    for (size_t i = 0; i < sizeof where / sizeof where[0]; i++)
        if (!strcmp(x->text, where[i].name))
            return options(b, x, where[i].at, where[i].known);
    return true;
}

static bool sort_words(binder *b, const sql_expr *x)
{
    static const char *const words[] = {"ASC", "DESC", "NULLS FIRST", "NULLS LAST"};

    for (int i = 1; i < x->args.n; i++) {
        const sql_expr *o = x->args.at[i];
        bool known = false;

        for (int k = i == 1 ? 0 : 2; k < (i == 1 ? 2 : 4); k++)
            known |= o->kind == SQL_X_STRING && str_equal_nocase(o->text, words[k]);
        if (!known)
            return bind_fail(b, ERR_REFUSED, o->at, "list_sort takes 'ASC' or 'DESC', and 'NULLS FIRST' or "
                             "'NULLS LAST'");
    }
    return true;
}

/* ---- lists ------------------------------------------------------------ */

static bool same_kind(sql_type a, sql_type b)
{
    return a == SQL_T_UNKNOWN || b == SQL_T_UNKNOWN || types_compare(a, b);
}

static bool lists(binder *b, const sql_expr *x)
{
    static const char *const with_element[] = {"list_contains", "list_position", NULL};
    static const char *const with_list[] = {"list_has_all", "list_has_any", "list_concat", NULL};
    const sql_expr *l = x->args.n > 1 ? x->args.at[0] : NULL, *r = l ? x->args.at[1] : NULL;
    bool ok = true;

    if (!l)
        return true;
    if (one_of(x->text, with_element) || (!strcmp(x->text, "contains") && l->type == SQL_T_LIST))
        ok = r->kind == SQL_X_STRING || same_kind(l->element, r->type);
    if (one_of(x->text, with_list))
        ok = same_kind(l->element, r->element);
    if (ok && !strcmp(x->text, "list_slice") && l->type != SQL_T_LIST && x->args.n > 3)
        return bind_fail(b, ERR_REFUSED, x->at, "list_slice with a step needs a list");
    return ok || bind_fail(b, ERR_REFUSED, x->at, "%s needs values of one kind; use CAST", x->text);
}

bool bind_elements(binder *b, const sql_expr *x)
{
    for (int i = 0; i < x->args.n; i++)
        for (int k = 0; k < i && k < 100; k++)
            if (x->args.at[i]->kind != SQL_X_STRING && x->args.at[k]->kind != SQL_X_STRING &&
                !same_kind(x->args.at[i]->type, x->args.at[k]->type))
                return bind_fail(b, ERR_REFUSED, x->args.at[i]->at, "a list needs values of one kind; use CAST");
    return true;
}

bool bind_list_operands(binder *b, const sql_expr *x)
{
    const sql_expr *l = x->args.at[0], *r = x->args.at[1];
    const bool list = (l->type == SQL_T_LIST || l->type == SQL_T_UNKNOWN || l->type == SQL_T_NULL) &&
                      (r->type == SQL_T_LIST || r->type == SQL_T_UNKNOWN || r->type == SQL_T_NULL);

    return (list && same_kind(l->element, r->element)) ||
           bind_fail(b, ERR_REFUSED, x->at, "this operator needs two lists of one kind");
}

bool bind_concat(binder *b, const sql_expr *x)
{
    const sql_expr *l = x->args.at[0], *r = x->args.at[1];
    const bool l_list = l->type == SQL_T_LIST, r_list = r->type == SQL_T_LIST;
    const bool open = l->type == SQL_T_UNKNOWN || r->type == SQL_T_UNKNOWN || l->type == SQL_T_NULL ||
                      r->type == SQL_T_NULL;

    return open || (l_list == r_list && (!l_list || same_kind(l->element, r->element))) ||
           bind_fail(b, ERR_REFUSED, x->at, "|| joins texts, or lists of one kind; use CAST");
}

/* ---- what is computed at once ----------------------------------------- */

static bool looks_like(const char *text, sql_type to)
{
    static const char *const words[] = {"true", "false", "t", "f", "yes", "no", "y", "n", "1", "0", NULL};
    char *end;

    switch (to) {
    case SQL_T_BOOLEAN:
        for (int i = 0; words[i]; i++)
            if (str_equal_nocase(words[i], text))
                return true;
        return false;
    case SQL_T_INTEGER: case SQL_T_DECIMAL: case SQL_T_DOUBLE:
        strtod(text, &end);
        return end > text && !end[strspn(end, " ")];
    case SQL_T_DATE: case SQL_T_TIMESTAMP:
        return strlen(text) >= 8 && strchr("0123456789", *text) && strchr(text, '-');
    case SQL_T_LIST: return *text == '[';
    default: return true;
    }
}

static bool moment(sql_type t)
{
    return t == SQL_T_DATE || t == SQL_T_TIMESTAMP || t == SQL_T_TIME || t == SQL_T_INTERVAL;
}

static bool plain(sql_type t)
{
    return t == SQL_T_BOOLEAN || t == SQL_T_INTEGER || t == SQL_T_DECIMAL || t == SQL_T_DOUBLE;
}

/* Is there such a cast at all? */
static bool casts(sql_type from, sql_type to)
{
    if ((moment(from) && plain(to)) || (plain(from) && moment(to)))
        return false;
    if (from == SQL_T_LIST && (plain(to) || moment(to)))
        return false;
    if (to == SQL_T_LIST && (plain(from) || moment(from)))
        return false;
    return !(from == SQL_T_TIME && (to == SQL_T_TIMESTAMP || to == SQL_T_DATE));
}

bool bind_cast(binder *b, const sql_expr *x)
{
    const sql_expr *of = x->args.at[0];

    if (of->kind == SQL_X_STRING && !x->negated && !looks_like(of->text, x->type))
        return bind_fail(b, ERR_REFUSED, of->at, "'%s' is no %s", of->text, sql_type_name(x->type));
    return x->negated || !expr_is_constant(of) || casts(of->type, x->type) ||
           bind_fail(b, ERR_REFUSED, x->at, "%s can't be cast to %s", sql_type_name(of->type),
                     sql_type_name(x->type));
}

bool bind_condition(binder *b, const sql_expr *x)
{
    const bool folded = x->type == SQL_T_TEXT && x->kind != SQL_X_STRING && expr_is_constant(x);

    if (x->kind == SQL_X_STRING ? looks_like(x->text, SQL_T_BOOLEAN)
                                : !folded && !moment(x->type) && x->type != SQL_T_LIST && x->type != SQL_T_STRUCT)
        return true;
    return bind_fail(b, ERR_REFUSED, x->at, "%s can't be a condition", sql_type_name(x->type));
}

bool bind_conditions(binder *b, const sql_expr *x)
{
    const int n = x->args.n - x->has_operand;
    const sql_expr *operand = x->has_operand ? x->args.at[0] : NULL;

    for (int i = 1; operand && i + 1 < x->args.n; i += 2)
        if (x->args.at[i]->kind == SQL_X_STRING && !looks_like(x->args.at[i]->text, operand->type))
            return bind_fail(b, ERR_REFUSED, x->args.at[i]->at, "'%s' is no %s", x->args.at[i]->text,
                             sql_type_name(operand->type));
        else if (plain(operand->type) && x->args.at[i]->type == SQL_T_TEXT && x->args.at[i]->kind != SQL_X_STRING &&
            expr_is_constant(x->args.at[i]))
            return bind_fail(b, ERR_REFUSED, x->args.at[i]->at, "text is compared with %s here; use CAST",
                             sql_type_name(operand->type));
    for (int i = x->has_operand; !x->has_operand && i + 1 <= n - n % 2; i += 2)
        if (!bind_condition(b, x->args.at[i]))
            return false;
    return true;
}

bool bind_time_part(binder *b, const sql_expr *x, const char *part, const sql_expr *of)
{
    static const char *const of_time[] = {"hour", "minute", "second", "millisecond", "microsecond", "epoch",
                                          "milliseconds", "microseconds", NULL};

    return of->type != SQL_T_TIME || one_of(part, of_time) ||
           bind_fail(b, ERR_REFUSED, x->at, "a time has no %s", part);
}

static bool text_constants(binder *b, const sql_expr *x)
{
    const sql_expr *l = x->args.n ? x->args.at[0] : NULL, *r = x->args.n > 1 ? x->args.at[1] : NULL;

    if (!strcmp(x->text, "hamming") && r && l->kind == SQL_X_STRING && r->kind == SQL_X_STRING &&
        strlen(l->text) != strlen(r->text))
        return bind_fail(b, ERR_REFUSED, x->at, "hamming needs texts of one length");
    if (str_starts(x->text, "json_") && strcmp(x->text, "json_valid") && l && l->kind == SQL_X_STRING &&
        (!*l->text || !strchr("{[\"0123456789-tfn", *l->text)))
        return bind_fail(b, ERR_REFUSED, l->at, "'%s' is no JSON", l->text);
    if (str_starts(x->text, "json_") && strcmp(x->text, "json_valid") && l && l->kind != SQL_X_STRING &&
        l->type != SQL_T_NULL && expr_is_constant(l))
        return bind_fail(b, ERR_REFUSED, l->at, "%s reads a column, or a text written out", x->text);
    if ((!strcmp(x->text, "list_sum") || !strcmp(x->text, "list_avg") || !strcmp(x->text, "list_median")) && l &&
        (l->element == SQL_T_TEXT || moment(l->element) || l->element == SQL_T_LIST))
        return bind_fail(b, ERR_REFUSED, x->at, "%s needs a list of numbers", x->text);
    return true;
}

/* ---- forms ------------------------------------------------------------ */

static bool is_constant_key(const sql_expr *x)
{
    return x->kind == SQL_X_STRING || x->kind == SQL_X_BOOL || x->kind == SQL_X_NULL ||
           (x->kind == SQL_X_NUMBER && x->type != SQL_T_INTEGER);
}

static bool is_argument(const sql_expr *x, const sql_expr *key)
{
    for (int i = 0; i < x->args.n; i++)
        if (sql_expr_equal(x->args.at[i], key))
            return true;
    return false;
}

static bool aggregate_order(binder *b, const sql_expr *x)
{
    for (int i = 0; i < x->call->order.n; i++) {
        const sql_expr *key = x->call->order.at[i].expr;

        if (!x->call->within_group && is_constant_key(key))
            return bind_fail(b, ERR_REFUSED, key->at, "ORDER BY a constant orders nothing");
        if (x->call->distinct && !is_argument(x, key))
            return bind_fail(b, ERR_REFUSED, key->at, "with DISTINCT the ORDER BY of %s can only name its "
                             "argument", x->text);
    }
    return !(x->call->distinct && x->call->within_group) ||
           bind_fail(b, ERR_REFUSED, x->at, "DISTINCT and WITHIN GROUP don't go together");
}

/* Written by DuckDB as other functions: they take nothing beside their arguments. */
static bool macros(binder *b, const sql_expr *x)
{
    static const char *const names[] = {"geometric_mean", "weighted_avg", NULL};
    const sql_call *c = x->call;

    return !one_of(x->text, names) || !(c->distinct || c->filter || c->order.n || c->over) ||
           bind_fail(b, ERR_REFUSED, x->at, "%s can't have DISTINCT, FILTER, ORDER BY or OVER", x->text);
}

static bool subtracts(sql_type t)
{
    return t == SQL_T_UNKNOWN || t == SQL_T_INTEGER || t == SQL_T_DECIMAL || t == SQL_T_DOUBLE ||
           t == SQL_T_DATE || t == SQL_T_TIMESTAMP || t == SQL_T_TIME;
}

static bool fill(binder *b, const sql_expr *x)
{
    const sql_window *w = x->call->over;

    if (strcmp(x->text, "fill") || !w || w->base)
        return true;
    return (w->order.n == 1 && subtracts(w->order.at[0].expr->type)) ||
           bind_fail(b, ERR_REFUSED, x->at, "fill needs OVER with one ORDER BY, of numbers or dates");
}

/* x % 0 of two numbers written out */
static bool zero_divisor(binder *b, const sql_expr *x)
{
    const sql_expr *d = x->args.n == 2 ? x->args.at[1] : NULL;

    while (d && d->kind == SQL_X_UNARY && d->op == SQL_OP_MINUS)
        d = d->args.at[0];
    return strcmp(x->text, "mod") || !(d->kind == SQL_X_NUMBER && strtod(d->text, NULL) == 0) ||
           !expr_is_constant(x->args.at[0]) ||
           bind_fail(b, ERR_REFUSED, d->at, "division by zero");
}

/* concat of lists alone, or of none */
static bool concat_lists(binder *b, const sql_expr *x)
{
    int n_lists = 0, n_others = 0;

    for (int i = 0; i < x->args.n; i++)
        if (x->args.at[i]->type == SQL_T_LIST)
            n_lists++;
        else
            n_others += x->args.at[i]->type != SQL_T_UNKNOWN && x->args.at[i]->type != SQL_T_NULL;
    return !n_lists || !n_others ||
           bind_fail(b, ERR_REFUSED, x->at, "concat joins texts, or lists alone; use CAST");
}

/* Computed while DuckDB prepares, or of an exact type. */
static bool numbers_and_dates(binder *b, const sql_expr *x)
{
    const sql_expr *first = x->args.n ? x->args.at[0] : NULL;

    if (!strcmp(x->text, "factorial") && first->kind == SQL_X_NUMBER && !number_in(first, 0, 33))
        return bind_fail(b, ERR_REFUSED, first->at, "factorial goes up to 33");
    if (!strcmp(x->text, "strptime") && expr_is_constant(first))
        return bind_fail(b, ERR_REFUSED, first->at, "strptime reads a column; write a date as DATE '2024-01-31'");
    if (!strcmp(x->text, "make_date") && (x->args.n == 2 || (x->args.n == 1 && first->type == SQL_T_INTEGER &&
                                                             first->width > SQL_W_INT)))
        return bind_fail(b, ERR_REFUSED, x->at, "make_date takes a year, a month and a day, or days as INTEGER");
    return true;
}

bool bind_arguments(binder *b, const sql_expr *x)
{
    static const char *const quantiles[] = {"quantile_cont", "quantile_disc", NULL};
    const int n = x->args.n;

    if (one_of(x->text, quantiles) && n == 2 && !quantile(b, x, x->args.at[1], -1))
        return false;
    if (!strcmp(x->text, "approx_quantile") && n == 2 && !quantile(b, x, x->args.at[1], 0))
        return false;
    if (str_starts(x->text, "to_") && n && x->args.at[0]->kind == SQL_X_STRING)
        return bind_fail(b, ERR_REFUSED, x->args.at[0]->at, "%s needs a number and not a text", x->text);
    if (!strcmp(x->text, "concat") && !concat_lists(b, x))
        return false;
    if (!strcmp(x->text, "approx_top_k") && n == 2 && !number_in(x->args.at[1], 1, 1000000))
        return bind_fail(b, ERR_REFUSED, x->args.at[1]->at, "approx_top_k needs a number from 1, written out");
    if (str_starts(x->text, "percentile_") && n == 1 && !quantile(b, x, x->args.at[0], 0))
        return false;
    if (!strcmp(x->text, "percentile_cont") && x->call->order.n &&
        !subtracts(x->call->order.at[0].expr->type))
        return bind_fail(b, ERR_REFUSED, x->at, "percentile_cont needs numbers or dates in its ORDER BY");
    if (!strcmp(x->text, "string_agg") && !constant_text(b, x, 1, "the separator"))
        return false;
    if (!strcmp(x->text, "array_to_string") && !constant_text(b, x, 1, "the separator"))
        return false;
    if ((!strcmp(x->text, "strptime") || !strcmp(x->text, "try_strptime")) &&
        !constant_text(b, x, 1, "the format"))
        return false;
    if (!strcmp(x->text, "list_sort") && !sort_words(b, x))
        return false;
    if (!strcmp(x->text, "flatten") && n && !same_kind(x->args.at[0]->element, SQL_T_LIST))
        return bind_fail(b, ERR_REFUSED, x->at, "flatten needs a list of lists");
    if (!strcmp(x->text, "list_value") && !bind_elements(b, x))
        return false;
    return numbers_and_dates(b, x) && text_constants(b, x) && lists(b, x) && regex(b, x) && macros(b, x) && fill(b, x) && zero_divisor(b, x) &&
           aggregate_order(b, x);
}
