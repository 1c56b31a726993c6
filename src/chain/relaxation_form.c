/*
 * A = -W⁻¹QᵀW/‖Q‖₁ with W = √π. Any positive W gives a similar matrix, exactly; what π makes of it
 * is how far from normal it is. Wᵀ is a left null vector whatever W (columns of Qᵀ add up to 0),
 * and with W = √π the right one as well; the symmetric part is then that of the reversible chain of
 * rates (Q_xy + π_y Q_yx/π_x)/2, which has no negative eigenvalue (Fill 1991).
 *
 * Entries are formed edge by edge from logarithms. None is large: π_x Q_xy is part of what π_y's
 * balance has to carry away, so that Q_xy √(π_x/π_y) ≤ √(Q_xy leave_y).
 */
#include "edges_matrix.h"
#include "relaxation_impl.h"
#include "relaxation_quotient.h"
#include <otto/steady.h>
#include <math.h>

#define PARTS 100
#define LARGEST 10 /* ‖A‖ beyond which W is not √π: a few by what is said above */
#define CLOSED 2   /* diagonal of a closed cell; nothing else reaches beyond 1 */
/* ‖A - Aᵀ‖/2 that is taken for the rounding of a π found by iteration */
#define ASYMMETRY 1e-12

/* ---- W ---- */

/* The same box with its absorbing faces closed, and the steady state there. The layout of planes is
 * one of two. */
static PetscErrorCode ClosedBox(OttoGenerator generator, Vec pi, Vec log_pi)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  OttoBoundary boundary[OTTO_MAX_DIM];
  OttoSteadyReport report;
  OttoGenerator closed;
  OttoResolvent resolvent;
  OttoGrid grid;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    boundary[j] = OttoBoundaryAbsorbs(g->boundary[j], 0) ? OTTO_BOUNDARY_NO_FLUX : g->boundary[j];
  for (int layout = 0; layout < 2; layout++) {
    PetscBool same = PETSC_FALSE;
    PetscCall(OttoGridCreate(g->comm, &grid));
    PetscCall(OttoGridSetBox(grid, g->dim, g->n, g->lower, g->upper, boundary));
    PetscCall(OttoGridSetMesh(grid, g->mesh[0], g->mesh[1]));
    PetscCall(OttoGridSetLayout(grid, layout ? OTTO_LAYOUT_FFTW : OTTO_LAYOUT_BALANCED));
    PetscCall(OttoGridSetUp(grid));
    PetscCall(PetscArraycmp(OttoGridGetInfo(grid)->cuts[0], g->cuts[0], g->mesh[0] + 1, &same));
    if (same) break;
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscCall(OttoGeneratorCreate(grid, &closed));
  PetscCall(OttoGeneratorSetFromOptions(closed));
  PetscCall(OttoGeneratorSetUp(closed));
  PetscCall(OttoResolventCreate(closed, &resolvent));
  PetscErrorCode code = OttoSteadyState(resolvent, pi, log_pi, &report);
  PetscCall(OttoResolventDestroy(&resolvent));
  PetscCall(OttoGeneratorDestroy(&closed));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(code);
}

/* Whether π is positive, and its logarithm a number, in every cell that is not closed. */
static PetscErrorCode IsPositive(const OttoModeForm *s, PetscBool *positive)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(s->generator));
  const OttoRates *rates = OttoGeneratorGetRates(s->generator);
  const PetscScalar *logs;
  PetscMPIInt bad = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->log_w, &logs));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (rates->leave[c] > 0 && !isfinite(logs[c])) bad = 1;
  PetscCall(VecRestoreArrayRead(s->log_w, &logs));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT, MPI_MAX, g->comm));
  *positive = bad ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* log W = (log π)/2; where there is no π, or none that is good, exp(-V/T), which is as valid. */
