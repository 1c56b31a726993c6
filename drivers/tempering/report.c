/* What a run of tempering is, what it leaves, and how it went. */
#include "problem.h"
#include <math.h>

PetscErrorCode OttoTemperingDescribe(OttoTemperingRun *s)
{
  static const char finer[] = "the grid is too coarse for these coordinates: a finer grid_n and "
                              "coordinates_n";

  PetscFunctionBegin;
  PetscCall(OttoRecordResultText(s->record, "metric", OttoMetricGetType(s->metric[0])));
  PetscCall(OttoRecordAdvice(s->record, "time_error",
                             "a smaller time_tolerance takes shorter steps; a larger one accepts "
                             "this"));
  if (!s->coordinates.map) PetscFunctionReturn(0);
  PetscCall(OttoRecordResult(s->record, "pushed_mass", s->coordinates.mass));
  PetscCall(OttoRecordResult(s->record, "derivative_error", s->coordinates.derivative));
  PetscCall(OttoRecordAdvice(s->record, "entropy_law", finer));
  PetscCall(OttoRecordAdvice(s->record, "difference_law", finer));
  PetscCall(OttoRecordAdvice(s->record, "riemannian", finer));
  PetscFunctionReturn(0);
}

/* A field of p, V = -log √g, or log J, as `what` says. */
typedef enum { PER_VOLUME, VOLUME } Shown;

