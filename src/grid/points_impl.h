/*
 * Private to grid: what points are connected to.
 */
#pragma once
#include <otto/points.h>
#include <petscsf.h>

/* Points that were sent to the owners of their stencils (points_stencil.c). */
typedef struct _n_OttoStencils *OttoStencils;

struct _n_OttoPoints {
  const OttoGridInfo *g;
  PetscInt64 count;
  PetscInt corners; /* 2^dim */
  PetscSF sf;       /* cells → the corners of points; of stencils: → points */
  PetscReal *share; /* [count][corners] */
  PetscReal *value; /* likewise: what is sent, or came */
  OttoStencils stencils;
};

/** Frees them; NULL is fine. Not collective. */
PETSC_INTERN PetscErrorCode OttoStencilsDestroy(OttoStencils *stencils);
