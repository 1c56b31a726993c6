/*
 * Eigenvalues of A + σ by Krylov and Schur on its inverse, beside zeros and space.
 *
 * A Krylov space holds one vector of a multiple eigenvalue. So a search is repeated on the
 * orthogonal complement of what has been found, until the count says that nothing is missing.
 *
 * With a small σ the nearest to 0 are found. A drift makes modes r ± if, which may decay slowly far
 * outside. For these every second search has a σ of the order of f: 1/κ maps the half-plane of
 * rates above r into a disc whose edge is the line of rate r, so that the slowest modes, whatever
 * their frequency up to about σ, are extreme eigenvalues of the inverse, which is what a Krylov
 * space finds.
 */
#include "factors.h"
#include "relaxation_impl.h"
#include <otto/options.h>
#include <otto/signals.h>
#include <math.h>
#include <slepceps.h>

#define SHIFT 1e-8           /* σ, factorised: below the rates wanted, and above rounding */
#define SHIFT_ITERATIVE 1e-6 /* and where a Krylov method has to solve for it */
#define INNER 1e-12          /* relative residual of an inverse */
#define INNER_LEAST 1e-8     /* what one that breaks down at rounding must have reached */
#define INNER_STEPS 500
#define SPARE 2   /* looked for beyond those wanted, to see where the next begins */
#define TURNING 8 /* with a drift: more, for r ± if is further from 0 than its rate */
#define SEARCH 40 /* dimension of a search by rate beyond what is wanted, and its restarts */
#define ROUNDS 30
/* Searches that bring the numerical range no nearer, by which a drift shows that it is not the
 * modes that reach so far: along an axis of transport alone a grid diffuses less and less the finer
 * it is. */
#define STALLED 4
#define MOST 200 /* modes beyond twice those wanted, from which on it is given up */

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

PetscErrorCode OttoModeOptions(MPI_Comm comm)
{
  EPS eps;

  PetscFunctionBegin;
  PetscCall(StartSlepc());
  PetscCall(EPSCreate(comm, &eps));
  OttoOptionsPetsc(comm, EPSSetFromOptions(eps));
  PetscCall(EPSDestroy(&eps));
  PetscFunctionReturn(0);
}

/* ---- the inverse ---- */

/* A + σ and its inverse. Where it is not factorised, the resolvent's preconditioner in this form:
 * (A + σ)⁻¹ ≈ S P S⁻¹ ‖Q‖₁ with S its own W over ours. */
typedef struct {
  PetscReal sigma;
  Mat A;
  KSP ksp;
  PC inner;
  Vec S, work;
  PetscReal norm;
} Shifted;

static PetscErrorCode Precondition(PC pc, Vec x, Vec y)
{
  Shifted *at;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &at));
  PetscCall(VecPointwiseDivide(at->work, x, at->S));
  PetscCall(PCApply(at->inner, at->work, y));
  PetscCall(VecPointwiseMult(y, y, at->S));
  PetscCall(VecScale(y, at->norm));
  PetscFunctionReturn(0);
}

/* One solve lets the resolvent find the form that works. */
static PetscErrorCode Settle(const OttoModeForm *form, PetscReal sigma)
{
  OttoSolveReport report;
  Vec f, x, open = OttoGeneratorGetOpen(form->generator);

  PetscFunctionBegin;
  PetscCall(VecDuplicate(form->log_w, &f));
  PetscCall(VecDuplicate(f, &x));
  PetscCall(VecSet(f, sigma));
  PetscCall(VecSet(x, 1));
  if (open) PetscCall(VecPointwiseMult(f, f, open));
  if (open) PetscCall(VecCopy(open, x));
  PetscCall(OttoResolventSetShift(form->resolvent, sigma));
  PetscCall(OttoResolventSolveDensity(form->resolvent, f, x, &report));
  PetscCall(VecDestroy(&f));
  PetscCall(VecDestroy(&x));
  if (!report.converged) OttoFail(OTTO_ERR_SOLVER, "relaxation rates: %s", report.reason);
  PetscFunctionReturn(0);
}

static PetscErrorCode Iterative(const OttoModeForm *form, Shifted *at, PC pc)
{
  PetscReal top = 0;
  Mat A;
  Vec W;

  PetscFunctionBegin;
  PetscCall(Settle(form, at->sigma * form->norm));
  PetscCall(OttoResolventGetOperators(form->resolvent, &A, &W, &at->inner));
  at->norm = form->norm;
  PetscCall(VecDuplicate(form->log_w, &at->S));
  PetscCall(VecDuplicate(form->log_w, &at->work));
  if (W) {
    PetscCall(VecCopy(W, at->S));
    PetscCall(VecLog(at->S));
  } else {
    PetscCall(VecZeroEntries(at->S));
  }
  PetscCall(VecAXPY(at->S, -1, form->log_w));
  PetscCall(VecMax(at->S, NULL, &top));
  PetscCall(VecShift(at->S, -top));
  PetscCall(VecExp(at->S));
  PetscCall(VecChop(at->S, 0));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, at));
  PetscCall(PCShellSetApply(pc, Precondition));
  PetscCall(KSPSetType(at->ksp, form->symmetric ? KSPCG : KSPGMRES));
  PetscCall(KSPSetNormType(at->ksp, KSP_NORM_UNPRECONDITIONED));
  if (!form->symmetric) PetscCall(KSPSetPCSide(at->ksp, PC_RIGHT));
  PetscCall(KSPSetTolerances(at->ksp, INNER, 0, PETSC_DEFAULT, INNER_STEPS));
  PetscFunctionReturn(0);
}

