/*
 * Eigenfunctions of Q from density modes: ψ = mode/π. A mode is W u, W = √π, and u is right to
 * rounding of its largest value: what it is over W is noise in cells of small W. There ψ is found
 * from its values in the other cells by its own equation, a row a cell,
 *
 *   (leave_x - λ) ψ_x - Σ_y Q_xy ψ_y = 0,
 *
 * which has a maximum principle as long as the chain leaves those cells faster than λ. Where it
 * does not, or the solve fails, ψ is not known.
 */
#include "edges_matrix.h"
#include "factors.h"
#include "metastable_impl.h"
#include <math.h>
#include <stdint.h>

/* W over that where ψ is largest, below which ψ is sought: what it is where it is not is right to
 * 1e-11 then; and where that leaves cells in which it is not known, wells among them perhaps, to
 * 1e-9
 */
static const PetscReal leasts[] = {1e-4, 1e-6};

#define LARGE 1e-3      /* |u| over its largest, where ψ is known well */
#define GROWS 100       /* times that noise at the edge of what is sought may grow inside */
#define RESIDUAL 1e-9   /* of a solve */
#define ITERATIONS 2000 /* where nothing is factorised */

/* What is known of the cells. */
enum { KNOWN, SOUGHT, CLOSED };

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  PetscReal rate;
  OttoSurrounded kind;
} Extension;

static PetscReal Diagonal(PetscInt64 cell, const void *context)
{
  const Extension *s = (const Extension *)context;
  const PetscReal leave = s->rates->leave[cell];

  return s->kind.own[cell] == SOUGHT && leave > 0 ? 1 - s->rate / leave : 1;
}

/* Entries of the row of a cell that is sought, over its `leave`: rows of ghosts are not ours. */
static PetscBool Edge(const OttoEdges *e, PetscInt64 i, PetscReal *to_upper, PetscReal *to_lower,
                      const void *context)
{
  const Extension *s = (const Extension *)context;
  const PetscInt64 x = e->x + i, y = e->y + i;
  const PetscReal up = s->rates->up[e->axis][x], down = s->rates->down[e->axis][x];
  const PetscBool from_x = OttoSurroundedAt(&s->kind, x)[0] == SOUGHT && x < s->g->local_cells;
  const PetscBool from_y = OttoSurroundedAt(&s->kind, y)[0] == SOUGHT && y < s->g->local_cells;

  *to_lower = from_x && up > 0 ? -up / s->rates->leave[x] : 0; /* row x, column y */
  *to_upper = from_y && down > 0 ? -down / s->rates->leave[y] : 0;
  return PETSC_TRUE;
}

/* √π ψ and its largest magnitude; of cells in which the mode is 0 it is 0. */
static PetscErrorCode Root(const OttoGridInfo *g, Vec log_pi, Vec mode, Vec u, PetscReal *most)
{
  const PetscScalar *logs, *values;
  OttoSum square = {0};
  PetscScalar *out;

  PetscFunctionBegin;
  *most = 0;
  PetscCall(VecGetArrayRead(log_pi, &logs));
  PetscCall(VecGetArrayRead(mode, &values));
  PetscCall(VecGetArray(u, &out));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    out[c] = values[c] != 0 && isfinite(logs[c])
                 ? copysign(exp(log(fabs(values[c])) - 0.5 * logs[c]), values[c])
                 : 0;
    OttoSumAdd(&square, out[c] * out[c] * g->cell_volume);
  }
  PetscCall(OttoSumReduce(g->comm, 1, &square));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    out[c] /= sqrt(OttoSumValue(square));
    *most = PetscMax(*most, fabs(out[c]));
  }
  PetscCall(VecRestoreArray(u, &out));
  PetscCall(VecRestoreArrayRead(mode, &values));
  PetscCall(VecRestoreArrayRead(log_pi, &logs));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscFunctionReturn(0);
}

