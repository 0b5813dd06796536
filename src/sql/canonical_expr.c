/* canonical_expr.c - expressions in their one spelling.
 *
 * Rules work from the leaves up on bound nodes and are idempotent, for an
 * alias's meaning is shared with the places that used it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/canonical_impl.h"
#include "sql/functions.h"

static void query(canon *k, sql_query *q);

static sql_expr *node(canon *k, sql_kind kind, sql_type type)
{
    sql_expr *x = arena_push(k->a, sql_expr, 1);

    if (!x) {
        k->bad = true;
        return NULL;
    }
    *x = (sql_expr){.kind = kind, .type = type, .table = -1, .column = -1, .depth = 1};
    return x;
}

static sql_expr **list(canon *k, int n)
{
    sql_expr **at = arena_push(k->a, sql_expr *, (size_t)n);

    k->bad |= !at;
    return at;
}

sql_expr *canonical_number(canon *k, int value)
{
    sql_expr *x = node(k, SQL_X_NUMBER, SQL_T_INTEGER);

    if (x && !(x->text = arena_strf(k->a, "%d", value)))
        k->bad = true;
    return x;
}

static bool is_number(sql_type t)
{
    return t == SQL_T_INTEGER || t == SQL_T_DECIMAL || t == SQL_T_DOUBLE;
}

static bool is_day(sql_type t) { return t == SQL_T_DATE || t == SQL_T_TIMESTAMP; }

static bool is_call(const sql_expr *x, const char *name, int n_args)
{
    return x->kind == SQL_X_CALL && x->args.n == n_args && !strcmp(x->text, name) &&
           !x->call->over && !x->call->filter && !x->call->distinct && !x->call->order.n;
}

static bool is_literal(const sql_expr *x)
{
    return x->kind == SQL_X_NUMBER || x->kind == SQL_X_STRING || x->kind == SQL_X_TYPED ||
           x->kind == SQL_X_NULL || x->kind == SQL_X_BOOL ||
           (x->kind == SQL_X_UNARY && x->op == SQL_OP_MINUS && x->args.at[0]->kind == SQL_X_NUMBER);
}

/* ---- comparisons --------------------------------------------------------- */

static sql_op mirrored(sql_op op)
{
    switch (op) {
    case SQL_OP_EQ:
    case SQL_OP_NE: return op;
    case SQL_OP_LT: return SQL_OP_GT;
    case SQL_OP_LE: return SQL_OP_GE;
    case SQL_OP_GT: return SQL_OP_LT;
    case SQL_OP_GE: return SQL_OP_LE;
    default:        return SQL_OP_NONE;
    }
}

static sql_op opposite(sql_op op)
{
    switch (op) {
    case SQL_OP_EQ: return SQL_OP_NE;
    case SQL_OP_NE: return SQL_OP_EQ;
    case SQL_OP_LT: return SQL_OP_GE;
    case SQL_OP_LE: return SQL_OP_GT;
    case SQL_OP_GT: return SQL_OP_LE;
    case SQL_OP_GE: return SQL_OP_LT;
    default:        return SQL_OP_NONE;
    }
}

static void swap_args(sql_expr *x)
{
    sql_expr *left = x->args.at[0];

    x->args.at[0] = x->args.at[1];
    x->args.at[1] = left;
}

/* DATE '…' beside a date needs no type. */
static void plain_date(canon *k, sql_expr **x, sql_type beside)
{
    const bool date = (*x)->kind == SQL_X_TYPED && !strcmp((*x)->type_text, "DATE");
    const bool stamp = (*x)->kind == SQL_X_TYPED && !strcmp((*x)->type_text, "TIMESTAMP");
    sql_expr *plain;

    if (!(date && is_day(beside)) && !(stamp && beside == SQL_T_TIMESTAMP))
        return;
    if (!(plain = node(k, SQL_X_STRING, SQL_T_TEXT)))
        return;
    plain->text = (*x)->text;
    *x = plain;
}

