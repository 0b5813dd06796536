/* optim.h - AdamW over one flat array of weights, and the way of the learning rate.
 *
 * States are F32 or 8 bits (block-wise dynamic quantisation). Every element is
 * computed alone and norms are summed in blocks of fixed size in ascending order:
 * the bits do not depend on the number of threads. Nothing is allocated in a step.
 *
 * Ownership: an optim owns its states; the pool and all arrays passed in are
 * borrowed. One thread at a time. */
#ifndef TRAIN_OPTIM_H
#define TRAIN_OPTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

typedef struct optim optim;

typedef struct optim_options {
    float beta1, beta2, eps, weight_decay;
    bool eight_bit;
} optim_options;

/* For n weights. `threads` outlives the optim. NULL with ERR_NOMEM. */
MUST_CHECK optim *optim_new(size_t n, const optim_options *o, pool *threads, err *e);
void optim_free(optim *o); /* NULL is allowed */

/* sqrt of the sum of squares, added up in double; NaN and infinity come through. */
double optim_norm(optim *o, const float *gradients);

/* One step with `scale` times the gradients (1, or less to clip) at this learning rate. */
void optim_step(optim *o, float *weights, const float *gradients, float scale, double lr);

/* What a checkpoint keeps, beside the count of steps: at most OPTIM_MAX_PARTS arrays, to be
 * written from and read into. */
enum { OPTIM_MAX_PARTS = 4 };
typedef struct optim_part {
    const char *name;
    void *data;
    size_t n_bytes;
} optim_part;
int optim_parts(optim *o, optim_part parts[OPTIM_MAX_PARTS]);
uint64_t optim_count(const optim *o);
void optim_set_count(optim *o, uint64_t count);

/* The factor that brings a norm down to `limit`; 1 when it is below, or limit is 0. As
 * torch.nn.utils.clip_grad_norm_: limit / (norm + 1e-6). */
double optim_clip(double norm, double limit);

/* Learning rate of step 0..steps-1: rises over `warmup` steps to `peak`, then half a
 * cosine down to end * peak (Loshchilov & Hutter 2017, arXiv:1608.03983, section 3). */
double optim_rate(int step, int steps, int warmup, double peak, double end);

/* ---- 8-bit states (optim8.c); for tests ---- */

enum { OPTIM8_BLOCK = 256 };
typedef struct optim8_map {
    float level[256];            /* ascending, in [-1,1] or [0,1] */
    unsigned char low[2][1 << 11]; /* first candidate by sign and leading bits of a number */
} optim8_map;
void optim8_map_init(optim8_map *map, bool is_signed);
unsigned char optim8_code(const optim8_map *map, float x); /* of the nearest level; x in [-1,1] */
/* n <= OPTIM8_BLOCK numbers to codes and the largest magnitude, and back. */
void optim8_pack(const optim8_map *map, const float *x, int n, unsigned char *codes, float *largest);
void optim8_unpack(const optim8_map *map, const unsigned char *codes, float largest, int n, float *x);

#endif
