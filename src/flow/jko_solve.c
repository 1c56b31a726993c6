/*
 * Back and forth in H¹ (Jacobs, Lee and Léger 2021): transport's ascent, of which the end ρ is
 * free. The dual's curvature is ∫ ρ |∇u|² + (dρ/dslope) u²/τ, which the metric ∫ D (|∇u|² + κ u²)
 * of ascent.h comes near to: for entropy, with D = ρ and κ = 1/(T τ), it is the same. Every step
 * comes from coarse grids: measured, that is nearer than the potential of the step before.
 */
#include "jko_solve.h"
#include "core/buffer.h"
#include "core/fault.h"
#include "transport/back_and_forth.h"
#include "transport/levels.h"
#include <math.h>

#define EVERY 10      /* iterations from one certificate to the next */
#define WINDOW 30     /* iterations over which a gap must fall … */
#define PROGRESS 0.98 /* … to this of what it was */
#define LOOKS (WINDOW / EVERY)
#define FEW_CELLS 4.     /* steps by less are not resolved by atoms at centres */
#define COARSE_SHARE 0.1 /* of the gap: what an iteration on a coarse grid must gain */
#define ROUGH 0.05       /* gap that is more than atoms explain: turns are looked at */
#define STIFFER 2        /* κ over the mean of the curvature's: supports' edges are stiffer */
#define TURNED 1.25      /* κ that has changed by more is renewed */

struct _n_OttoJkoSolver {
  OttoEnergy energy;
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoLevels levels;
  OttoJkoEnd *end; /* [levels] */
  PetscReal gap;
  PetscInt limit;
  PetscReal floor; /* half of the squared distance of a few cells (length²) */
};

PetscErrorCode OttoJkoSolverCreate(OttoEnergy energy, PetscReal gap, PetscInt limit,
                                   OttoJkoSolver *solver)
{
  OttoJkoSolver s;
  PetscErrorCode code = 0;
  PetscReal widest = 0, box = 0;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *solver = s;
  s->energy = energy;
  s->grid = OttoEnergyGetGrid(energy);
  s->g = OttoGridGetInfo(s->grid);
  s->gap = gap;
  s->limit = limit;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    widest = PetscMax(widest, s->g->n[j] > 1 ? s->g->h[j] : 0);
    box = PetscMax(box, s->g->h[j]);
  }
  if (widest == 0) widest = box; /* one cell: nothing moves */
  s->floor = 0.5 * PetscSqr(FEW_CELLS * widest);
  PetscCall(OttoLevelsCreate(s->grid, &s->levels));
  PetscCall(PetscCalloc1((size_t)OttoLevelsCount(s->levels), &s->end));
  for (PetscInt k = 0; k < OttoLevelsCount(s->levels); k++) {
    const OttoAscent a = OttoLevelsAscent(s->levels, k);
    s->end[k].g = a->g;
    s->end[k].internal = OttoEnergyGetInternal(energy);
    a->end = (OttoAscentEnd){OttoJkoEndDensity, &s->end[k]};
    if (!code) code = OttoBufferCreate((size_t)a->g->local_cells, &s->end[k].field);
    if (!code) code = OttoBufferCreate((size_t)a->g->local_cells, &s->end[k].slope);
  }
  code = OttoAgree(s->g->comm, code);
  if (code) PetscCall(OttoJkoSolverDestroy(solver));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoJkoSolverDestroy(OttoJkoSolver *solver)
{
  OttoJkoSolver s = *solver;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt k = 0; s->end && k < OttoLevelsCount(s->levels); k++) {
    PetscCall(OttoBufferDestroy(&s->end[k].field));
    PetscCall(OttoBufferDestroy(&s->end[k].slope));
  }
  PetscCall(PetscFree(s->end));
  PetscCall(OttoLevelsDestroy(&s->levels));
  PetscCall(PetscFree(*solver));
  PetscFunctionReturn(0);
}

size_t OttoJkoSolverBytes(OttoJkoSolver s)
{
  size_t bytes = OttoLevelsBytes(s->levels);

  for (PetscInt k = 0; k < OttoLevelsCount(s->levels); k++)
    bytes += 2 * (size_t)s->end[k].g->local_cells * sizeof(PetscReal);
  return bytes;
}

