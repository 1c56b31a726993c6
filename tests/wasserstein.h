/*
 * What the tests of W2 share: a solve in one call, and the look at what it leaves that needs no
 * second solver: potentials are feasible in every pair of cells and have the value that is claimed.
 */
#pragma once
#include "fixture.h"
#include <otto/wasserstein.h>

/* A solver that is set up. */
static inline PetscErrorCode MakeWasserstein(OttoGrid grid, OttoWassersteinMethod method,
                                             PetscReal gap, PetscInt iterations, OttoWasserstein *w)
{
  PetscFunctionBegin;
  PetscCall(OttoWassersteinCreate(grid, w));
  PetscCall(OttoWassersteinSetMethod(*w, method));
  PetscCall(OttoWassersteinSetGap(*w, gap));
  PetscCall(OttoWassersteinSetIterations(*w, iterations));
  PetscCall(OttoWassersteinSetUp(*w));
  PetscFunctionReturn(0);
}

/* All of a field on every rank, in C order: values[cells]. */
static inline PetscErrorCode GatherField(const OttoGridInfo *g, Vec field, PetscReal values[])
{
  const PetscScalar *a;
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < g->cells; i++) values[i] = 0;
  PetscCall(VecGetArrayRead(field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 cell = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) cell = cell * g->n[j] + idx[j];
    values[cell] = a[c];
  }
  PetscCall(VecRestoreArrayRead(field, &a));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, values, (int)g->cells, MPIU_REAL, MPI_SUM, g->comm));
  PetscFunctionReturn(0);
}

/* The squared distance of two cells' centres, the shortest on periodic axes. */
static inline PetscReal SquaredDistance(const OttoGridInfo *g, PetscInt64 x, PetscInt64 y)
{
  PetscReal sum = 0;

  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    PetscInt64 apart = llabs((long long)(x % g->n[j] - y % g->n[j]));
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) apart = PetscMin(apart, g->n[j] - apart);
    sum += g->h[j] * g->h[j] * (PetscReal)(apart * apart);
    x /= g->n[j];
    y /= g->n[j];
  }
  return sum;
}

/* The potentials of the last solve prove its lower bound; on small grids. */
static inline PetscErrorCode LookAtPotentials(OttoGrid grid, OttoWasserstein w, Vec p, Vec q,
                                              const OttoWassersteinResult *r)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *a, *b, *mp, *mq, value[2] = {0}, excess = -1, scale = 0;
  Vec phi, psi;

  PetscFunctionBegin;
  PetscCall(OttoWassersteinGetPotentials(w, &phi, &psi));
  PetscCall(PetscMalloc4(g->cells, &a, g->cells, &b, g->cells, &mp, g->cells, &mq));
  PetscCall(GatherField(g, phi, a));
  PetscCall(GatherField(g, psi, b));
  PetscCall(GatherField(g, p, mp));
  PetscCall(GatherField(g, q, mq));
  for (PetscInt64 i = 0; i < g->cells; i++) {
    value[0] += a[i] * mp[i] * g->cell_volume;
    value[1] += b[i] * mq[i] * g->cell_volume;
    scale = fmax(scale, fabs(a[i]) + fabs(b[i]));
    for (PetscInt64 j = 0; j < g->cells; j++)
      excess = fmax(excess, a[i] + b[j] - 0.5 * SquaredDistance(g, i, j));
  }
  TestTrue(excess <= 1e-14 * scale, "potentials are feasible in every pair of cells");
  TestTrue(excess >= -1e-14 * scale, "and tight in some");
  TestTrue(fabs(2 * (value[0] + value[1]) - r->dual) <= 1e-12 * fmax(scale, r->dual),
           "they have the value of the lower bound");
  TestTrue(fabs(value[0] - value[1]) <= 1e-12 * scale, "half of it each");
  PetscCall(PetscFree4(a, b, mp, mq));
  PetscFunctionReturn(0);
}
