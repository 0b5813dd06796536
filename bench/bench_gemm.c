/* bench_gemm.c - G floating-point operations per second of every table of products, one thread.
 *
 * usage: bench_gemm [M [k [N]]]; default 512 640 2048. B is packed before the clock starts. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kernels/gemm.h"

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void product(const gemm_ops *o, const char *a, const char *b, int M, int k, int N, int step, float *c)
{
    for (int j = 0; j < N; j += GEMM_PANEL)
        for (int q = 0; q < k; q += step)
            o->tile(a + (size_t)q * o->elem_bytes, (size_t)k,
                    b + ((size_t)j * (size_t)k + (size_t)q * GEMM_PANEL) * o->elem_bytes, M, k - q < step ? k - q : step,
                    c + j, (size_t)N, q > 0);
}

int main(int argc, char **argv)
{
    const int M = argc > 1 ? atoi(argv[1]) : 512, k = argc > 2 ? atoi(argv[2]) : 640, N = argc > 3 ? atoi(argv[3]) : 2048;
    static const int steps[] = {128, 192, 256, 320, 384, 512, 1024};
    const size_t n_a = (size_t)M * (size_t)k, n_b = (size_t)k * (size_t)N;
    float *x = malloc((n_a + n_b) * sizeof *x), *c = malloc((size_t)M * (size_t)N * sizeof *c);
    char *a = malloc(n_a * 4), *b = malloc(n_b * 4);
    int n;
    const gemm_ops *const *all = gemm_all(&n);

    for (size_t i = 0; i < n_a + n_b; i++)
        x[i] = (float)(i % 13) * 0.1f - 0.6f;
    for (int t = 0; t < n; t++)
        for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
            double best = 1e9;

            all[t]->store(x, (int)n_a, a);
            all[t]->store(x + n_a, (int)n_b, b);
            for (int run = 0; run < 7; run++) {
                const double start = now();

                product(all[t], a, b, M, k, N, steps[s], c);
                best = now() - start < best ? now() - start : best;
            }
            printf("%-12s k step %4d  %7.1f GFLOP/s\n", all[t]->name, steps[s], 2e-9 * M * k * N / best);
        }
    free(x);
    free(c);
    free(a);
    free(b);
    return 0;
}
