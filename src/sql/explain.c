/* explain.c - a query in plain English, from its tree:
 * "Adds up net_amount of sales in 2024, per region, largest first." */
#include <stdlib.h>
#include <string.h>

#include "sql/explain_impl.h"
#include "sql/functions.h"

static bool is_aggregate(const sql_expr *x)
{
    const sql_function *f = x->kind == SQL_X_CALL ? function_find(x->text) : NULL;

    return f && f->kind == FUNCTION_AGGREGATE && !x->call->over;
}

static bool find_aggregate(void *arg, const sql_expr *x)
{
    return !(*(bool *)arg = is_aggregate(x));
}

static bool has_aggregate(const sql_expr *x)
{
    bool found = false;
    const sql_visitor v = {.expr = find_aggregate, .arg = &found, .shallow = true};

    sql_walk_expr(x, &v);
    return found;
}

/* ---- what is worked out ----------------------------------------------- */

static void say_measure(words *w, const sql_item *item)
{
    static const char *const verbs[][2] = {
        {"sum", "adds up "}, {"avg", "averages "}, {"max", "finds the largest "},
        {"min", "finds the smallest "}, {"median", "finds the median of "}};
    const sql_expr *x = item->expr;
    const bool plain = is_aggregate(x) && !x->call->filter;

    for (size_t i = 0; plain && i < sizeof verbs / sizeof verbs[0]; i++)
        if (!strcmp(x->text, verbs[i][0]) && x->args.n == 1) {
            str_adds(&w->out, verbs[i][1]);
            str_adds(&w->out, x->call->distinct ? "the different values of " : "");
            say_expr(w, x->args.at[0]);
            return;
        }
    if (plain && !strcmp(x->text, "count")) {
        str_adds(&w->out, x->call->distinct ? "counts the different " : "counts the ");
        if (x->args.n)
            say_expr(w, x->args.at[0]);
        else
            str_adds(&w->out, "rows");
        return;
    }
    str_adds(&w->out, "works out ");
    if (item->alias)
        str_addf(&w->out, "%s (", item->alias);
    say_expr(w, x);
    str_adds(&w->out, item->alias ? ")" : "");
}

/* What the select list has: measures, or plain columns. */
static void say_items(words *w, const sql_select *s)
{
    int n_measures = 0, n_plain = 0, said = 0;

    for (int i = 0; i < s->n_items; i++)
        if (has_aggregate(s->items[i].expr))
            n_measures++;
        else
            n_plain++;
    for (int i = 0; i < s->n_items; i++)
        if (has_aggregate(s->items[i].expr)) {
            explain_list(w, said++, n_measures);
            say_measure(w, &s->items[i]);
        }
    if (n_measures)
        return;
    str_adds(&w->out, s->distinct ? "lists the different " : "lists ");
    for (int i = 0; i < s->n_items; i++) {
        const sql_item *item = &s->items[i];

        explain_list(w, i, n_plain);
        if (item->alias && item->expr->kind != SQL_X_COLUMN)
            str_adds(&w->out, item->alias);
        else
            say_expr(w, item->expr);
    }
}

/* ---- where from ------------------------------------------------------- */

static void say_from(words *w, const sql_from *f)
{
    static const char *const links[] = {
        " with ", " with, where there is one, ", " with, keeping all of, ", " with all of ",
        " with every row of ", " that have a match in ", " that have no match in "};

    switch (f->kind) {
    case SQL_F_TABLE:
        str_adds(&w->out, f->parts.at[f->parts.n - 1]);
        break;
    case SQL_F_FUNCTION:
        str_adds(&w->out, f->alias ? f->alias : f->call->text);
        break;
    case SQL_F_JOIN:
        say_from(w, f->left);
        str_adds(&w->out, links[f->join]);
        say_from(w, f->right);
        break;
    case SQL_F_QUERY:
        if (w->depth > 3) {
            str_adds(&w->out, "another query");
            break;
        }
        str_adds(&w->out, "the result of a query that ");
        explain_query(w, f->query);
    }
}

/* Conditions joined by AND: periods first, the rest after "where". */
static int say_periods(words *w, const sql_expr *x)
{
    if (x->kind == SQL_X_BINARY && x->op == SQL_OP_AND)
        return say_periods(w, x->args.at[0]) + say_periods(w, x->args.at[1]);
    return explain_period(w, x) ? 0 : 1;
}

static void say_rest(words *w, const sql_expr *x, int *said)
{
    words probe = {0};
    bool period;

    if (x->kind == SQL_X_BINARY && x->op == SQL_OP_AND) {
        say_rest(w, x->args.at[0], said);
        say_rest(w, x->args.at[1], said);
        return;
    }
    period = explain_period(&probe, x);
    str_deinit(&probe.out);
    if (period)
        return;
    str_adds(&w->out, (*said)++ ? " and " : " where ");
    say_condition(w, x);
}

