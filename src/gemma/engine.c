/* engine.c - opening a model: weights checked by their module, tensors found by
 * name once, gains turned to F32 with the +1 that folders leave out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemma/gemma_impl.h"
#include "token/token.h"

enum { NORMS_PER_LAYER = 6 };

/* Gains as F32 with n elements at *at, which moves on; NULL on failure. */
static const float *load_norm(gemma *g, const tensor *t, int n, float **at, err *e)
{
    float *out = *at;

    if (t->dim[0] != n || t->n_dims != 1) {
        err_set(e, ERR_MODEL, "tensor %s: %d gains expected", t->name, n);
        return NULL;
    }
    g->ops->dequantise(t->type, t->data, n, out);
    for (int i = 0; i < n && g->c->norm_plus_one; i++)
        out[i] += 1.0f;
    *at += n;
    return out;
}

static const tensor *find(const gemma *g, int l, const char *part, err *e)
{
    char name[64];

    snprintf(name, sizeof name, "blk.%d.%s.weight", l, part);
    return weights_find(g->w, name, e);
}

typedef struct part {
    const char *name;
    size_t at;       /* of the pointer in struct layer */
    bool head_sized; /* K gains, else D */
    int since;       /* first family that has it */
} part;

static bool layer_norms(gemma *g, int l, float **at, err *e)
{
    static const part parts[NORMS_PER_LAYER] = {
        {"attn_norm", offsetof(layer, attn_norm), false, MODEL_GEMMA1},
        {"ffn_norm", offsetof(layer, ffn_norm), false, MODEL_GEMMA1},
        {"post_attention_norm", offsetof(layer, post_attn_norm), false, MODEL_GEMMA2},
        {"post_ffw_norm", offsetof(layer, post_ffn_norm), false, MODEL_GEMMA2},
        {"attn_q_norm", offsetof(layer, q_norm), true, MODEL_GEMMA3},
        {"attn_k_norm", offsetof(layer, k_norm), true, MODEL_GEMMA3},
    };

    for (int i = 0; i < NORMS_PER_LAYER; i++) {
        const tensor *t;
        const float *gains;

        if ((int)g->c->family < parts[i].since)
            continue;
        if (!(t = find(g, l, parts[i].name, e)) ||
            !(gains = load_norm(g, t, parts[i].head_sized ? g->c->K : g->c->D, at, e)))
            return false;
        memcpy((char *)&g->layers[l] + parts[i].at, &gains, sizeof gains);
    }
    return true;
}

static bool layer_matrices(gemma *g, int l, err *e)
{
    static const part parts[] = {
        {"attn_q", offsetof(layer, q), false, 0},         {"attn_k", offsetof(layer, k), false, 0},
        {"attn_v", offsetof(layer, v), false, 0},         {"attn_output", offsetof(layer, o), false, 0},
        {"ffn_gate", offsetof(layer, gate), false, 0},    {"ffn_up", offsetof(layer, up), false, 0},
        {"ffn_down", offsetof(layer, down), false, 0},
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const tensor *t = find(g, l, parts[i].name, e);

        if (!t)
            return false;
        memcpy((char *)&g->layers[l] + parts[i].at, &t, sizeof t);
    }
    g->layers[l].global = g->c->window == 0 || g->c->is_global[l];
    return true;
}

static void fill_frequencies(gemma *g)
{
    for (int kind = 0; kind < 2; kind++) {
        const double theta = kind ? g->c->rope_theta_global : g->c->rope_theta_local;
        const double scale = kind && g->c->rope_scale > 0 ? g->c->rope_scale : 1.0;

        for (int i = 0; i < g->c->K / 2; i++)
            g->inverse_freq[kind][i] = (float)(pow(theta, -2.0 * i / g->c->K)) / (float)scale;
    }
}