/* strftime(x, '%Y'), of a date */
static bool is_year_text(const sql_expr *x)
{
    return is_call(x, "strftime", 2) && is_day(x->args.at[0]->type) &&
           x->args.at[1]->kind == SQL_X_STRING && !strcmp(x->args.at[1]->text, "%Y");
}

static bool is_year(const sql_expr *x)
{
    return x->kind == SQL_X_STRING && strlen(x->text) == 4 && strspn(x->text, "0123456789") == 4 &&
           x->text[0] != '0';
}

/* … compared with '2010' is year(x) and 2010. */
static void year_numbers(canon *k, sql_expr *x, int from)
{
    sql_expr *text = x->args.at[0], *call;

    for (int i = from; i < x->args.n; i++)
        if (!is_year(x->args.at[i]))
            return;
    if (!is_year_text(text) || x->query || x->args.n < 2)
        return;
    if (!(call = node(k, SQL_X_CALL, SQL_T_INTEGER)) || !(call->args.at = list(k, 1)))
        return;
    call->text = "year";
    call->call = text->call;
    call->function = function_find("year");
    call->args.n = 1;
    call->args.at[0] = text->args.at[0];
    x->args.at[0] = call;
    for (int i = from; i < x->args.n; i++) {
        sql_expr *n = canonical_number(k, atoi(x->args.at[i]->text));

        if (n)
            x->args.at[i] = n;
    }
}

static void comparison(canon *k, sql_expr *x)
{
    if (is_literal(x->args.at[0]) && !is_literal(x->args.at[1]) && mirrored(x->op)) {
        swap_args(x);
        x->op = mirrored(x->op);
    }
    if (!is_literal(x->args.at[0]))
        plain_date(k, &x->args.at[1], x->args.at[0]->type);
    year_numbers(k, x, 1);
}

static bool is_comparison(const sql_expr *x)
{
    return x->kind == SQL_X_BINARY && opposite(x->op) != SQL_OP_NONE;
}

/* x IN ('a') is x = 'a' */
static void in_list(canon *k, sql_expr *x)
{
    if (x->query || x->has_operand)
        return;
    for (int i = 1; i < x->args.n; i++)
        plain_date(k, &x->args.at[i], x->args.at[0]->type);
    year_numbers(k, x, 1);
    if (x->args.n != 2 || x->args.at[0]->kind == SQL_X_ROW)
        return;
    x->kind = SQL_X_BINARY;
    x->op = x->negated ? SQL_OP_NE : SQL_OP_EQ;
    x->negated = false;
}

/* ---- and, or, not ----------------------------------------------------------- */

/* a AND (b AND c) leans left: (a AND b) AND c */
static void lean_left(canon *k, sql_expr *x)
{
    while (x->args.at[1]->kind == SQL_X_BINARY && x->args.at[1]->op == x->op) {
        const sql_expr *right = x->args.at[1];
        sql_expr *left = node(k, SQL_X_BINARY, SQL_T_BOOLEAN);

        if (!left || !(left->args.at = list(k, 2)))
            return;
        left->op = x->op;
        left->args.n = 2;
        left->args.at[0] = x->args.at[0];
        left->args.at[1] = right->args.at[0];
        lean_left(k, left);
        if (!(x->args.at = list(k, 2)))
            return;
        x->args.at[0] = left;
        x->args.at[1] = right->args.at[1];
    }
}

static void not(sql_expr *x)
{
    const sql_expr *inner = x->args.at[0];
    sql_expr copy = *inner;

    if (is_comparison(inner))
        copy.op = opposite(inner->op);
    else if (inner->kind == SQL_X_LIKE || inner->kind == SQL_X_BETWEEN || inner->kind == SQL_X_IN ||
             (inner->kind == SQL_X_IS && inner->op == SQL_OP_IS_NULL))
        copy.negated = !inner->negated;
    else if (inner->kind == SQL_X_UNARY && inner->op == SQL_OP_NOT)
        copy = *inner->args.at[0];
    else
        return;
    *x = copy;
}

