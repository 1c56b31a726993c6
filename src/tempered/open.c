/* Estimates of what noise leaves open of dissipations and rates with an FFT kernel: what cells
 * below the resolution hold, from what those of the next three decades do, and the noise of all
 * others to first order. */
#include "information/divergence_noise.h"
#include "tempered_impl.h"
#include <math.h>

#define BLOCK 528
#define COARSER 1e3 /* times the resolution: on coarse grids tails fall by two decades a cell */

/* Whether every cell is this many times above the resolution. */
static PetscBool Above(OttoTempered s, const OttoTemperedSample *sample, PetscReal times)
{
  return sample->d.min_p > times * s->derived.resolved_p &&
                 sample->d.min_q > times * s->derived.resolved_q
             ? PETSC_TRUE
             : PETSC_FALSE;
}

PetscErrorCode OttoTemperedOpenDissipation(OttoTempered s, OttoTemperedSample *sample)
{
  OttoFisher coarse;

  PetscFunctionBegin;
  if (s->derived.resolved_p == 0 || Above(s, sample, COARSER)) PetscFunctionReturn(0);
  PetscCall(OttoTemperedFisher(s, COARSER, &coarse));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++)
    sample->open_dissipation[k] += fabs(coarse.dissipation[k] - sample->f.dissipation[k]);
  PetscFunctionReturn(0);
}

/* Largest rate of decay that noise is multiplied with: of the highest mode, or of those that time
 * has left. */
static PetscReal FastestRate(OttoTempered s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal highest = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1) highest += PetscSqr(PETSC_PI / g->h[j]);
  return s->t > 0 ? PetscMin(highest, 1 / s->t) : highest;
}

/* Adds volume times what noise moves each dissipation by, in cells from so many times the
 * resolution to so many: their weights are the rates noise is multiplied with. Collective. */
static PetscErrorCode AddNoise(OttoTempered s, Vec rate_p, Vec rate_q, PetscReal from, PetscReal to,
                               PetscReal noise[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const OttoNoise cells = {.resolved_p = s->derived.resolved_p,
                           .resolved_q = s->derived.resolved_q,
                           .from = from,
                           .to = to};
  const PetscReal fastest = FastestRate(s);
  const Vec fields[4] = {s->field[OTTO_TEMPERED_P], s->field[OTTO_TEMPERED_Q], rate_p, rate_q};
  const PetscScalar *v[4];
  OttoSum sums[OTTO_DIVERGENCE_COUNT] = {{0, 0}};
  PetscReal weight[BLOCK];

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) PetscCall(VecGetArrayRead(fields[i], &v[i]));
  for (PetscInt64 c = 0; c < g->local_cells; c += BLOCK) {
    const PetscInt64 n = PetscMin(BLOCK, g->local_cells - c);
    for (PetscInt64 i = 0; i < n; i++) weight[i] = fastest + fabs(v[2][c + i]) + fabs(v[3][c + i]);
    OttoNoiseAdd(&cells, n, v[0] + c, v[1] + c, weight, sums);
  }
  for (int i = 0; i < 4; i++) PetscCall(VecRestoreArrayRead(fields[i], &v[i]));
  PetscCall(OttoSumReduce(g->comm, OTTO_SMOOTH_COUNT, sums));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++)
    noise[k] += OttoSumValue(sums[k]) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedOpenRates(OttoTempered s, Vec rate_p, Vec rate_q,
                                     OttoTemperedSample *sample)
{
  PetscReal noise[OTTO_SMOOTH_COUNT] = {0}, rate;
  OttoPair coarse = s->derived;

  PetscFunctionBegin;
  if (s->derived.resolved_p == 0) PetscFunctionReturn(0);
  PetscCall(AddNoise(s, rate_p, rate_q, OTTO_WELL, INFINITY, sample->rounding_dissipation));
  if (Above(s, sample, OTTO_WELL)) PetscFunctionReturn(0);
  coarse.resolved_p *= COARSER, coarse.resolved_q *= COARSER;
  PetscCall(OttoFisherRateKL(s->grid, &coarse, rate_p, rate_q, &rate));
  PetscCall(AddNoise(s, rate_p, rate_q, 1, OTTO_WELL, noise));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) sample->open_dissipation[k] += noise[k];
  sample->open_rate += fabs(rate - sample->kl_rate) + noise[OTTO_DIVERGENCE_KL];
  PetscFunctionReturn(0);
}
