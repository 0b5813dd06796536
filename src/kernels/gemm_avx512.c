/* gemm_avx512.c - BF16 by VDPBF16PS and F32 by FMA: tiles of 6 rows and 64 columns,
 * 24 sums in registers. Four loads of the panel and six broadcasts feed 24
 * instructions, so the two load ports never limit. */
#include "kernels/gemm_impl.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES 16
#define TABLE(name) name##_avx512
#include "kernels/gemm_f32_impl.h"

enum { ROWS = 6, VECTORS = GEMM_PANEL / 16 };

INLINE void sums_start(__m512 sum[ROWS][VECTORS], const int m, const float *c, size_t ldc, bool add)
{
#pragma GCC unroll 8
    for (int i = 0; i < m; i++)
#pragma GCC unroll 8
        for (int j = 0; j < VECTORS; j++)
            sum[i][j] = add ? _mm512_loadu_ps(c + (size_t)i * ldc + 16 * j) : _mm512_setzero_ps();
}

INLINE void sums_store(__m512 sum[ROWS][VECTORS], const int m, float *c, size_t ldc)
{
#pragma GCC unroll 8
    for (int i = 0; i < m; i++)
#pragma GCC unroll 8
        for (int j = 0; j < VECTORS; j++)
            _mm512_storeu_ps(c + (size_t)i * ldc + 16 * j, sum[i][j]);
}

INLINE void block_f32(const float *a, size_t lda, const float *b, const int m, int k, float *c, size_t ldc, bool add)
{
    __m512 sum[ROWS][VECTORS];

    sums_start(sum, m, c, ldc, add);
    for (int q = 0; q < k; q++) {
        __m512 column[VECTORS];

#pragma GCC unroll 8
        for (int j = 0; j < VECTORS; j++)
            column[j] = _mm512_loadu_ps(b + (size_t)q * GEMM_PANEL + 16 * j);
#pragma GCC unroll 8
        for (int i = 0; i < m; i++) {
            const __m512 x = _mm512_set1_ps(a[(size_t)i * lda + (size_t)q]);

#pragma GCC unroll 8
            for (int j = 0; j < VECTORS; j++)
                sum[i][j] = _mm512_fmadd_ps(x, column[j], sum[i][j]);
        }
    }
    sums_store(sum, m, c, ldc);
}

INLINE int32_t two(const uint16_t *p)
{
    int32_t x;

    memcpy(&x, p, sizeof x);
    return x;
}

INLINE void block_bf16(const uint16_t *a, size_t lda, const uint16_t *b, const int m, int k, float *c, size_t ldc, bool add)
{
    __m512 sum[ROWS][VECTORS];

    sums_start(sum, m, c, ldc, add);
    for (int q = 0; q < k; q += 2) {
        __m512bh column[VECTORS];

#pragma GCC unroll 8
        for (int j = 0; j < VECTORS; j++)
            column[j] = (__m512bh)_mm512_loadu_si512(b + (size_t)q * GEMM_PANEL + 32 * j);
#pragma GCC unroll 8
        for (int i = 0; i < m; i++) {
            const __m512bh x = (__m512bh)_mm512_set1_epi32(two(a + (size_t)i * lda + q));

#pragma GCC unroll 8
            for (int j = 0; j < VECTORS; j++)
                sum[i][j] = _mm512_dpbf16_ps(sum[i][j], x, column[j]);
        }
    }
    sums_store(sum, m, c, ldc);
}

#define TILE(name, type, block)                                                                        \
    static void name(const void *a, size_t lda, const void *panel, int m, int k, float *c, size_t ldc, \
                     bool add)                                                                         \
    {                                                                                                  \
        const type *rows = a, *b = panel;                                                              \
        int i = 0;                                                                                     \
                                                                                                       \
        for (; i + ROWS <= m; i += ROWS)                                                               \
            block(rows + (size_t)i * lda, lda, b, ROWS, k, c + (size_t)i * ldc, ldc, add);             \
        for (; i + 4 <= m; i += 4)                                                                     \
            block(rows + (size_t)i * lda, lda, b, 4, k, c + (size_t)i * ldc, ldc, add);                \
        for (; i < m; i++)                                                                             \
            block(rows + (size_t)i * lda, lda, b, 1, k, c + (size_t)i * ldc, ldc, add);                \
    }

TILE(tile_avx512, float, block_f32)
TILE(tile_bf16, uint16_t, block_bf16)

