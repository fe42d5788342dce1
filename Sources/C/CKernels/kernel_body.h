/* The kernels, written once for vectors of KERNEL_LANES floats.
 *
 * A file that includes this sets KERNEL_LANES, KERNEL_ROWS (the rows of a register tile),
 * KERNEL_HAS_FMA and KERNEL_TABLE, and compiles for the processor it is meant for. */
#include "kernel_table.h"
#include "kernel_vectors.h"

/* A panel of the right-hand side is two vectors wide. */
#define PANEL (2 * KERNEL_LANES)

/* x times the normal distribution function: x (1/2 + x P(x^2) / Q(x^2)). The coefficients minimise
 * the largest relative error of the quotient for |x| <= 5.6 (2.2e-8); beyond, it is saturated. */
INLINE vec gelu_(vec x) {
  vec z = x * x;
  vec p = splat(0x1.7f105ep-26f);
  vec q = splat(0x1.3ca90ap-20f);
  p = fma_(p, z, splat(0x1.a61964p-18f));
  q = fma_(q, z, splat(0x1.33a0eap-14f));
  p = fma_(p, z, splat(0x1.6245a2p-13f));
  q = fma_(q, z, splat(0x1.ee4588p-10f));
  p = fma_(p, z, splat(0x1.328900p-8f));
  q = fma_(q, z, splat(0x1.d5da9cp-6f));
  p = fma_(p, z, splat(0x1.15f288p-5f));
  q = fma_(q, z, splat(0x1.01c152p-2f));
  p = fma_(p, z, splat(0x1.988452p-2f));
  q = fma_(q, z, splat(1.0f));
  vec half = x * (p / q);
  half = select_(z > 5.6f * 5.6f, select_(x > 0.0f, splat(0.5f), splat(-0.5f)), half);
  return fma_(x, half, 0.5f * x);
}

/* What happens to the sums of one vector of columns before they are stored. */
INLINE vec finish(int epilogue, vec sum, vec bias, const float *residual, size_t count) {
  if (epilogue == KERNELS_STORE) return sum;
  sum += bias;
  if (epilogue == KERNELS_GELU) return gelu_(sum);
  if (epilogue == KERNELS_RESIDUAL)
    sum += count == KERNEL_LANES ? load(residual) : load_some(residual, count, 0);
  return sum;
}

/* `rows` rows of a times one panel of `columns` valid columns. */
INLINE void tile(const int rows, const int epilogue, size_t columns, size_t k, const float *a,
                 size_t lda, const float *panel, const float *bias, const float *residual,
                 size_t ldr, float *c, size_t ldc) {
  vec low[KERNEL_ROWS], high[KERNEL_ROWS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) low[i] = high[i] = (vec){};
  for (size_t step = 0; step < k; step++) {
    vec b0 = load(panel), b1 = load(panel + KERNEL_LANES);
    panel += PANEL;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      vec x = splat(a[(size_t)i * lda + step]);
      low[i] = fma_(x, b0, low[i]);
      high[i] = fma_(x, b1, high[i]);
    }
  }
  size_t left = columns < KERNEL_LANES ? columns : KERNEL_LANES, right = columns - left;
  vec bias0 = {}, bias1 = {};
  if (epilogue != KERNELS_STORE) {
    bias0 = left == KERNEL_LANES ? load(bias) : load_some(bias, left, 0);
    bias1 = right == KERNEL_LANES ? load(bias + KERNEL_LANES)
                                  : load_some(bias + left, right, 0);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    const float *r = epilogue == KERNELS_RESIDUAL ? residual + (size_t)i * ldr : 0;
    vec v0 = finish(epilogue, low[i], bias0, r, left);
    vec v1 = finish(epilogue, high[i], bias1, r ? r + left : 0, right);
    float *out = c + (size_t)i * ldc;
    if (columns == PANEL) {
      store(out, v0);
      store(out + KERNEL_LANES, v1);
    } else {
      store_some(out, left, v0);
      store_some(out + left, right, v1);
    }
  }
}

#define TILE_CASE(n)                                                                        \
  case n:                                                                                   \
    tile(n, epilogue, columns, k, a, lda, panel, bias, residual, ldr, c, ldc);              \
    break;

