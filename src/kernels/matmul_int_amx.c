/* matmul_int_amx.c - the tiles of matmul_int_amx_impl.h as instructions.
 *
 * The intrinsics of gcc 12 name no memory as read or written; the barriers do. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <immintrin.h>

typedef struct tile_config { /* Intel SDM, LDTILECFG, palette 1 */
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;
_Static_assert(sizeof(tile_config) == 64, "LDTILECFG reads 64 bytes");

/* Shapes for `columns` (32 or 16) columns of the product in a tile's row. */
static void configure(int columns)
{
    tile_config c = {.palette = 1};

    for (int i = 0; i < 5; i++) { /* as numbered in the impl: two sums, two activations, weights */
        c.row_bytes[i] = (uint16_t)(i == 2 || i == 3 ? columns : 64);
        c.rows[i] = (uint8_t)(i == 4 ? columns / 4 : 16);
    }
    __asm__ volatile("" : : "r"(&c) : "memory");
    _tile_loadconfig(&c);
}

#define BARRIER __asm__ volatile("" : : : "memory")
#define TILE_STATE
#define TILE_ARG
#define TILE_PASS
#define TILES(columns) configure(columns)
#define TILES_END _tile_release()
#define TILE_ZERO(i) _tile_zero(i)
#define TILE_LOAD(i, p, stride)      \
    do {                             \
        BARRIER;                     \
        _tile_loadd(i, p, stride);   \
    } while (0)
#define TILE_DOT_SS(c, a, b) _tile_dpbssd(c, a, b)
#define TILE_DOT_US(c, a, b) _tile_dpbusd(c, a, b)
#define TILE_STORE(i, p, stride) _tile_stored(i, p, stride)
#include "kernels/matmul_int_amx_impl.h"

void matmul_int_amx(const matmul *m) { matmul_int_tiles(m); }
#endif
