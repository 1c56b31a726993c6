/* What a change of the field does to a rate: the derivatives of the last Jacobian by the field. */
#include <otto/field.h>
#include "fluxes_impl.h"

typedef struct {
  OttoFluxes fluxes;
  OttoSurrounded change;
  PetscReal *out;
} Pushing;

static void PushEdges(const OttoEdges *e, void *context)
{
  Pushing *p = (Pushing *)context;
  const PetscReal *x = OttoSurroundedAt(&p->change, e->x), *y = OttoSurroundedAt(&p->change, e->y);
  const PetscReal *by = p->fluxes->push[e->axis] + e->x;
  const PetscInt64 own = p->fluxes->g->local_cells;
  PetscReal flux[OTTO_FACES_AT_ONCE];

  for (PetscInt64 from = 0; from < e->n; from += OTTO_FACES_AT_ONCE) {
    const PetscInt64 n = PetscMin(OTTO_FACES_AT_ONCE, e->n - from);
    for (PetscInt64 i = 0; i < n; i++) flux[i] = by[from + i] * (x[from + i] - y[from + i]);
    PetscReal *leave = e->x < own ? p->out + e->x + from : NULL;
    PetscReal *enter = e->y < own ? p->out + e->y + from : NULL;
    for (PetscInt64 i = 0; leave && i < n; i++) leave[i] -= flux[i];
    for (PetscInt64 i = 0; enter && i < n; i++) enter[i] += flux[i];
  }
}

PetscErrorCode OttoFluxesPush(OttoFluxes s, Vec change, Vec out)
{
  Pushing push = {.fluxes = s};

  PetscFunctionBegin;
  OttoNeed(s->push[0], "OttoFluxesJacobian()");
  PetscCall(VecSet(out, 0));
  PetscCall(OttoFieldSurround(s->halo, change, &push.change));
  PetscCall(VecGetArray(out, &push.out));
  OttoEdgesWalk(s->g, PETSC_TRUE, PushEdges, &push);
  PetscCall(VecRestoreArray(out, &push.out));
  PetscCall(OttoFieldRelease(s->halo, change, &push.change));
  PetscFunctionReturn(0);
}
