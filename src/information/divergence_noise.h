/*
 * What errors of p and q move a divergence by where they are small beside p and q: to first order,
 * whatever their signs.
 */
#pragma once
#include <otto/divergence.h>

#define OTTO_NOISE 0.1 /* of the resolution: what a resolved value errs by */
#define OTTO_WELL                                                                                  \
  1e7 /* times the resolution: where the noise is 1e-8 of p and q, and less beyond */

/* Cells where p and q exceed `from` times their resolution, but not both `to` times. */
typedef struct {
  PetscReal resolved_p, resolved_q; /* as in OttoPair */
  PetscReal from, to;
  PetscReal order, renyi; /* of Rényi's divergence, and its value; order 0: it is not wanted */
} OttoNoise;

/* Adds, over n cells, what noise moves each divergence by; a cell counts `weight` (NULL: 1).
 * Volumes are left to the caller. sum[OTTO_DIVERGENCE_COUNT]. */
PETSC_INTERN void OttoNoiseAdd(const OttoNoise *noise, PetscInt64 n, const PetscReal p[],
                               const PetscReal q[], const PetscReal weight[], OttoSum sum[]);
