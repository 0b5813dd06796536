/* test_wordpiece.c - a small vocabulary of letters: 2,000 strings against the reference,
 * and each rule on its own. */
#include "test.h"

#include "unit/token/wordpiece_hashes.h"

#define TINY SALESBOT_SOURCE_DIR "/tests/golden/minilm/tiny/"

static wordpiece *open_tiny(void)
{
    str text = {0};
    err e = {0};
    wordpiece *w = file_read(TINY "vocab.txt", 1 << 20, &text, &e) ? wordpiece_new(text.text, text.n, "tiny", &e) : NULL;

    if (!w)
        fprintf(stderr, "%s\n", e.msg);
    str_deinit(&text);
    return w;
}

static void test_reference(void)
{
    wordpiece *w = open_tiny();
    size_t n = 0;

    CHECK(w);
    CHECK(hashes_count_different(TINY "tiny.hashes", w, &n) == 0);
    CHECK(n == 2000);
    wordpiece_free(w);
}

/* Two spellings that mean the same to an uncased vocabulary. */
static void test_rules(void)
{
    static const char *const pairs[][2] = {
        {"SALES", "sales"},
        {"s\xc3\xa1l\xc3\xa8s", "sales"},           /* accents, composed */
        {"sa\xcc\x81les", "sales"},                  /* and apart */
        {"\xc4\xb0", "i"},                           /* I with a dot */
        {"sa\x01les", "sales"},                      /* control characters go */
        {"sales\xe2\x80\x8b", "sales"},              /* zero width space is of category Cf */
        {"sales\xff\xfe", "sales"},                  /* what is not UTF-8 is passed over */
        {"sales\tby\xc2\xa0store", "sales by store"},
        {"sales,store", "sales , store"},
        {"\xe5\xb9\xb4\xe5\xba\x97", "\xe5\xb9\xb4 \xe5\xba\x97"}, /* CJK stands alone */
        {"a\xe5\xb9\xb4z", "a \xe5\xb9\xb4 z"},
        {"  sales  ", "sales"},
        {"\xe1\xb4\xac", "[UNK]"},                   /* a letter without a piece */
        {"a[MASK]z", "a [MASK] z"},
    };
    wordpiece *w = open_tiny();

    CHECK(w);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        token_list a = {0}, b = {0};
        err e = {0};

        CHECK(wordpiece_encode(w, pairs[i][0], strlen(pairs[i][0]), 256, &a, &e));
        CHECK(wordpiece_encode(w, pairs[i][1], strlen(pairs[i][1]), 256, &b, &e));
        if (a.n != b.n || memcmp(a.ids, b.ids, a.n * sizeof *a.ids))
            FAIL_("\"%s\" is not as \"%s\"", pairs[i][0], pairs[i][1]);
        CHECK(a.n > 2 && a.ids[0] == 2 && a.ids[a.n - 1] == 3);
        token_list_deinit(&a);
        token_list_deinit(&b);
    }
    wordpiece_free(w);
}

static void test_limits(void)
{
    char word[512];
    wordpiece *w = open_tiny();
    token_list ids = {0};
    err e = {0};

    CHECK(w);
    memset(word, 'a', sizeof word);
    CHECK(wordpiece_encode(w, word, 100, 256, &ids, &e) && ids.n == 102);
    ids.n = 0;
    CHECK(wordpiece_encode(w, word, 101, 256, &ids, &e) && ids.n == 3 && ids.ids[1] == 1); /* [UNK] */
    ids.n = 0;
    CHECK(wordpiece_encode(w, word, 100, 10, &ids, &e) && ids.n == 10 && ids.ids[9] == 3);
    ids.n = 0;
    CHECK(wordpiece_encode(w, "", 0, 2, &ids, &e) && ids.n == 2);
    for (size_t i = 1; i < sizeof word; i += 2)
        word[i] = ' ';
    ids.n = 0;
    CHECK(wordpiece_encode(w, word, sizeof word, 256, &ids, &e) && ids.n == 256);
    token_list_deinit(&ids);
    wordpiece_free(w);
}

static void test_bad_vocabularies(void)
{
    static const char *const bad[] = {"", "a\nb\n", "[CLS]\n[SEP]\n", "{\"version\": 1}"};
    err e = {0};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!wordpiece_new(bad[i], strlen(bad[i]), "v", &e));
        CHECK(e.code == ERR_MODEL);
    }
}

TEST_MAIN({"reference", test_reference}, {"rules", test_rules}, {"limits", test_limits},
          {"bad_vocabularies", test_bad_vocabularies})
