/* test_kernels.c - every table against the scalar one, at sizes that do not
 * divide a vector; and the determinism contract bit by bit. */
#include "kernels/kernels_impl.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "test.h"

enum { MAX_COLS = 2560, MAX_ROWS = 21, MAX_TOKENS = 11 };

static uint32_t noise(uint32_t *s) { return (*s = *s * 1664525u + 1013904223u) >> 8; }

/* Random blocks of a type: any bits are valid quants, scales must be finite. */
static void fill_weights(tensor_type type, uint8_t *w, size_t n_bytes, uint32_t seed)
{
    static const int scales[TENSOR_TYPE_COUNT][2] = {
        [TENSOR_Q8_0] = {0, -1}, [TENSOR_Q4_0] = {0, -1}, [TENSOR_Q4_1] = {0, 2},
        [TENSOR_Q5_0] = {0, -1}, [TENSOR_Q5_1] = {0, 2},  [TENSOR_Q4_K] = {0, 2},
        [TENSOR_Q5_K] = {0, 2},  [TENSOR_Q6_K] = {208, -1},
    };
    const size_t block = tensor_block_bytes(type);
    uint32_t s = seed;

    for (size_t i = 0; i < n_bytes; i++)
        w[i] = (uint8_t)noise(&s);
    for (size_t i = 0; i < n_bytes; i += block)
        for (int k = 0; k < 2; k++) {
            const uint16_t half = (uint16_t)(0x2000u | (noise(&s) & 0x8bffu)); /* about 0.01 */

            if (!kernel_type_is_int(type)) {
                const float f = (float)(noise(&s) & 0xffff) / 65536.0f - 0.5f;
                const uint16_t b16 = (uint16_t)(0x3c00u | (noise(&s) & 0x81ffu));

                memcpy(w + i, block == 4 ? (const void *)&f : type == TENSOR_F16 ? (const void *)&half : (const void *)&b16, block);
            } else if (scales[type][k] >= 0) {
                memcpy(w + i + scales[type][k], &half, 2);
            }
        }
}

typedef struct fixture {
    uint8_t *w;
    float *x, *out, *expected;
    act_rows xq;
    matmul m;
} fixture;

static void fixture_init(fixture *f, const kernel_ops *ops, tensor_type type, int rows, int cols, int tokens)
{
    const size_t row = (size_t)(cols / tensor_block_size(type)) * tensor_block_bytes(type);
    const size_t n = (size_t)cols * (size_t)tokens;

    f->w = malloc(row * (size_t)rows); /* exactly: reading past a row's end shows in ASan */
    f->x = malloc(n * sizeof *f->x);
    f->out = malloc((size_t)(rows * tokens) * sizeof *f->out);
    f->expected = malloc((size_t)(rows * tokens) * sizeof *f->out);
    f->xq = (act_rows){malloc(2 * n), malloc(n / 32 * sizeof(float)), malloc(n / 32 * sizeof(float)),
                       malloc(n / 16 * sizeof(int32_t))};
    fill_weights(type, f->w, row * (size_t)rows, 7u + (unsigned)type);
    test_fill(f->x, n, 3);
    for (int t = 0; t < tokens && kernel_type_is_int(type); t++) {
        const act_rows to = act_rows_at(&f->xq, (size_t)t, cols);

        ops->quantise(f->x + (size_t)t * (size_t)cols, cols, &to);
    }
    f->m = (matmul){.type = type, .w = f->w, .n_cols = cols, .r1 = rows, .n_tokens = tokens,
                    .xq = f->xq, .x = f->x, .out = f->out, .ld = rows};
}

static void fixture_deinit(fixture *f)
{
    free(f->w);
    free(f->x);
    free(f->out);
    free(f->expected);
    free(f->xq.q);
    free(f->xq.scale);
    free(f->xq.weighted);
    free(f->xq.sum);
}

static double largest(const float *x, int n)
{
    double most = 0;

    for (int i = 0; i < n; i++)
        most = fabs((double)x[i]) > most ? fabs((double)x[i]) : most;
    return most;
}

