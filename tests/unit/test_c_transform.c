/* ranks: 1 2 3 4
 * The c-transform against its definition, on any boundaries and meshes: the least over all cells
 * (and images) of ½|x−y|² − φ(x). What follows from that: φ^ccc = φ^c. The parabolic form on smooth
 * potentials, whose transform is known between cells; and the image of cells under a potential. */
#include "fixture.h"
#include "transport/c_transform.h"
#include "transport/image.h"

/* ½ (shortest distance)² on one axis, between cells i and k. */
static PetscReal Half(const OttoGridInfo *g, PetscInt j, PetscInt64 i, PetscInt64 k)
{
  PetscInt64 apart = i > k ? i - k : k - i;

  if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) apart = PetscMin(apart, g->n[j] - apart);
  return 0.5 * g->h[j] * g->h[j] * (PetscReal)(apart * apart);
}

static void Index(const OttoGridInfo *g, PetscInt64 cell, PetscInt64 idx[])
{
  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    idx[j] = cell % g->n[j];
    cell /= g->n[j];
  }
}

static PetscInt64 Number(const OttoGridInfo *g, const PetscInt64 idx[])
{
  PetscInt64 cell = 0;

  for (PetscInt j = 0; j < g->dim; j++) cell = cell * g->n[j] + idx[j];
  return cell;
}

/* Potentials of all kinds by the cell's number in C order: noise, steps, a bump, a constant. */
static PetscReal Rule(const OttoGridInfo *g, PetscInt64 cell, int kind)
{
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscReal far = 0;

  Index(g, cell, idx);
  for (PetscInt j = 0; j < g->dim; j++) far += Half(g, j, idx[j], g->n[j] / 3);
  switch (kind) {
  case 0:
    return 0.3 * Hash(cell, 0.7);
  case 1:
    return 0.2 * (PetscReal)(cell % 3) - (cell % 7 == 0);
  case 2:
    return 0.8 * far;
  case 3:
    return -2 * far;
  default:
    return 0.25;
  }
}

static PetscErrorCode Compare(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *phi, *psi, *again, *third;
  PetscInt64 idx[OTTO_MAX_DIM], from[OTTO_MAX_DIM];
  OttoCTransform c;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(g->local_cells, &phi, g->local_cells, &psi, g->local_cells, &again,
                         g->local_cells, &third));
  PetscCall(OttoCTransformCreate(grid, &c));
  TestTrue(OttoCTransformBytes(c) > 0, "it holds something");
  for (int kind = 0; kind < 5; kind++) {
    PetscReal worst = 0, apart = 0;
    for (PetscInt64 k = 0; k < g->local_cells; k++) {
      OttoGridCellIndex(g, k, idx);
      phi[k] = Rule(g, Number(g, idx), kind);
    }
    PetscCall(OttoCTransformApply(c, OTTO_C_GRID, phi, psi));
    for (PetscInt64 k = 0; k < g->local_cells; k++) {
      PetscReal least = PETSC_INFINITY;
      OttoGridCellIndex(g, k, idx);
      for (PetscInt64 i = 0; i < g->cells; i++) {
        PetscReal cost = -Rule(g, i, kind);
        Index(g, i, from);
        for (PetscInt j = 0; j < g->dim; j++) cost += Half(g, j, from[j], idx[j]);
        least = PetscMin(least, cost);
      }
      worst = fmax(worst, fabs(psi[k] - least));
      if (psi[k] != psi[k]) worst = INFINITY;
    }
    /* a few roundings of numbers below 10 */
    TestTrue(worst < 2e-14, "the least of all cells");
    PetscCall(OttoCTransformApply(c, OTTO_C_GRID, psi, again));
    PetscCall(PetscArraycpy(third, again, g->local_cells));
    PetscCall(OttoCTransformApply(c, OTTO_C_GRID, third, third)); /* in place */
    for (PetscInt64 k = 0; k < g->local_cells; k++) {
      apart = fmax(apart, fabs(third[k] - psi[k]));
      TestTrue(again[k] >= phi[k] - 2e-14, "twice is the c-concave hull, from above");
    }
    TestTrue(apart < 2e-14, "three times is once");
  }
  PetscCall(OttoCTransformDestroy(&c));
  PetscCall(PetscFree4(phi, psi, again, third));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDefinition(void)
{
  const OttoBoundary P = OTTO_BOUNDARY_PERIODIC, W = OTTO_BOUNDARY_NO_FLUX;
  const struct {
    PetscInt dim;
    PetscInt64 n[3];
    OttoBoundary b[3];
  } box[] = {{1, {33}, {W}},
             {1, {8}, {P}},
             {1, {9}, {P}},
             {2, {9, 14}, {W, W}},
             {2, {8, 21}, {P, W}},
             {2, {13, 6}, {P, P}},
             {3, {5, 6, 7}, {W, P, W}},
             {3, {6, 4, 5}, {P, W, P}},
             {2, {4, 1}, {W, P}}};

  PetscFunctionBegin;
  for (size_t k = 0; k < sizeof box / sizeof box[0]; k++)
    PetscCall(OnMeshes(box[k].dim, box[k].n, box[k].b, Compare));
  PetscFunctionReturn(0);
}

