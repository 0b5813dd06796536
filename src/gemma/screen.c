/* screen.c - the best token without every logit, and the same one.
 *
 * The head is most of what a decoded token reads. Its plane (kernels/screen.h) is
 * half as large and gives each row an upper bound U of its logit. If L is the
 * logit of some row, computed exactly, a row with U < L can't be the best: only
 * the others are computed, by the product that session_logits_for uses, so the
 * choice has the bits of the whole head. Ties go to the lower id as they do there.
 *
 * What U must also cover: (1) |p| |f|, the rest of 8-bit activations; (2) rounding,
 * here and in the exact product: no more than C + 64 roundings, each of at most 2^-24
 * of the sum of |w_i x_i| <= |w| |x|; four times that is added.
 *
 * The plane is packed in slices beside the first tokens that are chosen freely
 * (not under a mask, whose rows are few), so no token waits for it and a short run
 * never makes it. It is constant once packed; its memory was set aside when the
 * model opened. Weights without a clear best token (random ones) would be screened
 * in vain: then it stops growing, or pauses. */
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "base/no_alloc.h"
#include "gemma/gemma_impl.h"

enum {
    FREE_TOKENS = 16,   /* before the first slice */
    SLICES = 32,
    MIN_ROWS = 256,
    CHUNK_GROUPS = 128, /* of one call to screen_bounds */
    PACK_GROUPS = 8,
    MAX_STRIKES = 64,   /* tokens in a row that the first slice didn't help */
    MAX_WAIT = 64       /* tokens without screening after one that it didn't help */
};

static int min_int(int a, int b) { return a < b ? a : b; }

/* -- the plane ----------------------------------------------------------------- */

void head_plane_init(gemma *g)
{
    head_plane *p = &g->plane;
    const size_t bytes = screen_group_bytes(g->c->D);

    if (g->c->V < MIN_ROWS || g->c->D % SCREEN_BLOCK || g->c->final_softcap > 0)
        return;
    p->n_groups = (g->c->V + SCREEN_ROWS - 1) / SCREEN_ROWS;
    p->n_bytes = (size_t)p->n_groups * bytes;
    /* untouched pages cost nothing; large ones are read faster */
    p->groups = mmap(NULL, p->n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p->groups == MAP_FAILED)
        p->groups = NULL; /* slower, not wrong */
    else
        madvise(p->groups, p->n_bytes, MADV_HUGEPAGE);
}

void head_plane_deinit(gemma *g)
{
    if (g->plane.groups)
        munmap(g->plane.groups, g->plane.n_bytes);
}

typedef struct packing {
    gemma_session *s;
    int g0, g1;
} packing;

static void raise_norm(head_plane *p, float norm)
{
    float seen = atomic_load(&p->norm);

    while (norm > seen && !atomic_compare_exchange_weak(&p->norm, &seen, norm))
        ;
}

static void pack_chunk(void *arg, int i)
{
    const packing *job = arg;
    const gemma *g = job->s->g;
    const int D = g->c->D, from = job->g0 + i * PACK_GROUPS;
    const size_t row_bytes = g->head->n_bytes / (size_t)g->c->V;
    float *w = job->s->scores + (size_t)i * (size_t)D;

    for (int r = from * SCREEN_ROWS; r < min_int(job->g1, from + PACK_GROUPS) * SCREEN_ROWS; r++) {
        uint8_t *group = g->plane.groups + screen_group_bytes(D) * (size_t)(r / SCREEN_ROWS);

        if (r < g->c->V)
            g->ops->dequantise(g->head->type, (const char *)g->head->data + row_bytes * (size_t)r, D, w);
        else
            memset(w, 0, (size_t)D * sizeof *w);
        raise_norm(&job->s->g->plane, g->ops->screen_pack(w, D, r % SCREEN_ROWS, group));
    }
}

/* -- bounds ---------------------------------------------------------------------- */

