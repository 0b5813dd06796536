/* model_lora.c - linear layers with a low-rank addition (Hu et al. 2021, arXiv:2106.09685).
 *
 *     low = s A d(x)          s = alpha / R, d dropout
 *     y   = W x + B low
 *
 *     dB  = dy low^T          dlow = s B^T dy
 *     dA  = dlow d(x)^T       dx   = W^T dy + d(A^T dlow)
 *
 * W has no gradient. A begins as PEFT's (Kaiming uniform with a = sqrt(5), that
 * is +-1/sqrt(C)), B as 0. Dropout is drawn from (seed, step, tensor, index) by a
 * counter (splitmix64's finaliser), so a pass that is repeated draws the same. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/model_impl.h"

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

/* ---- the list of learned tensors ---- */
static const char *const mat_names[MATS] = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                                            "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"};

static bool add_tensor(train_model *m, int l, int which, bool is_b, int rows, int cols, err *e)
{
    char *name = NULL;

    if (asprintf(&name, "base_model.model.model.layers.%d.%s.lora_%c.weight", l, mat_names[which], is_b ? 'B' : 'A') < 0)
        return err_set(e, ERR_NOMEM, "out of memory for the adapter's names");
    m->tensors[m->n_tensors++] = (train_tensor){name, l, 1u << which, is_b, rows, cols, m->n_learned};
    m->n_learned += (size_t)rows * (size_t)cols;
    return true;
}

static void first_values(train_model *m)
{
    for (int i = 0; i < m->n_tensors; i++) {
        const train_tensor *t = &m->tensors[i];
        const double bound = 1.0 / sqrt(t->cols);
        const uint64_t key = mix(m->o.seed) + (uint64_t)i;

        for (size_t j = 0; !t->is_b && j < (size_t)t->rows * (size_t)t->cols; j++)
            m->learned[t->at + j] = (float)(bound * ((double)(mix(mix(key) + j) >> 11) * 0x1p-52 - 1.0));
    }
}

bool lora_open(train_model *m, err *e)
{
    m->tensors = calloc((size_t)m->c->L * MATS * 2, sizeof *m->tensors);
    if (!m->tensors)
        return err_set(e, ERR_NOMEM, "out of memory for the adapter");
    for (int l = 0; l < m->c->L; l++)
        for (int which = 0; which < MATS; which++) {
            const matrix *w = &m->layers[l].w[which];

            if (!(m->o.targets >> which & 1))
                continue;
            m->layers[l].lora[which] = (adapter){true, m->n_tensors, m->n_learned,
                                                 m->n_learned + (size_t)m->R * (size_t)w->C};
            if (!add_tensor(m, l, which, false, m->R, w->C, e) || !add_tensor(m, l, which, true, w->N, m->R, e))
                return false;
        }
    m->learned = calloc(m->n_learned, sizeof *m->learned);
    m->gradients = calloc(m->n_learned, sizeof *m->gradients);
    if (!m->learned || !m->gradients)
        return err_set(e, ERR_NOMEM, "out of memory for %zu learned numbers", m->n_learned);
    first_values(m);
    return true;
}

/* ---- dropout ---- */
typedef struct drop_args {
    uint64_t key;
    uint32_t below; /* dropped when the draw is below */
    float grow;     /* 1 / (1 - p) */
    int C;
    const void *x;  /* forward: (T,C) elements */
    void *out;
    const float *dx; /* backward: (T,C), added to */
    gradient_out sum;
} drop_args;

static drop_args drop_of(const train_model *m, const adapter *a, int C)
{
    const uint64_t key = mix(mix(mix(m->o.seed) ^ m->b->step) ^ (uint64_t)a->tensor);

    return (drop_args){.key = key, .below = (uint32_t)((double)m->o.dropout * 0x1p32),
                       .grow = 1.0f / (1.0f - m->o.dropout), .C = C};
}

/* factors of 32 neighbours from column c of a row on */
static void drop_factors(const drop_args *d, int row, int c, int n, float *out)
{
    for (int i = 0; i < n; i += 2) {
        const uint64_t draw = mix(d->key + ((uint64_t)row * (uint64_t)d->C + (uint64_t)(c + i)));

        out[i] = (uint32_t)draw < d->below ? 0.0f : d->grow;
        if (i + 1 < n)
            out[i + 1] = (uint32_t)(draw >> 32) < d->below ? 0.0f : d->grow;
    }
}

