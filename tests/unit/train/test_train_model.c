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

TEST_MAIN({"golden_f32", golden_f32}, {"golden_bf16", golden_bf16})
