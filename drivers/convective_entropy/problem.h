/* Private to convective-entropy: what a run is made of. */
#pragma once
#include "errors.h"
#include <otto/run.h>

/* What is kept of every time, for how the coefficient grows. */
typedef struct {
  PetscInt count;
  PetscReal *t, *coefficient, *contraction, *inverse; /* [count] */
} OttoConvectiveHistory;

typedef struct {
  OttoGrid grid;
  OttoConvectiveCase fine;
  OttoConvectiveErrors errors;
  OttoConvectiveTime now;
  OttoConvectiveHistory history;
  OttoDensityReport density;
  OttoRun run;
  OttoRecord record;
  PetscBool cauchy_green; /* output_cauchy_green */
  OttoStorage storage;    /* NULL where no fields are written */
  PetscInt count;         /* of s */
  PetscReal *s;           /* [count] smoothing_times */
  PetscBool resolved;     /* the density carried to the present time is */
  char kernels[80];       /* of K_s, those used so far */
} OttoConvectiveRun;

/** Makes it from the options, all that can be refused before the output folder is opened.
 * Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoConvectivePrepare(const char *input, OttoConvectiveRun *s);
/** Keeps, or takes over (keep.h), the run (`context`) between two times. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveKeep(OttoKeep keep, PetscInt k, PetscReal t,
                                               void *context);
/** Destroys the parts. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveDestroy(OttoConvectiveRun *s);
/** What must hold at a time, and what is not known there. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveCheck(OttoConvectiveRun *s);
/** The row of an s, into the series. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoConvectiveWriteRow(OttoConvectiveRun *s, OttoConvectiveRow *row);
/** Fields of the present time, where they are asked for. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoConvectiveSave(OttoConvectiveRun *s, PetscInt k);
/** What the run is, before the first time. Not collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveDescribe(OttoConvectiveRun *s);
/** What is found at the end. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveReport(OttoConvectiveRun *s);
