/* test_session.c - the determinism contract and the life of a session, on a tiny
 * Gemma 3 (window 8, so that rings wrap within a few tokens). */
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gemma/gemma_impl.h"

#include "golden.h"
#include "test.h"

enum { V = 300, PROMPT = 100 };

static int32_t prompt[PROMPT];
static char odd_window[64];

/* The tiny Gemma 3 with a window of 60 instead of 8: nearly a block of attention, so
 * that where blocks begin decides how many a row's window meets. */
static bool make_odd_window(void)
{
    static const char key[] = "gemma3.attention.sliding_window";
    char path[512];
    str file = {0};
    err e = {0};
    bool ok = false;

    golden_path(path, sizeof path, "gemma3", "model.gguf");
    snprintf(odd_window, sizeof odd_window, "/tmp/salesbot-window-%d.gguf", (int)getpid());
    if (file_read(path, 1u << 24, &file, &e)) {
        char *at = memmem(file.text, file.n, key, sizeof key - 1);

        if (at && at[sizeof key - 1 + 4] == 8) { /* a 32-bit number follows its type */
            at[sizeof key - 1 + 4] = 60;
            ok = file_write_atomic(odd_window, file.text, file.n, 0600, &e);
        }
    }
    str_deinit(&file);
    return ok;
}

static gemma *open_engine(const char *name, int threads, gemma_precision precision)
{
    char path[512];
    err e = {0};
    gemma *g;

    if (!strcmp(name, "window 60"))
        snprintf(path, sizeof path, "%s", odd_window);
    else
        golden_path(path, sizeof path, name, "model.gguf");
    g = gemma_open(path, &(gemma_options){.n_threads = threads, .precision = precision}, &e);
    if (!g)
        fprintf(stderr, "%s\n", e.msg);
    for (int i = 0; i < PROMPT; i++)
        prompt[i] = (i * 7919 + 13) % V;
    return g;
}

/* Logits of the prompt's first n tokens, fed `step` at a time. */
static bool logits_of(gemma *g, int n, int step, int chunk, float *out)
{
    err e = {0};
    const gemma_session_options o = {.max_tokens = 120, .answer_tokens = 10, .chunk = chunk};
    gemma_session *s = gemma_session_open(g, &o, &e);
    bool ok = s != NULL;

    for (int i = 0; i < n && ok; i += step)
        ok = session_extend(s, prompt + i, n - i < step ? n - i : step, &e);
    if (ok)
        memcpy(out, session_logits(s), V * sizeof *out);
    gemma_session_close(s);
    return ok;
}

static void check_chunks(gemma_precision precision)
{
    static const char *const models[] = {"window 60", "gemma3", "gemma2", "gemma1", "quantised"};
    float expected[V], got[V];

    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
        gemma *one = open_engine(models[m], 1, precision), *two = open_engine(models[m], 2, precision);

        CHECK(one && two);
        for (int n = 9; n <= PROMPT; n += 91) {
            CHECK(logits_of(one, n, PROMPT, 512, expected));
            for (int step = 1; step <= 64; step += 21) {
                CHECK(logits_of(one, n, step, 512, got));
                CHECK(!memcmp(got, expected, sizeof got));
            }
            for (int chunk = 1; chunk <= 64; chunk = chunk == 1 ? 7 : chunk == 7 ? 64 : 65) {
                CHECK(logits_of(two, n, PROMPT, chunk, got));
                CHECK(!memcmp(got, expected, sizeof got));
            }
        }
        gemma_close(one);
        gemma_close(two);
    }
}

/* Tables by turns: each keeps its own bits. */
static void same_bits_for_any_chunks_and_threads(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    CHECK(make_odd_window());
    for (int k = 0; k < n && !test_failed; k++) {
        setenv("SALESBOT_KERNELS", all[k]->name, 1);
        check_chunks(GEMMA_INTEGER);
        if (!test_failed)
            check_chunks(GEMMA_F32);
    }
    unlink(odd_window);
    unsetenv("SALESBOT_KERNELS");
}

static void rewinding_is_exact(void)
{
    gemma *g = open_engine("gemma3", 2, GEMMA_INTEGER);
    const gemma_session_options o = {.max_tokens = 120, .answer_tokens = 10, .chunk = 16};
    gemma_session *s;
    float expected[V];
    err e = {0};

    CHECK(g);
    s = gemma_session_open(g, &o, &e);
    CHECK(s && session_extend(s, prompt, PROMPT, &e));
    /* free ones, ones beyond the ring, to nothing; then other tokens follow */
    for (int n = 97; n >= 1; n -= n > 90 ? 3 : 20) {
        CHECK(session_rewind(s, n, &e) && session_tokens(s) == n);
        CHECK(logits_of(g, n, PROMPT, 512, expected));
        CHECK(!memcmp(session_logits(s), expected, sizeof expected));
        CHECK(session_extend(s, prompt + n, PROMPT - n, &e));
        CHECK(logits_of(g, PROMPT, PROMPT, 512, expected));
        CHECK(!memcmp(session_logits(s), expected, sizeof expected));
    }
    CHECK(session_rewind(s, 0, &e) && session_tokens(s) == 0);
    CHECK(session_set(s, prompt, 50, &e) && session_set(s, prompt, 70, &e));
    CHECK(logits_of(g, 70, PROMPT, 512, expected));
    CHECK(!memcmp(session_logits(s), expected, sizeof expected));
    CHECK(!session_rewind(s, 71, &e) && e.code == ERR_ARG);
    gemma_session_close(s);
    gemma_close(g);
}

