/* optim.c - AdamW.
 *
 *     w <- w - lr wd w                                decoupled decay
 *     m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
 *     w <- w - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 *
 * Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2, with PyTorch's place of
 * eps (after the correction of v) and its order of operations, so that the numbers can be
 * compared; the schedule's factor is in lr. */
#include "train/optim.h"

#include <math.h>
#include <stdlib.h>

enum { CHUNK = 256 * OPTIM8_BLOCK }; /* elements of one piece of work; a sum's block */

struct optim {
    optim_options options;
    pool *threads; /* borrowed */
    size_t n, n_chunks, n_blocks;
    uint64_t count;
    float *m, *v;                      /* (n), or NULL with 8 bits */
    unsigned char *m_codes, *v_codes;  /* (n) */
    float *m_largest, *v_largest;      /* (n_blocks) */
    optim8_map *maps;                  /* signed for m, unsigned for v */
    double *sums;                      /* (n_chunks) */
};

void optim_free(optim *o)
{
    if (!o)
        return;
    free(o->m);
    free(o->v);
    free(o->m_codes);
    free(o->v_codes);
    free(o->m_largest);
    free(o->v_largest);
    free(o->maps);
    free(o->sums);
    free(o);
}

static bool allocate(optim *o)
{
    o->sums = calloc(o->n_chunks + 1, sizeof *o->sums);
    if (!o->options.eight_bit) {
        o->m = calloc(o->n + 1, sizeof *o->m);
        o->v = calloc(o->n + 1, sizeof *o->v);
        return o->sums && o->m && o->v;
    }
    o->m_codes = malloc(o->n + 1);
    o->v_codes = malloc(o->n + 1);
    o->m_largest = calloc(o->n_blocks + 1, sizeof *o->m_largest);
    o->v_largest = calloc(o->n_blocks + 1, sizeof *o->v_largest);
    o->maps = calloc(2, sizeof *o->maps);
    if (!o->sums || !o->m_codes || !o->v_codes || !o->m_largest || !o->v_largest || !o->maps)
        return false;
    optim8_map_init(&o->maps[0], true);
    optim8_map_init(&o->maps[1], false);
    for (size_t i = 0; i < o->n; i++) {
        o->m_codes[i] = optim8_code(&o->maps[0], 0);
        o->v_codes[i] = optim8_code(&o->maps[1], 0);
    }
    return true;
}

optim *optim_new(size_t n, const optim_options *options, pool *threads, err *e)
{
    optim *o = calloc(1, sizeof *o);

    if (o) {
        o->options = *options;
        o->threads = threads;
        o->n = n;
        o->n_chunks = (n + CHUNK - 1) / CHUNK;
        o->n_blocks = (n + OPTIM8_BLOCK - 1) / OPTIM8_BLOCK;
    }
    if (o && allocate(o))
        return o;
    optim_free(o);
    err_set(e, ERR_NOMEM, "out of memory for the optimiser's states of %zu weights", n);
    return NULL;
}

/* ---- the norm ---- */

typedef struct norm_job {
    optim *o;
    const float *gradients;
} norm_job;

