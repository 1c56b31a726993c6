/* Relaxation of one or two densities under a potential, a temperature and a drift. */
#include "fokker_planck.h"
#include "drivers.h"
#include "run/space.h"
#include "space_error.h"

typedef struct {
  OttoFokkerPlanck law; /* generator, resolvent, flow, densities, steady state */
  OttoRelaxation spectrum;
  OttoStepping stepping;
  OttoSpaceFokkerPlanck space; /* how far the grid is from the continuum */
  OttoTimes times;
  OttoRunColumns columns;
  OttoRecord record;
  OttoStorage storage;   /* NULL where no fields are written */
  OttoPairBounds bounds; /* what is known of p and q beside their values */
} Problem;

static PetscErrorCode Prepare(const char *input, Problem *s)
{
  static const char *const answers[] = {
      "kl",    "reverse_kl", "js",      "chi2",        "hellinger2", "tv",
      "renyi", "kl_p_pi",    "kl_q_pi", "free_energy", "production", "production_adiabatic"};
  static const OttoTimesDefaults defaults = {.spacing = OTTO_SPACING_LINEAR}; /* from 0 */
  OttoFokkerPlanck *law = &s->law;
  OttoDensityReport p, q;
  PetscInt64 modes = 0;
  PetscBool two = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "fokker-planck", input, &s->record));
  PetscCall(OttoTimesCreate(&defaults, &s->times));
  if (s->times.count > 1) law->interval = s->times.t[1];
  PetscCall(OttoRunFokkerPlanckOptions(law, &two, &modes));
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &law->grid));
  PetscCall(OttoGridSetFromOptions(law->grid));
  PetscCall(OttoGridSetUp(law->grid));
  PetscCall(OttoRunMarginalsFromOptions(law->grid, &s->times));
  PetscCall(OttoGeneratorCreate(law->grid, &law->generator));
  PetscCall(OttoGeneratorSetFromOptions(law->generator));
  PetscCall(OttoRunNeedMemory(law->grid, OTTO_FOKKER_PLANCK_BYTES * OttoSpaceMemory(law->grid)));
  PetscCall(OttoDensityCreate(law->grid, "p_", &law->p, &p));
  if (two) PetscCall(OttoDensityCreate(law->grid, "q_", &law->q, &q));
  PetscCall(OttoGeneratorSetUp(law->generator));
  PetscCall(OttoRunFokkerPlanckAdmit(s->record, law));
  PetscCall(OttoResolventCreate(law->generator, &law->resolvent));
  PetscCall(OttoResolventSetFromOptions(law->resolvent));
  PetscCall(OttoFlowCreate(law->generator, law->resolvent, law->p, law->q, &law->flow));
  PetscCall(OttoFlowSetFromOptions(law->flow));
  PetscReal bytes = OttoRunFokkerPlanckBytes(law, &s->times, (PetscInt)modes);
  PetscCall(OttoRecordCheckFolder(s->record, bytes));
  PetscCall(OttoResolventReadOptions(law->resolvent));
  if (modes)
    PetscCall(OttoAgreeSoon(PETSC_COMM_WORLD,
                            OttoRelaxationCompute(law->resolvent, (PetscInt)modes, &s->spectrum)));
  PetscCall(OttoRunColumnsCreate(law->grid, OTTO_FOKKER_PLANCK_COLUMNS, OttoFokkerPlanckColumns,
                                 two ? 2 : 1, &s->columns));
  PetscCall(OttoSteppingCreate(s->record, law, &s->times, &s->columns, &s->stepping));
  PetscCall(OttoSpaceFokkerPlanckCreate(s->record, law, s->stepping, &s->columns, &p, &q,
                                        (PetscInt)modes, &s->space));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRunRehearse(law));
  PetscCall(OttoRecordOpen(s->record, s->columns.count, s->columns.column, bytes));
  PetscCall(OttoRecordAnswers(s->record, sizeof answers / sizeof answers[0], answers));
  PetscCall(OttoRunDescribeFokkerPlanck(s->record, law, &s->spectrum, (PetscInt)modes));
  PetscCall(OttoRunDescribeInput(s->record, law->grid, "p_", &p.input));
  if (two) PetscCall(OttoRunDescribeInput(s->record, law->grid, "q_", &q.input));
  PetscCall(OttoRunDescribeInput(s->record, law->grid, "potential_",
                                 OttoGeneratorGetPotentialInput(law->generator)));
  PetscFunctionReturn(0);
}

