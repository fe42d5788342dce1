/* The version for any processor: vectors of four floats. */
#define KERNEL_LANES 4
#define KERNEL_ROWS 6
#define KERNEL_HAS_FMA 0
#define KERNEL_TABLE kernels_table_portable
#include "kernel_body.h"
