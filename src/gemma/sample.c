/* sample.c - choosing tokens: greedy, or by temperature, top-k, top-p and min-p.
 *
 * Random numbers: xoshiro256** (Blackman and Vigna 2018, arXiv:1805.01407) whose
 * state is four outputs of splitmix64 from the seed; a number in [0,1) is the
 * upper 53 bits. One number per token, drawn also when one candidate is left,
 * so equal seeds stay in step. Candidates are ordered by falling logit and, if
 * equal, by rising id; filters apply in the order top-k, top-p, min-p, all on
 * the distribution after temperature. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/no_alloc.h"
#include "gemma/gemma_impl.h"

typedef struct random_state {
    uint64_t s[4];
} random_state;

static uint64_t rotl(uint64_t x, int k) { return x << k | x >> (64 - k); }

static void random_seed(random_state *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        r->s[i] = z ^ z >> 31;
    }
}

static double random_unit(random_state *r)
{
    const uint64_t result = rotl(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;

    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rotl(r->s[3], 45);
    return (double)(result >> 11) * 0x1p-53;
}

int32_t logits_best(const float *logits, int n)
{
    int32_t best = 0;

    for (int32_t i = 1; i < n; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

/* -- a heap of candidates: the best first --------------------------------- */

static bool before(const float *logits, int32_t a, int32_t b)
{
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
}

static void sift(const float *logits, int32_t *heap, int n, int i)
{
    for (int child; (child = 2 * i + 1) < n; i = child) {
        int32_t swap;

        if (child + 1 < n && before(logits, heap[child + 1], heap[child]))
            child++;
        if (!before(logits, heap[child], heap[i]))
            return;
        swap = heap[i];
        heap[i] = heap[child];
        heap[child] = swap;
    }
}

/* Take the best off the heap; it stays behind the end, so order[n..) is sorted
 * from worst taken to best taken when read downward. */
static int32_t take_best(const float *logits, int32_t *heap, int *n)
{
    const int32_t best = heap[0];

    heap[0] = heap[--*n];
    heap[*n] = best;
    sift(logits, heap, *n, 0);
    return best;
}

/* Index into logits (n) drawn as `how` says; `order` has room for n. */
static int32_t draw(const float *logits, int n, const gemma_sampling *how, random_state *r, int32_t *order)
{
    const double u = random_unit(r);
    double total = 0.0, kept = 0.0, at = 0.0, top;
    int left = n, taken = 0;

    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n / 2 - 1; i >= 0; i--)
        sift(logits, order, n, i);
    top = logits[order[0]];
    for (int i = 0; i < n; i++)
        total += exp((logits[i] - top) / how->temperature);
    if (how->top_k > 0 && how->top_k < n) { /* top-p counts what top-k left */
        total = 0.0;
        while (taken < how->top_k) {
            total += exp((logits[take_best(logits, order, &left)] - top) / how->temperature);
            taken++;
        }
    }
    /* walk down from the best: taken ones first, then fresh ones from the heap */
    for (int i = 0; i < (taken ? taken : n); i++) {
        const int32_t id = i < n - left ? order[n - 1 - i] : take_best(logits, order, &left);
        const double p = exp((logits[id] - top) / how->temperature);

        if ((how->min_p > 0 && p < how->min_p) || p == 0.0)
            break;
        kept += p;
        if (how->top_p > 0 && how->top_p < 1 && kept >= how->top_p * total)
            break;
    }
    for (int i = n - 1; i >= 0; i--) {
        at += exp((logits[order[i]] - top) / how->temperature);
        if (at > u * kept || i == left)
            return order[i];
    }
    return order[n - 1];
}

/* -- generation --------------------------------------------------------------- */

typedef struct choice {
    gemma_session *s;
    const gemma_sampling *how;
    random_state random;
    int n_held;  /* of the tokens written, in the session */
    bool forced; /* the last one was no choice */
} choice;

static void count_rows(const choice *c, int n)
{
    if (c->how->effort)
        c->how->effort->rows += n;
}

