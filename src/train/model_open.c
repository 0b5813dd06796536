/* model_open.c - opening a base for training: tensors found once, gains turned to F32. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/model_impl.h"

static const tensor *find(const train_model *m, int l, const char *part, err *e)
{
    char name[64];

    snprintf(name, sizeof name, "blk.%d.%s.weight", l, part);
    return weights_find(m->w, name, e);
}

static void set_matrix(matrix *w, const tensor *t)
{
    *w = (matrix){.t = t, .N = (int)t->dim[0], .C = (int)t->dim[1]};
}

static bool layer_matrices(train_model *m, int l, err *e)
{
    static const char *const names[MATS] = {"attn_q",   "attn_k", "attn_v",  "attn_output",
                                            "ffn_gate", "ffn_up", "ffn_down"};

    for (int i = 0; i < MATS; i++) {
        const tensor *t = find(m, l, names[i], e);

        if (!t)
            return false;
        set_matrix(&m->layers[l].w[i], t);
    }
    m->layers[l].global = m->c->window == 0 || m->c->is_global[l];
    return true;
}

/* Gains as F32 with n elements at *to, which moves on; NULL on failure. */
static const float *load_norm(const train_model *m, const tensor *t, float **to)
{
    float *out = *to;
    const int n = (int)t->dim[0];

    m->ops->dequantise(t->type, t->data, n, out);
    for (int i = 0; i < n && m->c->norm_plus_one; i++)
        out[i] += 1.0f;
    *to += n;
    return out;
}

typedef struct part {
    const char *name;
    size_t at;   /* of the pointer in struct layer */
    bool head_sized;
    int since;   /* first family that has it */
} part;

static bool layer_norms(train_model *m, int l, float **to, err *e)
{
    static const part parts[] = {
        {"attn_norm", offsetof(layer, attn_norm), false, MODEL_GEMMA1},
        {"ffn_norm", offsetof(layer, ffn_norm), false, MODEL_GEMMA1},
        {"post_attention_norm", offsetof(layer, post_attn_norm), false, MODEL_GEMMA2},
        {"post_ffw_norm", offsetof(layer, post_ffn_norm), false, MODEL_GEMMA2},
        {"attn_q_norm", offsetof(layer, q_norm), true, MODEL_GEMMA3},
        {"attn_k_norm", offsetof(layer, k_norm), true, MODEL_GEMMA3},
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const tensor *t;
        const float *gains;

        if ((int)m->c->family < parts[i].since)
            continue;
        if (!(t = find(m, l, parts[i].name, e)))
            return false;
        if (t->n_dims != 1 || t->dim[0] != (parts[i].head_sized ? m->c->K : m->c->D))
            return err_set(e, ERR_MODEL, "tensor %s has another size than the model", t->name);
        gains = load_norm(m, t, to);
        memcpy((char *)&m->layers[l] + parts[i].at, &gains, sizeof gains);
    }
    return true;
}

static bool load_layers(train_model *m, err *e)
{
    const size_t L = (size_t)m->c->L, D = (size_t)m->c->D, K = (size_t)m->c->K;
    const tensor *last, *embed, *head;
    float *to;

    m->layers = calloc(L, sizeof *m->layers);
    m->norms = calloc((4 * D + 2 * K) * L + D, sizeof *m->norms);
    if (!m->layers || !m->norms)
        return err_set(e, ERR_NOMEM, "out of memory for the model's layers");
    to = m->norms;
    for (int l = 0; l < m->c->L; l++)
        if (!layer_matrices(m, l, e) || !layer_norms(m, l, &to, e))
            return false;
    if (!(last = weights_find(m->w, "output_norm.weight", e)) || !(embed = weights_find(m->w, "token_embd.weight", e)))
        return false;
    if (!(head = m->c->head_tied ? embed : weights_find(m->w, "output.weight", e)))
        return false;
    m->output_norm = load_norm(m, last, &to);
    set_matrix(&m->embed, embed);
    set_matrix(&m->head, head);
    return true;
}

