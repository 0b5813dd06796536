/* quantise.c - numbers to ggml's block formats (github.com/ggml-org/ggml, docs/gguf.md; layouts as
 * in kernels/dequant_impl.h).
 *
 * Q8_0 and Q5_0 are defined by their scale, so the bytes are those of any other writer. Q4_K and
 * Q6_K leave the choice of scales to the writer. Here a block's step (and offset) is fitted by
 * weighted least squares from several starting steps, each followed by rounding again
 * until nothing moves: an alternating minimisation of sum w (s q + m - x)^2. Larger numbers weigh more, as
 * their errors do in a product. */
#include <math.h>
#include <string.h>

#include "merge/merge.h"

static uint16_t to_f16(float x)
{
    uint32_t bits, sign, rest;
    int exponent;

    memcpy(&bits, &x, sizeof bits);
    sign = bits >> 16 & 0x8000u;
    exponent = (int)(bits >> 23 & 255) - 112;
    rest = bits & 0x7fffffu;
    if (exponent >= 31)
        return (uint16_t)(sign | 0x7c00u | (exponent == 143 && rest ? 0x200u : 0));
    if (exponent < -10)
        return (uint16_t)sign;
    if (exponent <= 0) { /* subnormal: shift the whole significand, to nearest, ties to even */
        const int shift = 14 - exponent;
        const uint32_t whole = rest | 0x800000u, half = 1u << (shift - 1), cut = whole & ((1u << shift) - 1);
        const uint32_t kept = whole >> shift;

        return (uint16_t)(sign | (kept + (cut > half || (cut == half && kept & 1))));
    }
    bits = (uint32_t)exponent << 10 | rest >> 13;
    rest &= 0x1fffu;
    return (uint16_t)(sign | (bits + (rest > 0x1000u || (rest == 0x1000u && bits & 1))));
}

static float from_f16(uint16_t h)
{
    const int exponent = h >> 10 & 31;
    const float size = exponent ? ldexpf((float)(1024 + (h & 1023)), exponent - 25) : ldexpf((float)(h & 1023), -24);

    return h & 0x8000 ? -size : size;
}

static void put_f16(uint8_t *p, float x)
{
    const uint16_t h = to_f16(x);

    p[0] = (uint8_t)h;
    p[1] = (uint8_t)(h >> 8);
}

