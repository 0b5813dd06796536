/* bind_check.c - does DuckDB take these types together?
 *
 * Only what is known to be refused is refused: an unknown type, NULL, and what
 * lies behind casts pass. DuckDB's rules, observed: = and IN take any two
 * types; < and CASE want two of a family; a string literal takes the type of
 * its partner; nothing else is cast from or to text without being asked. */
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/functions.h"
#include "sql/keywords.h"

static bool any(sql_type t)
{
    return t == SQL_T_UNKNOWN || t == SQL_T_NULL || t == SQL_T_OTHER;
}

static bool number(sql_type t)
{
    return t == SQL_T_INTEGER || t == SQL_T_DECIMAL || t == SQL_T_DOUBLE;
}

static bool day(sql_type t) { return t == SQL_T_DATE || t == SQL_T_TIMESTAMP; }

static bool literal(const sql_expr *x) { return x->kind == SQL_X_STRING; }

bool types_compare(sql_type a, sql_type b)
{
    if (any(a) || any(b) || a == b)
        return true;
    if ((number(a) && number(b)) || (day(a) && day(b)))
        return true;
    return (a == SQL_T_BOOLEAN && b == SQL_T_INTEGER) ||
           (a == SQL_T_INTEGER && b == SQL_T_BOOLEAN);
}

static bool compares(const sql_expr *a, const sql_expr *b)
{
    if (a->type == SQL_T_LIST && b->type == SQL_T_LIST && a->element != SQL_T_UNKNOWN &&
        b->element != SQL_T_UNKNOWN)
        return types_compare(a->element, b->element);
    return literal(a) || literal(b) || types_compare(a->type, b->type);
}

static bool cant_mix(binder *b, const sql_expr *x, sql_type one, sql_type two)
{
    return bind_fail(b, ERR_REFUSED, x->at, "%s and %s can't be compared or mixed here; use CAST",
                     sql_type_name(one), sql_type_name(two));
}

/* Each two of args[from], args[from + step] …; of very many, each with the first. */
static bool mix(binder *b, const sql_expr *x, int from, int step, bool last)
{
    for (int i = from; i < x->args.n; i += step)
        for (int k = from; k < i && (k == from || x->args.n < 200); k += step)
            if (!compares(x->args.at[k], x->args.at[i]))
                return cant_mix(b, x->args.at[i], x->args.at[k]->type, x->args.at[i]->type);
    for (int k = from; last && k + 1 < x->args.n; k += step)
        if (!compares(x->args.at[k], x->args.at[x->args.n - 1]))
            return cant_mix(b, x, x->args.at[k]->type, x->args.at[x->args.n - 1]->type);
    return true;
}

static bool add(sql_op op, sql_type a, sql_type b)
{
    if (a == SQL_T_INTERVAL || b == SQL_T_INTERVAL) {
        const sql_type other = a == SQL_T_INTERVAL ? b : a;

        return (op == SQL_OP_ADD || b == SQL_T_INTERVAL) &&
               (day(other) || other == SQL_T_TIME || other == SQL_T_INTERVAL);
    }
    if (op == SQL_OP_SUB)
        return (day(a) && day(b)) || (a == SQL_T_DATE && b == SQL_T_INTEGER);
    return (a == SQL_T_DATE && (b == SQL_T_INTEGER || b == SQL_T_TIME)) ||
           (b == SQL_T_DATE && (a == SQL_T_INTEGER || a == SQL_T_TIME)) ||
           (a == SQL_T_LIST && b == SQL_T_LIST);
}

/* One side is a string literal. */
static bool with_literal(sql_op op, sql_type other, bool literal_right)
{
    if (any(other))
        return true;
    if (op == SQL_OP_DIV)
        return literal_right && (number(other) || other == SQL_T_INTERVAL);
    if (op == SQL_OP_SUB)
        return number(other) || other == SQL_T_TIME || other == SQL_T_INTERVAL;
    if (op == SQL_OP_ADD)
        return other == SQL_T_DECIMAL || other == SQL_T_DOUBLE || other == SQL_T_TIMESTAMP;
    return false; /* INTEGER * '2' would pass, BIGINT would not */
}

