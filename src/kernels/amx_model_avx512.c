/* amx_model_avx512.c - tiles in plain C, to test matmul_int_amx_impl.h anywhere.
 *
 * Written from the operation sections of LDTILECFG, TILELOADD, TILEZERO, TDPBSSD,
 * TDPBUSD and TILESTORED in Intel's SDM: rows of up to 64 bytes, 16 rows; what a
 * load or a product doesn't reach is zero. Shapes that the machine would refuse
 * abort. In no kernel table. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <assert.h>
#include <string.h>

typedef struct tiles {
    int rows[8], row_bytes[8];
    uint8_t data[8][16][64];
} tiles;

static void model_configure(tiles *s, int columns)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < 5; i++) { /* as configure in matmul_int_amx.c */
        s->row_bytes[i] = i == 2 || i == 3 ? columns : 64;
        s->rows[i] = i == 4 ? columns / 4 : 16;
    }
}

static void model_zero(tiles *s, int i) { memset(s->data[i], 0, sizeof s->data[i]); }

static void model_load(tiles *s, int i, const void *p, size_t stride)
{
    assert(s->rows[i] > 0);
    model_zero(s, i);
    for (int r = 0; r < s->rows[i]; r++)
        memcpy(s->data[i][r], (const uint8_t *)p + (size_t)r * stride, (size_t)s->row_bytes[i]);
}

static void model_store(const tiles *s, int i, void *p, size_t stride)
{
    for (int r = 0; r < s->rows[i]; r++)
        memcpy((uint8_t *)p + (size_t)r * stride, s->data[i][r], (size_t)s->row_bytes[i]);
}

static void model_dot(tiles *s, int c, int a, int b, bool a_signed)
{
    assert(s->rows[a] == s->rows[c] && s->row_bytes[a] == 4 * s->rows[b] && s->row_bytes[b] == s->row_bytes[c]);
    for (int m = 0; m < s->rows[c]; m++)
        for (int k = 0; k < s->row_bytes[a] / 4; k++)
            for (int n = 0; n < s->row_bytes[c] / 4; n++) {
                int32_t sum;

                memcpy(&sum, &s->data[c][m][4 * n], 4);
                for (int i = 0; i < 4; i++) {
                    const uint8_t x = s->data[a][m][4 * k + i];

                    sum += (a_signed ? (int8_t)x : x) * (int8_t)s->data[b][k][4 * n + i];
                }
                memcpy(&s->data[c][m][4 * n], &sum, 4);
            }
}

#define TILE_STATE tiles *state,
#define TILE_ARG &model,
#define TILE_PASS state,
#define TILES(columns) tiles model; model_configure(&model, columns)
#define TILES_END (void)model
#define TILE_ZERO(i) model_zero(state, i)
#define TILE_LOAD(i, p, stride) model_load(state, i, p, stride)
#define TILE_DOT_SS(c, a, b) model_dot(state, c, a, b, true)
#define TILE_DOT_US(c, a, b) model_dot(state, c, a, b, false)
#define TILE_STORE(i, p, stride) model_store(state, i, p, stride)
#include "kernels/matmul_int_amx_impl.h"

void matmul_int_amx_model(const matmul *m) { matmul_int_tiles(m); }
#endif