static void store_bf16(const float *x, int n, void *out)
{
    uint16_t *to = out;

    for (int i = 0; i < n; i += 16) {
        const __mmask16 in = (__mmask16)(n - i >= 16 ? 0xffff : (1u << (n - i)) - 1);

        _mm256_mask_storeu_epi16(to + i, in, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(in, x + i)));
    }
}

static void load_bf16(const void *x, int n, float *out)
{
    const uint16_t *from = x;

    for (int i = 0; i < n; i += 16) {
        const __mmask16 in = (__mmask16)(n - i >= 16 ? 0xffff : (1u << (n - i)) - 1);
        const __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(in, from + i));

        _mm512_mask_storeu_ps(out + i, in, _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16)));
    }
}

/* 16 x 16 of 32 bits: rows to columns */
INLINE void transpose16(__m512i v[16])
{
    __m512i t[16];

#pragma GCC unroll 16
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 4; i++) {
        v[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        v[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        v[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        v[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    /* v[4i + c] holds, in 128-bit lane l, column 4l + c of rows 4i .. 4i + 3 */
#pragma GCC unroll 16
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(v[i], v[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_i32x4(v[i], v[4 + i], 0xdd);
        t[8 + i] = _mm512_shuffle_i32x4(v[8 + i], v[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_i32x4(v[8 + i], v[12 + i], 0xdd);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 4; i++) {
        v[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
        v[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
        v[4 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0x88);
        v[12 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0xdd);
    }
}

/* Pairs of k are one 32-bit element: a transposition of those. */
static void pack_nk_bf16(const void *src, size_t ld, int n, int k, void *out)
{
    const uint16_t *in = src;
    uint16_t *to = out;

    for (int j = 0; j < GEMM_PANEL; j += 16)
        for (int q = 0; q < k; q += 32) {
            const int left = k - q < 32 ? k - q : 32;
            const __mmask32 mask = left == 32 ? 0xffffffffu : (1u << left) - 1;
            __m512i v[16];

            for (int i = 0; i < 16; i++)
                v[i] = j + i < n ? _mm512_maskz_loadu_epi16(mask, in + (size_t)(j + i) * ld + q) : _mm512_setzero_si512();
            transpose16(v);
            for (int i = 0; 2 * i < left; i++)
                _mm512_storeu_si512(to + (size_t)(q / 2 + i) * 2 * GEMM_PANEL + 2 * j, v[i]);
        }
}

/* Two rows interleaved. */
static void pack_kn_bf16(const void *src, size_t ld, int n, int k, void *out)
{
    const uint16_t *in = src;
    uint16_t *to = out;

    for (int q = 0; q < k; q += 2, to += 2 * GEMM_PANEL)
        for (int j = 0; j < GEMM_PANEL; j += 16) {
            const int left = n - j;
            const __mmask16 mask = (__mmask16)(left >= 16 ? 0xffff : left <= 0 ? 0 : (1u << left) - 1);
            const __m512i a = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, in + (size_t)q * ld + j));
            const __m512i b = q + 1 < k ? _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, in + (size_t)(q + 1) * ld + j))
                                        : _mm512_setzero_si512();

            _mm512_storeu_si512(to + 2 * j, _mm512_or_si512(a, _mm512_slli_epi32(b, 16)));
        }
}

static void transpose_bf16(const void *src, size_t ld, int rows, int cols, void *out, size_t ld_out)
{
    const uint16_t *in = src;
    uint16_t *to = out;

    for (int i = 0; i < rows; i += 16)
        for (int j = 0; j < cols; j += 16) {
            const int high = rows - i < 16 ? rows - i : 16, wide = cols - j < 16 ? cols - j : 16;
            const __mmask16 in_row = (__mmask16)((1u << wide) - 1), in_column = (__mmask16)((1u << high) - 1);
            __m512i v[16];

            for (int r = 0; r < 16; r++)
                v[r] = r < high ? _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(in_row, in + (size_t)(i + r) * ld + j))
                                : _mm512_setzero_si512();
            transpose16(v);
            for (int r = 0; r < wide; r++)
                _mm256_mask_storeu_epi16(to + (size_t)(j + r) * ld_out + i, in_column, _mm512_cvtepi32_epi16(v[r]));
        }
}

const gemm_ops gemm_f32_avx512 = F32_TABLE("f32-avx512");

const gemm_ops gemm_bf16_avx512 = {
    .name = "bf16-avx512", .elem_bytes = 2, .pair = 2, .store = store_bf16, .load = load_bf16,
    .pack_nk = pack_nk_bf16, .pack_kn = pack_kn_bf16, .transpose = transpose_bf16,
    .tile = tile_bf16, ROW_FUNCTIONS};
#endif
