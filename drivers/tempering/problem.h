/* Private to tempering: what a run is made of. */
#pragma once
#include "space_error.h"

typedef struct {
  OttoGrid grid;
  OttoMetric metric[2]; /* in the box, and pushed */
  OttoTemperingCoordinates coordinates;
  OttoTemperingPair pair;
  OttoTemperingStepping stepping;
  OttoTemperingSpace space;
  OttoDensityReport report;
  OttoRun run;
  OttoRecord record;
  OttoStorage storage[2]; /* of the box and of new coordinates; NULL where no fields are written */
  OttoTemperingSample start;             /* of the run of the shortest steps */
  PetscReal row[OTTO_TEMPERING_COLUMNS]; /* the last */
  PetscReal riemannian[2]; /* riemannian entropies after the last step, of which none may fall */
} OttoTemperingRun;

/** Makes it from the options, all that can be refused before the output folder is opened.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingPrepare(const char *input, OttoTemperingRun *s);
/** Keeps, or takes over (keep.h), the run (`context`) between two samples. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingKeep(OttoKeep keep, PetscInt k, PetscReal t,
                                              void *context);
/** Destroys the parts. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingDestroy(OttoTemperingRun *s);

/** What holds at every step is checked from now on, at t = 0. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingStepsBegin(OttoTemperingRun *s);
/** What must hold of a sample of the run of the shortest steps, whose grid errors are estimated.
 * Not collective. */
PETSC_INTERN PetscErrorCode OttoTemperingCheck(OttoTemperingRun *s, const OttoTemperingSample *now);
/** Fields of the sample just taken, where they are asked for. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoTemperingSave(OttoTemperingRun *s, PetscInt k, PetscReal t);
/** After the loop, which ended with `code`: where the run ended early the last good state is
 * written as the sample after the last. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoTemperingSaveLast(OttoTemperingRun *s, PetscErrorCode code);
/** Closes files of fields. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoTemperingSaveEnd(OttoTemperingRun *s);
/** What the law is, before the first sample. Not collective. */
PETSC_INTERN PetscErrorCode OttoTemperingDescribe(OttoTemperingRun *s);
/** What is found at the end. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingReport(OttoTemperingRun *s);
