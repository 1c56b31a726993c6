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
#define ROUGH 0.02       /* gap that is more than atoms explain: turns are looked at */
#define STIFFER 2        /* κ over the mean of the curvature's: supports' edges are stiffer */
#define TURNED 1.25      /* κ that has changed by more is renewed */
#define DOUBTFUL 0.5     /* of the gap: what W may leave of a bound that is to prove it */
#define BEHIND 0.5  /* of the linearised step's own gap: linearisation that leaves more moves */
#define PATIENCE 10 /* certificates in which no gap falls, where W's linear part leaves more */
#define LITTLE 0.1  /* … and one that leaves less stays */
#define STAYS 3     /* certificates without a move at most */

struct _n_OttoJkoSolver {
  OttoEnergy energy;
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoLevels levels;
  OttoJkoInteraction interaction;
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
  PetscCall(OttoJkoInteractionCreate(energy, &s->interaction));
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
  PetscCall(OttoJkoInteractionDestroy(&s->interaction));
  PetscCall(OttoLevelsDestroy(&s->levels));
  PetscCall(PetscFree(*solver));
  PetscFunctionReturn(0);
}

size_t OttoJkoSolverBytes(OttoJkoSolver s)
{
  size_t bytes = OttoLevelsBytes(s->levels) + OttoJkoInteractionBytes(&s->interaction);

  for (PetscInt k = 0; k < OttoLevelsCount(s->levels); k++)
    bytes += 2 * (size_t)s->end[k].g->local_cells * sizeof(PetscReal);
  return bytes;
}

/* V, and what the interaction's linear part adds to it, on the first so many grids, on coarse ones
 * by its Gibbs weights. */
static PetscErrorCode SetFields(OttoJkoSolver s, PetscInt levels)
{
  const Vec field = OttoEnergyGetField(s->energy), force = s->interaction.force;
  const PetscScalar *v = NULL, *w = NULL;

  PetscFunctionBegin;
  if (field) PetscCall(VecGetArrayRead(field, &v));
  if (force) PetscCall(VecGetArrayRead(force, &w));
  for (PetscInt k = 0; k < levels; k++) {
    OttoJkoEnd *e = &s->end[k];
    const PetscInt64 n = e->g->local_cells;
    if (k == 0)
      for (PetscInt64 c = 0; c < n; c++) e->slope[c] = (v ? -v[c] : 0) - (w ? w[c] : 0);
    else
      PetscCall(OttoLevelsMean(s->levels, k, PETSC_TRUE, s->end[k - 1].slope, e->slope));
    for (PetscInt64 c = 0; c < n; c++) e->field[c] = 0 - e->slope[c];
  }
  if (force) PetscCall(VecRestoreArrayRead(force, &w));
  if (field) PetscCall(VecRestoreArrayRead(field, &v));
  PetscFunctionReturn(0);
}

/* How long the step is, on all grids; it knows nothing of those before. */
static PetscErrorCode TakeStep(OttoJkoSolver s, PetscReal tau, PetscReal mass, PetscReal before,
                               Vec mu)
{
  const PetscScalar *from;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < OttoLevelsCount(s->levels); k++) {
    s->end[k].tau = tau;
    s->end[k].mass = mass;
    OttoLevelsAscent(s->levels, k)->careful = PETSC_FALSE;
    OttoLevelsAscent(s->levels, k)->screening = 0; /* none yet */
  }
  PetscCall(VecGetArrayRead(mu, &from));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    OttoLevelsFinest(s->levels)->q[c] = from[c] / mass;
  PetscCall(VecRestoreArrayRead(mu, &from));
  PetscCall(OttoJkoInteractionBegin(&s->interaction, mass, before, mu));
  PetscCall(SetFields(s, OttoLevelsCount(s->levels)));
  PetscFunctionReturn(0);
}

/* The metric of where an ascent stands, and what its gains compare with: `stay` is the value of
 * staying (length²). */
