/*
 * A batch of points by one iterate of a map; derivatives are multiplied.
 */
#include "flow_map_impl.h"
#include <stdio.h>

/* What failed of a batch: the first point that does, by itself, and the cell that it began at,
 * which is what the user knows. */
static PetscErrorCode Name(OttoFlowMap map, PetscInt64 b, int step, PetscErrorCode code)
{
  const OttoDormandPrince *batch = map->batch;
  char said[600], point[160];
  PetscReal D[DIM * DIM], log_jacobian, at[DIM], *x[DIM], *derivative[DIM * DIM];
  PetscInt bad = 0;

  PetscFunctionBegin;
  if (code != OTTO_ERR_NUMERICAL || !map->grid) PetscFunctionReturn(code);
  snprintf(said, sizeof said, "%s", OttoErrorMessage());
  OttoErrorClear();
  OttoFlowMapLoad(map, b);
  for (PetscInt i = 0; i < DIM * DIM; i++) derivative[i] = &D[i];
  for (; bad < batch->n; bad++) {
    for (PetscInt j = 0; j < map->dim; j++) {
      at[j] = batch->y[j * batch->width + bad];
      x[j] = &at[j];
    }
    if (OttoDynamicsIterate(map->dynamics, step, 1, x, batch->derivative ? derivative : NULL,
                            &log_jacobian))
      break;
  }
  OttoErrorClear();
  if (bad == batch->n) OttoFail(OTTO_ERR_NUMERICAL, "%s", said);
  PetscReal centre[OTTO_MAX_DIM];
  OttoGridCellCentre(OttoGridGetInfo(map->grid), map->first[b] + map->index[bad], centre);
  OttoGridFormatPoint(map->dim, centre, point, sizeof point);
  OttoFail(OTTO_ERR_NUMERICAL, "%s; the way there began at %s", said, point);
}

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
  const PetscErrorCode code = OttoDynamicsIterate(
      map->dynamics, step, batch->n, x, batch->derivative ? derivative : NULL, log_jacobian);
  if (code) PetscCall(Name(map, b, step, code));
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
