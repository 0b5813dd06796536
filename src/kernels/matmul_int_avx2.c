/* matmul_int_avx2.c - quantised weights times quantised activations.
 *
 * An element of the output is, for blocks of 32 columns ascending,
 *     acc = fma(m, da * sum(qa), acc)      where the type has minima
 *     acc = fma(sum((qw - zero) qa), d * da, acc)
 * with exact integer sums (Q6_K: one such line per 16 columns). Two ways give
 * the same bits: one token (memory bound) multiplies the mapped rows directly,
 * eight rows at a time; several tokens unpack sixteen rows once into a panel with
 * 2 columns of each row side by side, so that no sum across lanes is needed.
 * Sums: |qw| <= 128, |qa| <= 32767, 32 of them stay below 2^28. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <string.h>

#include "kernels/unpack_avx2_impl.h"

enum {
    SPAN = 512, /* columns per panel: 16 kB of weights, half of L1 */
    GROUPS = 2, /* of eight rows in a panel */
    TOKENS = 3  /* 2 x 3 sums, 2 weights and 1 activation in 16 registers */
};

typedef struct panel {
    _Alignas(32) int16_t q[SPAN / 2][GROUPS][LANES][2]; /* zero already subtracted */
    _Alignas(32) float d[SPAN / 16][GROUPS][LANES], m[SPAN / 32][GROUPS][LANES];
} panel;

/* The file's second line for one block (or half) of eight rows. */
ALWAYS_INLINE __m256 add_scaled(__m256 acc, __m256i sum, __m256 d, __m256 scale)
{
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_mul_ps(d, scale), acc);
}

/* -- one token ------------------------------------------------------------ */

/* The 8 sums of one row block each, in lane order; halves apart if wanted. */
ALWAYS_INLINE void sum_rows(const tensor_type type, const __m256i v[LANES], __m256i half[2])
{
    __m256i t[4], u[2];

    UNROLLED
    for (int i = 0; i < 4; i++)
        t[i] = _mm256_add_epi32(_mm256_unpacklo_epi32(v[2 * i], v[2 * i + 1]),
                                _mm256_unpackhi_epi32(v[2 * i], v[2 * i + 1]));
    UNROLLED
    for (int i = 0; i < 2; i++)
        u[i] = _mm256_add_epi32(_mm256_unpacklo_epi64(t[2 * i], t[2 * i + 1]),
                                _mm256_unpackhi_epi64(t[2 * i], t[2 * i + 1]));
    half[0] = _mm256_permute2x128_si256(u[0], u[1], 0x20);
    half[1] = _mm256_permute2x128_si256(u[0], u[1], 0x31);
    if (!type_has_halves(type))
        half[0] = _mm256_add_epi32(half[0], half[1]);
}

/* Products of one row block: columns 0..15 end in the lower lane. */
ALWAYS_INLINE __m256i row_products(const tensor_type type, const uint8_t *p, const int j, __m256i a0, __m256i a1)
{
    const __m256i none = _mm256_setzero_si256();
    __m256i w;

    if (type == TENSOR_Q8_0) /* a0 and a1 are in natural order here */
        return _mm256_add_epi32(
            _mm256_madd_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(p + 2))), a0),
            _mm256_madd_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(p + 18))), a1));
    w = block_bytes(type, p, j);
    return _mm256_add_epi32(_mm256_madd_epi16(_mm256_unpacklo_epi8(w, none), a0),
                            _mm256_madd_epi16(_mm256_unpackhi_epi8(w, none), a1));
}

ALWAYS_INLINE void row_blocks(const tensor_type type, const uint8_t *const row[LANES], const int j,
                              const int16_t *q, __m256i half[2])
{
    __m256i a0 = _mm256_loadu_si256((const __m256i *)q);
    __m256i a1 = _mm256_loadu_si256((const __m256i *)(q + 16)), v[LANES];

    if (type != TENSOR_Q8_0) { /* as unpacking within lanes orders the weights */
        const __m256i low = _mm256_permute2x128_si256(a0, a1, 0x20);

        a1 = _mm256_permute2x128_si256(a0, a1, 0x31);
        a0 = low;
    }
    UNROLLED
    for (int r = 0; r < LANES; r++)
        v[r] = row_products(type, row[r], j, a0, a1);
    sum_rows(type, v, half);
}

