/** @file
 * A number that is known as an interval: how it closed.
 */
#pragma once
#include <otto/grid.h>

/** An interval as it stood at an iteration, both ends the best so far. */
typedef struct {
  PetscInt iteration; /**< of the solver, on the grid itself */
  PetscReal lower;    /**< the number is at least this */
  PetscReal upper;    /**< and at most this */
} OttoIntervalBounds;
