/* model_head.c - cross entropy over the vocabulary, for positions with a target only.
 *
 *     l_v = cap(E_v h),  h = norm(x),  loss = log sum_v e^l_v - l_y
 *     dh = sum_v (p_v - [v = y]) cap'(l_v) E_v,  p_v = e^l_v / sum e^l
 *
 * One pass over the vocabulary in slices: dh is the output of an attention whose keys and
 * values are the rows of E, so the online softmax (Milakov and Gimelshein 2018,
 * arXiv:1805.02867) gives loss and gradient without holding the logits or computing them
 * twice. The target's own row is left out of the sum and added at the end in
 * F32: p_y - 1 is small where the model is sure, and p_y rounded to BF16 would drown it. */
#include <math.h>
#include <string.h>

#include "train/model_impl.h"

typedef struct head_job {
    train_model *m;
    bool backward;
    int rows;      /* targets per chunk */
    int v0, n;     /* slice of the vocabulary */
} head_job;

static size_t hidden_width(const train_model *m) { return (size_t)round_up(m->c->D, GEMM_PANEL); }

static void gather_row(train_model *m, int i, const void *arg)
{
    const int D = m->c->D;
    float *h = m->s.dhidden + (size_t)i * hidden_width(m);

    (void)arg;
    m->g->rms_norm(m->x_end + (size_t)m->s.at[i] * (size_t)D, m->output_norm, (float)m->c->norm_eps, D, h);
    m->g->store(h, D, at(m, m->s.hidden, (size_t)i * (size_t)D));
    memset(h, 0, hidden_width(m) * sizeof *h);
    m->s.top[i] = -INFINITY;
    m->s.sum[i] = 0.0f;
}

static void gather_targets(train_model *m)
{
    m->n_targets = 0;
    for (int t = 0; t < m->T; t++)
        if (m->b->targets[t] >= 0)
            m->s.at[m->n_targets++] = t;
    train_rows(m, gather_row, NULL, m->n_targets);
}

/* Row i's logits of entries [v0, v0 + n): to weights e^(l - top), the target's own left out. */
static void weigh_row(const head_job *j, int i, int v0, int n, float *logit)
{
    train_model *m = j->m;
    scratch *s = &m->s;
    const int goal = m->b->targets[s->at[i]] - v0;
    float slope[HEAD_PART], top;

    for (int v = n; v < HEAD_PART; v++)
        logit[v] = -INFINITY;
    if (m->c->final_softcap > 0)
        m->g->soft_cap(logit, (float)m->c->final_softcap, n, slope);
    if (goal >= 0 && goal < n) {
        s->goal[i] = logit[goal];
        s->slope[i] = m->c->final_softcap > 0 ? slope[goal] : 1.0f;
    }
    top = fmaxf(m->g->largest(logit, n), s->top[i]);
    if (top > s->top[i]) {
        const float shrink = expf(s->top[i] - top);

        s->sum[i] *= shrink;
        s->top[i] = top;
        if (j->backward)
            m->g->scale(s->dhidden + (size_t)i * hidden_width(m), shrink, m->c->D);
    }
    s->sum[i] += m->g->exp_sum(logit, top, HEAD_PART);
    for (int v = 0; v < n && m->c->final_softcap > 0; v++)
        logit[v] *= slope[v];
    if (goal >= 0 && goal < n)
        logit[goal] = 0.0f;
}

static void part_run(const head_job *j, int first, int rows, int part)
{
    train_model *m = j->m;
    const int D = m->c->D, n = j->n - part < HEAD_PART ? j->n - part : HEAD_PART;
    const int k = round_up(n, m->g->pair), height = round_up(j->n, m->g->pair);
    _Alignas(64) float logits[HEAD_ROWS * HEAD_PART];
    _Alignas(64) float shares[HEAD_ROWS * HEAD_PART];  /* as elements */

    for (int v = 0; v < n; v += GEMM_PANEL)
        m->g->tile(at(m, m->s.hidden, (size_t)first * (size_t)D), (size_t)D,
                   at(m, m->s.e_nk, (size_t)(part + v) * (size_t)D), rows, D, logits + v, HEAD_PART, false);
    for (int r = 0; r < rows; r++)
        weigh_row(j, first + r, j->v0 + part, n, logits + r * HEAD_PART);
    if (!j->backward)
        return;
    m->g->store(logits, rows * HEAD_PART, shares);
    for (int d = 0; d < D; d += GEMM_PANEL)
        m->g->tile(shares, HEAD_PART, at(m, m->s.e_kn, (size_t)d * (size_t)height + (size_t)part * GEMM_PANEL), rows, k,
                   m->s.dhidden + (size_t)first * hidden_width(m) + d, hidden_width(m), true);
}

static void head_chunk(void *arg, int i)
{
    const head_job *j = arg;
    const int first = i * j->rows;
    const int rows = j->m->n_targets - first < j->rows ? j->m->n_targets - first : j->rows;

    for (int part = 0; part < j->n; part += HEAD_PART)
        part_run(j, first, rows, part);
}

/* dh = sum / total + (p_y - 1) cap'(l_y) E_y, then through the norm into dx */
static void hidden_backward_row(train_model *m, int i, const void *arg)
{
    const scratch *s = &m->s;
    const int D = m->c->D, t = s->at[i];
    const float total = m->b->grad_scale, p = expf(s->goal[i] - s->top[i]) / s->sum[i];
    float *dh = s->dhidden + (size_t)i * hidden_width(m), *dx = s->dx + (size_t)t * (size_t)D;

    (void)arg;
    matrix_row(m, &m->head, m->b->targets[t], dx);
    m->g->scale(dh, total / s->sum[i], D);
    m->g->add_scaled(dx, total * (p - 1.0f) * s->slope[i], D, dh);
    m->g->rms_backward(m->x_end + (size_t)t * (size_t)D, m->output_norm, (float)m->c->norm_eps, dh, D, dx);
}

double head_run(train_model *m, bool backward)
{
    const int threads = pool_threads(m->threads);
    head_job j = {.m = m, .backward = backward};
    double loss = 0.0;

    gather_targets(m);
    j.rows = round_up((m->n_targets + 2 * threads - 1) / (2 * threads), 6);
    if (j.rows > HEAD_ROWS)
        j.rows = HEAD_ROWS;
    for (j.v0 = 0; j.v0 < m->c->V && m->n_targets > 0; j.v0 += HEAD_SLICE) {
        j.n = m->c->V - j.v0 < HEAD_SLICE ? m->c->V - j.v0 : HEAD_SLICE;
        matrix_pack_rows(m, &m->head, j.v0, j.n, m->s.e_nk);
        if (backward)
            matrix_pack_columns(m, &m->head, j.v0, j.n, m->s.e_kn);
        pool_run(m->threads, head_chunk, &j, (m->n_targets + j.rows - 1) / j.rows);
    }
    for (int i = 0; i < m->n_targets; i++)
        loss += (double)m->s.top[i] + log((double)m->s.sum[i]) - (double)m->s.goal[i];
    if (backward) {
        memset(m->s.dx, 0, (size_t)m->T * (size_t)m->c->D * sizeof *m->s.dx);
        train_rows(m, hidden_backward_row, NULL, m->n_targets);
    }
    return loss;
}
