/* test_token.c - the small trained vocabulary from its three kinds of file. */
#include "test.h"

#include "unit/token/ids_file.h"

#define SMALL SALESBOT_SOURCE_DIR "/tests/golden/token/small/"

static const model_config config = {.V = 2000, .bos_id = 2, .eos_id = 1, .pad_id = 0, .unk_id = -1};

static tokenizer *from_json(const char *json, size_t n, err *e)
{
    const vocabulary_source source = {.json = json, .n_json = n, .model = ""};

    return tokenizer_new(&source, &config, "test", e);
}

static tokenizer *from_protobuf(const unsigned char *bytes, size_t n, err *e)
{
    const vocabulary_source source = {.protobuf = bytes, .n_protobuf = n, .model = ""};

    return tokenizer_new(&source, &config, "test", e);
}

/* A tokenizer from one of the small files; NULL says why on stderr. */
static tokenizer *open_small(const char *name)
{
    str path = {0}, bytes = {0};
    tokenizer *t = NULL;
    weights *w = NULL;
    err e = {0};

    str_addf(&path, SMALL "%s", name);
    if (str_ends(name, ".gguf")) {
        w = weights_open(path.text, &e);
        t = w ? tokenizer_from_weights(w, &e) : NULL;
    } else if (file_read(path.text, 1 << 24, &bytes, &e))
        t = str_ends(name, ".json") ? from_json(bytes.text, bytes.n, &e)
                                    : from_protobuf((const unsigned char *)bytes.text, bytes.n, &e);
    if (!t)
        fprintf(stderr, "%s\n", e.msg);
    weights_close(w); /* the tokenizer must not need it */
    str_deinit(&path);
    str_deinit(&bytes);
    return t;
}

static void check_file(const char *name, const char *ids)
{
    tokenizer *t = open_small(name);
    size_t n_strings = 0;

    CHECK(t);
    CHECK(ids_count_different(ids, t, &n_strings) == 0);
    CHECK(n_strings == 1000);
    tokenizer_free(t);
}

static void test_protobuf(void) { check_file("tokenizer.model", SMALL "model.ids"); }
static void test_json(void)     { check_file("tokenizer.json", SMALL "json.ids"); }
static void test_gguf(void)     { check_file("vocabulary.gguf", SMALL "json.ids"); }

