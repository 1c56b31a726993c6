/* A chain beside densities in closed form: its steady state, and what it does to moments. */
#pragma once
#include "chain.h"
#include <otto/steady.h>

/* ‖π - ρ/mass‖₁ of a line's steady state, ρ a density of the parameter a; its report. */
static inline PetscErrorCode SteadyError(const Chain *s,
                                         PetscReal (*density)(PetscReal a, PetscReal x),
                                         PetscReal a, PetscReal mass, OttoSteadyReport *report,
                                         PetscReal *error)
{
  PetscReal sum = 0, x[1];
  const PetscScalar *p;
  Vec pi, log_pi;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &pi));
  PetscCall(OttoFieldCreate(s->grid, &log_pi));
  PetscCall(OttoSteadyState(s->R, pi, log_pi, report));
  PetscCall(VecGetArrayRead(pi, &p));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellCentre(s->g, c, x);
    sum += fabs(p[c] - density(a, x[0]) / mass) * s->g->cell_volume;
  }
  PetscCall(VecRestoreArrayRead(pi, &p));
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD);
  *error = sum;
  PetscCall(VecDestroy(&pi));
  PetscCall(VecDestroy(&log_pi));
  PetscFunctionReturn(0);
}

/* A Gaussian of variance ¼ about (0.4, -0.3); sums over cells of it are its integrals to rounding.
 */
static inline PetscReal GaussianOf(PetscInt dim, const PetscReal x[])
{
  const PetscReal to[2] = {0.4, -0.3};
  PetscReal p = 1;

  for (PetscInt i = 0; i < dim; i++) p *= exp(-2 * PetscSqr(x[i] - to[i])) * sqrt(2 / PETSC_PI);
  return p;
}

/* Functions of[] of x, and what the generator's adjoint makes of them, to[]. */
typedef void Moments(PetscInt dim, const PetscReal x[], const void *how, PetscReal of[],
                     PetscReal to[]);
#define MOST_MOMENTS 6

/* What d/dt of <of_k> errs by of that Gaussian, the largest: the chain's against <to_k>. */
static inline PetscErrorCode MomentsError(const Chain *s, PetscInt count, Moments *moments,
                                          const void *how, PetscReal *error)
{
  const PetscInt dim = s->g->dim;
  OttoSum sums[MOST_MOMENTS] = {{0, 0}};
  const PetscScalar *dp;
  PetscReal x[2] = {0, 0};
  PetscScalar *values;
  Vec p, rate;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &p));
  PetscCall(OttoFieldCreate(s->grid, &rate));
  PetscCall(VecGetArray(p, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellCentre(s->g, c, x);
    values[c] = GaussianOf(dim, x);
  }
  PetscCall(OttoGeneratorApply(s->Q, p, rate));
  PetscCall(VecGetArrayRead(rate, &dp));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    PetscReal of[MOST_MOMENTS], to[MOST_MOMENTS];
    OttoGridCellCentre(s->g, c, x);
    moments(dim, x, how, of, to);
    for (PetscInt k = 0; k < count; k++) OttoSumAdd(&sums[k], dp[c] * of[k] - values[c] * to[k]);
  }
  PetscCall(VecRestoreArrayRead(rate, &dp));
  PetscCall(VecRestoreArray(p, &values));
  PetscCall(OttoSumReduce(s->g->comm, count, sums));
  *error = 0;
  for (PetscInt k = 0; k < count; k++)
    *error = PetscMax(*error, fabs(OttoSumValue(sums[k])) * s->g->cell_volume);
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&rate));
  PetscFunctionReturn(0);
}