/* DATE + n: n is an INTEGER at most. */
static bool too_wide(const sql_expr *l, const sql_expr *r)
{
    return (l->type == SQL_T_DATE && r->type == SQL_T_INTEGER && r->width > SQL_W_INT) ||
           (r->type == SQL_T_DATE && l->type == SQL_T_INTEGER && l->width > SQL_W_INT);
}

static bool arithmetic(sql_op op, const sql_expr *l, const sql_expr *r)
{
    const sql_type a = l->type, b = r->type;

    if (too_wide(l, r))
        return false;

    if (literal(l) && literal(r))
        return false;
    if (literal(l) || literal(r))
        return with_literal(op, literal(l) ? b : a, literal(r));
    if (number(a) && number(b))
        return true;
    if (any(a) || any(b)) { /* NULL does not help what has no arithmetic */
        const sql_type other = any(a) ? b : a;

        return (a != SQL_T_NULL && b != SQL_T_NULL) ||
               (other != SQL_T_TEXT && other != SQL_T_BOOLEAN && other != SQL_T_STRUCT);
    }
    if (op == SQL_OP_ADD || op == SQL_OP_SUB)
        return add(op, a, b);
    if (op == SQL_OP_MUL)
        return (a == SQL_T_INTERVAL && number(b)) || (number(a) && b == SQL_T_INTERVAL);
    return op == SQL_OP_DIV && a == SQL_T_INTERVAL && number(b);
}

static bool is_text(const sql_expr *x) { return any(x->type) || x->type == SQL_T_TEXT; }

static bool check_binary(binder *b, const sql_expr *x)
{
    const sql_expr *l = x->args.at[0], *r = x->args.at[1];

    switch (x->op) {
    case SQL_OP_LT:
    case SQL_OP_LE:
    case SQL_OP_GT:
    case SQL_OP_GE:
        return compares(l, r) || cant_mix(b, x, l->type, r->type);
    case SQL_OP_ADD:
    case SQL_OP_SUB:
    case SQL_OP_MUL:
    case SQL_OP_DIV:
    case SQL_OP_INT_DIV:
    case SQL_OP_MOD:
    case SQL_OP_POW:
        return arithmetic(x->op, l, r) ||
               bind_fail(b, ERR_REFUSED, x->at, "no arithmetic between %s and %s; use CAST",
                         sql_type_name(l->type), sql_type_name(r->type));
    case SQL_OP_BIT_AND:
    case SQL_OP_BIT_OR:
    case SQL_OP_SHIFT_LEFT:
    case SQL_OP_SHIFT_RIGHT:
        if ((any(l->type) || l->type == SQL_T_INTEGER) && (any(r->type) || r->type == SQL_T_INTEGER))
            return true;
        return bind_fail(b, ERR_REFUSED, x->at, "bit operators need integers");
    case SQL_OP_AND:
    case SQL_OP_OR:
        return bind_condition(b, l) && bind_condition(b, r);
    case SQL_OP_CONCAT:
        return bind_concat(b, x);
    case SQL_OP_CONTAINS:
    case SQL_OP_CONTAINED:
    case SQL_OP_OVERLAPS:
        return bind_list_operands(b, x);
    case SQL_OP_REGEX:
    case SQL_OP_NOT_REGEX:
    case SQL_OP_STARTS_WITH:
        return (is_text(l) && is_text(r)) ||
               bind_fail(b, ERR_REFUSED, x->at, "this operator needs text; use CAST");
    default:
        return true;
    }
}

static bool check_quantified(binder *b, const sql_expr *x)
{
    const sql_type t = x->query && x->query->columns.n ? x->query->columns.at[0].type
                                                       : SQL_T_UNKNOWN;
    const sql_expr *l = x->args.at[0];

    return literal(l) || types_compare(l->type, t) || cant_mix(b, x, l->type, t);
}

