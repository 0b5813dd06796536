/* unpack_avx512_impl.h - sixteen rows of one block, from stored bytes to registers.
 *
 * What unpack_avx2_impl.h says holds here too; 512 bits change how fifth bits are
 * put in (a mask register is loaded from the file) and how many rows stand side
 * by side. */
#ifndef KERNELS_UNPACK_AVX512_IMPL_H
#define KERNELS_UNPACK_AVX512_IMPL_H

#include "kernels/simd_avx512_impl.h"
#include "kernels/unpack_avx2_impl.h"

ALWAYS_INLINE __m256i nibbles512(const uint8_t *p)
{
    const __m256i shift = _mm256_setr_epi64x(0, 0, 0x0004000400040004, 0x0004000400040004);
    const __m256i x = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)p));

    return _mm256_and_si256(_mm256_srlv_epi16(x, shift), _mm256_set1_epi8(15));
}

ALWAYS_INLINE __m256i nibbles5_512(const uint8_t *high, const uint8_t *p)
{
    const __m256i x = nibbles512(p);
    __mmask32 bits;

    memcpy(&bits, high, sizeof bits);
    return _mm256_mask_add_epi8(x, bits, x, _mm256_set1_epi8(16));
}

/* block_bytes in fewer steps. */
ALWAYS_INLINE __m256i block_bytes512(const tensor_type type, const uint8_t *p, const int j)
{
    switch (type) {
    case TENSOR_Q4_0: return nibbles512(p + 2);
    case TENSOR_Q4_1: return nibbles512(p + 4);
    case TENSOR_Q5_0: return nibbles5_512(p + 2, p + 6);
    case TENSOR_Q5_1: return nibbles5_512(p + 4, p + 8);
    default: return block_bytes(type, p, j);
    }
}

ALWAYS_INLINE __m512 gather_f16_512(const uint8_t *const row[WIDE], int at)
{
    _Alignas(32) uint16_t h[WIDE];

    UNROLLED
    for (int r = 0; r < WIDE; r++)
        memcpy(&h[r], row[r] + at, 2);
    return _mm512_cvtph_ps(_mm256_load_si256((const __m256i *)h));
}

/* block_scales for sixteen rows. */
ALWAYS_INLINE void block_scales512(const tensor_type type, const uint8_t *const row[WIDE],
                                   __m512 d[2 * LANES], __m512 m[LANES])
{
    const int n = type == TENSOR_Q6_K ? 16 : 8;
    __m256 low[2 * LANES], high[2 * LANES], low_min[LANES], high_min[LANES];

    if (type < TENSOR_Q4_K) {
        d[0] = gather_f16_512(row, 0);
        if (type_has_min(type))
            m[0] = gather_f16_512(row, 2);
        return;
    }
    block_scales(type, row, low, low_min);
    block_scales(type, row + LANES, high, high_min);
    UNROLLED
    for (int i = 0; i < n; i++)
        d[i] = _mm512_insertf32x8(_mm512_castps256_ps512(low[i]), high[i], 1);
    UNROLLED
    for (int i = 0; i < LANES; i++)
        if (type_has_min(type))
            m[i] = _mm512_insertf32x8(_mm512_castps256_ps512(low_min[i]), high_min[i], 1);
}

/* 16 registers of 16 lanes: register i gets lane i of each. */
ALWAYS_INLINE void transpose16(__m512i v[WIDE])
{
    __m512i t[WIDE], u[WIDE];

    UNROLLED
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
    UNROLLED
    for (int i = 0; i < 4; i++) {
        u[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        u[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    UNROLLED
    for (int k = 0; k < 4; k++) {
        const __m512i a = _mm512_shuffle_i32x4(u[k], u[4 + k], 0x44), b = _mm512_shuffle_i32x4(u[k], u[4 + k], 0xee);
        const __m512i c = _mm512_shuffle_i32x4(u[8 + k], u[12 + k], 0x44), d = _mm512_shuffle_i32x4(u[8 + k], u[12 + k], 0xee);

        v[k] = _mm512_shuffle_i32x4(a, c, 0x88);
        v[4 + k] = _mm512_shuffle_i32x4(a, c, 0xdd);
        v[8 + k] = _mm512_shuffle_i32x4(b, d, 0x88);
        v[12 + k] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
}

#endif
