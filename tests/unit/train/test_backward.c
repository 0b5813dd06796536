/* test_backward.c - each backward pass against differences of its own forward pass, F32.
 *
 * f is the sum of the outputs times fixed random factors; for sampled inputs x_i,
 * (f(x_i + h) - f(x_i - h)) / 2h is compared with the gradient, relative to the largest
 * gradient of the array. The row functions (norm, gelu, soft cap) have theirs in
 * tests/unit/kernels/test_gemm.c. */
#include <stdint.h>
#include <stdlib.h>

#include "train/model_impl.h"

#include "test.h"

enum { T = 61, SAMPLES = 24 };

static const train_segment segments[] = {{0, 20, -1}, {20, 15, 0}, {35, 9, 0}, {44, 17, -1}};
static const char *const names[] = {"gemma3", "gemma2", "gemma1"};

typedef struct fixture {
    train_model *m;
    layer *l;
    train_batch b;
    int32_t ids[T], targets[T];
} fixture;

static bool fixture_open(fixture *f, const char *name, float dropout)
{
    char path[512];
    err e = {0};
    double loss;
    int n;

    memset(f, 0, sizeof *f);
    snprintf(path, sizeof path, "%s/tests/golden/gemma/%s/model.gguf", SALESBOT_SOURCE_DIR, name);
    f->m = train_model_open(path, &(train_model_options){.rank = 3, .alpha = 2, .f32 = true, .n_threads = 2, .max_tokens = 80,
                                                         .dropout = dropout, .seed = 5}, &e);
    if (!f->m) {
        fprintf(stderr, "%s\n", e.msg);
        return false;
    }
    test_fill(train_model_weights(f->m), train_model_count(f->m), 8);
    for (size_t i = 0; i < train_model_count(f->m); i++)
        train_model_weights(f->m)[i] *= 0.3f;
    for (int t = 0; t < T; t++) {
        f->ids[t] = 4 + t * 29 % 290;
        f->targets[t] = t % 3 == 1 ? 4 + t * 37 % 290 : -1;
    }
    f->b = (train_batch){f->ids, f->targets, T, segments, 4, 1.0f, 0};
    f->l = &f->m->layers[1];
    /* a whole step leaves every buffer filled with what belongs to this batch */
    return train_model_step(f->m, &f->b, false, &loss, &n, &e);
}

typedef double (*value_fn)(fixture *f, const float *factors);

static double weighed(const float *x, const float *factors, int n)
{
    double s = 0;

    for (int i = 0; i < n; i++)
        s += (double)x[i] * (double)factors[i];
    return s;
}

/* gradient (n) of x (n) */
static void check_differences(fixture *f, const char *what, value_fn value, const float *factors, float *x,
                              const float *gradient, int n)
{
    double size = 1e-6, worst = 0;
    int at = 0;

    for (int i = 0; i < n; i++)
        size = fmax(size, fabs((double)gradient[i]));
    for (int s = 0; s < SAMPLES; s++) {
        const int i = (int)((unsigned)s * 2654435761u % (unsigned)n);
        const float keep = x[i], h = 4e-3f;
        double side[2], width;

        x[i] = keep + h;
        width = (double)x[i];
        side[1] = value(f, factors);
        x[i] = keep - h;
        width -= (double)x[i];
        side[0] = value(f, factors);
        x[i] = keep;
        if (!(fabs((side[1] - side[0]) / width - (double)gradient[i]) <= worst)) {
            worst = fabs((side[1] - side[0]) / width - (double)gradient[i]);
            at = i;
        }
    }
    if (!(worst / size < 5e-3))
        fprintf(stderr, "%s: gradient %d of %d is off by %.2g of the largest\n", what, at, n, worst / size);
    CHECK(worst / size < 5e-3);
}

static float *random_floats(int n, unsigned seed)
{
    float *x = malloc((size_t)n * sizeof *x);

    test_fill(x, (size_t)n, seed);
    return x;
}

/* ---- linear layers with their low-rank addition, with dropout ---- */
static int current; /* MAT_* under test */
static float x[T * 64];

static double linear_value(fixture *f, const float *factors)
{
    const matrix *w = &f->l->w[current];

    linear_forward(f->m, f->l, current, x, f->l->a.gate);
    return weighed(f->l->a.gate, factors, T * w->N);
}

