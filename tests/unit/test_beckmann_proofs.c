/*
 * W1 by Beckmann's problem: its proofs, a potential and a flux, looked at by code of their own.
 * ranks: 1 3
 */
#include "transport_pairs.h"
#include "transport/beckmann_impl.h"
#include <stdlib.h>

/* u of a cell, beyond walls and round periodic axes. */
static PetscReal At(const OttoGridInfo *g, const PetscReal u[], PetscInt64 i, PetscInt64 j)
{
  PetscInt64 at[2] = {i, j};

  for (int k = 0; k < 2; k++) {
    if (g->boundary[k] == OTTO_BOUNDARY_PERIODIC)
      at[k] = (at[k] + g->n[k]) % g->n[k];
    else
      at[k] = PetscMax(0, PetscMin(g->n[k] - 1, at[k]));
  }
  return u[at[0] * g->n[1] + at[1]];
}

/* Value and slope of the multilinear interpolant at x (in cells from the lower face). */
static PetscReal Interpolant(const OttoGridInfo *g, const PetscReal u[], const PetscReal x[2],
                             PetscReal *slope)
{
  const PetscInt64 i = (PetscInt64)floor(x[0] - 0.5), j = (PetscInt64)floor(x[1] - 0.5);
  const PetscReal s = x[0] - 0.5 - (PetscReal)i, t = x[1] - 0.5 - (PetscReal)j;
  const PetscReal a = At(g, u, i, j), b = At(g, u, i, j + 1), c = At(g, u, i + 1, j),
                  d = At(g, u, i + 1, j + 1);

  *slope = hypot(((c - a) * (1 - t) + (d - b) * t) / g->h[0],
                 ((b - a) * (1 - s) + (d - c) * s) / g->h[1]);
  return (a * (1 - s) + c * s) * (1 - t) + (b * (1 - s) + d * s) * t;
}

/* The lower bound is an integral, by Gauss's rule on halves of cells, of a function whose slope is
 * at most 1; the upper one the length of a flux, by many points, whose divergence is δ. */