static int clamp(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

/* ---- Q8_0 and Q5_0 ---- */

static void q8_0_block(const float *x, uint8_t *out)
{
    float most = 0, scale, inverse;

    for (int i = 0; i < 32; i++)
        most = fmaxf(most, fabsf(x[i]));
    scale = most / 127;
    inverse = scale != 0 ? 1 / scale : 0;
    put_f16(out, scale);
    for (int i = 0; i < 32; i++)
        out[2 + i] = (uint8_t)(int8_t)roundf(x[i] * inverse);
}

/* The number of largest size becomes exactly -16 steps. */
static void q5_0_block(const float *x, uint8_t *out)
{
    float most = 0, scale, inverse;
    uint32_t high = 0;

    for (int i = 0; i < 32; i++)
        if (fabsf(x[i]) > fabsf(most))
            most = x[i];
    scale = most / -16;
    inverse = scale != 0 ? 1 / scale : 0;
    put_f16(out, scale);
    for (int i = 0; i < 16; i++) {
        const int a = clamp((int)(x[i] * inverse + 16.5f), 0, 31), b = clamp((int)(x[i + 16] * inverse + 16.5f), 0, 31);

        out[6 + i] = (uint8_t)((a & 15) | (b & 15) << 4);
        high |= (uint32_t)(a >> 4) << i | (uint32_t)(b >> 4) << (i + 16);
    }
    for (int i = 0; i < 4; i++)
        out[2 + i] = (uint8_t)(high >> 8 * i);
}

/* ---- fitting ---- */

enum { MAX_GROUP = 32, ROUNDS = 4 };

static void fill_weights(const float *x, int n, float *w)
{
    float squares = 0, size;

    for (int i = 0; i < n; i++)
        squares += x[i] * x[i];
    size = sqrtf(squares / (float)n);
    for (int i = 0; i < n; i++)
        w[i] = size + fabsf(x[i]);
}

/* x ~ step * q + offset, offset <= 0, q in [0, most]: sums of the normal equations. */
typedef struct fit {
    float step, offset, error;
} fit;

static float affine_error(const float *x, const float *w, int n, const int *q, float step, float offset)
{
    float sum = 0;

    for (int i = 0; i < n; i++) {
        const float d = step * (float)q[i] + offset - x[i];

        sum += w[i] * d * d;
    }
    return sum;
}

static void round_affine(const float *x, int n, float step, float offset, int most, int *q)
{
    for (int i = 0; i < n; i++)
        q[i] = step > 0 ? clamp((int)lrintf((x[i] - offset) / step), 0, most) : 0;
}

/* The best step and offset for given q. */
static fit solve_affine(const float *x, const float *w, int n, const int *q)
{
    float sw = 0, sq = 0, sqq = 0, sx = 0, sxq = 0, determinant;
    fit f = {0};

    for (int i = 0; i < n; i++) {
        const float wq = w[i] * (float)q[i];

        sw += w[i];
        sq += wq;
        sqq += wq * (float)q[i];
        sx += w[i] * x[i];
        sxq += wq * x[i];
    }
    determinant = sw * sqq - sq * sq;
    if (determinant > 0) {
        f.step = (sw * sxq - sq * sx) / determinant;
        f.offset = (sqq * sx - sq * sxq) / determinant;
    }
    if ((determinant <= 0 || f.offset > 0) && sqq > 0) { /* the format's offset is never above 0 */
        f.offset = 0;
        f.step = sxq / sqq;
    }
    f.error = affine_error(x, w, n, q, f.step, f.offset);
    return f;
}

static fit fit_affine(const float *x, int n, int most)
{
    float w[MAX_GROUP], low = x[0], high = x[0];
    int q[MAX_GROUP];
    fit best;

    fill_weights(x, n, w);
    for (int i = 1; i < n; i++) {
        low = fminf(low, x[i]);
        high = fmaxf(high, x[i]);
    }
    low = fminf(low, 0);
    best = (fit){.offset = low, .error = INFINITY};
    if (high <= low)
        return best;
    for (int k = -10; k <= 4; k++) { /* steps from 2/3 above to 1/5 below the plain one */
        fit f = {.step = (high - low) / ((float)most + 0.4f * (float)k), .offset = low};

        for (int round = 0; round < ROUNDS && f.step > 0; round++) {
            round_affine(x, n, f.step, f.offset, most, q);
            f = solve_affine(x, w, n, q);
            if (f.step > 0 && f.error < best.error)
                best = f;
        }
    }
    return best;
}

/* x ~ step * q, q in [-most - 1, most]; step may be negative. */
static float fit_plain(const float *x, int n, int most)
{
    float w[MAX_GROUP], top = 0, best = 0, least = INFINITY;

    fill_weights(x, n, w);
    for (int i = 0; i < n; i++)
        if (fabsf(x[i]) > fabsf(top))
            top = x[i];
    if (top == 0)
        return 0;
    for (int k = -9; k <= 9; k++) {
        float step = top / (-(float)(most + 1) - 0.1f * (float)k);

        for (int round = 0; round < ROUNDS; round++) {
            float sxq = 0, sqq = 0, sxx = 0;

            for (int i = 0; i < n; i++) {
                const float q = (float)clamp((int)lrintf(x[i] / step), -most - 1, most);

                sxq += w[i] * x[i] * q;
                sqq += w[i] * q * q;
                sxx += w[i] * x[i] * x[i];
            }
            if (!(sqq > 0) || sxq == 0)
                break;
            step = sxq / sqq;
            if (sxx - sxq * step < least) {
                least = sxx - sxq * step;
                best = step;
            }
        }
    }
    return best;
}

/* ---- Q4_K: 8 groups of 32, each with a step and an offset of 6 bits ---- */

static void put_k_scales(const uint8_t *steps, const uint8_t *offsets, uint8_t *out)
{
    memset(out, 0, 12);
    for (int j = 0; j < 4; j++) {
        out[j] = steps[j];
        out[j + 4] = offsets[j];
    }
    for (int j = 4; j < 8; j++) {
        out[j + 4] = (uint8_t)((steps[j] & 15) | (offsets[j] & 15) << 4);
        out[j - 4] = (uint8_t)(out[j - 4] | steps[j] >> 4 << 6);
        out[j] = (uint8_t)(out[j] | offsets[j] >> 4 << 6);
    }
}

static float largest_of(const float *x, int n)
{
    float most = 0;

    for (int i = 0; i < n; i++)
        most = fmaxf(most, x[i]);
    return most;
}

static void to_6_bits(const float *x, float step, uint8_t *q)
{
    for (int j = 0; j < 8; j++)
        q[j] = step > 0 ? (uint8_t)clamp((int)lrintf(x[j] / step), 0, 63) : 0;
}

static void q4_k_block(const float *x, uint8_t *out)
{
    float steps[8], offsets[8], d, dmin;
    uint8_t step_bits[8], offset_bits[8];
    int q[256];

    for (int j = 0; j < 8; j++) {
        const fit f = fit_affine(x + 32 * j, 32, 15);

        steps[j] = f.step;
        offsets[j] = -f.offset;
    }
    put_f16(out, largest_of(steps, 8) / 63);
    put_f16(out + 2, largest_of(offsets, 8) / 63);
    d = from_f16((uint16_t)(out[0] | out[1] << 8));
    dmin = from_f16((uint16_t)(out[2] | out[3] << 8));
    to_6_bits(steps, d, step_bits);
    to_6_bits(offsets, dmin, offset_bits);
    put_k_scales(step_bits, offset_bits, out + 4);
    for (int j = 0; j < 8; j++) /* with the steps as they are stored */
        round_affine(x + 32 * j, 32, d * (float)step_bits[j], -(dmin * (float)offset_bits[j]), 15, q + 32 * j);
    for (int j = 0; j < 256; j += 64)
        for (int i = 0; i < 32; i++)
            out[16 + j / 2 + i] = (uint8_t)(q[j + i] | q[j + i + 32] << 4);
}

/* ---- Q6_K: 16 groups of 16, each with a signed step of 8 bits ---- */

static void q6_k_block(const float *x, uint8_t *out)
{
    float steps[16], top = 0, d;
    int q[256];

    for (int j = 0; j < 16; j++) {
        steps[j] = fit_plain(x + 16 * j, 16, 31);
        if (fabsf(steps[j]) > fabsf(top))
            top = steps[j];
    }
    put_f16(out + 208, top / -128);
    d = from_f16((uint16_t)(out[208] | out[209] << 8));
    for (int j = 0; j < 16; j++) {
        const int scale = d != 0 ? clamp((int)lrintf(steps[j] / d), -128, 127) : 0;
        const float step = d * (float)scale;

        out[192 + j] = (uint8_t)(int8_t)scale;
        for (int i = 16 * j; i < 16 * (j + 1); i++)
            q[i] = 32 + (step != 0 ? clamp((int)lrintf(x[i] / step), -32, 31) : 0);
    }
    for (int half = 0; half < 2; half++)
        for (int i = 0; i < 32; i++) {
            const int *p = q + 128 * half + i;

            out[64 * half + i] = (uint8_t)((p[0] & 15) | (p[64] & 15) << 4);
            out[64 * half + 32 + i] = (uint8_t)((p[32] & 15) | (p[96] & 15) << 4);
            out[128 + 32 * half + i] = (uint8_t)(p[0] >> 4 | p[32] >> 4 << 2 | p[64] >> 4 << 4 | p[96] >> 4 << 6);
        }
}

static void f16_number(const float *x, uint8_t *out) { put_f16(out, *x); }

static void bf16_number(const float *x, uint8_t *out)
{
    uint32_t bits;

    memcpy(&bits, x, sizeof bits);
    bits += 0x7fff + (bits >> 16 & 1);
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 24);
}

static void f32_number(const float *x, uint8_t *out) { memcpy(out, x, sizeof *x); }

void merge_quantise(tensor_type type, const float *x, int64_t n, void *out)
{
    static void (*const blocks[TENSOR_TYPE_COUNT])(const float *x, uint8_t *out) = {
        [TENSOR_F32] = f32_number, [TENSOR_F16] = f16_number, [TENSOR_BF16] = bf16_number, [TENSOR_Q8_0] = q8_0_block,
        [TENSOR_Q5_0] = q5_0_block, [TENSOR_Q4_K] = q4_k_block, [TENSOR_Q6_K] = q6_k_block};
    const int block = tensor_block_size(type);
    const size_t size = tensor_block_bytes(type);
    uint8_t *to = out;

    for (int64_t i = 0; i < n; i += block, to += size)
        blocks[type](x + i, to);
}
