/* test_gemm.c - every table of products and its row functions against plain loops. */
#include <stdlib.h>

#include "kernels/gemm.h"
#include "test.h"

enum { MOST_M = 40, MOST_K = 70, MOST_N = 64, ROW = 200 };

/* What the table's elements make of x. */
static void rounded(const gemm_ops *o, const float *x, int n, float *out)
{
    _Alignas(64) char tmp[4 * MOST_M * MOST_K * 2];

    o->store(x, n, tmp);
    o->load(tmp, n, out);
}

static void check_tile(const gemm_ops *o, int M, int k, int N, bool rows_are_columns)
{
    _Alignas(64) float a[MOST_M * (MOST_K + 1)] = {0}, b[MOST_K * MOST_N], c[MOST_M * GEMM_PANEL], expected[MOST_M * GEMM_PANEL];
    _Alignas(64) char a_elems[sizeof a], b_elems[sizeof b], panel[4 * (MOST_K + 1) * GEMM_PANEL];
    const int ka = k + k % 2;
    float ra[MOST_M * (MOST_K + 1)], rb[MOST_K * MOST_N];

    test_fill(b, (size_t)(k * N), 2);
    for (int i = 0; i < M; i++)
        test_fill(a + i * ka, (size_t)k, (unsigned)(10 + i));
    o->store(a, M * ka, a_elems);
    o->store(b, k * N, b_elems);
    rounded(o, a, M * ka, ra);
    rounded(o, b, k * N, rb);
    test_fill(c, (size_t)M * GEMM_PANEL, 4);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < GEMM_PANEL; j++) {
            double s = c[i * GEMM_PANEL + j];

            for (int q = 0; q < k && j < N; q++)
                s += (double)ra[i * ka + q] * (double)rb[rows_are_columns ? j * k + q : q * N + j];
            expected[i * GEMM_PANEL + j] = (float)s;
        }
    if (rows_are_columns)
        o->pack_nk(b_elems, (size_t)k, N, k, panel);
    else
        o->pack_kn(b_elems, (size_t)N, N, k, panel);
    o->tile(a_elems, (size_t)ka, panel, M, o->pair == 2 ? ka : k, c, GEMM_PANEL, true);
    CHECK_CLOSE(c, expected, (size_t)M * GEMM_PANEL, 1e-5, 1e-5);
    o->tile(a_elems, (size_t)ka, panel, M, o->pair == 2 ? ka : k, c, GEMM_PANEL, false);
    test_fill(b, (size_t)M * GEMM_PANEL, 4);
    for (int i = 0; i < M * GEMM_PANEL; i++)
        expected[i] -= b[i];
    CHECK_CLOSE(c, expected, (size_t)M * GEMM_PANEL, 1e-5, 1e-5);
}

static void tiles(void)
{
    static const int sizes[][3] = {{1, 1, 1}, {6, 32, 64}, {7, 8, 16}, {13, 33, 37}, {40, 70, 63}, {4, 2, 5}, {38, 69, 64}};
    int n;
    const gemm_ops *const *all = gemm_all(&n);

    for (int t = 0; t < n; t++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            check_tile(all[t], sizes[i][0], sizes[i][1], sizes[i][2], true);
            check_tile(all[t], sizes[i][0], sizes[i][1], sizes[i][2], false);
            if (test_failed) {
                fprintf(stderr, "table %s, M %d k %d N %d\n", all[t]->name, sizes[i][0], sizes[i][1], sizes[i][2]);
                return;
            }
        }
}

static void check_transpose(const gemm_ops *o, int rows, int cols)
{
    float x[MOST_M * MOST_K], y[MOST_M * MOST_K], expected[MOST_M * MOST_K];
    _Alignas(64) char from[sizeof x], to[sizeof x];

    test_fill(x, (size_t)(rows * cols), 3);
    o->store(x, rows * cols, from);
    o->transpose(from, (size_t)cols, rows, cols, to, (size_t)rows);
    o->load(to, rows * cols, y);
    rounded(o, x, rows * cols, x);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++)
            expected[j * rows + i] = x[i * cols + j];
    CHECK_CLOSE(y, expected, (size_t)(rows * cols), 0, 0);
}

