/* numbers.h - made-up weights: bell-shaped, with outliers, and uniform; the same on every machine. Shared
 * with reference/ggml_quality.c. */
#ifndef UNIT_MERGE_NUMBERS_H
#define UNIT_MERGE_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/tensor.h"

enum { NUMBERS = 256 * 384 };

static inline uint32_t mixed(uint32_t i)
{
    i ^= i >> 16;
    i *= 0x7feb352du;
    i ^= i >> 15;
    i *= 0x846ca68bu;
    return i ^ i >> 16;
}

/* kind 0: sums of four; 1: one in 97 six times as large; 2: uniform */
static inline void make_numbers(int kind, float *x)
{
    for (uint32_t i = 0; i < NUMBERS; i++) {
        int32_t sum = 0;

        for (uint32_t k = 0; k < 4; k++)
            sum += (int32_t)(mixed(4 * i + k + 77) >> 12) - (1 << 19);
        if (kind == 2)
            sum = (int32_t)(mixed(i) >> 12) - (1 << 19);
        x[i] = (float)sum * (kind == 1 && mixed(i + 5) % 97 == 0 ? 6.0f : 1.0f) / (1 << 24);
    }
}

static inline uint64_t block_hash(const unsigned char *blocks, tensor_type type)
{
    const size_t n = (size_t)NUMBERS / (size_t)tensor_block_size(type) * tensor_block_bytes(type);
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ blocks[i]) * 0x100000001b3u;
    return hash;
}

#endif
