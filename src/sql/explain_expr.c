/* explain_expr.c - expressions and conditions in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/explain_impl.h"
#include "sql/print_impl.h"

void explain_list(words *w, int i, int n)
{
    if (i)
        str_adds(&w->out, i + 1 == n ? " and " : ", ");
}

static void say_sql(words *w, const sql_expr *x)
{
    printer p = {.level = -1};

    print_expr(&p, x);
    str_adds(&w->out, str_text(&p.out));
    w->out.bad |= p.out.bad;
    str_deinit(&p.out);
}

static const char *column_name(const sql_expr *x) { return x->parts.at[x->parts.n - 1]; }

static void say_call(words *w, const sql_expr *x)
{
    static const char *const phrases[][2] = {
        {"sum", "the sum of "}, {"avg", "the average of "}, {"max", "the largest "},
        {"min", "the smallest "}, {"median", "the median of "}, {"any_value", "any "},
        {"year", "the year of "}, {"month", "the month of "}, {"quarter", "the quarter of "},
        {"day", "the day of "}, {"lower", ""}, {"upper", ""}, {"abs", "the size of "}};

    if (x->call->over) {
        say_sql(w, x);
        return;
    }
    if (!strcmp(x->text, "count")) {
        str_adds(&w->out, x->call->distinct ? "the number of different " : "the number of ");
        if (x->args.n)
            say_expr(w, x->args.at[0]);
        else
            str_adds(&w->out, "rows");
    } else if (!strcmp(x->text, "date_trunc") && x->args.n == 2 &&
               x->args.at[0]->kind == SQL_X_STRING) {
        str_addf(&w->out, "the %s of ", x->args.at[0]->text);
        say_expr(w, x->args.at[1]);
    } else {
        size_t i = 0;
        const size_t n = sizeof phrases / sizeof phrases[0];

        while (i < n && strcmp(phrases[i][0], x->text))
            i++;
        if (i == n || x->args.n != 1) {
            say_sql(w, x);
            return;
        }
        str_adds(&w->out, phrases[i][1]);
        say_expr(w, x->args.at[0]);
    }
    if (x->call->filter) {
        str_adds(&w->out, " where ");
        say_condition(w, x->call->filter);
    }
}

static void say_binary(words *w, const sql_expr *x)
{
    const char *word = x->op == SQL_OP_ADD   ? " plus "
                       : x->op == SQL_OP_SUB ? " less "
                       : x->op == SQL_OP_MUL ? " times "
                       : x->op == SQL_OP_DIV ? " divided by " : NULL;

    if (!word || x->depth > 4) {
        say_sql(w, x);
        return;
    }
    say_expr(w, x->args.at[0]);
    str_adds(&w->out, word);
    say_expr(w, x->args.at[1]);
}

void say_expr(words *w, const sql_expr *x)
{
    switch (x->kind) {
    case SQL_X_COLUMN:
        str_adds(&w->out, column_name(x));
        break;
    case SQL_X_STAR:
        str_adds(&w->out, "all columns");
        break;
    case SQL_X_TYPED:
        str_adds(&w->out, x->text);
        break;
    case SQL_X_CAST:
        say_expr(w, x->args.at[0]);
        break;
    case SQL_X_EXTRACT:
        str_addf(&w->out, "the %s of ", x->text);
        say_expr(w, x->args.at[0]);
        break;
    case SQL_X_CALL:
        if (!strcmp(x->text, "coalesce") || !strcmp(x->text, "nullif") ||
            !strcmp(x->text, "round"))
            say_expr(w, x->args.n ? x->args.at[0] : x);
        else
            say_call(w, x);
        break;
    case SQL_X_BINARY:
        say_binary(w, x);
        break;
    case SQL_X_QUERY:
        str_adds(&w->out, "the value of another query");
        break;
    default:
        say_sql(w, x);
    }
}

/* ---- periods ---------------------------------------------------------- */

typedef struct day { int year, month, day; } day;

