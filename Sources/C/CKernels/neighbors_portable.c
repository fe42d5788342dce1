/* Neighbour candidates in plain C. */
#include "autodidact_neighbors.h"

enum { HEIGHT = 4, WIDTH = 16 };

static size_t scan(const void *tile, const void *panels, size_t first, size_t end, size_t steps,
                   size_t row_count, const autodidact_neighbor_candidates *candidates) {
  for (size_t panel = first; panel < end; panel++) {
    const float *a = tile;
    const float *b = (const float *)panels + panel * steps * WIDTH;
    float sums[HEIGHT][WIDTH] = {{0}};
    for (size_t step = 0; step < steps; step++, a += HEIGHT, b += WIDTH)
      for (int i = 0; i < HEIGHT; i++)
        for (int j = 0; j < WIDTH; j++) sums[i][j] += a[i] * b[j];
    int is_full = 0;
    for (int i = 0; i < HEIGHT; i++) {
      int32_t count = candidates->counts[i];
      for (int j = 0; j < WIDTH; j++) {
        size_t row = panel * WIDTH + (size_t)j;
        if (sums[i][j] >= candidates->thresholds[i] && row < row_count) {
          size_t place = (size_t)i * (size_t)candidates->capacity + (size_t)count++;
          candidates->values[place] = sums[i][j];
          candidates->rows[place] = (int32_t)row;
        }
      }
      candidates->counts[i] = count;
      if (count > candidates->capacity - WIDTH) is_full = 1;
    }
    if (is_full) return panel + 1;
  }
  return end;
}

autodidact_neighbor_kernel autodidact_neighbor_kernel_portable(void) {
  autodidact_neighbor_kernel kernel = {scan, HEIGHT, WIDTH, 0};
  return kernel;
}
