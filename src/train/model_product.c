/* model_product.c - products over the pool, and matrices packed for them.
 *
 * A chunk is a block of rows times a few panels. Its sums live in one tile on the
 * chunk's own stack, k is never split between chunks: the result depends on
 * neither the number of threads nor on their luck. */
#include <string.h>

#include "train/model_impl.h"

enum { BLOCK_ROWS = 192, BLOCK_PANELS = 4, K_STEP = 512 };

typedef struct product_job {
    train_model *m;
    const product *p;
    int row_blocks, panels; /* panels per chunk */
} product_job;

static void tile_out(const train_model *m, const product *p, const float *tile, int row, int rows, int col)
{
    const int cols = p->N - col < GEMM_PANEL ? p->N - col : GEMM_PANEL;

    for (int i = 0; i < rows; i++) {
        const size_t to = (size_t)(row + i) * p->ld + (size_t)col;
        const float *from = tile + i * GEMM_PANEL;

        if (p->elements)
            m->g->store(from, cols, at(m, p->elements, to));
        else if (p->add)
            m->g->add_scaled(from, 1.0f, cols, p->out + to);
        else
            memcpy(p->out + to, from, (size_t)cols * sizeof *from);
    }
}

static void product_tile(const train_model *m, const product *p, int row, int rows, int panel)
{
    _Alignas(64) float tile[BLOCK_ROWS * GEMM_PANEL];
    bool add = false;

    for (int i = 0; i < p->n_terms; i++) {
        const term *t = &p->t[i];
        const int k = round_up(t->k, m->g->pair);
        const void *b = at(m, t->b, (size_t)panel * (size_t)k * GEMM_PANEL);
        const void *a = at(m, t->a, (size_t)row * t->lda);

        for (int q = 0; q < k; q += K_STEP, add = true)
            m->g->tile(at(m, a, (size_t)q), t->lda, at(m, b, (size_t)q * GEMM_PANEL), rows,
                       k - q < K_STEP ? k - q : K_STEP, tile, GEMM_PANEL, add);
    }
    if (p->scale != 0.0f)
        m->g->scale(tile, p->scale, rows * GEMM_PANEL);
    tile_out(m, p, tile, row, rows, panel * GEMM_PANEL);
}

static void product_chunk(void *arg, int i)
{
    const product_job *j = arg;
    const int row = i % j->row_blocks * BLOCK_ROWS, first = i / j->row_blocks * j->panels;
    const int rows = j->p->M - row < BLOCK_ROWS ? j->p->M - row : BLOCK_ROWS;

    for (int panel = first; panel < first + j->panels && panel * GEMM_PANEL < j->p->N; panel++)
        product_tile(j->m, j->p, row, rows, panel);
}

void product_run(train_model *m, const product *p)
{
    product_job j = {m, p, (p->M + BLOCK_ROWS - 1) / BLOCK_ROWS, p->M > BLOCK_ROWS ? BLOCK_PANELS : 1};
    const int panels = (p->N + GEMM_PANEL - 1) / GEMM_PANEL;

    pool_run(m->threads, product_chunk, &j, j.row_blocks * ((panels + j.panels - 1) / j.panels));
}

/* ---- rows ---- */
typedef struct rows_job {
    train_model *m;
    row_fn fn;
    const void *arg;
    int n;
} rows_job;

static void rows_chunk(void *arg, int i)
{
    const rows_job *j = arg;

    for (int row = i * ROWS_STEP; row < (i + 1) * ROWS_STEP && row < j->n; row++)
        j->fn(j->m, row, j->arg);
}

void train_rows(train_model *m, row_fn fn, const void *arg, int n)
{
    rows_job j = {m, fn, arg, n};

    pool_run(m->threads, rows_chunk, &j, (n + ROWS_STEP - 1) / ROWS_STEP);
}

/* ---- packing ---- */
typedef struct pack_job {
    train_model *m;
    const matrix *w; /* or */
    const void *x;   /* (rows,ld) elements */
    size_t ld;
    int r0, rows, cols, col_tiles;
    void *out;
} pack_job;

static void dequantise_part(const train_model *m, const tensor *t, int r, int c0, int k, float *out)
{
    const size_t block = (size_t)tensor_block_size(t->type), bytes = tensor_block_bytes(t->type);
    const size_t first = ((size_t)r * (size_t)t->dim[1] + (size_t)c0) / block;

    m->ops->dequantise(t->type, (const char *)t->data + first * bytes, k, out);
}

