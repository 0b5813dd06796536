/* unpack_avx2_impl.h - eight rows of one block, from stored bytes to registers.
 *
 * `type` is a constant where these are inlined, so every branch on it is gone in
 * the compiled code. A row's value is d * (q - zero) + m per 32 columns (Q6_K:
 * d per 16); q is unsigned except for Q8_0. */
#ifndef KERNELS_UNPACK_AVX2_IMPL_H
#define KERNELS_UNPACK_AVX2_IMPL_H

#include "kernels/dequant_impl.h"
#include "kernels/simd_avx2_impl.h"

enum { LANES = 8 }; /* rows handled side by side */

ALWAYS_INLINE int type_zero(const tensor_type type)
{
    return type == TENSOR_Q4_0 ? 8 : type == TENSOR_Q5_0 ? 16 : type == TENSOR_Q6_K ? 32 : 0;
}

ALWAYS_INLINE bool type_has_min(const tensor_type type)
{
    return type == TENSOR_Q4_1 || type == TENSOR_Q5_1 || type == TENSOR_Q4_K || type == TENSOR_Q5_K;
}

ALWAYS_INLINE bool type_has_halves(const tensor_type type) { return type == TENSOR_Q6_K; }

ALWAYS_INLINE __m256i nibbles(const uint8_t *p)
{
    const __m128i x = _mm_loadu_si128((const __m128i *)p);

    return _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(x, 4), x), _mm256_set1_epi8(15));
}

/* 16 in every byte whose bit of `bits` is set */
ALWAYS_INLINE __m256i fifth_bits(const uint8_t *bits)
{
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,
                                            2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201ull);
    int32_t word;
    __m256i x;

    memcpy(&word, bits, sizeof word);
    x = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(word), spread), bit);
    return _mm256_and_si256(_mm256_cmpeq_epi8(x, bit), _mm256_set1_epi8(16));
}

ALWAYS_INLINE __m256i k_low_bits(const uint8_t *qs, int shift)
{
    const __m256i x = _mm256_loadu_si256((const __m256i *)qs);

    return _mm256_and_si256(_mm256_srli_epi16(x, shift), _mm256_set1_epi8(15));
}

/* The 32 quantised values of sub-block j (0 for blocks of 32) of the block at p. */
ALWAYS_INLINE __m256i block_bytes(const tensor_type type, const uint8_t *p, const int j)
{
    __m256i high;

    switch (type) {
    case TENSOR_Q8_0: return _mm256_loadu_si256((const __m256i *)(p + 2));
    case TENSOR_Q4_0: return nibbles(p + 2);
    case TENSOR_Q4_1: return nibbles(p + 4);
    case TENSOR_Q5_0: return _mm256_or_si256(nibbles(p + 6), fifth_bits(p + 2));
    case TENSOR_Q5_1: return _mm256_or_si256(nibbles(p + 8), fifth_bits(p + 4));
    case TENSOR_Q4_K: return k_low_bits(p + 16 + 32 * (j / 2), 4 * (j & 1));
    case TENSOR_Q5_K:
        high = _mm256_srli_epi16(_mm256_loadu_si256((const __m256i *)(p + 16)), j);
        high = _mm256_slli_epi16(_mm256_and_si256(high, _mm256_set1_epi8(1)), 4);
        return _mm256_or_si256(k_low_bits(p + 48 + 32 * (j / 2), 4 * (j & 1)), high);
    case TENSOR_Q6_K:
        high = _mm256_loadu_si256((const __m256i *)(p + 128 + 32 * (j / 4)));
        high = _mm256_and_si256(_mm256_srli_epi16(high, 2 * (j % 4)), _mm256_set1_epi8(3));
        return _mm256_or_si256(k_low_bits(p + 64 * (j / 4) + 32 * (j & 1), j % 4 < 2 ? 0 : 4),
                               _mm256_slli_epi16(high, 4));
    default: return _mm256_setzero_si256();
    }
}

