#include "ascent.h"
#include "boxes.h"
#include "core/buffer.h"
#include "core/vecmath.h"
#include "slope_limit.h"
#include <math.h>

/* A step whose gain is more than MOST of what the slope promised may grow, one whose gain is less
 * than LEAST of it shrinks (Armijo and Goldstein; Jacobs and Léger 2020, section 4). A map that is
 * rounded to cells makes slopes noisy, which promise more than they hold: a step shrinks to
 * SMALLEST of the first at once, and beyond that where the value has not grown for PATIENCE
 * iterations. */
#define MOST 0.75
#define LEAST 0.25
#define SHRINK 0.8
#define FIRST 4 /* step, in units of the inverse of the largest density (ibid.) */
#define SMALLEST 0.5
#define PATIENCE 10

/* Of the metric's density √D falls by this times √κ at most, per length and axis: θ = FALL √dim,
 * and ∫ |∇(√D u)|² + κDu² ≥ λ ∫ D (|∇u|² + κu²), λ² − (2 + θ²) λ + 1 = 0: λ is 0.70, 0.62 and 0.55
 * for dim = 1, 2, 3. That bounds the curvature by 1/λ, and steps with momentum converge below 4/3
 * of its inverse: STEADY λ is the length of all, in units of FIRST's, but where turns that lose are
 * undone. What gains promise and hold is not asked: steps that grow by it come to diverge where
 * densities are small. */
#define FALL 0.35
#define STEADY 1.3

#define TAIL 1e-3 /* of the largest density: the metric's is nowhere smaller */
#define SOME 256  /* cells whose sum is a plain one, before it is compensated */

/* 1/λ of the second differences with the grid's widths. */
static PetscReal InverseLaplace(PetscInt dim, const PetscReal kappa[], void *context)
{
  const OttoGridInfo *g = (const OttoGridInfo *)context;
  PetscReal lambda = 0;

  for (PetscInt j = 0; j < dim; j++) {
    const PetscReal s = 2 * sin(0.5 * kappa[j] * g->h[j]) / g->h[j];
    lambda += s * s;
  }
  return lambda > 0 ? 1 / lambda : 0;
}

/* What is screened. */
typedef struct {
  const OttoGridInfo *g;
  PetscReal screening;
} Screened;

/* 1/(λ + κ). */
static PetscReal InverseScreened(PetscInt dim, const PetscReal kappa[], void *context)
{
  const Screened *s = (const Screened *)context;
  const PetscReal inverse = InverseLaplace(dim, kappa, (void *)(uintptr_t)s->g);

  return inverse > 0 ? inverse / (1 + s->screening * inverse) : 1 / s->screening;
}

/* The symbol of a screening, and room for the metric's density at both ends. */
static PetscErrorCode Screen(OttoAscent a, PetscReal screening)
{
  Screened s = {a->g, screening};
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  if (!a->climb || screening != a->screening) {
    PetscCall(OttoSymbolDestroy(&a->climb));
    PetscCall(OttoSymbolCreate(a->transform, InverseScreened, &s, &a->climb));
    a->screening = screening;
  }
  for (int k = 0; k < 2 && !code; k++)
    if (!a->metric[k]) code = OttoBufferCreate((size_t)a->g->local_cells, &a->metric[k]);
  PetscFunctionReturn(OttoAgree(a->g->comm, code));
}

