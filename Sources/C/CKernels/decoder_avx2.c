/* The decoder's version for processors with AVX2, FMA and F16C. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdlib.h>

#include "decoder_table.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define KERNEL_LANES 8
#define KERNEL_HAS_FMA 1
#include "kernel_vectors.h"

typedef uint8_t bytes __attribute__((vector_size(4 * KERNEL_LANES)));
typedef uint16_t words16 __attribute__((vector_size(4 * KERNEL_LANES)));
typedef uint32_t uvec __attribute__((vector_size(4 * KERNEL_LANES)));
typedef int8_t lane_bytes __attribute__((vector_size(KERNEL_LANES)));

INLINE uint32_t lane_bits(ivec mask) {
  return (uint32_t)_mm256_movemask_ps((__m256)mask);
}

#define WEIGHTS_Q8_OFFSET 0

INLINE vec load_half(const uint16_t *p) {
  return (vec)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}

INLINE void store_half(uint16_t *p, vec v) {
  _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT));
}

/* The same four inputs for all lanes. */
INLINE __m256i group(const int8_t *x, int index) {
  int32_t four;
  memcpy(&four, x + 4 * index, 4);
  return _mm256_set1_epi32(four);
}

/* Eight sums of two products of 15 and 127 stay below 2^15. */
INLINE void dot_nibbles(const int count, const bytes *w, const struct activation_block *x,
                        ivec *sums) {
#pragma clang loop unroll(full)
  for (int t = 0; t < count; t++) {
    __m256i sum = _mm256_maddubs_epi16((__m256i)w[0], group(x[t].q, 0));
#pragma clang loop unroll(full)
    for (int i = 1; i < 8; i++)
      sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16((__m256i)w[i], group(x[t].q, i)));
    sums[t] += (ivec)_mm256_madd_epi16(sum, _mm256_set1_epi16(1));
  }
}

/* The product of bytes takes one factor without sign, so the sign moves to the other factor; two
 * products of 128 and 127 stay below 2^15. */
INLINE void dot_bytes(const int count, const bytes *w, const struct activation_block *x,
                      ivec *sums) {
#pragma clang loop unroll(full)
  for (int t = 0; t < count; t++)
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) {
      __m256i weights = (__m256i)w[i];
      __m256i pairs = _mm256_maddubs_epi16(
          _mm256_abs_epi8(weights), _mm256_sign_epi8(group(x[t].q, i), weights));
      sums[t] += (ivec)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    }
}

INLINE ivec outlier_weight(bytes group, const struct activation_block *x, ivec start) {
  return start + ((ivec)((uvec)group << x->byte_shift) >> 24);
}

#define DECODER_TABLE decoder_table_avx2
#include "decoder_body.h"
#pragma clang attribute pop
#endif
