/* fuzz_tokenizer.c - any text through a small tokenizer, and any bytes as a
 * tokenizer.model.
 *
 * The first byte chooses. Of a text it must hold that decoding gives it back (as
 * mended UTF-8, U+2581 as a space), that no control token comes out unasked, and
 * that encoding the decoded text gives it once more. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char small[] =
    "{\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\xE2\x96\x81\"},"
    "\"added_tokens\":[{\"id\":0,\"content\":\"<eos>\",\"special\":true},{\"id\":9,\"content\":\"\\n\\n\"},"
    "{\"id\":10,\"content\":\"<h1>\"}],"
    "\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,\"unk_token\":\"<unk>\",\"vocab\":{\"<eos>\":0,"
    "\"<unk>\":1,\"a\":2,\"b\":3,\"ab\":4,\"\xE2\x96\x81\":5,\"\xE2\x96\x81" "a\":6,\"aa\":7,\"abab\":8,"
    "\"\\n\\n\":9,\"<h1>\":10,\"<\":11,\"h1>\":12,\"\xC3\xA9\":13,\"aaa\":14,\"aab\":15%s},"
    "\"merges\":[[\"a\",\"b\"],[\"a\",\"a\"],[\"\xE2\x96\x81\",\"a\"],[\"ab\",\"ab\"],[\"aa\",\"a\"],[\"a\",\"ab\"],"
    "[\"<\",\"h1>\"]]}}";

/* With all byte tokens, so that every text can be written. */
static tokenizer *make_small(void)
{
    const model_config config = {.V = 400, .bos_id = -1, .eos_id = 0, .pad_id = -1, .unk_id = -1};
    vocabulary_source source = {.model = ""};
    str bytes = {0}, json = {0};
    err e = {0};
    tokenizer *t;
    const char *mark = strstr(small, "%s");

    for (unsigned b = 0; b < 256; b++)
        str_addf(&bytes, ",\"<0x%02X>\":%u", b, 16 + b);
    str_add(&json, small, (size_t)(mark - small));
    str_add(&json, bytes.text, bytes.n);
    str_adds(&json, mark + 2);
    source.json = json.text;
    source.n_json = json.n;
    t = tokenizer_new(&source, &config, "fuzz", &e);
    str_deinit(&bytes);
    str_deinit(&json);
    return t;
}

static void encode(const tokenizer *t, const char *text, size_t n, str *out)
{
    token_list ids = {0};
    err e = {0};

    if (!tokenizer_encode(t, text, n, 0, &ids, &e))
        abort();
    for (size_t i = 0; i < ids.n; i++)
        if (ids.ids[i] != tokenizer_specials(t).unk &&
            (tokenizer_kind(t, ids.ids[i]) == TOKEN_CONTROL ||
             tokenizer_kind(t, ids.ids[i]) == TOKEN_NONE))
            abort();
    tokenizer_decode(t, ids.ids, ids.n, true, out);
    token_list_deinit(&ids);
}

static void try_text(const char *text, size_t n)
{
    tokenizer *t = make_small();
    str once = {0}, twice = {0};

    if (!t)
        abort();
    encode(t, text, n, &once);
    encode(t, str_text(&once), once.n, &twice);
    if (once.n != twice.n || !utf8_valid(str_text(&once), once.n) ||
        memcmp(str_text(&once), str_text(&twice), once.n))
        abort();
    if (utf8_valid(text, n) && !memmem(text, n, "\xE2\x96\x81", 3) &&
        (once.n != n || memcmp(str_text(&once), text, n)))
        abort();
    str_deinit(&once);
    str_deinit(&twice);
    tokenizer_free(t);
}

static void try_protobuf(const uint8_t *data, size_t size)
{
    const vocabulary_source source = {.protobuf = data, .n_protobuf = size, .model = ""};
    const model_config config = {.V = 4096, .bos_id = 2, .eos_id = 1, .pad_id = 0, .unk_id = -1};
    err e = {0};
    tokenizer *t = tokenizer_new(&source, &config, "fuzz", &e);
    str out = {0};

    if (!t && (e.code == ERR_OK || !e.msg[0]))
        abort();
    if (t)
        encode(t, "abba <eos>\n\n\xFF", 13, &out);
    str_deinit(&out);
    tokenizer_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    if (data[0] & 1)
        try_protobuf(data + 1, size - 1);
    else
        try_text((const char *)data + 1, size - 1);
    return 0;
}
