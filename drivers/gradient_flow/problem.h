/* Private to gradient-flow: what a run is made of. */
#pragma once
#include "space_error.h"
#include "steps.h"

typedef struct {
  OttoGradientLaw law;
  OttoGradientStepping stepping;
  OttoGradientSpace space;
  OttoGradientSteps steps;
  OttoDensityReport report[2];
  OttoRun run;
  OttoRunColumns columns;
  OttoRecord record;
  OttoStorage storage;         /* NULL where no fields are written */
  OttoGradientSample previous; /* the sample before the present one */
  PetscReal virial_scale;      /* the largest so far of what virial is a sum of */
} OttoGradientRun;

/** Makes it from the options, all that can be refused before the output folder is opened.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoGradientPrepare(const char *input, OttoGradientRun *s);
/** Keeps, or takes over (keep.h), the run (`context`) between two samples. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientKeep(OttoKeep keep, PetscInt k, PetscReal t, void *context);
/** Destroys the parts. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientDestroy(OttoGradientRun *s);

/** What must hold at a sample. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientCheck(OttoGradientRun *s, PetscInt k,
                                              OttoGradientSample *now, PetscReal row[]);
/** Fields of the sample just taken, where they are asked for. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoGradientSave(OttoGradientRun *s, PetscInt k, PetscReal t);
/** After the loop, which ended with `code`: where the run ended early the last good state is
 * written as the sample after the last. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoGradientSaveLast(OttoGradientRun *s, PetscErrorCode code);
/** What the law is, before the first sample. Not collective. */
PETSC_INTERN PetscErrorCode OttoGradientDescribe(OttoGradientRun *s);
/** What is found at the end, of as many samples as there are. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientReport(OttoGradientRun *s);
