/*
 * Private to flow: the table of operations each law fills, and what laws share.
 *
 *   flow.c            front: names, densities, dispatch
 *   time_stepping.c   laws that PETSc's TS steps; options.c: its methods, and how they step
 *   own_steps.c       laws that step themselves
 *   time.c            where a flow stands, and what steps it
 *   gradient.c        what laws down an energy share
 *   fokker_planck.c   dp/dt = Qᵀp
 *   accepted.c        the steps taken
 */
#pragma once
#include <otto/flow.h>

#define MAX_BLOCKS 2
#define OTTO_FLOW_REASON 160 /* letters of why a solve did not converge, the end included */

/* A law. All may be NULL but `setup`, `advance` and `destroy`. */
typedef struct {
  const char *name;
  PetscBool gradient;                  /* its data begin with an OttoGradient */
  PetscErrorCode (*create)(OttoFlow);  /* its data in flow->law */
  PetscErrorCode (*options)(OttoFlow); /* OttoFlowSetFromOptions() */
  PetscErrorCode (*setup)(OttoFlow);   /* law and densities are given, options read */
  PetscErrorCode (*advance)(OttoFlow, PetscReal t);
  PetscErrorCode (*rest)(OttoFlow);
  PetscErrorCode (*keep)(OttoFlow, OttoKeep keep);            /* beside what all laws count */
  PetscErrorCode (*report)(OttoFlow, OttoFlowReport *report); /* beside what all laws count */
  void (*logs)(OttoFlow, PetscBool before, Vec logs[MAX_BLOCKS]);
  PetscErrorCode (*destroy)(OttoFlow);
} OttoFlowOps;

/* The law as TS sees it. A state is one Vec: on every rank the block of p, then the block of q,
 * then the law's own unknowns. */
typedef struct {
  PetscErrorCode (*rate)(OttoFlow, PetscReal t, Vec x, Vec rate);
  /* x = (σ - ∂rate)⁻¹ r, a stage at time t; a solve that does not converge says why */
  PetscErrorCode (*solve)(OttoFlow, PetscReal t, PetscReal shift, Vec r, Vec x,
                          PetscBool *converged, char reason[OTTO_FLOW_REASON]);
  PetscErrorCode (*accept)(OttoFlow, PetscReal t, Vec state); /* a step has ended in this state */
} OttoFlowLaw;

typedef struct _n_OttoTimeStepping *OttoTimeStepping;
typedef struct _n_OttoOwnSteps *OttoOwnSteps;

struct _n_OttoFlow {
  const OttoFlowOps *ops;
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscBool is_setup;
  PetscInt blocks;
  Vec density[MAX_BLOCKS];    /* the caller's */
  PetscReal mass[MAX_BLOCKS]; /* at set-up */
  void *law;                  /* the law's own data */
  OttoTimeStepping stepping;  /* of laws that TS steps; else NULL */
  OttoOwnSteps own;           /* of laws that step themselves; else NULL */
  PetscReal *times;           /* of the steps accepted in the last advance */
  PetscInt taken, room;
  OttoFlowStep step;
  void *context;
  OttoFlowReport report;
};

/** Another step is accepted. Not collective. */
PETSC_INTERN PetscErrorCode OttoFlowNoteStep(OttoFlow flow, PetscReal t);

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoFlowOps OttoFlowOps_##Ops;
#include "flow.def"
#undef OTTO_MEMBER
