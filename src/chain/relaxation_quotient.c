/* Quotients of two fields over the edges of the chain: one walk, whatever is summed. */
#include "relaxation_quotient.h"

typedef struct {
  const OttoRates *rates;
  OttoSurrounded u, v;
  OttoModeProducts add;
  OttoSum sum[2];
} Walk;

static void Visit(const OttoEdges *e, void *context)
{
  Walk *s = (Walk *)context;
  const OttoModeEnds ends = {s->rates->up[e->axis] + e->x,  s->rates->down[e->axis] + e->x,
                             OttoSurroundedAt(&s->u, e->x), OttoSurroundedAt(&s->u, e->y),
                             OttoSurroundedAt(&s->v, e->x), OttoSurroundedAt(&s->v, e->y)};

  s->add(e->n, &ends, s->sum);
}

PetscErrorCode OttoModeQuotient(const OttoModeForm *form, Vec u, Vec v, OttoModeProducts add,
                                PetscReal value[2])
{
  OttoGrid grid = OttoGeneratorGetGrid(form->generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Walk s = {.rates = OttoGeneratorGetRates(form->generator), .add = add};
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, u, &s.u));
  PetscCall(OttoFieldSurround(halo, v, &s.v));
  OttoEdgesWalk(g, PETSC_FALSE, Visit, &s);
  for (PetscInt64 c = 0; s.rates->killed && c < g->local_cells; c++) {
    const PetscReal lost = s.rates->killed[c] * s.u.own[c] * s.v.own[c];
    OttoSumAdd(&s.sum[0], lost);
    OttoSumAdd(&s.sum[1], 2 * PETSC_MACHINE_EPSILON * fabs(lost));
  }
  PetscCall(OttoFieldRelease(halo, v, &s.v));
  PetscCall(OttoFieldRelease(halo, u, &s.u));
  PetscCall(OttoSumReduce(g->comm, 2, s.sum));
  for (int k = 0; k < 2; k++) value[k] = OttoSumValue(s.sum[k]);
  PetscFunctionReturn(0);
}
