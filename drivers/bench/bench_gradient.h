/* What bench gradient_flow times. */
#pragma once
#include <otto/gradient_flow.h>
#include "bench.h"
#include "bench_transport.h"

#define OTTO_BENCH_CUBES 8

typedef struct { /* a step down an energy from a smooth density */
  OttoGrid grid;
  OttoEnergy energy;
  OttoFlow flow;
  PetscReal dt;
  PetscInt64 steps; /* taken so far */
  Vec p, start;
  Vec slope, rate, field; /* of a residual */
  OttoGradientStep step;  /* the last */
} OttoBenchGradient;

/** Law gradient_flow (`law`: jko) of the options' energy, and 1 + 0.8 Π sin(2πx + 1) over the box.
 * The grid is the caller's. Collective. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoBenchGradientCreate(OttoGrid grid, const char *law, PetscReal dt,
                                                    OttoBenchGradient *s);
PETSC_EXTERN PetscErrorCode OttoBenchGradientDestroy(OttoBenchGradient *s);

/** Bytes per cell that this process grows by while a flow is made and takes its first step: to be
 * asked first, before anything larger was freed. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchGradientBytes(OttoGrid grid, PetscReal dt, PetscReal *bytes);

/* The items; `context` is an OttoBenchGradient. */
PETSC_EXTERN PetscErrorCode OttoBenchGradientReturn(void *context); /* to the density before */
PETSC_EXTERN PetscErrorCode OttoBenchGradientResidual(void *context);
PETSC_EXTERN PetscErrorCode OttoBenchGradientStep(void *context);

typedef struct { /* W*ρ, and a transform of the grid that it is convolved on */
  OttoEnergy energy;
  OttoGrid padded;
  OttoTransform transform;
  OttoSymbol one;
  Vec rho, u, v;
} OttoBenchNonlocal;

/** Of the options' interaction, or a Gaussian of a tenth of the shortest side. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchNonlocalCreate(OttoGrid grid, OttoBenchNonlocal *s);
PETSC_EXTERN PetscErrorCode OttoBenchNonlocalDestroy(OttoBenchNonlocal *s);
/* The items; `context` is an OttoBenchNonlocal. */
PETSC_EXTERN PetscErrorCode OttoBenchNonlocalApply(void *context);
PETSC_EXTERN PetscErrorCode OttoBenchNonlocalTransform(void *context); /* there and back */

/** Reads bench_sizes into n[OTTO_BENCH_CUBES]; without it a quarter, a half and all of the first
 * axis' cells. OTTO_ERR_INPUT. Not collective. */
PETSC_EXTERN PetscErrorCode OttoBenchGradientSizes(OttoGrid grid, PetscInt *count, PetscInt64 n[]);
/** Shows how many Newton and Krylov iterations a step takes of entropy and of powers 2 and 3, on
 * grids of like sides with n[count] cells along each; into `results`. Collective. */
PETSC_EXTERN PetscErrorCode OttoBenchGradientCounts(OttoRecord record, OttoGrid grid, PetscReal dt,
                                                    PetscInt count, const PetscInt64 n[]);
