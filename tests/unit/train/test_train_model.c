/* test_train_model.c - loss and gradients of tiny models against PyTorch and against themselves.
 *
 * The goldens' examples were computed one by one; here they are one packed batch with shared
 * prefixes. F32: 1e-4 of the largest gradient of each tensor. BF16, where the
 * CPU has it: within a few per cent, as operands have 8 bits. */
#include <stdint.h>

#include "train/model_impl.h"

#include "../gemma/golden.h"
#include "test.h"

enum { MOST = 256 };

typedef struct fixture {
    golden gold;
    train_model *m;
    int32_t *targets;
    train_segment segments[MOST];
    train_batch batch;
    const float *weights, *gradients; /* expected */
    size_t n;
} fixture;

static bool fixture_open(fixture *f, const char *name, train_model_options o)
{
    char path[512];
    err e = {0};
    const json_t *list;
    int n;

    memset(f, 0, sizeof *f);
    snprintf(path, sizeof path, "%s/tests/golden/train/%s.json", SALESBOT_SOURCE_DIR, name);
    f->gold.json = json_load_file(path, 0, NULL);
    snprintf(path, sizeof path, "%s/tests/golden/train/%s.f32", SALESBOT_SOURCE_DIR, name);
    if (!f->gold.json || !file_read(path, 1u << 28, &f->gold.floats, &e))
        return false;
    f->gold.ids = golden_ids(json_object_get(f->gold.json, "ids"), &f->gold.n);
    f->targets = golden_ids(json_object_get(f->gold.json, "targets"), &n);
    list = json_object_get(f->gold.json, "segments");
    for (size_t i = 0; i < json_array_size(list); i++) {
        int32_t *s = golden_ids(json_array_get(list, i), &n);

        f->segments[i] = (train_segment){s[0], s[1], s[2]};
        free(s);
    }
    f->batch = (train_batch){f->gold.ids, f->targets, f->gold.n, f->segments, (int)json_array_size(list), 1.0f, 0};
    o.rank = (int)json_integer_value(json_object_get(f->gold.json, "rank"));
    o.alpha = (float)json_real_value(json_object_get(f->gold.json, "alpha"));
    golden_path(path, sizeof path, name, "model.gguf");
    f->m = train_model_open(path, &o, &e);
    if (!f->m) {
        fprintf(stderr, "%s\n", e.msg);
        return false;
    }
    f->weights = golden_array(&f->gold, "weights", &f->n);
    f->gradients = golden_array(&f->gold, "gradients", &f->n);
    if (f->n != train_model_count(f->m))
        return false;
    memcpy(train_model_weights(f->m), f->weights, f->n * sizeof(float));
    train_model_changed(f->m);
    return true;
}

static void fixture_close(fixture *f)
{
    train_model_close(f->m);
    free(f->targets);
    golden_close(&f->gold);
}

static double step(fixture *f, const train_batch *b, bool backward)
{
    double loss = NAN;
    int n = 0;
    err e = {0};

    train_model_zero_gradients(f->m);
    if (!train_model_step(f->m, b, backward, &loss, &n, &e))
        fprintf(stderr, "%s\n", e.msg);
    return loss;
}

/* The largest |got - expected| of a tensor beside its largest |expected|; names the tensor. */
static double worst_tensor(train_model *m, const float *got, const float *expected, const char **name)
{
    int n;
    const train_tensor *t = train_model_tensors(m, &n);
    double worst = 0;

    *name = "";
    for (int i = n - 1; i >= 0; i--) {
        double off = 0, size = 1e-12;

        for (size_t k = t[i].at; k < t[i].at + (size_t)t[i].rows * (size_t)t[i].cols; k++) {
            const double d = fabs((double)got[k] - (double)expected[k]);

            off = !(d <= off) ? d : off;
            size = fmax(size, fabs((double)expected[k]));
        }
        if (!(off / size <= worst)) {
            worst = off / size;
            *name = t[i].name;
        }
    }
    return worst;
}

