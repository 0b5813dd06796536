/* sqlite_expr.c - what SQLite means by an expression, in DuckDB's words.
 *
 * SQLite has five kinds of values and columns that prefer one ("affinity"): a
 * text beside a number is read as one where it looks like one, arithmetic reads
 * texts as numbers, LIKE knows no case, whole numbers divide whole. DuckDB has
 * types and casts. (sqlite.org/datatype3.html, lang_expr.html) */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/functions.h"

static bool number(const sql_expr *x)
{
    return x->type == SQL_T_INTEGER || x->type == SQL_T_DECIMAL || x->type == SQL_T_DOUBLE;
}

static bool text(const sql_expr *x) { return x->type == SQL_T_TEXT; }

static bool moment(const sql_expr *x)
{
    return x->type == SQL_T_DATE || x->type == SQL_T_TIMESTAMP || x->type == SQL_T_TIME;
}

/* ---- making nodes ----------------------------------------------------- */

static sql_expr *node(binder *b, sql_kind kind, const sql_expr *of)
{
    sql_expr *x = arena_push(b->a, sql_expr, 1);

    if (!x) {
        bind_nomem(b);
        return NULL;
    }
    x->kind = kind;
    x->at = of->at;
    x->depth = of->depth + 1;
    x->table = x->column = -1;
    return x;
}

static bool set_args(binder *b, sql_expr *x, sql_expr *one, sql_expr *two)
{
    sql_expr **at = arena_push(b->a, sql_expr *, 2);

    if (!at)
        return bind_nomem(b);
    at[0] = one;
    at[1] = two;
    x->args = (sql_exprs){at, two ? 2 : 1};
    return true;
}

/* The argument becomes a cast of itself. */
static bool cast(binder *b, sql_expr **at, const char *type, bool try_cast)
{
    sql_expr *x = node(b, SQL_X_CAST, *at);

    if (!x || !set_args(b, x, *at, NULL))
        return false;
    x->type_text = type;
    x->negated = try_cast;
    x->type = type_of(x);
    *at = x;
    return true;
}

static bool as_text(binder *b, sql_expr **at)
{
    return text(*at) || (*at)->type == SQL_T_NULL || cast(b, at, "VARCHAR", false);
}

static bool as_number(binder *b, sql_expr **at)
{
    sql_expr *x = *at;
    char *end;

    if (!text(x) && !moment(x))
        return true;
    if (x->kind == SQL_X_STRING) { /* '12' is 12 */
        strtod(x->text, &end);
        if (*x->text >= '0' && *x->text <= '9' && !*end && !strpbrk(x->text, "xXeEnNiI")) {
            x->kind = SQL_X_NUMBER;
            x->type = type_of(x);
            return true;
        }
    }
    return cast(b, at, "DOUBLE", true);
}

/* ---- comparisons ------------------------------------------------------ */

/* "12", "-3.5": what SQLite takes for a number. */
static bool looks_numeric(const char *text)
{
    const char *p = text + (*text == '-' || *text == '+');
    const size_t whole = strspn(p, "0123456789");
    const size_t part = p[whole] == '.' ? strspn(p + whole + 1, "0123456789") : 0;

    p += whole + (p[whole] == '.' ? part + 1 : 0);
    return whole + part > 0 && whole + part < 16 && !*p;
}

