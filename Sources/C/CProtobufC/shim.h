#ifndef AUTODIDACT_CPROTOBUFC_SHIM_H
#define AUTODIDACT_CPROTOBUFC_SHIM_H

#include <protobuf-c/protobuf-c.h>

#endif
