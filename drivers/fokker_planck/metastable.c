/* Timescales, eigenfunctions and metastable sets in a run's results and fields. */
#include "metastable.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoRunMetastableOptions(OttoGenerator generator, PetscInt64 modes,
                                        OttoRunMetastable *s)
{
  const char *why = OttoMetastableWhyNot(generator, NULL);

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetInt(NULL, "spectrum_sets", 0, 101, &s->wanted, &s->asked));
  if (!s->asked || !s->wanted) PetscFunctionReturn(0);
  OttoCheckInput(modes > 0,
                 "spectrum_sets: %d; metastable sets are made of modes: give spectrum_count",
                 (int)s->wanted);
  OttoCheckInput(!why, "spectrum_sets: %d; %s, and metastable sets are not defined", (int)s->wanted,
                 why);
  PetscFunctionReturn(0);
}

/* How many sets, and why so many. */
static PetscInt Choose(const OttoRelaxation *r, OttoRunMetastable *s)
{
  PetscReal ratio = 0;
  PetscInt at = 0;
  const PetscInt chosen = OttoMetastableChoose(r, &at, &ratio);

  if (s->asked) {
    snprintf(s->how, sizeof s->how, "%s",
             s->wanted ? "as spectrum_sets says" : "spectrum_sets is 0");
    return (PetscInt)s->wanted;
  }
  if (chosen)
    snprintf(s->how, sizeof s->how,
             "by the largest gap of the rates: that after the first %d is %.3g times them", (int)at,
             (double)ratio);
  else if (r->count < 2)
    snprintf(s->how, sizeof s->how, "none: of one rate there is no gap (spectrum_count)");
  else
    snprintf(s->how, sizeof s->how, "none: no rate is 3 times the one before");
  return chosen;
}

PetscErrorCode OttoRunMetastableCompute(OttoGenerator generator, const OttoRelaxation *r,
                                        OttoRunMetastable *s)
{
  const char *why = OttoMetastableWhyNot(generator, r);

  PetscFunctionBegin;
  if (why && !s->asked) {
    snprintf(s->how, sizeof s->how, "none: %s", why);
    PetscFunctionReturn(0);
  }
  const PetscInt sets = Choose(r, s);
  PetscErrorCode code = why ? 0 : OttoMetastableCompute(generator, r, sets, &s->found);
  if (why && sets) code = OttoMetastableCompute(generator, r, sets, &s->found); /* which refuses */
  if (code == OTTO_ERR_SOLVER && !s->asked) {
    OttoErrorClear();
    PetscCall(OttoMetastableFree(&s->found));
    snprintf(s->how, sizeof s->how, "none: modes do not tell %d sets apart", (int)sets);
    code = OttoMetastableCompute(generator, r, 0, &s->found);
  }
  PetscFunctionReturn(code);
}

/* 1/rate, and what it may be off by where the rate lies within its bound. */
static PetscErrorCode Timescales(OttoRecord record, const OttoRelaxation *r)
{
  PetscReal *time, *bound;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(r->count, &time, r->count, &bound));
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscReal rate = r->rate[k], off = r->bound[k];
    time[k] = rate > 0 ? 1 / rate : NAN;
    bound[k] = OttoRelaxationCertified(r, k) && off < rate ? off / (rate * (rate - off)) : NAN;
  }
  PetscCall(OttoRecordResultList(record, "implied_timescales", r->count, time));
  PetscCall(OttoRecordResultList(record, "implied_timescale_bounds", r->count, bound));
  PetscCall(PetscFree2(time, bound));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunDescribeMetastable(OttoRecord record, const OttoRelaxation *r,
                                         const OttoRunMetastable *s)
{
  static const char *const checks[] = {"memberships_range", "memberships_sum", "coarse_rates"};
  const OttoMetastable *found = &s->found;
  const PetscReal value[] = {found->range, found->sum, found->off};
  const PetscInt m = found->count;

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    if (m)
      PetscCall(OttoRecordCheck(record, checks[k], value[k], 0));
    else
      PetscCall(OttoRecordNotApplicable(record, checks[k],
                                        r->count ? "there are no metastable sets: metastable_choice"
                                                 : "spectrum_count is 0"));
  }
  PetscCall(OttoRecordAdvice(record, "coarse_rates",
                             "sets that overlap too much (metastable_crispness) have no rates "
                             "between them: fewer sets, spectrum_sets"));
  if (!r->count) PetscFunctionReturn(0);
  PetscCall(Timescales(record, r));
  PetscCall(OttoRecordResult(record, "metastable_sets", (PetscReal)m));
  PetscCall(OttoRecordResultText(record, "metastable_choice", s->how));
  if (found->unknown)
    PetscCall(OttoRecordResult(record, "eigenfunctions_unknown", (PetscReal)found->unknown));
  if (!m) PetscFunctionReturn(0);
  PetscCall(OttoRecordResultList(record, "metastable_probabilities", m, found->probability));
  PetscCall(OttoRecordResultList(record, "metastable_rates", m * m, found->rate));
  PetscCall(OttoRecordResult(record, "metastable_crispness", found->crispness));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunSaveMetastable(OttoStorage storage, const OttoRelaxation *r,
                                     const OttoRunMetastable *s)
{
  const OttoMetastable *found = &s->found;
  char name[32], text[160];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < found->functions; k++) {
    snprintf(name, sizeof name, "eigenfunction_%d", (int)k + 1);
    snprintf(text, sizeof text,
             "eigenfunction of rate %.6g, its mode over the steady state, of mean square 1 there "
             "(nan: not known, or closed)",
             (double)r->rate[k]);
    PetscCall(OttoStorageWriteTimeless(storage, name, "1", text, found->function[k]));
  }
  for (PetscInt k = 0; k < found->count; k++) {
    snprintf(name, sizeof name, "membership_%d", (int)k + 1);
    snprintf(text, sizeof text, "membership of metastable set %d, of probability %.6g", (int)k + 1,
             (double)found->probability[k]);
    PetscCall(OttoStorageWriteTimeless(storage, name, "1", text, found->membership[k]));
  }
  if (found->count)
    PetscCall(OttoStorageWriteTimeless(storage, "metastable_set", "1",
                                       "number of the metastable set of the largest membership",
                                       found->set));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunMetastableNumbers(OttoGenerator generator, const OttoRelaxation *r,
                                        PetscInt sets, PetscReal value[])
{
  OttoMetastable found = {0};
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < sets + sets * sets; k++) value[k] = NAN;
  if (!sets || OttoMetastableWhyNot(generator, r)) PetscFunctionReturn(0);
  code = OttoMetastableCompute(generator, r, sets, &found);
  if (!code) {
    PetscCall(PetscArraycpy(value, found.probability, sets));
    PetscCall(PetscArraycpy(value + sets, found.rate, sets * sets));
  } else if (code == OTTO_ERR_INPUT || code == OTTO_ERR_SOLVER) { /* it has no such sets */
    OttoErrorClear();
    code = 0;
  }
  PetscCall(OttoMetastableFree(&found));
  PetscFunctionReturn(code);
}
