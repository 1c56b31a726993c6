/* The sums behind Rényi's divergence. */
#pragma once
#include "divergence_cell.h"

typedef struct {
  OttoSum part;      /* non-negative terms, of first order in D_a */
  PetscReal largest; /* exponent of the largest term of Σ p^a q^(1-a) … */
  OttoSum scaled;    /* … and the sum as a multiple of that term */
} OttoRenyi;

void OttoRenyiInit(OttoRenyi *sums);
/* Adds n cells; arguments as of OttoPairAccumulate(). */
void OttoRenyiAccumulate(const OttoPairRule *rule, PetscInt64 n, const PetscReal p[],
                         const PetscReal q[], const PetscReal log_p[], const PetscReal log_q[],
                         OttoRenyi *sums);
/* One cell, given by its logarithms, to either sum alone. */
void OttoRenyiAddPart(double order, double lp, double lq, OttoRenyi *sums);
void OttoRenyiAddPower(double order, double lp, double lq, OttoRenyi *sums);
/* Adds up over ranks. Collective. */
PetscErrorCode OttoRenyiReduce(MPI_Comm comm, OttoRenyi *sums);
/* D_a from the sums over all cells of this volume. */
PetscReal OttoRenyiValue(PetscReal order, PetscReal mass_p, PetscReal mass_q, PetscReal volume,
                         const OttoRenyi *sums);
/* How far a mass is from 1, faded out below 1e-13, which rounding alone can do: that would drown a
 * small divergence. Smooth, so that rank counts agree. */
PetscReal OttoMassExcess(PetscReal mass);
