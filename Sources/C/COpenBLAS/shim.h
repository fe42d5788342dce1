#ifndef AUTODIDACT_COPENBLAS_SHIM_H
#define AUTODIDACT_COPENBLAS_SHIM_H

#include <cblas.h>

/* LAPACK's symmetric eigensolver (divide and conquer), which libopenblas carries with Fortran linkage. */
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info,
             unsigned long jobz_length, unsigned long uplo_length);

#endif
