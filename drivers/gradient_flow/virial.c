/*
 * The second moment's law in the continuum, on the density that is there:
 *
 *   d/dt Σ_j ∫ x_j² ρ = Σ_j μ_j ( 2∫P − 2∫ρ x_j ∂_j(V + W*ρ) − 2 [x_j P at the walls of axis j] ),
 *
 * over axes that have ends; P = ρU' − U. Where all have, and μ is one, 2∫ρ x·∇(W*ρ) is ∬ r W'(r)
 * ρρ, which the interaction knows by its own kernel. Gradients are central differences of cells.
 */
#include "gradient_flow.h"
#include <otto/halo.h>
#include <math.h>

typedef struct {
  OttoSum value, scale;
} Terms;

static void Add(Terms *s, PetscReal term)
{
  OttoSumAdd(&s->value, term);
  OttoSumAdd(&s->scale, fabs(term));
}

static PetscBool HasEnds(const OttoGridInfo *g, PetscInt axis)
{
  return g->boundary[axis] != OTTO_BOUNDARY_PERIODIC && g->n[axis] > 1 ? PETSC_TRUE : PETSC_FALSE;
}

static PetscReal At(const OttoSurrounded *f, const PetscInt64 at[], PetscInt axis, int side)
{
  PetscInt64 place[OTTO_MAX_DIM];

  for (PetscInt j = 0; j < f->g->dim; j++) place[j] = at[j] + (j == axis ? side : 0);
  return *OttoSurroundedAt(f, OttoHaloCell(f->g, 1, place));
}

/* What own cell c adds along an axis: pressure, force, and at a wall what that holds back; x from
 * the origin, and from the middle of the box. */
static void Cell(const OttoSurrounded *P, const OttoSurrounded *field, PetscReal rho, PetscInt64 c,
                 PetscInt j, PetscReal factor, Terms *sums)
{
  const OttoGridInfo *g = P->g;
  const PetscReal h = g->h[j], here = *OttoSurroundedAt(P, c);
  PetscInt64 at[OTTO_MAX_DIM];
  PetscReal x[OTTO_MAX_DIM];

  OttoHaloPosition(g, c, at);
  OttoGridCellCentre(g, c, x);
  const PetscInt64 i = at[j] + g->first[j];
  const int up = i<g->n[j] - 1, down = i> 0;
  const PetscReal force =
      (At(field, at, j, up) - At(field, at, j, -down)) / ((PetscReal)(up + down) * h);

  const PetscReal middle = 0.5 * (g->lower[j] + g->upper[j]);
  const PetscReal below = down ? 0 : PetscMax(0, 1.5 * here - 0.5 * At(P, at, j, 1)) / h;
  const PetscReal above = up ? 0 : PetscMax(0, 1.5 * here - 0.5 * At(P, at, j, -1)) / h;

  for (int k = 0; k < 2; k++) {
    const PetscReal from = k ? middle : 0;
    Add(&sums[k], 2 * factor * here);
    Add(&sums[k], -2 * factor * rho * (x[j] - from) * force);
    Add(&sums[k], 2 * factor * (g->lower[j] - from) * below);
    Add(&sums[k], -2 * factor * (g->upper[j] - from) * above);
  }
}

/* V, or V + W*ρ, of whose gradient the force is; +inf in closed cells, which have walls inside the
 * box. */
static PetscErrorCode Forces(OttoGradientLaw *law, Vec rho, PetscBool whole, Vec field,
                             PetscBool *closed)
{
  Vec V = OttoEnergyGetField(law->energy);
  OttoInteraction W = OttoEnergyGetInteraction(law->energy);
  PetscReal most = 0;

  PetscFunctionBegin;
  PetscCall(VecZeroEntries(field));
  if (W && !whole) PetscCall(OttoInteractionApply(W, rho, field));
  if (V) PetscCall(VecAXPY(field, 1, V));
  PetscCall(OttoFieldRange(law->grid, field, NULL, &most));
  *closed = isinf(most) ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Whether the interaction's own kernel serves: every axis has ends, and mobility is one. */
static PetscBool IsWhole(const OttoGridInfo *g, const PetscReal factor[])
{
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC || factor[j] != factor[0]) return PETSC_FALSE;
  return PETSC_TRUE;
}

PetscErrorCode OttoGradientVirial(OttoGradientLaw *law, Vec rho, Vec P, Vec field,
                                  OttoGradientSample *now)
{
  const OttoGridInfo *g = OttoGridGetInfo(law->grid);
  const PetscReal *factor = OttoFluxesGetFactor(OttoFlowGetFluxes(law->flow));
  OttoInteraction W = OttoEnergyGetInteraction(law->energy);
  const PetscBool whole = W && IsWhole(g, factor) ? PETSC_TRUE : PETSC_FALSE;
  Terms sums[2] = {{{0, 0}, {0, 0}}, {{0, 0}, {0, 0}}};
  PetscReal attraction = 0;
  PetscBool closed = PETSC_FALSE;
  const PetscScalar *values;
  OttoSurrounded p, f;
  OttoHalo halo;

  PetscFunctionBegin;
  now->virial = now->middle_virial = now->virial_scale = NAN;
  PetscCall(Forces(law, rho, whole, field, &closed));
  if (closed) PetscFunctionReturn(0);
  PetscCall(OttoGradientInternal(law->energy, OTTO_INTERNAL_PRESSURE, rho, P));
  PetscCall(OttoGridGetHalo(law->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, P, &p));
  PetscCall(OttoFieldSurround(halo, field, &f));
  PetscCall(VecGetArrayRead(rho, &values));
  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt64 c = 0; c < g->local_cells && HasEnds(g, j); c++)
      Cell(&p, &f, values[c], c, j, factor[j], sums);
  PetscCall(VecRestoreArrayRead(rho, &values));
  PetscCall(OttoFieldRelease(halo, field, &f));
  PetscCall(OttoFieldRelease(halo, P, &p));
  OttoSum all[3] = {sums[0].value, sums[1].value, sums[1].scale};
  PetscCall(OttoSumReduce(g->comm, 3, all));
  if (whole) PetscCall(OttoInteractionVirial(W, rho, &attraction));
  attraction *= factor[0];
  now->virial = g->cell_volume * OttoSumValue(all[0]) - attraction;
  now->middle_virial = g->cell_volume * OttoSumValue(all[1]) - attraction;
  now->virial_scale = g->cell_volume * OttoSumValue(all[2]) + fabs(attraction);
  PetscFunctionReturn(0);
}
