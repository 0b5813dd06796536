/* test_optim.c - AdamW beside PyTorch's (reference/make_optim.py), the schedule, 8-bit states. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "test.h"
#include "train/optim.h"

enum { N = 700, STEPS = 12 };

static str floats;
static json_t *head;
static pool *threads;

static bool open_golden(void)
{
    err e = {0};
    const char *base = SALESBOT_SOURCE_DIR "/tests/golden/train/optim";
    char path[512];

    snprintf(path, sizeof path, "%s.json", base);
    head = json_load_file(path, 0, NULL);
    snprintf(path, sizeof path, "%s.f32", base);
    threads = pool_new(2, &e);
    return head && threads && file_read(path, 1 << 22, &floats, &e);
}

static void close_golden(void)
{
    json_decref(head);
    str_deinit(&floats);
    pool_free(threads);
}

static const float *array(const char *name)
{
    size_t i;
    json_t *a;

    json_array_foreach(json_object_get(head, "arrays"), i, a)
        if (!strcmp(json_string_value(json_object_get(a, "name")), name))
            return (const float *)(const void *)floats.text + json_integer_value(json_object_get(a, "offset"));
    abort();
}

static void as_torch(const optim_options *o, double clip, const char *expected)
{
    err e = {0};
    optim *p;
    float w[N];

    CHECK(open_golden());
    memcpy(w, array("weights"), sizeof w);
    p = optim_new(N, o, threads, &e);
    CHECK(p);
    for (int s = 0; s < STEPS; s++) {
        const float *g = array("gradients") + s * N;
        const double norm = optim_norm(p, g);

        CHECK(fabs(norm - (double)array("norms")[s]) < 1e-5 * norm);
        optim_step(p, w, g, (float)optim_clip(norm, clip), optim_rate(s, STEPS, 3, 0.03, 0));
        CHECK_CLOSE(w, array(expected) + s * N, N, 2e-6, 2e-7);
    }
    optim_free(p);
    close_golden();
}

static void test_plain(void)
{
    as_torch(&(optim_options){0.9f, 0.98f, 1e-8f, 0, false}, 0, "plain");
}

static void test_decay_and_clip(void)
{
    as_torch(&(optim_options){0.9f, 0.98f, 1e-8f, 0.1f, false}, 1, "decayed");
}

static void test_rate(void)
{
    CHECK(open_golden());
    for (int s = 0; s < STEPS; s++)
        CHECK(fabs(optim_rate(s, STEPS, 3, 0.03, 0) - (double)array("rates")[s]) < 1e-8);
    CHECK(fabs(optim_rate(99, 100, 0, 1, 0.1) - 0.1) < 1e-3); /* ends near end * peak */
    CHECK(fabs(optim_rate(0, 1, 0, 1, 0) - 1) < 1e-12);
    CHECK(fabs(optim_rate(0, 1, 1, 1, 0) - 1) < 1e-12);
    close_golden();
}

static void test_levels(void)
{
    static optim8_map is_signed, is_unsigned;

    CHECK(open_golden());
    optim8_map_init(&is_signed, true);
    optim8_map_init(&is_unsigned, false);
    CHECK_CLOSE(is_signed.level, array("signed"), 256, 1e-6, 1e-12);
    CHECK_CLOSE(is_unsigned.level, array("unsigned"), 256, 1e-6, 1e-12);
    close_golden();
}

/* The nearest level by looking at all of them. */
static void test_nearest(void)
{
    static optim8_map map;

    for (int kind = 0; kind < 2; kind++) {
        optim8_map_init(&map, kind == 0);
        for (int i = 0; i < 40000; i++) {
            float x = (float)pow(10, -8.5 * (i % 200) / 200) * (float)(i + 1) / 40000 * (i % 3 || kind ? 1 : -1);
            double best = 9;
            const unsigned char code = optim8_code(&map, x);

            for (int k = 0; k < 256; k++)
                best = fmin(best, fabs((double)map.level[k] - (double)x));
            CHECK(fabs((double)map.level[code] - (double)x) <= best * (1 + 1e-6));
        }
    }
    CHECK(map.level[optim8_code(&map, 0)] == 0 && map.level[optim8_code(&map, 1)] == 1);
}

/* 8 bits come near F32, and no second moment is lost to 0. */
static void test_eight_bit(void)
{
    err e = {0};
    const optim_options o = {0.9f, 0.98f, 1e-8f, 0, true};
    optim *p;
    float w[N];
    double far = 0, moved = 0;
    static optim8_map map;
    const float v[] = {1, 1e-9f, 0};
    unsigned char codes[3];
    float largest, back[3];

    CHECK(open_golden());
    memcpy(w, array("weights"), sizeof w);
    p = optim_new(N, &o, threads, &e);
    CHECK(p);
    for (int s = 0; s < STEPS; s++)
        optim_step(p, w, array("gradients") + s * N, 1, optim_rate(s, STEPS, 3, 0.03, 0));
    for (int i = 0; i < N; i++) {
        const double end = (double)array("plain")[(STEPS - 1) * N + i];

        far += fabs((double)w[i] - end);
        moved += fabs((double)array("weights")[i] - end);
    }
    CHECK(far < 0.05 * moved);
    optim8_map_init(&map, false);
    optim8_pack(&map, v, 3, codes, &largest);
    optim8_unpack(&map, codes, largest, 3, back);
    CHECK(largest == 1 && back[0] == 1 && back[1] > 0 && back[2] == 0);
    optim_free(p);
    close_golden();
}

/* The same bits on one thread and three, over more than one chunk; NaN comes through. */
static void test_threads(void)
{
    enum { MANY = 200001 };
    const optim_options o = {0.9f, 0.999f, 1e-8f, 0.01f, false};
    float *g = malloc(MANY * sizeof *g), *a = calloc(MANY, sizeof *a), *b = calloc(MANY, sizeof *b);
    err e = {0};
    pool *one = pool_new(1, &e), *three = pool_new(3, &e);
    optim *p = optim_new(MANY, &o, one, &e), *q = optim_new(MANY, &o, three, &e);

    CHECK(g && a && b && p && q);
    test_fill(g, MANY, 3);
    CHECK(optim_norm(p, g) == optim_norm(q, g));
    for (int s = 0; s < 3; s++) {
        optim_step(p, a, g, 0.5f, 0.1);
        optim_step(q, b, g, 0.5f, 0.1);
    }
    CHECK(!memcmp(a, b, MANY * sizeof *a));
    g[MANY - 1] = NAN;
    CHECK(isnan(optim_norm(p, g)));
    g[MANY - 1] = INFINITY;
    CHECK(isinf(optim_norm(p, g)));
    optim_free(p);
    optim_free(q);
    pool_free(one);
    pool_free(three);
    free(g);
    free(a);
    free(b);
}

TEST_MAIN({"plain", test_plain}, {"decay_and_clip", test_decay_and_clip}, {"rate", test_rate},
          {"levels", test_levels}, {"nearest", test_nearest}, {"eight_bit", test_eight_bit},
          {"threads", test_threads})