static void check_linear(fixture *f, int which)
{
    train_model *m = f->m;
    const matrix *w = &f->l->w[which];
    const adapter *a = &f->l->lora[which];
    float *factors = random_floats(T * w->N, 3), *dx = calloc((size_t)(T * w->C), sizeof *dx);

    current = which;
    test_fill(x, (size_t)(T * w->C), 4);
    linear_value(f, factors);
    train_model_zero_gradients(m);
    elements_pack_columns(m, x, (size_t)w->C, T, w->C, m->s.x_kn);
    linear_backward(m, f->l, which, x, m->s.x_kn, factors, (gradient_out){.f32 = dx});
    check_differences(f, "x", linear_value, factors, x, dx, T * w->C);
    check_differences(f, "A", linear_value, factors, m->learned + a->a, m->gradients + a->a, m->R * w->C);
    check_differences(f, "B", linear_value, factors, m->learned + a->b, m->gradients + a->b, m->R * w->N);
    free(factors);
    free(dx);
}

static void linear(void)
{
    static const int which[] = {MAT_Q, MAT_K, MAT_O, MAT_UP};

    for (int d = 0; d < 2; d++) {
        fixture f;

        CHECK(fixture_open(&f, "gemma3", d ? 0.25f : 0.0f));
        for (int i = 0; i < 4; i++)
            check_linear(&f, which[i]);
        train_model_close(f.m);
    }
}

/* ---- attention, from q, k, v before norm and rotation ---- */
static double attention_value(fixture *f, const float *factors)
{
    train_attention_prepare(f->m, f->l);
    attention_forward(f->m, f->l);
    return weighed(f->l->a.att, factors, T * f->m->c->H * f->m->c->K);
}

static void attention_of(const char *name, int layer_index)
{
    fixture f;
    float *factors;
    int HK, GK;

    CHECK(fixture_open(&f, name, 0));
    f.l = &f.m->layers[layer_index];
    HK = f.m->c->H * f.m->c->K;
    GK = f.m->c->G * f.m->c->K;
    factors = random_floats(T * HK, 6);
    test_fill(f.l->a.q, (size_t)(T * HK), 1);
    test_fill(f.l->a.k, (size_t)(T * GK), 2);
    test_fill(f.l->a.v, (size_t)(T * GK), 3);
    attention_value(&f, factors);
    memcpy(f.m->s.dwide, factors, (size_t)(T * HK) * sizeof *factors);
    attention_backward(f.m, f.l);
    check_differences(&f, "q", attention_value, factors, f.l->a.q, f.m->s.dy, T * HK);
    check_differences(&f, "k", attention_value, factors, f.l->a.k, f.m->s.dk_e, T * GK);
    check_differences(&f, "v", attention_value, factors, f.l->a.v, f.m->s.dv_e, T * GK);
    free(factors);
    train_model_close(f.m);
}

static void attention(void)
{
    attention_of("gemma3", 1); /* local */
    attention_of("gemma3", 5); /* global */
    attention_of("gemma2", 0); /* local, soft cap, two kv heads */
    attention_of("gemma1", 1);
}

/* ---- a whole layer, from its input ---- */
static double layer_value(fixture *f, const float *factors)
{
    layer_forward(f->m, f->l, f->m->x_end, false);
    return weighed(f->m->x_end, factors, T * f->m->c->D);
}

static void whole_layer(void)
{
    for (int i = 0; i < 3; i++) {
        fixture f;
        float *factors;
        int n;

        CHECK(fixture_open(&f, names[i], 0));
        n = T * f.m->c->D;
        factors = random_floats(n, 7);
        layer_value(&f, factors);
        memcpy(f.m->s.dx, factors, (size_t)n * sizeof *factors);
        layer_backward(f.m, f.l);
        check_differences(&f, names[i], layer_value, factors, f.l->x, f.m->s.dx, n);
        free(factors);
        train_model_close(f.m);
    }
}

/* ---- the head's loss, from the last layer's output ---- */
static double head_value(fixture *f, const float *factors)
{
    (void)factors;
    return head_run(f->m, false);
}

static void head(void)
{
    for (int i = 0; i < 3; i++) {
        fixture f;

        CHECK(fixture_open(&f, names[i], 0));
        head_run(f.m, true);
        CHECK(f.m->n_targets == 20);
        check_differences(&f, names[i], head_value, NULL, f.m->x_end, f.m->s.dx, T * f.m->c->D);
        train_model_close(f.m);
    }
}

TEST_MAIN({"linear", linear}, {"attention", attention}, {"whole_layer", whole_layer}, {"head", head})
