/* What was done to the user's own data before a run, so that nothing is left out in silence. */
#include <otto/run.h>
#include <stdio.h>
#include <string.h>

PetscErrorCode OttoRunDescribeInput(OttoRecord record, OttoGrid grid, const char *prefix,
                                    const OttoInput *input)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  char name[64];

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  if (input->masked) {
    snprintf(name, sizeof name, "%smasked_cells", prefix);
    PetscCall(OttoRecordResult(record, name, (PetscReal)input->masked));
    if (g->rank == 0)
      fprintf(stderr,
              "otto: warning: %spath: %" PetscInt64_FMT " of %" PetscInt64_FMT
              " cells have no value in the file (fill values); %s\n",
              prefix, input->masked, g->cells,
              strcmp(prefix, "potential_") ? "their mass is 0" : "they are closed");
  }
  if (!input->points) PetscFunctionReturn(0);
  snprintf(name, sizeof name, "%spoints", prefix);
  PetscCall(OttoRecordResult(record, name, (PetscReal)input->points));
  snprintf(name, sizeof name, "%swrapped_points", prefix);
  PetscCall(OttoRecordResult(record, name, (PetscReal)input->wrapped));
  if (input->wrapped && g->rank == 0)
    fprintf(stderr,
            "otto: warning: %spath: %" PetscInt64_FMT " of %" PetscInt64_FMT
            " points lay outside the box and were brought back round its periodic axes, by up to "
            "%" PetscInt64_FMT " turn%s\n",
            prefix, input->wrapped, input->points, input->turns, input->turns == 1 ? "" : "s");
  PetscFunctionReturn(0);
}