PetscErrorCode OttoAscentSetMetric(OttoAscent a, PetscReal screening, const PetscReal stiff[])
{
  const PetscReal *density[2] = {a->p, a->q};

  PetscFunctionBegin;
  PetscCall(Screen(a, screening));
  for (int k = 0; k < 2; k++) {
    PetscReal *d = a->metric[k];
    for (PetscInt64 c = 0; c < a->g->local_cells; c++)
      d[c] = PetscMax(PetscMax(density[k][c], stiff[c]), TAIL * a->most);
    PetscCall(OttoSlopeLimit(a->grid, 2 * FALL * PetscSqrtReal(screening), d));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAscentCreate(OttoGrid grid, OttoAscent *ascent)
{
  OttoAscent a;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(&a));
  *ascent = a;
  a->grid = grid;
  a->g = OttoGridGetInfo(grid);
  PetscCall(OttoCTransformCreate(grid, &a->c));
  PetscCall(OttoTransformCreate(grid, &a->transform));
  PetscCall(OttoTransformSetUp(a->transform));
  PetscCall(OttoSymbolCreate(a->transform, InverseLaplace, (void *)(uintptr_t)a->g, &a->poisson));
  PetscCall(OttoFieldCreate(grid, &a->phi));
  PetscCall(OttoFieldCreate(grid, &a->psi));
  PetscCall(OttoFieldCreate(grid, &a->residual));
  PetscCall(OttoFieldCreate(grid, &a->before));
  const size_t cells = (size_t)a->g->local_cells;
  code = OttoBufferCreate(cells, &a->p);
  if (!code) code = OttoBufferCreate(cells, &a->q);
  if (!code) code = OttoBufferCreate(cells, &a->pushed);
  for (PetscInt j = 0; j < a->g->dim && !code; j++) {
    code = OttoBufferCreate(cells, &a->lower[j]);
    if (!code) code = OttoBufferCreate(cells, &a->upper[j]);
  }
  code = OttoAgree(a->g->comm, code);
  if (code) PetscCall(OttoAscentDestroy(ascent));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoAscentDestroy(OttoAscent *ascent)
{
  OttoAscent a = *ascent;

  PetscFunctionBegin;
  if (!a) PetscFunctionReturn(0);
  PetscCall(OttoCTransformDestroy(&a->c));
  PetscCall(OttoSymbolDestroy(&a->poisson));
  PetscCall(OttoSymbolDestroy(&a->climb));
  PetscCall(OttoTransformDestroy(&a->transform));
  PetscCall(VecDestroy(&a->phi));
  PetscCall(VecDestroy(&a->psi));
  PetscCall(VecDestroy(&a->residual));
  PetscCall(VecDestroy(&a->before));
  PetscCall(OttoBufferDestroy(&a->p));
  PetscCall(OttoBufferDestroy(&a->q));
  PetscCall(OttoBufferDestroy(&a->pushed));
  for (int k = 0; k < 2; k++) PetscCall(OttoBufferDestroy(&a->metric[k]));
  for (PetscInt j = 0; j < 3; j++) {
    PetscCall(OttoBufferDestroy(&a->lower[j]));
    PetscCall(OttoBufferDestroy(&a->upper[j]));
  }
  PetscCall(PetscFree(*ascent));
  PetscFunctionReturn(0);
}

size_t OttoAscentBytes(OttoAscent a)
{
  return (size_t)a->g->local_cells * (size_t)(7 + 2 * !!a->metric[0] + 2 * a->g->dim) *
             sizeof(PetscReal) +
         OttoCTransformBytes(a->c) + OttoTransformBytes(a->transform) +
         OttoSymbolBytes(a->poisson) + (a->climb ? OttoSymbolBytes(a->climb) : 0);
}

static PetscReal Volume(const OttoGridInfo *g)
{
  return g->cell_volume * (PetscReal)g->cells;
}

/* Σ (a b + c d) of a few cells. */
OTTO_VECTOR_CLONES static PetscReal Products(PetscInt64 n, const PetscReal *a, const PetscReal *b,
                                             const PetscReal *c, const PetscReal *d)
{
  PetscReal sum = 0;

#pragma omp simd reduction(+ : sum)
  for (PetscInt64 i = 0; i < n; i++) sum += a[i] * b[i] + c[i] * d[i];
  return sum;
}

/* phi += step u of a few cells; Σ (p − pushed) u. */
OTTO_VECTOR_CLONES static PetscReal Step(PetscInt64 n, PetscReal step, const PetscReal *restrict u,
                                         const PetscReal *restrict p,
                                         const PetscReal *restrict pushed, PetscReal *restrict phi)
{
  PetscReal sum = 0;

#pragma omp simd reduction(+ : sum)
  for (PetscInt64 i = 0; i < n; i++) {
    sum += (p[i] - pushed[i]) * u[i];
    phi[i] += step * u[i];
  }
  return sum;
}

/* after = before^c. */
static PetscErrorCode Conjugate(OttoAscent a, Vec before, Vec after)
{
  const PetscScalar *f;
  PetscScalar *s;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(before, &f));
  PetscCall(VecGetArray(after, &s));
  PetscCall(OttoCTransformApply(a->c, OTTO_C_GRID, f, s));
  PetscCall(VecRestoreArray(after, &s));
  PetscCall(VecRestoreArrayRead(before, &f));
  PetscFunctionReturn(0);
}

/* A free p follows phi; the constant that its mass asks for goes from psi to phi. */
static PetscErrorCode Follow(OttoAscent a)
{
  const PetscScalar *f;
  PetscReal shift = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(a->phi, &f));
  PetscCall(a->end.density(a->end.context, f, a->p, &shift, &a->functional));
  PetscCall(VecRestoreArrayRead(a->phi, &f));
  PetscCall(VecShift(a->phi, shift));
  PetscCall(VecShift(a->psi, -shift));
  PetscFunctionReturn(0);
}

