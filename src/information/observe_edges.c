/*
 * With d = log(p/q) at y minus x, both directions of an edge of rate 1 dissipate (MATHEMATICS 4.1)
 *
 *   p_x (e^d - 1 - d) + p_y (e^-d - 1 + d) = (p_x + p_y)(cosh d - 1) + (p_x - p_y)(sinh d - d)
 *
 * of kl and (p_y - p_x) log(p_y/p_x) of p's entropy. Where |d| <= log(2)/2 all along a line, as for
 * anything smooth, both are short series and nothing is reduced. log(p_y/p_x) is the difference of
 * two logarithms against the uniform density: what it errs by, an eps of these, is about what
 * rounding of p itself makes of it.
 */
#include "observe_edges.h"
#include "core/vecmath.h"

#define GENTLE 0.3465
#define STEEPEST 400 /* there e^d times the smallest value is still a number */

OTTO_VECTOR_CLONES static double Gentle(PetscInt n, const OttoObserveLine *x,
                                        const OttoObserveLine *y, double value[3])
{
  const double *restrict xp = x->p, *restrict xq = x->q, *restrict yp = y->p, *restrict yq = y->q;
  const double *restrict xlp = x->lp, *restrict xlq = x->lq, *restrict xr = x->ratio;
  const double *restrict ylp = y->lp, *restrict ylq = y->lq, *restrict yr = y->ratio;
  double kl = 0, of_p = 0, of_q = 0, steepest = 0;

#pragma omp simd reduction(+ : kl, of_p, of_q) reduction(max : steepest)
  for (PetscInt i = 0; i < n; i++) {
    double d = yr[i] - xr[i], w = d * d, even, odd, rise = yp[i] - xp[i];
    OttoExpMinusParts(d, w, &even, &odd);
    kl += w * ((xp[i] + yp[i]) * even - rise * odd);
    of_p += rise * (ylp[i] - xlp[i]);
    of_q += (yq[i] - xq[i]) * (ylq[i] - xlq[i]);
    steepest = w > steepest ? w : steepest;
  }
  value[0] = kl;
  value[1] = of_p;
  value[2] = of_q;
  return steepest;
}

/* kl's where |d| < STEEPEST. */
OTTO_VECTOR_CLONES static double Steep(PetscInt n, const OttoObserveLine *x,
                                       const OttoObserveLine *y)
{
  const double *restrict xp = x->p, *restrict yp = y->p;
  const double *restrict xr = x->ratio, *restrict yr = y->ratio;
  double kl = 0;

#pragma omp simd reduction(+ : kl)
  for (PetscInt i = 0; i < n; i++) {
    double there, back;
    OttoExpMinusBoth(yr[i] - xr[i], &there, &back);
    kl += xp[i] * there + yp[i] * back;
  }
  return kl;
}

PetscBool OttoObserveEdges(PetscInt n, const OttoObserveLine *x, const OttoObserveLine *y,
                           PetscReal weight, PetscReal value[3])
{
  double here[3];
  const double steepest = Gentle(n, x, y, here);

  if (!(steepest < STEEPEST * STEEPEST)) return PETSC_FALSE;
  if (steepest > GENTLE * GENTLE) here[0] = Steep(n, x, y);
  for (int k = 0; k < 3; k++) value[k] += weight * here[k];
  return PETSC_TRUE;
}

OTTO_VECTOR_CLONES static void Between(PetscInt n, double weight, const double *restrict u,
                                       const double *below, const double *above,
                                       double *restrict out)
{
#pragma omp simd
  for (PetscInt i = 0; i < n; i++) out[i] += weight * ((above[i] - u[i]) + (below[i] - u[i]));
}

void OttoObserveSpread(PetscInt n, PetscReal weight, const PetscReal u[], const PetscReal *below,
                       const PetscReal *above, PetscBool first, PetscReal out[])
{
  if (first)
    for (PetscInt i = 0; i < n; i++) out[i] = 0;
  Between(n, weight, u, below ? below : u, above ? above : u, out);
}

void OttoObserveSpreadAlong(PetscInt n, PetscReal weight, const PetscReal u[], PetscBool closes,
                            PetscReal out[])
{
  if (n == 1) return;
  Between(n - 2, weight, u + 1, u, u + 2, out + 1);
  const PetscReal lower = closes ? u[n - 1] : u[0], upper = closes ? u[0] : u[n - 1];
  out[0] += weight * ((u[1] - u[0]) + (lower - u[0]));
  out[n - 1] += weight * ((upper - u[n - 1]) + (u[n - 2] - u[n - 1]));
}
