#include "points_impl.h"
#include <math.h>

/* The two cells of an axis that share a point at x; returns the weight of the second. */
static PetscReal Between(const OttoGridInfo *g, PetscInt axis, PetscReal x, PetscInt64 cell[2])
{
  const PetscInt64 n = g->n[axis];
  const PetscReal position = (x - g->lower[axis]) / g->h[axis] - 0.5, left = floor(position);

  cell[0] = PetscMax(-1, PetscMin((PetscInt64)left, n - 1)); /* rounding at the upper face */
  cell[1] = cell[0] + 1;
  for (int side = 0; side < 2; side++) {
    if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC)
      cell[side] = (cell[side] + n) % n;
    else
      cell[side] = PetscMax(0, PetscMin(cell[side], n - 1));
  }
  return position - left;
}

/* The corners of one point. */
static void Connect(const OttoPoints s, const PetscReal x[], PetscSFNode corner[],
                    PetscReal share[])
{
  const OttoGridInfo *g = s->g;
  PetscInt64 cell[OTTO_MAX_DIM][2], idx[OTTO_MAX_DIM];
  PetscReal weight[OTTO_MAX_DIM];

  for (PetscInt j = 0; j < g->dim; j++) weight[j] = Between(g, j, x[j], cell[j]);
  for (PetscInt k = 0; k < s->corners; k++) {
    PetscMPIInt owner;
    share[k] = 1;
    for (PetscInt j = 0; j < g->dim; j++) {
      const int side = k >> j & 1;
      idx[j] = cell[j][side];
      share[k] *= side ? weight[j] : 1 - weight[j];
    }
    corner[k].index = (PetscInt)OttoGridOwner(g, idx, &owner);
    corner[k].rank = owner;
  }
}

static PetscErrorCode Allocate(OttoPoints s, PetscSFNode **corner)
{
  const PetscInt64 most = PETSC_MPI_INT_MAX / s->corners; /* PETSc hands counts on to MPI */
  const size_t all = (size_t)(s->count * s->corners);

  PetscFunctionBegin;
  OttoCheckInput(s->count <= most,
                 "%" PetscInt64_FMT
                 " points on one rank are more than MPI can count (%" PetscInt64_FMT
                 "); use more ranks",
                 s->count, most);
  PetscCall(PetscMalloc1(all + 1, corner));
  PetscCall(PetscMalloc2(all + 1, &s->share, all + 1, &s->value));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPointsCreate(OttoGrid grid, PetscInt64 count, const PetscReal x[],
                                OttoPoints *points)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscSFNode *corner;
  OttoPoints s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(&s));
  *points = s;
  s->g = g;
  s->count = count;
  s->corners = 1 << g->dim;
  PetscCall(OttoAgree(g->comm, Allocate(s, &corner)));
  for (PetscInt64 i = 0; i < count; i++)
    Connect(s, x + i * g->dim, corner + i * s->corners, s->share + i * s->corners);
  PetscCall(PetscSFCreate(g->comm, &s->sf));
  PetscCall(PetscSFSetGraph(s->sf, (PetscInt)g->local_cells, (PetscInt)(count * s->corners), NULL,
                            PETSC_OWN_POINTER, corner, PETSC_OWN_POINTER));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPointsDestroy(OttoPoints *points)
{
  OttoPoints s = *points;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(PetscSFDestroy(&s->sf));
  PetscCall(PetscFree2(s->share, s->value));
  PetscCall(OttoStencilsDestroy(&s->stencils));
  PetscCall(PetscFree(*points));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPointsDeposit(OttoPoints s, const PetscReal mass[], PetscReal values[])
{
  PetscFunctionBegin;
  OttoNeed(!s->stencils, "OttoPointsCreate()");
  for (PetscInt64 i = 0; i < s->count; i++)
    for (PetscInt64 k = i * s->corners; k < (i + 1) * s->corners; k++)
      s->value[k] = (mass ? mass[i] : 1) * s->share[k];
  PetscCall(PetscSFReduceBegin(s->sf, MPIU_REAL, s->value, values, MPIU_SUM));
  PetscCall(PetscSFReduceEnd(s->sf, MPIU_REAL, s->value, values, MPIU_SUM));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPointsRead(OttoPoints s, const PetscReal values[], PetscReal at[])
{
  PetscFunctionBegin;
  OttoNeed(!s->stencils, "OttoPointsCreate()");
  PetscCall(PetscSFBcastBegin(s->sf, MPIU_REAL, values, s->value, MPI_REPLACE));
  PetscCall(PetscSFBcastEnd(s->sf, MPIU_REAL, values, s->value, MPI_REPLACE));
  for (PetscInt64 i = 0; i < s->count; i++) {
    at[i] = 0;
    for (PetscInt64 k = i * s->corners; k < (i + 1) * s->corners; k++)
      if (s->share[k] > 0) at[i] += s->share[k] * s->value[k]; /* not 0 times inf */
  }
  PetscFunctionReturn(0);
}
