#include "current.h"
#include <otto/field.h>

static PetscErrorCode Allocate(const OttoGridInfo *g, OttoCurrent *current)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)g->local_cells + 1, &current->delta, (size_t)g->local_cells + 1,
                         &current->u));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCurrentCreate(OttoGrid grid, const PetscReal q[], OttoCurrent *current)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoSum mass = {0, 0};

  PetscFunctionBegin;
  *current = (OttoCurrent){.grid = grid, .q = q};
  PetscCall(OttoGridGetHalo(grid, 1, &current->halo));
  PetscCall(OttoAgree(g->comm, Allocate(g, current)));
  for (PetscInt64 i = 0; i < g->local_cells; i++) OttoSumAdd(&mass, q[i]);
  PetscCall(OttoSumReduce(g->comm, 1, &mass));
  current->mass = OttoSumValue(mass) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCurrentDestroy(OttoCurrent *current)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(current->delta, current->u));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCurrentMissing(OttoCurrent *current, const OttoColumns *columns)
{
  const OttoGridInfo *g = OttoGridGetInfo(current->grid);
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    current->delta[i] = current->q[i] - columns->sum[0][i] / g->cell_volume;
    OttoSumAdd(&sum, PetscMax(current->delta[i], 0));
  }
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  current->wrong = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}
