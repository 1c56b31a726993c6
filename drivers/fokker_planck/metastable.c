/* Timescales, eigenfunctions and metastable sets in a run's results and fields. */
#include "metastable.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

/* Least crispness of sets that nobody asked for: the two halves of an interval on which nothing is
 * metastable, (1 ± cos)/2, have 3/4. */
#define CRISP 0.8

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
    snprintf(s->how, sizeof s->how,
             "none: no rate is 5 times the one before (free diffusion's are 4 times)");
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
  const PetscBool overlap =
      !code && !s->asked && sets && s->found.crispness < CRISP ? PETSC_TRUE : PETSC_FALSE;
  if ((code == OTTO_ERR_SOLVER && !s->asked) || overlap) {
    if (overlap)
      snprintf(s->how, sizeof s->how,
               "none: %d sets by the largest gap of the rates overlap as those of free diffusion "
               "do (crispness %.3g, below %g)",
               (int)sets, (double)s->found.crispness, CRISP);
    else {
      OttoErrorClear();
      snprintf(s->how, sizeof s->how, "none: modes do not tell %d sets apart", (int)sets);
    }
    PetscCall(OttoMetastableFree(&s->found));
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

static PetscErrorCode Checks(OttoRecord record, const OttoRelaxation *r,
                             const OttoMetastable *found)
{
  static const char *const checks[] = {"memberships_range", "memberships_sum", "memberships_mean",
                                       "coarse_rates"};
  const PetscReal value[] = {found->range, found->sum, found->mean, found->off};
  const PetscBool vague = found->count && isnan(found->rate[0]) ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) {
    const char *why = !r->count       ? "spectrum_count is 0"
                      : !found->count ? "there are no metastable sets: metastable_choice"
                      : k == 2 && found->unknown
                          ? "functions are not known in every cell: eigenfunctions_unknown"
                      : k == 3 && vague ? "rates between the sets are not known"
                                        : NULL;
    if (why)
      PetscCall(OttoRecordNotApplicable(record, checks[k], why));
    else
      PetscCall(OttoRecordCheck(record, checks[k], value[k], 0));
  }
  PetscCall(OttoRecordAdvice(record, "coarse_rates",
                             "sets that overlap too much (metastable_crispness) have no rates "
                             "between them: fewer sets, spectrum_sets"));
  PetscFunctionReturn(0);
}

/* What rounding outweighs; sets that were asked for fail then. */
static PetscErrorCode Unknown(OttoRecord record, const OttoRunMetastable *s)
{
  const OttoMetastable *found = &s->found;
  PetscReal high = 0;
  char why[160];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < found->count; k++)
    if (isnan(found->probability[k]))
      high = PetscMax(high, found->share[k] * (1 + found->noise[k]));
  snprintf(why, sizeof why,
           "the modes' rounding outweighs %s: fewer sets (spectrum_sets), or more rates "
           "(spectrum_count)",
           found->vague ? "sets so improbable" : "rates so small beside those of other sets");
  if (found->vague) {
    PetscCall(OttoRecordNotKnown(record, "metastable_probabilities", 0, 0, high, why, s->asked));
    PetscCall(OttoRecordNotKnown(record, "metastable_crispness", 0, 0, 1, why, s->asked));
  }
  if (isnan(found->rate[0]))
    PetscCall(
        OttoRecordNotKnown(record, "metastable_rates", 0, -INFINITY, INFINITY, why, s->asked));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunDescribeMetastable(OttoRecord record, const OttoRelaxation *r,
                                         const OttoRunMetastable *s)
{
  const OttoMetastable *found = &s->found;
  const PetscInt m = found->count;

  PetscFunctionBegin;
  PetscCall(Checks(record, r, found));
  if (m) PetscCall(Unknown(record, s));
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

/* belongs[m²]: membership in set k of `found` at the place of set a of `fine`. */
static PetscErrorCode Belongs(OttoGenerator generator, const OttoMetastable *fine,
                              const OttoMetastable *found, PetscReal belongs[])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscInt m = found->count;
  const PetscScalar *chi;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < m; k++) {
    PetscCall(VecGetArrayRead(found->membership[k], &chi));
    for (PetscInt a = 0; a < m; a++) {
      PetscInt64 idx[OTTO_MAX_DIM];
      PetscMPIInt rank;
      for (PetscInt j = 0; j < g->dim; j++) {
        const PetscReal at = (fine->place[a * g->dim + j] - g->lower[j]) / g->h[j];
        idx[j] = PetscMax(0, PetscMin((PetscInt64)at, g->n[j] - 1));
      }
      const PetscInt64 cell = OttoGridOwner(g, idx, &rank);
      belongs[a * m + k] = rank == g->rank && isfinite(chi[cell]) ? chi[cell] : 0;
    }
    PetscCall(VecRestoreArrayRead(found->membership[k], &chi));
  }
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, belongs, (PetscMPIInt)(m * m), MPIU_REAL, MPIU_SUM, g->comm));
  PetscFunctionReturn(0);
}

/* set[a]: the one of `found` that is set a of `fine`, by where they are, as sets that are nearly as
 * probable may be in another order: the largest belonging first, each used once. */
static PetscErrorCode Match(OttoGenerator generator, const OttoMetastable *fine,
                            const OttoMetastable *found, PetscInt set[])
{
  const PetscInt m = found->count;
  PetscReal *belongs;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(m * m, &belongs));
  PetscCall(Belongs(generator, fine, found, belongs));
  for (PetscInt round = 0; round < m; round++) {
    PetscInt best = 0;
    for (PetscInt i = 1; i < m * m; i++)
      if (belongs[i] > belongs[best]) best = i;
    set[best / m] = best % m;
    for (PetscInt i = 0; i < m; i++)
      belongs[best / m * m + i] = belongs[i * m + best % m] = -INFINITY;
  }
  PetscCall(PetscFree(belongs));
  PetscFunctionReturn(0);
}

/* Probabilities and rates in the order of `fine`. */
static PetscErrorCode Sort(OttoGenerator generator, const OttoMetastable *fine,
                           const OttoMetastable *found, PetscReal value[])
{
  const PetscInt m = found->count;
  PetscInt *set;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(m, &set));
  PetscCall(Match(generator, fine, found, set));
  for (PetscInt a = 0; a < m; a++) {
    value[a] = found->probability[set[a]];
    for (PetscInt b = 0; b < m; b++) value[m + a * m + b] = found->rate[set[a] * m + set[b]];
  }
  PetscCall(PetscFree(set));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunMetastableNumbers(OttoGenerator generator, const OttoRelaxation *r,
                                        const OttoMetastable *fine, PetscReal value[])
{
  const PetscInt sets = fine->count;
  OttoMetastable found = {0};
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < sets + sets * sets; k++) value[k] = NAN;
  if (!sets || OttoMetastableWhyNot(generator, r)) PetscFunctionReturn(0);
  code = OttoMetastableCompute(generator, r, sets, &found);
  if (!code)
    code = Sort(generator, fine, &found, value);
  else if (code == OTTO_ERR_INPUT || code == OTTO_ERR_SOLVER) { /* it has no such sets */
    OttoErrorClear();
    code = 0;
  }
  PetscCall(OttoMetastableFree(&found));
  PetscFunctionReturn(code);
}
