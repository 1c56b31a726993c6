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
  OttoSurrounded p, q, rise;                /* rise: up[0], where there is one */
} Around;

/* A neighbour of an empty cell, and the rate from there. */
typedef struct {
  PetscReal p, q, rate;
} Source;

/* The neighbour on one side of axis j, `at` being the cell's position on it and `inner` the cells
 * of one step; returns 0 where there is none. */
static int Neighbour(const Around *s, PetscInt64 c, PetscInt j, PetscInt64 at, PetscInt64 inner,
                     int above, Source *source)
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 last = g->n[j] - 1;
  PetscInt64 x = c + (above ? inner : -inner);
  PetscReal rate = 1 / (g->h[j] * g->h[j]);

  if (last == 0) return 0;
  if (at == (above ? last : 0)) {
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC) return 0;
    if (j > 0) x = c + (above ? -last : last) * inner;
  }
  if (s->down && above) rate = s->down[j][c];
  if (s->up && !above) rate = j ? s->up[j][x] : *OttoSurroundedAt(&s->rise, x);
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
  PetscInt64 inner = 1, rest = c;
  int count = 0;

  for (PetscInt j = g->dim - 1; j >= 0; inner *= g->n[j], j--) {
    const PetscInt64 at = j ? rest % g->n[j] : rest + g->start;
    if (j) rest /= g->n[j];
    for (int above = 0; above < 2; above++)
      count += Neighbour(s, c, j, at, inner, above, &source[count]);
  }
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

/* Own values and the planes around them, whose memory *memory is. */
static PetscErrorCode Surround(OttoGrid grid, OttoHalo halo, const PetscReal *own,
                               PetscReal **memory, OttoSurrounded *field)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc1((size_t)(2 * g->plane_cells), memory)));
  PetscCall(OttoHaloExchange(halo, own, *memory, *memory + g->plane_cells));
  *field = (OttoSurrounded){g, own, *memory, *memory + g->plane_cells};
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFisherAddEmpty(OttoGrid grid, const OttoPair *pair, const PetscReal *const up[],
                                  const PetscReal *const down[], OttoSum sums[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Around s = {.g = g, .up = up, .down = down};
  PetscReal *memory[3] = {NULL, NULL, NULL};
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
    PetscCall(OttoHaloCreate(grid, 1, &halo));
    PetscCall(Surround(grid, halo, a.p, &memory[0], &s.p));
    PetscCall(Surround(grid, halo, a.q, &memory[1], &s.q));
    if (up) PetscCall(Surround(grid, halo, up[0], &memory[2], &s.rise));
    PetscCall(OttoHaloDestroy(&halo));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      if (a.p[c] == 0 && a.q[c] == 0) AddEmpty(&s, c, sums);
    for (int i = 0; i < 3; i++) PetscCall(PetscFree(memory[i]));
  }
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscFunctionReturn(0);
}
