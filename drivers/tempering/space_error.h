/* Private to tempering: both laws on coarser grids, and what the grid errs by. */
#pragma once
#include "coordinates.h"
#include "run/space.h"
#include "stepping.h"

typedef struct {
  OttoSpace space;
  OttoTemperingPair *fine;
  OttoTemperingStepping *stepping;
  const OttoTemperingCoordinates *coordinates;
  OttoDensityReport density;
  OttoTemperingPair
      pair[OTTO_SPACE_LEVELS]; /* grids of the box belong to `space`, others are own */
  OttoMetric metric[OTTO_SPACE_LEVELS][2];
  OttoGrid image[OTTO_SPACE_LEVELS];
  OttoTemperingSample start[OTTO_SPACE_LEVELS];
  PetscBool begun, known; /* known: space.error holds estimates of the last sample */
} OttoTemperingSpace;

/** Reads check_space and space_tolerance, makes the coarser grids. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTemperingSpaceCreate(OttoRecord record, OttoTemperingPair *fine,
                                                     OttoTemperingStepping *stepping,
                                                     const OttoTemperingCoordinates *coordinates,
                                                     const OttoDensityReport *density,
                                                     OttoTemperingSpace *s);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingSpaceDestroy(OttoTemperingSpace *s);
/** Estimates what the grid leaves in a sample of the run of the shortest steps. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingSpaceRow(OttoTemperingSpace *s,
                                                  const OttoTemperingSample *now);
/** space_error into results and checks. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingSpaceReport(OttoTemperingSpace *s);
/** Keeps, or takes over (keep.h), the coarser laws. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingSpaceKeep(OttoTemperingSpace *s, OttoKeep keep);