/* φ = ½a|x|² + b·x: φ^c(y) = −½(y + b)²/(1 − a) + ½y² where the least lies within the box.
 * Parabolas through three cells are exact there; the grid form is off by up to ⅛(1 − a)h² an axis.
 */
static PetscErrorCode TestParabolic(void)
{
  const PetscReal a = 0.25, b = 0.03;
  const PetscInt64 n[] = {24, 30};
  const OttoBoundary boundary[] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX};
  const PetscReal side[] = {1, 1};
  PetscReal worst = 0, off = 0, x[OTTO_MAX_DIM], *phi, *psi, *grid_form;
  OttoCTransform c;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeSides(2, n, 0, side, boundary, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(PetscMalloc3(g->local_cells, &phi, g->local_cells, &psi, g->local_cells, &grid_form));
  for (PetscInt64 k = 0; k < g->local_cells; k++) {
    OttoGridCellCentre(g, k, x);
    phi[k] = 0;
    for (int j = 0; j < 2; j++) phi[k] += 0.5 * a * (x[j] - 0.5) * (x[j] - 0.5) + b * (x[j] - 0.5);
  }
  PetscCall(OttoCTransformCreate(grid, &c));
  PetscCall(OttoCTransformApply(c, OTTO_C_PARABOLIC, phi, psi));
  PetscCall(OttoCTransformApply(c, OTTO_C_GRID, phi, grid_form));
  for (PetscInt64 k = 0; k < g->local_cells; k++) {
    PetscReal exact = 0;
    PetscBool inside = PETSC_TRUE;
    OttoGridCellCentre(g, k, x);
    for (int j = 0; j < 2; j++) {
      const PetscReal y = x[j] - 0.5, at = (y + b) / (1 - a);
      exact += 0.5 * y * y - 0.5 * (y + b) * (y + b) / (1 - a);
      if (fabs(at) > 0.5 - 1.5 * g->h[j]) inside = PETSC_FALSE;
    }
    if (!inside) continue;
    worst = fmax(worst, fabs(psi[k] - exact));
    off = fmax(off, grid_form[k] - exact);
    TestTrue(grid_form[k] >= exact - 1e-15, "cells alone have no lower value");
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &off, 1, MPI_DOUBLE, MPI_MAX, g->comm));
  TestTrue(worst < 1e-14, "parabolas are exact for parabolas");
  TestTrue(off > 1e-5 && off < (1 - a) / 8 * (1. / 576 + 1. / 900), "the grid form is not");
  PetscCall(OttoCTransformDestroy(&c));
  PetscCall(PetscFree3(phi, psi, grid_form));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* The image of φ = ½a|x − m|² + b·(x − m), to which a cosine of the period is added where there is
 * one: T at faces is known, straight at walls. */
static PetscErrorCode ImagesIn(OttoGrid grid, OttoImageForm form)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal a = 0.4, b = 0.05;
  PetscReal *phi, *lower[3], *upper[3], worst = 0, x[OTTO_MAX_DIM];
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->local_cells, &phi));
  for (PetscInt j = 0; j < g->dim; j++)
    PetscCall(PetscMalloc2(g->local_cells, &lower[j], g->local_cells, &upper[j]));
  for (PetscInt64 k = 0; k < g->local_cells; k++) {
    OttoGridCellCentre(g, k, x);
    phi[k] = 0;
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal y = x[j] - 0.5 * g->upper[j];
      phi[k] += g->boundary[j] == OTTO_BOUNDARY_PERIODIC
                    ? 0.01 * cos(2 * PETSC_PI * y / g->upper[j])
                    : 0.5 * a * y * y + b * y;
    }
  }
  PetscCall(OttoImage(grid, form, phi, lower, upper));
  for (PetscInt64 k = 0; k < g->local_cells; k++) {
    OttoGridCellIndex(g, k, idx);
    for (PetscInt j = 0; j < g->dim; j++)
      for (int end = 0; end < 2; end++) {
        const PetscReal h = g->h[j], at = (PetscReal)(idx[j] + end);
        const PetscReal y = at * h - 0.5 * g->upper[j], wave = 2 * PETSC_PI / g->upper[j];
        PetscReal place = at - (a * y + b) / h;
        if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
          place = at + 0.01 * sin(wave * y) * 2 * sin(0.5 * wave * h) / (h * h);
        else
          place = fmin(fmax(place, 0), (PetscReal)g->n[j]);
        worst = fmax(worst, fabs((end ? upper[j][k] : lower[j][k]) - place));
      }
  }
  TestTrue(worst < 1e-11, "the ends of images are where the faces go");
  for (PetscInt64 k = 0; k < g->local_cells; k++) phi[k] = -30 * phi[k]; /* far from c-concave */
  PetscCall(OttoImage(grid, form, phi, lower, upper));
  for (PetscInt64 k = 0; k < g->local_cells; k++)
    for (PetscInt j = 0; j < g->dim; j++)
      TestTrue(lower[j][k] <= upper[j][k], "no box is turned over");
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscFree2(lower[j], upper[j]));
  PetscCall(PetscFree(phi));
  PetscFunctionReturn(0);
}

