/*
 * Transport that no mobility multiplies: otto/generator.h has what it does to the rates. Private to
 * generators of type fokker_planck.
 *
 * Hamiltonian, u = (∂_2 V, -∂_1 V): the flux u exp(-V/T) is the curl of ψ = T exp(-V/T), and that
 * of a face the difference of ψ between its two corners (of the plane of axes 1 and 2), over their
 * distance. Every corner counts once up and once down in the balance of each of its cells: what
 * flows in flows out, exactly. V at a corner is the mean of its four cells', +inf (ψ = 0) where one
 * is closed and at the walls of the box, and extended linearly to a face that absorbs.
 */
#pragma once
#include <otto/formula.h>
#include <otto/generator.h>
#include "grid/edges.h"

typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoFormula formula; /* NULL: hamiltonian */
  PetscReal T;
  Vec corner[2][2];          /* V there, by side (0 lower, 1 upper) of axes 1 and 2; hamiltonian */
  const PetscReal *at[2][2]; /* the values, once they stand */
} OttoVelocityField;
typedef OttoVelocityField *OttoVelocity;
/* Of velocity_type, NULL-terminated. */
PETSC_INTERN const char *const OttoVelocityNames[];

/** That of velocity_type and velocity_formula; NULL where there is none. Collective;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoVelocityFromOptions(OttoGrid grid, OttoVelocity *velocity);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoVelocityDestroy(OttoVelocity *velocity);
/** Its name; "none" of NULL. Not collective. */
PETSC_INTERN const char *OttoVelocityType(OttoVelocity velocity);
/** Whether it is the one that keeps exp(-V/T). Not collective. */
PETSC_INTERN PetscBool OttoVelocityIsHamiltonian(OttoVelocity velocity);
/** Whether it depends on time by itself. Not collective. */
PETSC_INTERN PetscBool OttoVelocityMoves(OttoVelocity velocity);
/** Bytes this rank holds. Not collective. */
PETSC_INTERN size_t OttoVelocityBytes(OttoVelocity velocity);

/** Hamiltonian: V at the corners, from that of the cells; room: 0 in closed ones (NULL: none is).
 * Of any other nothing. Collective. */
PETSC_INTERN PetscErrorCode OttoVelocityFollow(OttoVelocity velocity, PetscReal T, Vec V, Vec room);

/** Of a formula: component `axis` at the point of a face; `code`, of a message, where it is not
 * finite. Not collective. */
PETSC_INTERN PetscErrorCode OttoVelocityEvaluate(OttoVelocity velocity, const PetscReal x[],
                                                 PetscReal t, PetscInt axis, PetscErrorCode code,
                                                 PetscReal *u);

/** Of a formula: whether it leads along an axis into no wall of the box, nor into a closed cell,
 * from cells where `open` (NULL: all) is above 0; `code`, of a message, where it does. Not
 * collective. */
PETSC_INTERN PetscErrorCode OttoVelocityCheckWalls(OttoVelocity velocity, PetscInt axis,
                                                   PetscReal t, const OttoSurrounded *open,
                                                   PetscErrorCode code);

/** Hamiltonian: Φ/(π h) for the face of own cell `cell` on a side (-1, 1) of axis 1 or 2, along the
 * axis, π = exp(-V/T); 0 on other axes. Not collective. */
PETSC_INTERN PetscReal OttoVelocityFlow(OttoVelocity velocity, PetscInt64 cell, PetscInt axis,
                                        int side, PetscReal V);

/** Rates over an edge, or out by a face (`down` is then not meant), that carries the flow Φ beside
 * them: flow[0] = Φ/π_x, flow[1] = Φ/π_y, and K/π_x = K[0], K/π_y = K[1] the rates of V alone.
 * Where K is 0 they are upwind, and the force is infinite. Not collective. */
PETSC_INTERN void OttoVelocityJoin(const PetscReal flow[2], const PetscReal K[2], PetscReal *up,
                                   PetscReal *down, PetscReal *force);
