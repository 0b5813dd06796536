/* matmul_int_avx2.c - quantised weights times quantised activations.
 *
 * An element of the output is, for blocks of 32 columns ascending,
 *     acc = fma(m, da * sum(qa), acc)      where the type has minima
 *     acc = fma(sum((qw - zero) qa), d * da, acc)
 * with exact integer sums (Q6_K: one such line per 16 columns). Two ways give
 * the same bits: one token (memory bound) multiplies the mapped rows directly,
 * eight rows at a time; several tokens unpack eight rows once into a panel with
 * 4 columns of each row side by side, so that no sum across lanes is needed. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <string.h>

#include "kernels/unpack_avx2_impl.h"

enum { SPAN = 2048 }; /* columns per panel: 16 kB of bytes, half of L1 */

typedef struct panel {
    _Alignas(32) uint8_t q[SPAN / 4][LANES][4];
    _Alignas(32) float d[SPAN / 16][LANES], m[SPAN / 32][LANES];
} panel;

/* The 8 sums of one row block each, in lane order. */
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

/* The two lines of the file's head, for one block: the only place with floats.
 * half[1] counts only where each half has its scale. */
ALWAYS_INLINE __m256 add_block(const tensor_type type, __m256 acc, const __m256i half[2],
                               const __m256 *d, __m256 m, float da, const int32_t *sum)
{
    const int zero = type_zero(type);
    const __m256 scale = _mm256_set1_ps(da);
    __m256i whole;

    if (type_has_min(type))
        acc = _mm256_fmadd_ps(m, _mm256_set1_ps(da * (float)(sum[0] + sum[1])), acc);
    if (type_has_halves(type)) {
        whole = _mm256_sub_epi32(half[0], _mm256_set1_epi32(zero * sum[0]));
        acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), _mm256_mul_ps(d[0], scale), acc);
        whole = _mm256_sub_epi32(half[1], _mm256_set1_epi32(zero * sum[1]));
        return _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), _mm256_mul_ps(d[1], scale), acc);
    }
    whole = half[0];
    if (zero)
        whole = _mm256_sub_epi32(whole, _mm256_set1_epi32(zero * (sum[0] + sum[1])));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), _mm256_mul_ps(d[0], scale), acc);
}

ALWAYS_INLINE __m256i products(const tensor_type type, __m256i w, __m256i a)
{
    if (type == TENSOR_Q8_0) /* both signed: move the weight's sign to the activation */
        return _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(a, w));
    return _mm256_maddubs_epi16(w, a);
}

/* -- one token ------------------------------------------------------------ */

ALWAYS_INLINE void row_blocks(const tensor_type type, const uint8_t *const row[LANES],
                              const int j, __m256i a, __m256i half[2])
{
    const __m256i one = _mm256_set1_epi16(1);
    __m256i v[LANES];

    UNROLLED
    for (int r = 0; r < LANES; r++)
        v[r] = _mm256_madd_epi16(products(type, block_bytes(type, row[r], j), a), one);
    sum_rows(type, v, half);
}

/* Eight rows are eight short streams to the hardware; together they are one
 * contiguous piece of memory. Fetch the next eight rows in that order. */
ALWAYS_INLINE void fetch_ahead(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        _mm_prefetch((const char *)p + i, _MM_HINT_T0);
}

ALWAYS_INLINE __m256 one_token(const tensor_type type, const uint8_t *row[LANES], int n_cols,
                               const int8_t *q, const float *scale, const int32_t *sum)
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
            row_blocks(type, row, j, _mm256_loadu_si256((const __m256i *)q + b + j), half);
            acc = add_block(type, acc, half, type_has_halves(type) ? d + 2 * j : d + j,
                            type_has_min(type) ? m[j] : m[0], scale[b + j], sum + 2 * (b + j));
        }
        UNROLLED
        for (int r = 0; r < LANES; r++)
            row[r] += step;
    }
    return acc;
}

/* -- several tokens --------------------------------------------------------- */

ALWAYS_INLINE void panel_fill(const tensor_type type, panel *p, const uint8_t *row[LANES], int n_cols)
{
    const int per = type >= TENSOR_Q4_K ? 8 : 1, n_scales = type_has_halves(type) ? 2 * per : per;
    __m256 d[2 * LANES], m[LANES];
    __m256i v[LANES];

    for (int b = 0; b < n_cols / 32; b += per) {
        block_scales(type, row, d, m);
        UNROLLED
        for (int i = 0; i < n_scales; i++)
            _mm256_store_ps(p->d[b * (type_has_halves(type) ? 2 : 1) + i], d[i]);
        UNROLLED
        for (int i = 0; i < per; i++)
            if (type_has_min(type))
                _mm256_store_ps(p->m[b + i], m[i]);
        UNROLLED
        for (int j = 0; j < per; j++) {
            UNROLLED
            for (int r = 0; r < LANES; r++)
                v[r] = block_bytes(type, row[r], j);
            transpose8(v);
            UNROLLED
            for (int i = 0; i < LANES; i++)
                _mm256_store_si256((__m256i *)p->q[8 * (b + j) + i], v[i]);
        }
        UNROLLED
        for (int r = 0; r < LANES; r++)
            row[r] += tensor_block_bytes(type);
    }
}