static PetscErrorCode Show(const OttoTemperingLaw *law, Shown what, Vec out)
{
  const OttoGridInfo *g = OttoGridGetInfo(law->grid);
  Vec potential = OttoGeneratorGetPotential(law->generator);
  const PetscScalar *V, *p;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(potential, &V));
  PetscCall(VecGetArrayRead(law->p[0], &p));
  PetscCall(VecGetArray(out, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    values[c] = what == VOLUME ? exp(-V[c]) : p[c] * exp(V[c]);
  PetscCall(VecRestoreArray(out, &values));
  PetscCall(VecRestoreArrayRead(law->p[0], &p));
  PetscCall(VecRestoreArrayRead(potential, &V));
  PetscFunctionReturn(0);
}

/* Fields of one law, in a file of its own: boxes and cells are the law's. */
static PetscErrorCode SaveLaw(OttoTemperingRun *s, int i, PetscInt k, PetscReal t)
{
  static const char *const file[] = {"fields", "fields_new"};
  static const char *const p[] = {"density p, per volume of the box",
                                  "density p, per volume of new coordinates"};
  static const char *const volume[] = {"sqrt(g), Riemannian volume per volume of the box",
                                       "sqrt(g), Riemannian volume per volume of new coordinates"};
  const OttoTemperingLaw *law = &s->pair.law[i];
  OttoStorage *to = &s->storage[i];
  Vec field;

  PetscFunctionBegin;
  if (!*to) PetscCall(OttoStorageCreateNamed(law->grid, OttoRecordGetDir(s->record), file[i], to));
  PetscCall(OttoStorageWrite(*to, k, t, "p", "1/volume", p[i], law->p[0]));
  PetscCall(OttoFieldCreate(law->grid, &field));
  PetscCall(Show(law, PER_VOLUME, field));
  PetscCall(OttoStorageWrite(*to, k, t, "u", "1/volume",
                             "p/sqrt(g), the density per Riemannian volume", field));
  PetscCall(Show(law, VOLUME, field));
  PetscCall(OttoStorageWrite(*to, k, t, "volume", "1", volume[i], field));
  PetscCall(VecDestroy(&field));
  PetscFunctionReturn(0);
}

static PetscErrorCode Save(OttoTemperingRun *s, PetscInt k, PetscReal t)
{
  PetscFunctionBegin;
  for (int i = 0; i < s->pair.count; i++) PetscCall(SaveLaw(s, i, k, t));
  if (s->pair.log_jacobian)
    PetscCall(OttoStorageWrite(s->storage[0], k, t, "log_jacobian", "1",
                               "log |det D Phi| of the change of coordinates",
                               s->pair.log_jacobian));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSave(OttoTemperingRun *s, PetscInt k, PetscReal t)
{
  PetscFunctionBegin;
  if (!OttoRunSaves(s->run)) PetscFunctionReturn(0);
  PetscCall(Save(s, k, t));
  PetscCall(OttoRunSaveMarginals(s->storage[0], s->grid, OttoRunGetTimes(s->run), k,
                                 s->pair.law[0].p[0], NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSaveLast(OttoTemperingRun *s, PetscErrorCode code)
{
  const PetscBool between = !code && OttoRunIsStopped(s->run) ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt number = OttoRunGetTimes(s->run)->count;
  const PetscReal t = OttoFlowGetTime(s->pair.law[0].flow[0]);

  PetscFunctionBegin;
  if (code != OTTO_ERR_SOLVER && code != OTTO_ERR_STOPPED && !between) PetscFunctionReturn(0);
  if (code) code = OttoAgree(OttoGridGetInfo(s->grid)->comm, code);
  if (OttoRecordGetRows(s->record) == 0 || (between && OttoRunSaves(s->run)))
    PetscFunctionReturn(0);
  PetscCall(Save(s, number, t));
  for (int i = 0; i < s->pair.count; i++)
    PetscCall(OttoStorageNote(s->storage[i], number, t,
                              code == OTTO_ERR_SOLVER ? "state at failure: the last good one"
                                                      : "state when the run was stopped"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSaveEnd(OttoTemperingRun *s)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++)
    if (s->storage[i]) PetscCall(OttoStorageClose(&s->storage[i]));
  PetscFunctionReturn(0);
}

/* That tempering adds as much in any coordinates is no law. */
static PetscErrorCode SayDifference(OttoTemperingRun *s)
{
  const PetscReal *row = s->row;
  const PetscReal change = row[OTTO_TEMPERING_mean_log_jacobian] - s->start.mean_log_jacobian;
  PetscReal least = 0, most = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(s->grid, s->pair.log_jacobian, &least, &most));
  PetscCall(OttoRecordResult(s->record, "mean_log_jacobian_change", change));
  PetscCall(OttoRecordResult(s->record, "log_jacobian_range", most - least));
  PetscCall(
      OttoRecordAside(s->record, PETSC_FALSE,
                      "tempering adds %.6g nats to the entropy in the box and %.6g in new "
                      "coordinates: the difference "
                      "is what the mean of log J has changed by, %.6g, which is not zero in "
                      "general, but where J is "
                      "constant (here log J ranges over %.3g); per Riemannian volume both add %.6g",
                      (double)row[OTTO_TEMPERING_tempering_entropy],
                      (double)row[OTTO_TEMPERING_tempering_entropy_new], (double)change,
                      (double)(most - least), (double)row[OTTO_TEMPERING_riemannian_gain]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingReport(OttoTemperingRun *s)
{
  OttoFlowReport flow;
  PetscReal steps = 0;

  PetscFunctionBegin;
  if (OttoRecordGetRows(s->record) == 0) PetscFunctionReturn(0);
  for (PetscInt r = 0; r < OTTO_TEMPERING_RUNS; r++) {
    PetscCall(OttoFlowGetReport(s->pair.law[0].flow[r], &flow));
    if (r == 0) PetscCall(OttoRecordResult(s->record, "steps", (PetscReal)flow.steps));
    if (r > 0) steps += (PetscReal)flow.steps;
  }
  PetscCall(OttoRecordResult(s->record, "steps_beside", steps));
  if (s->coordinates.map) PetscCall(SayDifference(s));
  PetscCall(OttoTemperingSteppingReport(&s->stepping));
  PetscCall(OttoTemperingSpaceReport(&s->space));
  PetscFunctionReturn(0);
}
