#include <otto/storage.h>
#include "potential_impl.h"
#include <math.h>

static PetscErrorCode Fill(OttoGrid grid, PetscReal temperature, PetscReal t, PetscReal values[],
                           OttoInput *input)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const char *path = NULL, *dataset = NULL;
  Vec field;

  PetscFunctionBegin;
  (void)temperature, (void)t;
  PetscCall(OttoOptionsGetText(NULL, "potential_path", &path));
  PetscCall(OttoOptionsGetText(NULL, "potential_dataset", &dataset));
  OttoCheckInput(path && *path, "potential_path: missing; give an HDF5 file");
  OttoCheckInput(dataset && *dataset, "potential_dataset: missing; give a dataset in the file");
  PetscCall(VecCreateMPIWithArray(g->comm, 1, (PetscInt)g->local_cells, (PetscInt)g->cells, values,
                                  &field));
  /* where the file has no value nothing is known of V, and nothing may be there: closed */
  PetscErrorCode code =
      OttoStorageReadMasked(grid, "potential_path", path, dataset, INFINITY, field, &input->masked);
  PetscCall(VecDestroy(&field));
  PetscFunctionReturn(code);
}

const OttoPotentialOps OttoPotentialOps_File = {
    .key = "potential_path",
    .traits = OTTO_POTENTIAL_CLOSES | OTTO_POTENTIAL_ON_GRID,
    .fill = Fill,
};
