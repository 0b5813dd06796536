/* fuzz_safetensors.c - any bytes as the model.safetensors of a small folder. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "weights/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config[] =
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

static unsigned sum_of(const weights *w)
{
    unsigned sum = 0;

    for (size_t i = 0; i < weights_tensor_count(w); i++) {
        const tensor *t = weights_tensor(w, i);

        for (size_t k = 0; k < t->n_bytes; k++)
            sum += ((const unsigned char *)t->data)[k];
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[] = "/tmp/fuzz_safetensors.XXXXXX", path[128];
    err e = {0};
    weights *w;

    if (!mkdtemp(folder))
        abort();
    put(folder, "config.json", config, strlen(config));
    put(folder, "model.safetensors", data, size);
    w = weights_open(folder, &e);
    if (!w && (e.code == ERR_OK || !e.msg[0]))
        abort();
    if (w) {
        volatile unsigned seen = sum_of(w);

        (void)seen;
    }
    weights_close(w);
    snprintf(path, sizeof path, "%s/config.json", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    unlink(path);
    rmdir(folder);
    return 0;
}
