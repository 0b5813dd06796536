/* screen_avx512.c - the bounds of screen.h, sixteen rows in lanes, VNNI.
 *
 * High nibbles stay where they are: 16 h.q is summed apart and shifted once. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <string.h>

#include "kernels/simd_avx512_impl.h"

enum { GROUPS = 2 }; /* side by side: they share the activations */

ALWAYS_INLINE __m512i spread4(const int8_t *q)
{
    int32_t x;

    memcpy(&x, q, sizeof x);
    return _mm512_set1_epi32(x);
}

/* h.q of one block of 16 rows */
ALWAYS_INLINE __m512i block_sums(const uint8_t *nibbles, const int8_t *q)
{
    const __m512i low = _mm512_set1_epi8(15), high = _mm512_set1_epi8((char)0xf0);
    __m512i sum[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};

    UNROLLED
    for (int j = 0; j < 4; j++) {
        const __m512i two = _mm512_load_si512(nibbles + 64 * j);

        sum[0] = _mm512_dpbusd_epi32(sum[0], _mm512_and_si512(two, low), spread4(q + 8 * j));
        sum[1] = _mm512_dpbusd_epi32(sum[1], _mm512_and_si512(two, high), spread4(q + 8 * j + 4));
    }
    return _mm512_add_epi32(sum[0], _mm512_srai_epi32(sum[1], 4));
}

/* Block b's part of the next groups, in the order of memory. */
ALWAYS_INLINE void fetch_ahead(const uint8_t *next, size_t bytes, int b, int nb)
{
    const size_t from = bytes * (size_t)b / (size_t)nb / 64 * 64, to = bytes * (size_t)(b + 1) / (size_t)nb;

    for (size_t i = from; i < to; i += 64)
        _mm_prefetch((const char *)next + i, _MM_HINT_T0);
}

ALWAYS_INLINE void groups_bounds(const screen *s, const uint8_t *group, const int n, float *bound)
{
    const size_t bytes = screen_group_bytes(s->n_cols), steps = screen_steps_at(s->n_cols), units = screen_units_at(s->n_cols);
    __m512 product[GROUPS], rest[GROUPS];

    UNROLLED
    for (int g = 0; g < n; g++)
        product[g] = rest[g] = _mm512_setzero_ps();
    for (int b = 0; b < s->n_cols / SCREEN_BLOCK; b++) {
        const __m512i fifteen = _mm512_set1_epi32(s->fifteen[b]);
        const __m512 half = _mm512_set1_ps(s->half_scale[b]), norm = _mm512_set1_ps(s->norm[b]);

        fetch_ahead(group + (size_t)n * bytes, (size_t)n * bytes, b, s->n_cols / SCREEN_BLOCK);
        UNROLLED
        for (int g = 0; g < n; g++) {
            const uint8_t *at = group + (size_t)g * bytes;
            const __m512i sum = block_sums(at + 256 * b, s->q + SCREEN_BLOCK * b);
            const __m512 step = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(
                _mm_load_si128((const __m128i *)(at + steps + SCREEN_ROWS * b))));
            const __m512 whole = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_slli_epi32(sum, 1), fifteen));

            product[g] = _mm512_fmadd_ps(step, _mm512_mul_ps(whole, half), product[g]);
            rest[g] = _mm512_fmadd_ps(step, norm, rest[g]);
        }
    }
    UNROLLED
    for (int g = 0; g < n; g++) {
        const float *unit = (const float *)(const void *)(group + (size_t)g * bytes + units);
        const __m512 p = _mm512_mul_ps(product[g], _mm512_load_ps(unit));

        _mm512_storeu_ps(bound + SCREEN_ROWS * g, _mm512_fmadd_ps(rest[g], _mm512_load_ps(unit + SCREEN_ROWS), p));
    }
}

void screen_bounds_avx512(const screen *s)
{
    const size_t bytes = screen_group_bytes(s->n_cols);
    int g = s->g0;

    for (; g + GROUPS <= s->g1; g += GROUPS)
        groups_bounds(s, s->groups + bytes * (size_t)g, GROUPS, s->bound + (g - s->g0) * SCREEN_ROWS);
    if (g < s->g1)
        groups_bounds(s, s->groups + bytes * (size_t)g, 1, s->bound + (g - s->g0) * SCREEN_ROWS);
}
#endif
