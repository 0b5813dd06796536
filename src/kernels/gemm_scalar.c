/* gemm_scalar.c - the portable table: F32, vectors of four where the machine has them. */
#include "kernels/gemm_impl.h"

#define LANES 4
#define TABLE(name) name##_scalar
#include "kernels/gemm_f32_impl.h"

static void tile_scalar(const void *a, size_t lda, const void *panel, int m, int k, float *c, size_t ldc, bool add)
{
    const float *rows = a, *b = panel;

    for (int i = 0; i < m; i++)
        for (int j = 0; j < GEMM_PANEL; j += 4 * LANES) {
            lanes sum[4] = {0};

            for (int p = 0; add && p < 4; p++)
                sum[p] = get(c + (size_t)i * ldc + j + LANES * p, LANES, 0);
            for (int q = 0; q < k; q++)
                for (int p = 0; p < 4; p++)
                    sum[p] += rows[(size_t)i * lda + (size_t)q] * get(b + q * GEMM_PANEL + j + LANES * p, LANES, 0);
            for (int p = 0; p < 4; p++)
                put(c + (size_t)i * ldc + j + LANES * p, LANES, sum[p]);
        }
}

const gemm_ops gemm_f32_scalar = F32_TABLE("f32-scalar");
