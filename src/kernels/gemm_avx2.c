/* gemm_avx2.c - F32 with FMA: tiles of 6 rows and 16 columns in 12 registers. */
#include "kernels/gemm_impl.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES 8
#define TABLE(name) name##_avx2
#include "kernels/gemm_f32_impl.h"

enum { ROWS = 6, COLUMNS = 16 };

INLINE void block(const float *a, size_t lda, const float *b, const int m, int k, float *c, size_t ldc, bool add)
{
    __m256 sum[ROWS][2];

#pragma GCC unroll 8
    for (int i = 0; i < m; i++) {
        sum[i][0] = add ? _mm256_loadu_ps(c + (size_t)i * ldc) : _mm256_setzero_ps();
        sum[i][1] = add ? _mm256_loadu_ps(c + (size_t)i * ldc + 8) : _mm256_setzero_ps();
    }
    for (int q = 0; q < k; q++) {
        const __m256 b0 = _mm256_loadu_ps(b + (size_t)q * GEMM_PANEL);
        const __m256 b1 = _mm256_loadu_ps(b + (size_t)q * GEMM_PANEL + 8);

#pragma GCC unroll 8
        for (int i = 0; i < m; i++) {
            const __m256 x = _mm256_broadcast_ss(a + (size_t)i * lda + q);

            sum[i][0] = _mm256_fmadd_ps(x, b0, sum[i][0]);
            sum[i][1] = _mm256_fmadd_ps(x, b1, sum[i][1]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < m; i++) {
        _mm256_storeu_ps(c + (size_t)i * ldc, sum[i][0]);
        _mm256_storeu_ps(c + (size_t)i * ldc + 8, sum[i][1]);
    }
}

static void tile_avx2(const void *a, size_t lda, const void *panel, int m, int k, float *c, size_t ldc, bool add)
{
    const float *rows = a, *b = panel;

    for (int j = 0; j < GEMM_PANEL; j += COLUMNS) {
        int i = 0;

        for (; i + ROWS <= m; i += ROWS)
            block(rows + (size_t)i * lda, lda, b + j, ROWS, k, c + (size_t)i * ldc + j, ldc, add);
        for (; i + 2 <= m; i += 2)
            block(rows + (size_t)i * lda, lda, b + j, 2, k, c + (size_t)i * ldc + j, ldc, add);
        if (i < m)
            block(rows + (size_t)i * lda, lda, b + j, 1, k, c + (size_t)i * ldc + j, ldc, add);
    }
}

const gemm_ops gemm_f32_avx2 = F32_TABLE("f32-avx2");
#endif
