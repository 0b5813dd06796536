/* token_impl.h - what the files of this module share.
 *
 * Inside, a piece holds a plain space where the vocabulary writes U+2581: the
 * normaliser makes both the same, so texts and pieces get shorter and a piece's
 * bytes are at once what it decodes to. */
#ifndef TOKEN_TOKEN_IMPL_H
#define TOKEN_TOKEN_IMPL_H

#include "token/token.h"

enum {
    PIECE_MAX = 4096,      /* bytes of the longest piece accepted */
    RANK_NEVER = UINT32_MAX /* nothing merges into this piece */
};

typedef struct piece {
    uint32_t start, n; /* bytes within tokenizer.bytes */
    uint32_t rank;     /* order of merging into this piece, lower first; see tokenizer.pairs */
    uint8_t kind;      /* token_kind */
} piece;

typedef struct piece_slot {
    uint32_t hash;
    int32_t id; /* -1 = empty */
} piece_slot;

/* A node of the tree of added tokens; children are a list. */
typedef struct added_node {
    int32_t child, sibling, id; /* -1 = none */
    unsigned char byte;
} added_node;

/* An explicit merge of a tokenizer.json: (left, right) gives merged at rank. */
typedef struct pair_merge {
    int32_t left, right, merged; /* left < 0: an empty slot */
    uint32_t rank;
} pair_merge;

struct tokenizer {
    str bytes; /* of all pieces */
    piece *pieces;
    int n_pieces;
    int n_ids; /* the model's vocabulary: ids at or above it are left out */
    uint32_t longest; /* bytes of the longest piece that can merge */
    piece_slot *slots; /* hash table of pieces, open addressing */
    uint32_t slot_mask;
    int32_t byte_ids[256];
    added_node *added; /* the root is node 0; its children stand in `first` */
    int32_t n_added, added_cap;
    int32_t first[256];
    pair_merge *pairs; /* NULL: any two neighbours whose text is a piece merge */
    uint32_t pair_mask;
    special_tokens specials;
    const char *name; /* for messages while it is made; borrowed */
};

bool token_no_memory(const tokenizer *t, err *e);
/* Room for pieces with ids below n_pieces, n_bytes of text to start with. */
MUST_CHECK bool tokenizer_reserve(tokenizer *t, size_t n_pieces, size_t n_bytes, err *e);
/* Piece `id` with these bytes as the vocabulary writes them (U+2581 becomes a
 * space). Ids at or above n_ids are left out. ERR_MODEL for absurd ones. */
MUST_CHECK bool tokenizer_put(tokenizer *t, int32_t id, const char *text, size_t n, token_kind kind,
                              err *e);
/* Whether text is one that only templates and training may write: turn marks and
 * the like stand in some files as ordinary added tokens, but a user must not be
 * able to write them. */
bool token_name_is_reserved(const char *text, size_t n);
/* After the last piece: the hash table, byte ids and named tokens. */
MUST_CHECK bool tokenizer_index(tokenizer *t, err *e);
/* Ranks from scores, after tokenizer_index: higher first, equal ones share a rank. */
MUST_CHECK bool tokenizer_rank(tokenizer *t, const float *scores, err *e);
/* Text matched whole before anything else; with U+2581 as written. */
MUST_CHECK bool tokenizer_add(tokenizer *t, const char *text, size_t n, int32_t id, err *e);
/* The longest added token that begins text; its length, 0 if none. */
size_t added_match(const tokenizer *t, const char *text, size_t n, bool with_control, int32_t *id);
MUST_CHECK bool pairs_reserve(tokenizer *t, size_t n, err *e);
void pairs_put(tokenizer *t, const pair_merge *merge); /* the last of two equal ones stays */
const pair_merge *pairs_find(const tokenizer *t, int32_t left, int32_t right);

/* One per source; each fills pieces, kinds, ranks or pairs, and added tokens. */
MUST_CHECK bool load_gguf(tokenizer *t, const vocabulary_source *source, err *e);
MUST_CHECK bool load_json(tokenizer *t, const char *json, size_t n, err *e);
MUST_CHECK bool load_protobuf(tokenizer *t, const unsigned char *bytes, size_t n, err *e);

#endif