/* The sign of u in the first cell, in the order of the grid's axes, in which it is large. */
static PetscErrorCode Sign(const OttoGridInfo *g, const PetscScalar u[], PetscReal most,
                           PetscReal *sign)
{
  PetscInt64 first = INT64_MAX, mine = INT64_MAX, idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  *sign = -1;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(fabs(u[c]) >= 0.5 * most)) continue;
    PetscInt64 number = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) number = number * g->n[j] + idx[j];
    if (number < mine) *sign = u[c] > 0 ? 1 : -1;
    mine = PetscMin(mine, number);
  }
  PetscCallMPI(MPI_Allreduce(&mine, &first, 1, MPIU_INT64, MPI_MIN, g->comm));
  if (mine != first) *sign = -1;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sign, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscFunctionReturn(0);
}

/* u becomes ψ where it is known, 0 elsewhere; kind of every cell; *sought: cells in all. */
static PetscErrorCode Divide(OttoGenerator generator, Vec log_pi, PetscReal most, PetscReal scarce,
                             Vec u, Vec kind, PetscInt64 *sought)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  const PetscScalar *logs;
  PetscScalar *values, *is;
  PetscReal scale = -INFINITY, sign = 1; /* log of the largest ψ that is known well */

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(log_pi, &logs));
  PetscCall(VecGetArray(u, &values));
  PetscCall(VecGetArray(kind, &is));
  PetscCall(Sign(g, values, most, &sign));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (fabs(values[c]) >= LARGE * most)
      scale = PetscMax(scale, log(fabs(values[c])) - 0.5 * logs[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &scale, 1, MPIU_REAL, MPIU_MAX, g->comm));
  *sought = 0;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    is[c] = !isfinite(logs[c]) || !(rates->leave[c] > 0)      ? CLOSED
            : 0.5 * logs[c] + scale < log(scarce) + log(most) ? SOUGHT
                                                              : KNOWN;
    values[c] = is[c] == KNOWN ? sign * values[c] * exp(-0.5 * logs[c]) : 0;
    *sought += is[c] == SOUGHT;
  }
  PetscCall(VecRestoreArray(kind, &is));
  PetscCall(VecRestoreArray(u, &values));
  PetscCall(VecRestoreArrayRead(log_pi, &logs));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sought, 1, MPIU_INT64, MPI_SUM, g->comm));
  PetscFunctionReturn(0);
}

/* By factors where they fit, whose ordering serves from mode to mode; else by iteration, which
 * inward forces make short. *ksp: one of the two. */
static PetscErrorCode Solver(const OttoGridInfo *g, OttoModeRest *rest, KSP *ksp)
{
  Mat M = rest->M;
  PetscBool done = PETSC_FALSE;

  PetscFunctionBegin;
  if (OttoFactorsFit(g)) PetscCall(OttoFactorise(g, M, PETSC_FALSE, &rest->factors, &done));
  if (done) {
    *ksp = rest->factors;
    PetscCall(PetscObjectReference((PetscObject)*ksp));
    PetscFunctionReturn(0);
  }
  PetscCall(KSPCreate(g->comm, ksp));
  PetscCall(KSPSetOperators(*ksp, M, M));
  PetscCall(KSPSetType(*ksp, KSPBCGS));
  PetscCall(KSPSetErrorIfNotConverged(*ksp, PETSC_FALSE));
  PetscCall(KSPSetTolerances(*ksp, 1e-13, PETSC_DEFAULT, PETSC_DEFAULT, ITERATIONS));
  PetscFunctionReturn(0);
}

/* M u = right, and what is left of it, relative to the largest of right. */
static PetscErrorCode Solve(KSP ksp, Mat M, Vec right, Vec u, PetscReal *left)
{
  PetscReal size = 0;
  Vec r;

  PetscFunctionBegin;
  PetscCall(KSPSolve(ksp, right, u));
  PetscCall(VecDuplicate(u, &r));
  PetscCall(MatMult(M, u, r));
  PetscCall(VecAXPY(r, -1, right));
  PetscCall(VecNorm(r, NORM_INFINITY, left));
  PetscCall(VecNorm(right, NORM_INFINITY, &size));
  PetscCall(VecDestroy(&r));
  *left /= size;
  PetscFunctionReturn(0);
}