static bool date_literal(const sql_expr *x, day *d)
{
    return x->kind == SQL_X_TYPED && !strcmp(x->type_text, "DATE") &&
           sscanf(x->text, "%4d-%2d-%2d", &d->year, &d->month, &d->day) == 3 &&
           d->month >= 1 && d->month <= 12;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

bool explain_period(words *w, const sql_expr *x)
{
    static const char *const months[] = {
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December"};
    day a, b;

    if (x->kind != SQL_X_BETWEEN || x->negated || x->args.at[0]->kind != SQL_X_COLUMN ||
        !date_literal(x->args.at[1], &a) || !date_literal(x->args.at[2], &b))
        return false;
    if (a.day == 1 && b.day == days_in(b.year, b.month) && a.year == b.year) {
        if (a.month == b.month)
            str_addf(&w->out, " in %s %d", months[a.month - 1], a.year);
        else if (a.month == 1 && b.month == 12)
            str_addf(&w->out, " in %d", a.year);
        else if (a.month % 3 == 1 && b.month == a.month + 2)
            str_addf(&w->out, " in Q%d %d", b.month / 3, a.year);
        else
            str_addf(&w->out, " from %s to %s %d", months[a.month - 1], months[b.month - 1],
                     a.year);
    } else
        str_addf(&w->out, " from %s to %s", x->args.at[1]->text, x->args.at[2]->text);
    return true;
}

/* ---- conditions ------------------------------------------------------- */

static void say_comparison(words *w, const sql_expr *x)
{
    static const struct { sql_op op; const char *word; } ops[] = {
        {SQL_OP_EQ, " is "}, {SQL_OP_NE, " is not "}, {SQL_OP_LT, " is below "},
        {SQL_OP_LE, " is at most "}, {SQL_OP_GT, " is above "}, {SQL_OP_GE, " is at least "}};

    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (ops[i].op == x->op) {
            say_expr(w, x->args.at[0]);
            str_adds(&w->out, ops[i].word);
            say_expr(w, x->args.at[1]);
            return;
        }
    say_sql(w, x);
}

static void say_in(words *w, const sql_expr *x)
{
    say_expr(w, x->args.at[0]);
    str_adds(&w->out, x->negated ? " is none of " : " is one of ");
    if (x->query) {
        str_adds(&w->out, "what another query gives");
        return;
    }
    for (int i = 1; i < x->args.n && i <= 6; i++) {
        explain_list(w, i - 1, x->args.n - 1);
        say_expr(w, x->args.at[i]);
    }
    if (x->args.n > 7)
        str_addf(&w->out, " and %d more", x->args.n - 7);
}

static void say_junction(words *w, const sql_expr *x)
{
    for (int i = 0; i < 2; i++) {
        const sql_expr *side = x->args.at[i];
        const bool parens = x->op == SQL_OP_AND && side->kind == SQL_X_BINARY &&
                            side->op == SQL_OP_OR;

        str_adds(&w->out, i == 0 ? "" : x->op == SQL_OP_AND ? " and " : " or ");
        str_adds(&w->out, parens ? "(" : "");
        say_condition(w, side);
        str_adds(&w->out, parens ? ")" : "");
    }
}

void say_condition(words *w, const sql_expr *x)
{
    if (x->kind == SQL_X_BETWEEN && !x->negated) {
        say_expr(w, x->args.at[0]);
        if (explain_period(w, x))
            return;
        str_adds(&w->out, " is from ");
        say_expr(w, x->args.at[1]);
        str_adds(&w->out, " to ");
        say_expr(w, x->args.at[2]);
    } else if (x->kind == SQL_X_BINARY && (x->op == SQL_OP_AND || x->op == SQL_OP_OR))
        say_junction(w, x);
    else if (x->kind == SQL_X_BINARY)
        say_comparison(w, x);
    else if (x->kind == SQL_X_IN)
        say_in(w, x);
    else if (x->kind == SQL_X_IS && x->op == SQL_OP_IS_NULL) {
        say_expr(w, x->args.at[0]);
        str_adds(&w->out, x->negated ? " is given" : " is missing");
    } else if (x->kind == SQL_X_LIKE) {
        say_expr(w, x->args.at[0]);
        str_adds(&w->out, x->negated ? " is not like " : " is like ");
        say_expr(w, x->args.at[1]);
    } else if (x->kind == SQL_X_EXISTS)
        str_adds(&w->out, "another query finds a match");
    else if (x->kind == SQL_X_UNARY && x->op == SQL_OP_NOT) {
        str_adds(&w->out, "not (");
        say_condition(w, x->args.at[0]);
        str_addc(&w->out, ')');
    } else
        say_expr(w, x);
}
