/* keywords.h - the words that SQL keeps for itself.
 *
 * DuckDB's classes: a reserved word is never a bare name; a type-function word
 * is no bare table, column or alias; a column-name word is no function name.
 * The printer quotes all of them; the parser only refuses the first two. */
#ifndef SQL_KEYWORDS_H
#define SQL_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum keyword_class {
    KEYWORD_NONE, KEYWORD_RESERVED, KEYWORD_TYPE_FUNCTION, KEYWORD_COLUMN_NAME,
} keyword_class;

/* Of a word in any case. */
keyword_class keyword_class_of(const char *word, size_t n);
/* Further words that PostgreSQL, SQLite or Trino keep. */
bool keyword_foreign(const char *word, size_t n);

/* The main spelling of a part of a date ("MONTHS", "mon" -> "month"), for
 * EXTRACT and date_trunc; NULL if it is none. */
const char *date_part_find(const char *text);
bool date_part_truncates(const char *part); /* may date_trunc and date_diff have it? */

#endif
