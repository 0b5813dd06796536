/* matmul_int_avx512.c - quantised weights times quantised activations, VNNI.
 *
 * The equations of matmul_int_avx2.c; sixteen rows in lanes, and vpdpwssd does a
 * block's multiplications and additions at once. One token (memory bound) takes
 * the mapped rows directly; several unpack 32 rows once into a panel with 2
 * columns of each row side by side. Both give the same bits: exact integer sums,
 * then the same products and sums of floats. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include "kernels/unpack_avx512_impl.h"

enum {
    SPAN = 512, /* columns per panel: 32 kB of weights, two thirds of L1 */
    GROUPS = 2, /* of sixteen rows in a panel */
    TOKENS = 6  /* 2 x 6 sums, as many floats, 2 weights and 1 activation in 32 registers */
};

typedef struct panel {
    _Alignas(64) int16_t q[SPAN / 2][GROUPS][WIDE][2]; /* zero already subtracted */
    _Alignas(64) float d[SPAN / 16][GROUPS][WIDE], m[SPAN / 32][GROUPS][WIDE];
} panel;

ALWAYS_INLINE __m512 add_scaled(__m512 acc, __m512i sum, __m512 d, __m512 scale)
{
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(d, scale), acc);
}

/* -- one token ------------------------------------------------------------ */

/* The sums of 16 rows, each over the lanes of one register, in row order; the
 * sums of lanes 0..7 and 8..15 apart if wanted. */
ALWAYS_INLINE void sum_rows(const tensor_type type, const __m512i v[WIDE], __m512i half[2])
{
    __m512i t[8], u[4], low[2], high[2];

    UNROLLED
    for (int i = 0; i < 8; i++)
        t[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]),
                                _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]));
    UNROLLED
    for (int i = 0; i < 4; i++)
        u[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(t[2 * i], t[2 * i + 1]),
                                _mm512_unpackhi_epi64(t[2 * i], t[2 * i + 1]));
    UNROLLED
    for (int i = 0; i < 2; i++) {
        low[i] = _mm512_shuffle_i32x4(u[2 * i], u[2 * i + 1], 0x44);
        high[i] = _mm512_shuffle_i32x4(u[2 * i], u[2 * i + 1], 0xee);
        if (!type_has_halves(type))
            low[i] = _mm512_add_epi32(low[i], high[i]);
    }
    half[0] = _mm512_add_epi32(_mm512_shuffle_i32x4(low[0], low[1], 0x88), _mm512_shuffle_i32x4(low[0], low[1], 0xdd));
    half[1] = half[0];
    if (type_has_halves(type))
        half[1] = _mm512_add_epi32(_mm512_shuffle_i32x4(high[0], high[1], 0x88),
                                   _mm512_shuffle_i32x4(high[0], high[1], 0xdd));
}

/* Row r alone in a register: 8 and 6 bits. */
ALWAYS_INLINE void row_blocks(const tensor_type type, const wide_rows *x, const bool strided, const int j,
                              const int16_t *q, __m512i half[2])
{
    const __m512i a = _mm512_loadu_si512(q);
    __m512i v[WIDE];

    UNROLLED
    for (int r = 0; r < WIDE; r++) {
        const __m256i w = block_bytes512(type, row_block(x, strided, r), j);

        v[r] = _mm512_madd_epi16(type == TENSOR_Q8_0 ? _mm512_cvtepi8_epi16(w) : _mm512_cvtepu8_epi16(w), a);
    }
    sum_rows(type, v, half);
}

