/* values_match.h - the database's own values, found in a question.
 *
 * The catalog's value index holds the distinct values of text columns. A value
 * is found by all of its words ("Leipzig Mitte", "click and collect"), by all
 * but a trailing number that many values share ("Black Week" of 2021 to 2025),
 * or by its last words when no other value is near ("laptops": every product
 * that ends so). Case, accents and plurals don't matter. */
#ifndef AGENT_VALUES_MATCH_H
#define AGENT_VALUES_MATCH_H

#include "agent/words.h"
#include "db/db.h"
#include "semantic/semantic.h"

typedef enum value_how {
    VALUE_WHOLE,  /* every word of one value */
    VALUE_SERIES, /* all but a trailing number, of several values */
    VALUE_TAIL,   /* the last words, of one or several values */
} value_how;

typedef struct value_hit {
    int dimension;
    value_how how;
    int n_tokens;
    const char *values[SEM_MAX_VALUES]; /* borrowed from the catalog */
    int n_values;
    bool cut; /* more than SEM_MAX_VALUES values fit */
} value_hit;

/* All hits that begin at token i, at most `max`; the number found. */
int values_match_at(const sem_layer *l, const db_catalog *c, const tokens *t, int i,
                    value_hit *hits, int max, arena *a);

/* Calls fn for every word of every value of dimensions with few values, for a
 * list of words that a misspelt one could mean. */
void values_each_word(const sem_layer *l, const db_catalog *c, int most_values, arena *a,
                      void (*fn)(void *arg, const char *folded_word), void *arg);

/* The column behind a dimension; NULL when the catalog has none. */
const db_column *dimension_column(const sem_layer *l, const db_catalog *c, int dimension);

#endif
