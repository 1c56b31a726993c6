/* What must hold of passages, found one way and another. */
#include "problem.h"
#include <math.h>

#define SETTLED 1e-3 /* of its mass what is left of p may differ from the slowest mode by */

static const char no_times[] = "no times are asked for";
static const char no_route[] = "it is of transitions from set_a to set_b, and there are none";
static const char no_end[] = "it is of what goes on for ever, and faces absorb";
static const char not_two[] = "it is of set_a and set_b alone, where no face absorbs";
static const char one_end[] = "there is one end alone";

/* What a function of the start may be off by: certified, or as it came to rest. */
static PetscReal Off(const OttoPassageReport *report, PetscReal certified)
{
  if (!report->converged) return INFINITY;
  return report->cycles ? PetscMin(certified, report->change) : certified;
}

static PetscErrorCode CheckSolve(OttoRecord record, const OttoPassageReport *report,
                                 PetscReal certified)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordCheck(record, "solve_error", Off(report, certified), 0));
  if (!report->converged)
    PetscCall(OttoRecordAside(record, PETSC_TRUE, "a solve: %s", report->reason));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckMoment(OttoFirstPassageRun *s, PetscInt k,
                                  const OttoPassageReport *report)
{
  PetscReal *number = &s->number[OTTO_FIRST_PASSAGE_passage_time + k];

  PetscFunctionBegin;
  PetscCall(CheckSolve(s->record, report, report->relative));
  if (report->converged || isfinite(*number)) PetscFunctionReturn(0);
  *number = NAN;
  PetscCall(OttoRecordNotKnown(s->record,
                               OttoFirstPassageNames[OTTO_FIRST_PASSAGE_passage_time + k], 0, 0,
                               INFINITY, report->reason, PETSC_FALSE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageCheckTimes(OttoFirstPassageRun *s,
                                          const OttoFirstPassageTimes *times)
{
  const OttoQuasiStationary *q = &times->slowest;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->law.moments; k++) PetscCall(CheckMoment(s, k, &times->report[k]));
  if (q->converged && !q->known) /* without a rate there is no law either */
    PetscCall(OttoRecordNotKnown(s->record, "quasi_stationary_law", 0, 0, INFINITY, q->reason,
                                 PETSC_FALSE));
  if (q->converged) PetscFunctionReturn(0);
  s->number[OTTO_FIRST_PASSAGE_quasi_stationary_rate] = NAN;
  PetscCall(OttoRecordNotKnown(s->record, "quasi_stationary_rate", 0, q->lower, q->upper, q->reason,
                               PETSC_FALSE));
  PetscFunctionReturn(0);
}

/* Largest distance of u from [0, 1]. */
static PetscErrorCode CheckRange(const OttoFirstPassageRun *s, Vec u)
{
  PetscReal least = 0, most = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(s->grid, u, &least, &most));
  const PetscReal off = isnan(least) ? NAN : PetscMax(0, PetscMax(-least, most - 1));
  PetscCall(OttoRecordCheck(s->record, "committor_range", off, 0));
  PetscFunctionReturn(0);
}

/* The larger of a largest one and of one more; NaN is as far off as can be. */
static PetscReal Worse(PetscReal most, PetscReal off)
{
  return off <= most ? most : isnan(off) ? INFINITY : off;
}

/* Largest |sum of u[count] - 1| over open cells. */
static PetscErrorCode SumsToOne(const OttoFirstPassageRun *s, PetscInt count, const Vec u[],
                                PetscReal *off)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  Vec open = OttoGeneratorGetOpen(s->law.generator), sum;
  const PetscScalar *is_open = NULL, *values;

  PetscFunctionBegin;
  *off = 0;
  PetscCall(VecDuplicate(s->law.p, &sum));
  PetscCall(VecSet(sum, -1));
  for (PetscInt i = 0; i < count; i++) PetscCall(VecAXPY(sum, 1, u[i]));
  if (open) PetscCall(VecGetArrayRead(open, &is_open));
  PetscCall(VecGetArrayRead(sum, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (!is_open || is_open[c] != 0) *off = Worse(*off, fabs(values[c]));
  PetscCall(VecRestoreArrayRead(sum, &values));
  if (open) PetscCall(VecRestoreArrayRead(open, &is_open));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, off, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCall(VecDestroy(&sum));
  PetscFunctionReturn(0);
}

/* Some end comes first, and some set was last. */
static PetscErrorCode CheckSplitting(OttoFirstPassageRun *s, const OttoFirstPassageWays *ways)
{
  PetscReal off = 0, shares = ways->rates.never;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < ways->channels && ways->q[i]; i++) {
    PetscCall(CheckRange(s, ways->q[i]));
    PetscCall(CheckSolve(s->record, &ways->report[i], ways->report[i].absolute));
  }
  if (ways->q[0]) {
    PetscCall(SumsToOne(s, ways->channels, ways->q, &off));
    PetscCall(OttoRecordCheck(s->record, "splitting_sum", off, 0));
  }
  if (!ways->pairs) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < ways->rates.sets; k++) shares += ways->rates.share[k];
  PetscCall(OttoRecordCheck(s->record, "splitting_sum", fabs(shares - 1), 0));
  PetscFunctionReturn(0);
}