static bool load_layers(gemma *g, err *e)
{
    const size_t L = (size_t)g->c->L, D = (size_t)g->c->D, K = (size_t)g->c->K;
    const tensor *last;
    float *at;

    g->layers = calloc(L, sizeof *g->layers);
    g->norms = calloc((4 * D + 2 * K) * L + D, sizeof *g->norms);
    g->inverse_freq[0] = calloc(K, sizeof **g->inverse_freq);
    if (!g->layers || !g->norms || !g->inverse_freq[0])
        return err_set(e, ERR_NOMEM, "out of memory for the model's layers");
    g->inverse_freq[1] = g->inverse_freq[0] + K / 2;
    fill_frequencies(g);
    at = g->norms;
    for (int l = 0; l < g->c->L; l++)
        if (!layer_matrices(g, l, e) || !layer_norms(g, l, &at, e))
            return false;
    if (!(last = weights_find(g->w, "output_norm.weight", e)) ||
        !(g->output_norm = load_norm(g, last, g->c->D, &at, e)) ||
        !(g->embed = weights_find(g->w, "token_embd.weight", e)))
        return false;
    g->head = g->c->head_tied ? g->embed : weights_find(g->w, "output.weight", e);
    return g->head != NULL;
}

/* What the kernels take for granted about sizes. */
static bool check_sizes(const model_config *c, err *e)
{
    if (c->D % 8 || c->K % 8 || c->F % 8 || c->H < 1 || c->G < 1 || c->H % c->G)
        return err_set(e, ERR_MODEL,
                       "width %d, head size %d and ffn width %d must be multiples of 8, and "
                       "%d heads a multiple of %d kv heads", c->D, c->K, c->F, c->H, c->G);
    return true;
}

static bool open_parts(gemma *g, const char *path, const gemma_options *o, err *e)
{
    const int wanted = o->n_threads > 0 ? o->n_threads : cpu_count();

    if (!(g->ops = kernels_get(e)) || !(g->threads = pool_new(wanted > 64 ? 64 : wanted, e)) ||
        !(g->w = weights_open(path, e)))
        return false;
    g->c = weights_config(g->w);
    g->precision = o->precision;
    if (!check_sizes(g->c, e) || !load_layers(g, e) ||
        (!o->ids_only && !(g->tokens = tokenizer_from_weights(g->w, e))))
        return err_wrap(e, "%s", path);
    head_plane_init(g);
    weights_identity(g->w, g->identity);
    for (size_t i = 0; i < weights_tensor_count(g->w); i++) {
        const tensor *t = weights_tensor(g->w, i);

        g->n_parameters += (int64_t)(t->n_bytes / tensor_block_bytes(t->type)) * tensor_block_size(t->type);
    }
    return true;
}

gemma *gemma_open(const char *path, const gemma_options *o, err *e)
{
    static const gemma_options defaults = {0};
    gemma *g = calloc(1, sizeof *g);

    if (!g) {
        err_set(e, ERR_NOMEM, "out of memory for the model");
        return NULL;
    }
    if (!open_parts(g, path, o ? o : &defaults, e)) {
        err_wrap(e, "loading model");
        gemma_close(g);
        return NULL;
    }
    return g;
}

void gemma_close(gemma *g)
{
    if (!g)
        return;
    head_plane_deinit(g);
    tokenizer_free(g->tokens);
    weights_close(g->w);
    pool_free(g->threads);
    free(g->layers);
    free(g->norms);
    free(g->inverse_freq[0]);
    free(g);
}

void gemma_describe(const gemma *g, gemma_info *info)
{
    const model_config *c = g->c;

    *info = (gemma_info){
        .family = model_family_name(c->family),
        .precision = g->precision == GEMMA_INTEGER ? "integer" : "f32",
        .kernels = g->ops->name,
        .identity = g->identity,
        .n_layers = c->L, .width = c->D, .n_heads = c->H, .n_kv_heads = c->G,
        .head_size = c->K, .ffn_width = c->F, .vocabulary = c->V,
        .window = c->window, .context = c->context,
        .n_threads = pool_threads(g->threads),
        .n_parameters = g->n_parameters,
        .weight_bytes = (size_t)weights_n_bytes(g->w),
    };
}

const struct tokenizer *gemma_tokenizer(const gemma *g) { return g->tokens; }
