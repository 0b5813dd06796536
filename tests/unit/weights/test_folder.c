/* test_folder.c - Hugging Face folders: equal to GGUF, in shards, damaged. */
#include "test.h"

#include <math.h>
#include <sys/stat.h>

#include "unit/weights/tiny_model.h"

#define GOLDEN SALESBOT_SOURCE_DIR "/tests/golden/"

/* |a - b| in units of the last place of a float32 near 1. */
static bool close_gains(const float *stored, const float *whole, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabsf(stored[i] + 1 - whole[i]) <= 2.5e-7f))
            return false;
    return true;
}

static void check_folder(const char *folder, const char *name)
{
    char file[512];
    err e = {0};
    weights *hf, *gguf;

    snprintf(file, sizeof file, GOLDEN "gemma/%s/model.gguf", name);
    hf = weights_open(folder, &e);
    if (!hf)
        FAIL_("%s", e.msg);
    CHECK((gguf = weights_open(file, &e)));
    model_config a = *weights_config(hf), b = *weights_config(gguf);
    CHECK(a.norm_plus_one && !b.norm_plus_one && fabs(a.norm_eps - b.norm_eps) < 1e-12);
    CHECK(a.family == b.family && a.L == b.L && a.D == b.D && a.H == b.H && a.G == b.G && a.K == b.K);
    CHECK(a.F == b.F && a.V == b.V && a.window == b.window && a.context == b.context);
    CHECK(a.rope_theta_global == b.rope_theta_global && a.rope_theta_local == b.rope_theta_local);
    CHECK(a.rope_scale == b.rope_scale && a.query_scale == b.query_scale && a.head_tied && b.head_tied);
    CHECK(a.attn_softcap == b.attn_softcap && a.final_softcap == b.final_softcap);
    CHECK(!memcmp(a.is_global, b.is_global, sizeof a.is_global));
    CHECK(weights_tensor_count(hf) == weights_tensor_count(gguf));
    for (size_t i = 0; i < weights_tensor_count(hf); i++) {
        const tensor *x = weights_tensor(hf, i), *y = weights_tensor(gguf, i);

        CHECK(!strcmp(x->name, y->name) && x->n_bytes == y->n_bytes && x->n_dims == y->n_dims);
        CHECK(!memcmp(x->dim, y->dim, sizeof x->dim) && x->type == TENSOR_F32);
        CHECK(strstr(x->name, "norm.weight") ? close_gains(x->data, y->data, x->dim[0])
                                             : !memcmp(x->data, y->data, x->n_bytes));
    }
    weights_close(hf);
    weights_close(gguf);
}

static void check_equal(const char *name)
{
    char folder[512];

    snprintf(folder, sizeof folder, GOLDEN "hf/%s", name);
    check_folder(folder, name);
}

static void test_gemma1(void) { check_equal("gemma1"); }
static void test_gemma2(void) { check_equal("gemma2"); }
static void test_gemma3(void) { check_equal("gemma3"); }

/* ---- a folder of our own making ---- */

static const char *const hf_names[TINY_TENSORS] = {
    "model.embed_tokens.weight", "model.norm.weight", "model.layers.0.input_layernorm.weight",
    "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight",
    "model.layers.0.self_attn.v_proj.weight", "model.layers.0.self_attn.o_proj.weight",
    "model.layers.0.self_attn.q_norm.weight", "model.layers.0.self_attn.k_norm.weight",
    "model.layers.0.post_attention_layernorm.weight", "model.layers.0.pre_feedforward_layernorm.weight",
    "model.layers.0.mlp.gate_proj.weight", "model.layers.0.mlp.up_proj.weight",
    "model.layers.0.mlp.down_proj.weight", "model.layers.0.post_feedforward_layernorm.weight"};

#define CONFIG "{\"model_type\":\"gemma3_text\",\"vocab_size\":8,\"hidden_size\":4,\"intermediate_size\":4," \
               "\"num_hidden_layers\":1,\"num_attention_heads\":2,\"num_key_value_heads\":1,\"head_dim\":2," \
               "\"sliding_window\":8"

typedef struct folder {
    char path[256];
} folder;

static bool folder_put(const folder *f, const char *name, const char *text, size_t n)
{
    char path[512];
    err e = {0};

    snprintf(path, sizeof path, "%s/%s", f->path, name);
    return file_write_atomic(path, text, n, 0600, &e);
}

static bool folder_tensors(const folder *f, const char *name, size_t from, size_t to)
{
    tensor t[TINY_TENSORS];
    char path[512];
    err e = {0};

    tiny_tensors(t);
    for (size_t i = 0; i < TINY_TENSORS; i++)
        t[i].name = hf_names[i];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    return safetensors_write(path, t + from, to - from, &e);
}

static void folder_remove(const folder *f, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", f->path, name);
    unlink(path);
}