static bool check_in(binder *b, const sql_expr *x)
{
    return !x->query || x->args.at[0]->kind == SQL_X_ROW || check_quantified(b, x);
}

/* ---- functions -------------------------------------------------------- */

static bool find_column(void *arg, const sql_expr *x)
{
    return !(*(bool *)arg = x->kind == SQL_X_COLUMN || x->query);
}

bool expr_is_constant(const sql_expr *x)
{
    bool found = false;
    const sql_visitor v = {.expr = find_column, .arg = &found, .shallow = true};

    sql_walk_expr(x, &v);
    return !found;
}

/* The classes of sql_function.args. */
static bool fits(char class, const sql_expr *x)
{
    const sql_type t = x->type;

    if (class == 'k')
        return expr_is_constant(x);
    if (class == 'M' || class == 'Z')
        return any(t) || (class == 'Z' && t == SQL_T_STRUCT);
    if (any(t) || class == '.')
        return true;
    if (literal(x))
        return (class >= 'a' && class != 'l') || class == 'L' || class == 'X' || class == 'J';
    switch (class) {
    case 'n': case 'N': return number(t);
    case 'j':           return t == SQL_T_INTEGER && x->width <= SQL_W_INT;
    case 'i':           return t == SQL_T_INTEGER && x->width != SQL_W_UBIG && x->width != SQL_W_HUGE;
    case 'I':           return t == SQL_T_INTEGER;
    case 'J':           return t == SQL_T_TEXT || (t == SQL_T_INTEGER && x->width <= SQL_W_BIG);
    case 'E':           return t == SQL_T_INTEGER || day(t) || t == SQL_T_TIME || t == SQL_T_INTERVAL;
    case 'b':           return t == SQL_T_BOOLEAN;
    case 't':           return t == SQL_T_TEXT;
    case 'l':           return t == SQL_T_LIST;
    case 'd': case 'D': return day(t);
    case 'v':           return t == SQL_T_INTERVAL;
    case 'L':           return t == SQL_T_TEXT || t == SQL_T_LIST;
    case 'P':           return day(t) || t == SQL_T_INTERVAL;
    case 'H':           return day(t) || t == SQL_T_TIME || t == SQL_T_INTERVAL;
    case 'A':           return number(t) || day(t) || t == SQL_T_TIME;
    case 'Q':           return number(t) || day(t) || t == SQL_T_TIME || t == SQL_T_INTERVAL;
    case 'S':           return number(t) || t == SQL_T_BOOLEAN;
    case 'F':           return number(t) || day(t);
    case 'X':           return t == SQL_T_INTEGER || t == SQL_T_DOUBLE || t == SQL_T_TEXT;
    case 'U':           return t == SQL_T_LIST || t == SQL_T_STRUCT;
    default:            return true;
    }
}

/* date_trunc('x', …): no such part. */
static bool check_part(binder *b, const sql_expr *x)
{
    const sql_expr *part = x->args.at[0];
    const char *known = literal(part) ? date_part_find(part->text) : "";

    if (known && (!strcmp(x->text, "date_part") || date_part_truncates(known)))
        return strcmp(x->text, "date_part") || bind_time_part(b, x, known, x->args.at[1]);
    return bind_fail(b, ERR_REFUSED, part->at, "%s knows no '%s'; it knows year, quarter, month, "
                     "week, day, hour …", x->text, part->text);
}

/* Two dates of which neither has a type: DuckDB can't choose the function. */
static bool check_dates(binder *b, const sql_expr *x)
{
    int n_typed = 0, n_literal = 0;

    for (int i = 0; i < x->args.n; i++)
        if (x->function->args[i < 2 ? i : 2] != 't')
            *(literal(x->args.at[i]) ? &n_literal : &n_typed) += 1;
    if (n_typed && (strcmp(x->text, "strftime") || n_literal))
        return true;
    return bind_fail(b, ERR_REFUSED, x->at, "%s needs a date with a type, such as DATE "
                     "'2024-01-31'%s", x->text, n_literal ? "" : ", and a format");
}

