/* The passes over logits for processors with AVX2 and FMA: vectors of eight floats. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LOGITS_LANES 8
#define LOGITS_KERNELS autodidact_logit_kernels_avx2
#include "logits_body.h"
#pragma clang attribute pop
#else
#include "autodidact_logits.h"

autodidact_logit_kernels autodidact_logit_kernels_avx2(void) { return autodidact_logit_kernels_portable(); }
#endif
