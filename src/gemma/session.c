/* session.c - one timeline of tokens: memory, appending, rewinding, logits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gemma/gemma_impl.h"

enum { DEFAULT_TOKENS = 4096, DEFAULT_ANSWER = 512, ALIGN = 64 };

/* A block is laid out twice: once with base NULL to learn its size, then for
 * good. It comes from calloc: pages that are never used are never touched. */
typedef struct carver {
    char *base;
    size_t at;
} carver;

static void *carve(carver *c, size_t n, size_t size)
{
    void *p = c->base ? c->base + c->at : NULL;

    c->at += (n * size + ALIGN - 1) / ALIGN * ALIGN;
    return p;
}
#define CARVE(c, T, n) ((T *)carve(c, (size_t)(n), sizeof(T)))

static void carve_cache(gemma_session *s, carver *at)
{
    const model_config *c = s->g->c;
    const size_t width = (size_t)c->G * (size_t)c->K;
    const size_t slots = (size_t)s->n_beams * (size_t)s->answer_tokens;
    kv_layer *kv = CARVE(at, kv_layer, c->L);

    for (int l = 0; l < c->L; l++) {
        const int n_rows = s->g->layers[l].global ? s->max_tokens : s->ring;
        kv_layer one = {.n_rows = n_rows};

        one.k = CARVE(at, float, (size_t)n_rows * width);
        one.v = CARVE(at, float, (size_t)n_rows * width);
        one.tail_k = CARVE(at, float, slots * width);
        one.tail_v = CARVE(at, float, slots * width);
        if (kv)
            kv[l] = one;
    }
    s->kv = kv;
}

static void carve_activations(gemma_session *s, carver *at)
{
    const model_config *c = s->g->c;
    const int rows = s->chunk > SCORE_ROWS ? s->chunk : SCORE_ROWS;
    const size_t T = (size_t)rows, D = (size_t)c->D, F = (size_t)c->F;
    const size_t HK = (size_t)c->H * (size_t)c->K, GK = (size_t)c->G * (size_t)c->K;
    size_t widest = D > F ? D : F;

    widest = ((widest > HK ? widest : HK) + ACT_BLOCK - 1) / ACT_BLOCK * ACT_BLOCK;
    s->x = CARVE(at, float, T * D);
    s->y = CARVE(at, float, T * D);
    s->normed = CARVE(at, float, T * D);
    s->q = CARVE(at, float, T * HK);
    s->att = CARVE(at, float, T * HK);
    s->k = CARVE(at, float, T * GK);
    s->v = CARVE(at, float, T * GK);
    s->gate = CARVE(at, float, T * F);
    s->up = CARVE(at, float, T * F);
    s->low_rank_rows = rows;
    s->low_rank = CARVE(at, float, 3 * T * LOW_RANK_MAX);
    s->xq.q = CARVE(at, int16_t, T * widest);
    s->xq.scale = CARVE(at, float, T * widest / 32);
    s->xq.weighted = CARVE(at, float, T * widest / 32);
    s->xq.sum = CARVE(at, int32_t, T * widest / 16);
    for (int kind = 0; kind < 2; kind++) {
        s->cos[kind] = CARVE(at, float, T * (size_t)c->K / 2);
        s->sin[kind] = CARVE(at, float, T * (size_t)c->K / 2);
    }
}

static void carve_all(gemma_session *s, carver *at)
{
    const size_t V = (size_t)s->g->c->V;
    const size_t history = (size_t)s->n_beams * (size_t)s->answer_tokens;

    s->ids = CARVE(at, int32_t, s->max_tokens);
    s->hidden = CARVE(at, float, (size_t)MAX_BEAMS * (size_t)s->g->c->D);
    s->logits = CARVE(at, float, (s->n_beams ? (size_t)s->n_beams : 1) * V);
    s->order = CARVE(at, int32_t, V);
    s->scores = CARVE(at, float, SCORE_ROWS * V);
    s->beam_slots = CARVE(at, int32_t, 2 * history);
    s->beam_ids = CARVE(at, int32_t, 3 * history);
    carve_activations(s, at);
    carve_cache(s, at);
}

