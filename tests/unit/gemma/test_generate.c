/* test_generate.c - choosing tokens: greedy, sampled, masked, by beams; and that
 * nothing is allocated while decoding. */
#include <stdatomic.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/no_alloc.h"
#include "gemma/gemma_impl.h"

#include "golden.h"
#include "test.h"

enum { V = 300 };

static gemma *engine;
static int32_t prompt[30];

static bool open_engine(const char *name)
{
    char path[512];
    err e = {0};

    golden_path(path, sizeof path, name, "model.gguf");
    engine = gemma_open(path, &(gemma_options){.n_threads = 2}, &e);
    if (!engine)
        fprintf(stderr, "%s\n", e.msg);
    for (int i = 0; i < 30; i++)
        prompt[i] = (i * 101 + 17) % V;
    return engine != NULL;
}

static gemma_session *open_session(int beams)
{
    err e = {0};

    return gemma_session_open(engine, &(gemma_session_options){.max_tokens = 128, .answer_tokens = 40, .beams = beams}, &e);
}

static void sampled(gemma_session *s, const gemma_sampling *how, int32_t *out, int *n)
{
    err e = {0};

    if (!gemma_generate(s, prompt, 30, how, NULL, NULL, out, n, &e))
        *n = -1;
}

static void same_seed_same_tokens(void)
{
    gemma_sampling how = {.temperature = 1.0f, .top_k = 50, .top_p = 0.95f, .min_p = 0.001f, .seed = 7, .max_tokens = 20};
    int32_t a[20], b[20], c[20];
    int na, nb, nc;
    gemma_session *s;

    CHECK(open_engine("gemma3"));
    s = open_session(0);
    sampled(s, &how, a, &na);
    sampled(s, &how, b, &nb);
    how.seed = 8;
    sampled(s, &how, c, &nc);
    CHECK(na == 20 && nb == 20 && nc == 20);
    CHECK(!memcmp(a, b, sizeof a) && memcmp(a, c, sizeof a));
    how.temperature = 0;
    sampled(s, &how, a, &na);
    how.temperature = 1.0f;
    how.top_k = 1; /* one candidate: as greedy */
    sampled(s, &how, b, &nb);
    CHECK(!memcmp(a, b, sizeof a));
    how.top_k = 0;
    how.top_p = 1e-6f;
    sampled(s, &how, b, &nb);
    CHECK(!memcmp(a, b, sizeof a));
    how.top_p = 0;
    how.min_p = 1.0f;
    sampled(s, &how, b, &nb);
    CHECK(!memcmp(a, b, sizeof a));
    gemma_session_close(s);
    gemma_close(engine);
}

/* First tokens over many seeds have the model's own frequencies. */
static void temperature_one_draws_the_distribution(void)
{
    enum { DRAWS = 4000 };
    gemma_sampling how = {.temperature = 1.0f, .max_tokens = 1};
    static int seen[V];
    const float *logits;
    gemma_session *s;
    double sum = 0, p, chi = 0;
    int32_t id;
    int n, cells = 0;

    CHECK(open_engine("gemma3"));
    s = open_session(0);
    for (int i = 0; i < DRAWS; i++) {
        how.seed = (uint64_t)i;
        sampled(s, &how, &id, &n);
        CHECK(n == 1);
        seen[id]++;
    }
    logits = session_logits(s);
    for (int i = 0; i < V; i++)
        sum += exp((double)logits[i]);
    for (int i = 0; i < V; i++) {
        p = exp((double)logits[i]) / sum * DRAWS;
        if (p < 5)
            continue;
        chi += (seen[i] - p) * (seen[i] - p) / p;
        cells++;
    }
    CHECK(cells > 20);
    CHECK(chi < cells + 5 * sqrt(2.0 * cells)); /* five standard deviations */
    gemma_session_close(s);
    gemma_close(engine);
}

static int only_some(void *arg, const int32_t *written, int n_written, const int32_t **ids)
{
    static const int32_t few[] = {5, 40, 41, 299}, one[] = {77};

    (void)arg;
    (void)written;
    *ids = n_written == 2 ? one : few;
    return n_written == 6 ? 0 : n_written == 2 ? 1 : n_written == 4 ? -1 : 4;
}

static void a_mask_is_obeyed(void)
{
    gemma_sampling how = {.max_tokens = 20, .mask = only_some};
    int32_t out[20];
    int n;
    gemma_session *s;

    CHECK(open_engine("gemma3"));
    s = open_session(0);
    for (int hot = 0; hot < 2; hot++) {
        how.temperature = hot ? 2.0f : 0.0f;
        sampled(s, &how, out, &n);
        CHECK(n == 6 && out[2] == 77);
        for (int i = 0; i < 6; i++)
            CHECK(i == 2 || i == 4 || out[i] == 5 || out[i] == 40 || out[i] == 41 || out[i] == 299);
    }
    gemma_session_close(s);
    gemma_close(engine);
}

