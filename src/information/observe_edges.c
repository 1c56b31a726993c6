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

/* Of cell i by its neighbours. */
static inline double Spread(double u, double below, double above)
{
  return (above - u) + (below - u);
}

OTTO_VECTOR_CLONES static void Inside(PetscInt n, const double *u, const OttoObserveBeside *s,
                                      double weight, double *restrict out)
{
  const double *below0 = s->below[0], *above0 = s->above[0], w0 = s->weight[0];
  const double *below1 = s->below[1], *above1 = s->above[1], w1 = s->weight[1];

#pragma omp simd
  for (PetscInt i = 1; i < n - 1; i++)
    out[i] = (weight * Spread(u[i], u[i - 1], u[i + 1]) + w0 * Spread(u[i], below0[i], above0[i])) +
             w1 * Spread(u[i], below1[i], above1[i]);
}

void OttoObserveGenerate(PetscInt n, const PetscReal u[], const OttoObserveBeside *s,
                         PetscReal weight, PetscBool closes, PetscReal out[])
{
  const PetscInt ends[2] = {0, n - 1};

  Inside(n, u, s, weight, out);
  for (int k = 0; k < 2; k++) {
    const PetscInt i = ends[k];
    const double below = i > 0 ? u[i - 1] : closes ? u[n - 1] : u[i];
    const double above = i + 1 < n ? u[i + 1] : closes ? u[0] : u[i];
    out[i] = (weight * Spread(u[i], below, above) +
              s->weight[0] * Spread(u[i], s->below[0][i], s->above[0][i])) +
             s->weight[1] * Spread(u[i], s->below[1][i], s->above[1][i]);
  }
}

OTTO_VECTOR_CLONES void OttoObserveAddBeside(PetscInt n, const PetscReal u[],
                                             const OttoObserveBeside *s, PetscReal out[])
{
  const double *below0 = s->below[0], *above0 = s->above[0], w0 = s->weight[0];

#pragma omp simd
  for (PetscInt i = 0; i < n; i++) out[i] += w0 * Spread(u[i], below0[i], above0[i]);
}
