/* rows.c - spreading work over the engine's threads.
 *
 * Chunks are rows of a weight matrix or rows of activations, never parts of a
 * sum, so the number of threads can't change a bit of the result. */
#include "gemma/gemma_impl.h"

enum { PANEL_ROWS = 32 }; /* the most that a kernel handles at once, but AMX */

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
    m.r0 = i * all->step[k];
    m.r1 = min_int(rows, m.r0 + all->step[k]);
    m.out += m.r0;
    if (all->in_int[k])
        all->ops->matmul_int(&m);
    else
        all->ops->matmul_f32(&m);
}

static void add_product(matmuls *all, const matmul *m, bool in_int, int step)
{
    all->m[all->n] = *m;
    all->in_int[all->n] = in_int;
    all->step[all->n] = step;
    all->chunks[all->n++] = (m->r1 + step - 1) / step;
}

void matmuls_start(matmuls *all, const gemma_session *s, int n, const tensor *const w[], float *const out[],
                   const float *x, int n_rows, int n_cols)
{
    int total = 0, step;

    all->ops = s->g->ops;
    all->n = 0;
    for (int i = 0; i < n; i++)
        total += (int)w[i]->dim[0];
    /* about eight chunks a thread: even out cores that are taken away */
    step = (total / (8 * pool_threads(s->g->threads)) + 7) / 8 * 8;
    step = step < 16 ? 16 : min_int(step, 1024);
    for (int i = 0; i < n; i++) {
        const int rows = (int)w[i]->dim[0];
        const matmul m = {.type = w[i]->type, .w = w[i]->data, .n_cols = n_cols, .r1 = rows, .n_tokens = n_rows,
                          .xq = s->xq, .x = x, .out = out[i], .ld = rows};

        add_product(all, &m, s->g->precision == GEMMA_INTEGER && kernel_type_is_int(w[i]->type), step);
    }
}

void matmuls_add(matmuls *all, const matmul *m) { add_product(all, m, false, 8); }

void matmuls_go(const matmuls *all, gemma_session *s)
{
    int chunks = 0;

    for (int i = 0; i < all->n; i++)
        chunks += all->chunks[i];
    pool_run(s->g->threads, matmuls_chunk, (void *)(uintptr_t)all, chunks);
}

void matmuls_run(gemma_session *s, int n, const tensor *const w[], float *const out[], const float *x, int n_rows,
                 int n_cols)
{
    matmuls all;

    matmuls_start(&all, s, n, w, out, x, n_rows, n_cols);
    matmuls_go(&all, s);
}

void matmul_rows_run(gemma_session *s, const tensor *w, const int32_t *ids, int n, const float *x,
                     int n_cols, float *out)
{
    matmuls all = {.ops = s->g->ops, .n = 1, .step = {128}};

    all.in_int[0] = s->g->precision == GEMMA_INTEGER && kernel_type_is_int(w->type);
    all.m[0] = (matmul){.type = w->type, .w = w->data, .n_cols = n_cols, .r1 = n, .rows = ids,
                        .n_tokens = 1, .xq = s->xq, .x = x, .out = out, .ld = n};
    all.chunks[0] = (n + all.step[0] - 1) / all.step[0];
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
