/* Packed weights and their products, written once; included by decoder_body.h.
 *
 * The including file defines, beside what kernel_vectors.h needs:
 *   bytes, words16, lane_bytes    vectors of four, two and one bytes a lane
 *   uvec                          a vector of words without sign
 *   lane_bits(mask)               a bit for each lane that is not 0
 *   load_half(p)                  KERNEL_LANES halves as floats
 *   WEIGHTS_Q8_OFFSET             0, or 128 where bytes are packed as q + 128
 *   dot_nibbles(count, w, x, sums)  adds to each token's sum the products of the 8 groups of four
 *                                   inputs, w below 16
 *   dot_bytes(count, w, x, sums)    the same for bytes
 *   outlier_weight(group, x, start)  start + the weight of the outlier of x, which is in this group
 *                                    of bytes */

static void pack_words(const uint8_t *weights, size_t row_bytes, size_t skipped, size_t words,
                       uint32_t flip, uint8_t *out) {
  /* Word i of each row's block becomes row i of the panel's block. */
  for (size_t word = 0; word < words; word++)
    for (size_t lane = 0; lane < KERNEL_LANES; lane++) {
      uint32_t value = 0;
      memcpy(&value, weights + lane * row_bytes + skipped + 4 * word, 4);
      value ^= flip;
      memcpy(out + 4 * (word * KERNEL_LANES + lane), &value, 4);
    }
}

static void pack_blocks(int format, size_t blocks, const uint8_t *weights, size_t row_bytes,
                        uint8_t *panel) {
  const size_t scale_count = format == WEIGHTS_Q4_1 ? 2 : 1;
  const size_t words = format == WEIGHTS_Q8_0 ? 8 : 4;
  const size_t block_bytes = 2 * scale_count + 4 * words;
  const uint32_t flip = format == WEIGHTS_Q8_0 && WEIGHTS_Q8_OFFSET != 0 ? 0x80808080u : 0;
  for (size_t block = 0; block < blocks; block++) {
    const uint8_t *from = weights + block * block_bytes;
    pack_words(from, row_bytes, 2 * scale_count, words, flip, panel);
    panel += 4 * words * KERNEL_LANES;
    for (size_t scale = 0; scale < scale_count; scale++)
      for (size_t lane = 0; lane < KERNEL_LANES; lane++, panel += 2)
        memcpy(panel, from + lane * row_bytes + 2 * scale, 2);
  }
}

static void pack_floats(size_t size, size_t columns, const uint8_t *weights, uint8_t *panel) {
  for (size_t column = 0; column < columns; column++)
    for (size_t lane = 0; lane < KERNEL_LANES; lane++, panel += size)
      memcpy(panel, weights + (lane * columns + column) * size, size);
}

static void pack(int format, size_t rows, size_t columns, const uint8_t *weights, size_t first,
                 size_t end, uint8_t *packed) {
  size_t panel_bytes = weights_panel_bytes(KERNEL_LANES, format, columns);
  size_t row_bytes = weights_panel_bytes(64, format, columns) / 64;
  for (size_t index = first; index < end; index++) {
    size_t row = index * KERNEL_LANES;
    const uint8_t *from = weights + row * row_bytes;
    uint8_t *panel = packed + index * panel_bytes;
    uint8_t *padded = 0;
    if (rows - row < KERNEL_LANES) {
      padded = calloc(KERNEL_LANES, row_bytes);
      if (!padded) abort();
      memcpy(padded, from, (rows - row) * row_bytes);
      from = padded;
    }
    switch (format) {
      case WEIGHTS_F32: pack_floats(4, columns, from, panel); break;
      case WEIGHTS_F16:
      case WEIGHTS_BF16: pack_floats(2, columns, from, panel); break;
      default: pack_blocks(format, columns / 32, from, row_bytes, panel); break;
    }
    free(padded);
  }
}

