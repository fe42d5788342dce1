/* The passes over logits for any processor: vectors of four floats. */
#define LOGITS_LANES 4
#define LOGITS_KERNELS autodidact_logit_kernels_portable
#include "logits_body.h"