static bool stop_after_three(void *arg, int32_t id)
{
    (void)id;
    return ++*(int *)arg < 3;
}

static void stops(void)
{
    gemma_sampling how = {.max_tokens = 10};
    int32_t out[200], first[10], stop;
    int n, count = 0;
    gemma_session *s;
    err e = {0};

    CHECK(open_engine("gemma3"));
    s = open_session(0);
    sampled(s, &how, first, &n);
    CHECK(n == 10);
    CHECK(gemma_generate(s, prompt, 30, &how, stop_after_three, &count, out, &n, &e) && n == 3);
    stop = first[4];
    for (int i = 0; i < 4; i++)
        if (first[i] == stop)
            stop = -2; /* not a stop that shows the place */
    how.stop = &stop;
    how.n_stop = 1;
    sampled(s, &how, out, &n);
    CHECK(stop == -2 ? n == 10 : n == 4);
    how.n_stop = 0;
    how.max_tokens = 200; /* the session is full before */
    sampled(s, &how, out, &n);
    CHECK(n == 128 - 30 + 1);
    gemma_session_close(s);
    gemma_close(engine);
}

/* -- beams -------------------------------------------------------------------- */

/* Log-probabilities (V) after the prompt and one more id (-1: none). */
static bool next_scores(gemma_session *s, int32_t id, double *out)
{
    const float *logits;
    double sum = 0;
    err e = {0};

    if (!session_set(s, prompt, 30, &e) || (id >= 0 && !session_extend(s, &id, 1, &e)))
        return false;
    logits = session_logits(s);
    for (int v = 0; v < V; v++)
        sum += exp((double)logits[v]);
    for (int v = 0; v < V; v++)
        out[v] = (double)logits[v] - log(sum);
    return true;
}

/* Log-probability of ids after the prompt, token by token in a plain session. */
static double score_of(gemma_session *s, const int32_t *ids, int n)
{
    double total = 0, sum;
    err e = {0};

    if (!session_set(s, prompt, 30, &e))
        return NAN;
    for (int i = 0; i < n; i++) {
        const float *logits = session_logits(s);

        sum = 0;
        for (int v = 0; v < V; v++)
            sum += exp((double)logits[v]);
        total += (double)logits[ids[i]] - log(sum);
        if (!session_extend(s, &ids[i], 1, &e))
            return NAN;
    }
    return total;
}

static void beams_score_what_they_say(void)
{
    const gemma_sampling how = {.max_tokens = 12};
    gemma_beam beams[8];
    int32_t greedy[12];
    int n, found;
    gemma_session *s, *plain;
    err e = {0};

    CHECK(open_engine("gemma3"));
    s = open_session(8);
    plain = open_session(0);
    CHECK(s && plain);
    sampled(plain, &how, greedy, &n);
    for (int width = 1; width <= 8; width *= 2) {
        CHECK(session_set(s, prompt, 30, &e));
        CHECK(session_beams(s, width, &how, beams, &found, &e) && found == width);
        CHECK(session_tokens(s) == 30);
        if (width == 1)
            CHECK(beams[0].n == 12 && !memcmp(beams[0].ids, greedy, sizeof greedy));
        for (int i = 0; i < found; i++) {
            CHECK(beams[i].n == 12 && !beams[i].stopped);
            CHECK(i == 0 || beams[i].log_prob <= beams[i - 1].log_prob);
            CHECK(fabs(score_of(plain, beams[i].ids, beams[i].n) - (double)beams[i].log_prob) < 1e-3);
            for (int k = 0; k < i; k++)
                CHECK(memcmp(beams[i].ids, beams[k].ids, sizeof greedy));
        }
    }
    gemma_session_close(s);
    gemma_session_close(plain);
    gemma_close(engine);
}

/* Two steps by hand: the 4 best first tokens, then the 4 best of all their
 * extensions. */
static void beams_find_the_best_pairs(void)
{
    const gemma_sampling how = {.max_tokens = 2};
    static double pair[4][V];
    double first[V];
    int32_t top[4];
    gemma_beam beams[4];
    gemma_session *s, *plain;
    int found;
    err e = {0};

    CHECK(open_engine("gemma3"));
    s = open_session(4);
    plain = open_session(0);
    CHECK(s && plain);
    CHECK(next_scores(plain, -1, first));
    for (int i = 0; i < 4; i++) {
        top[i] = 0;
        for (int32_t v = 1; v < V; v++)
            if (first[v] > first[top[i]])
                top[i] = v;
        CHECK(next_scores(plain, top[i], pair[i]));
        for (int32_t v = 0; v < V; v++)
            pair[i][v] += first[top[i]];
        first[top[i]] = -INFINITY;
    }
    CHECK(session_set(s, prompt, 30, &e) && session_beams(s, 4, &how, beams, &found, &e) && found == 4);
    for (int b = 0; b < 4; b++) {
        int at = 0;
        int32_t id = 0;

        for (int i = 0; i < 4; i++)
            for (int32_t v = 0; v < V; v++)
                if (pair[i][v] > pair[at][id]) {
                    at = i;
                    id = v;
                }
        CHECK(beams[b].ids[0] == top[at] && beams[b].ids[1] == id);
        pair[at][id] = -INFINITY;
    }
    gemma_session_close(s);
    gemma_session_close(plain);
    gemma_close(engine);
}