INLINE void tile_of(size_t rows, const int epilogue, size_t columns, size_t k, const float *a,
                    size_t lda, const float *panel, const float *bias, const float *residual,
                    size_t ldr, float *c, size_t ldc) {
  switch (rows) {
    TILE_CASE(1)
    TILE_CASE(2)
    TILE_CASE(3)
    TILE_CASE(4)
    TILE_CASE(5)
    TILE_CASE(6)
#if KERNEL_ROWS > 6
    TILE_CASE(7)
    TILE_CASE(8)
    TILE_CASE(9)
    TILE_CASE(10)
    TILE_CASE(11)
    TILE_CASE(12)
    TILE_CASE(13)
    TILE_CASE(14)
#endif
    default: break;
  }
}

/* All rows of a times the packed matrix; the rows are shared out evenly over the fewest tiles. */
INLINE void product(const int epilogue, size_t m, size_t n, size_t k, const float *a, size_t lda,
                    const float *packed, const float *bias, const float *residual, size_t ldr,
                    float *c, size_t ldc) {
  size_t tiles = (m + KERNEL_ROWS - 1) / KERNEL_ROWS;
  for (size_t column = 0; column < n; column += PANEL) {
    const float *panel = packed + column * k;
    size_t columns = n - column < PANEL ? n - column : PANEL;
    for (size_t t = 0; t < tiles; t++) {
      size_t row = m * t / tiles, rows = m * (t + 1) / tiles - row;
      tile_of(rows, epilogue, columns, k, a + row * lda, lda, panel,
              epilogue == KERNELS_STORE ? 0 : bias + column,
              epilogue == KERNELS_RESIDUAL ? residual + row * ldr + column : 0, ldr,
              c + row * ldc + column, ldc);
    }
  }
}

static void gemm(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed,
                 int epilogue, const float *bias, const float *residual, size_t ldr, float *c,
                 size_t ldc) {
  switch (epilogue) {
    case KERNELS_BIAS:
      product(KERNELS_BIAS, m, n, k, a, lda, packed, bias, residual, ldr, c, ldc);
      break;
    case KERNELS_GELU:
      product(KERNELS_GELU, m, n, k, a, lda, packed, bias, residual, ldr, c, ldc);
      break;
    case KERNELS_RESIDUAL:
      product(KERNELS_RESIDUAL, m, n, k, a, lda, packed, bias, residual, ldr, c, ldc);
      break;
    default:
      product(KERNELS_STORE, m, n, k, a, lda, packed, bias, residual, ldr, c, ldc);
      break;
  }
}

static void layer_norm(size_t rows, size_t n, const float *x, size_t ldx, const float *gamma,
                       const float *beta, float epsilon, float *out, size_t ldo) {
  size_t whole = n / KERNEL_LANES * KERNEL_LANES;
  for (size_t row = 0; row < rows; row++) {
    const float *in = x + row * ldx;
    float *to = out + row * ldo;
    vec sums = {};
    for (size_t i = 0; i < whole; i += KERNEL_LANES) sums += load(in + i);
    float sum = sum_of(sums);
    for (size_t i = whole; i < n; i++) sum += in[i];
    float mean = sum / (float)n;
    vec squares = {};
    for (size_t i = 0; i < whole; i += KERNEL_LANES) {
      vec d = load(in + i) - mean;
      squares = fma_(d, d, squares);
    }
    float square = sum_of(squares);
    for (size_t i = whole; i < n; i++) square += (in[i] - mean) * (in[i] - mean);
    float inverse = 1.0f / sqrtf(square / (float)n + epsilon);
    for (size_t i = 0; i < whole; i += KERNEL_LANES)
      store(to + i, fma_((load(in + i) - mean) * inverse, load(gamma + i), load(beta + i)));
    for (size_t i = whole; i < n; i++)
      to[i] = (in[i] - mean) * inverse * gamma[i] + beta[i];
  }
}

