#include "density_impl.h"
#include <otto/points.h>

static PetscErrorCode Fill(OttoGrid grid, const char *prefix, PetscReal values[],
                           OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  facts->averaged = PETSC_TRUE;
  PetscCall(OttoDensityGetPoint(g, prefix, "position", x));
  if (facts->averages) {
    OttoPoints point;
    PetscCall(OttoPointsCreate(grid, g->rank == 0, x, &point));
    PetscCall(OttoPointsDeposit(point, NULL, values));
    PetscCall(OttoPointsDestroy(&point));
    PetscFunctionReturn(0);
  }
  PetscInt64 cell = OttoGridLocate(g, x, NULL);
  if (cell >= 0) values[cell] = 1 / g->cell_volume;
  PetscFunctionReturn(0);
}

const OttoDensityOps OttoDensityOps_Delta = {.key = "position", .point = PETSC_TRUE, .fill = Fill};
