/* ggml_quality.c - what ggml's reference writers make of the numbers that tests/unit/merge/test_quantise.c
 * quantises: prints the table of that test. Built by reference/run.sh against the peer's ggml. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ggml-quants.h"
#include "ggml.h"

#include "../tests/unit/merge/numbers.h"

typedef void (*writer_fn)(const float *x, void *y, int64_t n);

static const struct { tensor_type type; enum ggml_type theirs; bool fixed; } types[] = {
    {TENSOR_Q8_0, GGML_TYPE_Q8_0, true}, {TENSOR_Q5_0, GGML_TYPE_Q5_0, true},
    {TENSOR_Q4_K, GGML_TYPE_Q4_K, false}, {TENSOR_Q6_K, GGML_TYPE_Q6_K, false}};

int main(void)
{
    float *x = malloc(NUMBERS * sizeof *x), *y = malloc(NUMBERS * sizeof *y);
    unsigned char *blocks = malloc(NUMBERS * 2);

    for (int kind = 0; kind < 3; kind++)
        for (int t = 0; t < 4; t++) {
            double off = 0, size = 0;

            make_numbers(kind, x);
            ggml_quantize_chunk(types[t].theirs, x, blocks, 0, 1, NUMBERS, NULL);
            ggml_get_type_traits(types[t].theirs)->to_float(blocks, y, NUMBERS);
            for (int i = 0; i < NUMBERS; i++) {
                off += ((double)y[i] - (double)x[i]) * ((double)y[i] - (double)x[i]);
                size += (double)x[i] * (double)x[i];
            }
            printf("    {%d, TENSOR_%s, 0x%llxu, %.7f},\n", kind, tensor_type_name(types[t].type),
                   types[t].fixed ? (unsigned long long)block_hash(blocks, types[t].type) : 0ull, sqrt(off / size));
        }
    return 0;
}