static void check_product(const kernel_ops *ops, tensor_type type, int rows, int cols, int tokens, bool in_int)
{
    const kernel_ops *scalar = kernels_all(&(int){0})[0];
    fixture f;

    fixture_init(&f, scalar, type, rows, cols, tokens);
    (in_int ? ops->matmul_int : ops->matmul_f32)(&f.m);
    f.m.out = f.expected;
    (in_int ? scalar->matmul_int : scalar->matmul_f32)(&f.m);
    CHECK_CLOSE(f.out, f.expected, (size_t)(rows * tokens), 1e-5, 2e-6 * largest(f.expected, rows * tokens));
    fixture_deinit(&f);
}

static void products(bool in_int)
{
    static const int shape[][3] = {{1, 256, 1}, {8, 512, 1}, {13, 768, 2}, {21, 2560, 5}, {9, 256, 11}, {3, 2304, 4}};
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        for (int type = 0; type < TENSOR_TYPE_COUNT; type++)
            for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++) {
                int cols = shape[i][1];

                if (in_int && !kernel_type_is_int((tensor_type)type))
                    continue;
                if (tensor_block_size((tensor_type)type) == 32)
                    cols += 96; /* not a multiple of 256 */
                check_product(all[k], (tensor_type)type, shape[i][0], cols, shape[i][2], in_int);
                if (test_failed) {
                    fprintf(stderr, "  table %s, type %s, %d rows, %d columns, %d tokens\n", all[k]->name,
                            tensor_type_name((tensor_type)type), shape[i][0], cols, shape[i][2]);
                    return;
                }
            }
}

static void products_of_integers(void) { products(true); }
static void products_of_floats(void) { products(false); }

/* One row alone, in a batch, by index, or in a split: the same bits. */
static void check_bits(const kernel_ops *ops, tensor_type type, bool in_int)
{
    enum { ROWS = 19, COLS = 2304, TOKENS = 7 };
    void (*const run)(const matmul *) = in_int ? ops->matmul_int : ops->matmul_f32;
    static const int32_t pick[] = {18, 3, 3, 11, 0};
    fixture f;
    float alone[ROWS], picked[5];

    fixture_init(&f, ops, type, ROWS, COLS, TOKENS);
    run(&f.m);
    for (int t = 0; t < TOKENS; t++) {
        matmul one = f.m;

        one.n_tokens = 1;
        one.x += (size_t)t * COLS;
        one.xq = act_rows_at(&f.xq, (size_t)t, COLS);
        one.out = alone;
        run(&one);
        CHECK(!memcmp(alone, f.out + t * ROWS, sizeof alone));
        one.r0 = 5;
        one.r1 = 11;
        one.out = alone;
        run(&one);
        CHECK(!memcmp(alone, f.out + t * ROWS + 5, 6 * sizeof *alone));
        one.r0 = 0;
        one.r1 = 5;
        one.rows = pick;
        one.out = picked;
        run(&one);
        for (int i = 0; i < 5; i++)
            CHECK(picked[i] == f.out[t * ROWS + pick[i]]);
    }
    fixture_deinit(&f);
}

static void same_bits_for_one_row_or_many(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        for (int type = 0; type < TENSOR_TYPE_COUNT && !test_failed; type++) {
            check_bits(all[k], (tensor_type)type, false);
            if (!test_failed && kernel_type_is_int((tensor_type)type))
                check_bits(all[k], (tensor_type)type, true);
            if (test_failed)
                fprintf(stderr, "  table %s, type %s\n", all[k]->name, tensor_type_name((tensor_type)type));
        }
}

