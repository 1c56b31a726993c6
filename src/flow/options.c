/* Which of PETSc's time steppers, and how they step. */
#include "flow_impl.h"
#include <otto/options.h>
#include <float.h>
#include <math.h>

/* Of the mean density: cells below it count as much as it does. */
#define SHARE 0.01

/* Implicit Euler in the form that stores the state as it was solved: TSBEULER forms u + dt·u̇, whose
 * rounding would undo positivity in the tails. */
static PetscErrorCode ChooseEuler(OttoFlow s)
{
  PetscFunctionBegin;
  PetscCall(TSSetType(s->ts, TSTHETA));
  PetscCall(TSThetaSetTheta(s->ts, 1));
  PetscCall(TSThetaSetEndpoint(s->ts, PETSC_TRUE));
  s->euler = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* One of `names` (NULL-terminated), or absent. */
static PetscErrorCode CheckName(const char *key, const char *const names[], const char *all)
{
  char named[64] = "";
  PetscBool given, same = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetString(NULL, NULL, key, named, sizeof named, &given));
  for (int i = 0; given && names[i] && !same; i++) PetscCall(PetscStrcmp(named, names[i], &same));
  OttoCheckInput(!given || same, "%s: '%s' is not one of %s", key + 1, named, all);
  PetscFunctionReturn(0);
}

/* What TS would take and the flow cannot serve: other adaptors need a function or a history, and
 * rows have their times. */
static PetscErrorCode CheckKeys(OttoFlow s)
{
  static const char *const types[] = {TSBEULER, TSCN, TSTHETA, TSBDF, TSARKIMEX, NULL};
  static const char *const adaptors[] = {TSADAPTNONE, TSADAPTBASIC, TSADAPTDSP, NULL};
  static const char *const own[] = {
      "-ts_exact_final_time", "-ts_init_time",           "-ts_max_time",
      "-ts_time_span",        "-ts_error_if_step_fails", "-ts_convergence_estimate"};
  PetscBool given = PETSC_FALSE;
  PetscReal theta = 1;
  PetscInt most = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    PetscCall(PetscOptionsHasName(NULL, NULL, own[i], &given));
    OttoCheckInput(!given, "%s: not to be given; time_start, time_stop and time_samples set it",
                   own[i] + 1);
  }
  OttoOptionsPetsc(s->g->comm, PetscOptionsGetReal(NULL, NULL, "-ts_dt", &s->dt_given, &given));
  OttoCheckInput(!given || (s->dt_given > 0 && isfinite(s->dt_given)),
                 "ts_dt: %g; it must be above 0 and finite", (double)s->dt_given);
  OttoOptionsPetsc(s->g->comm, PetscOptionsGetInt(NULL, NULL, "-ts_max_steps", &most, &given));
  OttoOptionsPetsc(s->g->comm, PetscOptionsGetReal(NULL, NULL, "-ts_theta_theta", &theta, &given));
  OttoCheckInput(theta > 0 && theta <= 1, "ts_theta_theta: %g; it must be above 0 and at most 1",
                 (double)theta);
  OttoCheckInput(most >= 0, "ts_max_steps: %lld; it must be at least 0", (long long)most);
  PetscCall(CheckName("-ts_type", types, "beuler, cn, theta, bdf, arkimex"));
  PetscCall(CheckName("-ts_adapt_type", adaptors, "none, basic, dsp"));
  PetscFunctionReturn(0);
}

/* theta in the form whose stage is the state it ends in: the other's stage lies between, and does
 * not show that the state has become negative. */
static PetscErrorCode ChooseEndpoint(OttoFlow s)
{
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscOptionsHasName(NULL, NULL, "-ts_theta_endpoint", &given));
  if (!given) PetscCall(TSThetaSetEndpoint(s->ts, PETSC_TRUE));
  PetscFunctionReturn(0);
}

/* What PETSc takes in units of a density or of time, in this problem's: an error of a cell counts
 * from ts_rtol of a share of the mean density on (of p and q each), and steps may be of any length.
 */