/* V on all grids, on coarse ones by its Gibbs weights, and how long the step is. */
static PetscErrorCode TakeStep(OttoJkoSolver s, PetscReal tau, PetscReal mass)
{
  const Vec field = OttoEnergyGetField(s->energy);
  const PetscScalar *v = NULL;

  PetscFunctionBegin;
  if (field) PetscCall(VecGetArrayRead(field, &v));
  for (PetscInt k = 0; k < OttoLevelsCount(s->levels); k++) {
    OttoJkoEnd *e = &s->end[k];
    const PetscInt64 n = e->g->local_cells;
    e->tau = tau;
    e->mass = mass;
    OttoLevelsAscent(s->levels, k)->careful = PETSC_FALSE;
    OttoLevelsAscent(s->levels, k)->screening = 0; /* none: a step knows nothing of those before */
    if (k == 0)
      for (PetscInt64 c = 0; c < n; c++) e->slope[c] = v ? -v[c] : 0;
    else
      PetscCall(OttoLevelsMean(s->levels, k, PETSC_TRUE, s->end[k - 1].slope, e->slope));
    for (PetscInt64 c = 0; c < n; c++) e->field[c] = 0 - e->slope[c];
  }
  if (field) PetscCall(VecRestoreArrayRead(field, &v));
  PetscFunctionReturn(0);
}

/* The metric of where an ascent stands, and what its gains compare with: `stay` is the value of
 * staying (length²). */
static PetscErrorCode Measure(OttoJkoSolver s, PetscInt level, PetscReal stay)
{
  const OttoAscent a = OttoLevelsAscent(s->levels, level);
  const OttoJkoEnd *e = &s->end[level];
  const PetscReal screening = STIFFER * e->stiffness / e->tau, turned = screening / a->screening;

  PetscFunctionBegin;
  a->scale = PetscMax(isfinite(stay) ? stay - a->value : 0, s->floor);
  if (!a->climb || turned > TURNED || turned < 1 / TURNED)
    PetscCall(OttoAscentSetMetric(a, screening));
  OttoJkoEndStiffness(e, a->stiff);
  const PetscReal per = 1 / (e->mass * e->tau * a->screening);
  for (PetscInt64 c = 0; c < e->g->local_cells; c++) a->stiff[c] *= per;
  PetscFunctionReturn(0);
}

/* From coarse grids, of which the coarsest begins with no transport at all; unless there is none to
 * be gained by. */
static PetscErrorCode Start(OttoJkoSolver s, PetscReal stay)
{
  const PetscInt last = OttoLevelsCount(s->levels) - 1;
  const OttoAscent a = OttoLevelsFinest(s->levels);

  PetscFunctionBegin;
  PetscCall(VecSet(a->phi, 0));
  PetscCall(OttoAscentBegin(a));
  if (!last) PetscFunctionReturn(0);
  const PetscReal without = a->value;
  for (PetscInt k = 1; k <= last; k++)
    PetscCall(OttoLevelsMean(s->levels, k, PETSC_FALSE, OttoLevelsAscent(s->levels, k - 1)->q,
                             OttoLevelsAscent(s->levels, k)->q));
  PetscCall(VecSet(OttoLevelsAscent(s->levels, last)->phi, 0));
  for (PetscInt k = last; k > 0; k--) {
    PetscCall(OttoAscentBegin(OttoLevelsAscent(s->levels, k)));
    PetscCall(Measure(s, k, stay));
    PetscCall(OttoLevelsClimb(s->levels, k, COARSE_SHARE * s->gap));
  }
  PetscCall(OttoAscentBegin(a));
  if (a->value > without) PetscFunctionReturn(0);
  PetscCall(VecSet(a->phi, 0));
  PetscCall(OttoAscentBegin(a));
  PetscFunctionReturn(0);
}

/* What is known so far, in length² per mass. */
typedef struct {
  PetscReal upper, lower; /* of cost + functional */
  PetscReal gap[LOOKS];   /* at the last certificates, the oldest first */
} Known;

static PetscReal GapOf(OttoJkoSolver s, const Known *k, PetscReal stay)
{
  const PetscReal scale = PetscMax(isfinite(stay) ? stay - k->lower : 0, s->floor);

  return PetscMax(k->upper - k->lower, 0) / scale;
}

