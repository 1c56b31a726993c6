#include "resolvent_impl.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define CONSERVED 1e-9 /* share of its mass that cycles may be off by where they alone decide */
#define ROUNDS 3       /* of solving and finding the true residual */

PetscErrorCode OttoResolventCreate(OttoGenerator generator, OttoResolvent *resolvent)
{
  OttoResolvent s;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(PetscNew(&s));
  *resolvent = s;
  s->generator = generator;
  s->grid = OttoGeneratorGetGrid(generator);
  s->g = OttoGridGetInfo(s->grid);
  s->state = -1;
  s->learned.way = -1;
  s->rtol = 1e-10;
  PetscCall(OttoFieldCreate(s->grid, &s->residual));
  PetscCall(OttoFieldCreate(s->grid, &s->image));
  PetscCall(OttoFieldCreate(s->grid, &s->update));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventDestroy(OttoResolvent *resolvent)
{
  OttoResolvent s = *resolvent;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(KSPDestroy(&s->ksp));
  PetscCall(OttoResolventKeptDestroy(s));
  PetscCall(OttoMultigridDestroy(&s->multigrid));
  PetscCall(OttoAggregationDestroy(&s->aggregation));
  PetscCall(MatDestroy(&s->A));
  Vec *vectors[] = {&s->W, &s->diagonal, &s->residual, &s->image, &s->update, &s->spare};
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) PetscCall(VecDestroy(vectors[i]));
  PetscCall(PetscFree(*resolvent));
  PetscFunctionReturn(0);
}

/* Reads the options into a solver that is thrown away: what PETSc refuses is bad input, and known
 * before anything is computed; the solvers themselves are made when they are needed. */