static PetscErrorCode Measure(OttoJkoSolver s, PetscInt level, PetscReal stay)
{
  const OttoAscent a = OttoLevelsAscent(s->levels, level);
  const OttoJkoEnd *e = &s->end[level];
  PetscReal stiffness = 0;

  PetscFunctionBegin;
  /* the value is that of the linearised functional without its constant, −E_W(σ) */
  const PetscReal value = a->value - s->interaction.self * e->tau / e->mass;
  a->scale = PetscMax(isfinite(stay) ? stay - value : 0, s->floor);
  PetscCall(OttoJkoEndStiffness(e, a->pushed, &stiffness));
  PetscReal screening = STIFFER * stiffness / e->tau;
  const PetscReal turned = screening / a->screening;
  if (turned <= TURNED && turned >= 1 / TURNED) screening = a->screening;
  const PetscReal per = 1 / (e->mass * e->tau * screening);
  for (PetscInt64 c = 0; c < e->g->local_cells; c++) a->pushed[c] *= per;
  PetscCall(OttoAscentSetMetric(a, screening, a->pushed));
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
  PetscReal stay;         /* F(μ) */
  PetscReal upper, lower; /* F at the result, at most; F, at least */
  PetscReal still;        /* of the functional linearised about the result: at least */
  PetscReal stays;        /* of that linearised about μ */
  PetscReal doubt;        /* what W may leave of `lower` */
  PetscReal gap[LOOKS];   /* at the last certificates, the oldest first */
  PetscReal inner;        /* the last certificate's gap of the linearised step … */
  PetscReal whole[2]; /* … and with what linearising leaves: to the least, to being stationary */
  PetscReal value,
      cost; /* and what it says of F and of the cost, at most (energy, mass · length²) */
  OttoJkoLook look;
  PetscInt idle;  /* certificates since a gap fell */
  PetscInt stood; /* certificates since σ moved */
} Known;

static PetscReal Scale(OttoJkoSolver s, const Known *k, PetscReal lower)
{
  return PetscMax(isfinite(k->stay) ? k->stay - lower : 0, s->floor);
}

static PetscReal GapOf(OttoJkoSolver s, const Known *k, PetscReal lower)
{
  return PetscMax(k->upper - lower, 0) / Scale(s, k, lower);
}

/* Whether bounds of F itself are out of reach, as W is too concave. */
static PetscBool IsDoubtful(OttoJkoSolver s, const Known *k)
{
  return k->doubt > DOUBTFUL * s->gap * Scale(s, k, k->lower) ? PETSC_TRUE : PETSC_FALSE;
}

/* The gap of the result, and of what. */
static void Judge(OttoJkoSolver s, const Known *known, OttoJkoResult *r)
{
  const PetscReal still = IsDoubtful(s, known) ? GapOf(s, known, known->still) : INFINITY;

  r->gap = GapOf(s, known, known->lower);
  r->least = r->gap <= s->gap || r->gap <= still ? PETSC_TRUE : PETSC_FALSE;
  if (!r->least) r->gap = still;
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
  PetscCall(OttoJkoInteractionLook(&s->interaction, a->p, e->field, &known->look));
  const OttoJkoLook *look = &known->look;
  const PetscReal rounding = 16 * PETSC_MACHINE_EPSILON * e->magnitude / per;
  const PetscReal upper = cost.upper + a->functional + look->beyond / per;
  PetscReal lower = cost.lower + a->functional - rounding;
  OttoFault("dual", 1, &lower);
  const PetscReal still = lower + look->still / per;
  known->inner = cost.upper - cost.lower;
  known->whole[0] = upper - lower - look->least / per;
  known->whole[1] = upper - still;
  known->value = per * upper;
  known->lower = PetscMax(known->lower, lower + look->least / per);
  if (r->moves == 0) known->stays = PetscMax(known->stays, lower - s->interaction.self / per);
  /* of a step that is to be stationary a density nearer to that serves as well as a lower F */
  const PetscBool nearer = s->interaction.W && IsDoubtful(s, known) && upper <= known->stay &&
                                   upper - still < known->upper - known->still
                               ? PETSC_TRUE
                               : PETSC_FALSE;
  if (!(upper < known->upper) && !nearer) PetscFunctionReturn(0);
  known->upper = upper;
  known->still = still;
  r->cost[0] = e->mass * PetscMax(cost.lower, 0);
  r->cost[1] = e->mass * cost.upper;
  r->energy = e->energy + look->beyond;
  PetscCall(VecGetArray(rho, &to));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) to[c] = e->mass * a->p[c];
  PetscCall(VecRestoreArray(rho, &to));
  PetscFunctionReturn(0);
}

/* What linearising leaves of the gap that counts. */
static PetscReal Left(const Known *known, const OttoJkoResult *r)
{
  return known->whole[!r->least] - known->inner;
}

