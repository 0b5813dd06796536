/* explain.c - a query in plain English, from its tree:
 * "Adds up net_amount of sales in 2024, per region, largest first." */
#include <stdlib.h>
#include <string.h>

#include "sql/explain_impl.h"

/* ---- what is worked out ----------------------------------------------- */

static bool is_date(sql_type t) { return t == SQL_T_DATE || t == SQL_T_TIMESTAMP || t == SQL_T_TIME; }

static const char *verb_of(const sql_expr *x)
{
    static const char *const verbs[][2] = {{"sum", "adds up "}, {"avg", "averages "}, {"median", "finds the median of "}};

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (!strcmp(x->text, verbs[i][0]))
            return verbs[i][1];
    return NULL;
}

/* sum(x), count(*) …: no more needs to be said of it than its verb */
static bool is_simple(const sql_expr *x)
{
    return explain_is_aggregate(x) && !x->call->filter && !x->call->order.n && x->args.n <= 1;
}

static void say_measure(words *w, const sql_item *item)
{
    const sql_expr *x = item->expr;
    const char *verb = is_simple(x) && x->args.n == 1 ? verb_of(x) : NULL;

    if (verb) {
        str_adds(&w->out, verb);
        str_adds(&w->out, x->call->distinct ? "the different values of " : "");
        say_expr(w, x->args.at[0]);
    } else if (is_simple(x) && !strcmp(x->text, "count")) {
        str_adds(&w->out, !x->args.n ? "counts the rows" : x->call->distinct ? "counts the different " : "counts the values of ");
        if (x->args.n)
            say_expr(w, x->args.at[0]);
    } else if (is_simple(x) && (!strcmp(x->text, "max") || !strcmp(x->text, "min"))) {
        str_adds(&w->out, "finds ");
        say_expr(w, x);
    } else {
        str_adds(&w->out, "works out ");
        if (item->alias)
            str_addf(&w->out, "%s (", item->alias);
        say_expr(w, x);
        str_adds(&w->out, item->alias ? ")" : "");
    }
}

static int n_measures(const sql_select *s)
{
    int n = 0;

    for (int i = 0; i < s->n_items; i++)
        n += explain_has_aggregate(s->items[i].expr);
    return n;
}

static void say_plain(words *w, const sql_item *item)
{
    const bool named = item->alias && item->expr->kind != SQL_X_COLUMN;

    if (named)
        str_addf(&w->out, "%s (", item->alias);
    say_expr(w, item->expr);
    str_adds(&w->out, named ? ")" : "");
}

static bool is_key(const sql_select *s, int item);

/* Of a select list with measures: those, and what is neither a measure nor a group. */
static void say_measures(words *w, const sql_select *s, int n)
{
    int said = 0, extra = 0;

    for (int i = 0; i < s->n_items; i++)
        if (explain_has_aggregate(s->items[i].expr)) {
            explain_list(w, said++, n);
            say_measure(w, &s->items[i]);
        }
    for (int i = 0; i < s->n_items; i++)
        if (!explain_has_aggregate(s->items[i].expr) && !is_key(s, i)) {
            str_adds(&w->out, extra++ ? ", " : ", beside ");
            say_plain(w, &s->items[i]);
        }
}

static void say_items(words *w, const sql_select *s)
{
    const int n = n_measures(s);
    const bool once = (s->distinct && !s->distinct_on.n) || s->group.n || s->group_all;

    if (n) {
        say_measures(w, s, n);
        return;
    }
    str_adds(&w->out, !s->n_from ? "gives " : once ? "lists the different " : "lists ");
    for (int i = 0; i < s->n_items; i++) {
        explain_list(w, i, s->n_items);
        say_plain(w, &s->items[i]);
    }
}

/* ---- groups ----------------------------------------------------------- */

static const sql_expr *meaning(const sql_expr *x)
{
    while (x->kind == SQL_X_COLUMN && x->means)
        x = x->means;
    return x;
}

/* GROUP BY 1, ORDER BY 1: that item; else the expression itself. */
static const sql_expr *of_position(const sql_select *s, const sql_expr *x)
{
    if (s && x->kind == SQL_X_NUMBER && x->type == SQL_T_INTEGER) {
        const long i = strtol(x->text, NULL, 10);

        if (i >= 1 && i <= s->n_items)
            return s->items[i - 1].expr;
    }
    return x;
}

/* One of a GROUP BY's keys, also within ROLLUP and the like */
static bool is_among(const sql_select *s, const sql_exprs *keys, const sql_expr *x)
{
    for (int i = 0; i < keys->n; i++) {
        const sql_expr *key = meaning(of_position(s, keys->at[i]));

        if (key->kind == SQL_X_GROUPING || key->kind == SQL_X_ROW ? is_among(s, &key->args, x) : sql_expr_equal(key, x))
            return true;
    }
    return false;
}

