/*
 * Level 2: mean and covariance of a density; on a periodic axis, where a mean would depend on where
 * the box begins, the circular mean and the mean resultant length (Mardia and Jupp, Directional
 * Statistics, 2000): angle, as a coordinate, and length of E exp(2πi (x - lower)/L).
 */
#pragma once
#include <otto/field.h>

/* Means, resultant lengths and covariances of OTTO_MAX_DIM axes at most. */
#define OTTO_MAX_MOMENTS (2 * OTTO_MAX_DIM + OTTO_MAX_DIM * (OTTO_MAX_DIM + 1) / 2)

/** How many moments a density on the grid has: a mean for every axis, a resultant length for every
 * periodic one, a covariance for every pair of axes (i <= j) neither of which is periodic. Not
 * collective. */
PETSC_EXTERN PetscInt OttoMomentsCount(const OttoGridInfo *g);

/** Name of moment i of the density called `density` ("p"): mean_p_x, resultant_p_x,
 * covariance_p_xy; axes are called as the grid calls them. Not collective. */
PETSC_EXTERN void OttoMomentsName(const OttoGridInfo *g, PetscInt i, const char *density,
                                  char name[], size_t size);

/** Moments of p/∫p as raw[OTTO_MAX_MOMENTS], which may be combined linearly, of several densities:
 * in place of angle and length the real and imaginary part of E exp(2πi (x - lower)/L). Lengths in
 * those of the box. NaN where ∫p is 0. Two passes over p. Collective. */
PETSC_EXTERN PetscErrorCode OttoMomentsCompute(OttoGrid grid, Vec p, PetscReal raw[]);

/** values[OttoMomentsCount()] from raw ones (which may be the same array): a circular mean is a
 * coordinate of the box, NaN where the resultant length is rounding or what solves leave (below 1e-6: no direction to speak of).
 * Not collective. */
PETSC_EXTERN void OttoMomentsValues(const OttoGridInfo *g, const PetscReal raw[],
                                    PetscReal values[]);