ALWAYS_INLINE __m256 add_block(const tensor_type type, __m256 acc, const __m256i half[2],
                               const __m256 *d, __m256 m, const act_rows *x, int b)
{
    const int zero = type_zero(type);
    const int32_t *sum = x->sum + 2 * b;
    const __m256 scale = _mm256_set1_ps(x->scale[b]);

    if (type_has_min(type))
        acc = _mm256_fmadd_ps(m, _mm256_set1_ps(x->weighted[b]), acc);
    if (type_has_halves(type)) {
        acc = add_scaled(acc, _mm256_sub_epi32(half[0], _mm256_set1_epi32(zero * sum[0])), d[0], scale);
        return add_scaled(acc, _mm256_sub_epi32(half[1], _mm256_set1_epi32(zero * sum[1])), d[1], scale);
    }
    if (zero)
        return add_scaled(acc, _mm256_sub_epi32(half[0], _mm256_set1_epi32(zero * (sum[0] + sum[1]))), d[0], scale);
    return add_scaled(acc, half[0], d[0], scale);
}

/* Eight rows are eight short streams to the hardware; together they are one
 * contiguous piece of memory. Fetch the next eight rows in that order. */
ALWAYS_INLINE void fetch_ahead(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        _mm_prefetch((const char *)p + i, _MM_HINT_T0);
}

ALWAYS_INLINE __m256 one_token(const tensor_type type, const uint8_t *row[LANES], int n_cols, const act_rows *x)
{
    const int per = type >= TENSOR_Q4_K ? 8 : 1;
    const size_t step = tensor_block_bytes(type);
    const uint8_t *next = row[0] + LANES * row_bytes(type, n_cols);
    __m256 acc = _mm256_setzero_ps(), d[2 * LANES], m[LANES];
    __m256i half[2];

    m[0] = _mm256_setzero_ps();
    for (int b = 0; b < n_cols / 32; b += per) {
        fetch_ahead(next + (size_t)(b / per) * LANES * step, LANES * step);
        block_scales(type, row, d, m);
        UNROLLED
        for (int j = 0; j < per; j++) {
            row_blocks(type, row, j, x->q + 32 * (b + j), half);
            acc = add_block(type, acc, half, type_has_halves(type) ? d + 2 * j : d + j,
                            type_has_min(type) ? m[j] : m[0], x, b + j);
        }
        UNROLLED
        for (int r = 0; r < LANES; r++)
            row[r] += step;
    }
    return acc;
}

/* -- several tokens --------------------------------------------------------- */

