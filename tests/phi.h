/* The slopes of the smooth divergences, for tests of their dissipation. */
#pragma once
#include <otto/divergence.h>
#include <math.h>

/* φ' and φ - r φ' in long double, φ in the non-negative form, without cancellation. */
static inline void Phi(int type, long double r, long double *slope, long double *rest)
{
  switch (type) {
  case OTTO_DIVERGENCE_KL:
    *slope = logl(r), *rest = 1 - r;
    break;
  case OTTO_DIVERGENCE_REVERSE_KL:
    *slope = 1 - 1 / r, *rest = -logl(r);
    break;
  case OTTO_DIVERGENCE_CHI2:
    *slope = 2 * (r - 1), *rest = (1 - r) * (1 + r);
    break;
  case OTTO_DIVERGENCE_HELLINGER2:
    *slope = (1 - 1 / sqrtl(r)) / 2, *rest = (1 - sqrtl(r)) / 2;
    break;
  default:
    *slope = logl(2 * r / (r + 1)) / 2, *rest = -logl((r + 1) / 2) / 2;
  }
}
