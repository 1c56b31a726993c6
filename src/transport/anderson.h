/*
 * Private to transport: a fixed point x = M(x) from the last few iterates.
 *
 * Of the affine combinations of them that one is taken whose residual M(x) - x, were M affine,
 * would have the least norm (Anderson 1965). Differences of residuals are made orthogonal one by
 * one, and only the last few are kept: where the derivative of M is symmetric, that is as good as
 * all (Tang, Xu, He, Saad and Xi 2024), the rate of conjugate residuals.
 */
#pragma once
#include <otto/field.h>

#define OTTO_ANDERSON_DEPTH 4

typedef struct {
  MPI_Comm comm;
  PetscInt64 n;                              /* on this rank */
  PetscInt count, last;                      /* differences kept; where the newest stands */
  PetscBool begun;                           /* whether there is an iterate before */
  PetscReal *image, *residual;               /* of the iterate before */
  PetscReal *images[OTTO_ANDERSON_DEPTH];    /* differences of images, combined as … */
  PetscReal *residuals[OTTO_ANDERSON_DEPTH]; /* … those of residuals, orthonormal */
} OttoAnderson;

/** For n numbers on this rank. Not collective: PETSC_ERR_MEM on this rank alone. */
PETSC_INTERN PetscErrorCode OttoAndersonCreate(MPI_Comm comm, PetscInt64 n, OttoAnderson *s);
PETSC_INTERN PetscErrorCode OttoAndersonDestroy(OttoAnderson *s);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoAndersonBytes(const OttoAnderson *s);

/** Forgets what it has seen: another map comes, or another weight. Not collective. */
PETSC_INTERN void OttoAndersonForget(OttoAnderson *s);

/** From x[n] and its image[n] to the next x, in place; the norm is Σ weight (M(x) - x)², and where
 * the weight is 0 what x is does not matter. Collective. */
PETSC_INTERN PetscErrorCode OttoAndersonStep(OttoAnderson *s, const PetscReal weight[],
                                             const PetscReal image[], PetscReal x[]);
