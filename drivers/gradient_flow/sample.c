/* One sample of a run of gradient-flow. */
#include "gradient_flow.h"
#include <math.h>

/* Of the maximum: what solves leave of a density's cells (their L1 residual is below 1e-11). */
#define NOISE 1e-12
/* Near equilibrium ξ is a constant but for rounding of what it is a sum of, some eps: as a share of
 * that which the check `rate` allows 1e-10 of. */
#define ROUNDING 3e-5

const OttoRunColumn OttoGradientColumns[OTTO_GRADIENT_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) OTTO_COLUMN_LINE(name, unit, kind, sentence)
#include "series.def"
#undef OTTO_COLUMN
};

void OttoGradientRow(const OttoGradientSample *s, PetscReal row[])
{
#define OTTO_COLUMN(name, unit, kind, sentence, value)                                             \
  row[OTTO_GRADIENT_##name] = (PetscReal)(value);
#include "series.def"
#undef OTTO_COLUMN
}

PetscReal OttoGradientLevel(const OttoGradientLaw *law, PetscInt b, const OttoEnergyParts *e)
{
  return fabs(e->internal) + fabs(e->potential) + fabs(e->interaction) +
         OttoInternalTemperature(OttoEnergyGetInternal(law->energy)) * law->mass[b];
}

PetscErrorCode OttoGradientEnergy(const OttoGradientLaw *law, Vec rho, OttoEnergyParts *parts)
{
  PetscReal least = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(law->grid, rho, &least, NULL));
  if (least < 0)
    *parts = (OttoEnergyParts){NAN, NAN, NAN, NAN};
  else
    PetscCall(OttoEnergyEvaluate(law->energy, rho, parts));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientMoments(OttoGrid grid, Vec u, PetscReal moment[], PetscReal spread[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoSum sum[2 * OTTO_MAX_DIM] = {{0, 0}};
  const PetscScalar *values;
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(u, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++) {
      OttoSumAdd(&sum[j], PetscSqr(x[j]) * values[c]);
      OttoSumAdd(&sum[g->dim + j], PetscSqr(x[j] - 0.5 * (g->lower[j] + g->upper[j])) * values[c]);
    }
  }
  PetscCall(VecRestoreArrayRead(u, &values));
  PetscCall(OttoSumReduce(g->comm, 2 * g->dim, sum));
  for (PetscInt j = 0; j < g->dim; j++) {
    moment[j] = g->cell_volume * OttoSumValue(sum[j]);
    if (spread) spread[j] = g->cell_volume * OttoSumValue(sum[g->dim + j]);
  }
  PetscFunctionReturn(0);
}

/* V + W*ρ in cells. */
static PetscErrorCode Field(OttoEnergy energy, Vec rho, Vec field)
{
  Vec V = OttoEnergyGetField(energy);
  OttoInteraction W = OttoEnergyGetInteraction(energy);

  PetscFunctionBegin;
  PetscCall(VecZeroEntries(field));
  if (W) PetscCall(OttoInteractionApply(W, rho, field));
  if (V) PetscCall(VecAXPY(field, 1, V));
  PetscFunctionReturn(0);
}

/* ∫ ξ rate, and the sum of its terms' magnitudes; cells that nothing enters or leaves have no part.
 * A constant in ξ moves no energy: it is taken out, by the cell of the largest density. */
static PetscErrorCode Work(const OttoGridInfo *g, Vec xi, Vec field, Vec rate, PetscReal level,
                           PetscReal *sum, PetscReal *scale)
{
  OttoSum sums[2] = {{0, 0}, {0, 0}};
  const PetscScalar *x, *v, *r;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(xi, &x));
  PetscCall(VecGetArrayRead(field, &v));
  PetscCall(VecGetArrayRead(rate, &r));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (r[c] == 0) continue;
    OttoSumAdd(&sums[0], (x[c] - level) * r[c]);
    OttoSumAdd(&sums[1],
               fabs(r[c]) * (fabs(x[c] - level) + ROUNDING * (fabs(x[c]) + 2 * fabs(v[c]))));
  }
  PetscCall(VecRestoreArrayRead(rate, &r));
  PetscCall(VecRestoreArrayRead(field, &v));
  PetscCall(VecRestoreArrayRead(xi, &x));
  PetscCall(OttoSumReduce(g->comm, 2, sums));
  *sum = g->cell_volume * OttoSumValue(sums[0]);
  *scale = g->cell_volume * OttoSumValue(sums[1]);
  PetscFunctionReturn(0);
}

/* ξ's mean under the density, over cells that have some. */
static PetscErrorCode Level(const OttoGridInfo *g, Vec rho, Vec xi, PetscReal *level)
{
  OttoSum sums[2] = {{0, 0}, {0, 0}};
  const PetscScalar *x, *r;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(xi, &x));
  PetscCall(VecGetArrayRead(rho, &r));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(r[c] > 0) || !isfinite(x[c])) continue;
    OttoSumAdd(&sums[0], x[c] * r[c]);
    OttoSumAdd(&sums[1], r[c]);
  }
  PetscCall(VecRestoreArrayRead(rho, &r));
  PetscCall(VecRestoreArrayRead(xi, &x));
  PetscCall(OttoSumReduce(g->comm, 2, sums));
  *level = OttoSumValue(sums[0]) / OttoSumValue(sums[1]);
  PetscFunctionReturn(0);
}

/* Dissipation by faces, and the rate of energy by cells; room[3] is written over: rate, slope,
 * field. */
