/* What a resolvent has learned, so that another can go on with it. */
#include "resolvent_impl.h"

/* As a resolvent that is new, but for what it has learned. */
static PetscErrorCode Forget(OttoResolvent s)
{
  OttoLearned *l = &s->learned;

  PetscFunctionBegin;
  PetscCall(KSPDestroy(&s->ksp));
  PetscCall(OttoMultigridDestroy(&s->multigrid));
  PetscCall(OttoAggregationDestroy(&s->aggregation));
  PetscCall(OttoResolventKeptDestroy(s));
  PetscCall(MatDestroy(&s->A));
  PetscCall(VecDestroy(&s->W));
  PetscCall(VecDestroy(&s->diagonal));
  PetscCall(VecDestroy(&s->spare));
  s->uses_multigrid = l->stale = PETSC_FALSE;
  l->fresh = l->worst = 0;
  s->sigma = s->work = 0;
  s->state = -1;
  PetscFunctionReturn(0);
}

/* The shifts that solves were asked for with the present rates, which a generator made anew counts
 * otherwise. */
static PetscErrorCode KeepShifts(OttoResolvent s, OttoKeep keep)
{
  OttoLearned *l = &s->learned;
  PetscReal sigma[OTTO_SHIFTS];
  PetscInt64 counts[3 * OTTO_SHIFTS];
  PetscBool same = l->rates == OttoGeneratorState(s->generator) ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < OTTO_SHIFTS; i++) {
    sigma[i] = l->shift[i].sigma;
    counts[3 * i] = l->shift[i].solves;
    counts[3 * i + 1] = l->shift[i].last;
    counts[3 * i + 2] = l->shift[i].kept;
  }
  PetscCall(OttoKeepBool(keep, "same_rates", &same));
  PetscCall(OttoKeepBool(keep, "unfit", &l->unfit));
  PetscCall(OttoKeepInt64(keep, "solves", &l->solves));
  PetscCall(OttoKeepReals(keep, "sigma", OTTO_SHIFTS, sigma));
  PetscCall(OttoKeepInts(keep, "shifts", 3 * OTTO_SHIFTS, counts));
  if (!OttoKeepTakes(keep)) PetscFunctionReturn(0);
  l->rates = same ? OttoGeneratorState(s->generator) : -1;
  for (PetscInt i = 0; i < OTTO_SHIFTS; i++)
    l->shift[i] = (OttoShift){.sigma = sigma[i],
                              .solves = counts[3 * i],
                              .last = counts[3 * i + 1],
                              .kept = (PetscInt)counts[3 * i + 2]};
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventKeep(OttoResolvent s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, "resolvent", -1));
  PetscCall(OttoKeepInt(keep, "way", &s->learned.way));
  PetscCall(OttoKeepReal(keep, "failed_below", &s->learned.failed_below));
  PetscCall(OttoKeepReal(keep, "drift", &s->drift));
  PetscCall(KeepShifts(s, keep));
  PetscCall(OttoKeepEnd(keep));
  if (OttoKeepTakes(keep)) PetscCall(Forget(s));
  PetscFunctionReturn(0);
}