/* The largest quants everywhere: no sum may wrap or saturate. */
static void extreme_quants_do_not_overflow(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        for (int type = 0; type < TENSOR_TYPE_COUNT; type++)
            for (int fill = 0; fill < 2; fill++) {
                fixture f;
                const uint16_t one = 0x3c00;
                const size_t block = tensor_block_bytes((tensor_type)type);

                if (!kernel_type_is_int((tensor_type)type))
                    continue;
                fixture_init(&f, all[0], (tensor_type)type, 8, 256, 4);
                for (size_t i = 0; i < 8u * 256u / (unsigned)tensor_block_size((tensor_type)type) * block; i++)
                    f.w[i] = fill ? 0xff : type == TENSOR_Q8_0 ? 0x80 : 0;
                for (size_t i = 0; i < 8u * 256u / (unsigned)tensor_block_size((tensor_type)type); i++) {
                    memcpy(f.w + i * block + (type == TENSOR_Q6_K ? 208 : 0), &one, 2);
                    if (type == TENSOR_Q4_1 || type == TENSOR_Q5_1 || type == TENSOR_Q4_K || type == TENSOR_Q5_K)
                        memcpy(f.w + i * block + 2, &one, 2);
                }
                for (int i = 0; i < 4 * 256; i++)
                    f.x[i] = i % 512 < 256 ? 1.0f : -1.0f;
                for (int t = 0; t < 4; t++) {
                    const act_rows row = act_rows_at(&f.xq, (size_t)t, 256);

                    all[0]->quantise(f.x + t * 256, 256, &row);
                }
                for (int tokens = 1; tokens <= 4; tokens += 3) {
                    f.m.n_tokens = tokens;
                    f.m.out = f.out;
                    all[k]->matmul_int(&f.m);
                    f.m.out = f.expected;
                    all[0]->matmul_int(&f.m);
                    CHECK_CLOSE(f.out, f.expected, (size_t)(8 * tokens), 1e-5, 1e-3);
                }
                fixture_deinit(&f);
            }
}

static void quantised_activations(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);
    float x[96], scale[2][3], weighted[2][3];
    int16_t q[2][96];
    int32_t sum[2][6];
    const act_rows out[2] = {{q[0], scale[0], weighted[0], sum[0]}, {q[1], scale[1], weighted[1], sum[1]}};

    test_fill(x, 96, 5);
    for (int i = 32; i < 64; i++)
        x[i] = 0.0f; /* a block without a largest element */
    for (int k = 0; k < n; k++) {
        all[0]->quantise(x, 96, &out[0]);
        all[k]->quantise(x, 96, &out[1]);
        CHECK(!memcmp(q[0], q[1], sizeof q[0]));
        CHECK(!memcmp(scale[0], scale[1], sizeof scale[0]));
        CHECK(!memcmp(weighted[0], weighted[1], sizeof weighted[0]));
        CHECK(!memcmp(sum[0], sum[1], sizeof sum[0]));
    }
    for (int i = 0; i < 96; i++)
        CHECK(fabsf(scale[0][i / 32] * q[0][i] - x[i]) <= 0.51f * scale[0][i / 32]);
}

static void attend_sizes(const kernel_ops *ops, int n_queries, int K, float cap)
{
    enum { MAX_K = 256 };
    static float rows[2 * ATTEND_BLOCK + ATTEND_QUERIES][MAX_K], acc[2][ATTEND_QUERIES][MAX_K];
    attend a[2];

    test_fill(rows[0], sizeof rows / sizeof(float), 11);
    memset(acc, 0, sizeof acc);
    for (int x = 0; x < 2; x++) {
        a[x] = (attend){.n_queries = n_queries, .head_size = K, .cap = cap};
        for (int i = 0; i < n_queries; i++) {
            a[x].q[i] = rows[2 * ATTEND_BLOCK + i];
            a[x].acc[i] = acc[x][i];
            a[x].max[i] = -INFINITY;
        }
        for (int j = 0; j < ATTEND_BLOCK; j++) {
            a[x].k[j] = rows[j];
            a[x].v[j] = rows[ATTEND_BLOCK + j];
        }
        for (int block = 0; block < 3; block++) { /* in sight: all, a part, none for some */
            for (int i = 0; i < n_queries; i++) {
                a[x].first[i] = block == 1 ? 3 * i : 0;
                a[x].end[i] = block == 0 ? 64 : block == 1 ? 40 + i : i % 2 ? 0 : 7;
            }
            (x ? ops : kernels_all(&(int){0})[0])->attend_block(&a[x]);
        }
    }
    for (int i = 0; i < n_queries; i++) {
        CHECK_CLOSE(&a[1].sum[i], &a[0].sum[i], 1, 1e-5, 0);
        CHECK_CLOSE(acc[1][i], acc[0][i], (size_t)K, 2e-5, 2e-5);
    }
}

