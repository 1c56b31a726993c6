/** @file
 * A field is a PETSc Vec with one value per cell in the grid's layout; here are its creation and
 * compensated reductions.
 */
#pragma once
#include <otto/grid.h>
#include <petscvec.h>

/** A field of zeros. Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldCreate(OttoGrid grid, Vec *field);

/** The cells whose values a Vec holds on this rank: with it a file has them in the grid's order,
 * however they are dealt to ranks. */
typedef struct {
  PetscInt fields;                /**< so many, one behind the other on every rank */
  PetscInt dim;                   /**< axes of the grid */
  PetscInt64 n[OTTO_MAX_DIM];     /**< cells of the grid */
  PetscInt64 first[OTTO_MAX_DIM]; /**< first cell of this rank's box on every axis */
  PetscInt64 local[OTTO_MAX_DIM]; /**< cells of this rank's box on every axis */
} OttoFieldBox;

/** Says of a Vec that it holds so many fields of the grid, one behind the other on every rank, in
 * the order of its local cells; VecDuplicate() hands it on. OttoFieldCreate() says it of fields.
 * Not collective. */
PETSC_EXTERN PetscErrorCode OttoFieldSetBox(OttoGrid grid, PetscInt fields, Vec v);
/** What OttoFieldSetBox() has said, owned by the Vec; NULL: nothing. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFieldGetBox(Vec v, const OttoFieldBox **box);

/** v[local cells of `to`] = u[local cells of `from`] for two grids of the same cells and ranks that
 * are dealt to these in different ways. Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldMove(OttoGrid from, const PetscReal u[], OttoGrid to,
                                          PetscReal v[]);

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
PETSC_EXTERN PetscErrorCode OttoSumReduce(MPI_Comm comm, PetscInt64 count, OttoSum sums[]);

/** ∫ u = cell volume · Σ u. Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldIntegral(OttoGrid grid, Vec u, PetscReal *integral);

/** Smallest and largest value (either may be NULL); NaN where any is. Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldRange(OttoGrid grid, Vec u, PetscReal *min, PetscReal *max);

/** Mass, mean[dim] and covariance[dim·dim] of a density (covariance may be NULL). Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldMoments(OttoGrid grid, Vec p, PetscReal *mass,
                                             PetscReal mean[], PetscReal covariance[]);