static const char *const names[] = {"gemma3", "gemma3_scaled", "gemma2", "gemma1"};
enum { NAMES = sizeof names / sizeof names[0] };

static void check_golden(const char *model, train_model_options o, double loss_tolerance, double tolerance)
{
    fixture f;
    const char *name;
    double loss, expected, off;

    CHECK(fixture_open(&f, model, o));
    loss = step(&f, &f.batch, true);
    expected = json_real_value(json_object_get(f.gold.json, "loss"));
    off = worst_tensor(f.m, train_model_gradients(f.m), f.gradients, &name);
    printf("%s %s: loss %.6f (%.6f), gradients off by %.2g at most, in %s\n", model, f.m->g->name, loss, expected, off, name);
    CHECK(fabs(loss - expected) <= loss_tolerance * expected);
    CHECK(off <= tolerance);
    fixture_close(&f);
}

static void golden_f32(void)
{
    for (int i = 0; i < NAMES; i++) {
        check_golden(names[i], (train_model_options){.f32 = true, .n_threads = 2, .max_tokens = 128}, 1e-5, 1e-4);
        /* nothing kept: the base dequantised in each pass, every layer computed twice */
        check_golden(names[i], (train_model_options){.f32 = true, .n_threads = 1, .max_tokens = 90, .keep_bytes = 1,
                                                     .activation_bytes = 1}, 1e-5, 1e-4);
    }
}

static void golden_bf16(void)
{
    for (int i = 0; i < NAMES; i++)
        check_golden(names[i], (train_model_options){.n_threads = 2, .max_tokens = 128}, 2e-2, 0.2);
}

/* The examples of the packed batch one at a time, prefix and completion as one segment. */
static void step_separately(fixture *f, double *loss)
{
    int32_t ids[MOST], targets[MOST];
    err e = {0};

    *loss = 0;
    train_model_zero_gradients(f->m);
    for (int i = 0; i < f->batch.n_segments; i++) {
        const train_segment *s = &f->segments[i], *parent = s->parent >= 0 ? &f->segments[s->parent] : NULL;
        const int before = parent ? parent->n : 0;
        const train_segment whole = {0, before + s->n, -1};
        double part;
        int n;

        for (int t = 0; t < before; t++) {
            ids[t] = f->batch.ids[parent->first + t];
            targets[t] = -1;
        }
        memcpy(ids + before, f->batch.ids + s->first, (size_t)s->n * sizeof *ids);
        memcpy(targets + before, f->batch.targets + s->first, (size_t)s->n * sizeof *ids);
        CHECK(train_model_step(f->m, &(train_batch){ids, targets, whole.n, &whole, 1, 1.0f, 0}, true, &part, &n, &e));
        *loss += part;
    }
}

static void shared_prefix(void)
{
    for (int i = 0; i < NAMES; i++) {
        fixture f;
        float *packed;
        const char *name;
        double loss, apart;

        CHECK(fixture_open(&f, names[i], (train_model_options){.f32 = true, .n_threads = 2, .max_tokens = 128}));
        packed = malloc(f.n * sizeof *packed);
        loss = step(&f, &f.batch, true);
        memcpy(packed, train_model_gradients(f.m), f.n * sizeof *packed);
        step_separately(&f, &apart);
        if (!test_failed) {
            CHECK(fabs(loss - apart) <= 1e-6 * apart);
            CHECK(worst_tensor(f.m, packed, train_model_gradients(f.m), &name) <= 2e-5);
        }
        free(packed);
        fixture_close(&f);
    }
}

