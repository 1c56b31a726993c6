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