static bool folder_make(folder *f)
{
    snprintf(f->path, sizeof f->path, "%s/folder-%d-XXXXXX", SALESBOT_BINARY_DIR, (int)getpid());
    return mkdtemp(f->path) && folder_put(f, "config.json", CONFIG "}", strlen(CONFIG) + 1);
}

static void folder_end(const folder *f)
{
    static const char *const names[] = {"config.json", "model.safetensors", "a.safetensors",
                                        "b.safetensors", "model.safetensors.index.json", "tokenizer.json"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        folder_remove(f, names[i]);
    rmdir(f->path);
}

/* "" when the folder opens, else the message. */
static const char *folder_message(const folder *f, err *e)
{
    weights *w;

    *e = (err){0};
    w = weights_open(f->path, e);
    weights_close(w);
    return w ? "" : e->msg;
}

static void test_shards(void)
{
    static const char index[] = "{\"weight_map\":{\"x\":\"a.safetensors\",\"y\":\"b.safetensors\","
                                "\"z\":\"a.safetensors\"}}";
    static const char outside[] = "{\"weight_map\":{\"x\":\"sub/a.safetensors\"}}";
    folder f;
    err e = {0};
    weights *w;

    CHECK(folder_make(&f));
    CHECK(strstr(folder_message(&f, &e), "has neither model.safetensors nor"));
    CHECK(folder_tensors(&f, "a.safetensors", 0, 7) && folder_tensors(&f, "b.safetensors", 7, TINY_TENSORS));
    CHECK(folder_put(&f, "model.safetensors.index.json", index, sizeof index - 1));
    CHECK(folder_put(&f, "tokenizer.json", "{}", 2));
    CHECK((w = weights_open(f.path, &e)));
    CHECK(weights_tensor_count(w) == TINY_TENSORS && weights_vocabulary(w)->n_json == 2);
    CHECK(weights_config(w)->rope_theta_global == 1e6 && weights_config(w)->query_scale == 256);
    weights_close(w);
    CHECK(folder_put(&f, "model.safetensors.index.json", outside, sizeof outside - 1));
    CHECK(strstr(folder_message(&f, &e), "which is no safetensors file of this folder"));
    CHECK(folder_put(&f, "model.safetensors.index.json", "[]", 2));
    CHECK(strstr(folder_message(&f, &e), "has no weight_map"));
    folder_end(&f);
}

/* Configs from before transformers 5: rope in flat keys, layers by a pattern or by
 * the family's habit. The tensors are those of the goldens. */
static void test_old_configs(void)
{
    static const struct { const char *name, *json; } cases[] = {
        {"gemma3", "{\"model_type\":\"gemma3_text\",\"vocab_size\":300,\"hidden_size\":32,"
                   "\"intermediate_size\":64,\"num_hidden_layers\":7,\"num_attention_heads\":4,"
                   "\"num_key_value_heads\":1,\"head_dim\":16,\"sliding_window\":8,"
                   "\"query_pre_attn_scalar\":16,\"max_position_embeddings\":128}"},
        {"gemma3", "{\"model_type\":\"gemma3_text\",\"vocab_size\":300,\"hidden_size\":32,"
                   "\"intermediate_size\":64,\"num_hidden_layers\":7,\"num_attention_heads\":4,"
                   "\"num_key_value_heads\":1,\"head_dim\":16,\"sliding_window\":8,"
                   "\"query_pre_attn_scalar\":16,\"max_position_embeddings\":128,"
                   "\"sliding_window_pattern\":6,\"rope_theta\":1000000.0,"
                   "\"rope_local_base_freq\":10000.0,\"rope_scaling\":null}"},
        {"gemma2", "{\"model_type\":\"gemma2\",\"vocab_size\":300,\"hidden_size\":32,"
                   "\"intermediate_size\":64,\"num_hidden_layers\":4,\"num_attention_heads\":4,"
                   "\"num_key_value_heads\":2,\"head_dim\":16,\"sliding_window\":8,"
                   "\"query_pre_attn_scalar\":16,\"max_position_embeddings\":128,"
                   "\"rope_theta\":10000.0,\"attn_logit_softcapping\":5.0,"
                   "\"final_logit_softcapping\":3.0}"},
        {"gemma1", "{\"model_type\":\"gemma\",\"vocab_size\":300,\"hidden_size\":32,"
                   "\"intermediate_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":4,"
                   "\"num_key_value_heads\":1,\"head_dim\":16,\"max_position_embeddings\":128,"
                   "\"hidden_act\":\"gelu\",\"rope_theta\":10000.0}"},
    };
    char from[512], to[512];
    folder f;

    CHECK(folder_make(&f));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(from, sizeof from, GOLDEN "hf/%s/model.safetensors", cases[i].name);
        snprintf(to, sizeof to, "%s/model.safetensors", f.path);
        unlink(to);
        CHECK(!symlink(from, to));
        CHECK(folder_put(&f, "config.json", cases[i].json, strlen(cases[i].json)));
        check_folder(f.path, cases[i].name);
        CHECK(!test_failed);
    }
    folder_end(&f);
}

