/*
 * Eigenvalues κ = σ - λ of σ - M, M = W⁻¹QᵀW, by Krylov–Schur on its inverse. The inverse is a
 * Krylov solve with the resolvent's preconditioner, stopped on the 2-norm: the L1 norm of densities
 * that the resolvent itself stops on says too little about tails, where W is small.
 *
 * A Krylov space holds one vector of a multiple eigenvalue. So a search is repeated on the
 * orthogonal complement of what has been found, until it brings nothing as slow as what is wanted.
 *
 * With a small σ the nearest to 0 are found, all of them out to some radius. A drift makes modes
 * -r ± if, which may decay slowly far outside it. For these one more search, with σ of the order of
 * f: 1/κ maps the half-plane of rates above r into a disc whose edge is the line of rate r, so that
 * the slowest modes, whatever their frequency up to about σ, are extreme eigenvalues of the
 * inverse, which is what a Krylov space finds.
 */
#include "relaxation_impl.h"
#include <otto/options.h>
#include <math.h>
#include <slepceps.h>

#define SHIFT 1e-6       /* σ/‖Q‖₁: below the rates wanted, and well above rounding */
#define INNER 1e-12      /* relative residual of an inverse */
#define INNER_LEAST 1e-8 /* what one that breaks down at rounding must have reached */
#define INNER_STEPS 500
#define DIRECT 2000 /* cells up to which the inverse is a factorisation */
/* Pairs beyond those wanted where modes may oscillate: -r ± if is further from 0 than its rate. */
#define SPARE 12
#define SEARCH 40 /* dimension of the search by rate beyond what is wanted, and its restarts */
#define ROUNDS 30

static PetscErrorCode StartSlepc(void)
{
  PetscBool started = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(SlepcInitialized(&started));
  if (started) PetscFunctionReturn(0);
  PetscCall(SlepcInitializeNoArguments());
  PetscCall(PetscRegisterFinalize(SlepcFinalize));
  PetscFunctionReturn(0);
}

/* GMRES breaks down where a solution is exact to rounding: the residual decides. */
static PetscErrorCode CheckInverse(KSP ksp, KSPConvergedReason reason, Vec x, Vec y)
{
  PetscReal of_x = 0, norm = 0;
  Vec r;
  Mat A;

  PetscFunctionBegin;
  PetscCall(KSPGetOperators(ksp, &A, NULL));
  PetscCall(VecDuplicate(x, &r));
  PetscCall(MatMult(A, y, r));
  PetscCall(VecAXPY(r, -1, x));
  PetscCall(VecNorm(r, NORM_2, &norm));
  PetscCall(VecNorm(x, NORM_2, &of_x));
  PetscCall(VecDestroy(&r));
  if (!(norm <= INNER_LEAST * of_x))
    OttoFail(OTTO_ERR_SOLVER, "relaxation rates: an inner solve failed: %s",
             KSPConvergedReasons[reason]);
  PetscFunctionReturn(0);
}

static PetscErrorCode Invert(ST st, Vec x, Vec y)
{
  KSPConvergedReason reason;
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(STShellGetContext(st, &ksp));
  PetscCall(KSPSolve(ksp, x, y));
  PetscCall(KSPGetConvergedReason(ksp, &reason));
  if (reason < 0 && reason != KSP_DIVERGED_ITS) PetscCall(CheckInverse(ksp, reason, x, y));
  PetscFunctionReturn(0);
}

/* 1/θ, of a pair the conjugate: the positive half stays first, or SLEPc would turn the invariant
 * subspace, which is all that is asked of it, into eigenvectors to mend the order. */
static PetscErrorCode BackTransform(ST st, PetscInt n, PetscScalar *re, PetscScalar *im)
{
  PetscFunctionBegin;
  (void)st;
  for (PetscInt i = 0; i < n; i++) {
    PetscReal square = re[i] * re[i] + im[i] * im[i];
    re[i] /= square;
    im[i] /= square;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode UseFactors(KSP ksp)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCREDUNDANT)); /* whose own default is LU */
  PetscFunctionReturn(0);
}

