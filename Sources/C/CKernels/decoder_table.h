/* The decoder's functions of one version; each decoder_<version>.c defines one such table. */
#ifndef AUTODIDACT_DECODER_TABLE_H
#define AUTODIDACT_DECODER_TABLE_H

#include "autodidact_decoder.h"
#include "autodidact_quantized.h"

/* A block of activations, x = scale q, but for the one of the largest magnitude, whose q is 0. */
struct activation_block {
  int8_t q[32];
  float scale;
  float sum;             /* of all x as rounded */
  int32_t start8;        /* -8 times the sum of q */
  int32_t start128;      /* -128 times the sum of q */
  float outlier;         /* the largest, unrounded */
  uint32_t group;        /* in which of the 8 groups of four it is */
  uint32_t hot;          /* four bytes: 1 at its place in the group, else 0 */
  uint32_t byte_shift;   /* moves its weight up to the highest byte of the group's word */
};

/* Tokens that share one pass over a panel are a tile: at most so many. */
enum { TILE_TOKENS = 8 };

/* There are as few tiles as possible, and their sizes differ by at most one. */
static inline size_t tile_count(size_t tokens) { return (tokens + TILE_TOKENS - 1) / TILE_TOKENS; }

/* The first token of a tile, and behind the last one the number of tokens. */
static inline size_t tile_start(size_t tokens, size_t tile) {
  return tokens * tile / tile_count(tokens);
}

/* Blocks of activations are stored [tile][block][token of the tile], so that a pass over a panel
 * reads them one after the other. */
static inline struct activation_block *tile_blocks(void *bytes, size_t blocks, size_t first_token) {
  return (struct activation_block *)bytes + first_token * blocks;
}

struct decoder_table {
  size_t lanes;
  void (*pack)(int format, size_t rows, size_t columns, const uint8_t *weights, size_t first,
               size_t end, uint8_t *packed);
  void (*row)(int format, size_t columns, const uint8_t *packed, size_t row, float *out);
  /* Writes every `stride`-th block. */
  void (*quantize)(size_t columns, const float *x, struct activation_block *out, size_t stride);
  void (*product)(int format, size_t rows, size_t columns, const uint8_t *packed, size_t first,
                  size_t end, const struct kernels_tokens *tokens, int adds, float *out,
                  size_t ldo);
  void (*rms_norm)(size_t count, const float *x, const float *gamma, float epsilon, float *out);
  void (*swiglu)(size_t count, float *gate, const float *up);
  void (*rotate)(size_t pairs, const float *cosines, const float *sines, float scale, float *x);
  void (*write_key)(size_t head_size, const float *key, size_t slot, uint16_t *page);
  void (*write_value)(size_t head_size, const float *value, size_t slot, uint16_t *page);
  void (*attend)(size_t head_count, size_t head_size, const float *q,
                 const struct kernels_segment *segment, float *out);
  void (*merge)(size_t head_size, size_t segment_count, const float *parts, size_t stride,
                float *out);
};

extern const struct decoder_table decoder_table_portable;
#if defined(__x86_64__)
extern const struct decoder_table decoder_table_avx2;
extern const struct decoder_table decoder_table_avx512;
#endif

/* The bytes of a panel: the floats of all inputs, or block after block its quants and scales. */
static inline size_t weights_panel_bytes(size_t lanes, int format, size_t columns) {
  size_t blocks = columns / 32, bytes = 0;
  switch (format) {
    case WEIGHTS_F32: bytes = 4 * lanes * columns; break;
    case WEIGHTS_F16:
    case WEIGHTS_BF16: bytes = 2 * lanes * columns; break;
    case WEIGHTS_Q4_0: bytes = lanes * blocks * 18; break;
    case WEIGHTS_Q4_1: bytes = lanes * blocks * 20; break;
    default: bytes = lanes * blocks * 34; break;
  }
  return (bytes + 63) / 64 * 64;
}

#endif
