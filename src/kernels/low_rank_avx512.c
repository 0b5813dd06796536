/* low_rank_avx512.c - y += scale * u B, a panel of 16 columns in one register; the chain of
 * each element is that of low_rank_avx2.c, to the same bits. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include "kernels/simd_avx512_impl.h"

ALWAYS_INLINE __m512 sixteen(const void *b, const tensor_type type, size_t i)
{
    if (type == TENSOR_F32)
        return _mm512_loadu_ps((const float *)b + i);
    return _mm512_castsi512_ps(_mm512_slli_epi32(
        _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)((const uint16_t *)b + i))), 16));
}

/* Rows [t, t + nt) of the panel that begins at column c. */
ALWAYS_INLINE void rows(const low_rank *p, const void *b, const tensor_type type, int c, int t, const int nt)
{
    const float *u = p->u + (size_t)t * (size_t)p->rank;
    const __mmask16 in = first_lanes(p->c1 - c);
    __m512 acc[8];

    UNROLLED
    for (int i = 0; i < nt; i++)
        acc[i] = _mm512_setzero_ps();
    for (int k = 0; k < p->rank; k++) {
        const __m512 w = sixteen(b, type, (size_t)k * PANEL);

        UNROLLED
        for (int i = 0; i < nt; i++)
            acc[i] = _mm512_fmadd_ps(_mm512_set1_ps(u[(size_t)i * (size_t)p->rank + (size_t)k]), w, acc[i]);
    }
    UNROLLED
    for (int i = 0; i < nt; i++) {
        float *y = p->y + (size_t)(t + i) * (size_t)p->ld + (size_t)c;

        _mm512_mask_storeu_ps(y, in, _mm512_fmadd_ps(_mm512_set1_ps(p->scale), acc[i], _mm512_maskz_loadu_ps(in, y)));
    }
}

ALWAYS_INLINE void panel(const low_rank *p, const void *b, const tensor_type type, int c)
{
    int t = 0;

    for (; t + 8 <= p->n_tokens; t += 8)
        rows(p, b, type, c, t, 8);
    for (; t < p->n_tokens; t++)
        rows(p, b, type, c, t, 1);
}

void low_rank_add_avx512(const low_rank *p)
{
    const size_t n = (size_t)p->rank * PANEL;

    for (int c = p->c0; c < p->c1; c += PANEL) {
        const size_t at = (size_t)(c / PANEL) * n;

        if (p->type == TENSOR_F32)
            panel(p, (const float *)p->b + at, TENSOR_F32, c);
        else
            panel(p, (const uint16_t *)p->b + at, TENSOR_BF16, c);
    }
}
#endif
