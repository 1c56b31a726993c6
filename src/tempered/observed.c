/* A sample in one walk over p and q, where every cell of both is a plain number. */
#include "information/observe.h"
#include "tempered_impl.h"
#include <math.h>

/* ∫ p_0 log(p_0 V), ∫ p_0 log(p_t V) and masses may cancel to no less than this share. */
#define LOST_SHARE 1e-2

/* KL(p_0|p_t) from ∫ p_0 log p_t; NaN where that is too close to ∫ p_0 log p_0. */
static PetscErrorCode Lost(OttoTempered s, const OttoPairObserved *o, PetscReal *lost)
{
  PetscFunctionBegin;
  if (isnan(s->entropy_p0)) {
    const OttoPair pair = {.p = s->field[OTTO_TEMPERED_P0], .q = s->field[OTTO_TEMPERED_P0]};
    OttoDivergences d;
    PetscCall(OttoDivergenceCompute(s->grid, &pair, OTTO_MASK_ENTROPY, 0.5, &d));
    s->entropy_p0 = d.entropy_p;
    s->mass_p0 = d.mass_p;
  }
  /* against the uniform density: near that neither is large */
  const PetscReal volume =
      OttoGridGetInfo(s->grid)->cell_volume * (PetscReal)OttoGridGetInfo(s->grid)->cells;
  const PetscReal then = s->mass_p0 * log(volume) - s->entropy_p0;
  *lost = then - o->p0_log_p + (o->d.mass_p - s->mass_p0);
  const PetscReal terms = s->mass_p0 + fabs(s->entropy_p0) + fabs(then) + fabs(o->p0_log_p);
  if (!(*lost > LOST_SHARE * terms)) *lost = NAN;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedObserve(OttoTempered s, OttoTemperedSample *sample, PetscBool *taken)
{
  const OttoFisherForm form = OttoTemperedFormAt(s, s->t);
  const PetscBool chain =
      OttoHeatIsLattice(s->heat) && form == OTTO_FISHER_EDGE ? PETSC_TRUE : PETSC_FALSE;
  OttoObserveRule rule = {
      .pair = &s->pair, .order = s->renyi_order, .p0 = s->field[OTTO_TEMPERED_P0]};
  OttoPairObserved o;

  PetscFunctionBegin;
  *taken = PETSC_FALSE;
  for (PetscInt j = 0; j < OttoGridGetInfo(s->grid)->dim; j++) /* edges into what lies outside */
    if (chain && OttoGridGetInfo(s->grid)->boundary[j] == OTTO_BOUNDARY_OPEN)
      PetscFunctionReturn(0);
  if (s->t == 0 || !OttoHeatIsExact(s->heat) || !(chain || form == OTTO_FISHER_TWEEDIE))
    PetscFunctionReturn(0);
  if (!chain) {
    PetscCall(OttoTemperedFisherAndRates(s, &sample->f));
    PetscCall(OttoTemperedRates(s, &rule.rate_p, &rule.rate_q));
  }
  PetscCall(OttoPairObserve(s->grid, &rule, &o, taken));
  if (!*taken) PetscFunctionReturn(0);
  sample->d = o.d;
  if (chain) sample->f = o.f;
  PetscCall(Lost(s, &o, &sample->kl_p0_pt));
  sample->kl_p0_pt_low = sample->kl_p0_pt_high = sample->kl_p0_pt;
  sample->js_p_mid = o.mid_p;
  sample->js_mid_q = o.mid_q;
  sample->kl_rate = o.kl_rate;
  sample->entropy_rate_p = o.entropy_rate[0];
  sample->entropy_rate_q = o.entropy_rate[1];
  sample->lack_p = o.lack[0];
  sample->lack_q = o.lack[1];
  PetscFunctionReturn(0);
}
