/* merge_impl.h - what the files of this module share.
 *
 * A plan says for each tensor of the result where it comes from and what is done on the way; the
 * writers of src/weights then ask it for rows. */
#ifndef MERGE_MERGE_IMPL_H
#define MERGE_MERGE_IMPL_H

#include "base/file.h"
#include "base/pool.h"
#include "kernels/kernels.h"
#include "merge/merge.h"

enum { NAME_ROOM = 96 };

typedef struct step {
    const tensor *from;       /* borrowed from the base */
    const adapter_pair *pair; /* NULL: none */
    float shift;              /* added to each number: gains of norms */
    char name[NAME_ROOM];
} step;

typedef struct plan {
    const weights *base;
    const merge_options *o;
    float scale;   /* of the adapter */
    step *steps;   /* (n) owned */
    tensor *out;   /* (n) owned: name, type and shape of the result; data NULL, or the base's bytes */
    size_t n;
    uint64_t n_bytes, n_done;
    /* the pair of the tensor in work */
    size_t current;
    float *panels, *b; /* owned: A (in/16,R,16), B (out,R) */
    const kernel_ops *ops;
    pool *threads; /* owned */
    char merged[65]; /* digest for the result's model_config.merged; "" */
} plan;

/* Types for a GGUF file, or one type for a folder (with Hugging Face names). */
MUST_CHECK bool plan_open(plan *p, const weights *base, const adapter *a, const merge_options *o, bool folder,
                          err *e);
void plan_close(plan *p);
/* tensor_rows.fill, `arg` is the plan. */
bool plan_fill(void *arg, size_t i, int64_t first, int64_t n, void *out, err *e);
/* Room for the result beside `path`. */
MUST_CHECK bool plan_fits(const plan *p, const char *path, err *e);

/* README.md's text. */
void card_text(const plan *p, const adapter *a, const char *file, str *out);
/* config.json of the result. */
MUST_CHECK bool config_text(const plan *p, str *out, err *e);
/* tokenizer.json from a GGUF file's vocabulary. */
MUST_CHECK bool tokenizer_text(const weights *base, str *out, err *e);
/* Everything that a GGUF file says besides its tensors. */
MUST_CHECK bool metadata_fill(const plan *p, gguf_metadata *m, err *e);

#endif
