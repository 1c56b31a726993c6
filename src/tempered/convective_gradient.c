/*
 * Gradients of log φ and log J, and how DΦ carries them: of y = Φ(x), ∇_y = DΦ^{-T} ∇_x, and
 * DΦ^{-T} = ± cofactors of DΦ / J. The cofactors of two axes are the entries themselves; with J
 * from elsewhere (the integrated divergence) nothing cancels where the map stretches much.
 */
#include "convective_impl.h"
#include <otto/difference.h>
#include <math.h>

/* A log J that varies by no more is constant: it is rounding, and its differences would be that
 * over h. */
#define CONSTANT 1e-13

PetscErrorCode OttoConvectiveLog(OttoGrid grid, Vec u, Vec log_u, Vec *log)
{
  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, log));
  PetscCall(VecCopy(log_u ? log_u : u, *log));
  if (!log_u) PetscCall(VecLog(*log));
  PetscFunctionReturn(0);
}

/* log J, NaN in lost cells; NULL where it is the same in all others. */
static PetscErrorCode LogJacobian(OttoGrid grid, const OttoConvective *c, Vec *log)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal range[2] = {-INFINITY, -INFINITY}; /* of -log J and log J */
  PetscBool finite = PETSC_TRUE;
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, log));
  PetscCall(VecCopy(c->log_jacobian, *log));
  PetscCall(VecGetArray(*log, &a));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    if (OttoConvectiveLost(c, i)) {
      a[i] = NAN;
    } else {
      finite = finite && isfinite(a[i]) ? PETSC_TRUE : PETSC_FALSE;
      range[0] = PetscMax(range[0], -a[i]);
      range[1] = PetscMax(range[1], a[i]);
    }
  }
  PetscCall(VecRestoreArray(*log, &a));
  if (!finite) range[0] = INFINITY;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, g->comm));
  if (range[0] + range[1] <= CONSTANT * PetscMax(1, fabs(range[1]))) PetscCall(VecDestroy(log));
  PetscFunctionReturn(0);
}

/* du[axis] of all axes. */
static PetscErrorCode Differences(OttoGrid grid, Vec u, Vec du[])
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < OttoGridGetInfo(grid)->dim; j++) {
    PetscCall(OttoFieldCreate(grid, &du[j]));
    PetscCall(OttoDifference(grid, u, j, du[j]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveGradientsCreate(OttoGrid grid, const OttoConvective *c,
                                             OttoConvectiveGradients *g)
{
  Vec log = NULL;

  PetscFunctionBegin;
  *g = (OttoConvectiveGradients){.dim = OttoGridGetInfo(grid)->dim};
  PetscCall(OttoConvectiveLog(grid, c->phi, c->log_phi, &log));
  PetscCall(Differences(grid, log, g->of_phi));
  PetscCall(VecDestroy(&log));
  PetscCall(LogJacobian(grid, c, &log));
  if (log) PetscCall(Differences(grid, log, g->of_jacobian));
  PetscCall(VecDestroy(&log));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveGradientsDestroy(OttoConvectiveGradients *g)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(VecDestroy(&g->of_phi[j]));
    PetscCall(VecDestroy(&g->of_jacobian[j]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCellsOpen(const OttoConvective *c, const OttoConvectiveGradients *g,
                                       OttoConvectiveCells *cells)
{
  PetscFunctionBegin;
  *cells = (OttoConvectiveCells){.dim = g->dim, .c = c};
  PetscCall(VecGetArrayRead(c->phi, &cells->phi));
  PetscCall(VecGetArrayRead(c->log_jacobian, &cells->log_jacobian));
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(VecGetArrayRead(g->of_phi[j], &cells->of_phi[j]));
    if (g->of_jacobian[j]) PetscCall(VecGetArrayRead(g->of_jacobian[j], &cells->of_jacobian[j]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveCellsClose(const OttoConvectiveGradients *g,
                                        OttoConvectiveCells *cells)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(VecRestoreArrayRead(g->of_phi[j], &cells->of_phi[j]));
    if (g->of_jacobian[j])
      PetscCall(VecRestoreArrayRead(g->of_jacobian[j], &cells->of_jacobian[j]));
  }
  PetscCall(VecRestoreArrayRead(cells->c->log_jacobian, &cells->log_jacobian));
  PetscCall(VecRestoreArrayRead(cells->c->phi, &cells->phi));
  PetscFunctionReturn(0);
}

PetscBool OttoConvectiveGradientAt(const OttoConvectiveCells *cells, PetscInt64 c,
                                   PetscReal of_phi[], PetscReal of_jacobian[])
{
  PetscBool known = PETSC_TRUE;

  for (PetscInt j = 0; j < cells->dim; j++) {
    of_phi[j] = cells->of_phi[j][c];
    of_jacobian[j] = cells->of_jacobian[j] ? cells->of_jacobian[j][c] : 0;
    if (!isfinite(of_phi[j]) || !isfinite(of_jacobian[j])) known = PETSC_FALSE;
  }
  return known;
}

void OttoConvectiveCarry(const OttoConvectiveCells *cells, PetscInt64 c, const PetscReal v[],
                         PetscReal carried[])
{
  const PetscReal *const *D = cells->c->derivative, shrink = exp(-cells->log_jacobian[c]);

  if (cells->dim == 1) {
    carried[0] = v[0] * shrink;
  } else if (cells->dim == 2) {
    carried[0] = (D[3][c] * v[0] - D[2][c] * v[1]) * shrink;
    carried[1] = (D[0][c] * v[1] - D[1][c] * v[0]) * shrink;
  } else { /* row i of the cofactors: the cross product of the rows after it, round */
    for (PetscInt i = 0; i < 3; i++) {
      const PetscReal *const *a = D + 3 * ((i + 1) % 3), *const *b = D + 3 * ((i + 2) % 3);
      carried[i] = 0;
      for (PetscInt j = 0; j < 3; j++) {
        const PetscInt k = (j + 1) % 3, l = (j + 2) % 3;
        carried[i] += (a[k][c] * b[l][c] - a[l][c] * b[k][c]) * v[j] * shrink;
      }
    }
  }
}
