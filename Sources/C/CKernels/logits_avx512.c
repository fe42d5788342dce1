/* The passes over logits for processors with AVX-512 (F, DQ, BW, VL): vectors of sixteen floats. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))), \
                             apply_to = function)
#define LOGITS_LANES 16
#define LOGITS_KERNELS autodidact_logit_kernels_avx512
#include "logits_body.h"
#pragma clang attribute pop
#else
#include "autodidact_logits.h"

autodidact_logit_kernels autodidact_logit_kernels_avx512(void) { return autodidact_logit_kernels_portable(); }
#endif
