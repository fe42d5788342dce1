/* Passes over one row of logits. NaN counts as minus infinity. */
#ifndef AUTODIDACT_LOGITS_H
#define AUTODIDACT_LOGITS_H

#include <stddef.h>
#include <stdint.h>

/* One version of the passes. */
typedef struct {
  /* The greatest of n logits; minus infinity where none is above it. */
  float (*maximum)(size_t n, const float *x);
  /* The first index of a logit equal to `value`; n where there is none. */
  size_t (*find)(size_t n, const float *x, float value);
  /* The sum of exp(scale (x - largest)); no logit is above `largest`, which is finite. */
  double (*exponential_sum)(size_t n, const float *x, float scale, float largest);
  /* Writes the indices of the logits at or above `lowest`, in order, and returns their number;
   * `indices` has room for n. */
  size_t (*gather)(size_t n, const float *x, float lowest, int32_t *indices);
  /* The same for the logits that may win a draw: those with a uniform number on [0, 1) below
   * exp(scale x - best), or a little above. The number of the index i is the complement of
   * autodidact_logits_hash(first + i, key), in parts of 2^32. */
  size_t (*contenders)(size_t n, const float *x, float scale, float best, uint32_t first,
                       uint64_t key, int32_t *indices);
} autodidact_logit_kernels;

/* Every processor. */
autodidact_logit_kernels autodidact_logit_kernels_portable(void);
/* AVX2 and FMA. */
autodidact_logit_kernels autodidact_logit_kernels_avx2(void);
/* AVX-512 (F, BW, DQ, VL). */
autodidact_logit_kernels autodidact_logit_kernels_avx512(void);

/* Random bits of an index: two rounds of shifts and multiplications, each with half of the key. */
static inline uint32_t autodidact_logits_hash(uint32_t index, uint64_t key) {
  uint32_t x = index * 0x9e3779b1u + (uint32_t)key;
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  x += (uint32_t)(key >> 32);
  x ^= x >> 16;
  x *= 0x21f0aaadu;
  x ^= x >> 15;
  x *= 0x735a2d97u;
  x ^= x >> 15;
  return x;
}

#endif
