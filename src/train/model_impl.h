/* model_impl.h - what the files of the model share.
 *
 * "Elements" are BF16 or F32, as the table of products has them (kernels/gemm.h); `void *`
 * arrays below hold elements. J = H / G query heads share a kv head; Rp is the rank rounded
 * up to an even number, Kp the head size to whole panels.
 *
 * A layer's activations are kept for the backward pass, or computed again from its
 * input x when memory is short: then all such layers share one set. */
#ifndef TRAIN_MODEL_IMPL_H
#define TRAIN_MODEL_IMPL_H

#include <stdatomic.h>

#include "base/pool.h"
#include "base/tensor.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "train/model.h"
#include "train/nf4.h"
#include "weights/weights.h"

enum { MAT_Q, MAT_K, MAT_V, MAT_O, MAT_GATE, MAT_UP, MAT_DOWN, MATS };

enum {
    ROWS_STEP = 16,     /* rows of one chunk of row functions */
    QUERY_ROWS = 128,   /* most rows (tokens x heads) of one attention block */
    MAX_HEAD = 512,     /* largest head size */
    HEAD_ROWS = 96,     /* most targets of one chunk of the head */
    HEAD_PART = 256,    /* vocabulary entries per step of a chunk */
    HEAD_SLICE = 2048,  /* vocabulary entries packed at once */
    PACK_ROWS = 64,     /* tile of a matrix that is dequantised at once */
    PACK_COLS = 256
};

/* A frozen matrix (N,C). */
typedef struct matrix {
    const tensor *t; /* borrowed from the weights */
    void *kept;      /* (N,C) elements, or NULL: dequantised in each pass */
    nf4 q;           /* instead of t; q.n is 0 when there is none */
    int N, C;
} matrix;

/* Learned A (R,C) and B (N,R): where they begin in the flat arrays. */
typedef struct adapter {
    bool on;
    int tensor; /* index of A among the tensors: the draw of dropout */
    size_t a, b;
} adapter;

typedef struct activations {
    void *q, *k, *v;    /* (T,H*K) (T,G*K) (T,G*K): before norm and rotation */
    void *att;          /* (T,H*K) */
    float *lse;         /* (G,T*J) logarithm of the sum of e^score */
    void *o, *down;     /* (T,D): before the norm after the block */
    void *gate, *up;    /* (T,F) */
    void *low[MATS];    /* (T,Rp): scale A x; columns from R on are 0 */
} activations;

typedef struct layer {
    matrix w[MATS];
    adapter lora[MATS];
    const float *attn_norm, *post_attn_norm, *ffn_norm, *post_ffn_norm; /* (D), post ones may be NULL */
    const float *q_norm, *k_norm; /* (K) or NULL */
    bool global;
    bool stored; /* its activations outlive the forward pass */
    float *x;    /* (T,D) input */
    activations a;
} layer;

/* What a token sees besides its own segment's past. */
typedef struct place {
    int pos, first;                /* position; its segment's first token */
    int parent_first, parent_end;  /* empty when there is no parent */
} place;

typedef struct scratch {
    float *x_mid;           /* (T,D) after attention */
    void *h1, *h2;          /* (T,D) inputs of attention and of the feed-forward part */
    void *act;              /* (T,F) gelu(gate) up */
    void *drop;             /* (T,widest) input of A after dropout; NULL without */
    float *dropped_dx;      /* (T,widest) gradient of that; NULL without */
    /* attention */
    void *qs, *dos;         /* (G,T*J,K): rotated and scaled queries; gradients of its output */
    void *ks;               /* (T,G*K) rotated keys */
    void *k_nk, *k_kn, *v_nk, *v_kn; /* (G, panels) */
    void *q_kn, *do_kn;     /* (G, query blocks) */
    float *acc;             /* (G,T*J,Kp): output, later dq */
    float *dk, *dv;         /* (G,T,Kp) */
    float *delta;           /* (G,T*J) sum of dO O */
    /* backward */
    float *dx;              /* (T,D) gradient of the residual stream */
    float *dh;              /* (T,D) */
    void *dwide;            /* (T,widest) gradients of attention's output and of act */
    void *dy;               /* (T,widest of D, H*K) */
    void *dk_e, *dv_e;      /* (T,G*K) */
    void *dgate, *dup;      /* (T,F); dgate is act, which is not needed any more then */
    void *dlow;             /* (T,Rp) */
    void *low_t;            /* (R,Tp) transposed low or dlow */
    void *x_kn, *dy_kn;     /* packed (T,widest) */
    float *db_t;            /* (R,widest) */
    /* products */
    void *w_pack;           /* packed (N,C), the largest */
    void *ab, *a_pack;      /* a learned matrix as elements, and packed */
    /* head */
    int *at;                /* (max_targets) token of each target */
    void *hidden;           /* (max_targets,D) */
    float *dhidden;         /* (max_targets,Dp) */
    float *top, *sum, *goal, *slope; /* (max_targets) */
    void *e_nk, *e_kn;      /* a slice of the embedding */
} scratch;

