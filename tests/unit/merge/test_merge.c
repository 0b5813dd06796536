/* test_merge.c - merged models of every family and base, run: their logits are those that PyTorch
 * computed with the merged weights, and the file holds what it should. */
#include "merge/merge.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gemma/gemma.h"
#include "test.h"
#include "token/token.h"
#include "unit/gemma/golden.h"

static const struct { const char *name, *base; } made[] = {
    {"gemma1", "gemma1"}, {"gemma2", "gemma2"}, {"gemma3", "gemma3"}, {"gemma3_two", "gemma3"}, {"gemma3_half", "gemma3"},
    {"quantised", "quantised"}};

static char dir[200];

static void path_in(char *path, size_t n, const char *format, const char *name)
{
    const int at = snprintf(path, n, "%s/tests/golden/", SALESBOT_SOURCE_DIR);

    snprintf(path + at, n - (size_t)at, format, name);
}

static void remove_all(const char *folder)
{
    DIR *d = opendir(folder);
    char path[512];

    for (struct dirent *f; d && (f = readdir(d));) {
        struct stat st;

        snprintf(path, sizeof path, "%s/%s", folder, f->d_name);
        if (f->d_name[0] != '.' && !lstat(path, &st) && S_ISDIR(st.st_mode))
            remove_all(path);
        else
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(folder);
}

typedef struct opened {
    weights *base;
    adapter *a;
    golden gold;
} opened;

static bool open_all(opened *o, int i, bool from_folder)
{
    char path[512], name[64];
    err e = {0};

    path_in(path, sizeof path, from_folder ? "hf/%s" : "gemma/%s/model.gguf", made[i].base);
    o->base = weights_open(path, &e);
    path_in(path, sizeof path, "adapter/%s", made[i].name);
    o->a = o->base ? adapter_open(path, o->base, &e) : NULL;
    snprintf(name, sizeof name, "../adapter/%s", made[i].name);
    if (!o->a)
        fprintf(stderr, "%s\n", e.msg);
    return o->a && golden_open(&o->gold, name);
}

static void close_all(opened *o)
{
    adapter_close(o->a);
    weights_close(o->base);
    golden_close(&o->gold);
}

static float *logits;
static int V;

static void collect(void *arg, int position, const float *row)
{
    (void)arg;
    memcpy(logits + (size_t)position * (size_t)V, row, (size_t)V * sizeof *row);
}

/* Mean size of the differences over that of the expected logits. */
static double compare(const char *path, const golden *gold, bool ids_only)
{
    size_t count = 0;
    const float *expected = golden_array(gold, "logits", &count);
    err e = {0};
    gemma *g = gemma_open(path, &(gemma_options){.n_threads = 1, .precision = GEMMA_F32, .ids_only = ids_only}, &e);
    gemma_session *s = g ? gemma_session_open(g, NULL, &e) : NULL;
    double off = 0, size = 0;

    V = (int)count / gold->n;
    logits = calloc(count, sizeof *logits);
    if (!s || !session_score(s, gold->ids, gold->n, collect, NULL, &e)) {
        fprintf(stderr, "%s\n", e.msg);
        off = INFINITY;
    }
    for (size_t i = 0; i < count; i++) {
        off += fabs((double)logits[i] - (double)expected[i]);
        size += fabs((double)expected[i]);
    }
    free(logits);
    gemma_session_close(s);
    gemma_close(g);
    return off / size;
}

static void check(int i, bool from_folder, merge_type type, double limit)
{
    const merge_options o = {.type = type, .n_threads = 2};
    char path[512];
    double off;
    err e = {0};
    opened in;

    CHECK(open_all(&in, i, from_folder));
    snprintf(path, sizeof path, "%s/model.gguf", dir);
    if (!merge_to_gguf(in.base, in.a, path, &o, &e))
        FAIL_("%s: %s", made[i].name, e.msg);
    off = compare(path, &in.gold, false);
    if (!(off < limit))
        FAIL_("%s, GGUF of type %d: logits are off by %.6f of their size", made[i].name, (int)type, off);
    if (type == MERGE_F32 || type == MERGE_BF16) {
        snprintf(path, sizeof path, "%s/folder", dir);
        if (!merge_to_folder(in.base, in.a, path, &o, &e))
            FAIL_("%s: %s", made[i].name, e.msg);
        off = compare(path, &in.gold, false);
        if (!(off < limit))
            FAIL_("%s, folder: logits are off by %.6f of their size", made[i].name, off);
    }
    close_all(&in);
}

static void every_family(void)
{
    for (int i = 0; i < 6 && !test_failed; i++) {
        check(i, false, MERGE_F32, 1e-4);
        check(i, false, MERGE_BF16, 0.03);
        check(i, false, MERGE_F16, 0.005);
        check(i, false, MERGE_Q8_0, 0.03);
    }
    check(5, false, MERGE_Q4_K, 0.25); /* rows of 256: K-quants; the rest in their fallbacks */
}

/* Types of the result as llama.cpp's Q4_K_M has them. */
static void mixture(void)
{
    static const struct { const char *name; tensor_type type; } expected[] = {
        {"token_embd.weight", TENSOR_Q6_K}, {"output_norm.weight", TENSOR_F32}, {"blk.0.attn_q.weight", TENSOR_Q4_K},
        {"blk.2.attn_v.weight", TENSOR_Q6_K}, {"blk.1.attn_v.weight", TENSOR_Q4_K}, {"blk.0.attn_output.weight", TENSOR_Q5_0},
        {"blk.2.ffn_down.weight", TENSOR_Q8_0}, {"blk.1.ffn_down.weight", TENSOR_Q5_0}, {"blk.5.attn_v.weight", TENSOR_Q6_K},
        {"blk.0.ffn_up.weight", TENSOR_Q4_K}};
    const merge_options o = {.type = MERGE_Q4_K};
    char path[512];
    err e = {0};
    weights *w;
    opened in;

    CHECK(open_all(&in, 5, false));
    snprintf(path, sizeof path, "%s/k.gguf", dir);
    CHECK(merge_to_gguf(in.base, in.a, path, &o, &e));
    w = weights_open(path, &e);
    CHECK(w);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const tensor *t = weights_find(w, expected[i].name, &e);

        if (!t || t->type != expected[i].type)
            FAIL_("%s is %s, expected %s", expected[i].name, t ? tensor_type_name(t->type) : "absent",
                  tensor_type_name(expected[i].type));
    }
    weights_close(w);
    close_all(&in);
}