/* Two rows share a register of bytes, which halves what is left to add: 4 and 5 bits. */
ALWAYS_INLINE void row_pairs(const tensor_type type, const wide_rows *x, const bool strided, const int j,
                             const int16_t *q, __m512i half[2])
{
    const __m512i a = _mm512_loadu_si512(q), none = _mm512_setzero_si512();
    const __m512i a0 = _mm512_shuffle_i32x4(a, a, 0x88), a1 = _mm512_shuffle_i32x4(a, a, 0xdd); /* as bytes unpack */
    __m512i v[8], t[4], u[2];

    UNROLLED
    for (int i = 0; i < 8; i++) { /* rows 0 4, 1 5, 2 6, 3 7, 8 12, ... */
        const int r = i < 4 ? i : i + 4;
        const __m512i w = two_blocks(type, row_block(x, strided, r), row_block(x, strided, r + 4), j);

        v[i] = _mm512_dpwssd_epi32(_mm512_madd_epi16(_mm512_unpacklo_epi8(w, none), a0), _mm512_unpackhi_epi8(w, none), a1);
    }
    UNROLLED
    for (int i = 0; i < 4; i++)
        t[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]),
                                _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]));
    UNROLLED
    for (int i = 0; i < 2; i++)
        u[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(t[2 * i], t[2 * i + 1]),
                                _mm512_unpackhi_epi64(t[2 * i], t[2 * i + 1]));
    half[0] = half[1] = _mm512_add_epi32(_mm512_shuffle_i32x4(u[0], u[1], 0x88), _mm512_shuffle_i32x4(u[0], u[1], 0xdd));
}

ALWAYS_INLINE __m512 add_block(const tensor_type type, __m512 acc, const __m512i half[2],
                               const __m512 *d, __m512 m, const act_rows *x, int b)
{
    const int zero = type_zero(type);
    const int32_t *sum = x->sum + 2 * b;
    const __m512 scale = _mm512_set1_ps(x->scale[b]);

    if (type_has_min(type))
        acc = _mm512_fmadd_ps(m, _mm512_set1_ps(x->weighted[b]), acc);
    if (type_has_halves(type)) {
        acc = add_scaled(acc, _mm512_sub_epi32(half[0], _mm512_set1_epi32(zero * sum[0])), d[0], scale);
        return add_scaled(acc, _mm512_sub_epi32(half[1], _mm512_set1_epi32(zero * sum[1])), d[1], scale);
    }
    if (zero)
        return add_scaled(acc, _mm512_sub_epi32(half[0], _mm512_set1_epi32(zero * (sum[0] + sum[1]))), d[0], scale);
    return add_scaled(acc, half[0], d[0], scale);
}

/* Sixteen rows are sixteen short streams to the hardware. Fetch the same block of
 * the next sixteen: as one piece of memory, or each of them. */
ALWAYS_INLINE void fetch_ahead(const wide_rows *x, const bool strided, size_t step)
{
    if (strided) {
        const char *next = (const char *)x->base[0] - x->at + WIDE * (x->stride + x->at);

        for (size_t i = 0; i < WIDE * step; i += 64)
            _mm_prefetch(next + i, _MM_HINT_T0);
    } else {
        for (int r = WIDE; r < 2 * WIDE; r++)
            _mm_prefetch((const char *)x->chosen[r] + x->at, _MM_HINT_T0);
    }
}

ALWAYS_INLINE __m512 one_token(const tensor_type type, wide_rows x, const bool strided, int n_cols, const act_rows *a)
{
    const int per = type >= TENSOR_Q4_K ? 8 : 1;
    const size_t step = tensor_block_bytes(type);
    __m512 acc = _mm512_setzero_ps(), d[2 * LANES], m[LANES];
    __m512i half[2];

    m[0] = _mm512_setzero_ps();
    for (int b = 0; b < n_cols / 32; b += per) {
        fetch_ahead(&x, strided, step);
        block_scales512(type, &x, strided, d, m);
        UNROLLED
        for (int j = 0; j < per; j++) {
            if (type == TENSOR_Q8_0 || type == TENSOR_Q6_K)
                row_blocks(type, &x, strided, j, a->q + 32 * (b + j), half);
            else
                row_pairs(type, &x, strided, j, a->q + 32 * (b + j), half);
            acc = add_block(type, acc, half, type_has_halves(type) ? d + 2 * j : d + j,
                            type_has_min(type) ? m[j] : m[0], a, b + j);
        }
        next_block(&x, strided, step);
    }
    return acc;
}

/* -- several tokens --------------------------------------------------------- */