static void admissible_rows_are_the_same_bits(void)
{
    gemma *g = open_engine("quantised", 2, GEMMA_INTEGER);
    int32_t ids[V + 2];
    float some[V + 2];
    const float *all;
    gemma_session *s;
    err e = {0};

    CHECK(g);
    s = gemma_session_open(g, NULL, &e);
    CHECK(s && session_extend(s, prompt, 9, &e));
    all = session_logits(s);
    for (int i = 0; i < V + 2; i++)
        ids[i] = (i * 7) % V;
    ids[0] = -1;
    ids[V] = V;
    session_logits_for(s, ids, V + 2, some);
    for (int i = 0; i < V + 2; i++)
        CHECK(ids[i] < 0 || ids[i] >= V ? some[i] == -INFINITY : some[i] == all[ids[i]]);
    gemma_session_close(s);
    gemma_close(g);
}

static void wrong_input_changes_nothing(void)
{
    gemma *g = open_engine("gemma3", 1, GEMMA_INTEGER);
    const gemma_session_options o = {.max_tokens = 20}, bad = {.chunk = 513};
    const int32_t alien[] = {1, V};
    gemma_session *s;
    err e = {0};

    CHECK(g);
    CHECK(!gemma_session_open(g, &bad, &e) && e.code == ERR_ARG);
    setenv("SALESBOT_KERNELS", "abacus", 1);
    CHECK(!gemma_open("/nowhere/model.gguf", NULL, &e) && e.code == ERR_NOT_FOUND && strstr(e.msg, "abacus"));
    unsetenv("SALESBOT_KERNELS");
    CHECK(!gemma_open("/nowhere/model.gguf", NULL, &e) && strstr(e.msg, "/nowhere/model.gguf"));
    s = gemma_session_open(g, &o, &e);
    CHECK(s && session_extend(s, prompt, 5, &e));
    CHECK(!session_extend(s, alien, 2, &e) && e.code == ERR_ARG && session_tokens(s) == 5);
    CHECK(!session_extend(s, prompt, 16, &e) && e.code == ERR_LIMIT && session_tokens(s) == 5);
    CHECK(session_extend(s, prompt, 15, &e) && session_extend(s, prompt, 0, &e));
    gemma_session_close(s);
    gemma_close(g);
}

/* -- prefix cache ---------------------------------------------------------- */

static void remove_folder(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    char path[1024];

    while (d && (entry = readdir(d)))
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
            unlink(path);
        }
    if (d)
        closedir(d);
    rmdir(dir);
}

static int count_files(const char *dir, char *last, size_t n)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    int files = 0;

    while (d && (entry = readdir(d)))
        if (entry->d_name[0] != '.') {
            snprintf(last, n, "%s/%s", dir, entry->d_name);
            files++;
        }
    if (d)
        closedir(d);
    return files;
}

static void flip_byte(const char *path, long at)
{
    FILE *f = fopen(path, "r+b");
    int c;

    fseek(f, at, SEEK_SET);
    c = fgetc(f);
    fseek(f, at, SEEK_SET);
    fputc(c ^ 4, f);
    fclose(f);
}

static void restored_is_recomputed(void)
{
    gemma *g = open_engine("gemma3", 2, GEMMA_INTEGER);
    const gemma_session_options o = {.max_tokens = 120, .answer_tokens = 10, .chunk = 16};
    char dir[] = "/tmp/salesbot-kv-XXXXXX", file[1024];
    float expected[V];
    gemma_session *a, *b;
    struct stat st;
    err e = {0};

    CHECK(g && mkdtemp(dir));
    a = gemma_session_open(g, &o, &e);
    b = gemma_session_open(g, &o, &e);
    CHECK(a && b);
    for (int n = 1; n <= 90; n = n < 7 ? 7 : n < 10 ? n + 1 : n + 16) { /* about the window, far beyond */
        CHECK(!session_restore(b, dir, prompt, n, &e) && e.code == ERR_NOT_FOUND);
        CHECK(session_set(a, prompt, n, &e) && session_save(a, dir, 0, &e));
        CHECK(session_restore(b, dir, prompt, n, &e) && session_tokens(b) == n);
        CHECK(!memcmp(session_logits(a), session_logits(b), V * sizeof(float)));
        CHECK(session_extend(b, prompt + n, PROMPT - n, &e));
        CHECK(logits_of(g, PROMPT, PROMPT, 512, expected));
        CHECK(!memcmp(session_logits(b), expected, sizeof expected));
        CHECK(session_rewind(b, n, &e)); /* back to the prefix, as after each answer */
        CHECK(!memcmp(session_logits(a), session_logits(b), V * sizeof(float)));
    }
    remove_folder(dir);
    CHECK(session_set(a, prompt, 40, &e) && session_save(a, dir, 0, &e));
    CHECK(count_files(dir, file, sizeof file) == 1);
    CHECK(!stat(file, &st) && (st.st_mode & 0777) == 0600);
    flip_byte(file, st.st_size / 2);
    CHECK(!session_restore(b, dir, prompt, 40, &e) && e.code == ERR_FORMAT && session_tokens(b) == 0);
    CHECK(count_files(dir, file, sizeof file) == 0);
    CHECK(session_save(a, dir, 0, &e) && count_files(dir, file, sizeof file) == 1);
    CHECK(!truncate(file, st.st_size - 100));
    CHECK(!session_restore(b, dir, prompt, 40, &e) && e.code == ERR_FORMAT);
    remove_folder(dir);
    gemma_session_close(a);
    gemma_session_close(b);
    gemma_close(g);
}

