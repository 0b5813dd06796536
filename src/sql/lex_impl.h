/* lex_impl.h - text to tokens. */
#ifndef SQL_LEX_IMPL_H
#define SQL_LEX_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

typedef enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* an unquoted name or keyword */
    TOKEN_NAME,   /* a "quoted" name; text is the name */
    TOKEN_STRING, /* text is the value */
    TOKEN_NUMBER,
    TOKEN_SYMBOL, /* longest match of an operator or punctuation */
} token_kind;

typedef struct token {
    token_kind kind;
    int at, n;        /* bytes of the source */
    int match;        /* of a "(": how many tokens further its ")" stands; 0: none */
    bool loose; /* NAME in double quotes in SQLite's spelling: perhaps a string */
    const char *text; /* NAME and STRING: decoded; else the source at `at` */
} token;

typedef struct tokens {
    const token *at; /* ends with a TOKEN_END */
    int n;           /* without it */
} tokens;

/* Comments and blanks are skipped. ERR_REFUSED: what is not a token, with
 * line and column; ERR_LIMIT: too long; ERR_NOMEM: the arena is full. */
MUST_CHECK bool lex(arena *a, const char *text, tokens *out, err *e);
/* SQLite's spelling: `name` and [name] too. */
MUST_CHECK bool lex_sqlite(arena *a, const char *text, tokens *out, err *e);

/* The most bytes of text, at most n, that do not end inside a character. */
int whole_characters(const char *text, int n);

/* err_set with "line 1, column 8: " in front. */
bool refuse_at(err *e, err_code code, const char *text, int at, const char *fmt, ...)
    PRINTF(5, 6);

#endif
