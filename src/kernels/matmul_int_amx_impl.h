/* matmul_int_amx_impl.h - products of many tokens with tiles, over four operations.
 *
 * The equations of matmul_int_avx2.c with tiles for the integer sums. Activations
 * of 16 bits are 256 hi + lo, hi signed and lo unsigned bytes, so
 *     sum(qw qa) = 256 sum(qw hi) + sum(qw lo)
 * exactly: two products of bytes (TDPBSSD, TDPBUSD) per block of 32 columns (Q6_K:
 * 16), then the very products and sums of floats that matmul_int_avx512.c makes.
 * Its bits are therefore the AVX-512 table's, which also takes few tokens here.
 *
 * Who includes this defines TILE_STATE (a parameter and a comma, or nothing) and
 * TILE_ARG, TILE_PASS (its argument, from rows_X and from inside), TILES(columns) to set shapes up, TILES_END, TILE_ZERO(i), TILE_LOAD(i, p, stride), TILE_DOT_SS and
 * TILE_DOT_US(c, a, b) (a signed or unsigned, b signed), TILE_STORE(i, p, stride):
 * the machine's instructions, or a model of them (amx_model_avx512.c) with which
 * this logic is tested on machines without tiles. */
#ifndef KERNELS_MATMUL_INT_AMX_IMPL_H
#define KERNELS_MATMUL_INT_AMX_IMPL_H

#include "kernels/kernels_impl.h"
#include "kernels/unpack_avx512_impl.h"

enum {
    SPAN = 256,    /* columns per panel */
    GROUPS = 4,    /* of sixteen rows: 16 kB of weights */
    TOKENS = 16,   /* rows of a tile */
    FEW_TOKENS = 8 /* below, a tile would be mostly empty */
};

/* Tiles. Macros, since the instructions' intrinsics paste them into names. */
#define SUM_HI 0
#define SUM_LO 1
#define ACT_HI 2
#define ACT_LO 3
#define WEIGHTS 4

typedef struct panel {
    _Alignas(64) int8_t q[GROUPS][SPAN / 4][WIDE][4]; /* zero already subtracted */
    _Alignas(64) float d[GROUPS][SPAN / 16][WIDE], m[GROUPS][SPAN / 32][WIDE];
} panel;

typedef struct tokens {
    _Alignas(64) int8_t hi[TOKENS][SPAN];
    _Alignas(64) uint8_t lo[TOKENS][SPAN];
    float scale[SPAN / 32][TOKENS], weighted[SPAN / 32][TOKENS]; /* 0 past the last token */
} tokens;

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
            _mm512_store_ps(p->d[group][b * halves + i], d[i]);
        UNROLLED
        for (int i = 0; i < per; i++)
            if (type_has_min(type))
                _mm512_store_ps(p->m[group][b + i], m[i]);
        for (int j = 0; j < per; j++) {
            UNROLLED
            for (int r = 0; r < WIDE; r++)
                v[r] = _mm512_zextsi256_si512(_mm256_sub_epi8(block_bytes512(type, row_block(&x, false, r), j), zero));
            transpose16(v);
            UNROLLED
            for (int i = 0; i < 8; i++)
                _mm512_store_si512(p->q[group][8 * (b + j) + i], v[i]);
        }
        next_block(&x, false, tensor_block_bytes(type));
    }
}

/* n tokens from x on over n_cols columns; the rest of the tile is 0. */
static void tokens_fill(tokens *to, const act_rows *x, size_t stride, int n, int n_cols)
{
    if (n < TOKENS)
        memset(to, 0, sizeof *to);
    for (int t = 0; t < n; t++) {
        const int16_t *q = x->q + (size_t)t * stride;
        const size_t block = (size_t)t * stride / 32;

        for (int c = 0; c < n_cols; c += 32) {
            const __m512i v = _mm512_loadu_si512(q + c);

            _mm256_store_si256((__m256i *)&to->hi[t][c], _mm512_cvtepi16_epi8(_mm512_srai_epi16(v, 8)));
            _mm256_store_si256((__m256i *)&to->lo[t][c], _mm512_cvtepi16_epi8(v));
            to->scale[c / 32][t] = x->scale[block + (size_t)c / 32];
            to->weighted[c / 32][t] = x->weighted[block + (size_t)c / 32];
        }
    }
}

/* acc += the columns c..c+width of one group, whose scales are d. */
ALWAYS_INLINE void add_columns(TILE_STATE const panel *p, int group, const tokens *x, int c, const __m512 d, __m512 acc[TOKENS])
{
    _Alignas(64) int32_t sum[2][TOKENS][WIDE];

    TILE_ZERO(SUM_HI);
    TILE_ZERO(SUM_LO);
    TILE_LOAD(WEIGHTS, p->q[group][c / 4], 64);
    TILE_LOAD(ACT_HI, &x->hi[0][c], SPAN);
    TILE_LOAD(ACT_LO, &x->lo[0][c], SPAN);
    TILE_DOT_SS(SUM_HI, ACT_HI, WEIGHTS);
    TILE_DOT_US(SUM_LO, ACT_LO, WEIGHTS);
    TILE_STORE(SUM_HI, sum[0], 64);
    TILE_STORE(SUM_LO, sum[1], 64);
    UNROLLED
    for (int t = 0; t < TOKENS; t++) {
        const __m512i s = _mm512_add_epi32(_mm512_slli_epi32(_mm512_load_si512(sum[0][t]), 8), _mm512_load_si512(sum[1][t]));

        acc[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s), _mm512_mul_ps(d, _mm512_set1_ps(x->scale[c / 32][t])), acc[t]);
    }
}

