/* Kernels of transformer encoders, in one version for each kind of processor.
 *
 * Neighbour search and passes over logits have headers of their own.
 * All matrices are row-major float32. A path is an argument of every call: nothing here keeps
 * state, and all functions may be called from several threads at once. */
#ifndef AUTODIDACT_KERNELS_H
#define AUTODIDACT_KERNELS_H

#include <stddef.h>

/* The versions of the kernels, slowest first. */
enum { KERNELS_PORTABLE = 0, KERNELS_AVX2 = 1, KERNELS_AVX512 = 2, KERNELS_PATH_COUNT = 3 };

/* Whether this processor runs the version `path`. */
int kernels_path_is_supported(int path);

/* Tells the processor that a loop waits for another thread. */
static inline void kernels_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/* What a product does with its sums before it stores them. */
enum {
  KERNELS_STORE = 0,    /* c = sum */
  KERNELS_BIAS = 1,     /* c = sum + bias */
  KERNELS_GELU = 2,     /* c = gelu(sum + bias), by the error function */
  KERNELS_RESIDUAL = 3  /* c = sum + bias + residual */
};

/* The number of floats of a packed right-hand side with n columns and k rows. */
size_t kernels_packed_count(int path, size_t n, size_t k);

/* Packs the transpose of w [n, k] (row stride ldw), as a linear layer stores its weights. */
void kernels_pack_transposed(int path, size_t n, size_t k, const float *w, size_t ldw,
                             float *packed);

/* Packs b [k, n] (row stride ldb). */
void kernels_pack(int path, size_t k, size_t n, const float *b, size_t ldb, float *packed);

/* c [m, n] = epilogue(a [m, k] times the packed matrix).
 *
 * Each element is one chain of k additions in order, so a row does not depend on the others.
 * `bias` [n] and `residual` [m, n] may be null where the epilogue does not read them; `residual`
 * may be `c`. */
void kernels_gemm(int path, size_t m, size_t n, size_t k, const float *a, size_t lda,
                  const float *packed, int epilogue, const float *bias, const float *residual,
                  size_t ldr, float *c, size_t ldc);

/* Normalises each row of x [rows, n] to mean 0 and variance 1, then scales and shifts it. */
void kernels_layer_norm(int path, size_t rows, size_t n, const float *x, size_t ldx,
                        const float *gamma, const float *beta, float epsilon, float *out,
                        size_t ldo);

/* The number of floats that kernels_attention needs as scratch space for a sequence of `count`. */
size_t kernels_attention_scratch_count(int path, size_t count, size_t head_size);

/* Self-attention of one sequence: qkv [count, 3 heads head_size] holds queries, keys and values
 * side by side (row stride ldqkv); out [count, heads head_size] (row stride ldo). */
void kernels_attention(int path, size_t count, size_t heads, size_t head_size, const float *qkv,
                       size_t ldqkv, float scale, float *scratch, float *out, size_t ldo);

/* x = gelu(x), elementwise, by the error function. */
void kernels_gelu(int path, size_t count, float *x);

/* Each row of x [rows, n] becomes softmax(scale x). */
void kernels_softmax(int path, size_t rows, size_t n, float scale, float *x, size_t ldx);

/* The sum of a times b. */
float kernels_dot(int path, size_t count, const float *a, const float *b);

/* y += alpha x. */
void kernels_axpy(int path, size_t count, float alpha, const float *x, float *y);

#endif