/* Bounds that are none (0, infinite: rounding may hide the flux) let any flux pass. */
static PetscErrorCode CheckCapacity(OttoRecord record, const OttoTransition *t)
{
  static const char none[] = "rounding leaves no bound of the flux";
  const PetscReal over = t->capacity_lower / t->flux_out, under = t->flux_out / t->capacity_upper;
  const PetscBool low = t->capacity_lower > 0 ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool high =
      t->capacity_upper > 0 && isfinite(t->capacity_upper) ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  if (!low)
    PetscCall(OttoRecordNotKnown(record, "capacity_lower", 0, 0,
                                 high ? t->capacity_upper : INFINITY, none, PETSC_FALSE));
  if (!high)
    PetscCall(OttoRecordNotKnown(record, "capacity_upper", 0, t->capacity_lower, INFINITY, none,
                                 PETSC_FALSE));
  if (!low || !high) {
    PetscCall(OttoRecordNotApplicable(record, "capacity", none));
    PetscFunctionReturn(0);
  }
  const PetscReal off = over >= under ? over : under; /* NaN as well */
  PetscCall(OttoRecordCheck(record, "capacity", off <= 1 ? 0 : off - 1, 0));
  PetscFunctionReturn(0);
}

/* What passes in unit time may leave the doubles. */
static PetscErrorCode CheckFluxes(OttoFirstPassageRun *s, const OttoFirstPassageWays *ways)
{
  static const char why[] = "what passes in unit time leaves the range of doubles";
  const OttoTransitionRates *t = &ways->rates;

  PetscFunctionBegin;
  for (PetscInt a = 1; a <= t->sets; a++)
    for (PetscInt b = 1; b <= t->sets; b++) {
      if (!t->reached[a - 1][b - 1] || t->out[a - 1][b - 1] > 0) continue;
      const PetscInt k = OttoFirstPassageRateOf(&s->law, a, b);
      s->number[k] = NAN;
      PetscCall(OttoRecordNotKnown(s->record, OttoFirstPassageNames[k], 0, 0, INFINITY, why,
                                   PETSC_FALSE));
    }
  if (!ways->route || ways->t.flux_out > 0) PetscFunctionReturn(0);
  s->number[OTTO_FIRST_PASSAGE_reactive_flux] = NAN;
  PetscCall(OttoRecordNotKnown(s->record, "reactive_flux", 0, 0, INFINITY, why, PETSC_FALSE));
  PetscFunctionReturn(0);
}

/* |a/b - 1|; 0 of nothing and nothing. */
static PetscReal Apart(PetscReal a, PetscReal b)
{
  return a == 0 && b == 0 ? 0 : fabs(a / b - 1);
}

/* Rates of every pair, what leaves and enters every state, and, relative to all that passes either
 * set, what leaves the one of a pair and enters the other. */
