/** @file
 * Dynamical systems on a box, chosen by name (dynamics.def): vector fields dx/dt = v(x, t), and
 * maps x → Φ(x), with their derivatives, forwards and backwards. What carries points along them:
 * <otto/flow_map.h>.
 *
 * On a periodic axis a system must be periodic with the box; systems of the unit torus
 * (torus_automorphism, standard_map, baker) are scaled to the box. On no_flux axes the box is all
 * there is: a point that leaves it is lost. On open axes space goes on beyond the box, and so do
 * points.
 */
#pragma once
#include <otto/family.h>
#include <otto/keep.h>
#include <otto/grid.h>

/** Most axes. */
#define OTTO_DYNAMICS_MAX_DIM 3

/** A dynamical system. */
typedef struct _n_OttoDynamics *OttoDynamics;

/** The registry. */
PETSC_EXTERN const OttoFamily OttoDynamicsFamily;

/** The system of the options dynamics_type (required) and its keys on the box of `grid`, which must
 * be set up; the grid's cells do not matter. Collective. OTTO_ERR_INPUT: a parameter that is
 * missing or does not match; a matrix that cannot be inverted, or whose determinant is not ±1 on a
 * torus; a system of another number of axes; a grid of more than three axes or with an absorbing
 * axis; a velocity that differs on the two faces of a periodic axis; an inverse that does not undo
 * its map at a sample of points (the first such is named). */
PETSC_EXTERN PetscErrorCode OttoDynamicsCreate(OttoGrid grid, OttoDynamics *dynamics);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoDynamicsDestroy(OttoDynamics *dynamics);
/** Registry name. Not collective. */
PETSC_EXTERN const char *OttoDynamicsGetType(OttoDynamics dynamics);
/** Its grid. Not collective. */
PETSC_EXTERN OttoGrid OttoDynamicsGetGrid(OttoDynamics dynamics);
/** Whether it is a map: times are iterates, whole numbers. Not collective. */
PETSC_EXTERN PetscBool OttoDynamicsIsMap(OttoDynamics dynamics);
/** Whether it is the same at all times: Φ_{t+s} = Φ_t Φ_s. Of every map. Not collective. */
PETSC_EXTERN PetscBool OttoDynamicsIsAutonomous(OttoDynamics dynamics);
/** Whether log |det DΦ| is 0 everywhere by what the system is (divergence-free). Not collective. */
PETSC_EXTERN PetscBool OttoDynamicsKeepsVolume(OttoDynamics dynamics);
/** Why the coefficient of convective entropy is infinite (a map that is discontinuous); NULL where
 * it is not. Not collective. */
PETSC_EXTERN const char *OttoDynamicsGetSingularity(OttoDynamics dynamics);
/** Whether it can be gone backwards (a map without an inverse cannot). Not collective. */
PETSC_EXTERN PetscBool OttoDynamicsIsInvertible(OttoDynamics dynamics);
/** What derivatives err by where the system's are taken by differences (formula, map),
 * relative to their largest entry, as far as they have been asked for; 0 of all others. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoDynamicsDerivativeError(OttoDynamics dynamics, PetscReal *error);
/** What such derivatives leave in log |det DΦ_t| at most, 0 of systems without: of flows the
 * divergence, a sum of d entries, integrated over |t|; of maps a determinant, of d entries each in
 * a row and a column, an iterate. Collective. */
PETSC_EXTERN PetscErrorCode OttoDynamicsLogJacobianError(OttoDynamics dynamics, PetscReal t,
                                                         PetscReal *error);
/** Keeps, or takes over (keep.h), what these derivatives have erred by up to now. Collective. */
PETSC_EXTERN PetscErrorCode OttoDynamicsKeep(OttoDynamics dynamics, OttoKeep keep);

/** Of flows: v[dim][n] = v(x, t) at n points x[dim][n] (component j of all points stands at x[j]),
 * and, unless NULL, gradient[dim·dim][n], ∂v_i/∂x_j at i·dim + j; the first t of a run is
 * dynamics_start. Points may lie beyond periodic faces. Not collective. OTTO_ERR_NUMERICAL: not
 * finite somewhere (key, point and t are named). */
PETSC_EXTERN PetscErrorCode OttoDynamicsVelocity(OttoDynamics dynamics, PetscReal t, PetscInt n,
                                                 const PetscReal *const x[], PetscReal *const v[],
                                                 PetscReal *const gradient[]);
/** Of maps: one iterate, forwards or backwards (steps +1 or −1), of n points in place, x[dim][n];
 * and, unless NULL, derivative[dim·dim][n] at the points where they stood (of the map that was
 * taken: backwards that of the inverse), and log_jacobian[n] = log |det| of it. Points of periodic
 * axes come back into the box. Not collective. OTTO_ERR_NUMERICAL: not finite somewhere, or no
 * inverse there (key and point are named). */
PETSC_EXTERN PetscErrorCode OttoDynamicsIterate(OttoDynamics dynamics, int steps, PetscInt n,
                                                PetscReal *const x[], PetscReal *const derivative[],
                                                PetscReal log_jacobian[]);
/** Flows between files' times: makes velocities of all times between a and b (either order) known
 * on this rank, and gives the nearest time beyond a towards b at which they are not smooth in t, or
 * b. Does nothing to others: b. Collective. OTTO_ERR_INPUT: beyond the file's times. */
PETSC_EXTERN PetscErrorCode OttoDynamicsPrepare(OttoDynamics dynamics, PetscReal a, PetscReal b,
                                                PetscReal *until);
/** lost[n] becomes true where a point x[dim][n] is outside the box on a no_flux axis, or on land
 * (file). Not collective. */
PETSC_EXTERN PetscErrorCode OttoDynamicsIsLost(OttoDynamics dynamics, PetscInt n,
                                               const PetscReal *const x[], PetscBool lost[]);
/** The time at which runs begin: dynamics_start (0); 0 of maps. Not collective. */
PETSC_EXTERN PetscReal OttoDynamicsGetStart(OttoDynamics dynamics);
/** The times of dynamics_times (required): a list of any signs and any order, PetscMalloc'ed
 * (PetscFree it). Of maps they are numbers of iterates. Not collective. OTTO_ERR_INPUT: missing, a
 * time twice, not finite; of maps not whole; below 0 where there is no inverse. */
PETSC_EXTERN PetscErrorCode OttoDynamicsTimes(OttoDynamics dynamics, PetscInt *count,
                                              PetscReal **times);
/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoDynamicsBytes(OttoDynamics dynamics);
