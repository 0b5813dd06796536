/* simd_avx512_impl.h - the few vector helpers that the AVX-512 files share. */
#ifndef KERNELS_SIMD_AVX512_IMPL_H
#define KERNELS_SIMD_AVX512_IMPL_H

#include "kernels/simd_avx2_impl.h"

enum { WIDE = 16 }; /* floats or rows in a register */

/* The lanes of the first n elements, n >= 1; all from 16 on. */
ALWAYS_INLINE __mmask16 first_lanes(int n)
{
    return (__mmask16)(n >= WIDE ? 0xffffu : (1u << n) - 1);
}

/* The one order in which 16 lanes are added: lanes 8 apart first, then lanes_sum. */
ALWAYS_INLINE float lanes_sum512(__m512 v)
{
    return lanes_sum(_mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1)));
}

ALWAYS_INLINE float lanes_max512(__m512 v)
{
    return lanes_max(_mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1)));
}

/* As exp_lanes. */
ALWAYS_INLINE __m512 exp_lanes512(__m512 x)
{
    const __m512 low = _mm512_set1_ps(-87.0f), high = _mm512_set1_ps(88.0f);
    const __m512 in = _mm512_min_ps(_mm512_max_ps(x, low), high);
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(in, _mm512_set1_ps(1.44269504f)),
                                          _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693145752f), in), p;

    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(1.42860677e-6f), r);
    p = _mm512_set1_ps(1.0f / 5040);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 720));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    p = _mm512_mul_ps(p, _mm512_castsi512_ps(_mm512_slli_epi32(
                             _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23)));
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, low, _CMP_GE_OQ), p);
}

/* As tanh_lanes. */
ALWAYS_INLINE __m512 tanh_lanes512(__m512 x)
{
    const __m512 one = _mm512_set1_ps(1.0f), two = _mm512_set1_ps(2.0f);

    return _mm512_sub_ps(one, _mm512_div_ps(two, _mm512_add_ps(exp_lanes512(_mm512_mul_ps(x, two)), one)));
}

#endif
