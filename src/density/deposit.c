/* Points spread over cells with linear weights (cloud-in-cell). */
#include "density_impl.h"
#include <math.h>

PetscReal OttoDensitySpread(const OttoGridInfo *g, PetscInt axis, PetscReal x, PetscInt64 cell[2])
{
  const PetscInt64 n = g->n[axis];
  PetscReal position = (x - g->lower[axis]) / g->h[axis] - 0.5, left = floor(position);

  cell[0] = PetscMax(-1, PetscMin((PetscInt64)left, n - 1)); /* rounding at the upper face */
  cell[1] = cell[0] + 1;
  for (int side = 0; side < 2; side++) {
    if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC)
      cell[side] = (cell[side] + n) % n;
    else
      cell[side] = PetscMax(0, PetscMin(cell[side], n - 1));
  }
  return position - left;
}

void OttoDensityDeposit(const OttoGridInfo *g, const PetscReal x[], PetscReal mass,
                        PetscReal values[])
{
  PetscInt64 cell[OTTO_MAX_DIM][2];
  PetscReal weight[OTTO_MAX_DIM];

  for (PetscInt j = 0; j < g->dim; j++) weight[j] = OttoDensitySpread(g, j, x[j], cell[j]);
  for (int corner = 0; corner < 1 << g->dim; corner++) {
    PetscInt64 local = 0;
    PetscReal part = mass;
    for (PetscInt j = 0; j < g->dim; j++) {
      int side = corner >> j & 1;
      local = local * g->n[j] + cell[j][side] - (j ? 0 : g->start);
      part *= side ? weight[j] : 1 - weight[j];
    }
    if (local >= 0 && local < g->local_cells) values[local] += part;
  }
}
