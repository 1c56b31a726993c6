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

PetscErrorCode OttoMarginalsComputePlane(OttoGrid grid, Vec p, const PetscInt axes[2],
                                         PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscInt64 columns = g->n[axes[1]], count = g->n[axes[0]] * columns;
  PetscInt64 stride[2] = {1, 1};
  const PetscScalar *of_p;
  OttoSum *sums = NULL;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoAgree(g->comm, PetscCalloc1((size_t)count, &sums)));
  for (int k = 0; k < 2; k++)
    for (PetscInt j = axes[k] + 1; j < g->dim; j++) stride[k] *= g->local[j];
  PetscCall(VecGetArrayRead(p, &of_p));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscInt64 i = g->first[axes[0]] + c / stride[0] % g->local[axes[0]];
    const PetscInt64 j = g->first[axes[1]] + c / stride[1] % g->local[axes[1]];
    OttoSumAdd(&sums[i * columns + j], of_p[c]);
  }
  PetscCall(VecRestoreArrayRead(p, &of_p));
  PetscCall(OttoSumReduce(g->comm, count, sums));
  for (PetscInt64 i = 0; i < count; i++)
    values[i] = OttoSumValue(sums[i]) * (g->cell_volume / (g->h[axes[0]] * g->h[axes[1]]));
  PetscCall(PetscFree(sums));
  PetscFunctionReturn(0);
}

void OttoMarginalsPlaneName(const OttoGridInfo *g, const PetscInt axes[2], const char *density,
                            char name[], size_t size)
{
  snprintf(name, size, "marginal_%s_%s%s", density, g->name[axes[0]], g->name[axes[1]]);
}