static void drop_row(train_model *m, int row, const void *arg)
{
    const drop_args *d = arg;
    float x[32], f[32];

    for (int c = 0; c < d->C; c += 32) {
        const int n = d->C - c < 32 ? d->C - c : 32;
        const size_t i = (size_t)row * (size_t)d->C + (size_t)c;

        drop_factors(d, row, c, n, f);
        m->g->load(at(m, d->x, i), n, x);
        for (int k = 0; k < n; k++)
            x[k] *= f[k];
        m->g->store(x, n, at(m, d->out, i));
    }
}

static void drop_backward_row(train_model *m, int row, const void *arg)
{
    const drop_args *d = arg;
    float f[32], sum[32];

    for (int c = 0; c < d->C; c += 32) {
        const int n = d->C - c < 32 ? d->C - c : 32;
        const size_t i = (size_t)row * (size_t)d->C + (size_t)c;

        drop_factors(d, row, c, n, f);
        if (d->sum.elements)
            m->g->load(at(m, d->sum.elements, i), n, sum);
        else
            memcpy(sum, d->sum.f32 + i, (size_t)n * sizeof *sum);
        for (int k = 0; k < n; k++)
            sum[k] += d->dx[i + (size_t)k] * f[k];
        if (d->sum.elements)
            m->g->store(sum, n, at(m, d->sum.elements, i));
        else
            memcpy(d->sum.f32 + i, sum, (size_t)n * sizeof *sum);
    }
}

/* x after dropout: x itself without */
static const void *dropped(train_model *m, const adapter *a, int C, const void *x)
{
    drop_args d;

    if (m->o.dropout <= 0.0f)
        return x;
    d = drop_of(m, a, C);
    d.x = x;
    d.out = m->s.drop;
    train_rows(m, drop_row, &d, m->T);
    return m->s.drop;
}

/* ---- forward ---- */
static const void *pack_a_rows(train_model *m, const adapter *a, int C)
{
    elements_store(m, m->learned + a->a, (size_t)m->R * (size_t)C, m->s.ab);
    elements_pack_rows(m, m->s.ab, (size_t)C, m->R, C, m->s.a_pack);
    return m->s.a_pack;
}

static const void *pack_b_rows(train_model *m, const adapter *a, int N)
{
    elements_store(m, m->learned + a->b, (size_t)m->R * (size_t)N, m->s.ab);
    elements_pack_rows(m, m->s.ab, (size_t)m->R, N, m->R, m->s.a_pack);
    return m->s.a_pack;
}

void linear_forward(train_model *m, layer *l, int which, const void *x, void *out)
{
    const matrix *w = &l->w[which];
    const adapter *a = &l->lora[which];
    product p = {.n_terms = 1, .M = m->T, .N = w->N, .elements = out, .ld = (size_t)w->N};

    matrix_pack_rows(m, w, 0, w->N, m->s.w_pack);
    p.t[0] = (term){x, (size_t)w->C, m->s.w_pack, w->C};
    if (a->on) {
        const void *in = dropped(m, a, w->C, x);

        product_run(m, &(product){.t = {{in, (size_t)w->C, pack_a_rows(m, a, w->C), w->C}}, .n_terms = 1,
                                  .M = m->T, .N = m->R, .scale = m->lora_scale,
                                  .elements = l->a.low[which], .ld = (size_t)m->Rp});
        p.t[p.n_terms++] = (term){l->a.low[which], (size_t)m->Rp, pack_b_rows(m, a, w->N), m->R};
    }
    product_run(m, &p);
}

/* ---- backward ---- */
typedef struct turn_args {
    const float *from; /* (R,N) */
    float *to;         /* (N,R) += */
    int N;
} turn_args;

static void add_turned_row(train_model *m, int row, const void *arg)
{
    const turn_args *a = arg;

    for (int r = 0; r < m->R; r++)
        a->to[(size_t)row * (size_t)m->R + (size_t)r] += a->from[(size_t)r * (size_t)a->N + (size_t)row];
}

