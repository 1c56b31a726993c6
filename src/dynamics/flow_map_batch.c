/* Batches of points, out of all and back. */
#include "flow_map_impl.h"

PetscReal *OttoFlowMapState(OttoFlowMap map, PetscInt c)
{
  if (c < map->dim) return map->x[c];
  return c == map->dim ? map->log_jacobian : map->derivative[c - map->dim - 1];
}

void OttoFlowMapLoad(OttoFlowMap map, PetscInt64 b)
{
  OttoDormandPrince *batch = map->batch;
  const PetscInt64 first = map->first[b];

  batch->n = 0;
  for (PetscInt64 p = first; p < map->first[b + 1]; p++)
    if (!map->lost[p]) map->index[batch->n++] = (PetscInt)(p - first);
  for (PetscInt c = 0; c < batch->components; c++) {
    const PetscReal *kept = OttoFlowMapState(map, c) + first;
    for (PetscInt i = 0; i < batch->n; i++) batch->y[c * batch->width + i] = kept[map->index[i]];
  }
}

static void StorePoint(OttoFlowMap map, PetscInt64 b, PetscInt i)
{
  const OttoDormandPrince *batch = map->batch;

  for (PetscInt c = 0; c < batch->components; c++)
    OttoFlowMapState(map, c)[map->first[b] + map->index[i]] = batch->y[c * batch->width + i];
}

void OttoFlowMapStore(OttoFlowMap map, PetscInt64 b)
{
  for (PetscInt i = 0; i < map->batch->n; i++) StorePoint(map, b, i);
}

PetscErrorCode OttoFlowMapLose(OttoFlowMap map, PetscInt64 b)
{
  OttoDormandPrince *batch = map->batch;
  const PetscReal *x[DIM];
  PetscBool lost[OTTO_BATCH(1)] = {PETSC_FALSE};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < map->dim; j++) x[j] = batch->y + j * batch->width;
  PetscCall(OttoDynamicsIsLost(map->dynamics, batch->n, x, lost));
  for (PetscInt i = batch->n - 1; i >= 0; i--) {
    if (!lost[i]) continue;
    StorePoint(map, b, i);
    map->lost[map->first[b] + map->index[i]] = PETSC_TRUE;
    OttoDormandPrinceDrop(batch, i);
    map->index[i] = map->index[batch->n];
  }
  PetscFunctionReturn(0);
}
