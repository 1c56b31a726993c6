#include "pair.h"
#include <math.h>

static const char unknown[] = "a divergence is not known";

/* Whether one of two divergences is NaN because it is not known; any other NaN fails its checks. */
static PetscBool Unknown(OttoRecord record, const PetscReal D[], PetscInt i, PetscInt k)
{
  const PetscInt both[2] = {i, k};

  for (int j = 0; j < 2; j++)
    if (isnan(D[both[j]]) && OttoRecordIsNotKnown(record, OttoDivergenceNames[both[j]]))
      return PETSC_TRUE;
  return PETSC_FALSE;
}

PetscErrorCode OttoCheckInequalities(OttoRecord record, PetscReal t, const OttoDivergences *d,
                                     const char *no_probability, const char *unresolved)
{
  const PetscReal *D = d->divergence, kl = D[OTTO_DIVERGENCE_KL], tv = D[OTTO_DIVERGENCE_TV];
  const PetscReal h2 = D[OTTO_DIVERGENCE_HELLINGER2], js = D[OTTO_DIVERGENCE_JS];
  const PetscBool no_kl = Unknown(record, D, OTTO_DIVERGENCE_KL, OTTO_DIVERGENCE_KL);

  PetscFunctionBegin;
  if (unresolved || no_kl) {
    PetscCall(OttoRecordNotApplicable(record, "gibbs", unresolved ? unresolved : unknown));
  } else if (!isinf(kl)) {
    PetscReal other = d->cross_entropy - d->entropy_p - d->mass_p + d->mass_q;
    PetscReal scale = PetscMax(1, PetscMax(fabs(d->cross_entropy), fabs(d->entropy_p)));
    PetscCall(OttoRecordCheck(record, "gibbs", PetscMax(-kl, fabs(kl - other) / scale), t));
  }
  if (no_probability || no_kl || Unknown(record, D, OTTO_DIVERGENCE_TV, OTTO_DIVERGENCE_TV))
    PetscCall(
        OttoRecordNotApplicable(record, "pinsker", no_probability ? no_probability : unknown));
  else if (!isinf(kl))
    PetscCall(OttoRecordCheck(record, "pinsker", tv - sqrt(kl / 2), t));
  if (no_probability || Unknown(record, D, OTTO_DIVERGENCE_TV, OTTO_DIVERGENCE_HELLINGER2))
    PetscCall(
        OttoRecordNotApplicable(record, "hellinger", no_probability ? no_probability : unknown));
  else
    PetscCall(OttoRecordCheck(record, "hellinger", PetscMax(h2 - tv, tv - sqrt(2 * h2)), t));
  if (Unknown(record, D, OTTO_DIVERGENCE_JS, OTTO_DIVERGENCE_JS))
    PetscCall(OttoRecordNotApplicable(record, "js_bound", unknown));
  else
    PetscCall(OttoRecordCheck(
        record, "js_bound", js - M_LN2 * (no_probability ? 0.5 * (d->mass_p + d->mass_q) : 1), t));
  PetscFunctionReturn(0);
}
