/* test_real_gemma.c - Gemma 3 270M as people run it, against PyTorch in F32 on the
 * same dequantised weights (reference/make_real.py). Skipped (77) without weights.
 *
 * Continuations are checked by feeding the expected tokens and asking which one
 * the model prefers at each place: the same answer as writing freely, up to the
 * first difference, and one pass instead of 32. */

#include "gemma/gemma_impl.h"

#include "golden.h"
#include "test.h"

static gemma *exact, *fast; /* F32 and integer precision */

static const float *array(const golden *g, int i, const char *part, size_t *n)
{
    char name[64];

    snprintf(name, sizeof name, "%d.%s", i, part);
    return golden_array(g, name, n);
}

/* -- hidden states and logits of three prompts ------------------------------- */

typedef struct states {
    const float *first16, *rms; /* (L+2,16), (L+2) expected of the last token */
    int D;
} states;

static void check_state(const states *e, int l, const float *x)
{
    double sum = 0;
    const float rms = e->rms[l];
    float got;

    for (int i = 0; i < e->D; i++)
        sum += (double)x[i] * (double)x[i];
    got = (float)sqrt(sum / e->D);
    if (fabsf(got - rms) > 1e-4f * rms && !test_failed)
        fprintf(stderr, "first wrong hidden state: %d (0 is the embedding)\n", l);
    CHECK_CLOSE(&got, &rms, 1, 1e-4, 0);
    CHECK_CLOSE(x, e->first16 + 16 * l, 16, 1e-3, 2e-4 * (double)rms);
}

static void on_state(void *arg, int l, const float *x, int n)
{
    const states *e = arg;

    check_state(e, l, x + (size_t)(n - 1) * (size_t)e->D);
}

static void check_logits(const golden *g, int i, const float *logits, int V)
{
    size_t n;
    const float *top = array(g, i, "top20", &n), *some = array(g, i, "logits_every_1024th", &n);
    const json_t *ids = json_object_get(json_array_get(json_object_get(g->json, "prompts"), (size_t)i), "top20");

    CHECK(top && some);
    for (int v = 0; v < V / 1024; v++)
        CHECK_CLOSE(logits + 1024 * v, some + v, 1, 1e-3, 2e-3);
    for (size_t k = 0; k < 20; k++) {
        const json_int_t id = json_integer_value(json_array_get(ids, k));

        CHECK_CLOSE(logits + id, top + k, 1, 1e-4, 1e-3);
    }
}

static void states_and_logits(void)
{
    golden g;
    gemma_session *s;
    err e = {0};

    CHECK(golden_open(&g, "gemma3-270m"));
    s = gemma_session_open(exact, NULL, &e);
    CHECK(s);
    for (int i = 0; i < 3 && !test_failed; i++) {
        const json_t *prompt = json_array_get(json_object_get(g.json, "prompts"), (size_t)i);
        size_t n;
        int count;
        states expected = {array(&g, i, "first16", &n), array(&g, i, "rms", &n), exact->c->D};
        int32_t *ids = golden_ids(json_object_get(prompt, "ids"), &count);

        CHECK(expected.first16 && expected.rms && count > 1);
        s->tap = on_state;
        s->tap_arg = &expected;
        CHECK(session_rewind(s, 0, &e) && session_extend(s, ids, count, &e));
        s->tap = NULL;
        check_state(&expected, exact->c->L + 1, s->hidden);
        if (!test_failed)
            check_logits(&g, i, session_logits(s), exact->c->V);
        free(ids);
    }
    gemma_session_close(s);
    golden_close(&g);
}

/* -- fifty continuations -------------------------------------------------------- */

typedef struct continuation {
    int32_t *prompt, *ids;
    double gaps[64];
    int n_prompt, n;
} continuation;

static void continuation_load(continuation *c, const json_t *item)
{
    c->prompt = golden_ids(json_object_get(item, "prompt"), &c->n_prompt);
    c->ids = golden_ids(json_object_get(item, "ids"), &c->n);
    for (int i = 0; i < c->n && i < 64; i++)
        c->gaps[i] = json_number_value(json_array_get(json_object_get(item, "gaps"), (size_t)i));
}

typedef struct follower {
    const continuation *c;
    gemma *g;
    int different; /* first place where another token is preferred, or -1 */
} follower;

static void follow(void *arg, int position, const float *logits)
{
    follower *f = arg;
    const int at = position - f->c->n_prompt + 1;

    if (at < 0 || at >= f->c->n || f->different >= 0)
        return;
    if (f->g->ops->largest(logits, f->g->c->V) != f->c->ids[at])
        f->different = at;
}

static int first_difference(gemma *g, gemma_session *s, const continuation *c)
{
    follower f = {c, g, -1};
    int32_t ids[256];
    const int n = c->n_prompt + c->n - 1;
    err e = {0};

    memcpy(ids, c->prompt, (size_t)c->n_prompt * sizeof *ids);
    memcpy(ids + c->n_prompt, c->ids, (size_t)(c->n - 1) * sizeof *ids);
    if (!session_rewind(s, 0, &e) || !session_score(s, ids, n, follow, &f, &e))
        return 0;
    return f.different;
}

