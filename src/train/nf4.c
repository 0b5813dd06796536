/* nf4.c - see nf4.h.
 *
 * Every operation is one F32 operation in the order of bitsandbytes: a number is
 * multiplied by the reciprocal of its scale (in an incomplete block divided by
 * it), and nested codes are looked up at 65,536 points. So a scale near the middle
 * of two levels is not always given the nearest one; equal codes are the aim. */
#include "train/nf4.h"

#include <math.h>

static const float levels[16] = {
    -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f,
    -0.18477343022823334f, -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f,
    0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f,
    0.7229568362236023f, 1.0f};

/* ---- the 8-bit levels of a scale ---- */
static void sort(float *x, int n)
{
    for (int i = 1; i < n; i++) {
        const float moved = x[i];
        int k = i;

        for (; k > 0 && x[k - 1] > moved; k--)
            x[k] = x[k - 1];
        x[k] = moved;
    }
}

/* Point i of n equal steps from 0.1 to 1, counted from the nearer end, each rounded once. */
static float boundary(int i, int n)
{
    const float step = (1.0f - 0.1f) / (float)n;

    return i < (n + 1) / 2 ? fmaf(step, (float)i, 0.1f) : fmaf(-step, (float)(n - i), 1.0f);
}

/* Seven decades up to 1; decade d has 2^d levels of each sign, the middles of equal steps. */
static void fill_levels(float *out)
{
    static const float decades[] = {1e-6f, 1e-5f, 1e-4f, 1e-3f, 1e-2f, 1e-1f, 1.0f};
    int n = 0;

    for (int d = 0; d < 7; d++)
        for (int i = 0; i < 1 << d; i++) {
            const float level = decades[d] * ((boundary(i, 1 << d) + boundary(i + 1, 1 << d)) / 2.0f);

            out[n++] = level;
            out[n++] = -level;
        }
    out[n++] = 0.0f;
    out[n++] = 1.0f;
    sort(out, n);
}

void nf4_table_init(nf4_table *t)
{
    int code = 0;

    fill_levels(t->levels);
    for (int i = 0; i < 256; i++) {
        t->pairs[i][0] = levels[i >> 4];
        t->pairs[i][1] = levels[i & 15];
    }
    for (int i = 0; i < 65536; i++) {
        const float x = (float)i / 32767.5f - 1.0f;

        while (code < 255 && fabsf(t->levels[code + 1] - x) < fabsf(t->levels[code] - x))
            code++;
        t->codes[i] = (uint8_t)code;
    }
}

/* ---- numbers ---- */
static float largest(const float *x, size_t n)
{
    float most = 0.0f;

    for (size_t i = 0; i < n; i++)
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
    return most;
}

static uint8_t code_of(float x)
{
    uint8_t code = 0;

    for (int i = 0; i < 15; i++) /* how many middles lie below x */
        code = (uint8_t)(code + (x > (levels[i] + levels[i + 1]) / 2.0f));
    return code;
}

static void quantise_block(const float *x, size_t n, uint8_t *codes, float *scale)
{
    const float most = largest(x, n), safe = most < 1e-38f ? 1e-38f : most, inverse = 1.0f / safe;

    *scale = n < NF4_BLOCK ? safe : most;
    for (size_t i = 0; i < n; i += 2) {
        const uint8_t high = code_of(n < NF4_BLOCK ? x[i] / safe : x[i] * inverse);
        const uint8_t low = i + 1 == n ? code_of(0.0f) : code_of(n < NF4_BLOCK ? x[i + 1] / safe : x[i + 1] * inverse);

        codes[i / 2] = (uint8_t)(high << 4 | low);
    }
}

void nf4_quantise(const float *x, size_t from, size_t n, nf4 *q, float *scales)
{
    for (size_t i = 0; i < n; i += NF4_BLOCK)
        quantise_block(x + i, n - i < NF4_BLOCK ? n - i : NF4_BLOCK, q->codes + (from + i) / 2,
                       scales + (from + i) / NF4_BLOCK);
}

/* ---- scales ---- */
static void nest_block(const float *x, size_t n, const nf4_table *t, uint8_t *codes, float *scale)
{
    const float most = largest(x, n), inverse = 1.0f / most; /* infinite for the tiniest */

    *scale = most;
    for (size_t i = 0; i < n; i++) {
        const float point = (x[i] * inverse + 1.0f) * 32767.5f + 0.5f;

        codes[i] = most > 0.0f ? t->codes[point >= 65535.0f ? 65535 : point > 0.0f ? (int)point : 0] : 0;
    }
}

void nf4_nest_scales(float *scales, const nf4_table *t, nf4 *q)
{
    const size_t blocks = nf4_blocks(q->n);

    q->t = t;
    for (size_t i = 0; i < blocks; i++)
        scales[i] -= q->offset;
    for (size_t i = 0; i < blocks; i += NF4_NESTED)
        nest_block(scales + i, blocks - i < NF4_NESTED ? blocks - i : NF4_NESTED, t, q->scale_codes + i,
                   q->scale_max + i / NF4_NESTED);
}

void nf4_quantise_scales(float *scales, const nf4_table *t, nf4 *q)
{
    const size_t blocks = nf4_blocks(q->n);
    double sum = 0.0;

    for (size_t i = 0; i < blocks; i++)
        sum += (double)scales[i];
    q->offset = (float)(sum / (double)blocks);
    nf4_nest_scales(scales, t, q);
}

/* The numbers of one block, or a part of it. */
static void dequantise_block(const nf4 *q, size_t block, const uint8_t *codes, int n, float *out)
{
    const float scale = q->t->levels[q->scale_codes[block]] * q->scale_max[block / NF4_NESTED] + q->offset;
    int i = 0;

    for (; i + 1 < n; i += 2) {
        const float *pair = q->t->pairs[codes[i / 2]];

        out[i] = pair[0] * scale;
        out[i + 1] = pair[1] * scale;
    }
    if (i < n)
        out[i] = q->t->pairs[codes[i / 2]][0] * scale;
}

void nf4_dequantise(const nf4 *q, size_t from, int n, float *out)
{
    for (int i = 0; i < n;) {
        const size_t at = from + (size_t)i, left = NF4_BLOCK - at % NF4_BLOCK;
        const int here = left < (size_t)(n - i) ? (int)left : n - i;

        dequantise_block(q, at / NF4_BLOCK, q->codes + at / 2, here, out + i);
        i += here;
    }
}
