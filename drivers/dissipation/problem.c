/* How a run of dissipation is set up and taken down. */
#include "problem.h"
#include <otto/options.h>
#include <otto/transform.h>
#include <stdio.h>

#define LONG 10 /* seconds of checks that are worth a word before they begin */

/* p and q are functions of the time: the sample before is taken again. */
static PetscErrorCode Keep(OttoKeep keep, PetscInt k, PetscReal t, void *context)
{
  OttoDissipationRun *s = (OttoDissipationRun *)context;

  PetscFunctionBegin;
  (void)k;
  PetscCall(OttoSpaceTemperedKeep(s->space, keep));
  if (!OttoKeepTakes(keep)) PetscFunctionReturn(0);
  PetscCall(OttoTemperedTakeSample(s->tempering, t, &s->previous));
  PetscCall(OttoRunKnown(s->record, &s->previous));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDissipationPrepare(const char *input, OttoDissipationRun *s)
{
  static const char *const answers[] = {"kl",         "reverse_kl", "js",    "chi2",
                                        "hellinger2", "tv",         "renyi", "fisher_rel"};
  static const OttoTimesDefaults defaults = {
      .start_required = PETSC_TRUE, .spacing = OTTO_SPACING_LOG, .first_saved = 1};
  OttoDensityReport p, q;
  OttoTimes *times;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "dissipation", input, &s->record));
  PetscCall(OttoRunCreate(s->record, &defaults, &s->run));
  PetscCall(OttoRunSetKeepFunction(s->run, Keep, s));
  times = OttoRunGetTimes(s->run);
  s->nodes = 12;
  PetscCall(OttoOptionsGetInt(NULL, "check_integral_nodes", 0, 64, &s->nodes, NULL));
  OttoCheckInput(s->nodes == 0 || s->nodes >= 3,
                 "check_integral_nodes: %d; it must be 0, or 3 to 64", (int)s->nodes);
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &s->grid));
  PetscCall(OttoGridSetFromOptions(s->grid));
  PetscCall(OttoTransformLayGrid(s->grid));
  PetscCall(OttoGridSetUp(s->grid));
  PetscCall(OttoRunMarginalsFromOptions(s->grid, times));
  PetscCall(OttoHeatCreate(s->grid, &s->heat));
  PetscCall(OttoHeatSetType(s->heat, "auto"));
  PetscCall(OttoHeatSetFromOptions(s->heat));
  PetscCall(OttoRunCheckMemory(s->grid, s->heat));
  PetscCall(OttoRunCheckStart(s->grid, s->heat, times));
  PetscCall(OttoDensityCreate(s->grid, "p_", &s->p0, &p));
  PetscCall(OttoDensityCreate(s->grid, "q_", &s->q0, &q));
  PetscCall(OttoRunChooseKernel(s->record, s->grid, s->heat, s->p0, s->q0, times, &s->choice));
  PetscCall(OttoHeatSetUp(s->heat)); /* plans transforms: after what is cheap to refuse */
  PetscCall(
      OttoTemperedCreate(s->grid, s->heat, s->p0, s->q0, p.smooth && q.smooth, &s->tempering));
  PetscCall(OttoTemperedSetFromOptions(s->tempering));
  PetscCall(OttoRunColumnsCreate(s->grid, OTTO_DISSIPATION_COLUMNS, OttoDissipationColumns, 2,
                                 &s->columns));
  PetscCall(OttoSpaceTemperedCreate(s->record, s->grid, s->heat, s->p0, s->q0, &p, &q, &s->columns,
                                    &s->space));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(s->record, s->columns.count, s->columns.column,
                           OttoRunDiskBytes(s->run, s->grid, 0, OttoRunBytes(s->grid, times))));
  PetscCall(OttoRecordAnswers(s->record, sizeof answers / sizeof answers[0], answers));
  PetscCall(OttoRunDescribe(s->record, s->heat, s->tempering, &p, &q));
  PetscCall(OttoRunDescribeKernel(s->record, &s->choice));
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "p_", &p.input));
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "q_", &q.input));
  PetscCall(OttoRunSetStorage(s->run, s->grid, "fields", &s->storage));
  if (OttoRunSavesAny(s->run))
    PetscCall(OttoStorageCreate(s->grid, OttoRecordGetDir(s->record), &s->storage));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDissipationSayCost(const OttoDissipationRun *s, PetscReal seconds)
{
  const PetscReal intervals = (PetscReal)OttoRunGetTimes(s->run)->count - 2;
  const PetscReal checks =
      seconds * intervals * (PetscReal)(s->nodes >= 8 ? s->nodes / 2 : s->nodes);

  PetscFunctionBegin;
  if (checks > LONG)
    PetscCall(OttoRecordAside(s->record, PETSC_FALSE,
                              "the integral checks will take about %.0f s or more, samples %.0f s "
                              "(check_integral_nodes)",
                              (double)checks, (double)(seconds * intervals)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDissipationSave(OttoDissipationRun *s, PetscInt k, PetscReal t)
{
  const OttoPair *pair = NULL;

  PetscFunctionBegin;
  if (!OttoRunSaves(s->run)) PetscFunctionReturn(0);
  PetscCall(OttoRunSaveFields(s->storage, s->grid, s->tempering, k, t));
  PetscCall(OttoTemperedGetPair(s->tempering, &pair));
  PetscCall(
      OttoRunSaveMarginals(s->storage, s->grid, OttoRunGetTimes(s->run), k, pair->p, pair->q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDissipationSay(const OttoDissipationRun *s, const OttoTemperedSample *now)
{
  char said[120];

  PetscFunctionBegin;
  snprintf(said, sizeof said, "t = %-9.4g  KL = %-10.6g  I_rel = %-10.6g", (double)now->t,
           (double)now->d.divergence[OTTO_DIVERGENCE_KL],
           (double)now->f.dissipation[OTTO_DIVERGENCE_KL]);
  PetscCall(OttoRunProgress(s->run, said));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDissipationDestroy(OttoDissipationRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceTemperedDestroy(&s->space));
  PetscCall(OttoTemperedDestroy(&s->tempering));
  PetscCall(OttoHeatDestroy(&s->heat));
  PetscCall(VecDestroy(&s->p0));
  PetscCall(VecDestroy(&s->q0));
  PetscCall(OttoRunDestroy(&s->run));
  PetscCall(OttoRecordDestroy(&s->record));
  PetscCall(OttoRunColumnsDestroy(&s->columns));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}
