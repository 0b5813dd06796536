/* fuzz_adapter.c - any bytes as the two files of an adapter folder: up to the first NUL the
 * configuration, the rest the safetensors file; beside a small base. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "weights/adapter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char base_config[] =
    "{\"model_type\":\"gemma3_text\",\"vocab_size\":8,\"hidden_size\":4,\"intermediate_size\":4,"
    "\"num_hidden_layers\":1,\"num_attention_heads\":2,\"num_key_value_heads\":1,\"head_dim\":2}";

static void put(const char *folder, const char *name, const void *bytes, size_t n)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    if (!f || (n && fwrite(bytes, 1, n, f) != n) || fclose(f))
        abort();
}

static void take_away(const char *folder)
{
    static const char *const names[] = {"adapter_config.json", "adapter_model.safetensors", "config.json", "model.safetensors"};
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* Every tensor of a Gemma 3 of one layer, all zeros. */
static weights *small_base(const char *folder)
{
    static const struct { const char *name; int rows, columns; } made[] = {
        {"model.embed_tokens.weight", 8, 4}, {"model.norm.weight", 4, 0}, {"model.layers.0.input_layernorm.weight", 4, 0},
        {"model.layers.0.self_attn.q_proj.weight", 4, 4}, {"model.layers.0.self_attn.k_proj.weight", 2, 4},
        {"model.layers.0.self_attn.v_proj.weight", 2, 4}, {"model.layers.0.self_attn.o_proj.weight", 4, 4},
        {"model.layers.0.self_attn.q_norm.weight", 2, 0}, {"model.layers.0.self_attn.k_norm.weight", 2, 0},
        {"model.layers.0.post_attention_layernorm.weight", 4, 0}, {"model.layers.0.pre_feedforward_layernorm.weight", 4, 0},
        {"model.layers.0.mlp.gate_proj.weight", 4, 4}, {"model.layers.0.mlp.up_proj.weight", 4, 4},
        {"model.layers.0.mlp.down_proj.weight", 4, 4}, {"model.layers.0.post_feedforward_layernorm.weight", 4, 0}};
    enum { N = sizeof made / sizeof *made };
    static const float zeros[32];
    tensor t[N];
    char path[128];
    err e = {0};

    for (int i = 0; i < N; i++)
        t[i] = (tensor){.name = made[i].name, .type = TENSOR_F32, .n_dims = made[i].columns ? 2 : 1,
                        .dim = {made[i].rows, made[i].columns}, .data = zeros,
                        .n_bytes = 4 * (size_t)(made[i].rows * (made[i].columns ? made[i].columns : 1))};
    put(folder, "config.json", base_config, strlen(base_config));
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    return safetensors_write(path, t, N, &e) ? weights_open(folder, &e) : NULL;
}

static unsigned sum_of(const adapter *a)
{
    unsigned sum = 0;

    for (int l = 0; l < MODEL_MAX_LAYERS; l++)
        for (unsigned target = 1; target < ADAPTER_ALL; target <<= 1) {
            const adapter_pair *p = adapter_find(a, l, target);

            for (size_t i = 0; p && i < p->a.n_bytes; i++)
                sum += ((const unsigned char *)p->a.data)[i];
            for (size_t i = 0; p && i < p->b.n_bytes; i++)
                sum += ((const unsigned char *)p->b.data)[i];
        }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    const size_t n = end ? (size_t)(end - data) : size;
    char folder[] = "/tmp/fuzz_adapter.XXXXXX";
    weights *base;

    if (!mkdtemp(folder) || !(base = small_base(folder)))
        abort();
    put(folder, "adapter_config.json", data, n);
    put(folder, "adapter_model.safetensors", data + n + (end != NULL), size - n - (end != NULL));
    for (int with_base = 0; with_base < 2; with_base++) {
        err e = {0};
        adapter *a = adapter_open(folder, with_base ? base : NULL, &e);

        if (!a && (e.code == ERR_OK || !e.msg[0]))
            abort();
        if (a) {
            volatile unsigned seen = sum_of(a);

            (void)seen;
        }
        adapter_close(a);
    }
    weights_close(base);
    take_away(folder);
    return 0;
}
