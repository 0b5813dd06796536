/* bind_exact.c - how wide an integer is, and of what a list is made.
 *
 * DuckDB casts an integer to a wider one unasked, never to a narrower one: a
 * function that takes INTEGER refuses a BIGINT. Results as DuckDB 2.0.0 gives
 * them (typeof). What is not known stays unknown and passes. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sql/bind_impl.h"
#include "sql/functions.h"

sql_width width_of_text(const char *type)
{
    static const struct { const char *name; sql_width width; } widths[] = {
        {"TINYINT", SQL_W_SMALL}, {"SMALLINT", SQL_W_SMALL}, {"UTINYINT", SQL_W_SMALL},
        {"USMALLINT", SQL_W_SMALL}, {"INTEGER", SQL_W_INT}, {"UINTEGER", SQL_W_UINT},
        {"BIGINT", SQL_W_BIG}, {"UBIGINT", SQL_W_UBIG}, {"HUGEINT", SQL_W_HUGE},
        {"UHUGEINT", SQL_W_HUGE}};

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
        if (!strcasecmp(type, widths[i].name))
            return widths[i].width;
    return SQL_W_UNKNOWN;
}

sql_type element_of_text(const char *type)
{
    const size_t n = strlen(type);
    char element[64];

    if (n < 3 || n > sizeof element || type[n - 1] != ']')
        return SQL_T_UNKNOWN;
    memcpy(element, type, n);
    element[strcspn(element, "[")] = 0;
    return strchr(strchr(type, '[') + 1, '[') ? SQL_T_LIST : sql_type_of_text(element);
}

static bool is_signed(sql_width w) { return w == SQL_W_SMALL || w == SQL_W_INT || w == SQL_W_BIG; }

/* The type that holds both. */
sql_width width_common(sql_width a, sql_width b)
{
    const sql_width low = a < b ? a : b, high = a < b ? b : a;

    if (low == SQL_W_UNKNOWN)
        return SQL_W_UNKNOWN;
    if (high == SQL_W_UINT && is_signed(low))
        return SQL_W_BIG;
    if (high == SQL_W_UBIG && is_signed(low))
        return SQL_W_HUGE;
    return high;
}

static sql_width of_number(const char *text)
{
    size_t n;

    while (*text == '0')
        text++;
    n = strlen(text);
    return n < 10 ? SQL_W_LITERAL : n < 19 ? SQL_W_BIG : SQL_W_HUGE;
}

static sql_width of_arguments(const sql_expr *x, int from, int step)
{
    sql_width w = SQL_W_LITERAL;

    for (int i = from; i < x->args.n; i += step)
        if (x->args.at[i]->type != SQL_T_NULL)
            w = width_common(w, x->args.at[i]->type == SQL_T_INTEGER ? x->args.at[i]->width : SQL_W_UNKNOWN);
    return w == SQL_W_LITERAL && x->args.n ? SQL_W_INT : w;
}

static sql_width of_call(const sql_expr *x)
{
    static const struct { const char *name; sql_width width; } results[] = {
        {"sum", SQL_W_HUGE}, {"count_if", SQL_W_HUGE}, {"regr_count", SQL_W_UINT},
        {"list_sum", SQL_W_HUGE}, {"factorial", SQL_W_HUGE}, {"bit_count", SQL_W_SMALL}, {"sign", SQL_W_SMALL},
        {"ascii", SQL_W_INT}, {"unicode", SQL_W_INT}, {"list_position", SQL_W_INT},
        {"list_unique", SQL_W_UBIG}, {"cardinality", SQL_W_UBIG}, {"json_array_length", SQL_W_UBIG},
        {"xor", SQL_W_UNKNOWN}, {"mod", SQL_W_UNKNOWN}, {"divide", SQL_W_UNKNOWN}};
    const char result = x->function ? x->function->result : '?';

    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        if (!strcmp(x->text, results[i].name))
            return results[i].width;
    if (!strcmp(x->text, "coalesce") || !strcmp(x->text, "greatest") || !strcmp(x->text, "least") ||
        !strcmp(x->text, "ifnull"))
        return of_arguments(x, 0, 1);
    if (!strcmp(x->text, "if"))
        return of_arguments(x, 1, 1);
    if (result == '1' || result == '+')
        return x->args.n ? x->args.at[0]->width : SQL_W_UNKNOWN;
    return result == 'i' ? SQL_W_BIG : SQL_W_UNKNOWN;
}

