/* How a run of fokker-planck is set up and taken down. */
#include "problem.h"
#include <otto/options.h>
#include "run/space.h"

#define KEPT_FIELDS                                                                                \
  18 /* in a checkpoint, at most: densities, logarithms and states before, of all runs */

PetscErrorCode OttoFokkerPlanckPrepare(const char *input, OttoFokkerPlanckRun *s)
{
  static const char *const answers[] = {
      "kl",    "reverse_kl", "js",      "chi2",        "hellinger2", "tv",
      "renyi", "kl_p_pi",    "kl_q_pi", "free_energy", "production", "production_adiabatic"};
  static const OttoTimesDefaults defaults = {.spacing = OTTO_SPACING_LINEAR}; /* from 0 */
  OttoFokkerPlanck *law = &s->law;
  OttoDensityReport p, q;
  PetscInt64 modes = 0;
  PetscBool two = PETSC_FALSE;
  OttoTimes *times;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "fokker-planck", input, &s->record));
  PetscCall(OttoRunCreate(s->record, &defaults, &s->run));
  PetscCall(OttoRunSetKeepFunction(s->run, OttoFokkerPlanckKeep, s));
  times = OttoRunGetTimes(s->run);
  if (times->count > 1) law->interval = times->t[1];
  PetscCall(OttoRunFokkerPlanckOptions(law, &two, &modes));
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &law->grid));
  PetscCall(OttoGridSetFromOptions(law->grid));
  PetscCall(OttoGridSetUp(law->grid));
  PetscCall(OttoRunSetStorage(s->run, law->grid, "fields", &s->storage));
  PetscCall(OttoRunMarginalsFromOptions(law->grid, times));
  PetscCall(OttoGeneratorCreate(law->grid, &law->generator));
  PetscCall(OttoGeneratorSetFromOptions(law->generator));
  PetscCall(OttoRunNeedMemory(law->grid, OTTO_FOKKER_PLANCK_BYTES * OttoSpaceMemory(law->grid) +
                                             8 * OttoRunModeFields(modes)));
  PetscCall(OttoDensityCreate(law->grid, "p_", &law->p, &p));
  if (two) PetscCall(OttoDensityCreate(law->grid, "q_", &law->q, &q));
  PetscCall(OttoGeneratorSetUp(law->generator));
  PetscCall(OttoRunFokkerPlanckAdmit(s->record, law));
  PetscCall(
      OttoRunObservablesCreate(law->grid, OttoGeneratorGetOpen(law->generator), &law->observables));
  PetscCall(OttoRunObservablesAdmit(law->observables, s->record));
  PetscCall(OttoCorrelationsFromOptions(law, &s->correlations));
  if (s->correlations.lags)
    PetscCall(OttoRunNeedMemory(
        law->grid, OTTO_CORRELATION_BYTES + OTTO_FOKKER_PLANCK_BYTES * OttoSpaceMemory(law->grid)));
  PetscCall(OttoRunColumnsCreateObserved(law->grid, OttoFokkerPlanckColumnCount(law),
                                         OttoFokkerPlanckColumns, two ? 2 : 1, law->observables,
                                         &s->columns));
  PetscCall(OttoResolventCreate(law->generator, &law->resolvent));
  PetscCall(OttoResolventSetFromOptions(law->resolvent));
  PetscCall(OttoFlowCreateFokkerPlanck(law->generator, law->resolvent, law->p, law->q, &law->flow));
  PetscCall(OttoFlowSetFromOptions(law->flow));
  PetscCall(OttoFlowSetUp(law->flow));
  const PetscReal bytes = OttoRunDiskBytes(s->run, law->grid, KEPT_FIELDS,
                                           OttoRunFokkerPlanckBytes(law, times, (PetscInt)modes));
  PetscCall(OttoRunMetastableOptions(law->generator, modes, &s->metastable));
  PetscCall(OttoRecordCheckFolder(s->record, bytes));
  PetscCall(OttoResolventReadOptions(law->resolvent));
  if (modes)
    PetscCall(OttoAgreeSoon(PETSC_COMM_WORLD,
                            OttoRelaxationCompute(law->resolvent, (PetscInt)modes, &s->spectrum)));
  if (modes) PetscCall(OttoRunMetastableCompute(law->generator, &s->spectrum, &s->metastable));
  PetscCall(OttoSteppingCreate(s->record, law, times, &s->columns, &s->stepping));
  PetscCall(OttoSpaceFokkerPlanckCreate(s->record, law, s->stepping, &s->columns, &p, &q,
                                        (PetscInt)modes, &s->space));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRunRehearse(law));
  PetscCall(OttoRecordOpen(s->record, s->columns.count, s->columns.column, bytes));
  PetscCall(OttoRecordAnswers(s->record, sizeof answers / sizeof answers[0], answers));
  PetscCall(OttoRunDescribeFokkerPlanck(s->record, law, &s->spectrum, (PetscInt)modes));
  PetscCall(OttoRunDescribeMetastable(s->record, &s->spectrum, &s->metastable));
  PetscCall(OttoRunDescribeInput(s->record, law->grid, "p_", &p.input));
  if (two) PetscCall(OttoRunDescribeInput(s->record, law->grid, "q_", &q.input));
  PetscCall(OttoRunDescribeInput(s->record, law->grid, "potential_",
                                 OttoGeneratorGetPotentialInput(law->generator)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFokkerPlanckSave(OttoFokkerPlanckRun *s, PetscInt k, PetscReal t)
{
  OttoFokkerPlanck *law = &s->law;

  PetscFunctionBegin;
  if (!OttoRunSaves(s->run)) PetscFunctionReturn(0);
  PetscCall(OttoRunSaveFokkerPlanck(s->storage, law, k, t));
  PetscCall(
      OttoRunSaveMarginals(s->storage, law->grid, OttoRunGetTimes(s->run), k, law->p, law->q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFokkerPlanckSaveLast(OttoFokkerPlanckRun *s, PetscErrorCode code)
{
  const PetscBool between = !code && OttoRunIsStopped(s->run) ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool stopped = between || code == OTTO_ERR_STOPPED ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  /* of other failures not all ranks may know */
  if (code != OTTO_ERR_SOLVER && !stopped) PetscFunctionReturn(0);
  if (code) code = OttoAgree(OttoGridGetInfo(s->law.grid)->comm, code);
  if (stopped && OttoRecordGetRows(s->record) == 0) PetscFunctionReturn(0);
  if (between && OttoRunSaves(s->run)) PetscFunctionReturn(0); /* it is there */
  PetscCall(OttoRunSaveLast(s->record, &s->law, OttoRunGetTimes(s->run), stopped, &s->storage));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFokkerPlanckReport(OttoFokkerPlanckRun *s)
{
  PetscFunctionBegin;
  if (OttoRecordGetRows(s->record) == 0) PetscFunctionReturn(0);
  PetscCall(OttoRunReportFokkerPlanck(s->record, &s->law, &s->previous));
  if (!OttoRunIsStopped(s->run))
    PetscCall(OttoCorrelationsReport(s->record, &s->law, &s->correlations));
  PetscCall(OttoSteppingReport(s->stepping));
  PetscCall(OttoSpaceFokkerPlanckReport(s->space, OttoRunIsStopped(s->run) ? NULL : &s->spectrum,
                                        &s->metastable.found));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFokkerPlanckDestroy(OttoFokkerPlanckRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoStepChecksDestroy(&s->steps));
  PetscCall(OttoSteppingDestroy(&s->stepping));
  PetscCall(OttoSpaceFokkerPlanckDestroy(&s->space));
  PetscCall(OttoRelaxationFree(&s->spectrum));
  PetscCall(OttoMetastableFree(&s->metastable.found));
  PetscCall(OttoCorrelationsFree(&s->correlations));
  PetscCall(OttoRunFokkerPlanckDestroy(&s->law));
  PetscCall(OttoRunDestroy(&s->run));
  PetscCall(OttoRecordDestroy(&s->record));
  PetscCall(OttoRunColumnsDestroy(&s->columns));
  PetscFunctionReturn(0);
}