/* A beam's bits are those of a session that was fed its tokens. */
static void masked_beams_and_stops(void)
{
    int32_t stop = 40;
    const gemma_sampling how = {.max_tokens = 12, .mask = only_some, .stop = &stop, .n_stop = 1};
    gemma_beam beams[4], again[4];
    int found, found_again;
    gemma_session *s;
    err e = {0};

    CHECK(open_engine("gemma3"));
    s = open_session(4);
    CHECK(s && session_set(s, prompt, 30, &e));
    CHECK(session_beams(s, 4, &how, beams, &found, &e) && found == 4);
    for (int i = 0; i < found; i++) {
        CHECK(beams[i].stopped && beams[i].n <= 6);
        for (int k = 0; k < beams[i].n; k++)
            CHECK(beams[i].ids[k] != stop && (k != 2 || beams[i].ids[k] == 77));
    }
    CHECK(session_beams(s, 4, &how, again, &found_again, &e) && found_again == found);
    for (int i = 0; i < found; i++)
        CHECK(again[i].log_prob == beams[i].log_prob && again[i].n == beams[i].n);
    CHECK(!session_beams(s, 5, &how, beams, &found, &e) && e.code == ERR_ARG);
    gemma_session_close(s);
    gemma_close(engine);
}

/* -- allocation ------------------------------------------------------------------ */

static atomic_int allocations;
static atomic_bool counting;

/* These shadow the C library's for the whole program. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTED 1
void *malloc(size_t n)
{
    if (counting)
        allocations++;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    if (counting)
        allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    if (counting)
        allocations++;
    return __libc_realloc(p, n);
}
#else
#define COUNTED 0 /* the sanitizer owns the allocator; the release build counts */
#endif

static void nothing_is_allocated_while_decoding(void)
{
    gemma_sampling how = {.max_tokens = 30};
    int32_t out[30];
    int n, found;
    gemma_beam beams[4];
    gemma_session *s;
    void *volatile probe;
    err e = {0};

    CHECK(open_engine("gemma3"));
    s = open_session(4);
    CHECK(s);
    allocations = 0;
    counting = true;
    CHECK(session_set(s, prompt, 30, &e));
    sampled(s, &how, out, &n);
    how.temperature = 1.0f;
    how.top_k = 40;
    sampled(s, &how, out, &n);
    how.temperature = 0.0f;
    CHECK(session_beams(s, 4, &how, beams, &found, &e));
    CHECK(session_rewind(s, 3, &e));
    counting = false;
    CHECK(allocations == 0);
    counting = true;
    probe = malloc(1); /* the counter counts */
    free(probe);
    counting = false;
    CHECK(allocations == COUNTED);
    gemma_session_close(s);
    gemma_close(engine);
}

/* How a child ends in which the forward pass calls `tap`. It opens its own engine: TSan's hooks
 * are silent in the child of a process that has threads, so this test also comes first. */
static int status_with(void (*tap)(void *arg, int l, const float *x, int n))
{
    const pid_t child = fork();
    int status = -1;

    if (child == 0) {
        err e = {0};
        gemma_session *s = open_engine("gemma3") ? open_session(0) : NULL;

        if (!s)
            _exit(2);
        s->tap = tap;
        _exit(session_extend(s, prompt, 3, &e) ? 0 : 1);
    }
    return waitpid(child, &status, 0) == child ? status : -1;
}

static void allocating(void *arg, int l, const float *x, int n)
{
    void *volatile p = l == 1 ? malloc(16) : NULL;

    (void)arg, (void)x, (void)n;
    free(p);
}

static void idle(void *arg, int l, const float *x, int n) { (void)arg, (void)l, (void)x, (void)n; }

static void an_allocation_while_decoding_aborts(void)
{
    int status;

    status = status_with(idle);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = status_with(allocating);
    if (NO_ALLOC_CHECKED)
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    else
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0); /* only builds with a sanitizer look */
}

TEST_MAIN({"an allocation while decoding aborts", an_allocation_while_decoding_aborts},
          {"same seed, same tokens", same_seed_same_tokens},
          {"temperature one draws the distribution", temperature_one_draws_the_distribution},
          {"a mask is obeyed", a_mask_is_obeyed}, {"stops", stops},
          {"beams score what they say", beams_score_what_they_say},
          {"beams find the best pairs", beams_find_the_best_pairs},
          {"masked beams and stops", masked_beams_and_stops},
          {"nothing is allocated while decoding", nothing_is_allocated_while_decoding})
