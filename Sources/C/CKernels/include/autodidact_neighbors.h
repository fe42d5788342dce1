/* Inner products of packed queries with packed rows, of which only those above a threshold are kept. */
#ifndef AUTODIDACT_NEIGHBORS_H
#define AUTODIDACT_NEIGHBORS_H

#include <stddef.h>
#include <stdint.h>

/* The candidates of the queries of one tile: `capacity` places a query, of which `counts` are taken. */
typedef struct {
  const float *thresholds; /* [tile height]: a product at or above it is a candidate */
  float *values;           /* [tile height, capacity] */
  int32_t *rows;           /* [tile height, capacity] */
  int32_t *counts;         /* [tile height] */
  int32_t capacity;        /* at least twice the panel width */
} autodidact_neighbor_candidates;

/*
 * Compares the queries of `tile` [steps, tile height] with the rows of the panels `first` to `end` of `panels`
 * [panels, steps, panel width] and appends candidates; rows from `row_count` on are padding.
 * Returns the first panel that was not compared: `end`, or an earlier one where a query may have no room for
 * another panel. A step is one element of float, or two of bfloat16, the first in the low half.
 */
typedef size_t (*autodidact_neighbor_scan)(const void *tile, const void *panels, size_t first, size_t end,
                                           size_t steps, size_t row_count,
                                           const autodidact_neighbor_candidates *candidates);

/* One way to compute the products. */
typedef struct {
  autodidact_neighbor_scan scan; /* NULL: the processor or the compiler cannot */
  int32_t tile_height;
  int32_t panel_width;
  int32_t is_bfloat16;
} autodidact_neighbor_kernel;

/* Every processor. */
autodidact_neighbor_kernel autodidact_neighbor_kernel_portable(void);
/* AVX2 and FMA. */
autodidact_neighbor_kernel autodidact_neighbor_kernel_avx2(void);
/* AVX-512 (F, BW, DQ, VL). */
autodidact_neighbor_kernel autodidact_neighbor_kernel_avx512(void);
/* AVX-512 with BF16. */
autodidact_neighbor_kernel autodidact_neighbor_kernel_bfloat16(void);

#endif