ALWAYS_INLINE void panel_fill(const tensor_type type, panel *p, int group, wide_rows x, int n_cols)
{
    const int per = type >= TENSOR_Q4_K ? 8 : 1, halves = type_has_halves(type) ? 2 : 1;
    const __m256i zero = _mm256_set1_epi8((char)type_zero(type));
    __m512 d[2 * LANES], m[LANES];
    __m512i v[WIDE];

    for (int b = 0; b < n_cols / 32; b += per) {
        block_scales512(type, &x, false, d, m);
        UNROLLED
        for (int i = 0; i < per * halves; i++)
            _mm512_store_ps(p->d[b * halves + i][group], d[i]);
        UNROLLED
        for (int i = 0; i < per; i++)
            if (type_has_min(type))
                _mm512_store_ps(p->m[b + i][group], m[i]);
        for (int j = 0; j < per; j++) {
            UNROLLED
            for (int r = 0; r < WIDE; r++)
                v[r] = _mm512_cvtepi8_epi16(_mm256_sub_epi8(block_bytes512(type, row_block(&x, false, r), j), zero));
            transpose16(v);
            UNROLLED
            for (int i = 0; i < WIDE; i++)
                _mm512_store_si512(p->q[16 * (b + j) + i][group], v[i]);
        }
        next_block(&x, false, tensor_block_bytes(type));
    }
}

ALWAYS_INLINE __m512i spread2(const int16_t *q)
{
    int32_t x;

    memcpy(&x, q, sizeof x);
    return _mm512_set1_epi32(x);
}

/* Sums over the pairs from..from+n of nt tokens whose activations lie `stride` apart. */
ALWAYS_INLINE void panel_sums(const panel *p, int from, const int n, const int16_t *a, size_t stride,
                              const int nt, __m512i sum[TOKENS][GROUPS])
{
    UNROLLED
    for (int t = 0; t < nt; t++)
        sum[t][0] = sum[t][1] = _mm512_setzero_si512();
    UNROLLED
    for (int k = 0; k < n; k++) {
        const __m512i w0 = _mm512_load_si512(p->q[from + k][0]), w1 = _mm512_load_si512(p->q[from + k][1]);

        UNROLLED
        for (int t = 0; t < nt; t++) {
            const __m512i x = spread2(a + (size_t)t * stride + 2 * (from + k));

            sum[t][0] = _mm512_dpwssd_epi32(sum[t][0], w0, x);
            sum[t][1] = _mm512_dpwssd_epi32(sum[t][1], w1, x);
        }
    }
}

/* nt tokens from x on, over the n columns of the panel. */
ALWAYS_INLINE void panel_tile(const tensor_type type, const panel *p, int n_cols, const act_rows *x,
                              size_t stride, const int nt, __m512 acc[TOKENS][GROUPS])
{
    const int halves = type_has_halves(type) ? 2 : 1;
    const size_t blocks = stride / 32;
    __m512i sum[TOKENS][GROUPS];

    for (int b = 0; b < n_cols / 32; b++) {
        UNROLLED
        for (int t = 0; t < nt; t++)
            if (type_has_min(type)) {
                const __m512 w = _mm512_set1_ps(x->weighted[(size_t)t * blocks + (size_t)b]);

                acc[t][0] = _mm512_fmadd_ps(_mm512_load_ps(p->m[b][0]), w, acc[t][0]);
                acc[t][1] = _mm512_fmadd_ps(_mm512_load_ps(p->m[b][1]), w, acc[t][1]);
            }
        UNROLLED
        for (int h = 0; h < halves; h++) {
            panel_sums(p, 16 * b + 8 * h, 16 / halves, x->q, stride, nt, sum);
            UNROLLED
            for (int t = 0; t < nt; t++) {
                const __m512 scale = _mm512_set1_ps(x->scale[(size_t)t * blocks + (size_t)b]);

                acc[t][0] = add_scaled(acc[t][0], sum[t][0], _mm512_load_ps(p->d[halves * b + h][0]), scale);
                acc[t][1] = add_scaled(acc[t][1], sum[t][1], _mm512_load_ps(p->d[halves * b + h][1]), scale);
            }
        }
    }
}

/* Tokens t..t+nt of one panel that starts at column c. */
ALWAYS_INLINE void panel_tokens(const tensor_type type, const matmul *m, const panel *p, int c, int n,
                                int t, const int nt, float *out, const __mmask16 rows[GROUPS])
{
    const act_rows x = act_rows_at(&m->xq, (size_t)t, m->n_cols), here = {x.q + c, x.scale + c / 32, x.weighted + c / 32, x.sum};
    __m512 acc[TOKENS][GROUPS];

    out += (size_t)t * (size_t)m->ld;
    UNROLLED
    for (int i = 0; i < nt; i++)
        for (int g = 0; g < GROUPS; g++)
            acc[i][g] = c ? _mm512_maskz_loadu_ps(rows[g], out + i * m->ld + WIDE * g) : _mm512_setzero_ps();
    panel_tile(type, p, n, &here, (size_t)m->n_cols, nt, acc);
    UNROLLED
    for (int i = 0; i < nt; i++)
        for (int g = 0; g < GROUPS; g++)
            _mm512_mask_storeu_ps(out + i * m->ld + WIDE * g, rows[g], acc[i][g]);
}

