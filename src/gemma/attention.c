/* attention.c - rotary positions, the KV cache and blockwise attention.
 *
 * Rotary embedding (Su et al. 2021, arXiv:2104.09864) in the half-split form:
 * with c, s = cos, sin(position * theta^(-2i/K)),
 *     (a, b) = (x[i], x[i + K/2])  becomes  (a c - b s, b c + a s).
 * Attention visits blocks of 64 positions that start at position 0 (see
 * kernels/attend_*.c), so where a chunk of the prefill began leaves no trace.
 * A local layer's query at p sees (p - window, p]; rows of its ring that hold
 * other positions are never in sight. */
#include <math.h>
#include <string.h>

#include "gemma/gemma_impl.h"

static int row_pos(const batch *b, int row) { return b->beams ? b->pos : b->pos + row; }

/* cos and sin of every row's position for both bases. Products in F32, as the
 * model was trained. */
void attention_angles(gemma_session *s, const batch *b)
{
    const int half = s->g->c->K / 2;

    for (int kind = 0; kind < 2; kind++)
        for (int t = 0; t < b->n; t++)
            for (int i = 0; i < half; i++) {
                const float angle = (float)row_pos(b, t) * s->g->inverse_freq[kind][i];

                s->cos[kind][t * half + i] = cosf(angle);
                s->sin[kind][t * half + i] = sinf(angle);
            }
}

static void rotate(float *x, const float *c, const float *sn, int half)
{
    for (int i = 0; i < half; i++) {
        const float a = x[i], b = x[i + half];

        x[i] = a * c[i] - b * sn[i];
        x[i + half] = b * c[i] + a * sn[i];
    }
}

/* Where row t of the batch keeps its key and value. */
static size_t own_slot(const kv_layer *kv, const batch *b, int t, bool *tail)
{
    const int pos = row_pos(b, t);

    *tail = b->beams;
    return b->beams ? (size_t)b->slots[t][pos - b->prefix] : (size_t)(pos % kv->n_rows);
}

typedef struct layer_rows {
    const batch *b;
    int l;
} layer_rows;

static void prepare_row(gemma_session *s, int t, const void *arg)
{
    const layer_rows *a = arg;
    const model_config *c = s->g->c;
    const layer *w = &s->g->layers[a->l];
    const kv_layer *kv = &s->kv[a->l];
    const int K = c->K, half = K / 2, kind = w->global;
    const float *cosine = s->cos[kind] + (size_t)t * (size_t)half;
    const float *sine = s->sin[kind] + (size_t)t * (size_t)half;
    const float scale = (float)(1.0 / sqrt(c->query_scale));
    const size_t width = (size_t)c->G * (size_t)K;
    float *q = s->q + (size_t)t * (size_t)(c->H * K), *k = s->k + (size_t)t * width;
    bool tail;
    const size_t slot = own_slot(kv, a->b, t, &tail);

    for (int h = 0; h < c->H; h++, q += K) {
        if (w->q_norm)
            s->g->ops->rms_norm(q, w->q_norm, (float)c->norm_eps, K, q);
        rotate(q, cosine, sine, half);
        for (int i = 0; i < K; i++)
            q[i] *= scale;
    }
    for (int h = 0; h < c->G; h++) {
        if (w->k_norm)
            s->g->ops->rms_norm(k + h * K, w->k_norm, (float)c->norm_eps, K, k + h * K);
        rotate(k + h * K, cosine, sine, half);
    }
    memcpy((tail ? kv->tail_k : kv->k) + slot * width, k, width * sizeof *k);
    memcpy((tail ? kv->tail_v : kv->v) + slot * width, s->v + (size_t)t * width, width * sizeof *k);
}

/* Norms, rotation and query scale; keys and values go to the cache. */
void attention_prepare(gemma_session *s, const batch *b, int l)
{
    const layer_rows a = {b, l};

    rows_run(s, prepare_row, &a, b->n);
}

/* One head of up to 8 rows of the batch. */
typedef struct attention_job {
    gemma_session *s;
    const batch *b;
    int l, tile;
} attention_job;

static void block_rows(const attention_job *j, int row, int head, int start, int last, attend *a)
{
    const model_config *c = j->s->g->c;
    const kv_layer *kv = &j->s->kv[j->l];
    const size_t width = (size_t)c->G * (size_t)c->K;
    const size_t column = (size_t)(head / (c->H / c->G)) * (size_t)c->K;

    for (int i = 0; i < ATTEND_BLOCK; i++) {
        const int pos = start + i < last ? start + i : last; /* past the end: any row */

        if (j->b->beams && pos >= j->b->prefix) {
            const size_t at = (size_t)j->b->slots[row][pos - j->b->prefix] * width + column;

            a->k[i] = kv->tail_k + at;
            a->v[i] = kv->tail_v + at;
        } else {
            const size_t at = (size_t)(pos % kv->n_rows) * width + column;

            a->k[i] = kv->k + at;
            a->v[i] = kv->v + at;
        }
    }
}

static int clamp(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

static void attend_rows(const attention_job *j, int row, int n, int head, attend *a)
{
    const model_config *c = j->s->g->c;
    const bool local = !j->s->g->layers[j->l].global;
    const int last = row_pos(j->b, row + n - 1);
    int first[ATTEND_QUERIES] = {0};

    for (int i = 0; i < n; i++) {
        const int pos = row_pos(j->b, row + i);

        first[i] = local && pos >= c->window ? pos - c->window + 1 : 0;
    }
    for (int start = first[0] / ATTEND_BLOCK * ATTEND_BLOCK; start <= last; start += ATTEND_BLOCK) {
        block_rows(j, row, head, start, last, a);
        for (int i = 0; i < n; i++) {
            a->first[i] = clamp(first[i] - start, 0, ATTEND_BLOCK);
            a->end[i] = clamp(row_pos(j->b, row + i) + 1 - start, 0, ATTEND_BLOCK);
        }
        j->s->g->ops->attend_block(a);
    }
}

static void attention_chunk(void *arg, int i)
{
    const attention_job *j = arg;
    const model_config *c = j->s->g->c;
    const int head = i % c->H, row = i / c->H * j->tile;
    const int n = clamp(j->b->n - row, 0, j->tile);
    const size_t width = (size_t)c->H * (size_t)c->K;
    attend a = {.n_queries = n, .head_size = c->K, .cap = (float)c->attn_softcap};

    for (int t = 0; t < n; t++) {
        const size_t at = (size_t)(row + t) * width + (size_t)head * (size_t)c->K;

        a.q[t] = j->s->q + at;
        a.acc[t] = j->s->att + at;
        a.max[t] = -INFINITY;
        memset(a.acc[t], 0, (size_t)c->K * sizeof(float));
    }
    attend_rows(j, row, n, head, &a);
    for (int t = 0; t < n; t++) {
        const float scale = 1.0f / a.sum[t];

        for (int k = 0; k < c->K; k++)
            a.acc[t][k] *= scale;
    }
}

void attention_run(gemma_session *s, const batch *b, int l)
{
    attention_job j = {s, b, l, b->beams ? 1 : ATTEND_QUERIES};

    pool_run(s->g->threads, attention_chunk, &j, (b->n + j.tile - 1) / j.tile * s->g->c->H);
}
