/* Vectors of KERNEL_LANES floats, and what all kernels do with them.
 *
 * A file that includes this sets KERNEL_LANES and KERNEL_HAS_FMA and compiles for the processor it
 * is meant for. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
typedef float vec __attribute__((vector_size(4 * KERNEL_LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * KERNEL_LANES)));

INLINE vec load(const float *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float *p, vec v) { memcpy(p, &v, sizeof v); }

INLINE vec splat(float x) { return x - (vec){}; }

INLINE vec fma_(vec a, vec b, vec c) {
#if KERNEL_HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

INLINE vec select_(ivec mask, vec a, vec b) {
  return (vec)(((ivec)a & mask) | ((ivec)b & ~mask));
}

/* The first `count` lanes from memory, the others `rest`. */
INLINE vec load_some(const float *p, size_t count, float rest) {
  float lanes[KERNEL_LANES];
  for (size_t i = 0; i < KERNEL_LANES; i++) lanes[i] = i < count ? p[i] : rest;
  return load(lanes);
}

INLINE void store_some(float *p, size_t count, vec v) {
  float lanes[KERNEL_LANES];
  store(lanes, v);
  memcpy(p, lanes, 4 * count);
}

INLINE float sum_of(vec v) {
  float lanes[KERNEL_LANES];
  store(lanes, v);
  for (int width = KERNEL_LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

INLINE float max_of(vec v) {
  float lanes[KERNEL_LANES];
  store(lanes, v);
  for (int width = KERNEL_LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++)
      lanes[i] = lanes[i + width] > lanes[i] ? lanes[i + width] : lanes[i];
  return lanes[0];
}

/* exp(x) for x <= 0, relative error below 2^-22: x = n ln 2 + r, |r| <= ln 2 / 2, and a polynomial
 * of degree 6 in r whose coefficients minimise the largest relative error. */
INLINE vec exp_(vec x) {
  x = select_(x < -87.0f, splat(-87.0f), x);
  /* Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits. */
  const vec magic = splat(12582912.0f);
  vec shifted = fma_(x, splat(1.44269504f), magic);
  vec n = shifted - magic;
  vec r = fma_(n, splat(-0x1.62e400p-1f), x);
  r = fma_(n, splat(-0x1.7f7d1cp-20f), r);
  vec p = splat(0x1.6a2434p-10f);
  p = fma_(p, r, splat(0x1.1239e2p-7f));
  p = fma_(p, r, splat(0x1.5558f2p-5f));
  p = fma_(p, r, splat(0x1.555492p-3f));
  p = fma_(p, r, splat(0x1.fffffcp-2f));
  p = fma_(p * r, r, r) + 1.0f;
  ivec exponent = ((ivec)shifted - (ivec)magic) << 23;
  return (vec)((ivec)p + exponent);
}
