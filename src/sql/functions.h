/* functions.h - the functions that a statement may call: the allow-list.
 *
 * In: the deterministic functions of DuckDB that analysts use. Out: whatever
 * reads files, the environment, settings, other databases or the clock, or
 * gives another answer each time; those have a reason of their own. */
#ifndef SQL_FUNCTIONS_H
#define SQL_FUNCTIONS_H

#include <stdbool.h>

#include "sql/tree.h"

typedef enum function_kind {
    FUNCTION_SCALAR, FUNCTION_AGGREGATE, FUNCTION_WINDOW, FUNCTION_TABLE,
} function_kind;

struct sql_function {
    const char *name;
    function_kind kind;
    int min, max;  /* arguments; max -1: any number */
    char result;   /* i integer, d double, c decimal, t text, D date, S timestamp, b boolean,
                    * T time, I interval, l list, s struct, 1 2 3 as that argument,
                    * + as a sum of argument 1, m a time unit: date or timestamp, ? unknown */
    const char *args; /* classes of the arguments, the last one repeated; a string literal
                       * passes for the small ones. n N numbers, i I integers (i: BIGINT or
                       * narrower), j INTEGER or narrower, M map, Z struct, J text or integer,
                       * E integer, date, time or interval, b boolean,
                       * t text, l list, d D date or timestamp, v interval, L text or list,
                       * P D or interval, H P or time, A numbers or D or time, Q A or
                       * interval, S numbers or boolean, F numbers or D, X integer, double
                       * or text, U list or struct, k no column inside, . any */
};

/* Under its main name or another; NULL if it is not in the list. */
const sql_function *function_find(const char *name);
/* The main name ("substr" -> "substring"), or `name` itself. Borrowed. */
const char *function_main_name(const char *name);
/* Why a function is refused, if there is more to say than "not known". */
const char *function_refusal(const char *name);
/* The nearest name in the list, NULL if none is near. */
const char *function_nearest(const char *name);
const sql_function *function_at(int i); /* NULL at the end */

#endif
