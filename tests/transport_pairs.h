/*
 * Pairs of densities whose W2² and W1 are known exactly: twenty on a 32 x 32 grid without flux,
 * five each smooth, of discs, of points and of noise; two more of each kind on a torus, and one on
 * a box twice as long as wide, periodic along its length. transport_pairs.def has the values, found
 * by linear programming between atoms at the cell centres (wrapped distances on periodic axes);
 * tests/transport_pairs.py makes it, and the densities in the same way.
 */
#pragma once
#include "fixture.h"

enum { transport_n = 32 };

typedef struct {
  const char *kind;
  PetscInt64 seed;
  int periodic[2];
  PetscReal side[2];
  PetscReal w2_squared; /* the least Σ π |x - y|² */
  PetscReal w1;         /* the least Σ π |x - y| */
  PetscReal mean[2];    /* Σ k p_k and Σ k q_k over the cells' numbers: a check of the recipe */
} TransportPair;

static const TransportPair transport_pairs[] = {
#define PAIR(kind, seed, px, py, lx, ly, w2_squared, w1, mean_p, mean_q)                           \
  {#kind, seed, {px, py}, {lx, ly}, w2_squared, w1, {mean_p, mean_q}},
#include "transport_pairs.def"
#undef PAIR
};
enum { transport_pairs_count = sizeof(transport_pairs) / sizeof(transport_pairs[0]) };

/* Knuth's linear congruential generator: the upper 53 bits as a number in [0, 1). */
static inline PetscReal TransportDraw(uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (PetscReal)(*state >> 11) * 0x1p-53;
}

/* Three bumps above a floor, or two discs. No fused operations, so that it rounds as Python's. */
static inline void TransportBumps(PetscBool smooth, uint64_t *state, PetscReal values[])
{
  for (PetscInt i = 0; i < transport_n * transport_n; i++) values[i] = smooth ? 0.01 : 0;
  for (PetscInt k = 0; k < (smooth ? 3 : 2); k++) {
    const PetscReal a = TransportDraw(state), b = TransportDraw(state), u = TransportDraw(state);
    const PetscReal weight = 0.2 + TransportDraw(state);
    const volatile PetscReal width = smooth ? 0.4 * u : 0.2 * u;
    const PetscReal radius = (smooth ? 0.2 : 0.1) + width;
    for (PetscInt i = 0; i < transport_n * transport_n; i++) {
      const PetscReal x = (i / transport_n + 0.5) / transport_n - a;
      const PetscReal y = (i % transport_n + 0.5) / transport_n - b;
      const volatile PetscReal xx = x * x, yy = y * y, rr = radius * radius;
      const PetscReal s = 1 - (xx + yy) / rr;
      const volatile PetscReal more = weight * (smooth ? s * s * s : 1);
      if (s > 0) values[i] += more;
    }
  }
}

/* Masses of the atoms of one density, of total 1, in C order. */
static inline void TransportMasses(const char *kind, uint64_t *state, PetscReal mass[])
{
  const PetscInt cells = transport_n * transport_n;
  PetscReal total = 0;

  for (PetscInt i = 0; i < cells; i++) mass[i] = 0;
  if (!strcmp(kind, "noise")) {
    for (PetscInt i = 0; i < cells; i++) {
      const PetscReal u = TransportDraw(state);
      mass[i] = u * u;
    }
  } else if (!strcmp(kind, "points")) {
    for (PetscInt k = 0; k < 12; k++) {
      const PetscInt i = (PetscInt)(transport_n * TransportDraw(state));
      const PetscInt j = (PetscInt)(transport_n * TransportDraw(state));
      mass[i * transport_n + j] += 0.1 + TransportDraw(state);
    }
  } else {
    TransportBumps(!strcmp(kind, "smooth"), state, mass);
  }
  for (PetscInt i = 0; i < cells; i++) total += mass[i];
  for (PetscInt i = 0; i < cells; i++) mass[i] /= total;
}

/* The grid of a pair on a mesh of p0 x p1 ranks. Collective. */
static inline PetscErrorCode TransportGrid(const TransportPair *pair, PetscMPIInt p0,
                                           PetscMPIInt p1, OttoGrid *grid)
{
  const PetscInt64 n[2] = {transport_n, transport_n};
  const PetscReal lower[2] = {0, 0};
  OttoBoundary boundary[2];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < 2; j++)
    boundary[j] = pair->periodic[j] ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetBox(*grid, 2, n, lower, pair->side, boundary));
  PetscCall(OttoGridSetMesh(*grid, p0, p1));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}

/* New fields p and q of a pair, densities of mass 1. Collective. */
static inline PetscErrorCode TransportDensities(const TransportPair *pair, OttoGrid grid, Vec *p,
                                                Vec *q)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  uint64_t state = (uint64_t)pair->seed;
  PetscReal mass[transport_n * transport_n];

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    Vec *field = k ? q : p;
    PetscScalar *a;
    PetscInt64 at[OTTO_MAX_DIM];
    TransportMasses(pair->kind, &state, mass);
    PetscCall(OttoFieldCreate(grid, field));
    PetscCall(VecGetArray(*field, &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, at);
      a[c] = mass[at[0] * transport_n + at[1]] / g->cell_volume;
    }
    PetscCall(VecRestoreArray(*field, &a));
  }
  PetscFunctionReturn(0);
}
