/*
 * The flux from A to B enclosed, with detailed balance. From above by Dirichlet's principle: any h
 * of [0, 1] that is 0 at A and 1 at B has E(h) = Σ c (h_y - h_x)² over edges, half ones included,
 * of conductances c = π_x Q_xy, above the flux E(q⁺). From below by Thomson's: of any φ over edges,
 * F what it brings to B and r_x what it has too much of in x, summation by parts gives
 *
 *   F - Σ |r| ≤ F - Σ r q⁺ = Σ φ ∇q⁺ ≤ (Σ φ²/c)^½ E(q⁺)^½.
 *
 * h is q⁺ where that is below q⁻, 1 - q⁻ elsewhere: in a well as deep as may be its differences are
 * those of numbers that are small themselves. φ is c ∇h where that is more than rounding of h makes
 * of it, and what it has too much of, brought to A or B by ways that cost little (descent.h), so
 * that r is rounding of φ itself.
 */
#include "descent.h"
#include "passing.h"
#include <float.h>

/* Of a term: rates, differences and sums rounded once or twice each. */
#define ROUNDING (16 * PETSC_MACHINE_EPSILON)
/* Of h: differences below so many roundings of it say nothing; more, where bounds are not narrow.
 */
#define BLURRED (4 * PETSC_MACHINE_EPSILON)
#define MORE 256
#define TRIES 3
#define NARROW 1e-9

typedef struct {
  const OttoPassing *s;
  PetscReal *along[OTTO_GENERATOR_MAX_DIM]; /* conductances by edges */
  PetscReal *flow[OTTO_GENERATOR_MAX_DIM];  /* φ, upwards */
  PetscReal *end, *end_flow; /* [losses] conductances of faces, and φ out of the cell */
  PetscInt64 *beside;        /* [local_cells] the best conducting of a cell's faces; -1: none */
  PetscReal *excess, *noise; /* [local_cells] what comes less what goes, and the sum of both */
  PetscReal rounding;        /* of a conductance, relative */
  PetscReal blurred;         /* of h */
  OttoSum dirichlet;         /* E(h) */
} Capacity;

/* ---- h ---- */

static PetscReal Clip(PetscReal q)
{
  return PetscMin(PetscMax(q, 0), 1);
}

/* h_y - h_x; *size: what it is rounded relative to. */
static PetscReal Step(PetscReal ahead_x, PetscReal back_x, PetscReal ahead_y, PetscReal back_y,
                      PetscReal *size)
{
  const PetscBool low_x = ahead_x <= back_x, low_y = ahead_y <= back_y;

  *size = PetscMax(PetscMin(ahead_x, back_x), PetscMin(ahead_y, back_y));
  if (low_x && low_y) return ahead_y - ahead_x;
  if (!low_x && !low_y) return back_x - back_y;
  return low_x ? 1 - back_y - ahead_x : ahead_y - (1 - back_x);
}

static void SetEdges(const OttoEdges *e, void *context)
{
  Capacity *c = (Capacity *)context;
  const OttoPassing *s = c->s;
  const OttoRates *r = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);
  const PetscReal *up = r->up[e->axis] + e->x, *down = r->down[e->axis] + e->x;
  const PetscReal *lx = OttoSurroundedAt(&s->log_pi, e->x),
                  *ly = OttoSurroundedAt(&s->log_pi, e->y);
  const PetscReal *ax = OttoSurroundedAt(&s->ahead, e->x), *ay = OttoSurroundedAt(&s->ahead, e->y);
  const PetscReal *bx = OttoSurroundedAt(&s->back, e->x), *by = OttoSurroundedAt(&s->back, e->y);
  PetscReal size = 0;

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (!(up[i] > 0 || down[i] > 0)) continue;
    const PetscReal conducts = up[i] >= down[i] ? exp(lx[i]) * up[i] : exp(ly[i]) * down[i];
    const PetscReal step = Step(Clip(ax[i]), Clip(bx[i]), Clip(ay[i]), Clip(by[i]), &size);
    if (e->x < s->p->g->local_cells) OttoSumAdd(&c->dirichlet, conducts * step * step);
    if (conducts < DBL_MIN) continue; /* no digits of it are left */
    c->along[e->axis][e->x + i] = conducts;
    if (fabs(step) > c->blurred * size) c->flow[e->axis][e->x + i] = conducts * step;
  }
}

