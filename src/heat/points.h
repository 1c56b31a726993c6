/*
 * Private to the heat kernels and estimates of the grid's errors: K_t p0 of gaussian_exact off the
 * grid, at the points of a product of axes, with scores and rate.
 *
 * Data stay atoms at the centres of their cells, as in gaussian_exact.c; what K_t makes of
 * them is a function on all of space, and on an open axis it goes on beyond the box. Everything is
 * carried as a logarithm with conditional means, so that nothing ends where doubles do.
 */
#pragma once
#include <otto/field.h>

/* The points of one axis: anywhere on an open one; on any other the centres of all cells. */
typedef struct {
  PetscInt64 count;
  const PetscReal *x; /* [count]; NULL: the centres of all cells, `count` is not looked at */
} OttoHeatPointsAxis;

typedef struct _n_OttoHeatPoints *OttoHeatPoints;
/* A density on the points of all axes but the first, and still on the rank's cells of that one; on
 * a mesh on some points of axis 1. */
typedef struct _n_OttoHeatPointsPart *OttoHeatPointsPart;

/** The kernel at time t > 0 from the cells of `grid` to axis[dim] (copied). Collective. */
PETSC_EXTERN PetscErrorCode OttoHeatPointsCreate(OttoGrid grid, PetscReal t,
                                                 const OttoHeatPointsAxis axis[],
                                                 OttoHeatPoints *points);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoHeatPointsDestroy(OttoHeatPoints *points);

/** Carries p0 ≥ 0 to the points of axes 1 … dim-1. Collective. */
PETSC_EXTERN PetscErrorCode OttoHeatPointsStart(OttoHeatPoints points, Vec p0,
                                                OttoHeatPointsPart *part);
/** Frees it. */
PETSC_EXTERN PetscErrorCode OttoHeatPointsPartDestroy(OttoHeatPointsPart *part);

/** How many numbers of a point OttoHeatPointsFinish() gives: log p, rate (∂_t p)/p, and dim scores.
 */
#define OTTO_POINTS_VALUES(dim) ((dim) + 2)
enum { OTTO_POINTS_LOG, OTTO_POINTS_RATE, OTTO_POINTS_SCORE };

/**
 * `count` columns from column `from` on (points of axes 1 … dim-1 in C order) at all points of axis
 * 0: values[(i OTTO_POINTS_VALUES + v) count + c] of point i of axis 0 and column from + c; of
 * OTTO_POINTS_SCORE + j: ∂_j log p. log p is -inf where p is 0, the others then 0. On rank `root`;
 * elsewhere values[] is room of the same size. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoHeatPointsFinish(OttoHeatPoints points, OttoHeatPointsPart part,
                                                 PetscInt64 from, PetscInt count, PetscMPIInt root,
                                                 PetscReal values[]);
