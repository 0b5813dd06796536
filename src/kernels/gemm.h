/* gemm.h - products of matrices for training: C (M,N) = A (M,k) B (k,N), and the
 * row functions that stand between them, forward and backward.
 *
 * A is row-major. B is packed into panels of GEMM_PANEL columns; within a panel
 * `pair` neighbours of k lie side by side:
 *
 *     panel[(k / pair * GEMM_PANEL + n) * pair + k % pair]
 *
 * so one load gives a vector of columns, and VDPBF16PS its two products per lane. Elements
 * are BF16 (rounded to nearest even) or F32; sums are always F32. Missing columns and an odd
 * last k are zeros in the panel, so A may be anything finite there.
 *
 * One output element is one sequence of operations, whatever M, N and the row's place
 * in a tile. Nothing here allocates or fails. */
#ifndef KERNELS_GEMM_H
#define KERNELS_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { GEMM_PANEL = 64 };

typedef struct gemm_ops {
    const char *name;  /* "bf16-avx512", "f32-avx512", "f32-avx2", "f32-scalar" */
    size_t elem_bytes; /* 2 or 4 */
    int pair;          /* 2 or 1 */

    void (*store)(const float *x, int n, void *out); /* F32 to elements */
    void (*load)(const void *x, int n, float *out);

    /* One panel, or a part of one that begins at an even k (out + k * GEMM_PANEL elements).
     * pack_nk: src holds n <= GEMM_PANEL rows of k elements (rows are B's columns);
     * pack_kn: src holds k rows of n <= GEMM_PANEL elements. ld in elements. */
    void (*pack_nk)(const void *src, size_t ld, int n, int k, void *out);
    void (*pack_kn)(const void *src, size_t ld, int n, int k, void *out);
    void (*transpose)(const void *src, size_t ld, int rows, int cols, void *out, size_t ld_out);

    /* c (m,GEMM_PANEL) = or += a (m,k) panel (k,GEMM_PANEL); k a multiple of `pair`. */
    void (*tile)(const void *a, size_t lda, const void *panel, int m, int k, float *c, size_t ldc, bool add);

    /* Rows of n floats. norm(x) = x / sqrt(mean(x^2) + eps) * gain; out may be x.
     * rms_backward: dx = the gradient of norm(x) for dy; dx may be dy. */
    void (*rms_norm)(const float *x, const float *gain, float eps, int n, float *out);
    void (*rms_backward)(const float *x, const float *gain, float eps, const float *dy, int n, float *dx);
    /* out = gelu_tanh(gate) up; backward: dgate and dup for dout; dgate or dup may be dout. */
    void (*gelu_mul)(const float *gate, const float *up, int n, float *out);
    void (*gelu_backward)(const float *gate, const float *up, const float *dout, int n, float *dgate, float *dup);
    float (*largest)(const float *x, int n);               /* -INFINITY for n = 0 */
    float (*exp_sum)(float *x, float top, int n);          /* x = e^(x - top); their sum */
    float (*dot)(const float *a, const float *b, int n);
    void (*scale)(float *x, float by, int n);
    void (*add_scaled)(const float *x, float by, int n, float *out); /* out += by x */
    void (*soft_cap)(float *x, float cap, int n, float *slope); /* cap tanh(x / cap) and its derivative */
    /* Of encoders: (x - mean) / sqrt(variance + eps) * gain + bias; and the exact
     * x (1 + erf(x / sqrt 2)) / 2 within 3e-7 * (1 + |x|). out may be x. */
    void (*layer_norm)(const float *x, const float *gain, const float *bias, float eps, int n, float *out);
    void (*gelu_erf)(const float *x, int n, float *out);
} gemm_ops;

/* The fastest table of F32 elements, or of BF16 ones where the CPU multiplies them (F32
 * where it does not). $SALESBOT_KERNELS=scalar|avx2 narrows the choice. Thread-safe. */
const gemm_ops *gemm_get(bool f32);

/* Every table this CPU can run, for tests; the scalar one first. */
const gemm_ops *const *gemm_all(int *count);

/* Elements of a packed (k,n) matrix. */
static inline size_t gemm_packed(const gemm_ops *o, int k, int n)
{
    const size_t pair = (size_t)o->pair;
    const size_t panels = ((size_t)n + GEMM_PANEL - 1) / GEMM_PANEL;

    return ((size_t)k + pair - 1) / pair * pair * GEMM_PANEL * panels;
}

#endif