/* What a certificate says; the best density goes to rho. */
static PetscErrorCode Certify(OttoJkoSolver s, OttoImageForm form, Known *known, Vec rho,
                              OttoJkoResult *r)
{
  const OttoAscent a = OttoLevelsFinest(s->levels);
  const OttoJkoEnd *e = &s->end[0];
  const PetscReal per = e->mass / e->tau; /* energy of a length² */
  OttoCostBounds cost;
  PetscScalar *to;

  PetscFunctionBegin;
  PetscCall(OttoCertify(a, form, s->gap, &cost));
  const PetscReal rounding = 16 * PETSC_MACHINE_EPSILON * e->magnitude / per;
  const PetscReal upper = cost.upper + a->functional;
  PetscReal lower = cost.lower + a->functional - rounding;
  OttoFault("dual", 1, &lower);
  known->lower = PetscMax(known->lower, lower);
  if (!(upper < known->upper)) PetscFunctionReturn(0);
  known->upper = upper;
  r->cost[0] = e->mass * PetscMax(cost.lower, 0);
  r->cost[1] = e->mass * cost.upper;
  r->energy = e->energy;
  PetscCall(VecGetArray(rho, &to));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) to[c] = e->mass * a->p[c];
  PetscCall(VecRestoreArray(rho, &to));
  PetscFunctionReturn(0);
}

/* Whether to go on after k iterations; where a gap that is large stands still, carefully. */
static PetscBool GoesOn(OttoJkoSolver s, PetscInt k, Known *known, PetscReal stay, OttoJkoResult *r)
{
  const OttoAscent a = OttoLevelsFinest(s->levels);
  const PetscReal ago = known->gap[0];

  r->gap = GapOf(s, known, stay);
  for (PetscInt i = 1; i < LOOKS; i++) known->gap[i - 1] = known->gap[i];
  known->gap[LOOKS - 1] = r->gap;
  r->iterations = k;
  r->reason = r->gap <= s->gap          ? OTTO_JKO_REACHED
              : r->gap > PROGRESS * ago ? OTTO_JKO_STAGNATES
                                        : OTTO_JKO_LIMIT;
  if (r->reason == OTTO_JKO_STAGNATES && r->gap > ROUGH && !a->careful && k < s->limit) {
    for (PetscInt l = 0; l < OttoLevelsCount(s->levels); l++)
      OttoLevelsAscent(s->levels, l)->careful = PETSC_TRUE;
    for (PetscInt i = 0; i < LOOKS; i++) known->gap[i] = INFINITY;
    r->reason = OTTO_JKO_LIMIT;
  }
  return r->reason == OTTO_JKO_LIMIT && k < s->limit ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoJkoSolve(OttoJkoSolver s, PetscReal tau, PetscReal mass, PetscReal before,
                            Vec mu, Vec rho, OttoJkoResult *result)
{
  const OttoAscent a = OttoLevelsFinest(s->levels);
  const PetscReal per = mass / tau, stay = before / per;
  OttoImageForm form = OTTO_IMAGE_TARGETS;
  Known known = {INFINITY, -INFINITY, {0}};
  const PetscScalar *from;
  PetscInt k = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < LOOKS; i++) known.gap[i] = INFINITY;
  PetscCall(TakeStep(s, tau, mass));
  PetscCall(VecGetArrayRead(mu, &from));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) a->q[c] = from[c] / mass;
  PetscCall(VecRestoreArrayRead(mu, &from));
  PetscCall(Start(s, stay));
  for (;;) {
    PetscCall(Measure(s, 0, stay));
    PetscCall(Certify(s, form, &known, rho, result));
    form = form == OTTO_IMAGE_WHOLE ? OTTO_IMAGE_TARGETS : OTTO_IMAGE_WHOLE; /* by turns */
    const PetscBool careful = a->careful;
    if (!GoesOn(s, k, &known, stay, result)) break;
    if (a->careful && !careful) PetscCall(Start(s, stay)); /* steps have become small in vain */
    const PetscInt next = PetscMin(k + EVERY, s->limit);
    for (; k < next; k++) PetscCall(OttoAscentIterate(a));
  }
  /* steps that atoms do not resolve: what was found costs more than staying, and gains energy */
  if (isfinite(stay) && stay < known.upper && result->energy > before) {
    PetscCall(VecCopy(mu, rho));
    result->cost[0] = result->cost[1] = 0;
    result->energy = before;
    known.upper = stay;
    result->gap = GapOf(s, &known, stay);
    if (result->gap <= s->gap) result->reason = OTTO_JKO_REACHED;
  }
  result->primal = per * known.upper;
  result->dual = per * known.lower;
  PetscFunctionReturn(0);
}
