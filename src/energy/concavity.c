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

/* Whether two cells of the grid can be as far apart as cell `at` of the twin is from its cell 0. */
static PetscBool Occurs(OttoInteraction w, const PetscInt64 at[])
{
  const OttoGridInfo *g = OttoGridGetInfo(w->grid), *t = OttoGridGetInfo(w->twin.grid);

  for (PetscInt j = 0; j < t->dim; j++)
    if (PetscMin(at[j], t->n[j] - at[j]) >= g->n[j]) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* The least and the largest W of two cells, and that of a cell with itself: what a point makes. */
static PetscErrorCode Range(OttoInteraction w, PetscReal *least, PetscReal *most, PetscReal *self)
{
  const OttoGridInfo *t = OttoGridGetInfo(w->twin.grid);
  PetscReal ends[3] = {-INFINITY, -INFINITY, -INFINITY}; /* −least, most, self */
  PetscInt64 at[OTTO_MAX_DIM], zero = -1;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecZeroEntries(w->padded));
  PetscCall(VecGetArray(w->padded, &values));
  for (PetscInt64 c = 0; c < t->local_cells && zero < 0; c++) {
    PetscBool origin = PETSC_TRUE;
    OttoGridCellIndex(t, c, at);
    for (PetscInt j = 0; j < t->dim; j++)
      if (at[j]) origin = PETSC_FALSE;
    if (!origin) continue;
    values[c] = 1 / t->cell_volume;
    zero = c;
  }
  PetscCall(VecRestoreArray(w->padded, &values));
  PetscCall(OttoTransformApplySymbol(w->twin.transform, w->padded, w->W, w->padded));
  PetscCall(VecGetArray(w->padded, &values));
  for (PetscInt64 c = 0; c < t->local_cells; c++) {
    OttoGridCellIndex(t, c, at);
    if (!Occurs(w, at)) continue;
    ends[0] = PetscMax(ends[0], -values[c]);
    ends[1] = PetscMax(ends[1], values[c]);
  }
  if (zero >= 0) ends[2] = values[zero];
  PetscCall(VecRestoreArray(w->padded, &values));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, ends, 3, MPIU_REAL, MPI_MAX, OttoGridGetInfo(w->grid)->comm));
  *least = -ends[0];
  *most = ends[1];
  *self = ends[2];
  PetscFunctionReturn(0);
}

/* Where W is definite in free space: what the diagonal is less than W(0), half of it. */
static PetscErrorCode OfDefinite(OttoInteraction w, PetscReal self, PetscReal *omega)
{
  const OttoGridInfo *g = OttoGridGetInfo(w->grid);
  PetscReal zero = INFINITY;

  PetscFunctionBegin;
  *omega = INFINITY;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) PetscFunctionReturn(0);
  if (!w->ops->definite || !w->ops->definite(w)) PetscFunctionReturn(0);
  PetscCall(w->ops->value(w, 0, &zero, NULL));
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
