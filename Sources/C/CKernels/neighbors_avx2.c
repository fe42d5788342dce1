/* Neighbour candidates with AVX2 and FMA: tiles of 6 queries and 16 rows in twelve registers. */
#include "autodidact_neighbors.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum { HEIGHT = 6, WIDTH = 16 };

__attribute__((target("avx2,fma"))) static int32_t append(const autodidact_neighbor_candidates *candidates,
                                                         int query, int32_t count, __m256 products,
                                                         unsigned mask, size_t row) {
  float values[8];
  _mm256_storeu_ps(values, products);
  size_t base = (size_t)query * (size_t)candidates->capacity;
  for (; mask != 0; mask &= mask - 1) {
    int column = __builtin_ctz(mask);
    candidates->values[base + (size_t)count] = values[column];
    candidates->rows[base + (size_t)count] = (int32_t)(row + (size_t)column);
    count++;
  }
  return count;
}

__attribute__((target("avx2,fma"))) static size_t scan(const void *tile, const void *panels, size_t first,
                                                      size_t end, size_t steps, size_t row_count,
                                                      const autodidact_neighbor_candidates *candidates) {
  for (size_t panel = first; panel < end; panel++) {
    const float *a = tile;
    const float *b = (const float *)panels + panel * steps * WIDTH;
    __m256 low[HEIGHT], high[HEIGHT];
#pragma unroll
    for (int i = 0; i < HEIGHT; i++) low[i] = high[i] = _mm256_setzero_ps();
    for (size_t step = 0; step < steps; step++, a += HEIGHT, b += WIDTH) {
      __m256 left = _mm256_loadu_ps(b), right = _mm256_loadu_ps(b + 8);
#pragma unroll
      for (int i = 0; i < HEIGHT; i++) {
        __m256 query = _mm256_broadcast_ss(a + i);
        low[i] = _mm256_fmadd_ps(query, left, low[i]);
        high[i] = _mm256_fmadd_ps(query, right, high[i]);
      }
    }
    size_t row = panel * WIDTH;
    unsigned valid = row_count - row >= WIDTH ? 0xffffu : (1u << (row_count - row)) - 1;
    int is_full = 0;
#pragma unroll
    for (int i = 0; i < HEIGHT; i++) {
      __m256 threshold = _mm256_broadcast_ss(candidates->thresholds + i);
      unsigned mask_low = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(low[i], threshold, _CMP_GE_OQ));
      unsigned mask_high = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(high[i], threshold, _CMP_GE_OQ));
      unsigned mask = (mask_low | mask_high << 8) & valid;
      if (mask != 0) {
        int32_t count = append(candidates, i, candidates->counts[i], low[i], mask & 0xff, row);
        count = append(candidates, i, count, high[i], mask >> 8, row + 8);
        candidates->counts[i] = count;
        if (count > candidates->capacity - WIDTH) is_full = 1;
      }
    }
    if (is_full) return panel + 1;
  }
  return end;
}

autodidact_neighbor_kernel autodidact_neighbor_kernel_avx2(void) {
  int can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  autodidact_neighbor_kernel kernel = {can ? scan : 0, HEIGHT, WIDTH, 0};
  return kernel;
}
#else
autodidact_neighbor_kernel autodidact_neighbor_kernel_avx2(void) {
  autodidact_neighbor_kernel kernel = {0, 0, 0, 0};
  return kernel;
}
#endif
