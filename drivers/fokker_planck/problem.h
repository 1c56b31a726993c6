/* What a run of fokker-planck is made of. */
#pragma once
#include "fokker_planck.h"
#include "space_error.h"

typedef struct {
  OttoFokkerPlanck law; /* generator, resolvent, flow, densities, steady state */
  OttoRelaxation spectrum;
  OttoStepping stepping;
  OttoSpaceFokkerPlanck space; /* how far the grid is from the continuum */
  OttoTimes times;
  OttoRunColumns columns;
  OttoRecord record;
  OttoStorage storage;   /* NULL where no fields are written */
  OttoPairBounds bounds; /* what is known of p and q beside their values */
} OttoFokkerPlanckRun;

/** Makes it from the options, all that can be refused before the output folder is opened.
 * Collective.
 */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckPrepare(const char *input, OttoFokkerPlanckRun *s);
/** Destroys the parts. Collective. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckDestroy(OttoFokkerPlanckRun *s);
