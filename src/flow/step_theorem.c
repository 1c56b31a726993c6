#include <otto/step_theorem.h>
#include "chain/bregman.h"
#include "chain/slopes.h"
#include <math.h>

struct _n_OttoStepTheorem {
  OttoGenerator generator;
  OttoGrid grid;
  OttoStepMethod method;
  Vec rests;          /* with one density: a state as its own next one; NULL with two */
  Vec rate[2];        /* Qᵀ of p and q; then residuals, */
  Vec work[2];        /* and their weights */
  Vec past[2];        /* Qᵀ of the state before, or NULL: implicit Euler, or no such density */
  PetscBool ahead[2]; /* `rate` will be `past` of the next step */
  Vec middle[2];      /* of a step, raised; NULL for implicit Euler */
  Vec raised[2][2];   /* p and q raised to the floor: at the state before, now; or NULL */
  PetscReal last[OTTO_SMOOTH_COUNT]; /* D at the state before */
};

/* What was Qᵀ of the state after is that of the state before. */
static void Forward(OttoStepTheorem s)
{
  for (int i = 0; i < 2; i++) {
    if (!s->ahead[i]) continue;
    const Vec rate = s->rate[i];
    s->rate[i] = s->past[i];
    s->past[i] = rate;
    s->ahead[i] = PETSC_FALSE;
  }
}

/* ‖v‖₁ as a mass. */
static PetscErrorCode Norm(OttoStepTheorem s, Vec v, PetscReal *norm)
{
  PetscFunctionBegin;
  PetscCall(VecNorm(v, NORM_1, norm));
  *norm *= OttoGridGetInfo(s->grid)->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepTheoremResidual(OttoStepTheorem s, PetscReal dt, int i, Vec before,
                                       Vec after, OttoStepResidual *out)
{
  const PetscReal half = s->method == OTTO_STEP_EULER ? dt : dt / 2;
  Vec rest = s->work[i];

  PetscFunctionBegin;
  Forward(s);
  *out = (OttoStepResidual){.half = half, .rate = s->rate[i], .past = s->past[i]};
  PetscCall(OttoGeneratorApply(s->generator, after, out->rate));
  PetscCall(VecWAXPY(rest, -1, after, before));
  PetscCall(Norm(s, rest, &out->moved));
  PetscCall(VecAXPY(rest, half, out->rate));
  if (out->past) PetscCall(VecAXPY(rest, half, out->past));
  PetscCall(Norm(s, rest, &out->off));
  PetscCall(Norm(s, before, &out->mass));
  if (!out->past) PetscFunctionReturn(0);
  PetscCall(Norm(s, out->past, &out->speed));
  s->ahead[i] = PETSC_TRUE;
  if (s->method != OTTO_STEP_OTHER) PetscFunctionReturn(0);
  PetscCall(VecWAXPY(rest, -1, out->rate, out->past));
  PetscCall(Norm(s, rest, &out->change));
  PetscFunctionReturn(0);
}

/* out = max(v, OTTO_FLOW_NOISE·max v); zeros of the start are no noise and stay. */
static PetscErrorCode Raise(OttoStepTheorem s, PetscReal t, Vec v, Vec out)
{
  PetscReal most = 0;
  const PetscScalar *from;
  PetscScalar *to;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(s->grid, v, NULL, &most));
  PetscCall(VecGetArrayRead(v, &from));
  PetscCall(VecGetArray(out, &to));
  const PetscInt64 cells = OttoGridGetInfo(s->grid)->local_cells;
  for (PetscInt64 i = 0; i < cells; i++)
    to[i] = t == 0 && from[i] == 0 ? 0 : PetscMax(from[i], OTTO_FLOW_NOISE * most);
  PetscCall(VecRestoreArray(out, &to));
  PetscCall(VecRestoreArrayRead(v, &from));
  PetscFunctionReturn(0);
}

/* p and q of time t, raised where the method leaves noise. */
static PetscErrorCode RaiseBoth(OttoStepTheorem s, PetscReal t, Vec p, Vec q, Vec raised[2],
                                OttoPair *pair)
{
  PetscFunctionBegin;
  if (raised[0]) PetscCall(Raise(s, t, p, raised[0]));
  if (raised[1]) PetscCall(Raise(s, t, q, raised[1]));
  *pair = (OttoPair){.p = raised[0] ? raised[0] : p, .q = raised[1] ? raised[1] : q};
  PetscFunctionReturn(0);
}

