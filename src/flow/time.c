/* Where a flow stands in time, and what steps it. */
#include "own_steps.h"
#include "time_stepping.h"
#include <math.h>

PetscReal OttoFlowGetTime(OttoFlow s)
{
  PetscReal t = NAN;

  if (s->own) return s->own->t;
  return TSGetTime(s->stepping->ts, &t) ? NAN : t;
}

TS OttoFlowGetTS(OttoFlow s)
{
  return s->stepping ? s->stepping->ts : NULL;
}

PetscBool OttoFlowIsImplicitEuler(OttoFlow s)
{
  return s->stepping && s->stepping->euler ? PETSC_TRUE : PETSC_FALSE;
}

PetscBool OttoFlowHasNoise(OttoFlow s)
{
  return s->stepping && !s->stepping->euler ? PETSC_TRUE : PETSC_FALSE;
}
