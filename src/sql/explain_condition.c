/* explain_condition.c - conditions in words, and ranges of dates by their name:
 * 2024-01-01 to 2024-12-31 is "in 2024". */
#include <stdio.h>
#include <string.h>

#include "sql/explain_impl.h"

/* ---- periods ---------------------------------------------------------- */

typedef struct day { int year, month, day; } day;

typedef struct period {
    const sql_expr *of; /* the column */
    day from, to;       /* the last day counts */
} period;

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool date_literal(const sql_expr *x, day *d)
{
    char rest;

    return x->kind == SQL_X_TYPED && !strcmp(x->type_text, "DATE") &&
           sscanf(x->text, "%4d-%2d-%2d%c", &d->year, &d->month, &d->day, &rest) == 3 && d->month >= 1 &&
           d->month <= 12 && d->day >= 1 && d->day <= days_in(d->year, d->month);
}

static day before(day d)
{
    if (--d.day == 0) {
        if (--d.month == 0) {
            d.month = 12;
            d.year--;
        }
        d.day = days_in(d.year, d.month);
    }
    return d;
}

/* year(d) = 2024, EXTRACT(year FROM d) = 2024 */
static bool is_year(const sql_expr *x, period *p)
{
    const sql_expr *l = x->args.n == 2 ? x->args.at[0] : NULL, *r = l ? x->args.at[1] : NULL;
    const bool call = l && l->kind == SQL_X_CALL && !strcmp(l->text, "year") && l->args.n == 1;
    int year;
    char rest;

    if (x->kind != SQL_X_BINARY || x->op != SQL_OP_EQ || r->kind != SQL_X_NUMBER ||
        !(call || (l->kind == SQL_X_EXTRACT && !strcmp(l->text, "year"))) ||
        l->args.at[0]->kind != SQL_X_COLUMN || sscanf(r->text, "%4d%c", &year, &rest) != 1)
        return false;
    *p = (period){l->args.at[0], {year, 1, 1}, {year, 12, 31}};
    return true;
}

/* A BETWEEN of dates; with `next`, d >= a AND d < b (or <= b). Of a timestamp the last
 * day of BETWEEN ends at midnight: only < names whole days. */
static bool is_period(const sql_expr *x, const sql_expr *next, period *p)
{
    const sql_expr *of = x->args.n ? x->args.at[0] : NULL;

    if (is_year(x, p))
        return true;
    if (!of || of->kind != SQL_X_COLUMN)
        return false;
    p->of = of;
    if (x->kind == SQL_X_BETWEEN && !x->negated)
        return of->type == SQL_T_DATE && date_literal(x->args.at[1], &p->from) && date_literal(x->args.at[2], &p->to);
    if (!next || x->kind != SQL_X_BINARY || x->op != SQL_OP_GE || next->kind != SQL_X_BINARY ||
        !(next->op == SQL_OP_LT || (next->op == SQL_OP_LE && of->type == SQL_T_DATE)) ||
        !sql_expr_equal(of, next->args.at[0]) || !date_literal(x->args.at[1], &p->from) ||
        !date_literal(next->args.at[1], &p->to))
        return false;
    if (next->op == SQL_OP_LT)
        p->to = before(p->to);
    return true;
}

