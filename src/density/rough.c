/* Averages over cells, and whether a density is rough on its grid. */
#include "density_impl.h"
#include <otto/halo.h>
#include <math.h>

/* Second differences below this share of the maximum are rounding. */
#define ROUNDING 1e-12
/* Fourth differences over second ones. */
#define ROUGH 0.5
#define EDGES 1.5

PetscErrorCode OttoDensityCellMean(const OttoGridInfo *g, PetscInt64 cell, OttoDensityValue f,
                                   const void *context, PetscReal *mean)
{
  static const PetscInt points[OTTO_MAX_DIM] = {32, 8, 4, 3, 2, 2};
  const PetscInt m = points[g->dim - 1];
  PetscReal centre[OTTO_MAX_DIM], x[OTTO_MAX_DIM], value, sum = 0;
  PetscInt total = 1;

  PetscFunctionBegin;
  OttoGridCellCentre(g, cell, centre);
  for (PetscInt j = 0; j < g->dim; j++) total *= m;
  for (PetscInt k = 0; k < total; k++) {
    PetscInt rest = k;
    for (PetscInt j = 0; j < g->dim; j++) {
      x[j] = centre[j] + ((rest % m + 0.5) / m - 0.5) * g->h[j];
      rest /= m;
    }
    PetscCall(f(x, context, &value));
    sum += value;
  }
  *mean = sum / total;
  PetscFunctionReturn(0);
}

/* Largest second and fourth difference along an axis: across a periodic face; beyond an absorbing
 * one, where the density vanishes, by its odd reflection; across no other. */
static void Differences(const OttoSurrounded *s, PetscInt axis, PetscReal *second,
                        PetscReal *fourth)
{
  const OttoGridInfo *g = s->g;
  const PetscBool wraps = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool below = wraps || OttoBoundaryAbsorbs(g->boundary[axis], -1); /* goes on there */
  const PetscBool above = wraps || OttoBoundaryAbsorbs(g->boundary[axis], 1);
  const PetscInt64 n = g->n[axis];
  const PetscBool ghosts = OttoHaloServes(g, axis); /* filled alike */
  PetscInt64 idx[OTTO_MAX_DIM];

  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    const PetscInt64 i = idx[axis];
    PetscReal v[5];
    if ((!below && i < 1) || (!above && i >= n - 1)) continue;
    for (PetscInt j = 0; j < g->dim; j++) idx[j] -= g->first[j];
    for (PetscInt64 k = -2; k <= 2; k++) {
      const PetscInt64 at = i + k, mirror = at < 0 ? -1 - at : at >= n ? 2 * n - 1 - at : at;
      idx[axis] = ghosts ? at - g->first[axis] : wraps ? (at + n) % n : mirror;
      v[k + 2] = *OttoSurroundedAt(s, OttoHaloCell(g, 2, idx));
      if (!wraps && mirror != at) v[k + 2] = -v[k + 2];
    }
    *second = PetscMax(*second, fabs(v[1] - 2 * v[2] + v[3]));
    if ((below || i > 1) && (above || i < n - 2))
      *fourth = PetscMax(*fourth, fabs(v[0] - 4 * v[1] + 6 * v[2] - 4 * v[3] + v[4]));
  }
}

/* The largest fourth difference over the largest second one of an axis, of all axes that have
 * either: 3 of a jump and of a point mass, 1 to 2 of a kink, below 1/2 where cells resolve a
 * density. */
static PetscErrorCode Roughness(OttoGrid grid, Vec density, PetscReal *ratio)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal most = 0;
  OttoSurrounded u;
  OttoHalo halo;

  PetscFunctionBegin;
  *ratio = 0;
  PetscCall(OttoFieldRange(grid, density, NULL, &most));
  PetscCall(OttoGridGetHalo(grid, 2, &halo));
  PetscCall(OttoFieldSurround(halo, density, &u));
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscReal largest[2] = {0, 0};
    if (g->n[j] >= 5) Differences(&u, j, &largest[0], &largest[1]);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, 2, MPIU_REAL, MPIU_MAX, g->comm));
    if (largest[0] > ROUNDING * most) *ratio = PetscMax(*ratio, largest[1] / largest[0]);
  }
  PetscCall(OttoFieldRelease(halo, density, &u));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDensityIsRough(OttoGrid grid, Vec density, PetscBool *rough)
{
  PetscReal ratio;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(Roughness(grid, density, &ratio));
  *rough = ratio > ROUGH ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDensityHasEdges(OttoGrid grid, Vec density, PetscBool *edges)
{
  PetscReal ratio;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(Roughness(grid, density, &ratio));
  *edges = ratio > EDGES ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}
