/* attend_avx512.c - one block of 64 positions of blockwise attention.
 *
 * The method and the reasons of attend_avx2.c, 16 lanes at a time. Scores: 16
 * lanes over the head size; values: lanes are columns, positions in ascending
 * order. A head size that isn't a multiple of 16 ends in masked lanes. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "kernels/simd_avx512_impl.h"

enum { POSITIONS = 4 }; /* per tile of scores */

/* The four sums of lanes, each in the order of lanes_sum512, in lanes 0..3. */
ALWAYS_INLINE __m128 lanes_sum4(const __m512 v[POSITIONS])
{
    __m128 s[POSITIONS], a, b;

    UNROLLED
    for (int i = 0; i < POSITIONS; i++) {
        const __m256 h = _mm256_add_ps(_mm512_castps512_ps256(v[i]), _mm512_extractf32x8_ps(v[i], 1));

        s[i] = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    }
    a = _mm_add_ps(_mm_movelh_ps(s[0], s[1]), _mm_movehl_ps(s[1], s[0]));
    b = _mm_add_ps(_mm_movelh_ps(s[2], s[3]), _mm_movehl_ps(s[3], s[2]));
    return _mm_add_ps(_mm_shuffle_ps(a, b, 0x88), _mm_shuffle_ps(a, b, 0xdd));
}

/* Scores of nq queries (1, 2 or 4) with the 4 positions j..j+3. */
ALWAYS_INLINE void score_tile(const attend *a, int i, int j, const int nq, float score[][ATTEND_BLOCK])
{
    __m512 acc[4][POSITIONS];

    UNROLLED
    for (int x = 0; x < nq; x++)
        UNROLLED
        for (int y = 0; y < POSITIONS; y++)
            acc[x][y] = _mm512_setzero_ps();
    for (int c = 0; c < a->head_size; c += WIDE) {
        const __mmask16 in = first_lanes(a->head_size - c);
        __m512 q[4];

        UNROLLED
        for (int x = 0; x < nq; x++)
            q[x] = _mm512_maskz_loadu_ps(in, a->q[i + x] + c);
        UNROLLED
        for (int y = 0; y < POSITIONS; y++) {
            const __m512 k = _mm512_maskz_loadu_ps(in, a->k[j + y] + c);

            UNROLLED
            for (int x = 0; x < nq; x++)
                acc[x][y] = _mm512_fmadd_ps(q[x], k, acc[x][y]);
        }
    }
    UNROLLED
    for (int x = 0; x < nq; x++)
        _mm_storeu_ps(&score[i + x][j], lanes_sum4(acc[x]));
}

static void scores(const attend *a, int from, int to, float score[][ATTEND_BLOCK])
{
    for (int j = from / POSITIONS * POSITIONS; j < to; j += POSITIONS) {
        int i = 0;

        for (; i + 4 <= a->n_queries; i += 4)
            score_tile(a, i, j, 4, score);
        for (; i < a->n_queries; i++)
            score_tile(a, i, j, 1, score);
    }
}

/* Scores of row i to probabilities in place; the value row is rescaled. */
static void soften(attend *a, int i, float *score)
{
    const __m512 none = _mm512_set1_ps(-INFINITY), cap = _mm512_set1_ps(a->cap);
    const uint64_t seen = (a->end[i] < ATTEND_BLOCK ? (1ull << a->end[i]) - 1 : ~0ull) & ~0ull << a->first[i];
    __m512 s[ATTEND_BLOCK / WIDE], top = _mm512_set1_ps(a->max[i]), sum = _mm512_setzero_ps(), shrink;
    float most;

    UNROLLED
    for (int j = 0; j < ATTEND_BLOCK / WIDE; j++) {
        const __mmask16 in = (__mmask16)(seen >> (WIDE * j));

        s[j] = _mm512_mask_loadu_ps(none, in, score + WIDE * j);
        if (a->cap > 0.0f)
            s[j] = _mm512_mask_mul_ps(none, in, cap, tanh_lanes512(_mm512_div_ps(s[j], cap)));
        top = _mm512_max_ps(top, s[j]);
    }
    most = lanes_max512(top);
    top = _mm512_set1_ps(most);
    shrink = exp_lanes512(_mm512_sub_ps(_mm512_set1_ps(a->max[i]), top));
    UNROLLED
    for (int j = 0; j < ATTEND_BLOCK / WIDE; j++) {
        s[j] = exp_lanes512(_mm512_sub_ps(s[j], top));
        sum = _mm512_add_ps(sum, s[j]);
        _mm512_storeu_ps(score + WIDE * j, s[j]);
    }
    a->max[i] = most;
    a->sum[i] = a->sum[i] * _mm512_cvtss_f32(shrink) + lanes_sum512(sum);
    for (int c = 0; c < a->head_size; c += WIDE) {
        const __mmask16 in = first_lanes(a->head_size - c);

        _mm512_mask_storeu_ps(a->acc[i] + c, in, _mm512_mul_ps(_mm512_maskz_loadu_ps(in, a->acc[i] + c), shrink));
    }
}

/* acc += p V for nq rows (1 or 4) and up to nc * 16 columns at c. */
ALWAYS_INLINE void value_tile(const attend *a, int i, int c, int from, int to, const int nq,
                              const int nc, float p[][ATTEND_BLOCK])
{
    __mmask16 in[4];
    __m512 acc[4][4];

    UNROLLED
    for (int y = 0; y < nc; y++)
        in[y] = a->head_size - c > WIDE * y ? first_lanes(a->head_size - c - WIDE * y) : 0;
    UNROLLED
    for (int x = 0; x < nq; x++)
        UNROLLED
        for (int y = 0; y < nc; y++)
            acc[x][y] = _mm512_maskz_loadu_ps(in[y], a->acc[i + x] + c + WIDE * y);
    for (int j = from; j < to; j++)
        UNROLLED
        for (int y = 0; y < nc; y++) {
            const __m512 v = _mm512_maskz_loadu_ps(in[y], a->v[j] + c + WIDE * y);

            UNROLLED
            for (int x = 0; x < nq; x++)
                acc[x][y] = _mm512_fmadd_ps(_mm512_set1_ps(p[i + x][j]), v, acc[x][y]);
        }
    UNROLLED
    for (int x = 0; x < nq; x++)
        UNROLLED
        for (int y = 0; y < nc; y++)
            _mm512_mask_storeu_ps(a->acc[i + x] + c + WIDE * y, in[y], acc[x][y]);
}

void attend_block_avx512(attend *a)
{
    _Alignas(64) float score[ATTEND_QUERIES][ATTEND_BLOCK];
    int from = ATTEND_BLOCK, to = 0, i = 0;

    for (int x = 0; x < a->n_queries; x++)
        if (a->first[x] < a->end[x]) {
            from = a->first[x] < from ? a->first[x] : from;
            to = a->end[x] > to ? a->end[x] : to;
        }
    if (from >= to)
        return;
    scores(a, from, to, score);
    for (int x = 0; x < a->n_queries; x++)
        if (a->first[x] < a->end[x])
            soften(a, x, score[x]);
        else
            memset(score[x], 0, sizeof score[x]);
    for (; i + 4 <= a->n_queries; i += 4)
        for (int c = 0; c < a->head_size; c += 4 * WIDE)
            value_tile(a, i, c, from, to, 4, 4, score);
    for (; i < a->n_queries; i++)
        for (int c = 0; c < a->head_size; c += 4 * WIDE)
            value_tile(a, i, c, from, to, 1, 4, score);
}
#endif
