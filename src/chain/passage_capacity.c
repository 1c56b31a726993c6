/*
 * The flux from A to B enclosed, with detailed balance. Any h of [0, 1] that is 0 at A and 1 at B
 * has E(h) = Σ π_x Q_xy (h_y - h_x)² over edges, half ones included, and
 *
 *   E(h) - E(q⁺) = E(h - q⁺) = Σ π (h - q⁺)(-Q h) ≤ Σ π |Q h|,
 *
 * E(q⁺) the flux (Dirichlet's principle, and how far from it h can be). h is q⁺ where that is below
 * q⁻, 1 - q⁻ elsewhere: in a well as deep as may be its differences, and what Q makes of them, are
 * those of numbers that are small themselves, right to rounding of these.
 */
#include "passing.h"

/* Of a term: rates, π and differences rounded once or twice each. */
#define ROUNDING (16 * PETSC_MACHINE_EPSILON)

typedef struct {
  const OttoPassing *s;
  OttoSum energy;
  PetscReal *off, *noise; /* π Q h of own cells, and its terms in magnitude */
} Capacity;

/* h_y - h_x. */
static PetscReal Step(PetscReal ahead_x, PetscReal back_x, PetscReal ahead_y, PetscReal back_y)
{
  const PetscBool low_x = ahead_x <= back_x, low_y = ahead_y <= back_y;

  if (low_x && low_y) return ahead_y - ahead_x;
  if (!low_x && !low_y) return back_x - back_y;
  return low_x ? 1 - back_y - ahead_x : ahead_y - (1 - back_x);
}

static PetscReal Clip(PetscReal q)
{
  return PetscMin(PetscMax(q, 0), 1);
}

static void AddTo(Capacity *c, PetscInt64 cell, PetscReal current)
{
  if (cell >= c->s->p->g->local_cells) return;
  c->off[cell] += current;
  c->noise[cell] += fabs(current);
}

static void AddEdges(const OttoEdges *e, void *context)
{
  Capacity *c = (Capacity *)context;
  const OttoPassing *s = c->s;
  const OttoRates *r = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);
  const PetscReal *up = r->up[e->axis] + e->x, *down = r->down[e->axis] + e->x;
  const PetscReal *lx = OttoSurroundedAt(&s->log_pi, e->x),
                  *ly = OttoSurroundedAt(&s->log_pi, e->y);
  const PetscReal *ax = OttoSurroundedAt(&s->ahead, e->x), *ay = OttoSurroundedAt(&s->ahead, e->y);
  const PetscReal *bx = OttoSurroundedAt(&s->back, e->x), *by = OttoSurroundedAt(&s->back, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (!(up[i] > 0 || down[i] > 0)) continue;
    const PetscReal flow = up[i] >= down[i] ? exp(lx[i]) * up[i] : exp(ly[i]) * down[i];
    const PetscReal step = Step(Clip(ax[i]), Clip(bx[i]), Clip(ay[i]), Clip(by[i]));
    AddTo(c, e->x + i, flow * step);
    AddTo(c, e->y + i, -flow * step);
    if (e->x < s->p->g->local_cells) OttoSumAdd(&c->energy, flow * step * step);
  }
}

static void AddFaces(Capacity *c)
{
  const OttoPassing *s = c->s;
  const OttoRates *r = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);

  for (PetscInt64 i = 0; i < r->losses; i++) {
    const OttoLoss *loss = &r->loss[i];
    const PetscReal ahead = Clip(s->ahead.own[loss->cell]), back = Clip(s->back.own[loss->cell]);
    const PetscReal flow = exp(s->log_pi.own[loss->cell]) * loss->rate;
    const PetscReal step = loss->face == s->b ? Step(ahead, back, 1, 0) : Step(ahead, back, 0, 1);
    AddTo(c, loss->cell, flow * step);
    OttoSumAdd(&c->energy, flow * step * step);
  }
}

PetscErrorCode OttoPassingCapacity(OttoPassing *s, PetscReal *lower, PetscReal *upper)
{
  const OttoGridInfo *g = s->p->g;
  Capacity c = {.s = s};
  OttoSum sums[2] = {{0, 0}, {0, 0}};

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscCalloc2(g->local_cells, &c.off, g->local_cells, &c.noise)));
  OttoEdgesWalk(g, PETSC_TRUE, AddEdges, &c);
  AddFaces(&c);
  for (PetscInt64 x = 0; x < g->local_cells; x++)
    OttoSumAdd(&sums[1], fabs(c.off[x]) + ROUNDING * c.noise[x]);
  sums[0] = c.energy;
  PetscCall(PetscFree2(c.off, c.noise));
  PetscCall(OttoSumReduce(g->comm, 2, sums));
  const PetscReal energy = OttoSumValue(sums[0]) * g->cell_volume;
  *upper = energy * (1 + ROUNDING);
  *lower = PetscMax(energy * (1 - ROUNDING) - OttoSumValue(sums[1]) * g->cell_volume, 0);
  PetscFunctionReturn(0);
}