/* A solver for the resolvent's matrix, with its preconditioner. */
static PetscErrorCode CreateInverse(Mat A, PC pc, PetscBool symmetric, KSP *ksp)
{
  PetscFunctionBegin;
  PetscCall(KSPCreate(PetscObjectComm((PetscObject)A), ksp));
  PetscCall(KSPSetOperators(*ksp, A, A));
  PetscInt cells = 0;
  PetscCall(MatGetSize(A, &cells, NULL));
  if (cells <= DIRECT) {
    PetscCall(UseFactors(*ksp));
    PetscFunctionReturn(0);
  }
  PetscCall(KSPSetType(*ksp, symmetric ? KSPCG : KSPGMRES));
  PetscCall(KSPSetPC(*ksp, pc));
  PetscCall(KSPSetOperators(*ksp, A, A)); /* of the new pc */
  PetscCall(KSPSetNormType(*ksp, KSP_NORM_UNPRECONDITIONED));
  if (!symmetric) PetscCall(KSPSetPCSide(*ksp, PC_RIGHT));
  PetscCall(KSPSetTolerances(*ksp, INNER, 0, PETSC_DEFAULT, INNER_STEPS));
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateSolver(Mat A, KSP inverse, PetscBool symmetric, PetscBool by_rate,
                                   PetscInt wanted, EPS *eps)
{
  ST st;

  PetscFunctionBegin;
  PetscCall(EPSCreate(PetscObjectComm((PetscObject)A), eps));
  PetscCall(EPSSetOperators(*eps, A, NULL));
  PetscCall(EPSSetProblemType(*eps, symmetric ? EPS_HEP : EPS_NHEP));
  PetscCall(EPSSetTarget(*eps, 0));
  PetscCall(EPSSetWhichEigenpairs(*eps, by_rate ? EPS_SMALLEST_REAL : EPS_TARGET_MAGNITUDE));
  PetscCall(
      EPSSetDimensions(*eps, wanted, by_rate ? wanted + SEARCH : PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(EPSSetTolerances(*eps, 1e-10, by_rate ? SEARCH : PETSC_DEFAULT));
  PetscCall(EPSGetST(*eps, &st));
  PetscCall(STSetType(st, STSHELL));
  PetscCall(STShellSetContext(st, inverse));
  PetscCall(STShellSetApply(st, Invert));
  PetscCall(STShellSetBackTransform(st, BackTransform));
  OttoOptionsPetsc(EPSSetFromOptions(*eps));
  PetscFunctionReturn(0);
}

/* One solve lets the resolvent find the form that works. */
static PetscErrorCode Settle(OttoResolvent resolvent, OttoGenerator generator, PetscReal sigma)
{
  OttoSolveReport report;
  Vec f, x, open = OttoGeneratorGetOpen(generator);

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(OttoGeneratorGetGrid(generator), &f));
  PetscCall(VecDuplicate(f, &x));
  PetscCall(VecSet(f, sigma));
  PetscCall(VecSet(x, 1));
  if (open) PetscCall(VecPointwiseMult(f, f, open));
  if (open) PetscCall(VecCopy(open, x));
  PetscCall(OttoResolventSetShift(resolvent, sigma));
  PetscCall(OttoResolventSolveDensity(resolvent, f, x, &report));
  PetscCall(VecDestroy(&f));
  PetscCall(VecDestroy(&x));
  if (!report.converged) OttoFail(OTTO_ERR_SOLVER, "relaxation rates: %s", report.reason);
  PetscFunctionReturn(0);
}

/* The matrix at one σ, and its inverse. */
typedef struct {
  PetscReal sigma;
  Mat A;
  Vec W;
  KSP inverse;
} Shifted;

static PetscErrorCode Shift(OttoResolvent resolvent, OttoModeSpace *space, PetscReal sigma,
                            Shifted *at)
{
  OttoGenerator generator = OttoResolventGetGenerator(resolvent);
  PC pc;

  PetscFunctionBegin;
  at->sigma = sigma;
  PetscCall(Settle(resolvent, generator, sigma));
  PetscCall(OttoResolventGetOperators(resolvent, &at->A, &at->W, &pc));
  space->symmetric = at->W && OttoGeneratorIsConservative(generator) ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(KSPDestroy(&at->inverse));
  PetscCall(CreateInverse(at->A, pc, space->symmetric, &at->inverse));
  PetscFunctionReturn(0);
}

/* One search beside what is in the space, which takes in what it finds. *slowest: least rate of it,
 * *furthest: largest |λ|. */
static PetscErrorCode FindMore(const Shifted *at, OttoModeSpace *space, PetscBool by_rate,
                               PetscInt wanted, PetscReal *slowest, PetscReal *furthest)
{
  PetscInt found = 0;
  Vec *subspace;
  EPS eps;

  PetscFunctionBegin;
  *slowest = INFINITY;
  *furthest = 0;
  const PetscInt64 left =
      OttoGridGetInfo(OttoGeneratorGetGrid(space->generator))->cells - space->size;
  if (left < 1) PetscFunctionReturn(0);
  wanted = (PetscInt)PetscMin((PetscInt64)wanted, left);
  PetscCall(CreateSolver(at->A, at->inverse, space->symmetric, by_rate, wanted, &eps));
  if (space->size) PetscCall(EPSSetDeflationSpace(eps, space->size, space->u));
  PetscCall(EPSSolve(eps));
  PetscCall(EPSGetConverged(eps, &found));
  if (found) {
    PetscCall(PetscMalloc1(found, &subspace));
    for (PetscInt i = 0; i < found; i++) PetscCall(MatCreateVecs(at->A, &subspace[i], NULL));
    PetscCall(EPSGetInvariantSubspace(eps, subspace));
    for (PetscInt i = 0; i < found; i++) {
      PetscCall(OttoModeSpaceAdd(space, subspace[i]));
      PetscCall(VecDestroy(&subspace[i]));
    }
    PetscCall(PetscFree(subspace));
  }
  for (PetscInt i = 0; i < found; i++) {
    PetscReal re = 0, im = 0;
    PetscCall(EPSGetEigenvalue(eps, i, &re, &im));
    *slowest = PetscMin(*slowest, re - at->sigma);
    *furthest = PetscMax(*furthest, hypot(re - at->sigma, im));
  }
  PetscCall(EPSDestroy(&eps));
  PetscFunctionReturn(0);
}

/* With detailed balance the steady state is W, and need not be found. */
static PetscErrorCode KnowZero(OttoModeSpace *space, Vec W)
{
  Vec zero;

  PetscFunctionBegin;
  if (!space->symmetric || OttoGeneratorIsAbsorbing(space->generator)) PetscFunctionReturn(0);
  PetscCall(VecDuplicate(W, &zero));
  PetscCall(VecCopy(W, zero));
  PetscCall(OttoModeSpaceAdd(space, zero));
  PetscCall(VecDestroy(&zero));
  space->has_zero = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* What the space is in another form of the matrix: u = density/W. */
static PetscErrorCode Rescale(OttoModeSpace *space, Vec before, Vec after)
{
  OttoModeSpace old = *space;

  PetscFunctionBegin;
  space->size = space->room = 0;
  space->u = NULL;
  for (PetscInt i = 0; i < old.size; i++) {
    if (before) PetscCall(VecPointwiseMult(old.u[i], old.u[i], before));
    if (after) PetscCall(VecPointwiseDivide(old.u[i], old.u[i], after));
    PetscCall(OttoModeSpaceAdd(space, old.u[i]));
  }
  PetscCall(OttoModeSpaceFree(&old));
  PetscFunctionReturn(0);
}

static PetscErrorCode Clear(OttoRelaxation *out)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < out->count; i++) PetscCall(VecDestroy(&out->mode[i]));
  out->count = 0;
  PetscFunctionReturn(0);
}

/* Searches near 0 until one finds nothing as slow as the slowest `count`. */
static PetscErrorCode SearchNear(const Shifted *at, OttoModeSpace *space, PetscInt count,
                                 OttoRelaxation *out)
{
  const PetscInt zero = OttoGeneratorIsAbsorbing(space->generator) || space->has_zero ? 0 : 1;
  PetscInt wanted = space->symmetric ? count : 2 * count + zero + SPARE;
  PetscReal slowest = 0, furthest = 0;

  PetscFunctionBegin;
  for (PetscInt round = 0; round < ROUNDS; round++) {
    PetscCall(FindMore(at, space, PETSC_FALSE, wanted, &slowest, &furthest));
    if (round == 0) out->radius = furthest;
    if (out->count == count && slowest >= out->rate[count - 1]) break;
    if (round && !isfinite(slowest)) break;
    PetscCall(Clear(out));
    PetscCall(OttoModeSpaceSolve(space, at->A, at->W, at->sigma, count, out));
    wanted = 1 + count / 2;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode SearchFast(OttoResolvent resolvent, Shifted *at, OttoModeSpace *space,
                                 PetscInt count, OttoRelaxation *out)
{
  PetscReal slowest = 0, furthest = 0;
  Vec before = NULL;

  PetscFunctionBegin;
  if (at->W) PetscCall(VecDuplicate(at->W, &before));
  if (at->W) PetscCall(VecCopy(at->W, before));
  PetscCall(Shift(resolvent, space, out->reach, at));
  if (!before != !at->W) PetscCall(Rescale(space, before, at->W));
  PetscCall(VecDestroy(&before));
  PetscCall(FindMore(at, space, PETSC_TRUE, 2 * count, &slowest, &furthest));
  PetscCall(Clear(out));
  PetscCall(OttoModeSpaceSolve(space, at->A, at->W, at->sigma, count, out));
  PetscFunctionReturn(0);
}

/* The frequency of going round the box with the drift: 2π max |M f|/L of an axis. Collective. */
static PetscErrorCode Frequency(OttoGenerator generator, PetscReal *frequency)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  PetscReal drift[OTTO_GENERATOR_MAX_DIM];

  PetscFunctionBegin;
  *frequency = 0;
  PetscCall(OttoGeneratorLargestDrift(generator, drift));
  for (PetscInt j = 0; j < g->dim; j++) { /* M f = h (D/h²) (f h/T) */
    const PetscReal speed = g->h[j] * OttoGeneratorCoupling(generator, j) * drift[j];
    *frequency = PetscMax(*frequency, 2 * PETSC_PI * speed / (g->upper[j] - g->lower[j]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRelaxationCompute(OttoResolvent resolvent, PetscInt count, OttoRelaxation *out)
{
  OttoModeSpace space = {.generator = OttoResolventGetGenerator(resolvent)};
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(space.generator));
  Shifted at = {0};
  PetscReal norm = 0;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  OttoCheckInput(count >= 1 && count < g->cells, "spectrum_count: %d; the grid has %g cells",
                 (int)count, (double)g->cells);
  PetscCall(StartSlepc());
  PetscCall(OttoGeneratorNorm(space.generator, &norm));
  PetscCall(PetscCalloc5(count, &out->rate, count, &out->frequency, count, &out->residual, count,
                         &out->uncertainty, count, &out->mode));
  PetscCall(Shift(resolvent, &space, SHIFT * norm, &at));
  PetscCall(KnowZero(&space, at.W));
  PetscCall(SearchNear(&at, &space, count, out));
  if (!OttoGeneratorIsConservative(space.generator))
    PetscCall(Frequency(space.generator, &out->reach));
  if (out->reach > out->radius) PetscCall(SearchFast(resolvent, &at, &space, count, out));
  PetscCall(KSPDestroy(&at.inverse));
  PetscCall(OttoModeSpaceFree(&space));
  if (out->count == 0) {
    PetscCall(OttoRelaxationFree(out));
    OttoFail(OTTO_ERR_SOLVER, "relaxation rates: no eigenvalue converged");
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRelaxationFree(OttoRelaxation *relaxation)
{
  PetscFunctionBegin;
  PetscCall(Clear(relaxation));
  PetscCall(PetscFree5(relaxation->rate, relaxation->frequency, relaxation->residual,
                       relaxation->uncertainty, relaxation->mode));
  PetscCall(PetscMemzero(relaxation, sizeof *relaxation));
  PetscFunctionReturn(0);
}
