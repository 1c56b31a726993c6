/*
 * Private to src/transport: the current that would bring what a plan sends to cells to what they
 * are due, and columns that follow it.
 *
 * Where a long stretch has a little too much and another too little, every atom in between moves a
 * little; a few atoms that go all the way cost far more, the square of a distance being what it is.
 * The current is the gradient of Poisson's equation for what is missing. Masses stay, moments stay
 * exact, whatever current columns follow.
 */
#pragma once
#include "columns.h"
#include <otto/halo.h>

/** Solves -Δu = delta on the grid with edges of weight 1/h_j² (5 points in two dimensions): fields
 * [local_cells], delta of integral 0 to rounding, any constant in u. Collective. */
typedef struct {
  PetscErrorCode (*solve)(void *context, const PetscReal delta[], PetscReal u[]);
  void *context;
} OttoPlanPoisson;

/** A current: mass h^d/h_j² (u_y - u_x) over an edge from x up to y. */
typedef struct {
  OttoGrid grid;
  OttoHalo halo;
  const PetscReal *q;
  PetscReal *delta, *u; /* [local_cells]: density that is missing; the potential */
  PetscReal mass;       /* of q */
  PetscReal wrong;      /* mass that is missing where q is not reached */
} OttoCurrent;

/** An empty current towards q[local_cells], which must outlive it. Collective. */
PETSC_INTERN PetscErrorCode OttoCurrentCreate(OttoGrid grid, const PetscReal q[],
                                              OttoCurrent *current);
/** Frees it; one never created is left alone. Not collective. */
PETSC_INTERN PetscErrorCode OttoCurrentDestroy(OttoCurrent *current);

/** What is missing in the columns: delta, wrong. Collective. */
PETSC_INTERN PetscErrorCode OttoCurrentMissing(OttoCurrent *current, const OttoColumns *columns);
