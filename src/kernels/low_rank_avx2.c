/* low_rank_avx2.c - y += scale * u B with B in panels of 16 columns.
 *
 * An element is one chain of fused multiply-adds over ascending k in its own lane, then
 * one with the scale: the same for one row or many. A panel is widened to F32 once
 * where several rows use it. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <string.h>

#include "kernels/simd_avx2_impl.h"

ALWAYS_INLINE __m256 eight(const void *b, const tensor_type type, size_t i)
{
    if (type == TENSOR_F32)
        return _mm256_loadu_ps((const float *)b + i);
    return _mm256_castsi256_ps(_mm256_slli_epi32(
        _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)((const uint16_t *)b + i))), 16));
}

/* nt rows of one panel into sums (nt,16) times the scale. */
ALWAYS_INLINE void rows(const low_rank *p, const void *b, const tensor_type type, int t, const int nt, float out[][PANEL])
{
    const float *u = p->u + (size_t)t * (size_t)p->rank;
    __m256 acc[4][2];

    UNROLLED
    for (int i = 0; i < nt; i++)
        acc[i][0] = acc[i][1] = _mm256_setzero_ps();
    for (int k = 0; k < p->rank; k++) {
        const __m256 low = eight(b, type, (size_t)k * PANEL), high = eight(b, type, (size_t)k * PANEL + 8);

        UNROLLED
        for (int i = 0; i < nt; i++) {
            const __m256 x = _mm256_broadcast_ss(u + (size_t)i * (size_t)p->rank + (size_t)k);

            acc[i][0] = _mm256_fmadd_ps(x, low, acc[i][0]);
            acc[i][1] = _mm256_fmadd_ps(x, high, acc[i][1]);
        }
    }
    UNROLLED
    for (int i = 0; i < nt; i++) {
        _mm256_storeu_ps(out[i], acc[i][0]);
        _mm256_storeu_ps(out[i] + 8, acc[i][1]);
    }
}

ALWAYS_INLINE void add(const low_rank *p, int c, int t, const int nt, float sums[][PANEL])
{
    const int n = p->c1 - c < PANEL ? p->c1 - c : PANEL;
    const __m256 scale = _mm256_set1_ps(p->scale);

    for (int i = 0; i < nt; i++) {
        float *y = p->y + (size_t)(t + i) * (size_t)p->ld + (size_t)c, tail[PANEL] = {0}, *at = n < PANEL ? tail : y;

        if (n < PANEL)
            memcpy(tail, y, (size_t)n * sizeof *y);
        _mm256_storeu_ps(at, _mm256_fmadd_ps(scale, _mm256_loadu_ps(sums[i]), _mm256_loadu_ps(at)));
        _mm256_storeu_ps(at + 8, _mm256_fmadd_ps(scale, _mm256_loadu_ps(sums[i] + 8), _mm256_loadu_ps(at + 8)));
        if (n < PANEL)
            memcpy(y, tail, (size_t)n * sizeof *y);
    }
}

ALWAYS_INLINE void panel(const low_rank *p, const void *b, const tensor_type type, int c)
{
    float sums[4][PANEL];
    int t = 0;

    for (; t + 4 <= p->n_tokens; t += 4) {
        rows(p, b, type, t, 4, sums);
        add(p, c, t, 4, sums);
    }
    for (; t < p->n_tokens; t++) {
        rows(p, b, type, t, 1, sums);
        add(p, c, t, 1, sums);
    }
}

void low_rank_add_avx2(const low_rank *p)
{
    const size_t n = (size_t)p->rank * PANEL;
    float wide[LOW_RANK_MAX * PANEL];

    for (int c = p->c0; c < p->c1; c += PANEL) {
        const size_t at = (size_t)(c / PANEL) * n;

        if (p->type == TENSOR_F32) {
            panel(p, (const float *)p->b + at, TENSOR_F32, c);
        } else if (p->n_tokens < 8) {
            panel(p, (const uint16_t *)p->b + at, TENSOR_BF16, c);
        } else {
            for (size_t i = 0; i < n; i += 8)
                _mm256_storeu_ps(wide + i, eight((const uint16_t *)p->b + at, TENSOR_BF16, i));
            panel(p, wide, TENSOR_F32, c);
        }
    }
}
#endif