/* What was encoded comes back, but for U+2581 (a space) and what is no UTF-8. */
static void test_decode(void)
{
    static const char text[] = "SELECT  \"Größe\"\n\n\nFROM t; -- \xF0\x9F\x98\x80 \t\x01 \xE4\xB8\xAD<start_of_turn>";
    static const char bad[] = "a\xFF" "b\xE2\x82" "c\xED\xA0\x80";
    tokenizer *t = open_small("vocabulary.gguf");
    token_list ids = {0};
    str out = {0};
    err e = {0};

    CHECK(t);
    CHECK(tokenizer_encode(t, text, sizeof text - 1, 0, &ids, &e));
    tokenizer_decode(t, ids.ids, ids.n, true, &out);
    CHECK(!strcmp(str_text(&out), text));
    ids.n = 0;
    str_reset(&out);
    CHECK(tokenizer_encode(t, bad, sizeof bad - 1, 0, &ids, &e));
    tokenizer_decode(t, ids.ids, ids.n, true, &out);
    CHECK(!strcmp(str_text(&out), "a\xEF\xBF\xBD" "b\xEF\xBF\xBD" "c\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
    str_reset(&out);
    tokenizer_decode(t, (const int32_t[]){2, -1, 999999, tokenizer_find(t, "a", 1), 1}, 5, false, &out);
    CHECK(!strcmp(str_text(&out), "a"));
    token_list_deinit(&ids);
    str_deinit(&out);
    tokenizer_free(t);
}

static void test_special(void)
{
    static const char text[] = "<bos><start_of_turn>user<unused3><mask><eos><h1>";
    static const char *const files[] = {"vocabulary.gguf", "tokenizer.json", "tokenizer.model"};

    for (size_t k = 0; k < 3; k++) {
        tokenizer *t = open_small(files[k]);
        token_list ids = {0};
        err e = {0};
        special_tokens s;

        CHECK(t);
        s = tokenizer_specials(t);
        CHECK(s.bos == 2 && s.eos == 1 && s.pad == 0 && s.unk == 3);
        CHECK(s.start_of_turn > 0 && s.end_of_turn == s.start_of_turn + 1);
        CHECK(tokenizer_encode(t, text, sizeof text - 1, TOKEN_ADD_BOS | TOKEN_PARSE_SPECIAL, &ids, &e));
        CHECK(ids.n >= 4 && ids.ids[0] == 2 && ids.ids[1] == 2 && ids.ids[2] == s.start_of_turn);
        ids.n = 0;
        CHECK(tokenizer_encode(t, text, sizeof text - 1, 0, &ids, &e));
        for (size_t i = 0; i < ids.n; i++)
            CHECK(tokenizer_kind(t, ids.ids[i]) != TOKEN_CONTROL);
        CHECK(tokenizer_kind(t, ids.ids[ids.n - 1]) == TOKEN_ADDED); /* <h1> */
        CHECK(tokenizer_kind(t, s.bos) == TOKEN_CONTROL);
        CHECK(tokenizer_kind(t, tokenizer_find(t, "<unused3>", 9)) == TOKEN_CONTROL);
        token_list_deinit(&ids);
        tokenizer_free(t);
    }
}

static void test_pieces(void)
{
    tokenizer *t = open_small("vocabulary.gguf");
    size_t n;

    CHECK(t && tokenizer_size(t) == 2000);
    for (int32_t id = 0; id < tokenizer_size(t); id++) {
        const char *bytes = tokenizer_piece(t, id, &n);

        CHECK(n > 0);
        if (tokenizer_kind(t, id) == TOKEN_BYTE)
            CHECK(n == 1 && tokenizer_byte(t, (unsigned char)bytes[0]) == id);
        else
            CHECK(tokenizer_find(t, bytes, n) == id);
    }
    CHECK(tokenizer_find(t, " SELECT", 7) > 0 || tokenizer_find(t, "SELECT", 6) > 0);
    CHECK(tokenizer_find(t, "no such piece", 13) == -1);
    CHECK(!strcmp(tokenizer_piece(t, 5000, &n), "") && !n);
    CHECK(tokenizer_kind(t, -1) == TOKEN_NONE);
    tokenizer_free(t);
}

static void test_hash(void)
{
    tokenizer *a = open_small("vocabulary.gguf"), *b = open_small("vocabulary.gguf");
    tokenizer *c = open_small("tokenizer.model");
    char x[65], y[65], z[65];

    CHECK(a && b && c);
    tokenizer_hash(a, x);
    tokenizer_hash(b, y);
    tokenizer_hash(c, z);
    CHECK(!strcmp(x, y) && strcmp(x, z));
    tokenizer_free(a);
    tokenizer_free(b);
    tokenizer_free(c);
}

static void test_protobuf_damaged(void)
{
    str bytes = {0};
    err e = {0};

    CHECK(file_read(SMALL "tokenizer.model", 1 << 24, &bytes, &e));
    for (size_t n = 0; n < bytes.n; n += n < 400 || n + 400 > bytes.n ? 1 : 97) {
        unsigned char *exact = malloc(n + 1);
        tokenizer *t;

        CHECK(exact);
        memcpy(exact, bytes.text, n);
        e = (err){0};
        t = from_protobuf(exact, n, &e);
        /* a cut between two fields gives a smaller model; settings come last */
        CHECK(t ? n + 600 > bytes.n : e.code == ERR_MODEL && strstr(e.msg, "tokenizer.model"));
        tokenizer_free(t);
        free(exact);
    }
    for (size_t at = 0; at < bytes.n; at += 7) {
        tokenizer *t;

        bytes.text[at] ^= 0x55;
        e = (err){0};
        t = from_protobuf((const unsigned char *)bytes.text, bytes.n, &e);
        CHECK(t || e.code == ERR_MODEL);
        tokenizer_free(t);
        bytes.text[at] ^= 0x55;
    }
    str_deinit(&bytes);
}

#define HEAD "{\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\xE2\x96\x81\"},"
#define BPE "\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":"

static void test_json_refused(void)
{
    static const struct { const char *json, *says; } cases[] = {
        {"", "tokenizer.json: line"},
        {"[]", "model.vocab or model.merges is missing"},
        {HEAD BPE "[[\"a\",\"c\"]]}}", "merge 0 does not name two pieces"},
        {HEAD BPE "[[\"a\",\"b\"],\"ab\"]}}", "merge 1 does not name two pieces"},
        {HEAD BPE "[7]}}", "merge 0 does not"},
        {"{" BPE "[]}}", "the normalizer does more or less"},
        {HEAD "\"pre_tokenizer\":{\"type\":\"ByteLevel\"}," BPE "[]}}", "the pre_tokenizer is not Gemma's"},
        {HEAD "\"model\":{\"type\":\"Unigram\",\"vocab\":{},\"merges\":[]}}", "the model is not BPE"},
        {HEAD "\"model\":{\"type\":\"BPE\",\"ignore_merges\":true,\"vocab\":{},\"merges\":[]}}", "ignore_merges"},
        {HEAD "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-4},\"merges\":[]}}", "an id in the vocabulary"},
        {HEAD "\"added_tokens\":[{\"id\":1,\"content\":\"x\",\"lstrip\":true}]," BPE "[]}}", "an added token strips"},
        {HEAD "\"added_tokens\":[{\"content\":\"x\"}]," BPE "[]}}", "an added token has no id"},
    };
    err e = {0};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tokenizer *t = from_json(cases[i].json, strlen(cases[i].json), &e);

        if (t || e.code != ERR_MODEL || !strstr(e.msg, cases[i].says))
            FAIL_("case %zu says: %s\nexpected: %s", i, t ? "(accepted)" : e.msg, cases[i].says);
    }
}

/* Both ways of writing a merge; ids at or above the model's are left out. */
static void test_json_small(void)
{
    static const char json[] = HEAD "\"added_tokens\":[{\"id\":2000,\"content\":\"<x>\"}]," BPE "[\"a b\"]}}";
    token_list ids = {0};
    err e = {0};
    tokenizer *t = from_json(json, sizeof json - 1, &e);

    CHECK(t);
    CHECK(tokenizer_encode(t, "abba<x>", 7, TOKEN_PARSE_SPECIAL, &ids, &e));
    CHECK(ids.n == 3 && ids.ids[0] == 2 && ids.ids[1] == 1 && ids.ids[2] == 0); /* no <unk>: dropped */
    CHECK(tokenizer_find(t, "<x>", 3) == -1);
    token_list_deinit(&ids);
    tokenizer_free(t);
}

static void test_long_text(void)
{
    enum { N = 1 << 20 };
    tokenizer *t = open_small("vocabulary.gguf");
    token_list ids = {0};
    str out = {0};
    char *text = malloc(N);
    err e = {0};

    CHECK(t && text);
    for (size_t i = 0; i < N; i++)
        text[i] = "select region from sales where x"[i * 7 % 32];
    CHECK(tokenizer_encode(t, text, N, 0, &ids, &e));
    tokenizer_decode(t, ids.ids, ids.n, true, &out);
    CHECK(out.n == N && !memcmp(out.text, text, N));
    CHECK(!tokenizer_encode(t, text, (size_t)1 << 40, 0, &ids, &e) && e.code == ERR_LIMIT);
    free(text);
    str_deinit(&out);
    token_list_deinit(&ids);
    tokenizer_free(t);
}

TEST_MAIN({"protobuf", test_protobuf}, {"json", test_json}, {"gguf", test_gguf},
          {"decode", test_decode}, {"special", test_special}, {"pieces", test_pieces},
          {"hash", test_hash}, {"protobuf_damaged", test_protobuf_damaged},
          {"json_refused", test_json_refused}, {"json_small", test_json_small},
          {"long_text", test_long_text})
