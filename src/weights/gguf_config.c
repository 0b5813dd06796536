/* gguf_config.c - GGUF metadata to the plain config and the vocabulary's view.
 *
 * The keys are those that llama.cpp's converter writes. What it leaves out and
 * the programs fill in is filled in here too, each with its reason. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weights/weights_impl.h"

/* A key of this model's architecture: "gemma3.block_count". */
typedef struct reader {
    const weights *w;
    char architecture[32];
    err *e;
    bool ok; /* the first failure is kept */
} reader;

static void fail(reader *r, const char *key, const char *what)
{
    if (r->ok)
        err_set(r->e, ERR_MODEL, "%s: metadata %s %s", r->w->path, key, what);
    r->ok = false;
}

static bool pair_integer(const gguf_pair *pair, int64_t *value)
{
    const unsigned char *p = pair->value;

    switch (pair->type) {
    case GGUF_BOOL:
    case GGUF_U8:  *value = p[0]; return true;
    case GGUF_I8:  *value = (int8_t)p[0]; return true;
    case GGUF_U16: *value = p[0] | p[1] << 8; return true;
    case GGUF_I16: *value = (int16_t)(p[0] | p[1] << 8); return true;
    case GGUF_U32: *value = load_u32(p); return true;
    case GGUF_I32: *value = (int32_t)load_u32(p); return true;
    case GGUF_U64:
    case GGUF_I64: *value = (int64_t)load_u64(p); return true;
    default:       return false;
    }
}

static bool pair_number(const gguf_pair *pair, double *value)
{
    int64_t integer;
    uint64_t bits64;
    uint32_t bits32;
    float single;

    if (pair->type == GGUF_F32) {
        bits32 = load_u32(pair->value);
        memcpy(&single, &bits32, sizeof single);
        *value = (double)single;
        return true;
    }
    if (pair->type == GGUF_F64) {
        bits64 = load_u64(pair->value);
        memcpy(value, &bits64, sizeof *value);
        return true;
    }
    if (!pair_integer(pair, &integer))
        return false;
    *value = (double)integer;
    return true;
}

static void full_key(const reader *r, const char *suffix, char key[96])
{
    snprintf(key, 96, "%s.%s", r->architecture, suffix);
}

/* An int in [low, high]; a missing key gives `otherwise`, or fails if that is < 0. */
static int read_int(reader *r, const char *suffix, int low, int high, int otherwise)
{
    const gguf_pair *pair;
    int64_t value = 0;
    char key[96];

    full_key(r, suffix, key);
    pair = gguf_find(r->w, key);
    if (!pair) {
        if (otherwise < 0)
            fail(r, key, "is missing");
        return otherwise;
    }
    if (!pair_integer(pair, &value))
        fail(r, key, "is not one whole number");
    else if (value < low || value > high)
        fail(r, key, "is out of range");
    else
        return (int)value;
    return low;
}

static double read_double(reader *r, const char *suffix, double otherwise)
{
    const gguf_pair *pair;
    double value = 0;
    char key[96];

    full_key(r, suffix, key);
    if (!(pair = gguf_find(r->w, key)))
        return otherwise;
    if (!pair_number(pair, &value) || !isfinite(value))
        fail(r, key, "is not a number");
    return value;
}

static int read_token_id(reader *r, const char *key, int otherwise)
{
    const gguf_pair *pair = gguf_find(r->w, key);
    int64_t value = otherwise;

    if (pair && (!pair_integer(pair, &value) || value < -1 || value > INT32_MAX))
        fail(r, key, "is not a token id");
    return (int)value;
}

static bool read_text(const weights *w, const char *key, char *text, size_t n)
{
    const gguf_pair *pair = gguf_find(w, key);

    if (!pair || pair->type != GGUF_TEXT || pair->n_value >= n || memchr(pair->value, 0, pair->n_value))
        return false;
    memcpy(text, pair->value, pair->n_value);
    text[pair->n_value] = 0;
    return true;
}

