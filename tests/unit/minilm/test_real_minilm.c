/* test_real_minilm.c - all-MiniLM-L6-v2 against sentence-transformers: ids of 10,000
 * strings, vectors of the golden texts; skipped (77) where the weights are absent. */
#include "test.h"

#include "base/log.h"
#include "unit/minilm/vectors.h"
#include "unit/token/wordpiece_hashes.h"

int test_failed;
static str path;

static void test_ids(void)
{
    str file = {0}, text = {0};
    size_t n = 0;
    err e = {0};
    wordpiece *w;

    str_addf(&file, "%s/vocab.txt", path.text);
    CHECK(file_read(file.text, 1 << 24, &text, &e));
    CHECK((w = wordpiece_new(text.text, text.n, "vocab.txt", &e)));
    CHECK(hashes_count_different(GOLDEN "minilm.hashes", w, &n) == 0);
    CHECK(n == 10000);
    wordpiece_free(w);
    str_deinit(&file);
    str_deinit(&text);
}

static void check_vectors(bool int8, double least)
{
    json_t *root;
    size_t n;
    const char **texts = golden_texts(&root, &n);
    str golden = {0};
    err e = {0};
    double start = clock_ms(), lowest = 1;
    minilm *m = minilm_open(path.text, &(minilm_options){.int8 = int8}, &e);
    float *got = calloc(n, 384 * sizeof *got), want[384];

    CHECK(m && got && texts && n >= 200);
    printf("     opened in %.0f ms\n", clock_ms() - start);
    CHECK(file_read(GOLDEN "vectors.i16", 1 << 24, &golden, &e) && golden.n == n * 384 * 2);
    start = clock_ms();
    CHECK(minilm_embed(m, texts, n, got, &e));
    printf("     %zu texts in %.0f ms\n", n, clock_ms() - start);
    for (size_t i = 0; i < n; i++) {
        double c;

        for (size_t k = 0; k < 384; k++) {
            int16_t q;

            memcpy(&q, golden.text + 2 * (384 * i + k), 2);
            want[k] = (float)q / 32767;
        }
        c = cosine(got + 384 * i, want, 384);
        lowest = c < lowest ? c : lowest;
        if (!(c >= least))
            FAIL_("text %zu \"%s\": cosine %.6f", i, texts[i], c);
    }
    printf("     lowest cosine %.7f\n", lowest);
    free(got);
    free(texts);
    json_decref(root);
    str_deinit(&golden);
    minilm_close(m);
}

static void test_f32(void) { check_vectors(false, 0.9999); }
static void test_int8(void) { check_vectors(true, 0.999); }

int main(int argc, char **argv)
{
    static const test_case cases[] = {{"ids", test_ids}, {"f32", test_f32}, {"int8", test_int8}};
    err e = {0};
    int failed;

    if (!minilm_default_path(&path, &e)) {
        printf("skipped: %s\n", e.msg);
        str_deinit(&path);
        return 77;
    }
    failed = test_main(argc, argv, cases, 3);
    str_deinit(&path);
    return failed;
}
