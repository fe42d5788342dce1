/* The decoder's version for processors with AVX-512 (F, DQ, BW, VL, VNNI). */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdlib.h>

#include "decoder_table.h"

#pragma clang attribute push(                                                              \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512vnni,avx2,fma,f16c"))), \
    apply_to = function)
#define KERNEL_LANES 16
#define KERNEL_HAS_FMA 1
#include "kernel_vectors.h"

typedef uint8_t bytes __attribute__((vector_size(4 * KERNEL_LANES)));
typedef uint16_t words16 __attribute__((vector_size(4 * KERNEL_LANES)));
typedef uint32_t uvec __attribute__((vector_size(4 * KERNEL_LANES)));
typedef int8_t lane_bytes __attribute__((vector_size(KERNEL_LANES)));

INLINE uint32_t lane_bits(ivec mask) {
  return (uint32_t)_mm512_movepi32_mask((__m512i)mask);
}

/* The product of bytes takes its first factor without sign: q + 128, which the start corrects. */
#define WEIGHTS_Q8_OFFSET 128

INLINE vec load_half(const uint16_t *p) {
  return (vec)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

INLINE void store_half(uint16_t *p, vec v) {
  _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT));
}

/* The sums of neighbouring tokens do not wait for each other, those of one do. */
INLINE void dot_bytes(const int count, const bytes *w, const struct activation_block *x,
                      ivec *sums) {
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++)
#pragma clang loop unroll(full)
    for (int t = 0; t < count; t++) {
      int32_t four;
      memcpy(&four, x[t].q + 4 * i, 4);
      sums[t] = (ivec)_mm512_dpbusd_epi32((__m512i)sums[t], (__m512i)w[i],
                                          _mm512_set1_epi32(four));
    }
}

INLINE void dot_nibbles(const int count, const bytes *w, const struct activation_block *x,
                        ivec *sums) {
  dot_bytes(count, w, x, sums);
}

INLINE ivec outlier_weight(bytes group, const struct activation_block *x, ivec start) {
  return (ivec)_mm512_dpbusd_epi32((__m512i)start, (__m512i)group,
                                   _mm512_set1_epi32((int)x->hot));
}

#define DECODER_TABLE decoder_table_avx512
#include "decoder_body.h"
#pragma clang attribute pop
#endif
