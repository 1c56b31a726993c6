/*
 * Transitions from A to B: where they are, how many (otto/passage.h). With faces' midpoints as
 * states of A and B, what leaves A by a face beside open cell x is π_x q⁺_x times the reversed
 * chain's rate from x into A by that face, and what enters B there π_x q⁻_x times the chain's own.
 */
#include "passing.h"
#include <math.h>

/* ---- sums ---- */

/* Σ of values over all ranks, times the cells' volume. */
static PetscErrorCode Total(OttoPassage p, OttoSum sum, PetscReal *value)
{
  PetscFunctionBegin;
  PetscCall(OttoSumReduce(p->g->comm, 1, &sum));
  *value = OttoSumValue(sum) * p->g->cell_volume;
  PetscFunctionReturn(0);
}

static PetscErrorCode Fluxes(OttoPassing *s, OttoTransition *t)
{
  const OttoRates *ahead = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);
  const OttoRates *back = OttoGeneratorGetRates(s->chain->way[OTTO_BACK]);
  OttoSum in = {0, 0}, out = {0, 0};

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < ahead->losses; i++)
    if (ahead->loss[i].face == s->b) OttoSumAdd(&in, OttoPassingIn(s, &ahead->loss[i]));
  for (PetscInt64 i = 0; i < back->losses; i++)
    if (back->loss[i].face == s->a) OttoSumAdd(&out, OttoPassingOut(s, &back->loss[i]));
  PetscCall(Total(s->p, in, &t->flux_in));
  PetscCall(Total(s->p, out, &t->flux_out));
  PetscFunctionReturn(0);
}

/* Excursions from B alone: how many there are, times their mean length, and the time outside B. */
static PetscErrorCode Kac(OttoPassage p, OttoPassageChain *alone, OttoTransition *t)
{
  const OttoRates *back = OttoGeneratorGetRates(alone->way[OTTO_BACK]);
  const PetscBool *plays = OttoOccupationPlays(alone->of[OTTO_AHEAD]);
  const PetscScalar *pi, *u;
  OttoSum length = {0, 0}, outside = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p->pi, &pi));
  PetscCall(VecGetArrayRead(alone->time[OTTO_AHEAD], &u));
  for (PetscInt64 i = 0; i < back->losses; i++) {
    const PetscInt64 c = back->loss[i].cell;
    OttoSumAdd(&length, pi[c] * back->loss[i].rate * u[c]);
  }
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (plays[c]) OttoSumAdd(&outside, pi[c]);
  PetscCall(VecRestoreArrayRead(alone->time[OTTO_AHEAD], &u));
  PetscCall(VecRestoreArrayRead(p->pi, &pi));
  PetscCall(Total(p, length, &t->kac));
  PetscCall(Total(p, outside, &t->kac_of));
  PetscFunctionReturn(0);
}

static PetscErrorCode Check(OttoPassage p, PetscInt a, PetscInt b)
{
  unsigned reached[OTTO_PASSAGE_SETS];

  PetscFunctionBegin;
  OttoNeedPassage(p);
  PetscCall(OttoPassageCheckSet(p, a));
  PetscCall(OttoPassageCheckSet(p, b));
  OttoCheckInput(a != b, "first passages: from set %d to itself", (int)a);
  PetscCall(OttoPassageCheckPairs(p));
  PetscCall(OttoPassageReached(p, reached));
  OttoCheckInput(reached[a - 1] & OTTO_ONE_SET(b),
                 "set %d cannot be reached from set %d: nothing leads there but by way of "
                 "other sets or closed cells",
                 (int)b, (int)a);
  PetscFunctionReturn(0);
}

static PetscErrorCode Committors(OttoPassage p, OttoTransition *t)
{
  OttoPassageChain *chain;
  Vec known;

  PetscFunctionBegin;
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  PetscCall(OttoPassageSplit(p, chain, OTTO_AHEAD, OTTO_CHANNEL(t->b), &known, &t->of_forward));
  PetscCall(VecCopy(known, t->forward));
  PetscCall(OttoPassageMark(p, t->b, 1, t->forward));
  PetscCall(OttoPassageLast(p, t->a, t->backward, &t->of_backward));
  PetscFunctionReturn(0);
}

/* q/w, where there is any. */
static PetscErrorCode Divide(OttoPassage p, Vec q)
{
  const PetscScalar *weight;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p->fed->weight, &weight));
  PetscCall(VecGetArray(q, &values));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    values[c] = weight[c] > 0 ? values[c] / weight[c] : 0;
  PetscCall(VecRestoreArray(q, &values));
  PetscCall(VecRestoreArrayRead(p->fed->weight, &weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode Fields(OttoPassage p, OttoTransition *t)
{
  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(p->grid, &t->forward));
  PetscCall(OttoFieldCreate(p->grid, &t->backward));
  PetscCall(OttoFieldCreate(p->grid, &t->density));
  for (PetscInt j = 0; j < p->g->dim; j++) PetscCall(OttoFieldCreate(p->grid, &t->current[j]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageTransition(OttoPassage p, PetscInt a, PetscInt b, OttoTransition *t)
{
  const PetscBool two = p->all == (OTTO_ONE_SET(1) | OTTO_ONE_SET(2)) ? PETSC_TRUE : PETSC_FALSE;
  OttoPassageChain *alone;
  OttoPassing s;

  PetscFunctionBegin;
  PetscCall(Check(p, a, b));
  *t = (OttoTransition){.a = a, .b = b, .capacity_upper = INFINITY};
  PetscCall(Fields(p, t));
  PetscCall(Committors(p, t));
  PetscCall(VecPointwiseMult(t->density, t->forward, t->backward));
  PetscCall(VecPointwiseMult(t->density, t->density, p->pi));
  if (p->fed) PetscCall(Divide(p, t->backward));
  PetscCall(OttoPassingBegin(p, t, &s));
  PetscCall(Fluxes(&s, t));
  PetscCall(OttoPassingCentres(&s, t->current));
  if (p->balanced && two && !p->fed)
    PetscCall(OttoPassingCapacity(&s, &t->capacity_lower, &t->capacity_upper));
  PetscCall(OttoPassingEnd(&s));
  t->of_time.converged = PETSC_TRUE;
  t->kac = t->kac_of = NAN;
  if (p->fed) PetscFunctionReturn(0);
  PetscCall(OttoPassageChainGet(p, OTTO_ONE_SET(b), &alone));
  PetscCall(OttoPassageMeanTime(p, alone, OTTO_AHEAD));
  t->of_time = alone->known[OTTO_AHEAD];
  PetscCall(Kac(p, alone, t));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransitionFree(OttoTransition *t)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&t->forward));
  PetscCall(VecDestroy(&t->backward));
  PetscCall(VecDestroy(&t->density));
  for (PetscInt j = 0; j < OTTO_GENERATOR_MAX_DIM; j++) PetscCall(VecDestroy(&t->current[j]));
  PetscFunctionReturn(0);
}
