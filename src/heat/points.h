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
} OttoPointsAxis;

typedef struct _n_OttoPoints *OttoPoints;
/* A density on the points of all axes but the first, and still on the planes of that one. */
typedef struct _n_OttoPointsPart *OttoPointsPart;

/** The kernel at time t > 0 from the cells of `grid` to axis[dim] (copied). Not collective. */
PETSC_EXTERN PetscErrorCode OttoPointsCreate(OttoGrid grid, PetscReal t,
                                             const OttoPointsAxis axis[], OttoPoints *points);
/** Frees it. */
PETSC_EXTERN PetscErrorCode OttoPointsDestroy(OttoPoints *points);

/** Carries p0 ≥ 0 to the points of axes 1 … dim-1. Not collective: every rank has its planes. */
PETSC_EXTERN PetscErrorCode OttoPointsStart(OttoPoints points, Vec p0, OttoPointsPart *part);
/** Frees it. */
PETSC_EXTERN PetscErrorCode OttoPointsPartDestroy(OttoPointsPart *part);

/** How many numbers of a point OttoPointsFinish() gives: log p, rate (∂_t p)/p, and dim scores. */
#define OTTO_POINTS_VALUES(dim) ((dim) + 2)
enum { OTTO_POINTS_LOG, OTTO_POINTS_RATE, OTTO_POINTS_SCORE };

/**
 * `count` columns from column `from` on (points of axes 1 … dim-1 in C order) at all points of axis
 * 0: values[(i OTTO_POINTS_VALUES + v) count + c] of point i of axis 0 and column from + c; of
 * OTTO_POINTS_SCORE + j: ∂_j log p. log p is -inf where p is 0, the others then 0. On rank `root`;
 * elsewhere values[] is room of the same size. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoPointsFinish(OttoPoints points, OttoPointsPart part,
                                             PetscInt64 from, PetscInt count, PetscMPIInt root,
                                             PetscReal values[]);
