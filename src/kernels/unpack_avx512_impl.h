/* unpack_avx512_impl.h - sixteen rows of one block, from stored bytes to registers.
 *
 * What unpack_avx2_impl.h says holds here too; 512 bits change how fifth bits are
 * put in (a mask register is loaded from the file) and how many rows stand side
 * by side. */
#ifndef KERNELS_UNPACK_AVX512_IMPL_H
#define KERNELS_UNPACK_AVX512_IMPL_H

#include "kernels/simd_avx512_impl.h"
#include "kernels/unpack_avx2_impl.h"

/* Where one block of sixteen rows stands. Equally distant rows need six registers
 * for their addresses (x86 adds 0, 1 or 2 strides, or 3 kept apart); chosen ones need
 * sixteen, more than there are. */
typedef struct wide_rows {
    const uint8_t *base[4]; /* of rows 0, 4, 8, 12; NULL: chosen */
    size_t stride, stride3;
    const uint8_t *const *chosen; /* (16) */
    size_t at;                    /* added to chosen */
} wide_rows;

ALWAYS_INLINE const uint8_t *row_block(const wide_rows *x, const bool strided, const int r)
{
    if (!strided)
        return x->chosen[r] + x->at;
    return x->base[r / 4] + (r % 4 == 3 ? x->stride3 : (size_t)(r % 4) * x->stride);
}

ALWAYS_INLINE void next_block(wide_rows *x, const bool strided, size_t step)
{
    x->at += step;
    UNROLLED
    for (int i = 0; strided && i < 4; i++)
        x->base[i] += step;
}

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

/* The same of two rows, one in each half. */
ALWAYS_INLINE __m512i two_nibbles512(const uint8_t *p, const uint8_t *q)
{
    const __m512i shift = _mm512_setr_epi64(0, 0, 0x0004000400040004, 0x0004000400040004,
                                            0, 0, 0x0004000400040004, 0x0004000400040004);
    __m512i x = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)p));

    x = _mm512_mask_broadcast_i32x4(x, 0xff00, _mm_loadu_si128((const __m128i *)q));
    return _mm512_and_si512(_mm512_srlv_epi16(x, shift), _mm512_set1_epi8(15));
}

ALWAYS_INLINE __m512i two_nibbles5_512(const uint8_t *const high[2], const uint8_t *p, const uint8_t *q)
{
    const __m512i x = two_nibbles512(p, q);
    uint32_t bits[2];

    memcpy(&bits[0], high[0], 4);
    memcpy(&bits[1], high[1], 4);
    return _mm512_mask_add_epi8(x, (__mmask64)bits[1] << 32 | bits[0], x, _mm512_set1_epi8(16));
}

ALWAYS_INLINE __m512i two_loads(const uint8_t *p, const uint8_t *q)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)p)),
                              _mm256_loadu_si256((const __m256i *)q), 1);
}

ALWAYS_INLINE __m512i two_k_low_bits(const uint8_t *p, const uint8_t *q, const int j)
{
    const __m512i x = two_loads(p + 32 * (j / 2), q + 32 * (j / 2));

    return _mm512_and_si512(_mm512_srli_epi16(x, 4 * (j & 1)), _mm512_set1_epi8(15));
}

/* Types of 4 and 5 bits: sub-block j of the blocks at p and q. */
ALWAYS_INLINE __m512i two_blocks(const tensor_type type, const uint8_t *p, const uint8_t *q, const int j)
{
    __m512i high;

    switch (type) {
    case TENSOR_Q4_0: return two_nibbles512(p + 2, q + 2);
    case TENSOR_Q4_1: return two_nibbles512(p + 4, q + 4);
    case TENSOR_Q5_0: return two_nibbles5_512((const uint8_t *const[]){p + 2, q + 2}, p + 6, q + 6);
    case TENSOR_Q5_1: return two_nibbles5_512((const uint8_t *const[]){p + 4, q + 4}, p + 8, q + 8);
    case TENSOR_Q4_K: return two_k_low_bits(p + 16, q + 16, j);
    default: /* Q5_K */
        high = _mm512_srli_epi16(two_loads(p + 16, q + 16), j);
        high = _mm512_slli_epi16(_mm512_and_si512(high, _mm512_set1_epi8(1)), 4);
        return _mm512_or_si512(two_k_low_bits(p + 48, q + 48, j), high);
    }
}