static void transposes(void)
{
    int n;
    const gemm_ops *const *all = gemm_all(&n);

    for (int t = 0; t < n; t++) {
        check_transpose(all[t], 1, 1);
        check_transpose(all[t], 16, 32);
        check_transpose(all[t], 17, 5);
        check_transpose(all[t], 40, 70);
    }
}

/* BF16 is rounded to nearest, ties to even. */
static void rounding(void)
{
    static const float x[] = {1.0f, 1.00390625f, 1.01171875f, -3.1415926f, 1e-30f, 3e38f};
    static const float expected[] = {1.0f, 1.0f, 1.015625f, -3.140625f, 9.98402e-31f, 3.004e38f};
    int n;
    const gemm_ops *const *all = gemm_all(&n);

    for (int t = 0; t < n; t++) {
        float y[6];

        rounded(all[t], x, 6, y);
        if (all[t]->elem_bytes == 2)
            CHECK_CLOSE(y, expected, 3, 0, 0);
        CHECK_CLOSE(y, all[t]->elem_bytes == 2 ? expected : x, 6, 1e-3, 0);
    }
}

/* ---- row functions: values by the scalar table's double twin, slopes by differences ---- */
static double norm_at(const float *x, const float *gain, int n, int i)
{
    double s = 0;

    for (int k = 0; k < n; k++)
        s += (double)x[k] * (double)x[k];
    return (double)x[i] / sqrt(s / n + 1e-6) * (double)gain[i];
}

static double gelu_at(double g)
{
    return 0.5 * g * (1 + tanh(sqrt(2 / 3.14159265358979) * (g + 0.044715 * g * g * g)));
}

static void check_norm(const gemm_ops *o, int n)
{
    float x[ROW], gain[ROW], dy[ROW], y[ROW], dx[ROW], expected[ROW];

    test_fill(x, (size_t)n, 1);
    test_fill(gain, (size_t)n, 2);
    test_fill(dy, (size_t)n, 3);
    o->rms_norm(x, gain, 1e-6f, n, y);
    for (int i = 0; i < n; i++)
        expected[i] = (float)norm_at(x, gain, n, i);
    CHECK_CLOSE(y, expected, (size_t)n, 1e-5, 1e-6);
    o->rms_backward(x, gain, 1e-6f, dy, n, dx);
    for (int i = 0; i < n; i++) {
        const float keep = x[i];
        double f[2] = {0, 0};

        for (int side = 0; side < 2; side++) {
            x[i] = keep + (side ? 1e-3f : -1e-3f);
            for (int k = 0; k < n; k++)
                f[side] += norm_at(x, gain, n, k) * (double)dy[k];
        }
        expected[i] = (float)((f[1] - f[0]) / ((double)(keep + 1e-3f) - (double)(keep - 1e-3f)));
        x[i] = keep;
    }
    CHECK_CLOSE(dx, expected, (size_t)n, 1e-3, 1e-4);
}

static void check_gelu(const gemm_ops *o, int n)
{
    float gate[ROW], up[ROW], dout[ROW], y[ROW], dgate[ROW], dup[ROW], expected[ROW], slope[ROW];

    test_fill(gate, (size_t)n, 1);
    test_fill(up, (size_t)n, 2);
    test_fill(dout, (size_t)n, 3);
    for (int i = 0; i < n; i++) {
        gate[i] *= 4;
        expected[i] = (float)(gelu_at(gate[i]) * (double)up[i]);
        slope[i] = (float)((gelu_at((double)gate[i] + 1e-5) - gelu_at((double)gate[i] - 1e-5)) / 2e-5 * (double)up[i] * (double)dout[i]);
    }
    o->gelu_mul(gate, up, n, y);
    CHECK_CLOSE(y, expected, (size_t)n, 1e-5, 1e-6);
    o->gelu_backward(gate, up, dout, n, dgate, dup);
    CHECK_CLOSE(dgate, slope, (size_t)n, 1e-4, 1e-5);
    for (int i = 0; i < n; i++)
        expected[i] = (float)(gelu_at(gate[i]) * (double)dout[i]);
    CHECK_CLOSE(dup, expected, (size_t)n, 1e-5, 1e-6);
}

