/* Which of PETSc's time steppers, and how they step. */
#include "own_steps.h"
#include "time_stepping.h"
#include <otto/options.h>
#include <float.h>
#include <math.h>

/* Of the mean density: cells below it count as much as it does. */
#define SHARE 0.01

/* Implicit Euler in the form that stores the state as it was solved: TSBEULER forms u + dt·u̇, whose
 * rounding would undo positivity in the tails. */
static PetscErrorCode ChooseEuler(OttoTimeStepping s)
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
static PetscErrorCode CheckKeys(OttoFlow flow)
{
  static const char *const types[] = {TSBEULER, TSCN, TSTHETA, TSBDF, TSARKIMEX, NULL};
  static const char *const adaptors[] = {TSADAPTNONE, TSADAPTBASIC, TSADAPTDSP, NULL};
  static const char *const own[] = {
      "-ts_exact_final_time", "-ts_init_time",           "-ts_max_time",
      "-ts_time_span",        "-ts_error_if_step_fails", "-ts_convergence_estimate"};
  PetscBool given = PETSC_FALSE;
  PetscReal theta = 1, dt = flow->stepping->dt_given;
  PetscInt most = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    PetscCall(PetscOptionsHasName(NULL, NULL, own[i], &given));
    OttoCheckInput(!given, "%s: not to be given; time_start, time_stop and time_samples set it",
                   own[i] + 1);
  }
  OttoOptionsPetsc(flow->g->comm, PetscOptionsGetReal(NULL, NULL, "-ts_dt", &dt, &given));
  OttoCheckInput(!given || (dt > 0 && isfinite(dt)), "ts_dt: %g; it must be above 0 and finite",
                 (double)dt);
  OttoOptionsPetsc(flow->g->comm, PetscOptionsGetInt(NULL, NULL, "-ts_max_steps", &most, &given));
  OttoOptionsPetsc(flow->g->comm,
                   PetscOptionsGetReal(NULL, NULL, "-ts_theta_theta", &theta, &given));
  OttoCheckInput(theta > 0 && theta <= 1, "ts_theta_theta: %g; it must be above 0 and at most 1",
                 (double)theta);
  OttoCheckInput(most >= 0, "ts_max_steps: %lld; it must be at least 0", (long long)most);
  PetscCall(CheckName("-ts_type", types, "beuler, cn, theta, bdf, arkimex"));
  PetscCall(CheckName("-ts_adapt_type", adaptors, "none, basic, dsp"));
  flow->stepping->dt_given = dt;
  PetscFunctionReturn(0);
}

/* theta in the form whose stage is the state it ends in: the other's stage lies between, and does
 * not show that the state has become negative. */
static PetscErrorCode ChooseEndpoint(OttoTimeStepping s)
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
static PetscErrorCode SetScales(OttoFlow flow, TSAdapt adapt)
{
  OttoTimeStepping s = flow->stepping;
  const OttoGridInfo *g = flow->g;
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
  for (PetscInt b = 0; b < flow->blocks; b++) {
    const PetscReal mean = flow->mass[b] / (g->cell_volume * (PetscReal)g->cells);
    for (PetscInt64 c = 0; c < g->local_cells; c++) a[b * g->local_cells + c] = SHARE * rtol * mean;
    /* the law's own unknowns, as many a block, are masses */
    for (PetscInt c = 0; c < s->own / flow->blocks; c++)
      a[flow->blocks * g->local_cells + b * (s->own / flow->blocks) + c] =
          SHARE * rtol * flow->mass[b];
  }
  PetscCall(VecRestoreArray(scales, &a));
  PetscCall(TSSetTolerances(s->ts, atol, scales, rtol, NULL));
  PetscCall(VecDestroy(&scales));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimeSteppingOptions(OttoFlow flow)
{
  PetscFunctionBegin;
  PetscCall(CheckKeys(flow));
  OttoOptionsPetsc(flow->g->comm, TSSetFromOptions(flow->stepping->ts));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimeSteppingConfigure(OttoFlow flow)
{
  OttoTimeStepping s = flow->stepping;
  TSType type;
  TSAdapt adapt;
  PetscBool same = PETSC_FALSE, none = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(TSGetType(s->ts, &type));
  PetscCall(PetscStrcmp(type, TSBEULER, &same));
  if (same) PetscCall(ChooseEuler(s));
  PetscCall(TSGetType(s->ts, &type));
  PetscCall(PetscStrcmp(type, TSTHETA, &same));
  if (same && !s->euler) PetscCall(ChooseEndpoint(s));
  PetscCall(TSGetAdapt(s->ts, &adapt));
  PetscCall(PetscObjectTypeCompare((PetscObject)adapt, TSADAPTNONE, &none));
  s->fixed = none;
  PetscCall(SetScales(flow, adapt));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetStep(OttoFlow flow, PetscReal dt)
{
  OttoTimeStepping s = flow->stepping;
  TSAdapt adapt;

  PetscFunctionBegin;
  OttoNeed(flow->is_setup, "OttoFlowSetUp()");
  if (flow->own) {
    flow->own->length = 0;
    flow->own->dt = dt;
    PetscFunctionReturn(0);
  }
  PetscCall(TSGetAdapt(s->ts, &adapt));
  PetscCall(TSAdaptSetType(adapt, TSADAPTNONE));
  s->fixed = PETSC_TRUE;
  if (dt != s->dt_given) s->length = 0;
  s->dt_given = dt;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSuggestStep(OttoFlow flow, PetscReal dt)
{
  PetscFunctionBegin;
  OttoNeed(flow->is_setup, "OttoFlowSetUp()");
  OttoNeed(flow->stepping, "OttoFlowSetType() with a law that TS steps");
  flow->stepping->dt = dt;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetMethod(OttoFlow flow, TSType type)
{
  PetscFunctionBegin;
  OttoNeed(flow->is_setup, "OttoFlowSetUp()");
  OttoNeed(flow->stepping, "OttoFlowSetType() with a law that TS steps");
  PetscCall(TSSetType(flow->stepping->ts, type));
  flow->stepping->euler = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscBool OttoFlowIsFixed(OttoFlow flow)
{
  return flow->own || flow->stepping->fixed ? PETSC_TRUE : PETSC_FALSE;
}
