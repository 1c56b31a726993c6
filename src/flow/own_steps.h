/* Private to flow: laws that step themselves, from the densities as they stand to the next. */
#pragma once
#include "flow_impl.h"

/* What such a law is. */
typedef struct {
  /* A step from t of length dt: the flow's densities hold the result where `done`, anything where
   * it did not converge or is no density, `reason` then says why. Collective. */
  PetscErrorCode (*step)(OttoFlow, PetscReal t, PetscReal dt, const Vec before[], PetscBool *done,
                         char reason[OTTO_FLOW_REASON]);
  PetscBool
      exact; /* the length of a step is part of the law: one that fails is not tried shorter */
} OttoOwnLaw;

struct _n_OttoOwnSteps {
  const OttoOwnLaw *law;
  Vec before[MAX_BLOCKS]; /* the densities before the step; NULL while the flow rests */
  PetscReal t;
  PetscReal dt;      /* as it was set */
  PetscReal length;  /* of the step to try next: shorter after one failed */
  PetscInt quiet;    /* steps accepted since that changed */
  PetscInt refused;  /* refusals since the last that was accepted, up to four */
  PetscInt tries;    /* refusals in this advance */
  PetscInt crawling; /* steps in a row that were next to nothing of dt */
  PetscInt64 most;   /* ts_max_steps */
  char reason[OTTO_FLOW_REASON];
};

/** For `law`; from now on the flow's time is 0. Not collective. */
PETSC_INTERN PetscErrorCode OttoOwnStepsCreate(OttoFlow flow, const OttoOwnLaw *law);
/** OttoFlowSetFromOptions(): ts_dt and ts_max_steps, refusing other ts_ keys. Collective. */
PETSC_INTERN PetscErrorCode OttoOwnStepsOptions(OttoFlow flow);
/** OttoFlowAdvance(). Collective. */
PETSC_INTERN PetscErrorCode OttoOwnStepsAdvance(OttoFlow flow, PetscReal t);
/** OttoFlowRest(). Collective. */
PETSC_INTERN PetscErrorCode OttoOwnStepsRest(OttoFlow flow);
/** OttoFlowKeep(): the densities and how the next step begins. Collective. */
PETSC_INTERN PetscErrorCode OttoOwnStepsKeep(OttoFlow flow, OttoKeep keep);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoOwnStepsDestroy(OttoFlow flow);
