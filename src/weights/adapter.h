/* adapter.h - LoRA adapters as PEFT keeps them: a folder with adapter_config.json
 * and adapter_model.safetensors, read and written.
 *
 *     y = W x + scale * B (A x),  scale = alpha / R  (alpha / sqrt(R) with rsLoRA)
 *     A is (R,in), B is (out,R)                Hu et al. 2021, arXiv:2106.09685
 *
 * adapter_open checks everything once, as weights_open does: only plain LoRA on the
 * seven matrices of a layer is taken; each A has its B, of one rank; shapes fit the base.
 *
 * Which base an adapter belongs to: we write weights_fingerprint's digest of the
 * base into the safetensors file's metadata, under "salesbot_base". It is equal for
 * every file of one checkpoint, quantised or not. Adapters made elsewhere lack it, and only
 * their shapes can be compared.
 *
 * Ownership: an `adapter` owns its mapping; what it hands out is borrowed until
 * adapter_close. Constant after it opened, readable from any thread. */
#ifndef WEIGHTS_ADAPTER_H
#define WEIGHTS_ADAPTER_H

#include "weights/weights.h"

typedef struct adapter adapter;

/* Matrices of a layer; bits of `targets` (the same as TRAIN_* of train/model.h). */
enum {
    ADAPTER_Q = 1, ADAPTER_K = 2, ADAPTER_V = 4, ADAPTER_O = 8,
    ADAPTER_GATE = 16, ADAPTER_UP = 32, ADAPTER_DOWN = 64, ADAPTER_ALL = 127,
    ADAPTER_N_TARGETS = 7, ADAPTER_MAX_RANK = 256
};

typedef struct adapter_pair {
    tensor a, b; /* F32, F16 or BF16; (R,in) and (out,R); named as in the file */
} adapter_pair;

typedef struct adapter_info {
    int rank;
    float alpha, scale;           /* scale: what B A x is multiplied with */
    unsigned targets;             /* matrices with a pair in at least one layer */
    int n_pairs;
    int64_t n_parameters;
    const char *base_name;        /* base_model_name_or_path, "" if absent */
    const char *base_fingerprint; /* hex, or "" */
    const char *path;
    char digest[65];              /* SHA-256 of configuration and weights: part of cache keys */
} adapter_info;

/* `base`: the model it shall fit; NULL: shapes are not compared. NULL with ERR_IO when a
 * file can't be read, ERR_MODEL when it is damaged, no LoRA that we run, or made
 * for another base; the message names file and tensor. */
MUST_CHECK adapter *adapter_open(const char *dir, const weights *base, err *e);
void adapter_close(adapter *a); /* NULL is allowed */
void adapter_describe(const adapter *a, adapter_info *info);

/* The pair of one matrix (one bit of `target`); NULL when the adapter leaves it alone. */
const adapter_pair *adapter_find(const adapter *a, int layer, unsigned target);

/* Base matrix and dimensions: (out,in) of `target` in that model. */
void adapter_shape(const model_config *c, unsigned target, int *n_out, int *n_in);
/* "attn_q", the base's name of it; and PEFT's "q_proj". */
const char *adapter_base_name(unsigned target);
const char *adapter_peft_name(unsigned target);

/* Digest of what all files of one checkpoint share, whatever their quantisation: family,
 * sizes and the gains of all norms, which are stored in F32. */
MUST_CHECK bool weights_fingerprint(const weights *w, char hex[65], err *e);

/* The base's name for people and for PEFT's base_model_name_or_path: "google/gemma-3-270m" from
 * GGUF metadata, the folder's name otherwise; "" when there is none. */
void weights_base_name(const weights *w, char *name, size_t n);

/* ---- writer ---- */

typedef struct adapter_tensor {
    const char *name;  /* PEFT's: base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight */
    int rows, cols;
    const float *data; /* (rows,cols) */
} adapter_tensor;

typedef struct adapter_write_options {
    int rank;
    float alpha, dropout;
    unsigned targets;
    const char *base_name;        /* for people and PEFT: "google/gemma-3-270m"; NULL: unknown */
    const char *base_fingerprint; /* weights_fingerprint of the base; NULL: leave out */
    bool f32;                     /* else BF16, rounded to nearest even */
} adapter_write_options;

/* Both files into `dir` (made when missing), each under a temporary name and renamed,
 * the weights last. ERR_ARG for a tensor that is no LoRA matrix of that rank and
 * those targets or for numbers that aren't finite (nothing is written); ERR_IO. */
MUST_CHECK bool adapter_write(const char *dir, const adapter_tensor *tensors, size_t n_tensors,
                              const adapter_write_options *o, err *e);

#endif
