/* forward.c - BERT's encoder over the texts of one unit.
 *
 *     x = norm(word + position + kind)
 *     x = norm(x + W_o softmax(q k^T / sqrt(K)) v + b_o)         per layer
 *     x = norm(x + W_down gelu(W_up x + b_up) + b_down)
 *     vector = mean over the text's rows, length 1
 *                                            Devlin et al. 2018, arXiv:1810.04805, section 3
 * Keys and values are packed per head, so attention runs on the same tiles as the
 * products. Rows have a stride of whole panels; what lies beyond a matrix's columns is
 * zero or never read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "minilm/minilm_impl.h"

typedef struct scratch {
    const minilm *m;
    int T, longest;           /* rows; rows of the longest text */
    size_t ld_x, ld_wide;     /* strides: of x, and of the widest product */
    float *x;                 /* (T,ld_x) the residual stream */
    float *wide;              /* (T,ld_wide) q k v, or the feed-forward part */
    float *attended;          /* (T,D) tight: what goes into a product */
    float *out;               /* (T,ld_x) a product's result */
    float *scores;            /* (longest, panels of keys) */
    float *keys, *values;     /* packed, of one head */
    float *head;              /* (longest,GEMM_PANEL) */
    act_rows xq;              /* int8 only */
} scratch;

static size_t padded(size_t n) { return (n + GEMM_PANEL - 1) / GEMM_PANEL * GEMM_PANEL; }

static void *floats(size_t n) { return aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64); }

static bool scratch_init_int(scratch *s, size_t T, size_t C)
{
    s->xq = (act_rows){malloc(T * C * sizeof *s->xq.q), malloc(T * C / 32 * sizeof *s->xq.scale),
                       malloc(T * C / 32 * sizeof *s->xq.weighted), malloc(T * C / 16 * sizeof *s->xq.sum)};
    return s->xq.q && s->xq.scale && s->xq.weighted && s->xq.sum;
}

static bool scratch_init(scratch *s, const minilm *m, const unit *u)
{
    const encoder_config *c = m->config;
    const size_t T = (size_t)u->T, D = (size_t)c->D, F = (size_t)c->F;
    size_t longest, keys;

    s->m = m;
    s->T = u->T;
    for (int i = 0; i < u->n_texts; i++)
        if (u->first[i + 1] - u->first[i] > s->longest)
            s->longest = u->first[i + 1] - u->first[i];
    longest = (size_t)s->longest;
    keys = padded(longest);
    s->ld_x = padded(D);
    s->ld_wide = padded(3 * D) > padded(F) ? padded(3 * D) : padded(F);
    s->x = floats(T * s->ld_x);
    s->out = floats(T * s->ld_x);
    s->wide = floats(T * s->ld_wide);
    s->attended = floats(T * D);
    s->scores = floats(longest * keys);
    s->keys = floats(keys * D / (size_t)c->H);
    s->values = floats(longest * GEMM_PANEL);
    s->head = floats(longest * GEMM_PANEL);
    return s->x && s->out && s->wide && s->attended && s->scores && s->keys && s->values && s->head &&
           (!m->kernels || scratch_init_int(s, T, D > F ? D : F));
}

static void scratch_deinit(scratch *s)
{
    free(s->x);
    free(s->out);
    free(s->wide);
    free(s->attended);
    free(s->scores);
    free(s->keys);
    free(s->values);
    free(s->head);
    free(s->xq.q);
    free(s->xq.scale);
    free(s->xq.weighted);
    free(s->xq.sum);
}

/* ---- products --------------------------------------------------------------------- */

typedef struct product {
    const minilm *m;
    const linear *l;
    const float *x; /* (T,ld) */
    size_t ld;
    const act_rows *xq;
    int T;
    float *out; /* (T,ld_out) */
    size_t ld_out;
} product;

static void product_panel(void *arg, int i)
{
    const product *p = arg;
    const int from = i * GEMM_PANEL, left = p->l->n_out - from;
    const int n = left < GEMM_PANEL ? left : GEMM_PANEL;

    if (p->l->q8) {
        p->m->kernels->matmul_int(&(matmul){.type = TENSOR_Q8_0, .w = p->l->q8, .n_cols = p->l->n_in, .r0 = from,
                                            .r1 = from + n, .n_tokens = p->T, .xq = *p->xq, .out = p->out + from,
                                            .ld = (int)p->ld_out});
    } else {
        p->m->gemm->tile(p->x, p->ld, p->l->panels + (size_t)from * (size_t)p->l->n_in, p->T, p->l->n_in,
                         p->out + from, p->ld_out, false);
    }
    for (int t = 0; t < p->T; t++)
        p->m->gemm->add_scaled(p->l->bias + from, 1, n, p->out + (size_t)t * p->ld_out + from);
}

/* out = W x + bias, x (T,ld). */
static void multiply(const scratch *s, const linear *l, const float *x, size_t ld, float *out, size_t ld_out,
                     bool share)
{
    product p = {s->m, l, x, ld, &s->xq, s->T, out, ld_out};

    for (int t = 0; l->q8 && t < s->T; t++) {
        const act_rows row = act_rows_at(&s->xq, (size_t)t, l->n_in);

        s->m->kernels->quantise(x + (size_t)t * ld, l->n_in, &row);
    }
    if (share) {
        pool_run(s->m->pool, product_panel, &p, l->n_panels);
        return;
    }
    for (int i = 0; i < l->n_panels; i++)
        product_panel(&p, i);
}

/* ---- attention -------------------------------------------------------------------- */

