#include "potential_impl.h"
#include <math.h>

static PetscErrorCode Fill(OttoGrid grid, PetscReal temperature, PetscReal t, PetscReal values[],
                           OttoInput *input)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal A = 1, m[OTTO_MAX_DIM], x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  (void)temperature, (void)t, (void)input;
  for (PetscInt j = 0; j < g->dim; j++) m[j] = 1;
  PetscCall(OttoOptionsGetReal(NULL, "potential_amplitude", -INFINITY, INFINITY, &A, NULL));
  PetscCall(OttoOptionsGetAxisReals(NULL, "potential_periods", g->dim, m, NULL));
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(m[j] == floor(m[j]) && m[j] >= 0,
                   "potential_periods: %g on axis %d; it must be a whole number, at least 0",
                   (double)m[j], (int)j + 1);
  for (PetscInt64 cell = 0; cell < g->local_cells; cell++) {
    OttoGridCellCentre(g, cell, x);
    for (PetscInt j = 0; j < g->dim; j++)
      values[cell] +=
          A * cos(2 * PETSC_PI * m[j] * (x[j] - g->lower[j]) / (g->upper[j] - g->lower[j]));
  }
  PetscFunctionReturn(0);
}

const OttoPotentialOps OttoPotentialOps_PeriodicCosine = {
    .key = "potential_amplitude",
    .traits = OTTO_POTENTIAL_PERIODIC,
    .fill = Fill,
};
