/* The forms of σ - Qᵀ and the solvers for them: which suit, how each is built. */
#include "resolvent_impl.h"
#include <float.h>
#include <math.h>

#define SYMMETRIC "symmetrised by the Gibbs state"

/* Without drift only the first keeps its symmetry; with one it is left out. The limits are several
 * times what a way takes where it works. */
enum { WAY_SYMMETRIC, WAY_GIBBS, WAY_PLAIN, WAY_FACTOR, WAY_BLOCKS, WAYS };
static const OttoWay ways[WAYS] = {
    [WAY_SYMMETRIC] = {SYMMETRIC, PETSC_TRUE, KSPCG, PCMG, 60},
    [WAY_GIBBS] = {"Gibbs scaling", PETSC_TRUE, KSPBCGS, PCMG, 40},
    [WAY_PLAIN] = {"plain", PETSC_FALSE, KSPBCGS, PCMG, 40},
    [WAY_FACTOR] = {"plain", PETSC_FALSE, KSPPREONLY, PCLU, 1},
    [WAY_BLOCKS] = {"plain", PETSC_FALSE, KSPGMRES, PCBJACOBI, 1000},
};

/* W spans exp(±range/4T): beyond this range its squares leave the doubles. */
#define LARGEST_RANGE 1200

/* Iterations by which coarse levels of earlier rates may slow a solve before they are made anew:
 * that costs as much as some fifteen. */
#define STALE 3

/* Cells that a sparse LU still factorises in seconds: fill grows as n log n in a plane, n^{4/3} in
 * space. */
static const PetscInt64 lu_cells[] = {10000000, 300000, 30000};

const OttoWay *OttoResolventWay(OttoResolvent s)
{
  return &ways[s->learned.way];
}

/* Largest drift over an edge, f h/T, that the scaling is tried with: its square root is a factor
 * between entries, beyond which they have little to do with the generator's. */
#define LARGEST_DRIFT 12

static PetscBool Suits(OttoResolvent s, PetscInt way, PetscReal range)
{
  if (ways[way].gibbs && !(range <= LARGEST_RANGE)) return PETSC_FALSE;
  if (way == WAY_SYMMETRIC) return OttoGeneratorIsConservative(s->generator);
  if (way == WAY_GIBBS)
    return !OttoGeneratorIsConservative(s->generator) && s->drift <= LARGEST_DRIFT;
  if (way == WAY_FACTOR) return s->g->cells <= lu_cells[s->g->dim - 1];
  return PETSC_TRUE;
}

static PetscErrorCode Range(OttoResolvent s, PetscReal *least, PetscReal *range)
{
  PetscReal most;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(s->grid, OttoGeneratorGetPotential(s->generator), least, &most));
  *range = (most - *least) / OttoGeneratorGetTemperature(s->generator);
  PetscFunctionReturn(0);
}

PetscBool OttoResolventNextWay(OttoResolvent s)
{
  PetscInt way = s->learned.way + 1;

  while (way < WAYS && !Suits(s, way, 0)) way++;
  if (s->pinned || way >= WAYS) return PETSC_FALSE;
  s->learned.way = way;
  s->learned.failed_below = s->sigma;
  s->state = -1;
  return PETSC_TRUE;
}

PetscErrorCode OttoResolventFirstWay(OttoResolvent s)
{
  PetscReal least = 0, range = 0, drift[OTTO_GENERATOR_MAX_DIM];
  PetscInt way = 0;

  PetscFunctionBegin;
  PetscCall(Range(s, &least, &range));
  PetscCall(OttoGeneratorLargestDrift(s->generator, drift));
  s->drift = 0;
  for (PetscInt j = 0; j < s->g->dim; j++) s->drift = PetscMax(s->drift, drift[j]);
  while (way < WAYS - 1 && !Suits(s, way, range)) way++;
  if (way != s->learned.way) s->state = -1;
  s->learned.way = way;
  s->learned.failed_below = 0;
  PetscFunctionReturn(0);
}

/* W = exp(-(V - middle)/2T). */
static PetscErrorCode Scaling(OttoResolvent s)
{
  const PetscReal T = OttoGeneratorGetTemperature(s->generator);
  PetscReal least = 0, range = 0;

  PetscFunctionBegin;
  PetscCall(Range(s, &least, &range));
  if (!s->W) PetscCall(OttoFieldCreate(s->grid, &s->W));
  PetscCall(VecCopy(OttoGeneratorGetPotential(s->generator), s->W));
  PetscCall(VecShift(s->W, -least - 0.5 * T * range));
  PetscCall(VecScale(s->W, -0.5 / T));
  PetscCall(VecExp(s->W));
  PetscFunctionReturn(0);
}

