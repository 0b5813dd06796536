/* model.h - a frozen base and its LoRA weights: one forward and one backward pass.
 *
 *     y = W x + (alpha / R) B A dropout(x)        Hu et al. 2021, arXiv:2106.09685
 *
 * The base W is by default exactly the tensors that are served (a GGUF's own
 * types, dequantised), or NF4 (Dettmers et al. 2023, arXiv:2305.14314). Only A and
 * B learn. Matrix products take BF16 operands and add in F32 where the kernel table has
 * them, F32 elsewhere (and always with `f32`: for parity with PyTorch).
 *
 * A batch is packed: no padding. It consists of segments; a token sees the
 * earlier tokens of its own segment and, if the segment has a parent, all of the
 * parent's. So the examples of one database share its schema prefix, computed
 * once: the same loss and the same gradients as each example on its own (but for
 * rounding), for a fraction of the tokens. Positions of a child go on where its parent
 * ends; local layers see `window` positions back, counted in positions.
 *
 * Letters: docs/GLOSSARY.md. Ownership: a train_model owns everything it hands out;
 * pointers are borrowed until train_model_close. One thread at a time. Nothing is
 * allocated in a step. */
#ifndef TRAIN_MODEL_H
#define TRAIN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef struct train_model train_model;

/* Matrices that get a LoRA pair; bits of `targets`. */
enum {
    TRAIN_Q = 1, TRAIN_K = 2, TRAIN_V = 4, TRAIN_O = 8,
    TRAIN_GATE = 16, TRAIN_UP = 32, TRAIN_DOWN = 64, TRAIN_ALL = 127
};

typedef enum train_base { TRAIN_BASE_SERVED, TRAIN_BASE_NF4 } train_base;

typedef struct train_model_options {
    int rank;          /* R, 1..256; 0: 64 */
    float alpha;       /* 0: 32 */
    float dropout;     /* on the input of A; 0: none; 0 <= p < 1 */
    unsigned targets;  /* 0: TRAIN_ALL */
    uint64_t seed;     /* of A's first values (B starts at 0) and of dropout */
    train_base base;
    bool f32;          /* F32 products: parity, slow */
    int max_tokens;    /* of one batch; 0: 2048 */
    int max_targets;   /* of one batch; 0: max_tokens */
    int n_threads;     /* 0: the cores this process may use */
    size_t keep_bytes; /* most memory for dequantised copies of the base; what does not
                        * fit is dequantised per tile in each pass, which costs 2 %. 0: none */
    size_t activation_bytes; /* most memory for activations kept between the passes; layers
                        * that do not fit are computed twice. 0: what makes 1 GiB with
                        * all other arrays of a step; 1: none */
} train_model_options;

/* One learned matrix inside the flat arrays of weights and gradients. */
typedef struct train_tensor {
    const char *name; /* PEFT's: base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight */
    int layer;
    unsigned target;  /* one bit of TRAIN_* */
    bool is_b;        /* A is (R,in), B is (out,R); rows contiguous */
    int rows, cols;
    size_t at;        /* index of its first element */
} train_tensor;

typedef struct train_segment {
    int first, n; /* tokens [first, first + n) of the batch; segments lie in order, without gaps */
    int parent;   /* -1, or an earlier segment that has none itself */
} train_segment;

typedef struct train_batch {
    const int32_t *ids;     /* (n) */
    const int32_t *targets; /* (n) the id to be predicted after each token, or -1: no loss there.
                             * A child's first token is predicted by nobody: put no loss on it (give
                             * the child the last token of what it continues as its first one) */
    int n;                  /* <= max_tokens */
    const train_segment *segments;
    int n_segments;
    float grad_scale; /* gradients are of grad_scale * (sum of the targets' cross entropies) */
    uint64_t step;    /* with the seed, the draw of dropout; same step, same draw */
} train_batch;

/* `path`: GGUF or folder as weights_open takes it. NULL with ERR_MODEL, ERR_ARG, ERR_NOMEM. */
MUST_CHECK train_model *train_model_open(const char *path, const train_model_options *o, err *e);
void train_model_close(train_model *m);

size_t train_model_count(const train_model *m);        /* n of learned numbers */
float *train_model_weights(train_model *m);            /* (n); write only between steps, then call _changed */
float *train_model_gradients(train_model *m);          /* (n); added to by _step */
void train_model_changed(train_model *m);              /* the weights were written: BF16 copies are made anew */
void train_model_zero_gradients(train_model *m);
const train_tensor *train_model_tensors(const train_model *m, int *n); /* layers ascending; q k v o gate up down; A, B */
const char *train_model_identity(const train_model *m); /* digest of the base: hex */
size_t train_model_bytes(const train_model *m);        /* memory it holds */

/* Forward, and backward if asked: adds to the gradients. *loss_sum: the sum of
 * cross entropies (natural log) over *n_targets. The head is computed for positions
 * with a target only, in slices of the vocabulary. ERR_ARG when the batch is malformed or
 * too large; ERR_CANCELLED after train_model_cancel. */
MUST_CHECK bool train_model_step(train_model *m, const train_batch *b, bool backward,
                                 double *loss_sum, int *n_targets, err *e);
/* The running step, or the next one, ends with ERR_CANCELLED; then it is forgotten.
 * Gradients are half added to and must be zeroed. Async-signal-safe. */
void train_model_cancel(train_model *m);

#endif