/* `allowed`: a difference counts as one of taste below this gap. */
static void check_continuations(gemma *g, double allowed, int at_least_equal)
{
    char path[512];
    json_t *json;
    const json_t *list;
    gemma_session *s;
    int equal = 0, total;
    err e = {0};

    golden_path(path, sizeof path, "gemma3-270m", "greedy.json");
    CHECK((json = json_load_file(path, 0, NULL)));
    list = json_object_get(json, "continuations");
    total = (int)json_array_size(list);
    s = gemma_session_open(g, NULL, &e);
    CHECK(s && total == 50);
    for (int i = 0; i < total; i++) {
        continuation c = {0};
        int at;

        continuation_load(&c, json_array_get(list, (size_t)i));
        at = first_difference(g, s, &c);
        if (at >= 0)
            printf("  continuation %d differs at token %d, where the gap is %.4f\n", i, at, c.gaps[at]);
        CHECK(at < 0 || c.gaps[at] < allowed);
        equal += at < 0;
        free(c.prompt);
        free(c.ids);
    }
    printf("  %d of %d continuations equal\n", equal, total);
    CHECK(equal >= at_least_equal);
    gemma_session_close(s);
    json_decref(json);
}

static void continuations_in_f32(void) { check_continuations(exact, 1e-3, 0); }
static void continuations_in_integers(void) { check_continuations(fast, 0.1, 45); }

/* -- what the sizes of the real model add ------------------------------------------ */

/* A prompt longer than the window: its bits don't depend on chunks, and a restored
 * prefix of 500, 512, 513 and 2,000 tokens continues as a computed one. */
static void long_prefixes(void)
{
    enum { LONG = 2000 };
    static const int sizes[] = {500, 512, 513, LONG};
    static int32_t ids[LONG + 9];
    char dir[] = "/tmp/salesbot-kv-XXXXXX", command[64];
    gemma_session *a, *b;
    err e = {0};

    for (int i = 0; i < LONG + 9; i++)
        ids[i] = 2 + (i * 7919) % 20000;
    CHECK(mkdtemp(dir));
    a = gemma_session_open(fast, NULL, &e);
    b = gemma_session_open(fast, &(gemma_session_options){.max_tokens = 2100, .answer_tokens = 64, .chunk = 100}, &e);
    CHECK(a && b);
    for (int i = 0; i < 4; i++) {
        CHECK(session_set(a, ids, sizes[i], &e) && session_save(a, dir, 0, &e));
        CHECK(session_restore(b, dir, ids, sizes[i], &e));
        CHECK(!memcmp(session_logits(a), session_logits(b), (size_t)fast->c->V * sizeof(float)));
        CHECK(session_extend(a, ids + sizes[i], 9, &e) && session_extend(b, ids + sizes[i], 4, &e));
        CHECK(session_extend(b, ids + sizes[i] + 4, 5, &e));
        CHECK(!memcmp(session_logits(a), session_logits(b), (size_t)fast->c->V * sizeof(float)));
    }
    CHECK(session_rewind(b, 0, &e) && session_extend(b, ids, LONG + 9, &e)); /* other chunks, by itself */
    CHECK(!memcmp(session_logits(a), session_logits(b), (size_t)fast->c->V * sizeof(float)));
    gemma_session_close(a);
    gemma_session_close(b);
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK(!system(command));
}

int test_failed;

/* -- screening ------------------------------------------------------------------ */

/* Greedy writing from 4 starts: each token is the best of all logits. */
static void best_without_every_logit(void)
{
    static const int32_t start[4][4] = {{2, 818, 2430, 529}, {2, 1509, 577, 506}, {2, 236776, 8838, 563}, {2, 11407, 496, 1003}};
    gemma_session *s;
    int screened = 0, total = 0;
    err e = {0};

    s = gemma_session_open(fast, &(gemma_session_options){.max_tokens = 128}, &e);
    CHECK(s);
    for (int k = 0; k < 4; k++) {
        CHECK(session_rewind(s, 0, &e) && session_extend(s, start[k], 4, &e));
        for (int i = 0; i < 80; i++, total++) {
            const int32_t best = session_best(s);

            screened += !s->logits_valid;
            CHECK(best == logits_best(session_logits(s), fast->c->V));
            CHECK(session_extend(s, &best, 1, &e));
        }
    }
    printf("  %d of %d tokens found without every logit\n", screened, total);
    CHECK(screened > total / 2);
    gemma_session_close(s);
}

int main(int argc, char **argv)
{
    static const test_case cases[] = {
        {"states and logits in F32", states_and_logits},
        {"fifty continuations in F32", continuations_in_f32},
        {"fifty continuations in integers", continuations_in_integers},
        {"long prefixes", long_prefixes},
        {"best without every logit", best_without_every_logit},
    };
    str path = {0};
    err e = {0};
    int failed;

    if (!home_path(&path, "models/gemma-3-270m-Q4_K_M.gguf", &e) || !file_exists(path.text)) {
        printf("skipped: no weights (models/gemma-3-270m-Q4_K_M.gguf in $SALESBOT_HOME)\n");
        str_deinit(&path);
        return 77;
    }
    exact = gemma_open(path.text, &(gemma_options){.precision = GEMMA_F32}, &e);
    fast = exact ? gemma_open(path.text, NULL, &e) : NULL;
    if (!fast)
        fprintf(stderr, "%s\n", e.msg);
    failed = !fast || test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    gemma_close(exact);
    gemma_close(fast);
    str_deinit(&path);
    return failed;
}
