/* Private to tempered. */
#pragma once
#include <otto/tempered.h>

/* The fields an object holds, NULL until they are needed. */
enum {
  OTTO_TEMPERED_P0,
  OTTO_TEMPERED_Q0,
  OTTO_TEMPERED_P, /* at time t */
  OTTO_TEMPERED_Q,
  OTTO_TEMPERED_LOG_P,
  OTTO_TEMPERED_LOG_Q,
  OTTO_TEMPERED_WORK,                           /* two of them */
  OTTO_TEMPERED_RATES = OTTO_TEMPERED_WORK + 2, /* two of them, found with scores */
  OTTO_TEMPERED_FIELDS = OTTO_TEMPERED_RATES + 2
};

struct _n_OttoTempered {
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source_p, source_q;
  OttoFisherForm form;
  PetscBool smooth;
  PetscBool zeros; /* in p_0 or q_0 */
  PetscReal renyi_order;
  PetscBool renyi_asked;           /* by a key */
  PetscReal ratio_low, ratio_high; /* of p_0/q_0 */
  PetscReal entropy_p0, mass_p0;   /* NaN until they are needed */
  PetscReal t;                     /* time of p, q; valid where `there` */
  PetscBool there, rated;          /* rated: the rates at t are in their fields */
  OttoPair pair;
  OttoPair
      derived; /* the same for derivatives by transform, which do not resolve all the data do */
  Vec field[OTTO_TEMPERED_FIELDS];
};

/* I_φ at time t for the five smooth divergences. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperedDissipation(OttoTempered tempering, PetscReal t,
                                                    PetscReal dissipation[]);

/* p_t and q_t into tempering->pair; nothing is computed twice for the same t. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperedMoveTo(OttoTempered tempering, PetscReal t);

/* Finds the range of p_0/q_0. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperedRatios(OttoTempered tempering);
/* What is known of the pair at the time it was moved to, t > 0. */
PETSC_INTERN OttoPairBounds OttoTemperedBounds(OttoTempered tempering);
/* Largest possible p_0/p_t: with the chain, 1 over the chance to stay. */
PETSC_INTERN PetscReal OttoTemperedLargestLoss(OttoTempered tempering);

/* Work field `i` (0 and 1; 2 and 3: the rates), made when first asked for: a run without scores or
 * rates never pays for it. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperedWork(OttoTempered tempering, PetscInt i, Vec *field);

/* ∂_t p/p and ∂_t q/q at the current t: what OttoTemperedFisherAndRates() has left, or in the work
 * fields. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperedRates(OttoTempered tempering, Vec *rate_p, Vec *rate_q);

/* Divergences, Fisher information, rates and mixtures of a sample in one walk, where kernel and
 * data allow it (information/observe.h); of the dissipations kl's alone by the edge form.
 * kl_p0_pt: NaN where it must be found on its own. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperedObserve(OttoTempered tempering, OttoTemperedSample *sample,
                                                PetscBool *taken);

/* The form in use at time t: rough data have no scores at t = 0. */
PETSC_INTERN OttoFisherForm OttoTemperedFormAt(OttoTempered tempering, PetscReal t);

/* Fisher information of the current pair, with so many times its resolution. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperedFisher(OttoTempered tempering, PetscReal times,
                                               OttoFisher *fisher);
/* The same, at once for the resolution itself and t > 0, with what OttoTemperedRates() then has:
 * where scores and rates come from the same sums, for less than each on its own. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperedFisherAndRates(OttoTempered tempering, OttoFisher *fisher);
/* Adds to open_dissipation and open_rate of a sample what unresolved cells, and the noise of those
 * little above the resolution, may change them by. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperedOpenDissipation(OttoTempered tempering,
                                                        OttoTemperedSample *sample);
PETSC_INTERN PetscErrorCode OttoTemperedOpenRates(OttoTempered tempering, Vec rate_p, Vec rate_q,
                                                  OttoTemperedSample *sample);
