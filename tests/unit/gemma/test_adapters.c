/* test_adapters.c - adapters that PEFT made, on tiny models of each family: against PyTorch with
 * the merged weights, layer by layer; the determinism contract; several on one engine. */
#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include "gemma/gemma_impl.h"

#include "golden.h"
#include "test.h"

enum { V = 300, PROMPT = 90 };

static const struct { const char *name, *base; } made[] = {
    {"gemma1", "gemma1"}, {"gemma2", "gemma2"}, {"gemma3", "gemma3"}, {"gemma3_two", "gemma3"},
    {"gemma3_half", "gemma3"}, {"quantised", "quantised"}};
enum { N_MADE = sizeof made / sizeof *made };

static golden gold;
static const char *current, *table;
static int32_t prompt[PROMPT];

static gemma *open_engine(const char *base, int threads, gemma_precision precision)
{
    char path[512];
    err e = {0};
    gemma *g;

    golden_path(path, sizeof path, base, "model.gguf");
    if (!strncmp(base, "hf/", 3))
        snprintf(path, sizeof path, "%s/tests/golden/%s", SALESBOT_SOURCE_DIR, base);
    g = gemma_open(path, &(gemma_options){.n_threads = threads, .precision = precision, .ids_only = true}, &e);
    if (!g)
        fprintf(stderr, "%s\n", e.msg);
    for (int i = 0; i < PROMPT; i++)
        prompt[i] = (i * 7919 + 13) % V;
    return g;
}

static gemma_adapter *open_adapter(const gemma *g, const char *name)
{
    char path[512];
    err e = {0};
    gemma_adapter *a;

    snprintf(path, sizeof path, "%s/tests/golden/adapter/%s", SALESBOT_SOURCE_DIR, name);
    a = gemma_adapter_open(g, path, &e);
    if (!a)
        fprintf(stderr, "%s\n", e.msg);
    return a;
}

/* ---- against PyTorch ---- */

static void compare_layer(void *arg, int l, const float *x, int n)
{
    char name[32];
    size_t count = 0;
    const float *expected;
    const gemma_session *s = arg;

    snprintf(name, sizeof name, "layer.%d", l - 1);
    expected = golden_array(&gold, l ? name : "embedding", &count);
    if (test_failed)
        return;
    if (expected && test_worst(x, expected, count, 1e-4, 1e-4) < count)
        fprintf(stderr, "%s, table %s, first wrong hidden state: %s\n", current, table, l ? name : "embedding");
    CHECK(expected && count == (size_t)n * (size_t)s->g->c->D);
    CHECK_CLOSE(x, expected, count, 1e-4, 1e-4);
}

static float *collected;

static void collect(void *arg, int position, const float *logits)
{
    (void)arg;
    memcpy(collected + (size_t)position * V, logits, V * sizeof *logits);
}

static void check_greedy(gemma_session *s)
{
    int32_t out[64];
    int n = 0;
    err e = {0};
    const gemma_sampling how = {.max_tokens = gold.n_greedy};

    CHECK(gemma_generate(s, gold.ids, gold.n, &how, NULL, NULL, out, &n, &e));
    CHECK(n == gold.n_greedy);
    for (int i = 0; i < n; i++) {
        if (out[i] != gold.greedy[i] && gold.gaps[i] < 1e-3)
            return;
        CHECK(out[i] == gold.greedy[i]);
    }
}

