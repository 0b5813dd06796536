/* bench_train.c - training steps on given or made-up batches: loss, tokens per second, peak memory.
 *
 * usage: bench_train MODEL [key=value ...], one line of JSON a step.
 *   steps=3 tokens=2048 targets=0.25 (share of made-up positions with a target)
 *   batches=FILE   int32: n, n_segments, ids (n), targets (n), segments (n_segments,3), and again
 *   adapter=FILE   the first values of what is learned: F32, flat (train_model_tensors)
 *   lr=0           AdamW (0.9, 0.999, 1e-8, no decay) on the mean loss of a batch
 *   rank=64 alpha=32 threads=0 f32=0 nf4=0 keep=0 activations=0 (MiB, model.h) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/file.h"
#include "train/model.h"
#include "train/optim.h"

enum { MOST_SEGMENTS = 4096 };

static void fail(const err *e)
{
    fprintf(stderr, "%s\n", e->msg);
    exit(e->code ? err_exit_code(e->code) : 1);
}

static double clock_of(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *option(int argc, char **argv, const char *key, const char *otherwise)
{
    const size_t n = strlen(key);

    for (int i = 2; i < argc; i++)
        if (!strncmp(argv[i], key, n) && argv[i][n] == '=')
            return argv[i] + n + 1;
    return otherwise;
}

static str read_all(const char *path)
{
    str s = {0};
    err e = {0};

    if (!file_read(path, (size_t)1 << 31, &s, &e))
        fail(&e);
    return s;
}

typedef struct source {
    const int32_t *at, *end; /* of a file, or NULL: made up */
    int n;
    double share;
    int32_t *ids, *targets;
    train_segment segments[MOST_SEGMENTS];
} source;

/* Sequences of 256 tokens, the last part of each with targets. */
static train_batch made_up(source *s)
{
    train_batch b = {.ids = s->ids, .targets = s->targets, .n = s->n, .segments = s->segments};

    for (int t = 0; t < s->n; t++) {
        s->ids[t] = t % 256 ? (int32_t)(t * 7919 % 20000 + 5) : 2;
        s->targets[t] = t % 256 >= 256 * (1 - s->share) ? (int32_t)(t * 104729 % 20000 + 5) : -1;
        if (t % 256 == 0)
            s->segments[b.n_segments++] = (train_segment){t, s->n - t < 256 ? s->n - t : 256, -1};
    }
    return b;
}

static train_batch next_batch(source *s)
{
    train_batch b = {.segments = s->segments};

    if (!s->at)
        return made_up(s);
    b.n = s->at[0];
    b.n_segments = s->at[1];
    b.ids = s->at + 2;
    b.targets = b.ids + b.n;
    s->at = b.targets + b.n;
    for (int i = 0; i < b.n_segments && i < MOST_SEGMENTS; i++, s->at += 3)
        s->segments[i] = (train_segment){s->at[0], s->at[1], s->at[2]};
    return b;
}

static void report(int step, const train_batch *b, double loss, int targets, double wall, double cpu)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    printf("{\"step\": %d, \"tokens\": %d, \"targets\": %d, \"loss\": %.6f, \"seconds\": %.3f, \"tokens_per_s\": %.1f, "
           "\"cpu_seconds\": %.3f, \"peak_mb\": %.0f}\n", step, b->n, targets, loss / targets, wall, b->n / wall, cpu,
           (double)use.ru_maxrss * 1024e-6);
    fflush(stdout);
}

static void run(train_model *m, optim *o, source *s, int steps, double lr)
{
    for (int i = 0; i < steps && (!s->at || s->at < s->end); i++) {
        const double wall = clock_of(CLOCK_MONOTONIC), cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);
        train_batch b = next_batch(s);
        double loss;
        int targets = 0;
        err e = {0};

        for (int t = 0; t < b.n; t++)
            targets += b.targets[t] >= 0;
        b.grad_scale = 1.0f / (float)targets;
        b.step = (uint64_t)i;
        train_model_zero_gradients(m);
        if (!train_model_step(m, &b, true, &loss, &targets, &e))
            fail(&e);
        optim_step(o, train_model_weights(m), train_model_gradients(m), 1.0f, lr);
        train_model_changed(m);
        report(i, &b, loss, targets, clock_of(CLOCK_MONOTONIC) - wall, clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    }
}

int main(int argc, char **argv)
{
    const char *batches = option(argc, argv, "batches", NULL), *adapter = option(argc, argv, "adapter", NULL);
    const int threads = atoi(option(argc, argv, "threads", "0"));
    source *s = calloc(1, sizeof *s);
    str given = {0}, first;
    err e = {0};
    train_model_options options = {
        .rank = atoi(option(argc, argv, "rank", "64")), .alpha = (float)atof(option(argc, argv, "alpha", "32")),
        .n_threads = threads, .f32 = *option(argc, argv, "f32", "0") == '1',
        .base = *option(argc, argv, "nf4", "0") == '1' ? TRAIN_BASE_NF4 : TRAIN_BASE_SERVED,
        .keep_bytes = strtoull(option(argc, argv, "keep", "0"), NULL, 10) << 20,
        .activation_bytes = strtoull(option(argc, argv, "activations", "0"), NULL, 10) << 20};
    train_model *m;
    pool *p;
    optim *o;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_train MODEL [key=value ...] (see the head of bench_train.c)\n");
        return 2;
    }
    s->n = options.max_tokens = atoi(option(argc, argv, "tokens", "2048"));
    s->share = atof(option(argc, argv, "targets", "0.25"));
    s->ids = calloc((size_t)s->n, sizeof *s->ids);
    s->targets = calloc((size_t)s->n, sizeof *s->targets);
    if (batches) {
        given = read_all(batches);
        s->at = (const int32_t *)(const void *)given.text;
        s->end = s->at + given.n / sizeof *s->at;
    }
    if (!(m = train_model_open(argv[1], &options, &e)) || !(p = pool_new(threads ? threads : cpu_count(), &e)) ||
        !(o = optim_new(train_model_count(m), &(optim_options){.beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f}, p, &e)))
        fail(&e);
    if (adapter) {
        first = read_all(adapter);
        if (first.n != train_model_count(m) * sizeof(float)) {
            fprintf(stderr, "%s: %zu bytes, expected %zu\n", adapter, first.n, train_model_count(m) * sizeof(float));
            return 2;
        }
        memcpy(train_model_weights(m), first.text, first.n);
        train_model_changed(m);
        str_deinit(&first);
    }
    run(m, o, s, atoi(option(argc, argv, "steps", batches ? "1000000" : "3")), atof(option(argc, argv, "lr", "0")));
    optim_free(o);
    pool_free(p);
    train_model_close(m);
    str_deinit(&given);
    free(s->ids);
    free(s->targets);
    free(s);
    return 0;
}
