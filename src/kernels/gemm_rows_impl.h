/* gemm_rows_impl.h - the row functions of gemm.h, once for every vector width.
 *
 * The including file defines LANES (floats per vector) and TABLE(name), the
 * suffix of its functions. Vectors are the compiler's own, so this is portable C
 * and each table gets the registers that its file is compiled for. Sums go over LANES
 * partial sums in ascending order, then halves are folded. */
#include <math.h>
#include <string.h>

#include "kernels/gemm.h"

typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));
typedef float lanes_at __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE lanes all(float x) { return x - (lanes){0}; }
INLINE lanes choose(ints mask, lanes a, lanes b) { return (lanes)(((ints)a & mask) | ((ints)b & ~mask)); }
INLINE lanes lower(lanes a, lanes b) { return choose(a < b, a, b); }
INLINE lanes higher(lanes a, lanes b) { return choose(a > b, a, b); }

/* n >= LANES: a whole vector; fewer: the rest filled with `fill` */
INLINE lanes get(const float *p, int n, float fill)
{
    float part[LANES];

    if (n >= LANES)
        return *(const lanes_at *)p;
    for (int i = 0; i < LANES; i++)
        part[i] = i < n ? p[i] : fill;
    return *(const lanes_at *)part;
}

INLINE void put(float *p, int n, lanes x)
{
    if (n >= LANES) {
        *(lanes_at *)p = x;
        return;
    }
    for (int i = 0; i < n; i++)
        p[i] = x[i];
}

INLINE float fold_sum(lanes x)
{
    float part[LANES];

    memcpy(part, &x, sizeof part);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            part[i] += part[i + half];
    return part[0];
}

INLINE float fold_max(lanes x)
{
    float part[LANES];

    memcpy(part, &x, sizeof part);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            part[i] = part[i] > part[i + half] ? part[i] : part[i + half];
    return part[0];
}

/* e^x within a few ulp; x is held to [-87, 88], and 0 below (so e^-inf = 0). */
INLINE lanes exp_of(lanes x)
{
    const lanes in = higher(lower(x, all(88.0f)), all(-87.0f));
    const lanes n = (in * 1.44269504f + 12582912.0f) - 12582912.0f; /* to the nearest integer */
    const lanes r = (in - n * 0.693145752f) - n * 1.42860677e-6f;
    lanes p = all(1.0f / 5040);

    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    p = p * (lanes)((__builtin_convertvector(n, ints) + 127) << 23);
    return (lanes)((ints)p & (x >= all(-87.0f)));
}

static float TABLE(dot)(const float *a, const float *b, int n)
{
    lanes sum = {0};

    for (int i = 0; i < n; i += LANES)
        sum += get(a + i, n - i, 0) * get(b + i, n - i, 0);
    return fold_sum(sum);
}

static void TABLE(scale)(float *x, float by, int n)
{
    for (int i = 0; i < n; i += LANES)
        put(x + i, n - i, get(x + i, n - i, 0) * by);
}

static void TABLE(add_scaled)(const float *x, float by, int n, float *out)
{
    for (int i = 0; i < n; i += LANES)
        put(out + i, n - i, get(out + i, n - i, 0) + get(x + i, n - i, 0) * by);
}

static void TABLE(rms_norm)(const float *x, const float *gain, float eps, int n, float *out)
{
    const float r = 1.0f / sqrtf(TABLE(dot)(x, x, n) / (float)n + eps);

    for (int i = 0; i < n; i += LANES)
        put(out + i, n - i, get(x + i, n - i, 0) * r * get(gain + i, n - i, 0));
}

/* y_i = g_i x_i r, r = (mean(x^2) + eps)^-1/2:
 * dx_i = r g_i dy_i - x_i r^3 / n sum_j g_j dy_j x_j */
static void TABLE(rms_backward)(const float *x, const float *gain, float eps, const float *dy, int n, float *dx)
{
    const float r = 1.0f / sqrtf(TABLE(dot)(x, x, n) / (float)n + eps);
    lanes sum = {0};
    float back;

    for (int i = 0; i < n; i += LANES)
        sum += get(gain + i, n - i, 0) * get(dy + i, n - i, 0) * get(x + i, n - i, 0);
    back = fold_sum(sum) * r * r * r / (float)n;
    for (int i = 0; i < n; i += LANES)
        put(dx + i, n - i, get(gain + i, n - i, 0) * get(dy + i, n - i, 0) * r - get(x + i, n - i, 0) * back);
}

