/* The formulas of a chain's potential, mobility and temperature at any point, where cells have
 * their centres'.
 */
#pragma once
#include <otto/formula.h>
#include <otto/generator.h>

#define OTTO_SPACE_POINTS 256 /* that stand for a cell */

/** Points of Roberts' sequence, in widths of a cell from its centre, which is the first: no two of
 * them project on the same of an axis, so that a plane across one is known to 1/OTTO_SPACE_POINTS.
 * Not collective. */
PETSC_INTERN void OttoSpacePoints(const OttoGridInfo *g,
                                  PetscReal point[OTTO_SPACE_POINTS][OTTO_MAX_DIM]);

typedef struct {
  const OttoGridInfo *g;
  const PetscReal *tilt;
  PetscReal T, share;         /* a of the noise */
  PetscBool biased;           /* a T log M is in V */
  OttoFormula V, M, warmth;   /* NULL: there is none, or it is of a file */
  PetscInt components, first; /* of M; the axis whose M is in V */
} OttoSpaceFormulas;

/** Those that a generator was made of; its grid is where points lie. Free them. Not collective;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSpaceFormulasCreate(OttoGenerator of, const OttoGridInfo *g,
                                                    OttoSpaceFormulas *formulas);
/** That of a potential alone, at temperature T, likewise. */
PETSC_INTERN PetscErrorCode OttoSpaceFormulasCreateOf(OttoPotential potential, PetscReal T,
                                                      const OttoGridInfo *g,
                                                      OttoSpaceFormulas *formulas);
/** Not collective. */
PETSC_INTERN PetscErrorCode OttoSpaceFormulasDestroy(OttoSpaceFormulas *formulas);
/** What they are at a point. */
typedef struct {
  PetscReal V;            /* tilt and all, without a T log M; 0 where there is no formula */
  PetscReal log_M, log_T; /* 0 likewise */
} OttoSpacePoint;

/** At x[dim] and t = 0, of M along an axis. NaN and inf are returned as they arise. Not collective.
 */
PETSC_INTERN PetscErrorCode OttoSpaceFormulasAt(const OttoSpaceFormulas *formulas,
                                                const PetscReal x[], PetscInt axis,
                                                OttoSpacePoint *point);