/* What raising may add to the residual of a step of cn; where ρ holds more than residuals, all. */
static PetscErrorCode Raising(OttoStepTheorem s, PetscReal dt, const OttoPair *pair,
                              PetscReal *raising)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const Vec v[2] = {pair->p, pair->q};
  PetscReal norm = 0, most = 0;

  PetscFunctionBegin;
  *raising = 0;
  if (s->method == OTTO_STEP_EULER) PetscFunctionReturn(0);
  PetscCall(OttoGeneratorNorm(s->generator, &norm));
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoFieldRange(s->grid, v[i], NULL, &most));
    *raising += (2 + dt * norm) * OTTO_FLOW_NOISE * most * g->cell_volume * (PetscReal)g->cells;
  }
  if (s->method == OTTO_STEP_OTHER || OttoGeneratorIsTimeDependent(s->generator))
    *raising = INFINITY;
  PetscFunctionReturn(0);
}

/* rate becomes before - after + dt·rate, rate = Qᵀ`at`; the magnitude of its terms in `weight`. */
static PetscErrorCode Residual(OttoStepTheorem s, PetscReal dt, Vec before, Vec after, Vec at,
                               Vec rate, Vec weight)
{
  PetscFunctionBegin;
  PetscCall(OttoLeaveWeight(s->generator, dt, at, weight));
  PetscCall(VecAXPY(weight, 1, before));
  PetscCall(VecAXPY(weight, 1, after));
  PetscCall(VecScale(rate, dt));
  PetscCall(VecAXPY(rate, 1, before));
  PetscCall(VecAXPY(rate, -1, after));
  PetscFunctionReturn(0);
}

/* D_φ alone. */
static PetscErrorCode Values(OttoStepTheorem s, const OttoPair *pair, PetscReal value[])
{
  OttoDivergences d;

  PetscFunctionBegin;
  PetscCall(OttoDivergenceCompute(s->grid, pair, OTTO_MASK(OTTO_SMOOTH_COUNT) - 1, 0.5, &d));
  PetscCall(PetscArraycpy(value, d.divergence, OTTO_SMOOTH_COUNT));
  PetscFunctionReturn(0);
}

/* The state m of a step. */
static PetscErrorCode Middle(OttoStepTheorem s, const OttoPair *before, const OttoPair *after,
                             OttoPair *at)
{
  PetscFunctionBegin;
  *at = *after;
  if (s->method == OTTO_STEP_EULER) PetscFunctionReturn(0);
  *at = (OttoPair){.p = s->middle[0], .q = s->middle[1]};
  PetscCall(VecCopy(before->p, at->p));
  PetscCall(VecCopy(before->q, at->q));
  PetscCall(VecAXPBY(at->p, 0.5, 0.5, after->p));
  PetscCall(VecAXPBY(at->q, 0.5, 0.5, after->q));
  PetscFunctionReturn(0);
}