static void check_run(const char *base, const char *name, gemma_precision precision)
{
    gemma *g = open_engine(base, 2, precision);
    gemma_adapter *a = g ? open_adapter(g, name) : NULL;
    size_t count = 0;
    const float *expected = golden_array(&gold, "logits", &count);
    double off = 0, size = 0;
    err e = {0};
    gemma_session *s;

    CHECK(a && expected && count == (size_t)gold.n * V);
    s = gemma_session_open(g, NULL, &e);
    CHECK(s);
    session_use_adapter(s, a);
    collected = calloc(count, sizeof *collected);
    s->tap = precision == GEMMA_F32 ? compare_layer : NULL;
    s->tap_arg = s;
    CHECK(session_score(s, gold.ids, gold.n, collect, NULL, &e));
    s->tap = NULL;
    CHECK(!test_failed);
    for (size_t i = 0; i < count; i++) {
        off += fabs((double)collected[i] - (double)expected[i]);
        size += fabs((double)expected[i]);
    }
    CHECK(off < 0.04 * size);
    if (precision == GEMMA_F32) {
        CHECK_CLOSE(collected, expected, count, 2e-4, 2e-4);
        check_greedy(s);
    }
    free(collected);
    gemma_session_close(s);
    gemma_adapter_close(a);
    gemma_close(g);
}

static void as_pytorch_computes(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);
    char name[64];

    for (int i = 0; i < N_MADE; i++) {
        snprintf(name, sizeof name, "../adapter/%s", made[i].name);
        current = made[i].name;
        CHECK(golden_open(&gold, name));
        for (int k = 0; k < n && !test_failed; k++) {
            table = all[k]->name;
            setenv("SALESBOT_KERNELS", table, 1);
            check_run(made[i].base, made[i].name, GEMMA_F32);
            if (!test_failed)
                check_run(made[i].base, made[i].name, GEMMA_INTEGER);
        }
        unsetenv("SALESBOT_KERNELS");
        if (i < 3 && !test_failed) { /* the same base as a Hugging Face folder */
            snprintf(name, sizeof name, "hf/%s", made[i].base);
            check_run(name, made[i].name, GEMMA_F32);
        }
        golden_close(&gold);
    }
}

/* ---- the determinism contract ---- */

static bool logits_of(gemma *g, const gemma_adapter *a, int step, int chunk, float *out)
{
    err e = {0};
    const gemma_session_options o = {.max_tokens = 120, .answer_tokens = 10, .chunk = chunk};
    gemma_session *s = gemma_session_open(g, &o, &e);
    bool ok = s != NULL;

    if (ok)
        session_use_adapter(s, a);
    for (int i = 0; i < PROMPT && ok; i += step)
        ok = session_extend(s, prompt + i, PROMPT - i < step ? PROMPT - i : step, &e);
    if (ok)
        memcpy(out, session_logits(s), V * sizeof *out);
    gemma_session_close(s);
    return ok;
}

static void check_chunks(const char *name, const char *base, gemma_precision precision)
{
    gemma *one = open_engine(base, 1, precision), *two = open_engine(base, 2, precision);
    gemma_adapter *a = one ? open_adapter(one, name) : NULL, *b = two ? open_adapter(two, name) : NULL;
    float expected[V], got[V];

    CHECK(a && b && logits_of(one, a, PROMPT, 512, expected));
    for (int step = 1; step <= 64; step += 21) {
        CHECK(logits_of(one, a, step, 512, got));
        CHECK(!memcmp(got, expected, sizeof got));
    }
    for (int chunk = 1; chunk <= 64; chunk = chunk == 1 ? 7 : chunk == 7 ? 64 : 65) {
        CHECK(logits_of(two, b, PROMPT, chunk, got));
        CHECK(!memcmp(got, expected, sizeof got));
    }
    gemma_adapter_close(a);
    gemma_adapter_close(b);
    gemma_close(one);
    gemma_close(two);
}

static void same_bits_for_any_chunks_and_threads(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        for (int i = 2; i < N_MADE && !test_failed; i++) {
            setenv("SALESBOT_KERNELS", all[k]->name, 1);
            check_chunks(made[i].name, made[i].base, GEMMA_INTEGER);
            if (!test_failed)
                check_chunks(made[i].name, made[i].base, GEMMA_F32);
        }
    unsetenv("SALESBOT_KERNELS");
}

