/* The checks of a Fokker-Planck run at its samples. Those of sums that cancel compare with what
 * rounding of their terms leaves where that is more than the bound's share of the sum: near
 * equilibrium every production vanishes, its rounding does not. */
#include "fokker_planck.h"
#include "run/pair.h"
#include <math.h>

/* |difference| relative to `scale`, or to what `noise` would be the bound's share of. */
static PetscErrorCode CheckSum(OttoRecord record, const char *name, PetscReal difference,
                               PetscReal scale, PetscReal noise, PetscReal t)
{
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, name, &bound));
  PetscReal most = PetscMax(fabs(scale), noise / PetscMax(bound, PETSC_MACHINE_EPSILON));
  PetscCall(OttoRecordCheck(record, name, difference == 0 ? 0 : fabs(difference) / most, t));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckDensities(OttoRecord record, const OttoFokkerPlanck *s,
                                     const OttoFokkerPlanckSample *now)
{
  const PetscReal least = now->d.min_q < now->d.min_p ? now->d.min_q : now->d.min_p;
  PetscReal below = PetscMax(-now->d.min_p / now->d.max_p, s->q ? -now->d.min_q / now->d.max_q : 0);

  PetscFunctionBegin;
  /* rounding of a mass of 1, a part of an epsilon a step, adds up over ten thousands of them */
  const PetscReal rounding = 0.25 * PETSC_MACHINE_EPSILON * (PetscReal)now->flow.steps;
  PetscCall(OttoRecordCheck(record, "mass", PetscMax(0, now->flow.mass_drift - rounding), now->t));
  if (OttoFlowIsImplicitEuler(s->flow) && !(least >= 0))
    below = INFINITY; /* not even by rounding */
  PetscCall(OttoRecordCheck(record, "positivity", PetscMax(0, below), now->t));
  PetscCall(OttoRecordCheck(
      record, "unreliable_mass",
      PetscMax(now->left_out, PetscMax(now->d.unreliable_p, now->d.unreliable_q)), now->t));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckInequalities(OttoRecord record, const OttoFokkerPlanck *s,
                                        const OttoFokkerPlanckSample *now)
{
  static const char *const names[] = {"gibbs", "pinsker", "hellinger", "js_bound"};

  PetscFunctionBegin;
  if (!s->q || OttoGeneratorIsAbsorbing(s->generator)) {
    for (int i = 0; i < 4; i++)
      PetscCall(OttoRecordNotApplicable(record, names[i],
                                        s->q ? "mass is absorbed" : "one density only"));
    PetscFunctionReturn(0);
  }
  PetscBool noisy = now->d.unreliable_p > 0 || now->d.unreliable_q > 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoCheckInequalities(record, now->t, &now->d, NULL,
                                  noisy ? "some cells are not resolved" : NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckDissipation(OttoRecord record, const OttoFokkerPlanckSample *now)
{
  static const char name[] = "dissipation_identity";
  const OttoDissipation *a = &now->against;

  PetscFunctionBegin;
  if (!a->exists) {
    PetscCall(
        OttoRecordNotApplicable(record, name, "no second density and no steady state to compare"));
    PetscFunctionReturn(0);
  }
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    if (!a->exact)
      PetscCall(OttoRecordNotApplicable(record, name, "a density has cells that are not positive"));
    else if (!isfinite(a->dissipation[k]) || !isfinite(a->rate[k]) || !isfinite(a->noise[k]))
      PetscCall(OttoRecordNotApplicable(record, name, "a slope is beyond the range of doubles"));
    else
      PetscCall(CheckSum(record, name, a->rate[k] + a->dissipation[k], a->dissipation[k],
                         a->noise[k], now->t));
  }
  PetscFunctionReturn(0);
}

/* Of edges that lead one way only: what is produced along them is infinite; KL(p|π) falls at the
 * rate that the chain says nevertheless. */
static PetscErrorCode CheckOneWay(OttoRecord record, const OttoFokkerPlanck *s,
                                  const OttoFokkerPlanckSample *now)
{
  static const char *const names[] = {"production_sum", "production_sign", "entropy_balance"};
  const OttoProduction *e = &now->production;

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) PetscCall(OttoRecordNotApplicable(record, names[i], OTTO_ONE_WAY));
  if (!s->pi)
    PetscCall(OttoRecordNotApplicable(record, "nonadiabatic", "there is no steady state"));
  else if (!now->positive_p || !isfinite(e->nonadiabatic))
    PetscCall(OttoRecordNotApplicable(record, "nonadiabatic", "p has cells that are not positive"));
  else
    PetscCall(CheckSum(record, "nonadiabatic", e->nonadiabatic + e->kl_rate, e->nonadiabatic,
                       e->noise + e->steady_noise, now->t));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckProduction(OttoRecord record, const OttoFokkerPlanck *s,
                                      const OttoFokkerPlanckSample *now)
{
  static const char *const names[] = {"production_sum", "nonadiabatic", "production_sign",
                                      "entropy_balance"};
  const OttoProduction *e = &now->production;
  const PetscReal t = now->t, noise = now->production.noise,
                  both = noise + now->production.steady_noise;

  PetscFunctionBegin;
  if (OttoGeneratorIsOneWay(s->generator)) {
    PetscCall(CheckOneWay(record, s, now));
    PetscFunctionReturn(0);
  }
  if (!now->positive_p || !isfinite(e->total)) {
    for (int i = 0; i < 4; i++)
      PetscCall(OttoRecordNotApplicable(record, names[i], "p has cells that are not positive"));
    PetscFunctionReturn(0);
  }
  if (OttoGeneratorIsAbsorbing(s->generator))
    PetscCall(OttoRecordNotApplicable(record, "entropy_balance", "mass is absorbed"));
  else
    PetscCall(CheckSum(record, "entropy_balance", e->entropy_rate - e->total + e->flow,
                       PetscMax(e->total, fabs(e->flow)), noise, t));
  if (s->pi) {
    PetscReal least = PetscMin(e->total, PetscMin(e->adiabatic, e->nonadiabatic));
    PetscCall(CheckSum(record, "production_sum", e->total - e->adiabatic - e->nonadiabatic,
                       e->total, both, t));
    PetscCall(
        CheckSum(record, "nonadiabatic", e->nonadiabatic + e->kl_rate, e->nonadiabatic, both, t));
    PetscCall(CheckSum(record, "production_sign", PetscMax(0, -least), e->total, both, t));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoRecordNotApplicable(record, "production_sum", "there is no steady state"));
  PetscCall(OttoRecordNotApplicable(record, "nonadiabatic", "there is no steady state"));
  PetscCall(CheckSum(record, "production_sign", PetscMax(0, -e->total), e->total, noise, t));
  PetscFunctionReturn(0);
}

/* dE/dt, V held fixed, = work of the drift - heat - absorbed. */
static PetscErrorCode CheckEnergy(OttoRecord record, const OttoFokkerPlanck *s,
                                  const OttoFokkerPlanckSample *now)
{
  const OttoWork *w = &now->work;
  const PetscReal heat = now->production.heat_rate;
  /* as work_rate has it; where V has no derivative in time it has nothing */
  const PetscReal drift = isfinite(w->rate) ? w->rate - w->potential : w->drift;
  const PetscReal most = PetscMax(PetscMax(fabs(w->energy_rate), fabs(w->drift)),
                                  PetscMax(fabs(heat), fabs(w->absorbed)));
  const PetscReal again = isfinite(w->rate) ? 4 * PETSC_MACHINE_EPSILON * fabs(w->potential) : 0;

  PetscFunctionBegin;
  if (OttoGeneratorIsOneWay(s->generator))
    PetscCall(OttoRecordNotApplicable(record, "energy_balance", OTTO_ONE_WAY));
  else if (OttoGeneratorGetTemperatureField(s->generator))
    PetscCall(OttoRecordNotApplicable(record, "energy_balance", OTTO_NO_ONE_T));
  else if (!(now->d.min_p >= 0))
    PetscCall(OttoRecordNotApplicable(record, "energy_balance", "p has cells that are negative"));
  else
    PetscCall(CheckSum(record, "energy_balance", w->energy_rate - drift + heat + w->absorbed, most,
                       w->noise + again, now->t));
  PetscFunctionReturn(0);
}

/* F - T KL(p|π) = -T log Z for any p of mass 1: no solve has a part in it, rounding of its terms,
 * and cells that are not resolved, have. KL is that of masses as they are, Σ p log(p/π) - p + π. */
static PetscErrorCode CheckFreeEnergy(OttoRecord record, const OttoFokkerPlanck *s,
                                      const OttoFokkerPlanckSample *now,
                                      const OttoFokkerPlanckSample *then)
{
  static const char name[] = "free_energy";
  const PetscReal T = OttoGeneratorGetTemperature(s->generator);
  const OttoFokkerPlanckSample *const both[2] = {then, now};
  PetscReal constant[2];

  PetscFunctionBegin;
  if (!s->pi || s->pi_moves || !OttoGeneratorKeepsGibbs(s->generator)) {
    PetscCall(OttoRecordNotApplicable(record, name,
                                      !s->pi ? "there is no steady state"
                                      : s->pi_moves
                                          ? "the potential changes in time"
                                          : "what drives is no potential: pi is not exp(-V/T)"));
    PetscFunctionReturn(0);
  }
  for (int i = 0; i < 2; i++)
    constant[i] = both[i]->free_energy - T * (both[i]->kl_p_pi + both[i]->d.mass_p - 1);
  PetscCall(CheckSum(record, name, constant[1] - constant[0],
                     PetscMax(now->free_size, then->free_size),
                     2 * (now->free_left + then->free_left), now->t));
  PetscFunctionReturn(0);
}

/* Relative errors of some epsilons in every cell: a divergence of equal densities is quadratic in
 * them, tv linear. */
#define CELLS_ERR (8 * PETSC_MACHINE_EPSILON)

/* Growth of a divergence beyond what the errors of the solves explain, relative to its value. */
static PetscErrorCode CheckDecay(OttoRecord record, PetscReal before, PetscReal now,
                                 PetscReal explained, PetscReal t)
{
  PetscFunctionBegin;
  if (!isfinite(before) || before <= 0) PetscFunctionReturn(0);
  explained += CELLS_ERR * CELLS_ERR;
  if (!(explained < 0.5 * before)) { /* tails where one density is far below the other */
    PetscCall(OttoRecordNotApplicable(
        record, "monotone", "the residuals of the solves are all there is to a divergence"));
    PetscFunctionReturn(0);
  }
  PetscReal growth = now - before - explained;
  PetscCall(OttoRecordCheck(record, "monotone", PetscMax(0, growth) / before, t));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckMonotone(OttoRecord record, const OttoFokkerPlanck *s,
                                    const OttoFokkerPlanckSample *now,
                                    const OttoFokkerPlanckSample *then, const PetscReal slack[])
{
  /* a solve of residual ε errs by ε in L1, the repair by as much again; two densities */
  const PetscReal error = 4 * now->flow.residual * (PetscReal)(now->flow.steps - then->flow.steps);

  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT && now->against.exists; k++) {
    PetscReal crude = error * PetscMax(now->against.slope[k], then->against.slope[k]);
    PetscBool euler = OttoFlowIsImplicitEuler(s->flow);
    PetscCall(CheckDecay(record, then->against.value[k], now->against.value[k],
                         euler ? slack[k] : crude, now->t));
  }
  if (s->q) {
    PetscCall(CheckDecay(record, then->d.divergence[OTTO_DIVERGENCE_TV],
                         now->d.divergence[OTTO_DIVERGENCE_TV], error + CELLS_ERR, now->t));
  }
  if (!s->pi || s->pi_moves) {
    PetscCall(OttoRecordNotApplicable(record, "monotone",
                                      "KL(p|pi): there is no steady state that lasts"));
    PetscFunctionReturn(0);
  }
  PetscReal slope_p = PetscMax(now->slope_p_pi, then->slope_p_pi);
  PetscReal slope_q = PetscMax(now->slope_q_pi, then->slope_q_pi);
  PetscCall(CheckDecay(record, then->kl_p_pi, now->kl_p_pi,
                       (error + now->production.steady_noise * (now->t - then->t)) * slope_p,
                       now->t));
  if (s->q)
    PetscCall(CheckDecay(record, then->kl_q_pi, now->kl_q_pi,
                         (error + now->production.steady_noise * (now->t - then->t)) * slope_q,
                         now->t));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckFokkerPlanck(OttoRecord record, const OttoFokkerPlanck *s,
                                        const OttoFokkerPlanckSample *now,
                                        const OttoFokkerPlanckSample *previous,
                                        const PetscReal slack[])
{
  PetscFunctionBegin;
  PetscCall(CheckDensities(record, s, now));
  PetscCall(CheckInequalities(record, s, now));
  PetscCall(CheckDissipation(record, now));
  PetscCall(CheckProduction(record, s, now));
  PetscCall(CheckEnergy(record, s, now));
  if (previous) PetscCall(CheckFreeEnergy(record, s, now, previous));
  if (previous) PetscCall(CheckMonotone(record, s, now, previous, slack));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckSteadyState(OttoRecord record, const OttoSteadyReport *report)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordCheck(record, "steady_error", report->error, 0));
  if (report->closed_form)
    PetscCall(OttoRecordNotApplicable(record, "steady_change", "exp(-V/T) is not iterated"));
  else
    PetscCall(OttoRecordCheck(record, "steady_change", report->change, 0));
  PetscFunctionReturn(0);
}
