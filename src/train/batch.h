/* batch.h - examples as token ids, and their way into packed batches.
 *
 * Examples of one group (one database) begin with the same text. A unit is a few of them:
 * the longest common prefix of their ids is one segment, computed once; what follows is a
 * child segment each (train_segment in model.h). Units are shuffled and packed, the large
 * before the small, into batches of at most `batch_tokens` computed tokens; a single
 * example may be longer and then has a batch of its own. The ids are never changed: a
 * segment ends wherever the ids of the examples part.
 *
 * Loss is on the answer's tokens only. The last token before the answer always stays in the child,
 * so that every token of the answer is predicted inside its own segment.
 *
 * The order depends on seed and epoch alone; each example comes exactly once an epoch.
 *
 * Ownership: a set owns its ids; a plan borrows its set and owns the batch it hands out. */
#ifndef TRAIN_BATCH_H
#define TRAIN_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "train/model.h"

typedef struct train_example {
    size_t at;  /* of its first id in the set's ids */
    int n;      /* ids */
    int answer; /* index of the first id that is learned; 1 <= answer < n */
    int group;  /* examples of one group share a prefix; -1: alone */
} train_example;

typedef struct train_set {
    int32_t *ids;            /* owned */
    train_example *examples; /* owned */
    size_t n_ids, ids_cap;
    int n, cap, longest;
} train_set;

/* Zero a set to start. ERR_ARG unless 1 <= answer < n; ERR_NOMEM. */
MUST_CHECK bool train_set_add(train_set *s, const int32_t *ids, int n, int answer, int group, err *e);
void train_set_deinit(train_set *s);
void train_set_digest(const train_set *s, char hex[65]); /* SHA-256 of all ids and examples */

typedef struct batch_options {
    int batch_tokens, group_examples;
    bool share, shuffle;
    uint64_t seed;
    int most_examples; /* only so many, spread over the set; 0: all */
} batch_options;

typedef struct batch_plan batch_plan;

/* NULL with ERR_NOMEM. */
MUST_CHECK batch_plan *batch_plan_new(const train_set *s, const batch_options *o, err *e);
void batch_plan_free(batch_plan *p); /* NULL is allowed */
int batch_plan_max_tokens(const batch_plan *p); /* no batch is longer */

/* The batches of that epoch, in order; their number. */
int batch_plan_epoch(batch_plan *p, int epoch);
/* Batch i of the epoch, borrowed until the next call; grad_scale and step are 0. */
const train_batch *batch_plan_get(batch_plan *p, int i);
int batch_plan_targets(const batch_plan *p, int i);  /* tokens with loss in it */
int batch_plan_examples(const batch_plan *p, int i); /* examples in it */
/* The tokens of its examples one by one, as if nothing were shared. */
int batch_plan_tokens(const batch_plan *p, int i);

#endif