/* The best, or drawn, of all that are admitted; -1 when none is. */
static int32_t choose_admitted(choice *c)
{
    gemma_session *s = c->s;
    const int V = s->g->c->V;

    memcpy(s->scores, session_logits(s), (size_t)V * sizeof *s->scores);
    for (int tries = 0; tries < V; tries++) {
        const int32_t id = c->how->temperature > 0 ? draw(s->scores, V, c->how, &c->random, s->order)
                                                   : s->g->ops->largest(s->scores, V);

        if (s->scores[id] == -INFINITY)
            break;
        if (c->how->admits(c->how->mask_arg, id))
            return id;
        s->scores[id] = -INFINITY;
    }
    return -1;
}

/* The next of ids[0..n), n > 0, or of all when n < 0. */
static int32_t choose_from(choice *c, const int32_t *ids, int n)
{
    gemma_session *s = c->s;
    const int V = s->g->c->V;
    int32_t i;

    count_rows(c, n < 0 ? V : n > 1 ? n : 0);
    if (n < 0) {
        if (c->how->temperature > 0)
            return draw(session_logits(s), V, c->how, &c->random, s->order);
        return session_best(s);
    }
    if (n == 1)
        return ids[0];
    n = n < V ? n : V;
    session_logits_for(s, ids, n, s->scores);
    i = c->how->temperature > 0 ? draw(s->scores, n, c->how, &c->random, s->order)
                                : s->g->ops->largest(s->scores, n);
    return ids[i];
}

/* The tokens that were written without a choice go through the model together. */
static bool catch_up(choice *c, const int32_t *written, int n_written, err *e)
{
    const int n = n_written - c->n_held;

    c->n_held = n_written;
    if (!n)
        return true;
    if (c->how->effort)
        c->how->effort->passes++;
    return session_extend_more(c->s, written + n_written - n, n, e);
}

/* The next id, or -1 when the mask ends the answer. The mask may allocate. */
static bool choose(choice *c, const int32_t *written, int n_written, int32_t *id, err *e)
{
    const int32_t *ids = NULL;
    int n = -1;

    *id = -1;
    c->forced = false;
    if (c->how->mask && (n = c->how->mask(c->how->mask_arg, written, n_written, &ids)) == 0)
        return true;
    if (n == 1) {
        *id = ids[0];
        c->forced = true;
        if (c->how->temperature > 0)
            random_unit(&c->random);
        return true;
    }
    if (!catch_up(c, written, n_written, e))
        return false;
    if (n < 0 && c->how->admits) {
        count_rows(c, c->s->g->c->V);
        *id = choose_admitted(c);
        return true;
    }
    no_alloc_begin();
    *id = choose_from(c, ids, n);
    no_alloc_end();
    return true;
}

static void count_token(const choice *c)
{
    if (!c->how->effort)
        return;
    c->how->effort->tokens++;
    c->how->effort->forced += c->forced;
}

static bool is_stop(const gemma_sampling *how, int32_t id)
{
    for (int i = 0; i < how->n_stop; i++)
        if (how->stop[i] == id)
            return true;
    return false;
}

bool gemma_generate(gemma_session *s, const int32_t *ids, int n, const gemma_sampling *how,
                    bool (*on_token)(void *arg, int32_t id), void *arg, int32_t *out, int *n_out, err *e)
{
    choice c = {.s = s, .how = how};

    *n_out = 0;
    if (n < 1 || how->max_tokens < 1 || !(how->temperature >= 0))
        return err_set(e, ERR_ARG, "generation needs a prompt, max_tokens > 0 and temperature >= 0");
    random_seed(&c.random, how->seed);
    if (!session_set(s, ids, n, e))
        return false;
    for (;;) {
        int32_t id;

        if (!choose(&c, out, *n_out, &id, e))
            return false;
        if (id < 0 || is_stop(how, id))
            return true;
        out[(*n_out)++] = id;
        count_token(&c);
        if ((on_token && !on_token(arg, id)) || *n_out == how->max_tokens ||
            s->n + *n_out - c.n_held > s->max_tokens)
            return true;
    }
}
