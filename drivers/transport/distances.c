#include "distances.h"
#include <otto/discrepancy.h>
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoTransportSolversCreate(OttoGrid grid, const OttoTransportKeys *keys,
                                          OttoTransportSolvers *s)
{
  PetscFunctionBegin;
  s->grid = grid;
  PetscCall(OttoWassersteinCreate(grid, &s->w2));
  PetscCall(OttoWassersteinSetFromOptions(s->w2));
  PetscCall(OttoBeckmannCreate(grid, &s->w1));
  PetscCall(OttoBeckmannSetFromOptions(s->w1));
  PetscCall(OttoSinkhornCreate(grid, &s->sinkhorn));
  PetscCall(OttoSinkhornSetFromOptions(s->sinkhorn));
  PetscCall(OttoSinkhornSetEpsilon(s->sinkhorn, keys->epsilon));
  PetscCall(OttoWassersteinSetUp(s->w2));
  PetscCall(OttoBeckmannSetUp(s->w1));
  PetscCall(OttoSinkhornSetUp(s->sinkhorn));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportSolversDestroy(OttoTransportSolvers *s)
{
  PetscFunctionBegin;
  if (s->sinkhorn) PetscCall(OttoSinkhornDestroy(&s->sinkhorn));
  if (s->w1) PetscCall(OttoBeckmannDestroy(&s->w1));
  if (s->w2) PetscCall(OttoWassersteinDestroy(&s->w2));
  PetscFunctionReturn(0);
}

static PetscErrorCode Begin(OttoRecord record, PetscInt done, const char *stage, const char *text)
{
  PetscFunctionBegin;
  if (!record) PetscFunctionReturn(0);
  PetscCall(OttoRecordProgress(record, done, 5, text));
  if (stage) PetscCall(OttoRecordStageBegin(record, stage));
  PetscFunctionReturn(0);
}

static PetscErrorCode End(OttoRecord record)
{
  PetscFunctionBegin;
  if (record) PetscCall(OttoRecordStageEnd(record));
  PetscFunctionReturn(0);
}

/* Of p and q with the masses that Sinkhorn weighs them by. */
static PetscErrorCode Sinkhorn(const OttoTransportSolvers *s, const OttoTransportKeys *keys, Vec p,
                               Vec q, OttoSinkhornResult *result)
{
  Vec weighed[2];

  PetscFunctionBegin;
  PetscCall(VecDuplicate(p, &weighed[0]));
  PetscCall(VecDuplicate(q, &weighed[1]));
  PetscCall(VecAXPY(weighed[0], keys->mass[0], p));
  PetscCall(VecAXPY(weighed[1], keys->mass[1], q));
  PetscCall(OttoSinkhornSolve(s->sinkhorn, weighed[0], weighed[1], result));
  PetscCall(VecDestroy(&weighed[0]));
  PetscCall(VecDestroy(&weighed[1]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportMeasure(const OttoTransportSolvers *s, const OttoTransportKeys *keys,
                                    OttoRecord record, Vec p, Vec q, OttoTransportNumbers *numbers)
{
  const OttoPair pair = {.p = p, .q = q};
  char said[120];

  PetscFunctionBegin;
  PetscCall(Begin(record, 0, "divergences", "divergences"));
  PetscCall(OttoDivergenceCompute(s->grid, &pair, OTTO_MASK_ALL, keys->renyi_order, &numbers->d));
  PetscCall(End(record));
  PetscCall(Begin(record, 1, "w2", "W2, back and forth"));
  PetscCall(OttoWassersteinSolve(s->w2, p, q, &numbers->w2));
  PetscCall(End(record));
  snprintf(said, sizeof said, "W2 in [%.6g, %.6g]; W1", (double)numbers->w2.lower,
           (double)numbers->w2.upper);
  PetscCall(Begin(record, 2, "w1", said));
  PetscCall(OttoBeckmannSolve(s->w1, p, q, &numbers->w1));
  PetscCall(End(record));
  snprintf(said, sizeof said, "W1 in [%.6g, %.6g]; Sinkhorn", (double)numbers->w1.lower,
           (double)numbers->w1.upper);
  PetscCall(Begin(record, 3, "sinkhorn", said));
  PetscCall(Sinkhorn(s, keys, p, q, &numbers->sinkhorn));
  PetscCall(End(record));
  snprintf(said, sizeof said, "Sinkhorn divergence %.6g; discrepancies",
           (double)numbers->sinkhorn.divergence);
  PetscCall(Begin(record, 4, "discrepancies", said));
  PetscCall(OttoMmd2(s->grid, p, q, keys->mmd_time, &numbers->mmd2));
  PetscCall(OttoEnergyDistance(s->grid, p, q, &numbers->energy_distance));
  PetscCall(OttoHMinus1(s->grid, p, q, &numbers->h_minus_1));
  PetscCall(End(record));
  PetscCall(Begin(record, 5, NULL, "all distances"));
  PetscFunctionReturn(0);
}
