/* Private to tempering*.c. */
#pragma once
#include <otto/tempering.h>

#define OTTO_TEMPERING_WORK 2

struct _n_OttoTempering {
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source_p, source_q;
  OttoFisherForm form;
  PetscBool smooth;
  PetscBool zeros; /* in p_0 or q_0 */
  PetscReal renyi_order;
  PetscBool renyi_asked;           /* by a key */
  PetscReal ratio_low, ratio_high; /* of p_0/q_0 */
  PetscReal t;                     /* time of p, q; valid where `there` */
  PetscBool there;
  OttoPair pair;
  OttoPair
      derived; /* the same for derivatives by transform, which do not resolve all the data do */
  /* all fields, in one run from p0 to the last work field */
  Vec p0, q0, p, q, log_p, log_q, work[OTTO_TEMPERING_WORK];
};

/* I_φ at time t for the five smooth divergences. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingDissipation(OttoTempering tempering, PetscReal t,
                                                     PetscReal dissipation[]);

/* Finds the range of p_0/q_0. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingRatios(OttoTempering tempering);
/* What is known of the pair at the time it was moved to, t > 0. */
PETSC_INTERN OttoPairBounds OttoTemperingBounds(OttoTempering tempering);
/* Largest possible p_0/p_t: with the chain, 1 over the chance to stay. */
PETSC_INTERN PetscReal OttoTemperingLargestLoss(OttoTempering tempering);

/* Fisher information of the current pair, with so many times its resolution. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingFisher(OttoTempering tempering, PetscReal times,
                                                OttoFisher *fisher);
/* Adds to open_dissipation and open_rate of a sample what unresolved cells, and the noise of those
 * little above the resolution, may change them by. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingOpenDissipation(OttoTempering tempering,
                                                         OttoTemperedSample *sample);
PETSC_INTERN PetscErrorCode OttoTemperingOpenRates(OttoTempering tempering, Vec rate_p, Vec rate_q,
                                                   OttoTemperedSample *sample);