/* Whether to go on after k iterations; where a gap that is large stands still, carefully. */
static PetscBool GoesOn(OttoJkoSolver s, PetscInt k, Known *known, OttoJkoResult *r)
{
  const OttoAscent a = OttoLevelsFinest(s->levels);
  const PetscReal ago = known->gap[0];

  Judge(s, known, r);
  for (PetscInt i = 1; i < LOOKS; i++) known->gap[i - 1] = known->gap[i];
  known->gap[LOOKS - 1] = r->gap;
  r->iterations = k;
  known->idle = r->gap > PROGRESS * ago ? known->idle + 1 : 0;
  const PetscInt patience = !s->interaction.W               ? 1
                            : Left(known, r) > known->inner ? PATIENCE
                                                            : PATIENCE / 3;
  r->reason = r->gap <= s->gap          ? OTTO_JKO_REACHED
              : known->idle >= patience ? OTTO_JKO_STAGNATES
                                        : OTTO_JKO_LIMIT;
  if (r->reason == OTTO_JKO_STAGNATES && r->gap > ROUGH && !a->careful && k < s->limit) {
    for (PetscInt l = 0; l < OttoLevelsCount(s->levels); l++)
      OttoLevelsAscent(s->levels, l)->careful = PETSC_TRUE;
    for (PetscInt i = 0; i < LOOKS; i++) known->gap[i] = INFINITY;
    r->reason = OTTO_JKO_LIMIT;
  }
  return r->reason == OTTO_JKO_LIMIT && k < s->limit ? PETSC_TRUE : PETSC_FALSE;
}

/* What the interaction is linearised about goes where the step does, as soon as that costs more
 * than the linearised step's own gap; the ascent goes on from its potential. */
static PetscErrorCode Follow(OttoJkoSolver s, Known *known, OttoJkoResult *r)
{
  const OttoAscent a = OttoLevelsFinest(s->levels);

  PetscFunctionBegin;
  if (!s->interaction.W) PetscFunctionReturn(0);
  const PetscReal left = Left(known, r) / known->inner;
  const PetscReal enough = s->gap * Scale(s, known, r->least ? known->lower : known->still);
  known->stood++;
  if (left < LITTLE || (left < BEHIND && known->inner > BEHIND * enough && known->stood < STAYS))
    PetscFunctionReturn(0);
  known->stood = 0;
  r->moves++;
  PetscCall(OttoJkoInteractionMove(&s->interaction, &known->look, known->value));
  PetscCall(SetFields(s, 1));
  PetscCall(OttoAscentBegin(a));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoJkoSolve(OttoJkoSolver s, PetscReal tau, PetscReal mass, PetscReal before,
                            Vec mu, Vec rho, OttoJkoResult *result)
{
  const OttoAscent a = OttoLevelsFinest(s->levels);
  const PetscReal per = mass / tau, stay = before / per;
  OttoImageForm form = OTTO_IMAGE_TARGETS;
  Known known = {.stay = stay, .upper = INFINITY, .lower = -INFINITY, .stays = -INFINITY};
  PetscInt k = 0;

  PetscFunctionBegin;
  result->moves = 0;
  for (PetscInt i = 0; i < LOOKS; i++) known.gap[i] = INFINITY;
  PetscCall(TakeStep(s, tau, mass, before, mu));
  known.doubt = OttoJkoInteractionDoubt(&s->interaction) / per;
  PetscCall(Start(s, stay));
  for (;;) {
    PetscCall(Measure(s, 0, stay));
    PetscCall(Certify(s, form, &known, rho, result));
    form = form == OTTO_IMAGE_WHOLE ? OTTO_IMAGE_TARGETS : OTTO_IMAGE_WHOLE; /* by turns */
    const PetscBool careful = a->careful;
    if (!GoesOn(s, k, &known, result)) break;
    PetscCall(Follow(s, &known, result));
    if (a->careful && !careful) { /* steps have become small in vain */
      PetscCall(SetFields(s, OttoLevelsCount(s->levels)));
      PetscCall(Start(s, stay));
    }
    const PetscInt next = PetscMin(k + EVERY, s->limit);
    for (; k < next; k++) PetscCall(OttoAscentIterate(a));
  }
  /* steps that atoms do not resolve: what was found costs more than staying, and gains energy */
  if (isfinite(stay) && stay < known.upper && result->energy > before) {
    PetscCall(VecCopy(mu, rho));
    result->cost[0] = result->cost[1] = 0;
    result->energy = before;
    known.upper = stay;
    known.still = known.stays;
    Judge(s, &known, result);
    if (result->gap <= s->gap) result->reason = OTTO_JKO_REACHED;
  }
  result->primal = per * known.upper;
  result->dual = per * known.lower;
  PetscFunctionReturn(0);
}
