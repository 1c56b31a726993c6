/* A few consecutive planes of a pair, halo planes included, with their logarithms taken once. */
#pragma once
#include <otto/fisher.h>
#include "divergence_kernel.h"

#define OTTO_GHOSTED_MAX 5 /* most slots */

typedef struct {
  const PetscReal *p, *q;           /* [plane_cells] */
  const PetscReal *lp, *lq, *ratio; /* log p, log q, log(p/q) as OttoCellLogs() gives them */
  PetscBool plain;                  /* every logarithm is finite */
} OttoPlane;

typedef struct {
  const OttoGridInfo *g;
  const OttoPair *pair;
  const OttoKernel *kernel;
  PetscInt width; /* planes beyond the rank's own on either side */
  PetscInt slots; /* planes whose logarithms are kept: the last that many taken */
  OttoPairArrays own;
  PetscReal
      *halo[4];    /* p, q, log_p, log_q: [2·width][plane_cells], below then above; may be NULL */
  PetscReal *logs; /* [slots][3][plane_cells] */
  PetscBool plain[OTTO_GHOSTED_MAX]; /* by slot */
} OttoGhosted;

/* Exchanges the halos. Collective. */
PetscErrorCode OttoGhostedCreate(OttoGrid grid, const OttoPair *pair, const OttoKernel *kernel,
                                 PetscInt width, PetscInt slots, OttoGhosted *planes);
PetscErrorCode OttoGhostedDestroy(OttoGhosted *planes);

/* Takes the logarithms of local plane i, -width <= i < planes + width, in increasing order of i;
 * adds its cells to *totals unless that is NULL. */
void OttoGhostedTake(OttoGhosted *planes, PetscInt64 i, OttoTotals *totals);

/* Plane i, one of the last `slots` taken. */
OttoPlane OttoGhostedGet(const OttoGhosted *planes, PetscInt64 i);
