/* shape.c - what each family's tensors must look like.
 *
 * Whoever computes trusts these shapes, so a file that lacks one is refused at
 * open with the tensor, what was expected and what was found. */
#include <math.h>
#include <stdio.h>

#include "weights/weights_impl.h"

enum { G1 = 1 << MODEL_GEMMA1, G2 = 1 << MODEL_GEMMA2, G3 = 1 << MODEL_GEMMA3, ALL = G1 | G2 | G3 };

/* Sizes by letter: D F V K as in the config, Q = H*K, J = G*K, 0 = none. */
typedef struct shape_rule {
    const char *name;
    char rows, columns;
    int families;
} shape_rule;

static const shape_rule model_rules[] = {
    {"token_embd.weight", 'V', 'D', ALL},
    {"output_norm.weight", 'D', 0, ALL},
};

static const shape_rule layer_rules[] = {
    {"attn_norm.weight", 'D', 0, ALL},
    {"attn_q.weight", 'Q', 'D', ALL},
    {"attn_k.weight", 'J', 'D', ALL},
    {"attn_v.weight", 'J', 'D', ALL},
    {"attn_output.weight", 'D', 'Q', ALL},
    {"attn_q_norm.weight", 'K', 0, G3},
    {"attn_k_norm.weight", 'K', 0, G3},
    {"post_attention_norm.weight", 'D', 0, G2 | G3},
    {"ffn_norm.weight", 'D', 0, ALL},
    {"ffn_gate.weight", 'F', 'D', ALL},
    {"ffn_up.weight", 'F', 'D', ALL},
    {"ffn_down.weight", 'D', 'F', ALL},
    {"post_ffw_norm.weight", 'D', 0, G2 | G3},
};

static int64_t size_of(const model_config *c, char letter)
{
    switch (letter) {
    case 'V': return c->V;
    case 'D': return c->D;
    case 'F': return c->F;
    case 'K': return c->K;
    case 'Q': return (int64_t)c->H * c->K;
    default:  return (int64_t)c->G * c->K;
    }
}

static bool tensor_check(const weights *w, const char *name, const shape_rule *rule, err *e)
{
    const model_config *c = &w->config;
    char expected[64], found[128];
    const int64_t rows = size_of(c, rule->rows), columns = rule->columns ? size_of(c, rule->columns) : 0;
    const int n_dims = rule->columns ? 2 : 1;
    const tensor *t = weights_find(w, name, e);

    if (!t)
        return err_set(e, ERR_MODEL, "%s: tensor %s is missing; a %s model of %d layers needs it",
                       w->path, name, model_family_name(c->family), c->L);
    tensor_shape_text(&(tensor){.n_dims = n_dims, .dim = {rows, columns}}, expected, sizeof expected);
    tensor_shape_text(t, found, sizeof found);
    if (t->n_dims != n_dims || t->dim[0] != rows || (n_dims == 2 && t->dim[1] != columns))
        return err_set(e, ERR_MODEL, "%s: tensor %s has the shape %s; this %s model needs %s",
                       w->path, name, found, model_family_name(c->family), expected);
    if (n_dims == 1 && tensor_block_size(t->type) != 1)
        return err_set(e, ERR_MODEL, "%s: tensor %s is %s; a norm must be F32, F16 or BF16", w->path,
                       name, tensor_type_name(t->type));
    return true;
}

bool shapes_check(const weights *w, err *e)
{
    static const shape_rule head = {"output.weight", 'V', 'D', ALL};
    char name[64];

    for (size_t i = 0; i < sizeof model_rules / sizeof model_rules[0]; i++)
        if (!tensor_check(w, model_rules[i].name, &model_rules[i], e))
            return false;
    if (!w->config.head_tied && !tensor_check(w, head.name, &head, e))
        return false;
    for (int layer = 0; layer < w->config.L; layer++)
        for (size_t i = 0; i < sizeof layer_rules / sizeof layer_rules[0]; i++) {
            const shape_rule *rule = &layer_rules[i];

            snprintf(name, sizeof name, "blk.%d.%s", layer, rule->name);
            if (rule->families & 1 << w->config.family && !tensor_check(w, name, rule, e))
                return false;
        }
    return true;
}

static bool positive(double x) { return isfinite(x) && x > 0; }

bool config_check(const char *path, const model_config *c, err *e)
{
    enum { WIDE = 1 << 24 };
    const char *bad = NULL;

    if (c->L < 1 || c->L > MODEL_MAX_LAYERS)
        bad = "the number of layers";
    else if (c->D < 1 || c->D > WIDE || c->F < 1 || c->F > WIDE)
        bad = "the width of the model or of its feed-forward part";
    else if (c->H < 1 || c->H > 4096 || c->G < 1 || c->G > c->H || c->H % c->G)
        bad = "the number of heads (key-value heads must divide query heads)";
    else if (c->K < 2 || c->K > 4096 || c->K % 2)
        bad = "the head size (an even number is needed)";
    else if (c->V < 1 || c->V > WIDE)
        bad = "the size of the vocabulary (token_embd.weight)";
    else if (c->context < 1 || c->window < 0)
        bad = "the context length or sliding window";
    else if (!positive(c->rope_theta_global) || !positive(c->rope_theta_local) ||
             !positive(c->rope_scale))
        bad = "the rope base or scale";
    else if (!positive(c->norm_eps) || !positive(c->query_scale))
        bad = "the norms' epsilon or the query scale";
    else if (!isfinite(c->attn_softcap) || c->attn_softcap < 0 || !isfinite(c->final_softcap) ||
             c->final_softcap < 0)
        bad = "a soft cap";
    return !bad || err_set(e, ERR_MODEL, "%s: %s is missing or out of range", path, bad);
}
