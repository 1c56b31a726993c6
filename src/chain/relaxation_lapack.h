/* Private to relaxation*.c and metastable*.c: LAPACK's own names, real and complex, which PETSc's headers have only
 * for its own scalars. */
#pragma once
#include <petscsys.h>
#include <complex.h>

typedef double _Complex OttoComplex;

extern void dsyev_(const char *job, const char *uplo, const int *n, double *a, const int *lda,
                   double *w, double *work, const int *lwork, int *info);
extern void dgees_(const char *job, const char *sort, void *select, const int *n, double *a,
                   const int *lda, int *sdim, double *wr, double *wi, double *vs, const int *ldvs,
                   double *work, const int *lwork, int *bwork, int *info);
extern void dtrsen_(const char *job, const char *compq, const int *select, const int *n, double *t,
                    const int *ldt, double *q, const int *ldq, double *wr, double *wi, int *m,
                    double *s, double *sep, double *work, const int *lwork, int *iwork,
                    const int *liwork, int *info);
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
extern void zgees_(const char *job, const char *sort, void *select, const int *n, OttoComplex *a,
                   const int *lda, int *sdim, OttoComplex *w, OttoComplex *vs, const int *ldvs,
                   OttoComplex *work, const int *lwork, double *rwork, int *bwork, int *info);
extern void ztrsen_(const char *job, const char *compq, const int *select, const int *n,
                    OttoComplex *t, const int *ldt, OttoComplex *q, const int *ldq, OttoComplex *w,
                    int *m, double *s, double *sep, OttoComplex *work, const int *lwork, int *info);
extern void ztrevc_(const char *side, const char *howmny, int *select, const int *n, OttoComplex *t,
                    const int *ldt, OttoComplex *vl, const int *ldvl, OttoComplex *vr,
                    const int *ldvr, const int *mm, int *m, OttoComplex *work, double *rwork,
                    int *info);
extern void dgesv_(const int *n, const int *nrhs, double *a, const int *lda, int *ipiv, double *b,
                   const int *ldb, int *info);
extern void dgeev_(const char *jobvl, const char *jobvr, const int *n, double *a, const int *lda,
                   double *wr, double *wi, double *vl, const int *ldvl, double *vr, const int *ldvr,
                   double *work, const int *lwork, int *info);