ALWAYS_INLINE void transpose8(__m256i v[LANES])
{
    __m256i t[LANES], u[LANES];

    UNROLLED
    for (int i = 0; i < 4; i++) {
        t[2 * i] = _mm256_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
    UNROLLED
    for (int i = 0; i < 2; i++) {
        u[4 * i] = _mm256_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 1] = _mm256_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 2] = _mm256_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        u[4 * i + 3] = _mm256_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    UNROLLED
    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
        v[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
    }
}

ALWAYS_INLINE __m256 gather_f16(const uint8_t *const row[LANES], int at)
{
    _Alignas(16) uint16_t h[LANES];

    UNROLLED
    for (int r = 0; r < LANES; r++)
        memcpy(&h[r], row[r] + at, 2);
    return _mm256_cvtph_ps(_mm_load_si128((const __m128i *)h));
}

/* The 8 scales (or minima) of K blocks, 6 bits each, as bytes of one word. */
ALWAYS_INLINE uint64_t k_six_bits(const uint8_t *s, const bool minima)
{
    uint32_t a, b, c;

    memcpy(&a, s, 4);
    memcpy(&b, s + 4, 4);
    memcpy(&c, s + 8, 4);
    if (minima)
        return (uint64_t)((c >> 4 & 0x0f0f0f0fu) | (b >> 6 & 0x03030303u) << 4) << 32 | (b & 0x3f3f3f3fu);
    return (uint64_t)((c & 0x0f0f0f0fu) | (a >> 6 & 0x03030303u) << 4) << 32 | (a & 0x3f3f3f3fu);
}

ALWAYS_INLINE void transpose_scales(__m256 v[LANES])
{
    __m256i x[LANES];

    UNROLLED
    for (int i = 0; i < LANES; i++)
        x[i] = _mm256_castps_si256(v[i]);
    transpose8(x);
    UNROLLED
    for (int i = 0; i < LANES; i++)
        v[i] = _mm256_castsi256_ps(x[i]);
}

ALWAYS_INLINE void k_scales(const uint8_t *const row[LANES], const bool minima, __m256 out[LANES])
{
    const __m256 whole = gather_f16(row, minima ? 2 : 0);
    float each[LANES];

    _mm256_storeu_ps(each, minima ? _mm256_xor_ps(whole, _mm256_set1_ps(-0.0f)) : whole);
    UNROLLED
    for (int r = 0; r < LANES; r++) {
        const __m128i s = _mm_cvtsi64_si128((long long)k_six_bits(row[r] + 4, minima));

        out[r] = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(s)), _mm256_set1_ps(each[r]));
    }
    transpose_scales(out);
}

ALWAYS_INLINE void k6_scales(const uint8_t *const row[LANES], int half, __m256 out[LANES])
{
    float each[LANES];

    _mm256_storeu_ps(each, gather_f16(row, 208));
    UNROLLED
    for (int r = 0; r < LANES; r++) {
        const __m128i s = _mm_loadl_epi64((const __m128i *)(row[r] + 192 + 8 * half));

        out[r] = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(s)), _mm256_set1_ps(each[r]));
    }
    transpose_scales(out);
}

/* Scales of the blocks that row[] point at, rows in lanes: d[j] for sub-block j
 * (Q6_K: d[2j], d[2j+1] for its halves) and m[j] where the type has minima. */
ALWAYS_INLINE void block_scales(const tensor_type type, const uint8_t *const row[LANES],
                                __m256 d[2 * LANES], __m256 m[LANES])
{
    if (type == TENSOR_Q4_K || type == TENSOR_Q5_K) {
        k_scales(row, false, d);
        k_scales(row, true, m);
    } else if (type == TENSOR_Q6_K) {
        k6_scales(row, 0, d);
        k6_scales(row, 1, d + LANES);
    } else {
        d[0] = gather_f16(row, 0);
        if (type_has_min(type))
            m[0] = gather_f16(row, 2);
    }
}

#endif
