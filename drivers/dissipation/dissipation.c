/* Verifies dD_t/dt = -I_rel for two densities under one heat semigroup. */
#include "drivers.h"
#include "problem.h"
#include <math.h>

/* D_t, its dissipation and its rate at time t, with moments of p and q into the row. */
static PetscErrorCode Sample(OttoDissipationRun *s, PetscReal t, OttoTemperedSample *now,
                             PetscReal row[])
{
  const OttoPair *pair = NULL;

  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(s->record, "samples"));
  PetscCall(OttoTemperedTakeSample(s->tempering, t, now));
  PetscCall(OttoTemperedGetPair(s->tempering, &pair));
  PetscCall(OttoRunColumnsMoments(&s->columns, 0, pair->p, row));
  PetscCall(OttoRunColumnsMoments(&s->columns, 1, pair->q, row));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

/* What must hold at a sample, and between it and the one before. `seconds`: what it took. */
static PetscErrorCode Check(OttoDissipationRun *s, PetscInt k, PetscReal seconds,
                            OttoTemperedSample *now, PetscReal *integral_residual)
{
  const OttoTemperedSample *previous = k ? &s->previous : NULL;

  PetscFunctionBegin;
  if (k == 1) PetscCall(OttoDissipationSayCost(s, seconds));
  PetscCall(OttoRunKnown(s->record, now));
  PetscCall(OttoRunCheckSample(s->record, s->grid, s->heat, now, previous));
  if (k == 0) PetscCall(OttoRunCheckSlope(s->record, s->tempering, now));
  PetscCall(OttoRecordStageBegin(s->record, "integrals"));
  if (k > 1 && s->nodes)
    PetscCall(OttoRunCheckIntegral(s->record, s->tempering, (PetscInt)s->nodes, previous, now,
                                   integral_residual));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

static PetscErrorCode Evolve(OttoDissipationRun *s)
{
  OttoTemperedSample now;
  PetscReal row[OTTO_DISSIPATION_ROW], t = 0;
  PetscInt k = 0;

  PetscFunctionBegin;
  while (OttoRunNext(s->run, &k, &t)) {
    const PetscReal began = MPI_Wtime();
    PetscReal integral_residual = NAN;
    PetscCall(Sample(s, t, &now, row));
    const PetscReal seconds = MPI_Wtime() - began;
    PetscCall(OttoDissipationSave(s, k, t)); /* checks move p and q */
    PetscCall(Check(s, k, seconds, &now, &integral_residual));
    OttoRunRow(&now, integral_residual, row);
    PetscCall(OttoRunColumnsNotDefined(&s->columns, s->record, now.t, row));
    PetscCall(OttoRecordRow(s->record, row));
    PetscCall(OttoSpaceTemperedSample(s->space, &now, row));
    PetscCall(OttoDissipationSay(s, &now));
    s->previous = now;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverDissipation(const char *input, PetscBool *passed)
{
  OttoDissipationRun s = {0};

  PetscFunctionBegin;
  PetscCall(OttoDissipationPrepare(input, &s));
  const PetscErrorCode code = Evolve(&s);
  PetscCall(OttoRunEnd(s.run, code)); /* of other failures than a stop not all ranks may know */
  if (s.storage) PetscCall(OttoStorageClose(&s.storage));
  PetscCall(OttoSpaceTemperedReport(s.space));
  PetscCall(OttoRunReportMemory(s.record, s.grid, s.heat, s.tempering));
  PetscCall(OttoRunClose(s.run, s.grid, passed));
  const PetscErrorCode status = OttoRunStatus(s.run);
  PetscCall(OttoDissipationDestroy(&s));
  PetscFunctionReturn(status);
}
