/* adapter.c - LoRA beside the weights, never inside them.
 *
 *     y = W x + scale B (A x)                 Hu et al. 2021, arXiv:2106.09685
 *
 * A x is computed with the base's own product, in the same job of the pool, since
 * both read x; B follows once y is there. B is kept in panels (kernels/kernels.h). Rows with the same adapter
 * stand together, so that a batch with several costs no more products than rows of each. */
#include <stdlib.h>
#include <string.h>

#include "gemma/gemma_impl.h"

/* The two halves for one matrix; rank 0: the adapter leaves it alone. */
typedef struct pair {
    int rank, n_out;
    tensor_type type; /* of both: BF16 stays, the rest is F32 */
    const void *a;    /* (R,in): in the file, or in `store` */
    const void *b;    /* panels, in `store` */
} pair;

struct gemma_adapter {
    adapter *file; /* owned */
    adapter_info about;
    pair (*layers)[ADAPTER_N_TARGETS]; /* (L) owned */
    void *store;                       /* owned */
    size_t n_bytes;
};

/* ---- opening ---- */

static size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

static size_t panel_count(int n_out) { return ((size_t)n_out + PANEL - 1) / PANEL; }

static bool keeps_type(const adapter_pair *p)
{
    return p->a.type == TENSOR_BF16 && p->b.type == TENSOR_BF16;
}

static size_t pair_bytes(const adapter_pair *p)
{
    const size_t size = keeps_type(p) ? 2 : 4, R = (size_t)p->a.dim[0], in = (size_t)p->a.dim[1];

    return round_up(panel_count((int)p->b.dim[0]) * R * PANEL * size, 64) +
           (keeps_type(p) || p->a.type == TENSOR_F32 ? 0 : round_up(R * in * size, 64));
}

/* b (out,R) to panels (out/16,R,16) of elements of `size` bytes. */
static void to_panels(const char *b, int n_out, int rank, size_t size, char *panels)
{
    for (int c = 0; c < n_out; c++)
        for (int k = 0; k < rank; k++)
            memcpy(panels + (((size_t)(c / PANEL) * (size_t)rank + (size_t)k) * PANEL + (size_t)(c % PANEL)) * size,
                   b + ((size_t)c * (size_t)rank + (size_t)k) * size, size);
}

/* Fills *out from the file's matrices; takes its memory at *at, which moves on. */
static bool load_pair(const gemma *g, const adapter_pair *p, pair *out, char **at, err *e)
{
    const int rank = (int)p->a.dim[0], n_out = (int)p->b.dim[0];
    const int64_t n_a = p->a.dim[0] * p->a.dim[1], n_b = p->b.dim[0] * p->b.dim[1];
    const size_t size = keeps_type(p) ? 2 : 4;
    float *wide = NULL;
    char *panels = *at;

    *out = (pair){.rank = rank, .n_out = n_out, .type = size == 2 ? TENSOR_BF16 : TENSOR_F32, .a = p->a.data, .b = panels};
    *at += round_up(panel_count(n_out) * (size_t)rank * PANEL * size, 64);
    if (size == 2) {
        to_panels(p->b.data, n_out, rank, size, panels);
        return true;
    }
    if (!(wide = malloc((size_t)n_b * sizeof *wide)))
        return err_set(e, ERR_NOMEM, "out of memory for an adapter");
    g->ops->dequantise(p->b.type, p->b.data, n_b, wide);
    to_panels((const char *)wide, n_out, rank, size, panels);
    free(wide);
    if (p->a.type != TENSOR_F32) {
        out->a = *at;
        g->ops->dequantise(p->a.type, p->a.data, n_a, (float *)(void *)*at);
        *at += round_up((size_t)n_a * sizeof(float), 64);
    }
    return true;
}

static bool load_pairs(gemma_adapter *a, const gemma *g, err *e)
{
    const int L = g->c->L;
    char *at;

    for (int i = 0; i < L * ADAPTER_N_TARGETS; i++) {
        const adapter_pair *p = adapter_find(a->file, i / ADAPTER_N_TARGETS, 1u << i % ADAPTER_N_TARGETS);

        a->n_bytes += p ? pair_bytes(p) : 0;
    }
    a->layers = calloc((size_t)L, sizeof *a->layers);
    a->store = aligned_alloc(64, a->n_bytes + 64);
    if (!a->layers || !a->store)
        return err_set(e, ERR_NOMEM, "an adapter needs %zu MB", a->n_bytes >> 20);
    memset(a->store, 0, a->n_bytes + 64);
    at = a->store;
    for (int i = 0; i < L * ADAPTER_N_TARGETS; i++) {
        const int l = i / ADAPTER_N_TARGETS, target = i % ADAPTER_N_TARGETS;
        const adapter_pair *p = adapter_find(a->file, l, 1u << target);

        if (p && !load_pair(g, p, &a->layers[l][target], &at, e))
            return false;
    }
    return true;
}