/* A folder becomes a GGUF file (gains get their +1); folders need a tokenizer for that. */
static void from_folders(void)
{
    const merge_options o = {.type = MERGE_F32};
    char path[512], folder[512];
    err e = {0};
    opened in;

    for (int i = 0; i < 3 && !test_failed; i++) {
        CHECK(open_all(&in, i, true));
        snprintf(path, sizeof path, "%s/f.gguf", dir);
        CHECK(!merge_to_gguf(in.base, in.a, path, &o, &e) && strstr(e.msg, "tokenizer")); /* these have none */
        snprintf(folder, sizeof folder, "%s/f", dir);
        CHECK(merge_to_folder(in.base, in.a, folder, &o, &e));
        CHECK(compare(folder, &in.gold, true) < 1e-4);
        close_all(&in);

        CHECK(open_all(&in, i, false)); /* with a tokenizer: there and back */
        CHECK(merge_to_folder(in.base, in.a, folder, &o, &e));
        weights *w = weights_open(folder, &e);
        CHECK(w);
        if (!merge_to_gguf(w, NULL, path, &o, &e))
            FAIL_("%s", e.msg);
        CHECK(compare(path, &in.gold, false) < 1e-4);
        weights_close(w);
        close_all(&in);
    }
}

static bool same_ids(const tokenizer *a, const tokenizer *b, const char *text)
{
    token_list x = {0}, y = {0};
    err e = {0};
    const bool ok = tokenizer_encode(a, text, strlen(text), TOKEN_ADD_BOS, &x, &e) &&
                    tokenizer_encode(b, text, strlen(text), TOKEN_ADD_BOS, &y, &e) && x.n == y.n &&
                    !memcmp(x.ids, y.ids, x.n * sizeof *x.ids);

    token_list_deinit(&x);
    token_list_deinit(&y);
    return ok;
}

static void tokenizers_agree(void)
{
    static const char *const texts[] = {"", "the heat of the theatre", "  two  spaces", "line\n\n\nline", "the\tcaf\xC3\xA9 \xE2\x82\xAC",
                                        "<start_of_turn>", "\xF0\x9F\x98\x80 \x01", "abcdefghijklmnopqrstuvwxyz"};
    const merge_options o = {.type = MERGE_BF16};
    char folder[512], path[512];
    err e = {0};
    opened in;
    weights *w, *back;

    CHECK(open_all(&in, 2, false));
    snprintf(folder, sizeof folder, "%s/t", dir);
    snprintf(path, sizeof path, "%s/t.gguf", dir);
    CHECK(merge_to_folder(in.base, in.a, folder, &o, &e));
    w = weights_open(folder, &e);
    CHECK(w && merge_to_gguf(w, NULL, path, &o, &e));
    back = weights_open(path, &e);
    CHECK(back);
    tokenizer *a = tokenizer_from_weights(in.base, &e), *b = tokenizer_from_weights(w, &e), *c = tokenizer_from_weights(back, &e);
    if (!a || !b || !c)
        FAIL_("%s", e.msg);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!same_ids(a, b, texts[i]) || !same_ids(a, c, texts[i]))
            FAIL_("other ids for \"%s\"", texts[i]);
    tokenizer_free(a);
    tokenizer_free(b);
    tokenizer_free(c);
    weights_close(w);
    weights_close(back);
    close_all(&in);
}

