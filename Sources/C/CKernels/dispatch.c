/* The choice of a version, and what is the same in all of them. */
#include "kernel_table.h"

static const struct kernel_table *table(int path) {
  switch (path) {
#if defined(__x86_64__)
    case KERNELS_AVX2: return &kernels_table_avx2;
    case KERNELS_AVX512: return &kernels_table_avx512;
#endif
    default: return &kernels_table_portable;
  }
}

int kernels_path_is_supported(int path) {
  switch (path) {
    case KERNELS_PORTABLE: return 1;
#if defined(__x86_64__)
    case KERNELS_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                             __builtin_cpu_supports("f16c");
    case KERNELS_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#endif
    default: return 0;
  }
}

size_t kernels_packed_count(int path, size_t n, size_t k) {
  size_t width = table(path)->panel_columns;
  return (n + width - 1) / width * width * k;
}

void kernels_pack_transposed(int path, size_t n, size_t k, const float *w, size_t ldw,
                             float *packed) {
  size_t width = table(path)->panel_columns;
  for (size_t first = 0; first < n; first += width)
    for (size_t row = 0; row < k; row++)
      for (size_t column = first; column < first + width; column++)
        *packed++ = column < n ? w[column * ldw + row] : 0;
}

void kernels_pack(int path, size_t k, size_t n, const float *b, size_t ldb, float *packed) {
  size_t width = table(path)->panel_columns;
  for (size_t first = 0; first < n; first += width)
    for (size_t row = 0; row < k; row++)
      for (size_t column = first; column < first + width; column++)
        *packed++ = column < n ? b[row * ldb + column] : 0;
}

void kernels_gemm(int path, size_t m, size_t n, size_t k, const float *a, size_t lda,
                  const float *packed, int epilogue, const float *bias, const float *residual,
                  size_t ldr, float *c, size_t ldc) {
  table(path)->gemm(m, n, k, a, lda, packed, epilogue, bias, residual, ldr, c, ldc);
}

void kernels_layer_norm(int path, size_t rows, size_t n, const float *x, size_t ldx,
                        const float *gamma, const float *beta, float epsilon, float *out,
                        size_t ldo) {
  table(path)->layer_norm(rows, n, x, ldx, gamma, beta, epsilon, out, ldo);
}

static size_t padded(size_t count, size_t width) { return (count + width - 1) / width * width; }

size_t kernels_attention_scratch_count(int path, size_t count, size_t head_size) {
  size_t width = table(path)->panel_columns;
  size_t columns = padded(count, width);
  /* Scores, transposed keys and values of one head. */
  return count * columns + columns * head_size + padded(head_size, width) * count;
}

void kernels_attention(int path, size_t count, size_t heads, size_t head_size, const float *qkv,
                       size_t ldqkv, float scale, float *scratch, float *out, size_t ldo) {
  table(path)->attention(count, heads, head_size, qkv, ldqkv, scale, scratch, out, ldo);
}

void kernels_gelu(int path, size_t count, float *x) { table(path)->gelu(count, x); }

void kernels_softmax(int path, size_t rows, size_t n, float scale, float *x, size_t ldx) {
  table(path)->softmax(rows, n, scale, x, ldx);
}

float kernels_dot(int path, size_t count, const float *a, const float *b) {
  return table(path)->dot(count, a, b);
}

void kernels_axpy(int path, size_t count, float alpha, const float *x, float *y) {
  table(path)->axpy(count, alpha, x, y);
}