/* 8 rows of 32 bytes to 16 pairs of columns, 8 rows side by side, widened. */
ALWAYS_INLINE void store_pairs(__m256i v[LANES], panel *p, int b, int group)
{
    __m256i t[LANES], u[LANES];

    UNROLLED
    for (int i = 0; i < 4; i++) {
        t[2 * i] = _mm256_unpacklo_epi16(v[2 * i], v[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi16(v[2 * i], v[2 * i + 1]);
    }
    UNROLLED
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            u[4 * i + 2 * k] = _mm256_unpacklo_epi32(t[4 * i + k], t[4 * i + 2 + k]);
            u[4 * i + 2 * k + 1] = _mm256_unpackhi_epi32(t[4 * i + k], t[4 * i + 2 + k]);
        }
    UNROLLED
    for (int i = 0; i < 8; i++) {
        const __m256i x = i & 1 ? _mm256_unpackhi_epi64(u[i / 2], u[i / 2 + 4]) : _mm256_unpacklo_epi64(u[i / 2], u[i / 2 + 4]);

        _mm256_store_si256((__m256i *)p->q[16 * b + i][group], _mm256_cvtepi8_epi16(_mm256_castsi256_si128(x)));
        _mm256_store_si256((__m256i *)p->q[16 * b + 8 + i][group], _mm256_cvtepi8_epi16(_mm256_extracti128_si256(x, 1)));
    }
}

ALWAYS_INLINE void panel_fill(const tensor_type type, panel *p, int group, const uint8_t *row[LANES], int n_cols)
{
    const int per = type >= TENSOR_Q4_K ? 8 : 1, halves = type_has_halves(type) ? 2 : 1;
    const __m256i zero = _mm256_set1_epi8((char)type_zero(type));
    __m256 d[2 * LANES], m[LANES];
    __m256i v[LANES];

    for (int b = 0; b < n_cols / 32; b += per) {
        block_scales(type, row, d, m);
        UNROLLED
        for (int i = 0; i < per * halves; i++)
            _mm256_store_ps(p->d[b * halves + i][group], d[i]);
        UNROLLED
        for (int i = 0; i < per; i++)
            if (type_has_min(type))
                _mm256_store_ps(p->m[b + i][group], m[i]);
        UNROLLED
        for (int j = 0; j < per; j++) {
            UNROLLED
            for (int r = 0; r < LANES; r++)
                v[r] = _mm256_sub_epi8(block_bytes(type, row[r], j), zero);
            store_pairs(v, p, b + j, group);
        }
        UNROLLED
        for (int r = 0; r < LANES; r++)
            row[r] += tensor_block_bytes(type);
    }
}

ALWAYS_INLINE __m256i spread2(const int16_t *q)
{
    int32_t x;

    memcpy(&x, q, sizeof x);
    return _mm256_set1_epi32(x);
}

/* Sums over the pairs from..from+n of nt tokens whose activations lie `stride` apart. */
ALWAYS_INLINE void panel_sums(const panel *p, int from, const int n, const int16_t *a, size_t stride,
                              const int nt, __m256i sum[TOKENS][GROUPS])
{
    UNROLLED
    for (int k = 0; k < n; k++) {
        const __m256i w0 = _mm256_load_si256((const __m256i *)p->q[from + k][0]);
        const __m256i w1 = _mm256_load_si256((const __m256i *)p->q[from + k][1]);

        UNROLLED
        for (int t = 0; t < nt; t++) {
            const __m256i x = spread2(a + (size_t)t * stride + 2 * (from + k));
            const __m256i s0 = _mm256_madd_epi16(w0, x), s1 = _mm256_madd_epi16(w1, x);

            sum[t][0] = k ? _mm256_add_epi32(sum[t][0], s0) : s0;
            sum[t][1] = k ? _mm256_add_epi32(sum[t][1], s1) : s1;
            SETTLE(sum[t][0]);
            SETTLE(sum[t][1]);
        }
    }
}

/* Token t..t+nt of `x` over the n columns of the panel. */
ALWAYS_INLINE void panel_tile(const tensor_type type, const panel *p, int n_cols, const act_rows *x,
                              size_t stride, const int nt, __m256 acc[TOKENS][GROUPS])
{
    const int halves = type_has_halves(type) ? 2 : 1;
    const size_t blocks = stride / 32;
    __m256i sum[TOKENS][GROUPS];

    for (int b = 0; b < n_cols / 32; b++) {
        UNROLLED
        for (int t = 0; t < nt; t++)
            if (type_has_min(type)) {
                const __m256 w = _mm256_set1_ps(x->weighted[(size_t)t * blocks + (size_t)b]);

                acc[t][0] = _mm256_fmadd_ps(_mm256_load_ps(p->m[b][0]), w, acc[t][0]);
                acc[t][1] = _mm256_fmadd_ps(_mm256_load_ps(p->m[b][1]), w, acc[t][1]);
            }
        UNROLLED
        for (int h = 0; h < halves; h++) {
            panel_sums(p, 16 * b + 8 * h, 16 / halves, x->q, stride, nt, sum);
            UNROLLED
            for (int t = 0; t < nt; t++) {
                const __m256 scale = _mm256_set1_ps(x->scale[(size_t)t * blocks + (size_t)b]);

                acc[t][0] = add_scaled(acc[t][0], sum[t][0], _mm256_load_ps(p->d[halves * b + h][0]), scale);
                acc[t][1] = add_scaled(acc[t][1], sum[t][1], _mm256_load_ps(p->d[halves * b + h][1]), scale);
            }
        }
    }
}

static void store_rows(float *out, __m256 v, int n_rows)
{
    float lane[LANES];

    if (n_rows >= LANES) {
        _mm256_storeu_ps(out, v);
        return;
    }
    _mm256_storeu_ps(lane, v);
    for (int i = 0; i < n_rows; i++)
        out[i] = lane[i];
}

static __m256 load_rows(const float *out, int n_rows)
{
    float lane[LANES] = {0};

    if (n_rows >= LANES)
        return _mm256_loadu_ps(out);
    for (int i = 0; i < n_rows; i++)
        lane[i] = out[i];
    return _mm256_loadu_ps(lane);
}

/* Tokens t..t+nt of one panel that starts at column c. */
ALWAYS_INLINE void panel_tokens(const tensor_type type, const matmul *m, const panel *p, int c, int n,
                                int t, const int nt, float *out, int n_rows)
{
    const act_rows x = act_rows_at(&m->xq, (size_t)t, m->n_cols), here = {x.q + c, x.scale + c / 32, x.weighted + c / 32, x.sum};
    __m256 acc[TOKENS][GROUPS];

    out += (size_t)t * (size_t)m->ld;
    UNROLLED
    for (int i = 0; i < nt; i++)
        for (int g = 0; g < GROUPS; g++)
            acc[i][g] = c ? load_rows(out + i * m->ld + LANES * g, n_rows - LANES * g) : _mm256_setzero_ps();
    panel_tile(type, p, n, &here, (size_t)m->n_cols, nt, acc);
    UNROLLED
    for (int i = 0; i < nt; i++)
        for (int g = 0; g < GROUPS; g++)
            store_rows(out + i * m->ld + LANES * g, acc[i][g], n_rows - LANES * g);
}

/* Rows past the end: the last one again, not stored. */
static void row_starts(const matmul *m, int r, const uint8_t *row[], int n)
{
    for (int i = 0; i < n; i++)
        row[i] = matmul_row(m, r + i < m->r1 ? r + i : m->r1 - 1);
}

ALWAYS_INLINE void rows8(const tensor_type type, const matmul *m, int r)
{
    const uint8_t *row[LANES];

    row_starts(m, r, row, LANES);
    store_rows(m->out + r - m->r0, one_token(type, row, m->n_cols, &m->xq), m->r1 - r);
}

ALWAYS_INLINE void rows16(const tensor_type type, const matmul *m, int r)
{
    const uint8_t *row[GROUPS * LANES];
    float *out = m->out + r - m->r0;
    panel p;

    row_starts(m, r, row, GROUPS * LANES);
    for (int c = 0; c < m->n_cols; c += SPAN) {
        const int n = m->n_cols - c < SPAN ? m->n_cols - c : SPAN;
        int t = 0;

        for (int g = 0; g < GROUPS; g++)
            panel_fill(type, &p, g, row + LANES * g, n);
        for (; t + TOKENS <= m->n_tokens; t += TOKENS)
            panel_tokens(type, m, &p, c, n, t, TOKENS, out, m->r1 - r);
        for (; t < m->n_tokens; t++)
            panel_tokens(type, m, &p, c, n, t, 1, out, m->r1 - r);
    }
}

#define ROWS(name)                                                           \
    static void rows_##name(const matmul *m)                                 \
    {                                                                        \
        for (int r = m->r0; m->n_tokens == 1 && r < m->r1; r += LANES)       \
            rows8(TENSOR_##name, m, r);                                      \
        for (int r = m->r0; m->n_tokens > 1 && r < m->r1; r += 2 * LANES)    \
            rows16(TENSOR_##name, m, r);                                     \
    }
ROWS(Q8_0) ROWS(Q4_0) ROWS(Q4_1) ROWS(Q5_0) ROWS(Q5_1) ROWS(Q4_K) ROWS(Q5_K) ROWS(Q6_K)

void matmul_int_avx2(const matmul *m)
{
    static void (*const rows[TENSOR_TYPE_COUNT])(const matmul *) = {
        [TENSOR_Q8_0] = rows_Q8_0, [TENSOR_Q4_0] = rows_Q4_0, [TENSOR_Q4_1] = rows_Q4_1,
        [TENSOR_Q5_0] = rows_Q5_0, [TENSOR_Q5_1] = rows_Q5_1, [TENSOR_Q4_K] = rows_Q4_K,
        [TENSOR_Q5_K] = rows_Q5_K, [TENSOR_Q6_K] = rows_Q6_K,
    };

    rows[m->type](m);
}
#endif
