/*
 * One dimension: the flux is F + c, F(x) = ∫_lower^x δ, linear in every cell. Between walls c = 0,
 * round a circle −c is a median of F's values (Delon, Salomon and Sobolevski 2010; Cabrelli and
 * Molter 1995), found by bisection to two neighbouring doubles. The potential has slope −1 where
 * the flux is positive, 1 where it is negative. Every rank does all of it, on all cells.
 */
#include "beckmann_impl.h"
#include "core/message.h"
#include <math.h>

typedef struct {
  PetscInt64 n;
  PetscReal h;
  PetscBool circle;
  PetscReal *face; /* [n + 1] F at the faces */
} Line;

/* Fractions of a cell where the linear function from a to b is above and below 0. */
static void Signs(PetscReal a, PetscReal b, PetscReal *above, PetscReal *below)
{
  const PetscReal all = fabs(a) + fabs(b);

  *above = all > 0 ? (PetscMax(a, 0) + PetscMax(b, 0)) / all : 0;
  *below = all > 0 ? 1 - *above : 0;
}

/* ∫|F − c|, and its derivative in c. */
static PetscReal Distance(const Line *line, PetscReal c, PetscReal *derivative)
{
  OttoSum sum = {0, 0}, slope = {0, 0};

  for (PetscInt64 i = 0; i < line->n; i++) {
    const PetscReal a = line->face[i] - c, b = line->face[i + 1] - c, all = fabs(a) + fabs(b);
    PetscReal above, below;
    Signs(a, b, &above, &below);
    OttoSumAdd(&slope, below - above);
    /* of both signs: two triangles, of heights |a| and |b| */
    if (all > 0) OttoSumAdd(&sum, a * b >= 0 ? all / 2 : (a * a + b * b) / (2 * all));
  }
  *derivative = OttoSumValue(slope);
  return OttoSumValue(sum) * line->h;
}

/* The c of least ∫|F − c|, which lies within *width of it. */
static PetscReal Median(const Line *line, PetscReal *width)
{
  PetscReal low = line->face[0], high = line->face[0], derivative, at[2];

  for (PetscInt64 i = 1; i <= line->n; i++) {
    low = PetscMin(low, line->face[i]);
    high = PetscMax(high, line->face[i]);
  }
  for (;;) {
    const PetscReal middle = low + (high - low) / 2;
    if (!(middle > low && middle < high)) break;
    (void)Distance(line, middle, &derivative);
    if (derivative == 0) {
      *width = 0;
      return middle;
    }
    *(derivative < 0 ? &low : &high) = middle;
  }
  *width = high - low;
  at[0] = Distance(line, low, &derivative);
  at[1] = Distance(line, high, &derivative);
  return at[0] <= at[1] ? low : high;
}

/* Rise of the potential over a cell in units of h, and over its lower half; false where the flux is
 * 0 but for rounding, and any slope will do. */
static PetscBool Rise(const Line *line, PetscReal c, PetscReal zero, PetscInt64 i,
                      PetscReal rise[2])
{
  const PetscReal a = line->face[i] - c, b = line->face[i + 1] - c;
  PetscReal above, below;

  rise[0] = rise[1] = 0;
  if (fabs(a) <= zero && fabs(b) <= zero) return PETSC_FALSE;
  Signs(a, b, &above, &below);
  rise[0] = below - above;
  Signs(a, (a + b) / 2, &above, &below);
  rise[1] = (below - above) / 2;
  return PETSC_TRUE;
}

/* u[n] at the centres, of mean 0. Round a circle the slope where there is no flux is what lets u
 * come back to itself. */
static void Potential(const Line *line, PetscReal c, PetscReal u[])
{
  PetscReal largest = 0, free_cells = 0, turned = 0, slope = 0, at = 0, rise[2];
  OttoSum mean = {0, 0};

  for (PetscInt64 i = 0; i <= line->n; i++) largest = PetscMax(largest, fabs(line->face[i] - c));
  const PetscReal zero = 8 * PETSC_MACHINE_EPSILON * largest;
  for (PetscInt64 i = 0; i < line->n; i++) {
    if (!Rise(line, c, zero, i, rise)) free_cells += 1;
    turned += rise[0];
  }
  if (line->circle && free_cells > 0) slope = PetscMax(-1, PetscMin(1, -turned / free_cells));
  for (PetscInt64 i = 0; i < line->n; i++) {
    if (!Rise(line, c, zero, i, rise)) {
      rise[0] = slope;
      rise[1] = slope / 2;
    }
    u[i] = (at + rise[1]) * line->h;
    at += rise[0];
    OttoSumAdd(&mean, u[i]);
  }
  for (PetscInt64 i = 0; i < line->n; i++) u[i] -= OttoSumValue(mean) / (PetscReal)line->n;
}

/* F of all cells on this rank. */
static PetscErrorCode Gather(OttoBeckmann b, Line *line, PetscReal all[])
{
  const OttoGridInfo *g = b->g;
  const PetscScalar *delta;
  PetscMPIInt *counts, *places, all_cells;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(OttoMessageCount(line->n, "cells of a line", &all_cells));
  PetscCall(PetscMalloc2(g->size, &counts, g->size, &places));
  for (PetscMPIInt r = 0; r < g->size; r++) {
    counts[r] = (PetscMPIInt)(g->cuts[0][r + 1] - g->cuts[0][r]);
    places[r] = (PetscMPIInt)g->cuts[0][r];
  }
  PetscCall(VecGetArrayRead(b->delta, &delta));
  PetscCallMPI(MPI_Allgatherv(delta, (PetscMPIInt)g->local_cells, MPIU_REAL, all, counts, places,
                              MPIU_REAL, g->comm));
  PetscCall(VecRestoreArrayRead(b->delta, &delta));
  PetscCall(PetscFree2(counts, places));
  line->face[0] = 0;
  for (PetscInt64 i = 0; i < line->n; i++) {
    OttoSumAdd(&sum, all[i] * line->h);
    line->face[i + 1] = OttoSumValue(sum);
  }
  line->face[line->n] = 0; /* the mass of both is the same */
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannLine(OttoBeckmann b, PetscReal *lower, PetscReal *upper)
{
  const OttoGridInfo *g = b->g;
  Line line = {.n = g->n[0], .h = g->h[0]};
  PetscReal *u = NULL, width = 0, c = 0, value, derivative;
  PetscScalar *best;

  PetscFunctionBegin;
  line.circle = g->boundary[0] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoAgree(g->comm, PetscMalloc2(line.n + 1, &line.face, line.n, &u)));
  PetscCall(Gather(b, &line, u));
  if (line.circle) c = Median(&line, &width);
  value = Distance(&line, c, &derivative);
  /* convex in c, of slope at most the length of the circle; sums of relative error ε of ∫|δ| */
  const PetscReal length = g->upper[0] - g->lower[0];
  const PetscReal open = (16 * PETSC_MACHINE_EPSILON * b->total + b->defect) * length;
  *upper = value + open;
  *lower = PetscMax(0, value - open - width * length);
  Potential(&line, c, u);
  PetscCall(VecGetArrayWrite(b->best_u, &best));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    best[i] = u[g->first[0] + i];
    b->best_face[i] = (line.face[g->first[0] + i] + line.face[g->first[0] + i + 1]) / 2 - c;
  }
  PetscCall(VecRestoreArrayWrite(b->best_u, &best));
  PetscCall(PetscFree2(line.face, u));
  PetscFunctionReturn(0);
}
