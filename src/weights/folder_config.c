/* folder_config.c - a Hugging Face config.json to the plain config.
 *
 * Files leave out what equals the class's default, so the defaults stand here per
 * family (from the published configurations). Rope is written in two ways: flat
 * keys before transformers 5, `rope_parameters` since. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "weights/weights_impl.h"

typedef struct reader {
    const char *path;
    const json_t *root;
    err *e;
    bool ok; /* the first failure is kept */
} reader;

static void fail(reader *r, const char *key, const char *what)
{
    if (r->ok)
        err_set(r->e, ERR_MODEL, "%s: %s %s", r->path, key, what);
    r->ok = false;
}

static const json_t *get(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_null(value) ? NULL : value;
}

static int read_int(reader *r, const char *key, int otherwise)
{
    const json_t *value = get(r->root, key);

    if (json_is_array(value)) /* eos_token_id may be a list; the first one counts */
        value = json_array_get(value, 0);
    if (!value)
        return otherwise;
    if (!json_is_integer(value) || json_integer_value(value) < -1 ||
        json_integer_value(value) > INT32_MAX) {
        fail(r, key, "is not a whole number in range");
        return otherwise;
    }
    return (int)json_integer_value(value);
}

static double number_in(reader *r, const json_t *object, const char *key, double otherwise)
{
    const json_t *value = get(object, key);

    if (value && !json_is_number(value))
        fail(r, key, "is not a number");
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static double read_double(reader *r, const char *key, double otherwise)
{
    return number_in(r, r->root, key, otherwise);
}

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* config.json of a model with a vision tower holds the text part inside. */
static bool read_family(reader *r, model_config *c)
{
    static const struct { const char *type; model_family family; } families[] = {
        {"gemma", MODEL_GEMMA1}, {"gemma2", MODEL_GEMMA2}, {"gemma3_text", MODEL_GEMMA3},
        {"gemma3", MODEL_GEMMA3}};
    const char *type = text_in(r->root, "model_type");

    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (!strcmp(type, families[i].type))
            c->family = families[i].family;
    if (!c->family)
        return r->ok = err_set(r->e, ERR_MODEL, "%s: model_type \"%.30s\" is not one we run; gemma, "
                               "gemma2, gemma3 and gemma3_text are", r->path, type);
    if (json_is_object(get(r->root, "text_config")))
        r->root = get(r->root, "text_config");
    return true;
}

static void read_sizes(reader *r, model_config *c)
{
    const bool is_first = c->family == MODEL_GEMMA1;

    c->V = read_int(r, "vocab_size", c->family == MODEL_GEMMA3 ? 262208 : 256000);
    c->D = read_int(r, "hidden_size", 0);
    c->F = read_int(r, "intermediate_size", 0);
    c->L = read_int(r, "num_hidden_layers", 0);
    c->H = read_int(r, "num_attention_heads", is_first ? 16 : 8);
    c->G = read_int(r, "num_key_value_heads", is_first ? 16 : 4);
    c->K = read_int(r, "head_dim", 256);
    c->context = read_int(r, "max_position_embeddings", c->family == MODEL_GEMMA3 ? 131072 : 8192);
    c->norm_eps = read_double(r, "rms_norm_eps", 1e-6);
    c->query_scale = is_first ? c->K : read_double(r, "query_pre_attn_scalar", 256);
}

static void read_layers(reader *r, model_config *c)
{
    const json_t *types = get(r->root, "layer_types");
    const int usual = c->family == MODEL_GEMMA1 ? 1 : c->family == MODEL_GEMMA2 ? 2 : 6;
    const int period = read_int(r, "sliding_window_pattern",
                                read_int(r, "_sliding_window_pattern", usual));

    if (period < 1)
        fail(r, "sliding_window_pattern", "is not a positive number");
    if (c->family != MODEL_GEMMA1)
        c->window = read_int(r, "sliding_window", 4096);
    if (c->L < 1 || c->L > MODEL_MAX_LAYERS || !r->ok)
        return; /* config_check refuses it */
    if (types && json_array_size(types) != (size_t)c->L)
        fail(r, "layer_types", "does not name every layer");
    for (int i = 0; i < c->L; i++) {
        const char *type = json_string_value(json_array_get(types, (size_t)i));

        if (type && strcmp(type, "full_attention") && strcmp(type, "sliding_attention"))
            fail(r, "layer_types", "names a kind of attention that Gemma does not have");
        c->is_global[i] = !c->window || (type ? !strcmp(type, "full_attention")
                                              : (i + 1) % period == 0);
    }
}

/* Scaling of one kind of layer; only linear is Gemma's. */
static double read_scale(reader *r, const json_t *rope)
{
    const char *type = text_in(rope, "rope_type");

    if (!type[0])
        type = text_in(rope, "type");
    if (!type[0] || !strcmp(type, "default"))
        return 1;
    if (strcmp(type, "linear"))
        fail(r, "rope scaling", "is neither default nor linear");
    return number_in(r, rope, "factor", 1);
}

static void read_rope(reader *r, model_config *c)
{
    const json_t *rope = get(r->root, "rope_parameters");
    const json_t *global = get(rope, "full_attention"), *local = get(rope, "sliding_attention");
    const double usual = c->family == MODEL_GEMMA3 ? 1e6 : 1e4;

    if (!global)
        global = rope;
    c->rope_theta_global = number_in(r, global, "rope_theta", read_double(r, "rope_theta", usual));
    c->rope_theta_local = c->family != MODEL_GEMMA3 ? c->rope_theta_global :
        number_in(r, local, "rope_theta", read_double(r, "rope_local_base_freq", 1e4));
    c->rope_scale = read_scale(r, global ? global : get(r->root, "rope_scaling"));
    if (read_scale(r, local) != 1 || (c->family == MODEL_GEMMA2 && c->rope_scale != 1))
        fail(r, "rope scaling", "of local layers is not something Gemma does");
}

static void read_rest(reader *r, const json_t *outer, model_config *c)
{
    const json_t *tied = get(outer, "tie_word_embeddings");
    const char *activation = text_in(r->root, "hidden_activation");

    if (c->family == MODEL_GEMMA2) {
        c->attn_softcap = read_double(r, "attn_logit_softcapping", 50);
        c->final_softcap = read_double(r, "final_logit_softcapping", 30);
    }
    c->head_tied = !json_is_false(tied);
    c->norm_plus_one = true;
    snprintf(c->merged, sizeof c->merged, "%s", text_in(outer, "salesbot_merged"));
    if (activation[0] && strcmp(activation, "gelu_pytorch_tanh") && strcmp(activation, "gelu"))
        fail(r, "hidden_activation", "is not Gemma's gelu_pytorch_tanh");
    if (json_is_true(get(r->root, "use_bidirectional_attention")))
        fail(r, "use_bidirectional_attention", "is set: this model does not generate text");
    if (json_is_true(get(r->root, "attention_bias")))
        fail(r, "attention_bias", "is set; Gemma has no biases");
}

static void read_ids(reader *r, model_config *c)
{
    c->bos_id = read_int(r, "bos_token_id", 2);
    c->eos_id = read_int(r, "eos_token_id", 1);
    c->pad_id = read_int(r, "pad_token_id", 0);
    c->unk_id = -1; /* only the tokenizer knows */
}

bool folder_read_config(const char *path, const char *text, size_t n, model_config *config, err *e)
{
    json_error_t why;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    reader r = {.path = path, .root = root, .e = e, .ok = true};

    if (json_no_memory(root, &why))
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    if (!json_is_object(root)) {
        json_decref(root);
        return err_set(e, ERR_MODEL, "%s: line %d: not a JSON object: %s", path,
                       root ? 1 : why.line, root ? "another value" : why.text);
    }
    if (read_family(&r, config)) {
        read_sizes(&r, config);
        read_layers(&r, config);
        read_rope(&r, config);
        read_rest(&r, root, config);
        read_ids(&r, config);
    }
    json_decref(root);
    return r.ok;
}