/* A = -M with `diagonal` the rates out of the cells. */
static PetscErrorCode Matrix(OttoResolvent s)
{
  const PetscScalar *leave = OttoGeneratorGetRates(s->generator)->leave;
  PetscScalar *diagonal;

  PetscFunctionBegin;
  if (ways[s->learned.way].gibbs) {
    PetscCall(Scaling(s));
  } else {
    PetscCall(VecDestroy(&s->W));
  }
  PetscCall(OttoGeneratorAssemble(s->generator, ways[s->learned.way].gibbs, &s->A));
  PetscCall(MatScale(s->A, -1));
  if (!s->diagonal) PetscCall(OttoFieldCreate(s->grid, &s->diagonal));
  PetscCall(VecGetArray(s->diagonal, &diagonal));
  PetscCall(PetscArraycpy(diagonal, leave, s->g->local_cells));
  PetscCall(VecRestoreArray(s->diagonal, &diagonal));
  PetscFunctionReturn(0);
}

/* The L1 residual of the unscaled system, Σ W|r|, against the goal. CG keeps its residual; for
 * other methods it costs an application, and is looked at only when their own norm has fallen far
 * enough.
 */
static PetscErrorCode Test(KSP ksp, PetscInt iteration, PetscReal norm, KSPConvergedReason *reason,
                           void *context)
{
  OttoResolvent s = (OttoResolvent)context;
  PetscReal l1 = 0, rtol = 0;
  Vec r = NULL;

  PetscFunctionBegin;
  *reason = KSP_CONVERGED_ITERATING;
  if (iteration == 0) {
    PetscCall(KSPGetTolerances(ksp, &rtol, NULL, NULL, NULL));
    s->look = 10 * rtol * norm;
  }
  if (!isfinite(norm)) *reason = KSP_DIVERGED_NANORINF;
  if (norm == 0) *reason = KSP_CONVERGED_ATOL;
  if (*reason || iteration == 0 || (!s->follows && norm > s->look)) PetscFunctionReturn(0);
  s->looks++;
  if (!s->follows && !s->spare) PetscCall(OttoFieldCreate(s->grid, &s->spare));
  PetscCall(KSPBuildResidual(ksp, s->follows ? s->image : s->spare, s->image, &r));
  if (s->W) PetscCall(VecPointwiseMult(s->image, s->W, r));
  PetscCall(VecNorm(s->W ? s->image : r, NORM_1, &l1));
  if (l1 <= s->goal) *reason = KSP_CONVERGED_RTOL;
  s->look = norm * PetscMin(0.5, PetscMax(0.01, 2 * s->goal / l1));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetFactorisation(OttoResolvent s, PC pc)
{
  PetscFunctionBegin;
#if defined(PETSC_HAVE_MUMPS)
  PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
#else
  if (s->g->size > 1) PetscCall(PCSetType(pc, PCREDUNDANT));
#endif
  (void)s;
  PetscFunctionReturn(0);
}

/* PETSc takes pivots below 2e-14, in whatever unit, for 0; those of an M-matrix are none. */
static PetscErrorCode AnyPivot(PC pc)
{
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscOptionsHasName(NULL, NULL, "-pc_factor_zeropivot", &given));
  if (!given) PetscCall(PCFactorSetZeroPivot(pc, DBL_MIN));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSetUpSolver(OttoResolvent s)
{
  PetscBool blocks = PETSC_FALSE;
  PetscInt count = 0;
  KSP *inner = NULL;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPGetPC(s->ksp, &pc));
  PetscCall(AnyPivot(pc));
  PetscCall(KSPSetUp(s->ksp));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCBJACOBI, &blocks));
  if (blocks) PetscCall(PCBJacobiGetSubKSP(pc, &count, NULL, &inner));
  for (PetscInt i = 0; i < count; i++) {
    PetscCall(KSPGetPC(inner[i], &pc));
    PetscCall(AnyPivot(pc));
  }
  PetscFunctionReturn(0);
}

