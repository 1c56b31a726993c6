/*
 * Noise of resolved cells to first order. A term q φ(r), r = p/q, in the gauge φ'(1) = 0 in which
 * divergences are summed, changes by φ'(r) with p and by φ(r) - r φ'(r) with q. What is left out is
 * the square of the noise, φ''(r) (|dp| + r |dq|)²/2q, 1e-8 of the first order where it is 1e-8 of
 * p and of q, but for cells where p = q to 1e-8.
 */
#include "divergence_noise.h"
#include "divergence_totals.h"
#include "core/vecmath.h"

#define TILE 176

/* The cells of a tile that do not count have p = q = 1 and weight 0. */
static void Choose(const OttoNoise *s, int n, const double *p, const double *q,
                   const double *weight, double x[], double y[], double w[])
{
  const double from_p = fmax(s->from * s->resolved_p, OTTO_VECTOR_TINY),
               to_p = s->to * s->resolved_p;
  const double from_q = fmax(s->from * s->resolved_q, OTTO_VECTOR_TINY),
               to_q = s->to * s->resolved_q;

  for (int i = 0; i < n; i++) {
    const int use = p[i] > from_p && q[i] > from_q && !(p[i] > to_p && q[i] > to_q) &&
                    p[i] < OTTO_VECTOR_HUGE && q[i] < OTTO_VECTOR_HUGE;
    x[i] = use ? p[i] : 1;
    y[i] = use ? q[i] : 1;
    w[i] = !use ? 0 : weight ? weight[i] : 1;
  }
}

OTTO_VECTOR_CLONES static void AddTile(int n, const double *restrict p, const double *restrict q,
                                       const double *restrict weight, double u, double v,
                                       double sums[])
{
  double kl = 0, reverse = 0, chi2 = 0, hellinger2 = 0, js = 0, tv = 0;

#pragma omp simd reduction(+ : kl, reverse, chi2, hellinger2, js, tv)
  for (int i = 0; i < n; i++) {
    const double r = p[i] / q[i], x = fabs(OttoLogRatio(p[i], q[i])), mean = 0.5 * (p[i] + q[i]);
    const double root = sqrt(r), of_p = weight[i] * u, of_q = weight[i] * v;
    kl += of_p * x + of_q * fabs(1 - r);
    reverse += of_p * fabs(1 - 1 / r) + of_q * x;
    chi2 += of_p * 2 * fabs(r - 1) + of_q * fabs(1 - r) * (1 + r);
    hellinger2 += of_p * fabs(1 - 1 / root) + of_q * fabs(1 - root);
    js += of_p * fabs(OttoLogRatio(p[i], mean)) + of_q * fabs(OttoLogRatio(q[i], mean));
    tv += of_p + of_q;
  }
  sums[OTTO_DIVERGENCE_KL] += kl;
  sums[OTTO_DIVERGENCE_REVERSE_KL] += reverse;
  sums[OTTO_DIVERGENCE_CHI2] += chi2;
  sums[OTTO_DIVERGENCE_HELLINGER2] += 0.5 * hellinger2;
  sums[OTTO_DIVERGENCE_JS] += 0.5 * js;
  sums[OTTO_DIVERGENCE_TV] += 0.5 * tv;
}

/* Rényi's, log(Σ p^a q^(1-a))/b with b = a - 1: with I the integral, a (e^(bx) - 1)/(b I) for p and
 * (1 - e^(ax))/I for q where it is found from terms of first order, both without the 1 where it is
 * the logarithm of I itself (divergence_renyi.c). */
OTTO_VECTOR_CLONES static double RenyiTile(int n, const double *restrict p,
                                           const double *restrict q, const double *restrict weight,
                                           double u, double v, double a, double D)
{
  const double b = a - 1, log_I = b * D, share = fabs(a / b);
  const double one = fabs(expm1(log_I)) < 0.5 ? exp(-log_I) : 0;
  double sum = 0;

#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < n; i++) {
    const double x = OttoLogRatio(p[i], q[i]);
    const double moved =
        u * share * fabs(OttoExp(b * x - log_I) - one) + v * fabs(OttoExp(a * x - log_I) - one);
    sum += weight[i] > 0 ? weight[i] * moved : 0; /* beyond the range of a double it is infinite */
  }
  return sum;
}

void OttoNoiseAdd(const OttoNoise *noise, PetscInt64 n, const PetscReal p[], const PetscReal q[],
                  const PetscReal weight[], OttoSum sum[])
{
  const double of_p = OTTO_NOISE * noise->resolved_p, of_q = OTTO_NOISE * noise->resolved_q;
  double x[TILE], y[TILE], w[TILE];

  for (PetscInt64 from = 0; from < n; from += TILE) {
    const int count = (int)PetscMin(TILE, n - from);
    double sums[OTTO_DIVERGENCE_COUNT] = {0};
    Choose(noise, count, p + from, q + from, weight ? weight + from : NULL, x, y, w);
    AddTile(count, x, y, w, of_p, of_q, sums);
    if (noise->order == 1)
      sums[OTTO_DIVERGENCE_RENYI] = sums[OTTO_DIVERGENCE_KL];
    else if (noise->order > 0)
      sums[OTTO_DIVERGENCE_RENYI] =
          RenyiTile(count, x, y, w, of_p, of_q, noise->order, noise->renyi);
    for (int k = 0; k < OTTO_DIVERGENCE_COUNT; k++) OttoSumAdd(&sum[k], sums[k]);
  }
}

PetscErrorCode OttoDivergenceNoise(OttoGrid grid, const OttoPair *pair, PetscReal renyi_order,
                                   const OttoDivergences *d, PetscReal noise[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoNoise well = {pair->resolved_p, pair->resolved_q, OTTO_WELL,
                          INFINITY,         renyi_order,      d->divergence[OTTO_DIVERGENCE_RENYI]};
  OttoSum sum[OTTO_DIVERGENCE_COUNT] = {{0, 0}};
  OttoPairArrays a;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) noise[k] = 0;
  if (pair->resolved_p == 0 && pair->resolved_q == 0) PetscFunctionReturn(0);
  PetscCall(OttoPairGetArrays(pair, &a));
  OttoNoiseAdd(&well, g->local_cells, a.p, a.q, NULL, sum);
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscCall(OttoSumReduce(g->comm, OTTO_DIVERGENCE_COUNT, sum));
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    noise[k] = OttoSumValue(sum[k]) * g->cell_volume;
  PetscFunctionReturn(0);
}