gemma_adapter *gemma_adapter_open(const gemma *g, const char *dir, err *e)
{
    gemma_adapter *a = calloc(1, sizeof *a);

    if (!a) {
        err_set(e, ERR_NOMEM, "out of memory for an adapter");
        return NULL;
    }
    if (!(a->file = adapter_open(dir, g->w, e)) || !load_pairs(a, g, e)) {
        err_wrap(e, "loading adapter");
        gemma_adapter_close(a);
        return NULL;
    }
    adapter_describe(a->file, &a->about);
    return a;
}

void gemma_adapter_close(gemma_adapter *a)
{
    if (!a)
        return;
    adapter_close(a->file);
    free(a->layers);
    free(a->store);
    free(a);
}

void gemma_adapter_describe(const gemma_adapter *a, gemma_adapter_info *info)
{
    *info = (gemma_adapter_info){.path = a->about.path, .base_name = a->about.base_name, .digest = a->about.digest,
                                 .rank = a->about.rank, .alpha = a->about.alpha,
                                 .n_parameters = a->about.n_parameters,
                                 .n_bytes = a->n_bytes + (size_t)a->about.n_parameters * 2};
}

void session_use_adapter(gemma_session *s, const gemma_adapter *a)
{
    if (s->adapter == a)
        return;
    s->adapter = a;
    s->n = s->low = 0;
    s->hidden_valid = s->logits_valid = false;
}

const gemma_adapter *session_adapter(const gemma_session *s) { return s->adapter; }

/* ---- applying ---- */

/* Rows [first, end) that share an adapter. */
typedef struct group {
    const gemma_adapter *adapter;
    int first, end;
} group;

static int batch_groups(const gemma_session *s, const batch *b, group groups[MAX_BEAMS])
{
    int n = 1;

    if (!b->adapters) {
        groups[0] = (group){s->adapter, 0, b->n};
        return 1;
    }
    groups[0] = (group){b->adapters[0], 0, 1};
    for (int t = 1; t < b->n; t++) {
        if (b->adapters[t] == groups[n - 1].adapter)
            groups[n - 1].end++;
        else
            groups[n++] = (group){b->adapters[t], t, t + 1};
    }
    return n;
}

/* A x of group rows for matrix i of a job. */
static float *inner(gemma_session *s, int i, int row)
{
    return s->low_rank + ((size_t)i * (size_t)s->low_rank_rows + (size_t)row) * LOW_RANK_MAX;
}

enum { MAX_UPDATES = 3 * MAX_BEAMS, PANELS_A_CHUNK = 4, SMALL = 1 << 17 };

typedef struct updates {
    const kernel_ops *ops;
    low_rank p[MAX_UPDATES];
    int chunks[MAX_UPDATES], n;
} updates;

static void updates_chunk(void *arg, int i)
{
    const updates *all = arg;
    low_rank p;
    int k = 0;

    while (i >= all->chunks[k])
        i -= all->chunks[k++];
    p = all->p[k];
    p.c0 = i * PANELS_A_CHUNK * PANEL;
    if (p.c0 + PANELS_A_CHUNK * PANEL < p.c1)
        p.c1 = p.c0 + PANELS_A_CHUNK * PANEL;
    all->ops->low_rank_add(&p);
}

/* A handful of multiplications is done before a second thread has woken up. */
static void updates_run(gemma_session *s, updates *all)
{
    int64_t work = 0;
    int total = 0;

    for (int k = 0; k < all->n; k++) {
        work += (int64_t)all->p[k].n_cols * all->p[k].rank * all->p[k].n_tokens;
        total += all->chunks[k] = (all->p[k].n_cols + PANELS_A_CHUNK * PANEL - 1) / (PANELS_A_CHUNK * PANEL);
    }
    if (work > SMALL)
        pool_run(s->g->threads, updates_chunk, all, total);
    else
        for (int k = 0; k < all->n; k++)
            all->ops->low_rank_add(&all->p[k]);
}

void adapted_run(gemma_session *s, const batch *b, int l, int target, int n, const tensor *const w[],
                 float *const out[], const float *x, int n_cols)
{
    group groups[MAX_BEAMS];
    const int n_groups = batch_groups(s, b, groups);
    matmuls products;
    updates after = {.ops = s->g->ops};

    matmuls_start(&products, s, n, w, out, x, b->n, n_cols);
    for (int j = 0; j < n_groups; j++) {
        const group *rows = &groups[j];

        for (int i = 0; i < n && rows->adapter; i++) {
            const pair *p = &rows->adapter->layers[l][target + i];
            float *u = inner(s, i, rows->first);

            if (!p->rank)
                continue;
            matmuls_add(&products, &(matmul){.type = p->type, .w = p->a, .n_cols = n_cols, .r1 = p->rank,
                                             .n_tokens = rows->end - rows->first,
                                             .x = x + (size_t)rows->first * (size_t)n_cols, .out = u, .ld = p->rank});
            after.p[after.n++] = (low_rank){
                .type = p->type, .b = p->b, .rank = p->rank, .n_cols = p->n_out, .c1 = p->n_out,
                .n_tokens = rows->end - rows->first, .u = u, .scale = rows->adapter->about.scale,
                .y = out[i] + (size_t)rows->first * (size_t)w[i]->dim[0], .ld = (int)w[i]->dim[0]};
        }
    }
    matmuls_go(&products, s);
    if (after.n)
        updates_run(s, &after);
}
