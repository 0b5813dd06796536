/* forward.c - the layers of Gemma 1, 2 and 3.
 *
 *     x = embed(id) sqrt(D)
 *     each layer:  x += post(attention(norm(x)));  x += post(down(gelu(gate(h)) up(h))), h = norm(x)
 *     logits = cap(head(norm(x)))
 * post is the identity in Gemma 1 (Gemma Team 2024, arXiv:2403.08295); the soft
 * caps are Gemma 2's (arXiv:2408.00118), the q/k norms Gemma 3's (arXiv:2503.19786).
 * sqrt(D) is kept in F32: a checkpoint run in BF16 elsewhere rounds it. */
#include <math.h>
#include <string.h>

#include "base/no_alloc.h"
#include "gemma/gemma_impl.h"

static size_t embed_bytes(const tensor *t)
{
    return t->n_bytes / (size_t)t->dim[0];
}

static void quantise_row(gemma_session *s, const float *x, int row, int n)
{
    const act_rows out = act_rows_at(&s->xq, (size_t)row, n);

    if (s->g->precision == GEMMA_INTEGER)
        s->g->ops->quantise(x, n, &out);
}

/* normed and quantised input of a block from the residual stream */
static void block_input(gemma_session *s, int row, const float *norm)
{
    const int D = s->g->c->D;
    const size_t at = (size_t)row * (size_t)D;

    s->g->ops->rms_norm(s->x + at, norm, (float)s->g->c->norm_eps, D, s->normed + at);
    quantise_row(s, s->normed + at, row, D);
}

typedef struct row_args {
    const batch *b;
    const float *post, *next; /* gains after this block and before the next, NULL: none */
} row_args;

static void embed_row(gemma_session *s, int row, const void *arg)
{
    const row_args *a = arg;
    const int D = s->g->c->D;
    const float scale = sqrtf((float)D);
    float *x = s->x + (size_t)row * (size_t)D;

    s->g->ops->dequantise(s->g->embed->type,
                          (const char *)s->g->embed->data + embed_bytes(s->g->embed) * (size_t)a->b->ids[row], D, x);
    for (int i = 0; i < D; i++)
        x[i] *= scale;
    block_input(s, row, a->next);
}

/* x += post(y), then the next block's input */
static void residual_row(gemma_session *s, int row, const void *arg)
{
    const row_args *a = arg;
    const int D = s->g->c->D;
    float *x = s->x + (size_t)row * (size_t)D, *y = s->y + (size_t)row * (size_t)D;

    if (a->post)
        s->g->ops->rms_norm(y, a->post, (float)s->g->c->norm_eps, D, y);
    for (int i = 0; i < D; i++)
        x[i] += y[i];
    if (a->next)
        block_input(s, row, a->next);
}

static void attended_row(gemma_session *s, int row, const void *arg)
{
    const int n = s->g->c->H * s->g->c->K;

    (void)arg;
    quantise_row(s, s->att + (size_t)row * (size_t)n, row, n);
}

static void gated_row(gemma_session *s, int row, const void *arg)
{
    const int F = s->g->c->F;
    float *gate = s->gate + (size_t)row * (size_t)F;

    (void)arg;
    s->g->ops->gelu_mul(gate, s->up + (size_t)row * (size_t)F, F, gate);
    quantise_row(s, gate, row, F);
}

static void layer_forward(gemma_session *s, const batch *b, int l)
{
    const model_config *c = s->g->c;
    const layer *w = &s->g->layers[l];
    row_args rows = {b, w->post_attn_norm, w->ffn_norm};

    adapted_run(s, b, l, 0, 3, (const tensor *const[]){w->q, w->k, w->v}, (float *const[]){s->q, s->k, s->v},
                s->normed, c->D);
    attention_prepare(s, b, l);
    attention_run(s, b, l);
    rows_run(s, attended_row, NULL, b->n);
    adapted_run(s, b, l, 3, 1, &w->o, &s->y, s->att, c->H * c->K);
    rows_run(s, residual_row, &rows, b->n);
    adapted_run(s, b, l, 4, 2, (const tensor *const[]){w->gate, w->up}, (float *const[]){s->gate, s->up}, s->normed,
                c->D);
    rows_run(s, gated_row, NULL, b->n);
    adapted_run(s, b, l, 6, 1, &w->down, &s->y, s->gate, c->F);
    rows.post = w->post_ffn_norm;
    rows.next = l + 1 < c->L ? s->g->layers[l + 1].attn_norm : NULL;
    rows_run(s, residual_row, &rows, b->n);
}

static bool layers_forward(gemma_session *s, const batch *b)
{
    const row_args rows = {b, NULL, s->g->layers[0].attn_norm};

    attention_angles(s, b);
    rows_run(s, embed_row, &rows, b->n);
    for (int l = 0; l < s->g->c->L; l++) {
        if (s->tap)
            s->tap(s->tap_arg, l, s->x, b->n);
        if (atomic_load_explicit(&s->cancelled, memory_order_relaxed))
            return false;
        layer_forward(s, b, l);
    }
    if (s->tap)
        s->tap(s->tap_arg, s->g->c->L, s->x, b->n);
    return true;
}

bool forward(gemma_session *s, const batch *b)
{
    bool done;

    no_alloc_begin();
    done = layers_forward(s, b);
    no_alloc_end();
    return done;
}

void forward_norm(const gemma_session *s, int row, float *out)
{
    const int D = s->g->c->D;

    s->g->ops->rms_norm(s->x + (size_t)row * (size_t)D, s->g->output_norm, (float)s->g->c->norm_eps, D, out);
}

void forward_head(gemma_session *s, const float *hidden, int n, float *logits)
{
    const model_config *c = s->g->c;

    no_alloc_begin();
    for (int i = 0; i < n; i++)
        quantise_row(s, hidden + (size_t)i * (size_t)c->D, i, c->D);
    matmuls_run(s, 1, &s->g->head, &logits, hidden, n, c->D);
    for (int i = 0; i < n && c->final_softcap > 0; i++)
        s->g->ops->soft_cap(logits + (size_t)i * (size_t)c->V, (float)c->final_softcap, c->V);
    no_alloc_end();
}

void forward_head_rows(gemma_session *s, const float *hidden, const int32_t *ids, int n, float *out)
{
    const model_config *c = s->g->c;

    no_alloc_begin();
    quantise_row(s, hidden, 0, c->D);
    matmul_rows_run(s, s->g->head, ids, n, hidden, c->D, out);
    if (c->final_softcap > 0)
        s->g->ops->soft_cap(out, (float)c->final_softcap, n);
    no_alloc_end();
}
