/* model_layer.c - one layer, forward and backward, side by side.
 *
 *     h1 = norm(x)                    q, k, v = Wq h1, Wk h1, Wv h1
 *     x_mid = x + post(Wo attention(q, k, v))
 *     h2 = norm(x_mid)                act = gelu(Wgate h2) Wup h2
 *     x_out = x_mid + post(Wdown act)
 *
 * (docs/MODEL.md; every W with its low-rank addition, model_lora.c). What backward needs is
 * what forward stored as elements, rounded values included: both passes see the same
 * numbers, whether a layer's activations were kept or are computed again. */
#include "train/model_impl.h"

typedef struct norm_args {
    const float *x, *gain;
    void *out; /* (T,D) elements */
} norm_args;

static void norm_row(train_model *m, int t, const void *arg)
{
    const norm_args *a = arg;
    const int D = m->c->D;
    float *y = m->s.dh + (size_t)t * (size_t)D;

    m->g->rms_norm(a->x + (size_t)t * (size_t)D, a->gain, (float)m->c->norm_eps, D, y);
    m->g->store(y, D, at(m, a->out, (size_t)t * (size_t)D));
}

static void norm_forward(train_model *m, const float *x, const float *gain, void *out)
{
    const norm_args a = {x, gain, out};

    train_rows(m, norm_row, &a, m->T);
}

typedef struct residual_args {
    const float *x, *gain; /* gain NULL: no norm after the block */
    const void *y;         /* (T,D) elements */
    float *out;            /* x + post(y); backward: reads dx */
    void *dy;              /* backward: (T,D) elements */
} residual_args;

static void residual_row(train_model *m, int t, const void *arg)
{
    const residual_args *a = arg;
    const int D = m->c->D;
    const size_t i = (size_t)t * (size_t)D;
    float *y = m->s.dh + i;

    m->g->load(at(m, a->y, i), D, y);
    if (a->gain)
        m->g->rms_norm(y, a->gain, (float)m->c->norm_eps, D, y);
    for (int d = 0; d < D; d++)
        a->out[i + (size_t)d] = a->x[i + (size_t)d] + y[d];
}

static void residual_forward(train_model *m, const float *x, const void *y, const float *gain, float *out)
{
    const residual_args a = {x, gain, y, out, NULL};

    train_rows(m, residual_row, &a, m->T);
}

/* x_out = x + post(y): dy = post'(y) dx; dx itself passes on to x */
static void residual_backward_row(train_model *m, int t, const void *arg)
{
    const residual_args *a = arg;
    const int D = m->c->D;
    const size_t i = (size_t)t * (size_t)D;
    float *y = m->s.dh + i;

    if (!a->gain) {
        m->g->store(a->x + i, D, at(m, a->dy, i));
        return;
    }
    m->g->load(at(m, a->y, i), D, y);
    m->g->rms_backward(y, a->gain, (float)m->c->norm_eps, a->x + i, D, y);
    m->g->store(y, D, at(m, a->dy, i));
}

static void residual_backward(train_model *m, const void *y, const float *gain, void *dy)
{
    const residual_args a = {m->s.dx, gain, y, NULL, dy};

    train_rows(m, residual_backward_row, &a, m->T);
}

/* dx += norm'(x) dh */
static void norm_backward_row(train_model *m, int t, const void *arg)
{
    const norm_args *a = arg;
    const int D = m->c->D;
    const size_t i = (size_t)t * (size_t)D;

    m->g->rms_backward(a->x + i, a->gain, (float)m->c->norm_eps, m->s.dh + i, D, m->s.dh + i);
    m->g->add_scaled(m->s.dh + i, 1.0f, D, m->s.dx + i);
}

static void norm_backward(train_model *m, const float *x, const float *gain)
{
    const norm_args a = {x, gain, NULL};

    train_rows(m, norm_backward_row, &a, m->T);
}

enum { GELU_STEP = 512 };

/* act = gelu(gate) up */
static void gelu_row(train_model *m, int t, const void *arg)
{
    const layer *l = arg;
    const int F = m->c->F;
    float gate[GELU_STEP], up[GELU_STEP];

    for (int f = 0; f < F; f += GELU_STEP) {
        const int n = F - f < GELU_STEP ? F - f : GELU_STEP;
        const size_t i = (size_t)t * (size_t)F + (size_t)f;

        m->g->load(at(m, l->a.gate, i), n, gate);
        m->g->load(at(m, l->a.up, i), n, up);
        m->g->gelu_mul(gate, up, n, gate);
        m->g->store(gate, n, at(m, m->s.act, i));
    }
}