static bool read_family(reader *r, model_config *config)
{
    static const struct {
        const char *architecture;
        model_family family;
    } families[] = {{"gemma", MODEL_GEMMA1}, {"gemma2", MODEL_GEMMA2}, {"gemma3", MODEL_GEMMA3}};

    if (!read_text(r->w, "general.architecture", r->architecture, sizeof r->architecture)) {
        fail(r, "general.architecture", "is missing or no text");
        return false;
    }
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (!strcmp(families[i].architecture, r->architecture))
            config->family = families[i].family;
    if (!config->family)
        return r->ok = err_set(r->e, ERR_MODEL, "%s: architecture \"%.20s\" is not one we run; "
                               "gemma, gemma2 and gemma3 are", r->w->path, r->architecture);
    return true;
}

/* Rows of the embedding; config_check refuses what is out of range. */
static int vocabulary_size(const weights *w)
{
    err ignored;
    const tensor *t = weights_find(w, "token_embd.weight", &ignored);

    return t && t->dim[0] <= INT32_MAX ? (int)t->dim[0] : 0;
}

static void read_sizes(reader *r, model_config *c)
{
    enum { WIDE = 1 << 24 };

    c->L = read_int(r, "block_count", 1, MODEL_MAX_LAYERS, -1);
    c->D = read_int(r, "embedding_length", 1, WIDE, -1);
    c->F = read_int(r, "feed_forward_length", 1, WIDE, -1);
    c->H = read_int(r, "attention.head_count", 1, 4096, -1);
    c->G = read_int(r, "attention.head_count_kv", 1, 4096, c->H);
    c->K = read_int(r, "attention.key_length", 1, 4096, r->ok ? c->D / c->H : 1);
    if (read_int(r, "attention.value_length", 1, 4096, c->K) != c->K)
        fail(r, "attention.value_length", "differs from attention.key_length");
    c->V = vocabulary_size(r->w);
    c->context = read_int(r, "context_length", 1, INT32_MAX, 8192);
}

/* Gemma 2: every second layer is global; Gemma 3: every sixth; the files don't
 * say. Gemma 1 has no local layers. */
static void read_layers(reader *r, model_config *c)
{
    const int every = c->family == MODEL_GEMMA1 ? 1 : c->family == MODEL_GEMMA2 ? 2 : 6;
    const int period = read_int(r, "attention.sliding_window_pattern", 1, MODEL_MAX_LAYERS, every);

    c->window = every == 1 ? 0 : read_int(r, "attention.sliding_window", 0, INT32_MAX,
                                          c->family == MODEL_GEMMA2 ? 4096 : -1);
    for (int i = 0; i < c->L; i++)
        c->is_global[i] = !c->window || (i + 1) % period == 0;
}

static void read_rope(reader *r, model_config *c)
{
    char type[32] = "", key[96];

    c->rope_theta_global = read_double(r, "rope.freq_base", c->family == MODEL_GEMMA3 ? 1e6 : 1e4);
    /* Gemma 3's local layers keep the base of Gemma 2; only newer files say so. */
    c->rope_theta_local = c->family == MODEL_GEMMA3 ? read_double(r, "rope.freq_base_swa", 1e4)
                                                    : c->rope_theta_global;
    full_key(r, "rope.scaling.type", key);
    read_text(r->w, key, type, sizeof type);
    c->rope_scale = read_double(r, "rope.scaling.factor", 1);
    if (type[0] && strcmp(type, "none") && strcmp(type, "linear"))
        fail(r, key, "is neither none nor linear");
    if (!strcmp(type, "none") || c->rope_scale == 0)
        c->rope_scale = 1;
}

/* The 27B models of both families scale queries by width per head instead of
 * head size; their files don't say, their number of layers does. */
static double query_scale(const model_config *c)
{
    const bool is_27b = (c->family == MODEL_GEMMA2 && c->L == 46) ||
                        (c->family == MODEL_GEMMA3 && c->L == 62);

    return is_27b ? (double)c->D / c->H : c->K;
}

