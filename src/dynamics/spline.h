/* Private to dynamics: cubic splines through the values of a box of cells. */
#pragma once
#include "dynamics_impl.h"

/* Where values stand: n[dim] cells, and whether an axis is a ring. */
typedef struct {
  PetscInt dim;
  PetscInt64 n[DIM];
  PetscReal lower[DIM], h[DIM];
  PetscBool ring[DIM];
} OttoSplineBox;

/* Numbers of coefficients: n + 4 an axis, two beyond either end. */
PETSC_INTERN PetscInt64 OttoSplineSize(const OttoSplineBox *box);
/* Coefficients of the spline through values[cells] (C order, all finite): round rings, and at other
 * ends as values go on by the cubic through the last four. Not collective. */
PETSC_INTERN PetscErrorCode OttoSplineCoefficients(const OttoSplineBox *box,
                                                   const PetscReal values[],
                                                   PetscReal coefficients[]);
/* What a point asks of coefficients: the first of 4^dim, and per axis their weights in the value
 * and in the derivative. Beyond an end that is no ring the last polynomial goes on. */
typedef struct {
  PetscInt64 first;
  PetscReal weight[DIM][4], slope[DIM][4];
} OttoSplinePlace;
PETSC_INTERN void OttoSplineLocate(const OttoSplineBox *box, const PetscReal x[],
                                   OttoSplinePlace *place);
/* *value and, unless NULL, gradient[dim]. */
PETSC_INTERN void OttoSplineEvaluate(const OttoSplineBox *box, const OttoSplinePlace *place,
                                     const PetscReal coefficients[], PetscReal *value,
                                     PetscReal gradient[]);
