/* model_memory.c - everything a step needs, sized once.
 *
 * The list of arrays is walked twice: without memory to add up the bytes, then with
 * the block to hand out addresses. Pages never written are never touched. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "train/model_impl.h"

typedef struct carver {
    char *base; /* NULL: counting */
    size_t used;
} carver;

static void *carve(carver *v, size_t n, size_t size)
{
    void *out = v->base ? v->base + v->used : NULL;

    v->used += (n * size + 63) / 64 * 64;
    return n ? out : NULL;
}

static float *floats(carver *v, size_t n) { return carve(v, n, sizeof(float)); }
static void *elements(carver *v, const train_model *m, size_t n) { return carve(v, n, m->g->elem_bytes); }
static size_t most(size_t a, size_t b) { return a > b ? a : b; }

static size_t head_width(const train_model *m) { return (size_t)m->c->H * (size_t)m->c->K; }
static size_t kv_width(const train_model *m) { return (size_t)m->c->G * (size_t)m->c->K; }
static size_t widest(const train_model *m) { return most(most(head_width(m), (size_t)m->c->D), (size_t)m->c->F); }

static void carve_activations(carver *v, const train_model *m, activations *a)
{
    const size_t T = (size_t)m->o.max_tokens, D = (size_t)m->c->D, F = (size_t)m->c->F;

    a->q = elements(v, m, T * head_width(m));
    a->k = elements(v, m, T * kv_width(m));
    a->v = elements(v, m, T * kv_width(m));
    a->att = elements(v, m, T * head_width(m));
    a->lse = floats(v, T * (size_t)m->c->H);
    a->o = elements(v, m, T * D);
    a->down = elements(v, m, T * D);
    a->gate = elements(v, m, T * F);
    a->up = elements(v, m, T * F);
    for (int i = 0; i < MATS; i++)
        a->low[i] = m->o.targets >> i & 1 ? elements(v, m, T * (size_t)m->Rp) : NULL;
}

static void carve_attention(carver *v, train_model *m)
{
    const size_t T = (size_t)m->o.max_tokens, keys = (size_t)m->c->G * m->Tp * (size_t)m->Kp;
    scratch *s = &m->s;

    s->qs = elements(v, m, T * head_width(m));
    s->dos = elements(v, m, T * head_width(m));
    s->ks = elements(v, m, T * kv_width(m));
    s->k_nk = elements(v, m, keys);
    s->k_kn = elements(v, m, keys);
    s->v_nk = elements(v, m, keys);
    s->v_kn = elements(v, m, keys);
    s->q_kn = elements(v, m, attention_query_elements(m));
    s->do_kn = elements(v, m, attention_query_elements(m));
    s->acc = floats(v, (size_t)m->c->H * T * (size_t)m->Kp);
    s->dk = floats(v, keys);
    s->dv = floats(v, keys);
    s->delta = floats(v, T * (size_t)m->c->H);
    m->rope[0] = floats(v, T * (size_t)m->c->K);
    m->rope[1] = floats(v, T * (size_t)m->c->K);
    m->places = carve(v, T, sizeof *m->places);
}

static void carve_backward(carver *v, train_model *m)
{
    const size_t T = (size_t)m->o.max_tokens, D = (size_t)m->c->D, F = (size_t)m->c->F, W = widest(m);
    scratch *s = &m->s;

    s->x_mid = floats(v, T * D);
    s->h1 = elements(v, m, T * D);
    s->h2 = elements(v, m, T * D);
    s->act = elements(v, m, T * F);
    s->drop = elements(v, m, m->o.dropout > 0 ? T * W : 0);
    s->dropped_dx = floats(v, m->o.dropout > 0 ? T * W : 0);
    s->dx = floats(v, T * D);
    s->dh = floats(v, T * D);
    s->dwide = elements(v, m, T * W);
    s->dy = elements(v, m, T * most(D, head_width(m)));
    s->dk_e = elements(v, m, T * kv_width(m));
    s->dv_e = elements(v, m, T * kv_width(m));
    s->dgate = s->act;
    s->dup = elements(v, m, T * F);
    s->dlow = elements(v, m, T * (size_t)m->Rp);
    s->low_t = elements(v, m, (size_t)m->R * m->Tp);
    s->x_kn = elements(v, m, gemm_packed(m->g, m->o.max_tokens, (int)W));
    s->dy_kn = elements(v, m, gemm_packed(m->g, m->o.max_tokens, (int)W));
    s->db_t = floats(v, (size_t)m->R * W);
}

static void carve_products(carver *v, train_model *m)
{
    const int W = (int)widest(m), D = m->c->D, part = HEAD_SLICE;
    const size_t targets = (size_t)m->o.max_targets;
    scratch *s = &m->s;

    s->w_pack = elements(v, m, most(gemm_packed(m->g, D, W), gemm_packed(m->g, W, D)));
    s->ab = elements(v, m, (size_t)m->R * (size_t)W);
    s->a_pack = elements(v, m, most(gemm_packed(m->g, m->R, W), gemm_packed(m->g, W, m->R)));
    s->at = carve(v, targets, sizeof *s->at);
    s->hidden = elements(v, m, targets * (size_t)D);
    s->dhidden = floats(v, targets * (size_t)round_up(D, GEMM_PANEL));
    s->top = floats(v, targets);
    s->sum = floats(v, targets);
    s->goal = floats(v, targets);
    s->slope = floats(v, targets);
    s->e_nk = elements(v, m, gemm_packed(m->g, D, part));
    s->e_kn = elements(v, m, gemm_packed(m->g, part, D));
    m->x_end = floats(v, (size_t)m->o.max_tokens * (size_t)D);
}

