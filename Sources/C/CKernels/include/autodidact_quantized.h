/* Products of activations with weights in the formats of GGUF, in one version for each kind of
 * processor.
 *
 * Weights are packed once: panels of as many outputs as a vector has lanes, so that one load gives
 * the same few inputs of all outputs of a panel. Each sum runs over the inputs in the same order
 * whatever else is computed, so a token's result depends on its own activations only, bit for bit.
 * Nothing here keeps state; all functions may be called from several threads at once. */
#ifndef AUTODIDACT_QUANTIZED_H
#define AUTODIDACT_QUANTIZED_H

#include <stddef.h>
#include <stdint.h>

/* How weights are stored. A block is 32 neighbouring inputs of one output. */
enum {
  WEIGHTS_F32 = 0,
  WEIGHTS_F16 = 1,
  WEIGHTS_BF16 = 2,
  WEIGHTS_Q4_0 = 3, /* f16 d, 16 bytes of nibbles: d (q - 8) */
  WEIGHTS_Q4_1 = 4, /* f16 d, f16 m, 16 bytes of nibbles: d q + m */
  WEIGHTS_Q8_0 = 5  /* f16 d, 32 signed bytes: d q */
};

/* The outputs of a panel. */
size_t kernels_weights_panel_rows(int path);

/* The bytes of a panel with `columns` inputs, a multiple of 64. */
size_t kernels_weights_panel_bytes(int path, int format, size_t columns);

/* The bytes of one output's `columns` inputs as the file stores them. */
size_t kernels_weights_row_bytes(int format, size_t columns);

/* Packs the panels `first` to `end` of the weights [rows, columns] of a file into `packed`, which
 * starts at panel 0. Outputs beyond the last row become zeros. */
void kernels_weights_pack(int path, int format, size_t rows, size_t columns, const void *weights,
                          size_t first, size_t end, void *packed);

/* Writes the weights of output `row` as floats [columns]. */
void kernels_weights_row(int path, int format, size_t columns, const void *packed, size_t row,
                         float *out);

/* The bytes of activations [count, columns] as signed bytes with a scale for each block. */
size_t kernels_activations_bytes(size_t count, size_t columns);

/* Rounds the inputs `first` to `end`, multiples of 32, of x [columns], one token among `count`, to
 * signed bytes, into `bytes` [kernels_activations_bytes(count, columns)]. In each block the value
 * of the largest magnitude is kept as it is and the second largest becomes 127, so a value is off
 * by at most 1/254 of the second largest. */
void kernels_activations_quantize(int path, size_t count, size_t token, size_t columns,
                                  size_t first, size_t end, const float *x, void *bytes);

/* The tokens of one product. */
struct kernels_tokens {
  size_t count;
  const float *values; /* [count, columns]: what F32, F16 and BF16 weights multiply */
  size_t stride;       /* of `values` */
  const void *bytes;   /* of kernels_activations_quantize for `count`, for the other formats */
};

/* out [count, rows] = tokens times the panels `first` to `end`; with `adds`, it is added to out.
 * `out` starts at output 0 and has the row stride `ldo`; `rows` is the number of real outputs. */
void kernels_weights_product(int path, int format, size_t rows, size_t columns, const void *packed,
                             size_t first, size_t end, const struct kernels_tokens *tokens,
                             int adds, float *out, size_t ldo);

#endif
