/* Private to gradient-flow: the run on coarser grids, and what the grid errs by. */
#pragma once
#include "run/space.h"
#include "stepping.h"

typedef struct {
  OttoSpace space;
  OttoGradientLaw *fine;
  OttoGradientStepping stepping;
  OttoGradientLaw law[OTTO_SPACE_LEVELS]; /* their grids belong to `space` */
  OttoDensityReport density[2];
  OttoGradientErrorRows rows;
  PetscBool begun;
} OttoGradientSpace;

/** Reads check_space and space_tolerance, makes the coarser grids. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoGradientSpaceCreate(OttoRecord record, OttoGradientLaw *law,
                                                    OttoGradientStepping stepping, PetscInt samples,
                                                    const OttoDensityReport report[2],
                                                    OttoGradientSpace *space);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientSpaceDestroy(OttoGradientSpace *space);
/** Estimates what the grid leaves in a sample. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientSpaceRow(OttoGradientSpace *space,
                                                 const OttoGradientSample *now);
/** space_error into results and checks. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientSpaceReport(OttoGradientSpace *space);
/** Keeps, or takes over (keep.h), the coarser laws. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientSpaceKeep(OttoGradientSpace *space, OttoKeep keep);
