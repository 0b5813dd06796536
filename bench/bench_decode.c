/* bench_decode.c - tokens per second of greedy decoding, 128 tokens after a prompt
 * of one token (llama.cpp's tg128, which computes every logit of every token).
 * Two JSON lines per thread count: "decode, every logit", and "decode", where the
 * same tokens are found without computing every logit (docs/adr/0011; the plane
 * it needs grows during the run that warms up). Each: the median, the best and the
 * quartiles of the runs, and CPU milliseconds per token, which other work on
 * the machine disturbs less.
 * usage: bench_decode [model.gguf [threads, 0: 1 and 2 [runs]]] */
#include "bench_gemma.h"

enum { TOKENS = 128 };

static double run(gemma *g, bool full_head)
{
    err e = {0};
    gemma_session *s = gemma_session_open(g, &(gemma_session_options){.max_tokens = 256, .full_head = full_head}, &e);
    const gemma_sampling how = {.max_tokens = TOKENS + 1};
    const int32_t first = 2;
    int32_t out[TOKENS + 1];
    double t0;
    int n = 0;

    if (!s || !session_set(s, &first, 1, &e))
        bench_fail(&e);
    t0 = clock_ms();
    if (!gemma_generate(s, &first, 1, &how, NULL, NULL, out, &n, &e) || n < TOKENS)
        bench_fail(&e);
    t0 = clock_ms() - t0;
    gemma_session_close(s);
    return 1e3 * n / t0;
}

static double run_every_logit(gemma *g) { return run(g, true); }
static double run_greedy(gemma *g) { return run(g, false); }

int main(int argc, char **argv)
{
    return bench_gemma("decode, every logit", argc, argv, run_every_logit, TOKENS + 1) ||
           bench_gemma("decode", argc, argv, run_greedy, TOKENS + 1);
}
