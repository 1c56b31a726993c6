/*
 * auto: whether sums over cells are integrals, for what a run asks of p_t and q_t
 * (MATHEMATICS 6.7).
 *
 * Of a function f with Fourier coefficients f_k the sum over points moved by s cells is Σ f_m
 * exp(2πi m·s) over the modes m that cells do not tell from 0 (Poisson), and f_0 is the integral:
 * of sums at shifts that are no symmetries, the differences are as large as the errors. A sum over
 * a no-flux axis is half of one over the line with its mirror image, where a shift goes both ways.
 *
 * When? What is sharp in log p_t and log q_t lies between the regions of two nearest data, a
 * distance Δ apart, and is 4t/Δ wide: it widens with t, while the densities there grow. Zeros of
 * p_t(x + iy) keep a distance 2πt/Δ from the real line, Δ being no more than a period (where y Δ <
 * 2πt all data's phases lie in a half plane and cannot cancel), and sums over cells err by exp(-2π
 * y/h) at most: from t = 0.8 h Δ on by e^-30. Before, the error is exp(-a/t - bt) at worst, so that
 * times in ratio 2 see its largest value to within a factor of 6 at 1e-12.
 */
#include "tempered_impl.h"
#include "heat/shift.h"
#include <math.h>
#include <stdio.h>

/* Of a bound: times between those measured, and modes that two shifts see little of. */
#define SHARE 0.1
/* From this many h² on gaussian_exact is good (heat/gaussian_exact.c): √(2t) = 1.5 h. */
#define RESOLVED 1.1
#define SMOOTH_FROM 0.8
#define ROUNDING (8 * PETSC_MACHINE_EPSILON)
/* A share in the outermost cells of an open box above which the box is no quadrature. */
#define EDGE_SHARE 1e-13

enum {
  OF_DIVERGENCE,
  OF_DISSIPATION = OTTO_DIVERGENCE_COUNT,
  OF_MASS = OF_DISSIPATION + OTTO_SMOOTH_COUNT,
  OF_KL_RATE = OF_MASS + 2,
  OF_FISHER,
  OF_ENTROPY = OF_FISHER + 2,
  QUANTITIES = OF_ENTROPY + 2,
  OF_LACK = QUANTITIES, /* KL of p, and q, and the uniform density: not compared */
  VALUES = OF_LACK + 2
};

static const PetscReal shifts[2][OTTO_MAX_DIM] = {{0.31, 0.43, 0.19, 0.37, 0.23, 0.41},
                                                  {0.77, 0.59, 0.67, 0.83, 0.71, 0.53}};

/* Rényi's then is kl's, and no logarithm of a sum. */
static PetscBool IsKL(PetscReal order)
{
  return fabs(order - 1) <= 1e-6 ? PETSC_TRUE : PETSC_FALSE;
}

/* All sums over the points there now are. */
static PetscErrorCode Sums(OttoTempered s, PetscReal t, PetscReal value[])
{
  OttoDivergences d;
  OttoFisher f;
  Vec rate[2] = {NULL, NULL};

  PetscFunctionBegin;
  s->there = PETSC_FALSE;
  PetscCall(OttoTemperedMoveTo(s, t));
  PetscCall(OttoDivergenceCompute(s->grid, &s->pair, OTTO_MASK_ALL, s->renyi_order, &d));
  PetscCall(OttoTemperedFisherAndRates(s, &f));
  PetscCall(OttoTemperedRates(s, &rate[0], &rate[1]));
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) value[OF_DIVERGENCE + k] = d.divergence[k];
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) value[OF_DISSIPATION + k] = f.dissipation[k];
  if (!IsKL(s->renyi_order)) /* ∫ p^a q^(1-a): means of a sum, not of its logarithm */
    value[OTTO_DIVERGENCE_RENYI] = exp((s->renyi_order - 1) * d.divergence[OTTO_DIVERGENCE_RENYI]);
  value[OF_MASS] = d.mass_p, value[OF_MASS + 1] = d.mass_q;
  value[OF_FISHER] = f.fisher_p, value[OF_FISHER + 1] = f.fisher_q;
  const Vec field[2] = {s->field[OTTO_TEMPERED_P], s->field[OTTO_TEMPERED_Q]};
  const Vec logs[2] = {s->pair.log_p, s->pair.log_q};
  for (int i = 0; i < 2; i++)
    PetscCall(OttoFisherRateEntropy(s->grid, field[i], logs[i], 0, rate[i], &value[OF_ENTROPY + i],
                                    &value[OF_LACK + i]));
  PetscCall(OttoFisherRateKL(s->grid, &s->pair, rate[0], rate[1], &value[OF_KL_RATE]));
  PetscFunctionReturn(0);
}