static PetscErrorCode CheckRates(OttoFirstPassageRun *s, const OttoFirstPassageWays *ways)
{
  const OttoTransitionRates *t = &ways->rates;
  PetscReal leaves[OTTO_PASSAGE_SETS], comes[OTTO_PASSAGE_SETS], off = 0, rates = 0;

  PetscFunctionBegin;
  if (!ways->pairs) {
    PetscCall(OttoRecordNotApplicable(s->record, "flux_conservation", ways->why));
    PetscCall(OttoRecordNotApplicable(s->record, "rate_two_ways", ways->why));
    PetscFunctionReturn(0);
  }
  PetscCall(CheckSolve(s->record, &t->of_probability, t->of_probability.absolute));
  PetscCall(CheckSolve(s->record, &t->of_time, t->of_time.relative));
  PetscCall(CheckFluxes(s, ways));
  for (PetscInt a = 0; a < t->sets; a++) {
    leaves[a] = t->lost[a];
    comes[a] = t->born[a];
  }
  for (PetscInt a = 0; a < t->sets; a++)
    for (PetscInt b = 0; b < t->sets; b++) {
      leaves[a] += t->out[a][b];
      comes[b] += t->out[a][b];
    }
  for (PetscInt a = 0; a < t->sets; a++) {
    off = Worse(off, Apart(comes[a], leaves[a]));
    for (PetscInt b = 0; b < t->sets; b++) {
      if (t->in[a][b] == 0 && t->out[a][b] == 0) continue;
      off = Worse(off, fabs(t->in[a][b] - t->out[a][b]) / PetscMax(leaves[a], comes[b]));
      rates = Worse(rates, Apart(t->rate_by_time[a][b], t->rate[a][b]));
    }
  }
  PetscCall(OttoRecordCheck(s->record, "flux_conservation", off, 0));
  PetscCall(OttoRecordCheck(s->record, "rate_two_ways", rates, 0));
  PetscFunctionReturn(0);
}

/* With detailed balance, of two sets: time runs backward as it runs forward. */
static PetscErrorCode CheckReversible(OttoFirstPassageRun *s, const OttoFirstPassageWays *ways)
{
  const PetscBool balanced = OttoGeneratorIsConservative(s->law.generator);
  const char *why =
      !ways->route || ways->fed || ways->channels > 2 ? not_two : "there is no detailed balance";
  const OttoTransition *t = &ways->t;
  PetscReal off = 0;

  PetscFunctionBegin;
  if (!balanced || why == not_two) {
    PetscCall(OttoRecordNotApplicable(s->record, "committor_symmetry", why));
    PetscCall(OttoRecordNotApplicable(s->record, "capacity", why));
    PetscFunctionReturn(0);
  }
  PetscCall(SumsToOne(s, 2, (const Vec[]){t->forward, t->backward}, &off));
  PetscCall(OttoRecordCheck(s->record, "committor_symmetry", off, 0));
  PetscCall(CheckCapacity(s->record, t));
  PetscFunctionReturn(0);
}

