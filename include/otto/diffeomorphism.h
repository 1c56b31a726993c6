/** @file
 * An invertible map of R^d given by formulas, y = Φ(x) and x = Φ⁻¹(y), with its derivative.
 *
 * Derivatives are taken by central differences in steps h, h/2, h/4 … extrapolated to h = 0
 * (Ridders 1982; Numerical Recipes 5.7), whose own table states what they err by. The derivative of
 * the inverse is the inverse of the derivative where the map goes.
 */
#pragma once
#include <otto/formula.h>

/** A map and its inverse. */
typedef struct _n_OttoDiffeomorphism *OttoDiffeomorphism;

/** What a map turned out to err by, over all calls so far; the largest of this rank. */
typedef struct {
  PetscReal derivative; /**< estimated error of an entry of DΦ, relative to the largest entry */
  PetscReal
      round_trip; /**< |Φ⁻¹(Φ(x)) − x| relative to the side of the box, where it was asked for */
} OttoDiffeomorphismReport;

/** Parses both formulas, d components each in x, y, z. `inverse` NULL: there is none, and what
 * needs it fails with OTTO_ERR_INPUT naming inverse_key. scale[dim]: lengths over which the map
 * changes (a side of the box): the first differences are taken over a hundredth of them. Not
 * collective. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoDiffeomorphismCreate(const char *key, const char *formula,
                                                     const char *inverse_key, const char *inverse,
                                                     PetscInt dim, const PetscReal scale[],
                                                     OttoDiffeomorphism *map);
/** Frees it. Not collective. */
PETSC_EXTERN PetscErrorCode OttoDiffeomorphismDestroy(OttoDiffeomorphism *map);
/** Whether it has an inverse. Not collective. */
PETSC_EXTERN PetscBool OttoDiffeomorphismHasInverse(OttoDiffeomorphism map);
/** y = Φ(x) (inverse: Φ⁻¹(x)), x[dim], y[dim]; derivative[dim·dim] (may be NULL) row by row,
 * ∂y_i/∂x_j at i·dim + j. Not collective. OTTO_ERR_NUMERICAL naming key and point where a value is
 * not finite, or the derivative is singular. */
PETSC_EXTERN PetscErrorCode OttoDiffeomorphismApply(OttoDiffeomorphism map, PetscBool inverse,
                                                    const PetscReal x[], PetscReal y[],
                                                    PetscReal derivative[]);
/** Checks Φ⁻¹(Φ(x)) = x at x[dim] to `tolerance` times scale (periods[dim], may be NULL: 0 where an
 * axis is no circle; differences are then taken to the nearest image). Not collective.
 * OTTO_ERR_INPUT naming both keys, the point and what came back. */
PETSC_EXTERN PetscErrorCode OttoDiffeomorphismCheck(OttoDiffeomorphism map, const PetscReal x[],
                                                    const PetscReal periods[], PetscReal tolerance);
/** What was found so far. Not collective. */
PETSC_EXTERN PetscErrorCode OttoDiffeomorphismGetReport(OttoDiffeomorphism map,
                                                        OttoDiffeomorphismReport *report);
