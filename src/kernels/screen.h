/* screen.h - upper bounds of many dot products from a 4-bit copy of the rows.
 *
 * A row w (C) is kept as w = p + e with p = scale[b] (h - 7.5), h of 4 bits, b the
 * block of 32 columns, and activations are x = s[b] q + f, q of 8 bits. Then
 *     w.x = p.(s q) + p.f + e.x <= p.(s q) + |p| |f| + sum_b |e_b| |x_b|
 * by the inequality of Cauchy and Schwarz, in each block for e and over the row for
 * f. With |e_b| <= R scale[b] for one R per row the last sum needs no memory of its
 * own. A plane is half a byte a weight and one byte a block: what one reads to
 * know which rows can't be the largest product. */
#ifndef KERNELS_SCREEN_H
#define KERNELS_SCREEN_H

#include <stddef.h>
#include <stdint.h>

enum {
    SCREEN_ROWS = 16,   /* rows of a group, side by side */
    SCREEN_BLOCK = 32,
    SCREEN_ALIGN = 64
};

/* One group of 16 rows, C columns (a multiple of 32), in this order:
 *   nibbles  (C/32, 4, 16, 4) bytes: byte j,r,k of a block holds columns 8j+k (low) and 8j+4+k of row r
 *   steps    (C/32, 16) bytes, padded to 64: scale[b] = unit * step
 *   unit     (16) float
 *   rest     (16) float: R times unit */
static inline size_t screen_steps_at(int n_cols) { return (size_t)n_cols * SCREEN_ROWS / 2; }

static inline size_t screen_units_at(int n_cols)
{
    const size_t steps = (size_t)(n_cols / SCREEN_BLOCK) * SCREEN_ROWS;

    return screen_steps_at(n_cols) + (steps + SCREEN_ALIGN - 1) / SCREEN_ALIGN * SCREEN_ALIGN;
}

static inline size_t screen_group_bytes(int n_cols)
{
    return screen_units_at(n_cols) + 2 * SCREEN_ROWS * sizeof(float);
}

/* bound[i] for the rows of groups [g0, g1): unit (sum_b step half_scale (2 h.q -
 * fifteen)) + rest sum_b step norm. What is missing in that sum (|p| |f| and
 * rounding) is the caller's. */
typedef struct screen {
    const uint8_t *groups;     /* the whole plane, aligned to SCREEN_ALIGN */
    int n_cols, g0, g1;
    const int8_t *q;           /* (C) */
    const float *half_scale;   /* (C/32): s / 2 */
    const int32_t *fifteen;    /* (C/32): 15 times the sum of q */
    const float *norm;         /* (C/32): |x_b| */
    float *bound;              /* ((g1-g0)*16) */
} screen;

#endif