/* KERNEL_LANES floats of a format with floats. */
INLINE vec load_weights(const int format, const uint8_t *p) {
  if (format == WEIGHTS_F32) return load((const float *)p);
  if (format == WEIGHTS_F16) return load_half((const uint16_t *)p);
  ivec wide = {};
  for (int lane = 0; lane < KERNEL_LANES; lane++) {
    uint16_t half;
    memcpy(&half, p + 2 * lane, 2);
    wide[lane] = (int32_t)((uint32_t)half << 16);
  }
  return (vec)wide;
}

static void row(int format, size_t columns, const uint8_t *packed, size_t row, float *out) {
  const uint8_t *panel =
      packed + row / KERNEL_LANES * weights_panel_bytes(KERNEL_LANES, format, columns);
  size_t lane = row % KERNEL_LANES;
  if (format <= WEIGHTS_BF16) {
    size_t step = (format == WEIGHTS_F32 ? 4 : 2) * KERNEL_LANES;
    for (size_t column = 0; column < columns; column++) {
      const uint8_t *p = panel + column * step;
      vec values = format == WEIGHTS_F32   ? load_weights(WEIGHTS_F32, p)
                   : format == WEIGHTS_F16 ? load_weights(WEIGHTS_F16, p)
                                           : load_weights(WEIGHTS_BF16, p);
      out[column] = values[lane];
    }
    return;
  }
  size_t words = format == WEIGHTS_Q8_0 ? 8 : 4, scale_count = format == WEIGHTS_Q4_1 ? 2 : 1;
  for (size_t block = 0; block < columns / 32; block++) {
    const uint8_t *quants = panel + 4 * lane;
    const uint16_t *scale = (const uint16_t *)(panel + 4 * words * KERNEL_LANES);
    panel += (4 * words + 2 * scale_count) * KERNEL_LANES;
    float d = load_half(scale)[lane];
    float m = format == WEIGHTS_Q4_1 ? load_half(scale + KERNEL_LANES)[lane] : 0;
    for (size_t i = 0; i < 32; i++) {
      size_t place = format == WEIGHTS_Q8_0 ? i : i % 16;
      uint8_t byte = quants[place / 4 * 4 * KERNEL_LANES + place % 4];
      int q = 0;
      if (format == WEIGHTS_Q8_0)
        q = WEIGHTS_Q8_OFFSET ? (int)byte - WEIGHTS_Q8_OFFSET : (int8_t)byte;
      else
        q = (i < 16 ? byte & 15 : byte >> 4) - (format == WEIGHTS_Q4_0 ? 8 : 0);
      out[32 * block + i] = d * (float)q + m;
    }
  }
}

/* The vectors of a block of activations. */
#define BLOCK_VECTORS (32 / KERNEL_LANES)

/* Magnitudes as words, which have the order of the numbers and are compared in one cycle. */
INLINE ivec magnitude(vec x) { return (ivec)x & 0x7fffffff; }

INLINE int32_t largest_magnitude(const vec *x) {
  ivec top = magnitude(x[0]);
#pragma clang loop unroll(full)
  for (int i = 1; i < BLOCK_VECTORS; i++) top = __builtin_elementwise_max(top, magnitude(x[i]));
  return __builtin_reduce_max(top);
}

/* The first place of a value of some magnitude, which is there. */
INLINE uint32_t place_of(int32_t wanted, const vec *x) {
  uint32_t places = 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < BLOCK_VECTORS; i++)
    places |= lane_bits(magnitude(x[i]) == wanted) << i * KERNEL_LANES;
  return (uint32_t)__builtin_ctz(places);
}

