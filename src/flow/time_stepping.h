/* Private to flow: laws that PETSc's TS steps. */
#pragma once
#include "flow_impl.h"

struct _n_OttoTimeStepping {
  const OttoFlowLaw *law;
  PetscInt own;                 /* unknowns of the law on this rank, behind the blocks */
  Vec state, before, zero, rhs; /* of TS; before the step; 0; r */
  Vec view[2 * MAX_BLOCKS];     /* blocks of any such Vec, as fields */
  Mat jacobian;                 /* a shell: only its shift is of interest */
  PetscReal shift, stage_t;
  TS ts;
  PetscBool euler, fixed; /* fixed: no error control */
  PetscReal dt, dt_given; /* to be tried next under error control; ts_dt */
  PetscReal taken[2];     /* the last two steps: the last may be one cut to fit */
  PetscReal length, full; /* without error control: the step, not cut to fit; the most it may be */
  PetscInt quiet;         /* steps accepted since it changed */
  PetscInt64 refused[2];  /* report.negative and .rejected when the last step began */
  PetscInt64 earlier;     /* rejections that TS does not know of: before the run was taken over */
  PetscReal t_before;
  PetscBool negative; /* the last stage was refused; in a step of length `tried` */
  PetscReal tried;
  char reason[OTTO_FLOW_REASON]; /* why the last solve did not converge */
};

/** A new TS for `law`. Collective. */
PETSC_INTERN PetscErrorCode OttoTimeSteppingCreate(OttoFlow flow, const OttoFlowLaw *law);
/** Makes the state from the flow's densities, with `own` unknowns of the law's behind the blocks of
 * this rank, 0 at the start. Collective. */
PETSC_INTERN PetscErrorCode OttoTimeSteppingSetUp(OttoFlow flow, PetscInt own);
/** OttoFlowAdvance(). Collective. */
PETSC_INTERN PetscErrorCode OttoTimeSteppingAdvance(OttoFlow flow, PetscReal t);
/** OttoFlowKeep(): the state and how TS is to go on. Collective. */
PETSC_INTERN PetscErrorCode OttoTimeSteppingKeep(OttoFlow flow, OttoKeep keep);
/** OttoFlowRest(). Collective. */
PETSC_INTERN PetscErrorCode OttoTimeSteppingRest(OttoFlow flow);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoTimeSteppingDestroy(OttoFlow flow);

/** Makes field view[k] show block b of `state`; OttoTimeSteppingHide() must follow. Not collective.
 */
PETSC_INTERN PetscErrorCode OttoTimeSteppingShow(OttoFlow flow, Vec state, PetscInt b,
                                                 PetscBool write, PetscInt k);
PETSC_INTERN PetscErrorCode OttoTimeSteppingHide(OttoFlow flow, Vec state, PetscBool wrote,
                                                 PetscInt k);
/** view[k]. Not collective. */
PETSC_INTERN Vec OttoTimeSteppingView(OttoFlow flow, PetscInt k);

/** OttoFlowSetFromOptions(). Collective. */
PETSC_INTERN PetscErrorCode OttoTimeSteppingOptions(OttoFlow flow);
/** How TS steps, by its options: with the state made. Collective. */
PETSC_INTERN PetscErrorCode OttoTimeSteppingConfigure(OttoFlow flow);
#define READ PETSC_FALSE
#define WRITE PETSC_TRUE