static bool is_key(const sql_select *s, int item)
{
    return s->group_all || is_among(s, &s->group, meaning(s->items[item].expr));
}

static bool only_keys(const sql_select *s)
{
    int n = 0;

    for (int i = 0; i < s->n_items; i++)
        n += is_key(s, i);
    return s->group_all || (n == s->n_items && n >= s->group.n);
}

static void say_key(words *w, const sql_select *s, const sql_expr *key)
{
    for (int i = 0; i < s->n_items && key->kind == SQL_X_CASE; i++)
        if (s->items[i].alias && sql_expr_equal(s->items[i].expr, key)) {
            say_plain(w, &s->items[i]);
            return;
        }
    say_expr(w, key);
}

static void say_groups(words *w, const sql_select *s)
{
    int n = s->group.n, said = 0;

    if (!n_measures(s) && only_keys(s))
        return; /* "lists the different" said it */
    for (int i = 0; s->group_all && i < s->n_items; i++)
        n += !explain_has_aggregate(s->items[i].expr);
    str_adds(&w->out, n ? ", per " : "");
    for (int i = 0; i < s->group.n; i++) {
        explain_list(w, said++, n);
        say_key(w, s, meaning(of_position(s, s->group.at[i])));
    }
    for (int i = 0; s->group_all && i < s->n_items; i++)
        if (!explain_has_aggregate(s->items[i].expr)) {
            explain_list(w, said++, n);
            say_key(w, s, meaning(s->items[i].expr));
        }
}

/* ---- order ------------------------------------------------------------ */

void say_direction(words *w, const sql_expr *key, const sql_order *o)
{
    const sql_type t = key->type;
    const bool number = t == SQL_T_INTEGER || t == SQL_T_DECIMAL || t == SQL_T_DOUBLE;

    if (is_date(t))
        str_adds(&w->out, o->descending ? ", latest first" : ", earliest first");
    else if (number)
        str_adds(&w->out, o->descending ? ", largest first" : ", smallest first");
    else if (t == SQL_T_TEXT)
        str_adds(&w->out, o->descending ? " from Z to A" : "");
    else
        str_adds(&w->out, o->descending ? ", descending" : "");
    if (o->nulls != SQL_NULLS_DEFAULT)
        str_adds(&w->out, o->nulls == SQL_NULLS_FIRST ? ", missing ones first" : ", missing ones last");
}

/* The only measure needs no name in "largest first". */
static bool is_only_measure(const sql_select *s, const sql_expr *x)
{
    const sql_expr *of = meaning(x);

    for (int i = 0; s && i < s->n_items; i++)
        if (sql_expr_equal(meaning(s->items[i].expr), of))
            return explain_has_aggregate(of) && n_measures(s) == 1;
    return false;
}

static void say_order(words *w, const sql_query *q)
{
    const sql_query *first = q;

    while (first->kind == SQL_Q_SET)
        first = first->left;
    if (q->order.n && q->order.all)
        str_adds(&w->out, ", in the order of the columns");
    for (int i = 0; i < q->order.n && !q->order.all; i++) {
        const sql_order *o = &q->order.at[i];
        const sql_expr *key = of_position(first->select, o->expr), *of = meaning(key);

        if (!i && is_only_measure(q->select, key)) {
            say_direction(w, of, o);
            continue;
        }
        str_adds(&w->out, i ? ", then by " : ", ordered by ");
        if (key->kind == SQL_X_NUMBER)
            str_addf(&w->out, "column %s", key->text);
        else
            say_expr(w, key->kind == SQL_X_COLUMN && is_simple(of) ? of : key);
        say_direction(w, of, o);
    }
}

static void say_limit(words *w, const sql_query *q)
{
    if (q->offset) {
        str_adds(&w->out, ", leaving out the first ");
        say_expr(w, q->offset);
    }
    if (!q->limit)
        return;
    str_adds(&w->out, q->offset ? ", only the next" : ", only the first");
    if (q->limit->kind == SQL_X_NUMBER && !strcmp(q->limit->text, "1") && !q->limit_percent && !q->offset)
        return;
    str_addc(&w->out, ' ');
    say_expr(w, q->limit);
    str_adds(&w->out, q->limit_percent ? " per cent" : "");
}

/* ---- queries ---------------------------------------------------------- */

