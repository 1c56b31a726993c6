/* Private to tempering.c and tempering_integral.c. */
#pragma once
#include <otto/tempering.h>

#define OTTO_TEMPERING_WORK 2

struct _n_OttoTempering {
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source_p, source_q;
  OttoFisherForm form;
  PetscBool smooth;
  PetscReal renyi_order;
  PetscReal t; /* time of p, q; valid where `there` */
  PetscBool there;
  OttoPair pair;
  /* all fields, in one run from p0 to the last work field */
  Vec p0, q0, p, q, log_p, log_q, work[OTTO_TEMPERING_WORK];
};

/* I_φ at time t for the five smooth divergences. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingDissipation(OttoTempering tempering, PetscReal t,
                                                     PetscReal dissipation[]);