typedef struct bounds {
    const kernel_ops *ops;
    screen job;
    float extra;   /* to add to every bound */
    int n_groups;
    int32_t *top;  /* (chunks): the row of the largest bound of each */
} bounds;

/* x as the exact product sees it, in 8 bits with what is left over. False when it
 * is not a vector to screen with. */
static bool activations(gemma_session *s, bounds *b)
{
    const int D = s->g->c->D, nb = D / SCREEN_BLOCK;
    const bool in_int = s->g->precision == GEMMA_INTEGER && kernel_type_is_int(s->g->head->type);
    const act_rows xq = s->xq;
    float *half = s->y, *norm = half + nb, x[SCREEN_BLOCK];
    int32_t *fifteen = (int32_t *)(void *)(norm + nb);
    int8_t *q = (int8_t *)(fifteen + nb);
    double left = 0.0, whole = 0.0;

    if (in_int)
        s->g->ops->quantise(s->hidden, D, &xq);
    for (int i = 0; i < nb; i++) {
        float top = 0.0f, scale, sum = 0.0f;
        double square = 0.0;

        for (int k = 0; k < SCREEN_BLOCK; k++) {
            x[k] = in_int ? xq.scale[i] * (float)xq.q[SCREEN_BLOCK * i + k] : s->hidden[SCREEN_BLOCK * i + k];
            top = fabsf(x[k]) > top ? fabsf(x[k]) : top;
            square += (double)x[k] * (double)x[k];
        }
        scale = top > 1e-30f ? top / 127.0f : 1.0f;
        for (int k = 0; k < SCREEN_BLOCK; k++) {
            const float whole_step = rintf(x[k] / scale);
            const double f = (double)x[k] - (double)scale * (double)whole_step;

            if (!(fabsf(whole_step) <= 127.0f))
                return false;
            q[SCREEN_BLOCK * i + k] = (int8_t)whole_step;
            sum += whole_step;
            left += f * f;
        }
        half[i] = 0.5f * scale;
        fifteen[i] = 15 * (int32_t)sum;
        norm[i] = (float)sqrt(square) * 1.0001f;
        whole += square;
    }
    if (!(whole > 1e-20 && whole < 1e20))
        return false;
    b->job.q = q;
    b->job.half_scale = half;
    b->job.fifteen = fifteen;
    b->job.norm = norm;
    b->extra = atomic_load(&s->g->plane.norm) *
               (float)(1.0001 * sqrt(left) + 4.0 * (D + 64) * 0x1p-24 * sqrt(whole));
    return true;
}

static void bounds_chunk(void *arg, int i)
{
    const bounds *b = arg;
    screen job = b->job;

    job.g0 = i * CHUNK_GROUPS;
    job.g1 = min_int(b->n_groups, job.g0 + CHUNK_GROUPS);
    job.bound += job.g0 * SCREEN_ROWS;
    b->ops->screen_bounds(&job);
    b->top[i] = job.g0 * SCREEN_ROWS + b->ops->largest(job.bound, (job.g1 - job.g0) * SCREEN_ROWS);
}

/* Bounds of the first n_groups into s->scores, the largest of each chunk into
 * s->logits (as numbers): both are free while no logits are valid. */
static bool bounds_run(gemma_session *s, int n_groups, bounds *b)
{
    gemma *g = s->g;

    *b = (bounds){.ops = g->ops, .n_groups = n_groups, .top = s->order + g->c->V / 2};
    b->job = (screen){.groups = g->plane.groups, .n_cols = g->c->D, .bound = s->scores};
    if (!activations(s, b))
        return false;
    pool_run(g->threads, bounds_chunk, b, (n_groups + CHUNK_GROUPS - 1) / CHUNK_GROUPS);
    return true;
}