/* ---- division ------------------------------------------------------------- */

/* 100.0 where it is a factor of a quotient */
static void whole(canon *k, sql_expr **x)
{
    const char *text = (*x)->text, *dot = (*x)->kind == SQL_X_NUMBER ? strchr(text, '.') : NULL;
    sql_expr *n;

    if (!dot || dot == text || !dot[1] || dot[1 + strspn(dot + 1, "0")])
        return;
    if (!(n = node(k, SQL_X_NUMBER, SQL_T_INTEGER)))
        return;
    n->text = arena_strn(k->a, text, (size_t)(dot - text));
    k->bad |= !n->text;
    *x = n;
}

/* Below a division everything ends as DOUBLE. */
static void factors(canon *k, sql_expr **x)
{
    sql_expr *y = *x;

    while (y->kind == SQL_X_CAST && !y->negated && sql_type_of_text(y->type_text) == SQL_T_DOUBLE &&
           is_number(y->args.at[0]->type))
        *x = y = y->args.at[0];
    whole(k, x);
    y = *x;
    if (y->kind == SQL_X_BINARY && (y->op == SQL_OP_MUL || y->op == SQL_OP_DIV))
        for (int i = 0; i < 2; i++)
            factors(k, &y->args.at[i]);
}

/* 1 * x, where a division makes it a DOUBLE */
static void drop_one(sql_expr *x)
{
    for (int i = 0; i < 2; i++) {
        sql_expr *y = x->args.at[i];

        for (int j = 0; y->kind == SQL_X_BINARY && y->op == SQL_OP_MUL && j < 2; j++)
            if (y->args.at[j]->kind == SQL_X_NUMBER && !strcmp(y->args.at[j]->text, "1") &&
                is_number(y->args.at[1 - j]->type))
                x->args.at[i] = y = y->args.at[1 - j];
    }
}

/* ---- calls -------------------------------------------------------------- */

static bool is_text_number(const sql_expr *x, const char *text)
{
    return x->kind == SQL_X_NUMBER && !strcmp(x->text, text);
}

/* The condition of CASE WHEN c THEN `one` [ELSE `zero` | NULL] END; else NULL. */
static sql_expr *condition(canon *k, const sql_expr *x, bool counted)
{
    const int first = x->has_operand;
    const sql_expr *otherwise;
    sql_expr *equal;

    if (x->kind != SQL_X_CASE || x->args.n < first + 2 || x->args.n > first + 3)
        return NULL;
    otherwise = x->args.n == first + 3 ? x->args.at[first + 2] : NULL;
    if (counted ? !is_literal(x->args.at[first + 1]) || x->args.at[first + 1]->kind == SQL_X_NULL
                : !is_text_number(x->args.at[first + 1], "1"))
        return NULL;
    if (otherwise && otherwise->kind != SQL_X_NULL && (counted || !is_text_number(otherwise, "0")))
        return NULL;
    if (!first)
        return x->args.at[0];
    if (!(equal = node(k, SQL_X_BINARY, SQL_T_BOOLEAN)) || !(equal->args.at = list(k, 2)))
        return NULL;
    equal->op = SQL_OP_EQ;
    equal->args.n = 2;
    equal->args.at[0] = x->args.at[0];
    equal->args.at[1] = x->args.at[1];
    return equal;
}

static void count_if(canon *k, sql_expr *x)
{
    const bool counted = !strcmp(x->text, "count");
    sql_expr *c;

    if (x->args.n != 1 || x->call->distinct || x->call->filter || (!counted && strcmp(x->text, "sum")))
        return;
    c = !counted && x->args.at[0]->type == SQL_T_BOOLEAN ? x->args.at[0]
                                                         : condition(k, x->args.at[0], counted);
    if (!c)
        return;
    x->text = "count_if";
    x->function = function_find("count_if");
    x->type = SQL_T_INTEGER;
    if ((x->args.at = list(k, 1)))
        x->args.at[0] = c;
}