static bool check_options(train_model_options *o, err *e)
{
    if (o->rank < 0 || o->rank > 256)
        return err_set(e, ERR_ARG, "rank %d: it must be 1 to 256", o->rank);
    if (!(o->dropout >= 0.0f && o->dropout < 1.0f))
        return err_set(e, ERR_ARG, "dropout %g: it must be at least 0 and below 1", (double)o->dropout);
    if (!(o->alpha >= 0.0f) || isinf(o->alpha))
        return err_set(e, ERR_ARG, "alpha %g: it must be a positive number", (double)o->alpha);
    if (o->targets & ~(unsigned)TRAIN_ALL)
        return err_set(e, ERR_ARG, "targets %#x: there are seven matrices", o->targets);
    if (o->max_tokens < 0 || o->max_tokens > 65536 || o->max_targets < 0 || o->n_threads < 0)
        return err_set(e, ERR_ARG, "a batch has 1 to 65536 tokens");
    o->rank = o->rank ? o->rank : 64;
    o->alpha = o->alpha > 0.0f ? o->alpha : 32.0f;
    o->targets = o->targets ? o->targets : TRAIN_ALL;
    o->max_tokens = o->max_tokens ? o->max_tokens : 2048;
    o->max_targets = o->max_targets ? o->max_targets : o->max_tokens;
    o->n_threads = o->n_threads ? o->n_threads : cpu_count();
    return true;
}

/* What the kernels take for granted about sizes. */
static bool check_sizes(const model_config *c, err *e)
{
    if (c->D % 8 || c->K % 8 || c->F % 8 || c->H < 1 || c->G < 1 || c->H % c->G || c->K > MAX_HEAD ||
        c->H / c->G > QUERY_ROWS)
        return err_set(e, ERR_MODEL,
                       "width %d, head size %d (at most %d) and ffn width %d must be multiples of 8, and "
                       "%d heads a multiple of %d kv heads", c->D, c->K, MAX_HEAD, c->F, c->H, c->G);
    return true;
}

/* cos and sin of every position a batch can have, as the forward pass of serving has them. */
static void fill_angles(train_model *m)
{
    const int K = m->c->K, half = K / 2;

    for (int kind = 0; kind < 2; kind++) {
        const double theta = kind ? m->c->rope_theta_global : m->c->rope_theta_local;
        const double scale = kind && m->c->rope_scale > 0 ? m->c->rope_scale : 1.0;

        for (int i = 0; i < half; i++) {
            const float frequency = (float)pow(theta, -2.0 * i / K) / (float)scale;

            for (int t = 0; t < m->o.max_tokens; t++) {
                float *cs = m->rope[kind] + (size_t)t * (size_t)K;

                cs[i] = cosf((float)t * frequency);
                cs[half + i] = sinf((float)t * frequency);
            }
        }
    }
}

static bool open_parts(train_model *m, const char *path, err *e)
{
    if (!check_options(&m->o, e) || !(m->ops = kernels_get(e)) ||
        !(m->threads = pool_new(m->o.n_threads > 64 ? 64 : m->o.n_threads, e)) || !(m->w = weights_open(path, e)))
        return false;
    m->g = gemm_get(m->o.f32);
    m->c = weights_config(m->w);
    m->R = m->o.rank;
    m->Rp = round_up(m->R, 2);
    m->lora_scale = m->o.alpha / (float)m->R;
    m->Tp = (size_t)round_up(m->o.max_tokens, GEMM_PANEL);
    if (!check_sizes(m->c, e) || !load_layers(m, e))
        return err_wrap(e, "%s", path);
    m->J = m->c->H / m->c->G;
    m->Kp = round_up(m->c->K, GEMM_PANEL);
    if (!weights_sha256(m->w, m->identity, e) || (m->o.base == TRAIN_BASE_NF4 && !nf4_open(m, e)) ||
        !lora_open(m, e) || !memory_open(m, e))
        return false;
    fill_angles(m);
    return true;
}

train_model *train_model_open(const char *path, const train_model_options *o, err *e)
{
    train_model *m = calloc(1, sizeof *m);

    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for the model");
        return NULL;
    }
    if (o)
        m->o = *o;
    if (!open_parts(m, path, e)) {
        err_wrap(e, "loading the base");
        train_model_close(m);
        return NULL;
    }
    return m;
}

void train_model_close(train_model *m)
{
    if (!m)
        return;
    memory_close(m);
    for (int i = 0; i < m->n_tensors; i++)
        free((char *)(uintptr_t)m->tensors[i].name);
    free(m->tensors);
    free(m->learned);
    free(m->gradients);
    free(m->layers);
    free(m->norms);
    weights_close(m->w);
    pool_free(m->threads);
    free(m);
}