static void attention_blocks(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        for (int q = 1; q <= ATTEND_QUERIES; q++) {
            attend_sizes(all[k], q, 8, 0.0f);
            attend_sizes(all[k], q, 40, 5.0f);
            attend_sizes(all[k], q, 256, 0.0f);
        }
}

/* A query's bits don't depend on the queries beside it. */
static void attention_same_bits(void)
{
    enum { K = 64 };
    static float rows[2 * ATTEND_BLOCK + ATTEND_QUERIES][K], acc[ATTEND_QUERIES][K], alone[K];
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    test_fill(rows[0], sizeof rows / sizeof(float), 12);
    for (int k = 0; k < n; k++)
        for (int one = 0; one < 7; one++) {
            attend a = {.n_queries = 7, .head_size = K}, b = {.n_queries = 1, .head_size = K};

            memset(acc, 0, sizeof acc);
            memset(alone, 0, sizeof alone);
            for (int j = 0; j < ATTEND_BLOCK; j++) {
                a.k[j] = b.k[j] = rows[j];
                a.v[j] = b.v[j] = rows[ATTEND_BLOCK + j];
            }
            for (int i = 0; i < 7; i++) {
                a.q[i] = rows[2 * ATTEND_BLOCK + i];
                a.acc[i] = acc[i];
                a.max[i] = -INFINITY;
                a.first[i] = 5 * i;
                a.end[i] = 20 + 6 * i;
            }
            b.q[0] = a.q[one];
            b.acc[0] = alone;
            b.max[0] = -INFINITY;
            b.first[0] = a.first[one];
            b.end[0] = a.end[one];
            all[k]->attend_block(&a);
            all[k]->attend_block(&b);
            CHECK(a.max[one] == b.max[0] && a.sum[one] == b.sum[0]);
            CHECK(!memcmp(acc[one], alone, sizeof alone));
        }
}

/* Each table's F32 values are the scalar table's bits (those against the format's
 * reference are in test_golden, `quantised`). */
static void dequantised_rows(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        for (int type = 0; type < TENSOR_TYPE_COUNT; type++) {
            fixture f;
            float a[768], b[768];

            fixture_init(&f, all[0], (tensor_type)type, 1, 768, 1);
            all[0]->dequantise((tensor_type)type, f.w, 768, a);
            all[k]->dequantise((tensor_type)type, f.w, 768, b);
            CHECK(!memcmp(a, b, sizeof a));
            fixture_deinit(&f);
        }
}

static void largest_and_sums(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);
    float x[37];

    for (int k = 0; k < n; k++)
        for (int m = 1; m <= 37; m++) {
            double sum = 0;

            test_fill(x, 37, (unsigned)m);
            CHECK(all[k]->largest(x, m) == all[0]->largest(x, m));
            for (int i = 0; i < m; i++)
                sum += exp((double)x[i] - 1.0);
            CHECK(fabs(all[k]->sum_exp(x, 1.0f, m) - sum) < 1e-5 * sum);
            x[m - 1] = x[m / 3] = 2.0f; /* equals: the lower one */
            CHECK(all[k]->largest(x, m) == m / 3);
        }
}

static void rows_and_gates(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);
    float x[72], w[72], a[2][72];

    for (int k = 0; k < n; k++) {
        test_fill(x, 72, 1);
        test_fill(w, 72, 2);
        for (int i = 0; i < 72; i++)
            x[i] *= i < 36 ? 3.0f : 40.0f; /* gates far out, where tanh is flat */
        for (int m = 0; m <= 71; m += 7) {
            a[0][0] = all[0]->dot_f32(x, w, m);
            a[1][0] = all[k]->dot_f32(x, w, m);
            CHECK_CLOSE(a[1], a[0], 1, 1e-5, 1e-4);
        }
        for (int t = 0; t < 2; t++)
            all[t ? k : 0]->rms_norm(x, w, 1e-6f, 72, a[t]);
        CHECK_CLOSE(a[1], a[0], 72, 1e-5, 1e-6);
        for (int t = 0; t < 2; t++)
            all[t ? k : 0]->gelu_mul(x, w, 72, a[t]);
        CHECK_CLOSE(a[1], a[0], 72, 1e-5, 1e-6);
        for (int t = 0; t < 2; t++) {
            memcpy(a[t], x, sizeof x);
            all[t ? k : 0]->soft_cap(a[t], 30.0f, 71);
        }
        CHECK_CLOSE(a[1], a[0], 72, 1e-5, 1e-5);
    }
}

