#include <otto/marginals.h>
#include <stdio.h>

PetscErrorCode OttoMarginalsCompute(OttoGrid grid, Vec p, PetscInt axis, PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscInt64 n = g->n[axis], first = g->first[axis], here = g->local[axis];
  PetscInt64 stride = 1;
  const PetscScalar *of_p;
  OttoSum *sums = NULL;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoAgree(g->comm, PetscCalloc1((size_t)n, &sums)));
  for (PetscInt j = axis + 1; j < g->dim; j++) stride *= g->local[j];
  PetscCall(VecGetArrayRead(p, &of_p));
  for (PetscInt64 run = 0; run * stride < g->local_cells; run++) /* cells that share their place */
    for (PetscInt64 i = 0; i < stride; i++)
      OttoSumAdd(&sums[first + run % here], of_p[run * stride + i]);
  PetscCall(VecRestoreArrayRead(p, &of_p));
  PetscCall(OttoSumReduce(g->comm, n, sums));
  for (PetscInt64 i = 0; i < n; i++)
    values[i] = OttoSumValue(sums[i]) * (g->cell_volume / g->h[axis]);
  PetscCall(PetscFree(sums));
  PetscFunctionReturn(0);
}

void OttoMarginalsName(const OttoGridInfo *g, PetscInt axis, const char *density, char name[],
                       size_t size)
{
  snprintf(name, size, "marginal_%s_%s", density, g->name[axis]);
}
