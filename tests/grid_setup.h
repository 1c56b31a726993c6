/* A grid for tests of what is the same on any: sides, sizes and boundaries all unlike. */
#pragma once
#include "test.h"

static inline PetscErrorCode MakeMixedGrid(PetscInt dim, const PetscInt64 n[], OttoGrid *grid)
{
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    lower[j] = -1. / 3 - j;
    upper[j] = 2 + j;
    boundary[j] = j % 2 ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC;
  }
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetBox(*grid, dim, n, lower, upper, boundary));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}