static PetscErrorCode CheckProofs(OttoBeckmann b, const OttoBeckmannResult *r)
{
  static const PetscReal gauss[4] = {0.10566243270259355, 0.39433756729740643, 0.6056624327025936,
                                     0.8943375672974064};
  enum { fine = 24 };
  const OttoGridInfo *g = b->g;
  const PetscScalar *u, *delta;
  PetscReal lower = 0, length = 0, rule = 0, steepest = 0, worst = 0, slope, x[2];

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(b->best_u, &u));
  PetscCall(VecGetArrayRead(b->delta, &delta));
  for (PetscInt64 i = 0; i < g->n[0]; i++)
    for (PetscInt64 j = 0; j < g->n[1]; j++) {
      const PetscInt64 c = i * g->n[1] + j;
      const PetscInt64 below[2] = {(i + g->n[0] - 1) % g->n[0] * g->n[1] + j,
                                   i * g->n[1] + (j + g->n[1] - 1) % g->n[1]};
      PetscReal low[2], high[2], divergence = 0;
      for (int k = 0; k < 2; k++) {
        const PetscBool wall = g->boundary[k] != OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
        high[k] = b->best_face[k * g->cells + c];
        low[k] = wall && (k ? j : i) == 0 ? 0 : b->best_face[k * g->cells + below[k]];
        if (wall && (k ? j : i) == g->n[k] - 1) TestTrue(high[k] == 0, "no flux through a wall");
        divergence += (high[k] - low[k]) / g->h[k];
      }
      worst = PetscMax(worst, fabs(divergence - delta[c]));
      for (int s = 0; s < 16; s++) { /* four corners of four parts */
        const PetscReal at[2] = {0.5 * (s % 2 + s / 4 % 2), 0.5 * (s / 2 % 2 + s / 8)};
        rule += g->cell_volume / 16 *
                hypot(low[0] + (high[0] - low[0]) * at[0], low[1] + (high[1] - low[1]) * at[1]);
      }
      for (int s = 0; s < 4; s++)
        for (int t = 0; t < 4; t++) {
          x[0] = (PetscReal)i + gauss[s];
          x[1] = (PetscReal)j + gauss[t];
          lower += delta[c] * g->cell_volume / 16 * Interpolant(g, u, x, &slope);
        }
      for (int s = 0; s < fine; s++)
        for (int t = 0; t < fine; t++) {
          const PetscReal at[2] = {(s + 0.5) / fine, (t + 0.5) / fine};
          x[0] = (PetscReal)i + (s ? at[0] : 0.5 + 1e-13); /* corners: just beyond a centre */
          x[1] = (PetscReal)j + (s ? at[1] : 0.5 - 1e-13);
          (void)Interpolant(g, u, x, &slope);
          steepest = PetscMax(steepest, slope);
          length += g->cell_volume / (fine * fine) *
                    hypot(low[0] + (high[0] - low[0]) * at[0], low[1] + (high[1] - low[1]) * at[1]);
        }
    }
  PetscCall(VecRestoreArrayRead(b->best_u, &u));
  PetscCall(VecRestoreArrayRead(b->delta, &delta));
  TestTrue(steepest <= 1 + 1e-10 && steepest > 0.9, "the steepest slope is 1");
  TestClose(lower, r->lower, 1e-11, "the lower bound is the potential's value");
  TestTrue(worst < 1e-10, "the divergence is the difference"); /* of densities of about 1 to 10 */
  TestClose(rule, r->upper, 1e-10, "the upper bound is the mean over corners of parts");
  /* midpoints of 24² parts lie below the integral of what is convex, by little */
  TestTrue(length <= r->upper && length > 0.97 * r->upper, "the upper bound is the flux's length");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestProofs(void)
{
  static const int which[] = {1, 6, 17, 20, 22, 28, 31};

  PetscFunctionBegin;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(which); k++) {
    const TransportPair *pair = &transport_pairs[which[k]];
    const PetscInt64 n[2] = {transport_n, transport_n};
    const PetscReal zero[2] = {0, 0};
    OttoBoundary boundary[2];
    OttoBeckmannResult r;
    OttoBeckmann b;
    OttoGrid grid;
    Vec p, q;
    for (int j = 0; j < 2; j++)
      boundary[j] = pair->periodic[j] ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX;
    PetscCall(MakeBoxOn(PETSC_COMM_SELF, 2, n, zero, pair->side, boundary, &grid));
    PetscCall(TransportDensities(pair, grid, &p, &q));
    PetscCall(OttoBeckmannCreate(grid, &b));
    PetscCall(OttoBeckmannSetGap(b, 0.2));
    PetscCall(OttoBeckmannSetUp(b));
    PetscCall(OttoBeckmannSolve(b, p, q, &r));
    PetscCall(CheckProofs(b, &r));
    PetscCall(OttoBeckmannDestroy(&b));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Potential and flux of every cell, of smooth densities and of noise, which takes parts of cells.
 */
static PetscErrorCode TestFields(void)
{
  static const int which[] = {0, 15, 30};
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(which); k++) {
    const OttoGridInfo *g;
    const PetscScalar *a[5];
    OttoBeckmannResult r;
    OttoBeckmann b;
    PetscReal mean;
    OttoSum sums[2] = {{0, 0}, {0, 0}};
    OttoGrid grid;
    Vec f[5];
    PetscCall(TransportGrid(&transport_pairs[which[k]], k % 2 ? 1 : size, k % 2 ? size : 1, &grid));
    g = OttoGridGetInfo(grid);
    PetscCall(TransportDensities(&transport_pairs[which[k]], grid, &f[0], &f[1]));
    PetscCall(OttoBeckmannCreate(grid, &b));
    PetscCall(OttoBeckmannSetUp(b));
    for (int again = 0; again < 2; again++) { /* whole cells first, then too */
      PetscCall(OttoBeckmannSolve(b, f[0], f[1], &r));
      TestTrue(r.reason == OTTO_BECKMANN_REACHED, "the gap closes");
      TestTrue((b->parts > 1) == (k > 0), "parts of cells where they are wanted");
    }
    PetscCall(OttoBeckmannGetPotential(b, &f[4]));
    PetscCall(OttoFieldIntegral(grid, f[4], &mean));
    TestTrue(fabs(mean) < 1e-14, "of mean 0");
    for (int j = 0; j < 2; j++) PetscCall(OttoFieldCreate(grid, &f[2 + j]));
    PetscCall(OttoBeckmannGetFlux(b, &f[2]));
    for (int i = 0; i < 5; i++) PetscCall(VecGetArrayRead(f[i], &a[i]));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoSumAdd(&sums[0], (a[0][c] - a[1][c]) * a[4][c] * g->cell_volume);
      OttoSumAdd(&sums[1], hypot(a[2][c], a[3][c]) * g->cell_volume);
    }
    for (int i = 0; i < 5; i++) PetscCall(VecRestoreArrayRead(f[i], &a[i]));
    PetscCall(OttoSumReduce(g->comm, 2, sums));
    /* centres stand for cells, means of a vector for those of its length: of smooth densities to
     * second order, of noise hardly half of it is left of the flux, whose sign differs within cells
     */
    TestClose(OttoSumValue(sums[0]), r.lower, k ? 0.15 : 0.02, "the potential's value");
    TestTrue(OttoSumValue(sums[1]) <= r.upper, "means are no longer than what they are of");
    TestTrue(OttoSumValue(sums[1]) >= (k ? 0.5 : 0.98) * r.lower, "the flux's length");
    PetscCall(OttoBeckmannDestroy(&b));
    for (int i = 0; i < 4; i++) PetscCall(VecDestroy(&f[i]));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestProofs, TestFields});
}
