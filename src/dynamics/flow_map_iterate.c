/*
 * A batch of points by one iterate of a map; derivatives are multiplied.
 */
#include "flow_map_impl.h"

PetscErrorCode OttoFlowMapIterate(OttoFlowMap map, PetscInt64 b, int step)
{
  OttoDormandPrince *batch = map->batch;
  const PetscInt dim = map->dim, width = batch->width;
  PetscReal *x[DIM], *derivative[DIM * DIM], *log_jacobian = batch->norms;

  PetscFunctionBegin;
  OttoFlowMapLoad(map, b);
  if (!batch->n) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < dim; j++) x[j] = batch->y + j * width;
  for (PetscInt i = 0; i < dim * dim; i++) derivative[i] = batch->gradient + i * width;
  PetscCall(OttoDynamicsIterate(map->dynamics, step, batch->n, x,
                                batch->derivative ? derivative : NULL, log_jacobian));
  for (PetscInt p = 0; p < batch->n; p++) {
    PetscReal *y = batch->y + p + (dim + 1) * width;
    batch->y[dim * width + p] += log_jacobian[p];
    if (!batch->derivative) continue;
    for (PetscInt column = 0; column < dim; column++) {
      PetscReal old[DIM];
      for (PetscInt l = 0; l < dim; l++) old[l] = y[(l * dim + column) * width];
      for (PetscInt i = 0; i < dim; i++) {
        PetscReal sum = 0;
        for (PetscInt l = 0; l < dim; l++) sum += derivative[i * dim + l][p] * old[l];
        y[(i * dim + column) * width] = sum;
      }
    }
  }
  map->steps += batch->n;
  batch->evaluations += batch->n;
  if (map->ends) PetscCall(OttoFlowMapLose(map, b));
  OttoFlowMapStore(map, b);
  PetscFunctionReturn(0);
}
