/* bench_decode_quality.c - what integer arithmetic costs in accuracy: at each
 * position of the given texts, in windows of 512 tokens, the F32 path's
 * distribution against the integer path's. Prints one JSON line: mean KL divergence,
 * share of positions where both prefer the same token, and the perplexity of both
 * over the second half of each window, as `llama-perplexity -c 512` counts it.
 * usage: bench_decode_quality MODEL POSITIONS TEXT... */
#include <math.h>
#include <string.h>

#include "bench_gemma.h"
#include "token/token.h"

enum { WINDOW = 512 };

typedef struct totals {
    int V, n, n_loss, same;
    double kl, loss[2];
    const int32_t *ids;
    float *exact; /* (WINDOW,V) logits of the F32 path for the window */
} totals;

static double log_sum(const float *x, int n)
{
    const double top = (double)x[logits_best(x, n)];
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += (double)expf(x[i] - (float)top);
    return top + log(sum);
}

static void keep(void *arg, int position, const float *logits)
{
    totals *t = arg;

    memcpy(t->exact + (size_t)position * (size_t)t->V, logits, (size_t)t->V * sizeof *logits);
}

static void compare(void *arg, int position, const float *logits)
{
    totals *t = arg;
    const float *exact = t->exact + (size_t)position * (size_t)t->V;
    const double a = log_sum(exact, t->V), b = log_sum(logits, t->V);
    double kl = 0;

    if (position + 1 == WINDOW)
        return; /* nothing follows in this window */
    for (int i = 0; i < t->V; i++)
        kl += (double)expf(exact[i] - (float)a) * (((double)exact[i] - a) - ((double)logits[i] - b));
    t->kl += kl;
    t->same += logits_best(exact, t->V) == logits_best(logits, t->V);
    t->n++;
    if (position < WINDOW / 2)
        return;
    t->loss[0] += a - (double)exact[t->ids[position + 1]];
    t->loss[1] += b - (double)logits[t->ids[position + 1]];
    t->n_loss++;
}

static void read_texts(const tokenizer *tok, int argc, char **argv, token_list *ids)
{
    str text = {0};
    err e = {0};

    for (int i = 3; i < argc; i++) {
        if (!file_read(argv[i], 1u << 24, &text, &e) || !tokenizer_encode(tok, text.text, text.n, 0, ids, &e))
            bench_fail(&e);
    }
    str_deinit(&text);
}

int main(int argc, char **argv)
{
    const gemma_session_options o = {.max_tokens = WINDOW};
    gemma *g[2];
    gemma_session *s[2];
    gemma_info info;
    token_list ids = {0};
    totals t = {0};
    err e = {0};

    if (argc < 4) {
        fprintf(stderr, "usage: bench_decode_quality MODEL POSITIONS TEXT...\n");
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        g[i] = gemma_open(argv[1], &(gemma_options){.precision = i ? GEMMA_INTEGER : GEMMA_F32}, &e);
        if (!g[i] || !(s[i] = gemma_session_open(g[i], &o, &e)))
            bench_fail(&e);
    }
    gemma_describe(g[0], &info);
    t.V = info.vocabulary;
    t.exact = malloc(sizeof(float) * WINDOW * (size_t)t.V);
    read_texts(gemma_tokenizer(g[0]), argc, argv, &ids);
    for (size_t at = 0; t.exact && at + WINDOW <= ids.n && t.n < atoi(argv[2]); at += WINDOW) {
        int32_t window[WINDOW];

        memcpy(window, ids.ids + at, sizeof window);
        window[0] = tokenizer_specials(gemma_tokenizer(g[0])).bos;
        t.ids = window;
        for (int i = 0; i < 2; i++)
            if (!session_rewind(s[i], 0, &e) || !session_score(s[i], window, WINDOW, i ? compare : keep, &t, &e))
                bench_fail(&e);
    }
    printf("{\"name\": \"quality\", \"kernels\": \"%s\", \"positions\": %d, \"perplexity_f32\": %.4f, "
           "\"perplexity_integer\": %.4f, \"kl\": %.3e, \"top1_agreement\": %.5f}\n",
           info.kernels, t.n, exp(t.loss[0] / t.n_loss), exp(t.loss[1] / t.n_loss), t.kl / t.n, (double)t.same / t.n);
    for (int i = 0; i < 2; i++) {
        gemma_session_close(s[i]);
        gemma_close(g[i]);
    }
    free(t.exact);
    token_list_deinit(&ids);
    return 0;
}