/* if(c, x, y) is a CASE */
static void case_of_if(sql_expr *x)
{
    if (!is_call(x, "if", 3))
        return;
    x->kind = SQL_X_CASE;
    x->call = NULL;
    x->text = NULL;
    x->function = NULL;
}

/* date_part('year', x) is year(x) */
static void part_call(canon *k, sql_expr *x)
{
    static const char *const parts[][2] = {
        {"year", "year"}, {"quarter", "quarter"}, {"month", "month"}, {"week", "week"},
        {"day", "day"}, {"hour", "hour"}, {"minute", "minute"}, {"dow", "dayofweek"}};
    const bool extract = x->kind == SQL_X_EXTRACT;
    const char *part = extract ? x->text : NULL;
    sql_expr *of;

    if (is_call(x, "date_part", 2) && x->args.at[0]->kind == SQL_X_STRING)
        part = x->args.at[0]->text;
    for (size_t i = 0; part && i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(parts[i][0], part))
            continue;
        of = x->args.at[extract ? 0 : 1];
        x->kind = SQL_X_CALL;
        x->text = parts[i][1];
        x->function = function_find(x->text);
        if (!x->call && !(x->call = arena_push(k->a, sql_call, 1)))
            k->bad = true;
        x->args.n = 1;
        if ((x->args.at = list(k, 1)))
            x->args.at[0] = of;
        return;
    }
}

/* ELSE NULL is what CASE gives without it. */
static void no_else_null(sql_expr *x)
{
    if ((x->args.n - x->has_operand) % 2 && x->args.n - x->has_operand > 1 &&
        x->args.at[x->args.n - 1]->kind == SQL_X_NULL)
        x->args.n--;
}

static void call(canon *k, sql_expr *x)
{
    if (!strcmp(x->text, "count") && x->args.n == 1 && !x->call->distinct &&
        is_literal(x->args.at[0]) && x->args.at[0]->kind != SQL_X_NULL) {
        x->args.n = 0;
        x->call->star = true;
    }
    if (!strcmp(x->text, "max") || !strcmp(x->text, "min"))
        x->call->distinct = false;
    count_if(k, x);
    case_of_if(x);
    if (x->kind == SQL_X_CASE)
        no_else_null(x);
    if (x->kind == SQL_X_CALL && is_call(x, "nullif", 2) && x->args.at[0]->kind == SQL_X_NUMBER &&
        is_text_number(x->args.at[1], "0") && strspn(x->args.at[0]->text, "0.") == 0) {
        const sql_expr copy = *x->args.at[0]; /* is never 0 */

        *x = copy;
    }
    if (x->kind == SQL_X_CALL)
        part_call(k, x);
}

/* ---- casts -------------------------------------------------------------- */

static void cast(sql_expr *x)
{
    static const char *const main[][2] = {{"FLOAT", "DOUBLE"}, {"REAL", "DOUBLE"},
                                          {"INTEGER", "BIGINT"}, {"SMALLINT", "BIGINT"}};
    sql_expr *inner = x->args.at[0];
    const sql_type t = sql_type_of_text(x->type_text);

    for (size_t i = 0; i < sizeof main / sizeof main[0]; i++)
        if (!strcmp(x->type_text, main[i][0]))
            x->type_text = main[i][1];
    if (inner->type == t && !strchr(x->type_text, '(') && inner->kind != SQL_X_STRING &&
        (t == SQL_T_INTEGER || t == SQL_T_DOUBLE || t == SQL_T_TEXT || t == SQL_T_DATE ||
         t == SQL_T_BOOLEAN)) {
        const sql_expr copy = *inner;

        *x = copy;
    } else if (inner->kind == SQL_X_STRING && !x->negated && !strcmp(x->type_text, "DATE") &&
               strlen(inner->text) == 10) {
        x->kind = SQL_X_TYPED;
        x->text = inner->text;
        x->args.n = 0;
    } else if (is_year_text(inner) && t == SQL_T_INTEGER) {
        x->kind = SQL_X_CALL;
        x->text = "year";
        x->function = function_find("year");
        x->call = inner->call;
        x->args = (sql_exprs){inner->args.at, 1};
        x->negated = false;
        x->type_text = NULL;
    }
}

