/* Private to observed_set*.c. */
#pragma once
#include <otto/formula.h>
#include <otto/observed_set.h>

/* A set in a cell. */
typedef struct {
  PetscReal share;                /* of its volume */
  PetscReal moment[OTTO_MAX_DIM]; /* ∫ over the set of the distance from the centre, in widths */
  PetscReal thin; /* expected in stretches, in it or not, too thin to be met by every line */
  PetscBool cut;  /* the edge goes through it */
} OttoCellPart;

/* A cell that the edge goes through. */
typedef struct {
  PetscInt64 cell;
  OttoCellPart part;
  unsigned beside; /* bit 2j: an open neighbour below on axis j, bit 2j + 1: above */
} OttoCutCell;

struct _n_OttoObservedSet {
  OttoGrid grid;
  Vec share;
  PetscInt points;  /* along an axis, those at which it is looked for */
  PetscReal open;   /* cells, all ranks' */
  PetscInt64 count; /* of cells cut, this rank's */
  OttoCutCell *cut;
};

/** The part of own cell c that is in the set, looked for at points[…] along every axis. Not
 * collective. OTTO_ERR_INPUT: NaN. */
PETSC_INTERN PetscErrorCode OttoObservedSetCut(const OttoGridInfo *g, OttoFormula formula,
                                               const char *key, PetscInt64 c, PetscInt points,
                                               OttoCellPart *part);
