/* canonical.h - one spelling per meaning: what models are taught to write.
 *
 *     const char *text = sql_canonical(a, "SELECT T1.name FROM singer AS T1 …", catalog, &e);
 *     FROM singer JOIN concert ON singer.id = concert.singer_id WHERE year = 2014 SELECT name
 *
 * Clauses stand in the order in which they are computed (FROM, WHERE, GROUP BY,
 * HAVING, SELECT, QUALIFY, ORDER BY, LIMIT), so every name is in scope before it
 * is used. sql_parse reads it; sql_print turns it into SELECT first.
 *
 *   - Tables have no alias, unless the name stands there already (t1, t2 …);
 *     subqueries in FROM and WITH are q1, q2 …, their unnamed columns c1, c2 ….
 *   - JOIN … USING (a) where ON compares columns of one name (and no * is selected).
 *   - Columns are bare where one table of this FROM has them; `table.column` where
 *     more have, always in ON, and always for a column of a query further out.
 *   - Names have the catalog's case, functions are lower case, keywords upper case.
 *   - The aliases of the result's columns are dropped; what used one repeats the
 *     expression (ORDER BY a subquery or a window function: its position).
 *   - Comparisons have the literal right, in ON the earlier table left; NOT is
 *     drawn into comparisons; AND and OR lean left; casts that change nothing go,
 *     also those to DOUBLE in a division, which gives a DOUBLE anyway, and ELSE NULL.
 *   - count_if(c) for sums and counts of CASE WHEN c THEN 1 [ELSE 0] END (0 where a
 *     sum over no rows were NULL); year(x) for EXTRACT, date_part, strftime of it;
 *     dates beside a date column are plain strings. docs/adr has the reasons. */
#ifndef SQL_CANONICAL_H
#define SQL_CANONICAL_H

#include "sql/sql.h"

/* Parse, bind, rewrite, print; the result parses and binds again, and is its own
 * canonical form. What has no canonical form (NATURAL and FULL JOIN USING, UNION
 * BY NAME …) is printed FROM first as it is. NULL with the parser's or binder's
 * error, or ERR_NOMEM. */
MUST_CHECK char *sql_canonical(arena *a, const char *text, const db_catalog *c, err *e);

#endif