/* The value of the two potentials. */
static PetscErrorCode Value(OttoAscent a)
{
  const PetscInt64 n = a->g->local_cells;
  const PetscScalar *f, *s;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  if (a->end.density) PetscCall(Follow(a));
  PetscCall(VecGetArrayRead(a->phi, &f));
  PetscCall(VecGetArrayRead(a->psi, &s));
  for (PetscInt64 c = 0; c < n; c += SOME)
    OttoSumAdd(&sum, Products(PetscMin(SOME, n - c), f + c, a->p + c, s + c, a->q + c));
  PetscCall(VecRestoreArrayRead(a->psi, &s));
  PetscCall(VecRestoreArrayRead(a->phi, &f));
  PetscCall(OttoSumReduce(a->g->comm, 1, &sum));
  a->value = OttoSumValue(sum) * a->g->cell_volume + a->functional;
  PetscFunctionReturn(0);
}

/* Of the first step, in units of the inverse of the largest density. */
static PetscReal Length(OttoAscent a)
{
  PetscInt dim = 0;

  for (PetscInt j = 0; j < a->g->dim; j++) dim += a->g->n[j] > 1;
  const PetscReal half = 1 + 0.5 * PetscSqr(FALL) * (PetscReal)dim;
  return a->end.density ? STEADY * (half - PetscSqrtReal(half * half - 1)) : FIRST;
}

PetscErrorCode OttoAscentBegin(OttoAscent a)
{
  PetscReal most = 0;

  PetscFunctionBegin;
  PetscCall(Conjugate(a, a->phi, a->psi));
  PetscCall(Conjugate(a, a->psi, a->phi));
  PetscCall(Value(a));
  for (PetscInt64 c = 0; c < a->g->local_cells; c++) {
    most = PetscMax(most, a->p[c]);
    most = PetscMax(most, a->q[c]);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX, a->g->comm));
  a->most = most;
  a->step = Length(a) / (most * Volume(a->g));
  a->least = SMALLEST * a->step;
  a->best = a->value;
  a->idle = 0;
  a->momentum = 1;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAscentTighten(OttoAscent a)
{
  PetscFunctionBegin;
  PetscCall(Conjugate(a, a->phi, a->psi));
  PetscCall(Value(a));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAscentImage(OttoAscent a, OttoImageForm form, Vec potential)
{
  const PetscScalar *f;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(potential, &f));
  PetscCall(OttoImage(a->grid, form, f, a->lower, a->upper));
  PetscCall(VecRestoreArrayRead(potential, &f));
  PetscFunctionReturn(0);
}

/* residual = p − (the map of psi)# q, relative to the mean density. Images without thresholds where
 * an end is free: what it is goes on smoothly with the potential, rounding does not grow. */
static PetscErrorCode Residual(OttoAscent a, Vec psi, const PetscReal p[], const PetscReal q[])
{
  const OttoImageForm form = a->end.density ? OTTO_IMAGE_WHOLE : OTTO_IMAGE_TARGETS;
  const PetscReal per_mean = Volume(a->g);
  PetscScalar *r;

  PetscFunctionBegin;
  PetscCall(OttoAscentImage(a, form, psi));
  PetscCall(PetscArrayzero(a->pushed, a->g->local_cells));
  PetscCall(OttoBoxesDeposit(a->grid, (const PetscReal *const *)a->lower,
                             (const PetscReal *const *)a->upper, q, a->pushed));
  PetscCall(VecGetArray(a->residual, &r));
  for (PetscInt64 c = 0; c < a->g->local_cells; c++) r[c] = (p[c] - a->pushed[c]) * per_mean;
  PetscCall(VecRestoreArray(a->residual, &r));
  PetscFunctionReturn(0);
}

/* r over the root of the metric's density, per the largest when the ascent began. */
OTTO_VECTOR_CLONES static void Weigh(PetscInt64 n, PetscReal most, const PetscReal *restrict p,
                                     const PetscReal *restrict metric, PetscReal *restrict r)
{
  for (PetscInt64 i = 0; i < n; i++)
    r[i] *= PetscSqrtReal(most / (p[i] > metric[i] ? p[i] : metric[i]));
}

/* The residual becomes the direction in which the potential at the end of p climbs. */
static PetscErrorCode Direct(OttoAscent a, const PetscReal p[])
{
  const PetscReal *metric = a->metric[p == a->p ? 0 : 1];
  const PetscInt64 n = a->g->local_cells;
  const OttoSymbol symbol = a->climb ? a->climb : a->poisson;
  PetscScalar *r;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    if (metric) {
      PetscCall(VecGetArray(a->residual, &r));
      Weigh(n, a->most, p, metric, r);
      PetscCall(VecRestoreArray(a->residual, &r));
    }
    if (k == 0) PetscCall(OttoTransformApplySymbol(a->transform, a->residual, symbol, a->residual));
  }
  PetscFunctionReturn(0);
}

