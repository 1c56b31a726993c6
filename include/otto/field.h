/** @file
 * A field is a PETSc Vec with one value per cell in the grid's layout; here are its
 * creation, halos of planes, and compensated reductions.
 */
#pragma once
#include <otto/grid.h>
#include <petscvec.h>

/** A field of zeros. Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldCreate(OttoGrid grid, Vec *field);

/** A compensated accumulator: the value is hi + lo, |lo| ≤ ulp(hi)/2 (Knuth's two-sum). */
typedef struct {
  PetscReal hi; /**< the sum as a double */
  PetscReal lo; /**< what rounding left of it */
} OttoSum;

/** s += v with the rounding error kept (Neumaier 1974). Infinite and NaN values keep their
 * meaning. Not collective. */
static inline void OttoSumAdd(OttoSum *s, PetscReal v)
{
  volatile PetscReal total = s->hi + v; /* volatile: no fused or reordered evaluation */
  PetscReal back = total - s->hi, error = (s->hi - (total - back)) + (v - back);
  if (error == error) s->lo += error; /* inf - inf gives NaN: the total itself says enough */
  s->hi = total;
}
/** The sum as one number. Not collective. */
static inline PetscReal OttoSumValue(OttoSum s)
{
  return s.hi + s.lo;
}

/** Adds `count` accumulators over all ranks, in place, in double-double; the result does not depend
 * on the rank count beyond 1e-16 of the sum of magnitudes. Collective. */
PETSC_EXTERN PetscErrorCode OttoSumReduce(MPI_Comm comm, PetscInt count, OttoSum sums[]);

/** ∫ u = cell volume · Σ u. Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldIntegral(OttoGrid grid, Vec u, PetscReal *integral);

/** Smallest and largest value (either may be NULL). Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldRange(OttoGrid grid, Vec u, PetscReal *min, PetscReal *max);

/** Mass, mean[dim] and covariance[dim·dim] of a density (covariance may be NULL). Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldMoments(OttoGrid grid, Vec p, PetscReal *mass,
                                             PetscReal mean[], PetscReal covariance[]);

/** Ghost layers of fields of one grid, of one width. */
typedef struct _n_OttoHalo *OttoHalo;

/**
 * Planes of axis 0 beyond a rank's own, `width` on either side. Collective.
 * Beyond a periodic face the planes wrap round; beyond any other face they are the mirror image
 * (even reflection: plane -1-k is plane k). Ranks may own fewer planes than `width`, or none.
 */
PETSC_EXTERN PetscErrorCode OttoHaloCreate(OttoGrid grid, PetscInt width, OttoHalo *halo);
/** Frees a halo. Collective. */
PETSC_EXTERN PetscErrorCode OttoHaloDestroy(OttoHalo *halo);

/**
 * Fills `below` and `above`, each width·plane_cells values: below holds planes start-width …
 * start-1 in this order, above planes start+planes … start+planes+width-1. Collective.
 * `u`: the rank's own local_cells values. Ranks that own no plane get nothing.
 */
PETSC_EXTERN PetscErrorCode OttoHaloExchange(OttoHalo halo, const PetscReal u[], PetscReal below[],
                                             PetscReal above[]);
