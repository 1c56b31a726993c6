/* What bench transport times. */
#pragma once
#include "bench.h"
#include "transport/ascent.h"

typedef struct { /* the ascent of the dual between two smooth mixtures */
  OttoGrid grid;
  OttoAscent ascent;
  Vec image; /* of a c-transform */
} OttoBenchTransport;

/** Two mixtures of Gaussians on the grid of the options, and their dual a few iterations on its
 * way. OTTO_ERR_INPUT: more than three axes, an absorbing one, a mesh that transforms do not serve.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchTransportCreate(MPI_Comm comm, OttoBenchTransport *t);
PETSC_EXTERN PetscErrorCode OttoBenchTransportDestroy(OttoBenchTransport *t);

/* The items; `context` is an OttoBenchTransport. */
PETSC_EXTERN PetscErrorCode OttoBenchPoisson(void *context);
PETSC_EXTERN PetscErrorCode OttoBenchCTransform(void *context);
PETSC_EXTERN PetscErrorCode
OttoBenchPushForward(void *context);                           /* the image of cells, and masses */
PETSC_EXTERN PetscErrorCode OttoBenchIteration(void *context); /* of both potentials */
PETSC_EXTERN PetscErrorCode OttoBenchPlan(void *context);      /* of one map, matched as it is */
PETSC_EXTERN PetscErrorCode OttoBenchCertificate(void *context); /* all its plans, both ways */
