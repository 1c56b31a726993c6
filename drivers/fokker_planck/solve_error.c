#include "solve_error.h"
#include <float.h>
#include <math.h>

#define BOXES 333 /* of aggregation */
#define SWEEPS 20 /* of a cycle */
#define CYCLES 4
#define FALLS 0.9 /* at least so slowly changes are taken to fall, */
#define FALLS_MOST 0.999
#define SAFETY 2

/* change[k]: of a cycle, in L1. */
static PetscErrorCode Cycles(OttoAggregation aggregation, OttoGrid grid, PetscReal logs[],
                             PetscReal change[CYCLES])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *was, most = 0, slowest = 0;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc1(g->local_cells, &was)));
  PetscCall(OttoAggregationFollowWells(aggregation, logs, &slowest));
  for (int k = 0; k < CYCLES; k++) {
    PetscCall(PetscArraycpy(was, logs, g->local_cells));
    PetscCall(OttoAggregationCycle(aggregation, SWEEPS, logs, &most));
    change[k] = 0;
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      change[k] += fabs(exp(logs[c]) - exp(was[c])) * g->cell_volume;
  }
  PetscCall(PetscFree(was));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, change, CYCLES, MPIU_REAL, MPIU_SUM, g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSolveError(OttoGenerator generator, PetscReal dt, Vec before, Vec after,
                              OttoAggregation *aggregation, PetscReal *error)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *from, *to;
  PetscReal *log_f = NULL, *logs = NULL, change[CYCLES] = {0}, sum = 0, mass = 0;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc2(g->local_cells, &log_f, g->local_cells, &logs)));
  if (!*aggregation) PetscCall(OttoAggregationCreate(generator, BOXES, aggregation));
  PetscCall(VecGetArrayRead(before, &from));
  PetscCall(VecGetArrayRead(after, &to));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    log_f[c] = from[c] > 0 ? log(from[c]) - log(dt) : -INFINITY;
    logs[c] = log(PetscMax(to[c], DBL_MIN));
  }
  PetscCall(VecRestoreArrayRead(after, &to));
  PetscCall(VecRestoreArrayRead(before, &from));
  OttoAggregationSetSource(*aggregation, 1 / dt, log_f);
  PetscCall(Cycles(*aggregation, grid, logs, change));
  PetscCall(PetscFree2(log_f, logs));
  PetscCall(OttoFieldIntegral(grid, before, &mass));
  for (int k = 0; k < CYCLES; k++) sum += change[k];
  const PetscReal last = change[CYCLES - 1], fall = last > 0 ? last / change[CYCLES - 2] : 0;
  const PetscReal ratio = PetscMin(FALLS_MOST, PetscMax(FALLS, fall));
  *error = SAFETY * (sum + last * ratio / (1 - ratio)) / mass;
  PetscFunctionReturn(0);
}
