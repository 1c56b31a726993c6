/* The sums behind Rényi's divergence. */
#pragma once
#include "divergence_cell.h"

typedef struct {
  OttoSum part;      /* non-negative terms, of first order in D_a */
  PetscReal largest; /* exponent of the largest term of Σ p^a q^(1-a) … */
  OttoSum scaled;    /* … and the sum as a multiple of that term */
} OttoRenyi;

PETSC_INTERN void OttoRenyiInit(OttoRenyi *sums);
/* Adds n cells; arguments as of OttoPairAccumulate(). */
PETSC_INTERN void OttoRenyiAccumulate(const OttoPairRule *rule, PetscInt64 n, const PetscReal p[],
                                      const PetscReal q[], const PetscReal log_p[],
                                      const PetscReal log_q[], OttoRenyi *sums);
/* One cell, given by its logarithms, to either sum alone. */
PETSC_INTERN void OttoRenyiAddPart(double order, double lp, double lq, OttoRenyi *sums);
PETSC_INTERN void OttoRenyiAddPower(double order, double lp, double lq, OttoRenyi *sums);
/* Adds up over ranks. Collective. */
PETSC_INTERN PetscErrorCode OttoRenyiReduce(MPI_Comm comm, OttoRenyi *sums);
/* D_a from the sums over all cells of this volume. */
PETSC_INTERN PetscReal OttoRenyiValue(PetscReal order, PetscReal mass_p, PetscReal mass_q,
                                      PetscReal volume, const OttoRenyi *sums);
/* How far a mass is from 1, faded out below 1e-13, which rounding alone can do: that would drown a
 * small divergence. Smooth, so that rank counts agree. */
PETSC_INTERN PetscReal OttoMassExcess(PetscReal mass);