ALWAYS_INLINE void group_tile(TILE_STATE const tensor_type type, const panel *p, int group, const tokens *x, int n_cols,
                              bool first, int n, __mmask16 rows, float *out, size_t ld)
{
    const int halves = type_has_halves(type) ? 2 : 1;
    __m512 acc[TOKENS];

    UNROLLED
    for (int t = 0; t < TOKENS; t++)
        acc[t] = first || t >= n ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(rows, out + (size_t)t * ld);
    for (int b = 0; b < n_cols / 32; b++) {
        UNROLLED
        for (int t = 0; t < TOKENS; t++)
            if (type_has_min(type))
                acc[t] = _mm512_fmadd_ps(_mm512_load_ps(p->m[group][b]), _mm512_set1_ps(x->weighted[b][t]), acc[t]);
        UNROLLED
        for (int h = 0; h < halves; h++)
            add_columns(TILE_PASS p, group, x, 32 * b + 16 * h, _mm512_load_ps(p->d[group][halves * b + h]), acc);
    }
    UNROLLED
    for (int t = 0; t < TOKENS; t++)
        if (t < n)
            _mm512_mask_storeu_ps(out + (size_t)t * ld, rows, acc[t]);
}

/* Rows r..r+64 of the product, all tokens. */
ALWAYS_INLINE void rows_panel(TILE_STATE const tensor_type type, const matmul *m, int r)
{
    const int n_rows = m->r1 - r < GROUPS * WIDE ? m->r1 - r : GROUPS * WIDE, n_groups = (n_rows + WIDE - 1) / WIDE;
    const uint8_t *row[GROUPS * WIDE];
    panel p;
    tokens x;

    for (int i = 0; i < GROUPS * WIDE; i++) /* past the end: the last one again, not stored */
        row[i] = matmul_row(m, i < n_rows ? r + i : m->r1 - 1);
    for (int c = 0; c < m->n_cols; c += SPAN) {
        const int n = m->n_cols - c < SPAN ? m->n_cols - c : SPAN;

        for (int g = 0; g < n_groups; g++)
            panel_fill(type, &p, g, (wide_rows){.chosen = row + WIDE * g, .at = row_bytes(type, c)}, n);
        for (int t = 0; t < m->n_tokens; t += TOKENS) {
            const act_rows all = act_rows_at(&m->xq, (size_t)t, m->n_cols), here = {all.q + c, all.scale + c / 32, all.weighted + c / 32, all.sum};
            const int left = m->n_tokens - t < TOKENS ? m->n_tokens - t : TOKENS;

            tokens_fill(&x, &here, (size_t)m->n_cols, left, n);
            for (int g = 0; g < n_groups; g++)
                group_tile(TILE_PASS type, &p, g, &x, n, c == 0, left, first_lanes(n_rows - WIDE * g),
                           m->out + r - m->r0 + WIDE * g + (size_t)t * (size_t)m->ld, (size_t)m->ld);
        }
    }
}

#define ROWS(name)                                                           \
    static void rows_##name(const matmul *m)                                 \
    {                                                                        \
        TILES(type_has_halves(TENSOR_##name) ? 16 : 32);                     \
        for (int r = m->r0; r < m->r1; r += GROUPS * WIDE)                   \
            rows_panel(TILE_ARG TENSOR_##name, m, r);                        \
        TILES_END;                                                           \
    }
ROWS(Q8_0) ROWS(Q4_0) ROWS(Q4_1) ROWS(Q5_0) ROWS(Q5_1) ROWS(Q4_K) ROWS(Q5_K) ROWS(Q6_K)

static void matmul_int_tiles(const matmul *m)
{
    static void (*const rows[TENSOR_TYPE_COUNT])(const matmul *) = {
        [TENSOR_Q8_0] = rows_Q8_0, [TENSOR_Q4_0] = rows_Q4_0, [TENSOR_Q4_1] = rows_Q4_1,
        [TENSOR_Q5_0] = rows_Q5_0, [TENSOR_Q5_1] = rows_Q5_1, [TENSOR_Q4_K] = rows_Q4_K,
        [TENSOR_Q5_K] = rows_Q5_K, [TENSOR_Q6_K] = rows_Q6_K,
    };

    if (m->n_tokens < FEW_TOKENS)
        matmul_int_avx512(m);
    else
        rows[m->type](m);
}

#endif
