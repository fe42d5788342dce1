/* The decoder's version for any processor. */
#define KERNEL_LANES 4
#define KERNEL_HAS_FMA 0
#include "decoder_table.h"
#include "kernel_vectors.h"

typedef uint8_t bytes __attribute__((vector_size(4 * KERNEL_LANES)));
typedef uint16_t words16 __attribute__((vector_size(4 * KERNEL_LANES)));
typedef uint32_t uvec __attribute__((vector_size(4 * KERNEL_LANES)));
typedef int8_t lane_bytes __attribute__((vector_size(KERNEL_LANES)));

INLINE uint32_t lane_bits(ivec mask) {
  uint32_t bits = 0;
  for (int lane = 0; lane < KERNEL_LANES; lane++) bits |= (mask[lane] != 0) << lane;
  return bits;
}

#define WEIGHTS_Q8_OFFSET 0

INLINE float half_to_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = half & 0x7fff;
  float magnitude;
  if (rest >= 0x7c00) {
    uint32_t bits = 0x7f800000 | (rest & 0x3ff) << 13;
    memcpy(&magnitude, &bits, 4);
  } else {
    /* The exponents differ by 112; the product is exact, also for subnormal halves. */
    uint32_t bits = rest << 13;
    memcpy(&magnitude, &bits, 4);
    magnitude *= 0x1p112f;
  }
  uint32_t bits;
  memcpy(&bits, &magnitude, 4);
  bits |= sign;
  memcpy(&magnitude, &bits, 4);
  return magnitude;
}

/* The nearest half of a number below 65520, ties to even. */
INLINE uint16_t float_to_half(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return (uint16_t)(sign | 0x7e00);
  if (rest < 0x38800000) {
    /* A subnormal half is a multiple of 2^-24: adding 1/2 rounds to it. */
    float magnitude;
    memcpy(&magnitude, &rest, 4);
    magnitude += 0.5f;
    memcpy(&rest, &magnitude, 4);
    return (uint16_t)(sign | (rest - 0x3f000000));
  }
  rest += 0xfff + (rest >> 13 & 1);
  return (uint16_t)(sign | (rest - 0x38000000) >> 13);
}

INLINE vec load_half(const uint16_t *p) {
  vec v = {};
  for (int lane = 0; lane < KERNEL_LANES; lane++) v[lane] = half_to_float(p[lane]);
  return v;
}

INLINE void store_half(uint16_t *p, vec v) {
  for (int lane = 0; lane < KERNEL_LANES; lane++) p[lane] = float_to_half(v[lane]);
}

/* Bytes below 16 are the same with and without sign. */
INLINE void dot_bytes(const int count, const bytes *w, const struct activation_block *x,
                      ivec *sums) {
  for (int t = 0; t < count; t++)
    for (int lane = 0; lane < KERNEL_LANES; lane++)
      for (int i = 0; i < 32; i++)
        sums[t][lane] += (int8_t)w[i / 4][4 * lane + i % 4] * x[t].q[i];
}

INLINE void dot_nibbles(const int count, const bytes *w, const struct activation_block *x,
                        ivec *sums) {
  dot_bytes(count, w, x, sums);
}

INLINE ivec outlier_weight(bytes group, const struct activation_block *x, ivec start) {
  return start + ((ivec)((uvec)group << x->byte_shift) >> 24);
}

#define DECODER_TABLE decoder_table_portable
#include "decoder_body.h"
