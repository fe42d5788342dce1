/* The version for processors with AVX-512 (F, DQ, BW, VL): vectors of sixteen floats. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))), \
                             apply_to = function)
#define KERNEL_LANES 16
#define KERNEL_ROWS 14
#define KERNEL_HAS_FMA 1
#define KERNEL_TABLE kernels_table_avx512
#include "kernel_body.h"
#pragma clang attribute pop
#endif
