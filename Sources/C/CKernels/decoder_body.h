/* The decoder's kernels, written once for vectors of KERNEL_LANES floats: 4, 8 or 16.
 *
 * A file that includes this sets KERNEL_LANES, KERNEL_HAS_FMA and DECODER_TABLE, includes
 * kernel_vectors.h, defines load_half, store_half and what weights_body.h asks for, and compiles
 * for the processor it is meant for. */
#include <stdlib.h>

#include "decoder_table.h"

/* One rounding for each operation that is written: a product does not depend on its neighbours. */
#pragma clang fp contract(off)

#include "weights_body.h"

enum {
  KEYS = 16,                                 /* positions of a block of keys */
  KEY_VECTORS = KEYS / KERNEL_LANES,
  QUERIES_MAX = 4,                           /* heads that share one pass over keys and values */
  SEGMENT = KERNELS_SEGMENT_PAGES * KERNELS_PAGE_POSITIONS
};

static void rms_norm(size_t count, const float *x, const float *gamma, float epsilon, float *out) {
  size_t whole = count / KERNEL_LANES * KERNEL_LANES;
  vec squares = {};
  for (size_t i = 0; i < whole; i += KERNEL_LANES) squares = fma_(load(x + i), load(x + i), squares);
  float square = sum_of(squares);
  for (size_t i = whole; i < count; i++) square += x[i] * x[i];
  float scale = 1.0f / sqrtf(square / (float)count + epsilon);
  for (size_t i = 0; i < whole; i += KERNEL_LANES)
    store(out + i, load(x + i) * scale * load(gamma + i));
  for (size_t i = whole; i < count; i++) out[i] = x[i] * scale * gamma[i];
}

/* x sigmoid(x): e = exp(-|x|) never overflows. */
INLINE vec silu_(vec x) {
  vec e = exp_((vec)((ivec)x | (int32_t)0x80000000));
  return x * (select_(x > 0.0f, splat(1.0f), e) / (1.0f + e));
}

static void swiglu(size_t count, float *gate, const float *up) {
  size_t whole = count / KERNEL_LANES * KERNEL_LANES, rest = count - whole;
  for (size_t i = 0; i < whole; i += KERNEL_LANES)
    store(gate + i, silu_(load(gate + i)) * load(up + i));
  if (rest)
    store_some(gate + whole, rest,
               silu_(load_some(gate + whole, rest, 0)) * load_some(up + whole, rest, 0));
}

static void rotate(size_t pairs, const float *cosines, const float *sines, float scale, float *x) {
  for (size_t i = 0; i < pairs; i++) {
    float even = x[2 * i], odd = x[2 * i + 1];
    x[2 * i] = (even * cosines[i] - odd * sines[i]) * scale;
    x[2 * i + 1] = (even * sines[i] + odd * cosines[i]) * scale;
  }
}

/* Halves reach 65504. */
INLINE vec clamp_half(vec x) {
  x = select_(x > 65504.0f, splat(65504.0f), x);
  return select_(x < -65504.0f, splat(-65504.0f), x);
}

static void write_key(size_t head_size, const float *key, size_t slot, uint16_t *page) {
  uint16_t *to = page + slot / KEYS * KEYS * head_size + slot % KEYS;
  for (size_t i = 0; i < head_size; i += KERNEL_LANES) {
    uint16_t halves[KERNEL_LANES];
    store_half(halves, clamp_half(load(key + i)));
    for (size_t lane = 0; lane < KERNEL_LANES; lane++) to[(i + lane) * KEYS] = halves[lane];
  }
}

static void write_value(size_t head_size, const float *value, size_t slot, uint16_t *page) {
  uint16_t *to = page + (KERNELS_PAGE_POSITIONS + slot) * head_size;
  for (size_t i = 0; i < head_size; i += KERNEL_LANES)
    store_half(to + i, clamp_half(load(value + i)));
}

INLINE const uint16_t *page_of(const struct kernels_segment *segment, size_t position) {
  size_t page = (size_t)segment->pages[position / KERNELS_PAGE_POSITIONS];
  return segment->start + page * segment->page_stride;
}

