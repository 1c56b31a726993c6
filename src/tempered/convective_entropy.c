/*
 * Υ(s): entropies of K_s ψ and K_s φ as sums over cells.
 *
 * What rounding may have moved them by, to first order: of a sum of u log u every term by eps of
 * itself; and what the kernel leaves of u, δ, by Σ |1 + log u| δ, where δ is a few eps of u with an
 * exact kernel and an eps of the maximum with a transform, in every cell alike.
 */
#include "convective_impl.h"
#include <math.h>

#define EXACT (16 * PETSC_MACHINE_EPSILON)      /* of each cell (heat.h) */
#define TRANSFORM (0.5 * PETSC_MACHINE_EPSILON) /* of the maximum */

enum { MASS, ENTROPY, LOG_JACOBIAN, TERMS, SLOPES, SUMS };

/* Sums over one density. */
typedef struct {
  PetscReal value[SUMS];
} Sums;

PetscErrorCode OttoConvectiveHeatCreate(OttoGrid grid, OttoHeat heat, const OttoConvective *c,
                                        OttoConvectiveHeat *sources)
{
  OttoConvectiveHeat s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoNeedHeat(heat);
  PetscCall(PetscNew(&s));
  *sources = s;
  s->grid = grid;
  s->heat = heat;
  s->c = *c;
  s->c.derivative = NULL; /* nothing here asks for it */
  for (Vec *const *v = (Vec *const[]){&s->c.phi, &s->c.log_phi, &s->c.pushed, &s->c.log_pushed,
                                      &s->c.log_jacobian, NULL};
       *v; v++)
    if (**v) PetscCall(PetscObjectReference((PetscObject) * *v));
  PetscCall(OttoHeatSourceCreate(heat, c->phi, &s->source_phi));
  PetscCall(OttoHeatSourceCreate(heat, c->pushed, &s->source_pushed));
  PetscCall(OttoFieldCreate(grid, &s->work));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveHeatDestroy(OttoConvectiveHeat *sources)
{
  OttoConvectiveHeat s = *sources;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(OttoHeatSourceDestroy(&s->source_phi));
  PetscCall(OttoHeatSourceDestroy(&s->source_pushed));
  PetscCall(VecDestroy(&s->work));
  PetscCall(VecDestroy(&s->c.phi));
  PetscCall(VecDestroy(&s->c.log_phi));
  PetscCall(VecDestroy(&s->c.pushed));
  PetscCall(VecDestroy(&s->c.log_pushed));
  PetscCall(VecDestroy(&s->c.log_jacobian));
  PetscCall(PetscFree(*sources));
  PetscFunctionReturn(0);
}

/* Over the cells whose points were not lost, with log J beside them; over all where log_jacobian is
 * NULL. What a transform leaves below 0 has no logarithm and counts as nothing. */
static PetscErrorCode Sum(OttoConvectiveHeat s, Vec u, Vec log_jacobian, PetscReal absolute,
                          PetscReal relative, Sums *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *a, *log_j = NULL;
  OttoSum sum[SUMS] = {{0, 0}};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(u, &a));
  if (log_jacobian) PetscCall(VecGetArrayRead(log_jacobian, &log_j));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (log_j && OttoConvectiveLost(&s->c, c)) continue;
    const PetscReal error = absolute + relative * fabs(a[c]), least = PetscMax(error, 1e-300);
    OttoSumAdd(&sum[MASS], a[c]);
    OttoSumAdd(&sum[SLOPES], error * fabs(1 + log(PetscMax(a[c], least))));
    if (a[c] <= 0) continue;
    const PetscReal term = a[c] * log(a[c]), volume = log_j ? a[c] * log_j[c] : 0;
    OttoSumAdd(&sum[ENTROPY], -term);
    OttoSumAdd(&sum[LOG_JACOBIAN], volume);
    OttoSumAdd(&sum[TERMS], fabs(term) + fabs(volume));
  }
  if (log_jacobian) PetscCall(VecRestoreArrayRead(log_jacobian, &log_j));
  PetscCall(VecRestoreArrayRead(u, &a));
  PetscCall(OttoSumReduce(g->comm, SUMS, sum));
  for (int k = 0; k < SUMS; k++) out->value[k] = OttoSumValue(sum[k]) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* K_s of one of the two, and its sums. */
static PetscErrorCode SumAt(OttoConvectiveHeat s, PetscReal time, PetscBool pushed, Sums *out)
{
  const OttoHeatSource source = pushed ? s->source_pushed : s->source_phi;
  const PetscBool exact = OttoHeatIsExact(s->heat);
  PetscReal max = 0;
  Vec u = pushed ? s->c.pushed : s->c.phi;

  PetscFunctionBegin;
  if (time > 0) {
    PetscCall(OttoHeatApply(s->heat, source, time, s->work, NULL));
    u = s->work;
    if (!exact) PetscCall(OttoFieldRange(s->grid, u, NULL, &max));
  }
  PetscCall(Sum(s, u, pushed ? NULL : s->c.log_jacobian, TRANSFORM * max,
                exact && time > 0 ? EXACT : 0, out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveAt(OttoConvectiveHeat sources, PetscReal s, OttoConvectiveEntropy *out)
{
  Sums after, before;

  PetscFunctionBegin;
  PetscCheck(s >= 0, OttoGridGetInfo(sources->grid)->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "the heat semigroup has no s = %g", (double)s);
  PetscCall(SumAt(sources, s, PETSC_TRUE, &after));
  PetscCall(SumAt(sources, s, PETSC_FALSE, &before));
  out->after = after.value[ENTROPY];
  out->before = before.value[ENTROPY] + before.value[LOG_JACOBIAN];
  out->upsilon = out->after - out->before;
  out->mass_after = after.value[MASS];
  out->mass_before = before.value[MASS];
  out->rounding = PETSC_MACHINE_EPSILON * (after.value[TERMS] + before.value[TERMS] +
                                           fabs(out->after) + fabs(out->before)) +
                  after.value[SLOPES] + before.value[SLOPES];
  PetscFunctionReturn(0);
}
