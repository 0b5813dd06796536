/* model_step.c - one batch: checked, forward, backward. */
#include "train/model.h"

#include <math.h>
#include <string.h>

#include "train/model_impl.h"

size_t train_model_count(const train_model *m) { return m->n_learned; }
float *train_model_weights(train_model *m) { return m->learned; }
float *train_model_gradients(train_model *m) { return m->gradients; }
const char *train_model_identity(const train_model *m) { return m->identity; }
void train_model_cancel(train_model *m) { atomic_store(&m->cancelled, true); }

/* Learned matrices are rounded and packed when a product needs them: nothing to renew. */
void train_model_changed(train_model *m) { (void)m; }

void train_model_zero_gradients(train_model *m)
{
    memset(m->gradients, 0, m->n_learned * sizeof *m->gradients);
}

const train_tensor *train_model_tensors(const train_model *m, int *n)
{
    *n = m->n_tensors;
    return m->tensors;
}

size_t train_model_bytes(const train_model *m)
{
    return m->block_bytes + m->kept_bytes + m->nf4_bytes + 2 * m->n_learned * sizeof(float);
}

static bool check_segments(const train_batch *b, err *e)
{
    int end = 0;

    for (int i = 0; i < b->n_segments; i++) {
        const train_segment *s = &b->segments[i];

        if (s->first != end || s->n < 1 || s->n > b->n - end)
            return err_set(e, ERR_ARG, "segment %d of the batch does not begin where the one before ends", i);
        if (s->parent < -1 || s->parent >= i || (s->parent >= 0 && b->segments[s->parent].parent >= 0))
            return err_set(e, ERR_ARG, "segment %d of the batch: its parent must be an earlier segment without one", i);
        end += s->n;
    }
    return end == b->n || err_set(e, ERR_ARG, "the segments cover %d of the batch's %d tokens", end, b->n);
}

static bool check_batch(const train_model *m, const train_batch *b, err *e)
{
    int targets = 0;

    if (b->n < 1 || b->n > m->o.max_tokens)
        return err_set(e, ERR_ARG, "a batch of %d tokens; 1 to %d fit", b->n, m->o.max_tokens);
    for (int t = 0; t < b->n; t++) {
        if (b->ids[t] < 0 || b->ids[t] >= m->c->V || b->targets[t] < -1 || b->targets[t] >= m->c->V)
            return err_set(e, ERR_ARG, "token %d of the batch is outside the vocabulary of %d", t, m->c->V);
        targets += b->targets[t] >= 0;
    }
    if (targets > m->o.max_targets)
        return err_set(e, ERR_ARG, "a batch with %d targets; %d fit", targets, m->o.max_targets);
    return check_segments(b, e);
}

static void set_places(train_model *m, const train_batch *b)
{
    for (int i = 0; i < b->n_segments; i++) {
        const train_segment *s = &b->segments[i], *parent = s->parent >= 0 ? &b->segments[s->parent] : NULL;

        for (int t = s->first; t < s->first + s->n; t++)
            m->places[t] = (place){t - s->first + (parent ? parent->n : 0), s->first, parent ? parent->first : 0,
                                   parent ? parent->first + parent->n : 0};
    }
}

static void embed_row(train_model *m, int t, const void *arg)
{
    float *x = m->layers[0].x + (size_t)t * (size_t)m->c->D;

    (void)arg;
    matrix_row(m, &m->embed, m->b->ids[t], x);
    m->g->scale(x, sqrtf((float)m->c->D), m->c->D);
}

static bool go_on(train_model *m, err *e)
{
    return !atomic_exchange(&m->cancelled, false) || err_set(e, ERR_CANCELLED, "stopped within a step");
}

bool train_model_step(train_model *m, const train_batch *b, bool backward, double *loss_sum, int *n_targets, err *e)
{
    const int L = m->c->L;

    if (!check_batch(m, b, e))
        return false;
    m->b = b;
    m->T = b->n;
    set_places(m, b);
    train_rows(m, embed_row, NULL, m->T);
    for (int l = 0; l < L; l++) {
        if (!go_on(m, e))
            return false;
        layer_forward(m, &m->layers[l], l + 1 < L ? m->layers[l + 1].x : m->x_end, false);
    }
    *loss_sum = head_run(m, backward);
    *n_targets = m->n_targets;
    for (int l = L - 1; backward && l >= 0; l--) {
        if (!go_on(m, e))
            return false;
        layer_backward(m, &m->layers[l]);
    }
    return true;
}
