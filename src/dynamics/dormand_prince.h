/*
 * Private to dynamics: one step of the pair of Dormand and Prince of order 8 for a batch of points
 * that share it, with DΦ by the variational equation and log |det DΦ| by the divergence.
 */
#pragma once
#include "dynamics_impl.h"

#define OTTO_RK_STAGES 12

/* An explicit Runge–Kutta method with two estimates of its error. */
typedef struct {
  PetscReal node[OTTO_RK_STAGES];              /* c */
  PetscReal a[OTTO_RK_STAGES][OTTO_RK_STAGES]; /* a[i][j] = 0 for j ≥ i */
  PetscReal b[OTTO_RK_STAGES];                 /* of order 8 */
  PetscReal error5[OTTO_RK_STAGES];            /* b less weights of order 5 */
  PetscReal third[OTTO_RK_STAGES];             /* weights of order 3 */
} OttoRungeKuttaTable;

/* HNW's coefficients. */
PETSC_INTERN const OttoRungeKuttaTable OttoDormandPrinceTable;

/* Points of a batch: so many that what a step remembers of them stays near the processor. */
#define OTTO_BATCH(dim) ((dim) == 3 ? 32 : 64)

/* A batch. Its state has the components x[dim], log J, and, where it is carried, DΦ[dim·dim] row by
 * row; each is an array of `width`, of which `n` points are used. */
typedef struct {
  OttoDynamics dynamics;
  PetscInt dim, width, n, components;
  PetscBool derivative, divergence; /* whether DΦ is carried, and log J other than 0 */
  PetscReal *y, *trial;             /* states [components][width]: before and after the step */
  PetscReal *k[10];                 /* slopes likewise; k[0] is that of y */
  PetscReal *gradient;              /* [dim·dim][width] */
  PetscReal *norms;                 /* [4][width], scratch */
  PetscReal *memory;
  PetscReal weight[DIM];  /* 1/side²: errors of positions are relative to the sides */
  PetscInt64 evaluations; /* of velocity and gradient, times points */
} OttoDormandPrince;

/* Not collective. */
PETSC_INTERN PetscErrorCode OttoDormandPrinceCreate(OttoDynamics dynamics, PetscBool derivative,
                                                    OttoDormandPrince **batch);
PETSC_INTERN PetscErrorCode OttoDormandPrinceDestroy(OttoDormandPrince **batch);
PETSC_INTERN size_t OttoDormandPrinceBytes(const OttoDormandPrince *batch);
/* The slope of y at t, once y and n are set. Not collective. OTTO_ERR_NUMERICAL: not finite. */
PETSC_INTERN PetscErrorCode OttoDormandPrinceStart(OttoDormandPrince *batch, PetscReal t);
/* trial: y a step h later. *error: the largest estimated error per unit time of any point, and
 * *worst which it is; infinite where something was not finite. Not collective. */
PETSC_INTERN PetscErrorCode OttoDormandPrinceTry(OttoDormandPrince *batch, PetscReal t, PetscReal h,
                                                 PetscReal *error, PetscInt *worst);
/* Goes to the trial, the time there being t; further: a step follows, and wants the slope there.
 * Not collective. */
PETSC_INTERN PetscErrorCode OttoDormandPrinceAccept(OttoDormandPrince *batch, PetscReal t,
                                                    PetscBool further);
/* A step to begin with whose error is about the tolerance (HNW II.4), at most `most` in magnitude;
 * *h has most's sign. After Start. Not collective. */
PETSC_INTERN PetscErrorCode OttoDormandPrinceFirstStep(OttoDormandPrince *batch, PetscReal t,
                                                       PetscReal tolerance, PetscReal most,
                                                       PetscReal *h);
/* Takes point p out: the last one goes to its place. Not collective. */
PETSC_INTERN void OttoDormandPrinceDrop(OttoDormandPrince *batch, PetscInt p);
