/*
 * Private to src/transport: brings what a plan sends to cells near what they are due, by handing
 * mass from cell to neighbour all along the way. Where a long stretch has a little too much and
 * another too little, every atom in between moves a little; a few atoms that go all the way cost
 * far more, the square of a distance being what it is.
 */
#pragma once
#include "columns.h"

/** Solves -Δu = delta on the grid with edges of weight 1/h_j² (5 points in two dimensions): fields
 * [local_cells], delta of integral 0 to rounding, any constant in u. Collective. */
typedef struct {
  PetscErrorCode (*solve)(void *context, const PetscReal delta[], PetscReal u[]);
  void *context;
} OttoPlanPoisson;

/**
 * Moves mass in `columns` towards q, density [local_cells] of the same mass. The current is the
 * gradient of Poisson's equation for what is missing, so that it would end the matter; a cell gives
 * it a part of all its atoms in proportion, never more than it has, in a few steps, and what that
 * leaves undone is solved for again, a few times. Masses stay, moments stay exact. Collective; on
 * any mesh that `poisson` serves.
 */
PETSC_INTERN PetscErrorCode OttoRelayColumns(OttoGrid grid, const OttoPlanPoisson *poisson,
                                             const PetscReal q[], OttoColumns *columns);
