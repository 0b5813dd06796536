/* bench.c - salesbot bench: how fast this machine answers. Beside peers and with
 * their quartiles: `make bench` in the project's folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/pool.h"
#include "cli/cli.h"

static const char help[] = "  --db FILE, --model FILE, --adapter DIR, --no-adapter, --no-model, --threads N, --format json\n";

static const char *const questions[] = {
    "sales by region in 2024", "top 5 stores by sales in 2025", "monthly sales in 2025",
    "how many active stores", "share of sales by department in 2024", "basket by channel",
    "return rate by category in 2025", "sales growth by region in 2025",
    "margin % of each brand in 2024", "orders in the last 30 days",
};
enum { N_QUESTIONS = sizeof questions / sizeof questions[0], ROUNDS = 5, PROMPT = 512, ANSWER = 64 };

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Milliseconds of each question's way, without its execution. */
static bool template_path(agent_context *c, double *median, double *highest, err *e)
{
    double ms[N_QUESTIONS * ROUNDS];
    int n = 0;

    for (int i = 0; i < N_QUESTIONS * ROUNDS; i++) {
        const agent_options o = {.template_only = true, .no_model = true};
        agent_state *s = agent_state_new(e);
        const double start = clock_ms();
        double executed = 0;

        if (!s || !orchestrator_process(c, questions[i % N_QUESTIONS], &o, s, e)) {
            agent_state_free(s);
            return false;
        }
        ms[n] = clock_ms() - start;
        for (int k = 0; k < s->n_trace; k++)
            if (!strcmp(s->trace[k].step, "execution"))
                executed += s->trace[k].ms;
        ms[n++] -= executed;
        agent_state_free(s);
    }
    qsort(ms, (size_t)n, sizeof ms[0], compare);
    *median = ms[n / 2];
    *highest = ms[n - 1];
    return true;
}

typedef struct speed { double prefill, decode; } speed; /* tokens per second */

static bool model_speed(const char *path, const char *adapter, int threads, speed *v, err *e)
{
    gemma *g = gemma_open(path, &(gemma_options){.n_threads = threads}, e);
    gemma_session *s = g ? gemma_session_open(g, &(gemma_session_options){.max_tokens = 1024}, e) : NULL;
    gemma_adapter *a = s && *adapter ? gemma_adapter_open(g, adapter, e) : NULL;
    int32_t ids[PROMPT], out[ANSWER];
    const gemma_sampling how = {.max_tokens = ANSWER};
    double start = 0, middle = 0;
    int n = 0;
    bool ok = s && (a || !*adapter);

    if (ok)
        session_use_adapter(s, a);
    for (int i = 0; i < PROMPT; i++)
        ids[i] = 2 + (i * 7919) % 20000;
    start = clock_ms();
    ok = ok && session_extend(s, ids, PROMPT, e);
    middle = clock_ms();
    ok = ok && gemma_generate(s, ids, PROMPT, &how, NULL, NULL, out, &n, e);
    if (ok)
        *v = (speed){.prefill = PROMPT / (middle - start) * 1e3, .decode = n / (clock_ms() - middle) * 1e3};
    gemma_session_close(s);
    gemma_adapter_close(a);
    gemma_close(g);
    return ok;
}

static int run(int argc, char **argv)
{
    flags f;
    str database = {0}, model = {0}, adapter = {0};
    err e = {0};
    agent_context *c = NULL;
    double median = 0, highest = 0, start, open_ms;
    speed v = {0};
    bool ok;

    if (!flags_parse(&f, argc, argv, "db model adapter no-adapter no-model threads format", &verb_bench))
        return 2;
    start = clock_ms();
    ok = cli_database(&f, &database, &e) && cli_model(&f, &model, &e) && cli_adapter(&f, &adapter, &e);
    c = ok ? agent_context_open(&(agent_context_options){
                 .on_import = cli_import, .database = database.text, .no_model = true}, &e)
           : NULL;
    open_ms = clock_ms() - start;
    ok = c && template_path(c, &median, &highest, &e);
    ok = ok && (f.no_model || model_speed(model.text, str_text(&adapter), f.threads, &v, &e));
    if (ok && f.format == FORMAT_JSON)
        printf("{\"open_ms\": %.1f, \"template_path_ms\": {\"p50\": %.3f, \"max\": %.3f}, "
               "\"prefill_tokens_per_s\": %.1f, \"decode_tokens_per_s\": %.1f}\n",
               open_ms, median, highest, v.prefill, v.decode);
    else if (ok)
        printf("opening              %8.1f ms\n"
               "template path        %8.2f ms median, %.2f at worst, without execution\n"
               "prefill %d tokens   %8.0f tokens/s\ndecode %d tokens     %8.1f tokens/s\n",
               open_ms, median, highest, PROMPT, v.prefill, ANSWER, v.decode);
    agent_context_close(c);
    str_deinit(&database);
    str_deinit(&model);
    str_deinit(&adapter);
    return ok ? 0 : cli_fail(&e);
}

const verb verb_bench = {"bench", "", "how fast this machine answers", help, run};
