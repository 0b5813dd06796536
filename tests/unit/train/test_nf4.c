/* test_nf4.c - codes, scales and values against bitsandbytes' (tests/golden/train/nf4). */
#include "train/nf4.h"

#include "../gemma/golden.h"
#include "test.h"

static golden gold;

static const float *expected(const char *name, const char *part, size_t *n)
{
    char full[64];
    const float *x;

    snprintf(full, sizeof full, "%s%s", name, part);
    x = golden_array(&gold, full, n);
    if (!x)
        fprintf(stderr, "no %s in the golden\n", full);
    return x;
}

static bool open_golden(void)
{
    err e = {0};

    if (gold.json)
        return true;
    gold.json = json_load_file(SALESBOT_SOURCE_DIR "/tests/golden/train/nf4.json", 0, NULL);
    return gold.json && file_read(SALESBOT_SOURCE_DIR "/tests/golden/train/nf4.f32", 1u << 28, &gold.floats, &e);
}

static size_t differing(const uint8_t *codes, const float *want, size_t n)
{
    size_t bad = 0;

    for (size_t i = 0; i < n; i++)
        bad += (float)codes[i] != want[i];
    return bad;
}

static void check_matrix(const char *name)
{
    size_t n, n_codes, blocks, nested, one;
    const float *x = expected(name, ".x", &n), *codes = expected(name, ".codes", &n_codes);
    const float *scales = expected(name, ".scales", &blocks), *scale_codes = expected(name, ".scale_codes", &blocks);
    const float *scale_max = expected(name, ".scale_max", &nested), *offset = expected(name, ".offset", &one);
    const float *values = expected(name, ".values", &n);
    nf4_table *t = malloc(sizeof *t);
    nf4 q = {.n = n, .codes = malloc(n_codes), .scale_codes = malloc(blocks), .scale_max = malloc(nested * sizeof(float))};
    float *got = malloc(n * sizeof *got), *own = malloc(blocks * sizeof *own);
    const size_t half = n / 2 / NF4_BLOCK * NF4_BLOCK;

    CHECK(nf4_blocks(n) == blocks && nf4_nested(n) == nested && n_codes == (n + 1) / 2);
    nf4_table_init(t);
    nf4_quantise(x + half, half, n - half, &q, own);
    nf4_quantise(x, 0, half, &q, own);
    CHECK(differing(q.codes, codes, n_codes) == 0);
    CHECK_CLOSE(own, scales, blocks, 0, 0);
    nf4_quantise_scales(own, t, &q);
    CHECK(fabsf(q.offset - *offset) <= 2.5e-7f * *offset); /* 2 ulp */
    /* nested codes for the same offset */
    q.offset = *offset;
    memcpy(own, scales, blocks * sizeof *own);
    nf4_nest_scales(own, t, &q);
    CHECK(differing(q.scale_codes, scale_codes, blocks) == 0);
    CHECK_CLOSE(q.scale_max, scale_max, nested, 0, 0);
    nf4_dequantise(&q, 0, (int)n, got);
    CHECK_CLOSE(got, values, n, 0, 0);
    memset(got, 0, n * sizeof *got);
    nf4_dequantise(&q, 130, 258, got); /* from within a block */
    CHECK_CLOSE(got, values + 130, 258, 0, 0);
    free(t);
    free(q.codes);
    free(q.scale_codes);
    free(q.scale_max);
    free(got);
    free(own);
}

static void matrices(void)
{
    CHECK(open_golden());
    check_matrix("normal");
    check_matrix("hard");
}

/* Scales at and beside the middles of the 8-bit levels. */
static void scales(void)
{
    size_t n, blocks;
    const float *x, *codes, *most, *level;
    nf4_table *t = malloc(sizeof *t);
    nf4 q = {0};
    float *own;

    CHECK(open_golden());
    nf4_table_init(t);
    level = expected("levels", "", &n);
    CHECK_CLOSE(t->levels, level, n, 0, 0);
    x = expected("scales_hard", ".x", &n);
    codes = expected("scales_hard", ".codes", &n);
    most = expected("scales_hard", ".max", &blocks);
    q = (nf4){.n = n * NF4_BLOCK, .scale_codes = malloc(n), .scale_max = malloc(blocks * sizeof(float))};
    own = malloc(n * sizeof *own);
    memcpy(own, x, n * sizeof *own);
    nf4_nest_scales(own, t, &q);
    CHECK(differing(q.scale_codes, codes, n) == 0);
    CHECK_CLOSE(q.scale_max, most, blocks, 0, 0);
    free(own);
    free(q.scale_codes);
    free(q.scale_max);
    free(t);
}

TEST_MAIN({"matrices", matrices}, {"scales", scales})
