/* One sample of a run of tempering: entropies in the box, in new coordinates, and per Riemannian
 * volume. */
#include "tempering.h"
#include "core/fault.h"
#include <math.h>

const OttoColumn OttoTemperingColumns[OTTO_TEMPERING_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) {#name, unit, sentence},
#include "series.def"
#undef OTTO_COLUMN
};

const OttoErrorColumn OttoTemperingErrors[OTTO_TEMPERING_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) {#name, unit, OTTO_ERROR_##kind},
#include "series.def"
#undef OTTO_COLUMN
};

void OttoTemperingRow(const OttoTemperingSample *s, PetscReal row[])
{
#define OTTO_COLUMN(name, unit, kind, sentence, value)                                             \
  row[OTTO_TEMPERING_##name] = (PetscReal)(value);
#include "series.def"
#undef OTTO_COLUMN
}

/* Solves leave p right to 1e-11 in L1 a step, and rounding less; an entropy turns that into its
 * slope times it, 1 + |log p|, of which it is the mean. */
#define LEFT 1e-9

PetscReal OttoTemperingRounding(const OttoTemperingSample *s)
{
  PetscReal size = 1 + fabs(s->of[0].entropy);

  if (isfinite(s->of[1].entropy)) size += fabs(s->of[1].entropy) + fabs(s->mean_log_jacobian);
  return LEFT * size;
}

void OttoTemperingFloors(const OttoTemperingSample *s, PetscReal floor[])
{
  /* entropies per coordinate volume may rise and fall again: what the Riemannian one has gained
   * says how much goes on */
  const PetscReal least = PetscMax(OttoTemperingRounding(s), s->riemannian_gain[0]);

  for (PetscInt i = 0; i < OTTO_TEMPERING_COLUMNS; i++)
    floor[i] = OttoTemperingErrors[i].kind == OTTO_ERROR_RELATIVE ? least : 0;
}

/* H = -Σ p log p h^d, the same per volume √g = exp(-V), and the mean of log J (NULL: none). */
PetscErrorCode OttoTemperingMeasure(const OttoTemperingLaw *law, Vec density, Vec log_jacobian,
                                    OttoTemperingNumbers *out, PetscReal *mean)
{
  const OttoGridInfo *g = OttoGridGetInfo(law->grid);
  Vec volume = OttoGeneratorGetPotential(law->generator);
  OttoSum sums[4] = {{0, 0}};
  const PetscScalar *p, *V, *J = NULL;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(law->grid, density, &out->least, &out->most));
  OttoFault("least", 1, &out->least);
  PetscCall(VecGetArrayRead(density, &p));
  PetscCall(VecGetArrayRead(volume, &V));
  if (log_jacobian) PetscCall(VecGetArrayRead(log_jacobian, &J));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal log_p = p[c] > 0 ? log(p[c]) : 0;
    OttoSumAdd(&sums[0], p[c]);
    OttoSumAdd(&sums[1], p[c] * log_p);
    OttoSumAdd(&sums[2], p[c] * (log_p + V[c]));
    if (J) OttoSumAdd(&sums[3], p[c] * J[c]);
  }
  if (log_jacobian) PetscCall(VecRestoreArrayRead(log_jacobian, &J));
  PetscCall(VecRestoreArrayRead(volume, &V));
  PetscCall(VecRestoreArrayRead(density, &p));
  PetscCall(OttoSumReduce(g->comm, 4, sums));
  out->mass = OttoSumValue(sums[0]) * g->cell_volume;
  out->entropy = -OttoSumValue(sums[1]) * g->cell_volume;
  out->riemannian = -OttoSumValue(sums[2]) * g->cell_volume;
  OttoFault("riemannian", 1, &out->riemannian);
  if (log_jacobian) *mean = OttoSumValue(sums[3]) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSampleTake(const OttoTemperingPair *pair, PetscInt run, PetscReal t,
                                       const OttoTemperingSample *start, OttoTemperingSample *now)
{
  const OttoTemperingNumbers none = {NAN, NAN, NAN, NAN, NAN};
  OttoFlowReport report;

  PetscFunctionBegin;
  *now = (OttoTemperingSample){.t = t, .of = {none, none}, .mean_log_jacobian = NAN};
  PetscCall(OttoTemperingMeasure(&pair->law[0], pair->law[0].p[run], pair->log_jacobian,
                                 &now->of[0], &now->mean_log_jacobian));
  if (pair->count > 1)
    PetscCall(OttoTemperingMeasure(&pair->law[1], pair->law[1].p[run], NULL, &now->of[1], NULL));
  OttoFault("mean_log_jacobian", 1, &now->mean_log_jacobian);
  OttoFault("entropy_new", 1, &now->of[1].entropy);
  OttoFault("riemannian_new", 1, &now->of[1].riemannian);
  PetscCall(OttoFlowGetReport(pair->law[0].flow[run], &report));
  now->steps = report.steps;
  if (!start) start = now;
  for (int i = 0; i < 2; i++) {
    now->gain[i] = now->of[i].entropy - start->of[i].entropy;
    now->riemannian_gain[i] = now->of[i].riemannian - start->of[i].riemannian;
  }
  now->law_residual = now->of[1].entropy - now->of[0].entropy - now->mean_log_jacobian;
  now->riemannian_difference = now->riemannian_gain[1] - now->riemannian_gain[0];
  now->tempering_difference = now->gain[1] - now->gain[0];
  now->difference_residual =
      now->tempering_difference - (now->mean_log_jacobian - start->mean_log_jacobian);
  PetscFunctionReturn(0);
}
