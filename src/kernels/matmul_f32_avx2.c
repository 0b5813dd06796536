/* matmul_f32_avx2.c - exact weights, F32 activations: the path of parity.
 *
 * Rows are dequantised 4 at a time, 1,024 columns at a time, and used for all
 * tokens. An element is, per span of 1,024 columns, 8 lanes over ascending
 * columns added in one order, plus a scalar tail; spans ascend. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <string.h>

#include "kernels/dequant_impl.h"
#include "kernels/simd_avx2_impl.h"

enum { SPAN = 1024, ROWS = 4 };

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
            dequantise_any(m->type, matmul_row(m, r + i) + row_bytes(m->type, c),
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
