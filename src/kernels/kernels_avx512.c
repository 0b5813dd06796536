/* kernels_avx512.c - rows, norms and gates, 16 floats at a time.
 *
 * Tails are masked lanes. What is bound by memory or rare is AVX2's. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <math.h>

#include "kernels/simd_avx512_impl.h"

static float dot_f32(const float *a, const float *b, int n)
{
    __m512 acc = _mm512_setzero_ps();

    for (int i = 0; i < n; i += WIDE) {
        const __mmask16 in = first_lanes(n - i);

        acc = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(in, a + i), _mm512_maskz_loadu_ps(in, b + i), acc);
    }
    return lanes_sum512(acc);
}

static void quantise_block(const float *x, const act_rows *out, int b)
{
    const __m512 v0 = _mm512_loadu_ps(x), v1 = _mm512_loadu_ps(x + WIDE);
    const float most = lanes_max512(_mm512_max_ps(_mm512_abs_ps(v0), _mm512_abs_ps(v1)));
    const __m512 inverse = _mm512_set1_ps(most > 0.0f ? 32767.0f / most : 0.0f);
    const __m512i low = _mm512_set1_epi32(-32767), high = _mm512_set1_epi32(32767);
    const __m512i n0 = _mm512_max_epi32(_mm512_min_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(v0, inverse)), high), low);
    const __m512i n1 = _mm512_max_epi32(_mm512_min_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(v1, inverse)), high), low);
    int32_t *sum = out->sum + 2 * b;

    out->scale[b] = most / 32767.0f;
    sum[0] = _mm512_reduce_add_epi32(n0);
    sum[1] = _mm512_reduce_add_epi32(n1);
    out->weighted[b] = out->scale[b] * (float)(sum[0] + sum[1]);
    _mm256_storeu_si256((__m256i *)(out->q + ACT_BLOCK * b), _mm512_cvtepi32_epi16(n0));
    _mm256_storeu_si256((__m256i *)(out->q + ACT_BLOCK * b + WIDE), _mm512_cvtepi32_epi16(n1));
}

static void quantise(const float *x, int n, const act_rows *out)
{
    for (int b = 0; b < n / ACT_BLOCK; b++)
        quantise_block(x + ACT_BLOCK * b, out, b);
}

static void rms_norm(const float *x, const float *w, float eps, int n, float *out)
{
    const __m512 scale = _mm512_set1_ps(1.0f / sqrtf(dot_f32(x, x, n) / (float)n + eps));

    for (int i = 0; i < n; i += WIDE) {
        const __mmask16 in = first_lanes(n - i);
        const __m512 v = _mm512_mul_ps(_mm512_maskz_loadu_ps(in, x + i), scale);

        _mm512_mask_storeu_ps(out + i, in, _mm512_mul_ps(v, _mm512_maskz_loadu_ps(in, w + i)));
    }
}

/* gelu_tanh(g) = g / (1 + e^-2u), as in kernels_avx2.c */
static void gelu_mul(const float *gate, const float *up, int n, float *out)
{
    const __m512 one = _mm512_set1_ps(1.0f), cube = _mm512_set1_ps(0.044715f);
    const __m512 minus2 = _mm512_set1_ps(-2.0f * 0.7978845608f);

    for (int i = 0; i < n; i += WIDE) {
        const __mmask16 in = first_lanes(n - i);
        const __m512 g = _mm512_maskz_loadu_ps(in, gate + i), gg = _mm512_mul_ps(g, g);
        const __m512 u = _mm512_fmadd_ps(_mm512_mul_ps(gg, g), cube, g);
        const __m512 e = exp_lanes512(_mm512_mul_ps(u, minus2));

        _mm512_mask_storeu_ps(out + i, in, _mm512_mul_ps(_mm512_div_ps(g, _mm512_add_ps(one, e)),
                                                         _mm512_maskz_loadu_ps(in, up + i)));
    }
}

static double sum_exp(const float *x, float top, int n)
{
    double s = 0.0;

    for (int i = 0; i < n; i += WIDE) {
        const __mmask16 in = first_lanes(n - i);
        const __m512 v = _mm512_mask_loadu_ps(_mm512_set1_ps(-INFINITY), in, x + i);

        s += (double)lanes_sum512(exp_lanes512(_mm512_sub_ps(v, _mm512_set1_ps(top))));
    }
    return s;
}

static int32_t largest(const float *x, int n)
{
    const __m512 none = _mm512_set1_ps(-INFINITY);
    __m512 top = none;
    float most;

    for (int i = 0; i < n; i += WIDE)
        top = _mm512_max_ps(top, _mm512_mask_loadu_ps(none, first_lanes(n - i), x + i));
    most = lanes_max512(top);
    for (int i = 0; i < n; i += WIDE) {
        const __mmask16 in = first_lanes(n - i);
        const __mmask16 found = _mm512_mask_cmp_ps_mask(in, _mm512_maskz_loadu_ps(in, x + i), _mm512_set1_ps(most), _CMP_EQ_OQ);

        if (found)
            return i + __builtin_ctz(found);
    }
    return 0;
}

static void soft_cap(float *x, float cap, int n)
{
    const __m512 c = _mm512_set1_ps(cap);

    for (int i = 0; i < n; i += WIDE) {
        const __mmask16 in = first_lanes(n - i);
        const __m512 v = _mm512_div_ps(_mm512_maskz_loadu_ps(in, x + i), c);

        _mm512_mask_storeu_ps(x + i, in, _mm512_mul_ps(c, tanh_lanes512(v)));
    }
}

const kernel_ops kernels_avx512 = {
    .name = "avx512",
    .dot_f32 = dot_f32,
    .dequantise = dequantise_avx2,
    .quantise = quantise,
    .matmul_int = matmul_int_avx512,
    .matmul_f32 = matmul_f32_avx512,
    .low_rank_add = low_rank_add_avx512,
    .attend_block = attend_block_avx512,
    .rms_norm = rms_norm,
    .gelu_mul = gelu_mul,
    .sum_exp = sum_exp,
    .largest = largest,
    .soft_cap = soft_cap,
    .screen_bounds = screen_bounds_avx512,
    .screen_pack = screen_pack_avx2,
};
#endif
