/* gemm_f32_impl.h - packing and moving of F32 elements, for the tables of F32. */
#include "kernels/gemm_rows_impl.h"

static void TABLE(copy_out)(const float *x, int n, void *out) { memcpy(out, x, (size_t)n * sizeof *x); }
static void TABLE(copy_in)(const void *x, int n, float *out) { memcpy(out, x, (size_t)n * sizeof *out); }

static void TABLE(pack_nk)(const void *src, size_t ld, int n, int k, void *out)
{
    const float *in = src;
    float *to = out;

    for (int i = 0; i < k; i++)
        for (int j = 0; j < GEMM_PANEL; j++)
            to[i * GEMM_PANEL + j] = j < n ? in[(size_t)j * ld + (size_t)i] : 0.0f;
}

static void TABLE(pack_kn)(const void *src, size_t ld, int n, int k, void *out)
{
    const float *in = src;
    float *to = out;

    for (int i = 0; i < k; i++) {
        memcpy(to + i * GEMM_PANEL, in + (size_t)i * ld, (size_t)n * sizeof *to);
        if (n < GEMM_PANEL)
            memset(to + i * GEMM_PANEL + n, 0, (size_t)(GEMM_PANEL - n) * sizeof *to);
    }
}

static void TABLE(transpose)(const void *src, size_t ld, int rows, int cols, void *out, size_t ld_out)
{
    const float *in = src;
    float *to = out;

    for (int j = 0; j < cols; j++)
        for (int i = 0; i < rows; i++)
            to[(size_t)j * ld_out + (size_t)i] = in[(size_t)i * ld + (size_t)j];
}

#define F32_TABLE(label)                                                                       \
    {                                                                                          \
        .name = label, .elem_bytes = 4, .pair = 1, .store = TABLE(copy_out),                   \
        .load = TABLE(copy_in), .pack_nk = TABLE(pack_nk), .pack_kn = TABLE(pack_kn),          \
        .transpose = TABLE(transpose), .tile = TABLE(tile), ROW_FUNCTIONS                      \
    }
#define ROW_FUNCTIONS                                                                          \
    .rms_norm = TABLE(rms_norm), .rms_backward = TABLE(rms_backward),                          \
    .gelu_mul = TABLE(gelu_mul), .gelu_backward = TABLE(gelu_backward),                        \
    .largest = TABLE(largest), .exp_sum = TABLE(exp_sum), .dot = TABLE(dot),                   \
    .scale = TABLE(scale), .add_scaled = TABLE(add_scaled), .soft_cap = TABLE(soft_cap), \
    .layer_norm = TABLE(layer_norm), .gelu_erf = TABLE(gelu_erf)