/* The table whose columns are added up or averaged, if it is one. */
static int table_of_measures(const sql_select *s)
{
    int table = -1;

    for (int i = 0; i < s->n_items; i++) {
        const sql_expr *x = s->items[i].expr;

        if (is_simple(x) && x->args.n == 1 && x->args.at[0]->kind == SQL_X_COLUMN && table < 0)
            table = x->args.at[0]->table;
    }
    return table;
}

static void say_select(words *w, const sql_select *s)
{
    w->table = table_of_measures(s);
    say_items(w, s);
    for (int i = 0; i < s->n_from; i++) {
        str_adds(&w->out, i ? ", combined with " : " of ");
        say_from(w, s->from[i]);
    }
    if (s->where)
        say_where(w, s->where);
    say_groups(w, s);
    if (s->having) {
        str_adds(&w->out, ", keeping groups where ");
        say_condition(w, s->having);
    }
    if (s->qualify) {
        str_adds(&w->out, ", keeping rows where ");
        say_condition(w, s->qualify);
    }
    if (s->distinct && !s->distinct_on.n && n_measures(s))
        str_adds(&w->out, ", each row once");
    for (int i = 0; i < s->distinct_on.n; i++) {
        str_adds(&w->out, i ? "" : ", one row for each ");
        explain_list(w, i, s->distinct_on.n);
        say_expr(w, s->distinct_on.at[i]);
    }
}

static void say_side(words *w, const sql_query *q)
{
    const bool parens = q->kind == SQL_Q_SET || q->order.n || q->limit || q->offset || q->n_ctes;

    str_adds(&w->out, parens ? "(" : "");
    explain_query(w, q);
    str_adds(&w->out, parens ? ")" : "");
}

static void say_set(words *w, const sql_query *q)
{
    static const char *const links[] = {
        [SQL_UNION] = ", together with one that ", [SQL_INTERSECT] = ", as far as it is also in one that ",
        [SQL_EXCEPT] = ", without what is in one that "};

    w->depth--; /* side by side, not inside */
    say_side(w, q->left);
    str_adds(&w->out, links[q->set]);
    say_side(w, q->right);
    w->depth++;
    if (q->by_name)
        str_adds(&w->out, ", by the names of the columns");
    if (q->all != (q->set == SQL_UNION))
        str_adds(&w->out, q->all ? ", counting repeated rows" : ", each row once");
}

void explain_query(words *w, const sql_query *q)
{
    w->depth++;
    for (int i = 0; i < q->n_ctes; i++) {
        str_addf(&w->out, "%s, as %s%s, ", i ? "then" : "first", q->ctes[i].name, q->recursive ? " (which may build on itself)" : "");
        if (w->depth <= EXPLAIN_MAX_DEPTH)
            explain_query(w, q->ctes[i].query);
        else
            str_adds(&w->out, "another query");
        str_adds(&w->out, i + 1 < q->n_ctes ? "; " : "; then ");
    }
    if (q->kind == SQL_Q_SELECT)
        say_select(w, q->select);
    else if (q->kind == SQL_Q_VALUES)
        str_addf(&w->out, "gives %d row%s written in the query", q->rows.n, q->rows.n == 1 ? "" : "s");
    else
        say_set(w, q);
    say_order(w, q);
    say_limit(w, q);
    w->depth--;
}

/* ---- tables that stand twice ------------------------------------------- */

enum { MAX_TABLES = 50 }; /* of more it is taken for granted */

typedef struct tables {
    const sql_from *at[MAX_TABLES];
    int n;
} tables;

static bool meet(void *arg, const sql_from *f)
{
    tables *t = arg;

    if (f->kind != SQL_F_TABLE)
        return true;
    for (int i = 0; i < t->n; i++)
        if (str_equal_nocase(t->at[i]->parts.at[t->at[i]->parts.n - 1], f->parts.at[f->parts.n - 1]))
            return false;
    if (t->n == MAX_TABLES)
        return false;
    t->at[t->n++] = f;
    return true;
}

static bool stands_twice(const sql_query *q)
{
    tables t = {.n = 0};

    return !sql_walk(q, &(sql_visitor){.from = meet, .arg = &t});
}

char *sql_explain(arena *a, const sql_stmt *s)
{
    words w = {.table = -1, .twice = stands_twice(s->query)};
    char *text = NULL;
    size_t first = 0;

    explain_query(&w, s->query);
    str_addc(&w.out, '.');
    if (!w.out.bad)
        text = arena_strn(a, w.out.text, w.out.n);
    str_deinit(&w.out);
    while (text && text[first] == '(')
        first++;
    if (text && text[first] >= 'a' && text[first] <= 'z')
        text[first] = (char)(text[first] - 'a' + 'A');
    return text;
}
