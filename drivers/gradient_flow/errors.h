/* Private to gradient-flow: estimates of errors row by row, told at the end, when the range of the
 * energy is known. */
#pragma once
#include "gradient_flow.h"
#include <otto/errors.h>

/** What has estimates: p (and q, the last) in L1, the energy over its range, and, in their own
 * units and unchecked, the second moment and the dissipation. */
enum {
  OTTO_GRADIENT_ERROR_P,
  OTTO_GRADIENT_ERROR_ENERGY,
  OTTO_GRADIENT_ERROR_MOMENT,
  OTTO_GRADIENT_ERROR_DISSIPATION,
  OTTO_GRADIENT_ERROR_Q,
  OTTO_GRADIENT_ERRORS
};
PETSC_EXTERN const OttoErrorColumn OttoGradientErrors[OTTO_GRADIENT_ERRORS];
/** Columns with one density. */
#define OTTO_GRADIENT_ERRORS_ALONE OTTO_GRADIENT_ERROR_Q

/** A row of estimates. */
typedef struct {
  PetscReal t, value[OTTO_GRADIENT_ERRORS], error[OTTO_GRADIENT_ERRORS]; /* NaN: not known */
} OttoGradientErrorRow;

/** The rows of a run. */
typedef struct {
  PetscInt count, room;
  OttoGradientErrorRow *row;
} OttoGradientErrorRows;

/** The values of a sample, of which p's and q's are 0: the estimates are those of a distance. Not
 * collective. */
PETSC_INTERN void OttoGradientErrorValues(const OttoGradientSample *now, PetscReal value[]);
/** Room for so many rows. Not collective. */
PETSC_INTERN PetscErrorCode OttoGradientErrorsCreate(PetscInt room, OttoGradientErrorRows *rows);
/** Frees it. Not collective. */
PETSC_INTERN PetscErrorCode OttoGradientErrorsDestroy(OttoGradientErrorRows *rows);
/** Adds a row. Not collective. */
PETSC_INTERN PetscErrorCode OttoGradientErrorsAdd(OttoGradientErrorRows *rows,
                                                  const OttoGradientSample *now,
                                                  const PetscReal error[]);
/** All rows into the table: p and q relative to mass[2], the energy to `range`. Collective;
 * OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoGradientErrorsTell(const OttoGradientErrorRows *rows,
                                                   const PetscReal mass[], PetscReal range,
                                                   OttoErrorTable table);
/** Keeps, or takes over (keep.h). Not collective. */
PETSC_INTERN PetscErrorCode OttoGradientErrorsKeep(OttoGradientErrorRows *rows, OttoKeep keep);