static void quantize(size_t columns, const float *x, struct activation_block *out, size_t stride) {
  ivec lane_numbers;
  for (int lane = 0; lane < KERNEL_LANES; lane++) lane_numbers[lane] = lane;
  for (size_t block = 0; block < columns / 32; block++, x += 32, out += stride) {
    vec rest[BLOCK_VECTORS];
    memcpy(rest, x, sizeof rest);
    uint32_t index = place_of(largest_magnitude(rest), rest);
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK_VECTORS; i++)
      rest[i] = select_(lane_numbers == (int32_t)index - i * KERNEL_LANES, (vec){}, rest[i]);
    int32_t second = largest_magnitude(rest);
    float largest;
    memcpy(&largest, &second, sizeof largest);
    /* Below, the inverse would be infinite; such a block is as good as zero. */
    float inverse = largest > 1e-30f ? 127.0f / largest : 0;
    const vec magic = splat(12582912.0f);
    ivec sum = {};
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK_VECTORS; i++) {
      ivec rounded = (ivec)(rest[i] * inverse + magic) - (ivec)magic;
      sum += rounded;
      lane_bytes q = __builtin_convertvector(rounded, lane_bytes);
      memcpy(out->q + i * KERNEL_LANES, &q, sizeof q);
    }
    int32_t total = __builtin_reduce_add(sum);
    out->scale = largest / 127.0f;
    out->sum = out->scale * (float)total + x[index];
    out->start8 = -8 * total;
    out->start128 = -128 * total;
    out->outlier = x[index];
    out->group = index / 4;
    out->hot = 1u << index % 4 * 8;
    out->byte_shift = 24 - index % 4 * 8;
  }
}

INLINE void store_sums(size_t valid, int adds, vec sum, float *out) {
  if (valid == KERNEL_LANES) {
    store(out, adds ? load(out) + sum : sum);
  } else {
    store_some(out, valid, adds ? load_some(out, valid, 0) + sum : sum);
  }
}

/* `count` tokens times one panel of blocks. */
INLINE void block_tile(const int count, const int format, size_t columns, const uint8_t *panel,
                       const struct activation_block *x, int adds, float *out, size_t ldo,
                       size_t valid) {
  const int is_nibbles = format != WEIGHTS_Q8_0;
  const int offset = format == WEIGHTS_Q4_0 ? 8 : is_nibbles ? 0 : WEIGHTS_Q8_OFFSET;
  const size_t blocks = columns / 32;
  const int block_bytes = (is_nibbles ? 16 : 32) * KERNEL_LANES +
                          (format == WEIGHTS_Q4_1 ? 4 : 2) * KERNEL_LANES;
  vec sums[TILE_TOKENS];
#pragma clang loop unroll(full)
  for (int t = 0; t < count; t++) sums[t] = (vec){};
  for (size_t block = 0; block < blocks; block++, x += count) {
    bytes w[8];
    /* The processor's own prefetching stops at the end of each page of memory. */
#pragma clang loop unroll(full)
    for (int line = 0; line < block_bytes; line += 64)
      __builtin_prefetch(panel + 256 * KERNEL_LANES + line);
    if (is_nibbles) {
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++) {
        bytes pair;
        memcpy(&pair, panel + 4 * KERNEL_LANES * i, sizeof pair);
        w[i] = pair & 15;
        w[i + 4] = (bytes)((words16)pair >> 4) & 15;
      }
    } else {
      memcpy(w, panel, sizeof w);
    }
    const uint8_t *groups = is_nibbles ? (const uint8_t *)w : panel;
    const uint16_t *scales =
        (const uint16_t *)(panel + (is_nibbles ? 16 : 32) * KERNEL_LANES);
    vec d = load_half(scales), m = {};
    if (format == WEIGHTS_Q4_1) m = load_half(scales + KERNEL_LANES);
    ivec dots[TILE_TOKENS];
#pragma clang loop unroll(full)
    for (int t = 0; t < count; t++) {
      dots[t] = (ivec){};
      if (offset == 8) dots[t] += x[t].start8;
      if (offset == 128) dots[t] += x[t].start128;
    }
    if (is_nibbles)
      dot_nibbles(count, w, x, dots);
    else
      dot_bytes(count, w, x, dots);
    panel += block_bytes;
#pragma clang loop unroll(full)
    for (int t = 0; t < count; t++) {
      vec product = __builtin_convertvector(dots[t], vec) * splat(x[t].scale);
      bytes group;
      memcpy(&group, groups + 4 * KERNEL_LANES * x[t].group, sizeof group);
      ivec weight = outlier_weight(group, x + t, (ivec){} - offset);
      product = fma_(__builtin_convertvector(weight, vec), splat(x[t].outlier), product);
      sums[t] = fma_(product, d, sums[t]);
      if (format == WEIGHTS_Q4_1) sums[t] = fma_(m, splat(x[t].sum), sums[t]);
    }
  }
