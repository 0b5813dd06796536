/* kernels_amx.c - AVX-512's table with products of many tokens on tiles.
 *
 * A CPU flag is not a promise here: virtual machines were seen that claim AMX and
 * fault. So the system is asked for the permission, and then a small product is
 * computed by tiles and compared with AVX-512's, bit for bit, with a handler for
 * the fault; whoever fails keeps AVX-512's table. */
#include "kernels/kernels_impl.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; /* arch_prctl(2): ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA */

/* CPUID: tiles and products of bytes; XGETBV: the system keeps both tile states. */
static bool cpu_has_tiles(void)
{
    const unsigned tile = 1u << 24, bytes = 1u << 25, saved = 1u << 17 | 1u << 18;
    unsigned a, b, c, d, low, high;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & 1u << 27) || !__get_cpuid_count(7, 0, &a, &b, &c, &d) ||
        (d & (tile | bytes)) != (tile | bytes))
        return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & saved) == saved;
}

static sigjmp_buf after_fault;

static void on_fault(int signal_number)
{
    (void)signal_number;
    siglongjmp(after_fault, 1);
}

bool amx_agrees(void (*product)(const matmul *m))
{
    enum { ROWS = 70, COLS = 512, TOKENS = 17 };
    static const tensor_type types[] = {TENSOR_Q8_0, TENSOR_Q6_K};
    static uint8_t w[ROWS * COLS / 32 * 34];
    static int16_t q[TOKENS * COLS];
    static float scale[TOKENS * COLS / 32], weighted[TOKENS * COLS / 32], out[2][TOKENS * ROWS];
    static int32_t sum[TOKENS * COLS / 16];
    uint32_t s = 1;

    for (size_t i = 0; i < sizeof w; i++)
        w[i] = (uint8_t)((s = s * 1664525u + 1013904223u) >> 24);
    for (size_t i = 0; i < sizeof q / sizeof q[0]; i++)
        q[i] = (int16_t)((s = s * 1664525u + 1013904223u) >> 16 & 0x7fff);
    for (size_t i = 0; i < sizeof scale / sizeof scale[0]; i++)
        scale[i] = 1.0f + (float)(i % 7);
    for (int k = 0; k < 2; k++) {
        const size_t step = tensor_block_bytes(types[k]), at = k ? 208 : 0;
        matmul m = {.type = types[k], .w = w, .n_cols = COLS, .r1 = ROWS, .n_tokens = TOKENS,
                    .xq = {q, scale, weighted, sum}, .out = out[0], .ld = ROWS};

        for (size_t i = at; i + 2 <= sizeof w; i += step)
            memcpy(w + i, &(uint16_t){0x2c00}, 2); /* 1/16 */
        matmul_int_avx512(&m);
        m.out = out[1];
        product(&m);
        if (memcmp(out[0], out[1], sizeof out[0]))
            return false;
    }
    return true;
}

bool amx_works(void)
{
    struct sigaction before, now = {.sa_handler = on_fault};
    volatile bool ok = false;

    if (!cpu_has_tiles())
        return false;
    if (syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA)) {
        log_debug("amx: the system gives no permission for tiles");
        return false;
    }
    sigemptyset(&now.sa_mask);
    if (sigaction(SIGILL, &now, &before))
        return false;
    if (!sigsetjmp(after_fault, 1))
        ok = amx_agrees(matmul_int_amx);
    sigaction(SIGILL, &before, NULL);
    if (!ok)
        log_debug("amx: the tiles of this machine fault or compute something else; avx512 serves");
    return ok;
}
#endif
