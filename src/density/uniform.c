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

static PetscErrorCode Open(OttoGrid grid, const char *prefix, void **data)
{
  (void)grid, (void)prefix;
  *data = NULL;
  return 0;
}

/* Uniform on the box: there is none of it beyond open faces, where it would have no end. */
static PetscErrorCode At(const OttoGridInfo *g, const void *data, const PetscReal x[],
                         PetscReal *value)
{
  PetscBool inside;

  PetscFunctionBegin;
  (void)data;
  OttoGridLocate(g, x, &inside);
  *value = inside ? 1 / ((PetscReal)g->cells * g->cell_volume) : 0;
  PetscFunctionReturn(0);
}

static PetscErrorCode Close(void *data)
{
  (void)data;
  return 0;
}

const OttoDensityOps OttoDensityOps_Uniform = {
    .key = "density",
    .level = PETSC_TRUE,
    .fill = Fill,
    .function = {.open = Open, .value = At, .close = Close}};
