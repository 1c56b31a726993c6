/* How far the grid is from the continuum: the same passages on half and on a quarter of the cells
 * of every axis. */
#pragma once
#include "first_passage.h"
#include "run/space.h"

typedef struct {
  OttoSpace space;
  OttoFirstPassage law[OTTO_SPACE_LEVELS]; /* empty on ranks without */
} OttoFirstPassageSpace;

/** The problem on coarser grids; `fine` has no targets yet. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoFirstPassageSpaceCreate(OttoRecord record,
                                                        const OttoFirstPassage *fine,
                                                        const OttoDensityReport *report,
                                                        OttoFirstPassageSpace *s);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstPassageSpaceDestroy(OttoFirstPassageSpace *s);
/** All numbers on them, and what number[OTTO_FIRST_PASSAGE_COUNT] errs by: into space_error.
 * Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoFirstPassageSpaceMeasure(OttoFirstPassageSpace *s,
                                                         const PetscReal number[]);