/* From set_a to set_b. */
static PetscErrorCode CheckRoute(OttoFirstPassageRun *s, const OttoFirstPassageWays *ways)
{
  const OttoTransition *t = &ways->t;
  PetscReal off = 0;

  PetscFunctionBegin;
  if (!ways->route) PetscCall(OttoRecordNotApplicable(s->record, "kac", no_route));
  if (!ways->route) PetscFunctionReturn(0);
  PetscCall(CheckSolve(s->record, &t->of_forward, t->of_forward.absolute));
  PetscCall(CheckSolve(s->record, &t->of_backward, t->of_backward.absolute));
  PetscCall(CheckSolve(s->record, &t->of_time, t->of_time.relative));
  PetscCall(CheckRange(s, t->forward));
  PetscCall(CheckRange(s, t->backward));
  off = Worse(0, fabs(t->flux_in / t->flux_out - 1));
  for (PetscInt i = 0; i < ways->levels; i++) {
    const PetscReal beyond = fabs(ways->flux[i] - t->flux_out) - ways->rounding[i];
    if (!(beyond <= 0)) off = Worse(off, beyond / t->flux_out);
  }
  PetscCall(OttoRecordCheck(s->record, "flux_conservation", off, 0));
  if (ways->fed)
    PetscCall(OttoRecordNotApplicable(s->record, "kac", no_end));
  else
    PetscCall(OttoRecordCheck(s->record, "kac", fabs(t->kac / t->kac_of - 1), 0));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageCheckWays(OttoFirstPassageRun *s, const OttoFirstPassageWays *ways)
{
  PetscFunctionBegin;
  if (ways->channels < 2) {
    for (const char *const *name =
             (const char *const[]){"committor_range", "committor_symmetry", "splitting_sum",
                                   "flux_conservation", "rate_two_ways", "kac", "capacity", NULL};
         *name; name++)
      PetscCall(OttoRecordNotApplicable(s->record, *name, one_end));
    PetscFunctionReturn(0);
  }
  PetscCall(CheckSplitting(s, ways));
  PetscCall(CheckRates(s, ways));
  PetscCall(CheckRoute(s, ways));
  PetscCall(CheckReversible(s, ways));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageCheckRow(OttoFirstPassageRun *s, const PetscReal all[])
{
  const OttoSurvivalSample *now = &s->survival.last;

  PetscFunctionBegin;
  PetscCall(OttoRecordCheck(s->record, "mass", fabs(now->mass + now->killed_all - 1), now->t));
  if (isnan(all[OTTO_SURVIVAL_escape_rate]))
    PetscCall(OttoRecordNotDefined(s->record, "escape_rate", now->t, "nothing is left"));
  PetscFunctionReturn(0);
}

/* The mean time is the integral of what is left, whose tail falls as the slowest mode does, once it
 * is that: then the sum of implicit Euler is right whatever its steps. */
static PetscErrorCode CheckTime(OttoFirstPassageRun *s, PetscReal distance)
{
  const PetscReal time = s->number[OTTO_FIRST_PASSAGE_passage_time];
  const PetscReal rate = s->number[OTTO_FIRST_PASSAGE_quasi_stationary_rate];
  const PetscReal left = s->survival.last.mass;
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(s->record, "passage_two_ways", &bound));
  if (!(time > 0)) {
    PetscCall(
        OttoRecordNotApplicable(s->record, "passage_two_ways", "all of p starts where it ends"));
    PetscFunctionReturn(0);
  }
  const PetscReal open = left * distance * s->number[OTTO_FIRST_PASSAGE_passage_time_longest];
  if (left > 0 && !(open <= bound * time))
    PetscCall(OttoRecordNotApplicable(s->record, "passage_two_ways",
                                      "what is left at time_stop is not the slowest mode yet: a "
                                      "later one tells"));
  else
    PetscCall(OttoRecordCheck(s->record, "passage_two_ways",
                              fabs((s->survival.area + left / rate) / time - 1),
                              s->survival.last.t));
  PetscFunctionReturn(0);
}

/* What is left of p, when it has come to rest, is taken at the slowest rate. */
static PetscErrorCode CheckRate(OttoFirstPassageRun *s, PetscReal distance)
{
  const OttoSurvivalSample *now = &s->survival.last, *before = &s->survival.before;
  const PetscReal rate = s->number[OTTO_FIRST_PASSAGE_quasi_stationary_rate];
  const PetscReal is = now->flux / now->mass, was = before->flux / before->mass;
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(s->record, "quasi_stationary", &bound));
  if (!(distance <= SETTLED) || !(fabs(is / was - 1) <= bound))
    PetscCall(OttoRecordNotApplicable(s->record, "quasi_stationary",
                                      "what is left at time_stop still changes its shape: a later "
                                      "one tells"));
  else
    PetscCall(OttoRecordCheck(s->record, "quasi_stationary", fabs(is / rate - 1), now->t));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFirstPassageCheckSeries(OttoFirstPassageRun *s,
                                           const OttoFirstPassageTimes *times)
{
  static const char *const names[] = {"passage_two_ways", "quasi_stationary", "mass"};
  PetscReal distance = 0;

  PetscFunctionBegin;
  if (!s->run) {
    for (int i = 0; i < 3; i++) PetscCall(OttoRecordNotApplicable(s->record, names[i], no_times));
    PetscCall(OttoRecordNotApplicable(s->record, "rows", no_times));
    PetscCall(OttoRecordNotApplicable(s->record, "time_error", no_times));
    PetscFunctionReturn(0);
  }
  const char *why = OttoRecordGetRows(s->record) == 0 ? "the run was stopped"
                    : s->survival.lost[0]             ? s->survival.lost
                    : times->slowest.known            ? NULL
                                                      : "the slowest mode is not known";
  for (int i = 0; i < 2 && why; i++) PetscCall(OttoRecordNotApplicable(s->record, names[i], why));
  if (why) PetscFunctionReturn(0);
  PetscCall(OttoSurvivalDistance(&s->survival, times->slowest.law, &distance));
  PetscCall(CheckTime(s, distance));
  PetscCall(CheckRate(s, distance));
  PetscFunctionReturn(0);
}
