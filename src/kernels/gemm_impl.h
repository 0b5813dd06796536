/* gemm_impl.h - the tables, for gemm.c only. */
#ifndef KERNELS_GEMM_IMPL_H
#define KERNELS_GEMM_IMPL_H

#include "kernels/gemm.h"

extern const gemm_ops gemm_f32_scalar, gemm_f32_avx2, gemm_f32_avx512, gemm_bf16_avx512;

#endif