/* Their means over both signs of a shift on every no-flux axis. */
static PetscErrorCode ShiftedSums(OttoTempered s, PetscReal t, const PetscReal shift[],
                                  PetscReal value[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal at[OTTO_MAX_DIM], one[VALUES];
  PetscInt axes[OTTO_MAX_DIM], count = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_NO_FLUX && g->n[j] > 1) axes[count++] = j;
  for (PetscInt k = 0; k < QUANTITIES; k++) value[k] = 0;
  for (PetscInt signs = 0; signs < 1 << count; signs++) {
    for (PetscInt j = 0; j < g->dim; j++) at[j] = g->n[j] > 1 ? shift[j] : 0;
    for (PetscInt i = 0; i < count; i++)
      if (signs >> i & 1) at[axes[i]] = -at[axes[i]];
    PetscCall(OttoHeatShift(s->heat, at));
    PetscCall(Sums(s, t, one));
    for (PetscInt k = 0; k < QUANTITIES; k++) value[k] += one[k] / (PetscReal)(1 << count);
  }
  PetscCall(OttoHeatShift(s->heat, NULL));
  s->there = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* What sums over the cells of one pair know of themselves. */
typedef struct {
  OttoQuadrature kink;
  PetscReal edge[OTTO_DIVERGENCE_COUNT]; /* what share of each is in the outermost cells of open
                                            axes */
  PetscBool leaks, reaches;              /* mass has left; kl has a part at the faces */
} Known;

/* What is no error of the quadrature, or has an estimate of its own, of quantity k: points that
 * move by less than a cell leave and enter an open box by the outermost cells, and what lies beyond
 * is no matter of quadrature (space_error has it); rounding of p and q, eps of themselves, leaves
 * eps √D of divergences of nearly equal densities, and as large a part of their dissipation; js has
 * poles (OttoDivergenceQuadrature()). */
static PetscReal Allowed(PetscInt k, const PetscReal base[], const Known *w)
{
  const PetscReal scale = fabs(base[k]), moved = 8 * scale;

  if (k == OTTO_DIVERGENCE_JS)
    return ROUNDING * sqrt(scale) + 2 * w->kink.js_error + moved * w->edge[k];
  if (k < OF_DISSIPATION) return ROUNDING * PetscMax(scale, sqrt(scale)) + moved * w->edge[k];
  if (k >= OF_MASS && k != OF_KL_RATE) return ROUNDING * scale;
  const PetscInt of = k < OF_MASS ? k - OF_DISSIPATION : OTTO_DIVERGENCE_KL;
  const PetscReal own = k == OF_DISSIPATION + OTTO_DIVERGENCE_JS ? 2 * w->kink.js_rate_error : 0;
  return ROUNDING * scale * PetscMax(1, 1 / sqrt(base[of])) + own + moved * w->edge[of];
}

/* Whether quantity k is asked for: of divergences below what rounding leaves of them nothing is. */
static PetscBool IsAsked(PetscInt k, const PetscReal base[], PetscBool leaks, PetscReal bound)
{
  const PetscInt of = k < OF_DISSIPATION ? k : k < OF_MASS ? k - OF_DISSIPATION : 0;
  const PetscReal least = 0.5 * PetscSqr(PETSC_MACHINE_EPSILON / bound);

  if (k == OTTO_DIVERGENCE_TV || !isfinite(base[k])) return PETSC_FALSE; /* it has an estimate */
  if (k >= OF_FISHER && base[OF_LACK + (k - OF_FISHER) % 2] < least) return PETSC_FALSE;
  if (k >= OF_MASS && k != OF_KL_RATE) return leaks ? PETSC_FALSE : PETSC_TRUE;
  if (k == OTTO_DIVERGENCE_RENYI) return leaks ? PETSC_FALSE : PETSC_TRUE;
  return base[of] >= least ? PETSC_TRUE : PETSC_FALSE;
}

/* The largest difference of two sets, each relative to its bound. */
static PetscReal Compare(const OttoKernelBounds *b, const Known *w, PetscReal order,
                         const PetscReal base[], const PetscReal other[])
{
  PetscReal worst = 0;

  for (PetscInt k = 0; k < QUANTITIES; k++) {
    const PetscReal bound = k < OF_MASS ? b->divergence : k < OF_KL_RATE ? b->mass : b->rate;
    PetscReal scale = fabs(base[k]);
    if (!IsAsked(k, base, w->leaks, bound)) continue;
    if (k == OTTO_DIVERGENCE_RENYI) /* here a sum, and its logarithm what is asked */
      scale *= PetscMax(1e-6, IsKL(order) ? 1 : fabs(log(scale)));
    const PetscReal error =
        PetscMax(0, fabs(other[k] - base[k]) - Allowed(k, base, w)) / (scale * bound);
    if (isnan(error) || isnan(other[k])) return INFINITY;
    worst = PetscMax(worst, error);
  }
  return worst;
}

/* What the pair at the cells' centres says of itself. */
static PetscErrorCode Know(OttoTempered s, const PetscReal base[], Known *w)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoDivergences d = {0};
  PetscReal n = INFINITY;

  PetscFunctionBegin;
  PetscCall(OttoDivergenceQuadrature(s->grid, &s->pair, &w->kink));
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) d.divergence[k] = base[OF_DIVERGENCE + k];
  d.divergence[OTTO_DIVERGENCE_RENYI] = NAN; /* base has a sum; and where it reaches, kl does */
  PetscCall(OttoDivergenceEdge(s->grid, &s->pair, OTTO_MASK_ALL, s->renyi_order, &d, w->edge));
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) n = PetscMin(n, (PetscReal)g->n[j]);
  w->reaches = w->edge[OTTO_DIVERGENCE_KL] > EDGE_SHARE ? PETSC_TRUE : PETSC_FALSE;
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) w->edge[k] /= n;
  w->leaks = isfinite(n) && PetscMin(base[OF_MASS], base[OF_MASS + 1]) < 1 - EDGE_SHARE;
  PetscFunctionReturn(0);
}

