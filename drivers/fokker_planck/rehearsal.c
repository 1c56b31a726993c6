/*
 * One step of a tiny problem with PETSc's keys as they were given. PETSc reads some of them only
 * when it steps and solves; what it then refuses is bad input, and known before the output folder
 * is touched.
 */
#include <otto/options.h>
#include "fokker_planck.h"
#include <otto/signals.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CELLS 6 /* per axis */
#define STEPS 3 /* at most; with error control they may be short */

/* A chain without forces, of one density that is not its steady state, on this rank alone. */
typedef struct {
  OttoGrid grid;
  OttoGenerator generator;
  OttoResolvent resolvent;
  OttoFlow flow;
  Vec p;
} Tiny;

static PetscErrorCode Build(PetscInt dim, Tiny *s)
{
  PetscInt64 n[OTTO_MAX_DIM];
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];
  PetscScalar *p;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    n[j] = CELLS;
    lower[j] = 0;
    upper[j] = CELLS;
    boundary[j] = OTTO_BOUNDARY_NO_FLUX;
  }
  PetscCall(OttoGridCreate(PETSC_COMM_SELF, &s->grid));
  PetscCall(OttoGridSetBox(s->grid, dim, n, lower, upper, boundary));
  PetscCall(OttoGridSetUp(s->grid));
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscCall(OttoGeneratorCreate(s->grid, &s->generator));
  PetscCall(OttoGeneratorSetUp(s->generator));
  PetscCall(OttoFieldCreate(s->grid, &s->p));
  PetscCall(VecGetArray(s->p, &p));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    p[c] = (1 + (PetscReal)(c % CELLS)) / (PetscReal)g->local_cells;
  PetscCall(VecRestoreArray(s->p, &p));
  PetscFunctionReturn(0);
}

static PetscErrorCode Solve(Tiny *s)
{
  PetscReal dt = 0;

  PetscFunctionBegin;
  PetscCall(OttoResolventCreate(s->generator, &s->resolvent));
  PetscCall(OttoResolventSetFromOptions(s->resolvent));
  PetscCall(OttoResolventReadOptions(s->resolvent));
  PetscCall(OttoFlowCreateFokkerPlanck(s->generator, s->resolvent, s->p, NULL, &s->flow));
  PetscCall(OttoFlowSetFromOptions(s->flow));
  PetscCall(OttoFlowSetUp(s->flow));
  PetscCall(PetscOptionsGetReal(NULL, NULL, "-ts_dt", &dt, NULL));
  PetscCall(TSSetMaxSteps(OttoFlowGetTS(s->flow), STEPS));
  /* time has no unit here: a step is as long as a jump takes */
  const PetscErrorCode code = OttoFlowAdvance(s->flow, dt > 0 ? PetscMin(1, dt) : 1);
  /* what does not converge is a failure of the run, not of its keys: its last good state is kept */
  PetscFunctionReturn(code == OTTO_ERR_SOLVER ? 0 : code);
}

static PetscErrorCode Step(PetscInt dim)
{
  Tiny s = {0};

  PetscFunctionBegin;
  PetscCall(Build(dim, &s));
  const PetscErrorCode code = Solve(&s);
  if (!code) { /* what failed may be half made: left to the end of the program */
    PetscCall(OttoFlowDestroy(&s.flow));
    PetscCall(OttoResolventDestroy(&s.resolvent));
    PetscCall(VecDestroy(&s.p));
    PetscCall(OttoGeneratorDestroy(&s.generator));
    PetscCall(OttoGridDestroy(&s.grid));
  }
  PetscFunctionReturn(code);
}

/* What the rehearsal says is nobody's business. Returns the descriptor of what stdout was, or -1.
 */
static int Hide(void)
{
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  int before;

  fflush(stdout);
  before = null < 0 ? -1 : dup(STDOUT_FILENO);
  if (before >= 0) dup2(null, STDOUT_FILENO);
  if (null >= 0) close(null);
  return before;
}