/* x (T,Rp) to s.low_t (R,Tp), an odd T filled with a 0 */
static void transpose_low(train_model *m, const void *x)
{
    const float zero = 0.0f;

    m->g->transpose(x, (size_t)m->Rp, m->T, m->R, m->s.low_t, m->Tp);
    for (int r = 0; m->T % m->g->pair && r < m->R; r++)
        m->g->store(&zero, 1, at(m, m->s.low_t, (size_t)r * m->Tp + (size_t)m->T));
}

/* dB = dy low^T */
static void b_backward(train_model *m, const layer *l, int which, const void *dy)
{
    const int N = l->w[which].N;
    const turn_args turn = {m->s.db_t, m->gradients + l->lora[which].b, N};

    elements_pack_columns(m, dy, (size_t)N, m->T, N, m->s.dy_kn);
    transpose_low(m, l->a.low[which]);
    product_run(m, &(product){.t = {{m->s.low_t, m->Tp, m->s.dy_kn, m->T}}, .n_terms = 1, .M = m->R, .N = N,
                              .out = m->s.db_t, .ld = (size_t)N});
    train_rows(m, add_turned_row, &turn, N);
}

/* dlow = s B^T dy, dA = dlow d(x)^T */
static void a_backward(train_model *m, const layer *l, int which, const void *x, const void *x_kn, const void *dy)
{
    const matrix *w = &l->w[which];
    const adapter *a = &l->lora[which];

    elements_store(m, m->learned + a->b, (size_t)m->R * (size_t)w->N, m->s.ab);
    elements_pack_columns(m, m->s.ab, (size_t)m->R, w->N, m->R, m->s.a_pack);
    product_run(m, &(product){.t = {{dy, (size_t)w->N, m->s.a_pack, w->N}}, .n_terms = 1, .M = m->T, .N = m->R,
                              .scale = m->lora_scale, .elements = m->s.dlow, .ld = (size_t)m->Rp});
    if (m->o.dropout > 0.0f) {
        elements_pack_columns(m, dropped(m, a, w->C, x), (size_t)w->C, m->T, w->C, m->s.dy_kn);
        x_kn = m->s.dy_kn;
    }
    transpose_low(m, m->s.dlow);
    product_run(m, &(product){.t = {{m->s.low_t, m->Tp, x_kn, m->T}}, .n_terms = 1, .M = m->R, .N = w->C,
                              .out = m->gradients + a->a, .ld = (size_t)w->C, .add = true});
}

void linear_backward(train_model *m, layer *l, int which, const void *x, const void *x_kn, const void *dy,
                     gradient_out dx)
{
    const matrix *w = &l->w[which];
    const adapter *a = &l->lora[which];
    product p = {.n_terms = 1, .M = m->T, .N = w->C, .out = dx.f32, .elements = dx.elements,
                 .ld = (size_t)w->C, .add = dx.add};
    term low;

    if (a->on) {
        b_backward(m, l, which, dy);
        a_backward(m, l, which, x, x_kn, dy);
    }
    if (!dx.f32 && !dx.elements)
        return;
    /* dx = W^T dy + d(A^T dlow) */
    matrix_pack_columns(m, w, 0, w->N, m->s.w_pack);
    p.t[0] = (term){dy, (size_t)w->N, m->s.w_pack, w->N};
    if (a->on) {
        elements_store(m, m->learned + a->a, (size_t)m->R * (size_t)w->C, m->s.ab);
        elements_pack_columns(m, m->s.ab, (size_t)w->C, m->R, w->C, m->s.a_pack);
        low = (term){m->s.dlow, (size_t)m->Rp, m->s.a_pack, m->R};
        if (m->o.dropout <= 0.0f)
            p.t[p.n_terms++] = low;
    }
    product_run(m, &p);
    if (a->on && m->o.dropout > 0.0f) {
        drop_args d = drop_of(m, a, w->C);

        d.dx = m->s.dropped_dx;
        d.sum = dx;
        product_run(m, &(product){.t = {low}, .n_terms = 1, .M = m->T, .N = w->C, .out = m->s.dropped_dx, .ld = (size_t)w->C});
        train_rows(m, drop_backward_row, &d, m->T);
    }
}