static PetscErrorCode Shift(const OttoModeForm *form, PetscReal sigma, Shifted *at)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(form->generator));
  PetscBool done = PETSC_FALSE;
  PC pc;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(at, sizeof *at));
  at->sigma = sigma;
  PetscCall(MatDuplicate(form->A, MAT_COPY_VALUES, &at->A));
  PetscCall(MatShift(at->A, sigma));
  PetscCall(MatSetOption(at->A, MAT_SYMMETRIC, form->symmetric));
  if (OttoFactorsFit(g)) PetscCall(OttoFactorise(g, at->A, form->symmetric, &at->ksp, &done));
  if (done) PetscFunctionReturn(0);
  if (form->fits) {
    PetscCall(OttoFactoriseShared(at->A, form->symmetric, &at->ksp));
    PetscFunctionReturn(0);
  }
  PetscCall(KSPCreate(PetscObjectComm((PetscObject)at->A), &at->ksp));
  PetscCall(KSPSetOperators(at->ksp, at->A, at->A));
  PetscCall(KSPGetPC(at->ksp, &pc));
  PetscCall(Iterative(form, at, pc));
  PetscCall(KSPSetUp(at->ksp));
  PetscFunctionReturn(0);
}

static PetscErrorCode Unshift(Shifted *at)
{
  PetscFunctionBegin;
  PetscCall(KSPDestroy(&at->ksp));
  PetscCall(MatDestroy(&at->A));
  PetscCall(VecDestroy(&at->S));
  PetscCall(VecDestroy(&at->work));
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

/* ---- one search ---- */

static PetscErrorCode CreateSolver(const OttoModeForm *form, const Shifted *at, PetscBool by_rate,
                                   PetscInt wanted, EPS *eps)
{
  ST st;

  PetscFunctionBegin;
  PetscCall(EPSCreate(PetscObjectComm((PetscObject)at->A), eps));
  PetscCall(EPSSetOperators(*eps, at->A, NULL));
  PetscCall(EPSSetProblemType(*eps, form->symmetric ? EPS_HEP : EPS_NHEP));
  PetscCall(EPSSetTarget(*eps, 0));
  PetscCall(EPSSetWhichEigenpairs(*eps, by_rate ? EPS_SMALLEST_REAL : EPS_TARGET_MAGNITUDE));
  PetscCall(
      EPSSetDimensions(*eps, wanted, by_rate ? wanted + SEARCH : PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(EPSSetTolerances(*eps, at->S ? 1e-10 : 1e-12, by_rate ? SEARCH : PETSC_DEFAULT));
  PetscCall(EPSGetST(*eps, &st));
  PetscCall(STSetType(st, STSHELL));
  PetscCall(STShellSetContext(st, at->ksp));
  PetscCall(STShellSetApply(st, Invert));
  PetscCall(STShellSetBackTransform(st, BackTransform));
  OttoOptionsPetsc(PetscObjectComm((PetscObject)*eps), EPSSetFromOptions(*eps));
  PetscFunctionReturn(0);
}

/* Beside what is in the space, which takes in what it finds. */
static PetscErrorCode FindMore(const OttoModeForm *form, const Shifted *at, OttoModeSpace *s,
                               PetscBool by_rate, PetscInt wanted)
{
  const PetscInt64 cells = OttoGridGetInfo(OttoGeneratorGetGrid(form->generator))->cells;
  const PetscInt64 left = cells - s->size - form->zeros;
  PetscInt found = 0, m = form->zeros + s->size;
  Vec *vectors;
  EPS eps;

  PetscFunctionBegin;
  if (left < 1) PetscFunctionReturn(0);
  wanted = (PetscInt)PetscMin((PetscInt64)wanted, left);
  PetscCall(CreateSolver(form, at, by_rate, wanted, &eps));
  PetscCall(PetscMalloc1(m + 1, &vectors));
  for (PetscInt i = 0; i < m; i++)
    vectors[i] = i < form->zeros ? form->zero[i] : s->u[i - form->zeros];
  if (m) PetscCall(EPSSetDeflationSpace(eps, m, vectors));
  PetscCall(PetscFree(vectors));
  PetscCall(EPSSolve(eps));
  PetscCall(EPSGetConverged(eps, &found));
  PetscCall(PetscMalloc1(found + 1, &vectors));
  for (PetscInt i = 0; i < found; i++) PetscCall(VecDuplicate(form->log_w, &vectors[i]));
  if (found) PetscCall(EPSGetInvariantSubspace(eps, vectors));
  for (PetscInt i = 0; i < found; i++) {
    PetscCall(OttoModeSpaceAdd(form, s, vectors[i]));
    PetscCall(VecDestroy(&vectors[i]));
  }
  PetscCall(PetscFree(vectors));
  PetscCall(EPSDestroy(&eps));
  PetscFunctionReturn(0);
}

/* ---- until nothing is missing ---- */

/* The frequency of going round the box with the drift, 2π max |M f|/L of an axis, over ‖Q‖₁.
 * Collective. */
static PetscErrorCode Frequency(const OttoModeForm *form, PetscReal *frequency)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(form->generator));
  PetscReal speed[OTTO_GENERATOR_MAX_DIM];

  PetscFunctionBegin;
  *frequency = 0;
  PetscCall(OttoGeneratorLargestSpeed(form->generator, speed));
  for (PetscInt j = 0; j < g->dim; j++)
    *frequency = PetscMax(*frequency, 2 * PETSC_PI * speed[j] / (g->upper[j] - g->lower[j]));
  *frequency /= form->norm;
  PetscFunctionReturn(0);
}

/* What is missing below the edge beyond the slowest `count`; -1: not known. *rate: of the last of
 * them. */
static PetscErrorCode Look(const OttoModeForm *form, const OttoModeSpace *s, PetscInt count,
                           OttoModeCount *known, PetscInt *missing, PetscReal *rate)
{
  PetscReal *re, *im;
  PetscInt taken = 0;

  PetscFunctionBegin;
  *missing = -1;
  *rate = INFINITY;
  known->complete = PETSC_FALSE;
  if (!s->size) PetscFunctionReturn(0); /* nothing has converged */
  PetscCall(PetscMalloc2(s->size + 1, &re, s->size + 1, &im));
  PetscCall(OttoModeRitz(form, s, re, im));
  PetscInt last = OttoModeEdge(s->size, re, im, count, &known->range);
  for (PetscInt i = 0; i < s->size; i++) {
    taken += im[i] >= 0;
    if (taken == count && im[i] >= 0) *rate = re[i];
  }
  known->edge = last ? 0.5 * (re[last - 1] + known->range) : 0;
  PetscCall(PetscFree2(re, im));
  if (taken >= count && form->fits) PetscCall(OttoModeMissing(form, s, known->range, missing));
  known->complete = *missing == 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode Say(const OttoModeForm *form, PetscInt missing, OttoModeCount *known)
{
  const char *said = "certain: inertia of the symmetric form, factorised";

  PetscFunctionBegin;
  if (known->complete && !form->symmetric)
    said = "certain: inertia of the symmetric part on the complement of the modes found";
  else if (!known->complete && !form->fits)
    said = "not certain: the grid is too large for a factorisation that would count eigenvalues";
  else if (!known->complete && missing > 0 && !form->symmetric)
    said = "not certain: the numerical range of what was not found reaches below the last rate";
  else if (!known->complete)
    said = "not certain: the search ended before the count of eigenvalues was reached";
  PetscCall(PetscStrncpy(known->how, said, sizeof known->how));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeSearch(const OttoModeForm *form, PetscInt count, OttoModeSpace *s,
                              OttoModeCount *known)
{
  const PetscReal small = form->fits ? SHIFT : SHIFT_ITERATIVE;
  PetscInt wanted = form->symmetric ? count + SPARE : 2 * count + TURNING, missing = -1, idle = 0;
  PetscInt fewest = PETSC_MAX_INT, stalled = 0;
  PetscReal reach = 0, rate = INFINITY;
  Shifted near = {0}, far = {0};

  PetscFunctionBegin;
  if (!form->symmetric) PetscCall(Frequency(form, &reach));
  PetscCall(Shift(form, small, &near));
  for (PetscInt round = 0; round < ROUNDS && s->size < MOST + 2 * count && idle < 2; round++) {
    const PetscInt before = s->size;
    const PetscReal last = rate;
    PetscCall(OttoStopCheck(PetscObjectComm((PetscObject)near.A)));
    const PetscBool by_rate = round % 2 && reach > 0 ? PETSC_TRUE : PETSC_FALSE;
    if (by_rate && !far.A) PetscCall(Shift(form, reach, &far));
    PetscCall(FindMore(form, by_rate ? &far : &near, s, by_rate, wanted));
    PetscCall(Look(form, s, count, known, &missing, &rate));
    if (known->complete) break;
    /* without a count: until two searches bring nothing slower than the last wanted */
    const PetscBool same = last - rate <= 1e-9 * rate ? PETSC_TRUE : PETSC_FALSE;
    idle = s->size == before || (!form->fits && same) ? idle + 1 : 0;
    stalled = missing >= 0 && missing < fewest ? 0 : stalled + 1;
    if (missing >= 0) fewest = PetscMin(fewest, missing);
    if (!form->symmetric && form->fits && stalled == STALLED) break;
    wanted = missing > 0 ? missing + SPARE : 2 + count / 2;
  }
  PetscCall(Say(form, missing, known));
  PetscCall(Unshift(&near));
  PetscCall(Unshift(&far));
  PetscFunctionReturn(0);
}
