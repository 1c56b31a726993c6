/* Private to first-passage: what a run is made of. */
#pragma once
#include "space_error.h"
#include "survival.h"

typedef struct {
  OttoGrid grid;
  OttoFirstPassage law;
  OttoDensityReport report;
  OttoSurvival survival; /* empty where no times are asked for */
  OttoFirstPassageSpace space;
  PetscReal number[OTTO_FIRST_PASSAGE_COUNT]; /* NaN: there is none */
  OttoRun run;                                /* NULL: no times */
  OttoRecord record;
  OttoStorage storage; /* NULL where no fields are written */
  PetscBool fields;    /* they are wanted */
} OttoFirstPassageRun;

/** Makes it from the options, all that can be refused before the output folder is opened: targets
 * are what ends a passage. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoFirstPassagePrepare(const char *input, OttoFirstPassageRun *s);
/** Destroys the parts. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageEnd(OttoFirstPassageRun *s);

/** What the law is, before anything is computed. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageDescribe(OttoFirstPassageRun *s);
/** Results of times, of ways, of the series, and all numbers. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageReportTimes(OttoFirstPassageRun *s,
                                                        const OttoFirstPassageTimes *times);
PETSC_INTERN PetscErrorCode OttoFirstPassageReportWays(OttoFirstPassageRun *s,
                                                       const OttoFirstPassageWays *ways);
PETSC_INTERN PetscErrorCode OttoFirstPassageReportSeries(OttoFirstPassageRun *s);
PETSC_INTERN PetscErrorCode OttoFirstPassageReportNumbers(OttoFirstPassageRun *s);
/** All columns, all[OTTO_SURVIVAL_COLUMNS], at sample k, time t, to which steps are taken; after
 * one that does not converge what is left is not known. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoFirstPassageRow(OttoFirstPassageRun *s, PetscInt k, PetscReal t,
                                                PetscReal all[]);
/** Fields of either. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoFirstPassageSaveTimes(OttoFirstPassageRun *s,
                                                      const OttoFirstPassageTimes *times);
PETSC_INTERN PetscErrorCode OttoFirstPassageSaveWays(OttoFirstPassageRun *s,
                                                     const OttoFirstPassageWays *ways);
/** What must hold of times, of ways, of a row, and of the series and the times together.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageCheckTimes(OttoFirstPassageRun *s,
                                                       const OttoFirstPassageTimes *times);
PETSC_INTERN PetscErrorCode OttoFirstPassageCheckWays(OttoFirstPassageRun *s,
                                                      const OttoFirstPassageWays *ways);
PETSC_INTERN PetscErrorCode OttoFirstPassageCheckRow(OttoFirstPassageRun *s, const PetscReal all[]);
PETSC_INTERN PetscErrorCode OttoFirstPassageCheckSeries(OttoFirstPassageRun *s,
                                                        const OttoFirstPassageTimes *times);