static void read_ids(reader *r, model_config *c)
{
    c->bos_id = read_token_id(r, "tokenizer.ggml.bos_token_id", 2);
    c->eos_id = read_token_id(r, "tokenizer.ggml.eos_token_id", 1);
    c->unk_id = read_token_id(r, "tokenizer.ggml.unknown_token_id", 3);
    c->pad_id = read_token_id(r, "tokenizer.ggml.padding_token_id", 0);
}

static void read_merged(const weights *w, model_config *c)
{
    const gguf_pair *pair = gguf_find(w, "salesbot.merged");

    if (pair && pair->type == GGUF_TEXT && pair->n_value == sizeof c->merged - 1)
        memcpy(c->merged, pair->value, pair->n_value);
}

static const unsigned char *read_column(reader *r, const char *key, uint32_t type, size_t n)
{
    const gguf_pair *pair = gguf_find(r->w, key);

    if (!pair)
        return NULL;
    if (pair->type != GGUF_ARRAY || pair->item_type != type || pair->n_items != n) {
        fail(r, key, "is not one number per token");
        return NULL;
    }
    return pair->value;
}

static void read_vocabulary(reader *r, vocabulary_source *v)
{
    const gguf_pair *tokens = gguf_find(r->w, "tokenizer.ggml.tokens");
    const gguf_pair *model = gguf_find(r->w, "tokenizer.ggml.model");
    int64_t flag = 0;
    const gguf_pair *pair;

    v->model = "";
    if (model && model->type == GGUF_TEXT &&
        !(v->model = arena_strn(r->w->memory, (const char *)model->value, model->n_value)))
        v->model = "";
    v->add_bos = !(pair = gguf_find(r->w, "tokenizer.ggml.add_bos_token")) ||
                 !pair_integer(pair, &flag) || flag;
    v->add_space_prefix = !(pair = gguf_find(r->w, "tokenizer.ggml.add_space_prefix")) ||
                          !pair_integer(pair, &flag) || flag;
    if (!tokens)
        return;
    if (tokens->type != GGUF_ARRAY || tokens->item_type != GGUF_TEXT) {
        fail(r, "tokenizer.ggml.tokens", "is not a list of texts");
        return;
    }
    v->n_tokens = (size_t)tokens->n_items;
    v->tokens = tokens->value;
    v->n_token_bytes = tokens->n_value;
    v->scores = read_column(r, "tokenizer.ggml.scores", GGUF_F32, v->n_tokens);
    v->types = read_column(r, "tokenizer.ggml.token_type", GGUF_I32, v->n_tokens);
}

static bool is_whole(const weights *w, err *e)
{
    const gguf_pair *count = gguf_find(w, "split.count");
    int64_t n = 0;

    if (!count || !pair_integer(count, &n) || n <= 1)
        return true;
    return err_set(e, ERR_MODEL, "%s: is one of %d parts of a model; join them into one file "
                   "(llama-gguf-split --merge)", w->path, (int)(n & 0xFFFF));
}

bool gguf_read_config(weights *w, err *e)
{
    reader r = {.w = w, .e = e, .ok = true};
    model_config *c = &w->config;

    if (!is_whole(w, e) || !read_family(&r, c))
        return false;
    read_sizes(&r, c);
    if (!r.ok)
        return false;
    read_layers(&r, c);
    read_rope(&r, c);
    c->norm_eps = read_double(&r, "attention.layer_norm_rms_epsilon", 1e-6);
    if (c->family == MODEL_GEMMA2) {
        c->attn_softcap = read_double(&r, "attn_logit_softcapping", 50);
        c->final_softcap = read_double(&r, "final_logit_softcapping", 30);
    }
    c->query_scale = query_scale(c);
    read_ids(&r, c);
    read_merged(w, c);
    read_vocabulary(&r, &w->vocabulary);
    if (r.ok) {
        err ignored;

        c->head_tied = !weights_find(w, "output.weight", &ignored);
        if (w->vocabulary.n_tokens > (size_t)c->V)
            fail(&r, "tokenizer.ggml.tokens", "has more tokens than token_embd.weight has rows");
    }
    return r.ok;
}
