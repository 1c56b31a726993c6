/* Private to relaxation*.c: quotients of two fields, edge by edge. */
#pragma once
#include "grid/edges.h"
#include "relaxation_impl.h"

/* A run of edges from x up to y: rates, and two fields at both ends. */
typedef struct {
  const PetscReal *up, *down, *ux, *uy, *vx, *vy;
} OttoModeEnds;

/* Adds what n edges are to sum[0], and what rounding may have made of it to sum[1]. */
typedef void (*OttoModeProducts)(PetscInt64 n, const OttoModeEnds *ends, OttoSum sum[2]);

/** Both sums over all edges, and of killed u v with its rounding. Collective. */
PETSC_INTERN PetscErrorCode OttoModeQuotient(const OttoModeForm *form, Vec u, Vec v,
                                             OttoModeProducts add, PetscReal value[2]);
