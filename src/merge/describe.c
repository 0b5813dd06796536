/* describe.c - what the result says of itself: config.json, GGUF metadata, model card. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge_impl.h"
#include "token/token.h"

/* ---- config.json: keys and their spelling as transformers' Gemma classes read them ---- */

static const char *dtype_name(merge_type type)
{
    return type == MERGE_F32 ? "float32" : type == MERGE_F16 ? "float16" : "bfloat16";
}

static void set(json_t *root, const char *key, json_t *value) { json_object_set_new(root, key, value); }

static void set_layers(json_t *root, const model_config *c)
{
    json_t *types = json_array();

    for (int l = 0; l < c->L; l++)
        json_array_append_new(types, json_string(c->is_global[l] ? "full_attention" : "sliding_attention"));
    set(root, "layer_types", types);
    set(root, "sliding_window", json_integer(c->window));
    set(root, "query_pre_attn_scalar", c->query_scale == (int)c->query_scale ? json_integer((int)c->query_scale)
                                                                             : json_real(c->query_scale));
    set(root, "attn_logit_softcapping", c->attn_softcap > 0 ? json_real(c->attn_softcap) : json_null());
    set(root, "final_logit_softcapping", c->final_softcap > 0 ? json_real(c->final_softcap) : json_null());
}

static void set_rope(json_t *root, const model_config *c)
{
    set(root, "rope_theta", json_real(c->rope_theta_global));
    if (c->family == MODEL_GEMMA3)
        set(root, "rope_local_base_freq", json_real(c->rope_theta_local));
    set(root, "rope_scaling", c->rope_scale != 1 ? json_pack("{s:s s:f}", "rope_type", "linear", "factor", c->rope_scale)
                                                 : json_null());
}

static json_t *config_json(const plan *p)
{
    static const struct { const char *type, *class; } families[] = {
        {"", ""}, {"gemma", "GemmaForCausalLM"}, {"gemma2", "Gemma2ForCausalLM"}, {"gemma3_text", "Gemma3ForCausalLM"}};
    const model_config *c = weights_config(p->base);
    json_t *root = json_pack("{s:s s:[s] s:i s:i s:i s:i s:i s:i s:i s:i s:f s:s s:s s:b s:f s:i s:i s:i s:b s:s}",
                             "model_type", families[c->family].type, "architectures", families[c->family].class,
                             "vocab_size", c->V, "hidden_size", c->D, "intermediate_size", c->F, "num_hidden_layers", c->L,
                             "num_attention_heads", c->H, "num_key_value_heads", c->G, "head_dim", c->K,
                             "max_position_embeddings", c->context, "rms_norm_eps", c->norm_eps, "hidden_act",
                             "gelu_pytorch_tanh", "hidden_activation", "gelu_pytorch_tanh", "attention_bias", 0,
                             "attention_dropout", 0.0, "bos_token_id", c->bos_id, "eos_token_id", c->eos_id, "pad_token_id",
                             c->pad_id, "tie_word_embeddings", (int)c->head_tied, "torch_dtype", dtype_name(p->o->type));

    if (root && c->family != MODEL_GEMMA1)
        set_layers(root, c);
    if (root)
        set_rope(root, c);
    if (root)
        set(root, "salesbot_merged", json_string(p->merged));
    return root;
}

bool config_text(const plan *p, str *out, err *e)
{
    json_t *root = config_json(p);
    char *text = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : NULL;

    str_addf(out, "%s\n", text ? text : "");
    json_decref(root);
    if (!text || out->bad) {
        free(text);
        return err_set(e, ERR_NOMEM, "out of memory for config.json");
    }
    free(text);
    return true;
}

/* ---- GGUF metadata ---- */

static uint32_t file_type(merge_type type)
{
    static const uint32_t numbers[] = {
#define X(id, text, number) number,
        MERGE_TYPES(X)
#undef X
    };

    return numbers[type];
}

static void add_ours(const plan *p, gguf_metadata *m)
{
    gguf_add_u32(m, "general.quantization_version", 2);
    gguf_add_u32(m, "general.file_type", file_type(p->o->type));
    if (*p->merged)
        gguf_add_text(m, "salesbot.merged", p->merged);
}

