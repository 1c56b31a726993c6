/* The checks of a tempering run: what each compares, and when it does not apply. */
#include "dissipation.h"
#include "run/pair.h"
#include <math.h>
#include <string.h>

/* A share of a divergence in the outermost cells of an open box above which its integrand counts as
 * reaching the edge: below it, what is cut off cannot matter to the bounds of 1e-11. */
#define EDGE_SHARE 1e-13

/* Total variation of densities that differ by their rounding. */
#define EQUAL (64 * PETSC_MACHINE_EPSILON)

static const char below[] = OTTO_PAIR_BELOW;
static const char unknown[] = "the divergence is not known";
static const char reaches[] = "the integrand reaches the edge of the open box";

/* A difference relative to `scale`, or to what an uncertainty would be the bound's share of where
 * that is more. */
static PetscReal Relative(PetscReal difference, PetscReal scale, PetscReal uncertainty,
                          PetscReal bound)
{
  return difference / PetscMax(scale, uncertainty / PetscMax(bound, PETSC_MACHINE_EPSILON));
}

/* What is not known of a divergence: by unresolved cells, and by rounding of the others. */
static PetscReal Open(const OttoTemperedSample *s, PetscInt k)
{
  return OttoRunUncertainty(s, k) + s->rounding[k];
}

/* Whether divergence k has a part beyond an open face that its dissipation knows nothing of. */
static PetscBool Reaches(const OttoTemperedSample *s, PetscInt k)
{
  return !s->beyond && s->edge[k] > EDGE_SHARE ? PETSC_TRUE : PETSC_FALSE;
}