static void norm_chunk(void *arg, int i)
{
    const norm_job *job = arg;
    const size_t first = (size_t)i * CHUNK;
    const size_t last = first + CHUNK < job->o->n ? first + CHUNK : job->o->n;
    double lane[4] = {0};

    for (size_t k = first; k < last; k++)
        lane[k & 3] += (double)job->gradients[k] * job->gradients[k];
    job->o->sums[i] = (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

double optim_norm(optim *o, const float *gradients)
{
    norm_job job = {o, gradients};
    double sum = 0;

    pool_run(o->threads, norm_chunk, &job, (int)o->n_chunks);
    for (size_t i = 0; i < o->n_chunks; i++)
        sum += o->sums[i];
    return sqrt(sum);
}

double optim_clip(double norm, double limit)
{
    const double factor = limit > 0 ? limit / (norm + 1e-6) : 1;

    return factor < 1 ? factor : 1;
}

double optim_rate(int step, int steps, int warmup, double peak, double end)
{
    const double pi = 3.14159265358979323846;
    double at;

    if (step < warmup)
        return peak * (step + 1) / warmup;
    at = (double)(step - warmup) / (steps > warmup ? steps - warmup : 1);
    return peak * (end + (1 - end) * 0.5 * (1 + cos(pi * (at < 1 ? at : 1))));
}

/* ---- the step ---- */

typedef struct step_job {
    optim *o;
    float *weights;
    const float *gradients;
    float scale, keep, step_size, root_correction; /* 1 - lr wd; lr / (1 - b1^t); sqrt(1 - b2^t) */
} step_job;

static void update(const step_job *job, size_t first, int n, float *m, float *v)
{
    const optim_options *p = &job->o->options;
    const float c1 = 1 - p->beta1, c2 = 1 - p->beta2;

    for (int k = 0; k < n; k++) {
        const float g = job->scale * job->gradients[first + (size_t)k];
        float w = job->weights[first + (size_t)k] * job->keep;

        m[k] += c1 * (g - m[k]);
        v[k] = p->beta2 * v[k] + c2 * g * g;
        w -= job->step_size * (m[k] / (sqrtf(v[k]) / job->root_correction + p->eps));
        job->weights[first + (size_t)k] = w;
    }
}

static void update_eight_bit(const step_job *job, size_t first, int n)
{
    optim *o = job->o;
    const size_t block = first / OPTIM8_BLOCK;
    float m[OPTIM8_BLOCK], v[OPTIM8_BLOCK];

    optim8_unpack(&o->maps[0], o->m_codes + first, o->m_largest[block], n, m);
    optim8_unpack(&o->maps[1], o->v_codes + first, o->v_largest[block], n, v);
    update(job, first, n, m, v);
    optim8_pack(&o->maps[0], m, n, o->m_codes + first, &o->m_largest[block]);
    optim8_pack(&o->maps[1], v, n, o->v_codes + first, &o->v_largest[block]);
}

static void step_chunk(void *arg, int i)
{
    const step_job *job = arg;
    optim *o = job->o;
    const size_t first = (size_t)i * CHUNK;
    const size_t last = first + CHUNK < o->n ? first + CHUNK : o->n;

    if (!o->options.eight_bit) {
        update(job, first, (int)(last - first), o->m + first, o->v + first);
        return;
    }
    for (size_t k = first; k < last; k += OPTIM8_BLOCK)
        update_eight_bit(job, k, (int)(last - k < OPTIM8_BLOCK ? last - k : OPTIM8_BLOCK));
}

void optim_step(optim *o, float *weights, const float *gradients, float scale, double lr)
{
    const double t = (double)++o->count;
    step_job job = {.o = o, .weights = weights, .gradients = gradients, .scale = scale};

    job.keep = (float)(1 - lr * o->options.weight_decay);
    job.step_size = (float)(lr / (1 - pow(o->options.beta1, t)));
    job.root_correction = (float)sqrt(1 - pow(o->options.beta2, t));
    pool_run(o->threads, step_chunk, &job, (int)o->n_chunks);
}

/* ---- what a checkpoint keeps ---- */

int optim_parts(optim *o, optim_part parts[OPTIM_MAX_PARTS])
{
    if (!o->options.eight_bit) {
        parts[0] = (optim_part){"m", o->m, o->n * sizeof *o->m};
        parts[1] = (optim_part){"v", o->v, o->n * sizeof *o->v};
        return 2;
    }
    parts[0] = (optim_part){"m.codes", o->m_codes, o->n};
    parts[1] = (optim_part){"m.largest", o->m_largest, o->n_blocks * sizeof *o->m_largest};
    parts[2] = (optim_part){"v.codes", o->v_codes, o->n};
    parts[3] = (optim_part){"v.largest", o->v_largest, o->n_blocks * sizeof *o->v_largest};
    return 4;
}

uint64_t optim_count(const optim *o) { return o->count; }
void optim_set_count(optim *o, uint64_t count) { o->count = count; }
