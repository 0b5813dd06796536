/* words.h - a question cut into words, and words compared as people mean them.
 *
 * A token remembers its place in the question, so that what nobody used can be
 * shown as it was typed. Comparing is done on `fold` (lower case, no accents)
 * and `stem` (singular); "sales", "Sale's" and "SALES" are one word.
 *
 * Everything is in the arena given. */
#ifndef AGENT_WORDS_H
#define AGENT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"

typedef struct token {
    size_t offset, n_bytes;
    const char *text; /* as typed */
    const char *fold; /* "zurich"; "euro" for the sign, "and" for '&', "to" for a dash */
    const char *stem; /* "region" for "regions", "story" for "stories" */
    const char *also; /* another form it stands for ("running" for "ran"), or NULL */
    char before;      /* ',' ';' '.' '(' '"' ':' between it and the token before; 0: blank */
    bool glued;       /* a hyphen joins it to the token before */
    bool capital;     /* begins with a capital letter */
    bool is_number;   /* 500, 1,200, 1.5m, 20%, "five" */
    bool is_integer;  /* written as plain digits: may be a year or a day */
    bool is_ordinal;  /* 3rd, "third" */
    double number;
} token;

typedef struct tokens {
    const token *at;
    int n;
} tokens;

/* At most `max` tokens; false if there are more, or the arena is full. `text`
 * must be valid UTF-8. */
MUST_CHECK bool words_cut(const char *text, int max, arena *a, tokens *out);

/* Lower case without accents; NULL if the arena is full. */
MUST_CHECK const char *word_fold(const char *text, size_t n, arena *a);
/* Singular of a folded word; the word itself where English has no other. */
MUST_CHECK const char *word_stem(const char *fold, arena *a);

/* How far a typed word may be from a known one: 0 below 5 letters (but two
 * letters of four may have changed places), 1 up to 7, 2 above. The answer of
 * word_typo is the distance, or -1 when it is too far (a changed first letter
 * counts as too far for short words). */
int word_typo_limit(size_t n_letters);
int word_typo(const char *typed, const char *known);

/* A phrase of a table ("year over year") at token i, compared by fold, then by
 * stem; the number of tokens it takes, or 0. */
int words_match(const tokens *t, int i, const char *phrase);

/* Whether one of the words in `list` (separated by '|') is the token's fold. */
bool word_in(const token *t, const char *list);

#endif
