#include "potential_impl.h"

static PetscErrorCode Fill(OttoGrid grid, PetscReal temperature, PetscReal t, PetscReal values[],
                           OttoInput *input)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal k[OTTO_MAX_DIM], c[OTTO_MAX_DIM], x[OTTO_MAX_DIM];
  OttoSeam seam = OTTO_SEAM_REFUSE;

  PetscFunctionBegin;
  (void)temperature, (void)t, (void)input;
  PetscCall(OttoPotentialGetSpring(g, k, c));
  PetscCall(OttoPotentialGetSeam(&seam));
  for (PetscInt64 cell = 0; cell < g->local_cells; cell++) {
    OttoGridCellCentre(g, cell, x);
    for (PetscInt j = 0; j < g->dim; j++)
      values[cell] += 0.5 * k[j] * PetscSqr(OttoPotentialDistance(g, seam, j, x[j], c[j]));
  }
  PetscFunctionReturn(0);
}

const OttoPotentialOps OttoPotentialOps_Quadratic = {
    .key = "potential_stiffness",
    .traits = OTTO_POTENTIAL_POINTWISE | OTTO_POTENTIAL_IMAGES,
    .fill = Fill,
};