static PetscErrorCode TryOptions(OttoResolvent s)
{
  PetscInt levels = 1; /* PETSc itself takes 0, and crashes */
  KSP ksp;
  PC pc;

  PetscFunctionBegin;
  OttoOptionsPetsc(s->g->comm, PetscOptionsGetInt(NULL, NULL, "-pc_mg_levels", &levels, NULL));
  OttoCheckInput(levels >= 1, "pc_mg_levels: %lld; it must be at least 1", (long long)levels);
  PetscCall(KSPCreate(s->g->comm, &ksp));
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCMG));
  OttoOptionsPetsc(s->g->comm, KSPSetFromOptions(ksp));
  PetscCall(KSPDestroy(&ksp));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSetFromOptions(OttoResolvent s)
{
  static const char *const keys[] = {"-ksp_type", "-pc_type", "-ksp_max_it"};

  PetscFunctionBegin;
  s->from_options = PETSC_TRUE;
  s->pinned = PETSC_FALSE;
  for (int i = 0; i < 3; i++) {
    PetscBool set;
    PetscCall(PetscOptionsHasName(NULL, NULL, keys[i], &set));
    if (set) s->pinned = PETSC_TRUE;
  }
  PetscCall(TryOptions(s));
  s->state = -1;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSetFactors(OttoResolvent s, OttoFactorsUse use)
{
  PetscFunctionBegin;
  s->use = use;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSetTolerance(OttoResolvent s, PetscReal rtol)
{
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  if (s->from_options) PetscCall(PetscOptionsHasName(NULL, NULL, "-ksp_rtol", &given));
  s->rtol = rtol;
  if (s->ksp && !given)
    PetscCall(KSPSetTolerances(s->ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSetShift(OttoResolvent s, PetscReal sigma)
{
  PetscFunctionBegin;
  OttoCheckInput(sigma > 0 && isfinite(sigma), "resolvent: sigma %g; it must be above 0",
                 (double)sigma);
  /* larger σ is easier: what failed deserves another trial */
  if (s->learned.way < 0 || sigma > 8 * s->learned.failed_below) {
    if (s->learned.way < 0 || s->learned.failed_below > 0) PetscCall(OttoResolventFirstWay(s));
  }
  if (s->state == OttoGeneratorState(s->generator)) {
    if (sigma == s->sigma) PetscFunctionReturn(0);
    s->sigma = sigma;
    PetscCall(OttoResolventShift(s));
  } else {
    s->sigma = sigma;
    PetscCall(OttoResolventBuild(s));
  }
  PetscCall(OttoResolventSetUpSolver(s));
  PetscFunctionReturn(0);
}

/* Whether a key is given that a solver of this kind, or one inside it, may read. */
static PetscErrorCode IsAsked(PetscBool *asked)
{
  static const char *const prefixes[] = {"-ksp_", "-pc_", "-mg_", "-sub_", "-mat_"};
  char *all = NULL;

  PetscFunctionBegin;
  *asked = PETSC_FALSE;
  PetscCall(PetscOptionsGetAll(NULL, &all));
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
    if (strstr(all, prefixes[i])) *asked = PETSC_TRUE;
  PetscCall(PetscFree(all));
  PetscFunctionReturn(0);
}

/* What a key of an inner solver means is known when that solver is there: how many levels there
 * are, what an algebraic multigrid makes of the matrix, whether an incomplete factorisation breaks
 * down. No stand-in on another grid would tell. Where no such key is given there is nothing to
 * read.
 */
PetscErrorCode OttoResolventReadOptions(OttoResolvent s)
{
  PetscBool asked = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(IsAsked(&asked));
  if (asked) PetscCall(OttoResolventSetShift(s, 1)); /* no key depends on σ */
  PetscFunctionReturn(0);
}

/* residual = f - (σ - Qᵀ) x, and its L1 norm. */
static PetscErrorCode Residual(OttoResolvent s, Vec f, Vec x, PetscReal *norm)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorApply(s->generator, x, s->image));
  PetscCall(VecAXPY(s->image, -s->sigma, x));
  PetscCall(VecWAXPY(s->residual, 1, s->image, f));
  PetscCall(VecNorm(s->residual, NORM_1, norm));
  PetscFunctionReturn(0);
}

/* Applications behind `iterations` of the method; BiCGStab takes two a step. */
static PetscErrorCode CountWork(OttoResolvent s, const OttoKept *kept, PetscInt iterations,
                                OttoSolveReport *report)
{
  PetscBool twice;
  PetscReal per;

  PetscFunctionBegin;
  if (kept) report->applications += kept->work * iterations;
  if (kept) PetscFunctionReturn(0);
  PetscCall(PetscObjectTypeCompareAny((PetscObject)s->ksp, &twice, KSPBCGS, KSPFBCGS, KSPIBCGS,
                                      KSPCGS, ""));
  per = (1 + s->work) * (twice ? 2 : 1);
  report->applications += per * iterations + (s->follows ? 0 : s->work + s->looks);
  PetscFunctionReturn(0);
}

/* x += (σ - Qᵀ)⁻¹ residual, to the goal, or by factors kept; *reason is the method's, which squares
 * what it is given and therefore sees a residual of L1 norm 1. */
static PetscErrorCode Correct(OttoResolvent s, const OttoKept *kept, Vec x, OttoSolveReport *report,
                              KSPConvergedReason *reason)
{
  KSP ksp = kept ? kept->ksp : s->ksp;
  PetscInt iterations = 0;
  PetscReal norm = 0;

  PetscFunctionBegin;
  s->looks = 0;
  PetscCall(VecNorm(s->residual, NORM_1, &norm));
  PetscCall(VecScale(s->residual, 1 / norm));
  s->goal /= norm;
  if (s->W) PetscCall(VecPointwiseDivide(s->residual, s->residual, s->W));
  PetscCall(KSPSolve(ksp, s->residual, s->update));
  PetscCall(KSPGetIterationNumber(ksp, &iterations));
  PetscCall(KSPGetConvergedReason(ksp, reason));
  report->iterations += iterations;
  PetscCall(CountWork(s, kept, iterations, report));
  if (s->W) PetscCall(VecPointwiseMult(s->update, s->update, s->W));
  PetscCall(VecAXPY(x, norm, s->update));
  PetscFunctionReturn(0);
}

static PetscErrorCode Tolerance(OttoResolvent s, OttoSolveReport *report, PetscReal *relative)
{
  PetscReal rtol = 0;

  PetscFunctionBegin;
  PetscCall(KSPGetTolerances(s->ksp, &rtol, NULL, NULL, NULL));
  report->floor = PetscMin(OTTO_FLOOR_MOST, PETSC_MACHINE_EPSILON * (2 + s->norm / s->sigma));
  *relative = PetscMax(rtol, report->floor);
  PetscFunctionReturn(0);
}

/* Rounds of the way in use, or of factors kept: the true residual decides. `of_f` = ‖f‖₁ > 0. */
static PetscErrorCode SolveOneWay(OttoResolvent s, const OttoKept *kept, Vec f, PetscReal of_f,
                                  Vec x, OttoSolveReport *report)
{
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  PetscReal norm = 0, relative = 0;

  PetscFunctionBegin;
  PetscCall(Tolerance(s, report, &relative));
  for (PetscInt round = 0;; round++) {
    PetscCall(Residual(s, f, x, &norm));
    report->applications += 1;
    report->residual = norm / of_f;
    report->converged = norm <= relative * of_f ? PETSC_TRUE : PETSC_FALSE;
    if (report->converged || round == ROUNDS || reason < 0) break;
    /* worse than nothing, or, where factors make a solution right in every cell, no better than
     * it: start from 0 */
    if (!(norm <= of_f) || (kept && !round)) {
      PetscCall(VecSet(x, 0));
      PetscCall(VecCopy(f, s->residual));
    }
    s->goal = 0.5 * relative * of_f; /* room for rounding, and for the repair of a density */
    PetscCall(Correct(s, kept, x, report, &reason));
  }
  if (report->converged) PetscFunctionReturn(0);
  if (reason < 0)
    snprintf(report->reason, sizeof report->reason,
             "%s after %d iterations; L1 residual %.2g of the right side, wanted %.2g",
             KSPConvergedReasons[reason], (int)report->iterations, (double)report->residual,
             (double)relative);
  else
    snprintf(report->reason, sizeof report->reason,
             "the L1 residual stays at %.2g of the right side in %d rounds; wanted %.2g",
             (double)report->residual, ROUNDS, (double)relative);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSolve(OttoResolvent s, Vec f, Vec x, OttoSolveReport *report)
{
  PetscReal of_f = 0, sigma = s->sigma;
  const OttoKept *kept = NULL;

  PetscFunctionBegin;
  OttoNeed(s->sigma > 0, "OttoResolventSetShift()");
  PetscCall(PetscMemzero(report, sizeof *report));
  PetscCall(VecNorm(f, NORM_1, &of_f));
  if (of_f == 0) {
    PetscCall(VecSet(x, 0));
    report->converged = PETSC_TRUE;
    PetscFunctionReturn(0);
  }
  if (!isfinite(of_f)) {
    snprintf(report->reason, sizeof report->reason, "the right side is not finite");
    PetscFunctionReturn(0);
  }
  PetscCall(OttoResolventKept(s, &kept));
  if (kept) PetscCall(SolveOneWay(s, kept, f, of_f, x, report));
  if (kept && !report->converged) OttoResolventGiveUpFactors(s);
  while (!report->converged) {
    const PetscInt before = report->iterations;
    PetscCall(SolveOneWay(s, NULL, f, of_f, x, report));
    s->learned.worst = PetscMax(s->learned.worst, report->iterations - before);
    if (report->converged) break;
    if (s->learned.stale) { /* not the way's fault, perhaps */
      PetscCall(OttoResolventRefresh(s));
      continue;
    }
    if (!OttoResolventNextWay(s)) break;
    PetscCall(PetscInfo(s->ksp, "%s; trying: %s\n", report->reason, OttoResolventGetForm(s)));
    PetscCall(OttoResolventSetShift(s, sigma));
  }
  if (report->converged) report->reason[0] = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSolveDensityLogs(OttoResolvent s, Vec f, Vec log_f, Vec x, Vec *log_x,
                                             OttoSolveReport *report)
{
  PetscReal mass_f = 0, relative = 0;

  PetscFunctionBegin;
  PetscCall(OttoResolventSolve(s, f, x, report));
  PetscCall(OttoFieldIntegral(s->grid, f, &mass_f));
  if (!(mass_f > 0)) {
    if (log_x) PetscCall(VecDestroy(log_x));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoResolventRepair(s, f, x, report));
  if (report->converged) report->reason[0] = 0;
  if (report->converged) PetscCall(OttoResolventFindLogs(s, f, log_f, x, log_x, report));
  PetscCall(OttoResolventConserve(s, f, log_f, x, log_x ? *log_x : NULL, report));
  PetscCall(Tolerance(s, report, &relative));
  if (report->floor == OTTO_FLOOR_MOST) relative = CONSERVED; /* no residual has decided */
  if (report->converged && !(report->rescaled <= relative)) {
    report->converged = PETSC_FALSE;
    snprintf(report->reason, sizeof report->reason,
             "the repaired density has to be rescaled by %.2g of its mass; allowed %.2g",
             (double)report->rescaled, (double)relative);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSolveDensity(OttoResolvent s, Vec f, Vec x, OttoSolveReport *report)
{
  PetscFunctionBegin;
  PetscCall(OttoResolventSolveDensityLogs(s, f, NULL, x, NULL, report));
  PetscFunctionReturn(0);
}

OttoGenerator OttoResolventGetGenerator(OttoResolvent s)
{
  return s->generator;
}

const char *OttoResolventGetForm(OttoResolvent s)
{
  return s->learned.way < 0 ? "plain" : OttoResolventWay(s)->form;
}

PetscErrorCode OttoResolventDescribe(OttoResolvent s, char text[], size_t size)
{
  KSPType method = NULL;
  PCType type = NULL;
  PetscInt levels = 0, kept = 0;
  PC pc;

  PetscFunctionBegin;
  text[0] = 0;
  if (!s->ksp) PetscFunctionReturn(0);
  PetscCall(KSPGetType(s->ksp, &method));
  PetscCall(KSPGetPC(s->ksp, &pc));
  PetscCall(PCGetType(pc, &type));
  if (s->uses_multigrid) PetscCall(PCMGGetLevels(pc, &levels));
  OttoResolventKeptBytes(s, &kept);
  if (levels)
    snprintf(text, size, "%s, geometric multigrid of %d levels%s", method, (int)levels,
             kept ? "; factors where a step recurs" : "");
  else
    snprintf(text, size, "%s, %s%s", method, type, kept ? "; factors where a step recurs" : "");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventGetOperators(OttoResolvent s, Mat *A, Vec *W, PC *pc)
{
  PetscFunctionBegin;
  OttoNeed(s->sigma > 0, "OttoResolventSetShift()");
  *A = s->A;
  *W = s->W;
  PetscCall(KSPGetPC(s->ksp, pc));
  PetscFunctionReturn(0);
}

size_t OttoResolventBytes(OttoResolvent s)
{
  const size_t field = (size_t)s->g->local_cells * sizeof(PetscReal);
  PetscInt kept = 0;
  size_t sum = 0;

  if (OttoMatrixBytes(s->A, &sum)) sum = 0;
  sum += OttoResolventKeptBytes(s, &kept);
  sum += field * ((s->W ? 1 : 0) + (s->diagonal ? 1 : 0) + (s->spare ? 1 : 0) + 3 + 4);
  if (s->aggregation) sum += OttoAggregationBytes(s->aggregation);
  return sum + (s->uses_multigrid ? OttoMultigridBytes(s->multigrid) : 0);
}
