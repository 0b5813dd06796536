/* gemma_impl.h - what the files of this module share.
 *
 * A forward pass works on a batch of rows; a row is one token at one position.
 * In a prefill the rows are consecutive positions of the session. In a beam
 * step each row is another beam at the same position: keys and values before
 * `prefix` are the session's, later ones lie in tail slots (beam.c). */
#ifndef GEMMA_GEMMA_IMPL_H
#define GEMMA_GEMMA_IMPL_H

#include <stdatomic.h>

#include "base/pool.h"
#include "gemma/gemma.h"
#include "kernels/kernels.h"
#include "weights/adapter.h"
#include "weights/weights.h"

enum {
    MAX_CHUNK = 512,  /* rows of one forward pass */
    MAX_BEAMS = 8,
    SCORE_ROWS = 32   /* rows per pass over the head in session_score */
};

typedef struct layer {
    const tensor *q, *k, *v, *o, *gate, *up, *down; /* borrowed from the weights */
    const float *attn_norm, *post_attn_norm, *ffn_norm, *post_ffn_norm; /* (D); post ones may be NULL */
    const float *q_norm, *k_norm;                   /* (K) or NULL */
    bool global;
} layer;

/* screen.c: the head in 4 bits, grown while tokens are chosen. */
typedef struct head_plane {
    uint8_t *groups;      /* owned; NULL: this model isn't screened */
    size_t n_bytes;
    int n_groups;
    atomic_int ready;     /* groups packed; they never change again */
    atomic_int tokens;    /* chosen freely so far */
    _Atomic float norm;   /* the largest |w| or |p| of the rows packed */
    atomic_flag growing;  /* held by the one who packs */
    int strikes;          /* of who packs: tokens in a row that screening didn't help */
} head_plane;

struct gemma {
    weights *w;                  /* owned */
    struct tokenizer *tokens;    /* owned */
    const model_config *c;       /* borrowed from w */
    const kernel_ops *ops;
    pool *threads;               /* owned */
    gemma_precision precision;
    layer *layers;               /* (L) owned */
    float *norms;                /* owned: every gain, with the +1 where the file lacks it */
    const float *output_norm;    /* (D) */
    const tensor *embed, *head;  /* (V,D) */
    float *inverse_freq[2];      /* (K/2) owned: local, global */
    head_plane plane;
    int64_t n_parameters;
    char identity[65];
};

/* Keys and values of one layer: row p of a local layer stands at p % n_rows. */
typedef struct kv_layer {
    float *k, *v;           /* (n_rows, G*K) */
    float *tail_k, *tail_v; /* (slots, G*K), beams only */
    int n_rows;
} kv_layer;

typedef struct batch {
    int n;                   /* rows, 1..chunk */
    const int32_t *ids;      /* (n) */
    int pos;                 /* of row 0 */
    bool beams;              /* all rows at `pos`; else row t at pos + t */
    int prefix;              /* beams: positions held by the session */
    const gemma_adapter *const *adapters; /* (n) of each row, n <= MAX_BEAMS; NULL: the session's */
    const int32_t *slots[MAX_BEAMS]; /* beams: slot of position prefix + i of row t */
} batch;

struct gemma_session {
    gemma *g;
    const gemma_adapter *adapter; /* borrowed, or NULL */
    int max_tokens, chunk, answer_tokens, n_beams, ring;
    int32_t *ids; /* (max_tokens) */
    int n;        /* tokens held */
    int low;      /* first position that the local rings still hold */
    bool hidden_valid, logits_valid;
    bool full_head;               /* never screened */
    int screen_wait, screen_pause; /* screen.c: tokens to go without, and how many next time */
    atomic_bool cancelled;

