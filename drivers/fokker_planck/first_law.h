/* The first law between samples; first_law.c says how. */
#pragma once
#include "fokker_planck.h"

/* Work of the potential over one step. */
typedef struct {
  PetscReal dt;
  PetscReal states;  /* Σ ½(p + p')(V' - V): by the states at both ends, no derivative in time */
  PetscReal rate[2]; /* ∫ p ∂_tV at its start and at its end */
  PetscReal unsure[2]; /* of these */
  PetscReal noise;     /* what rounding leaves of `states` */
} OttoStepWork;

/* Two steps in a row, and what is known of them since the last sample. */
typedef struct {
  OttoStepWork last;  /* the step before; dt 0: none */
  PetscReal off;      /* Σ over pairs: |by the states - by the rates| */
  PetscReal estimate; /* Σ: what two steps instead of one leave of either, and unsure rates */
  PetscReal size, noise;
  PetscInt pairs; /* so far */
} OttoWorkPairs;

/** Takes the next step into account; `both`: Σ ½(p + p'')(V'' - V) over it and the one before. */
PETSC_INTERN void OttoWorkPairsAdd(OttoWorkPairs *pairs, const OttoStepWork *step, PetscReal both);
/** `off` in units of what is allowed, 1 at most where both agree, and starts anew; false where
 * steps are too long for it to tell a hundredth. */
PETSC_INTERN PetscBool OttoWorkPairsJudge(OttoWorkPairs *pairs, PetscReal *value);

typedef struct _n_OttoFirstLaw *OttoFirstLaw;

/** Starts at the law's present state, t = 0. `exact`: steps are of implicit Euler or cn.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoFirstLawCreate(OttoRecord record, OttoFokkerPlanck *s,
                                               PetscBool exact, OttoFirstLaw *law);
/** Keeps, or takes over (keep.h), what passes from step to step. Collective. */
PETSC_EXTERN PetscErrorCode OttoFirstLawKeep(OttoFirstLaw law, OttoKeep keep);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstLawDestroy(OttoFirstLaw *law);
/** One step from p to p' under the generator, which is at the step's end: Qᵀp' in `rate`, Qᵀp of
 * the start in `past` (cn; NULL otherwise), in units of dt `half` of each. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstLawStep(OttoFirstLaw law, PetscReal t, PetscReal dt,
                                             PetscReal half, Vec p, Vec after, Vec rate, Vec past);
/** Reports the check `first_law` since the last sample, and the jump of V in time it has found, to
 * the sample. Collective. */
PETSC_INTERN PetscErrorCode OttoFirstLawSample(OttoFirstLaw law, OttoFokkerPlanckSample *now);
