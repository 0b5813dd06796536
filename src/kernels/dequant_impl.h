/* dequant_impl.h - ggml's block formats to F32, portably.
 *
 * Included by each table's file, so that each is compiled with its own -m
 * flags. No product and sum are fused here: the results are the bits that the
 * formats' reference gives. Layouts: github.com/ggml-org/ggml, ggml-common.h. */
#ifndef KERNELS_DEQUANT_IMPL_H
#define KERNELS_DEQUANT_IMPL_H

#include <stdint.h>
#include <string.h>

#include "kernels/kernels.h"

static inline uint16_t load_u16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline float bits_to_f32(uint32_t u)
{
    float f;

    memcpy(&f, &u, sizeof f);
    return f;
}

static inline float f16_to_f32(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16, e = (h >> 10) & 31u, m = h & 1023u;
    float small;

    if (e == 31)
        return bits_to_f32(sign | 0x7f800000u | m << 13);
    if (e)
        return bits_to_f32(sign | (e + 112) << 23 | m << 13);
    small = (float)m * 0x1p-24f; /* exact */
    return sign ? -small : small;
}

static inline float load_f16(const uint8_t *p) { return f16_to_f32(load_u16(p)); }

/* Bytes of n columns of a row, n a multiple of the type's block. */
static inline size_t row_bytes(tensor_type type, int64_t n)
{
    return (size_t)(n / tensor_block_size(type)) * tensor_block_bytes(type);
}

/* First byte of row r of the product. */
static inline const uint8_t *matmul_row(const matmul *m, int r)
{
    return (const uint8_t *)m->w + row_bytes(m->type, m->n_cols) * (size_t)(m->rows ? m->rows[r] : r);
}

/* Scale and minimum j of a K block: 6 bits each, the upper four split. */
static inline void k_scale_min(const uint8_t *s, int j, int *scale, int *min)
{
    if (j < 4) {
        *scale = s[j] & 63;
        *min = s[j + 4] & 63;
    } else {
        *scale = (s[j + 4] & 15) | (s[j - 4] >> 6) << 4;
        *min = s[j + 4] >> 4 | (s[j] >> 6) << 4;
    }
}

/* Quantised values of one block of 32 within a row, as integers:
 * w[i] = d[i / 16] * (q[i] - zero) + m. */
typedef struct block32 {
    int8_t q[32]; /* zero already subtracted */
    float d[2], m;
} block32;

static inline void block_nibbles(const uint8_t *p, int zero, int8_t *q)
{
    for (int i = 0; i < 16; i++) {
        q[i] = (int8_t)((p[i] & 15) - zero);
        q[i + 16] = (int8_t)((p[i] >> 4) - zero);
    }
}

static inline void block_nibbles5(const uint8_t *high, const uint8_t *p, int zero, int8_t *q)
{
    uint32_t h;

    memcpy(&h, high, sizeof h);
    for (int i = 0; i < 16; i++) {
        q[i] = (int8_t)((int)((p[i] & 15) | (h >> i & 1) << 4) - zero);
        q[i + 16] = (int8_t)((int)(p[i] >> 4 | (h >> (i + 16) & 1) << 4) - zero);
    }
}

static inline void block_k45(const uint8_t *b, int j, int bits, block32 *o)
{
    const uint8_t *high = b + 16, *qs = b + (bits == 5 ? 48 : 16) + 32 * (j / 2);
    int scale, min;

    k_scale_min(b + 4, j, &scale, &min);
    o->d[0] = o->d[1] = load_f16(b) * (float)scale;
    o->m = -(load_f16(b + 2) * (float)min);
    for (int i = 0; i < 32; i++) {
        const int low = j & 1 ? qs[i] >> 4 : qs[i] & 15;

        o->q[i] = (int8_t)(bits == 5 ? low | (high[i] >> j & 1) << 4 : low);
    }
}

static inline void block_k6(const uint8_t *b, int j, block32 *o)
{
    const int half = j / 4, quarter = j % 4;
    const uint8_t *low = b + 64 * half + 32 * (quarter & 1), *high = b + 128 + 32 * half;
    const int8_t *scale = (const int8_t *)b + 192 + 8 * half + 2 * quarter;
    const float d = load_f16(b + 208);

    o->d[0] = d * (float)scale[0];
    o->d[1] = d * (float)scale[1];
    o->m = 0.0f;
    for (int i = 0; i < 32; i++) {
        const int nibble = quarter < 2 ? low[i] & 15 : low[i] >> 4;

        o->q[i] = (int8_t)((nibble | (high[i] >> (2 * quarter) & 3) << 4) - 32);
    }
}

/* Block number b (of 32 columns) of a row that starts at `row`. */
static inline void block_decode(tensor_type type, const uint8_t *row, int64_t b, block32 *o)
{
    const int per = tensor_block_size(type) / 32;
    const uint8_t *p = row + (size_t)(b / per) * tensor_block_bytes(type);
    const int j = (int)(b % per);

    o->m = 0.0f;
    if (per == 1)
        o->d[0] = o->d[1] = load_f16(p);
    switch (type) {
    case TENSOR_Q8_0: memcpy(o->q, p + 2, 32); break;
    case TENSOR_Q4_0: block_nibbles(p + 2, 8, o->q); break;
    case TENSOR_Q4_1: o->m = load_f16(p + 2); block_nibbles(p + 4, 0, o->q); break;
    case TENSOR_Q5_0: block_nibbles5(p + 2, p + 6, 16, o->q); break;
    case TENSOR_Q5_1: o->m = load_f16(p + 2); block_nibbles5(p + 4, p + 8, 0, o->q); break;
    case TENSOR_Q4_K: block_k45(p, j, 4, o); break;
    case TENSOR_Q5_K: block_k45(p, j, 5, o); break;
    case TENSOR_Q6_K: block_k6(p, j, o); break;
    default: memset(o, 0, sizeof *o); break;
    }
}

static inline void dequantise_float(tensor_type type, const uint8_t *p, int64_t n, float *out)
{
    if (type == TENSOR_F32)
        memcpy(out, p, (size_t)n * sizeof *out);
    else if (type == TENSOR_F16)
        for (int64_t i = 0; i < n; i++)
            out[i] = load_f16(p + 2 * i);
    else
        for (int64_t i = 0; i < n; i++)
            out[i] = bits_to_f32((uint32_t)load_u16(p + 2 * i) << 16);
}

static inline void dequantise_any(tensor_type type, const void *src, int64_t n, float *out)
{
    block32 b;

    if (type == TENSOR_F32 || type == TENSOR_F16 || type == TENSOR_BF16) {
        dequantise_float(type, src, n, out);
        return;
    }
    for (int64_t i = 0; i < n / 32; i++) {
        block_decode(type, src, i, &b);
        for (int k = 0; k < 32; k++)
            out[32 * i + k] = b.d[k / 16] * (float)b.q[k] + b.m;
    }
}

#endif
