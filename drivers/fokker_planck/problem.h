/* What a run of fokker-planck is made of. */
#pragma once
#include "correlations.h"
#include "fokker_planck.h"
#include "space_error.h"

typedef struct {
  OttoFokkerPlanck law; /* generator, resolvent, flow, densities, steady state */
  OttoRelaxation spectrum;
  OttoRunMetastable metastable;  /* of the spectrum */
  OttoCorrelations correlations; /* what was asked for */
  OttoStepping stepping;
  OttoSpaceFokkerPlanck space; /* how far the grid is from the continuum */
  OttoRun run;
  OttoStepChecks steps;
  OttoRunColumns columns;
  OttoRecord record;
  OttoStorage storage;             /* NULL where no fields are written */
  OttoPairBounds bounds;           /* what is known of p and q beside their values */
  OttoFokkerPlanckSample previous; /* the sample before the present one */
} OttoFokkerPlanckRun;

/** Makes it from the options, all that can be refused before the output folder is opened.
 * Collective.
 */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckPrepare(const char *input, OttoFokkerPlanckRun *s);
/** Keeps, or takes over (keep.h), the run (`context`) between sample k, of time t, and the next.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckKeep(OttoKeep keep, PetscInt k, PetscReal t,
                                                 void *context);
/** Writes fields and marginals of the sample just taken, where they are asked for. Collective;
 * OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckSave(OttoFokkerPlanckRun *s, PetscInt k, PetscReal t);
/** After the loop, which ended with `code`: where a solver failed or a signal stopped the run, the
 * last good state is written as the sample after the last, and the file closed. Collective;
 * OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckSaveLast(OttoFokkerPlanckRun *s, PetscErrorCode code);
/** What is found at the end, of as many samples as there are; nothing without one. Collective. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckReport(OttoFokkerPlanckRun *s);
/** Destroys the parts. Collective. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckDestroy(OttoFokkerPlanckRun *s);