/* What sums over cells miss at time t, relative to the bounds, by shifts from .. to; *reaches: and
 * kl is cut off. */
static PetscErrorCode Measure(OttoTempered s, PetscReal t, PetscInt from, PetscInt to,
                              const OttoKernelBounds *b, PetscReal *error, PetscBool *reaches)
{
  PetscReal base[VALUES], other[VALUES];
  Known w;

  PetscFunctionBegin;
  PetscCall(Sums(s, t, base));
  PetscCall(Know(s, base, &w));
  *reaches = w.reaches;
  *error = 0;
  if (base[OTTO_DIVERGENCE_TV] > 0)
    *error = SHARE * w.kink.tv_error / (b->kink * base[OTTO_DIVERGENCE_TV]);
  if (base[OTTO_DIVERGENCE_JS] > 0)
    *error = PetscMax(*error, SHARE * w.kink.js_error / (b->kink * base[OTTO_DIVERGENCE_JS]));
  for (PetscInt i = from; i <= to && *error <= SHARE; i++) {
    PetscCall(ShiftedSums(s, t, shifts[i], other));
    *error = PetscMax(*error, Compare(b, &w, s->renyi_order, base, other));
  }
  PetscFunctionReturn(0);
}

/* ---- when ---- */

typedef struct {
  PetscReal first, last; /* of the times above 0; 0: none */
  PetscReal smooth;      /* from when on nothing is sharper than a cell */
  PetscReal resolved;    /* from when on the kernel is wide enough */
} Times;

static Times TimesOf(const OttoGridInfo *g, PetscInt count, const PetscReal t[])
{
  Times w = {0, 0, 0, 0};

  for (PetscInt i = 0; i < count; i++) {
    if (!(t[i] > 0)) continue;
    w.first = w.first > 0 ? PetscMin(w.first, t[i]) : t[i];
    w.last = PetscMax(w.last, t[i]);
  }
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal h = g->h[j], L = g->upper[j] - g->lower[j];
    /* an axis of one cell has no shape, but a mass */
    w.resolved = PetscMax(w.resolved, RESOLVED * PetscSqr(h));
    if (g->n[j] == 1 && g->boundary[j] != OTTO_BOUNDARY_OPEN) continue;
    w.smooth =
        PetscMax(w.smooth, SMOOTH_FROM * h * L * (g->boundary[j] == OTTO_BOUNDARY_NO_FLUX ? 2 : 1));
  }
  return w;
}

