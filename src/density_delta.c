#include "density_impl.h"

PetscErrorCode OttoDensityFill_delta(OttoGrid grid, const char *prefix, PetscReal values[],
                                     PetscBool *smooth)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  (void)smooth;
  PetscCall(OttoDensityGetPoint(g, prefix, "position", x));
  PetscInt64 cell = OttoGridLocate(g, x, NULL);
  if (cell >= 0) values[cell] = 1 / g->cell_volume;
  PetscFunctionReturn(0);
}
