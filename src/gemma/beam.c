/* beam.c - beam search on a shared prefix.
 *
 * A beam's score is the sum of its tokens' log-probabilities, without a length
 * term. Each step extends every live beam by its best tokens; of all extensions,
 * best first (ties: the better parent, then the lower id), those that stop are
 * finished and the others fill the live beams again. The search ends when as many
 * are finished as were asked for and no live one can still pass the worst of them.
 *
 * The prefix stays in the session. The key and value of step i of live beam b are
 * in tail slot i * n_beams + b; a beam is the list of its slots, so following a
 * better parent copies integers and never keys or values. */
#include <math.h>
#include <string.h>

#include "gemma/gemma_impl.h"

typedef struct candidate {
    float log_prob; /* of the whole beam */
    int parent;
    int32_t id;
    bool stop;
} candidate;

enum { MAX_CANDIDATES = 2 * MAX_BEAMS };

typedef struct search {
    gemma_session *s;
    const gemma_sampling *how;
    int wanted, n_live, steps;
    int side; /* which half of ids and slots is current */
    float log_prob[MAX_BEAMS];
    candidate best[MAX_CANDIDATES]; /* of this step, sorted */
    int n_best;
    gemma_beam *done; /* (wanted), sorted by falling log_prob */
    int n_done;
} search;

static int32_t *history(int32_t *store, const search *x, int side, int beam)
{
    const gemma_session *s = x->s;

    return store + ((size_t)side * (size_t)s->n_beams + (size_t)beam) * (size_t)s->answer_tokens;
}

static bool is_stop(const gemma_sampling *how, int32_t id)
{
    for (int i = 0; i < how->n_stop; i++)
        if (how->stop[i] == id)
            return true;
    return false;
}

/* Insert behind equals: parents and ids arrive in rising order. */
static void offer(search *x, candidate c)
{
    int i = x->n_best;

    if (i == MAX_CANDIDATES && !(c.log_prob > x->best[i - 1].log_prob))
        return;
    if (i == MAX_CANDIDATES)
        i--;
    else
        x->n_best++;
    for (; i > 0 && c.log_prob > x->best[i - 1].log_prob; i--)
        x->best[i] = x->best[i - 1];
    x->best[i] = c;
}

static void offer_all(search *x, int parent, const float *logits, const int32_t *ids, int n)
{
    const float top = logits[x->s->g->ops->largest(logits, n)];
    const float log_sum = top + (float)log(x->s->g->ops->sum_exp(logits, top, n));

    for (int i = 0; i < n; i++) {
        const int32_t id = ids ? ids[i] : i;
        const float p = x->log_prob[parent] + (logits[i] - log_sum);

        if (x->n_best < MAX_CANDIDATES || p > x->best[x->n_best - 1].log_prob)
            offer(x, (candidate){p, parent, id, is_stop(x->how, id)});
    }
}

/* The best extensions that are admitted, of logits (V) that may be changed. */
static void offer_admitted(search *x, int parent, float *logits)
{
    const int V = x->s->g->c->V;
    const float top = logits[x->s->g->ops->largest(logits, V)];
    const float log_sum = top + (float)log(x->s->g->ops->sum_exp(logits, top, V));
    int n = 0;

    for (int tries = 0; tries < V && n < 2 * x->wanted; tries++) {
        const int32_t id = x->s->g->ops->largest(logits, V);

        if (logits[id] == -INFINITY)
            return;
        if (x->how->admits(x->how->mask_arg, id)) {
            offer(x, (candidate){x->log_prob[parent] + (logits[id] - log_sum), parent, id,
                                 is_stop(x->how, id)});
            n++;
        }
        logits[id] = -INFINITY;
    }
}

/* Extensions of live beam b whose last hidden state is row b. */
static void extend_beam(search *x, int b, const float *logits)
{
    gemma_session *s = x->s;
    const int32_t *ids = NULL, *written = history(s->beam_ids, x, x->side, b);
    const int V = s->g->c->V;
    int n = -1;

    if (x->how->mask)
        n = x->how->mask(x->how->mask_arg, written, x->steps, &ids);
    if (n < 0) {
        if (x->how->mask && x->steps > 0)
            forward_head(s, s->hidden + (size_t)b * (size_t)s->g->c->D, 1, s->scores);
        else if (x->how->mask)
            memcpy(s->scores, logits, (size_t)V * sizeof *logits);
        if (x->how->mask && x->how->admits) {
            offer_admitted(x, b, s->scores);
            return;
        }
        offer_all(x, b, x->how->mask && x->steps > 0 ? s->scores : logits, NULL, V);
    } else if (n == 0) {
        offer(x, (candidate){x->log_prob[b], b, -1, true});
    } else {
        n = n < V ? n : V;
        forward_head_rows(s, s->hidden + (size_t)b * (size_t)s->g->c->D, ids, n, s->scores);
        offer_all(x, b, s->scores, ids, n);
    }
}

