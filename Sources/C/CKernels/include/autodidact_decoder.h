/* What a decoder of the Llama family computes between its matrices, in one version for each kind of
 * processor.
 *
 * A page of the cache holds 64 positions of one layer and one key-value head in halves: keys as
 * [block of 16 positions][head_size][16], then values as [position][head_size]. `head_size` is a multiple
 * of 16. Nothing here keeps state; all functions may be called from several threads at once. */
#ifndef AUTODIDACT_DECODER_H
#define AUTODIDACT_DECODER_H

#include <stddef.h>
#include <stdint.h>

enum { KERNELS_PAGE_POSITIONS = 64, KERNELS_SEGMENT_PAGES = 4 };

/* out = gamma x / sqrt(mean(x^2) + epsilon). */
void kernels_rms_norm(int path, size_t count, const float *x, const float *gamma, float epsilon,
                      float *out);

/* gate = gate sigmoid(gate) up, elementwise. */
void kernels_swiglu(int path, size_t count, float *gate, const float *up);

/* Turns the neighbouring pairs of x [2 pairs] by the angles whose cosines and sines are given, and
 * scales them. */
void kernels_rotate(int path, size_t pairs, const float *cosines, const float *sines, float scale,
                    float *x);

/* Writes a key or a value [head_size] to place `slot` of a page, rounded to halves; a magnitude
 * that halves cannot hold becomes the largest that they can. */
void kernels_page_write_key(int path, size_t head_size, const float *key, size_t slot,
                            uint16_t *page);
void kernels_page_write_value(int path, size_t head_size, const float *value, size_t slot,
                              uint16_t *page);

/* Copies the first `count` places of a page. */
void kernels_page_copy(size_t head_size, size_t count, const uint16_t *page, uint16_t *out);

/* One segment of attention: up to 256 positions of one layer and key-value head. */
struct kernels_segment {
  size_t count;          /* positions */
  const uint16_t *start; /* keys, then values, of page 0 */
  size_t page_stride;    /* from a page to the next, in halves */
  const int32_t *pages;  /* the numbers of the segment's pages */
};

/* Attends from the queries of `head_count` heads, q [head_count, head_size], to one segment.
 *
 * `out` [head_count, head_size + 2] becomes, for each head, the sum of exp(q k - top) v over the
 * positions, the sum of exp(q k - top), and top, the largest q k. */
void kernels_attend(int path, size_t head_count, size_t head_size, const float *q,
                    const struct kernels_segment *segment, float *out);

/* Merges what kernels_attend left for `segment_count` segments of one head, in their order: the
 * partial results stand `stride` floats apart; out [head_size]. */
void kernels_attention_merge(int path, size_t head_size, size_t segment_count, const float *parts,
                             size_t stride, float *out);

#endif