static void Show(int before)
{
  fflush(stdout);
  if (before < 0) return;
  dup2(before, STDOUT_FILENO);
  close(before);
}

/* Files of viewers are written by the run itself. */
static PetscBool NamesFile(const char *value)
{
  return strchr(value, ':') ? PETSC_TRUE : PETSC_FALSE;
}

/* Whether the i-th key that was given is PETSc's; the key with its '-'. */
static PetscBool PetscKey(PetscInt i, char name[128], const char **value)
{
  const char *key;

  OttoOptionsGiven(i, &key, value);
  if (!key || !OttoOptionsIsPetscKey(key) || !strncmp(key, "log_", 4)) return PETSC_FALSE;
  snprintf(name, 128, "-%s", key);
  return PETSC_TRUE;
}

/* Whether the i-th key that was given is left out of the rehearsal: files of viewers, and forces of
 * the run's own box and cells. */
static PetscBool LeftOut(PetscInt i, char name[128], const char **value)
{
  const char *key;

  if (PetscKey(i, name, value)) return NamesFile(*value);
  OttoOptionsGiven(i, &key, value);
  if (!key || (strncasecmp(key, "potential_", 10) && strncasecmp(key, "drift_", 6)))
    return PETSC_FALSE;
  snprintf(name, 128, "-%s", key);
  return PETSC_TRUE;
}

static PetscErrorCode Restore(const char *name, const char *value)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, name, *value ? value : NULL));
  PetscFunctionReturn(0);
}

/* The key without which the step succeeds: its number, or -1. */
static PetscErrorCode FindCulprit(PetscInt dim, PetscInt *culprit)
{
  char name[128];
  const char *key, *value;

  PetscFunctionBegin;
  *culprit = -1;
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key && *culprit < 0; i++) {
    if (!PetscKey(i, name, &value) || NamesFile(value)) continue;
    PetscCall(PetscOptionsClearValue(NULL, name));
    if (!Step(dim)) *culprit = i;
    PetscCall(Restore(name, value));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Refuse(PetscInt dim)
{
  char cause[400], name[128];
  const char *value = "";
  PetscInt culprit = -1;

  PetscFunctionBegin;
  snprintf(cause, sizeof cause, "%s", OttoErrorMessage());
  OttoErrorClear();
  PetscCall(FindCulprit(dim, &culprit));
  OttoErrorClear();
  if (culprit >= 0 && PetscKey(culprit, name, &value))
    OttoFail(OTTO_ERR_INPUT, "%s%s%.60s%s: not even a tiny problem can be stepped with it: %s",
             name + 1, *value ? ": '" : "", value, *value ? "'" : "", cause);
  OttoFail(OTTO_ERR_INPUT,
           "keys of PETSc's (ts_, ksp_, pc_, mg_): not even a tiny problem can be "
           "stepped with them: %s",
           cause);
}

static PetscErrorCode Rehearse(PetscInt dim)
{
  char name[128];
  const char *key, *value;

  PetscFunctionBegin;
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++)
    if (LeftOut(i, name, &value)) PetscCall(PetscOptionsClearValue(NULL, name));
  const int before = Hide();
  PetscErrorCode code = Step(dim);
  if (code)
    code = Refuse(dim);
  else
    OttoErrorClear();
  Show(before);
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++)
    if (LeftOut(i, name, &value)) PetscCall(Restore(name, value));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoRunRehearse(const OttoFokkerPlanck *law)
{
  const OttoGridInfo *g = OttoGridGetInfo(law->grid);
  char name[128];
  const char *key, *value;
  PetscBool any = PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt i = 0; OttoOptionsGiven(i, &key, &value), key; i++)
    if (PetscKey(i, name, &value)) any = PETSC_TRUE;
  if (!any) PetscFunctionReturn(0);
  OttoSignalsNote(NULL, "trying PETSc's keys");
  PetscCall(OttoAgreeSoon(g->comm, Rehearse(g->dim)));
  OttoSignalsNote(NULL, "the preparation");
  PetscFunctionReturn(0);
}