static void softmax(size_t rows, size_t n, float scale, float *x, size_t ldx) {
  size_t whole = n / KERNEL_LANES * KERNEL_LANES, rest = n - whole;
  for (size_t row = 0; row < rows; row++) {
    float *p = x + row * ldx;
    vec best = splat(-INFINITY);
    for (size_t i = 0; i < whole; i += KERNEL_LANES) {
      vec v = load(p + i);
      best = select_(v > best, v, best);
    }
    if (rest) {
      vec v = load_some(p + whole, rest, -INFINITY);
      best = select_(v > best, v, best);
    }
    float top = max_of(best);
    vec sums = {};
    for (size_t i = 0; i < whole; i += KERNEL_LANES) {
      vec e = exp_((load(p + i) - top) * scale);
      sums += e;
      store(p + i, e);
    }
    if (rest) {
      vec e = exp_((load_some(p + whole, rest, top) - top) * scale);
      store_some(p + whole, rest, e);
      sums += load_some(p + whole, rest, 0);
    }
    float inverse = 1.0f / sum_of(sums);
    for (size_t i = 0; i < whole; i += KERNEL_LANES) store(p + i, load(p + i) * inverse);
    for (size_t i = whole; i < n; i++) p[i] *= inverse;
  }
}

static void attention(size_t count, size_t heads, size_t head_size, const float *qkv, size_t ldqkv,
                      float scale, float *scratch, float *out, size_t ldo) {
  size_t columns = (count + PANEL - 1) / PANEL * PANEL;
  float *scores = scratch;                              /* [count, columns] */
  float *keys = scores + count * columns;               /* panels of [head_size, PANEL] */
  float *values = keys + columns * head_size;           /* panels of [count, PANEL] */
  for (size_t head = 0; head < heads; head++) {
    const float *q = qkv + head * head_size;
    const float *k = q + heads * head_size, *v = k + heads * head_size;
    for (size_t first = 0; first < columns; first += PANEL)
      for (size_t j = 0; j < PANEL; j++) {
        float *to = keys + first * head_size + j;
        size_t token = first + j;
        for (size_t d = 0; d < head_size; d++)
          to[d * PANEL] = token < count ? k[token * ldqkv + d] : 0;
      }
    for (size_t first = 0; first < head_size; first += PANEL)
      for (size_t token = 0; token < count; token++)
        for (size_t j = 0; j < PANEL; j++)
          values[first * count + token * PANEL + j] =
              first + j < head_size ? v[token * ldqkv + first + j] : 0;
    product(KERNELS_STORE, count, columns, head_size, q, ldqkv, keys, 0, 0, 0, scores, columns);
    softmax(count, count, scale, scores, columns);
    product(KERNELS_STORE, count, head_size, count, scores, columns, values, 0, 0, 0,
            out + head * head_size, ldo);
  }
}

static void gelu(size_t count, float *x) {
  size_t whole = count / KERNEL_LANES * KERNEL_LANES;
  for (size_t i = 0; i < whole; i += KERNEL_LANES) store(x + i, gelu_(load(x + i)));
  if (count > whole)
    store_some(x + whole, count - whole, gelu_(load_some(x + whole, count - whole, 0)));
}

static float dot(size_t count, const float *a, const float *b) {
  size_t whole = count / PANEL * PANEL;
  vec s0 = {}, s1 = {};
  for (size_t i = 0; i < whole; i += PANEL) {
    s0 = fma_(load(a + i), load(b + i), s0);
    s1 = fma_(load(a + i + KERNEL_LANES), load(b + i + KERNEL_LANES), s1);
  }
  float sum = sum_of(s0 + s1);
  for (size_t i = whole; i < count; i++) sum += a[i] * b[i];
  return sum;
}

static void axpy(size_t count, float alpha, const float *x, float *y) {
  size_t whole = count / KERNEL_LANES * KERNEL_LANES;
  for (size_t i = 0; i < whole; i += KERNEL_LANES)
    store(y + i, fma_(splat(alpha), load(x + i), load(y + i)));
  for (size_t i = whole; i < count; i++) y[i] += alpha * x[i];
}

const struct kernel_table KERNEL_TABLE = {
    PANEL, gemm, layer_norm, attention, gelu, softmax, dot, axpy,
};
