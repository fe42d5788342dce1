/* The decoder's version for processors with AVX-512 (F, DQ, BW, VL, VNNI). */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdlib.h>

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

INLINE ivec dot_bytes(const bytes *w, const int8_t *x, ivec start) {
  __m512i sum = (__m512i)start;
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) {
    int32_t four;
    memcpy(&four, x + 4 * i, 4);
    sum = _mm512_dpbusd_epi32(sum, (__m512i)w[i], _mm512_set1_epi32(four));
  }
  return (ivec)sum;
}

INLINE ivec dot_nibbles(const bytes *w, const int8_t *x, ivec start) {
  return dot_bytes(w, x, start);
}

#define DECODER_TABLE decoder_table_avx512
#include "decoder_body.h"
#pragma clang attribute pop
#endif