/* Threads, kept copies and kept activations change nothing, not a bit. */
static void same_bits(bool f32, float dropout)
{
    static const int threads[] = {1, 2, 3};
    static const size_t bytes[] = {1, 300000, 1u << 30};
    float *first = NULL;
    double loss[3];

    for (int i = 0; i < 3; i++) {
        fixture f;

        CHECK(fixture_open(&f, "gemma3", (train_model_options){.f32 = f32, .n_threads = threads[i], .max_tokens = 128 + 64 * i,
                                .dropout = dropout, .seed = 7, .activation_bytes = bytes[i], .keep_bytes = bytes[2 - i]}));
        loss[i] = step(&f, &f.batch, true);
        if (!first) {
            first = malloc(f.n * sizeof *first);
            memcpy(first, train_model_gradients(f.m), f.n * sizeof *first);
        }
        CHECK(loss[i] == loss[0]);
        CHECK(!memcmp(first, train_model_gradients(f.m), f.n * sizeof *first));
        CHECK(step(&f, &f.batch, false) == loss[0]);
        fixture_close(&f);
    }
    free(first);
}

static void deterministic(void)
{
    same_bits(true, 0);
    same_bits(false, 0);
    same_bits(false, 0.2f);
}

/* Derivative along a random direction against a difference of losses; with dropout the draw
 * is the same on both sides, and another step's draw is another one. */
static void differences_with_dropout(void)
{
    fixture f;
    double slope = 0, loss[2], size = 0;
    const float step_size = 2e-3f;
    float *direction, *w;

    CHECK(fixture_open(&f, "gemma3", (train_model_options){.f32 = true, .n_threads = 2, .max_tokens = 128,
                                                           .dropout = 0.3f, .seed = 3}));
    direction = malloc(f.n * sizeof *direction);
    w = train_model_weights(f.m);
    test_fill(direction, f.n, 9);
    step(&f, &f.batch, true);
    for (size_t i = 0; i < f.n; i++) {
        direction[i] *= fabsf(f.weights[i]);
        slope += (double)direction[i] * (double)train_model_gradients(f.m)[i];
        size += fabs((double)direction[i] * (double)train_model_gradients(f.m)[i]);
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < f.n; i++)
            w[i] = f.weights[i] + (side ? step_size : -step_size) * direction[i];
        train_model_changed(f.m);
        loss[side] = step(&f, &f.batch, false);
    }
    printf("slope %.5f, by differences %.5f\n", slope, (loss[1] - loss[0]) / (2 * (double)step_size));
    CHECK(fabs(slope - (loss[1] - loss[0]) / (2 * (double)step_size)) < 1e-3 * size);
    f.batch.step = 1;
    CHECK(step(&f, &f.batch, false) != loss[1]);
    free(direction);
    fixture_close(&f);
}

/* From W alone (B = 0) with what PEFT starts from; then a few steps of descent. */
static void learns(void)
{
    fixture f;
    double loss, before;

    CHECK(fixture_open(&f, "gemma1", (train_model_options){.n_threads = 2, .max_tokens = 128}));
    before = loss = step(&f, &f.batch, true);
    for (int i = 0; i < 30; i++) {
        for (size_t k = 0; k < f.n; k++)
            train_model_weights(f.m)[k] -= 4e-3f * train_model_gradients(f.m)[k];
        train_model_changed(f.m);
        loss = step(&f, &f.batch, true);
    }
    CHECK(loss < 0.6 * before);
    fixture_close(&f);
}

static void first_values(void)
{
    err e = {0};
    char path[512];
    int n;
    const train_tensor *t;
    train_model *m, *other;

    golden_path(path, sizeof path, "gemma1", "model.gguf");
    m = train_model_open(path, &(train_model_options){.max_tokens = 32, .rank = 3, .seed = 1, .targets = TRAIN_Q | TRAIN_DOWN}, &e);
    other = train_model_open(path, &(train_model_options){.max_tokens = 32, .rank = 3, .seed = 2, .targets = TRAIN_Q | TRAIN_DOWN}, &e);
    CHECK(m && other && !strcmp(train_model_identity(m), train_model_identity(other)) && strlen(train_model_identity(m)) == 64);
    t = train_model_tensors(m, &n);
    CHECK(n == 8 && t[2].target == TRAIN_DOWN && !t[2].is_b && t[3].is_b && t[4].layer == 1);
    CHECK(!strcmp(t[3].name, "base_model.model.model.layers.0.mlp.down_proj.lora_B.weight"));
    CHECK(t[2].rows == 3 && t[2].cols == 64 && t[3].rows == 32 && t[3].cols == 3);
    for (int i = 0; i < n; i++)
        for (size_t k = t[i].at; k < t[i].at + (size_t)t[i].rows * (size_t)t[i].cols; k++) {
            CHECK(fabs((double)train_model_weights(m)[k]) <= (t[i].is_b ? 0.0 : 1.0 / sqrt(t[i].cols)));
            CHECK(t[i].is_b || train_model_weights(m)[k] != train_model_weights(other)[k]);
        }
    train_model_close(m);
    train_model_close(other);
}