static void gelu_backward_row(train_model *m, int t, const void *arg)
{
    const layer *l = arg;
    const int F = m->c->F;
    float gate[GELU_STEP], up[GELU_STEP], dact[GELU_STEP], dup[GELU_STEP];

    for (int f = 0; f < F; f += GELU_STEP) {
        const int n = F - f < GELU_STEP ? F - f : GELU_STEP;
        const size_t i = (size_t)t * (size_t)F + (size_t)f;

        m->g->load(at(m, l->a.gate, i), n, gate);
        m->g->load(at(m, l->a.up, i), n, up);
        m->g->load(at(m, m->s.dwide, i), n, dact);
        m->g->gelu_backward(gate, up, dact, n, gate, dup);
        m->g->store(gate, n, at(m, m->s.dgate, i));
        m->g->store(dup, n, at(m, m->s.dup, i));
    }
}

/* `again`: for the backward pass. What is stored is not computed again, only what
 * is cheap; the products of a layer whose activations were not kept are. x_out may be NULL. */
void layer_forward(train_model *m, layer *l, float *x_out, bool again)
{
    const bool products = !again || !l->stored;
    scratch *s = &m->s;

    norm_forward(m, l->x, l->attn_norm, s->h1);
    if (products) {
        linear_forward(m, l, MAT_Q, s->h1, l->a.q);
        linear_forward(m, l, MAT_K, s->h1, l->a.k);
        linear_forward(m, l, MAT_V, s->h1, l->a.v);
    }
    train_attention_prepare(m, l);
    if (products) {
        attention_forward(m, l);
        linear_forward(m, l, MAT_O, l->a.att, l->a.o);
    }
    residual_forward(m, l->x, l->a.o, l->post_attn_norm, s->x_mid);
    norm_forward(m, s->x_mid, l->ffn_norm, s->h2);
    if (products) {
        linear_forward(m, l, MAT_GATE, s->h2, l->a.gate);
        linear_forward(m, l, MAT_UP, s->h2, l->a.up);
    }
    train_rows(m, gelu_row, l, m->T);
    if (products)
        linear_forward(m, l, MAT_DOWN, s->act, l->a.down);
    if (x_out)
        residual_forward(m, s->x_mid, l->a.down, l->post_ffn_norm, x_out);
}

static void pack_input(train_model *m, const void *x, int C)
{
    elements_pack_columns(m, x, (size_t)C, m->T, C, m->s.x_kn);
}

static void feed_forward_backward(train_model *m, layer *l)
{
    const int D = m->c->D, F = m->c->F;
    scratch *s = &m->s;

    /* x_out = x_mid + post(Wdown act) */
    residual_backward(m, l->a.down, l->post_ffn_norm, s->dy);
    pack_input(m, s->act, F);
    linear_backward(m, l, MAT_DOWN, s->act, s->x_kn, s->dy, (gradient_out){.elements = s->dwide});
    /* act = gelu(gate) up */
    train_rows(m, gelu_backward_row, l, m->T);
    /* gate, up = Wgate h2, Wup h2 */
    pack_input(m, s->h2, D);
    linear_backward(m, l, MAT_GATE, s->h2, s->x_kn, s->dgate, (gradient_out){.f32 = s->dh});
    linear_backward(m, l, MAT_UP, s->h2, s->x_kn, s->dup, (gradient_out){.f32 = s->dh, .add = true});
    /* h2 = norm(x_mid) */
    norm_backward(m, s->x_mid, l->ffn_norm);
}

static void attention_part_backward(train_model *m, layer *l)
{
    const int D = m->c->D, HK = m->c->H * m->c->K;
    scratch *s = &m->s;
    float *dh = l == m->layers ? NULL : s->dh; /* below the first layer nothing learns */

    /* x_mid = x + post(Wo att) */
    residual_backward(m, l->a.o, l->post_attn_norm, s->dy);
    pack_input(m, l->a.att, HK);
    linear_backward(m, l, MAT_O, l->a.att, s->x_kn, s->dy, (gradient_out){.elements = s->dwide});
    attention_backward(m, l);
    /* q, k, v = Wq h1, Wk h1, Wv h1 */
    pack_input(m, s->h1, D);
    linear_backward(m, l, MAT_Q, s->h1, s->x_kn, s->dy, (gradient_out){.f32 = dh});
    linear_backward(m, l, MAT_K, s->h1, s->x_kn, s->dk_e, (gradient_out){.f32 = dh, .add = true});
    linear_backward(m, l, MAT_V, s->h1, s->x_kn, s->dv_e, (gradient_out){.f32 = dh, .add = true});
    /* h1 = norm(x) */
    if (dh)
        norm_backward(m, l->x, l->attn_norm);
}

/* s.dx: gradient of x_out on entry, of x on return */
void layer_backward(train_model *m, layer *l)
{
    layer_forward(m, l, NULL, true);
    feed_forward_backward(m, l);
    attention_part_backward(m, l);
}