/* ---- order ------------------------------------------------------------ */

static const sql_expr *meaning(const sql_expr *x)
{
    while (x->kind == SQL_X_COLUMN && x->means)
        x = x->means;
    return x;
}

/* The only measure, which needs no name in "largest first". */
static bool only_measure(const sql_select *s, const sql_expr *x)
{
    int n = 0;

    if (!has_aggregate(meaning(x)))
        return false;
    for (int i = 0; i < s->n_items; i++)
        n += has_aggregate(s->items[i].expr);
    return n <= 1;
}

static void say_order(words *w, const sql_query *q)
{
    const sql_order *o = q->order.at;
    const sql_expr *key = q->order.n ? o->expr : NULL;
    bool time;

    if (!q->order.n)
        return;
    if (q->select && o->expr && o->expr->kind == SQL_X_NUMBER) { /* ORDER BY 2 */
        const long i = strtol(o->expr->text, NULL, 10);

        if (i >= 1 && i <= q->select->n_items)
            key = q->select->items[i - 1].expr;
    }
    time = key && (key->type == SQL_T_DATE || key->type == SQL_T_TIMESTAMP);
    if (!o->expr) {
        str_adds(&w->out, ", in the order of the columns");
        return;
    }
    if (q->select && only_measure(q->select, key)) {
        str_adds(&w->out, o->descending ? ", largest first" : ", smallest first");
        return;
    }
    str_adds(&w->out, ", ordered by ");
    for (int i = 0; i < q->order.n; i++) {
        explain_list(w, i, q->order.n);
        say_expr(w, i ? q->order.at[i].expr : key);
    }
    if (o->descending)
        str_adds(&w->out, time ? ", latest first" : ", largest first");
}

static void say_limit(words *w, const sql_query *q)
{
    if (q->limit && q->limit->kind == SQL_X_NUMBER) {
        if (!strcmp(q->limit->text, "1"))
            str_adds(&w->out, ", only the first");
        else
            str_addf(&w->out, ", only the first %s%s", q->limit->text,
                     q->limit_percent ? " per cent" : "");
    }
    if (q->offset && q->offset->kind == SQL_X_NUMBER)
        str_addf(&w->out, ", after leaving out %s", q->offset->text);
}

/* ---- queries ---------------------------------------------------------- */

static void say_groups(words *w, const sql_select *s)
{
    int n = s->group.n, said = 0;

    if (s->group_all)
        for (int i = 0; i < s->n_items; i++)
            n += !has_aggregate(s->items[i].expr);
    str_adds(&w->out, n ? ", per " : "");
    for (int i = 0; i < s->group.n; i++) {
        const sql_expr *x = meaning(s->group.at[i]);

        explain_list(w, said++, n);
        say_expr(w, x);
    }
    for (int i = 0; s->group_all && i < s->n_items; i++)
        if (!has_aggregate(s->items[i].expr)) {
            explain_list(w, said++, n);
            say_expr(w, s->items[i].expr);
        }
}

static void say_select(words *w, const sql_select *s)
{
    int said = 0;

    say_items(w, s);
    for (int i = 0; i < s->n_from; i++) {
        str_adds(&w->out, i ? ", with " : " of ");
        say_from(w, s->from[i]);
    }
    if (s->where && say_periods(w, s->where))
        say_rest(w, s->where, &said);
    say_groups(w, s);
    if (s->having) {
        str_adds(&w->out, ", keeping groups where ");
        say_condition(w, s->having);
    }
    if (s->qualify) {
        str_adds(&w->out, ", keeping rows where ");
        say_condition(w, s->qualify);
    }
}

void explain_query(words *w, const sql_query *q)
{
    static const char *const links[] = {", together with one that ", ", as far as it is also in "
                                        "one that ", ", without what is in one that "};

    w->depth++;
    for (int i = 0; i < q->n_ctes; i++) {
        str_addf(&w->out, "first, as %s, ", q->ctes[i].name);
        if (w->depth <= 3)
            explain_query(w, q->ctes[i].query);
        str_adds(&w->out, "; then ");
    }
    if (q->kind == SQL_Q_SELECT)
        say_select(w, q->select);
    else if (q->kind == SQL_Q_VALUES)
        str_adds(&w->out, "gives rows written in the query");
    else {
        explain_query(w, q->left);
        str_adds(&w->out, links[q->set]);
        explain_query(w, q->right);
    }
    say_order(w, q);
    say_limit(w, q);
    w->depth--;
}

char *sql_explain(arena *a, const sql_stmt *s)
{
    words w = {0};
    char *text = NULL;

    explain_query(&w, s->query);
    str_addc(&w.out, '.');
    if (!w.out.bad)
        text = arena_strn(a, w.out.text, w.out.n);
    str_deinit(&w.out);
    if (text && text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
    return text;
}