/* A bound is never below the product it bounds, and never far above what Cauchy and
 * Schwarz allow; rows of every kind. */
static void fill_row(float *w, int n, int kind, uint32_t *s)
{
    for (int i = 0; i < n; i++) {
        const float u = (float)(noise(s) & 0xffff) / 32768.0f - 1.0f;

        w[i] = kind == 0 ? 0.0f : kind == 1 ? u : kind == 2 ? (i == 5 ? 1e4f : u * 1e-4f)
             : kind == 3 ? (u > 0 ? 1.0f : -1.0f) : kind == 4 ? (i / 32 % 2 ? u : 0.0f)
             : kind == 5 ? u * 1e-36f : kind == 6 ? (i == 40 ? INFINITY : u) : kind == 7 ? (i == 3 ? NAN : u) : 0.02f * u * u * u;
    }
}

/* x = what the plane leaves out of row r of the first group, the worst there is. */
static void worst_for_row(const float *w, const uint8_t *group, int r, int C, float *x)
{
    float unit, most = 0;

    memcpy(&unit, group + screen_units_at(C) + 4 * r, sizeof unit);
    for (int i = 0; i < C; i++) {
        const uint8_t two = group[256 * (i / 32) + 64 * (i % 32 / 8) + 4 * r + i % 4];
        const int h = i % 8 < 4 ? two & 15 : two >> 4;

        x[i] = w[i] - unit * (float)group[screen_steps_at(C) + (size_t)(SCREEN_ROWS * (i / 32) + r)] * ((float)h - 7.5f);
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
    }
    for (int i = 0; i < C; i++)
        x[i] /= most;
}

static void check_bounds(const kernel_ops *ops, int C, uint32_t seed)
{
    enum { GROUPS = 3, KINDS = 9, MOST = 320 };
    static float w[GROUPS * SCREEN_ROWS][MOST];
    const size_t bytes = screen_group_bytes(C);
    uint8_t *memory = malloc(GROUPS * bytes + SCREEN_ALIGN);
    uint8_t *groups = memory + (SCREEN_ALIGN - (uintptr_t)memory % SCREEN_ALIGN) % SCREEN_ALIGN;
    float x[MOST], half[MOST / 32], norm[MOST / 32], bound[GROUPS * SCREEN_ROWS], most = 0, left = 0, whole = 0;
    int32_t fifteen[MOST / 32] = {0};
    int8_t q[MOST];

    for (int r = 0; r < GROUPS * SCREEN_ROWS; r++) {
        float n;
        uint32_t own = seed + (uint32_t)r;

        fill_row(w[r], C, r % KINDS, &own);
        n = ops->screen_pack(w[r], C, r % SCREEN_ROWS, groups + bytes * (size_t)(r / SCREEN_ROWS));
        most = n > most ? n : most;
    }
    if (seed % 2)
        test_fill(x, (size_t)C, seed);
    else
        worst_for_row(w[1], groups, 1, C, x);
    for (int b = 0; b < C / 32; b++) {
        float square = 0;

        half[b] = 0.5f / 127.0f;
        for (int i = 32 * b; i < 32 * b + 32; i++) {
            const float f = x[i] - rintf(x[i] * 127.0f) / 127.0f;

            q[i] = (int8_t)rintf(x[i] * 127.0f);
            fifteen[b] += 15 * q[i];
            square += x[i] * x[i];
            left += f * f;
        }
        norm[b] = 1.0001f * sqrtf(square);
        whole += square;
    }
    ops->screen_bounds(&(screen){groups, C, 0, 2, q, half, fifteen, norm, bound}); /* in two parts */
    ops->screen_bounds(&(screen){groups, C, 2, 3, q, half, fifteen, norm, bound + 2 * SCREEN_ROWS});
    for (int r = 0; r < GROUPS * SCREEN_ROWS; r++) {
        double exact = 0, length = 0;

        for (int i = 0; i < C; i++) {
            exact += (double)w[r][i] * (double)x[i];
            length += (double)w[r][i] * (double)w[r][i];
        }
        if (r % KINDS >= 5 && r % KINDS <= 7) { /* tiny, or not finite: never screened out */
            CHECK(bound[r] == INFINITY);
            continue;
        }
        CHECK((double)bound[r] + (double)most * (1.001 * sqrt((double)left) + 1e-5 * sqrt((double)whole)) >= exact);
        CHECK((double)bound[r] <= exact + 0.4 * sqrt(length * (double)whole) + (double)most * sqrt((double)left));
    }
    free(memory);
}

