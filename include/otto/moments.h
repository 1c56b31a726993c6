/** @file
 * Mean and covariance of a density; on a periodic axis, where a mean would depend on where
 * the box begins, the circular mean and the mean resultant length (Mardia and Jupp, Directional
 * Statistics, 2000): angle, as a coordinate, and length of E exp(2πi (x - lower)/L)
 * (MATHEMATICS 10).
 */
#pragma once
#include <otto/field.h>

/** Resultant lengths below this leave no direction. */
#define OTTO_NO_DIRECTION 1e-6

/** Means, resultant lengths and covariances of OTTO_MAX_DIM axes at most. */
#define OTTO_MAX_MOMENTS (2 * OTTO_MAX_DIM + OTTO_MAX_DIM * (OTTO_MAX_DIM + 1) / 2)

/** What a moment is of. */
typedef enum {
  OTTO_MOMENT_MEAN,      /**< of an axis that does not wrap */
  OTTO_MOMENT_DIRECTION, /**< circular mean of a periodic axis; its resultant length comes next */
  OTTO_MOMENT_RESULTANT, /**< mean resultant length of a periodic axis, 0 … 1 */
  OTTO_MOMENT_COVARIANCE /**< of two axes, or variance of one */
} OttoMomentKind;

/** One moment. */
typedef struct {
  OttoMomentKind kind; /**< what it is */
  PetscInt axis[2];    /**< both the same but for covariances */
} OttoMoment;

/** How many moments a density on the grid has: a mean for every axis, a resultant length for every
 * periodic one, a covariance for every pair of axes (i <= j) neither of which is periodic. Not
 * collective. */
PETSC_EXTERN PetscInt OttoMomentsCount(const OttoGridInfo *g);

/** Which one moment i < OttoMomentsCount() is. Not collective. */
PETSC_EXTERN OttoMoment OttoMomentsGet(const OttoGridInfo *g, PetscInt i);

/** Name of moment i of the density called `density` ("p"): mean_p_x, resultant_p_x,
 * covariance_p_xy; axes are called as the grid calls them. Not collective. */
PETSC_EXTERN void OttoMomentsName(const OttoGridInfo *g, PetscInt i, const char *density,
                                  char name[], size_t size);

/** Its unit: length, length^2 or 1, or with texts of the grid's in their place (units.h). Not
 * collective. */
PETSC_EXTERN void OttoMomentsUnit(const OttoGridInfo *g, PetscInt i, char text[], size_t size);

/** What it is, in one sentence that names the density. Not collective. */
PETSC_EXTERN void OttoMomentsSentence(const OttoGridInfo *g, PetscInt i, const char *density,
                                      char text[], size_t size);

/** Moments of p/∫p as raw[OTTO_MAX_MOMENTS], which may be combined linearly, of several densities:
 * in place of angle and length the real and imaginary part of E exp(2πi (x - lower)/L). Lengths in
 * those of the box. NaN where ∫p is 0. Two passes over p. Collective. */
PETSC_EXTERN PetscErrorCode OttoMomentsCompute(OttoGrid grid, Vec p, PetscReal raw[]);

/** values[OttoMomentsCount()] from raw ones (which may be the same array): a circular mean is a
 * coordinate of the box, NaN where there is no direction to speak of: the resultant length is below
 * OTTO_NO_DIRECTION, where what solves leave would turn it round. Not collective. */
PETSC_EXTERN void OttoMomentsValues(const OttoGridInfo *g, const PetscReal raw[],
                                    PetscReal values[]);

/** As OttoMomentsValues(), to be compared with those of the same box in near[]: a circular mean is
 * the image nearest to near's (which is NaN where that is), so that plain differences go the short
 * way round. `g` may be of another grid of the box. Not collective. */
PETSC_EXTERN void OttoMomentsNear(const OttoGridInfo *g, const PetscReal raw[],
                                  const PetscReal near[], PetscReal values[]);

/** What the errors of values[] are large or small against, scale[OttoMomentsCount()]: the density's
 * own width, see moments_scale.c. Not collective. */
PETSC_EXTERN void OttoMomentsScales(const OttoGridInfo *g, const PetscReal values[],
                                    PetscReal scale[]);