static PetscErrorCode Rates(OttoGradientLaw *law, Vec rho, Vec room[3], OttoFluxSums *sums,
                            PetscReal *rate, PetscReal *scale)
{
  const OttoGridInfo *g = OttoGridGetInfo(law->grid);
  OttoFluxes fluxes = OttoFlowGetFluxes(law->flow);
  const PetscBool linear =
      OttoFluxesGetMobility(fluxes) == OTTO_MOBILITY_SCHARFETTER_GUMMEL ? PETSC_TRUE : PETSC_FALSE;
  PetscReal level = 0;

  PetscFunctionBegin;
  PetscCall(OttoGradientInternal(law->energy, OTTO_INTERNAL_SLOPE, rho, room[1]));
  PetscCall(Field(law->energy, rho, room[2]));
  const OttoFluxState state = {.density = rho, .slope = linear ? NULL : room[1], .field = room[2]};
  PetscCall(OttoFluxesRate(fluxes, &state, room[0], sums));
  PetscCall(OttoEnergyVariation(law->energy, rho, room[1]));
  PetscCall(Level(g, rho, room[1], &level));
  PetscCall(Work(g, room[1], room[2], room[0], level, rate, scale));
  PetscFunctionReturn(0);
}

/* Two densities by all divergences; cells below the noise of solves leave an interval. */
static PetscErrorCode Compare(OttoGradientLaw *law, PetscReal t, OttoDivergences *d)
{
  const OttoPairBounds nothing = {0, INFINITY, -INFINITY, -INFINITY};
  OttoPair pair = {.p = law->p, .q = law->q};

  PetscFunctionBegin;
  if (t > 0) {
    PetscCall(OttoFieldRange(law->grid, law->p, NULL, &pair.resolved_p));
    PetscCall(OttoFieldRange(law->grid, law->q, NULL, &pair.resolved_q));
    pair.resolved_p *= NOISE;
    pair.resolved_q *= NOISE;
  }
  PetscCall(OttoDivergenceCompute(law->grid, &pair, OTTO_MASK_ALL, law->renyi_order, d));
  PetscCall(OttoDivergenceAccount(law->grid, &pair, OTTO_MASK_ALL, law->renyi_order, &nothing, d));
  PetscFunctionReturn(0);
}

/* The rate of the moment from the middle of the box: that from the origin less what the mean's
 * shift adds, ∫ (x_j − middle) rate. */
static PetscErrorCode FromMiddle(const OttoGridInfo *g, Vec rate, OttoGradientSample *now)
{
  OttoSum shift[OTTO_MAX_DIM] = {{0, 0}};
  PetscReal x[OTTO_MAX_DIM];
  const PetscScalar *r;

  PetscFunctionBegin;
  now->middle_rate = now->moment_rate;
  PetscCall(VecGetArrayRead(rate, &r));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++)
      OttoSumAdd(&shift[j], (x[j] - 0.5 * (g->lower[j] + g->upper[j])) * r[c]);
  }
  PetscCall(VecRestoreArrayRead(rate, &r));
  PetscCall(OttoSumReduce(g->comm, g->dim, shift));
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC && g->n[j] > 1)
      now->middle_rate -= (g->lower[j] + g->upper[j]) * OttoSumValue(shift[j]) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSampleTake(OttoGradientLaw *law, PetscReal t, OttoGradientSample *now)
{
  const OttoGridInfo *g = OttoGridGetInfo(law->grid);
  const OttoGradientStep *step = OttoFlowGetGradientStep(law->flow, OTTO_FLOW_P);
  PetscReal moment[OTTO_MAX_DIM] = {0}, unused = 0;
  Vec room[3];

  PetscFunctionBegin;
  *now = (OttoGradientSample){.t = t};
  PetscCall(OttoEnergySetTime(law->energy, t));
  for (int i = 0; i < 3; i++) PetscCall(OttoFieldCreate(law->grid, &room[i]));
  PetscCall(OttoFieldIntegral(law->grid, law->p, &now->mass[0]));
  PetscCall(OttoFieldRange(law->grid, law->p, &now->least[0], NULL));
  PetscCall(OttoGradientMoments(law->grid, law->p, moment, NULL));
  for (PetscInt j = 0; j < g->dim; j++) now->second_moment += moment[j];
  PetscCall(OttoGradientEnergy(law, law->p, &now->energy));
  PetscCall(Rates(law, law->p, room, &now->sums, &now->energy_rate, &now->rate_scale));
  const PetscReal larger = PetscMax(fabs(now->energy_rate), now->sums.dissipation);
  now->residual = larger > 0 ? fabs(now->energy_rate + now->sums.dissipation) / larger : 0;
  for (PetscInt j = 0; j < g->dim; j++) now->moment_rate += now->sums.moment[j];
  PetscCall(FromMiddle(g, room[0], now));
  PetscCall(OttoGradientVirial(law, law->p, room[1], room[2], now));
  if (law->q) {
    PetscCall(OttoFieldIntegral(law->grid, law->q, &now->mass[1]));
    PetscCall(OttoFieldRange(law->grid, law->q, &now->least[1], NULL));
    PetscCall(OttoGradientEnergy(law, law->q, &now->energy_q));
    PetscCall(Rates(law, law->q, room, &now->sums_q, &unused, &unused));
    PetscCall(Compare(law, t, &now->d));
  }
  for (int i = 0; i < 3; i++) PetscCall(VecDestroy(&room[i]));
  PetscCall(OttoFlowGetReport(law->flow, &now->flow));
  now->w2_lower = now->flow.steps > 0 ? step->w2_lower : NAN;
  now->w2_upper = now->flow.steps > 0 ? step->w2_upper : NAN;
  PetscFunctionReturn(0);
}
