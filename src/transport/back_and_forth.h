/*
 * Private to src/transport: the iteration that climbs the dual until a plan proves it near enough.
 */
#pragma once
#include "levels.h"
#include <otto/wasserstein.h>

/** Bounds of the least cost Σ m ½|x−y|² (length²) between densities of mass 1. */
typedef struct {
  PetscReal lower, upper;
} OttoCostBounds;

/** Told of the bounds at every certificate, the best so far; whether to end. Not collective, but
 * the same on all ranks. */
typedef PetscBool (*OttoCostJudge)(PetscInt iteration, OttoCostBounds bounds, void *context);

/** Bounds by the potentials that an ascent has, and by plans made from their maps, of both
 * directions: as they are, which is cheap, and where neither proves (upper - lower)/upper ≤ gap
 * (over a->scale, where that is larger), with the current of what is missing, until one does.
 * `form` of the maps' images: whole ones serve points and noise better, targets what parts. psi =
 * phi^c after it. Where an end is free the cost is that to the density of phi, and `lower`, of
 * these potentials, may be below 0: with the functional added it bounds the least of cost and
 * functional. Collective. */
PETSC_EXTERN PetscErrorCode OttoCertify(OttoAscent a, OttoImageForm form, PetscReal gap,
                                        OttoCostBounds *bounds);

/** Climbs on the densities of the finest ascent, whose coarser grids have been climbed to `gap`,
 * until the judge ends it or `limit` iterations are done. phi, psi: the potentials of the best
 * lower bound, each the other's c-transform. Collective. */
PETSC_INTERN PetscErrorCode OttoBackAndForth(OttoLevels levels, PetscReal gap, PetscInt limit,
                                             OttoCostJudge judge, void *context, Vec phi, Vec psi);
