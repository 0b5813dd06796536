/* bench_train.c - training steps on batches of a file or made-up ones: tokens per second, peak memory.
 *
 * usage: bench_train MODEL [tokens [steps [rank [threads]]]]
 * environment: TARGETS=share of positions with a target (default 0.25), BASE=nf4, F32=1,
 * KEEP and ACTIVATIONS=MiB (model.h) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "train/model.h"

static double clock_of(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const err *e)
{
    fprintf(stderr, "%s\n", e->msg);
    exit(err_exit_code(e->code));
}

static size_t mib(const char *name)
{
    const char *text = getenv(name);

    return text ? (size_t)strtoull(text, NULL, 10) << 20 | 1 : 0;
}

int main(int argc, char **argv)
{
    const int n = argc > 2 ? atoi(argv[2]) : 2048, steps = argc > 3 ? atoi(argv[3]) : 3;
    const char *share = getenv("TARGETS"), *base = getenv("BASE");
    const double part = share ? atof(share) : 0.25;
    err e = {0};
    train_model *m;
    int32_t *ids = calloc((size_t)n, sizeof *ids), *targets = calloc((size_t)n, sizeof *targets);
    train_segment segments[256];
    train_batch b = {ids, targets, n, segments, 0, 1.0f / (float)n, 0};
    struct rusage use;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_train MODEL [tokens [steps [rank [threads]]]]\n");
        return 2;
    }
    m = train_model_open(argv[1], &(train_model_options){.rank = argc > 4 ? atoi(argv[4]) : 64,
                         .n_threads = argc > 5 ? atoi(argv[5]) : 0, .max_tokens = n, .f32 = getenv("F32") != NULL,
                         .keep_bytes = mib("KEEP"), .activation_bytes = mib("ACTIVATIONS"),
                         .base = base && !strcmp(base, "nf4") ? TRAIN_BASE_NF4 : TRAIN_BASE_SERVED}, &e);
    if (!m)
        fail(&e);
    for (int t = 0; t < n; t += 256) { /* sequences of 256 tokens, the last part of each with targets */
        segments[b.n_segments++] = (train_segment){t, n - t < 256 ? n - t : 256, -1};
        for (int i = 0; i < 256 && t + i < n; i++) {
            ids[t + i] = i ? (int32_t)((t + i) * 7919 % 20000 + 5) : 2;
            targets[t + i] = i >= 256 * (1 - part) ? (int32_t)((t + i) * 104729 % 20000 + 5) : -1;
        }
    }
    for (int i = 0; i < steps; i++) {
        const double wall = clock_of(CLOCK_MONOTONIC), cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);
        double loss;
        int n_targets;

        b.step = (uint64_t)i;
        if (!train_model_step(m, &b, true, &loss, &n_targets, &e))
            fail(&e);
        getrusage(RUSAGE_SELF, &use);
        printf("{\"step\": %d, \"tokens\": %d, \"targets\": %d, \"loss\": %.4f, \"seconds\": %.3f, \"tokens_per_s\": %.1f, "
               "\"cpu_seconds\": %.3f, \"peak_mb\": %.0f, \"held_mb\": %.0f}\n", i, n, n_targets, loss / n_targets,
               clock_of(CLOCK_MONOTONIC) - wall, n / (clock_of(CLOCK_MONOTONIC) - wall),
               clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu, (double)use.ru_maxrss / 1024, (double)train_model_bytes(m) / 1048576);
        fflush(stdout);
    }
    train_model_close(m);
    free(ids);
    free(targets);
    return 0;
}