/* ---- every expression ------------------------------------------------------ */

static void expr(canon *k, sql_expr *x);

static void exprs(canon *k, const sql_exprs *list)
{
    for (int i = 0; i < list->n; i++)
        expr(k, list->at[i]);
}

static void orders(canon *k, const sql_orders *o)
{
    for (int i = 0; i < o->n; i++)
        if (o->at[i].expr)
            expr(k, o->at[i].expr);
}

static void window(canon *k, const sql_window *w)
{
    if (!w)
        return;
    exprs(k, &w->partition);
    orders(k, &w->order);
}

static void binary(canon *k, sql_expr *x)
{
    if (x->op == SQL_OP_AND || x->op == SQL_OP_OR)
        lean_left(k, x);
    else if (is_comparison(x))
        comparison(k, x);
    else if (x->op == SQL_OP_DIV && (is_number(x->args.at[0]->type) || is_number(x->args.at[1]->type))) {
        factors(k, &x->args.at[0]);
        factors(k, &x->args.at[1]);
        drop_one(x);
    }
}

static void expr(canon *k, sql_expr *x)
{
    if (!x || k->bad)
        return;
    while (x->kind == SQL_X_COLUMN && x->means) {
        const sql_expr means = *x->means;

        if (x->means->up != x->up && x->up)
            k->bad = true; /* an alias of a query further out */
        *x = means;
    }
    exprs(k, &x->args);
    if (x->star)
        exprs(k, &x->star->replace);
    if (x->call) {
        orders(k, &x->call->order);
        expr(k, x->call->filter);
        window(k, x->call->over);
    }
    if (x->query)
        query(k, x->query);
    switch (x->kind) {
    case SQL_X_BINARY:  binary(k, x); break;
    case SQL_X_UNARY:   if (x->op == SQL_OP_NOT) not(x); break;
    case SQL_X_IN:      in_list(k, x); break;
    case SQL_X_BETWEEN:
        plain_date(k, &x->args.at[1], x->args.at[0]->type);
        plain_date(k, &x->args.at[2], x->args.at[0]->type);
        year_numbers(k, x, 1);
        break;
    case SQL_X_CALL:    call(k, x); break;
    case SQL_X_CASE:    no_else_null(x); break;
    case SQL_X_EXTRACT: part_call(k, x); break;
    case SQL_X_CAST:    cast(x); break;
    default:            break;
    }
    if (x->kind == SQL_X_IN && x->query && x->query->select && !x->query->limit)
        x->query->select->distinct = false;
    if (x->kind == SQL_X_EXISTS && x->query->select && !x->query->select->distinct) {
        sql_select *s = x->query->select;

        if (s->n_items && !s->group.n && !s->having && !expr_has_aggregate(s->items[0].expr)) {
            s->n_items = 1;
            s->items[0] = (sql_item){.expr = canonical_number(k, 1)};
        }
    }
}

/* ---- queries ------------------------------------------------------------ */

static bool has_star(const sql_select *s)
{
    for (int i = 0; i < s->n_items; i++)
        if (s->items[i].expr->kind == SQL_X_STAR)
            return true;
    return false;
}

static int source_order(const sql_from *f, const sql_from *wanted, int *n)
{
    int found;

    if (!f)
        return -1;
    if (f == wanted)
        return *n;
    if (f->kind != SQL_F_JOIN) {
        ++*n;
        return -1;
    }
    found = source_order(f->left, wanted, n);
    return found >= 0 ? found : source_order(f->right, wanted, n);
}