/* Rows of the bounds that reach `best`, ascending, into s->order; more than `most`: -1. */
static int reaching(gemma_session *s, const bounds *b, float best, int most)
{
    const float limit = best - b->extra - 1e-6f * fabsf(best);
    const int rows = min_int(s->g->c->V, b->n_groups * SCREEN_ROWS);
    int n = 0;

    for (int i = 0; i * CHUNK_GROUPS < b->n_groups; i++) {
        const int from = i * CHUNK_GROUPS * SCREEN_ROWS;

        if (s->scores[b->top[i]] < limit)
            continue;
        for (int r = from; r < min_int(rows, from + CHUNK_GROUPS * SCREEN_ROWS); r++)
            if (!(s->scores[r] < limit)) {
                if (n == most)
                    return -1;
                s->order[n++] = r;
            }
    }
    return n;
}

/* -- choosing ---------------------------------------------------------------------- */

/* Pack the next slice if the first one would have helped with this token, whose
 * best logit is known. */
static void plane_grow(gemma_session *s, float best)
{
    head_plane *p = &s->g->plane;
    const int slice = (p->n_groups + SLICES - 1) / SLICES, ready = atomic_load(&p->ready);
    packing job = {s, ready, min_int(p->n_groups, ready + slice)};
    bounds b;

    if (ready > 0) {
        const int rows = ready < slice ? ready : slice;

        if (!bounds_run(s, rows, &b))
            return;
        if (reaching(s, &b, best, rows * SCREEN_ROWS / 4) < 0) {
            p->strikes++;
            return;
        }
        p->strikes = 0;
    }
    pool_run(s->g->threads, pack_chunk, &job, (job.g1 - job.g0 + PACK_GROUPS - 1) / PACK_GROUPS);
    atomic_store(&p->ready, job.g1);
}

static int32_t best_of_all(gemma_session *s)
{
    const float *logits = session_logits(s);

    return s->g->ops->largest(logits, s->g->c->V);
}

static int32_t best_and_grow(gemma_session *s)
{
    head_plane *p = &s->g->plane;
    const int32_t best = best_of_all(s);

    if (atomic_fetch_add(&p->tokens, 1) >= FREE_TOKENS && !atomic_flag_test_and_set(&p->growing)) {
        if (p->strikes < MAX_STRIKES && atomic_load(&p->ready) < p->n_groups)
            plane_grow(s, s->logits[best]);
        atomic_flag_clear(&p->growing);
    }
    return best;
}

/* -1: too many rows could be the best. */
static int32_t best_screened(gemma_session *s)
{
    const int most = s->g->c->V / 8;
    int n_top, n;
    int32_t best;
    bounds b;

    if (!bounds_run(s, s->g->plane.n_groups, &b))
        return -1;
    n_top = (b.n_groups + CHUNK_GROUPS - 1) / CHUNK_GROUPS;
    for (int i = 0; i < n_top; i++)
        s->order[i] = min_int(b.top[i], s->g->c->V - 1); /* padded rows are no tokens */
    forward_head_rows(s, s->hidden, s->order, n_top, s->logits);
    best = s->g->ops->largest(s->logits, n_top);
    if ((n = reaching(s, &b, s->logits[best], most)) < 1)
        return -1;
    forward_head_rows(s, s->hidden, s->order, n, s->logits);
    return s->order[s->g->ops->largest(s->logits, n)];
}

static int32_t best_anyhow(gemma_session *s)
{
    const head_plane *p = &s->g->plane;
    int32_t best;

    if (s->logits_valid || !p->groups || s->full_head)
        return best_of_all(s);
    if (atomic_load(&p->ready) < p->n_groups)
        return best_and_grow(s);
    if (s->screen_wait > 0) {
        s->screen_wait--;
        return best_of_all(s);
    }
    session_hidden(s);
    if ((best = best_screened(s)) >= 0) {
        s->screen_pause = 0;
        return best;
    }
    s->screen_pause = min_int(2 * s->screen_pause + 1, MAX_WAIT);
    s->screen_wait = s->screen_pause;
    return best_of_all(s);
}

int32_t session_best(gemma_session *s)
{
    int32_t best;

    no_alloc_begin();
    best = best_anyhow(s);
    no_alloc_end();
    return best;
}