/* One sample: checks, row, fields, a word to the user. */
static PetscErrorCode Report(Problem *s, PetscInt k, OttoStepChecks steps,
                             OttoFokkerPlanckSample *previous)
{
  OttoFokkerPlanckSample now;
  PetscReal row[OTTO_FOKKER_PLANCK_ROW], slack[OTTO_SMOOTH_COUNT];

  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(s->record, "samples"));
  PetscCall(OttoRunFokkerPlanckSample(&s->law, s->times.t[k], &now));
  PetscCall(OttoStepChecksSample(steps, &now, slack));
  PetscCall(OttoRunCheckFokkerPlanck(s->record, &s->law, &now, k ? previous : NULL, slack));
  if (s->times.save[k]) PetscCall(OttoRunSaveFokkerPlanck(s->storage, &s->law, k, s->times.t[k]));
  PetscCall(OttoRunSaveMarginals(s->storage, s->law.grid, &s->times, k, s->law.p, s->law.q));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscCall(OttoSteppingRow(s->stepping, &now, row));
  PetscCall(OttoRunColumnsNotDefined(&s->columns, s->record, now.t, row));
  PetscCall(OttoRunKnownFokkerPlanck(s->record, &s->law, &s->bounds, &now, row));
  PetscCall(OttoRecordRow(s->record, row));
  PetscCall(OttoSpaceFokkerPlanckSample(s->space, &now));
  PetscCall(OttoRunSayFokkerPlanck(s->record, row, k + 1, s->times.count));
  *previous = now;
  PetscFunctionReturn(0);
}

/* From sample to sample by PETSc's TS; what holds at every step is checked at every step. */
static PetscErrorCode Evolve(Problem *s)
{
  OttoStepChecks steps = NULL;
  OttoFokkerPlanckSample last;

  PetscFunctionBegin;
  PetscCall(OttoRunSteadyState(s->record, &s->law));
  PetscCall(OttoStepChecksCreate(s->record, &s->law, &steps));
  PetscCall(Report(s, 0, steps, &last));
  for (PetscInt k = 1; k < s->times.count; k++) {
    PetscCall(OttoSteppingAdvance(s->stepping, s->times.t[k]));
    PetscCall(Report(s, k, steps, &last));
  }
  PetscCall(OttoRunReportFokkerPlanck(s->record, &s->law, &last));
  PetscCall(OttoSteppingReport(s->stepping));
  PetscCall(OttoSpaceFokkerPlanckReport(s->space, &s->spectrum));
  PetscCall(OttoStepChecksDestroy(&steps));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverFokkerPlanck(const char *input, PetscBool *passed)
{
  Problem s = {0};

  PetscFunctionBegin;
  const PetscErrorCode prepared = Prepare(input, &s);
  PetscCall(OttoOptionsBlame(prepared));
  PetscCall(OttoRunStorage(s.record, &s.law, &s.times, &s.spectrum, &s.storage));
  const PetscErrorCode code = Evolve(&s);
  PetscCall(OttoRunSaveLast(s.record, &s.law, &s.times, code, &s.storage));
  if (s.storage) PetscCall(OttoStorageClose(&s.storage));
  PetscCall(OttoRecordClose(s.record, s.law.grid, passed));
  PetscCall(OttoSteppingDestroy(&s.stepping));
  PetscCall(OttoSpaceFokkerPlanckDestroy(&s.space));
  PetscCall(OttoRelaxationFree(&s.spectrum));
  PetscCall(OttoRunFokkerPlanckDestroy(&s.law));
  PetscCall(OttoTimesDestroy(&s.times));
  PetscCall(OttoRecordDestroy(&s.record));
  PetscCall(OttoRunColumnsDestroy(&s.columns));
  PetscFunctionReturn(0);
}
