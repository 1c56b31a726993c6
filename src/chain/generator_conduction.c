/* Edges that lead better or worse than what the cells at their ends know says. */
#include "generator_impl.h"

typedef struct {
  OttoGenerator s;
  OttoSurrounded factor[DIM];
} Conduction;

static void Multiply(const OttoEdges *e, void *context)
{
  const Conduction *c = (const Conduction *)context;
  const PetscReal *factor = OttoSurroundedAt(&c->factor[e->axis], e->x);
  PetscReal *up = c->s->up[e->axis] + e->x, *down = c->s->down[e->axis] + e->x;

  for (PetscInt64 i = 0; i < e->n; i++) {
    up[i] *= factor[i];
    down[i] *= factor[i];
  }
}

PetscErrorCode OttoGeneratorConduct(OttoGenerator s)
{
  Conduction c = {.s = s};

  PetscFunctionBegin;
  if (!s->conduction[0]) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < s->g->dim; j++)
    PetscCall(OttoFieldSurround(s->halo, s->conduction[j], &c.factor[j]));
  OttoEdgesWalk(s->g, PETSC_TRUE, Multiply, &c);
  for (PetscInt j = s->g->dim - 1; j >= 0; j--)
    PetscCall(OttoFieldRelease(s->halo, s->conduction[j], &c.factor[j]));
  PetscFunctionReturn(0);
}

Vec OttoGeneratorGetConduction(OttoGenerator s, PetscInt axis)
{
  return s->conduction[axis];
}
