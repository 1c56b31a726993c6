/* Private to gradient-flow: what must hold of every step, whatever its length. */
#pragma once
#include "gradient_flow.h"

/** The checks of a run's steps. */
typedef struct {
  OttoRecord record;
  OttoGradientLaw *law;
  PetscReal before[2];            /* energies before the step */
  PetscReal moment[OTTO_MAX_DIM]; /* ∫ x_j² p before it */
  PetscBool may_concentrate;      /* points can gather without end */
  PetscReal least[2];             /* of that share so far */
  PetscReal rounding;             /* the largest of a step */
  PetscReal concentrated[2];      /* share of p's mass in its densest disc, before it */
  PetscReal ratio[2]; /* of jko, ljko: W2²/(2 tau) over the drop: the largest lower and upper end */
  PetscBool stationary; /* of jko: some step is proven to be stationary, not to be the least */
  PetscBool stopped;    /* p has concentrated: the run ends */
} OttoGradientSteps;

/** Sees every step of law->flow from now on. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientStepsBegin(OttoRecord record, OttoGradientLaw *law,
                                                   OttoGradientSteps *steps);
/** What they found, into results. Not collective. */
PETSC_INTERN PetscErrorCode OttoGradientStepsReport(OttoGradientSteps *steps);
/** Keeps, or takes over (keep.h), what they remember. Not collective. */
PETSC_INTERN PetscErrorCode OttoGradientStepsKeep(OttoGradientSteps *steps, OttoKeep keep);