#pragma clang loop unroll(full)
  for (int t = 0; t < count; t++) store_sums(valid, adds, sums[t], out + t * ldo);
}

/* `count` tokens times one panel of floats. */
INLINE void float_tile(const int count, const int format, size_t columns, const uint8_t *panel,
                       const float *x, size_t stride, int adds, float *out, size_t ldo,
                       size_t valid) {
  const size_t step = (format == WEIGHTS_F32 ? 4 : 2) * KERNEL_LANES;
  vec sums[TILE_TOKENS];
#pragma clang loop unroll(full)
  for (int t = 0; t < count; t++) sums[t] = (vec){};
  for (size_t column = 0; column < columns; column++, panel += step) {
    vec w = load_weights(format, panel);
#pragma clang loop unroll(full)
    for (int t = 0; t < count; t++) sums[t] = fma_(splat(x[t * stride + column]), w, sums[t]);
  }
#pragma clang loop unroll(full)
  for (int t = 0; t < count; t++) store_sums(valid, adds, sums[t], out + t * ldo);
}

INLINE void weights_tile(const int count, const int format, size_t columns, const uint8_t *panel,
                         const struct kernels_tokens *tokens, size_t first, int adds, float *out,
                         size_t ldo, size_t valid) {
  if (format <= WEIGHTS_BF16)
    float_tile(count, format, columns, panel, tokens->values + first * tokens->stride,
               tokens->stride, adds, out + first * ldo, ldo, valid);
  else
    block_tile(count, format, columns, panel,
               tile_blocks((void *)tokens->bytes, columns / 32, first), adds, out + first * ldo,
               ldo, valid);
}

#define WEIGHTS_TILE(n)                                                                       \
  case n:                                                                                     \
    weights_tile(n, format, columns, panel, tokens, token, adds, to, ldo, valid);             \
    break;

INLINE void format_product(const int format, size_t rows, size_t columns, const uint8_t *packed,
                           size_t first, size_t end, const struct kernels_tokens *tokens, int adds,
                           float *out, size_t ldo) {
  size_t panel_bytes = weights_panel_bytes(KERNEL_LANES, format, columns);
  for (size_t tile = 0; tile < tile_count(tokens->count); tile++) {
    size_t token = tile_start(tokens->count, tile);
    size_t count = tile_start(tokens->count, tile + 1) - token;
    for (size_t index = first; index < end; index++) {
      const uint8_t *panel = packed + index * panel_bytes;
      float *to = out + index * KERNEL_LANES;
      size_t left = rows - index * KERNEL_LANES;
      size_t valid = left < KERNEL_LANES ? left : KERNEL_LANES;
      switch (count) {
        WEIGHTS_TILE(1)
        WEIGHTS_TILE(2)
        WEIGHTS_TILE(3)
        WEIGHTS_TILE(4)
        WEIGHTS_TILE(5)
        WEIGHTS_TILE(6)
        WEIGHTS_TILE(7)
        WEIGHTS_TILE(8)
        default: break;
      }
    }
  }
}

static void weights_product(int format, size_t rows, size_t columns, const uint8_t *packed,
                            size_t first, size_t end, const struct kernels_tokens *tokens,
                            int adds, float *out, size_t ldo) {
#define WEIGHTS_FORMAT(name)                                                              \
  case name:                                                                              \
    format_product(name, rows, columns, packed, first, end, tokens, adds, out, ldo);      \
    break;
  switch (format) {
    WEIGHTS_FORMAT(WEIGHTS_F32)
    WEIGHTS_FORMAT(WEIGHTS_F16)
    WEIGHTS_FORMAT(WEIGHTS_BF16)
    WEIGHTS_FORMAT(WEIGHTS_Q4_0)
    WEIGHTS_FORMAT(WEIGHTS_Q4_1)
    WEIGHTS_FORMAT(WEIGHTS_Q8_0)
    default: break;
  }
}