/* In ON the column of the earlier table stands left. */
static void orient(sql_expr *x, const sql_from *f)
{
    const sql_expr *l, *r;
    int n = 0, left, right;

    if (!x || x->kind != SQL_X_BINARY)
        return;
    if (x->op == SQL_OP_AND) {
        orient(x->args.at[0], f);
        orient(x->args.at[1], f);
        return;
    }
    l = x->args.at[0];
    r = x->args.at[1];
    if (!mirrored(x->op) || l->kind != SQL_X_COLUMN || r->kind != SQL_X_COLUMN || l->up || r->up)
        return;
    left = source_order(f, l->source, &n);
    n = 0;
    right = source_order(f, r->source, &n);
    if (left > right && right >= 0) {
        swap_args(x);
        x->op = mirrored(x->op);
    }
}

/* ---- USING --------------------------------------------------------------- */

typedef struct columns_of { /* of one name, visible in a part of FROM */
    const canon *k;
    const char *name;
    const sql_from *source; /* the last one found */
    int index, n;
    sql_type type;
} columns_of;

static bool is_used(const sql_from *f, const char *name)
{
    for (int i = 0; i < f->using.n; i++)
        if (str_equal_nocase(f->using.at[i], name))
            return true;
    return false;
}

static void offer(columns_of *c, const sql_from *f, int index, const char *name, sql_type type)
{
    if (index < f->columns.n)
        name = f->columns.at[index];
    if (!str_equal_nocase(name, c->name))
        return;
    c->source = f;
    c->index = index;
    c->type = type;
    c->n++;
}

/* Columns called c->name; what USING merged counts once. Of CTEs nothing is known here. */
static void find_columns(columns_of *c, const sql_from *f)
{
    if (f->kind == SQL_F_JOIN) {
        find_columns(c, f->left);
        if (!is_used(f, c->name))
            find_columns(c, f->right);
    } else if (f->kind == SQL_F_QUERY) {
        for (int i = 0; i < f->query->columns.n; i++)
            offer(c, f, i, f->query->columns.at[i].name, f->query->columns.at[i].type);
    } else if (f->kind == SQL_F_TABLE && f->table >= 0) {
        const db_table *t = &c->k->catalog->tables[f->table];

        for (int i = 0; i < t->n_columns; i++)
            offer(c, f, i, t->columns[i].name, sql_type_of_text(t->columns[i].type_text));
    } else
        c->n += 2; /* not known: never unique */
}

typedef struct merged {
    const sql_from *source; /* the right column … */
    int index;
    const sql_expr *left; /* … is the left one */
} merged;

static bool merge_column(void *arg, const sql_expr *x)
{
    const merged *m = arg;
    sql_expr *mine = (sql_expr *)(uintptr_t)x;

    if (x->kind == SQL_X_COLUMN && x->source == m->source && x->index == m->index) {
        mine->source = m->left->source;
        mine->index = m->left->index;
        mine->slot = m->left->slot;
        mine->table = m->left->table;
        mine->column = m->left->column;
    }
    return true;
}

static const char *last_part(const sql_expr *x) { return x->parts.at[x->parts.n - 1]; }

/* l.a = r.a, of a column that either side has once */
static bool could_be_using(const canon *k, const sql_expr *x, const sql_from *f)
{
    columns_of left = {.k = k}, right = {.k = k};

    if (x->kind != SQL_X_BINARY)
        return false;
    if (x->op == SQL_OP_AND)
        return could_be_using(k, x->args.at[0], f) && could_be_using(k, x->args.at[1], f);
    for (int i = 0; i < 2; i++)
        if (x->args.at[i]->kind != SQL_X_COLUMN || x->args.at[i]->up || !x->args.at[i]->source)
            return false;
    if (x->op != SQL_OP_EQ || x->args.at[1]->source != f->right ||
        !str_equal_nocase(last_part(x->args.at[0]), last_part(x->args.at[1])))
        return false;
    left.name = right.name = last_part(x->args.at[0]);
    find_columns(&left, f->left);
    find_columns(&right, f->right);
    return left.n == 1 && right.n == 1 && left.source == x->args.at[0]->source &&
           left.index == x->args.at[0]->index && right.index == x->args.at[1]->index;
}

