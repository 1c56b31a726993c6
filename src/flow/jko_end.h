/*
 * Private to flow: the end of a step of jko, as its dual knows it: the density of which internal
 * energy and potential, and a potential of transport to it, make the least of all densities of its
 * mass.
 */
#pragma once
#include "transport/ascent.h"
#include <otto/energy.h>

/* Of one grid. */
typedef struct {
  const OttoGridInfo *g;
  OttoInternal internal;
  PetscReal
      *field; /* [local_cells]: V in cells, +inf: closed; with the linear part of an interaction */
  PetscReal *slope; /* [local_cells]: −φ/τ − field, of the last density */
  PetscReal mass, tau;
  PetscReal shift;     /* what that slope wanted for the mass, energy per mass */
  PetscReal energy;    /* E of the last density */
  PetscReal magnitude; /* Σ |terms| of that */
} OttoJkoEnd;

/** An OttoAscentEnd's, of context OttoJkoEnd: ρ = (U')⁻¹(−φ/τ − V + c), c by Newton's method on the
 * logarithm of the mass, which is right to rounding; p = ρ/mass and value = τ E(ρ)/mass.
 * Collective. OTTO_ERR_NUMERICAL: no cell is open, or φ is not finite. */
PETSC_INTERN PetscErrorCode OttoJkoEndDensity(void *end, const PetscReal phi[], PetscReal p[],
                                              PetscReal *shift, PetscReal *value);
/** stiffness[local_cells]: dρ/dslope of the last density, or, where that is less or there is no
 * density, ρ(slope + δ)/δ, δ = h²/8τ what atoms do not resolve; *mean: their sum over cells, times
 * the cell volume, over the mass. Collective. */
PETSC_INTERN PetscErrorCode OttoJkoEndStiffness(const OttoJkoEnd *end, PetscReal stiffness[],
                                                PetscReal *mean);
