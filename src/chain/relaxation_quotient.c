/* Quotients of two fields over the edges of the chain: one walk, whatever is summed. */
#include "relaxation_quotient.h"

PetscErrorCode OttoModeSurround(OttoGrid grid, Vec v, PetscReal **ghost, OttoSurrounded *f)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscCalloc1(2 * g->plane_cells, ghost)));
  PetscCall(OttoHaloCreate(grid, 1, &halo));
  PetscCall(VecGetArrayRead(v, &f->own));
  PetscCall(OttoHaloExchange(halo, f->own, *ghost, *ghost + g->plane_cells));
  PetscCall(OttoHaloDestroy(&halo));
  f->g = g;
  f->below = *ghost;
  f->above = *ghost + g->plane_cells;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeSurroundFree(Vec v, PetscReal **ghost, OttoSurrounded *f)
{
  PetscFunctionBegin;
  PetscCall(VecRestoreArrayRead(v, &f->own));
  PetscCall(PetscFree(*ghost));
  PetscFunctionReturn(0);
}

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
  PetscReal *ghost[2];

  PetscFunctionBegin;
  PetscCall(OttoModeSurround(grid, u, &ghost[0], &s.u));
  PetscCall(OttoModeSurround(grid, v, &ghost[1], &s.v));
  OttoEdgesWalk(g, PETSC_FALSE, Visit, &s);
  for (PetscInt64 c = 0; s.rates->killed && c < g->local_cells; c++) {
    const PetscReal lost = s.rates->killed[c] * s.u.own[c] * s.v.own[c];
    OttoSumAdd(&s.sum[0], lost);
    OttoSumAdd(&s.sum[1], 2 * PETSC_MACHINE_EPSILON * fabs(lost));
  }
  PetscCall(OttoModeSurroundFree(v, &ghost[1], &s.v));
  PetscCall(OttoModeSurroundFree(u, &ghost[0], &s.u));
  PetscCall(OttoSumReduce(g->comm, 2, s.sum));
  for (int k = 0; k < 2; k++) value[k] = OttoSumValue(s.sum[k]);
  PetscFunctionReturn(0);
}
