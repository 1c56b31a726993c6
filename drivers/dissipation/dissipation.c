/* Verifies dD_t/dt = -I_rel for two densities under one heat semigroup. */
#include "dissipation.h"
#include "drivers.h"
#include "space_error.h"
#include <math.h>
#include <stdio.h>

#define LONG 10 /* seconds of checks that are worth a word before they begin */

typedef struct {
  OttoGrid grid;
  OttoHeat heat;
  Vec p0, q0;
  PetscInt64 nodes; /* of the integral checks */
  OttoTempered tempering;
  OttoSpaceTempered space; /* how far the grid is from the continuum */
  OttoTimes times;
  OttoRunColumns columns;
  OttoRecord record;
} Problem;

static PetscErrorCode Prepare(const char *input, Problem *s)
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

/* Says before the integral checks begin what they will take where that is long: `seconds` for the
 * one sample at t > 0 that was taken. */
static PetscErrorCode SayCost(const Problem *s, PetscReal seconds)
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

/* D_t, its dissipation and its rate at every sample; between samples, the integral identity. */
static PetscErrorCode Evolve(Problem *s, OttoStorage storage)
{
  OttoTemperedSample now, previous = {0};
  PetscReal row[OTTO_DISSIPATION_ROW];
  const OttoPair *pair = NULL;
  char said[120];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->times.count; k++) {
    PetscReal integral_residual = NAN;
    const PetscReal began = MPI_Wtime();
    PetscCall(OttoRecordStageBegin(s->record, "samples"));
    PetscCall(OttoTemperedTakeSample(s->tempering, s->times.t[k], &now));
    PetscCall(OttoTemperedGetPair(s->tempering, &pair));
    PetscCall(OttoRunColumnsMoments(&s->columns, 0, pair->p, row));
    PetscCall(OttoRunColumnsMoments(&s->columns, 1, pair->q, row));
    PetscCall(OttoRecordStageEnd(s->record));
    if (k == 1) PetscCall(SayCost(s, MPI_Wtime() - began));
    PetscCall(OttoRunKnown(s->record, &now));
    PetscCall(OttoRunCheckSample(s->record, s->grid, s->heat, &now, k ? &previous : NULL));
    if (s->times.save[k])
      PetscCall(OttoRunSaveFields(storage, s->grid, s->tempering, k, s->times.t[k]));
    PetscCall(OttoRunSaveMarginals(storage, s->grid, &s->times, k, pair->p, pair->q));
    if (k == 0) PetscCall(OttoRunCheckSlope(s->record, s->tempering, &now));
    PetscCall(OttoRecordStageBegin(s->record, "integrals"));
    if (k > 1 && s->nodes)
      PetscCall(OttoRunCheckIntegral(s->record, s->tempering, (PetscInt)s->nodes, &previous, &now,
                                     &integral_residual));
    PetscCall(OttoRecordStageEnd(s->record));
    OttoRunRow(&now, integral_residual, row);
    PetscCall(OttoRunColumnsNotDefined(&s->columns, s->record, now.t, row));
    PetscCall(OttoRecordRow(s->record, row));
    PetscCall(OttoSpaceTemperedSample(s->space, &now, row));
    snprintf(said, sizeof said, "t = %-9.4g  KL = %-10.6g  I_rel = %-10.6g", (double)now.t,
             (double)now.d.divergence[OTTO_DIVERGENCE_KL],
             (double)now.f.dissipation[OTTO_DIVERGENCE_KL]);
    PetscCall(OttoRecordProgress(s->record, k + 1, s->times.count, said));
    previous = now;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverDissipation(const char *input, PetscBool *passed)
{
  Problem s = {0};
  OttoStorage storage = NULL;

  PetscFunctionBegin;
  PetscCall(Prepare(input, &s));
  for (PetscInt k = 0; k < s.times.count; k++)
    if (s.times.save[k] && !storage)
      PetscCall(OttoStorageCreate(s.grid, OttoRecordGetDir(s.record), &storage));
  PetscErrorCode code = Evolve(&s, storage);
  /* stopped in order, the fields written so far are whole; other failures not all ranks may know */
  if (storage && (!code || code == OTTO_ERR_STOPPED)) PetscCall(OttoStorageClose(&storage));
  PetscCall(code);
  PetscCall(OttoSpaceTemperedReport(s.space));
  PetscCall(OttoRunReportMemory(s.record, s.grid, s.heat, s.tempering));
  PetscCall(OttoRecordClose(s.record, s.grid, passed));
  PetscCall(OttoSpaceTemperedDestroy(&s.space));
  PetscCall(OttoTemperedDestroy(&s.tempering));
  PetscCall(OttoHeatDestroy(&s.heat));
  PetscCall(VecDestroy(&s.p0));
  PetscCall(VecDestroy(&s.q0));
  PetscCall(OttoTimesDestroy(&s.times));
  PetscCall(OttoRecordDestroy(&s.record));
  PetscCall(OttoRunColumnsDestroy(&s.columns));
  PetscCall(OttoGridDestroy(&s.grid));
  PetscFunctionReturn(0);
}