    kv_layer *kv; /* (L) */
    /* activations of one batch */
    float *x, *y, *normed;  /* (chunk,D): residual stream, output of a block, its input */
    float *q, *att;         /* (chunk,H*K) */
    float *k, *v;           /* (chunk,G*K) */
    float *gate, *up;       /* (chunk,F) */
    float *low_rank;        /* (3,low_rank_rows,LOW_RANK_MAX): A x */
    int low_rank_rows;
    act_rows xq;            /* (chunk, widest) */
    float *cos[2], *sin[2]; /* (chunk,K/2): local, global */
    float *hidden;          /* (MAX_BEAMS,D) final norm of the last row (of each beam) */
    float *logits;          /* (max(1,n_beams),V); row 0 outside of beam search */
    float *scores;          /* (SCORE_ROWS,V), of session_score */
    int32_t *beam_slots;    /* (2,n_beams,answer_tokens) */
    int32_t *beam_ids;      /* (3,n_beams,answer_tokens): two sides, finished */
    int32_t *order;         /* (V) sampler's scratch */
    void (*tap)(void *arg, int l, const float *x, int n); /* tests: x (n,D) after layer l - 1 */
    void *tap_arg;
    void *block;            /* owned: everything above */
    size_t n_bytes;
};

/* session.c: session_extend without taking a cancellation back. */
MUST_CHECK bool session_extend_more(gemma_session *s, const int32_t *ids, int n, err *e);

/* session.c: make s->hidden that of the last token. */
void session_hidden(gemma_session *s);

/* screen.c */
void head_plane_init(gemma *g); /* after the weights; without memory there is no plane */
void head_plane_deinit(gemma *g);

/* forward.c: all layers for the rows of b; leaves the residual stream in s->x and
 * keys and values in the cache. Stops early (false) only when cancelled. */
bool forward(gemma_session *s, const batch *b);
/* Final norm of row `row` of s->x into out (D). */
void forward_norm(const gemma_session *s, int row, float *out);
/* Logits (n,V) of n normed rows (n,D), n <= SCORE_ROWS, soft cap applied. */
void forward_head(gemma_session *s, const float *hidden, int n, float *logits);
/* out[i] = logit of ids[i]; every id inside the vocabulary. */
void forward_head_rows(gemma_session *s, const float *hidden, const int32_t *ids, int n, float *out);

/* attention.c: rope, cache writes and attention for layer l; s->q/k/v to s->att. */
void attention_angles(gemma_session *s, const batch *b);
void attention_prepare(gemma_session *s, const batch *b, int l);
void attention_run(gemma_session *s, const batch *b, int l);

/* rows.c: chunks of rows or matrix rows over the pool. A job is up to three matrices of the
 * base with the same x, and per group of rows the A of an adapter for each. */
enum { MAX_PRODUCTS = 3 + 3 * MAX_BEAMS };
typedef struct matmuls {
    const kernel_ops *ops;
    matmul m[MAX_PRODUCTS];
    bool in_int[MAX_PRODUCTS];
    int n, step[MAX_PRODUCTS], chunks[MAX_PRODUCTS];
} matmuls;
/* Products of up to three matrices: s->xq in integers where the weights allow it, else
 * x. out[i] is (n_rows, rows of w[i]). */
void matmuls_start(matmuls *all, const gemma_session *s, int n, const tensor *const w[], float *const out[],
                   const float *x, int n_rows, int n_cols);
void matmuls_add(matmuls *all, const matmul *m); /* one more, in F32 */
void matmuls_go(const matmuls *all, gemma_session *s);
void matmuls_run(gemma_session *s, int n, const tensor *const w[], float *const out[],
                 const float *x, int n_rows, int n_cols);

/* adapter.c: matrices w[0..n) of layer l with each row's adapter; `target`: index of the
 * first one's among ADAPTER_*, the others follow. */
void adapted_run(gemma_session *s, const batch *b, int l, int target, int n, const tensor *const w[],
                 float *const out[], const float *x, int n_cols);
/* One row of activations with the rows `ids` of w. */
void matmul_rows_run(gemma_session *s, const tensor *w, const int32_t *ids, int n, const float *x,
                     int n_cols, float *out);
void rows_run(gemma_session *s, void (*fn)(gemma_session *s, int row, const void *arg), const void *arg,
              int n_rows);

#endif
