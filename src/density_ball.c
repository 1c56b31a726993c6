#include "density_impl.h"
#include <math.h>

PetscErrorCode OttoDensityFill_ball(OttoGrid grid, const char *prefix, PetscReal values[],
                                    PetscBool *smooth)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal center[OTTO_MAX_DIM], x[OTTO_MAX_DIM], radius = 0;
  PetscBool set;
  PetscInt64 cells = 0;
  PetscReal widest = 0;

  PetscFunctionBegin;
  (void)smooth;
  PetscCall(OttoDensityGetPoint(g, prefix, "center", center));
  PetscCall(OttoOptionsGetReal(prefix, "radius", 0, INFINITY, &radius, &set));
  OttoCheckInput(set, "%sradius: missing; a ball needs a radius above 0", prefix);
  OttoCheckInput(radius > 0, "%sradius: %g must be above 0", prefix, (double)radius);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal r2 = 0;
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++) {
      PetscReal d = x[j] - center[j];
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) d = remainder(d, g->upper[j] - g->lower[j]);
      r2 += d * d;
    }
    values[c] = sqrt(r2) <= radius ? 1 : 0;
    cells += values[c] > 0;
  }
  for (PetscInt j = 0; j < g->dim; j++) widest = PetscMax(widest, g->h[j]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &cells, 1, MPIU_INT64, MPI_SUM, g->comm));
  OttoCheckInput(cells > 0, "%sradius: %g holds no cell's centre; cells are up to %g wide", prefix,
                 (double)radius, (double)widest);
  PetscFunctionReturn(0);
}