static void one_beam_is_greedy_and_rewinds_are_exact(void)
{
    gemma *g = open_engine("gemma3", 2, GEMMA_INTEGER);
    gemma_adapter *a = g ? open_adapter(g, "gemma3") : NULL;
    const gemma_session_options o = {.max_tokens = 120, .answer_tokens = 12, .beams = 3};
    const gemma_sampling how = {.max_tokens = 10};
    gemma_beam beams[3];
    int32_t greedy[10];
    float expected[V];
    int n = 0, n_beams = 0;
    err e = {0};
    gemma_session *s;

    CHECK(a);
    s = gemma_session_open(g, &o, &e);
    CHECK(s);
    session_use_adapter(s, a);
    CHECK(session_set(s, prompt, PROMPT, &e));
    memcpy(expected, session_logits(s), sizeof expected);
    CHECK(gemma_generate(s, prompt, PROMPT, &how, NULL, NULL, greedy, &n, &e) && n == 10);
    CHECK(session_rewind(s, PROMPT, &e) && !memcmp(expected, session_logits(s), sizeof expected));
    CHECK(session_beams(s, 1, &how, beams, &n_beams, &e) && n_beams == 1);
    CHECK(beams[0].n == 10 && !memcmp(beams[0].ids, greedy, sizeof greedy));
    CHECK(session_beams(s, 3, &how, beams, &n_beams, &e) && n_beams == 3 && beams[0].n == 10);
    CHECK(session_rewind(s, 20, &e) && session_extend(s, prompt + 20, PROMPT - 20, &e));
    CHECK(!memcmp(expected, session_logits(s), sizeof expected));
    gemma_session_close(s);
    gemma_adapter_close(a);
    gemma_close(g);
}

