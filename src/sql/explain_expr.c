/* explain_expr.c - expressions in words. What has no words stands as written. */
#include <string.h>

#include "sql/explain_impl.h"
#include "sql/functions.h"
#include "sql/print_impl.h"

void explain_list(words *w, int i, int n)
{
    if (i)
        str_adds(&w->out, i + 1 == n ? " and " : ", ");
}

void say_sql(words *w, const sql_expr *x)
{
    printer p = {.level = -1};

    print_expr(&p, x);
    str_adds(&w->out, str_text(&p.out));
    w->out.bad |= p.out.bad;
    str_deinit(&p.out);
}

bool explain_is_aggregate(const sql_expr *x)
{
    const sql_function *f = x->kind == SQL_X_CALL ? function_find(x->text) : NULL;

    return f && f->kind == FUNCTION_AGGREGATE && !x->call->over;
}

static bool find_aggregate(void *arg, const sql_expr *x)
{
    return !(*(bool *)arg = explain_is_aggregate(x));
}

bool explain_has_aggregate(const sql_expr *x)
{
    bool found = false;
    const sql_visitor v = {.expr = find_aggregate, .arg = &found, .shallow = true};

    sql_walk_expr(x, &v);
    return found;
}

void say_full_name(words *w, const sql_expr *x)
{
    const sql_from *f = x->source;
    const bool table = !w->twice && f && f->kind == SQL_F_TABLE && x->parts.n == 2;

    for (int i = 0; i < x->parts.n; i++)
        str_addf(&w->out, "%s%s", i ? "." : "", !i && table ? f->parts.at[f->parts.n - 1] : x->parts.at[i]);
}

static void say_operand(words *w, const sql_expr *x, int lowest);

enum { ALONE = 9 }; /* operators get parentheses */

/* ---- calls ------------------------------------------------------------ */

static bool is_time(sql_type t) { return t == SQL_T_DATE || t == SQL_T_TIMESTAMP || t == SQL_T_TIME; }

static const char *extreme(const sql_expr *x)
{
    const bool max = !strcmp(x->text, "max");
    const sql_type t = x->args.at[0]->type;

    if (is_time(t))
        return max ? "the latest " : "the earliest ";
    if (t == SQL_T_TEXT)
        return max ? "the alphabetically last " : "the alphabetically first ";
    return max ? "the largest " : "the smallest ";
}

/* One argument: what stands before and after it. */
static bool say_of_one(words *w, const sql_expr *x)
{
    static const char *const phrases[][3] = {
        {"sum", "the sum of ", ""}, {"avg", "the average of ", ""}, {"median", "the median of ", ""},
        {"stddev_samp", "the standard deviation of ", ""}, {"var_samp", "the variance of ", ""},
        {"any_value", "one value of ", ""}, {"array_agg", "the list of ", ""}, {"mode", "the most frequent ", ""},
        {"year", "the year of ", ""}, {"month", "the month of ", ""}, {"quarter", "the quarter of ", ""},
        {"week", "the week of ", ""}, {"day", "the day of ", ""}, {"hour", "the hour of ", ""},
        {"dayname", "the weekday of ", ""}, {"monthname", "the name of the month of ", ""},
        {"lower", "", " in lower case"}, {"upper", "", " in upper case"}, {"trim", "", " without outer spaces"},
        {"abs", "the absolute value of ", ""}, {"length", "the length of ", ""}, {"round", "", " rounded"},
        {"floor", "", " rounded down"}, {"ceil", "", " rounded up"}};
    const bool is_extreme = !strcmp(x->text, "max") || !strcmp(x->text, "min");
    const char *before = is_extreme ? extreme(x) : NULL, *after = "";

    for (size_t i = 0; !before && i < sizeof phrases / sizeof phrases[0]; i++)
        if (!strcmp(phrases[i][0], x->text)) {
            before = phrases[i][1];
            after = phrases[i][2];
        }
    if (!before || x->call->order.n || x->call->ignore_nulls)
        return false;
    str_adds(&w->out, before);
    if (x->call->distinct && !is_extreme)
        str_adds(&w->out, "the different values of ");
    say_operand(w, x->args.at[0], ALONE);
    str_adds(&w->out, after);
    return true;
}

