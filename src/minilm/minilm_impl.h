/* minilm_impl.h - what the files of this module share.
 *
 * Letters: T rows (tokens of a unit, text after text), D width, F feed-forward width,
 * H heads, K head size. */
#ifndef MINILM_MINILM_IMPL_H
#define MINILM_MINILM_IMPL_H

#include "base/pool.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "minilm/minilm.h"
#include "token/wordpiece.h"
#include "weights/encoder.h"

/* y = W x + bias, W (n_out,n_in): packed panels of F32, or blocks of Q8_0. */
typedef struct linear {
    int n_in, n_out, n_panels;
    float *panels;      /* owned; NULL in int8 */
    unsigned char *q8;  /* owned: (n_out, n_in / 32) blocks; NULL in F32 */
    float *bias;        /* owned: (n_panels * GEMM_PANEL), zeros at its end */
} linear;

typedef struct block {
    linear qkv, output, up, down; /* qkv: (3D,D), query scaled by 1 / sqrt(K) */
} block;

struct minilm {
    encoder *weights;
    const encoder_config *config; /* borrowed from weights */
    wordpiece *words;
    const gemm_ops *gemm;
    const kernel_ops *kernels; /* NULL in F32 */
    pool *pool;
    block *blocks; /* (L) */
    char identity[80];
};

/* Texts computed together: rows first[i] .. first[i + 1] are text i's. */
typedef struct unit {
    const int32_t *ids; /* (T) */
    const int *first;   /* (n_texts + 1) */
    int n_texts, T;
} unit;

/* The vectors of a unit's texts into out (n_texts,D). With `share` the products are split
 * over the pool's threads; without, the caller's thread computes alone. */
MUST_CHECK bool unit_forward(const minilm *m, const unit *u, bool share, float *out, err *e);

#endif
