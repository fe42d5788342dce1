/* The passes over logits, written once for vectors of LOGITS_LANES floats.
 *
 * A file that includes this sets LOGITS_LANES and LOGITS_KERNELS, and compiles for the processor it
 * is meant for. */
#include <math.h>
#include <string.h>

#include "autodidact_logits.h"

#define INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(4 * LOGITS_LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * LOGITS_LANES)));
typedef uint32_t uvec __attribute__((vector_size(4 * LOGITS_LANES)));

INLINE vec load(const float *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE vec splat(float x) { return x - (vec){}; }

INLINE vec select_(ivec mask, vec a, vec b) {
  return (vec)(((ivec)a & mask) | ((ivec)b & ~mask));
}

INLINE int any(ivec mask) { return __builtin_reduce_or(mask) != 0; }

/* exp(x) for x <= 0 and a little above, relative error below 2^-20; below -87 and for NaN it is
 * exp(-87). x = n ln 2 + r, |r| <= ln 2 / 2, and the Taylor polynomial of degree 6. */
INLINE vec exponential(vec x) {
  x = select_(x > -87.0f, x, splat(-87.0f));
  /* Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits. */
  const vec magic = splat(12582912.0f);
  vec shifted = x * 1.44269504f + magic;
  vec n = shifted - magic;
  vec r = x - n * 0x1.62e400p-1f;
  r = r - n * 0x1.7f7d1cp-20f;
  vec p = r * (1.0f / 720) + (1.0f / 120);
  p = p * r + (1.0f / 24);
  p = p * r + (1.0f / 6);
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return (vec)((ivec)p + (((ivec)shifted - (ivec)magic) << 23));
}

static float maximum(size_t n, const float *x) {
  vec best[4];
  for (int i = 0; i < 4; i++) best[i] = splat(-INFINITY);
  size_t at = 0;
  for (; at + 4 * LOGITS_LANES <= n; at += 4 * LOGITS_LANES)
    for (int i = 0; i < 4; i++) {
      vec v = load(x + at + i * LOGITS_LANES);
      best[i] = select_(v > best[i], v, best[i]);
    }
  float largest = -INFINITY;
  for (int i = 0; i < 4; i++)
    for (int lane = 0; lane < LOGITS_LANES; lane++)
      if (best[i][lane] > largest) largest = best[i][lane];
  for (; at < n; at++)
    if (x[at] > largest) largest = x[at];
  return largest;
}

static size_t find(size_t n, const float *x, float value) {
  size_t at = 0;
  while (at + LOGITS_LANES <= n && !any(load(x + at) == value)) at += LOGITS_LANES;
  while (at < n && x[at] != value) at++;
  return at;
}

/* Partial sums are float over at most 32 vectors, then double. */
static double exponential_sum(size_t n, const float *x, float scale, float largest) {
  enum { BLOCK = 32 * LOGITS_LANES };
  double total = 0;
  size_t at = 0;
  while (at + LOGITS_LANES <= n) {
    size_t end = n - at < BLOCK ? n - n % LOGITS_LANES : at + BLOCK;
    if (end > n - n % LOGITS_LANES) end = n - n % LOGITS_LANES;
    vec sum = {};
    for (; at < end; at += LOGITS_LANES) sum += exponential((load(x + at) - largest) * scale);
    for (int lane = 0; lane < LOGITS_LANES; lane++) total += (double)sum[lane];
  }
  for (; at < n; at++) total += (double)exponential(splat((x[at] - largest) * scale))[0];
  return total;
}

static size_t gather(size_t n, const float *x, float lowest, int32_t *indices) {
  size_t count = 0, at = 0;
  for (; at + LOGITS_LANES <= n; at += LOGITS_LANES) {
    if (!any(load(x + at) >= lowest)) continue;
    for (size_t i = at; i < at + LOGITS_LANES; i++)
      if (x[i] >= lowest) indices[count++] = (int32_t)i;
  }
  for (; at < n; at++)
    if (x[at] >= lowest) indices[count++] = (int32_t)at;
  return count;
}

INLINE uvec hash(uvec index, uint64_t key) {
  uvec x = index * 0x9e3779b1u + (uint32_t)key;
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

/* The margin is wider than the rounding of scores and exponentials of up to 2^10. */
#define MARGIN 1.001f

static size_t contenders(size_t n, const float *x, float scale, float best, uint32_t first,
                         uint64_t key, int32_t *indices) {
  size_t count = 0, at = 0;
  uvec index;
  for (int lane = 0; lane < LOGITS_LANES; lane++) index[lane] = first + (uint32_t)lane;
  for (; at < n; at += LOGITS_LANES, index += LOGITS_LANES) {
    size_t valid = n - at < LOGITS_LANES ? n - at : LOGITS_LANES;
    vec v = splat(-INFINITY);
    memcpy(&v, x + at, 4 * valid);
    /* A score above the best one is a contender whatever its number is. */
    vec distance = v * scale - best;
    distance = select_(distance < 1.0f, distance, select_(distance >= 1.0f, splat(1.0f), distance));
    vec weight = exponential(distance) * MARGIN;
    vec number = __builtin_convertvector((ivec)(~hash(index, key) >> 8), vec) * 0x1p-24f;
    ivec mask = number < weight;
    if (!any(mask)) continue;
    for (size_t i = 0; i < valid; i++)
      if (mask[i] && x[at + i] > -INFINITY) indices[count++] = (int32_t)(at + i);
  }
  return count;
}

autodidact_logit_kernels LOGITS_KERNELS(void) {
  autodidact_logit_kernels kernels = {maximum, find, exponential_sum, gather, contenders};
  return kernels;
}
