/* Private to flow: the equations of an implicit step down an energy, and their solution. */
#pragma once
#include "flow_impl.h"
#include <otto/gradient_flow.h>
#include <petscsnes.h>

/* What a step is. */
typedef struct {
  PetscInt order; /* in time, 1 or 2 */
  PetscBool one;  /* one linear solve: a Newton iteration from the density before */
  PetscReal dt;
  PetscReal mass; /* what the result is to have */
} OttoImplicitStep;

/* What its solution was. */
typedef struct {
  PetscBool converged;
  PetscBool negative; /* that is why it did not */
  PetscInt newton;    /* iterations */
  PetscInt krylov;    /* iterations */
  PetscReal residual; /* L1 over the mass, times dt; of one linear solve that of its equations */
  PetscReal rounding; /* what rounding of its terms may leave of that; 0 of one linear solve */
  PetscReal rescaled; /* |1 − factor| by which the mass was made right */
  OttoFluxSums sums;  /* of the result */
  char reason[OTTO_FLOW_REASON];
} OttoImplicitReport;

/* A solver of steps of one energy by one set of fluxes; its matrices, vectors and Krylov method are
 * made when they are first needed. */
typedef struct _n_OttoImplicit *OttoImplicit;

/** For an energy and fluxes that outlive it. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitCreate(OttoEnergy energy, OttoFluxes fluxes,
                                               PetscBool from_options, OttoImplicit *implicit);
/** PETSc's keys of SNES, KSP and PC are tried on solvers that are thrown away. Collective.
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoImplicitTryOptions(MPI_Comm comm);
/** Where keys of KSP or PC are given, sets one up for `rho`: what inner solvers refuse is bad
 * input, and known before anything is computed. Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoImplicitReadOptions(OttoImplicit implicit,
                                                    const OttoImplicitStep *step, Vec rho);
/** after = the density a step from `before` ends in, V being that of the energy as it stands;
 * anything where it did not converge. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitSolve(OttoImplicit implicit, const OttoImplicitStep *step,
                                              Vec before, Vec after, OttoImplicitReport *report);
/** Gives back all that the next solve makes anew. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitRest(OttoImplicit implicit);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitDestroy(OttoImplicit *implicit);