/* q k for KEYS or 2 KEYS positions of a page; scores [heads, SEGMENT]. Few heads leave additions
 * waiting for each other, so two blocks of keys go together. `ahead` is what is read next. */
INLINE void block_scores(const int heads, const int blocks, size_t head_size, const float *q,
                         const uint16_t *keys, const uint16_t *ahead, float *scores) {
  vec sums[QUERIES_MAX][2 * KEY_VECTORS];
#pragma clang loop unroll(full)
  for (int h = 0; h < heads; h++)
    for (int part = 0; part < blocks * KEY_VECTORS; part++) sums[h][part] = (vec){};
  for (size_t d = 0; d < head_size; d++, keys += KEYS) {
    __builtin_prefetch(ahead + d * (size_t)blocks * KEYS);
    vec k[2 * KEY_VECTORS];
#pragma clang loop unroll(full)
    for (int block = 0; block < blocks; block++)
      for (int part = 0; part < KEY_VECTORS; part++)
        k[block * KEY_VECTORS + part] =
            load_half(keys + (size_t)block * KEYS * head_size + part * KERNEL_LANES);
#pragma clang loop unroll(full)
    for (int h = 0; h < heads; h++) {
      vec x = splat(q[h * head_size + d]);
#pragma clang loop unroll(full)
      for (int part = 0; part < blocks * KEY_VECTORS; part++)
        sums[h][part] = fma_(x, k[part], sums[h][part]);
    }
  }
#pragma clang loop unroll(full)
  for (int h = 0; h < heads; h++)
    for (int part = 0; part < blocks * KEY_VECTORS; part++)
      store(scores + h * SEGMENT + part * KERNEL_LANES, sums[h][part]);
}

INLINE const uint16_t *keys_of(const struct kernels_segment *segment, size_t position,
                               size_t head_size) {
  return page_of(segment, position) + position % KERNELS_PAGE_POSITIONS * head_size;
}

INLINE const uint16_t *values_of(const struct kernels_segment *segment, size_t position,
                                 size_t head_size) {
  return page_of(segment, position) +
         (KERNELS_PAGE_POSITIONS + position % KERNELS_PAGE_POSITIONS) * head_size;
}

/* q k for all positions of a segment; scores [heads, SEGMENT]. */
INLINE void segment_scores(const int heads, size_t head_size, const float *q,
                           const struct kernels_segment *segment, float *scores) {
  size_t first = 0;
  while (first < segment->count) {
    int is_pair = KEY_VECTORS == 1 && first + KEYS < segment->count &&
                  first % KERNELS_PAGE_POSITIONS + 2 * KEYS <= KERNELS_PAGE_POSITIONS;
    size_t next = first + (is_pair ? 2 * KEYS : KEYS);
    const uint16_t *keys = keys_of(segment, first, head_size);
    const uint16_t *ahead = next < segment->count ? keys_of(segment, next, head_size)
                                                  : values_of(segment, 0, head_size);
    if (is_pair)
      block_scores(heads, 2, head_size, q, keys, ahead, scores + first);
    else
      block_scores(heads, 1, head_size, q, keys, ahead, scores + first);
    first = next;
  }
}

/* Replaces the scores of one head by exp(score - top); returns their sum. */
INLINE float segment_weights(size_t count, float *scores, float *top) {
  size_t padded = (count + KEYS - 1) / KEYS * KEYS;
  for (size_t i = count; i < padded; i++) scores[i] = -INFINITY;
  vec best = splat(-INFINITY);
  for (size_t i = 0; i < padded; i += KERNEL_LANES) {
    vec v = load(scores + i);
    best = select_(v > best, v, best);
  }
  *top = max_of(best);
  vec sums = {};
  for (size_t i = 0; i < padded; i += KERNEL_LANES) {
    vec v = load(scores + i);
    v = select_(v == -INFINITY, (vec){}, exp_(v - *top));
    sums += v;
    store(scores + i, v);
  }
  return sum_of(sums);
}