static bool looks_like_day(const char *text)
{
    static const char shape[] = "dddd-dd-dd";
    size_t i = 0;

    for (; shape[i]; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    return !text[i] || ((text[i] == ' ' || text[i] == 'T') && strlen(text + i) >= 6);
}

static bool literal_number(const sql_expr *x)
{
    return x->kind == SQL_X_NUMBER || (x->kind == SQL_X_UNARY && x->op == SQL_OP_MINUS &&
                                       x->args.at[0]->kind == SQL_X_NUMBER);
}

/* A number against a text, either way round. */
static bool pair_number(binder *b, sql_expr **n, sql_expr **t, bool equality)
{
    if ((*t)->kind == SQL_X_STRING) {
        if (looks_numeric((*t)->text)) {
            if (*(*t)->text == '-' || *(*t)->text == '+' || strchr((*t)->text, '.'))
                return cast(b, t, "DOUBLE", false);
            (*t)->kind = SQL_X_NUMBER;
            (*t)->type = type_of(*t);
            return true;
        }
        return as_text(b, n); /* never equal */
    }
    if (literal_number(*n) && equality && (*n)->kind == SQL_X_NUMBER) {
        (*n)->kind = SQL_X_STRING; /* its digits */
        (*n)->type = SQL_T_TEXT;
        return true;
    }
    return as_number(b, t);
}

static bool pair(binder *b, sql_expr **l, sql_expr **r, bool equality)
{
    if (number(*l) && text(*r))
        return pair_number(b, l, r, equality);
    if (text(*l) && number(*r))
        return pair_number(b, r, l, equality);
    if (moment(*l) && text(*r) && !((*r)->kind == SQL_X_STRING && looks_like_day((*r)->text)))
        return as_text(b, l);
    if (moment(*r) && text(*l) && !((*l)->kind == SQL_X_STRING && looks_like_day((*l)->text)))
        return as_text(b, r);
    if ((moment(*l) && number(*r)) || (number(*l) && moment(*r)))
        return as_text(b, l) && as_text(b, r);
    return true;
}

/* args[0] against each of the others. */
static bool pair_all(binder *b, sql_expr *x, bool equality)
{
    for (int i = 1; i < x->args.n; i++)
        if (!pair(b, &x->args.at[0], &x->args.at[i], equality))
            return false;
    return true;
}

/* x IN (SELECT y …): casts go around x only. */
static bool pair_query(binder *b, sql_expr *x)
{
    sql_expr other = {.kind = SQL_X_COLUMN,
                      .type = x->query->columns.n == 1 ? x->query->columns.at[0].type : SQL_T_UNKNOWN};

    if (number(x->args.at[0]) && text(&other))
        return as_text(b, &x->args.at[0]);
    if (text(x->args.at[0]) && number(&other))
        return as_number(b, &x->args.at[0]);
    if (moment(x->args.at[0]) && text(&other))
        return as_text(b, &x->args.at[0]);
    return true;
}

static bool is_letterless(const char *pattern)
{
    for (; *pattern; pattern++)
        if ((*pattern >= 'a' && *pattern <= 'z') || (*pattern >= 'A' && *pattern <= 'Z'))
            return false;
    return true;
}

static bool like(binder *b, sql_expr *x)
{
    const sql_expr *pattern = x->args.at[1];

    if (x->op == SQL_OP_LIKE && !(pattern->kind == SQL_X_STRING && is_letterless(pattern->text)))
        x->op = SQL_OP_ILIKE;
    return as_text(b, &x->args.at[0]) && as_text(b, &x->args.at[1]);
}

/* ---- arithmetic ------------------------------------------------------- */

static bool binary(binder *b, sql_expr *x)
{
    switch (x->op) {
    case SQL_OP_EQ: case SQL_OP_NE: case SQL_OP_DISTINCT_FROM: case SQL_OP_NOT_DISTINCT_FROM:
        return pair(b, &x->args.at[0], &x->args.at[1], true);
    case SQL_OP_LT: case SQL_OP_LE: case SQL_OP_GT: case SQL_OP_GE:
        return pair(b, &x->args.at[0], &x->args.at[1], false);
    case SQL_OP_DIV: case SQL_OP_ADD: case SQL_OP_SUB: case SQL_OP_MUL: case SQL_OP_MOD:
        if (x->op == SQL_OP_SUB && moment(x->args.at[0]) && moment(x->args.at[1]))
            return true;
        if (!as_number(b, &x->args.at[0]) || !as_number(b, &x->args.at[1]))
            return false;
        if (x->op == SQL_OP_DIV && x->args.at[0]->type == SQL_T_INTEGER &&
            x->args.at[1]->type == SQL_T_INTEGER)
            x->op = SQL_OP_INT_DIV;
        return true;
    default:
        return true;
    }
}

/* CAST: REAL is a double, INTEGER cuts, and what is no number is 0. */
static bool casting(binder *b, sql_expr *x)
{
    sql_expr *from = x->args.at[0];
    const sql_type to = sql_type_of_text(x->type_text);

    if (to == SQL_T_DOUBLE || to == SQL_T_DECIMAL) {
        x->type_text = "DOUBLE";
        x->negated = text(from);
    }
    if (to != SQL_T_INTEGER)
        return true;
    x->type_text = "BIGINT";
    if (from->type == SQL_T_INTEGER || from->type == SQL_T_BOOLEAN)
        return true;
    if (text(from) && !as_number(b, &x->args.at[0]))
        return false;
    if (x->args.at[0]->type == SQL_T_DOUBLE || x->args.at[0]->type == SQL_T_DECIMAL) {
        sql_expr *cut = node(b, SQL_X_CALL, from);

        if (!cut || !set_args(b, cut, x->args.at[0], NULL) ||
            !(cut->call = arena_push(b->a, sql_call, 1)))
            return cut ? bind_nomem(b) : false;
        cut->text = "trunc";
        cut->function = function_find("trunc");
        cut->type = SQL_T_DOUBLE;
        x->args.at[0] = cut;
    }
    return true;
}

/* ---- calls ------------------------------------------------------------ */

bool sqlite_name(binder *b, sql_expr *x)
{
    static const char *const names[][2] = {{"iif", "if"}, {"total", "sum"}, {"char", "chr"},
                                           {"julianday", "julian"}};
    const bool many = x->args.n > 1 && !x->call->distinct && !x->call->over;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(x->text, names[i][0]))
            x->text = names[i][1];
    if (many && (!strcmp(x->text, "max") || !strcmp(x->text, "min")))
        x->text = !strcmp(x->text, "max") ? "greatest" : "least";
    if (!strcmp(x->text, "strftime") && x->args.n == 2) { /* SQLite: format first */
        sql_expr *format = x->args.at[0];

        if (format->kind == SQL_X_STRING || format->loose) {
            x->args.at[0] = x->args.at[1];
            x->args.at[1] = format;
        }
    }
    (void)b;
    return true;
}