static PetscErrorCode CheckMass(OttoRecord record, OttoGrid grid, const OttoTemperedSample *s,
                                const OttoTemperedSample *previous, PetscBool *leaks)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscBool open = PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) open = PETSC_TRUE;
  if (open) {
    PetscReal before_p = previous ? previous->d.mass_p : 1,
              before_q = previous ? previous->d.mass_q : 1;
    PetscCall(OttoRecordCheck(record, "mass", s->d.mass_p - before_p, s->t));
    PetscCall(OttoRecordCheck(record, "mass", s->d.mass_q - before_q, s->t));
    PetscCall(OttoRecordResult(record, "leaked_mass_p", 1 - s->d.mass_p));
    PetscCall(OttoRecordResult(record, "leaked_mass_q", 1 - s->d.mass_q));
  } else {
    PetscCall(OttoRecordCheck(record, "mass", fabs(s->d.mass_p - 1), s->t));
    PetscCall(OttoRecordCheck(record, "mass", fabs(s->d.mass_q - 1), s->t));
  }
  *leaks = open && PetscMin(s->d.mass_p, s->d.mass_q) < 1 - EDGE_SHARE ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckPositivity(OttoRecord record, OttoHeat heat, const OttoTemperedSample *s)
{
  PetscReal value = PetscMax(-s->d.min_p / s->d.max_p, -s->d.min_q / s->d.max_q);

  PetscFunctionBegin;
  if (OttoHeatIsExact(heat) && s->t > 0) { /* any cell that is not positive is a failure */
    PetscReal least_p = isnan(s->log_min_p) ? log(s->d.min_p) : s->log_min_p;
    PetscReal least_q = isnan(s->log_min_q) ? log(s->d.min_q) : s->log_min_q;
    value = isfinite(least_p) && isfinite(least_q) ? 0 : INFINITY;
  }
  PetscCall(OttoRecordCheck(record, "positivity", PetscMax(0, value), s->t));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckInequalities(OttoRecord record, const OttoTemperedSample *s,
                                        PetscBool leaks)
{
  PetscReal js = s->d.divergence[OTTO_DIVERGENCE_JS], bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, "gibbs", &bound));
  const PetscBool open =
      OttoRunUncertainty(s, OTTO_DIVERGENCE_KL) > 0.1 * bound ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoCheckInequalities(
      record, s->t, &s->d, leaks ? "mass has leaked through an open axis" : NULL,
      open ? "cells below the kernel's resolution are left out of the sums" : NULL));
  if (isnan(js) && OttoRecordIsNotKnown(record, "js"))
    PetscCall(OttoRecordNotApplicable(record, "js_metric", unknown));
  else
    PetscCall(OttoRecordCheck(record, "js_metric", sqrt(js) - sqrt(s->js_p_mid) - sqrt(s->js_mid_q),
                              s->t));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckRates(OttoRecord record, const OttoTemperedSample *s, PetscBool leaks)
{
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, "rate", &bound));
  if (s->t == 0)
    PetscFunctionReturn(0); /* the data, not yet tempered, may be rough: `slope` sees them */
  const PetscReal kl = s->d.divergence[OTTO_DIVERGENCE_KL];
  if ((isnan(kl) && OttoRecordIsNotKnown(record, "kl")) ||
      (isnan(s->f.dissipation[OTTO_DIVERGENCE_KL]) && OttoRecordIsNotKnown(record, "fisher_rel")) ||
      (isnan(s->kl_rate) && OttoRecordIsNotKnown(record, "kl_rate"))) {
    PetscCall(OttoRecordNotApplicable(record, "rate", unknown));
  } else if (kl < OttoPairKnowable(bound)) {
    PetscCall(OttoRecordNotApplicable(record, "rate", below));
  } else if (Reaches(s, OTTO_DIVERGENCE_KL)) {
    PetscCall(OttoRecordNotApplicable(record, "rate", reaches));
  } else {
    const PetscReal fisher = s->f.dissipation[OTTO_DIVERGENCE_KL];
    const PetscReal outflow = s->f.outflow[OTTO_DIVERGENCE_KL];
    PetscReal open = s->open_rate + s->open_dissipation[OTTO_DIVERGENCE_KL] +
                     2 * s->rounding_dissipation[OTTO_DIVERGENCE_KL];
    PetscCall(OttoRecordCheck(
        record, "rate",
        Relative(fabs(s->kl_rate + fisher + outflow), PetscMax(fisher, fabs(outflow)), open, bound),
        s->t));
  }
  if (leaks) {
    PetscCall(
        OttoRecordNotApplicable(record, "entropy_rate", "mass has leaked through an open axis"));
    PetscFunctionReturn(0);
  }
  const PetscReal rate[2] = {s->entropy_rate_p, s->entropy_rate_q};
  const PetscReal fisher[2] = {s->f.fisher_p, s->f.fisher_q};
  const PetscReal lack[2] = {s->lack_p, s->lack_q};
  PetscCall(OttoRecordBound(record, "entropy_rate", &bound));
  for (int i = 0; i < 2; i++) { /* KL(p|uniform) is what is left to dissipate */
    if (lack[i] < OttoPairKnowable(PetscMin(bound, 1e-9)))
      PetscCall(
          OttoRecordNotApplicable(record, "entropy_rate", "a density is uniform to rounding"));
    else
      PetscCall(
          OttoRecordCheck(record, "entropy_rate", fabs(rate[i] - fisher[i]) / fisher[i], s->t));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckMonotone(OttoRecord record, PetscInt k, const OttoTemperedSample *s,
                                    const OttoTemperedSample *previous)
{
  const PetscReal now = s->d.divergence[k], then = previous->d.divergence[k];
  PetscReal open = Open(s, k) + Open(previous, k), bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(record, "monotone", &bound));
  /* a divergence of densities whose mass leaks still falls; Rényi's, a logarithm, then grows by as
   * much as the mass falls, divided by order - 1 */
  if (k == OTTO_DIVERGENCE_RENYI && s->renyi_order != 1)
    open += 2 * fabs(log(PetscMin(s->d.mass_p, s->d.mass_q))) * PetscMax(1, s->renyi_order) /
            fabs(s->renyi_order - 1);
  if (k == OTTO_DIVERGENCE_TV) open += s->quadrature.tv_error + previous->quadrature.tv_error;
  if (k == OTTO_DIVERGENCE_JS) open += s->quadrature.js_error + previous->quadrature.js_error;
  if ((isnan(now) || isnan(then)) && OttoRecordIsNotKnown(record, OttoDivergenceNames[k]))
    PetscCall(OttoRecordNotApplicable(record, "monotone", unknown));
  else if (isinf(then) || then < OttoPairKnowable(1e-12))
    PetscFunctionReturn(0);
  else if (s->edge[k] > EDGE_SHARE)
    PetscCall(OttoRecordNotApplicable(record, "monotone", reaches));
  else
    PetscCall(OttoRecordCheck(record, "monotone", Relative(now - then, then, open, bound), s->t));
  PetscFunctionReturn(0);
}

/* What sums over cells miss of tv and js, relative to each. */
static PetscErrorCode CheckQuadrature(OttoRecord record, const OttoTemperedSample *s)
{
  const PetscReal tv = s->d.divergence[OTTO_DIVERGENCE_TV];
  const PetscReal js = s->d.divergence[OTTO_DIVERGENCE_JS];

  PetscFunctionBegin;
  /* of densities that are equal to rounding both are that rounding */
  if (tv > 0 && (tv < EQUAL || js < EQUAL * EQUAL)) {
    PetscCall(OttoRecordNotApplicable(record, "quadrature", below));
    PetscFunctionReturn(0);
  }
  if (tv > 0) PetscCall(OttoRecordCheck(record, "quadrature", s->quadrature.tv_error / tv, s->t));
  if (js > 0) PetscCall(OttoRecordCheck(record, "quadrature", s->quadrature.js_error / js, s->t));
  PetscCall(OttoRecordResultMost(record, "tv_quadrature_error", s->quadrature.tv_error));
  PetscCall(OttoRecordResultMost(record, "js_quadrature_error", s->quadrature.js_error));
  PetscFunctionReturn(0);
}

