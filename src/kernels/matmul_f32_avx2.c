/* matmul_f32_avx2.c - exact weights, F32 activations: the path of parity.
 *
 * Rows are dequantised 4 at a time, 1,024 columns at a time, and used for all
 * tokens. An element is, per span of 1,024 columns, 8 lanes over ascending
 * columns added in one order, plus a scalar tail; spans ascend. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <string.h>

#include "kernels/unpack_avx2_impl.h"

enum { SPAN = 1024, ROWS = 4 };

/* -- rows to F32: the products and sums of dequant_impl.h, 8 at a time ------- */

ALWAYS_INLINE void widen(__m256i q, const float *d, float m, float *out)
{
    UNROLLED
    for (int i = 0; i < 4; i++) {
        const __m128i half = i < 2 ? _mm256_castsi256_si128(q) : _mm256_extracti128_si256(q, 1);
        const __m256i x = _mm256_cvtepi8_epi32(i & 1 ? _mm_srli_si128(half, 8) : half);

        _mm256_storeu_ps(out + 8 * i, _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(x), _mm256_set1_ps(d[i / 2])),
                                                    _mm256_set1_ps(m)));
    }
}

ALWAYS_INLINE void scale_of(const tensor_type type, const uint8_t *p, int j, float d[2], float *m)
{
    const float whole = _cvtsh_ss(load_u16(p + (type == TENSOR_Q6_K ? 208 : 0)));
    int scale, min;

    *m = 0.0f;
    d[0] = d[1] = whole;
    if (type == TENSOR_Q4_K || type == TENSOR_Q5_K) {
        k_scale_min(p + 4, j, &scale, &min);
        d[0] = d[1] = whole * (float)scale;
        *m = -(_cvtsh_ss(load_u16(p + 2)) * (float)min);
    } else if (type == TENSOR_Q6_K) {
        d[0] = whole * (float)(int8_t)p[192 + 2 * j];
        d[1] = whole * (float)(int8_t)p[193 + 2 * j];
    } else if (type_has_min(type)) {
        *m = _cvtsh_ss(load_u16(p + 2));
    }
}

ALWAYS_INLINE void dequantise_blocks(const tensor_type type, const uint8_t *p, int64_t n, float *out)
{
    const int per = type >= TENSOR_Q4_K ? 8 : 1;
    const __m256i zero = _mm256_set1_epi8((char)type_zero(type));
    float d[2], m;

    for (; n > 0; n -= 32 * per, p += tensor_block_bytes(type)) {
        UNROLLED
        for (int j = 0; j < per; j++, out += 32) {
            scale_of(type, p, j, d, &m);
            widen(_mm256_sub_epi8(block_bytes(type, p, j), zero), d, m, out);
        }
    }
}

void dequantise_avx2(tensor_type type, const void *src, int64_t n, float *out)
{
    switch (type) {
    case TENSOR_Q8_0: dequantise_blocks(TENSOR_Q8_0, src, n, out); break;
    case TENSOR_Q4_0: dequantise_blocks(TENSOR_Q4_0, src, n, out); break;
    case TENSOR_Q4_1: dequantise_blocks(TENSOR_Q4_1, src, n, out); break;
    case TENSOR_Q5_0: dequantise_blocks(TENSOR_Q5_0, src, n, out); break;
    case TENSOR_Q5_1: dequantise_blocks(TENSOR_Q5_1, src, n, out); break;
    case TENSOR_Q4_K: dequantise_blocks(TENSOR_Q4_K, src, n, out); break;
    case TENSOR_Q5_K: dequantise_blocks(TENSOR_Q5_K, src, n, out); break;
    case TENSOR_Q6_K: dequantise_blocks(TENSOR_Q6_K, src, n, out); break;
    default: dequantise_float(type, src, n, out); break;
    }
}

ALWAYS_INLINE void tile(float w[ROWS][SPAN], const float *x, int stride, int n, const int nt,
                        float *out, int ld, int n_rows)
{
    const int whole = n / 8 * 8;
    __m256 acc[ROWS][3];

    UNROLLED
    for (int r = 0; r < ROWS; r++)
        UNROLLED
        for (int t = 0; t < nt; t++)
            acc[r][t] = _mm256_setzero_ps();
    for (int c = 0; c < whole; c += 8)
        UNROLLED
        for (int r = 0; r < ROWS; r++) {
            const __m256 v = _mm256_load_ps(&w[r][c]);

            UNROLLED
            for (int t = 0; t < nt; t++)
                acc[r][t] = _mm256_fmadd_ps(v, _mm256_loadu_ps(x + (size_t)t * (size_t)stride + c), acc[r][t]);
        }
    for (int r = 0; r < n_rows; r++)
        UNROLLED
        for (int t = 0; t < nt; t++) {
            float s = lanes_sum(acc[r][t]);

            for (int c = whole; c < n; c++)
                s += w[r][c] * x[(size_t)t * (size_t)stride + (size_t)c];
            out[(size_t)t * (size_t)ld + (size_t)r] += s;
        }
}

static void rows4(const matmul *m, int r, int n_rows)
{
    _Alignas(32) float w[ROWS][SPAN];
    float *out = m->out + r - m->r0;

    for (int t = 0; t < m->n_tokens; t++)
        memset(out + (size_t)t * (size_t)m->ld, 0, (size_t)n_rows * sizeof *out);
    if (n_rows < ROWS)
        memset(w, 0, sizeof w);
    for (int c = 0; c < m->n_cols; c += SPAN) {
        const int n = m->n_cols - c < SPAN ? m->n_cols - c : SPAN;
        int t = 0;

        for (int i = 0; i < n_rows; i++)
            dequantise_avx2(m->type, matmul_row(m, r + i) + row_bytes(m->type, c),
                           n, w[i]);
        for (; t + 3 <= m->n_tokens; t += 3)
            tile(w, m->x + (size_t)t * (size_t)m->n_cols + c, m->n_cols, n, 3,
                 out + (size_t)t * (size_t)m->ld, m->ld, n_rows);
        for (; t < m->n_tokens; t++)
            tile(w, m->x + (size_t)t * (size_t)m->n_cols + c, m->n_cols, n, 1,
                 out + (size_t)t * (size_t)m->ld, m->ld, n_rows);
    }
}

void matmul_f32_avx2(const matmul *m)
{
    for (int r = m->r0; r < m->r1; r += ROWS)
        rows4(m, r, m->r1 - r < ROWS ? m->r1 - r : ROWS);
}
#endif