static void screening_bounds(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        for (int i = 0; i < 20 && !test_failed; i++) {
            check_bounds(all[k], i % 4 < 2 ? 320 : 96, 100u + (unsigned)i);
            if (test_failed)
                fprintf(stderr, "  table %s\n", all[k]->name);
        }
}

#if defined(__x86_64__)
/* The tile kernels on a model of the tiles: AVX-512's bits, at every size. */
static void check_tiles(tensor_type type, int rows, int cols, int tokens)
{
    fixture f;

    fixture_init(&f, kernels_all(&(int){0})[0], type, rows, cols, tokens);
    for (int i = 0; i < rows * tokens; i++)
        f.out[i] = -77.0f; /* would show if it were added to, or left */
    matmul_int_amx_model(&f.m);
    f.m.out = f.expected;
    matmul_int_avx512(&f.m);
    CHECK(!memcmp(f.out, f.expected, (size_t)(rows * tokens) * sizeof(float)));
    fixture_deinit(&f);
}

static bool has_avx512(void)
{
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        if (!strcmp(all[k]->name, "avx512"))
            return true;
    return false;
}

static void damaged(const matmul *m)
{
    matmul_int_avx512(m);
    m->out[m->n_tokens * m->ld - 1] *= 1.0000002f;
}

static void tiles_on_a_model(void)
{
    static const int shape[][3] = {{64, 256, 16}, {1, 256, 8}, {70, 768, 33}, {21, 512, 9}, {17, 2304, 40}, {3, 256, 1}};

    if (!has_avx512()) { /* the model runs anywhere; what is around it needs AVX-512 */
        printf("  not here: no AVX-512\n");
        return;
    }
    for (int type = 0; type < TENSOR_TYPE_COUNT; type++)
        for (size_t i = 0; i < sizeof shape / sizeof shape[0] && kernel_type_is_int((tensor_type)type); i++) {
            const int more = tensor_block_size((tensor_type)type) == 32 ? 96 : 0; /* not a multiple of 256 */

            check_tiles((tensor_type)type, shape[i][0], shape[i][1] + more, shape[i][2]);
            if (test_failed) {
                fprintf(stderr, "  type %s, %d rows, %d columns, %d tokens\n", tensor_type_name((tensor_type)type),
                        shape[i][0], shape[i][1] + more, shape[i][2]);
                return;
            }
        }
    CHECK(amx_agrees(matmul_int_amx_model)); /* the check at the choice of a table */
    CHECK(!amx_agrees(damaged));
}
#else
static void tiles_on_a_model(void) {}
#endif

TEST_MAIN({"products of integers", products_of_integers}, {"products of floats", products_of_floats},
          {"same bits for one row or many", same_bits_for_one_row_or_many},
          {"extreme quants do not overflow", extreme_quants_do_not_overflow},
          {"quantised activations", quantised_activations}, {"attention blocks", attention_blocks},
          {"attention, same bits", attention_same_bits}, {"rows and gates", rows_and_gates},
          {"dequantised rows", dequantised_rows}, {"largest and sums", largest_and_sums},
          {"screening bounds", screening_bounds}, {"tiles on a model", tiles_on_a_model})
