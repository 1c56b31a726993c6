/* How a run of dissipation is set up and taken down. */
#include "problem.h"
#include <otto/options.h>
#include <otto/transform.h>

#define LONG 10 /* seconds of checks that are worth a word before they begin */

PetscErrorCode OttoDissipationPrepare(const char *input, OttoDissipationRun *s)
{
  static const char *const answers[] = {"kl",         "reverse_kl", "js",    "chi2",
                                        "hellinger2", "tv",         "renyi", "fisher_rel"};
  static const OttoTimesDefaults defaults = {
      .start_required = PETSC_TRUE, .spacing = OTTO_SPACING_LOG, .first_saved = 1};
  OttoDensityReport p, q;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "dissipation", input, &s->record));
  PetscCall(OttoTimesCreate(&defaults, &s->times));
  s->nodes = 12;
  PetscCall(OttoOptionsGetInt(NULL, "check_integral_nodes", 0, 64, &s->nodes, NULL));
  OttoCheckInput(s->nodes == 0 || s->nodes >= 3,
                 "check_integral_nodes: %d; it must be 0, or 3 to 64", (int)s->nodes);
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &s->grid));
  PetscCall(OttoGridSetFromOptions(s->grid));
  PetscCall(OttoTransformLayGrid(s->grid));
  PetscCall(OttoGridSetUp(s->grid));
  PetscCall(OttoRunMarginalsFromOptions(s->grid, &s->times));
  PetscCall(OttoHeatCreate(s->grid, &s->heat));
  PetscCall(OttoHeatSetFromOptions(s->heat));
  PetscCall(OttoRunCheckMemory(s->grid));
  PetscCall(OttoRunCheckStart(s->grid, s->heat, &s->times));
  PetscCall(OttoDensityCreate(s->grid, "p_", &s->p0, &p));
  PetscCall(OttoDensityCreate(s->grid, "q_", &s->q0, &q));
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
                           OttoRunBytes(s->grid, &s->times)));
  PetscCall(OttoRecordAnswers(s->record, sizeof answers / sizeof answers[0], answers));
  PetscCall(OttoRunDescribe(s->record, s->heat, s->tempering, &p, &q));
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "p_", &p.input));
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "q_", &q.input));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDissipationSayCost(const OttoDissipationRun *s, PetscReal seconds)
{
  const PetscReal intervals = (PetscReal)s->times.count - 2;
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

PetscErrorCode OttoDissipationDestroy(OttoDissipationRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceTemperedDestroy(&s->space));
  PetscCall(OttoTemperedDestroy(&s->tempering));
  PetscCall(OttoHeatDestroy(&s->heat));
  PetscCall(VecDestroy(&s->p0));
  PetscCall(VecDestroy(&s->q0));
  PetscCall(OttoTimesDestroy(&s->times));
  PetscCall(OttoRecordDestroy(&s->record));
  PetscCall(OttoRunColumnsDestroy(&s->columns));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}
