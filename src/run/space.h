/*
 * How far a grid's numbers are from the continuum's. The same problem is set up anew on
 * half as many cells of the box per axis and, where that leaves four on each, on a quarter, and
 * runs beside the first; what a number changes by from grid to grid is the estimate of its error
 * (Richardson 1911; Roache 1994). The difference is taken as it is, which for a method of second
 * order is three times the error, and divided only where the third grid shows that order. Memory
 * and time: 1/2^dim and 1/4^dim of the run's own beside it.
 * Here the grids and the estimates; each driver carries its own problem (space_error.c).
 */
#pragma once
#include <otto/errors.h>
#include <otto/density.h>
#include <otto/transfer.h>

#define OTTO_SPACE_LEVELS 2

typedef struct {
  OttoGrid grid; /* NULL on ranks without */
  OttoTransfer transfer;
  PetscInt64 n[OTTO_MAX_DIM];
} OttoSpaceLevel;

typedef struct {
  OttoRecord record;
  OttoErrorTable table;
  OttoGrid fine;
  PetscInt columns, levels; /* levels: coarser grids in use; 0: nothing is known */
  OttoSpaceLevel level[OTTO_SPACE_LEVELS];
  PetscBool rough;    /* data are: errors of first order, of either sign */
  PetscBool off;      /* ends that the coarser grids have where they are, and this one at faces */
  PetscBool steps;    /* formulas have them where cells do not see: the same */
  PetscBool uneven;   /* ends lie between faces: second order, a factor of each grid's own */
  PetscBool upwind;   /* and what streams there is of first order */
  PetscReal gain;     /* (n/n_1)² - 1: what a difference of second order is of the error, 3 */
  PetscReal step;     /* what the next difference is of it: 4 */
  PetscReal *row;     /* [OTTO_SPACE_LEVELS][columns]: of the coarser grids */
  PetscReal *error;   /* [columns] */
  PetscReal *beside;  /* [columns] errors that no coarser grid shows, to be added; 0 unless set */
  PetscBool *no_zero; /* [columns] values without a natural zero: only differences count */
  PetscBool *fast;    /* [columns] errors fall faster than any power of h; false unless set */
  char why[200];      /* why nothing, or no more, is known */
} OttoSpace;

/** The memory a run with estimates needs at most, in units of one without: 1 + 2^-d + 4^-d for d
 * axes of more than one cell; 1 with check_space no. Not collective. */
PETSC_EXTERN PetscReal OttoSpaceMemory(OttoGrid grid);

/** Reads check_space, makes table and grids. list[columns] must outlive it. `same`: instead of
 * coarser grids one of the same cells, for what the data alone err by. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceCreate(OttoRecord record, OttoGrid fine, PetscInt columns,
                                            const OttoErrorColumn list[], PetscBool same,
                                            OttoSpace *space);
/** Frees them. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceDestroy(OttoSpace *space);

/** What became of coarser grid i: a failure of the problem (any class of Otto's) takes it and those
 * beyond out of use and says why; any other is returned. Collective on the fine grid's ranks. */
PETSC_EXTERN PetscErrorCode OttoSpaceSurvive(OttoSpace *space, PetscInt i, PetscErrorCode code);

/** The density of the options under `prefix` on coarser grid i: set up anew, by averages over cells
 * where the fine one is rough; from the fine cells where its values belong to them. `*coarse` is
 * NULL on ranks without. Collective on the fine grid's ranks. */
PETSC_EXTERN PetscErrorCode OttoSpaceDensity(OttoSpace *space, PetscInt i, const char *prefix,
                                             Vec fine, const OttoDensityReport *report,
                                             Vec *coarse);

/** The estimate of the error of `fine` from the same number on the coarser grids. Up to `floor` the
 * number is rounding. */
PETSC_EXTERN PetscReal OttoSpaceEstimate(const OttoSpace *space, PetscReal fine,
                                         const PetscReal coarse[OTTO_SPACE_LEVELS],
                                         PetscReal floor);

/** The same for a number whose error falls faster than any power of h. */
PETSC_INTERN PetscReal OttoSpaceEstimateFast(const OttoSpace *space, PetscReal fine,
                                             const PetscReal coarse[OTTO_SPACE_LEVELS]);

/** Estimates of the errors of a row into space->error. space->row and `floor` as for
 * OttoSpaceRow(). */
PETSC_EXTERN PetscErrorCode OttoSpaceErrors(OttoSpace *space, const PetscReal fine[],
                                            const PetscReal floor[]);

/** Adds the estimates of a row at t. space->row as the ranks with the coarser grids have filled it;
 * `floor` as for OttoErrorTableAdd(). Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceRow(OttoSpace *space, PetscReal t, const PetscReal fine[],
                                         const PetscReal floor[]);

/** Takes numbers of coarser grid i from the rank that has them to all. */
PETSC_EXTERN PetscErrorCode OttoSpaceShare(OttoSpace *space, PetscInt count, PetscReal values[]);

/** Keeps, or takes over (keep.h), which coarser grids are in use. Not collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceKeep(OttoSpace *space, OttoKeep keep);

/** space_error into results and checks. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceReport(OttoSpace *space);
