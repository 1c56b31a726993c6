/*
 * An implicit step by Newton's method: a positive guess, cells that keep a part of their last
 * value, and an L1 norm that bounds the error of the mass. Where F is linear in the
 * density (entropy by scharfetter_gummel without W) one iteration is all.
 */
#include "implicit_impl.h"
#include "core/fault.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST 15   /* Newton iterations; more refuse the step */
#define KEPT 0.01 /* of a cell's last value; where U'' is finite at 0 */
#define KEPT_FINITE 1e-3
#define GOAL 1e-12       /* L1 residual over the mass: ranks change a series by less than 1e-10 */
#define GOAL_MOST 1e-4   /* a residual beyond it solves nothing */
#define FLOOR_MOST 1e-4  /* beyond it a solution says nothing, whatever rounding allows */
#define SPARK 0.4        /* of the largest density: the most that the guess adds to empty cells */
#define SPARK_LEAST 1e-7 /* the least, where U'' is infinite at 0 */
/* Of the residual in an iteration, after which a preconditioner is kept where F is linear but for
 * W. Measured: Krylov iterations are then as many as with a new one; of powers, up to three times.
 */
#define FALL 1e-2
#define CUT_MOST                                                                                   \
  6 /* of second order: running iterations that would be negative, whose end                       \
       would be as well */

/* ---- SNES's view of the equations ---- */

static PetscErrorCode Equations(SNES snes, Vec u, Vec r, void *context)
{
  PetscFunctionBegin;
  (void)snes;
  PetscCall(OttoImplicitEvaluate((OttoImplicit)context, u, r, NULL));
  PetscFunctionReturn(0);
}

/* A residual that has fallen far in one iteration says that the derivatives it went by are still
 * right; without a U'', which fronts change by orders of magnitude, their preconditioner serves on.
 */
static PetscErrorCode Derivatives(SNES snes, Vec u, Mat whole, Mat local, void *context)
{
  OttoImplicit s = (OttoImplicit)context;
  PetscInt iteration = 0;

  PetscFunctionBegin;
  (void)whole, (void)local;
  PetscCall(SNESGetIterationNumber(snes, &iteration));
  const PetscBool serves =
      s->linear && iteration > 0 && s->norm < FALL * s->derived ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(SNESSetLagPreconditioner(snes, serves ? -1 : 1)); /* -1: none is made */
  s->derived = s->norm;
  PetscCall(OttoImplicitDerive(s, u));
  PetscFunctionReturn(0);
}

/* No cell falls below a part of what it is. PETSc's step is u − y. */
static PetscErrorCode KeepPositive(SNESLineSearch search, Vec u, Vec y, PetscBool *changed,
                                   void *context)
{
  OttoImplicit s = (OttoImplicit)context;
  const PetscScalar *is;
  PetscScalar *step;
  PetscBool cut = PETSC_FALSE;

  PetscFunctionBegin;
  (void)search;
  PetscCall(VecGetArrayRead(u, &is));
  PetscCall(VecGetArray(y, &step));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (step[c] > (1 - s->kept) * is[c]) {
      step[c] = (1 - s->kept) * is[c];
      cut = PETSC_TRUE;
    }
  PetscCall(VecRestoreArray(y, &step));
  PetscCall(VecRestoreArrayRead(u, &is));
  PetscCallMPI(MPIU_Allreduce(&cut, changed, 1, MPIU_BOOL, MPI_LOR, s->g->comm));
  s->cut = *changed ? s->cut + 1 : 0;
  PetscFunctionReturn(0);
}

/* The L1 residual over the mass. */
static PetscErrorCode Norm(OttoImplicit s, Vec r, PetscReal *norm)
{
  PetscFunctionBegin;
  PetscCall(VecNorm(r, NORM_1, norm));
  *norm *= s->share;
  PetscFunctionReturn(0);
}

static PetscReal Tolerance(OttoImplicit s)
{
  return PetscMax(s->goal, PetscMin(s->floor, FLOOR_MOST));
}

static PetscErrorCode Converged(SNES snes, PetscInt iteration, PetscReal unknown, PetscReal step,
                                PetscReal of, SNESConvergedReason *reason, void *context)
{
  OttoImplicit s = (OttoImplicit)context;
  Vec r = NULL, u = NULL;

  PetscFunctionBegin;
  (void)unknown, (void)step, (void)of;
  *reason = SNES_CONVERGED_ITERATING;
  PetscCall(SNESGetFunction(snes, &r, NULL, NULL));
  PetscCall(SNESGetSolution(snes, &u));
  PetscCall(Norm(s, r, &s->norm));
  PetscCall(OttoImplicitFloor(s, u, &s->floor));
  if (!isfinite(s->norm))
    *reason = SNES_DIVERGED_FNORM_NAN;
  else if (s->norm == 0)
    *reason = SNES_CONVERGED_FNORM_ABS;
  else if (iteration > 0 && s->norm <= Tolerance(s))
    *reason = SNES_CONVERGED_FNORM_ABS;
  else if (s->step.order == 2 && s->cut >= CUT_MOST)
    *reason = SNES_DIVERGED_INNER;
  PetscFunctionReturn(0);
}

