/* Müller and Brown, Theor. Chim. Acta 53 (1979) 75, table 1. */
#include "potential_impl.h"
#include <math.h>

static PetscErrorCode Fill(OttoGrid grid, PetscReal temperature, PetscReal t, PetscReal values[],
                           OttoInput *input)
{
  static const PetscReal A[4] = {-200, -100, -170, 15}, a[4] = {-1, -1, -6.5, 0.7};
  static const PetscReal b[4] = {0, 0, 11, 0.6}, c[4] = {-10, -10, -6.5, 0.7};
  static const PetscReal at_x[4] = {1, 0, -0.5, -1}, at_y[4] = {0, 0.5, 1.5, 1};
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal scale = 1, x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  (void)temperature, (void)t, (void)input;
  OttoCheckInput(g->dim == 2, "potential_type: mueller_brown needs 2 axes; grid_n has %d",
                 (int)g->dim);
  PetscCall(OttoOptionsGetReal(NULL, "potential_scale", -INFINITY, INFINITY, &scale, NULL));
  for (PetscInt64 cell = 0; cell < g->local_cells; cell++) {
    OttoGridCellCentre(g, cell, x);
    for (int i = 0; i < 4; i++) {
      PetscReal u = x[0] - at_x[i], v = x[1] - at_y[i];
      values[cell] += scale * A[i] * exp(a[i] * u * u + b[i] * u * v + c[i] * v * v);
    }
  }
  PetscFunctionReturn(0);
}

const OttoPotentialOps OttoPotentialOps_MuellerBrown = {
    .key = "potential_scale",
    .traits = OTTO_POTENTIAL_POINTWISE,
    .fill = Fill,
};