static void say_count(words *w, const sql_expr *x)
{
    if (!x->args.n) {
        str_adds(&w->out, "the number of rows");
        return;
    }
    str_adds(&w->out, x->call->distinct ? "the number of different " : "the number of values of ");
    say_expr(w, x->args.at[0]);
}

static bool say_of_two(words *w, const sql_expr *x)
{
    const sql_expr *a = x->args.at[0], *b = x->args.at[1];

    if (x->call->distinct || x->call->order.n)
        return false;
    if (!strcmp(x->text, "date_trunc") && a->kind == SQL_X_STRING) {
        str_addf(&w->out, "the %s of ", a->text);
        say_expr(w, b);
    } else if (!strcmp(x->text, "coalesce") || !strcmp(x->text, "ifnull")) {
        say_operand(w, a, ALONE);
        str_adds(&w->out, " (where missing: ");
        say_expr(w, b);
        str_addc(&w->out, ')');
    } else if (!strcmp(x->text, "nullif")) {
        say_operand(w, a, ALONE);
        str_adds(&w->out, " (missing where it is ");
        say_expr(w, b);
        str_addc(&w->out, ')');
    } else if (!strcmp(x->text, "round") && b->kind == SQL_X_NUMBER) {
        say_operand(w, a, ALONE);
        str_addf(&w->out, " rounded to %s %s", b->text, strcmp(b->text, "1") ? "places" : "place");
    } else if (!strcmp(x->text, "arg_max") || !strcmp(x->text, "arg_min")) {
        str_adds(&w->out, "the ");
        say_expr(w, a);
        str_adds(&w->out, strcmp(x->text, "arg_max") ? " with the smallest " : " with the largest ");
        say_expr(w, b);
    } else
        return false;
    return true;
}

static void say_call(words *w, const sql_expr *x)
{
    if (x->call->over || x->call->within_group) {
        say_window(w, x);
        return;
    }
    if (!strcmp(x->text, "count") && x->args.n <= 1)
        say_count(w, x);
    else if (!strcmp(x->text, "count_if") && x->args.n == 1) {
        str_adds(&w->out, "the number of rows where ");
        say_condition(w, x->args.at[0]);
    } else if (!(x->args.n == 1 && say_of_one(w, x)) && !(x->args.n == 2 && say_of_two(w, x))) {
        say_sql(w, x);
        return; /* its FILTER is written there */
    }
    if (x->call->filter) {
        str_adds(&w->out, " (only rows where ");
        say_condition(w, x->call->filter);
        str_addc(&w->out, ')');
    }
}

/* ---- operators -------------------------------------------------------- */

static int strength(const sql_expr *x)
{
    if (x->kind != SQL_X_BINARY)
        return ALONE;
    switch (x->op) {
    case SQL_OP_ADD: case SQL_OP_SUB: return 1;
    case SQL_OP_MUL: case SQL_OP_DIV: return 2;
    case SQL_OP_CONCAT: return 3;
    default: return 0;
    }
}

static void say_operand(words *w, const sql_expr *x, int lowest)
{
    const bool parens = strength(x) < lowest || x->kind == SQL_X_CASE;

    str_adds(&w->out, parens ? "(" : "");
    say_expr(w, x);
    str_adds(&w->out, parens ? ")" : "");
}

static void say_binary(words *w, const sql_expr *x)
{
    const int s = strength(x);
    const char *word = x->op == SQL_OP_ADD   ? " plus "
                       : x->op == SQL_OP_SUB ? " less "
                       : x->op == SQL_OP_MUL ? " times "
                       : x->op == SQL_OP_DIV ? " divided by "
                                             : " followed by ";

    if (!s) {
        say_condition(w, x);
        return;
    }
    say_operand(w, x->args.at[0], s);
    str_adds(&w->out, word);
    say_operand(w, x->args.at[1], s + (x->op != SQL_OP_ADD && x->op != SQL_OP_CONCAT));
}

