/* How a run of fokker-planck is set up and taken down. */
#include "problem.h"
#include <otto/options.h>
#include "run/space.h"

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
  PetscCall(OttoFlowCreateFokkerPlanck(law->generator, law->resolvent, law->p, law->q, &law->flow));
  PetscCall(OttoFlowSetFromOptions(law->flow));
  PetscCall(OttoFlowSetUp(law->flow));
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

PetscErrorCode OttoFokkerPlanckDestroy(OttoFokkerPlanckRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoSteppingDestroy(&s->stepping));
  PetscCall(OttoSpaceFokkerPlanckDestroy(&s->space));
  PetscCall(OttoRelaxationFree(&s->spectrum));
  PetscCall(OttoRunFokkerPlanckDestroy(&s->law));
  PetscCall(OttoTimesDestroy(&s->times));
  PetscCall(OttoRecordDestroy(&s->record));
  PetscCall(OttoRunColumnsDestroy(&s->columns));
  PetscFunctionReturn(0);
}
