/* plan.c - which tensors the result has, in which types, and their rows.
 *
 * Rows are made in pieces over the threads: dequantised, the pair added with the kernel that
 * applies adapters (y += scale u B with u the rows of B and its panels those of A), rounded. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge_impl.h"

enum { PIECE_NUMBERS = 1 << 15, SPARE_MB = 64 };

static bool no_memory(err *e) { return err_set(e, ERR_NOMEM, "out of memory for the merge"); }

/* ---- types ---- */

/* llama.cpp's choice for Q4_K_M: the first and last eighth, and every third between. */
static bool more_bits(int layer, int n_layers)
{
    return layer < n_layers / 8 || layer >= 7 * n_layers / 8 || (layer - n_layers / 8) % 3 == 2;
}

static tensor_type mixture(const char *name, int n_layers)
{
    int layer = 0;
    char part[32] = "";

    if (sscanf(name, "blk.%d.%31[^.]", &layer, part) != 2)
        return TENSOR_Q6_K; /* embedding and head */
    return (!strcmp(part, "attn_v") || !strcmp(part, "ffn_down")) && more_bits(layer, n_layers) ? TENSOR_Q6_K : TENSOR_Q4_K;
}

static tensor_type that_fits(tensor_type type, int64_t columns)
{
    if (columns % tensor_block_size(type) == 0)
        return type;
    if (type == TENSOR_Q4_K || type == TENSOR_Q6_K)
        return that_fits(type == TENSOR_Q4_K ? TENSOR_Q5_0 : TENSOR_Q8_0, columns);
    return TENSOR_F16;
}

static tensor_type type_of(const plan *p, const tensor *from, bool folder)
{
    static const tensor_type types[MERGE_TYPE_COUNT] = {[MERGE_BF16] = TENSOR_BF16, [MERGE_F32] = TENSOR_F32,
                                                        [MERGE_F16] = TENSOR_F16, [MERGE_Q8_0] = TENSOR_Q8_0};

    if (from->n_dims == 1 && !folder)
        return TENSOR_F32;
    if (p->o->type == MERGE_Q4_K)
        return that_fits(mixture(from->name, weights_config(p->base)->L), from->dim[1]);
    return from->n_dims == 1 ? types[p->o->type] : that_fits(types[p->o->type], from->dim[1]);
}

/* ---- the plan ---- */

static const adapter_pair *pair_of(const adapter *a, const char *name)
{
    int layer;
    char part[32];

    if (!a || sscanf(name, "blk.%d.%31[^.]", &layer, part) != 2)
        return NULL;
    for (unsigned target = 1; target < ADAPTER_ALL; target <<= 1)
        if (!strcmp(part, adapter_base_name(target)))
            return adapter_find(a, layer, target);
    return NULL;
}

static bool add_step(plan *p, const adapter *a, const tensor *from, bool folder, err *e)
{
    const model_config *c = weights_config(p->base);
    step *s = &p->steps[p->n];
    tensor *t = &p->out[p->n];

    *s = (step){.from = from, .pair = pair_of(a, from->name)};
    if (from->n_dims == 1)
        s->shift = (c->norm_plus_one ? 1.0f : 0.0f) - (folder ? 1.0f : 0.0f);
    if (!folder)
        snprintf(s->name, sizeof s->name, "%s", from->name);
    else if (!weights_hugging_face_name(from->name, c->family, s->name, sizeof s->name))
        return true; /* nothing a folder has a name for: rope_freqs and the like */
    *t = (tensor){.name = s->name, .type = type_of(p, from, folder), .n_dims = from->n_dims,
                  .dim = {from->dim[0], from->n_dims > 1 ? from->dim[1] : 0}};
    t->n_bytes = (size_t)from->dim[0] * (from->n_dims > 1 ? (size_t)from->dim[1] : 1) / (size_t)tensor_block_size(t->type) *
                 tensor_block_bytes(t->type);
    if (t->type == from->type && !s->pair && s->shift == 0)
        t->data = from->data;
    p->n_bytes += t->n_bytes;
    p->n++;
    return from->n_dims <= 2 || err_set(e, ERR_MODEL, "tensor %s has %d dimensions", from->name, from->n_dims);
}

/* What was merged before counts too. */
static void merged_digest(plan *p, const adapter *a)
{
    const char *before = weights_config(p->base)->merged;
    adapter_info info;
    char both[129];

    snprintf(p->merged, sizeof p->merged, "%s", before);
    if (!a)
        return;
    adapter_describe(a, &info);
    p->scale = info.scale;
    snprintf(p->merged, sizeof p->merged, "%s", info.digest);
    if (*before) {
        snprintf(both, sizeof both, "%s%s", before, info.digest);
        sha256_hex(both, strlen(both), p->merged);
    }
}

bool plan_open(plan *p, const weights *base, const adapter *a, const merge_options *o, bool folder, err *e)
{
    const size_t n = weights_tensor_count(base);
    const int threads = o->n_threads > 0 ? o->n_threads : cpu_count();

    *p = (plan){.base = base, .o = o, .current = SIZE_MAX};
    if (folder && (o->type == MERGE_Q8_0 || o->type == MERGE_Q4_K))
        return err_set(e, ERR_ARG, "a folder holds bf16, f16 or f32; for q8_0 and q4_k give a name that ends in .gguf");
    p->steps = calloc(n, sizeof *p->steps);
    p->out = calloc(n, sizeof *p->out);
    if (!p->steps || !p->out)
        return no_memory(e);
    if (!(p->ops = kernels_get(e)) || !(p->threads = pool_new(threads > 64 ? 64 : threads, e)))
        return false;
    merged_digest(p, a);
    for (size_t i = 0; i < n; i++)
        if (!add_step(p, a, weights_tensor(base, i), folder, e))
            return false;
    return true;
}

