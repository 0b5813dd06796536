/* bench_embed.c - milliseconds of one text, and of 256; texts are questions of 8 to 12 words.
 * usage: bench_embed FOLDER [threads [int8]]; JSON lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bench.h"
#include "minilm/minilm.h"

enum { BATCH = 256, RUNS = 9, WIDTH = 384 };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const minilm *m, const char *name, const char *const *texts, size_t n, int repeat)
{
    static float out[BATCH * WIDTH];
    double ms[RUNS];
    err e = {0};

    for (int r = 0; r < RUNS; r++) {
        const double start = clock_ms();

        for (int i = 0; i < repeat; i++)
            if (!minilm_embed(m, texts, n, out, &e)) {
                fprintf(stderr, "%s\n", e.msg);
                exit(1);
            }
        ms[r] = (clock_ms() - start) / repeat;
    }
    qsort(ms, RUNS, sizeof ms[0], by_value);
    printf("{\"name\":\"%s\",\"ms\":%.3f,\"best_ms\":%.3f}\n", name, ms[RUNS / 2], ms[0]);
}

int main(int argc, char **argv)
{
    static char texts[BATCH][80];
    const char *list[BATCH];
    const bool int8 = argc > 3;
    err e = {0};
    minilm *m = argc > 1 ? minilm_open(argv[1], &(minilm_options){.threads = argc > 2 ? atoi(argv[2]) : 0, .int8 = int8}, &e) : NULL;

    if (!m || minilm_width(m) != WIDTH)
        return fprintf(stderr, "usage: bench_embed FOLDER [threads [int8]] %s\n", e.msg), 2;
    for (int i = 0; i < BATCH; i++) {
        snprintf(texts[i], sizeof texts[i], "Which active stores grew fastest in %d?", 1900 + i);
        list[i] = texts[i];
    }
    measure(m, int8 ? "embed_one_int8" : "embed_one", list, 1, 10);
    measure(m, int8 ? "embed_batch_int8" : "embed_batch", list, BATCH, 1);
    minilm_close(m);
    return 0;
}