static PetscErrorCode Scaling(OttoModeForm *s, PetscBool gibbs)
{
  OttoGrid grid = OttoGeneratorGetGrid(s->generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscErrorCode code = 0;
  OttoSteadyReport report;
  PetscBool positive = PETSC_TRUE;
  PetscScalar *logs;
  PetscReal ends[2] = {-INFINITY, -INFINITY};
  Vec pi;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &pi));
  if (!s->log_w) PetscCall(OttoFieldCreate(grid, &s->log_w));
  if (gibbs || OttoGeneratorIsConservative(s->generator)) {
    PetscCall(OttoGeneratorGibbs(s->generator, pi, s->log_w));
  } else {
    code = OttoGeneratorIsAbsorbing(s->generator)
               ? ClosedBox(s->generator, pi, s->log_w)
               : OttoSteadyState(s->resolvent, pi, s->log_w, &report);
    if (code != OTTO_ERR_SOLVER) PetscCall(code);
    if (code) OttoErrorClear();
    PetscCall(IsPositive(s, &positive));
    if (code || !positive) PetscCall(OttoGeneratorGibbs(s->generator, pi, s->log_w));
  }
  PetscCall(VecDestroy(&pi));
  PetscCall(VecScale(s->log_w, 0.5));
  PetscCall(VecGetArray(s->log_w, &logs));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!isfinite(logs[c])) continue;
    ends[0] = PetscMax(ends[0], -logs[c]);
    ends[1] = PetscMax(ends[1], logs[c]);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPIU_REAL, MPIU_MAX, g->comm));
  for (PetscInt64 c = 0; c < g->local_cells; c++) /* no state in a closed cell: any W will do */
    logs[c] = (isfinite(logs[c]) ? logs[c] : -ends[0]) - ends[1];
  PetscCall(VecRestoreArray(s->log_w, &logs));
  PetscFunctionReturn(0);
}

/* ---- the matrices ---- */

typedef struct {
  const OttoRates *rates;
  OttoSurrounded log_w;
  PetscReal norm;
  PetscBool symmetric; /* the symmetric part */
} Similar;

static PetscReal Diagonal(PetscInt64 cell, const void *context)
{
  const Similar *a = (const Similar *)context;
  const PetscReal leave = a->rates->leave[cell] / a->norm;

  return leave > 0 ? leave : CLOSED;
}

static PetscBool Edge(const OttoEdges *e, PetscInt64 i, PetscReal *to_upper, PetscReal *to_lower,
                      const void *context)
{
  const Similar *a = (const Similar *)context;
  const PetscReal up = a->rates->up[e->axis][e->x + i], down = a->rates->down[e->axis][e->x + i];
  const PetscReal force = a->rates->force[e->axis][e->x + i];
  const PetscReal large = PetscMax(up, down) / a->norm;

  if (!(large > 0)) return PETSC_FALSE;
  const PetscReal t = OttoSurroundedAt(&a->log_w, e->x)[i] - OttoSurroundedAt(&a->log_w, e->y)[i];
  *to_upper = -large * exp(PetscMin(force, 0) + t);
  *to_lower = -large * exp(-PetscMax(force, 0) - t);
  if (a->symmetric) *to_upper = *to_lower = 0.5 * (*to_upper + *to_lower);
  return PETSC_TRUE;
}

static PetscErrorCode Assemble(const OttoModeForm *s, PetscBool symmetric, Mat *M)
{
  OttoGrid grid = OttoGeneratorGetGrid(s->generator);
  Similar similar = {
      .rates = OttoGeneratorGetRates(s->generator), .norm = s->norm, .symmetric = symmetric};
  const OttoEdgesEntries entries = {Diagonal, Edge, &similar};
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, s->log_w, &similar.log_w));
  PetscCall(OttoEdgesMatrix(grid, &entries, M));
  PetscCall(OttoFieldRelease(halo, s->log_w, &similar.log_w));
  PetscFunctionReturn(0);
}

/* Whether an axis has two edges between the same pair of cells: a force round it may leave A
 * symmetric, the two together balanced, neither alone, and quotients that are sums over edges do
 * not hold. */
