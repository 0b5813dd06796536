/* test_minilm.c - a tiny random BERT against transformers; damaged weights. */
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "unit/minilm/vectors.h"

enum { WIDTH = 32, N = 40 };
#define TINY GOLDEN "tiny"

static const char *const tables[] = {"scalar", "avx2", "avx512"};

static void check_tables(bool int8, double least, double most_off)
{
    json_t *root;
    size_t n;
    const char **texts = golden_texts(&root, &n);
    str expected = {0};
    err e = {0};

    CHECK(texts && n >= N && file_read(TINY "/tiny.f32", 1 << 20, &expected, &e) && expected.n == N * WIDTH * 4);
    for (size_t t = 0; t < 3; t++) {
        float got[N * WIDTH];
        minilm *m;

        setenv("SALESBOT_KERNELS", tables[t], 1);
        m = minilm_open(TINY, &(minilm_options){.int8 = int8, .threads = 2}, &e);
        if (!m && e.code == ERR_NOT_FOUND)
            continue; /* not on this CPU */
        if (!m)
            fprintf(stderr, "%s\n", e.msg);
        CHECK(m && minilm_width(m) == WIDTH);
        CHECK(minilm_embed(m, texts, N, got, &e));
        for (size_t i = 0; i < N; i++) {
            const float *want = (const float *)(const void *)expected.text + i * WIDTH;
            const double c = cosine(got + i * WIDTH, want, WIDTH);

            if (!(c >= least))
                FAIL_("%s, text %zu \"%s\": cosine %.7f", tables[t], i, texts[i], c);
            if (most_off > 0)
                CHECK_CLOSE(got + i * WIDTH, want, WIDTH, 0, most_off);
        }
        minilm_close(m);
    }
    unsetenv("SALESBOT_KERNELS");
    str_deinit(&expected);
    free(texts);
    json_decref(root);
}

static void test_reference(void) { check_tables(false, 0.9999999, 2e-5); }
static void test_int8(void) { check_tables(true, 0.999, 0); }

/* A text alone, in a batch, by one thread or three: the same bits. */
static void test_same_bits(void)
{
    json_t *root;
    size_t n;
    const char **texts = golden_texts(&root, &n);
    err e = {0};
    minilm *one = minilm_open(TINY, &(minilm_options){.threads = 1}, &e);
    minilm *three = minilm_open(TINY, &(minilm_options){.threads = 3}, &e);
    float *all = calloc(n, WIDTH * sizeof *all), alone[WIDTH];

    CHECK(one && three && all && minilm_embed(one, texts, n, all, &e));
    for (size_t i = 0; i < n; i += 7) {
        CHECK(minilm_embed(three, &texts[i], 1, alone, &e));
        CHECK(!memcmp(alone, all + i * WIDTH, sizeof alone));
    }
    CHECK(minilm_embed(one, texts, 0, NULL, &e));
    CHECK(!strcmp(minilm_identity(one), minilm_identity(three)));
    free(all);
    minilm_close(one);
    minilm_close(three);
    free(texts);
    json_decref(root);
}

/* ---- damaged weights ---- */

static const char *const names[] = {"config.json", "model.safetensors", "vocab.txt"};

/* The tiny model in `dir`, with the first `from` of a file replaced by `to`, or the file cut to `cut` bytes. */
static bool damaged(const char *dir, const char *file, const char *from, const char *to, long cut)
{
    err e = {0};
    bool ok = true;

    for (size_t i = 0; i < 3; i++) {
        str in = {0}, out = {0}, path = {0};
        const char *at = NULL;
        size_t n;

        str_addf(&path, TINY "/%s", names[i]);
        ok = ok && file_read(path.text, 1 << 24, &in, &e);
        n = in.n;
        if (!strcmp(file, names[i]) && from) {
            at = memmem(in.text, in.n, from, strlen(from));
            ok = ok && at;
        }
        if (!strcmp(file, names[i]) && cut >= 0)
            n = (size_t)cut;
        if (at) {
            str_add(&out, in.text, (size_t)(at - in.text));
            str_adds(&out, to);
            str_add(&out, at + strlen(from), in.n - (size_t)(at - in.text) - strlen(from));
        } else {
            str_add(&out, in.text, n);
        }
        str_reset(&path);
        str_addf(&path, "%s/%s", dir, names[i]);
        ok = ok && file_write_atomic(path.text, str_text(&out), out.n, 0600, &e);
        str_deinit(&in);
        str_deinit(&out);
        str_deinit(&path);
    }
    return ok;
}

static void test_damaged(void)
{
    static const struct { const char *file, *from, *to; long cut; const char *says; } cases[] = {
        {"config.json", "\"bert\"", "\"gpt2\"", -1, "model_type is gpt2"},
        {"config.json", "\"gelu\"", "\"relu\"", -1, "hidden_act is relu"},
        {"config.json", "32", "40", -1, "config.json wants (221, 40)"},
        {"config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5", -1, "5 heads"},
        {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", -1, "no tensor encoder.layer.2."},
        {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": -1", -1, "num_hidden_layers"},
        {"config.json", "\"vocab_size\": 221", "\"vocab_size\": 1e99", -1, "vocab_size"},
        {"config.json", NULL, NULL, 20, "not a JSON object"},
        {"vocab.txt", NULL, NULL, 30, "vocab.txt"},
        {"vocab.txt", "[SEP]", "[SPE]", -1, "no piece [SEP]"},
        {"vocab.txt", NULL, NULL, 0, "vocab.txt"},
        {"model.safetensors", NULL, NULL, 100000, "past the end of the file"},
        {"model.safetensors", NULL, NULL, 100, "cut short"},
        {"model.safetensors", NULL, NULL, 0, "cut short"},
        {"model.safetensors", "[96,32]", "[32,96]", -1, "is (32, 96); config.json wants (96, 32)"},
        {"model.safetensors", "encoder.layer.1.output.dense.bias", "encoder.layer.1.output.dense.bibs", -1, "no tensor"},
        {"model.safetensors", "\"F32\"", "\"I32\"", -1, "type I32"},
    };
    char dir[] = "/tmp/minilm-XXXXXX";
    err e = {0};

    CHECK(mkdtemp(dir));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(damaged(dir, cases[i].file, cases[i].from, cases[i].to, cases[i].cut));
        e = (err){0};
        CHECK(!minilm_open(dir, &(minilm_options){.threads = 1}, &e));
        CHECK(e.code == ERR_MODEL);
        if (!strstr(e.msg, cases[i].says))
            FAIL_("case %zu says: %s", i, e.msg);
    }
    for (size_t i = 0; i < 3; i++) {
        str path = {0};

        str_addf(&path, "%s/%s", dir, names[i]);
        CHECK(!unlink(path.text));
        str_deinit(&path);
    }
    CHECK(!minilm_open(dir, &(minilm_options){.threads = 1}, &e) && e.code == ERR_IO);
    CHECK(!rmdir(dir));
}

TEST_MAIN({"reference", test_reference}, {"int8", test_int8}, {"same_bits", test_same_bits},
          {"damaged", test_damaged})
