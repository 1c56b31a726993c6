/* The formulas of a chain's potential and mobility at any point, where cells have their centres'.
 */
#pragma once
#include <otto/formula.h>
#include <otto/generator.h>

typedef struct {
  const OttoGridInfo *g;
  const PetscReal *tilt;
  PetscReal T, share;         /* a of the noise */
  PetscBool biased;           /* a T log M is in V */
  OttoFormula V, M;           /* NULL: there is none, or it is of a file */
  PetscInt components, first; /* of M; the axis whose M is in V */
} OttoSpaceFormulas;

/** Those that a generator was made of; its grid is where points lie. Free them. Not collective;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSpaceFormulasCreate(OttoGenerator of, const OttoGridInfo *g,
                                                    OttoSpaceFormulas *formulas);
/** Not collective. */
PETSC_INTERN PetscErrorCode OttoSpaceFormulasDestroy(OttoSpaceFormulas *formulas);
/** V at x[dim] and t = 0, tilt and all, and log M along an axis (0 where there is no formula): V
 * without a T log M. NaN and inf are returned as they arise. Not collective. */
PETSC_INTERN PetscErrorCode OttoSpaceFormulasAt(const OttoSpaceFormulas *formulas,
                                                const PetscReal x[], PetscInt axis, PetscReal *V,
                                                PetscReal *log_M);
