/* A force that is known in cells: a dataset an axis. */
#include <otto/field.h>
#include <otto/storage.h>
#include "drift_impl.h"
#include <math.h>

static PetscErrorCode SetUp(OttoDrift s)
{
  const char *path = NULL, *datasets = NULL;
  char name[PETSC_MAX_PATH_LEN];
  PetscInt64 missing;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "drift_path", &path));
  PetscCall(OttoOptionsGetText(NULL, "drift_dataset", &datasets));
  OttoCheckInput(path && *path, "drift_path: missing; give an HDF5 file");
  OttoCheckInput(
      datasets && *datasets,
      "drift_dataset: missing; give a dataset in the file per axis, separated by commas");
  const PetscInt count = OttoListEntry(datasets, 0, name, sizeof name);
  OttoCheckInput(count == s->g->dim,
                 "drift_dataset: '%.200s': %d names for %d axes; give one per axis", datasets,
                 (int)count, (int)s->g->dim);
  for (PetscInt j = 0; j < count; j++) {
    OttoListEntry(datasets, j, name, sizeof name);
    PetscCall(OttoFieldCreate(s->grid, &s->cells[j]));
    /* a value that is missing is refused where the cell is open */
    PetscCall(OttoStorageReadMasked(s->grid, "drift_path", path, name, NAN, s->cells[j], &missing));
  }
  PetscFunctionReturn(0);
}

const OttoDriftOps OttoDriftOps_File = {
    .exists = PETSC_TRUE,
    .key = "drift_path",
    .set_up = SetUp,
};

PetscErrorCode OttoDriftCreateCells(OttoGrid grid, const Vec f[], OttoDrift *drift)
{
  OttoDrift s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(&s));
  *drift = s;
  s->grid = grid;
  s->g = OttoGridGetInfo(grid);
  s->type = "file";
  s->ops = &OttoDriftOps_File;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    PetscCall(OttoFieldCreate(grid, &s->cells[j]));
    PetscCall(VecCopy(f[j], s->cells[j]));
  }
  PetscFunctionReturn(0);
}
