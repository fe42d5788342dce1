/* The functions of one version; each kernels_<version>.c defines one such table. */
#ifndef AUTODIDACT_KERNEL_TABLE_H
#define AUTODIDACT_KERNEL_TABLE_H

#include "autodidact_kernels.h"

struct kernel_table {
  size_t panel_columns;
  void (*gemm)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed,
               int epilogue, const float *bias, const float *residual, size_t ldr, float *c,
               size_t ldc);
  void (*layer_norm)(size_t rows, size_t n, const float *x, size_t ldx, const float *gamma,
                     const float *beta, float epsilon, float *out, size_t ldo);
  void (*attention)(size_t count, size_t heads, size_t head_size, const float *qkv, size_t ldqkv,
                    float scale, float *scratch, float *out, size_t ldo);
  void (*gelu)(size_t count, float *x);
  void (*softmax)(size_t rows, size_t n, float scale, float *x, size_t ldx);
  float (*dot)(size_t count, const float *a, const float *b);
  void (*axpy)(size_t count, float alpha, const float *x, float *y);
};

extern const struct kernel_table kernels_table_portable;
#if defined(__x86_64__)
extern const struct kernel_table kernels_table_avx2;
extern const struct kernel_table kernels_table_avx512;
#endif

#endif
