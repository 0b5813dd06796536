/* simd_avx2_impl.h - the few vector helpers that the AVX2 files share. */
#ifndef KERNELS_SIMD_AVX2_IMPL_H
#define KERNELS_SIMD_AVX2_IMPL_H

#include <immintrin.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))
/* Loops over registers must vanish, or the registers become memory. */
#define UNROLLED _Pragma("GCC unroll 16")
/* Ends a chain of integer sums here: else the compiler regroups them and keeps
 * every product of an unrolled loop alive, in memory. */
#define SETTLE(v) __asm__("" : "+x"(v))

/* The one order in which 8 lanes are added: ((0+4)+(2+6)) + ((1+5)+(3+7)). */
ALWAYS_INLINE float lanes_sum(__m256 v)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));

    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

ALWAYS_INLINE float lanes_max(__m256 v)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));

    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

/* e^x within 2 ulp for x <= 88; 0 below -87 (so e^-inf = 0). x = n ln2 + r with
 * |r| <= ln2/2, Taylor's series to r^7 (remainder under 6e-9), times 2^n. */
ALWAYS_INLINE __m256 exp_lanes(__m256 x)
{
    const __m256 low = _mm256_set1_ps(-87.0f), high = _mm256_set1_ps(88.0f);
    const __m256 in = _mm256_min_ps(_mm256_max_ps(x, low), high);
    const __m256 n = _mm256_round_ps(_mm256_mul_ps(in, _mm256_set1_ps(1.44269504f)),
                                     _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693145752f), in), p;

    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(1.42860677e-6f), r);
    p = _mm256_set1_ps(1.0f / 5040);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 720));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 120));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 24));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 6));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));
    p = _mm256_mul_ps(p, _mm256_castsi256_ps(_mm256_slli_epi32(
                             _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23)));
    return _mm256_and_ps(p, _mm256_cmp_ps(x, low, _CMP_GE_OQ));
}

/* tanh(x) = 1 - 2 / (e^2x + 1): exact to rounding of 1 for large |x|, absolute
 * error 1e-7 near 0, which is what scores and gates need. */
ALWAYS_INLINE __m256 tanh_lanes(__m256 x)
{
    const __m256 one = _mm256_set1_ps(1.0f), two = _mm256_set1_ps(2.0f);

    return _mm256_sub_ps(one, _mm256_div_ps(two, _mm256_add_ps(exp_lanes(_mm256_mul_ps(x, two)), one)));
}

#endif
