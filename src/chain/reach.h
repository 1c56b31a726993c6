/*
 * Which cells lead to which. Where every edge leads both ways these are the connected parts of the
 * open cells (OttoGeneratorGetComponent()); where transport leads over some of them one way alone
 * they are not, and a walk follows edges as they lead. A rate that underflows leads, too.
 */
#pragma once
#include <otto/generator.h>

typedef enum {
  OTTO_REACH_ALONG,  /* to where marked cells lead */
  OTTO_REACH_AGAINST /* to what leads to marked cells */
} OttoReachWay;

/** Extends the marks of own cells, marked[local_cells], over the edges of the generator as it
 * stands, targets and closed cells left out. Collective. */
PETSC_INTERN PetscErrorCode OttoReach(OttoGenerator generator, OttoReachWay way,
                                      PetscBool marked[]);
/** Marks the own cells that lead to a loss over a face of the box or into a target. Collective. */
PETSC_INTERN PetscErrorCode OttoReachLoss(OttoGenerator generator, PetscBool marked[]);