typedef struct keys {
    gguf_metadata *m;
    const char *architecture;
} keys;

static const char *key(const keys *k, const char *name, char text[96])
{
    snprintf(text, 96, "%s.%s", k->architecture, name);
    return text;
}

static void add_u32(const keys *k, const char *name, int value)
{
    char text[96];

    gguf_add_u32(k->m, key(k, name, text), (uint32_t)value);
}

static void add_f32(const keys *k, const char *name, double value)
{
    char text[96];

    gguf_add_f32(k->m, key(k, name, text), (float)value);
}

/* The keys that llama.cpp's converter writes for these families. */
static void add_architecture(const weights *w, gguf_metadata *m)
{
    static const char *const names[] = {"", "gemma", "gemma2", "gemma3"};
    const model_config *c = weights_config(w);
    const keys k = {m, names[c->family]};
    char name[128], text[96];

    weights_base_name(w, name, sizeof name);
    gguf_add_text(m, "general.architecture", k.architecture);
    gguf_add_text(m, "general.type", "model");
    gguf_add_text(m, "general.name", name);
    gguf_add_text(m, "general.license", "gemma");
    add_u32(&k, "context_length", c->context);
    add_u32(&k, "embedding_length", c->D);
    add_u32(&k, "block_count", c->L);
    add_u32(&k, "feed_forward_length", c->F);
    add_u32(&k, "attention.head_count", c->H);
    add_u32(&k, "attention.head_count_kv", c->G);
    add_u32(&k, "attention.key_length", c->K);
    add_u32(&k, "attention.value_length", c->K);
    add_f32(&k, "attention.layer_norm_rms_epsilon", c->norm_eps);
    add_f32(&k, "rope.freq_base", c->rope_theta_global);
    if (c->window)
        add_u32(&k, "attention.sliding_window", c->window);
    if (c->family == MODEL_GEMMA2) {
        add_f32(&k, "attn_logit_softcapping", c->attn_softcap);
        add_f32(&k, "final_logit_softcapping", c->final_softcap);
    }
    if (c->rope_scale != 1) {
        gguf_add_text(m, key(&k, "rope.scaling.type", text), "linear");
        add_f32(&k, "rope.scaling.factor", c->rope_scale);
    }
}

static int32_t ggml_kind(const tokenizer *t, int32_t id)
{
    static const int32_t kinds[] = {[TOKEN_NONE] = 5, [TOKEN_NORMAL] = 1, [TOKEN_ADDED] = 4, [TOKEN_CONTROL] = 3,
                                    [TOKEN_BYTE] = 6};

    return id == tokenizer_specials(t).unk ? 2 : kinds[tokenizer_kind(t, id)];
}

/* A piece as vocabularies write it: U+2581 for a space, <0x0A> for a byte. */
static bool piece_text(const tokenizer *t, int32_t id, str *out)
{
    size_t n;
    const char *piece = tokenizer_piece(t, id, &n);

    if (tokenizer_kind(t, id) == TOKEN_NONE)
        str_addf(out, "<unused-%d>", (int)id); /* the matrix has a row for it, the tokenizer no text */
    else if (tokenizer_kind(t, id) == TOKEN_BYTE)
        str_addf(out, "<0x%02X>", n ? (unsigned)(unsigned char)*piece : 0u);
    else
        for (size_t i = 0; i < n; i++) {
            if (piece[i] == ' ')
                str_adds(out, "\xE2\x96\x81");
            else
                str_addc(out, piece[i]);
        }
    str_addc(out, 0);
    return !out->bad;
}

