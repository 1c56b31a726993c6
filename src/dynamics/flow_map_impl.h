/*
 * Private to dynamics: the points of a flow map, and the two ways they are carried.
 */
#pragma once
#include "dormand_prince.h"
#include <otto/flow_map.h>

struct _n_OttoFlowMap {
  OttoDynamics dynamics;
  OttoGrid grid; /* whose cells' centres the points are; NULL: others */
  PetscInt dim;
  PetscInt64 count;
  PetscReal t, tolerance;
  PetscInt least_steps;             /* to a time */
  PetscBool ends;                   /* points can be lost */
  PetscReal *x[DIM], *log_jacobian; /* [count] */
  PetscReal *derivative[DIM * DIM]; /* [count]; NULL: not carried */
  PetscBool *lost;                  /* [count] */
  PetscInt64 batches;               /* of points that share steps, consecutive: */
  PetscInt64 *first;                /* [batches + 1] */
  PetscReal *h;                     /* [batches]: step a batch would take next; 0: not known */
  OttoDormandPrince *batch;         /* one at a time is carried in here */
  PetscInt index[OTTO_BATCH(1)];    /* [batch->n]: which of its points stands where */
  PetscInt64 steps, rejected, evaluations;
};

/* Where component c of a batch's state is kept: x, log J, DΦ, [count]. */
PETSC_INTERN PetscReal *OttoFlowMapState(OttoFlowMap map, PetscInt c);
/* The points of a batch that are not lost go into map->batch, and come back. Not collective. */
PETSC_INTERN void OttoFlowMapLoad(OttoFlowMap map, PetscInt64 batch);
PETSC_INTERN void OttoFlowMapStore(OttoFlowMap map, PetscInt64 batch);
/* Those of the loaded points that are now lost are stored where they are, and leave. Not
 * collective.
 */
PETSC_INTERN PetscErrorCode OttoFlowMapLose(OttoFlowMap map, PetscInt64 batch);
/* Carries a batch of a flow from time `from` to `until`, by adaptive steps. Not collective.
 * OTTO_ERR_NUMERICAL, OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoFlowMapFlow(OttoFlowMap map, PetscInt64 batch, PetscReal from,
                                            PetscReal until);
/* Carries a batch of a map by one iterate, forwards (1) or backwards (-1). Not collective.
 * OTTO_ERR_NUMERICAL. */
PETSC_INTERN PetscErrorCode OttoFlowMapIterate(OttoFlowMap map, PetscInt64 batch, int step);