static sql_width width_of(const sql_expr *x)
{
    switch (x->kind) {
    case SQL_X_NUMBER: return of_number(x->text);
    case SQL_X_CAST: return width_of_text(x->type_text);
    case SQL_X_UNARY: return x->args.at[0]->width;
    case SQL_X_BINARY:
        if (x->op == SQL_OP_SHIFT_LEFT || x->op == SQL_OP_SHIFT_RIGHT)
            return x->args.at[0]->width;
        if (x->args.at[0]->type == SQL_T_DATE) /* days between */
            return SQL_W_BIG;
        return of_arguments(x, 0, 1);
    case SQL_X_CASE: {
        const int n = x->args.n - x->has_operand;
        sql_width w = of_arguments(x, x->has_operand + 1, 2);

        return n % 2 ? width_common(w, x->args.at[x->args.n - 1]->width) : w;
    }
    case SQL_X_CALL: return of_call(x);
    case SQL_X_EXTRACT: return SQL_W_BIG;
    case SQL_X_QUERY: return x->query->columns.n == 1 ? x->query->columns.at[0].width : SQL_W_UNKNOWN;
    default: return SQL_W_UNKNOWN;
    }
}

/* ---- lists ------------------------------------------------------------ */

static sql_type of_all(const sql_expr *x)
{
    sql_type t = SQL_T_NULL;

    for (int i = 0; i < x->args.n; i++)
        t = type_common(t, x->args.at[i]->type);
    return t == SQL_T_NULL ? SQL_T_UNKNOWN : t;
}

static sql_type element_of(const sql_expr *x)
{
    static const char *const texts[] = {"string_split", "regexp_extract_all", "regexp_split_to_array",
                                        "json_keys"};

    switch (x->kind) {
    case SQL_X_LIST: return of_all(x);
    case SQL_X_CAST: return element_of_text(x->type_text);
    case SQL_X_SLICE: return x->args.at[0]->element;
    case SQL_X_CASE:
        return x->args.n > x->has_operand + 1 ? x->args.at[x->has_operand + 1]->element : SQL_T_UNKNOWN;
    case SQL_X_QUERY: return x->query->columns.n == 1 ? x->query->columns.at[0].element : SQL_T_UNKNOWN;
    case SQL_X_CALL: break;
    default: return SQL_T_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!strcmp(x->text, texts[i]))
            return SQL_T_TEXT;
    if (!strcmp(x->text, "range") || !strcmp(x->text, "generate_series"))
        return x->args.n && x->args.at[0]->type == SQL_T_INTEGER ? SQL_T_INTEGER : SQL_T_UNKNOWN;
    if (!strcmp(x->text, "list_value"))
        return of_all(x);
    if (!x->args.n || !strcmp(x->text, "flatten"))
        return SQL_T_UNKNOWN;
    if (!strcmp(x->text, "array_agg") || !strcmp(x->text, "approx_top_k") ||
        ((!strcmp(x->text, "max") || !strcmp(x->text, "min")) && x->args.n == 2))
        return x->args.at[0]->type;
    return x->args.at[0]->type == SQL_T_LIST ? x->args.at[0]->element : SQL_T_UNKNOWN;
}

/* What a call or an index takes out of a list. */
static bool takes_out(const sql_expr *x)
{
    return x->kind == SQL_X_INDEX ||
           (x->kind == SQL_X_CALL && (!strcmp(x->text, "list_extract") || !strcmp(x->text, "list_max") ||
                                      !strcmp(x->text, "list_min") || !strcmp(x->text, "unnest")));
}

void exact_of(sql_expr *x)
{
    if (takes_out(x) && x->args.n && x->args.at[0]->type == SQL_T_LIST)
        x->type = x->args.at[0]->element;
    if (takes_out(x) && x->args.n && x->args.at[0]->type == SQL_T_TEXT)
        x->type = SQL_T_TEXT;
    if (x->kind == SQL_X_CALL && !strcmp(x->text, "list_sum") && x->args.n)
        x->type = x->args.at[0]->element;
    if (x->kind == SQL_X_CALL && x->type == SQL_T_INTEGER &&
        (!strcmp(x->text, "ceil") || !strcmp(x->text, "floor") || !strcmp(x->text, "mad")))
        x->type = SQL_T_DOUBLE;
    x->width = x->type == SQL_T_INTEGER ? width_of(x) : SQL_W_UNKNOWN;
    x->element = x->type == SQL_T_LIST ? element_of(x) : SQL_T_UNKNOWN;
}