static void least_recently_used_goes(void)
{
    gemma *g = open_engine("gemma3", 1, GEMMA_INTEGER), *f = open_engine("gemma3", 1, GEMMA_F32);
    char dir[] = "/tmp/salesbot-kv-XXXXXX", file[1024];
    struct stat st;
    gemma_session *s, *other;
    err e = {0};

    CHECK(g && f && mkdtemp(dir));
    s = gemma_session_open(g, NULL, &e);
    other = gemma_session_open(f, NULL, &e);
    CHECK(s && other);
    for (int n = 30; n < 33; n++) {
        CHECK(session_set(s, prompt, n, &e) && session_save(s, dir, 0, &e));
        usleep(20000);
    }
    CHECK(count_files(dir, file, sizeof file) == 3 && !stat(file, &st));
    CHECK(session_restore(s, dir, prompt, 30, &e)); /* now 31 is the oldest */
    usleep(20000);
    CHECK(session_set(s, prompt, 33, &e) && session_save(s, dir, (uint64_t)st.st_size * 7 / 2, &e));
    CHECK(!session_restore(s, dir, prompt, 31, &e) && e.code == ERR_NOT_FOUND);
    CHECK(session_restore(s, dir, prompt, 30, &e) && session_restore(s, dir, prompt, 32, &e));
    CHECK(!session_restore(other, dir, prompt, 30, &e) && e.code == ERR_NOT_FOUND); /* not its bits */
    remove_folder(dir);
    gemma_session_close(s);
    gemma_session_close(other);
    gemma_close(g);
    gemma_close(f);
}

/* -- several sessions, and memory -------------------------------------------- */

typedef struct talker {
    gemma *g;
    float logits[V];
    bool ok;
    int n;
} talker;

static void *talk(void *arg)
{
    talker *t = arg;

    t->ok = true;
    for (int i = 0; i < 3 && t->ok; i++)
        t->ok = logits_of(t->g, t->n, 5 + i, 16, t->logits);
    return NULL;
}

static void sessions_in_threads(void)
{
    gemma *g = open_engine("gemma3", 2, GEMMA_INTEGER);
    pthread_t thread[4];
    talker all[4];
    float expected[V];

    CHECK(g);
    for (int i = 0; i < 4; i++) {
        all[i] = (talker){.g = g, .n = 20 + 17 * i};
        CHECK(!pthread_create(&thread[i], NULL, talk, &all[i]));
    }
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < 4; i++) {
        CHECK(all[i].ok && logits_of(g, all[i].n, PROMPT, 512, expected));
        CHECK(!memcmp(all[i].logits, expected, sizeof expected));
    }
    gemma_close(g);
}

static void cancelling_stops_a_prefill(void)
{
    gemma *g = open_engine("gemma3", 1, GEMMA_INTEGER);
    gemma_session *s;
    float expected[V];
    err e = {0};

    CHECK(g);
    s = gemma_session_open(g, NULL, &e);
    CHECK(s && session_extend(s, prompt, 10, &e));
    CHECK(session_extend(s, prompt + 10, 1, &e) && session_rewind(s, 10, &e));
    session_cancel(s);
    session_logits(s); /* does not lose the cancellation */
    CHECK(!session_extend_more(s, prompt + 10, 10, &e) && e.code == ERR_CANCELLED && session_tokens(s) == 10);
    CHECK(session_extend(s, prompt + 10, 10, &e)); /* and goes on as if nothing had been */
    CHECK(logits_of(g, 20, PROMPT, 512, expected));
    CHECK(!memcmp(session_logits(s), expected, sizeof expected));
    gemma_session_close(s);
    gemma_close(g);
}

TEST_MAIN({"same bits for any chunks and threads", same_bits_for_any_chunks_and_threads},
          {"rewinding is exact", rewinding_is_exact},
          {"admissible rows are the same bits", admissible_rows_are_the_same_bits},
          {"wrong input changes nothing", wrong_input_changes_nothing},
          {"restored is recomputed", restored_is_recomputed},
          {"least recently used goes", least_recently_used_goes},
          {"sessions in threads", sessions_in_threads},
          {"cancelling stops a prefill", cancelling_stops_a_prefill})
