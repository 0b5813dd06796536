/* str.h - growing byte strings, and the few things we do with text.
 *
 * A `str` owns its bytes (str_deinit) and is always NUL-terminated once
 * anything was added. Adding can only fail for want of memory; the failure is
 * sticky (`bad`), so a caller adds freely and asks once at the end. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"

typedef struct str {
    char *text; /* owned; NULL while empty */
    size_t n, cap;
    bool bad; /* an addition failed */
} str;

void str_deinit(str *s); /* leaves an empty string; NULL is allowed */
void str_reset(str *s);  /* n = 0, memory kept */
void str_add(str *s, const char *text, size_t n);
void str_adds(str *s, const char *text); /* NUL-terminated */
void str_addc(str *s, char c);
void str_addf(str *s, const char *fmt, ...) PRINTF(2, 3);
const char *str_text(const str *s);   /* "" while empty; borrowed until changed */
char *str_take(str *s);               /* the bytes, now the caller's (free); NULL if bad */

/* Copies into an arena; NULL if it is full (or, for _f, on a bad format). */
char *arena_str(arena *a, const char *text);
char *arena_strn(arena *a, const char *text, size_t n);
char *arena_strf(arena *a, const char *fmt, ...) PRINTF(2, 3);

bool str_equal_nocase(const char *a, const char *b); /* ASCII case only */
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);

/* Length of the UTF-8 character at p (1..4) or 0 if [p, p+n) does not begin
 * with a well-formed one (RFC 3629: no surrogates, no overlong forms). */
size_t utf8_len(const char *p, size_t n);
bool utf8_valid(const char *p, size_t n);

/* Damerau-Levenshtein distance (optimal string alignment) of two ASCII-folded
 * texts, or limit+1 when it is greater than `limit` (limit <= 8). */
int str_distance(const char *a, const char *b, int limit);

#endif
