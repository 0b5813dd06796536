/* weights.h - model files, mapped and validated: GGUF and Hugging Face folders.
 *
 * weights_open checks everything once (counts against the file's size, names,
 * types, shapes against the family, every byte range), so that whoever computes
 * with a tensor need not ask again. Both kinds of file speak one language here:
 *
 *   token_embd.weight (V,D)    output_norm.weight (D)    output.weight (V,D), absent when tied
 *   blk.N.attn_norm.weight (D)                           before attention
 *   blk.N.attn_q.weight (H*K,D)   blk.N.attn_k.weight (G*K,D)   blk.N.attn_v.weight (G*K,D)
 *   blk.N.attn_output.weight (D,H*K)
 *   blk.N.attn_q_norm.weight (K)  blk.N.attn_k_norm.weight (K)   Gemma 3
 *   blk.N.post_attention_norm.weight (D)                 Gemma 2 and 3
 *   blk.N.ffn_norm.weight (D)                            before the feed-forward part
 *   blk.N.ffn_gate.weight (F,D)   blk.N.ffn_up.weight (F,D)      blk.N.ffn_down.weight (D,F)
 *   blk.N.post_ffw_norm.weight (D)                       Gemma 2 and 3
 *
 * Ownership: a `weights` owns its mappings; tensors, names and views are
 * borrowed from it until weights_close. It is constant after weights_open and
 * may be read from any thread. */
#ifndef WEIGHTS_WEIGHTS_H
#define WEIGHTS_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "base/tensor.h"

typedef struct weights weights;

typedef enum model_family { MODEL_GEMMA1 = 1, MODEL_GEMMA2, MODEL_GEMMA3 } model_family;

enum { MODEL_MAX_LAYERS = 256 };

typedef struct model_config {
    model_family family;
    int L, D, H, G, K, F, V; /* docs/GLOSSARY.md */
    int context;             /* positions the model was trained for */
    int window;              /* a local layer's query at i sees j with i - window < j <= i;
                              * 0: there are no local layers */
    bool is_global[MODEL_MAX_LAYERS];
    double rope_theta_global, rope_theta_local;
    double rope_scale;   /* positions of global layers are divided by this; 1 = none */
    double norm_eps;
    double attn_softcap;  /* 0 = none */
    double final_softcap; /* 0 = none */
    double query_scale;  /* queries are multiplied by 1/sqrt(this): query_pre_attn_scalar */
    bool head_tied;      /* logits come from token_embd.weight */
    bool norm_plus_one;  /* stored gains are g - 1: add 1 (folders); GGUF holds g */
    int bos_id, eos_id, pad_id, unk_id; /* -1 = the file names none */
    char merged[65]; /* digest of the adapter that `merge` put into the weights; "" */
} model_config;

const char *model_family_name(model_family family); /* "Gemma 3" */

/* A .gguf file, or a folder with config.json and *.safetensors (one file, or
 * shards under model.safetensors.index.json). NULL with ERR_IO when it cannot
 * be read, ERR_MODEL when it is not a model we run; the message names the file
 * and the tensor or key. */
MUST_CHECK weights *weights_open(const char *path, err *e);
void weights_close(weights *w); /* NULL is allowed */

const model_config *weights_config(const weights *w);
const char *weights_path(const weights *w);

/* The tensor of that name; NULL with ERR_NOT_FOUND. */
MUST_CHECK const tensor *weights_find(const weights *w, const char *name, err *e);
size_t weights_tensor_count(const weights *w);
const tensor *weights_tensor(const weights *w, size_t i); /* i < count, sorted by name */
uint64_t weights_n_bytes(const weights *w); /* of all files */

/* "model.layers.3.self_attn.q_proj.weight" for "blk.3.attn_q.weight"; false if it is none of ours. */
bool weights_hugging_face_name(const char *ours, model_family family, char *name, size_t n);