/* A new solver with the defaults of the way in use, then the user's options. */
static PetscErrorCode Solver(OttoResolvent s)
{
  const OttoWay *way = &ways[s->learned.way];
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPDestroy(&s->ksp));
  PetscCall(KSPCreate(s->g->comm, &s->ksp));
  PetscCall(KSPSetTolerances(s->ksp, s->rtol, 0, PETSC_DEFAULT, way->limit));
  PetscCall(KSPSetType(s->ksp, way->method));
  PetscCall(KSPSetErrorIfNotConverged(s->ksp, PETSC_FALSE));
  PetscCall(KSPSetOperators(s->ksp, s->A, s->A));
  PetscCall(KSPGetPC(s->ksp, &pc));
  PetscCall(PCSetType(pc, way->pc));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCMG, &s->uses_multigrid));
  if (s->uses_multigrid) PetscCall(PCMGSetLevels(pc, OttoMultigridLevels(s->multigrid), NULL));
  if (s->learned.way == WAY_FACTOR) PetscCall(SetFactorisation(s, pc));
  if (s->from_options) PetscCall(KSPSetFromOptions(s->ksp));
  PetscCall(PetscObjectTypeCompare((PetscObject)s->ksp, KSPCG, &s->follows));
  if (s->follows)
    PetscCall(KSPSetNormType(s->ksp, KSP_NORM_UNPRECONDITIONED)); /* spares the last cycle */
  PetscCall(KSPSetConvergenceTest(s->ksp, Test, s, NULL));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCMG, &s->uses_multigrid));
  PetscFunctionReturn(0);
}

/* The vector that a constant density ratio becomes, for algebraic multigrids. */
static PetscErrorCode NearNull(OttoResolvent s)
{
  MatNullSpace space;
  Vec w;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(s->W, &w));
  PetscCall(VecCopy(s->W, w));
  PetscCall(VecNormalize(w, NULL));
  PetscCall(MatNullSpaceCreate(s->g->comm, PETSC_FALSE, 1, &w, &space));
  PetscCall(MatSetNearNullSpace(s->A, space));
  PetscCall(MatNullSpaceDestroy(&space));
  PetscCall(VecDestroy(&w));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventBuild(OttoResolvent s)
{
  PetscReal coupling[OTTO_GENERATOR_MAX_DIM] = {0, 0, 0};
  PC pc;

  PetscFunctionBegin;
  const PetscBool renew = s->state < 0 ? PETSC_TRUE : PETSC_FALSE;
  if (!s->multigrid) {
    for (PetscInt j = 0; j < s->g->dim; j++) coupling[j] = OttoGeneratorCoupling(s->generator, j);
    PetscCall(OttoMultigridCreate(s->grid, coupling, &s->multigrid));
  }
  PetscCall(Matrix(s));
  if (renew) PetscCall(Solver(s));
  if (!s->learned.stale) s->learned.fresh = s->learned.worst;
  s->learned.stale = s->uses_multigrid && !renew && s->learned.worst <= s->learned.fresh + STALE
                         ? PETSC_TRUE
                         : PETSC_FALSE;
  s->learned.worst = 0;
  if (s->uses_multigrid && !s->learned.stale)
    PetscCall(OttoMultigridSetOperator(s->multigrid, s->A, s->W));
  if (!s->uses_multigrid && s->W) PetscCall(NearNull(s));
  PetscCall(OttoGeneratorNorm(s->generator, &s->norm));
  s->state = OttoGeneratorState(s->generator);
  PetscCall(KSPGetPC(s->ksp, &pc));
  if (renew && s->uses_multigrid) PetscCall(OttoMultigridAttach(s->multigrid, pc));
  PetscCall(OttoResolventShift(s));
  s->work = 0;
  if (s->uses_multigrid) PetscCall(OttoMultigridWork(s->multigrid, pc, &s->work));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventRefresh(OttoResolvent s)
{
  PetscFunctionBegin;
  s->learned.stale = PETSC_FALSE;
  s->learned.worst = 0;
  PetscCall(Matrix(s)); /* without σ */
  PetscCall(OttoMultigridSetOperator(s->multigrid, s->A, s->W));
  PetscCall(OttoResolventShift(s));
  PetscCall(OttoResolventSetUpSolver(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventShift(OttoResolvent s)
{
  PetscFunctionBegin;
  PetscCall(VecCopy(s->diagonal, s->image));
  PetscCall(VecShift(s->image, s->sigma));
  PetscCall(MatDiagonalSet(s->A, s->image, INSERT_VALUES));
  if (s->uses_multigrid) PetscCall(OttoMultigridSetShift(s->multigrid, s->sigma));
  PetscFunctionReturn(0);
}