static void say_period(words *w, const period *p)
{
    static const char *const months[] = {
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December"};
    const day a = p->from, b = p->to;
    const bool months_whole = a.day == 1 && b.day == days_in(b.year, b.month) && a.year == b.year && a.month <= b.month;

    if (months_whole && a.month == b.month)
        str_addf(&w->out, "in %s %d", months[a.month - 1], a.year);
    else if (months_whole && a.month == 1 && b.month == 12)
        str_addf(&w->out, "in %d", a.year);
    else if (months_whole && a.month % 3 == 1 && b.month == a.month + 2)
        str_addf(&w->out, "in Q%d %d", b.month / 3, a.year);
    else if (months_whole)
        str_addf(&w->out, "from %s to %s %d", months[a.month - 1], months[b.month - 1], a.year);
    else if (a.day == 1 && a.month == 1 && b.day == 31 && b.month == 12 && a.year < b.year)
        str_addf(&w->out, "from %d to %d", a.year, b.year);
    else if (a.year == b.year && a.month == b.month && a.day == b.day)
        str_addf(&w->out, "on %04d-%02d-%02d", a.year, a.month, a.day);
    else
        str_addf(&w->out, "from %04d-%02d-%02d to %04d-%02d-%02d", a.year, a.month, a.day, b.year, b.month, b.day);
}

/* ---- single tests ----------------------------------------------------- */

static const char *comparison(sql_op op, bool time)
{
    switch (op) {
    case SQL_OP_EQ: return " is ";
    case SQL_OP_NE: return " is not ";
    case SQL_OP_LT: return time ? " is before " : " is below ";
    case SQL_OP_LE: return time ? " is not after " : " is at most ";
    case SQL_OP_GT: return time ? " is after " : " is above ";
    case SQL_OP_GE: return time ? " is not before " : " is at least ";
    default: return NULL;
    }
}

static void say_comparison(words *w, const sql_expr *x)
{
    const sql_expr *l = x->args.at[0], *r = x->args.at[1];
    const char *word = comparison(x->op, l->type == SQL_T_DATE || l->type == SQL_T_TIMESTAMP || l->type == SQL_T_TIME);

    if (!word)
        say_sql(w, x);
    else if (l->kind == SQL_X_COLUMN && r->kind == SQL_X_COLUMN) { /* of two tables, or one met twice */
        say_full_name(w, l);
        str_adds(&w->out, word);
        say_full_name(w, r);
    } else {
        say_expr(w, l);
        str_adds(&w->out, word);
        say_expr(w, r);
    }
}

static void say_in(words *w, const sql_expr *x)
{
    if (x->has_operand) {
        say_sql(w, x);
        return;
    }
    say_expr(w, x->args.at[0]);
    if (x->query) {
        str_adds(&w->out, x->negated ? " is not among the results of " : " is among the results of ");
        say_inner(w, x->query);
        return;
    }
    if (x->args.n == 2)
        str_adds(&w->out, x->negated ? " is not " : " is ");
    else
        str_adds(&w->out, x->negated ? " is none of " : " is one of ");
    for (int i = 1; i < x->args.n && i <= 6; i++) {
        explain_list(w, i - 1, x->args.n > 7 ? x->args.n : x->args.n - 1);
        say_expr(w, x->args.at[i]);
    }
    if (x->args.n > 7)
        str_addf(&w->out, " and %d more", x->args.n - 7);
}

/* 'x%' begins, '%x' ends, '%x%' contains: if there is no other wildcard. */
static void say_like(words *w, const sql_expr *x)
{
    static const char *const verbs[][2] = {
        {" is ", " is not "}, {" begins with ", " doesn't begin with "}, {" ends with ", " doesn't end with "},
        {" contains ", " doesn't contain "}};
    const sql_expr *p = x->args.at[1];
    const char *text = p->kind == SQL_X_STRING ? p->text : "";
    size_t n = strlen(text);
    const bool head = n && text[0] == '%', tail = n > 1 && text[n - 1] == '%';

    text += head;
    n -= (size_t)head + tail;
    if (x->args.n != 2 || (x->op != SQL_OP_LIKE && x->op != SQL_OP_ILIKE) || !n || strcspn(text, "%_\\'") < n) {
        say_sql(w, x);
        return;
    }
    say_expr(w, x->args.at[0]);
    str_adds(&w->out, verbs[2 * head + tail][x->negated]);
    str_addf(&w->out, "'%.*s'%s", (int)n, text, x->op == SQL_OP_ILIKE ? " in any case" : "");
}

static void say_exists(words *w, const sql_expr *x, bool negated)
{
    const sql_query *q = x->query;
    const sql_select *s = q->select;
    const bool plain = q->kind == SQL_Q_SELECT && !q->n_ctes && !q->limit && !q->offset && s->n_from == 1 &&
                       !s->group.n && !s->group_all && !s->having && !s->qualify &&
                       !explain_has_aggregate(s->items[0].expr) && w->depth < EXPLAIN_MAX_DEPTH;

    negated ^= x->negated;
    if (!plain) {
        str_adds(&w->out, negated ? "nothing comes out of " : "something comes out of ");
        say_inner(w, q);
        return;
    }
    str_adds(&w->out, negated ? "there is no row of " : "there is a row of ");
    w->depth++;
    say_from(w, s->from[0]);
    if (s->where) {
        str_adds(&w->out, " with ");
        say_condition(w, s->where);
    }
    w->depth--;
}

static bool is_junction(const sql_expr *x)
{
    return x->kind == SQL_X_BINARY && (x->op == SQL_OP_AND || x->op == SQL_OP_OR);
}

static void say_junction(words *w, const sql_expr *x)
{
    for (int i = 0; i < 2; i++) {
        const sql_expr *side = x->args.at[i];
        const bool parens = is_junction(side) && side->op != x->op;

        str_adds(&w->out, i == 0 ? "" : x->op == SQL_OP_AND ? " and " : " or ");
        str_adds(&w->out, parens ? "(" : "");
        say_condition(w, side);
        str_adds(&w->out, parens ? ")" : "");
    }
}

static void say_not(words *w, const sql_expr *x)
{
    const sql_expr *of = x->args.at[0];

    if (of->kind == SQL_X_EXISTS) {
        say_exists(w, of, true);
        return;
    }
    if (of->kind == SQL_X_COLUMN) {
        say_expr(w, of);
        str_adds(&w->out, " is false");
        return;
    }
    str_adds(&w->out, "not (");
    say_condition(w, of);
    str_addc(&w->out, ')');
}

static void say_between(words *w, const sql_expr *x)
{
    sql_expr positive = *x;
    period p;

    positive.negated = false;
    say_expr(w, x->args.at[0]);
    str_adds(&w->out, x->negated ? " is not " : " is ");
    if (is_period(&positive, NULL, &p)) {
        say_period(w, &p);
        return;
    }
    str_adds(&w->out, "from ");
    say_expr(w, x->args.at[1]);
    str_adds(&w->out, " to ");
    say_expr(w, x->args.at[2]);
}

static void say_is(words *w, const sql_expr *x)
{
    say_expr(w, x->args.at[0]);
    if (x->op == SQL_OP_IS_NULL)
        str_adds(&w->out, x->negated ? " is given" : " is missing");
    else {
        str_adds(&w->out, x->negated ? " is not " : " is ");
        str_adds(&w->out, x->op == SQL_OP_IS_TRUE ? "true" : "false");
    }
}

void say_condition(words *w, const sql_expr *x)
{
    period p;

    if (is_junction(x))
        say_junction(w, x);
    else if (is_year(x, &p)) {
        say_expr(w, p.of);
        str_adds(&w->out, " is ");
        say_period(w, &p);
    } else if (x->kind == SQL_X_BINARY)
        say_comparison(w, x);
    else if (x->kind == SQL_X_BETWEEN)
        say_between(w, x);
    else if (x->kind == SQL_X_IN)
        say_in(w, x);
    else if (x->kind == SQL_X_IS)
        say_is(w, x);
    else if (x->kind == SQL_X_LIKE)
        say_like(w, x);
    else if (x->kind == SQL_X_EXISTS)
        say_exists(w, x, false);
    else if (x->kind == SQL_X_UNARY && x->op == SQL_OP_NOT)
        say_not(w, x);
    else {
        say_expr(w, x);
        str_adds(&w->out, x->kind == SQL_X_COLUMN ? " is true" : "");
    }
}

/* ---- WHERE ------------------------------------------------------------ */

enum { MAX_PARTS = 64 };

typedef struct parts {
    const sql_expr *at[MAX_PARTS];
    bool said[MAX_PARTS];
    int n;
} parts;

static int n_parts(const sql_expr *x)
{
    return x->kind == SQL_X_BINARY && x->op == SQL_OP_AND ? n_parts(x->args.at[0]) + n_parts(x->args.at[1]) : 1;
}

static void flatten(parts *all, const sql_expr *x)
{
    if (x->kind == SQL_X_BINARY && x->op == SQL_OP_AND) {
        flatten(all, x->args.at[0]);
        flatten(all, x->args.at[1]);
    } else
        all->at[all->n++] = x;
}

static bool with_next(const parts *all, int i, period *p, bool *pair)
{
    *pair = false;
    if (is_period(all->at[i], NULL, p))
        return true;
    if (i + 1 >= all->n || !is_period(all->at[i], all->at[i + 1], p))
        return false;
    return *pair = true;
}

/* The period of the rows that are added up goes first, without its column's name. */
static void say_first_period(words *w, parts *all)
{
    int found = -1, n = 0;
    period p, first;
    bool pair, first_pair = false;

    for (int i = 0; i < all->n; i++)
        if (with_next(all, i, &p, &pair)) {
            n++;
            found = i;
            first = p;
            first_pair = pair;
            i += pair;
        }
    if (n != 1 || w->table < 0 || first.of->table != w->table)
        return;
    str_addc(&w->out, ' ');
    say_period(w, &first);
    all->said[found] = true;
    if (first_pair)
        all->said[found + 1] = true;
}

void say_where(words *w, const sql_expr *x)
{
    parts all = {.n = 0};
    int said = 0;
    period p;
    bool pair;

    if (n_parts(x) > MAX_PARTS) {
        str_adds(&w->out, " where ");
        say_condition(w, x);
        return;
    }
    flatten(&all, x);
    say_first_period(w, &all);
    for (int i = 0; i < all.n; i++) {
        const sql_expr *part = all.at[i];
        const bool parens = all.n > 1 && is_junction(part);

        if (all.said[i])
            continue;
        str_adds(&w->out, said++ ? " and " : " where ");
        if (with_next(&all, i, &p, &pair)) {
            say_expr(w, p.of);
            str_adds(&w->out, " is ");
            say_period(w, &p);
            i += pair;
            continue;
        }
        str_adds(&w->out, parens ? "(" : "");
        say_condition(w, part);
        str_adds(&w->out, parens ? ")" : "");
    }
}