void plan_close(plan *p)
{
    free(p->steps);
    free(p->out);
    free(p->panels);
    free(p->b);
    pool_free(p->threads);
    *p = (plan){0};
}

bool plan_fits(const plan *p, const char *path, err *e)
{
    const uint64_t needed = (p->n_bytes >> 20) + SPARE_MB;
    uint64_t n;

    if (!disk_free(path, &n, e))
        return false;
    return n >> 20 >= needed || err_set(e, ERR_IO, "%s: %llu MB are needed and %llu MB free", path,
                                        (unsigned long long)needed, (unsigned long long)(n >> 20));
}

/* ---- rows ---- */

/* A and B of the tensor that is now in work. */
static bool take_pair(plan *p, size_t i, err *e)
{
    const adapter_pair *pair = p->steps[i].pair;
    const size_t R = pair ? (size_t)pair->a.dim[0] : 0, in = pair ? (size_t)pair->a.dim[1] : 0;
    float *a;

    free(p->panels);
    free(p->b);
    p->panels = p->b = NULL;
    p->current = i;
    if (!pair)
        return true;
    a = malloc(R * in * sizeof *a);
    p->panels = calloc((in + PANEL - 1) / PANEL * PANEL * R, sizeof *p->panels);
    p->b = malloc((size_t)pair->b.dim[0] * R * sizeof *p->b);
    if (!a || !p->panels || !p->b) {
        free(a);
        return no_memory(e);
    }
    p->ops->dequantise(pair->a.type, pair->a.data, (int64_t)(R * in), a);
    p->ops->dequantise(pair->b.type, pair->b.data, pair->b.dim[0] * (int64_t)R, p->b);
    for (size_t k = 0; k < R; k++)
        for (size_t c = 0; c < in; c++)
            p->panels[(c / PANEL * R + k) * PANEL + c % PANEL] = a[k * in + c];
    free(a);
    return true;
}

typedef struct rows_job {
    const plan *p;
    size_t i;
    int64_t first, n, step;
    unsigned char *out;
    atomic_int failed; /* 1: memory, 2: a number that the type can't hold */
} rows_job;

static bool holds(tensor_type type, const float *x, int64_t n)
{
    float most = 0;

    for (int64_t k = 0; k < n; k++) {
        if (!isfinite(x[k]))
            return false;
        most = fmaxf(most, fabsf(x[k]));
    }
    return type == TENSOR_BF16 || type == TENSOR_F32 ? most < 3.38e38f : most < 65504;
}

static void make_rows(void *arg, int chunk)
{
    rows_job *j = arg;
    const step *s = &j->p->steps[j->i];
    const tensor *to = &j->p->out[j->i];
    const int64_t columns = s->from->n_dims > 1 ? s->from->dim[1] : 1;
    const int64_t from = j->first + chunk * j->step, left = j->first + j->n - from;
    const int64_t rows = left < j->step ? left : j->step, n = rows * columns;
    float *x = malloc((size_t)n * sizeof *x);

    if (!x) {
        j->failed = 1;
        return;
    }
    j->p->ops->dequantise(s->from->type, (const char *)s->from->data + (size_t)from * (s->from->n_bytes / (size_t)s->from->dim[0]), n, x);
    if (s->pair) {
        const int R = (int)s->pair->a.dim[0];

        j->p->ops->low_rank_add(&(low_rank){.type = TENSOR_F32, .b = j->p->panels, .rank = R, .n_cols = (int)columns,
                                            .c1 = (int)columns, .n_tokens = (int)rows, .u = j->p->b + from * R,
                                            .scale = j->p->scale, .y = x, .ld = (int)columns});
    }
    for (int64_t k = 0; k < n && s->shift != 0; k++)
        x[k] += s->shift;
    if (!holds(to->type, x, n))
        j->failed = 2;
    else
        merge_quantise(to->type, x, n, j->out + (size_t)(from - j->first) * (to->n_bytes / (size_t)to->dim[0]));
    free(x);
}

static bool report(plan *p, err *e)
{
    const double share = (double)p->n_done / (double)(p->n_bytes ? p->n_bytes : 1);

    return !p->o->on_progress || p->o->on_progress(p->o->arg, share) || err_set(e, ERR_CANCELLED, "interrupted; nothing was written");
}

bool plan_fill(void *arg, size_t i, int64_t first, int64_t n, void *out, err *e)
{
    plan *p = arg;
    const tensor *to = &p->out[i];
    const int64_t columns = to->n_dims > 1 ? to->dim[1] : 1;
    rows_job j = {.p = p, .i = i, .first = first, .n = n, .out = out};

    if (p->current != i && !take_pair(p, i, e))
        return false;
    j.step = PIECE_NUMBERS / columns > 0 ? PIECE_NUMBERS / columns : 1;
    pool_run(p->threads, make_rows, &j, (int)((n + j.step - 1) / j.step));
    if (j.failed == 1)
        return no_memory(e);
    if (j.failed)
        return err_set(e, ERR_MODEL, "tensor %s holds a number that %s cannot; choose another --type", to->name,
                       tensor_type_name(to->type));
    p->n_done += to->n_bytes / (size_t)to->dim[0] * (size_t)n;
    return report(p, e);
}
