/* attend_avx2.c - one block of 64 positions of blockwise attention.
 *
 * Online softmax (Dao et al. 2022, arXiv:2205.14135, algorithm 1): with running
 * maximum m, sum l and value a, a block of scores s gives
 *     m' = max(m, max s);  p = e^(s - m');  a' = a e^(m - m') + p V;  l' likewise.
 * Differences: the block is all of one row's work (no tiling of queries changes
 * a number), and a row without visible positions in the block is left alone.
 * Scores: 8 lanes over the head size; values: lanes are columns, positions in
 * ascending order. Positions out of sight get p = 0, and adding 0 v is exact,
 * so a row's bits don't depend on the rows beside it. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "kernels/simd_avx2_impl.h"

/* Scores of nq queries (1 or 2) with the 4 positions j..j+3. */
ALWAYS_INLINE void score_tile(const attend *a, int i, int j, const int nq,
                              float score[][ATTEND_BLOCK])
{
    __m256 acc[2][4];

    UNROLLED
    for (int x = 0; x < nq; x++)
        UNROLLED
        for (int y = 0; y < 4; y++)
            acc[x][y] = _mm256_setzero_ps();
    for (int c = 0; c < a->head_size; c += 8) {
        const __m256 q0 = _mm256_loadu_ps(a->q[i] + c);
        const __m256 q1 = nq > 1 ? _mm256_loadu_ps(a->q[i + nq - 1] + c) : q0;

        UNROLLED
        for (int y = 0; y < 4; y++) {
            const __m256 k = _mm256_loadu_ps(a->k[j + y] + c);

            acc[0][y] = _mm256_fmadd_ps(q0, k, acc[0][y]);
            if (nq > 1)
                acc[1][y] = _mm256_fmadd_ps(q1, k, acc[1][y]);
        }
    }
    UNROLLED
    for (int x = 0; x < nq; x++)
        UNROLLED
        for (int y = 0; y < 4; y++)
            score[i + x][j + y] = lanes_sum(acc[x][y]);
}

static void scores(const attend *a, int from, int to, float score[][ATTEND_BLOCK])
{
    for (int j = from / 4 * 4; j < to; j += 4) {
        int i = 0;

        for (; i + 2 <= a->n_queries; i += 2)
            score_tile(a, i, j, 2, score);
        if (i < a->n_queries)
            score_tile(a, i, j, 1, score);
    }
}

/* Scores of row i to probabilities in place; the value row is rescaled. */
static void soften(attend *a, int i, float *score)
{
    __m256 top, sum = _mm256_setzero_ps(), shrink;
    float most, factor;

    for (int j = 0; j < ATTEND_BLOCK; j++)
        if (j < a->first[i] || j >= a->end[i])
            score[j] = -INFINITY;
    if (a->cap > 0.0f)
        for (int j = 0; j < ATTEND_BLOCK; j += 8) {
            const __m256 c = _mm256_set1_ps(a->cap), s = _mm256_loadu_ps(score + j);
            const __m256 t = _mm256_mul_ps(c, tanh_lanes(_mm256_div_ps(s, c)));

            _mm256_storeu_ps(score + j, _mm256_blendv_ps(t, s, _mm256_cmp_ps(s, _mm256_set1_ps(-INFINITY), _CMP_EQ_OQ)));
        }
    top = _mm256_set1_ps(a->max[i]);
    for (int j = 0; j < ATTEND_BLOCK; j += 8)
        top = _mm256_max_ps(top, _mm256_loadu_ps(score + j));
    most = lanes_max(top);
    top = _mm256_set1_ps(most);
    shrink = exp_lanes(_mm256_sub_ps(_mm256_set1_ps(a->max[i]), top));
    factor = _mm256_cvtss_f32(shrink);
    for (int j = 0; j < ATTEND_BLOCK; j += 8) {
        const __m256 p = exp_lanes(_mm256_sub_ps(_mm256_loadu_ps(score + j), top));

        sum = _mm256_add_ps(sum, p);
        _mm256_storeu_ps(score + j, p);
    }
    a->max[i] = most;
    a->sum[i] = a->sum[i] * factor + lanes_sum(sum);
    for (int c = 0; c < a->head_size; c += 8)
        _mm256_storeu_ps(a->acc[i] + c, _mm256_mul_ps(_mm256_loadu_ps(a->acc[i] + c), shrink));
}

/* acc += p V for nq rows (1, 2 or 4) and the 16 or 8 columns at c. */
ALWAYS_INLINE void value_tile(const attend *a, int i, int c, int from, int to, const int nq,
                              const int nc, float p[][ATTEND_BLOCK])
{
    __m256 acc[4][2];

    UNROLLED
    for (int x = 0; x < nq; x++)
        UNROLLED
        for (int y = 0; y < nc; y++)
            acc[x][y] = _mm256_loadu_ps(a->acc[i + x] + c + 8 * y);
    for (int j = from; j < to; j++)
        UNROLLED
        for (int y = 0; y < nc; y++) {
            const __m256 v = _mm256_loadu_ps(a->v[j] + c + 8 * y);

            UNROLLED
            for (int x = 0; x < nq; x++)
                acc[x][y] = _mm256_fmadd_ps(_mm256_broadcast_ss(&p[i + x][j]), v, acc[x][y]);
        }
    UNROLLED
    for (int x = 0; x < nq; x++)
        UNROLLED
        for (int y = 0; y < nc; y++)
            _mm256_storeu_ps(a->acc[i + x] + c + 8 * y, acc[x][y]);
}

ALWAYS_INLINE void values(const attend *a, int i, int from, int to, const int nq,
                          float p[][ATTEND_BLOCK])
{
    int c = 0;

    for (; c + 16 <= a->head_size; c += 16)
        value_tile(a, i, c, from, to, nq, 2, p);
    if (c < a->head_size)
        value_tile(a, i, c, from, to, nq, 1, p);
}

void attend_block_avx2(attend *a)
{
    _Alignas(32) float score[ATTEND_QUERIES][ATTEND_BLOCK];
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
        values(a, i, from, to, 4, score);
    for (; i < a->n_queries; i++)
        values(a, i, from, to, 1, score);
}
#endif
