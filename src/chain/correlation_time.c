/*
 * C(t) = Σ a e^{Qᵀt} g at all times from one space: that of powers of the resolvent at the rate at
 * which g changes, grown until what it leaves is small (correlation_krylov.c). e^{Qᵀt} makes no L1
 * norm larger, so a residual r(s) of the law at times s before t leaves ∫ ‖r‖₁ ds in L1 at most: a
 * bound, not an estimate. Where the largest space does not reach the last time, it goes on from the
 * latest that it reaches.
 */
#include "correlation_krylov.h"
#include "core/fault.h"
#include <math.h>
#include <string.h>

#define M OTTO_KRYLOV_MOST
#define SOLVES 1e-13
#define EVERY 4      /* vectors between two looks at the bound */
#define SAMPLES 4000 /* of the residual, at most, after the first */
#define FEWEST 200
#define DOUBLINGS 24 /* of the first sample's time */
#define ROUNDING 1e-14
#define NEARER 4     /* poles of spaces that follow one another are that apart */
#define FARTHEST 1e6 /* pole, of the rate */
#define PATIENCE 6   /* spaces */
#define PARTS 1000   /* spaces, one after the other */

/* What a space leaves, from the residual at samples: those of the first interval at times that
 * double, then evenly. bound[k]: ∫ ‖r‖₁ up to time[k]. */
typedef struct {
  PetscInt count;
  PetscReal time[SAMPLES + DOUBLINGS + 2], bound[SAMPLES + DOUBLINGS + 2];
} Bounds;

/* Of one call. */
typedef struct {
  OttoCorrelation c;
  OttoKrylov *space;
  Bounds *left;
  Vec a, y;                 /* a centred; the state at `now` */
  PetscReal push;           /* the pole, of the rate of the state */
  PetscReal last;           /* how far the last space reached */
  PetscInt rest;            /* spaces before a nearer pole is tried; -1: it is */
  PetscReal now;            /* from where the space goes on */
  PetscReal end;            /* the last time */
  PetscReal weight;         /* of what is left in L1, in C */
  PetscReal within, spent;  /* bounds of C's error: at the end, up to now */
  PetscReal size, rounding; /* C(0); what squares of exponentials leave, per time */
} March;

/* Another sample; between two the residual is taken as the larger of both. */
static void AddSample(const March *s, PetscReal t, const PetscReal u[], PetscReal *before)
{
  PetscReal now = OttoKrylovResidual(s->space, u);
  const PetscInt k = s->left->count++;
  const PetscReal last = k ? s->left->time[k - 1] : 0, sum = k ? s->left->bound[k - 1] : 0;

  OttoFault("correlation_residual", 1, &now);
  s->left->time[k] = t;
  s->left->bound[k] = sum + (t - last) * PetscMax(*before, now);
  *before = now;
}

/* What errors add up to at the last sample. */
static PetscReal Spent(const March *s)
{
  return s->spent + s->weight * s->left->bound[s->left->count - 1];
}

/* Samples to the end, or until they leave too much; *reach: that up to which bounds are within what
 * time allows, -1: none. */
static PetscErrorCode Look(const March *s, PetscReal E[], PetscReal work[], PetscInt *reach)
{
  const PetscReal horizon = s->end - s->now;
  const PetscInt m = s->space->count;
  const PetscInt parts =
      (PetscInt)PetscMax(FEWEST, PetscMin(SAMPLES, 4 * s->space->sigma * horizon));
  const PetscReal dt = horizon / (PetscReal)parts;
  PetscReal u[M] = {s->space->beta}, v[M], before = 0;

  PetscFunctionBegin;
  PetscCall(OttoKrylovProject(s->space));
  s->left->count = 0;
  before = OttoKrylovResidual(s->space, u);
  OttoKrylovExponential(s->space, ldexp(dt, -DOUBLINGS), E, work);
  for (int k = DOUBLINGS; k >= 0; k--) {
    OttoKrylovMultiply(m, E, u, v);
    AddSample(s, ldexp(dt, -k), v, &before);
    if (k) OttoKrylovSquare(m, E, work);
  }
  for (PetscInt k = 2; k <= parts && Spent(s) <= s->within; k++) {
    memcpy(u, v, (size_t)m * sizeof *u);
    OttoKrylovMultiply(m, E, u, v);
    AddSample(s, (PetscReal)k * dt, v, &before);
  }
  for (*reach = s->left->count - 1; *reach >= 0; --*reach) {
    const PetscReal spent = s->spent + s->weight * s->left->bound[*reach];
    if (spent <= s->within * sqrt((s->now + s->left->time[*reach]) / s->end)) break;
  }
  PetscFunctionReturn(0);
}

