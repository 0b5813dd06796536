/* eval.h - are two results the same rows?
 *
 * The rule: rows are equal as a multiset, in order only where the gold query
 * orders at its top level; columns may come in another order but not in
 * another number; integers compare exactly, other numbers to 1e-4 relative; a
 * DATE equals a TIMESTAMP at its midnight; text and number are different.
 * Where the gold ends in ORDER BY ... LIMIT n and the cut falls into a tie, the
 * rows above the tie are required and any of the tied are accepted. */
#ifndef EVAL_EVAL_H
#define EVAL_EVAL_H

#include <stdbool.h>

#include "base/str.h"
#include "db/db.h"

enum { EVAL_MAX_COLUMNS = 12 };

/* `why` (initialised; may be NULL) says the first difference found. */
bool eval_rows_equal(const db_result *gold, const db_result *mine, bool ordered, str *why);

/* As above for a gold cut by LIMIT: `uncut` is the gold run without it, in its
 * order. Rows are tied when they agree in every column by which `uncut` is
 * sorted (a column that never rises or never falls over all of its rows). */
bool eval_rows_equal_cut(const db_result *gold, const db_result *uncut,
                         const db_result *mine, str *why);

/* The gold statement without its final LIMIT n (no OFFSET), owned, or NULL when
 * it does not end in one. *ordered: does its top level end in an ORDER BY? Works
 * on text: strings, comments and parentheses are skipped. */
char *eval_without_limit(const char *sql, bool *ordered);

#endif