/* What a reader of earlier versions looks for: the mass of either where the other is noise. */
static PetscErrorCode ReportUnreliable(OttoRecord record, const OttoTemperedSample *s)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordResultMost(record, "unreliable_mass",
                                 PetscMax(s->d.unreliable_p, s->d.unreliable_q)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckSample(OttoRecord record, OttoGrid grid, OttoHeat heat,
                                  const OttoTemperedSample *s, const OttoTemperedSample *previous)
{
  PetscBool leaks = PETSC_FALSE;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoNeedHeat(heat);
  PetscCall(CheckMass(record, grid, s, previous, &leaks));
  PetscCall(CheckPositivity(record, heat, s));
  PetscCall(CheckInequalities(record, s, leaks));
  PetscCall(CheckRates(record, s, leaks));
  PetscCall(CheckQuadrature(record, s));
  PetscCall(ReportUnreliable(record, s));
  for (PetscInt k = 0; previous && k < OTTO_DIVERGENCE_COUNT; k++)
    PetscCall(CheckMonotone(record, k, s, previous));
  PetscFunctionReturn(0);
}

/* Fewest check_integral_nodes of which half are tried first. */
#define FEWER 8
/* Most that OttoTemperedIntegral() takes. */
#define MOST_NODES 64

/* Why the integral check of one divergence does not apply between two samples, or NULL. */
static const char *LeaveOut(PetscInt k, PetscReal bound, const OttoTemperedSample *a,
                            const OttoTemperedSample *b)
{
  if (Reaches(a, k) || Reaches(b, k)) return reaches;
  if (isnan(a->d.divergence[k]) || isnan(b->d.divergence[k])) return unknown;
  if (isinf(a->d.divergence[k])) return "the divergence is infinite";
  if (a->d.divergence[k] < OttoPairKnowable(bound)) return below;
  return NULL;
}

/* What is not known of the difference of divergence k between two samples and of the integral of
 * its dissipation: by unresolved cells, by rounding of the others, and by js' sum over cells. */
static PetscReal OpenBetween(PetscInt k, const OttoTemperedSample *a, const OttoTemperedSample *b)
{
  PetscReal open = Open(a, k) + Open(b, k);
  PetscReal rate = PetscMax(a->open_dissipation[k] + a->rounding_dissipation[k],
                            b->open_dissipation[k] + b->rounding_dissipation[k]);

  if (k == OTTO_DIVERGENCE_JS) {
    open += a->quadrature.js_error + b->quadrature.js_error;
    rate += PetscMax(a->quadrature.js_rate_error, b->quadrature.js_rate_error);
  }
  return open + (b->t - a->t) * rate;
}

static const char *const integral_names[OTTO_SMOOTH_COUNT] = {
    [OTTO_DIVERGENCE_KL] = "integral_kl",
    [OTTO_DIVERGENCE_REVERSE_KL] = "integral_reverse_kl",
    [OTTO_DIVERGENCE_CHI2] = "integral_chi2",
    [OTTO_DIVERGENCE_HELLINGER2] = "integral_hellinger2",
    [OTTO_DIVERGENCE_JS] = "integral_js"};

/* What each divergence falls by beyond its integral, relative to scale[], the interval cut into
 * `pieces` of equal log t; *worst: the largest in units of its bound. */
static PetscErrorCode Residuals(OttoTempered tempering, PetscInt nodes, PetscReal tolerance,
                                PetscInt pieces, const OttoTemperedSample *a,
                                const OttoTemperedSample *b, const PetscReal scale[],
                                const PetscReal bound[], PetscReal error[], PetscReal *worst)
{
  PetscReal integral[OTTO_SMOOTH_COUNT] = {0}, from = a->t;

  PetscFunctionBegin;
  for (PetscInt i = 1; i <= pieces; i++) {
    const PetscReal share = (PetscReal)i / (PetscReal)pieces;
    const PetscReal to = i == pieces ? b->t : exp((1 - share) * log(a->t) + share * log(b->t));
    PetscReal part[OTTO_SMOOTH_COUNT];
    PetscCall(OttoTemperedIntegral(tempering, from, to, nodes, tolerance, scale, part, NULL));
    for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) integral[k] += part[k];
    from = to;
  }
  *worst = 0;
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    if (!(scale[k] < INFINITY)) continue;
    error[k] = fabs(a->d.divergence[k] - b->d.divergence[k] - integral[k]) / scale[k];
    if (error[k] > bound[k] * *worst) *worst = error[k] / bound[k];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckIntegral(OttoRecord record, OttoTempered tempering, PetscInt nodes,
                                    const OttoTemperedSample *a, const OttoTemperedSample *b,
                                    PetscReal *residual)
{
  const PetscReal *before = a->d.divergence;
  PetscReal scale[OTTO_SMOOTH_COUNT], error[OTTO_SMOOTH_COUNT] = {0}, tolerance = INFINITY;
  PetscReal bound[OTTO_SMOOTH_COUNT] = {0}, worst = INFINITY;
  PetscErrorCode code = 0;
  PetscInt applies = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    PetscCall(OttoRecordBound(record, integral_names[k], &bound[k]));
    const char *reason = LeaveOut(k, bound[k], a, b);
    scale[k] = reason ? INFINITY /* asks nothing of the quadrature */
                      : PetscMax(before[k],
                                 OpenBetween(k, a, b) / PetscMax(bound[k], PETSC_MACHINE_EPSILON));
    applies += !reason;
    if (reason)
      PetscCall(OttoRecordNotApplicable(record, integral_names[k], reason));
    else
      tolerance = PetscMin(tolerance, bound[k]);
  }
  if (!applies) PetscFunctionReturn(0);
  /* half the nodes and no more, where they show what the bound asks for: five identities do not
   * hold by chance */
  if (nodes >= FEWER)
    code = Residuals(tempering, nodes / 2, INFINITY, 1, a, b, scale, bound, error, &worst);
  /* otherwise the quadrature must not be what the check sees: a tenth of the bound by its own
   * estimate, and smaller pieces, then more nodes, before a failure is believed */
  PetscInt pieces = 1;
  for (PetscInt more = nodes; worst > 1 && !code && more <= MOST_NODES;) {
    code = Residuals(tempering, more, 0.1 * tolerance / (PetscReal)pieces, pieces, a, b, scale,
                     bound, error, &worst);
    if (pieces < 4)
      pieces *= 2;
    else
      more *= 2;
  }
  if (code == OTTO_ERR_STOPPED) { /* the sample stands, and its row ends the run */
    OttoErrorClear();
    for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++)
      if (scale[k] < INFINITY)
        PetscCall(OttoRecordNotApplicable(record, integral_names[k], "the run was stopped"));
    PetscFunctionReturn(0);
  }
  PetscCall(code);
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    if (!(scale[k] < INFINITY)) continue;
    PetscCall(OttoRecordCheck(record, integral_names[k], error[k], b->t));
    if (k == OTTO_DIVERGENCE_KL) *residual = error[k];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckSlope(OttoRecord record, OttoTempered tempering,
                                 const OttoTemperedSample *at_zero)
{
  PetscReal D0 = at_zero->d.divergence[OTTO_DIVERGENCE_KL], full = 0, half = 0;
  PetscReal I0 =
      at_zero->f.dissipation[OTTO_DIVERGENCE_KL] + at_zero->f.outflow[OTTO_DIVERGENCE_KL];
  OttoFisherForm form = OttoTemperedGetFisherForm(tempering);

  PetscFunctionBegin;
  if (!OttoTemperedIsSmooth(tempering) || form == OTTO_FISHER_TWEEDIE ||
      !(isfinite(D0) && isfinite(I0) && D0 > 1e-8 && I0 > 0)) {
    PetscCall(
        OttoRecordNotApplicable(record, "slope",
                                "needs smooth densities that differ, and a kernel that is exact "
                                "as t goes to 0 (spectral or lattice)"));
    PetscFunctionReturn(0);
  }
  /* a step that changes D by 1e-4 of it: one Richardson extrapolation leaves about 1e-8 of the
   * slope, and rounding of D about 1e-11 */
  PetscReal step = 1e-4 * D0 / I0;
  PetscCall(OttoTemperedKL(tempering, step, &full));
  PetscCall(OttoTemperedKL(tempering, step / 2, &half));
  PetscReal open = at_zero->open_dissipation[OTTO_DIVERGENCE_KL], bound = 0;
  PetscCall(OttoRecordBound(record, "slope", &bound));
  PetscReal slope = 2 * (D0 - half) / (step / 2) - (D0 - full) / step;
  PetscCall(OttoRecordCheck(record, "slope", Relative(fabs(slope - I0), I0, open, bound), 0));
  PetscFunctionReturn(0);
}