static PetscErrorCode SetScales(OttoFlow s, TSAdapt adapt)
{
  PetscReal atol = 0, rtol = 0, least = 0, most = 0;
  PetscBool given = PETSC_FALSE;
  PetscScalar *a;
  Vec scales;

  PetscFunctionBegin;
  PetscCall(TSAdaptGetStepLimits(adapt, &least, &most));
  PetscCall(PetscOptionsHasName(NULL, NULL, "-ts_adapt_dt_min", &given));
  if (!given) least = DBL_MIN;
  PetscCall(PetscOptionsHasName(NULL, NULL, "-ts_adapt_dt_max", &given));
  if (!given) most = PETSC_MAX_REAL;
  PetscCall(TSAdaptSetStepLimits(adapt, least, most));
  PetscCall(PetscOptionsHasName(NULL, NULL, "-ts_atol", &given));
  if (given) PetscFunctionReturn(0);
  PetscCall(TSGetTolerances(s->ts, &atol, NULL, &rtol, NULL));
  PetscCall(VecDuplicate(s->state, &scales));
  PetscCall(VecGetArray(scales, &a));
  for (PetscInt b = 0; b < s->blocks; b++) {
    const PetscReal mean = s->mass[b] / (s->g->cell_volume * (PetscReal)s->g->cells);
    for (PetscInt64 c = 0; c < s->g->local_cells; c++)
      a[b * s->g->local_cells + c] = SHARE * rtol * mean;
    if (s->absorbs) a[s->blocks * s->g->local_cells + b] = SHARE * rtol * s->mass[b];
  }
  PetscCall(VecRestoreArray(scales, &a));
  PetscCall(TSSetTolerances(s->ts, atol, scales, rtol, NULL));
  PetscCall(VecDestroy(&scales));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetFromOptions(OttoFlow s)
{
  TSType type;
  TSAdapt adapt;
  PetscBool same = PETSC_FALSE, none = PETSC_TRUE;
  SNES snes;

  PetscFunctionBegin;
  PetscCall(CheckKeys(s));
  OttoOptionsPetsc(s->g->comm, TSSetFromOptions(s->ts));
  PetscCall(TSGetType(s->ts, &type));
  PetscCall(PetscStrcmp(type, TSBEULER, &same));
  if (same) PetscCall(ChooseEuler(s));
  PetscCall(TSGetType(s->ts, &type));
  PetscCall(PetscStrcmp(type, TSTHETA, &same));
  if (same && !s->euler) PetscCall(ChooseEndpoint(s));
  PetscCall(TSGetAdapt(s->ts, &adapt));
  PetscCall(PetscObjectTypeCompare((PetscObject)adapt, TSADAPTNONE, &none));
  s->fixed = none;
  PetscCall(SetScales(s, adapt));
  PetscCall(TSAdaptSetCheckStage(adapt, OttoFlowCheckStage));
  PetscCall(TSGetSNES(s->ts, &snes));
  PetscCall(SNESSetType(snes, SNESSHELL));
  PetscCall(SNESShellSetContext(snes, s));
  PetscCall(SNESShellSetSolve(snes, OttoFlowSolveStage));
  PetscCall(TSSetSolution(s->ts, s->state));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetStep(OttoFlow s, PetscReal dt)
{
  TSAdapt adapt;

  PetscFunctionBegin;
  PetscCall(TSGetAdapt(s->ts, &adapt));
  PetscCall(TSAdaptSetType(adapt, TSADAPTNONE));
  s->fixed = PETSC_TRUE;
  if (dt != s->dt_given) s->length = 0;
  s->dt_given = dt;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSuggestStep(OttoFlow s, PetscReal dt)
{
  PetscFunctionBegin;
  s->dt = dt;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetType(OttoFlow s, TSType type)
{
  PetscFunctionBegin;
  PetscCall(TSSetType(s->ts, type));
  s->euler = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscBool OttoFlowIsFixed(OttoFlow s)
{
  return s->fixed;
}
