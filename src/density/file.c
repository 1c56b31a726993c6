#include "density_impl.h"
#include <otto/storage.h>
#include <stdio.h>

static PetscErrorCode Fill(OttoGrid grid, const char *prefix, PetscReal values[],
                           OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const char *path, *dataset;
  char key[32];
  Vec field;

  PetscFunctionBegin;
  facts->on_grid = PETSC_TRUE;
  snprintf(key, sizeof key, "%spath", prefix);
  PetscCall(OttoDensityGetText(prefix, "path", "an HDF5 file", &path));
  PetscCall(OttoDensityGetText(prefix, "dataset", "a dataset in the file", &dataset));
  PetscCall(VecCreateMPIWithArray(g->comm, 1, (PetscInt)g->local_cells, (PetscInt)g->cells, values,
                                  &field));
  PetscErrorCode code =
      OttoStorageReadMasked(grid, key, path, dataset, 0, field, &facts->input.masked);
  PetscCall(VecDestroy(&field));
  PetscFunctionReturn(code);
}

const OttoDensityOps OttoDensityOps_File = {
    .key = "path", .of_file = PETSC_TRUE, .weighs = PETSC_TRUE, .fill = Fill};