/* Rows past the end: the last one again, not stored. */
static void row_starts(const matmul *m, int r, const uint8_t *row[], int n)
{
    for (int i = 0; i < n; i++)
        row[i] = r + i < m->r1 ? matmul_row(m, r + i) : row[i - 1];
}

ALWAYS_INLINE void rows_one_token(const tensor_type type, const matmul *m, int r)
{
    const size_t stride = row_bytes(type, m->n_cols);
    const uint8_t *row[2 * WIDE]; /* these and the next */
    __m512 out;

    if (!m->rows && m->r1 - r >= WIDE) {
        const uint8_t *base = matmul_row(m, r);

        out = one_token(type, (wide_rows){{base, base + 4 * stride, base + 8 * stride, base + 12 * stride}, stride,
                                          3 * stride, NULL, 0}, true, m->n_cols, &m->xq);
    } else {
        row_starts(m, r, row, 2 * WIDE);
        out = one_token(type, (wide_rows){.chosen = row}, false, m->n_cols, &m->xq);
    }
    _mm512_mask_storeu_ps(m->out + r - m->r0, first_lanes(m->r1 - r), out);
}

ALWAYS_INLINE void rows_panel(const tensor_type type, const matmul *m, int r)
{
    const int n_rows = m->r1 - r;
    const __mmask16 rows[GROUPS] = {first_lanes(n_rows), n_rows > WIDE ? first_lanes(n_rows - WIDE) : 0};
    const uint8_t *row[GROUPS * WIDE];
    float *out = m->out + r - m->r0;
    panel p;

    row_starts(m, r, row, GROUPS * WIDE);
    for (int c = 0; c < m->n_cols; c += SPAN) {
        const int n = m->n_cols - c < SPAN ? m->n_cols - c : SPAN;
        int t = 0;

        for (int g = 0; g < GROUPS; g++)
            panel_fill(type, &p, g, (wide_rows){.chosen = row + WIDE * g, .at = row_bytes(type, c)}, n);
        for (; t + TOKENS <= m->n_tokens; t += TOKENS)
            panel_tokens(type, m, &p, c, n, t, TOKENS, out, rows);
        for (; t + 2 <= m->n_tokens; t += 2)
            panel_tokens(type, m, &p, c, n, t, 2, out, rows);
        if (t < m->n_tokens)
            panel_tokens(type, m, &p, c, n, t, 1, out, rows);
    }
}

#define ROWS(name)                                                           \
    static void rows_##name(const matmul *m)                                 \
    {                                                                        \
        for (int r = m->r0; m->n_tokens == 1 && r < m->r1; r += WIDE)        \
            rows_one_token(TENSOR_##name, m, r);                             \
        for (int r = m->r0; m->n_tokens > 1 && r < m->r1; r += GROUPS * WIDE) \
            rows_panel(TENSOR_##name, m, r);                                 \
    }
ROWS(Q8_0) ROWS(Q4_0) ROWS(Q4_1) ROWS(Q5_0) ROWS(Q5_1) ROWS(Q4_K) ROWS(Q5_K) ROWS(Q6_K)

void matmul_int_avx512(const matmul *m)
{
    static void (*const rows[TENSOR_TYPE_COUNT])(const matmul *) = {
        [TENSOR_Q8_0] = rows_Q8_0, [TENSOR_Q4_0] = rows_Q4_0, [TENSOR_Q4_1] = rows_Q4_1,
        [TENSOR_Q5_0] = rows_Q5_0, [TENSOR_Q5_1] = rows_Q5_1, [TENSOR_Q4_K] = rows_Q4_K,
        [TENSOR_Q5_K] = rows_Q5_K, [TENSOR_Q6_K] = rows_Q6_K,
    };

    rows[m->type](m);
}
#endif
