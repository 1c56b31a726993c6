/* The densities of a run as pairs that can be compared. */
#pragma once
#include "chain/slopes.h"
#include "fokker_planck.h"

/* The density that p is compared with: q, or a π that does not move, or NULL. */
static inline Vec OttoFokkerPlanckOther(const OttoFokkerPlanck *s)
{
  return s->q ? s->q : s->pi_moves ? NULL : s->pi;
}
/* Whether p, q or π is above 0 in every cell, by its logarithm where it underflows. Collective. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckPositive(const OttoFokkerPlanck *s, Vec v,
                                                     PetscBool *positive);
/* A pair with its logarithms. Below these values a density is noise: 0 at the start and with
 * implicit Euler. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckPair(const OttoFokkerPlanck *s, Vec p, Vec q,
                                                 PetscReal t, OttoPair *pair);
