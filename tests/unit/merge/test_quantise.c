/* test_quantise.c - ggml's block formats written by us.
 *
 * Q8_0 and Q5_0: the bytes that ggml's reference writer gives (FNV-1a of all blocks, made by
 * reference/ggml_quality.c). Q4_K and Q6_K: the root mean square error after dequantising, over that of
 * the numbers, is at most what ggml's reference writer reaches on the same numbers. */
#include "merge/merge.h"

#include <stdlib.h>

#include "kernels/kernels.h"
#include "unit/merge/numbers.h"
#include "test.h"

static const struct { int kind; tensor_type type; uint64_t hash; double error; } expected[] = {
    {0, TENSOR_Q8_0, 0x7d9e83a40f3b933u, 0.0050658},
    {0, TENSOR_Q5_0, 0x8807fffd826777c2u, 0.0404820},
    {0, TENSOR_Q4_K, 0x0u, 0.0689496},
    {0, TENSOR_Q6_K, 0x0u, 0.0169953},
    {1, TENSOR_Q8_0, 0xd014ee6c0e5d04c1u, 0.0074964},
    {1, TENSOR_Q5_0, 0xb1259e529eb15d72u, 0.0594485},
    {1, TENSOR_Q4_K, 0x0u, 0.0841133},
    {1, TENSOR_Q6_K, 0x0u, 0.0229459},
    {2, TENSOR_Q8_0, 0x21e7e300966c0557u, 0.0037591},
    {2, TENSOR_Q5_0, 0x265221087830a80eu, 0.0312607},
    {2, TENSOR_Q4_K, 0x0u, 0.0543866},
    {2, TENSOR_Q6_K, 0x0u, 0.0133322},
};

static double error_of(tensor_type type, const float *x, const unsigned char *blocks)
{
    float *y = malloc(NUMBERS * sizeof *y);
    double off = 0, size = 0;

    kernels_all(&(int){0})[0]->dequantise(type, blocks, NUMBERS, y);
    for (int i = 0; i < NUMBERS; i++) {
        off += ((double)y[i] - (double)x[i]) * ((double)y[i] - (double)x[i]);
        size += (double)x[i] * (double)x[i];
    }
    free(y);
    return sqrt(off / size);
}

static void as_good_as_ggml(void)
{
    float *x = malloc(NUMBERS * sizeof *x);
    unsigned char *blocks = malloc(NUMBERS * 2);

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const tensor_type type = expected[i].type;
        double error;

        make_numbers(expected[i].kind, x);
        merge_quantise(type, x, NUMBERS, blocks);
        error = error_of(type, x, blocks);
        if (!(error <= expected[i].error * 1.0001))
            FAIL_("%s, numbers %d: error %.6f, ggml's %.6f", tensor_type_name(type), expected[i].kind, error, expected[i].error);
        if (expected[i].hash && block_hash(blocks, type) != expected[i].hash)
            FAIL_("%s, numbers %d: not the bytes that ggml writes", tensor_type_name(type), expected[i].kind);
    }
    free(x);
    free(blocks);
}

static void extremes(void)
{
    static const tensor_type types[] = {TENSOR_Q8_0, TENSOR_Q5_0, TENSOR_Q4_K, TENSOR_Q6_K};
    static const float values[] = {0, 1, -1, 1e-30f, -1e-8f, 60000, -60000};
    float x[256], y[256];
    unsigned char blocks[512];

    for (size_t t = 0; t < 4; t++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++)
            for (int one = 0; one < 2; one++) { /* all alike, and a single one among zeros */
                const int n = tensor_block_size(types[t]);

                for (int i = 0; i < n; i++)
                    x[i] = one && i != 17 ? 0 : values[v];
                merge_quantise(types[t], x, n, blocks);
                kernels_all(&(int){0})[0]->dequantise(types[t], blocks, n, y);
                for (int i = 0; i < n; i++)
                    if (!(fabsf(y[i] - x[i]) <= 0.04f * fabsf(values[v]) + 1e-6f))
                        FAIL_("%s: %g becomes %g", tensor_type_name(types[t]), (double)x[i], (double)y[i]);
            }
}

static void halves(void)
{
    static const float x[] = {1.0f, -2.5f, 65504.0f, 6.1e-5f, 5.9604645e-8f, 1e-9f, 0.333251953125f, 1.00048828125f, 1.0014648f};
    static const uint16_t bits[] = {0x3c00, 0xc100, 0x7bff, 0x03ff, 0x0001, 0x0000, 0x3555, 0x3c00, 0x3c02};
    unsigned char out[2];

    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        merge_quantise(TENSOR_F16, &x[i], 1, out);
        if ((out[0] | out[1] << 8) != bits[i])
            FAIL_("%g is %04x in F16, expected %04x", (double)x[i], (unsigned)(out[0] | out[1] << 8), bits[i]);
    }
}

TEST_MAIN({"as good as ggml", as_good_as_ggml}, {"extremes", extremes}, {"halves", halves})
