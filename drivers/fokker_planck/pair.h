/* The densities of a run as pairs that can be compared. */
#pragma once
#include "fokker_planck.h"

/* The density that p is compared with: q, or a π that does not move, or NULL. */
static inline Vec OttoFokkerPlanckOther(const OttoFokkerPlanck *s)
{
  return s->q ? s->q : s->pi_moves ? NULL : s->pi;
}
/* A pair with its logarithms. Below these values a density is noise: 0 at the start and with
 * implicit Euler. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckPair(const OttoFokkerPlanck *s, Vec p, Vec q,
                                                 PetscReal t, OttoPair *pair);
