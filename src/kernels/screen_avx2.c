/* screen_avx2.c - the bounds of screen.h, eight rows in lanes.
 *
 * vpmaddubsw adds two products of 4 by 8 bits in 16; eight of them stay below
 * 8 * 2 * 15 * 127 = 30,480, so a block needs one widening. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include "kernels/screen_pack_impl.h"
#include "kernels/simd_avx2_impl.h"

ALWAYS_INLINE __m256i spread4(const int8_t *q)
{
    int32_t x;

    memcpy(&x, q, sizeof x);
    return _mm256_set1_epi32(x);
}

/* h.q of one block of the 8 rows at nibbles */
ALWAYS_INLINE __m256i block_sums(const uint8_t *nibbles, const int8_t *q)
{
    const __m256i low = _mm256_set1_epi8(15);
    __m256i sum = _mm256_setzero_si256();

    UNROLLED
    for (int j = 0; j < 4; j++) {
        const __m256i two = _mm256_load_si256((const __m256i *)(nibbles + 64 * j));

        sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(_mm256_and_si256(two, low), spread4(q + 8 * j)));
        sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(two, 4), low),
                                                         spread4(q + 8 * j + 4)));
    }
    return _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
}

static void half_bounds(const screen *s, const uint8_t *group, int half, float *bound)
{
    const uint8_t *steps = group + screen_steps_at(s->n_cols) + 8 * half;
    const float *unit = (const float *)(const void *)(group + screen_units_at(s->n_cols)) + 8 * half;
    __m256 product = _mm256_setzero_ps(), rest = product;

    for (int b = 0; b < s->n_cols / SCREEN_BLOCK; b++) {
        const __m256i sum = block_sums(group + 256 * b + 32 * half, s->q + SCREEN_BLOCK * b);
        const __m256 step = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(
            _mm_loadl_epi64((const __m128i *)(steps + SCREEN_ROWS * b))));
        const __m256 whole = _mm256_cvtepi32_ps(
            _mm256_sub_epi32(_mm256_slli_epi32(sum, 1), _mm256_set1_epi32(s->fifteen[b])));

        product = _mm256_fmadd_ps(step, _mm256_mul_ps(whole, _mm256_set1_ps(s->half_scale[b])), product);
        rest = _mm256_fmadd_ps(step, _mm256_set1_ps(s->norm[b]), rest);
    }
    product = _mm256_mul_ps(product, _mm256_load_ps(unit));
    _mm256_storeu_ps(bound, _mm256_fmadd_ps(rest, _mm256_load_ps(unit + SCREEN_ROWS), product));
}

void screen_bounds_avx2(const screen *s)
{
    for (int g = s->g0; g < s->g1; g++) {
        const uint8_t *group = s->groups + screen_group_bytes(s->n_cols) * (size_t)g;
        float *bound = s->bound + (g - s->g0) * SCREEN_ROWS;

        for (size_t i = 0; i < screen_group_bytes(s->n_cols); i += 64) /* the next group, in the order of memory */
            _mm_prefetch((const char *)group + screen_group_bytes(s->n_cols) + i, _MM_HINT_T0);
        half_bounds(s, group, 0, bound);
        half_bounds(s, group, 1, bound + 8);
    }
}

/* -- packing ---------------------------------------------------------------- */

ALWAYS_INLINE float largest(const float *w)
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    __m256 most = _mm256_setzero_ps(), nothing = most;

    UNROLLED
    for (int i = 0; i < SCREEN_BLOCK; i += 8) {
        const __m256 v = _mm256_loadu_ps(w + i);

        most = _mm256_max_ps(most, _mm256_andnot_ps(sign, v));
        nothing = _mm256_add_ps(nothing, _mm256_sub_ps(v, v)); /* 0, else NaN */
    }
    return lanes_max(most) + lanes_sum(nothing);
}

ALWAYS_INLINE void pack_block(const float *w, float scale, int r, uint8_t *block, float sum[3])
{
    const __m256 each = _mm256_set1_ps(scale), inverse = _mm256_set1_ps(1.0f / scale);
    const __m128i bytes = _mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    __m256 s[3] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};

    UNROLLED
    for (int j = 0; j < 4; j++) {
        const __m256 v = _mm256_loadu_ps(w + 8 * j);
        const __m256 at = _mm256_min_ps(_mm256_max_ps(_mm256_fmadd_ps(v, inverse, _mm256_set1_ps(8.0f)), _mm256_setzero_ps()),
                                        _mm256_set1_ps(15.5f));
        const __m256i h = _mm256_cvttps_epi32(at);
        const __m256 p = _mm256_mul_ps(each, _mm256_sub_ps(_mm256_cvtepi32_ps(h), _mm256_set1_ps(7.5f)));
        const __m256 e = _mm256_sub_ps(v, p);
        const __m128i two = _mm_or_si128(_mm256_castsi256_si128(h), _mm_slli_epi32(_mm256_extracti128_si256(h, 1), 4));
        const int32_t four = _mm_cvtsi128_si32(_mm_shuffle_epi8(two, bytes));

        memcpy(block + 64 * j + 4 * r, &four, sizeof four);
        s[0] = _mm256_fmadd_ps(e, e, s[0]);
        s[1] = _mm256_fmadd_ps(p, p, s[1]);
        s[2] = _mm256_fmadd_ps(v, v, s[2]);
    }
    UNROLLED
    for (int i = 0; i < 3; i++)
        sum[i] += lanes_sum(s[i]);
}

float screen_pack_avx2(const float *w, int n_cols, int r, uint8_t *group)
{
    return screen_pack_row(w, n_cols, r, group, (screen_packer){largest, pack_block});
}
#endif
