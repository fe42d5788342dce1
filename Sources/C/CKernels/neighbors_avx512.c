/* Neighbour candidates with AVX-512: tiles of 14 queries and 32 rows in 28 registers. */
#include "autodidact_neighbors.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum { HEIGHT = 14, WIDTH = 32 };

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define TARGET_BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))

/* Writes whole registers: the room for one more panel, which the scan keeps, takes what is beyond the count. */
TARGET static inline __attribute__((always_inline)) int32_t append(const autodidact_neighbor_candidates *candidates, int query, int32_t count,
                                    __m512 products, __mmask16 mask, size_t row) {
  size_t place = (size_t)query * (size_t)candidates->capacity + (size_t)count;
  const __m512i columns = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i rows = _mm512_add_epi32(columns, _mm512_set1_epi32((int32_t)row));
  _mm512_storeu_ps(candidates->values + place, _mm512_maskz_compress_ps(mask, products));
  _mm512_storeu_si512(candidates->rows + place, _mm512_maskz_compress_epi32(mask, rows));
  return count + __builtin_popcount(mask);
}

/* Keeps what is at or above the thresholds; true where a query may have no room for another panel. */
TARGET static inline __attribute__((always_inline)) int keep(const autodidact_neighbor_candidates *candidates, size_t row, size_t row_count,
                              const __m512 *low, const __m512 *high) {
  uint32_t valid = row_count - row >= WIDTH ? 0xffffffffu : (1u << (row_count - row)) - 1;
  int is_full = 0;
#pragma unroll
  for (int i = 0; i < HEIGHT; i++) {
    __m512 threshold = _mm512_set1_ps(candidates->thresholds[i]);
    __mmask16 mask_low = _mm512_cmp_ps_mask(low[i], threshold, _CMP_GE_OQ);
    __mmask16 mask_high = _mm512_cmp_ps_mask(high[i], threshold, _CMP_GE_OQ);
    uint32_t mask = ((uint32_t)mask_low | (uint32_t)mask_high << 16) & valid;
    if (__builtin_expect(mask != 0, 0)) {
      int32_t count = candidates->counts[i];
      count = append(candidates, i, count, low[i], (__mmask16)(mask & 0xffff), row);
      count = append(candidates, i, count, high[i], (__mmask16)(mask >> 16), row + 16);
      candidates->counts[i] = count;
      if (count > candidates->capacity - WIDTH) is_full = 1;
    }
  }
  return is_full;
}

TARGET static size_t scan(const void *tile, const void *panels, size_t first, size_t end, size_t steps,
                          size_t row_count, const autodidact_neighbor_candidates *candidates) {
  for (size_t panel = first; panel < end; panel++) {
    const float *a = tile;
    const float *b = (const float *)panels + panel * steps * WIDTH;
    __m512 low[HEIGHT], high[HEIGHT];
#pragma unroll
    for (int i = 0; i < HEIGHT; i++) low[i] = high[i] = _mm512_setzero_ps();
    for (size_t step = 0; step < steps; step++, a += HEIGHT, b += WIDTH) {
      __m512 left = _mm512_loadu_ps(b), right = _mm512_loadu_ps(b + 16);
#pragma unroll
      for (int i = 0; i < HEIGHT; i++) {
        __m512 query = _mm512_set1_ps(a[i]);
        low[i] = _mm512_fmadd_ps(query, left, low[i]);
        high[i] = _mm512_fmadd_ps(query, right, high[i]);
      }
    }
    if (keep(candidates, panel * WIDTH, row_count, low, high)) return panel + 1;
  }
  return end;
}

TARGET_BF16 static size_t scan_bfloat16(const void *tile, const void *panels, size_t first, size_t end,
                                        size_t steps, size_t row_count,
                                        const autodidact_neighbor_candidates *candidates) {
  for (size_t panel = first; panel < end; panel++) {
    const int32_t *a = tile;
    const int32_t *b = (const int32_t *)panels + panel * steps * WIDTH;
    __m512 low[HEIGHT], high[HEIGHT];
#pragma unroll
    for (int i = 0; i < HEIGHT; i++) low[i] = high[i] = _mm512_setzero_ps();
    for (size_t step = 0; step < steps; step++, a += HEIGHT, b += WIDTH) {
      __m512bh left = (__m512bh)_mm512_loadu_si512(b), right = (__m512bh)_mm512_loadu_si512(b + 16);
#pragma unroll
      for (int i = 0; i < HEIGHT; i++) {
        __m512bh query = (__m512bh)_mm512_set1_epi32(a[i]);
        low[i] = _mm512_dpbf16_ps(low[i], query, left);
        high[i] = _mm512_dpbf16_ps(high[i], query, right);
      }
    }
    if (keep(candidates, panel * WIDTH, row_count, low, high)) return panel + 1;
  }
  return end;
}

static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

autodidact_neighbor_kernel autodidact_neighbor_kernel_avx512(void) {
  autodidact_neighbor_kernel kernel = {has_avx512() ? scan : 0, HEIGHT, WIDTH, 0};
  return kernel;
}

autodidact_neighbor_kernel autodidact_neighbor_kernel_bfloat16(void) {
  int can = has_avx512() && __builtin_cpu_supports("avx512bf16");
  autodidact_neighbor_kernel kernel = {can ? scan_bfloat16 : 0, HEIGHT, WIDTH, 1};
  return kernel;
}
#else
autodidact_neighbor_kernel autodidact_neighbor_kernel_avx512(void) {
  autodidact_neighbor_kernel kernel = {0, 0, 0, 0};
  return kernel;
}

autodidact_neighbor_kernel autodidact_neighbor_kernel_bfloat16(void) {
  return autodidact_neighbor_kernel_avx512();
}
#endif
