/* What unresolved cells leave unknown of a sample. */
#include "run/pair.h"
#include "dissipation.h"
#include <math.h>

static const char why[] = "cells where p or q is below what the kernel resolves may hold this much";

/* Half the width of what a divergence may be; 0 where it is infinite for certain. */
PetscReal OttoRunUncertainty(const OttoTemperedSample *s, PetscInt k)
{
  return s->d.low[k] == s->d.high[k] ? 0 : 0.5 * (s->d.high[k] - s->d.low[k]);
}

/* Both sides of dD_t/dt = -I_rel, where kl itself is known. */
static PetscErrorCode JudgeRates(OttoRecord record, PetscReal bound, OttoTemperedSample *s)
{
  PetscReal *fisher = &s->f.dissipation[OTTO_DIVERGENCE_KL];
  const PetscReal open = s->open_dissipation[OTTO_DIVERGENCE_KL];

  PetscFunctionBegin;
  if (open > bound * fabs(*fisher)) {
    PetscCall(
        OttoRecordNotKnown(record, "fisher_rel", s->t, *fisher - open, INFINITY, why, PETSC_FALSE));
    *fisher = s->residual = NAN;
  }
  if (s->open_rate > bound * fabs(s->kl_rate)) {
    PetscCall(OttoRecordNotKnown(record, "kl_rate", s->t, -INFINITY, s->kl_rate + s->open_rate, why,
                                 PETSC_FALSE));
    s->kl_rate = s->residual = NAN;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunKnown(OttoRecord record, OttoTemperedSample *s)
{
  PetscReal *D = s->d.divergence, *fisher = &s->f.dissipation[OTTO_DIVERGENCE_KL], bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, "known", &bound));
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    PetscCall(OttoRunJudge(record, OttoDivergenceNames[k],
                           s->asked & OTTO_MASK(k) ? PETSC_TRUE : PETSC_FALSE, bound, s->t,
                           s->d.low[k], s->d.high[k], &D[k]));
  if (s->t > 0)
    PetscCall(OttoRunJudge(record, "kl_p0_pt", PETSC_FALSE, bound, s->t, s->kl_p0_pt_low,
                           s->kl_p0_pt_high, &s->kl_p0_pt));
  if (!isnan(D[OTTO_DIVERGENCE_KL])) {
    PetscCall(JudgeRates(record, bound, s));
    PetscFunctionReturn(0);
  }
  const PetscReal least = PetscMax(0, *fisher - s->open_dissipation[OTTO_DIVERGENCE_KL]);
  PetscReal more = s->d.entropy_p + s->d.mass_p - s->d.mass_q;
  PetscCall(OttoRecordNotKnown(record, "cross_entropy", s->t, s->d.low[OTTO_DIVERGENCE_KL] + more,
                               s->d.high[OTTO_DIVERGENCE_KL] + more, why, PETSC_FALSE));
  PetscCall(OttoRecordNotKnown(record, "fisher_rel", s->t, least, INFINITY, why, PETSC_FALSE));
  PetscCall(OttoRecordNotKnown(record, "kl_rate", s->t, -INFINITY, 0, why, PETSC_FALSE));
  s->d.cross_entropy = *fisher = s->kl_rate = s->residual = NAN;
  PetscFunctionReturn(0);
}
