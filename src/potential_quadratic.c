#include "potential_impl.h"

PetscErrorCode OttoPotentialFill_quadratic(OttoGrid grid, PetscReal temperature, PetscReal t,
                                           PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal k[OTTO_MAX_DIM], c[OTTO_MAX_DIM], x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  (void)temperature, (void)t;
  for (PetscInt j = 0; j < g->dim; j++) {
    k[j] = 1;
    c[j] = 0;
  }
  PetscCall(OttoOptionsGetAxisReals(NULL, "potential_stiffness", g->dim, k, NULL));
  PetscCall(OttoOptionsGetAxisReals(NULL, "potential_center", g->dim, c, NULL));
  for (PetscInt64 cell = 0; cell < g->local_cells; cell++) {
    OttoGridCellCentre(g, cell, x);
    for (PetscInt j = 0; j < g->dim; j++) values[cell] += 0.5 * k[j] * PetscSqr(x[j] - c[j]);
  }
  PetscFunctionReturn(0);
}
