/*
 * Private to drivers: what the drivers that compare two densities report alike.
 */
#pragma once
#include <otto/record.h>
#include <otto/divergence.h>

/** Checks gibbs, pinsker, hellinger and js_bound. `no_probability`: why the two are not
 * probabilities that can be compared (mass leaks), or NULL; `unresolved`: why cross-entropy and
 * entropy leave some cells out, or NULL. Not collective. */
PETSC_EXTERN PetscErrorCode OttoCheckInequalities(OttoRecord record, PetscReal t,
                                                  const OttoDivergences *d,
                                                  const char *no_probability,
                                                  const char *unresolved);

/** NaN for a value that is not known to `bound` of itself, low and high being what it may be:
 * reported as not known, and, where it was asked for, to the check `known`. A value that is NaN
 * without being uncertain is a failure whatever it is. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunJudge(OttoRecord record, const char *name, PetscBool asked,
                                         PetscReal bound, PetscReal t, PetscReal low,
                                         PetscReal high, PetscReal *value);

/** p and q carry errors of eps relative to their size, so a divergence D of nearly equal densities
 * is known to eps/sqrt(2D) only; below this a bound on relative residuals says nothing. Bounds
 * under 1e-11 leave out no more than 1e-11 does. Not collective. */
static inline PetscReal OttoPairKnowable(PetscReal bound)
{
  return 0.5 * PetscSqr(PETSC_MACHINE_EPSILON / PetscMax(bound, 1e-11));
}

/** What is said of a check where a divergence is less than that. */
#define OTTO_PAIR_BELOW "the divergence is below what rounding of p and q allows"