static PetscErrorCode Images(OttoGrid grid)
{
  PetscFunctionBegin;
  PetscCall(ImagesIn(grid, OTTO_IMAGE_WHOLE)); /* nothing there has a kink */
  PetscCall(ImagesIn(grid, OTTO_IMAGE_TARGETS));
  PetscFunctionReturn(0);
}

/* φ = −K|x − x0| along the last axis, with the kink anywhere in its cell: cells go K to the left or
 * to the right. Whole images fill the gap between; targets leave it empty. */
static PetscErrorCode Kinks(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscInt j = g->dim - 1;
  PetscReal *phi, *lower[3], *upper[3];
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->local_cells, &phi));
  for (PetscInt i = 0; i < g->dim; i++)
    PetscCall(PetscMalloc2(g->local_cells, &lower[i], g->local_cells, &upper[i]));
  for (int form = 0; form < 2; form++) {
    PetscReal covered = 0, astray = 0;
    for (PetscInt64 k = 0; k < g->local_cells; k++) {
      OttoGridCellIndex(g, k, idx);
      const PetscReal kink = 12 + (j ? 0.37 * (PetscReal)idx[0] : 0.2); /* in cells */
      phi[k] = -8 * g->h[j] * g->h[j] * fabs((PetscReal)idx[j] + 0.5 - kink);
    }
    PetscCall(OttoImage(grid, form ? OTTO_IMAGE_TARGETS : OTTO_IMAGE_WHOLE, phi, lower, upper));
    for (PetscInt64 k = 0; k < g->local_cells; k++) {
      OttoGridCellIndex(g, k, idx);
      const PetscReal at = (PetscReal)idx[j] + 0.5, middle = 0.5 * (lower[j][k] + upper[j][k]);
      if (idx[j] < 8 || idx[j] > g->n[j] - 9) continue;
      covered += upper[j][k] - lower[j][k];
      astray = fmax(astray, fmin(fabs(middle - at - 8), fabs(middle - at + 8)));
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &covered, 1, MPI_DOUBLE, MPI_SUM, g->comm));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &astray, 1, MPI_DOUBLE, MPI_MAX, g->comm));
    const PetscReal lines = (PetscReal)(g->cells / g->n[j]), cells = (PetscReal)(g->n[j] - 16);
    if (!form) TestClose(covered / lines, cells + 16, 1e-10, "whole images cover the gap");
    /* up to four cells a box may be as wide as it is: three too many, a middle 1.5 off */
    if (form) TestTrue(covered / lines < cells + 3.1, "targets leave it empty");
    TestTrue(form ? astray < 1.6 : astray > 2, "where they are");
  }
  for (PetscInt i = 0; i < g->dim; i++) PetscCall(PetscFree2(lower[i], upper[i]));
  PetscCall(PetscFree(phi));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestKinks(void)
{
  const OttoBoundary P = OTTO_BOUNDARY_PERIODIC, W = OTTO_BOUNDARY_NO_FLUX;

  PetscFunctionBegin;
  PetscCall(OnMeshes(1, (const PetscInt64[]){27}, (const OttoBoundary[]){W}, Kinks));
  PetscCall(OnMeshes(2, (const PetscInt64[]){5, 30}, (const OttoBoundary[]){W, W}, Kinks));
  PetscCall(OnMeshes(2, (const PetscInt64[]){7, 28}, (const OttoBoundary[]){P, W}, Kinks));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestImages(void)
{
  const OttoBoundary P = OTTO_BOUNDARY_PERIODIC, W = OTTO_BOUNDARY_NO_FLUX;

  PetscFunctionBegin;
  PetscCall(OnMeshes(1, (const PetscInt64[]){17}, (const OttoBoundary[]){W}, Images));
  PetscCall(OnMeshes(2, (const PetscInt64[]){5, 8}, (const OttoBoundary[]){W, W}, Images));
  PetscCall(OnMeshes(2, (const PetscInt64[]){9, 7}, (const OttoBoundary[]){P, W}, Images));
  PetscCall(OnMeshes(3, (const PetscInt64[]){6, 5, 8}, (const OttoBoundary[]){W, P, W}, Images));
  PetscCall(OnMeshes(3, (const PetscInt64[]){5, 6, 7}, (const OttoBoundary[]){P, W, P}, Images));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestDefinition, TestParabolic, TestImages, TestKinks});
}
