/* fuzz_model_json.c - any bytes as the JSON files of a model's folder.
 *
 * The first byte chooses: config.json, model.safetensors.index.json or
 * tokenizer.json. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "token/token.h"
#include "weights/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_folder(const char *name, const uint8_t *data, size_t size)
{
    char folder[] = "/tmp/fuzz_model_json.XXXXXX", path[128];
    err e = {0};
    weights *w;
    FILE *f;

    if (!mkdtemp(folder))
        abort();
    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    if (!f || (size && fwrite(data, 1, size, f) != size) || fclose(f))
        abort();
    w = weights_open(folder, &e);
    if (!w && (e.code == ERR_OK || !e.msg[0]))
        abort();
    weights_close(w);
    unlink(path);
    rmdir(folder);
}

static void try_tokenizer(const uint8_t *data, size_t size)
{
    const vocabulary_source source = {.json = (const char *)data, .n_json = size, .model = ""};
    const model_config config = {.V = 4096, .bos_id = 2, .eos_id = 1, .pad_id = 0, .unk_id = -1};
    token_list ids = {0};
    err e = {0};
    tokenizer *t = tokenizer_new(&source, &config, "fuzz", &e);

    if (!t && (e.code == ERR_OK || !e.msg[0]))
        abort();
    if (t && !tokenizer_encode(t, "abba <x>\xE2\x82", 10, TOKEN_PARSE_SPECIAL, &ids, &e))
        abort();
    token_list_deinit(&ids);
    tokenizer_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    switch (data[0] % 3) {
    case 0:  try_folder("config.json", data + 1, size - 1); break;
    case 1:  try_folder("model.safetensors.index.json", data + 1, size - 1); break;
    default: try_tokenizer(data + 1, size - 1); break;
    }
    return 0;
}
