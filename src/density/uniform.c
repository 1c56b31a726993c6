#include "density_impl.h"

static PetscErrorCode Fill(OttoGrid grid, const char *prefix, PetscReal values[],
                           OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal value = 1 / ((PetscReal)g->cells * g->cell_volume);

  PetscFunctionBegin;
  (void)prefix;
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[c] = value;
  facts->smooth = PETSC_TRUE;
  PetscFunctionReturn(0);
}

const OttoDensityOps OttoDensityOps_Uniform = {.key = "density", .level = PETSC_TRUE, .fill = Fill};
