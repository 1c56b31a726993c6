/*
 * Eigenvalues of σ - M, M = W⁻¹QᵀW, nearest to σ, by Krylov–Schur on its inverse. The inverse is a
 * Krylov solve with the resolvent's preconditioner, stopped on the 2-norm: the L1 norm of densities
 * that the resolvent itself stops on says too little about tails, where W is small.
 */
#include <otto/relaxation.h>
#include <math.h>
#include <slepceps.h>

#define SHIFT 1e-6  /* σ/‖Q‖₁: below the rates wanted, and well above rounding */
#define INNER 1e-12 /* relative residual of an inverse */
#define INNER_STEPS 500
/* Pairs beyond those wanted where modes may oscillate: -r ± if is further from 0 than its rate. */
#define SPARE 12

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

static PetscErrorCode Invert(ST st, Vec x, Vec y)
{
  KSPConvergedReason reason;
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(STShellGetContext(st, &ksp));
  PetscCall(KSPSolve(ksp, x, y));
  PetscCall(KSPGetConvergedReason(ksp, &reason));
  if (reason < 0 && reason != KSP_DIVERGED_ITS)
    OttoFail(OTTO_ERR_SOLVER, "relaxation rates: an inner solve failed: %s",
             KSPConvergedReasons[reason]);
  PetscFunctionReturn(0);
}

/* 1/θ. */
static PetscErrorCode BackTransform(ST st, PetscInt n, PetscScalar *re, PetscScalar *im)
{
  PetscFunctionBegin;
  (void)st;
  for (PetscInt i = 0; i < n; i++) {
    PetscReal square = re[i] * re[i] + im[i] * im[i];
    re[i] /= square;
    im[i] /= -square;
  }
  PetscFunctionReturn(0);
}