/* Scaling as older files write it. */
static void test_rope_scaling(void)
{
    static const char json[] = CONFIG ",\"rope_scaling\":{\"factor\":8.0,\"rope_type\":\"linear\"},"
                               "\"rope_local_base_freq\":5000}";
    folder f;
    err e = {0};
    weights *w;

    CHECK(folder_make(&f) && folder_tensors(&f, "model.safetensors", 0, TINY_TENSORS));
    CHECK(folder_put(&f, "config.json", json, sizeof json - 1));
    CHECK((w = weights_open(f.path, &e)));
    CHECK(weights_config(w)->rope_scale == 8 && weights_config(w)->rope_theta_local == 5000);
    weights_close(w);
    folder_end(&f);
}

static void test_cut_and_changed(void)
{
    folder f;
    str bytes = {0};
    char path[512];
    err e = {0};

    CHECK(folder_make(&f) && folder_tensors(&f, "model.safetensors", 0, TINY_TENSORS));
    CHECK(!strcmp(folder_message(&f, &e), ""));
    snprintf(path, sizeof path, "%s/model.safetensors", f.path);
    CHECK(file_read(path, 1 << 20, &bytes, &e));
    for (size_t n = 0; n < bytes.n; n += n + 100 > bytes.n ? 1 : 13) {
        CHECK(folder_put(&f, "model.safetensors", bytes.text, n));
        folder_message(&f, &e);
        CHECK(e.code == ERR_MODEL && strstr(e.msg, "model.safetensors"));
    }
    CHECK(folder_put(&f, "model.safetensors", bytes.text, bytes.n - 3));
    CHECK(strstr(folder_message(&f, &e), "tensor blk.0.post_ffw_norm.weight: 3 bytes past the end"));
    for (size_t at = 0; at < bytes.n - 500; at += 11) {
        bytes.text[at] ^= 0x15;
        CHECK(folder_put(&f, "model.safetensors", bytes.text, bytes.n));
        folder_message(&f, &e);
        CHECK(e.code == ERR_OK || e.code == ERR_MODEL);
        bytes.text[at] ^= 0x15;
    }
    str_deinit(&bytes);
    folder_end(&f);
}

static void test_configs(void)
{
    static const struct { const char *json, *says; } cases[] = {
        {"", "config.json: line"},
        {"[]", "not a JSON object"},
        {"{\"model_type\":\"llama\"}", "model_type \"llama\" is not one we run"},
        {CONFIG ",\"head_dim\":3}", "duplicate"},
        {CONFIG ",\"rms_norm_eps\":0}", "the norms' epsilon"},
        {CONFIG ",\"rms_norm_eps\":\"x\"}", "rms_norm_eps is not a number"},
        {CONFIG ",\"layer_types\":[]}", "layer_types does not name every layer"},
        {CONFIG ",\"layer_types\":[\"linear_attention\"]}", "a kind of attention that Gemma does not have"},
        {CONFIG ",\"rope_scaling\":{\"type\":\"yarn\"}}", "is neither default nor linear"},
        {CONFIG ",\"use_bidirectional_attention\":true}", "does not generate text"},
        {CONFIG ",\"hidden_activation\":\"relu\"}", "is not Gemma's gelu_pytorch_tanh"},
        {CONFIG ",\"tie_word_embeddings\":false}", "tensor output.weight is missing"},
        {CONFIG ",\"bos_token_id\":1.5}", "bos_token_id is not a whole number"},
        {"{\"model_type\":\"gemma3\",\"text_config\":" CONFIG ",\"num_hidden_layers_\":1}}", ""},
        {CONFIG ",\"layer_types\":[\"full_attention\"],\"eos_token_id\":[1,106]}", ""},
    };
    folder f;
    err e = {0};

    CHECK(folder_make(&f) && folder_tensors(&f, "model.safetensors", 0, TINY_TENSORS));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(folder_put(&f, "config.json", cases[i].json, strlen(cases[i].json)));
        const char *message = folder_message(&f, &e);
        if (cases[i].says[0] ? !strstr(message, cases[i].says) || e.code != ERR_MODEL : message[0])
            FAIL_("case %zu says: %s\nexpected: %s", i, message, cases[i].says);
    }
    folder_remove(&f, "config.json");
    CHECK(strstr(folder_message(&f, &e), "has no config.json"));
    folder_end(&f);
}

TEST_MAIN({"gemma1", test_gemma1}, {"gemma2", test_gemma2}, {"gemma3", test_gemma3},
          {"old_configs", test_old_configs}, {"rope_scaling", test_rope_scaling},
          {"shards", test_shards}, {"cut_and_changed", test_cut_and_changed}, {"configs", test_configs})