static bool add_tokens(const weights *w, const tokenizer *t, gguf_metadata *m, err *e)
{
    const size_t V = (size_t)weights_config(w)->V;
    const char **texts = calloc(V, sizeof *texts);
    size_t *starts = calloc(V, sizeof *starts);
    float *scores = calloc(V, sizeof *scores);
    int32_t *kinds = calloc(V, sizeof *kinds);
    str all = {0};
    bool ok = texts && starts && scores && kinds && (size_t)tokenizer_size(t) <= V;

    if (ok)
        tokenizer_scores(t, scores);
    for (size_t i = 0; ok && i < V; i++) {
        starts[i] = all.n;
        ok = piece_text(t, (int32_t)i, &all);
        kinds[i] = ggml_kind(t, (int32_t)i);
    }
    for (size_t i = 0; ok && i < V; i++)
        texts[i] = all.text + starts[i];
    if (ok) {
        gguf_add_text(m, "tokenizer.ggml.model", "llama");
        gguf_add_text(m, "tokenizer.ggml.pre", "default");
        gguf_add_texts(m, "tokenizer.ggml.tokens", texts, V);
        gguf_add_f32s(m, "tokenizer.ggml.scores", scores, V);
        gguf_add_i32s(m, "tokenizer.ggml.token_type", kinds, V);
    }
    free(texts);
    free(starts);
    free(scores);
    free(kinds);
    str_deinit(&all);
    return ok || err_set(e, ERR_NOMEM, "out of memory for the vocabulary");
}

static void add_token_ids(const tokenizer *t, const model_config *c, gguf_metadata *m)
{
    const special_tokens s = tokenizer_specials(t);
    const struct { const char *key; int32_t id; } ids[] = {
        {"tokenizer.ggml.bos_token_id", c->bos_id >= 0 ? c->bos_id : s.bos},
        {"tokenizer.ggml.eos_token_id", c->eos_id >= 0 ? c->eos_id : s.eos},
        {"tokenizer.ggml.unknown_token_id", s.unk},
        {"tokenizer.ggml.padding_token_id", c->pad_id >= 0 ? c->pad_id : s.pad}};

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i].id >= 0)
            gguf_add_u32(m, ids[i].key, (uint32_t)ids[i].id);
    gguf_add_bool(m, "tokenizer.ggml.add_bos_token", true);
    gguf_add_bool(m, "tokenizer.ggml.add_eos_token", false);
    gguf_add_bool(m, "tokenizer.ggml.add_space_prefix", false);
}

bool metadata_fill(const plan *p, gguf_metadata *m, err *e)
{
    static const char *const replaced[] = {"general.file_type", "general.quantization_version", "salesbot.merged", NULL};
    tokenizer *t;
    bool ok;

    if (weights_vocabulary(p->base)->n_tokens) {
        gguf_add_copies(m, p->base, replaced);
        add_ours(p, m);
        return true;
    }
    if (!(t = tokenizer_from_weights(p->base, e)))
        return false;
    add_architecture(p->base, m);
    ok = add_tokens(p->base, t, m, e);
    add_token_ids(t, weights_config(p->base), m);
    add_ours(p, m);
    tokenizer_free(t);
    return ok;
}

/* ---- the card ---- */

void card_text(const plan *p, const adapter *a, const char *file, str *out)
{
    char name[128];
    adapter_info info = {0};

    weights_base_name(p->base, name, sizeof name);
    str_addf(out, "---\nlicense: gemma\n%s%s%spipeline_tag: text-generation\ntags: [text-to-sql]\n---\n\n# %s, merged\n\n",
             *name ? "base_model: " : "", name, *name ? "\n" : "", *name ? name : "A Gemma model");
    if (a) {
        adapter_describe(a, &info);
        str_addf(out, "A LoRA adapter (rank %d, alpha %g, SHA-256 of configuration and weights `%.16s...`) added to its base by "
                      "`salesbot merge`, so that other programs can load both as one model.\n\n", info.rank,
                 (double)info.alpha, info.digest);
    } else {
        str_adds(out, "The base converted by `salesbot merge --no-adapter`.\n\n");
    }
    str_addf(out, "    salesbot ask --model %s \"sales by region in 2024\"\n\n", file);
    str_adds(out, "Gemma and what is built upon it, this model among it, is provided under and subject to the Gemma Terms of Use: "
                  "`GEMMA_TERMS.txt`, `NOTICE`. Whoever passes it on passes these on too, and the restrictions of use in "
                  "section 3.2 (the Gemma Prohibited Use Policy). The weights were modified as said above.\n");
}
