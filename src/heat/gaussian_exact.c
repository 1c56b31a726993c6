/*
 * The table of the continuum kernel: k(m) = h (4πt)^{-1/2} exp(-y²/4t) at y = mh, its periodic
 * sum, or its even reflection. The data act as atoms at cell centres; as a quadrature of smooth
 * data that is the midpoint rule, spectrally accurate once √(2t) ≳ 1.5 h.
 *
 * Derivatives along the axis come with it as ratios, k'/k = -y/2t and k''/k = y²/4t² - 1/2t, for
 * the scores ∂ log p = E[-(x-y)/2t | x] (Tweedie's formula; Robbins 1956) and the rate Δp/p.
 */
#include "heat_impl.h"
#include <math.h>

static void FillDirect(OttoKernelTable *table, long double t)
{
  const long double pi = acosl(-1.0L), h = (long double)table->h;
  const long double norm = logl(h) - logl(4 * pi * t) / 2;

  for (PetscInt64 m = 0; m < table->length; m++) {
    long double y = (long double)m * h;
    table->log_k[m] = norm - y * y / (4 * t);
    table->slope[m] = -y / (2 * t);
    table->curvature[m] = (y * y / (2 * t) - 1) / (2 * t);
  }
}

/* Large t: Poisson's dual sum (1/P) Σ_s exp(-tκ_s²) cos(κ_s y), κ_s = 2πs/(Ph), and its
 * derivatives, already summed over images. */
static void FillDual(OttoKernelTable *table, long double t)
{
  const long double pi = acosl(-1.0L), period = (long double)table->period;

  for (PetscInt64 m = 0; m < table->length; m++) {
    long double sum = 1, first = 0, second = 0;
    for (PetscInt64 s = 1;; s++) {
      long double kappa = 2 * pi * (long double)s / (period * (long double)table->h);
      long double angle = 2 * pi * (long double)(s * (m % table->period) % table->period) / period;
      if (t * kappa * kappa > 80 + 2 * logl((long double)s)) break;
      long double weight = 2 * expl(-t * kappa * kappa);
      sum += weight * cosl(angle);
      first -= weight * kappa * sinl(angle);
      second -= weight * kappa * kappa * cosl(angle);
    }
    table->log_k[m] = logl(sum / period);
    table->slope[m] = first / sum;
    table->curvature[m] = second / sum;
  }
}

void OttoKernelFill_Gaussian(OttoKernelTable *table, PetscReal t)
{
  const PetscBool dual = OttoKernelIsDual(table, t);

  table->images = dual ? 0 : OttoKernelImages(table->period);
  table->length = table->inputs + table->images * table->period + OTTO_BLOCK_MAX;
  if (dual)
    FillDual(table, (long double)t);
  else
    FillDirect(table, (long double)t);
}

#define NARROW                                                                                     \
  "gaussian_exact sums over cells: start where the kernel is 1.5 cells wide, t >= 1.1 h^2"
static const OttoHeatAdvice advice[] = {
    {"mass", NARROW}, {"rate", NARROW}, {"integral_kl", NARROW}, {NULL, NULL}};

const OttoHeatOps OttoHeatOps_GaussianExact = {
    .boundaries = OTTO_SERVES(OTTO_BOUNDARY_PERIODIC) | OTTO_SERVES(OTTO_BOUNDARY_NO_FLUX) |
                  OTTO_SERVES(OTTO_BOUNDARY_OPEN),
    .fisher_form = OTTO_FISHER_TWEEDIE,
    .first_time = 0.5,
    .good_time = 1.1,
    .advice = advice,
    .exact = PETSC_TRUE,
    .choice = OTTO_CHOICE_SMOOTH,
    .setup = OttoHeatSetUp_Exact,
    .destroy = OttoHeatDestroy_Exact,
    .source_create = OttoHeatSourceCreate_Exact,
    .needs_log = OttoHeatNeedsLog_Exact,
    .apply = OttoHeatApply_Exact,
    .apply_log = OttoHeatApplyLog_Exact,
    .score = OttoHeatScore_Exact,
    .rate = OttoHeatRate_Exact,
    .score_and_rate = OttoHeatScoreAndRate_Exact,
    .bytes = OttoHeatBytes_Exact,
    .fill = OttoKernelFill_Gaussian,
};
