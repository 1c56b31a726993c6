/* Private to flow: what the laws down an energy share; the first member of their data. */
#pragma once
#include "flow_impl.h"
#include <otto/gradient_flow.h>

typedef struct {
  OttoEnergy energy;
  OttoFluxes fluxes; /* made by the law at set-up, destroyed by it */
  PetscInt order;    /* in time */
  PetscBool certified;
  OttoGradientStep step[MAX_BLOCKS]; /* the last */
  OttoFlowReport solves;             /* what steps have left */
} OttoGradient;

/** That of a flow whose law is one of these; NULL of any other. Not collective. */
PETSC_INTERN OttoGradient *OttoFlowGradient(OttoFlow flow);

/** OttoFlowGetReport() and OttoFlowKeep(): what steps have left. Collective. */
PETSC_INTERN PetscErrorCode OttoGradientReportSolves(OttoFlow flow, OttoFlowReport *report);
PETSC_INTERN PetscErrorCode OttoGradientKeepSolves(OttoFlow flow, OttoKeep keep);
