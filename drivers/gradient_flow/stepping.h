/* Private to gradient-flow: runs side by side, and what stepping errs by. */
#pragma once
#include "errors.h"

/** The stepping of a run. */
typedef struct _n_OttoGradientStepping *OttoGradientStepping;

/** Reads ts_dt, check_time and time_tolerance. `times` of the rows. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoGradientSteppingCreate(OttoRecord record, OttoGradientLaw *law,
                                                       const OttoTimes *times,
                                                       OttoGradientStepping *stepping);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientSteppingDestroy(OttoGradientStepping *stepping);
/** Carries `law`, of a coarser grid, along in the steps of the run; NULL: this rank has none.
 * Collective on its grid. */
PETSC_INTERN PetscErrorCode OttoGradientSteppingFollow(OttoGradientStepping stepping,
                                                       OttoGradientLaw *law);
/** The law, and all beside it, to time t. Collective; errors as OttoFlowAdvance(). */
PETSC_INTERN PetscErrorCode OttoGradientSteppingAdvance(OttoGradientStepping stepping, PetscReal t);
/** Estimates what stepping leaves in a sample. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientSteppingRow(OttoGradientStepping stepping,
                                                    const OttoGradientSample *now);
/** time_error into results and checks. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoGradientSteppingReport(OttoGradientStepping stepping);
/** Keeps, or takes over (keep.h), flows and step. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientSteppingKeep(OttoGradientStepping stepping, OttoKeep keep);
/** What the energy has ranged over, at samples so far. Not collective. */
PETSC_INTERN PetscReal OttoGradientSteppingRange(OttoGradientStepping stepping);
/** Whether a flow stands at t. Not collective. */
PETSC_INTERN PetscBool OttoGradientIsAt(OttoFlow flow, PetscReal t);
