/* A problem of first passages on one grid, and its numbers. */
#include "first_passage.h"
#include "core/fault.h"

const char *const OttoFirstPassageNames[OTTO_FIRST_PASSAGE_COUNT] = {
#define X(name, unit, floor) #name,
    OTTO_FIRST_PASSAGE_NUMBERS(X)
#undef X
};

/* Cells know to half an edge alone where sets end. */
static PetscErrorCode End(OttoFirstPassage *s, PetscBool swift)
{
  Vec end[OTTO_GENERATOR_MAX_DIM] = {NULL};

  PetscFunctionBegin;
  PetscCall(OttoSetsFindEnds(&s->sets, s->generator, end, &s->off, &s->drive));
  if (s->off > 0) PetscCall(OttoGeneratorSetTargetEnds(s->generator, end, swift));
  for (PetscInt j = 0; j < OTTO_GENERATOR_MAX_DIM; j++) PetscCall(VecDestroy(&end[j]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageCreate(OttoGrid grid, OttoGenerator generator, const OttoSets *sets,
                                      Vec p, PetscInt moments, PetscBool swift, OttoFirstPassage *s)
{
  PetscReal outside = 0;

  PetscFunctionBegin;
  *s = (OttoFirstPassage){
      .grid = grid, .sets = *sets, .generator = generator, .p = p, .moments = moments};
  for (PetscInt k = 1; k <= sets->count; k++)
    if (sets->letter[k - 1] != 'a') s->end[s->ends++] = k;
  PetscCall(OttoSetsAdmit(&s->sets, generator));
  PetscCall(OttoGeneratorAdmit(generator, "p_", p, &outside));
  PetscCall(End(s, swift));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageDestroy(OttoFirstPassage *s)
{
  PetscFunctionBegin;
  PetscCall(OttoPassageDestroy(&s->passage));
  PetscCall(OttoGeneratorDestroy(&s->generator));
  PetscCall(OttoSetsDestroy(&s->sets));
  PetscCall(VecDestroy(&s->p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageAim(OttoFirstPassage *s, PetscBool all)
{
  PetscInt every[OTTO_SETS];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_SETS; k++) every[k] = k + 1;
  PetscCall(OttoPassageDestroy(&s->passage));
  PetscCall(
      OttoSetsTarget(&s->sets, all ? s->sets.count : s->ends, all ? every : s->end, s->generator));
  PetscCall(OttoPassageCreate(s->generator, &s->passage));
  PetscCall(OttoPassageSetFromOptions(s->passage));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageFindTimes(OttoFirstPassage *s, OttoFirstPassageTimes *times)
{
  Vec pi, log_pi;

  PetscFunctionBegin;
  PetscCall(OttoPassageSetUp(s->passage));
  PetscCall(OttoPassageGetSteady(s->passage, &pi, &log_pi));
  if (pi) {
    PetscCall(VecDuplicate(pi, &times->pi));
    PetscCall(VecCopy(pi, times->pi));
    PetscCall(VecDuplicate(pi, &times->log_pi));
    PetscCall(VecCopy(log_pi, times->log_pi));
  }
  for (PetscInt k = 0; k < s->moments; k++) PetscCall(OttoFieldCreate(s->grid, &times->u[k]));
  PetscCall(OttoPassageTimes(s->passage, s->moments, times->u, times->report));
  PetscCall(OttoFaultVec("passage_time", times->u[0]));
  PetscCall(OttoPassageQuasiStationary(s->passage, &times->slowest));
  OttoFault("quasi_stationary", 1, &times->slowest.rate);
  PetscCall(OttoPassageDescribe(s->passage, times->solver, sizeof times->solver));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageTimesFree(OttoFirstPassageTimes *times)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_PASSAGE_MOMENTS; k++) PetscCall(VecDestroy(&times->u[k]));
  PetscCall(VecDestroy(&times->pi));
  PetscCall(VecDestroy(&times->log_pi));
  PetscCall(OttoQuasiStationaryFree(&times->slowest));
  PetscFunctionReturn(0);
}

/* The channels by which something is lost. */
static PetscErrorCode FindChannels(const OttoFirstPassage *s, OttoFirstPassageWays *ways)
{
  const OttoRates *r = OttoGeneratorGetRates(s->generator);
  PetscInt takes[OTTO_CHANNELS] = {0};

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < r->losses; i++) takes[r->loss[i].face] = 1;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, takes, OTTO_CHANNELS, MPIU_INT, MPI_MAX,
                             OttoGridGetInfo(s->grid)->comm));
  for (PetscInt i = 0; i < OTTO_CHANNELS; i++)
    if (takes[i]) ways->channel[ways->channels++] = i;
  PetscFunctionReturn(0);
}

/* From set_a to set_b. */
static PetscErrorCode FindTransition(OttoFirstPassage *s, OttoFirstPassageWays *ways)
{
  const PetscInt a = OttoSetsFind(&s->sets, 'a'), b = OttoSetsFind(&s->sets, 'b');

  PetscFunctionBegin;
  ways->levels = OTTO_PASSAGE_LEVELS;
  for (PetscInt i = 0; i < ways->levels; i++)
    ways->level[i] = (PetscReal)i / (PetscReal)ways->levels;
  PetscCall(OttoPassageTransition(s->passage, a, b, &ways->t));
  PetscCall(OttoPassageLevelFlux(s->passage, &ways->t, ways->levels, ways->level, ways->flux,
                                 ways->rounding));
  OttoFault("level_flux", ways->levels, ways->flux);
  OttoFault("reactive_flux", 1, &ways->t.flux_out);
  OttoFault("kac", 1, &ways->t.kac);
  PetscCall(OttoFaultVec("committor", ways->t.forward));
  PetscFunctionReturn(0);
}

/* Whether there is a steady state to speak of rates in: where faces absorb, if what they take
 * begins anew by p. */
static PetscErrorCode Steady(OttoFirstPassage *s, OttoFirstPassageWays *ways)
{
  OttoPassageReport report;
  PetscBool apart = PETSC_FALSE;

  PetscFunctionBegin;
  if (s->sets.count < 2) ways->why = "there are no two sets";
  if (OttoPassageGetTransient(s->passage)) ways->why = "transport leads away for good";
  if (ways->why) PetscFunctionReturn(0);
  PetscCall(OttoPassageAreApart(s->passage, &apart));
  if (!apart) ways->why = "sets side by side have faces in common, which would be of both";
  ways->fed = OttoPassageFacesAbsorb(s->passage);
  if (ways->why || !ways->fed) PetscFunctionReturn(0);
  PetscCall(OttoPassageFeed(s->passage, s->p, &report));
  if (!report.converged) ways->why = "the steady state of what begins anew by p is not known";
  PetscFunctionReturn(0);
}

static PetscErrorCode FindRates(OttoFirstPassage *s, OttoFirstPassageWays *ways)
{
  const PetscInt a = OttoSetsFind(&s->sets, 'a'), b = OttoSetsFind(&s->sets, 'b');
  OttoTransitionRates *t = &ways->rates;

  PetscFunctionBegin;
  PetscCall(Steady(s, ways));
  if (ways->why) PetscFunctionReturn(0);
  PetscCall(OttoPassageRates(s->passage, t));
  if (ways->fed && !(t->of_probability.converged && t->of_time.converged))
    ways->why = "which set was last, of what begins anew by p, is not known";
  if (ways->why) PetscFunctionReturn(0);
  ways->pairs = PETSC_TRUE;
  OttoFault("rate_by_time", 1, &t->rate_by_time[0][t->sets - 1]);
  OttoFault("pair_flux", 1, &t->out[0][t->sets - 1]);
  OttoFault("share", 1, t->share);
  ways->route = a && b && t->reached[a - 1][b - 1] ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageFindWays(OttoFirstPassage *s, OttoFirstPassageWays *ways)
{
  PetscFunctionBegin;
  PetscCall(FindChannels(s, ways));
  if (ways->channels < 2) PetscFunctionReturn(0);
  PetscCall(OttoPassageSetUp(s->passage));
  PetscCall(FindRates(s, ways));
  if (ways->route) PetscCall(FindTransition(s, ways));
  if (ways->route && ways->channels == 2) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < ways->channels; i++) {
    PetscCall(OttoFieldCreate(s->grid, &ways->q[i]));
    PetscCall(OttoPassageSplitting(s->passage, ways->channel[i], ways->q[i], &ways->report[i]));
    PetscCall(OttoFaultVec("splitting", ways->q[i]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageWaysFree(OttoFirstPassageWays *ways)
{
  PetscFunctionBegin;
  if (ways->route) PetscCall(OttoTransitionFree(&ways->t));
  for (PetscInt i = 0; i < OTTO_CHANNELS; i++) PetscCall(VecDestroy(&ways->q[i]));
  PetscFunctionReturn(0);
}

/* ∫ p u. */
static PetscErrorCode Mean(const OttoFirstPassage *s, Vec u, PetscReal *mean)
{
  Vec product;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(s->p, &product));
  PetscCall(VecPointwiseMult(product, s->p, u));
  PetscCall(OttoFieldIntegral(s->grid, product, mean));
  PetscCall(VecDestroy(&product));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageNumbersOfTimes(const OttoFirstPassage *s,
                                              const OttoFirstPassageTimes *times,
                                              PetscReal number[])
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->moments; k++)
    PetscCall(Mean(s, times->u[k], &number[OTTO_FIRST_PASSAGE_passage_time + k]));
  PetscCall(
      OttoFieldRange(s->grid, times->u[0], NULL, &number[OTTO_FIRST_PASSAGE_passage_time_longest]));
  number[OTTO_FIRST_PASSAGE_quasi_stationary_rate] = times->slowest.rate;
  PetscFunctionReturn(0);
}

PetscInt OttoFirstPassageNumberOf(const OttoFirstPassage *s, PetscInt channel)
{
  const PetscInt first = OTTO_FIRST_PASSAGE_splitting_lower_1;

  if (channel < OTTO_FACES) return first + channel;
  return first + OTTO_FACES + (s->sets.letter[channel - OTTO_FACES] - 'a');
}

PetscInt OttoFirstPassageRateOf(const OttoFirstPassage *s, PetscInt a, PetscInt b)
{
  const PetscInt from = s->sets.letter[a - 1] - 'a', to = s->sets.letter[b - 1] - 'a';

  return OTTO_FIRST_PASSAGE_rate_ab + (OTTO_SETS - 1) * from + to - (to > from);
}

PetscErrorCode OttoFirstPassageNumbersOfWays(const OttoFirstPassage *s,
                                             const OttoFirstPassageWays *ways, PetscReal number[])
{
  const PetscInt a = OttoSetsFind(&s->sets, 'a'), b = OttoSetsFind(&s->sets, 'b');
  const OttoTransition *t = &ways->t;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < ways->channels && ways->q[i]; i++) {
    PetscReal *mean = &number[OttoFirstPassageNumberOf(s, ways->channel[i])];
    PetscCall(Mean(s, ways->q[i], mean));
    if (a && b && ways->channel[i] == OTTO_CHANNEL(b)) number[OTTO_FIRST_PASSAGE_committor] = *mean;
  }
  for (PetscInt k = 1; ways->pairs && k <= ways->rates.sets; k++)
    for (PetscInt l = 1; l <= ways->rates.sets; l++)
      if (k != l) number[OttoFirstPassageRateOf(s, k, l)] = ways->rates.rate[k - 1][l - 1];
  if (!ways->route) PetscFunctionReturn(0);
  PetscCall(Mean(s, t->forward, &number[OTTO_FIRST_PASSAGE_committor]));
  PetscCall(OttoFieldIntegral(s->grid, t->density, &number[OTTO_FIRST_PASSAGE_reactive_share]));
  number[OTTO_FIRST_PASSAGE_reactive_flux] = t->flux_out;
  PetscFunctionReturn(0);
}
