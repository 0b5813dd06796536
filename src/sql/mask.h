/* mask.h - which token may come next, so that what is written is a statement.
 *
 *     mask_words *w = mask_words_new(tokenizer, &e);          // once a model
 *     mask_schema *s = mask_schema_new(w, catalog, &e);       // once a database
 *     mask *m = mask_new(s, &(mask_options){…}, &e);          // once a question
 *     how.mask = mask_next, how.admits = mask_admits, how.mask_arg = m;
 *
 * A recogniser of the canonical form (sql/canonical.h) reads the bytes written so
 * far and knows the tables and columns in scope, the types of what was written,
 * and where aggregates may stand; a token may come next if all its bytes may and
 * if the ids written stay a beginning of the tokenizer's own ids for the text.
 * What comes out parses, binds and prepares, and it is closed before the room is
 * used up. docs/adr has the why; test_mask.c proves it on random walks.
 *
 * Ownership: each object borrows the ones it was made from. words and schema are
 * constant and serve any number of threads; a mask belongs to one. */
#ifndef SQL_MASK_H
#define SQL_MASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "db/db.h"
#include "token/token.h"

typedef struct mask_words mask_words;
typedef struct mask_schema mask_schema;
typedef struct mask mask;

MUST_CHECK mask_words *mask_words_new(const tokenizer *t, err *e);
void mask_words_free(mask_words *w); /* NULL is allowed */

/* The names of the catalog as tokens: tens of milliseconds for 20,000 columns. */
MUST_CHECK mask_schema *mask_schema_new(const mask_words *w, const db_catalog *c, err *e);
void mask_schema_free(mask_schema *s);

typedef struct mask_options {
    const char *question, *evidence; /* texts that literals may copy; NULL: none */
    int max_tokens;                  /* the statement has at most so many, without the end */
    const char *refusal;             /* what may be written instead of a statement, with the rest of
                                      * its line; NULL: nothing */
    const int32_t *ends;             /* ids that may end it; borrowed */
    int n_ends;
} mask_options;
MUST_CHECK mask *mask_new(const mask_schema *s, const mask_options *o, err *e);
void mask_free(mask *m);

/* A gemma_mask_fn: the ids that may follow `written`, ascending, borrowed until the
 * next call. -1: too many to list (free text, long lists of values): any id that
 * mask_admits. 0 never happens for ids that the mask offered. Timelines may
 * alternate (beams); going on with one is cheap. */
int mask_next(void *m, const int32_t *written, int n_written, const int32_t **ids);
/* May this id follow what the last call of mask_next was asked about? */
bool mask_admits(void *m, int32_t id);

/* The text of the ids last asked about; borrowed until the next call. */
const char *mask_text(const mask *m);
/* May it end there? */
bool mask_may_end(const mask *m);

/* Would a text be admitted, byte by byte, as a whole statement? On failure *at is
 * the first byte that can't come. For coverage. */
bool mask_reads(mask *m, const char *text, int *at);

#endif
