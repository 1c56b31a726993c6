/* How far the grid is from the continuum: the same passages on half and on a quarter of the cells
 * of every axis. */
#pragma once
#include "survival.h"
#include "run/space.h"

typedef struct {
  OttoSpace space;
  OttoFirstPassage law[OTTO_SPACE_LEVELS];     /* empty on ranks without */
  OttoErrorColumn list[OTTO_SURVIVAL_COLUMNS]; /* those of the series */
  PetscReal *row;                              /* [times][OTTO_SURVIVAL_COLUMNS] of the run */
  PetscInt rows;                               /* there are */
} OttoFirstPassageSpace;

/** The problem on coarser grids; `fine` has no targets yet. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoFirstPassageSpaceCreate(OttoRecord record,
                                                        const OttoFirstPassage *fine,
                                                        const OttoDensityReport *report,
                                                        OttoFirstPassageSpace *s);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageSpaceDestroy(OttoFirstPassageSpace *s);
/** Room for rows of so many times of `survival`, whose columns they have. Not collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageSpaceRows(OttoFirstPassageSpace *s,
                                                      const OttoSurvival *survival, PetscInt times);
/** A row, all[OTTO_SURVIVAL_COLUMNS], that is to have an estimate. Not collective. */
PETSC_INTERN void OttoFirstPassageSpaceRow(OttoFirstPassageSpace *s, const PetscReal all[]);
/** Keeps, or takes over, the rows. Not collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageSpaceKeep(OttoFirstPassageSpace *s, OttoKeep keep);
/** The same numbers and rows on them, and what number[OTTO_FIRST_PASSAGE_COUNT] and the rows err
 * by: into space_error. Rows took steps as `survival` did. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoFirstPassageSpaceMeasure(OttoFirstPassageSpace *s,
                                                         const OttoSurvival *survival,
                                                         const PetscReal number[]);
