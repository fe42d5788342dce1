/* The version for processors with AVX2 and FMA: vectors of eight floats. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNEL_LANES 8
#define KERNEL_ROWS 6
#define KERNEL_HAS_FMA 1
#define KERNEL_TABLE kernels_table_avx2
#include "kernel_body.h"
#pragma clang attribute pop
#endif
