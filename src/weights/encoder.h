/* encoder.h - the folder of a BERT sentence encoder: config.json, model.safetensors,
 * vocab.txt, mapped and checked.
 *
 * encoder_open checks everything once: the configuration is one we compute (BERT, exact
 * GELU, absolute positions), every tensor is there as F32 in the shape it needs, and the
 * vocabulary has as many lines as there are word vectors.
 *
 * Ownership: an `encoder` owns its mappings; what it hands out is borrowed until
 * encoder_close. Constant after it opened, readable from any thread. */
#ifndef WEIGHTS_ENCODER_H
#define WEIGHTS_ENCODER_H

#include "weights/weights.h"

enum { ENCODER_MAX_LAYERS = 48 };

typedef struct encoder_config {
    int L, D, H, F, V; /* docs/GLOSSARY.md; D is a multiple of H */
    int n_positions;   /* P: most tokens of a text */
    float norm_eps;
} encoder_config;

/* Matrices are (out,in), row after row. */
typedef struct encoder_layer {
    const float *q, *q_bias, *k, *k_bias, *v, *v_bias; /* (D,D) (D) */
    const float *output, *output_bias;                 /* (D,D) (D): after attention */
    const float *attn_norm, *attn_norm_bias;           /* (D): after its residual */
    const float *up, *up_bias;                         /* (F,D) (F) */
    const float *down, *down_bias;                     /* (D,F) (D) */
    const float *ffn_norm, *ffn_norm_bias;             /* (D): after its residual */
} encoder_layer;

typedef struct encoder_tensors {
    const float *words;     /* (V,D) */
    const float *positions; /* (P,D) */
    const float *kinds;     /* (2,D): of the first and of the second text */
    const float *norm, *norm_bias; /* (D) */
    encoder_layer layers[ENCODER_MAX_LAYERS];
} encoder_tensors;

typedef struct encoder encoder;

/* NULL with ERR_IO when a file can't be read, ERR_MODEL when it is damaged or no encoder
 * that we run; the message names file and tensor or key. */
MUST_CHECK encoder *encoder_open(const char *dir, err *e);
void encoder_close(encoder *m); /* NULL is allowed */
const encoder_config *encoder_configuration(const encoder *m);
const encoder_tensors *encoder_weights(const encoder *m);
const char *encoder_vocabulary(const encoder *m, size_t *n); /* the bytes of vocab.txt */
const char *encoder_path(const encoder *m);
/* A digest of what the vectors depend on: configuration, vocabulary, all vectors of
 * biases and norms, the matrices' ends. Equal for copies of one model. */
const char *encoder_digest(const encoder *m); /* 64 digits */

#endif
