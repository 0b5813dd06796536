/* bind_type.c - the type of an expression, roughly: enough to choose a chart
 * and to tell a date from a number. What is not known stays unknown. */
#include <string.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/functions.h"

static bool is_number(sql_type t)
{
    return t == SQL_T_INTEGER || t == SQL_T_DECIMAL || t == SQL_T_DOUBLE;
}

sql_type type_common(sql_type a, sql_type b)
{
    if (a == SQL_T_NULL || a == b)
        return b;
    if (b == SQL_T_NULL)
        return a;
    if (is_number(a) && is_number(b))
        return a > b ? a : b; /* in the order of the enum */
    if (a == SQL_T_BOOLEAN && is_number(b))
        return b;
    if (b == SQL_T_BOOLEAN && is_number(a))
        return a;
    if ((a == SQL_T_DATE && b == SQL_T_TIMESTAMP) || (a == SQL_T_TIMESTAMP && b == SQL_T_DATE))
        return SQL_T_TIMESTAMP;
    if (a == SQL_T_TEXT && b != SQL_T_UNKNOWN) /* a literal takes the other's type */
        return b;
    if (b == SQL_T_TEXT && a != SQL_T_UNKNOWN)
        return a;
    return SQL_T_UNKNOWN;
}

/* Of a column that two sides of a set operation give. */
sql_type type_union(sql_type a, sql_type b)
{
    return a == SQL_T_TEXT || b == SQL_T_TEXT ? SQL_T_TEXT : type_common(a, b);
}

static sql_type arithmetic(sql_op op, sql_type a, sql_type b)
{
    const bool a_time = a == SQL_T_DATE || a == SQL_T_TIMESTAMP;
    const bool b_time = b == SQL_T_DATE || b == SQL_T_TIMESTAMP;

    if (a_time && b == SQL_T_INTERVAL)
        return SQL_T_TIMESTAMP;
    if (a == SQL_T_INTERVAL && b_time)
        return SQL_T_TIMESTAMP;
    if (op == SQL_OP_SUB && a == SQL_T_DATE && b == SQL_T_DATE)
        return SQL_T_INTEGER;
    if (op == SQL_OP_SUB && a_time && b_time)
        return SQL_T_INTERVAL;
    if (a == SQL_T_DATE && b == SQL_T_INTEGER)
        return SQL_T_DATE;
    if (a == SQL_T_INTEGER && b == SQL_T_DATE)
        return SQL_T_DATE;
    if (a == SQL_T_INTERVAL || b == SQL_T_INTERVAL)
        return SQL_T_INTERVAL;
    if (is_number(a) && b == SQL_T_TEXT) /* a literal takes the other's type */
        return a;
    if (is_number(b) && a == SQL_T_TEXT)
        return b;
    return is_number(a) && is_number(b) ? type_common(a, b) : SQL_T_UNKNOWN;
}

static sql_type binary(const sql_expr *x)
{
    const sql_type a = x->args.at[0]->type, b = x->args.at[1]->type;

    switch (x->op) {
    case SQL_OP_ADD:
    case SQL_OP_SUB:
    case SQL_OP_MUL:
    case SQL_OP_MOD:
        return arithmetic(x->op, a, b);
    case SQL_OP_DIV:
        return a == SQL_T_INTERVAL ? a : SQL_T_DOUBLE;
    case SQL_OP_INT_DIV:
        return type_common(a, b);
    case SQL_OP_POW:
        return SQL_T_DOUBLE;
    case SQL_OP_CONCAT:
        return a == SQL_T_LIST || b == SQL_T_LIST ? SQL_T_LIST : SQL_T_TEXT;
    case SQL_OP_JSON_TEXT:
        return SQL_T_TEXT;
    case SQL_OP_JSON:
        return SQL_T_OTHER;
    case SQL_OP_BIT_AND:
    case SQL_OP_BIT_OR:
    case SQL_OP_SHIFT_LEFT:
    case SQL_OP_SHIFT_RIGHT:
        return SQL_T_INTEGER;
    default:
        return SQL_T_BOOLEAN;
    }
}

static sql_type case_type(const sql_expr *x)
{
    sql_type t = SQL_T_NULL;
    int i = x->has_operand;

    for (; i + 1 < x->args.n; i += 2)
        t = type_common(t, x->args.at[i + 1]->type);
    return i < x->args.n ? type_common(t, x->args.at[i]->type) : t;
}

static sql_type argument(const sql_expr *x, int i)
{
    return i < x->args.n ? x->args.at[i]->type : SQL_T_UNKNOWN;
}

static bool is_finer_than_day(const char *unit)
{
    static const char *const units[] = {"hour", "minute", "second", "millisecond", "microsecond"};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (!strncmp(unit, units[i], strlen(units[i])))
            return true;
    return false;
}

/* date_trunc of a DATE by a unit of a day or more stays a DATE. */
static sql_type truncated(const sql_expr *x)
{
    const sql_expr *unit = x->args.n == 2 ? x->args.at[0] : NULL;

    if (unit && x->args.at[1]->type == SQL_T_DATE && unit->kind == SQL_X_STRING &&
        !is_finer_than_day(unit->text))
        return SQL_T_DATE;
    return argument(x, 1) == SQL_T_INTERVAL ? SQL_T_INTERVAL : SQL_T_TIMESTAMP;
}

