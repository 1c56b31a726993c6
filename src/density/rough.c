/* Averages over cells, and whether a density is rough on its grid. */
#include "density_impl.h"
#include <math.h>

/* Second differences below this share of the maximum are rounding. */
#define ROUNDING 1e-12

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

/* u with two ghost planes on either side. */
typedef struct {
  const OttoGridInfo *g;
  const PetscReal *u, *below, *above;
} Planes;

static PetscReal At(const Planes *s, PetscInt64 plane, PetscInt64 in_plane)
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 local = plane - g->start;

  if (local < 0) return s->below[(local + 2) * g->plane_cells + in_plane];
  if (local >= g->planes) return s->above[(local - g->planes) * g->plane_cells + in_plane];
  return s->u[local * g->plane_cells + in_plane];
}

/* Largest second and fourth difference along an axis: across a periodic face; beyond an absorbing
 * one, where the density vanishes, by its odd reflection; across no other. */
static void Differences(const Planes *s, PetscInt axis, PetscReal *second, PetscReal *fourth)
{
  const OttoGridInfo *g = s->g;
  const PetscBool wraps = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool across =
      wraps || g->boundary[axis] == OTTO_BOUNDARY_ABSORBING ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt64 n = g->n[axis];
  PetscInt64 stride = 1;

  for (PetscInt j = axis + 1; j < g->dim; j++) stride *= g->n[j];
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscInt64 in_plane = c % g->plane_cells, plane = g->start + c / g->plane_cells;
    const PetscInt64 i = axis ? c / stride % n : plane;
    PetscReal v[5];
    if (!across && (i < 1 || i >= n - 1)) continue;
    for (PetscInt64 k = -2; k <= 2; k++) {
      const PetscInt64 at = i + k, mirror = at < 0 ? -1 - at : at >= n ? 2 * n - 1 - at : at;
      const PetscInt64 to = wraps ? (at + n) % n : mirror; /* ghost planes are filled alike */
      v[k + 2] = axis ? s->u[c + (to - i) * stride] : At(s, at, in_plane);
      if (!wraps && mirror != at) v[k + 2] = -v[k + 2];
    }
    *second = PetscMax(*second, fabs(v[1] - 2 * v[2] + v[3]));
    if (across || (i > 1 && i < n - 2))
      *fourth = PetscMax(*fourth, fabs(v[0] - 4 * v[1] + 6 * v[2] - 4 * v[3] + v[4]));
  }
}

PetscErrorCode OttoDensityIsRough(OttoGrid grid, Vec density, PetscBool *rough)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const size_t ghosts = 2 * (size_t)g->plane_cells;
  PetscReal *below, *above, most = 0;
  const PetscScalar *u;
  OttoHalo halo;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *rough = PETSC_FALSE;
  PetscCall(OttoFieldRange(grid, density, NULL, &most));
  PetscCall(OttoAgree(g->comm, PetscMalloc2(ghosts, &below, ghosts, &above)));
  PetscCall(OttoHaloCreate(grid, 2, &halo));
  PetscCall(VecGetArrayRead(density, &u));
  PetscCall(OttoHaloExchange(halo, u, below, above));
  const Planes planes = {g, u, below, above};
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscReal largest[2] = {0, 0};
    if (g->n[j] >= 5) Differences(&planes, j, &largest[0], &largest[1]);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, 2, MPIU_REAL, MPIU_MAX, g->comm));
    if (largest[0] > ROUNDING * most && largest[1] > 0.5 * largest[0]) *rough = PETSC_TRUE;
  }
  PetscCall(VecRestoreArrayRead(density, &u));
  PetscCall(OttoHaloDestroy(&halo));
  PetscCall(PetscFree2(below, above));
  PetscFunctionReturn(0);
}