/* gelu_tanh(g) = g s, s = (1 + tanh u) / 2 = 1 / (1 + e^-2u), u = sqrt(2/pi) (g + 0.044715 g^3) */
INLINE lanes gelu_gate(lanes g)
{
    return 1.0f / (1.0f + exp_of(g * (1.0f + 0.044715f * g * g) * -1.59576912f));
}

static void TABLE(gelu_mul)(const float *gate, const float *up, int n, float *out)
{
    for (int i = 0; i < n; i += LANES) {
        const lanes g = get(gate + i, n - i, 0);

        put(out + i, n - i, g * gelu_gate(g) * get(up + i, n - i, 0));
    }
}

/* d gelu / dg = s + g s (1 - s) 2 u', u' = sqrt(2/pi) (1 + 3 0.044715 g^2) */
static void TABLE(gelu_backward)(const float *gate, const float *up, const float *dout, int n, float *dgate, float *dup)
{
    for (int i = 0; i < n; i += LANES) {
        const lanes g = get(gate + i, n - i, 0), s = gelu_gate(g), d = get(dout + i, n - i, 0);
        const lanes slope = s + g * s * (1.0f - s) * (1.0f + 0.134145f * g * g) * 1.59576912f;
        const lanes u = get(up + i, n - i, 0);

        put(dgate + i, n - i, d * u * slope);
        put(dup + i, n - i, d * g * s);
    }
}

static float TABLE(largest)(const float *x, int n)
{
    lanes top = all(-INFINITY);

    for (int i = 0; i < n; i += LANES)
        top = higher(get(x + i, n - i, -INFINITY), top);
    return fold_max(top);
}

static float TABLE(exp_sum)(float *x, float top, int n)
{
    lanes sum = {0};

    for (int i = 0; i < n; i += LANES) {
        const lanes e = exp_of(get(x + i, n - i, -INFINITY) - top);

        sum += e;
        put(x + i, n - i, e);
    }
    return fold_sum(sum);
}

/* y = c tanh(x / c), dy/dx = 1 - (y / c)^2 */
static void TABLE(soft_cap)(float *x, float cap, int n, float *slope)
{
    for (int i = 0; i < n; i += LANES) {
        const lanes t = 1.0f - 2.0f / (exp_of(get(x + i, n - i, 0) * (2.0f / cap)) + 1.0f);

        put(x + i, n - i, t * cap);
        put(slope + i, n - i, 1.0f - t * t);
    }
}

static void TABLE(layer_norm)(const float *x, const float *gain, const float *bias, float eps, int n, float *out)
{
    lanes sum = {0}, square = {0};
    float mean, r;

    for (int i = 0; i < n; i += LANES)
        sum += get(x + i, n - i, 0);
    mean = fold_sum(sum) / (float)n;
    for (int i = 0; i < n; i += LANES) {
        const lanes d = get(x + i, n - i, mean) - mean;

        square += d * d;
    }
    r = 1.0f / sqrtf(fold_sum(square) / (float)n + eps);
    for (int i = 0; i < n; i += LANES)
        put(out + i, n - i,
            (get(x + i, n - i, 0) - mean) * r * get(gain + i, n - i, 0) + get(bias + i, n - i, 0));
}

/* erfc(z) = (a1 t + ... + a5 t^5) e^-z^2, t = 1 / (1 + p z), z >= 0 (Abramowitz and Stegun 1964,
 * 7.1.26): no difference of near numbers, so small results keep their digits. */
static void TABLE(gelu_erf)(const float *x, int n, float *out)
{
    for (int i = 0; i < n; i += LANES) {
        const lanes v = get(x + i, n - i, 0), z = higher(v, -v) * 0.70710678f;
        const lanes t = 1.0f / (1.0f + 0.3275911f * z);
        lanes p = all(1.061405429f);
        lanes tail;

        p = p * t - 1.453152027f;
        p = p * t + 1.421413741f;
        p = p * t - 0.284496736f;
        p = p * t + 0.254829592f;
        tail = 0.5f * p * t * exp_of(-(z * z)); /* half of erfc(z) */
        put(out + i, n - i, v * choose(v >= 0.0f, 1.0f - tail, tail));
    }
}
