/* Verifies dD_t/dt = -I_rel for two densities under one heat semigroup. */
#include "drivers.h"
#include "problem.h"
#include <math.h>
#include <stdio.h>

/* D_t, its dissipation and its rate at every sample; between samples, the integral identity. */
static PetscErrorCode Evolve(OttoDissipationRun *s, OttoStorage storage)
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
    if (k == 1) PetscCall(OttoDissipationSayCost(s, MPI_Wtime() - began));
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
  OttoDissipationRun s = {0};
  OttoStorage storage = NULL;

  PetscFunctionBegin;
  PetscCall(OttoDissipationPrepare(input, &s));
  for (PetscInt k = 0; k < s.times.count; k++)
    if (s.times.save[k] && !storage)
      PetscCall(OttoStorageCreate(s.grid, OttoRecordGetDir(s.record), &storage));
  PetscErrorCode code = Evolve(&s, storage);
  /* stopped in order, the fields written so far are whole; other failures not all ranks may know */
  if (storage && (!code || code == OTTO_ERR_STOPPED)) PetscCall(OttoStorageClose(&storage));
  PetscCall(code);
  PetscCall(OttoSpaceTemperedReport(s.space));
  PetscCall(OttoRunReportMemory(s.record, s.grid, s.heat, s.tempering));
  PetscCall(OttoRunCheckRows(s.record, &s.times));
  PetscCall(OttoRecordClose(s.record, s.grid, passed));
  PetscCall(OttoDissipationDestroy(&s));
  PetscFunctionReturn(0);
}
