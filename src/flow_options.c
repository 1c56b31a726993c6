/* Which of PETSc's time steppers, and how they step. */
#include "flow_impl.h"
#include <otto/options.h>
#include <math.h>

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
  PetscInt most = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    PetscCall(PetscOptionsHasName(NULL, NULL, own[i], &given));
    OttoCheckInput(!given, "%s: not to be given; time_start, time_stop and time_samples set it",
                   own[i] + 1);
  }
  OttoOptionsPetsc(PetscOptionsGetReal(NULL, NULL, "-ts_dt", &s->dt_given, &given));
  OttoCheckInput(!given || (s->dt_given > 0 && isfinite(s->dt_given)),
                 "ts_dt: %g; it must be above 0 and finite", (double)s->dt_given);
  OttoOptionsPetsc(PetscOptionsGetInt(NULL, NULL, "-ts_max_steps", &most, &given));
  OttoCheckInput(most >= 0, "ts_max_steps: %lld; it must be at least 0", (long long)most);
  PetscCall(CheckName("-ts_type", types, "beuler, cn, theta, bdf, arkimex"));
  PetscCall(CheckName("-ts_adapt_type", adaptors, "none, basic, dsp"));
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
  OttoOptionsPetsc(TSSetFromOptions(s->ts));
  PetscCall(TSGetType(s->ts, &type));
  PetscCall(PetscStrcmp(type, TSBEULER, &same));
  if (same) PetscCall(ChooseEuler(s));
  PetscCall(TSGetAdapt(s->ts, &adapt));
  PetscCall(PetscObjectTypeCompare((PetscObject)adapt, TSADAPTNONE, &none));
  s->fixed = none;
  PetscCall(TSAdaptSetCheckStage(adapt, OttoFlowCheckStage));
  PetscCall(TSGetSNES(s->ts, &snes));
  PetscCall(SNESSetType(snes, SNESSHELL));
  PetscCall(SNESShellSetContext(snes, s));
  PetscCall(SNESShellSetSolve(snes, OttoFlowSolveStage));
  PetscCall(TSSetSolution(s->ts, s->state));
  PetscFunctionReturn(0);
}
