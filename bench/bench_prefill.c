/* bench_prefill.c - tokens per second of computing a prompt of 512 tokens, on 1
 * and 2 threads (llama.cpp's pp512). Arguments and output as bench_decode.c. */
#include "bench_gemma.h"

enum { TOKENS = 512 };

static double prefill_run(gemma *g)
{
    err e = {0};
    gemma_session *s = gemma_session_open(g, &(gemma_session_options){.max_tokens = 1024}, &e);
    int32_t ids[TOKENS];
    double t0;

    for (int i = 0; i < TOKENS; i++)
        ids[i] = 2 + i * 97 % 20000;
    if (!s || !session_set(s, ids, TOKENS, &e) || !session_rewind(s, 0, &e)) /* touch the memory */
        bench_fail(&e);
    t0 = clock_ms();
    if (!session_extend(s, ids, TOKENS, &e))
        bench_fail(&e);
    session_logits(s);
    t0 = clock_ms() - t0;
    gemma_session_close(s);
    return 1e3 * TOKENS / t0;
}

int main(int argc, char **argv)
{
    return bench_gemma("prefill", argc, argv, prefill_run, 2 * TOKENS);
}
