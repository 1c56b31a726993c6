/* Fisher information of the current pair, in the form asked for, and rates. */
#include "tempered_impl.h"
#include "heat/beyond.h"
#include "information/fisher_beyond.h"
#include <math.h>

OttoFisherForm OttoTemperedFormAt(OttoTempered s, PetscReal t)
{
  if (t > 0) return s->form;
  if (s->form == OTTO_FISHER_TWEEDIE) return OTTO_FISHER_EDGE;
  if (s->form == OTTO_FISHER_FD4 && s->zeros) return OTTO_FISHER_EDGE; /* no logarithms to differ */
  return s->form == OTTO_FISHER_SPECTRAL && !s->smooth ? OTTO_FISHER_EDGE : s->form;
}

/* The edge form, of an open box with what passes its faces where the kernel is the chain. */
static PetscErrorCode Edge(OttoTempered s, const OttoPair *pair, OttoFisher *f)
{
  const OttoBeyond *p, *q;

  PetscFunctionBegin;
  PetscCall(OttoFisherEdge(s->grid, pair, f));
  PetscCall(OttoHeatGetBeyond(s->heat, s->source_p, s->t, &p));
  PetscCall(OttoHeatGetBeyond(s->heat, s->source_q, s->t, &q));
  if (p) PetscCall(OttoFisherAddBeyond(s->grid, pair, p, q, f));
  PetscFunctionReturn(0);
}

/* By scores, one axis after the other; with the rates, if these are wanted. */
static PetscErrorCode Scores(OttoTempered s, const OttoPair *pair, PetscBool rates, OttoFisher *f)
{
  const OttoHeatSource source[2] = {s->source_p, s->source_q};
  const Vec *logs = s->pair.log_p ? &s->field[OTTO_TEMPERED_LOG_P] : NULL;
  Vec score[2] = {NULL, NULL}, rate[2] = {NULL, NULL};

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoTemperedWork(s, i, &score[i]));
    if (!rates) continue;
    PetscCall(OttoTemperedWork(s, 2 + i, &rate[i]));
    PetscCall(VecSet(rate[i], 0));
  }
  PetscCall(PetscMemzero(f, sizeof *f));
  for (PetscInt j = 0; j < OttoGridGetInfo(s->grid)->dim; j++) {
    for (int i = 0; i < 2 && rates; i++)
      PetscCall(OttoHeatScoreAndRate(s->heat, source[i], s->t, j, score[i], rate[i]));
    if (!rates)
      PetscCall(
          OttoHeatScorePair(s->heat, source, s->t, &s->field[OTTO_TEMPERED_P], logs, j, score));
    PetscCall(OttoFisherAddScores(s->grid, pair, score[0], score[1], f));
  }
  s->rated = s->rated || rates ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedFisher(OttoTempered s, PetscReal times, OttoFisher *f)
{
  const OttoFisherForm form = OttoTemperedFormAt(s, s->t);
  OttoPair pair = s->pair, derived = s->derived;

  PetscFunctionBegin;
  pair.resolved_p *= times, pair.resolved_q *= times;
  derived.resolved_p *= times, derived.resolved_q *= times;
  if (form == OTTO_FISHER_EDGE)
    PetscCall(Edge(s, &pair, f));
  else if (form == OTTO_FISHER_FD4)
    PetscCall(OttoFisherFD4(s->grid, &pair, f));
  else
    PetscCall(Scores(s, &derived, PETSC_FALSE, f));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedFisherAndRates(OttoTempered s, OttoFisher *f)
{
  PetscFunctionBegin;
  if (OttoTemperedFormAt(s, s->t) == OTTO_FISHER_TWEEDIE)
    PetscCall(Scores(s, &s->derived, PETSC_TRUE, f));
  else
    PetscCall(OttoTemperedFisher(s, 1, f));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedWork(OttoTempered s, PetscInt i, Vec *field)
{
  PetscFunctionBegin;
  if (!s->field[OTTO_TEMPERED_WORK + i])
    PetscCall(OttoFieldCreate(s->grid, &s->field[OTTO_TEMPERED_WORK + i]));
  *field = s->field[OTTO_TEMPERED_WORK + i];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedRates(OttoTempered s, Vec *rate_p, Vec *rate_q)
{
  const OttoHeatSource source[2] = {s->source_p, s->source_q};
  const Vec *logs = s->pair.log_p ? &s->field[OTTO_TEMPERED_LOG_P] : NULL;

  PetscFunctionBegin;
  PetscCall(OttoTemperedWork(s, s->rated ? 2 : 0, rate_p));
  PetscCall(OttoTemperedWork(s, s->rated ? 3 : 1, rate_q));
  if (s->rated) PetscFunctionReturn(0);
  const Vec rate[2] = {*rate_p, *rate_q};
  PetscCall(OttoHeatRatePair(s->heat, source, s->t, &s->field[OTTO_TEMPERED_P], logs, rate));
  PetscFunctionReturn(0);
}
