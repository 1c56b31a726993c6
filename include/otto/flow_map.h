/** @file
 * Points carried by a dynamical system, with the derivative of where they go by where they began.
 *
 * Flows: the adaptive Runge–Kutta pair of Dormand and Prince of order 8 with error estimates of
 * orders 5 and 3 (Hairer, Nørsett and Wanner 1993, II.10), over batches of points that share a
 * step; DΦ by the variational equation d DΦ/dt = ∇v DΦ, and log |det DΦ| by integrating ∇·v beside
 * it, both in the same steps. Maps: iterates, derivatives multiplied. Errors: dynamics_tolerance
 * (1e-10) per unit time, of positions relative to the sides of the box, of DΦ to its largest entry,
 * of log |det DΦ| absolute.
 */
#pragma once
#include <otto/dynamics.h>
#include <otto/field.h>
#include <otto/keep.h>

/** Points, where a system has carried them. */
typedef struct _n_OttoFlowMap *OttoFlowMap;

/** What it took, on all ranks together. */
typedef struct {
  PetscInt64 points;      /**< carried */
  PetscInt64 lost;        /**< of them left a box that ends (or met land) on the way */
  PetscInt64 steps;       /**< accepted, times the points that took each; iterates of maps */
  PetscInt64 rejected;    /**< likewise */
  PetscInt64 evaluations; /**< of velocity and gradient, times points */
  PetscReal determinant;  /**< largest |det DΦ / exp(log J) − 1| over points that are not lost */
} OttoFlowMapReport;

/** This rank's points x[dim][count] (component j of all at x[j]), at time t. `derivative`: DΦ is
 * carried. They are copied. The dynamics must outlive it. Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowMapCreate(OttoDynamics dynamics, PetscInt64 count,
                                              const PetscReal *const x[], PetscReal t,
                                              PetscBool derivative, OttoFlowMap *map);
/** The same with the centres of this rank's cells of a grid of the same box as points, in their
 * order. Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowMapCreateCells(OttoDynamics dynamics, OttoGrid grid,
                                                   PetscReal t, PetscBool derivative,
                                                   OttoFlowMap *map);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowMapDestroy(OttoFlowMap *map);
/** The error per unit time, instead of dynamics_tolerance: 1e-14 … 1e-1. Not collective.
 * OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoFlowMapSetTolerance(OttoFlowMap map, PetscReal tolerance);
/** Flows take this many steps at least to every time they are advanced to, and from one time of a
 * file to the next (1). Not collective. OTTO_ERR_INPUT: below 1. */
PETSC_EXTERN PetscErrorCode OttoFlowMapSetLeastSteps(OttoFlowMap map, PetscInt steps);
/** Carries all points to time t, before or after the present one; of maps t is a whole number of
 * iterates from where they began. A point that is lost stays where it was lost. Collective.
 * OTTO_ERR_SOLVER: steps fell below what numbers can tell (point and time are named);
 * OTTO_ERR_NUMERICAL, OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoFlowMapAdvance(OttoFlowMap map, PetscReal t);
/** The time they are at. Not collective. */
PETSC_EXTERN PetscReal OttoFlowMapGetTime(OttoFlowMap map);
/** The system. Not collective. */
PETSC_EXTERN OttoDynamics OttoFlowMapGetDynamics(OttoFlowMap map);
/** How many points this rank has. Not collective. */
PETSC_EXTERN PetscInt64 OttoFlowMapGetCount(OttoFlowMap map);
/** Where they are: x[dim], arrays of `count`; beyond periodic faces they may be any number of turns
 * round. Valid until the next advance. Not collective. */
PETSC_EXTERN const PetscReal *const *OttoFlowMapGetPositions(OttoFlowMap map);
/** DΦ: [dim·dim] arrays of `count`, ∂x_i(t)/∂x_j(start) at i·dim + j; NULL where it is not carried.
 * Not collective. */
PETSC_EXTERN const PetscReal *const *OttoFlowMapGetDerivative(OttoFlowMap map);
/** log |det DΦ| [count], by integrating the divergence (maps: by the sum of their own). Not
 * collective. */
PETSC_EXTERN const PetscReal *OttoFlowMapGetLogJacobian(OttoFlowMap map);
/** [count]: whether a point is lost. Not collective. */
PETSC_EXTERN const PetscBool *OttoFlowMapGetLost(OttoFlowMap map);
/** What it took. Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowMapGetReport(OttoFlowMap map, OttoFlowMapReport *report);
/** Keeps, or takes over, the points (keep.h). Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowMapKeep(OttoFlowMap map, OttoKeep keep);
/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoFlowMapBytes(OttoFlowMap map);