static PetscBool HasParallelEdges(const OttoGridInfo *g)
{
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] == 2 && g->boundary[j] == OTTO_BOUNDARY_PERIODIC) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* A and H, or where they are the same to rounding H alone, as A. */
static PetscErrorCode Matrices(OttoModeForm *s)
{
  Mat K;

  PetscFunctionBegin;
  s->symmetric = OttoGeneratorIsConservative(s->generator);
  if (!s->symmetric) {
    PetscCall(Assemble(s, PETSC_FALSE, &s->A));
    PetscCall(Assemble(s, PETSC_TRUE, &s->H));
    PetscCall(MatDuplicate(s->A, MAT_COPY_VALUES, &K));
    PetscCall(MatAXPY(K, -1, s->H, SAME_NONZERO_PATTERN));
    PetscCall(MatNorm(K, NORM_INFINITY, &s->asymmetry)); /* antisymmetric: bounds the 2-norm */
    PetscCall(MatDestroy(&K));
    s->asymmetry += OTTO_MODE_NOISE;
    if (!(s->asymmetry <= ASYMMETRY) ||
        HasParallelEdges(OttoGridGetInfo(OttoGeneratorGetGrid(s->generator))))
      PetscFunctionReturn(0);
    PetscCall(MatDestroy(&s->A));
    s->A = s->H;
    s->H = NULL;
    s->symmetric = PETSC_TRUE;
  } else {
    PetscCall(Assemble(s, PETSC_TRUE, &s->A));
  }
  PetscCall(MatSetOption(s->A, MAT_SYMMETRIC, PETSC_TRUE));
  PetscFunctionReturn(0);
}

/* ---- the zeros ---- */

static PetscErrorCode Zeros(OttoModeForm *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(s->generator));
  PetscBool *absorbs = NULL;
  PetscReal top[PARTS];
  const PetscScalar *logs;
  PetscScalar *zero;
  PetscInt *part, count = 0;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc1(g->local_cells, &part)));
  PetscCall(OttoModeParts(s->generator, PARTS, part, &count, &absorbs));
  PetscCall(VecGetArrayRead(s->log_w, &logs));
  for (PetscInt k = 0; k < PARTS; k++) top[k] = -INFINITY;
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (part[c] >= 0) top[part[c]] = PetscMax(top[part[c]], logs[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, top, PARTS, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCall(PetscCalloc1(PARTS, &s->zero));
  for (PetscInt k = 0; k < count; k++) {
    if (absorbs[k]) continue;
    PetscCall(VecDuplicate(s->log_w, &s->zero[s->zeros]));
    PetscCall(VecGetArray(s->zero[s->zeros], &zero));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      zero[c] = part[c] == k ? exp(logs[c] - top[k]) : 0;
    PetscCall(VecRestoreArray(s->zero[s->zeros], &zero));
    PetscCall(VecNormalize(s->zero[s->zeros++], NULL));
  }
  PetscCall(VecRestoreArrayRead(s->log_w, &logs));
  PetscCall(PetscFree(absorbs));
  PetscCall(PetscFree(part));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckNorm(PetscReal norm)
{
  PetscFunctionBegin;
  if (!(norm > 0 && isfinite(norm)))
    OttoFail(OTTO_ERR_SOLVER, "spectrum_count: no rate leads out of any cell");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeFormCreate(OttoResolvent resolvent, Vec log_w, OttoModeForm *s)
{
  PetscReal size = 0;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(s, sizeof *s));
  s->resolvent = resolvent;
  s->generator = OttoResolventGetGenerator(resolvent);
  s->fits = OttoModeFits(OttoGridGetInfo(OttoGeneratorGetGrid(s->generator)));
  PetscCall(OttoGeneratorNorm(s->generator, &s->norm));
  PetscCall(
      OttoAgree(OttoGridGetInfo(OttoGeneratorGetGrid(s->generator))->comm, CheckNorm(s->norm)));
  if (log_w) {
    PetscCall(VecDuplicate(log_w, &s->log_w));
    PetscCall(VecCopy(log_w, s->log_w));
  } else {
    PetscCall(Scaling(s, PETSC_FALSE));
  }
  PetscCall(Matrices(s));
  PetscCall(MatNorm(s->A, NORM_INFINITY, &size));
  if (!log_w && !(size <= LARGEST)) {
    PetscCall(MatDestroy(&s->A));
    PetscCall(MatDestroy(&s->H));
    PetscCall(Scaling(s, PETSC_TRUE));
    PetscCall(Matrices(s));
  }
  PetscCall(Zeros(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeFormDestroy(OttoModeForm *s)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->zeros; k++) PetscCall(VecDestroy(&s->zero[k]));
  PetscCall(PetscFree(s->zero));
  PetscCall(MatDestroy(&s->A));
  PetscCall(MatDestroy(&s->H));
  PetscCall(VecDestroy(&s->log_w));
  PetscFunctionReturn(0);
}