static void remove_folder(const char *dir)
{
    DIR *d = opendir(dir);
    char path[512];

    for (struct dirent *f; d && (f = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

static void the_cache_knows_the_adapter(void)
{
    gemma *g = open_engine("gemma3", 2, GEMMA_INTEGER);
    gemma_adapter *a = g ? open_adapter(g, "gemma3") : NULL, *b = g ? open_adapter(g, "gemma3_two") : NULL;
    char dir[128];
    float expected[V];
    err e = {0};
    gemma_session *s;

    CHECK(a && b);
    snprintf(dir, sizeof dir, "/tmp/salesbot-adapters-%d", (int)getpid());
    s = gemma_session_open(g, NULL, &e);
    CHECK(s);
    session_use_adapter(s, a);
    CHECK(session_set(s, prompt, PROMPT, &e) && session_save(s, dir, 0, &e));
    memcpy(expected, session_logits(s), sizeof expected);
    session_use_adapter(s, b);
    CHECK(session_tokens(s) == 0); /* the old keys and values were another model's */
    CHECK(!session_restore(s, dir, prompt, PROMPT, &e) && e.code == ERR_NOT_FOUND);
    session_use_adapter(s, NULL);
    CHECK(!session_restore(s, dir, prompt, PROMPT, &e) && e.code == ERR_NOT_FOUND);
    session_use_adapter(s, a);
    CHECK(session_adapter(s) == a && session_restore(s, dir, prompt, PROMPT, &e));
    CHECK(!memcmp(expected, session_logits(s), sizeof expected));
    gemma_session_close(s);
    remove_folder(dir);
    gemma_adapter_close(a);
    gemma_adapter_close(b);
    gemma_close(g);
}

/* ---- several at once ---- */

typedef struct job {
    gemma *g;
    const gemma_adapter *a;
    float logits[V];
    bool ok;
} job;

static void *run_job(void *arg)
{
    job *j = arg;

    j->ok = logits_of(j->g, j->a, 7, 32, j->logits);
    return NULL;
}

static void side_by_side(void)
{
    gemma *g = open_engine("gemma3", 2, GEMMA_INTEGER);
    gemma_adapter *a = g ? open_adapter(g, "gemma3") : NULL, *b = g ? open_adapter(g, "gemma3_two") : NULL;
    job jobs[3] = {{.g = g, .a = a}, {.g = g, .a = b}, {.g = g}}, alone;
    pthread_t threads[3];

    CHECK(a && b);
    for (int i = 0; i < 3; i++)
        CHECK(!pthread_create(&threads[i], NULL, run_job, &jobs[i]));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 3; i++) {
        alone = jobs[i];
        run_job(&alone);
        CHECK(jobs[i].ok && alone.ok && !memcmp(alone.logits, jobs[i].logits, sizeof alone.logits));
        CHECK(memcmp(jobs[i].logits, jobs[(i + 1) % 3].logits, sizeof alone.logits));
    }
    gemma_adapter_close(a);
    gemma_adapter_close(b);
    gemma_close(g);
}

/* Rows of one batch with adapters of their own: each as if it were alone. */
static void grouped_rows(void)
{
    enum { ROWS = 6, AFTER = 30 };
    gemma *g = open_engine("gemma3", 2, GEMMA_INTEGER);
    gemma_adapter *a = g ? open_adapter(g, "gemma3") : NULL, *b = g ? open_adapter(g, "gemma3_two") : NULL;
    const gemma_adapter *rows[ROWS] = {a, a, b, NULL, a, b};
    const gemma_session_options o = {.max_tokens = 120, .answer_tokens = 4, .beams = ROWS};
    int32_t ids[ROWS], slots[ROWS];
    batch together = {.n = ROWS, .ids = ids, .pos = AFTER, .beams = true, .prefix = AFTER, .adapters = rows};
    float expected[ROWS][32];
    err e = {0};
    gemma_session *s;

    CHECK(a && b);
    s = gemma_session_open(g, &o, &e);
    CHECK(s && g->c->D == 32 && session_extend(s, prompt, AFTER, &e));
    for (int i = 0; i < ROWS; i++) {
        batch one = together;

        ids[i] = 40 + 3 * i;
        slots[i] = i;
        together.slots[i] = &slots[i];
        one.n = 1;
        one.ids = &ids[i];
        one.slots[0] = &slots[i];
        one.adapters = &rows[i];
        CHECK(forward(s, &one));
        memcpy(expected[i], s->x, sizeof expected[i]);
    }
    CHECK(forward(s, &together));
    CHECK(!memcmp(expected, s->x, sizeof expected));
    ids[4] = ids[0]; /* equal rows differ by their adapter alone */
    ids[5] = ids[0];
    CHECK(forward(s, &together));
    CHECK(!memcmp(s->x, s->x + (size_t)4 * 32, sizeof expected[0]) && memcmp(s->x, s->x + (size_t)5 * 32, sizeof expected[0]));
    gemma_session_close(s);
    gemma_adapter_close(a);
    gemma_adapter_close(b);
    gemma_close(g);
}

static void another_base_is_refused(void)
{
    gemma *g = open_engine("gemma3", 1, GEMMA_INTEGER);
    char path[512];
    err e = {0};

    CHECK(g);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/tests/golden/adapter/%s", SALESBOT_SOURCE_DIR, made[i].name);
        CHECK(!gemma_adapter_open(g, path, &e) && e.code == ERR_MODEL && strstr(e.msg, "made for another base"));
    }
    CHECK(!gemma_adapter_open(g, "/nowhere", &e) && strstr(e.msg, "adapter_config.json"));
    gemma_close(g);
}

TEST_MAIN({"as PyTorch computes", as_pytorch_computes},
          {"same bits for any chunks and threads", same_bits_for_any_chunks_and_threads},
          {"one beam is greedy and rewinds are exact", one_beam_is_greedy_and_rewinds_are_exact},
          {"the cache knows the adapter", the_cache_knows_the_adapter}, {"side by side", side_by_side},
          {"grouped rows", grouped_rows}, {"another base is refused", another_base_is_refused})
