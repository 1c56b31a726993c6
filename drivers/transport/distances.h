/* Every distance of two densities on one grid. */
#pragma once
#include <otto/beckmann.h>
#include <otto/divergence.h>
#include <otto/record.h>
#include <otto/sinkhorn.h>
#include <otto/wasserstein.h>

/* What the keys say of the distances. */
typedef struct {
  PetscReal mmd_time;    /* (length) squared */
  PetscReal epsilon;     /* of Sinkhorn; length squared */
  PetscReal reach;       /* inf: balanced */
  PetscReal renyi_order; /* of the divergence */
  PetscReal mass[2];     /* of p and q as Sinkhorn weighs them: 1, unless unbalanced */
} OttoTransportKeys;

/* The solvers of one grid. */
typedef struct {
  OttoGrid grid;
  OttoWasserstein w2;
  OttoBeckmann w1;
  OttoSinkhorn sinkhorn;
} OttoTransportSolvers;

/* What p and q are compared by. */
typedef struct {
  OttoDivergences d;
  OttoWassersteinResult w2;
  OttoBeckmannResult w1;
  OttoSinkhornResult sinkhorn;
  PetscReal mmd2, energy_distance, h_minus_1;
} OttoTransportNumbers;

/** Solvers for a grid; keys of their own are read. Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTransportSolversCreate(OttoGrid grid, const OttoTransportKeys *keys,
                                                       OttoTransportSolvers *s);
/** Frees them. Collective. */
PETSC_INTERN PetscErrorCode OttoTransportSolversDestroy(OttoTransportSolvers *s);

/** All numbers of p and q, each of mass 1; `record` (NULL: none) has its stages and its progress.
 * Collective. OTTO_ERR_NUMERICAL. */
PETSC_INTERN PetscErrorCode OttoTransportMeasure(const OttoTransportSolvers *s,
                                                 const OttoTransportKeys *keys, OttoRecord record,
                                                 Vec p, Vec q, OttoTransportNumbers *numbers);