/* C at the times from `next` on that the sample `reach` is not before, and the state there. */
static PetscErrorCode Take(March *s, PetscInt reach, PetscInt count, const PetscReal times[],
                           PetscReal E[], PetscReal work[], PetscInt *next, PetscReal C[],
                           PetscReal error[])
{
  PetscReal until = s->now + s->left->time[reach];
  const PetscInt m = s->space->count;
  PetscReal u[M] = {s->space->beta}, v[M], product[M], at = s->now, known = NAN;
  PetscInt k = 0;

  PetscFunctionBegin;
  if (until >= s->end * (1 - 1e-12)) until = s->end; /* rounding of times */
  s->rounding = PETSC_MACHINE_EPSILON * s->size * OttoKrylovSize(s->space);
  for (PetscInt j = 0; j < m; j++)
    PetscCall(OttoCorrelationProduct(s->c, s->a, s->space->V[j], &product[j]));
  while (at < until) {
    const PetscBool hit = *next < count && times[*next] <= until ? PETSC_TRUE : PETSC_FALSE;
    const PetscReal to = hit ? times[*next] : until, dt = to - at;
    if (!(fabs(dt - known) <= 1e-13 * dt)) OttoKrylovExponential(s->space, dt, E, work);
    known = dt;
    OttoKrylovMultiply(m, E, u, v);
    memcpy(u, v, (size_t)m * sizeof *u);
    at = to;
    if (!hit) break;
    while (k < reach && s->now + s->left->time[k] < to) k++;
    C[*next] = 0;
    for (PetscInt j = 0; j < m; j++) C[*next] += u[j] * product[j];
    error[*next] = s->spent + s->weight * s->left->bound[k] + s->rounding * (to - s->now);
    ++*next;
  }
  PetscCall(VecSet(s->y, 0));
  PetscCall(VecMAXPY(s->y, m, u, s->space->V));
  s->spent += s->weight * s->left->bound[reach] + s->rounding * (until - s->now);
  s->now = until;
  PetscFunctionReturn(0);
}

/* The pole of the next space. Where many modes turn at once it must be far, and once most have
 * decayed a nearer one reaches farther: that is tried now and then. */
static void Choose(March *s, PetscReal reached)
{
  if (s->rest < 0 && reached >= s->last) s->rest = 0; /* it is better */
  if (reached == 0 || s->rest < 0) {
    s->push *= NEARER;
    s->rest = PATIENCE;
  } else if (s->rest == 0 && s->push > 1) {
    s->push /= NEARER;
    s->rest = -1;
  } else if (s->rest > 0)
    s->rest--;
  if (reached > 0) s->last = reached;
}

/* One space, as far as it reaches. */
static PetscErrorCode Go(March *s, PetscInt count, const PetscReal times[], PetscReal E[],
                         PetscReal work[], PetscInt *next, PetscReal C[], PetscReal error[])
{
  PetscBool whole = PETSC_FALSE;
  PetscReal rate = 0;
  PetscInt reach = -1;

  PetscFunctionBegin;
  PetscCall(OttoCorrelationRate(s->c, s->y, &rate));
  PetscCall(OttoKrylovBegin(s->c, s->space, s->y, s->push * PetscMax(rate, 1 / (s->end - s->now))));
  while (s->space->count < M && !whole) {
    PetscCall(OttoKrylovGrow(s->c, s->space, &whole));
    if (s->space->count % EVERY && s->space->count < M && !whole) continue;
    PetscCall(Look(s, E, work, &reach));
    if (reach >= 0 && s->now + s->left->time[reach] >= s->end * (1 - 1e-12)) break;
  }
  Choose(s, reach < 0 ? 0 : s->left->time[reach]);
  if (reach < 0 && s->push <= FARTHEST) PetscFunctionReturn(0);
  if (reach < 0)
    OttoFail(OTTO_ERR_SOLVER,
             "autocorrelations from lag %g on: %d solves leave more than %.3g of C(0) at once",
             (double)s->now, M, (double)s->within);
  PetscCall(Take(s, reach, count, times, E, work, next, C, error));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationInTime(OttoCorrelation c, Vec a, Vec source, PetscInt count,
                                     const PetscReal times[], PetscReal tolerance, PetscReal C[],
                                     PetscReal error[])
{
  March s = {.c = c, .push = 1};
  PetscReal start = 0, most = 0, *E, *work;
  PetscErrorCode code = 0;
  PetscInt next = 0, part = 0;

  PetscFunctionBegin;
  PetscCall(OttoResolventSetTolerance(c->resolvent, SOLVES));
  PetscCall(OttoCorrelationCentre(c, a, &s.a));
  PetscCall(OttoCorrelationProduct(c, s.a, source, &start));
  PetscCall(VecNorm(s.a, NORM_INFINITY, &most));
  s.end = times[count - 1];
  s.weight = most * OttoGridGetInfo(c->grid)->cell_volume;
  s.size = fabs(start);
  s.within = tolerance * s.size;
  PetscCall(VecDuplicate(source, &s.y));
  PetscCall(VecCopy(source, s.y));
  PetscCall(OttoKrylovCreate(c, &s.space));
  PetscCall(PetscMalloc3(M * M, &E, M * M, &work, 1, &s.left));
  for (PetscInt i = 0; i < count; i++) C[i] = error[i] = NAN;
  for (; next < count && times[next] == 0; next++) { /* as it is */
    C[next] = start;
    error[next] = 0;
  }
  for (part = 0; next < count && part < PARTS && !code; part++)
    code = Go(&s, count, times, E, work, &next, C, error);
  for (PetscInt i = 0; i < count; i++) error[i] += ROUNDING * fabs(start);
  PetscCall(PetscFree3(E, work, s.left));
  PetscCall(OttoKrylovDestroy(&s.space));
  PetscCall(VecDestroy(&s.y));
  PetscCall(VecDestroy(&s.a));
  PetscCall(code);
  if (next < count)
    OttoFail(OTTO_ERR_SOLVER, "autocorrelations: %d times %d solves reach lag %g of %g", PARTS, M,
             (double)s.now, (double)s.end);
  PetscFunctionReturn(0);
}
