/*
 * What is known of Υ at s = 0: entropies, Fisher informations and the coefficient, with I[ψ] where
 * points began, so that it needs no grid that resolves ψ.
 */
#include "convective_impl.h"
#include <otto/difference.h>
#include <otto/stretching.h>
#include <math.h>

#define BLOCK 512

enum {
  ENTROPY,
  LOG_JACOBIAN,
  FISHER,
  FISHER_PUSHED,
  CROSS, /* E_φ[∇log φ · ∇log J] */
  INVERSE,
  LOST,
  UNKNOWN,
  SUMS
};

static PetscReal Inner(PetscInt dim, const PetscReal a[], const PetscReal b[])
{
  PetscReal sum = 0;

  for (PetscInt j = 0; j < dim; j++) sum += a[j] * b[j];
  return sum;
}

/* A cell that has mass and was not lost. */
static void AddCell(const OttoConvectiveCells *cells, PetscInt64 c, OttoSum sum[])
{
  const PetscInt dim = cells->dim;
  const PetscReal p = cells->phi[c];
  PetscReal of_phi[OTTO_CONVECTIVE_MAX_DIM], of_jacobian[OTTO_CONVECTIVE_MAX_DIM];
  PetscReal v[OTTO_CONVECTIVE_MAX_DIM], carried[OTTO_CONVECTIVE_MAX_DIM];

  OttoSumAdd(&sum[ENTROPY], -p * log(p));
  OttoSumAdd(&sum[LOG_JACOBIAN], p * cells->log_jacobian[c]);
  if (!OttoConvectiveGradientAt(cells, c, of_phi, of_jacobian)) {
    OttoSumAdd(&sum[UNKNOWN], p);
    return;
  }
  for (PetscInt j = 0; j < dim; j++) v[j] = of_phi[j] - of_jacobian[j];
  OttoConvectiveCarry(cells, c, v, carried);
  OttoSumAdd(&sum[FISHER], p * Inner(dim, of_phi, of_phi));
  OttoSumAdd(&sum[FISHER_PUSHED], p * Inner(dim, carried, carried));
  OttoSumAdd(&sum[CROSS], p * Inner(dim, of_phi, of_jacobian));
}

/* E_φ of 1/σ_min². */
static PetscErrorCode AddInverse(const OttoConvectiveCells *cells, PetscInt64 count, OttoSum *sum)
{
  const PetscInt dim = cells->dim;
  PetscReal room[OTTO_CONVECTIVE_MAX_DIM][BLOCK], *log_sigma[OTTO_CONVECTIVE_MAX_DIM];
  const PetscReal *D[OTTO_CONVECTIVE_MAX_DIM * OTTO_CONVECTIVE_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < dim; k++) log_sigma[k] = room[k];
  for (PetscInt64 first = 0; first < count; first += BLOCK) {
    const PetscInt64 n = PetscMin(BLOCK, count - first);
    for (PetscInt k = 0; k < dim * dim; k++) D[k] = cells->c->derivative[k] + first;
    PetscCall(OttoStretchingLogs(dim, n, D, cells->log_jacobian + first, log_sigma, NULL));
    for (PetscInt64 i = 0; i < n; i++)
      if (cells->phi[first + i] > 0 && !OttoConvectiveLost(cells->c, first + i))
        OttoSumAdd(sum, cells->phi[first + i] * exp(-2 * room[dim - 1][i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode WherePointsBegan(OttoGrid grid, const OttoConvective *c, PetscReal value[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoConvectiveGradients gradients;
  OttoConvectiveCells cells;
  OttoSum sum[SUMS] = {{0, 0}};

  PetscFunctionBegin;
  PetscCall(OttoConvectiveGradientsCreate(grid, c, &gradients));
  PetscCall(OttoConvectiveCellsOpen(c, &gradients, &cells));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    if (OttoConvectiveLost(c, i))
      OttoSumAdd(&sum[LOST], cells.phi[i]);
    else if (cells.phi[i] > 0)
      AddCell(&cells, i, sum);
  }
  PetscCall(OttoAgree(g->comm, AddInverse(&cells, g->local_cells, &sum[INVERSE])));
  PetscCall(OttoConvectiveCellsClose(&gradients, &cells));
  PetscCall(OttoConvectiveGradientsDestroy(&gradients));
  PetscCall(OttoSumReduce(g->comm, SUMS, sum));
  for (PetscInt k = 0; k < SUMS; k++) value[k] = OttoSumValue(sum[k]) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* Entropy and Fisher information of ψ on the grid, and the mass that has no gradient. */
static PetscErrorCode OnTheGrid(OttoGrid grid, const OttoConvective *c, OttoConvectiveStart *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *u, *du[OTTO_CONVECTIVE_MAX_DIM];
  Vec log_u = NULL, slope[OTTO_CONVECTIVE_MAX_DIM];
  OttoSum sum[3] = {{0, 0}};

  PetscFunctionBegin;
  PetscCall(OttoConvectiveLog(grid, c->pushed, c->log_pushed, &log_u));
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(OttoFieldCreate(grid, &slope[j]));
    PetscCall(OttoDifference(grid, log_u, j, slope[j]));
    PetscCall(VecGetArrayRead(slope[j], &du[j]));
  }
  PetscCall(VecDestroy(&log_u));
  PetscCall(VecGetArrayRead(c->pushed, &u));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    PetscReal square = 0;
    if (u[i] <= 0) continue;
    for (PetscInt j = 0; j < g->dim; j++) square += PetscSqr(du[j][i]);
    OttoSumAdd(&sum[0], -u[i] * log(u[i]));
    OttoSumAdd(&sum[isfinite(square) ? 1 : 2], isfinite(square) ? u[i] * square : u[i]);
  }
  PetscCall(VecRestoreArrayRead(c->pushed, &u));
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(VecRestoreArrayRead(slope[j], &du[j]));
    PetscCall(VecDestroy(&slope[j]));
  }
  PetscCall(OttoSumReduce(g->comm, 3, sum));
  out->entropy_pushed = OttoSumValue(sum[0]) * g->cell_volume;
  out->fisher_grid = OttoSumValue(sum[1]) * g->cell_volume;
  out->unknown_grid = OttoSumValue(sum[2]) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveStartCompute(OttoGrid grid, const OttoConvective *c,
                                          OttoConvectiveStart *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal value[SUMS];

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCheck(g->dim <= OTTO_CONVECTIVE_MAX_DIM, g->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "a map of %d axes: at most %d", (int)g->dim, OTTO_CONVECTIVE_MAX_DIM);
  PetscCall(WherePointsBegan(grid, c, value));
  *out = (OttoConvectiveStart){.entropy_phi = value[ENTROPY],
                               .mean_log_jacobian = value[LOG_JACOBIAN],
                               .fisher_phi = value[FISHER],
                               .fisher_pushed = value[FISHER_PUSHED],
                               .laplacian = -value[CROSS],
                               .inverse_norm = value[INVERSE],
                               .lost = value[LOST],
                               .unknown = value[UNKNOWN]};
  out->coefficient = out->fisher_pushed - out->fisher_phi - out->laplacian;
  PetscCall(OnTheGrid(grid, c, out));
  PetscFunctionReturn(0);
}
