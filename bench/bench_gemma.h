/* bench_gemma.h - what the two Gemma benches share: the model, runs, a line. */
#ifndef BENCH_GEMMA_H
#define BENCH_GEMMA_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "gemma/gemma.h"

enum { MAX_RUNS = 99 };

static inline void bench_fail(const err *e)
{
    fprintf(stderr, "%s\n", e->msg);
    exit(e->code ? err_exit_code(e->code) : 1);
}

static inline int bench_rate_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static inline double bench_cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* `tokens` is how many a run computes, for CPU time per token. */
static inline void bench_threads(const char *name, const char *path, int threads, int runs,
                                 double (*run)(gemma *g), int tokens)
{
    err e = {0};
    gemma *g = gemma_open(path, &(gemma_options){.n_threads = threads}, &e);
    double rate[MAX_RUNS], cpu;
    gemma_info info;

    if (!g)
        bench_fail(&e);
    gemma_describe(g, &info);
    run(g); /* warm */
    cpu = bench_cpu_ms();
    for (int i = 0; i < runs; i++)
        rate[i] = run(g);
    cpu = bench_cpu_ms() - cpu;
    qsort(rate, (size_t)runs, sizeof rate[0], bench_rate_order);
    printf("{\"name\": \"%s\", \"threads\": %d, \"kernels\": \"%s\", \"tokens_per_s\": %.1f, "
           "\"best\": %.1f, \"quartiles\": [%.1f, %.1f], \"runs\": %d, \"cpu_ms_per_token\": %.3f}\n",
           name, threads, info.kernels, rate[runs / 2], rate[runs - 1], rate[runs / 4], rate[runs * 3 / 4], runs,
           cpu / (runs * (double)tokens));
    fflush(stdout);
    gemma_close(g);
}

static inline int bench_gemma(const char *name, int argc, char **argv, double (*run)(gemma *g), int tokens)
{
    const int threads = argc > 2 ? atoi(argv[2]) : 0, runs = argc > 3 ? atoi(argv[3]) : 3;
    str path = {0};
    err e = {0};

    if (argc > 1)
        str_adds(&path, argv[1]);
    else if (!home_path(&path, "models/gemma-3-270m-Q4_K_M.gguf", &e))
        bench_fail(&e);
    for (int t = threads > 0 ? threads : 1; t <= (threads > 0 ? threads : 2); t++)
        bench_threads(name, path.text, t, runs < 1 ? 1 : runs > MAX_RUNS ? MAX_RUNS : runs, run, tokens);
    str_deinit(&path);
    return 0;
}

#endif
