/* The choice of a version of the decoder's kernels. */
#include <string.h>

#include "autodidact_kernels.h"
#include "decoder_table.h"

static const struct decoder_table *table(int path) {
  switch (path) {
#if defined(__x86_64__)
    case KERNELS_AVX2: return &decoder_table_avx2;
    /* The first processors with AVX-512 lack its products of bytes. */
    case KERNELS_AVX512:
      return __builtin_cpu_supports("avx512vnni") ? &decoder_table_avx512 : &decoder_table_avx2;
#endif
    default: return &decoder_table_portable;
  }
}

size_t kernels_weights_panel_rows(int path) { return table(path)->lanes; }

size_t kernels_weights_panel_bytes(int path, int format, size_t columns) {
  return weights_panel_bytes(table(path)->lanes, format, columns);
}

size_t kernels_weights_row_bytes(int format, size_t columns) {
  return weights_panel_bytes(64, format, columns) / 64;
}

void kernels_weights_pack(int path, int format, size_t rows, size_t columns, const void *weights,
                          size_t first, size_t end, void *packed) {
  table(path)->pack(format, rows, columns, weights, first, end, packed);
}

void kernels_weights_row(int path, int format, size_t columns, const void *packed, size_t row,
                         float *out) {
  table(path)->row(format, columns, packed, row, out);
}

size_t kernels_activations_bytes(size_t count, size_t columns) {
  return count * (columns / 32) * sizeof(struct activation_block);
}

void kernels_activations_quantize(int path, size_t count, size_t token, size_t columns,
                                  size_t first, size_t end, const float *x, void *bytes) {
  size_t tile = ((token + 1) * tile_count(count) - 1) / count;
  size_t start = tile_start(count, tile), stride = tile_start(count, tile + 1) - start;
  struct activation_block *blocks = tile_blocks(bytes, columns / 32, start);
  table(path)->quantize(end - first, x + first, blocks + first / 32 * stride + (token - start),
                        stride);
}

void kernels_weights_product(int path, int format, size_t rows, size_t columns, const void *packed,
                             size_t first, size_t end, const struct kernels_tokens *tokens,
                             int adds, float *out, size_t ldo) {
  table(path)->product(format, rows, columns, packed, first, end, tokens, adds, out, ldo);
}

void kernels_rms_norm(int path, size_t count, const float *x, const float *gamma, float epsilon,
                      float *out) {
  table(path)->rms_norm(count, x, gamma, epsilon, out);
}

void kernels_swiglu(int path, size_t count, float *gate, const float *up) {
  table(path)->swiglu(count, gate, up);
}

void kernels_rotate(int path, size_t pairs, const float *cosines, const float *sines, float scale,
                    float *x) {
  table(path)->rotate(pairs, cosines, sines, scale, x);
}

void kernels_page_write_key(int path, size_t head_size, const float *key, size_t slot,
                            uint16_t *page) {
  table(path)->write_key(head_size, key, slot, page);
}

void kernels_page_write_value(int path, size_t head_size, const float *value, size_t slot,
                              uint16_t *page) {
  table(path)->write_value(head_size, value, slot, page);
}

void kernels_page_copy(size_t head_size, size_t count, const uint16_t *page, uint16_t *out) {
  size_t blocks = (count + 15) / 16, values = KERNELS_PAGE_POSITIONS * head_size;
  memcpy(out, page, blocks * 16 * head_size * sizeof *out);
  memcpy(out + values, page + values, count * head_size * sizeof *out);
}

void kernels_attend(int path, size_t head_count, size_t head_size, const float *q,
                    const struct kernels_segment *segment, float *out) {
  table(path)->attend(head_count, head_size, q, segment, out);
}

void kernels_attention_merge(int path, size_t head_size, size_t segment_count, const float *parts,
                             size_t stride, float *out) {
  table(path)->merge(head_size, segment_count, parts, stride, out);
}