/* A key for caches: hash of the files' tables, sizes, times of change and inodes;
 * equal while nobody wrote to the files. Takes about a millisecond. */
void weights_identity(const weights *w, char hex[65]);
/* SHA-256 of every byte (a folder: of its files' hashes in order of their names). */
MUST_CHECK bool weights_sha256(const weights *w, char hex[65], err *e);

/* A file of a folder beside its tensors ("tokenizer_config.json"), whole; false with ERR_NOT_FOUND when it is
 * not there or the model is no folder. */
MUST_CHECK bool weights_side_file(const weights *w, const char *name, str *out, err *e);

/* What the token module builds a tokenizer from. */
typedef struct vocabulary_source {
    size_t n_tokens;             /* GGUF: tokens in the file, 0 if it has none; folder: 0 */
    const unsigned char *tokens; /* n_tokens times (uint64 length, bytes), lengths validated */
    const unsigned char *scores; /* n_tokens little-endian float32, or NULL */
    const unsigned char *types;  /* n_tokens little-endian int32 (1 normal 2 unknown 3 control
                                  * 4 user defined 5 unused 6 byte), or NULL */
    size_t n_token_bytes;        /* bytes of the region `tokens` */
    bool add_bos, add_space_prefix;
    const char *model;       /* GGUF: tokenizer.ggml.model, "" if absent */
    const char *json;              /* folder: the bytes of its tokenizer.json, or NULL */
    const unsigned char *protobuf; /* folder: the bytes of its tokenizer.model, or NULL */
    size_t n_json, n_protobuf;
} vocabulary_source;
const vocabulary_source *weights_vocabulary(const weights *w);

/* ---- writers ----
 * Metadata is encoded as it is added; an addition that lacks memory is sticky
 * and gguf_write reports it. Zero a gguf_metadata to start, deinit to end. */
typedef struct gguf_metadata {
    str bytes;
    uint64_t n_pairs;
} gguf_metadata;
void gguf_metadata_deinit(gguf_metadata *m);
void gguf_add_text(gguf_metadata *m, const char *key, const char *text);
void gguf_add_u32(gguf_metadata *m, const char *key, uint32_t value);
void gguf_add_f32(gguf_metadata *m, const char *key, float value);
void gguf_add_bool(gguf_metadata *m, const char *key, bool value);
void gguf_add_texts(gguf_metadata *m, const char *key, const char *const *texts, size_t n);
void gguf_add_f32s(gguf_metadata *m, const char *key, const float *values, size_t n);
void gguf_add_i32s(gguf_metadata *m, const char *key, const int32_t *values, size_t n);
/* Every pair of an opened GGUF file as it stands there, but for the keys in
 * `except` (a NULL-ended list, or NULL). Folders have none: nothing is added. */
void gguf_add_copies(gguf_metadata *m, const weights *from, const char *const *except);

/* Written under a temporary name and renamed: never half a file. ERR_ARG for a
 * tensor whose n_bytes does not fit its shape; ERR_IO. */
MUST_CHECK bool gguf_write(const char *path, const gguf_metadata *m,
                           const tensor *tensors, size_t n_tensors, err *e);
/* F32, F16 and BF16 only. */
MUST_CHECK bool safetensors_write(const char *path, const tensor *tensors,
                                  size_t n_tensors, err *e);

/* The same for models too large to stand in memory: a tensor without data is asked for in pieces,
 * rows [first, first + n) of tensor i into `out`. False with *e ends the writing. */
typedef struct tensor_rows {
    bool (*fill)(void *arg, size_t i, int64_t first, int64_t n, void *out, err *e);
    void *arg;
} tensor_rows;
MUST_CHECK bool gguf_write_rows(const char *path, const gguf_metadata *m, const tensor *tensors,
                                size_t n_tensors, const tensor_rows *rows, err *e);
MUST_CHECK bool safetensors_write_rows(const char *path, const tensor *tensors, size_t n_tensors,
                                       const tensor_rows *rows, err *e);

#endif