static bool refused(fixture *f, train_batch b, err_code code, const char *words)
{
    double loss;
    int n;
    err e = {0};
    const bool ok = !train_model_step(f->m, &b, true, &loss, &n, &e) && e.code == code && strstr(e.msg, words);

    if (!ok)
        fprintf(stderr, "expected \"%s\", got: %s\n", words, e.msg);
    return ok;
}

static void bad_batches(void)
{
    fixture f;
    train_batch b;
    train_segment s[2] = {{0, 50, -1}, {50, 29, 0}};
    int32_t ids[79];

    CHECK(fixture_open(&f, "gemma1", (train_model_options){.n_threads = 1, .max_tokens = 100, .max_targets = 75}));
    b = f.batch;
    b.n = 101;
    CHECK(refused(&f, b, ERR_ARG, "1 to 100 fit"));
    b.n = 0;
    CHECK(refused(&f, b, ERR_ARG, "1 to 100 fit"));
    b = f.batch;
    b.segments = s;
    b.n_segments = 1;
    CHECK(refused(&f, b, ERR_ARG, "the segments cover 50"));
    b.n_segments = 2;
    s[1].first = 51;
    CHECK(refused(&f, b, ERR_ARG, "does not begin where"));
    s[1] = (train_segment){50, 30, 0};
    CHECK(refused(&f, b, ERR_ARG, "does not begin where"));
    s[1] = (train_segment){50, 29, 1};
    CHECK(refused(&f, b, ERR_ARG, "its parent"));
    memcpy(ids, f.batch.ids, sizeof ids);
    ids[5] = 300;
    b = f.batch;
    b.ids = ids;
    CHECK(refused(&f, b, ERR_ARG, "token 5 of the batch is outside"));
    b = f.batch;
    b.targets = f.batch.ids;
    CHECK(refused(&f, b, ERR_ARG, "75 fit"));
    train_model_cancel(f.m);
    CHECK(refused(&f, f.batch, ERR_CANCELLED, "stopped"));
    CHECK(step(&f, &f.batch, false) > 0);
    fixture_close(&f);
}

static void bad_options(void)
{
    static const struct {
        train_model_options o;
        const char *words;
    } cases[] = {
        {{.rank = 257}, "rank 257"}, {{.rank = -1}, "rank -1"}, {{.dropout = 1.0f}, "dropout 1"},
        {{.dropout = NAN}, "dropout nan"}, {{.alpha = -1}, "alpha -1"}, {{.targets = 128}, "seven matrices"},
        {{.max_tokens = 100000}, "65536 tokens"},
    };
    char path[512];

    golden_path(path, sizeof path, "gemma1", "model.gguf");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        train_model *m = train_model_open(path, &cases[i].o, &e);

        CHECK(!m && e.code == ERR_ARG && strstr(e.msg, cases[i].words));
    }
}