static bool check_call(binder *b, const sql_expr *x)
{
    const char *args = x->function->args;

    for (int i = 0; i < x->args.n && *args; i++) {
        if (!fits(*args, x->args.at[i]))
            return bind_fail(b, ERR_REFUSED, x->args.at[i]->at, "%s can't take %s as argument "
                             "%d; use CAST", x->text, sql_type_name(x->args.at[i]->type), i + 1);
        if (args[1])
            args++;
    }
    if (!strcmp(x->text, "coalesce") || !strcmp(x->text, "greatest") ||
        !strcmp(x->text, "least") || !strcmp(x->text, "ifnull"))
        return mix(b, x, 0, 1, false);
    if (!strcmp(x->text, "if"))
        return bind_condition(b, x->args.at[0]) && mix(b, x, 1, 1, false);
    if (!strcmp(x->text, "contains") && x->args.at[0]->type == SQL_T_TEXT && !fits('t', x->args.at[1]))
        return cant_mix(b, x, SQL_T_TEXT, x->args.at[1]->type);
    if ((str_starts(x->text, "date_") && strcmp(x->text, "date_add")) && !check_part(b, x))
        return false;
    if (!strcmp(x->text, "strftime") || !strcmp(x->text, "age") || !strcmp(x->text, "date_diff") ||
        !strcmp(x->text, "date_sub"))
        if (!check_dates(b, x))
            return false;
    return bind_arguments(b, x);
}

bool bind_check(binder *b, const sql_expr *x)
{
    switch (x->kind) {
    case SQL_X_BINARY:
        return check_binary(b, x);
    case SQL_X_UNARY:
        if (x->op == SQL_OP_MINUS && !any(x->type) && !number(x->type) && x->type != SQL_T_INTERVAL)
            return bind_fail(b, ERR_REFUSED, x->at, "no minus before %s", sql_type_name(x->type));
        return x->op != SQL_OP_NOT || bind_condition(b, x->args.at[0]);
    case SQL_X_LIKE:
    case SQL_X_COLLATE:
        for (int i = 0; i < x->args.n; i++)
            if (!is_text(x->args.at[i]))
                return bind_fail(b, ERR_REFUSED, x->args.at[i]->at, "this needs text and not %s; "
                                 "use CAST", sql_type_name(x->args.at[i]->type));
        return true;
    case SQL_X_BETWEEN:
        return mix(b, x, 0, 1, false);
    case SQL_X_CAST:
        return bind_cast(b, x);
    case SQL_X_CASE:
        return bind_conditions(b, x) && mix(b, x, x->has_operand + 1, 2, (x->args.n - x->has_operand) % 2);
    case SQL_X_QUANTIFIED:
        return check_quantified(b, x);
    case SQL_X_IN:
        return check_in(b, x);
    case SQL_X_EXTRACT:
        if (fits('H', x->args.at[0]))
            return bind_time_part(b, x, x->text, x->args.at[0]);
        return bind_fail(b, ERR_REFUSED, x->at, "EXTRACT needs a date or time and not %s; use CAST",
                         sql_type_name(x->args.at[0]->type));
    case SQL_X_FIELD:
        if (any(x->args.at[0]->type) || x->args.at[0]->type == SQL_T_STRUCT || x->args.at[0]->type == SQL_T_OTHER)
            return true;
        return bind_fail(b, ERR_REFUSED, x->at, "%s has no fields: there is no \"%s\" in it",
                         sql_type_name(x->args.at[0]->type), x->text);
    case SQL_X_LIST:
        return bind_elements(b, x);
    case SQL_X_CALL:
        return check_call(b, x);
    default:
        return true;
    }
}
