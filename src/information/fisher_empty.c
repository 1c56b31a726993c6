/*
 * Cells where p and q are both 0 beside cells where they are not. What flows into such a cell y
 * mixes there: r_y = Σ_x p_x Q_xy / Σ_x q_x Q_xy over its neighbours is the limit of p/q as t falls
 * to 0, and the edges into y dissipate Σ_x q_x Q_xy B(r_x, r_y): nothing where one neighbour feeds
 * it.
 */
#include "fisher_edge.h"
#include "grid/edges.h"
#include <math.h>

typedef struct {
  const OttoGridInfo *g;
  const PetscReal *const *up, *const *down; /* by axis; NULL: 1/h² */
  OttoSurrounded p, q, rise[2];             /* rise: up of the axes that have ghosts */
} Around;

/* A neighbour of an empty cell, and the rate from there. */
typedef struct {
  PetscReal p, q, rate;
} Source;

/* The neighbour of cell c on one side of axis j; returns 0 where there is none. */
static int Neighbour(const Around *s, PetscInt64 c, PetscInt j, int side, Source *source)
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 x = OttoEdgesNeighbour(g, c, j, side);
  PetscReal rate = 1 / (g->h[j] * g->h[j]);

  if (x < 0) return 0;
  if (s->down && side > 0) rate = s->down[j][c];
  if (s->up && side < 0)
    rate = x < g->local_cells ? s->up[j][x] : *OttoSurroundedAt(&s->rise[j], x);
  *source = (Source){*OttoSurroundedAt(&s->p, x), *OttoSurroundedAt(&s->q, x), rate};
  return 1;
}

static OttoEdgeEnd End(PetscReal p, PetscReal q)
{
  return (OttoEdgeEnd){p, q, log(p), log(q), log(p / q)};
}

static void AddEmpty(const Around *s, PetscInt64 c, OttoSum sums[])
{
  const OttoGridInfo *g = s->g;
  Source source[2 * OTTO_MAX_DIM];
  PetscReal p = 0, q = 0, value[OTTO_FISHER_COUNT] = {0};
  int count = 0;

  for (PetscInt j = g->dim - 1; j >= 0; j--)
    for (int side = -1; side <= 1; side += 2) count += Neighbour(s, c, j, side, &source[count]);
  for (int i = 0; i < count; i++) {
    p += source[i].p * source[i].rate;
    q += source[i].q * source[i].rate;
  }
  for (int i = 0; i < count; i++)
    if (source[i].p > 0 || source[i].q > 0)
      OttoFisherEdgeAddOneWay(End(source[i].p, source[i].q), End(p, q), source[i].rate,
                              log(source[i].rate), value);
  OttoFisherSumAdd(sums, value, 1);
}

PetscErrorCode OttoFisherAddEmpty(OttoGrid grid, const OttoPair *pair, const PetscReal *const up[],
                                  const PetscReal *const down[], OttoSum sums[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Around s = {.g = g, .up = up, .down = down};
  PetscInt64 empty = 0;
  OttoPairArrays a;
  OttoHalo halo;

  PetscFunctionBegin;
  if (pair->resolved_p > 0 || pair->resolved_q > 0 || pair->log_p || pair->log_q)
    PetscFunctionReturn(0); /* not data at t = 0 */
  PetscCall(OttoPairGetArrays(pair, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) empty += a.p[c] == 0 && a.q[c] == 0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &empty, 1, MPIU_INT64, MPI_SUM, g->comm));
  if (empty) {
    PetscCall(OttoGridGetHalo(grid, 1, &halo));
    PetscCall(OttoHaloSurround(halo, a.p, &s.p));
    PetscCall(OttoHaloSurround(halo, a.q, &s.q));
    for (PetscInt j = 0; up && j < PetscMin(2, g->dim); j++)
      PetscCall(OttoHaloSurround(halo, up[j], &s.rise[j]));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      if (a.p[c] == 0 && a.q[c] == 0) AddEmpty(&s, c, sums);
    for (int j = 1; j >= 0; j--) PetscCall(OttoHaloRelease(halo, &s.rise[j]));
    PetscCall(OttoHaloRelease(halo, &s.q));
    PetscCall(OttoHaloRelease(halo, &s.p));
  }
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscFunctionReturn(0);
}