/* Adds weight times value over the positions, four vectors of the head at a time. */
INLINE void segment_values(const int heads, const int vectors, size_t head_size, size_t start,
                           const struct kernels_segment *segment, const float *weights, float *out) {
  vec sums[QUERIES_MAX][4];
#pragma clang loop unroll(full)
  for (int h = 0; h < heads; h++)
    for (int v = 0; v < vectors; v++) sums[h][v] = (vec){};
  for (size_t first = 0; first < segment->count; first += KERNELS_PAGE_POSITIONS) {
    const uint16_t *values = values_of(segment, first, head_size) + start;
    size_t left = segment->count - first;
    size_t count = left < KERNELS_PAGE_POSITIONS ? left : KERNELS_PAGE_POSITIONS;
    size_t next = first + (left > count ? count : 0);
    const uint16_t *ahead = values_of(segment, next, head_size) + start;
    for (size_t i = 0; i < count; i++, values += head_size, ahead += head_size) {
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v += 32 / KERNEL_LANES)
        __builtin_prefetch(ahead + v * KERNEL_LANES);
      vec value[4];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) value[v] = load_half(values + v * KERNEL_LANES);
#pragma clang loop unroll(full)
      for (int h = 0; h < heads; h++) {
        vec weight = splat(weights[h * SEGMENT + first + i]);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[h][v] = fma_(weight, value[v], sums[h][v]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int h = 0; h < heads; h++)
    for (int v = 0; v < vectors; v++)
      store(out + h * (head_size + 2) + start + v * KERNEL_LANES, sums[h][v]);
}

INLINE void attend_heads(const int heads, size_t head_size, const float *q,
                         const struct kernels_segment *segment, float *out) {
  float scores[QUERIES_MAX * SEGMENT];
  segment_scores(heads, head_size, q, segment, scores);
  for (int h = 0; h < heads; h++) {
    float *end = out + h * (head_size + 2) + head_size;
    end[0] = segment_weights(segment->count, scores + h * SEGMENT, end + 1);
  }
  size_t start = 0;
  for (; start + 4 * KERNEL_LANES <= head_size; start += 4 * KERNEL_LANES)
    segment_values(heads, 4, head_size, start, segment, scores, out);
  for (; start < head_size; start += KERNEL_LANES)
    segment_values(heads, 1, head_size, start, segment, scores, out);
}

static void attend(size_t head_count, size_t head_size, const float *q,
                   const struct kernels_segment *segment, float *out) {
  for (size_t head = 0; head < head_count; head += QUERIES_MAX) {
    const float *from = q + head * head_size;
    float *to = out + head * (head_size + 2);
    switch (head_count - head) {
      case 1: attend_heads(1, head_size, from, segment, to); break;
      case 2: attend_heads(2, head_size, from, segment, to); break;
      case 3: attend_heads(3, head_size, from, segment, to); break;
      default: attend_heads(4, head_size, from, segment, to); break;
    }
  }
}

static void merge(size_t head_size, size_t segment_count, const float *parts, size_t stride,
                  float *out) {
  float top = -INFINITY;
  for (size_t s = 0; s < segment_count; s++) {
    float part = parts[s * stride + head_size + 1];
    top = part > top ? part : top;
  }
  float total = 0;
  for (size_t i = 0; i < head_size; i += KERNEL_LANES) store(out + i, (vec){});
  for (size_t s = 0; s < segment_count; s++) {
    const float *part = parts + s * stride;
    vec weight = exp_(splat(part[head_size + 1] - top));
    total += weight[0] * part[head_size];
    for (size_t i = 0; i < head_size; i += KERNEL_LANES)
      store(out + i, fma_(weight, load(part + i), load(out + i)));
  }
  float inverse = 1.0f / total;
  for (size_t i = 0; i < head_size; i += KERNEL_LANES) store(out + i, load(out + i) * inverse);
}

const struct decoder_table DECODER_TABLE = {
    KERNEL_LANES, pack, row, quantize, weights_product, rms_norm, swiglu, rotate, write_key,
    write_value, attend, merge,
};
