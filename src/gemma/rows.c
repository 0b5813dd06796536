/* rows.c - spreading work over the engine's threads.
 *
 * Chunks are rows of a weight matrix or rows of activations, never parts of a
 * sum, so the number of threads can't change a bit of the result. */
#include "gemma/gemma_impl.h"

static int min_int(int a, int b) { return a < b ? a : b; }

static void matmuls_chunk(void *arg, int i)
{
    const matmuls *all = arg;
    matmul m;
    int k = 0, rows;

    while (i >= all->chunks[k])
        i -= all->chunks[k++];
    m = all->m[k];
    rows = m.r1;
    m.r0 = i * all->step;
    m.r1 = min_int(rows, m.r0 + all->step);
    m.out += m.r0;
    if (all->in_int[k])
        all->ops->matmul_int(&m);
    else
        all->ops->matmul_f32(&m);
}

/* Products of up to three matrices with the same rows: s->xq in integers where
 * the weights allow it, else x. out[i] is (n_rows, rows of w[i]). */
void matmuls_run(gemma_session *s, int n, const tensor *const w[], float *const out[],
                 const float *x, int n_rows, int n_cols)
{
    matmuls all = {.ops = s->g->ops, .n = n};
    int total = 0, chunks = 0;

    for (int i = 0; i < n; i++)
        total += (int)w[i]->dim[0];
    /* about eight chunks a thread: even out cores that are taken away */
    all.step = (total / (8 * pool_threads(s->g->threads)) + 7) / 8 * 8;
    all.step = all.step < 16 ? 16 : min_int(all.step, 1024);
    for (int i = 0; i < n; i++) {
        const int rows = (int)w[i]->dim[0];

        all.in_int[i] = s->g->precision == GEMMA_INTEGER && kernel_type_is_int(w[i]->type);
        all.m[i] = (matmul){.type = w[i]->type, .w = w[i]->data, .n_cols = n_cols, .r1 = rows,
                            .n_tokens = n_rows, .xq = s->xq, .x = x, .out = out[i], .ld = rows};
        all.chunks[i] = (rows + all.step - 1) / all.step;
        chunks += all.chunks[i];
    }
    pool_run(s->g->threads, matmuls_chunk, &all, chunks);
}

void matmul_rows_run(gemma_session *s, const tensor *w, const int32_t *ids, int n, const float *x,
                     int n_cols, float *out)
{
    matmuls all = {.ops = s->g->ops, .n = 1, .step = 128};

    all.in_int[0] = s->g->precision == GEMMA_INTEGER && kernel_type_is_int(w->type);
    all.m[0] = (matmul){.type = w->type, .w = w->data, .n_cols = n_cols, .r1 = n, .rows = ids,
                        .n_tokens = 1, .xq = s->xq, .x = x, .out = out, .ld = n};
    all.chunks[0] = (n + all.step - 1) / all.step;
    pool_run(s->g->threads, matmuls_chunk, &all, all.chunks[0]);
}

typedef struct rows_job {
    gemma_session *s;
    void (*fn)(gemma_session *s, int row, const void *arg);
    const void *arg;
    int n_rows;
} rows_job;

enum { ROWS_STEP = 8 };

static void rows_chunk(void *arg, int i)
{
    const rows_job *job = arg;

    for (int r = i * ROWS_STEP; r < min_int(job->n_rows, (i + 1) * ROWS_STEP); r++)
        job->fn(job->s, r, job->arg);
}

void rows_run(gemma_session *s, void (*fn)(gemma_session *s, int row, const void *arg),
              const void *arg, int n_rows)
{
    rows_job job = {s, fn, arg, n_rows};

    pool_run(s->g->threads, rows_chunk, &job, (n_rows + ROWS_STEP - 1) / ROWS_STEP);
}