/* Move the columns of ON to USING; the right ones are the left ones from now on. */
static void to_using(canon *k, const sql_expr *x, sql_from *f, const sql_query *q)
{
    const sql_expr *l = x->args.at[0], *r = x->args.at[1];
    const merged m = {r->source, r->index, l};
    const sql_visitor v = {.expr = merge_column, .arg = (void *)(uintptr_t)&m};
    const char **names;

    if (x->op == SQL_OP_AND) {
        to_using(k, l, f, q);
        to_using(k, r, f, q);
        return;
    }
    names = arena_push(k->a, const char *, (size_t)f->using.n + 1);
    if (!names) {
        k->bad = true;
        return;
    }
    if (f->using.n)
        memcpy(names, f->using.at, (size_t)f->using.n * sizeof *names);
    names[f->using.n] = last_part(l);
    f->using = (sql_names){names, f->using.n + 1};
    if (f->join == SQL_JOIN_INNER && l->type == r->type)
        sql_walk(q, &v);
}

static bool has_bare_star(const sql_select *s)
{
    for (int i = 0; i < s->n_items; i++)
        if (s->items[i].expr->kind == SQL_X_STAR && !s->items[i].expr->parts.n)
            return true;
    return false;
}

static void on(canon *k, sql_from *f, const sql_query *q)
{
    const sql_expr *x = f->on;

    expr(k, f->on);
    orient(f->on, f);
    if (f->join == SQL_JOIN_INNER && !f->asof && x->kind == SQL_X_BOOL && !x->negated) {
        f->on = NULL;
        f->join = SQL_JOIN_CROSS;
        return;
    }
    if ((f->join != SQL_JOIN_INNER && f->join != SQL_JOIN_LEFT) || f->asof ||
        has_bare_star(q->select) || !could_be_using(k, x, f))
        return;
    f->on = NULL;
    to_using(k, x, f, q);
}

static void from(canon *k, sql_from *f, const sql_query *q)
{
    if (f->kind == SQL_F_QUERY)
        query(k, f->query);
    if (f->call)
        expr(k, f->call);
    if (f->kind != SQL_F_JOIN)
        return;
    from(k, f->left, q);
    from(k, f->right, q);
    if (f->join == SQL_JOIN_RIGHT && f->left->kind != SQL_F_JOIN && f->right->kind != SQL_F_JOIN &&
        (f->on || f->using.n) && q->select->n_from == 1 && !has_star(q->select)) {
        sql_from *left = f->left;

        f->left = f->right;
        f->right = left;
        f->join = SQL_JOIN_LEFT;
    }
    if (f->on)
        on(k, f, q);
}

/* a, b is a CROSS JOIN b */
static void commas(canon *k, sql_select *s)
{
    while (s->n_from > 1) {
        sql_from *f = arena_push(k->a, sql_from, 1);

        if (!f) {
            k->bad = true;
            return;
        }
        *f = (sql_from){.kind = SQL_F_JOIN, .join = SQL_JOIN_CROSS, .left = s->from[0],
                        .right = s->from[1], .table = -1, .depth = s->from[0]->depth + 1};
        s->from[1] = f;
        s->from++;
        s->n_from--;
    }
}

/* GROUP BY 2, ORDER BY 2: what it stands for. */
static void by_position(sql_expr **x, const sql_select *s)
{
    const long i = *x && (*x)->kind == SQL_X_NUMBER ? strtol((*x)->text, NULL, 10) : 0;

    if (i >= 1 && i <= s->n_items && !has_star(s))
        *x = s->items[i - 1].expr;
}