static void SetFaces(Capacity *c)
{
  const OttoPassing *s = c->s;
  const OttoRates *r = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);
  PetscReal size = 0;

  for (PetscInt64 x = 0; x < s->p->g->local_cells; x++) c->beside[x] = -1;
  for (PetscInt64 i = 0; i < r->losses; i++) {
    const OttoLoss *loss = &r->loss[i];
    PetscInt64 *beside = &c->beside[loss->cell];
    const PetscReal ahead = Clip(s->ahead.own[loss->cell]), back = Clip(s->back.own[loss->cell]);
    const PetscReal conducts = exp(s->log_pi.own[loss->cell]) * loss->rate;
    const PetscReal step =
        loss->face == s->b ? Step(ahead, back, 1, 0, &size) : Step(ahead, back, 0, 1, &size);
    OttoSumAdd(&c->dirichlet, conducts * step * step);
    if (conducts < DBL_MIN) continue;
    c->end[i] = conducts;
    if (fabs(step) > c->blurred * size) c->end_flow[i] = conducts * step;
    if (*beside < 0 || conducts > c->end[*beside]) *beside = i;
  }
}

/* ---- φ ---- */

static void AddFlow(Capacity *c, PetscInt64 cell, PetscReal into)
{
  if (cell >= c->s->p->g->local_cells) return;
  c->excess[cell] += into;
  c->noise[cell] += fabs(into);
}

static void AddFlows(const OttoEdges *e, void *context)
{
  Capacity *c = (Capacity *)context;
  const PetscReal *flow = c->flow[e->axis] + e->x;

  for (PetscInt64 i = 0; i < e->n; i++) {
    AddFlow(c, e->x + i, -flow[i]);
    AddFlow(c, e->y + i, flow[i]);
  }
}

/* What cells have too much of. */
static PetscErrorCode Excess(Capacity *c)
{
  const OttoRates *r = OttoGeneratorGetRates(c->s->chain->way[OTTO_AHEAD]);
  const OttoGridInfo *g = c->s->p->g;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(c->excess, g->local_cells));
  PetscCall(PetscArrayzero(c->noise, g->local_cells));
  OttoEdgesWalk(g, PETSC_TRUE, AddFlows, c);
  for (PetscInt64 i = 0; i < r->losses; i++) AddFlow(c, r->loss[i].cell, -c->end_flow[i]);
  PetscFunctionReturn(0);
}

/* Brings it to A or B. */
static PetscErrorCode Repair(Capacity *c)
{
  const PetscBool *open = OttoOccupationPlays(c->s->chain->of[OTTO_AHEAD]);
  OttoDescent d;

  PetscFunctionBegin;
  PetscCall(OttoDescentCreate(c->s->p->grid, c->along, c->beside, open, c->s->p->log_pi, &d));
  PetscCall(Excess(c));
  PetscCall(OttoDescentJoin(&d, c->excess, c->flow));
  PetscCall(OttoDescentPush(&d, c->excess, c->flow, c->end_flow));
  PetscCall(OttoDescentDestroy(&d));
  PetscCall(Excess(c));
  PetscFunctionReturn(0);
}

/* ---- the bounds ---- */

/* φ²/c. */
static PetscReal Cost(PetscReal flow, PetscReal conducts)
{
  return flow == 0 ? 0 : flow / conducts * flow;
}

