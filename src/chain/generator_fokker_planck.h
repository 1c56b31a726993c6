/* Private to generator_fokker_planck.c and generator_sources.c: what a generator of this type has.
 */
#pragma once
#include "generator_impl.h"
#include "mobility.h"
#include "velocity.h"

typedef struct {
  OttoPotential potential;
  OttoDrift drift;
  PetscReal mobility[DIM];
  OttoMobility place; /* in place of these, where it depends on place; or NULL */
  OttoNoise noise;
  OttoVelocity velocity;   /* or NULL */
  Vec temperature, warmth; /* of place, and relative to s->T; or NULL */
  PetscBool even;          /* M is `mobility`, nevertheless, and `place` made of it */
} FokkerPlanck;

/* Of a generator of this type. */
static inline FokkerPlanck *Data(OttoGenerator s)
{
  return (FokkerPlanck *)s->data;
}

/* NULL of other types. */
static inline FokkerPlanck *DataOf(OttoGenerator s)
{
  return s->ops == &OttoGeneratorOps_FokkerPlanck ? Data(s) : NULL;
}

/* Of what is wrong with rates: input before they first stand, a number later. */
static inline PetscErrorCode OttoRatesError(OttoGenerator s)
{
  return s->is_setup ? OTTO_ERR_NUMERICAL : OTTO_ERR_INPUT;
}

/** What makes a force of which the part `work` is the potential's, by key. text[size]. Not
 * collective. */
PETSC_INTERN PetscErrorCode OttoForcesFormatOrigin(OttoGenerator s, PetscReal work, PetscReal force,
                                                   char text[], size_t size);
/** The rates of edges, (D/h²)|z|, must be such as solvers can use; work: the potential's share of
 * force. Not collective. */
PETSC_INTERN PetscErrorCode OttoForcesCheck(OttoGenerator s, const OttoEdges *e,
                                            const PetscReal work[], const PetscReal force[]);
/** Axes of mobility 0 need a velocity, and others a D/h² that solvers can use; one_way. Collective;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoCouplingsCheck(OttoGenerator s);