/* The arguments that must be text, number or moment in DuckDB. */
static bool argument(binder *b, sql_expr *x, int i, char class)
{
    sql_expr **at = &x->args.at[i];

    switch (class) {
    case 't': return number(*at) || moment(*at) ? as_text(b, at) : true;
    case 'n': case 'N': case 'i': case 'I': case 'S': return as_number(b, at);
    case 'Q': return !text(*at) || as_number(b, at);
    case 'L': return number(*at) || moment(*at) ? as_text(b, at) : true;
    case 'd': case 'D': case 'H': case 'P':
        return !text(*at) || (*at)->kind == SQL_X_STRING || cast(b, at, "TIMESTAMP", true);
    default: return true;
    }
}

/* coalesce(number, text), CASE with both: all of them text. */
static bool even_out(binder *b, sql_expr *x, int from, int step)
{
    bool any_text = false, any_other = false;

    for (int i = from; i < x->args.n; i += step) {
        any_text |= text(x->args.at[i]);
        any_other |= number(x->args.at[i]) || moment(x->args.at[i]);
    }
    for (int i = from; any_text && any_other && i < x->args.n; i += step)
        if (!as_text(b, &x->args.at[i]))
            return false;
    return true;
}

static bool call(binder *b, sql_expr *x)
{
    const char *classes = x->function->args;

    if (!strcmp(x->text, "strftime") && text(x->args.at[0]))
        return cast(b, &x->args.at[0], "TIMESTAMP", x->args.at[0]->kind != SQL_X_STRING);
    for (int i = 0; i < x->args.n && *classes; i++) {
        if (!argument(b, x, i, *classes))
            return false;
        if (classes[1])
            classes++;
    }
    if (!strcmp(x->text, "coalesce") || !strcmp(x->text, "ifnull") || !strcmp(x->text, "greatest") ||
        !strcmp(x->text, "least"))
        return even_out(b, x, 0, 1);
    return true;
}

bool sqlite_expr(binder *b, sql_expr *x)
{
    switch (x->kind) {
    case SQL_X_BINARY: return binary(b, x);
    case SQL_X_LIKE: return x->op == SQL_OP_SIMILAR || like(b, x);
    case SQL_X_BETWEEN: return pair_all(b, x, false);
    case SQL_X_IN: return x->query ? x->args.at[0]->kind == SQL_X_ROW || pair_query(b, x) : pair_all(b, x, true);
    case SQL_X_CAST: return casting(b, x);
    case SQL_X_CALL: return call(b, x);
    case SQL_X_UNARY: return x->op != SQL_OP_MINUS || as_number(b, &x->args.at[0]);
    default: return true;
    }
}