static void check_softmax_parts(const gemm_ops *o, int n)
{
    float x[ROW], y[ROW], expected[ROW], slope[ROW], slopes[ROW];
    double sum = 0, dot = 0;
    float top = -INFINITY;

    test_fill(x, (size_t)n, 5);
    x[n / 2] = -INFINITY;
    for (int i = 0; i < n; i++) {
        top = fmaxf(top, x[i]);
        expected[i] = expf(x[i] - 0.5f);
        sum += (double)expected[i];
    }
    memcpy(y, x, sizeof y);
    CHECK(o->largest(x, n) == top);
    CHECK(fabs((double)o->exp_sum(y, 0.5f, n) - sum) < 1e-5 * sum);
    CHECK_CLOSE(y, expected, (size_t)n, 1e-6, 1e-8);
    test_fill(x, (size_t)n, 6);
    test_fill(y, (size_t)n, 7);
    for (int i = 0; i < n; i++)
        dot += (double)x[i] * (double)y[i];
    CHECK(fabs((double)o->dot(x, y, n) - dot) < 1e-4);
    for (int i = 0; i < n; i++) {
        expected[i] = (float)(0.7 * tanh((double)x[i] / 0.7));
        slopes[i] = (float)(1 - tanh((double)x[i] / 0.7) * tanh((double)x[i] / 0.7));
    }
    o->soft_cap(x, 0.7f, n, slope);
    CHECK_CLOSE(x, expected, (size_t)n, 1e-5, 1e-6);
    CHECK_CLOSE(slope, slopes, (size_t)n, 1e-4, 1e-6);
}

static void check_encoder_rows(const gemm_ops *o, int n)
{
    float x[ROW], gain[ROW], bias[ROW], y[ROW], expected[ROW];
    double mean = 0, variance = 0;

    test_fill(x, (size_t)n, 8);
    test_fill(gain, (size_t)n, 9);
    test_fill(bias, (size_t)n, 10);
    for (int i = 0; i < n; i++)
        mean += (double)x[i] / n;
    for (int i = 0; i < n; i++)
        variance += ((double)x[i] - mean) * ((double)x[i] - mean) / n;
    for (int i = 0; i < n; i++)
        expected[i] = (float)(((double)x[i] - mean) / sqrt(variance + 1e-5) * (double)gain[i] + (double)bias[i]);
    o->layer_norm(x, gain, bias, 1e-5f, n, y);
    CHECK_CLOSE(y, expected, (size_t)n, 1e-5, 1e-5);
    for (int i = 0; i < n; i++) {
        x[i] *= i % 3 ? 5 : 12;
        expected[i] = (float)(0.5 * (double)x[i] * erfc(-(double)x[i] / sqrt(2)));
    }
    o->gelu_erf(x, n, x);
    CHECK_CLOSE(x, expected, (size_t)n, 5e-7, 1e-6);
}

static void rows(void)
{
    int n;
    const gemm_ops *const *all = gemm_all(&n);

    for (int t = 0; t < n; t++)
        for (int size = 8; size <= ROW; size += 24) {
            check_norm(all[t], size);
            check_encoder_rows(all[t], size);
            check_gelu(all[t], size);
            check_softmax_parts(all[t], size);
            if (test_failed) {
                fprintf(stderr, "table %s, n %d\n", all[t]->name, size);
                return;
            }
        }
}

TEST_MAIN({"tiles", tiles}, {"transposes", transposes}, {"rounding", rounding}, {"rows", rows})
