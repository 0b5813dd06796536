/* gemm.c - which table of products this CPU can run. */
#include "kernels/gemm.h"

#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "kernels/gemm_impl.h"

static once_flag detected = ONCE_FLAG_INIT;
static const gemm_ops *usable[4]; /* slowest first, BF16 last */
static int n_usable;

static void detect(void)
{
    usable[n_usable++] = &gemm_f32_scalar;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        usable[n_usable++] = &gemm_f32_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        usable[n_usable++] = &gemm_f32_avx512;
    if (n_usable == 3 && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16"))
        usable[n_usable++] = &gemm_bf16_avx512;
#endif
}

const gemm_ops *const *gemm_all(int *count)
{
    call_once(&detected, detect);
    *count = n_usable;
    return usable;
}

const gemm_ops *gemm_get(bool f32)
{
    const char *want = getenv("SALESBOT_KERNELS");
    int n;
    const gemm_ops *const *all = gemm_all(&n);

    if (want && !strcmp(want, "scalar"))
        n = 1;
    else if (want && !strcmp(want, "avx2") && n > 2)
        n = 2;
    while (f32 && all[n - 1]->elem_bytes != 4)
        n--;
    return all[n - 1];
}