static PetscErrorCode MeasureAll(OttoTempered s, const Times *w, const OttoKernelBounds *b,
                                 OttoKernelChoice *c, PetscBool *reaches)
{
  const PetscReal latest = PetscMin(w->last, PetscMax(w->smooth, w->first));
  PetscReal error;
  PetscBool later;

  PetscFunctionBegin;
  c->quadrature_error = 0;
  c->time = w->first;
  for (PetscInt i = 0; c->quadrature_error <= SHARE; i++) {
    const PetscReal t = PetscMin(ldexp(w->first, (int)i), latest);
    /* both shifts at first, then by turns: what one sees little of the other has seen before */
    PetscCall(Measure(s, t, i ? i % 2 : 0, i ? i % 2 : 1, b, &error, i ? &later : reaches));
    if (error > c->quadrature_error) c->quadrature_error = error, c->time = t;
    if (t >= latest || *reaches) break;
  }
  PetscFunctionReturn(0);
}

/* ---- the choice ---- */

static PetscErrorCode Try(OttoGrid grid, Vec p0, Vec q0, const Times *w, const OttoKernelBounds *b,
                          OttoKernelChoice *c, PetscBool *reaches)
{
  OttoTempered s;
  OttoHeat heat;

  PetscFunctionBegin;
  PetscCall(OttoHeatCreate(grid, &heat));
  PetscCall(OttoHeatChoose(heat, OTTO_CHOICE_SMOOTH));
  PetscCall(OttoHeatSetUp(heat));
  PetscCall(OttoTemperedCreate(grid, heat, p0, q0, PETSC_FALSE, &s));
  PetscCall(OttoTemperedSetFromOptions(s));
  PetscCall(OttoTemperedSetFisherForm(s, OttoHeatGetFisherForm(heat)));
  PetscCall(MeasureAll(s, w, b, c, reaches));
  PetscCall(OttoTemperedDestroy(&s));
  PetscCall(OttoHeatDestroy(&heat));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedChoose(OttoGrid grid, OttoHeat heat, Vec p0, Vec q0, PetscInt count,
                                  const PetscReal t[], const OttoKernelBounds *bounds,
                                  OttoKernelChoice *c)
{
  PetscBool smooth = PETSC_FALSE, reaches = PETSC_FALSE;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  const Times w = TimesOf(OttoGridGetInfo(grid), count, t);
  *c = (OttoKernelChoice){.quadrature_error = NAN, .time = NAN};
  if (bounds->edges) {
    snprintf(c->reason, sizeof c->reason, "fisher_form edge is the chain's own");
  } else if (w.first == 0) {
    snprintf(c->reason, sizeof c->reason, "there is no time after 0");
  } else if (w.first < w.resolved) {
    snprintf(c->reason, sizeof c->reason,
             "at t = %.4g the heat kernel is narrower than 1.5 cells (from t = %.4g on it is not)",
             (double)w.first, (double)w.resolved);
  } else {
    PetscCall(Try(grid, p0, q0, &w, bounds, c, &reaches));
    smooth = c->quadrature_error <= SHARE && !reaches ? PETSC_TRUE : PETSC_FALSE;
    if (reaches)
      snprintf(c->reason, sizeof c->reason,
               "kl reaches the faces of the open box at t = %.4g, where sums end in a step",
               (double)w.first);
    else if (isinf(c->quadrature_error))
      snprintf(c->reason, sizeof c->reason,
               "what sums over cells miss of integrals at t = %.4g is not known", (double)c->time);
    else
      snprintf(c->reason, sizeof c->reason,
               smooth
                   ? "sums over cells are integrals to %.2g of what the checks allow, at worst at "
                     "t = %.4g"
                   : "sums over cells miss integrals by %.2g times what the checks allow at t = "
                     "%.4g; a tenth is asked",
               (double)c->quadrature_error, (double)c->time);
  }
  PetscCall(OttoHeatChoose(heat, smooth ? OTTO_CHOICE_SMOOTH : OTTO_CHOICE_ANY_DATA));
  c->kernel = OttoHeatGetType(heat);
  PetscFunctionReturn(0);
}
