/* Estimates of what noise leaves open of dissipations and rates with an FFT kernel: what cells
 * below the resolution hold, from what those of the next three decades do, and the noise of all
 * others to first order. */
#include "tempering_impl.h"
#include <math.h>

#define COARSER 1e3 /* times the resolution: on coarse grids tails fall by two decades a cell */
#define WELL 1e7    /* times the resolution: as OttoDivergenceAccount() */
#define NOISE 0.1   /* of the resolution, in a value */

/* Whether every cell is this many times above the resolution. */
static PetscBool Above(OttoTempering s, const OttoTemperedSample *sample, PetscReal times)
{
  return sample->d.min_p > times * s->derived.resolved_p &&
                 sample->d.min_q > times * s->derived.resolved_q
             ? PETSC_TRUE
             : PETSC_FALSE;
}

PetscErrorCode OttoTemperingOpenDissipation(OttoTempering s, OttoTemperedSample *sample)
{
  OttoFisher coarse;

  PetscFunctionBegin;
  if (s->derived.resolved_p == 0 || Above(s, sample, COARSER)) PetscFunctionReturn(0);
  PetscCall(OttoTemperingFisher(s, COARSER, &coarse));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++)
    sample->open_dissipation[k] += fabs(coarse.dissipation[k] - sample->f.dissipation[k]);
  PetscFunctionReturn(0);
}

/* |φ'(r)| and |φ(r) - r φ'(r)|: what a divergence changes by with p and with q, in the gauge
 * φ'(1) = 0. */
static void Slopes(PetscReal r, PetscReal a[], PetscReal b[])
{
  const PetscReal x = fabs(log(r)), root = sqrt(r);

  a[OTTO_DIVERGENCE_KL] = b[OTTO_DIVERGENCE_REVERSE_KL] = x;
  b[OTTO_DIVERGENCE_KL] = fabs(1 - r);
  a[OTTO_DIVERGENCE_REVERSE_KL] = fabs(1 - 1 / r);
  a[OTTO_DIVERGENCE_CHI2] = 2 * fabs(r - 1);
  b[OTTO_DIVERGENCE_CHI2] = fabs(1 - r) * (1 + r);
  a[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * fabs(1 - 1 / root);
  b[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * fabs(1 - root);
  a[OTTO_DIVERGENCE_JS] = 0.5 * fabs(log(2 / (1 + 1 / r)));
  b[OTTO_DIVERGENCE_JS] = 0.5 * fabs(log(2 / (1 + r)));
}

/* Largest rate of decay that noise is multiplied with: of the highest mode, or of those that time
 * has left. */
static PetscReal FastestRate(OttoTempering s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal highest = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1) highest += PetscSqr(PETSC_PI / g->h[j]);
  return s->t > 0 ? PetscMin(highest, 1 / s->t) : highest;
}

PetscErrorCode OttoTemperingOpenRates(OttoTempering s, Vec rate_p, Vec rate_q,
                                      OttoTemperedSample *sample)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscReal noise_p = NOISE * s->derived.resolved_p, noise_q = NOISE * s->derived.resolved_q;
  const PetscReal fastest = FastestRate(s);
  OttoPair coarse = s->derived;
  const Vec fields[4] = {s->p, s->q, rate_p, rate_q};
  const PetscScalar *v[4];
  OttoSum sums[OTTO_SMOOTH_COUNT] = {{0, 0}};
  PetscReal rate;

  PetscFunctionBegin;
  if (s->derived.resolved_p == 0 || Above(s, sample, WELL)) PetscFunctionReturn(0);
  coarse.resolved_p *= COARSER, coarse.resolved_q *= COARSER;
  PetscCall(OttoFisherRateKL(s->grid, &coarse, rate_p, rate_q, &rate));
  sample->open_rate += fabs(rate - sample->kl_rate);
  for (int i = 0; i < 4; i++) PetscCall(VecGetArrayRead(fields[i], &v[i]));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal a[OTTO_SMOOTH_COUNT], b[OTTO_SMOOTH_COUNT];
    if (!(v[0][c] > s->derived.resolved_p && v[1][c] > s->derived.resolved_q)) continue;
    if (v[0][c] > WELL * s->derived.resolved_p && v[1][c] > WELL * s->derived.resolved_q) continue;
    Slopes(v[0][c] / v[1][c], a, b);
    const PetscReal fast = fastest + fabs(v[2][c]) + fabs(v[3][c]);
    for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++)
      OttoSumAdd(&sums[k], fast * (a[k] * noise_p + b[k] * noise_q));
  }
  for (int i = 0; i < 4; i++) PetscCall(VecRestoreArrayRead(fields[i], &v[i]));
  PetscCall(OttoSumReduce(g->comm, OTTO_SMOOTH_COUNT, sums));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++)
    sample->open_dissipation[k] += OttoSumValue(sums[k]) * g->cell_volume;
  sample->open_rate += OttoSumValue(sums[OTTO_DIVERGENCE_KL]) * g->cell_volume;
  PetscFunctionReturn(0);
}