/* What is merged in is named, in both forms, and counts as another base. */
static void merged_is_marked(void)
{
    const merge_options o = {.type = MERGE_F32};
    char path[512], folder[512], before[65], after[65], file[600];
    adapter_info info;
    err e = {0};
    opened in;
    weights *w;

    CHECK(open_all(&in, 2, false) && weights_fingerprint(in.base, before, &e));
    adapter_describe(in.a, &info);
    snprintf(path, sizeof path, "%s/m.gguf", dir);
    snprintf(folder, sizeof folder, "%s/m", dir);
    CHECK(merge_to_gguf(in.base, in.a, path, &o, &e) && merge_to_folder(in.base, in.a, folder, &o, &e));
    for (int i = 0; i < 2; i++) {
        w = weights_open(i ? folder : path, &e);
        CHECK(w && !strcmp(weights_config(w)->merged, info.digest));
        CHECK(weights_fingerprint(w, after, &e) && strcmp(before, after));
        weights_close(w);
    }
    snprintf(file, sizeof file, "%s/NOTICE", folder);
    CHECK(file_exists(file));
    snprintf(file, sizeof file, "%s/GEMMA_TERMS.txt", folder);
    CHECK(file_exists(file));
    snprintf(file, sizeof file, "%s/m.md", dir);
    CHECK(file_exists(file));
    close_all(&in);
}

static bool stop(void *arg, double share)
{
    (void)arg;
    return share < 0.5;
}

static int files_in(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;

    for (struct dirent *f; d && (f = readdir(d));)
        n += f->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void nothing_half_written(void)
{
    merge_options o = {.type = MERGE_F32, .on_progress = stop};
    char path[512], own[600];
    err e = {0};
    opened in;

    remove_all(dir);
    CHECK(open_all(&in, 2, false) && dir_make(dir, &e));
    snprintf(path, sizeof path, "%s/c", dir);
    CHECK(!merge_to_folder(in.base, in.a, path, &o, &e) && e.code == ERR_CANCELLED && files_in(dir) == 0);
    snprintf(path, sizeof path, "%s/c.gguf", dir);
    CHECK(!merge_to_gguf(in.base, in.a, path, &o, &e) && e.code == ERR_CANCELLED && !file_exists(path));
    CHECK(files_in(dir) == 3); /* card and terms */
    o.on_progress = NULL;
    snprintf(path, sizeof path, "%s/x.bin", dir);
    CHECK(!merge_to_gguf(in.base, in.a, path, &o, &e) && e.code == ERR_ARG);
    CHECK(!merge_to_gguf(in.base, in.a, weights_path(in.base), &o, &e) && strstr(e.msg, "the base itself"));
    CHECK(!merge_to_gguf(in.base, in.a, "/proc/x.gguf", &o, &e) && e.code == ERR_IO);
    o.type = MERGE_Q8_0;
    snprintf(path, sizeof path, "%s/q", dir);
    CHECK(!merge_to_folder(in.base, in.a, path, &o, &e) && e.code == ERR_ARG);
    o.type = MERGE_BF16; /* a folder of somebody else's stays */
    snprintf(own, sizeof own, "%s/config.json", path);
    CHECK(dir_make(path, &e) && file_write_atomic(own, "{}", 2, 0644, &e));
    CHECK(!merge_to_folder(in.base, in.a, path, &o, &e) && e.code == ERR_ARG && files_in(path) == 1);
    unlink(own);
    CHECK(merge_to_folder(in.base, in.a, path, &o, &e)); /* an empty one is taken, our own replaced */
    CHECK(merge_to_folder(in.base, in.a, path, &o, &e) && files_in(path) == 7);
    close_all(&in);
}

/* A disk that is full after 20 kB. */
static void full_disk(void)
{
    const merge_options o = {.type = MERGE_F32};
    struct rlimit before, small = {20000, 20000};
    char path[512];
    bool gguf, folder;
    err e = {0}, e2 = {0};
    opened in;

    remove_all(dir);
    CHECK(open_all(&in, 2, false) && dir_make(dir, &e) && !getrlimit(RLIMIT_FSIZE, &before));
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    snprintf(path, sizeof path, "%s/f.gguf", dir);
    gguf = merge_to_gguf(in.base, in.a, path, &o, &e);
    snprintf(path, sizeof path, "%s/f", dir);
    folder = merge_to_folder(in.base, in.a, path, &o, &e2);
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK(!gguf && e.code == ERR_IO && !folder && e2.code == ERR_IO);
    CHECK(files_in(dir) == 3); /* card and terms of the GGUF file */
    close_all(&in);
}

int test_failed;
int main(int argc, char **argv)
{
    static const test_case cases[] = {
        {"every family", every_family}, {"mixture", mixture}, {"from folders", from_folders},
        {"tokenizers agree", tokenizers_agree}, {"merged is marked", merged_is_marked},
        {"nothing half-written", nothing_half_written}, {"full disk", full_disk}};
    err e = {0};
    int failed;

    snprintf(dir, sizeof dir, "/tmp/salesbot-merge-%d", (int)getpid());
    if (!dir_make(dir, &e))
        return 1;
    failed = test_main(argc, argv, cases, sizeof cases / sizeof *cases);
    remove_all(dir);
    return failed;
}
