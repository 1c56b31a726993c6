/* Correlations of what is observed, in the steady state. */
#pragma once
#include "fokker_planck.h"

/* What was asked for. */
typedef struct {
  PetscInt frequencies, lags;
  PetscReal *frequency, *lag; /* [frequencies], angular, not below 0; [lags], above 0, increasing */
} OttoCorrelations;

/** Reads observe_frequencies and observe_lags. Not collective. OTTO_ERR_INPUT: out of order or
 * range; nothing is observed; there is no steady state. */
PETSC_INTERN PetscErrorCode OttoCorrelationsFromOptions(const OttoFokkerPlanck *law,
                                                        OttoCorrelations *asked);
PETSC_INTERN PetscErrorCode OttoCorrelationsFree(OttoCorrelations *asked);
/** Writes spectra.csv and correlations.csv, and reports the check fluctuation_dissipation.
 * Collective; OTTO_ERR_SOLVER, OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoCorrelationsReport(OttoRecord record, const OttoFokkerPlanck *law,
                                                   const OttoCorrelations *asked);