static sql_type common_of_all(const sql_expr *x)
{
    sql_type t = SQL_T_NULL;

    for (int i = 0; i < x->args.n; i++)
        t = type_common(t, x->args.at[i]->type);
    return t;
}

static sql_type call(const sql_expr *x)
{
    const char *name = x->text;

    if (!strcmp(name, "coalesce") || !strcmp(name, "greatest") || !strcmp(name, "least") ||
        !strcmp(name, "ifnull"))
        return common_of_all(x);
    if (!strcmp(name, "concat") && common_of_all(x) == SQL_T_LIST)
        return SQL_T_LIST;
    if (!strcmp(name, "epoch_ms"))
        return argument(x, 0) == SQL_T_INTEGER ? SQL_T_TIMESTAMP : SQL_T_INTEGER;
    if (!strcmp(name, "list_median"))
        return SQL_T_DOUBLE;
    if (!strcmp(name, "if"))
        return type_common(argument(x, 1), argument(x, 2));
    if (str_starts(name, "percentile_"))
        return x->call->order.n ? x->call->order.at[0].expr->type : SQL_T_UNKNOWN;
    if (!strcmp(name, "avg"))
        return is_number(argument(x, 0)) || argument(x, 0) == SQL_T_UNKNOWN ? SQL_T_DOUBLE
                                                                            : argument(x, 0);
    if (!strcmp(name, "median") || !strcmp(name, "quantile_cont"))
        return argument(x, 0) == SQL_T_INTEGER ? SQL_T_DOUBLE
               : argument(x, 0) == SQL_T_DATE  ? SQL_T_TIMESTAMP : argument(x, 0);
    if ((!strcmp(name, "max") || !strcmp(name, "min") || !strncmp(name, "arg_m", 5)) &&
        x->args.n == (name[0] == 'a' ? 3 : 2))
        return SQL_T_LIST;
    switch (x->function ? x->function->result : '?') {
    case 'i': return SQL_T_INTEGER;
    case 'd': return SQL_T_DOUBLE;
    case 'c': return SQL_T_DECIMAL;
    case 't': return SQL_T_TEXT;
    case 'D': return SQL_T_DATE;
    case 'S': return SQL_T_TIMESTAMP;
    case 'T': return SQL_T_TIME;
    case 'I': return SQL_T_INTERVAL;
    case 'b': return SQL_T_BOOLEAN;
    case 'l': return SQL_T_LIST;
    case 's': return SQL_T_STRUCT;
    case '1': return argument(x, 0);
    case '2': return argument(x, 1);
    case '3': return argument(x, 2);
    case '+': return argument(x, 0) == SQL_T_BOOLEAN ? SQL_T_INTEGER : argument(x, 0);
    case 'm': return truncated(x);
    default:  return SQL_T_UNKNOWN;
    }
}

static sql_type number(const char *text)
{
    if (text[0] == '0' && text[1] == 'x')
        return SQL_T_INTEGER;
    return strchr(text, 'e') ? SQL_T_DOUBLE : strchr(text, '.') ? SQL_T_DECIMAL : SQL_T_INTEGER;
}

sql_type type_of(const sql_expr *x)
{
    switch (x->kind) {
    case SQL_X_NULL:      return SQL_T_NULL;
    case SQL_X_NUMBER:    return number(x->text);
    case SQL_X_STRING:    return SQL_T_TEXT;
    case SQL_X_INTERVAL:  return SQL_T_INTERVAL;
    case SQL_X_TYPED:
    case SQL_X_CAST:      return sql_type_of_text(x->type_text);
    case SQL_X_COLUMN:    return x->type;
    case SQL_X_UNARY:     return x->op == SQL_OP_NOT ? SQL_T_BOOLEAN : argument(x, 0);
    case SQL_X_BINARY:    return binary(x);
    case SQL_X_BOOL:
    case SQL_X_LIKE:
    case SQL_X_BETWEEN:
    case SQL_X_IN:
    case SQL_X_IS:
    case SQL_X_EXISTS:
    case SQL_X_QUANTIFIED: return SQL_T_BOOLEAN;
    case SQL_X_QUERY:
        return x->query->columns.n == 1 ? x->query->columns.at[0].type : SQL_T_UNKNOWN;
    case SQL_X_CASE:      return case_type(x);
    case SQL_X_CALL:      return call(x);
    case SQL_X_EXTRACT:
        return !strcmp(x->text, "epoch") || !strcmp(x->text, "julian") ? SQL_T_DOUBLE
                                                                       : SQL_T_INTEGER;
    case SQL_X_COLLATE:   return SQL_T_TEXT;
    case SQL_X_AT_ZONE:   return SQL_T_TIMESTAMP;
    case SQL_X_LIST:      return SQL_T_LIST;
    case SQL_X_SLICE:     return argument(x, 0);
    case SQL_X_STRUCT:
    case SQL_X_ROW:       return SQL_T_STRUCT;
    case SQL_X_INDEX:     return argument(x, 0) == SQL_T_TEXT ? SQL_T_TEXT : SQL_T_UNKNOWN;
    case SQL_X_FIELD:
    case SQL_X_STAR:
    case SQL_X_GROUPING:  return SQL_T_UNKNOWN;
    }
    return SQL_T_UNKNOWN;
}
