/* screen_pack_impl.h - a row of floats to its place in a group of screen.h.
 *
 * Every norm is rounded up. What is done per block is a parameter, so that a
 * table can have its own. */
#ifndef KERNELS_SCREEN_PACK_IMPL_H
#define KERNELS_SCREEN_PACK_IMPL_H

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

#define SCREEN_LEVELS 7.9375f /* the largest weight in steps: Q8_0's values keep their high nibbles */

typedef struct screen_packer {
    /* largest |w| of a block; NaN when a weight isn't finite */
    float (*largest)(const float *w);
    /* nibbles of row r into the block; sums of squares of e, p and w added to sum */
    void (*pack)(const float *w, float scale, int r, uint8_t *block, float sum[3]);
} screen_packer;

static inline __attribute__((always_inline)) float screen_pack_row(const float *w, int n_cols, int r, uint8_t *group,
                                                                   const screen_packer how)
{
    const int nb = n_cols / SCREEN_BLOCK;
    uint8_t *steps = group + screen_steps_at(n_cols) + r;
    float most = 0.0f, unit, rest = 0.0f, norms[2] = {0};
    bool packed = true;

    for (int b = 0; b < nb; b++) {
        const float top = how.largest(w + SCREEN_BLOCK * b);

        packed &= top == top;
        most = top > most ? top : most;
    }
    packed &= most == 0.0f || most > 1e-30f; /* else: never screened out */
    unit = packed ? most / (SCREEN_LEVELS * 255.0f) : 0.0f;
    for (int b = 0; b < nb; b++) {
        const float top = how.largest(w + SCREEN_BLOCK * b);
        const float steps_up = unit > 0.0f ? ceilf(top / (SCREEN_LEVELS * unit)) : 0.0f;
        const float step = steps_up > 255.0f ? 255.0f : steps_up;
        float sum[3] = {0}, bound;

        steps[SCREEN_ROWS * b] = packed ? (uint8_t)step : 255;
        if (step == 0.0f) {
            for (int j = 0; j < 4; j++)
                memset(group + 256 * b + 64 * j + 4 * r, 0, 4);
            continue;
        }
        how.pack(w + SCREEN_BLOCK * b, step * unit, r, group + 256 * b, sum);
        /* 1.0001 and 1e-5: rounding of the sums and of e itself */
        bound = (sqrtf(sum[0]) * 1.0001f + 1e-5f * top) / step;
        rest = bound > rest ? bound : rest;
        norms[0] += sum[1];
        norms[1] += sum[2];
    }
    rest = packed ? rest : INFINITY;
    memcpy(group + screen_units_at(n_cols) + 4 * r, &unit, sizeof unit);
    memcpy(group + screen_units_at(n_cols) + 4 * (SCREEN_ROWS + r), &rest, sizeof rest);
    return 1.0001f * sqrtf(norms[0] > norms[1] ? norms[0] : norms[1]);
}

#endif