/* The identity between two pairs that are above 0. */
static PetscErrorCode Identity(OttoStepTheorem s, const OttoPair *before, const OttoPair *after,
                               OttoStepDecay *out)
{
  OttoPair at;
  OttoDissipation middle = {0};
  OttoSlopes rest;
  PetscReal end[OTTO_SMOOTH_COUNT] = {0}, of_end[OTTO_SMOOTH_COUNT] = {0};

  PetscFunctionBegin;
  PetscCall(Middle(s, before, after, &at));
  PetscCall(OttoDissipationCompute(s->generator, &at, s->rate[0], s->rate[1], &middle));
  PetscCall(Residual(s, out->dt, before->p, after->p, at.p, s->rate[0], s->work[0]));
  PetscCall(Residual(s, out->dt, before->q, after->q, at.q, s->rate[1], s->work[1]));
  PetscCall(OttoSlopesCompute(s->grid, &at, s->rate[0], s->rate[1], s->work[0], s->work[1], &rest));
  PetscCall(OttoBregmanCompute(s->grid, before, &at, out->bregman, out->bregman_noise));
  if (s->method == OTTO_STEP_EULER) {
    PetscCall(PetscArraycpy(out->after, middle.value, OTTO_SMOOTH_COUNT));
  } else {
    PetscCall(OttoBregmanCompute(s->grid, after, &at, end, of_end));
    PetscCall(Values(s, after, out->after));
  }
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    out->bregman[k] -= end[k];
    out->bregman_noise[k] += of_end[k];
    out->taken[k] = out->dt * middle.dissipation[k];
    out->rest[k] = rest.change[k];
    out->rest_noise[k] = rest.noise[k];
    out->slope[k] = rest.largest[k];
  }
  out->left = rest.left;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepTheoremDecay(OttoStepTheorem s, PetscReal t_before, PetscReal t,
                                    Vec p_before, Vec q_before, Vec p, Vec q, OttoStepDecay *out)
{
  OttoPair before, after;

  PetscFunctionBegin;
  Forward(s);
  *out = (OttoStepDecay){.dt = t - t_before};
  PetscCall(PetscArraycpy(out->before, s->last, OTTO_SMOOTH_COUNT));
  if (!q) q = q_before = s->rests;
  PetscCall(RaiseBoth(s, t_before, p_before, q_before, s->raised[0], &before));
  PetscCall(RaiseBoth(s, t, p, q, s->raised[1], &after));
  PetscCall(Raising(s, out->dt, &before, &out->raising));
  PetscCall(Identity(s, &before, &after, out));
  PetscCall(PetscArraycpy(s->last, out->after, OTTO_SMOOTH_COUNT));
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateFields(OttoStepTheorem s, PetscBool two)
{
  const PetscBool rough = s->method == OTTO_STEP_EULER ? PETSC_FALSE : PETSC_TRUE;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    const PetscBool moves = !i || two ? PETSC_TRUE : PETSC_FALSE;
    PetscCall(OttoFieldCreate(s->grid, &s->rate[i]));
    PetscCall(OttoFieldCreate(s->grid, &s->work[i]));
    if (!rough) continue;
    PetscCall(OttoFieldCreate(s->grid, &s->middle[i]));
    if (moves) PetscCall(OttoFieldCreate(s->grid, &s->past[i]));
    for (int k = 0; k < 2 && moves; k++) PetscCall(OttoFieldCreate(s->grid, &s->raised[k][i]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepTheoremCreate(OttoGenerator generator, OttoStepMethod method, Vec p, Vec q,
                                     Vec rests, OttoStepTheorem *theorem)
{
  OttoStepTheorem s;
  OttoPair start;

  PetscFunctionBegin;
  *theorem = NULL;
  OttoNeedGenerator(generator);
  PetscCall(PetscNew(&s));
  *theorem = s;
  s->generator = generator;
  s->grid = OttoGeneratorGetGrid(generator);
  s->method = method;
  s->rests = q ? NULL : rests;
  PetscCall(CreateFields(s, q ? PETSC_TRUE : PETSC_FALSE));
  if (s->past[0]) PetscCall(OttoGeneratorApply(generator, p, s->past[0]));
  if (s->past[1]) PetscCall(OttoGeneratorApply(generator, q, s->past[1]));
  if (!q && !rests) PetscFunctionReturn(0);
  PetscCall(RaiseBoth(s, 0, p, q ? q : rests, s->raised[0], &start));
  PetscCall(Values(s, &start, s->last));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepTheoremDestroy(OttoStepTheorem *theorem)
{
  OttoStepTheorem s = *theorem;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (int i = 0; i < 2; i++) {
    Vec *fields[] = {&s->rate[i], &s->work[i],      &s->middle[i],
                     &s->past[i], &s->raised[0][i], &s->raised[1][i]};
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) PetscCall(VecDestroy(fields[k]));
  }
  PetscCall(PetscFree(*theorem));
  PetscFunctionReturn(0);
}

/* dt I' and <∇D', ρ> are huge and cancel where a solve leaves its residual in tails; each is good
 * to some 20 eps. */
#define CANCELS (64 * PETSC_MACHINE_EPSILON)

void OttoStepInequality(const OttoStepDecay *d, PetscReal excess[], PetscReal noise[])
{
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    const PetscReal terms = d->taken[k] + d->rest[k] + d->rest_noise[k] + d->after[k];
    const PetscBool known =
        isfinite(d->before[k]) && isfinite(terms) && !d->left ? PETSC_TRUE : PETSC_FALSE;
    excess[k] = known ? d->taken[k] + d->rest[k] - (d->before[k] - d->after[k]) : NAN;
    noise[k] = d->rest_noise[k] + CANCELS * d->taken[k];
  }
}

void OttoDecaySumAdd(OttoDecaySum sums[], const OttoStepDecay *d, PetscReal allowed)
{
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    OttoDecaySum *s = &sums[k];
    const PetscReal step = d->taken[k] + d->bregman[k] + d->rest[k];
    const PetscReal noise = d->bregman_noise[k] + d->rest_noise[k] + CANCELS * d->taken[k] +
                            8 * PETSC_MACHINE_EPSILON * (d->before[k] + d->after[k]);
    const PetscBool known =
        isfinite(step + noise + d->before[k]) && !d->left ? PETSC_TRUE : PETSC_FALSE;
    if (!s->begun && known) *s = (OttoDecaySum){.start = d->before[k]};
    s->begun = known;
    s->last = d->after[k];
    s->sum += step;
    s->rest += d->rest[k];
    if (isfinite(allowed)) s->beyond += PetscMax(0, fabs(d->rest[k]) - d->slope[k] * allowed);
    s->noise += noise;
  }
}
