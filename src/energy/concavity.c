/* How concave an interaction is at most, and how convex an internal energy at least, among
 * densities of one mass (MATHEMATICS 12.4). */
#include "interaction_impl.h"
#include "internal_impl.h"
#include <math.h>

PetscReal OttoInternalConvexity(OttoInternal u, PetscReal mass, PetscReal volume)
{
  const PetscReal mean = mass / volume;
  PetscReal curvature = 0;

  if (u->ops->zero || !u->ops->spreads || !u->ops->spreads(u)) return 0;
  OttoInternalEvaluate(u, OTTO_INTERNAL_CURVATURE, 1, &mean, &curvature);
  return curvature / volume;
}

/* The least and the largest W of two cells, and that of a cell with itself: what a point in cell 0
 * makes, as W is even along every axis. */
static PetscErrorCode Range(OttoInteraction w, PetscReal *least, PetscReal *most, PetscReal *self)
{
  const OttoGridInfo *g = OttoGridGetInfo(w->grid);
  const PetscInt64 corner[OTTO_MAX_DIM] = {0};
  PetscMPIInt owner;
  const PetscInt64 cell = OttoGridOwner(g, corner, &owner);
  PetscScalar *values;
  Vec field;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(w->grid, &field));
  PetscCall(VecGetArray(field, &values));
  if (owner == g->rank) values[cell] = 1 / g->cell_volume;
  PetscCall(VecRestoreArray(field, &values));
  PetscCall(OttoInteractionApply(w, field, field));
  PetscCall(OttoFieldRange(w->grid, field, least, most));
  PetscCall(VecGetArray(field, &values));
  *self = owner == g->rank ? values[cell] : 0;
  PetscCall(VecRestoreArray(field, &values));
  PetscCallMPI(MPI_Bcast(self, 1, MPIU_REAL, owner, g->comm));
  PetscCall(VecDestroy(&field));
  PetscFunctionReturn(0);
}

/* Where W is definite in free space: what the diagonal is less than W(0), half of it. Where it is
 * harmonic shells round the cells' centres, as wide as the shortest cell, do for points: their
 * energies are W of the centres, and that of one with itself is W of its radius (Newton). */
static PetscErrorCode OfDefinite(OttoInteraction w, PetscReal self, PetscReal *omega)
{
  const OttoGridInfo *g = OttoGridGetInfo(w->grid);
  PetscReal zero = INFINITY, radius = INFINITY;

  PetscFunctionBegin;
  *omega = INFINITY;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1) radius = PetscMin(radius, g->h[j] / 2);
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) PetscFunctionReturn(0);
  if (!w->ops->definite || !w->ops->definite(w)) PetscFunctionReturn(0);
  PetscCall(w->ops->value(w, w->ops->harmonic ? radius : 0, &zero, NULL));
  if (isfinite(zero)) *omega = PetscMax(0, zero - self) / 2;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoInteractionConcavity(OttoInteraction w, PetscReal *omega)
{
  PetscReal least = 0, most = 0, self = 0, definite = INFINITY, negative = INFINITY;

  PetscFunctionBegin;
  if (!w->judged) {
    PetscCall(Range(w, &least, &most, &self));
    PetscCall(OfDefinite(w, self, &definite));
    PetscCall(OttoSymbolNegative(w->W, &negative));
    const PetscReal rounding = 64 * PETSC_MACHINE_EPSILON * PetscMax(fabs(least), fabs(most));
    w->concavity = PetscMin(definite, PetscMin(negative, 0.5 * (most - least))) + rounding;
    w->judged = PETSC_TRUE;
  }
  *omega = w->concavity;
  PetscFunctionReturn(0);
}
