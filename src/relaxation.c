/*
 * Eigenvalues κ = σ - λ of σ - M, M = W⁻¹QᵀW, by Krylov–Schur on its inverse. The inverse is a
 * Krylov solve with the resolvent's preconditioner, stopped on the 2-norm: the L1 norm of densities
 * that the resolvent itself stops on says too little about tails, where W is small.
 *
 * With a small σ the nearest to 0 are found, all of them out to some radius. A drift makes modes
 * -r ± if, which may decay slowly far outside it. For these a second search, with σ of the order of
 * f: 1/κ maps the half-plane of rates above r into a disc whose edge is the line of rate r, so that
 * the slowest modes, whatever their frequency up to about σ, are extreme eigenvalues of the
 * inverse, which is what a Krylov space finds.
 */
#include <otto/relaxation.h>
#include <math.h>
#include <slepceps.h>

#define SHIFT 1e-6  /* σ/‖Q‖₁: below the rates wanted, and well above rounding */
#define INNER 1e-12 /* relative residual of an inverse */
#define INNER_STEPS 500
/* Pairs beyond those wanted where modes may oscillate: -r ± if is further from 0 than its rate. */
#define SPARE 12
#define SEARCH 40 /* dimension of the second search beyond what is wanted, and its restarts */

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

static PetscErrorCode CreateSolver(Mat A, KSP inverse, PetscBool symmetric, PetscBool second,
                                   PetscInt wanted, EPS *eps)
{
  ST st;

  PetscFunctionBegin;
  PetscCall(EPSCreate(PetscObjectComm((PetscObject)A), eps));
  PetscCall(EPSSetOperators(*eps, A, NULL));
  PetscCall(EPSSetProblemType(*eps, symmetric ? EPS_HEP : EPS_NHEP));
  PetscCall(EPSSetTarget(*eps, 0));
  PetscCall(EPSSetWhichEigenpairs(*eps, second ? EPS_SMALLEST_REAL : EPS_TARGET_MAGNITUDE));
  PetscCall(
      EPSSetDimensions(*eps, wanted, second ? wanted + SEARCH : PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(EPSSetTolerances(*eps, 1e-10, second ? SEARCH : PETSC_DEFAULT));
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

/* One search, at σ, its `wanted` pairs, and what is taken over from it. */
typedef struct {
  OttoGenerator generator;
  PetscBool symmetric, second;
  PetscReal sigma, norm;
  PetscInt wanted, count; /* count: modes to keep */
} Search;

/* Takes over the slowest of what EPS found: the zero of the steady state and second halves of pairs
 * are left out; of a second search also what the first has found. */
static PetscErrorCode Collect(const Search *s, EPS eps, Mat A, Vec W, OttoRelaxation *out)
{
  OttoGrid grid = OttoGeneratorGetGrid(s->generator);
  PetscBool zero = OttoGeneratorIsAbsorbing(s->generator) ? PETSC_FALSE : PETSC_TRUE;
  const PetscReal known = s->second ? (1 + 1e-6) * out->radius : -1;
  PetscInt found = 0;
  Vec u_re, u_im;

  PetscFunctionBegin;
  PetscCall(EPSGetConverged(eps, &found));
  PetscCall(MatCreateVecs(A, &u_re, &u_im));
  for (PetscInt i = 0; i < found; i++) {
    PetscReal re = 0, im = 0, residual = 0;
    Vec mode;
    PetscCall(EPSGetEigenpair(eps, i, &re, &im, u_re, u_im));
    const PetscReal distance = hypot(re - s->sigma, im);
    if (!s->second) out->radius = PetscMax(out->radius, distance);
    if (im < 0 || distance <= known) continue;
    PetscCall(Refine(A, s->symmetric, u_re, u_im, &re, im, &residual));
    if (zero && fabs(re - s->sigma) < 1e-3 * s->sigma && im < 1e-3 * s->sigma) {
      zero = PETSC_FALSE;
      continue;
    }
    PetscCall(VecDuplicate(u_re, &mode));
    PetscCall(Mode(grid, W, u_re, mode));
    PetscCall(Insert(out, s->count, re - s->sigma, fabs(im), residual / s->norm, mode));
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

static PetscErrorCode Find(OttoResolvent resolvent, Search *s, OttoRelaxation *out)
{
  KSP inverse;
  Mat A;
  Vec W;
  PC pc;
  EPS eps;

  PetscFunctionBegin;
  PetscCall(Settle(resolvent, s->generator, s->sigma));
  PetscCall(OttoResolventGetOperators(resolvent, &A, &W, &pc));
  s->symmetric = W && OttoGeneratorIsConservative(s->generator) ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt extra = OttoGeneratorIsAbsorbing(s->generator) ? 0 : 1;
  const PetscInt64 cells = OttoGridGetInfo(OttoGeneratorGetGrid(s->generator))->cells;
  PetscInt wanted = s->symmetric ? s->count + extra : 2 * s->count + extra + SPARE;
  if (s->second) wanted = 2 * s->count + extra;
  wanted = (PetscInt)PetscMin((PetscInt64)wanted, cells);
  PetscCall(CreateInverse(A, pc, s->symmetric, &inverse));
  PetscCall(CreateSolver(A, inverse, s->symmetric, s->second, wanted, &eps));
  PetscCall(EPSSolve(eps));
  PetscCall(Collect(s, eps, A, W, out));
  PetscCall(EPSDestroy(&eps));
  PetscCall(KSPDestroy(&inverse));
  PetscFunctionReturn(0);
}

/* The frequency of going round the box with the drift: 2π max |M f|/L of an axis. Collective. */
static PetscErrorCode Frequency(OttoGenerator generator, PetscReal *frequency)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *r = OttoGeneratorGetRates(generator);

  PetscFunctionBegin;
  *frequency = 0;
  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      /* M f = h (up - down) of the drift alone, at most what is found with the potential's part */
      const PetscReal z = r->force[j][c], drift = fabs(z - r->work[j][c]);
      const PetscReal mean =
          fabs(z) < 0.01 ? 0.5 * (r->up[j][c] + r->down[j][c]) : (r->up[j][c] - r->down[j][c]) / z;
      const PetscReal length = g->upper[j] - g->lower[j];
      *frequency = PetscMax(*frequency, 2 * PETSC_PI * g->h[j] * mean * drift / length);
    }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, frequency, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRelaxationCompute(OttoResolvent resolvent, PetscInt count, OttoRelaxation *out)
{
  Search s = {.generator = OttoResolventGetGenerator(resolvent), .count = count};
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(s.generator));

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  OttoCheckInput(count >= 1 && count < g->cells, "spectrum_count: %d; the grid has %g cells",
                 (int)count, (double)g->cells);
  PetscCall(StartSlepc());
  PetscCall(OttoGeneratorNorm(s.generator, &s.norm));
  PetscCall(PetscCalloc4(count, &out->rate, count, &out->frequency, count, &out->residual, count,
                         &out->mode));
  s.sigma = SHIFT * s.norm;
  PetscCall(Find(resolvent, &s, out));
  if (!OttoGeneratorIsConservative(s.generator)) PetscCall(Frequency(s.generator, &out->reach));
  if (out->reach > out->radius) {
    s.second = PETSC_TRUE;
    s.sigma = out->reach;
    PetscCall(Find(resolvent, &s, out));
  }
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