/* ---- its life ---- */

PetscErrorCode OttoImplicitCreate(OttoEnergy energy, OttoFluxes fluxes, PetscBool from_options,
                                  OttoImplicit *implicit)
{
  OttoImplicit s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *implicit = s;
  s->energy = energy;
  s->fluxes = fluxes;
  s->grid = OttoEnergyGetGrid(energy);
  s->g = OttoGridGetInfo(s->grid);
  s->internal = OttoEnergyGetInternal(energy);
  s->interaction = OttoEnergyGetInteraction(energy);
  s->linear = OttoFluxesGetMobility(fluxes) == OTTO_MOBILITY_SCHARFETTER_GUMMEL;
  s->from_options = from_options;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoImplicitRest(OttoImplicit s)
{
  PetscFunctionBegin;
  Vec *vectors[] = {&s->guess, &s->residual, &s->slope,     &s->curvature, &s->middle,
                    &s->base,  &s->field,    &s->convolved, &s->of_field};
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) PetscCall(VecDestroy(vectors[i]));
  PetscCall(SNESDestroy(&s->snes));
  PetscCall(MatDestroy(&s->whole));
  PetscCall(MatDestroy(&s->local));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoImplicitDestroy(OttoImplicit *implicit)
{
  PetscFunctionBegin;
  if (!*implicit) PetscFunctionReturn(0);
  PetscCall(OttoImplicitRest(*implicit));
  PetscCall(PetscFree(*implicit));
  PetscFunctionReturn(0);
}

/* Newton's method as it is before any key. */
static PetscErrorCode Defaults(SNES snes)
{
  SNESLineSearch search;

  PetscFunctionBegin;
  PetscCall(SNESSetType(snes, SNESNEWTONLS));
  PetscCall(SNESGetLineSearch(snes, &search));
  PetscCall(SNESLineSearchSetType(search, SNESLINESEARCHBT));
  /* a density's unit is the user's: steps may be of any length in it */
  PetscCall(SNESLineSearchSetTolerances(search, PETSC_DEFAULT, PETSC_MAX_REAL, PETSC_DEFAULT,
                                        PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(SNESSetTolerances(snes, GOAL, 0, 0, MOST, PETSC_DEFAULT));
  PetscFunctionReturn(0);
}

/* One that is to be used, where there is none. */
static PetscErrorCode Wake(OttoImplicit s)
{
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(OttoAgree(s->g->comm, OttoImplicitWake(s)));
  if (s->snes) PetscFunctionReturn(0);
  PetscCall(SNESCreate(s->g->comm, &s->snes));
  PetscCall(Defaults(s->snes));
  PetscCall(SNESSetFunction(s->snes, s->residual, Equations, s));
  PetscCall(SNESSetJacobian(s->snes, s->whole, s->local, Derivatives, s));
  PetscCall(SNESGetKSP(s->snes, &ksp));
  /* an inexact Newton method, but where one iteration is to do it all */
  PetscCall(SNESKSPSetUseEW(s->snes,
                            !s->step.one && (!s->linear || s->interaction || s->step.order == 2)));
  PetscCall(SNESKSPSetParametersEW(s->snes, 2, 1e-2, 1e-2, 0.9, 2, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(OttoImplicitConfigureKrylov(s, ksp));
  if (s->from_options) PetscCall(SNESSetFromOptions(s->snes));
  PetscCall(SNESGetTolerances(s->snes, &s->goal, NULL, NULL, NULL, NULL));
  PetscCall(SNESSetConvergenceTest(s->snes, Converged, s, NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoImplicitTryOptions(MPI_Comm comm)
{
  PetscReal goal = 0;
  PetscInt most = 0;
  SNES snes;

  PetscFunctionBegin;
  PetscCall(SNESCreate(comm, &snes));
  PetscCall(Defaults(snes));
  OttoOptionsPetsc(comm, SNESSetFromOptions(snes));
  PetscCall(SNESGetTolerances(snes, &goal, NULL, NULL, &most, NULL));
  PetscCall(SNESDestroy(&snes));
  OttoCheckInput(most >= 1, "snes_max_it: %lld; it must be at least 1", (long long)most);
  OttoCheckInput(goal > 0 && goal <= GOAL_MOST,
                 "snes_atol: %g; it must be above 0 and at most %g: the L1 residual of a step over "
                 "its mass",
                 (double)goal, GOAL_MOST);
  PetscFunctionReturn(0);
}

/* ---- a step ---- */

/* Fronts advance by a cell an iteration into cells that are empty, and at once into cells that are
 * not: the guess has at least a part of the largest density everywhere, the larger the more of the
 * mass an explicit step would move. What was too much goes in a few iterations. */
static PetscErrorCode Guess(OttoImplicit s)
{
  const PetscReal zero = 0;
  const Vec field = OttoEnergyGetField(s->energy);
  const PetscScalar *v = NULL;
  PetscReal curvature = 0, most = 0, moved = 0;
  PetscScalar *u;

  PetscFunctionBegin;
  PetscCall(VecCopy(s->before, s->guess));
  if (s->linear && s->step.order == 1) PetscFunctionReturn(0);
  OttoInternalEvaluate(s->internal, OTTO_INTERNAL_CURVATURE, 1, &zero, &curvature);
  s->kept = isfinite(curvature) ? KEPT_FINITE : KEPT;
  PetscCall(OttoImplicitEvaluate(s, s->guess, s->residual, NULL));
  PetscCall(Norm(s, s->residual, &moved));
  PetscCall(OttoFieldRange(s->grid, s->guess, NULL, &most));
  PetscReal least = SPARK * most * (moved < 1 ? moved : 1);
  if (!isfinite(curvature)) least = PetscMax(least, SPARK_LEAST * most);
  if (s->step.one) least = isfinite(curvature) ? 0 : SPARK_LEAST * most;
  if (field) PetscCall(VecGetArrayRead(field, &v));
  PetscCall(VecGetArray(s->guess, &u));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (!(v && v[c] == INFINITY)) u[c] = PetscMax(u[c], least);
  PetscCall(VecRestoreArray(s->guess, &u));
  if (field) PetscCall(VecRestoreArrayRead(field, &v));
  PetscFunctionReturn(0);
}

static PetscErrorCode Begin(OttoImplicit s, const OttoImplicitStep *step, Vec before)
{
  PetscReal rtol = 0;
  PetscBool given = PETSC_FALSE;
  KSP ksp;

  PetscFunctionBegin;
  if (step->order != s->step.order) PetscCall(OttoImplicitRest(s));
  s->step = *step;
  s->before = before;
  s->share = s->g->cell_volume * step->dt / step->mass;
  s->cut = 0;
  PetscCall(Wake(s));
  PetscCall(OttoImplicitBegin(s));
  PetscCall(Guess(s));
  /* a solve may end where its L1 residual is a tenth of Newton's goal */
  PetscCall(SNESGetKSP(s->snes, &ksp));
  PetscCall(KSPGetTolerances(ksp, &rtol, NULL, NULL, NULL));
  PetscCall(PetscOptionsHasName(NULL, NULL, "-ksp_rtol", &given));
  if (step->one && !given) rtol = 0; /* there is no second iteration */
  PetscCall(KSPSetTolerances(ksp, rtol, 0.1 * s->goal / (s->share * sqrt((PetscReal)s->g->cells)),
                             PETSC_DEFAULT, PETSC_DEFAULT));
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

PetscErrorCode OttoImplicitReadOptions(OttoImplicit s, const OttoImplicitStep *step, Vec rho)
{
  PetscBool asked = PETSC_FALSE;
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(IsAsked(&asked));
  if (!asked || !s->from_options) PetscFunctionReturn(0);
  PetscCall(Begin(s, step, rho));
  PetscCall(OttoImplicitDerive(s, s->guess));
  PetscCall(SNESGetKSP(s->snes, &ksp));
  PetscCall(KSPSetOperators(ksp, s->whole, s->local));
  OttoOptionsPetsc(s->g->comm, KSPSetUp(ksp));
  PetscFunctionReturn(0);
}

/* Newton's method, from the guess to where it ends, by this kind of line search. */
static PetscErrorCode Run(OttoImplicit s, SNESLineSearchType type, OttoImplicitReport *report,
                          SNESConvergedReason *reason)
{
  SNESLineSearch search;
  PetscInt newton = 0, krylov = 0;

  PetscFunctionBegin;
  PetscCall(SNESGetLineSearch(s->snes, &search));
  if (type) PetscCall(SNESLineSearchSetType(search, type));
  PetscCall(SNESLineSearchSetPreCheck(search, KeepPositive, s));
  PetscCall(SNESSolve(s->snes, NULL, s->guess));
  PetscCall(SNESGetConvergedReason(s->snes, reason));
  PetscCall(SNESGetIterationNumber(s->snes, &newton));
  PetscCall(SNESGetLinearSolveIterations(s->snes, &krylov));
  report->newton += newton;
  report->krylov += krylov;
  PetscFunctionReturn(0);
}

/* A direction that cells kept positive have bent, or a face where ξ changes its order, may lead to
 * no smaller residual: whole steps then lead past it. */
static PetscErrorCode Iterate(OttoImplicit s, OttoImplicitReport *report)
{
  SNESConvergedReason reason = SNES_CONVERGED_ITERATING;

  PetscFunctionBegin;
  PetscCall(Run(s, s->bent ? SNESLINESEARCHBT : NULL, report, &reason));
  s->bent = PETSC_FALSE;
  if (reason == SNES_DIVERGED_LINE_SEARCH && !(s->norm <= Tolerance(s))) {
    PetscCall(Run(s, SNESLINESEARCHBASIC, report, &reason));
    s->bent = PETSC_TRUE;
  }
  report->residual = s->norm;
  report->rounding = s->floor;
  OttoFault("residual", 1, &report->residual);
  /* where rounding is all that is left no line search finds less */
  report->converged = reason > 0 || s->norm <= Tolerance(s) ? PETSC_TRUE : PETSC_FALSE;
  report->negative =
      !report->converged && reason == SNES_DIVERGED_INNER && s->cut ? PETSC_TRUE : PETSC_FALSE;
  if (report->negative)
    snprintf(report->reason, sizeof report->reason, "its result would be negative");
  else if (!report->converged)
    snprintf(report->reason, sizeof report->reason,
             "%s after %d Newton iterations; L1 residual %.2g of the mass, wanted %.2g",
             SNESConvergedReasons[reason], (int)report->newton, (double)s->norm,
             (double)Tolerance(s));
  PetscFunctionReturn(0);
}

/* One linear solve. */
static PetscErrorCode Once(OttoImplicit s, OttoImplicitReport *report)
{
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  PetscReal least = 0;
  KSP ksp;
  Vec change;

  PetscFunctionBegin;
  PetscCall(OttoImplicitEvaluate(s, s->guess, s->residual, NULL));
  PetscCall(OttoImplicitDerive(s, s->guess));
  PetscCall(SNESGetKSP(s->snes, &ksp));
  PetscCall(KSPSetOperators(ksp, s->whole, s->local));
  PetscCall(VecDuplicate(s->guess, &change));
  PetscCall(KSPSolve(ksp, s->residual, change));
  PetscCall(KSPGetConvergedReason(ksp, &reason));
  PetscCall(KSPGetIterationNumber(ksp, &report->krylov));
  report->newton = 1;
  PetscCall(VecAXPY(s->guess, -1, change));
  PetscCall(VecScale(s->residual, -1));
  PetscCall(MatMultAdd(s->whole, change, s->residual, s->residual));
  PetscCall(VecDestroy(&change));
  PetscCall(Norm(s, s->residual, &report->residual));
  PetscCall(OttoFieldRange(s->grid, s->guess, &least, NULL));
  report->negative = least < 0 ? PETSC_TRUE : PETSC_FALSE;
  report->converged = reason > 0 && least >= 0 ? PETSC_TRUE : PETSC_FALSE;
  if (report->negative)
    snprintf(report->reason, sizeof report->reason, "its result is negative, down to %.2g",
             (double)least);
  else if (!report->converged)
    snprintf(report->reason, sizeof report->reason, "%s after %d iterations",
             KSPConvergedReasons[reason], (int)report->krylov);
  PetscFunctionReturn(0);
}

/* after = the guess with the mass it is to have, and the fluxes there. */
static PetscErrorCode Finish(OttoImplicit s, Vec after, OttoImplicitReport *report)
{
  PetscReal mass = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(s->grid, s->guess, &mass));
  report->rescaled = fabs(1 - s->step.mass / mass);
  PetscCall(VecAXPBY(after, s->step.mass / mass, 0, s->guess));
  PetscCall(OttoImplicitEvaluate(s, after, NULL, &report->sums));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoImplicitSolve(OttoImplicit s, const OttoImplicitStep *step, Vec before,
                                 Vec after, OttoImplicitReport *report)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof *report));
  PetscCall(Begin(s, step, before));
  if (step->one)
    PetscCall(Once(s, report));
  else
    PetscCall(Iterate(s, report));
  if (report->converged) PetscCall(Finish(s, after, report));
  PetscFunctionReturn(0);
}