/* A solver for the resolvent's matrix, with its preconditioner. */
static PetscErrorCode CreateInverse(Mat A, PC pc, PetscBool symmetric, KSP *ksp)
{
  PetscFunctionBegin;
  PetscCall(KSPCreate(PetscObjectComm((PetscObject)A), ksp));
  PetscCall(KSPSetType(*ksp, symmetric ? KSPCG : KSPGMRES));
  PetscCall(KSPSetPC(*ksp, pc));
  PetscCall(KSPSetOperators(*ksp, A, A));
  PetscCall(KSPSetNormType(*ksp, KSP_NORM_UNPRECONDITIONED));
  if (!symmetric) PetscCall(KSPSetPCSide(*ksp, PC_RIGHT));
  PetscCall(KSPSetTolerances(*ksp, INNER, 0, PETSC_DEFAULT, INNER_STEPS));
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateSolver(Mat A, KSP inverse, PetscBool symmetric, PetscInt wanted,
                                   EPS *eps)
{
  ST st;

  PetscFunctionBegin;
  PetscCall(EPSCreate(PetscObjectComm((PetscObject)A), eps));
  PetscCall(EPSSetOperators(*eps, A, NULL));
  PetscCall(EPSSetProblemType(*eps, symmetric ? EPS_HEP : EPS_NHEP));
  PetscCall(EPSSetTarget(*eps, 0));
  PetscCall(EPSSetWhichEigenpairs(*eps, EPS_TARGET_MAGNITUDE));
  PetscCall(EPSSetDimensions(*eps, wanted, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(EPSSetTolerances(*eps, 1e-10, PETSC_DEFAULT));
  PetscCall(EPSGetST(*eps, &st));
  PetscCall(STSetType(st, STSHELL));
  PetscCall(STShellSetContext(st, inverse));
  PetscCall(STShellSetApply(st, Invert));
  PetscCall(STShellSetBackTransform(st, BackTransform));
  PetscCall(EPSSetFromOptions(*eps));
  PetscFunctionReturn(0);
}

/* Density mode W u, its value of largest magnitude 1. */
static PetscErrorCode Mode(OttoGrid grid, Vec W, Vec u, Vec mode)
{
  PetscReal least = 0, most = 0;

  PetscFunctionBegin;
  if (W)
    PetscCall(VecPointwiseMult(mode, W, u));
  else
    PetscCall(VecCopy(u, mode));
  PetscCall(OttoFieldRange(grid, mode, &least, &most));
  PetscCall(VecScale(mode, 1 / (most >= -least ? most : least)));
  PetscFunctionReturn(0);
}

/* ‖Au - κu‖₂/‖u‖₂ for κ = re + i im, u = u_re + i u_im; for a symmetric A also κ as the Rayleigh
 * quotient, whose error is the square of the vector's. */
static PetscErrorCode Refine(Mat A, PetscBool symmetric, Vec u_re, Vec u_im, PetscReal *re,
                             PetscReal im, PetscReal *residual)
{
  PetscReal first = 0, second = 0, size_re = 0, size_im = 0, quotient = 0;
  Vec r;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(u_re, &r));
  PetscCall(VecNorm(u_re, NORM_2, &size_re));
  PetscCall(MatMult(A, u_re, r));
  PetscCall(VecDot(u_re, r, &quotient));
  if (symmetric) *re = quotient / (size_re * size_re);
  PetscCall(VecAXPY(r, -*re, u_re));
  if (im != 0) PetscCall(VecAXPY(r, im, u_im));
  PetscCall(VecNorm(r, NORM_2, &first));
  if (im != 0) {
    PetscCall(VecNorm(u_im, NORM_2, &size_im));
    PetscCall(MatMult(A, u_im, r));
    PetscCall(VecAXPY(r, -*re, u_im));
    PetscCall(VecAXPY(r, -im, u_re));
    PetscCall(VecNorm(r, NORM_2, &second));
  }
  PetscCall(VecDestroy(&r));
  *residual = sqrt((first * first + second * second) / (size_re * size_re + size_im * size_im));
  PetscFunctionReturn(0);
}

/* Puts a mode where its rate belongs; beyond `count` the fastest is dropped. */
static PetscErrorCode Insert(OttoRelaxation *out, PetscInt count, PetscReal rate,
                             PetscReal frequency, PetscReal residual, Vec mode)
{
  PetscInt at = out->count;

  PetscFunctionBegin;
  if (at == count) {
    if (rate >= out->rate[count - 1]) {
      PetscCall(VecDestroy(&mode));
      PetscFunctionReturn(0);
    }
    PetscCall(VecDestroy(&out->mode[--at]));
  } else {
    out->count++;
  }
  for (; at > 0 && out->rate[at - 1] > rate; at--) {
    out->rate[at] = out->rate[at - 1];
    out->frequency[at] = out->frequency[at - 1];
    out->residual[at] = out->residual[at - 1];
    out->mode[at] = out->mode[at - 1];
  }
  out->rate[at] = rate;
  out->frequency[at] = frequency;
  out->residual[at] = residual;
  out->mode[at] = mode;
  PetscFunctionReturn(0);
}

/* Takes over the slowest of what EPS found: the zero of the steady state and second halves of pairs
 * are left out. */
static PetscErrorCode Collect(OttoGenerator generator, EPS eps, Mat A, Vec W, PetscBool symmetric,
                              PetscReal sigma, PetscReal norm, PetscInt count, OttoRelaxation *out)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  PetscBool zero = OttoGeneratorIsAbsorbing(generator) ? PETSC_FALSE : PETSC_TRUE;
  PetscInt found = 0;
  Vec u_re, u_im;

  PetscFunctionBegin;
  PetscCall(EPSGetConverged(eps, &found));
  PetscCall(MatCreateVecs(A, &u_re, &u_im));
  for (PetscInt i = 0; i < found; i++) {
    PetscReal re = 0, im = 0, residual = 0;
    Vec mode;
    PetscCall(EPSGetEigenpair(eps, i, &re, &im, u_re, u_im));
    out->radius = PetscMax(out->radius, hypot(re - sigma, im));
    if (im < 0) continue;
    PetscCall(Refine(A, symmetric, u_re, u_im, &re, im, &residual));
    if (zero && fabs(re - sigma) < 1e-3 * sigma && im < 1e-3 * sigma) {
      zero = PETSC_FALSE;
      continue;
    }
    PetscCall(VecDuplicate(u_re, &mode));
    PetscCall(Mode(grid, W, u_re, mode));
    PetscCall(Insert(out, count, re - sigma, fabs(im), residual / norm, mode));
  }
  PetscCall(VecDestroy(&u_re));
  PetscCall(VecDestroy(&u_im));
  PetscFunctionReturn(0);
}

/* One solve lets the resolvent find the form that works. */
static PetscErrorCode Settle(OttoResolvent resolvent, OttoGenerator generator, PetscReal sigma)
{
  OttoSolveReport report;
  Vec f, x;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(OttoGeneratorGetGrid(generator), &f));
  PetscCall(VecDuplicate(f, &x));
  PetscCall(VecSet(f, sigma));
  PetscCall(VecSet(x, 1));
  PetscCall(OttoResolventSetShift(resolvent, sigma));
  PetscCall(OttoResolventSolveDensity(resolvent, f, x, &report));
  PetscCall(VecDestroy(&f));
  PetscCall(VecDestroy(&x));
  if (!report.converged) OttoFail(OTTO_ERR_SOLVER, "relaxation rates: %s", report.reason);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRelaxationCompute(OttoResolvent resolvent, PetscInt count, OttoRelaxation *out)
{
  OttoGenerator generator = OttoResolventGetGenerator(resolvent);
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  PetscReal norm = 0;
  KSP inverse;
  Mat A;
  Vec W;
  PC pc;
  EPS eps;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  OttoCheckInput(count >= 1 && count < g->cells, "spectrum_count: %d; the grid has %g cells",
                 (int)count, (double)g->cells);
  PetscCall(StartSlepc());
  PetscCall(OttoGeneratorNorm(generator, &norm));
  PetscReal sigma = SHIFT * norm;
  PetscCall(Settle(resolvent, generator, sigma));
  PetscCall(OttoResolventGetOperators(resolvent, &A, &W, &pc));
  PetscBool symmetric = W && OttoGeneratorIsConservative(generator) ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(CreateInverse(A, pc, symmetric, &inverse));
  PetscInt extra = OttoGeneratorIsAbsorbing(generator) ? 0 : 1;
  PetscInt wanted = symmetric ? count + extra : 2 * count + extra + SPARE;
  wanted = (PetscInt)PetscMin((PetscInt64)wanted, g->cells);
  PetscCall(CreateSolver(A, inverse, symmetric, wanted, &eps));
  PetscCall(EPSSolve(eps));
  PetscCall(PetscCalloc4(count, &out->rate, count, &out->frequency, count, &out->residual, count,
                         &out->mode));
  PetscCall(Collect(generator, eps, A, W, symmetric, sigma, norm, count, out));
  PetscCall(EPSDestroy(&eps));
  PetscCall(KSPDestroy(&inverse));
  if (out->count == 0) {
    PetscCall(OttoRelaxationFree(out));
    OttoFail(OTTO_ERR_SOLVER, "relaxation rates: no eigenvalue converged");
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRelaxationFree(OttoRelaxation *relaxation)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < relaxation->count; i++) PetscCall(VecDestroy(&relaxation->mode[i]));
  PetscCall(
      PetscFree4(relaxation->rate, relaxation->frequency, relaxation->residual, relaxation->mode));
  PetscCall(PetscMemzero(relaxation, sizeof *relaxation));
  PetscFunctionReturn(0);
}