/* A turn: phi climbs from where psi = phi^c stands, and psi follows. *promise: what the slope there
 * says that the value will gain. */
static PetscErrorCode Turn(OttoAscent a, Vec phi, Vec psi, PetscReal *promise)
{
  const PetscBool forth = phi == a->phi ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal *p = forth ? a->p : a->q, *q = forth ? a->q : a->p;
  const PetscInt64 n = a->g->local_cells;
  const PetscScalar *u;
  PetscScalar *f;
  OttoSum slope = {0, 0};

  PetscFunctionBegin;
  PetscCall(Residual(a, psi, p, q));
  PetscCall(Direct(a, p));
  PetscCall(VecGetArrayRead(a->residual, &u));
  PetscCall(VecGetArray(phi, &f));
  for (PetscInt64 c = 0; c < n; c += SOME)
    OttoSumAdd(&slope, Step(PetscMin(SOME, n - c), a->step, u + c, p + c, a->pushed + c, f + c));
  PetscCall(VecRestoreArray(phi, &f));
  PetscCall(VecRestoreArrayRead(a->residual, &u));
  PetscCall(OttoSumReduce(a->g->comm, 1, &slope));
  PetscCall(Conjugate(a, phi, psi));
  *promise = a->step * OttoSumValue(slope) * a->g->cell_volume;
  PetscFunctionReturn(0);
}

/* phi is what it was an iteration ago, without momentum. */
static PetscErrorCode GoBack(OttoAscent a)
{
  PetscFunctionBegin;
  PetscCall(VecCopy(a->before, a->phi));
  PetscCall(OttoAscentTighten(a));
  a->momentum = 1;
  PetscFunctionReturn(0);
}

/* phi goes on beyond itself, from where it was an iteration ago, and psi follows; where the value
 * falls by it, phi goes back, and the momentum is lost. */
static PetscErrorCode Leap(OttoAscent a)
{
  const PetscReal next = 0.5 * (1 + PetscSqrtReal(1 + 4 * a->momentum * a->momentum));
  const PetscReal beyond = (a->momentum - 1) / next, value = a->value;
  PetscScalar *f, *before;

  PetscFunctionBegin;
  PetscCall(VecGetArray(a->phi, &f));
  PetscCall(VecGetArray(a->before, &before));
  for (PetscInt64 c = 0; c < a->g->local_cells; c++) {
    const PetscReal now = f[c];
    if (beyond > 0) f[c] = now + beyond * (now - before[c]);
    before[c] = now;
  }
  PetscCall(VecRestoreArray(a->before, &before));
  PetscCall(VecRestoreArray(a->phi, &f));
  PetscCall(Conjugate(a, a->phi, a->psi));
  PetscCall(Value(a));
  a->momentum = next;
  if (beyond > 0 && !(a->value >= value)) PetscCall(GoBack(a));
  PetscFunctionReturn(0);
}

/* The step of the next iteration. */
static void Adapt(OttoAscent a, PetscReal gain, PetscReal promise)
{
  a->idle = a->value > a->best ? 0 : a->idle + 1;
  a->best = PetscMax(a->best, a->value);
  if (a->end.density && !a->careful) return;
  if (gain > MOST * promise)
    a->step /= SHRINK;
  else if (gain < LEAST * promise)
    a->step = PetscMax(SHRINK * a->step, a->least);
  if (a->idle < PATIENCE) return;
  a->idle = 0;
  a->step = a->least *= 0.5;
}

PetscErrorCode OttoAscentIterate(OttoAscent a)
{
  PetscReal before, gain, promise, other;
  PetscBool undone = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(Leap(a));
  before = a->value;
  PetscCall(Turn(a, a->phi, a->psi, &promise));
  PetscCall(Conjugate(a, a->psi, a->phi)); /* c-concave: a map that the turn of psi pushes by */
  PetscCall(Value(a));
  gain = a->value - before;
  if (a->careful && gain < 0) {
    PetscCall(GoBack(a));
    before = a->value;
    undone = PETSC_TRUE;
  }
  PetscCall(Turn(a, a->psi, a->phi, &other));
  PetscCall(Value(a));
  if (undone) /* the turn of psi alone says how long a step may be */
    Adapt(a, a->value - before, other);
  else
    Adapt(a, gain, promise);
  PetscFunctionReturn(0);
}
