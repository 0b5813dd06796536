/* bench_answer.c - seconds for a question and its answer after a cached schema: 60
 * tokens of prompt and 40 greedy ones, after 512 that the session holds; and
 * what the process keeps resident. One JSON line.
 * usage: bench_answer model.gguf [threads [runs]] */
#include <string.h>

#include "bench_gemma.h"

enum { SCHEMA = 512, QUESTION = 60, ANSWER = 40 };

static double resident_mb(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    double kb = 0;

    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "VmHWM:", 6))
            kb = atof(line + 6);
    if (f)
        fclose(f);
    return kb / 1e3;
}

static double answer_run(gemma_session *s, const int32_t *ids)
{
    double t0;
    err e = {0};

    if (!session_rewind(s, SCHEMA, &e))
        bench_fail(&e);
    t0 = clock_ms();
    if (!session_extend(s, ids + SCHEMA, QUESTION, &e))
        bench_fail(&e);
    for (int i = 0; i < ANSWER; i++) {
        const int32_t best = session_best(s);

        if (i + 1 < ANSWER && !session_extend(s, &best, 1, &e))
            bench_fail(&e);
    }
    return (clock_ms() - t0) / 1e3;
}

int main(int argc, char **argv)
{
    const int threads = argc > 2 ? atoi(argv[2]) : 2, wanted = argc > 3 ? atoi(argv[3]) : 1;
    const int runs = wanted < 1 ? 1 : wanted > MAX_RUNS ? MAX_RUNS : wanted;
    int32_t ids[SCHEMA + QUESTION];
    double seconds[MAX_RUNS];
    err e = {0};
    gemma *g = argc > 1 ? gemma_open(argv[1], &(gemma_options){.n_threads = threads}, &e) : NULL;
    gemma_session *s = g ? gemma_session_open(g, &(gemma_session_options){.max_tokens = 1024}, &e) : NULL;

    for (int i = 0; i < SCHEMA + QUESTION; i++)
        ids[i] = 2 + i * 97 % 20000;
    if (!s || !session_extend(s, ids, SCHEMA, &e))
        bench_fail(&e);
    for (int i = 0; i < runs; i++)
        seconds[i] = answer_run(s, ids);
    qsort(seconds, (size_t)runs, sizeof seconds[0], bench_rate_order);
    printf("{\"name\": \"answer\", \"threads\": %d, \"seconds\": %.3f, \"best\": %.3f, \"runs\": %d, \"resident_mb\": %.0f}\n",
           threads, seconds[runs / 2], seconds[0], runs, resident_mb());
    gemma_session_close(s);
    gemma_close(g);
    return 0;
}
