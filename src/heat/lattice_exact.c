/*
 * The table of the grid's own chain (MATHEMATICS 6.2): on the whole line of cells, rate
 * 1/h² to each neighbour, the transition probability at time t over m cells is e^{-2τ} I_m(2τ), τ =
 * t/h² (Feller 1966, II.7); periodic and no-flux axes sum it over images.
 *
 * I_{m+1}/I_m by the three-term recurrence run downwards as ratios (Miller's algorithm; Gautschi
 * 1967): every step adds and divides positive numbers, so nothing cancels, and log k is the sum of
 * the ratios' logarithms, far below the range of a double too. k(0) follows from Σ_m k(m) = 1. An
 * open axis is the whole line, at late times by Debye's series (DLMF 10.41).
 */
#include "heat_impl.h"
#include <math.h>

/* Beyond it three terms of the series serve: the next is below τ^-4. */
#define DEBYE_FROM 1e6L

static void FillByRecurrence(OttoKernelTable *table, long double tau)
{
  /* A wrong starting ratio is forgotten by a factor r² = exp(-2 asinh((m+1)/2τ)) a step: this many
   * steps above the last entry leave less than e^{-40} of it, and of the kernel's mass. */
  const PetscInt64 start = table->length + 40 + (PetscInt64)(10 * sqrtl(2 * tau));
  long double ratio = 0, rest = 0, *log_k = table->log_k; /* rest: Σ_{n > m} I_n/I_m */

  for (PetscInt64 m = start; m > 0; m--) {
    ratio = 1 / ((long double)m / tau + ratio); /* I_m / I_{m-1} */
    rest = ratio * (1 + rest);
    if (m < table->length) log_k[m] = logl(ratio);
  }
  log_k[0] = -log1pl(2 * rest); /* whatever of it the table has */
  for (PetscInt64 m = 1; m < table->length; m++) log_k[m] += log_k[m - 1];
}

/* Large τ on a line without end, which has no dual: Debye's series with x = 2τ, z = √(m² + x²). */
static void FillByDebye(OttoKernelTable *table, long double tau)
{
  const long double pi = acosl(-1.0L), x = 2 * tau;

  for (PetscInt64 i = 0; i < table->length; i++) {
    const long double m = (long double)i, z = hypotl(m, x), p = (m / z) * (m / z);
    const long double first = (3 - 5 * p) / 24, second = (81 + p * (385 * p - 462)) / 1152;
    const long double third = (30375 + p * (p * (765765 - 425425 * p) - 369603)) / 414720;
    table->log_k[i] = m * m / (z + x) - m * asinhl(m / x) - logl(2 * pi * z) / 2 +
                      log1pl((first + (second + third / z) / z) / z);
  }
}

/* Large τ: few terms of the sum over the chain's eigenvectors, (1/P) Σ_s exp(-tλ_s) cos(2πsm/P),
 * tλ_s = 4τ sin²(πs/P), already summed over images. */
static void FillBySpectrum(OttoKernelTable *table, long double tau)
{
  const long double pi = acosl(-1.0L);
  const PetscInt64 period = table->period;

  for (PetscInt64 m = 0; m < table->length; m++) {
    long double sum = 1;
    for (PetscInt64 s = 1; 2 * s <= period; s++) {
      long double sine = sinl(pi * (long double)s / (long double)period);
      long double exponent = 4 * tau * sine * sine;
      if (exponent > 80) break;
      long double angle = 2 * pi * (long double)(s * (m % period) % period) / (long double)period;
      sum += (2 * s == period ? 1 : 2) * expl(-exponent) * cosl(angle);
    }
    table->log_k[m] = logl(sum / (long double)period);
  }
}

void OttoKernelFill_Lattice(OttoKernelTable *table, PetscReal t)
{
  const long double tau = (long double)t / ((long double)table->h * (long double)table->h);
  const PetscBool dual = OttoKernelIsDual(table, t);

  table->images = dual ? 0 : OttoKernelImages(table->period);
  table->length = table->inputs + table->images * table->period + OTTO_BLOCK_MAX;
  if (dual)
    FillBySpectrum(table, tau);
  else if (!table->period && tau > DEBYE_FROM)
    FillByDebye(table, tau);
  else
    FillByRecurrence(table, tau);
}

const OttoHeatOps OttoHeatOps_LatticeExact = {
    .boundaries = OTTO_SERVES(OTTO_BOUNDARY_PERIODIC) | OTTO_SERVES(OTTO_BOUNDARY_NO_FLUX) |
                  OTTO_SERVES(OTTO_BOUNDARY_OPEN),
    .fisher_form = OTTO_FISHER_EDGE,
    .exact = PETSC_TRUE,
    .choice = OTTO_CHOICE_ANY_DATA,
    .lattice = PETSC_TRUE,
    .goes_beyond = PETSC_TRUE,
    .setup = OttoHeatSetUp_Exact,
    .destroy = OttoHeatDestroy_Exact,
    .source_create = OttoHeatSourceCreate_Exact,
    .needs_log = OttoHeatNeedsLog_Exact,
    .apply = OttoHeatApply_Exact,
    .apply_log = OttoHeatApplyLog_Exact,
    .rate = OttoHeatRate_Exact,
    .bytes = OttoHeatBytes_Exact,
    .fill = OttoKernelFill_Lattice,
};
