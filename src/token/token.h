/* token.h - Gemma's tokenizer: text to token ids and back.
 *
 * Byte-pair encoding over characters with byte fallback, as SentencePiece trains
 * it and as transformers runs it: a space is the symbol U+2581, nothing is put in
 * front of the text, added tokens (runs of newlines, tags, <start_of_turn> ...)
 * are matched first, longest at each place. Ids equal those of transformers for
 * the same vocabulary (tests/golden/token).
 *
 * Ownership: a tokenizer owns all it needs and outlives the weights it was made
 * from. It is constant once made and may be used from any thread. */
#ifndef TOKEN_TOKEN_H
#define TOKEN_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "weights/weights.h"

typedef struct tokenizer tokenizer;

typedef enum token_kind {
    TOKEN_NONE,   /* an id without a piece */
    TOKEN_NORMAL,
    TOKEN_ADDED,  /* matched whole in any text: runs of newlines, tags */
    TOKEN_CONTROL, /* <bos>, <start_of_turn> ...: matched only with TOKEN_PARSE_SPECIAL */
    TOKEN_BYTE    /* one byte of a character that has no piece */
} token_kind;

enum token_flags {
    TOKEN_ADD_BOS = 1,
    TOKEN_PARSE_SPECIAL = 2 /* for our own templates; never for text of others */
};

/* From GGUF metadata, or a folder's tokenizer.json, else its tokenizer.model.
 * Ids at or above the model's vocabulary are left out. NULL with ERR_MODEL when
 * there is none or it is not of this kind; ERR_NOMEM. */
MUST_CHECK tokenizer *tokenizer_from_weights(const weights *w, err *e);
/* The same from the parts; `name` opens messages. Of the config V and the named
 * ids are read. */
MUST_CHECK tokenizer *tokenizer_new(const vocabulary_source *source, const model_config *config,
                                    const char *name, err *e);
void tokenizer_free(tokenizer *t); /* NULL is allowed */

typedef struct token_list {
    int32_t *ids; /* owned */
    size_t n, cap;
} token_list;
void token_list_deinit(token_list *list);

/* The ids of text[0..n) appended to *out. Bytes that are not UTF-8 count as
 * U+FFFD. Without TOKEN_PARSE_SPECIAL no control token can come out, whatever
 * the text says (but <unk>, where a vocabulary lacks byte tokens). ERR_LIMIT
 * above 64 MiB, ERR_NOMEM. */
MUST_CHECK bool tokenizer_encode(const tokenizer *t, const char *text, size_t n, unsigned flags,
                                 token_list *out, err *e);

/* The bytes of the ids appended to *out; control tokens only when asked for.
 * Ids that don't exist add nothing. The bytes of a character that fell back to
 * byte tokens are whole only when all of them are there. */
void tokenizer_decode(const tokenizer *t, const int32_t *ids, size_t n, bool with_control, str *out);

/* The bytes that one token stands for, U+2581 as a space (control tokens: their
 * name); "" and 0 for an id without a piece. Borrowed, not NUL-terminated. */
const char *tokenizer_piece(const tokenizer *t, int32_t id, size_t *n);
token_kind tokenizer_kind(const tokenizer *t, int32_t id);
/* The id whose piece is exactly these bytes (a space for U+2581), byte tokens
 * left aside; -1 if there is none. */
int32_t tokenizer_find(const tokenizer *t, const char *piece, size_t n);
int32_t tokenizer_byte(const tokenizer *t, unsigned char byte); /* its byte token, or -1 */

int tokenizer_size(const tokenizer *t); /* ids are below this */
typedef struct special_tokens {
    int32_t bos, eos, pad, unk, start_of_turn, end_of_turn; /* -1 = none */
} special_tokens;
special_tokens tokenizer_specials(const tokenizer *t);

/* SentencePiece scores for ids below tokenizer_size: higher ones merge first, in the order of this
 * tokenizer's own merges; -1000 where nothing merges. For files of other programs. */
void tokenizer_scores(const tokenizer *t, float *scores);

/* A hash of all pieces and kinds, for cache keys: 64 digits and a NUL. */
void tokenizer_hash(const tokenizer *t, char hex[65]);

#endif