static void finish(search *x, const int32_t *ids, int n, float log_prob, bool stopped)
{
    gemma_session *s = x->s;
    int at = x->n_done;
    int32_t *store;

    if (at == x->wanted && !(log_prob > x->done[at - 1].log_prob))
        return;
    if (at == x->wanted)
        at--;
    else
        x->done[x->n_done++].ids = history(s->beam_ids, x, 2, at);
    store = x->done[at].ids;
    memcpy(store, ids, (size_t)n * sizeof *ids);
    for (; at > 0 && log_prob > x->done[at - 1].log_prob; at--)
        x->done[at] = x->done[at - 1];
    x->done[at] = (gemma_beam){store, n, stopped, log_prob};
}

/* Turn the step's candidates into finished and live beams. */
static void select_beams(search *x)
{
    gemma_session *s = x->s;
    const int from = x->side, to = !from;
    float log_prob[MAX_BEAMS];
    int live = 0;

    for (int i = 0; i < x->n_best && live < x->wanted; i++) {
        const candidate *c = &x->best[i];
        const int32_t *ids = history(s->beam_ids, x, from, c->parent);

        if (c->stop) {
            finish(x, ids, x->steps, c->log_prob, true);
            continue;
        }
        memcpy(history(s->beam_ids, x, to, live), ids, (size_t)x->steps * sizeof *ids);
        memcpy(history(s->beam_slots, x, to, live), history(s->beam_slots, x, from, c->parent),
               (size_t)x->steps * sizeof(int32_t));
        history(s->beam_ids, x, to, live)[x->steps] = c->id;
        history(s->beam_slots, x, to, live)[x->steps] = x->steps * s->n_beams + live;
        log_prob[live++] = c->log_prob;
    }
    memcpy(x->log_prob, log_prob, (size_t)live * sizeof *log_prob);
    x->n_live = live;
    x->side = to;
    x->steps++;
}

static bool advance_beams(search *x)
{
    gemma_session *s = x->s;
    const size_t D = (size_t)s->g->c->D;
    int32_t ids[MAX_BEAMS];
    batch b = {.n = x->n_live, .ids = ids, .pos = s->n + x->steps - 1, .beams = true, .prefix = s->n};

    for (int i = 0; i < x->n_live; i++) {
        ids[i] = history(s->beam_ids, x, x->side, i)[x->steps - 1];
        b.slots[i] = history(s->beam_slots, x, x->side, i);
    }
    if (!forward(s, &b))
        return false;
    for (int i = 0; i < x->n_live; i++)
        forward_norm(s, i, s->hidden + (size_t)i * D);
    if (!x->how->mask) /* else only the admissible rows, in extend_beam */
        forward_head(s, s->hidden, x->n_live, s->logits);
    return true;
}

static bool settled(const search *x)
{
    return x->n_live == 0 || (x->n_done == x->wanted && !(x->log_prob[0] > x->done[x->n_done - 1].log_prob));
}

static bool search_run(search *x, err *e)
{
    gemma_session *s = x->s;
    const size_t V = (size_t)s->g->c->V;

    for (;;) {
        x->n_best = 0;
        for (int b = 0; b < x->n_live; b++)
            extend_beam(x, b, s->logits + (size_t)b * V);
        select_beams(x);
        if (settled(x))
            return true;
        if (x->steps == x->how->max_tokens)
            break;
        if (!advance_beams(x))
            return err_set(e, ERR_CANCELLED, "interrupted after %d tokens", x->steps);
    }
    for (int b = 0; b < x->n_live; b++)
        finish(x, history(s->beam_ids, x, x->side, b), x->steps, x->log_prob[b], false);
    return true;
}

bool session_beams(gemma_session *s, int n_beams, const gemma_sampling *how, gemma_beam *beams,
                   int *n_found, err *e)
{
    search x = {.s = s, .how = how, .wanted = n_beams, .n_live = 1, .done = beams};
    bool ok;

    *n_found = 0;
    if (n_beams < 1 || n_beams > s->n_beams || how->max_tokens < 1 || how->max_tokens > s->answer_tokens)
        return err_set(e, ERR_ARG, "%d beams of %d tokens: the session was opened for %d of %d",
                       n_beams, how->max_tokens, s->n_beams, s->answer_tokens);
    if (s->n < 1)
        return err_set(e, ERR_ARG, "beam search needs a prompt");
    atomic_store(&s->cancelled, false);
    session_logits(s);
    ok = search_run(&x, e);
    s->hidden_valid = s->logits_valid = false; /* the beams used both */
    *n_found = x.n_done;
    return ok;
}