ALWAYS_INLINE __m512 gather_f16_512(const wide_rows *x, const bool strided, int at)
{
    _Alignas(32) uint16_t h[WIDE];

    UNROLLED
    for (int r = 0; r < WIDE; r++)
        memcpy(&h[r], row_block(x, strided, r) + at, 2);
    return _mm512_cvtph_ps(_mm256_load_si256((const __m256i *)h));
}

/* The four 32-bit words `at` bytes into each row's block, words apart, rows in lanes. */
ALWAYS_INLINE void gather_words(const wide_rows *rows, const bool strided, int at, __m512i word[4])
{
    __m512i x[4], t[4];

    UNROLLED
    for (int k = 0; k < 4; k++) {
        x[k] = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(row_block(rows, strided, k) + at)));
        x[k] = _mm512_inserti32x4(x[k], _mm_loadu_si128((const __m128i *)(row_block(rows, strided, 4 + k) + at)), 1);
        x[k] = _mm512_inserti32x4(x[k], _mm_loadu_si128((const __m128i *)(row_block(rows, strided, 8 + k) + at)), 2);
        x[k] = _mm512_inserti32x4(x[k], _mm_loadu_si128((const __m128i *)(row_block(rows, strided, 12 + k) + at)), 3);
    }
    t[0] = _mm512_unpacklo_epi32(x[0], x[1]);
    t[1] = _mm512_unpackhi_epi32(x[0], x[1]);
    t[2] = _mm512_unpacklo_epi32(x[2], x[3]);
    t[3] = _mm512_unpackhi_epi32(x[2], x[3]);
    word[0] = _mm512_unpacklo_epi64(t[0], t[2]);
    word[1] = _mm512_unpackhi_epi64(t[0], t[2]);
    word[2] = _mm512_unpacklo_epi64(t[1], t[3]);
    word[3] = _mm512_unpackhi_epi64(t[1], t[3]);
}

/* out[i] = whole times byte i of each lane */
ALWAYS_INLINE void scale_bytes(__m512i four, __m512 whole, const bool is_signed, __m512 out[4])
{
    UNROLLED
    for (int i = 0; i < 4; i++) {
        const __m512i top = _mm512_slli_epi32(four, (unsigned)(24 - 8 * i));

        out[i] = _mm512_mul_ps(_mm512_cvtepi32_ps(is_signed ? _mm512_srai_epi32(top, 24) : _mm512_srli_epi32(top, 24)), whole);
    }
}

/* Scales and minima of a Q4_K or Q5_K block: 6 bits each, the upper four split
 * (k_six_bits of unpack_avx2_impl.h, for sixteen rows at once). */
ALWAYS_INLINE void k_scales512(const wide_rows *x, const bool strided, __m512 d[LANES], __m512 m[LANES])
{
    const __m512i six = _mm512_set1_epi32(0x3f3f3f3f), four = _mm512_set1_epi32(0x0f0f0f0f), two = _mm512_set1_epi32(0x30303030);
    __m512i w[4];
    __m512 whole, least;

    gather_words(x, strided, 0, w);
    whole = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(w[0]));
    least = _mm512_xor_ps(_mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(w[0], 16))), _mm512_set1_ps(-0.0f));
    scale_bytes(_mm512_and_si512(w[1], six), whole, false, d);
    scale_bytes(_mm512_or_si512(_mm512_and_si512(w[3], four), _mm512_and_si512(_mm512_srli_epi32(w[1], 2), two)), whole, false, d + 4);
    scale_bytes(_mm512_and_si512(w[2], six), least, false, m);
    scale_bytes(_mm512_or_si512(_mm512_and_si512(_mm512_srli_epi32(w[3], 4), four), _mm512_and_si512(_mm512_srli_epi32(w[2], 2), two)),
                least, false, m + 4);
}

/* block_scales for the blocks of sixteen rows. */
ALWAYS_INLINE void block_scales512(const tensor_type type, const wide_rows *x, const bool strided,
                                   __m512 d[2 * LANES], __m512 m[LANES])
{
    if (type == TENSOR_Q4_K || type == TENSOR_Q5_K) {
        k_scales512(x, strided, d, m);
    } else if (type == TENSOR_Q6_K) {
        const __m512 whole = gather_f16_512(x, strided, 208);
        __m512i w[4];

        gather_words(x, strided, 192, w);
        UNROLLED
        for (int i = 0; i < 4; i++)
            scale_bytes(w[i], whole, true, d + 4 * i);
    } else {
        d[0] = gather_f16_512(x, strided, 0);
        if (type_has_min(type))
            m[0] = gather_f16_512(x, strided, 2);
    }
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