/* One head of one text: rows from..from+n of wide = [q k v]. */
static void attend_head(const scratch *s, int from, int n, int head)
{
    const gemm_ops *o = s->m->gemm;
    const int D = s->m->config->D, K = D / s->m->config->H;
    const size_t ld = s->ld_wide, keys = padded((size_t)n);
    const float *q = s->wide + (size_t)from * ld + head * K, *k = q + D, *v = k + D;
    float *out = s->attended + (size_t)from * (size_t)D + head * K;

    for (int j = 0; j < n; j += GEMM_PANEL) {
        const int left = n - j < GEMM_PANEL ? n - j : GEMM_PANEL;

        o->pack_nk(k + (size_t)j * ld, ld, left, K, s->keys + (size_t)j * (size_t)K);
        o->tile(q, ld, s->keys + (size_t)j * (size_t)K, n, K, s->scores + j, keys, false);
    }
    for (int i = 0; i < n; i++) {
        float *row = s->scores + (size_t)i * keys;
        const float sum = o->exp_sum(row, o->largest(row, n), n);

        o->scale(row, 1.0f / sum, n);
    }
    o->pack_kn(v, ld, K, n, s->values);
    o->tile(s->scores, keys, s->values, n, n, s->head, GEMM_PANEL, false);
    for (int i = 0; i < n; i++)
        memcpy(out + (size_t)i * (size_t)D, s->head + i * GEMM_PANEL, (size_t)K * sizeof *out);
}

static void attend_all(const scratch *s, const unit *u)
{
    for (int i = 0; i < u->n_texts; i++)
        for (int h = 0; h < s->m->config->H; h++)
            attend_head(s, u->first[i], u->first[i + 1] - u->first[i], h);
}

/* ---- the layers ------------------------------------------------------------------- */

/* x = norm(x + out) */
static void add_and_norm(const scratch *s, const float *gain, const float *bias)
{
    const encoder_config *c = s->m->config;

    for (int t = 0; t < s->T; t++) {
        float *x = s->x + (size_t)t * s->ld_x;

        s->m->gemm->add_scaled(s->out + (size_t)t * s->ld_x, 1, c->D, x);
        s->m->gemm->layer_norm(x, gain, bias, c->norm_eps, c->D, x);
    }
}

static void layer(const scratch *s, const unit *u, int i, bool share)
{
    const encoder_config *c = s->m->config;
    const encoder_layer *w = &encoder_weights(s->m->weights)->layers[i];
    const block *b = &s->m->blocks[i];

    multiply(s, &b->qkv, s->x, s->ld_x, s->wide, s->ld_wide, share);
    attend_all(s, u);
    multiply(s, &b->output, s->attended, (size_t)c->D, s->out, s->ld_x, share);
    add_and_norm(s, w->attn_norm, w->attn_norm_bias);
    multiply(s, &b->up, s->x, s->ld_x, s->wide, s->ld_wide, share);
    for (int t = 0; t < s->T; t++)
        s->m->gemm->gelu_erf(s->wide + (size_t)t * s->ld_wide, c->F, s->wide + (size_t)t * s->ld_wide);
    multiply(s, &b->down, s->wide, s->ld_wide, s->out, s->ld_x, share);
    add_and_norm(s, w->ffn_norm, w->ffn_norm_bias);
}

static void embed_tokens(const scratch *s, const unit *u)
{
    const encoder_config *c = s->m->config;
    const encoder_tensors *w = encoder_weights(s->m->weights);
    const size_t D = (size_t)c->D;

    for (int i = 0; i < u->n_texts; i++)
        for (int t = u->first[i]; t < u->first[i + 1]; t++) {
            float *x = s->x + (size_t)t * s->ld_x;

            memcpy(x, w->words + (size_t)u->ids[t] * D, D * sizeof *x);
            s->m->gemm->add_scaled(w->kinds, 1, c->D, x);
            s->m->gemm->add_scaled(w->positions + (size_t)(t - u->first[i]) * D, 1, c->D, x);
            s->m->gemm->layer_norm(x, w->norm, w->norm_bias, c->norm_eps, c->D, x);
        }
}

/* The mean of a text's rows, length 1; false when it is no number. */
static bool pool_rows(const scratch *s, int from, int to, float *out)
{
    const int D = s->m->config->D;
    float length;

    memset(out, 0, (size_t)D * sizeof *out);
    for (int t = from; t < to; t++)
        s->m->gemm->add_scaled(s->x + (size_t)t * s->ld_x, 1.0f / (float)(to - from), D, out);
    length = sqrtf(s->m->gemm->dot(out, out, D));
    s->m->gemm->scale(out, 1.0f / fmaxf(length, 1e-12f), D);
    return isfinite(length);
}

bool unit_forward(const minilm *m, const unit *u, bool share, float *out, err *e)
{
    scratch s = {0};
    bool ok = scratch_init(&s, m, u) || err_set(e, ERR_NOMEM, "out of memory for %d tokens", u->T);

    if (ok) {
        embed_tokens(&s, u);
        for (int i = 0; i < m->config->L; i++)
            layer(&s, u, i, share);
    }
    for (int i = 0; ok && i < u->n_texts; i++)
        ok = pool_rows(&s, u->first[i], u->first[i + 1], out + (size_t)i * (size_t)m->config->D) ||
             err_set(e, ERR_MODEL, "%s: gives values that are no numbers; fetch it again", encoder_path(m->weights));
    scratch_deinit(&s);
    return ok;
}