static bool fill_options(gemma_session *s, const gemma_session_options *o, err *e)
{
    const model_config *c = s->g->c;
    const int most = c->context > 0 ? c->context : DEFAULT_TOKENS;

    if (o->max_tokens < 0 || o->answer_tokens < 0 || o->chunk < 0 || o->chunk > MAX_CHUNK ||
        o->beams < 0 || o->beams > MAX_BEAMS)
        return err_set(e, ERR_ARG, "session options out of range: chunk 0..%d, beams 0..%d, the others >= 0",
                       MAX_CHUNK, MAX_BEAMS);
    s->max_tokens = o->max_tokens ? o->max_tokens : DEFAULT_TOKENS;
    if (s->max_tokens > most)
        s->max_tokens = most;
    s->answer_tokens = o->answer_tokens ? o->answer_tokens : DEFAULT_ANSWER;
    if (s->answer_tokens > s->max_tokens)
        s->answer_tokens = s->max_tokens;
    s->chunk = o->chunk ? o->chunk : MAX_CHUNK;
    s->n_beams = o->beams;
    s->full_head = o->full_head;
    s->ring = c->window + s->chunk + s->answer_tokens;
    if (s->ring > s->max_tokens)
        s->ring = s->max_tokens;
    return true;
}

gemma_session *gemma_session_open(gemma *g, const gemma_session_options *o, err *e)
{
    static const gemma_session_options defaults = {0};
    gemma_session *s = calloc(1, sizeof *s);
    carver at = {0};

    if (!s) {
        err_set(e, ERR_NOMEM, "out of memory for a session");
        return NULL;
    }
    s->g = g;
    if (!fill_options(s, o ? o : &defaults, e)) {
        free(s);
        return NULL;
    }
    carve_all(s, &at);
    s->n_bytes = at.at;
    if (!(s->block = calloc(1, at.at + ALIGN))) {
        err_set(e, ERR_NOMEM, "a session of %d tokens needs %zu MB", s->max_tokens, at.at >> 20);
        free(s);
        return NULL;
    }
    at = (carver){(char *)s->block + (ALIGN - (uintptr_t)s->block % ALIGN) % ALIGN, 0};
    carve_all(s, &at);
    return s;
}

void gemma_session_close(gemma_session *s)
{
    if (!s)
        return;
    free(s->block);
    free(s);
}

int session_tokens(const gemma_session *s) { return s->n; }
const int32_t *session_ids(const gemma_session *s) { return s->ids; }
int session_capacity(const gemma_session *s) { return s->max_tokens; }
size_t session_bytes(const gemma_session *s) { return s->n_bytes; }
void session_cancel(gemma_session *s) { atomic_store(&s->cancelled, true); }

static void forget_logits(gemma_session *s) { s->hidden_valid = s->logits_valid = false; }

/* Compute the n ids that stand at s->ids + s->n, at most a chunk of them. */
static bool advance(gemma_session *s, int n)
{
    const batch b = {.n = n, .ids = s->ids + s->n, .pos = s->n};

    forget_logits(s);
    if (!forward(s, &b))
        return false;
    s->n += n;
    if (s->n - s->ring > s->low)
        s->low = s->n - s->ring;
    return true;
}

static bool check_ids(const gemma_session *s, const int32_t *ids, int n, err *e)
{
    if (n < 0 || n > s->max_tokens - s->n)
        return err_set(e, ERR_LIMIT, "%d more tokens do not fit: the session holds %d of at most %d",
                       n, s->n, s->max_tokens);
    for (int i = 0; i < n; i++)
        if (ids[i] < 0 || ids[i] >= s->g->c->V)
            return err_set(e, ERR_ARG, "token id %d is outside the vocabulary of %d", (int)ids[i], s->g->c->V);
    return true;
}

bool session_extend_more(gemma_session *s, const int32_t *ids, int n, err *e)
{
    if (!check_ids(s, ids, n, e))
        return false;
    if (n > 0)
        memmove(s->ids + s->n, ids, (size_t)n * sizeof *ids);
    while (n > 0) {
        const int step = n < s->chunk ? n : s->chunk;

        if (!advance(s, step))
            return err_set(e, ERR_CANCELLED, "interrupted after %d tokens", s->n);
        if (n == step) {
            forward_norm(s, step - 1, s->hidden);
            s->hidden_valid = true;
        }
        n -= step;
    }
    return true;
}

