/*
 * Private to potential: what its members are.
 */
#pragma once
#include <otto/options.h>
#include <otto/potential.h>

/* A member's contract: fills values[local_cells] (zero on entry) with V at time t from the options.
 * Collective; a failure is agreed by all ranks. The caller checks that values are finite. */
typedef PetscErrorCode (*OttoPotentialFill)(OttoGrid grid, PetscReal temperature, PetscReal t,
                                            PetscReal values[]);

#define OTTO_POTENTIAL(name, key, parameters, formula, source)                                     \
  PETSC_INTERN PetscErrorCode OttoPotentialFill_##name(OttoGrid, PetscReal, PetscReal, PetscReal[]);
#include "potential.def"
#undef OTTO_POTENTIAL

/** potential_stiffness (1) and potential_center (0) per axis: k[dim], c[dim]. A stiffness may be 0
 * or negative. */
PETSC_INTERN PetscErrorCode OttoPotentialGetSpring(const OttoGridInfo *g, PetscReal k[],
                                                   PetscReal c[]);
