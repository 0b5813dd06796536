/* matmul_f32_avx512.c - exact weights, F32 activations: parity, and weights that
 * are stored as floats (heads and adapters in BF16).
 *
 * As matmul_f32_avx2.c with 16 lanes: spans of 1,024 columns ascend, an element
 * adds its lanes in one order at the end of each; the last columns of a row are
 * masked lanes. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include "kernels/dequant_impl.h"
#include "kernels/simd_avx512_impl.h"

enum { SPAN = 1024, ROWS = 4, TOKENS = 4 };

ALWAYS_INLINE void tile(float w[ROWS][SPAN], const float *x, size_t stride, int n, const int nt,
                        float *out, int ld, int n_rows)
{
    __m512 acc[ROWS][TOKENS];

    UNROLLED
    for (int r = 0; r < ROWS; r++)
        UNROLLED
        for (int t = 0; t < nt; t++)
            acc[r][t] = _mm512_setzero_ps();
    for (int c = 0; c < n; c += WIDE) {
        const __mmask16 in = first_lanes(n - c);
        __m512 v[TOKENS];

        UNROLLED
        for (int t = 0; t < nt; t++)
            v[t] = _mm512_maskz_loadu_ps(in, x + (size_t)t * stride + c);
        UNROLLED
        for (int r = 0; r < ROWS; r++) {
            const __m512 y = _mm512_maskz_load_ps(in, &w[r][c]);

            UNROLLED
            for (int t = 0; t < nt; t++)
                acc[r][t] = _mm512_fmadd_ps(y, v[t], acc[r][t]);
        }
    }
    for (int r = 0; r < n_rows; r++)
        UNROLLED
        for (int t = 0; t < nt; t++)
            out[(size_t)t * (size_t)ld + (size_t)r] += lanes_sum512(acc[r][t]);
}

/* F16 and BF16 rows in registers; every other type as AVX2 does it. */
static void row_floats(tensor_type type, const uint8_t *p, int n, float *out)
{
    if (type != TENSOR_F16 && type != TENSOR_BF16) {
        dequantise_avx2(type, p, n, out);
        return;
    }
    for (int c = 0; c < n; c += WIDE) {
        const __mmask16 in = first_lanes(n - c);
        const __m256i half = _mm256_maskz_loadu_epi16(in, p + 2 * c);

        _mm512_mask_storeu_ps(out + c, in, type == TENSOR_F16 ? _mm512_cvtph_ps(half)
            : _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16)));
    }
}

static void rows4(const matmul *m, int r, int n_rows)
{
    _Alignas(64) float w[ROWS][SPAN];
    const size_t stride = (size_t)m->n_cols, ld = (size_t)m->ld;
    float *out = m->out + r - m->r0;

    for (int t = 0; t < m->n_tokens; t++)
        memset(out + (size_t)t * ld, 0, (size_t)n_rows * sizeof *out);
    if (n_rows < ROWS)
        memset(w, 0, sizeof w);
    for (int c = 0; c < m->n_cols; c += SPAN) {
        const int n = m->n_cols - c < SPAN ? m->n_cols - c : SPAN;
        int t = 0;

        for (int i = 0; i < n_rows; i++)
            row_floats(m->type, matmul_row(m, r + i) + row_bytes(m->type, c), n, w[i]);
        for (; t + TOKENS <= m->n_tokens; t += TOKENS)
            tile(w, m->x + (size_t)t * stride + c, stride, n, TOKENS, out + (size_t)t * ld, m->ld, n_rows);
        for (; t < m->n_tokens; t++)
            tile(w, m->x + (size_t)t * stride + c, stride, n, 1, out + (size_t)t * ld, m->ld, n_rows);
    }
}

void matmul_f32_avx512(const matmul *m)
{
    for (int r = m->r0; r < m->r1; r += ROWS)
        rows4(m, r, m->r1 - r < ROWS ? m->r1 - r : ROWS);
}
#endif