bool session_extend(gemma_session *s, const int32_t *ids, int n, err *e)
{
    atomic_store(&s->cancelled, false);
    return session_extend_more(s, ids, n, e);
}

/* The local rings must hold what position n - 1 sees, so that its logits can
 * be had again. */
static bool rings_hold(const gemma_session *s, int n)
{
    const int first = n - s->g->c->window;

    return s->low <= (first > 0 ? first : 0);
}

bool session_rewind(gemma_session *s, int n_tokens, err *e)
{
    if (n_tokens < 0 || n_tokens > s->n)
        return err_set(e, ERR_ARG, "cannot rewind %d tokens to %d", s->n, n_tokens);
    if (n_tokens == s->n)
        return true;
    forget_logits(s);
    if (rings_hold(s, n_tokens)) {
        s->n = n_tokens;
        if (n_tokens == 0)
            s->low = 0;
        return true;
    }
    s->n = s->low = 0;
    return session_extend_more(s, s->ids, n_tokens, e);
}

bool session_set(gemma_session *s, const int32_t *ids, int n, err *e)
{
    int same = 0;

    atomic_store(&s->cancelled, false);
    while (same < s->n && same < n && s->ids[same] == ids[same])
        same++;
    if (n > s->max_tokens)
        return err_set(e, ERR_LIMIT, "a prompt of %d tokens does not fit a session of %d", n, s->max_tokens);
    return session_rewind(s, same, e) && session_extend_more(s, ids + same, n - same, e);
}

/* After a rewind the last token's state is gone: compute that row again. Keys
 * and values it writes are the bits that are there already. */
void session_hidden(gemma_session *s)
{
    bool cancelled = false;

    if (s->hidden_valid)
        return;
    s->n--;
    do /* one row is not worth stopping for; a cancellation waits for the next call */
        cancelled |= atomic_exchange(&s->cancelled, false);
    while (!advance(s, 1));
    if (cancelled)
        atomic_store(&s->cancelled, true);
    forward_norm(s, 0, s->hidden);
    s->hidden_valid = true;
}

const float *session_logits(gemma_session *s)
{
    if (!s->logits_valid) {
        session_hidden(s);
        forward_head(s, s->hidden, 1, s->logits);
        s->logits_valid = true;
    }
    return s->logits;
}

void session_logits_for(gemma_session *s, const int32_t *ids, int n, float *out)
{
    int32_t inside[256];

    session_hidden(s);
    for (int from = 0; from < n; from += 256) {
        const int count = n - from < 256 ? n - from : 256;

        for (int i = 0; i < count; i++)
            inside[i] = ids[from + i] < 0 || ids[from + i] >= s->g->c->V ? 0 : ids[from + i];
        forward_head_rows(s, s->hidden, inside, count, out + from);
        for (int i = 0; i < count; i++)
            if (inside[i] != ids[from + i])
                out[from + i] = -INFINITY;
    }
}

bool session_score(gemma_session *s, const int32_t *ids, int n,
                   void (*on_logits)(void *arg, int position, const float *logits), void *arg, err *e)
{
    const size_t D = (size_t)s->g->c->D, V = (size_t)s->g->c->V;

    atomic_store(&s->cancelled, false);
    if (!check_ids(s, ids, n, e))
        return false;
    while (n > 0) {
        const int step = n < s->chunk ? n : s->chunk, first = s->n;

        if (!session_extend_more(s, ids, step, e))
            return false;
        for (int r = 0; r < step; r++) /* normed is free between passes */
            forward_norm(s, r, s->normed + (size_t)r * D);
        for (int r = 0; r < step; r += SCORE_ROWS) {
            const int rows = step - r < SCORE_ROWS ? step - r : SCORE_ROWS;

            forward_head(s, s->normed + (size_t)r * D, rows, s->scores);
            for (int i = 0; i < rows; i++)
                on_logits(arg, first + r + i, s->scores + (size_t)i * V);
        }
        ids += step;
        n -= step;
    }
    return true;
}