const void *matrix_tile(const train_model *m, const matrix *w, int r0, int n, int c0, int k, void *tmp, size_t *ld)
{
    float row[PACK_COLS];

    if (w->kept) {
        *ld = (size_t)w->C;
        return at(m, w->kept, (size_t)r0 * (size_t)w->C + (size_t)c0);
    }
    for (int i = 0; i < n; i++) {
        if (w->q.n)
            nf4_dequantise(&w->q, (size_t)(r0 + i) * (size_t)w->C + (size_t)c0, k, row);
        else
            dequantise_part(m, w->t, r0 + i, c0, k, row);
        m->g->store(row, k, at(m, tmp, (size_t)(i * PACK_COLS)));
    }
    *ld = PACK_COLS;
    return tmp;
}

/* Of the embedding or the head, which are never NF4. */
void matrix_row(const train_model *m, const matrix *w, int r, float *out)
{
    dequantise_part(m, w->t, r, 0, w->C, out);
}

static const void *pack_source(const pack_job *j, int r, int n, int c, int k, void *tmp, size_t *ld)
{
    if (j->w)
        return matrix_tile(j->m, j->w, j->r0 + r, n, c, k, tmp, ld);
    *ld = j->ld;
    return at(j->m, j->x, (size_t)r * j->ld + (size_t)c);
}

/* Rows become columns of the packed matrix, k runs along them. */
static void pack_rows_chunk(void *arg, int i)
{
    const pack_job *j = arg;
    float tmp[PACK_ROWS * PACK_COLS];
    const int r = i / j->col_tiles * PACK_ROWS, c = i % j->col_tiles * PACK_COLS;
    const int n = j->rows - r < PACK_ROWS ? j->rows - r : PACK_ROWS;
    const int k = j->cols - c < PACK_COLS ? j->cols - c : PACK_COLS;
    size_t ld;
    const void *x = pack_source(j, r, n, c, k, tmp, &ld);

    j->m->g->pack_nk(x, ld, n, k, at(j->m, j->out, (size_t)r * (size_t)round_up(j->cols, j->m->g->pair) +
                                                      (size_t)c * GEMM_PANEL));
}

/* Columns stay columns, k runs down the rows. */
static void pack_columns_chunk(void *arg, int i)
{
    const pack_job *j = arg;
    float tmp[PACK_ROWS * PACK_COLS];
    const int r = i / j->col_tiles * PACK_ROWS, c = i % j->col_tiles * PACK_COLS;
    const int n = j->rows - r < PACK_ROWS ? j->rows - r : PACK_ROWS;
    const int k = j->cols - c < PACK_COLS ? j->cols - c : PACK_COLS;
    const size_t height = (size_t)round_up(j->rows, j->m->g->pair);
    size_t ld;
    const void *x = pack_source(j, r, n, c, k, tmp, &ld);

    for (int p = 0; p < k; p += GEMM_PANEL)
        j->m->g->pack_kn(at(j->m, x, (size_t)p), ld, k - p < GEMM_PANEL ? k - p : GEMM_PANEL, n,
                         at(j->m, j->out, (size_t)(c + p) * height + (size_t)r * GEMM_PANEL));
}

static void pack_run(pack_job *j, void (*chunk)(void *, int))
{
    j->col_tiles = (j->cols + PACK_COLS - 1) / PACK_COLS;
    pool_run(j->m->threads, chunk, j, (j->rows + PACK_ROWS - 1) / PACK_ROWS * j->col_tiles);
}

void matrix_pack_rows(train_model *m, const matrix *w, int r0, int n, void *out)
{
    pack_run(&(pack_job){.m = m, .w = w, .r0 = r0, .rows = n, .cols = w->C, .out = out}, pack_rows_chunk);
}

void matrix_pack_columns(train_model *m, const matrix *w, int r0, int n, void *out)
{
    pack_run(&(pack_job){.m = m, .w = w, .r0 = r0, .rows = n, .cols = w->C, .out = out}, pack_columns_chunk);
}

void elements_pack_rows(train_model *m, const void *x, size_t ld, int rows, int cols, void *out)
{
    pack_run(&(pack_job){.m = m, .x = x, .ld = ld, .rows = rows, .cols = cols, .out = out}, pack_rows_chunk);
}

void elements_pack_columns(train_model *m, const void *x, size_t ld, int rows, int cols, void *out)
{
    pack_run(&(pack_job){.m = m, .x = x, .ld = ld, .rows = rows, .cols = cols, .out = out}, pack_columns_chunk);
}

typedef struct store_job {
    train_model *m;
    const float *x;
    size_t n;
    void *out;
} store_job;

enum { STORE_STEP = 16384 };

static void store_chunk(void *arg, int i)
{
    const store_job *j = arg;
    const size_t from = (size_t)i * STORE_STEP, left = j->n - from;

    j->m->g->store(j->x + from, (int)(left < STORE_STEP ? left : STORE_STEP), at(j->m, j->out, from));
}

void elements_store(train_model *m, const float *x, size_t n, void *out)
{
    store_job j = {m, x, n, out};

    pool_run(m->threads, store_chunk, &j, (int)((n + STORE_STEP - 1) / STORE_STEP));
}
