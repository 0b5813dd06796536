/* model_nf4.c - the layers' matrices quantised to NF4 when the model opens.
 *
 * A matrix is read once, a few rows at a time, and its pages are given back: the peak is
 * the codes and one matrix, not the file. Embedding, head and norms stay as they are. */
#include <stdlib.h>
#include <string.h>

#include "train/model_impl.h"

typedef struct quantise_job {
    const train_model *m;
    matrix *w;
    float *scales;
} quantise_job;

enum { CHUNK = 16384 }; /* numbers at once: whole blocks of every type */

static void quantise_chunk(void *arg, int i)
{
    const quantise_job *j = arg;
    const tensor *t = j->w->t;
    const size_t from = (size_t)i * CHUNK, n = j->w->q.n - from < CHUNK ? j->w->q.n - from : CHUNK;
    float x[CHUNK];

    j->m->ops->dequantise(t->type, (const char *)t->data + from / (size_t)tensor_block_size(t->type) *
                          tensor_block_bytes(t->type), (int64_t)n, x);
    nf4_quantise(x, from, n, &j->w->q, j->scales);
}

static size_t whole(size_t n) { return (n + 63) / 64 * 64; }

static size_t storage(size_t n)
{
    return whole((n + 1) / 2) + whole(nf4_blocks(n)) + whole(nf4_nested(n) * sizeof(float));
}

static char *place_arrays(nf4 *q, char *free_from)
{
    q->codes = (uint8_t *)free_from;
    free_from += whole((q->n + 1) / 2);
    q->scale_codes = (uint8_t *)free_from;
    free_from += whole(nf4_blocks(q->n));
    q->scale_max = (float *)(void *)free_from;
    return free_from + whole(nf4_nested(q->n) * sizeof(float));
}

bool nf4_open(train_model *m, err *e)
{
    const int n = m->c->L * MATS;
    size_t bytes = whole(sizeof(nf4_table)), most = 0;
    float *scales;
    char *free_from;

    for (int i = 0; i < n; i++) {
        const matrix *w = &m->layers[i / MATS].w[i % MATS];
        const size_t size = (size_t)w->N * (size_t)w->C;

        bytes += storage(size);
        most = size > most ? size : most;
    }
    m->nf4_block = memory_pages(bytes);
    scales = malloc(nf4_blocks(most) * sizeof *scales);
    if (!m->nf4_block || !scales) {
        free(scales);
        return err_set(e, ERR_NOMEM, "out of memory for the base in NF4: %zu MB", bytes >> 20);
    }
    m->nf4_bytes = bytes;
    nf4_table_init(m->nf4_block);
    free_from = (char *)m->nf4_block + whole(sizeof(nf4_table));
    for (int i = 0; i < n; i++) {
        matrix *w = &m->layers[i / MATS].w[i % MATS];
        quantise_job j = {m, w, scales};

        w->q.n = (size_t)w->N * (size_t)w->C;
        free_from = place_arrays(&w->q, free_from);
        pool_run(m->threads, quantise_chunk, &j, (int)((w->q.n + CHUNK - 1) / CHUNK));
        nf4_quantise_scales(scales, m->nf4_block, &w->q);
        memory_forget(w->t);
    }
    free(scales);
    return true;
}
