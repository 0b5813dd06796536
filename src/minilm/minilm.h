/* minilm.h - sentence embeddings: a text to a vector of length 1.
 *
 *     minilm *m = minilm_open(folder, &(minilm_options){0}, &e);
 *     float v[MINILM_WIDTH_MOST];
 *     ok = m && minilm_embed(m, (const char *[]){"sales by region"}, 1, v, &e);
 *     near = dot(v, w)                      -- the cosine, from -1 to 1
 *
 * all-MiniLM-L6-v2 (Wang et al. 2020, arXiv:2002.10957, tuned by sentence-transformers)
 * and other encoders of its kind: WordPiece (token/wordpiece.h), BERT (Devlin et al. 2018,
 * arXiv:1810.04805) with exact GELU, the mean over all tokens, length 1. Vectors have a
 * cosine of at least 0.9999 to sentence-transformers' (tests/golden/minilm); with int8
 * weights at least 0.999 to those of F32.
 *
 * A text's vector is the same bits alone or in a batch, with any number of threads
 * (one kernel table): rows are split, never sums. Texts share no padding.
 *
 * Ownership: a `minilm` owns all it needs. Constant once open; any thread may embed, one
 * at a time computes. */
#ifndef MINILM_MINILM_H
#define MINILM_MINILM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

typedef struct minilm minilm;

enum { MINILM_TOKENS = 256, MINILM_WIDTH_MOST = 4096 };

typedef struct minilm_options {
    bool int8;   /* matrices as Q8_0: a quarter of the memory traffic */
    int threads; /* 0: all cores */
} minilm_options;

/* A folder with config.json, model.safetensors and vocab.txt (weights/encoder.h). NULL with
 * ERR_IO when it can't be read, ERR_MODEL when it is damaged or not an encoder we run,
 * ERR_NOMEM. */
MUST_CHECK minilm *minilm_open(const char *dir, const minilm_options *o, err *e);
void minilm_close(minilm *m); /* NULL is allowed */

/* Where set-up puts the weights: $SALESBOT_EMBEDDER, else home/models/all-MiniLM-L6-v2.
 * ERR_MODEL, naming the folder and the remedy, when nothing is there. */
MUST_CHECK bool minilm_default_path(str *path, err *e);

int minilm_width(const minilm *m); /* D: floats of a vector */
/* What vectors can be compared: a digest of the weights, with "-int8" behind it for those. */
const char *minilm_identity(const minilm *m);

/* n texts (NUL-terminated, at most 16 MiB; the first 256 tokens count) to `out` (n,D), rows of
 * length 1. An empty text has a vector too. ERR_NOMEM, ERR_LIMIT; ERR_MODEL when weights
 * give values that are no numbers. */
MUST_CHECK bool minilm_embed(const minilm *m, const char *const *texts, size_t n, float *out, err *e);

#endif