/* By this rank's edges and faces: energy of φ, what comes to B, what is left and its rounding. */
static void Sums(const Capacity *c, OttoSum *energy, OttoSum *comes, OttoSum *left)
{
  const OttoRates *r = OttoGeneratorGetRates(c->s->chain->way[OTTO_AHEAD]);
  const OttoGridInfo *g = c->s->p->g;

  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt64 x = 0; x < g->local_cells; x++)
      OttoSumAdd(energy, Cost(c->flow[j][x], c->along[j][x]));
  for (PetscInt64 i = 0; i < r->losses; i++) {
    OttoSumAdd(energy, Cost(c->end_flow[i], c->end[i]));
    if (r->loss[i].face != c->s->b) continue;
    OttoSumAdd(comes, c->end_flow[i]);
    OttoSumAdd(left, ROUNDING * fabs(c->end_flow[i]));
  }
  for (PetscInt64 x = 0; x < g->local_cells; x++)
    OttoSumAdd(left, fabs(c->excess[x]) + ROUNDING * c->noise[x]);
}

/* How far conductances are rounded: as terms are, and π by how far its logarithm is from 0. */
static PetscErrorCode Rounding(Capacity *c)
{
  const OttoGridInfo *g = c->s->p->g;
  PetscReal most = 0;

  PetscFunctionBegin;
  for (PetscInt64 x = 0; x < g->local_cells; x++)
    if (c->s->log_pi.own[x] > -INFINITY) most = PetscMax(most, fabs(c->s->log_pi.own[x]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX, g->comm));
  c->rounding = ROUNDING + most * PETSC_MACHINE_EPSILON;
  PetscFunctionReturn(0);
}

static PetscErrorCode Allocate(Capacity *c)
{
  const OttoRates *r = OttoGeneratorGetRates(c->s->chain->way[OTTO_AHEAD]);
  const OttoGridInfo *g = c->s->p->g;
  const PetscInt64 edges = g->local_cells + OttoEdgesLowerGhosts(g);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    PetscCall(PetscCalloc2(edges, &c->along[j], edges, &c->flow[j]));
  PetscCall(PetscCalloc2(r->losses, &c->end, r->losses, &c->end_flow));
  PetscCall(PetscMalloc3(g->local_cells, &c->beside, g->local_cells, &c->excess, g->local_cells,
                         &c->noise));
  PetscFunctionReturn(0);
}

/* Both bounds, φ blurred as c->blurred says. */
static PetscErrorCode Enclose(Capacity *c, PetscReal *lower, PetscReal *upper)
{
  const OttoGridInfo *g = c->s->p->g;
  const PetscInt64 losses = OttoGeneratorGetRates(c->s->chain->way[OTTO_AHEAD])->losses;
  OttoSum sums[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    PetscCall(PetscArrayzero(c->flow[j], g->local_cells + OttoEdgesLowerGhosts(g)));
  PetscCall(PetscArrayzero(c->end_flow, losses));
  c->dirichlet = (OttoSum){0, 0};
  OttoEdgesWalk(g, PETSC_TRUE, SetEdges, c);
  SetFaces(c);
  PetscCall(Repair(c));
  Sums(c, &sums[1], &sums[2], &sums[3]);
  sums[0] = c->dirichlet;
  PetscCall(OttoSumReduce(g->comm, 4, sums));
  *upper = OttoSumValue(sums[0]) * g->cell_volume * (1 + c->rounding);
  const PetscReal energy = OttoSumValue(sums[1]) * (1 + c->rounding);
  const PetscReal comes = PetscMax(OttoSumValue(sums[2]) - OttoSumValue(sums[3]), 0);
  *lower = energy > 0 ? comes / energy * comes * g->cell_volume : 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassingCapacity(OttoPassing *s, PetscReal *lower, PetscReal *upper)
{
  const OttoGridInfo *g = s->p->g;
  Capacity c = {.s = s, .blurred = BLURRED};
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, Allocate(&c)));
  PetscCall(Rounding(&c));
  *lower = 0;
  for (int i = 0; i < TRIES && !(*lower >= (1 - NARROW) * *upper); i++) {
    PetscCall(Enclose(&c, &bound, upper));
    *lower = PetscMax(*lower, bound);
    c.blurred *= MORE;
  }
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscFree2(c.along[j], c.flow[j]));
  PetscCall(PetscFree2(c.end, c.end_flow));
  PetscCall(PetscFree3(c.beside, c.excess, c.noise));
  PetscFunctionReturn(0);
}
