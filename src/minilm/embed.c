/* embed.c - texts to tokens, tokens to units of work.
 *
 * Many texts: each thread computes whole units, all layers, while a unit's rows stay in
 * its cache. Few: the threads share each product. */
#include <stdlib.h>
#include <string.h>

#include "minilm/minilm_impl.h"

enum { UNIT_ROWS = 160 }; /* measured: docs/SPEED.md */

typedef struct batch {
    const minilm *m;
    token_list ids;
    int *first;    /* (n + 1) of the texts, in ids */
    size_t *start; /* (n_units + 1): the texts of a unit */
    size_t n_texts, n_units;
    bool share;
    float *out;
    err *errors; /* (n_units) */
} batch;

static bool tokenise(batch *b, const char *const *texts, err *e)
{
    const int positions = b->m->config->n_positions, most = positions < MINILM_TOKENS ? positions : MINILM_TOKENS;

    for (size_t i = 0; i < b->n_texts; i++) {
        if (!wordpiece_encode(b->m->words, texts[i], strlen(texts[i]), most, &b->ids, e))
            return false;
        if (b->ids.n > (size_t)INT32_MAX)
            return err_set(e, ERR_LIMIT, "too many texts at once");
        b->first[i + 1] = (int)b->ids.n;
    }
    return true;
}

static void divide(batch *b)
{
    b->start[0] = 0;
    for (size_t i = 0; i < b->n_texts;) {
        const int from = b->first[i];

        do
            i++;
        while (i < b->n_texts && b->first[i + 1] - from <= UNIT_ROWS);
        b->start[++b->n_units] = i;
    }
}

static void compute(void *arg, int i)
{
    batch *b = arg;
    const size_t text = b->start[i], n = b->start[i + 1] - text;
    int *first = malloc((n + 1) * sizeof *first);

    if (!first) {
        err_set(&b->errors[i], ERR_NOMEM, "out of memory");
        return;
    }
    for (size_t k = 0; k <= n; k++)
        first[k] = b->first[text + k] - b->first[text];
    if (!unit_forward(b->m, &(unit){b->ids.ids + b->first[text], first, (int)n, first[n]}, b->share,
                      b->out + text * (size_t)b->m->config->D, &b->errors[i]))
        b->errors[i].code = b->errors[i].code ? b->errors[i].code : ERR_INTERNAL;
    free(first);
}

static bool compute_all(batch *b, err *e)
{
    b->share = (int)b->n_units < pool_threads(b->m->pool);
    if (b->share)
        for (size_t i = 0; i < b->n_units; i++)
            compute(b, (int)i);
    else
        pool_run(b->m->pool, compute, b, (int)b->n_units);
    for (size_t i = 0; i < b->n_units; i++)
        if (b->errors[i].code != ERR_OK) {
            *e = b->errors[i];
            return false;
        }
    return true;
}

bool minilm_embed(const minilm *m, const char *const *texts, size_t n, float *out, err *e)
{
    batch b = {.m = m, .n_texts = n, .out = out};
    bool ok;

    if (!n)
        return true;
    b.first = calloc(n + 1, sizeof *b.first);
    b.start = calloc(n + 1, sizeof *b.start);
    b.errors = calloc(n, sizeof *b.errors);
    ok = (b.first && b.start && b.errors) || err_set(e, ERR_NOMEM, "out of memory for %zu texts", n);
    ok = ok && tokenise(&b, texts, e);
    if (ok) {
        divide(&b);
        ok = compute_all(&b, e);
    }
    token_list_deinit(&b.ids);
    free(b.first);
    free(b.start);
    free(b.errors);
    return ok;
}