static bool is_long(void *arg, const sql_expr *x)
{
    (void)arg;
    return !(x->query || (x->call && x->call->over));
}

/* A long expression that the select list has already is named by its position. */
static void to_position(canon *k, sql_expr **x, const sql_select *s)
{
    const sql_visitor v = {.expr = is_long, .shallow = true};

    if (!*x || has_star(s) || sql_walk_expr(*x, &v))
        return;
    for (int i = 0; i < s->n_items; i++)
        if (sql_expr_equal(*x, s->items[i].expr)) {
            *x = canonical_number(k, i + 1);
            return;
        }
}

/* GROUP BY ALL, spelt out where every item is a group or an aggregate. */
static void group_all(canon *k, sql_select *s)
{
    if (!s->group_all || has_star(s) || !(s->group.at = list(k, s->n_items + 1)))
        return;
    for (int i = 0; i < s->n_items; i++) {
        const sql_visitor v = {.expr = is_long, .shallow = true};

        if (!sql_walk_expr(s->items[i].expr, &v)) {
            s->group.n = 0;
            return;
        }
        if (!expr_has_aggregate(s->items[i].expr))
            s->group.at[s->group.n++] = s->items[i].expr;
    }
    if (s->group.n)
        s->group_all = false;
}

static void one_select(canon *k, sql_query *q)
{
    sql_select *s = q->select;

    commas(k, s);
    for (int i = 0; i < s->n_from; i++)
        from(k, s->from[i], q);
    expr(k, s->where);
    for (int i = 0; i < s->n_items; i++)
        expr(k, s->items[i].expr);
    group_all(k, s);
    for (int i = 0; i < s->group.n; i++)
        by_position(&s->group.at[i], s);
    exprs(k, &s->group);
    expr(k, s->having);
    for (int i = 0; i < s->n_windows; i++)
        window(k, &s->windows[i]);
    exprs(k, &s->distinct_on);
    expr(k, s->qualify);
    for (int i = 0; i < q->order.n; i++)
        by_position(&q->order.at[i].expr, s);
    orders(k, &q->order);
    for (int i = 0; i < q->order.n; i++)
        to_position(k, &q->order.at[i].expr, s);
}

/* ORDER BY of a set operation names its columns by position. */
static void set_order(canon *k, sql_query *q)
{
    const sql_query *first = q;

    while (first->kind == SQL_Q_SET)
        first = first->left;
    for (int i = 0; i < q->order.n; i++) {
        sql_expr **x = &q->order.at[i].expr;

        if (!*x || (*x)->kind == SQL_X_NUMBER)
            continue;
        if ((*x)->kind == SQL_X_COLUMN && !(*x)->source && (*x)->slot > 0 &&
            (*x)->slot <= q->columns.n) {
            *x = canonical_number(k, (*x)->slot);
            continue;
        }
        for (int j = 0; first->select && j < first->select->n_items; j++)
            if (sql_expr_equal(*x, first->select->items[j].expr)) {
                *x = canonical_number(k, j + 1);
                break;
            }
    }
}

static void query(canon *k, sql_query *q)
{
    for (int i = 0; i < q->n_ctes; i++)
        query(k, q->ctes[i].query);
    if (q->kind == SQL_Q_SELECT) {
        one_select(k, q);
    } else if (q->kind == SQL_Q_VALUES) {
        exprs(k, &q->rows);
        orders(k, &q->order);
    } else {
        query(k, q->left);
        query(k, q->right);
        set_order(k, q);
    }
    if (q->offset && q->offset->kind == SQL_X_NUMBER && !strcmp(q->offset->text, "0"))
        q->offset = NULL;
}

void canonical_exprs(canon *k, sql_query *q) { query(k, q); }