/* The base in NF4 is what nf4.c makes of the file's numbers; the embedding is the file's. */
static void nf4_base(void)
{
    fixture f, served;
    nf4_table *t = malloc(sizeof *t);
    float x[64 * 64], scales[64], expected[64 * 64], got[PACK_ROWS * PACK_COLS];
    uint8_t codes[64 * 32], scale_codes[64];
    float scale_max[4];
    double loss;

    nf4_table_init(t);
    CHECK(fixture_open(&f, "gemma1", (train_model_options){.f32 = true, .n_threads = 2, .max_tokens = 128, .base = TRAIN_BASE_NF4}));
    CHECK(fixture_open(&served, "gemma1", (train_model_options){.f32 = true, .n_threads = 2, .max_tokens = 128}));
    for (int i = 0; i < f.m->c->L * MATS; i++) {
        const matrix *w = &f.m->layers[i / MATS].w[i % MATS];
        nf4 q = {.n = (size_t)(w->N * w->C), .codes = codes, .scale_codes = scale_codes, .scale_max = scale_max};
        size_t ld;
        const float *tile;

        f.m->ops->dequantise(w->t->type, w->t->data, w->N * w->C, x);
        nf4_quantise(x, 0, q.n, &q, scales);
        nf4_quantise_scales(scales, t, &q);
        nf4_dequantise(&q, 0, w->N * w->C, expected);
        tile = matrix_tile(f.m, w, 3, 5, 8, 16, got, &ld);
        for (int r = 0; r < 5; r++)
            CHECK_CLOSE(tile + (size_t)r * ld, expected + (3 + r) * w->C + 8, 16, 0, 0);
    }
    CHECK(!f.m->embed.q.n && !f.m->head.q.n);
    loss = step(&f, &f.batch, true);
    printf("loss %.3f in NF4, %.3f as served\n", loss, step(&served, &served.batch, false));
    CHECK(loss != step(&served, &served.batch, false) && fabs(loss / step(&served, &served.batch, false) - 1) < 0.2);
    free(t);
    fixture_close(&f);
    fixture_close(&served);
}

/* The same model as a Hugging Face folder, whose gains are stored less one. */
static void folders(void)
{
    static const char *const in_folder[] = {"gemma1", "gemma2", "gemma3"};

    for (int i = 0; i < 3; i++) {
        fixture f;
        char path[512];
        double loss, again = 0;
        int n = 0;
        err e = {0};
        train_model *m;

        CHECK(fixture_open(&f, in_folder[i], (train_model_options){.f32 = true, .n_threads = 2, .max_tokens = 128}));
        snprintf(path, sizeof path, "%s/tests/golden/hf/%s", SALESBOT_SOURCE_DIR, in_folder[i]);
        m = train_model_open(path, &(train_model_options){.f32 = true, .n_threads = 2, .max_tokens = 128, .rank = f.m->R,
                                                          .alpha = f.m->o.alpha}, &e);
        if (!m)
            fprintf(stderr, "%s\n", e.msg);
        CHECK(m && train_model_count(m) == f.n);
        memcpy(train_model_weights(m), f.weights, f.n * sizeof(float));
        train_model_changed(m);
        CHECK(train_model_step(m, &f.batch, false, &again, &n, &e));
        loss = step(&f, &f.batch, false);
        CHECK(fabs(loss - again) < 1e-5 * loss);
        train_model_close(m);
        fixture_close(&f);
    }
}

static void bad_bases(void)
{
    err e = {0};

    CHECK(!train_model_open("/nowhere/model.gguf", NULL, &e) && strstr(e.msg, "/nowhere/model.gguf"));
    CHECK(e.code == ERR_NOT_FOUND || e.code == ERR_IO);
    CHECK(!train_model_open(SALESBOT_SOURCE_DIR "/README.md", NULL, &e) && e.code != ERR_INTERNAL);
}

TEST_MAIN({"golden_f32", golden_f32}, {"golden_bf16", golden_bf16}, {"shared_prefix", shared_prefix},
          {"deterministic", deterministic}, {"differences_with_dropout", differences_with_dropout}, {"learns", learns},
          {"first_values", first_values}, {"nf4_base", nf4_base}, {"folders", folders}, {"bad_bases", bad_bases}, {"bad_batches", bad_batches}, {"bad_options", bad_options})
