#include "potential_impl.h"
#include <math.h>

PetscErrorCode OttoPotentialFill_double_well(OttoGrid grid, PetscReal temperature, PetscReal t,
                                             PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal a = 1, k[OTTO_MAX_DIM], c[OTTO_MAX_DIM], x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  (void)temperature, (void)t;
  PetscCall(OttoOptionsGetReal(NULL, "potential_height", 0, INFINITY, &a, NULL));
  PetscCall(OttoPotentialGetSpring(g, k, c));
  for (PetscInt64 cell = 0; cell < g->local_cells; cell++) {
    OttoGridCellCentre(g, cell, x);
    values[cell] = a * PetscSqr(PetscSqr(x[0] - c[0]) - 1);
    for (PetscInt j = 1; j < g->dim; j++) values[cell] += 0.5 * k[j] * PetscSqr(x[j] - c[j]);
  }
  PetscFunctionReturn(0);
}
