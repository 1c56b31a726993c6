/* What a run of first-passage is, what it has found, and its fields. */
#include "problem.h"
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoFirstPassageDescribe(OttoFirstPassageRun *s)
{
  const OttoFirstPassage *law = &s->law;
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  char name[32];

  PetscFunctionBegin;
  PetscCall(
      OttoRecordResultText(s->record, "potential", OttoGeneratorGetPotentialType(law->generator)));
  PetscCall(OttoRecordResultText(s->record, "drift", OttoGeneratorGetDriftType(law->generator)));
  PetscCall(
      OttoRecordResultText(s->record, "velocity", OttoGeneratorGetVelocityType(law->generator)));
  PetscCall(
      OttoRecordResult(s->record, "temperature", OttoGeneratorGetTemperature(law->generator)));
  PetscInt64 closed = OttoGeneratorGetClosed(law->generator);
  for (PetscInt k = 0; k < law->sets.count; k++) {
    snprintf(name, sizeof name, "set_%c_cells", law->sets.letter[k]);
    PetscCall(OttoRecordResult(s->record, name, (PetscReal)law->sets.cells[k]));
    if (law->sets.letter[k] != 'a') closed -= law->sets.cells[k];
  }
  if (closed) {
    PetscCall(OttoRecordResult(s->record, "closed_cells", (PetscReal)closed));
    PetscCall(
        OttoRecordResult(s->record, "closed_fraction", (PetscReal)closed / (PetscReal)g->cells));
  }
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "p_", &s->report.input));
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "potential_",
                                 OttoGeneratorGetPotentialInput(law->generator)));
  PetscCall(OttoRecordAdvice(s->record, "space_error",
                             "more cells; sets of formulas end where these say, those of files at "
                             "faces of cells"));
  PetscCall(
      OttoRecordAdvice(s->record, "time_error", "shorter steps: ts_dt, or more time_samples"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageReportTimes(OttoFirstPassageRun *s,
                                           const OttoFirstPassageTimes *times)
{
  const OttoQuasiStationary *q = &times->slowest;
  PetscReal iterations = 0, cycles = 0, applications = 0, peclet = 0, step = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->law.moments; k++) {
    iterations += times->report[k].iterations;
    cycles += times->report[k].cycles;
    applications = PetscMax(applications, times->report[k].applications);
  }
  PetscCall(OttoRecordResult(s->record, "solve_certified", times->report[0].relative));
  PetscCall(OttoRecordResult(s->record, "solve_applications", applications));
  PetscCall(OttoRecordResult(s->record, "solve_iterations", iterations));
  PetscCall(OttoRecordResult(s->record, "solve_cycles", cycles));
  PetscCall(OttoRecordResult(s->record, "quasi_stationary_lower", q->lower));
  PetscCall(OttoRecordResult(s->record, "quasi_stationary_upper", q->upper));
  PetscCall(OttoRecordResultText(s->record, "solver", times->solver));
  PetscCall(OttoGeneratorSteepness(s->law.generator, &peclet, &step));
  PetscCall(OttoRecordResult(s->record, "cell_peclet", peclet));
  PetscCall(OttoRecordResult(s->record, "largest_potential_step", step));
  PetscFunctionReturn(0);
}

/* Of the states that sets visited last are. */
static PetscErrorCode ReportRates(OttoFirstPassageRun *s, const OttoFirstPassageWays *ways)
{
  const OttoTransitionRates *t = &ways->rates;
  char name[32];

  PetscFunctionBegin;
  if (ways->fed) PetscCall(OttoRecordResult(s->record, "last_in_none", t->never));
  for (PetscInt k = 0; k < t->sets; k++) {
    snprintf(name, sizeof name, "last_in_%c", s->law.sets.letter[k]);
    PetscCall(OttoRecordResult(s->record, name, t->share[k]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageReportWays(OttoFirstPassageRun *s, const OttoFirstPassageWays *ways)
{
  const OttoTransition *t = &ways->t;

  PetscFunctionBegin;
  if (ways->pairs) PetscCall(ReportRates(s, ways));
  if (!ways->route) PetscFunctionReturn(0);
  PetscCall(
      OttoRecordResult(s->record, "rate_by_time", ways->rates.rate_by_time[t->a - 1][t->b - 1]));
  if (!ways->fed) {
    PetscCall(OttoRecordResult(s->record, "outside_b_kac", t->kac));
    PetscCall(OttoRecordResult(s->record, "outside_b", t->kac_of));
  }
  PetscCall(OttoRecordResultList(s->record, "reactive_levels", ways->levels, ways->level));
  PetscCall(OttoRecordResultList(s->record, "reactive_level_flux", ways->levels, ways->flux));
  if (!OttoGeneratorIsConservative(s->law.generator) || ways->fed || ways->channels > 2)
    PetscFunctionReturn(0);
  PetscCall(OttoRecordResult(s->record, "capacity_lower",
                             t->capacity_lower > 0 ? t->capacity_lower : NAN));
  PetscCall(OttoRecordResult(
      s->record, "capacity_upper",
      t->capacity_upper > 0 && isfinite(t->capacity_upper) ? t->capacity_upper : NAN));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageReportSeries(OttoFirstPassageRun *s)
{
  const OttoSurvivalSample *last = &s->survival.last;

  PetscFunctionBegin;
  if (!s->run) PetscFunctionReturn(0);
  if (s->survival.table) PetscCall(OttoErrorTableReport(s->survival.table));
  if (OttoRecordGetRows(s->record) == 0) PetscFunctionReturn(0);
  const PetscReal lost = s->survival.lost[0] ? NAN : 0; /* what the end would have said */
  PetscCall(OttoRecordResult(s->record, "killed_mass", lost + s->survival.killed_mass));
  PetscCall(OttoRecordResult(s->record, "steps", (PetscReal)last->steps));
  PetscCall(OttoRecordResult(s->record, "solve_residual", lost + s->survival.residual));
  PetscCall(OttoRecordResult(s->record, "survival_integral", lost + s->survival.area));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageReportNumbers(OttoFirstPassageRun *s)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_FIRST_PASSAGE_COUNT; k++)
    if (!isnan(s->number[k]) || OttoRecordIsNotKnown(s->record, OttoFirstPassageNames[k]))
      PetscCall(OttoRecordResult(s->record, OttoFirstPassageNames[k], s->number[k]));
  PetscFunctionReturn(0);
}

/* Labels of sets by their letters: 1 for set_a …; -1 in closed cells. */
static PetscErrorCode SaveSets(OttoFirstPassageRun *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  Vec open = OttoGeneratorGetOpen(s->law.generator), field;
  const PetscScalar *is_open = NULL;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(s->law.sets.label, &field));
  PetscCall(VecCopy(s->law.sets.label, field));
  if (open) PetscCall(VecGetArrayRead(open, &is_open));
  PetscCall(VecGetArray(field, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (values[c] > 0)
      values[c] = s->law.sets.letter[(PetscInt)values[c] - 1] - 'a' + 1;
    else if (is_open && is_open[c] == 0)
      values[c] = -1;
  }
  PetscCall(VecRestoreArray(field, &values));
  if (open) PetscCall(VecRestoreArrayRead(open, &is_open));
  PetscCall(OttoStorageWrite(
      s->storage, 0, 0, "sets", "1",
      "1 in set_a, 2 in set_b …, 0 in open cells of none, -1 in closed cells", field));
  PetscCall(VecDestroy(&field));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageSaveTimes(OttoFirstPassageRun *s, const OttoFirstPassageTimes *times)
{
  static const char *const units[] = {"time", "time^2", "time^3", "time^4"};
  static const char *const says[] = {"mean time until a passage that starts here ends",
                                     "second moment of that time", "third moment of that time",
                                     "fourth moment of that time"};

  PetscFunctionBegin;
  if (!s->storage) PetscFunctionReturn(0);
  PetscCall(OttoStorageWrite(s->storage, 0, 0, "p", "1/volume", "law of the start", s->law.p));
  PetscCall(OttoStorageWrite(s->storage, 0, 0, "potential", "energy",
                             "potential V (in closed cells the largest of the open ones)",
                             OttoGeneratorGetPotential(s->law.generator)));
  if (times->pi)
    PetscCall(OttoStorageWrite(s->storage, 0, 0, "steady_state", "1/volume",
                               "steady state of the chain that nothing ends", times->pi));
  PetscCall(SaveSets(s));
  for (PetscInt k = 0; k < s->law.moments; k++)
    PetscCall(OttoStorageWrite(s->storage, 0, 0,
                               OttoFirstPassageNames[OTTO_FIRST_PASSAGE_passage_time + k], units[k],
                               says[k], times->u[k]));
  if (times->slowest.known)
    PetscCall(OttoStorageWrite(s->storage, 0, 0, "quasi_stationary", "1/volume",
                               "law of what is left long after", times->slowest.law));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageSaveWays(OttoFirstPassageRun *s, const OttoFirstPassageWays *ways)
{
  const OttoTransition *t = &ways->t;

  PetscFunctionBegin;
  if (!s->storage) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < ways->channels && ways->q[i]; i++)
    PetscCall(
        OttoStorageWrite(s->storage, 0, 0,
                         OttoFirstPassageNames[OttoFirstPassageNumberOf(&s->law, ways->channel[i])],
                         "1", "probability that this end comes first", ways->q[i]));
  if (!ways->route) PetscFunctionReturn(0);
  PetscCall(OttoStorageWrite(s->storage, 0, 0, "committor", "1",
                             "probability to come to set_b before any other set", t->forward));
  PetscCall(OttoStorageWrite(s->storage, 0, 0, "committor_backward", "1",
                             "probability to have been in set_a last of all sets", t->backward));
  PetscCall(OttoStorageWrite(s->storage, 0, 0, "reactive_density", "1/volume",
                             "steady density of being on the way from set_a to set_b", t->density));
  PetscCall(OttoStorageWriteVector(
      s->storage, 0, 0, "reactive_current", "1/(time area)",
      "what passes here from set_a to set_b, mean of a cell's two faces; 0 in the sets",
      t->current));
  PetscFunctionReturn(0);
}