struct train_model {
    train_model_options o;
    weights *w;             /* owned */
    const model_config *c;  /* borrowed from w */
    const kernel_ops *ops;
    const gemm_ops *g;
    pool *threads;          /* owned */
    layer *layers;          /* (L) owned */
    float *norms;           /* owned: every gain, whole */
    const float *output_norm;
    matrix embed, head;
    char identity[65];

    int R, Rp, J, Kp;
    size_t Tp;              /* max_tokens rounded up to whole panels */
    float lora_scale;       /* alpha / R */
    train_tensor *tensors;  /* owned, with their names */
    int n_tensors;
    size_t n_learned;
    float *learned, *gradients; /* (n_learned) owned */

    float *rope[2];         /* (T,K): cos then sin of a position; local, global */
    place *places;          /* (T) */
    float *x_end;           /* (T,D) after the last layer */
    scratch s;
    void *block, *kept;     /* owned: activations and scratch; copies of the base */
    void *nf4_block;        /* owned: the base in NF4, and its table */
    size_t block_bytes, kept_bytes, nf4_bytes;

    atomic_bool cancelled;
    const train_batch *b;   /* of the running step */
    int T, n_targets;       /* of the running step */
};

static inline void *at(const train_model *m, const void *x, size_t i)
{
    return (char *)x + i * m->g->elem_bytes; /* element i */
}

static inline int round_up(int n, int to) { return (n + to - 1) / to * to; }

/* model_product.c */
typedef struct term {
    const void *a; /* (M,k) elements */
    size_t lda;
    const void *b; /* packed (k,N) */
    int k;
} term;

typedef struct product {
    term t[2];
    int n_terms, M, N;
    float scale;    /* of the result; 0 means 1 */
    float *out;     /* (M,ld) F32, or */
    void *elements; /* (M,ld) */
    size_t ld;
    bool add;       /* out += */
} product;
void product_run(train_model *m, const product *p);

/* Packed as the B of y = x W^T (columns are W's rows) or of dx = dy W. */
void matrix_pack_rows(train_model *m, const matrix *w, int r0, int n, void *out);
void matrix_pack_columns(train_model *m, const matrix *w, int r0, int n, void *out);
/* Rows [r0, r0+n) x columns [c0, c0+k) as elements (n,k); tmp: PACK_ROWS x PACK_COLS elements. */
const void *matrix_tile(const train_model *m, const matrix *w, int r0, int n, int c0, int k, void *tmp, size_t *ld);
/* Row r, exact. */
void matrix_row(const train_model *m, const matrix *w, int r, float *out);
void elements_pack_columns(train_model *m, const void *x, size_t ld, int rows, int cols, void *out);
void elements_pack_rows(train_model *m, const void *x, size_t ld, int rows, int cols, void *out);
/* (rows,cols) F32 to elements, whole pool. */
void elements_store(train_model *m, const float *x, size_t n, void *out);
typedef void (*row_fn)(train_model *m, int row, const void *arg);
void train_rows(train_model *m, row_fn fn, const void *arg, int n);

/* model_lora.c */
bool lora_open(train_model *m, err *e);
/* out (T,N) elements = W x + scale B A dropout(x) */
void linear_forward(train_model *m, layer *l, int which, const void *x, void *out);
/* Gradients of A and B from x (T,C), its packed form and dy (T,N), and the gradient of x where
 * it goes: nowhere, = or += to F32, or as elements. */
typedef struct gradient_out {
    float *f32; /* (T,C) or NULL */
    bool add;
    void *elements; /* (T,C) or NULL */
} gradient_out;
void linear_backward(train_model *m, layer *l, int which, const void *x, const void *x_kn, const void *dy,
                     gradient_out dx);

/* model_attention.c: l->a.q, k, v to l->a.att and back to s.dy, s.dk_e, s.dv_e from s.dwide. */
void train_attention_prepare(train_model *m, const layer *l);
void attention_forward(train_model *m, layer *l);
void attention_backward(train_model *m, layer *l);
size_t attention_query_elements(const train_model *m); /* of s.q_kn and of s.do_kn */

/* model_layer.c */
void layer_forward(train_model *m, layer *l, float *x_out, bool again);
void layer_backward(train_model *m, layer *l);

/* model_head.c: loss of m->x_end; with `backward` also s.dx. */
double head_run(train_model *m, bool backward);

/* model_memory.c */
bool memory_open(train_model *m, err *e);
void *memory_pages(size_t n); /* zeroed, from the system; NULL */
void memory_forget(const tensor *t); /* pages of the file that are not needed any more */

/* model_nf4.c: the layers' matrices in NF4, as bitsandbytes takes every linear layer but the head. */
bool nf4_open(train_model *m, err *e);
void memory_close(train_model *m);

#endif