static void say_case(words *w, const sql_expr *x)
{
    const int first = x->has_operand;

    if (x->depth > 12) {
        say_sql(w, x);
        return;
    }
    for (int i = first; i + 1 < x->args.n; i += 2) {
        str_adds(&w->out, i > first ? ", " : "");
        say_expr(w, x->args.at[i + 1]);
        str_adds(&w->out, " where ");
        if (first) {
            say_expr(w, x->args.at[0]);
            str_adds(&w->out, " is ");
            say_expr(w, x->args.at[i]);
        } else
            say_condition(w, x->args.at[i]);
    }
    str_adds(&w->out, ", otherwise ");
    if ((x->args.n - first) % 2)
        say_expr(w, x->args.at[x->args.n - 1]);
    else
        str_adds(&w->out, "nothing");
}

static void say_cast(words *w, const sql_expr *x)
{
    const sql_expr *of = x->args.at[0];
    const bool number = of->type == SQL_T_INTEGER || of->type == SQL_T_DECIMAL || of->type == SQL_T_DOUBLE;

    if (x->type == SQL_T_DATE && is_time(of->type))
        str_adds(&w->out, of->type == SQL_T_DATE ? "" : "the day of ");
    say_operand(w, of, 1);
    if ((x->type == SQL_T_DATE && is_time(of->type)) || (number && x->type == SQL_T_DOUBLE))
        return;
    str_addf(&w->out, " as %s", x->type == SQL_T_TEXT ? "text" : x->type_text);
}

static void say_interval(words *w, const sql_expr *x)
{
    const sql_expr *n = x->args.at[0];

    if (!x->text || n->kind != SQL_X_NUMBER) {
        say_sql(w, x);
        return;
    }
    str_addf(&w->out, "%s ", n->text);
    for (const char *p = x->text; *p; p++)
        str_addc(&w->out, *p >= 'A' && *p <= 'Z' ? (char)(*p | 32) : *p);
    str_adds(&w->out, strcmp(n->text, "1") ? "s" : "");
}

static void say_star(words *w, const sql_expr *x)
{
    if (x->star && x->star->replaced.n) {
        say_sql(w, x);
        return;
    }
    str_adds(&w->out, "all columns");
    if (x->parts.n)
        str_addf(&w->out, " of %s", x->parts.at[x->parts.n - 1]);
    for (int i = 0; x->star && i < x->star->exclude.n; i++) {
        str_adds(&w->out, i ? "" : " but ");
        explain_list(w, i, x->star->exclude.n);
        str_adds(&w->out, x->star->exclude.at[i]);
    }
}

void say_expr(words *w, const sql_expr *x)
{
    switch (x->kind) {
    case SQL_X_COLUMN:
        if (w->twice)
            say_full_name(w, x);
        else
            str_adds(&w->out, x->parts.at[x->parts.n - 1]);
        break;
    case SQL_X_STAR: say_star(w, x); break;
    case SQL_X_TYPED:
        if (is_time(x->type))
            str_adds(&w->out, x->text);
        else
            say_sql(w, x);
        break;
    case SQL_X_INTERVAL: say_interval(w, x); break;
    case SQL_X_CAST: say_cast(w, x); break;
    case SQL_X_EXTRACT:
        str_addf(&w->out, "the %s of ", x->text);
        say_expr(w, x->args.at[0]);
        break;
    case SQL_X_CALL: say_call(w, x); break;
    case SQL_X_BINARY: say_binary(w, x); break;
    case SQL_X_CASE: say_case(w, x); break;
    case SQL_X_QUERY:
        str_adds(&w->out, "the value of ");
        say_inner(w, x->query);
        break;
    case SQL_X_LIKE: case SQL_X_BETWEEN: case SQL_X_IN: case SQL_X_IS: case SQL_X_EXISTS:
        say_condition(w, x);
        break;
    default: say_sql(w, x);
    }
}
