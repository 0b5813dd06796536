/* test_token_gemma3.c - Gemma 3's own vocabulary on 10,000 strings, from the GGUF
 * file under $SALESBOT_HOME; skipped (77) where that is absent. */
#include "test.h"

#include "base/log.h"
#include "unit/token/ids_file.h"

int test_failed;
static str path;

static void test_ten_thousand(void)
{
    err e = {0};
    weights *w = weights_open(path.text, &e);
    tokenizer *t;
    size_t n_strings = 0;
    double start;

    CHECK(w);
    start = clock_ms();
    CHECK((t = tokenizer_from_weights(w, &e)));
    printf("     opened in %.0f ms\n", clock_ms() - start);
    weights_close(w);
    CHECK(tokenizer_size(t) == 262144);
    start = clock_ms();
    CHECK(ids_count_different(SALESBOT_SOURCE_DIR "/tests/golden/token/gemma3.ids", t, &n_strings) == 0);
    CHECK(n_strings == 10000);
    printf("     %zu strings in %.0f ms\n", n_strings, clock_ms() - start);
    tokenizer_free(t);
}

int main(int argc, char **argv)
{
    static const test_case cases[] = {{"ten_thousand", test_ten_thousand}};
    err e = {0};
    int failed;

    if (!home_path(&path, "models/gemma-3-270m-Q4_K_M.gguf", &e) || !file_exists(path.text)) {
        printf("skipped: no Gemma 3 weights (%s)\n", path.text ? path.text : e.msg);
        str_deinit(&path);
        return 77;
    }
    failed = test_main(argc, argv, cases, 1);
    str_deinit(&path);
    return failed;
}
