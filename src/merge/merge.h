/* merge.h - a base and an adapter as one model file, for this program and for others.
 *
 *     W' = W + scale B A                        Hu et al. 2021, arXiv:2106.09685, section 4.1
 *
 * W is dequantised, the sum taken in F32, and the result written in the type asked for: a
 * folder that transformers loads, or a GGUF file that llama.cpp loads. Matrices that the
 * adapter leaves alone and whose type stays are copied byte for byte. Gains of norms are
 * whole in GGUF and less one in folders (docs/MODEL.md).
 *
 * The result names the adapter it holds, so that the same one is not applied twice
 * (model_config.merged). Gemma's terms and a model card are written beside it. */
#ifndef MERGE_MERGE_H
#define MERGE_MERGE_H

#include "weights/adapter.h"
#include "weights/weights.h"

/* X(name, what people call it, GGUF's general.file_type) */
#define MERGE_TYPES(X)    \
    X(BF16, "bf16", 32)   \
    X(F32, "f32", 0)      \
    X(F16, "f16", 1)      \
    X(Q8_0, "q8_0", 7)    \
    X(Q4_K, "q4_k", 15)

typedef enum merge_type {
#define X(name, text, number) MERGE_##name,
    MERGE_TYPES(X)
#undef X
    MERGE_TYPE_COUNT
} merge_type;
bool merge_type_from_name(const char *name, merge_type *type); /* "q8_0", in either case */

typedef struct merge_options {
    merge_type type; /* Q8_0 and Q4_K: GGUF only. Q4_K is llama.cpp's mixture Q4_K_M: more bits for
                      * some layers, and another type where rows are not whole blocks of 256 */
    int n_threads;   /* 0: all */
    bool (*on_progress)(void *arg, double share); /* false cancels; may be NULL */
    void *arg;
} merge_options;

/* `a` may be NULL: the base alone is converted. Nothing is half-written; ERR_IO (also too little
 * room, said before it starts), ERR_MODEL (a number that the type cannot hold, no tokenizer), ERR_ARG,
 * ERR_CANCELLED. */
MUST_CHECK bool merge_to_gguf(const weights *base, const adapter *a, const char *path, const merge_options *o,
                              err *e);
/* Into `dir`, made when missing: config.json, model.safetensors, tokenizer files, card, terms. */
MUST_CHECK bool merge_to_folder(const weights *base, const adapter *a, const char *dir, const merge_options *o,
                                err *e);

/* n numbers (whole blocks) in one of the types F32 F16 BF16 Q8_0 Q5_0 Q4_K Q6_K. */
void merge_quantise(tensor_type type, const float *x, int64_t n, void *out);

#endif