ALWAYS_INLINE __m256i spread4(const int8_t *q)
{
    int32_t x;

    memcpy(&x, q, sizeof x);
    return _mm256_set1_epi32(x);
}

/* sums[t][half] of block b for nt tokens whose activations lie `stride` apart;
 * all in the first half where the type has one scale per block. */
ALWAYS_INLINE void panel_sums(const tensor_type type, const panel *p, int b, const int8_t *a,
                              size_t stride, const int nt, __m256i sums[][2])
{
    const __m256i one = _mm256_set1_epi16(1);
    const int depth = type_depth(type);
    __m256i part[4];

    UNROLLED
    for (int g = 0; g < 8; g++) { /* groups of 4 columns */
        const __m256i w = _mm256_load_si256((const __m256i *)p->q[8 * b + g]);
        const int half = type_has_halves(type) ? g / 4 : 0;
        const bool first = type_has_halves(type) ? g % 4 == depth - 1 : g == depth - 1;

        UNROLLED
        for (int t = 0; t < nt; t++) {
            const __m256i x = products(type, w, spread4(a + (size_t)t * stride + 4 * g));

            part[t] = g % depth ? _mm256_add_epi16(part[t], x) : x;
            if (g % depth == depth - 1) {
                const __m256i s = _mm256_madd_epi16(part[t], one);

                sums[t][half] = first ? s : _mm256_add_epi32(sums[t][half], s);
            }
        }
    }
}

ALWAYS_INLINE void panel_tile(const tensor_type type, const panel *p, int n_cols, const act_rows *x,
                              size_t at, size_t stride, const int nt, __m256 acc[4])
{
    const int8_t *q = x->q + at;
    const float *scale = x->scale + at / 32;
    const int32_t *sum = x->sum + at / 16;
    __m256i sums[4][2];

    for (int b = 0; b < n_cols / 32; b++) {
        const __m256 *d = (const __m256 *)p->d[type_has_halves(type) ? 2 * b : b];

        panel_sums(type, p, b, q + 32 * b, stride, nt, sums);
        UNROLLED
        for (int t = 0; t < nt; t++)
            acc[t] = add_block(type, acc[t], sums[t], d, *(const __m256 *)p->m[b],
                               scale[(size_t)t * (stride / 32) + (size_t)b],
                               sum + (size_t)t * (stride / 16) + 2 * (size_t)b);
    }
}

ALWAYS_INLINE void store_rows(float *out, __m256 v, int n_rows)
{
    float lane[LANES];

    if (n_rows == LANES) {
        _mm256_storeu_ps(out, v);
        return;
    }
    _mm256_storeu_ps(lane, v);
    memcpy(out, lane, (size_t)n_rows * sizeof *out);
}

ALWAYS_INLINE __m256 load_rows(const float *out, int n_rows)
{
    float lane[LANES] = {0};

    if (n_rows == LANES)
        return _mm256_loadu_ps(out);
    memcpy(lane, out, (size_t)n_rows * sizeof *out);
    return _mm256_loadu_ps(lane);
}

/* Tokens t..t+nt of one panel that starts at column c. */
ALWAYS_INLINE void panel_tokens(const tensor_type type, const matmul *m, const panel *p, int c, int n,
                                int t, const int nt, float *out, int n_rows)
{
    const size_t stride = (size_t)m->n_cols;
    __m256 acc[4];

    UNROLLED
    for (int i = 0; i < nt; i++)
        acc[i] = c ? load_rows(out + (size_t)(t + i) * (size_t)m->ld, n_rows) : _mm256_setzero_ps();
    panel_tile(type, p, n, &m->xq, (size_t)t * stride + (size_t)c, stride, nt, acc);
    UNROLLED
    for (int i = 0; i < nt; i++)
        store_rows(out + (size_t)(t + i) * (size_t)m->ld, acc[i], n_rows);
}

ALWAYS_INLINE void rows8(const tensor_type type, const matmul *m, int r, int n_rows)
{
    const uint8_t *row[LANES];
    float *out = m->out + r - m->r0;
    panel p;

    UNROLLED
    for (int i = 0; i < LANES; i++) /* rows past the end: the last one again, not stored */
        row[i] = matmul_row(m, r + (i < n_rows ? i : n_rows - 1));
    if (m->n_tokens == 1) {
        store_rows(out, one_token(type, row, m->n_cols, m->xq.q, m->xq.scale, m->xq.sum), n_rows);
        return;
    }
    for (int c = 0; c < m->n_cols; c += SPAN) {
        const int n = m->n_cols - c < SPAN ? m->n_cols - c : SPAN;
        int t = 0;

        panel_fill(type, &p, row, n);
        for (; t + 4 <= m->n_tokens; t += 4)
            panel_tokens(type, m, &p, c, n, t, 4, out, n_rows);
        for (; t < m->n_tokens; t++)
            panel_tokens(type, m, &p, c, n, t, 1, out, n_rows);
    }
}

#define ROWS(name)                                                                        \
    static void rows_##name(const matmul *m)                                              \
    {                                                                                     \
        for (int r = m->r0; r < m->r1; r += LANES)                                        \
            rows8(TENSOR_##name, m, r, m->r1 - r < LANES ? m->r1 - r : LANES);            \
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