static void carve_layers(carver *v, train_model *m, int n_stored)
{
    const size_t T = (size_t)m->o.max_tokens, D = (size_t)m->c->D;
    activations shared = {0};

    if (n_stored < m->c->L)
        carve_activations(v, m, &shared);
    for (int l = 0; l < m->c->L; l++) {
        layer *y = &m->layers[l];

        y->stored = l >= m->c->L - n_stored;
        y->x = floats(v, T * D);
        y->a = shared;
        if (y->stored)
            carve_activations(v, m, &y->a);
    }
}

static void carve_all(carver *v, train_model *m, int n_stored)
{
    carve_attention(v, m);
    carve_backward(v, m);
    carve_products(v, m);
    carve_layers(v, m, n_stored);
}

/* How many layers keep their activations. */
static int layers_stored(train_model *m)
{
    const size_t all = (size_t)1 << 30;
    carver v = {0}, rest = {0};
    activations a;
    size_t room = m->o.activation_bytes, n;

    carve_activations(&v, m, &a);
    carve_all(&rest, m, 0);
    if (!room)
        room = rest.used < all ? all - rest.used + v.used : 0; /* the shared set goes when all are kept */
    n = room / v.used;
    return n > (size_t)m->c->L ? m->c->L : (int)n;
}

/* ---- copies of the base ---- */
typedef struct keep_job {
    train_model *m;
    const matrix *w;
} keep_job;

static void keep_chunk(void *arg, int i)
{
    const keep_job *j = arg;
    const matrix *w = j->w;
    matrix stored = *w;
    float tmp[PACK_ROWS * PACK_COLS];
    const int r0 = i * PACK_ROWS, n = w->N - r0 < PACK_ROWS ? w->N - r0 : PACK_ROWS;

    stored.kept = NULL;
    for (int c = 0; c < w->C; c += PACK_COLS) {
        const int k = w->C - c < PACK_COLS ? w->C - c : PACK_COLS;
        size_t ld;
        const char *x = matrix_tile(j->m, &stored, r0, n, c, k, tmp, &ld);

        for (int r = 0; r < n; r++)
            memcpy(at(j->m, w->kept, (size_t)(r0 + r) * (size_t)w->C + (size_t)c), at(j->m, x, (size_t)r * ld),
                   (size_t)k * j->m->g->elem_bytes);
    }
}

static size_t matrix_bytes(const train_model *m, const matrix *w)
{
    return ((size_t)w->N * (size_t)w->C * m->g->elem_bytes + 63) / 64 * 64;
}

/* The matrices to keep, in the order of their worth: layers, then the head. */
static matrix *keep_candidate(train_model *m, int i)
{
    return i < m->c->L * MATS ? &m->layers[i / MATS].w[i % MATS] : &m->head;
}

static size_t bytes_to_keep(train_model *m)
{
    size_t sum = 0;

    for (int i = 0; i <= m->c->L * MATS; i++) {
        const size_t n = matrix_bytes(m, keep_candidate(m, i));

        sum += sum + n <= m->o.keep_bytes ? n : 0;
    }
    return sum;
}

/* The file's pages of a tensor that was copied are not needed any more. */
void memory_forget(const tensor *t)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t from = ((uintptr_t)t->data + page - 1) / page * page;
    const uintptr_t to = ((uintptr_t)t->data + t->n_bytes) / page * page;

    if (to > from)
        (void)madvise((void *)from, to - from, MADV_DONTNEED); /* it only saves memory */
}

static void keep_base(train_model *m)
{
    size_t sum = 0;

    for (int i = 0; i <= m->c->L * MATS; i++) {
        matrix *w = keep_candidate(m, i);
        keep_job j = {m, w};
        const size_t n = matrix_bytes(m, w);

        if (sum + n > m->o.keep_bytes)
            continue;
        w->kept = (char *)m->kept + sum;
        sum += n;
        pool_run(m->threads, keep_chunk, &j, (w->N + PACK_ROWS - 1) / PACK_ROWS);
        memory_forget(w->t);
    }
}

/* Zeroed pages from the system: touched when first written, given back whole. */
void *memory_pages(size_t n)
{
    void *p = mmap(NULL, n ? n : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

bool memory_open(train_model *m, err *e)
{
    carver v = {0};
    const size_t kept = bytes_to_keep(m);
    const int n_stored = layers_stored(m);

    carve_all(&v, m, n_stored);
    m->block_bytes = v.used;
    m->kept_bytes = kept;
    m->block = memory_pages(v.used);
    m->kept = memory_pages(kept);
    if (!m->block || !m->kept)
        return err_set(e, ERR_NOMEM, "out of memory: %zu MB for batches of %d tokens; lower the tokens of a batch",
                       (v.used + kept) >> 20, m->o.max_tokens);
    v = (carver){.base = m->block};
    carve_all(&v, m, n_stored);
    keep_base(m);
    return true;
}

void memory_close(train_model *m)
{
    if (m->block)
        munmap(m->block, m->block_bytes ? m->block_bytes : 1);
    if (m->kept)
        munmap(m->kept, m->kept_bytes ? m->kept_bytes : 1);
    if (m->nf4_block)
        munmap(m->nf4_block, m->nf4_bytes);
}
