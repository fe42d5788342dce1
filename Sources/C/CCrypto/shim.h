#ifndef AUTODIDACT_CCRYPTO_SHIM_H
#define AUTODIDACT_CCRYPTO_SHIM_H

#include <openssl/evp.h>

#endif