/* The matrix of the equation where ψ is sought, 1 elsewhere. */
static PetscErrorCode Equation(OttoGenerator generator, PetscReal rate, Vec kind, Mat *M)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  Extension s = {
      .g = OttoGridGetInfo(grid), .rates = OttoGeneratorGetRates(generator), .rate = rate};
  const OttoEdgesEntries entries = {Diagonal, Edge, &s};
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, kind, &s.kind));
  PetscCall(OttoEdgesMatrix(grid, &entries, M));
  PetscCall(OttoFieldRelease(halo, kind, &s.kind));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeShifted(OttoGenerator generator, PetscReal rate, Mat *M)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  PetscScalar *is;
  Vec kind;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &kind));
  PetscCall(VecGetArray(kind, &is));
  for (PetscInt64 c = 0; c < g->local_cells; c++) is[c] = rates->leave[c] > 0 ? SOUGHT : CLOSED;
  PetscCall(VecRestoreArray(kind, &is));
  PetscCall(Equation(generator, rate, kind, M));
  PetscCall(VecDestroy(&kind));
  PetscFunctionReturn(0);
}

/* ψ where it is sought; *good: it is known there. */
static PetscErrorCode Extend(OttoGenerator generator, PetscReal rate, Vec kind, OttoModeRest *rest,
                             Vec psi, PetscBool *good)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *is;
  PetscScalar *one;
  PetscReal least = 0, most = 0, left[2];
  Vec right, grows;
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(Equation(generator, rate, kind, &rest->M));
  PetscCall(Solver(g, rest, &ksp));
  PetscCall(VecDuplicate(psi, &right));
  PetscCall(VecDuplicate(psi, &grows));
  PetscCall(VecGetArrayRead(kind, &is));
  PetscCall(VecGetArray(right, &one));
  for (PetscInt64 c = 0; c < g->local_cells; c++) one[c] = is[c] == SOUGHT ? 0 : 1;
  PetscCall(VecRestoreArray(right, &one));
  PetscCall(VecRestoreArrayRead(kind, &is));
  PetscCall(Solve(ksp, rest->M, right, grows, &left[0]));
  PetscCall(OttoFieldRange(grid, grows, &least, &most));
  PetscCall(VecCopy(psi, right));
  PetscCall(Solve(ksp, rest->M, right, psi, &left[1]));
  *good = left[0] <= RESIDUAL && left[1] <= RESIDUAL && least >= 1 - RESIDUAL && most <= GROWS;
  PetscCall(KSPDestroy(&ksp));
  PetscCall(VecDestroy(&right));
  PetscCall(VecDestroy(&grows));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeRestFree(OttoModeRest *rest)
{
  PetscFunctionBegin;
  PetscCall(KSPDestroy(&rest->factors));
  PetscCall(MatDestroy(&rest->M));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeFunction(OttoGenerator generator, Vec log_pi, PetscReal rate, Vec mode,
                                OttoModeRest *rest, Vec *function)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal most = 0;
  PetscBool good = PETSC_TRUE;
  PetscInt64 sought = 0;
  const PetscScalar *is;
  PetscScalar *values;
  Vec psi, kind;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &psi));
  PetscCall(OttoFieldCreate(grid, &kind));
  for (int way = 0; way < 2 && (!way || !good); way++) {
    PetscCall(Root(g, log_pi, mode, psi, &most));
    PetscCall(Divide(generator, log_pi, most, leasts[way], psi, kind, &sought));
    good = PETSC_TRUE;
    if (sought) PetscCall(Extend(generator, rate, kind, rest, psi, &good));
  }
  PetscCall(VecGetArrayRead(kind, &is));
  PetscCall(VecGetArray(psi, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (is[c] == CLOSED || (is[c] == SOUGHT && !good)) values[c] = NAN;
  PetscCall(VecRestoreArray(psi, &values));
  PetscCall(VecRestoreArrayRead(kind, &is));
  PetscCall(VecDestroy(&kind));
  *function = psi;
  PetscFunctionReturn(0);
}
