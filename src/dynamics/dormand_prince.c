#include "dormand_prince.h"
#include "core/buffer.h"
#include "core/vecmath.h"
#include <math.h>
#include <string.h>

#define LANES 8      /* loops go over whole vectors; arrays are a multiple of them long */
#define MOST_TERMS 9 /* of a sum of slopes */
#define NO_STAGE 0   /* whose sum is empty */
#define INLINE static inline __attribute__((always_inline))

/* Where the slope of a stage is kept: the last two replace those of stages 2 and 3, which nothing
 * asks for any more. */
static const int slot[OTTO_RK_STAGES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2};

/* What a stage sums: the table's entries that are not 0. */
static const int counts[OTTO_RK_STAGES] = {0, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9};
static const int stages[OTTO_RK_STAGES][MOST_TERMS] = {
    {0},
    {0},
    {0, 1},
    {0, 2},
    {0, 2, 3},
    {0, 3, 4},
    {0, 3, 4, 5},
    {0, 3, 4, 5, 6},
    {0, 3, 4, 5, 6, 7},
    {0, 3, 4, 5, 6, 7, 8},
    {0, 3, 4, 5, 6, 7, 8, 9},
    {0, 3, 4, 5, 6, 7, 8, 9, 10},
};

static PetscReal *Component(const OttoDormandPrince *batch, PetscReal *state, PetscInt c)
{
  return state + c * batch->width;
}

/* What follows log J. */
static PetscInt Derivative(const OttoDormandPrince *batch)
{
  return batch->dim + 1;
}

PetscErrorCode OttoDormandPrinceCreate(OttoDynamics dynamics, PetscBool derivative,
                                       OttoDormandPrince **created)
{
  OttoDormandPrince *batch;
  const OttoGridInfo *g = dynamics->g;
  size_t state, doubles;

  PetscFunctionBegin;
  PetscCall(PetscNew(&batch));
  *created = batch;
  batch->dynamics = dynamics;
  batch->dim = g->dim;
  batch->width = OTTO_BATCH(g->dim);
  batch->derivative = derivative;
  batch->divergence = !dynamics->keeps_volume;
  batch->components = g->dim + 1 + (derivative ? g->dim * g->dim : 0);
  state = (size_t)(batch->components * batch->width);
  doubles = 12 * state + (size_t)((g->dim * g->dim + 4) * batch->width);
  PetscCall(OttoBufferCreate(doubles, &batch->memory));
  memset(batch->memory, 0, doubles * sizeof(PetscReal)); /* also what pads a vector is a number */
  batch->y = batch->memory;
  batch->trial = batch->y + state;
  for (int s = 0; s < 10; s++) batch->k[s] = batch->trial + (size_t)(s + 1) * state;
  batch->gradient = batch->k[9] + state;
  batch->norms = batch->gradient + g->dim * g->dim * batch->width;
  for (PetscInt j = 0; j < g->dim; j++) batch->weight[j] = 1 / PetscSqr(g->upper[j] - g->lower[j]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDormandPrinceDestroy(OttoDormandPrince **batch)
{
  PetscFunctionBegin;
  if (!*batch) PetscFunctionReturn(0);
  PetscCall(OttoBufferDestroy(&(*batch)->memory));
  PetscCall(PetscFree(*batch));
  PetscFunctionReturn(0);
}

size_t OttoDormandPrinceBytes(const OttoDormandPrince *batch)
{
  const PetscInt doubles = 12 * batch->components + batch->dim * batch->dim + 4;
  return sizeof *batch + (size_t)(doubles * batch->width) * sizeof(PetscReal);
}

/* ---- loops ---- */

/* out = y + Σ a k over what a stage sums; slopes of a slot are `state` after those of the one
 * before, and a[] is h times the table's row. */
INLINE void Combine(int stage, PetscInt components, PetscInt width, PetscInt n, PetscInt state,
                    const PetscReal a[], const PetscReal *k, const PetscReal *y,
                    PetscReal *restrict out)
{
  for (PetscInt c = 0; c < components; c++) {
    const PetscInt base = c * width;
#pragma omp simd
    for (PetscInt p = base; p < base + n; p++) {
      PetscReal sum = 0;
#pragma GCC unroll 9
      for (int j = 0; j < counts[stage]; j++) sum += a[j] * k[slot[stages[stage][j]] * state + p];
      out[p] = y[p] + sum;
    }
  }
}

/* slope = ∇v (y + Σ a k) of DΦ, a column at a time; all that is added to a pointer but p is known
 * to the compiler. */
INLINE void Vary(int dim, int stage, PetscInt n, const PetscReal a[], const PetscReal *gradient,
                 const PetscReal *k, const PetscReal *y, PetscReal *restrict slope)
{
  const int width = OTTO_BATCH(dim), state = (dim + 1 + dim * dim) * width;

  for (int column = 0; column < dim; column++) {
#pragma omp simd
    for (PetscInt p = 0; p < n; p++) {
      PetscReal now[DIM];
#pragma GCC unroll 3
      for (int l = 0; l < dim; l++) {
        const int at = (l * dim + column) * width;
        PetscReal sum = 0;
#pragma GCC unroll 9
        for (int j = 0; j < counts[stage]; j++)
          sum += a[j] * k[slot[stages[stage][j]] * state + at + p];
        now[l] = y[at + p] + sum;
      }
#pragma GCC unroll 3
      for (int i = 0; i < dim; i++) {
        PetscReal sum = 0;
#pragma GCC unroll 3
        for (int l = 0; l < dim; l++) sum += gradient[(i * dim + l) * width + p] * now[l];
        slope[(i * dim + column) * width + p] = sum;
      }
    }
  }
}

#define FOR_STAGES(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

OTTO_VECTOR_CLONES static void CombineAny(int stage, PetscInt components, PetscInt width,
                                          PetscInt points, const PetscReal a[], const PetscReal *k,
                                          PetscInt state, const PetscReal *y, PetscReal *out)
{
  const PetscInt n = (points + LANES - 1) / LANES * LANES;
#define DO(s)                                                                                      \
  case s:                                                                                          \
    Combine(s, components, width, n, state, a, k, y, out);                                         \
    break;
  switch (stage) {
    FOR_STAGES(DO)
  }
#undef DO
}

/* Of DΦ alone: k, y and slope point at it. */
#define VARY(dim)                                                                                  \
  OTTO_VECTOR_CLONES static void Vary##dim(int stage, PetscInt points, const PetscReal a[],        \
                                           const PetscReal *gradient, const PetscReal *k,          \
                                           const PetscReal *y, PetscReal *slope)                   \
  {                                                                                                \
    const PetscInt n = (points + LANES - 1) / LANES * LANES;                                       \
    switch (stage) {                                                                               \
      FOR_STAGES(VARY_##dim)                                                                       \
    }                                                                                              \
  }
#define VARY_CASE(dim, stage)                                                                      \
  case stage:                                                                                      \
    Vary(dim, stage, n, a, gradient, k, y, slope);                                                 \
    break;
#define VARY_1(stage) VARY_CASE(1, stage)
#define VARY_2(stage) VARY_CASE(2, stage)
#define VARY_3(stage) VARY_CASE(3, stage)
VARY(1)
VARY(2)
VARY(3)

OTTO_VECTOR_CLONES static void Trace(PetscInt dim, PetscInt width, PetscInt points,
                                     const PetscReal *gradient, PetscReal *restrict trace)
{
  const PetscInt n = (points + LANES - 1) / LANES * LANES;

  for (PetscInt p = 0; p < n; p++) trace[p] = gradient[p];
  for (PetscInt i = 1; i < dim; i++)
    for (PetscInt p = 0; p < n; p++) trace[p] += gradient[(i * dim + i) * width + p];
}

/* Stages that weigh in the result and in the estimates of its error, and their slots. */
#define WEIGHED 8
static const int weighed[WEIGHED] = {0, 5, 6, 7, 8, 9, 10, 11};
enum { STAGE_1 = 0, STAGE_9 = 4, STAGE_12 = 7 }; /* of these, those with a weight of order 3 */

typedef struct {
  PetscReal h, b[WEIGHED], error5[WEIGHED], third[WEIGHED];
  const PetscReal *k[WEIGHED];
} Weights;

/* A component after the step, what its errors of orders 5 and 3 add to the squares sum5 and sum3,
 * and, unless NULL, size += y². */
OTTO_VECTOR_CLONES static void Finish(PetscInt base, PetscInt points, const Weights *weights,
                                      PetscReal weight, const PetscReal *y, PetscReal *restrict out,
                                      PetscReal *restrict sum5, PetscReal *restrict sum3,
                                      PetscReal *restrict size)
{
  const PetscInt n = (points + LANES - 1) / LANES * LANES;
  const Weights w = *weights;

#pragma omp simd
  for (PetscInt p = 0; p < n; p++) {
    PetscReal sum = 0, five = 0;
#pragma GCC unroll 8
    for (int j = 0; j < WEIGHED; j++) {
      sum += w.b[j] * w.k[j][base + p];
      five += w.error5[j] * w.k[j][base + p];
    }
    PetscReal three = sum - w.third[STAGE_1] * w.k[STAGE_1][base + p];
    three -= w.third[STAGE_9] * w.k[STAGE_9][base + p];
    three -= w.third[STAGE_12] * w.k[STAGE_12][base + p];
    out[base + p] = y[base + p] + w.h * sum;
    sum5[p] += weight * five * five;
    sum3[p] += weight * three * three;
  }
  if (!size) return;
#pragma omp simd
  for (PetscInt p = 0; p < n; p++) size[p] += y[base + p] * y[base + p];
}

/* Errors of DΦ relative to its largest entry, which is at least its norm over dim. */
OTTO_VECTOR_CLONES static void Relate(PetscInt dim, PetscInt points, const PetscReal *restrict size,
                                      PetscReal *restrict sum5, PetscReal *restrict sum3)
{
  const PetscReal square = (PetscReal)(dim * dim);

  for (PetscInt p = 0; p < points; p++) {
    const PetscReal scale = square / (size[p] + DBL_MIN);
    sum5[p] *= scale;
    sum3[p] *= scale;
  }
}

/* The estimate: of order 7, that of order 5 times a factor of order 2 that the one of order 3 gives
 * (HNW II.10, (10.17)). */
OTTO_VECTOR_CLONES static void Estimate(PetscInt points, const PetscReal *restrict sum5,
                                        const PetscReal *restrict sum3, PetscReal *restrict error)
{
  for (PetscInt p = 0; p < points; p++)
    error[p] = sum5[p] / sqrt(sum5[p] + 0.01 * sum3[p] + DBL_MIN);
}

/* ---- steps ---- */

/* h times the row of a stage. */
static void Row(PetscReal h, int stage, PetscReal a[])
{
  for (int j = 0; j < counts[stage]; j++)
    a[j] = h * OttoDormandPrinceTable.a[stage][stages[stage][j]];
}

/* The slope k at time t: velocity at the positions of `at`; what it makes of log J; and of DΦ,
 * which is y and the sum a[] of a stage. */
static PetscErrorCode Slope(OttoDormandPrince *batch, PetscReal t, PetscReal *at, int stage,
                            const PetscReal a[], PetscReal *k)
{
  const PetscInt dim = batch->dim, width = batch->width, d = Derivative(batch) * width;
  const PetscBool needed = (PetscBool)(batch->derivative || batch->divergence);
  const PetscReal *x[DIM];
  PetscReal *v[DIM], *gradient[DIM * DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    x[j] = Component(batch, at, j);
    v[j] = Component(batch, k, j);
  }
  for (PetscInt i = 0; i < dim * dim; i++) gradient[i] = Component(batch, batch->gradient, i);
  PetscCall(
      batch->dynamics->ops->velocity(batch->dynamics, t, batch->n, x, v, needed ? gradient : NULL));
  batch->evaluations += batch->n;
  if (batch->divergence) Trace(dim, width, batch->n, batch->gradient, Component(batch, k, dim));
  if (!batch->derivative) PetscFunctionReturn(0);
  if (dim == 1)
    Vary1(stage, batch->n, a, batch->gradient, batch->k[0] + d, batch->y + d, k + d);
  else if (dim == 2)
    Vary2(stage, batch->n, a, batch->gradient, batch->k[0] + d, batch->y + d, k + d);
  else
    Vary3(stage, batch->n, a, batch->gradient, batch->k[0] + d, batch->y + d, k + d);
  PetscFunctionReturn(0);
}

static void Weigh(const OttoDormandPrince *batch, PetscReal h, Weights *w)
{
  w->h = h;
  for (int j = 0; j < WEIGHED; j++) {
    w->b[j] = OttoDormandPrinceTable.b[weighed[j]];
    w->error5[j] = OttoDormandPrinceTable.error5[weighed[j]];
    w->third[j] = OttoDormandPrinceTable.third[weighed[j]];
    w->k[j] = batch->k[slot[weighed[j]]];
  }
}

PetscErrorCode OttoDormandPrinceTry(OttoDormandPrince *batch, PetscReal t, PetscReal h,
                                    PetscReal *error, PetscInt *worst)
{
  const PetscInt width = batch->width, n = batch->n, dim = batch->dim;
  PetscReal *sum5 = batch->norms, *sum3 = sum5 + width, *size = sum3 + width, *point = size + width;
  Weights w;

  PetscFunctionBegin;
  for (int s = 1; s < OTTO_RK_STAGES; s++) {
    PetscReal a[MOST_TERMS];
    Row(h, s, a);
    CombineAny(s, dim, width, n, a, batch->k[0], batch->components * width, batch->y, batch->trial);
    PetscCall(Slope(batch, t + OttoDormandPrinceTable.node[s] * h, batch->trial, s, a,
                    batch->k[slot[s]]));
  }
  Weigh(batch, h, &w);
  memset(sum5, 0, (size_t)(3 * width) * sizeof(PetscReal));
  for (PetscInt c = Derivative(batch); c < batch->components; c++)
    Finish(c * width, n, &w, 1, batch->y, batch->trial, sum5, sum3, size);
  if (batch->derivative) Relate(dim, n, size, sum5, sum3);
  for (PetscInt c = 0; c < dim + (batch->divergence ? 1 : 0); c++)
    Finish(c * width, n, &w, c < dim ? batch->weight[c] : 1, batch->y, batch->trial, sum5, sum3,
           NULL);
  Estimate(n, sum5, sum3, point);
  *error = 0;
  *worst = 0;
  for (PetscInt p = 0; p < n; p++) {
    if (point[p] <= *error) continue;
    *worst = p;
    *error = PetscIsInfOrNanReal(point[p]) ? INFINITY : point[p];
    if (*error == INFINITY) break;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDormandPrinceAccept(OttoDormandPrince *batch, PetscReal t, PetscBool further)
{
  PetscReal *y = batch->trial;

  PetscFunctionBegin;
  batch->trial = batch->y;
  batch->y = y;
  if (further) PetscCall(Slope(batch, t, y, NO_STAGE, NULL, batch->k[0]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDormandPrinceStart(OttoDormandPrince *batch, PetscReal t)
{
  const PetscReal *x[DIM];
  PetscReal *v[DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < batch->dim; j++) {
    x[j] = Component(batch, batch->y, j);
    v[j] = Component(batch, batch->k[0], j);
  }
  PetscCall(OttoDynamicsVelocity(batch->dynamics, t, batch->n, x, v, NULL)); /* it looks at them */
  PetscCall(Slope(batch, t, batch->y, NO_STAGE, NULL, batch->k[0]));
  PetscFunctionReturn(0);
}

/* The largest slope a − b of any point, as errors are measured. */
static PetscReal Fastest(OttoDormandPrince *batch, const PetscReal *a, const PetscReal *b)
{
  const PetscInt dim = batch->dim, width = batch->width;
  PetscReal fastest = 0;

  for (PetscInt p = 0; p < batch->n; p++) {
    PetscReal rest = 0, change = 0, size = DBL_MIN;
    for (PetscInt c = 0; c < batch->components; c++) {
      const PetscReal v = a[c * width + p] - (b ? b[c * width + p] : 0);
      if (c <= dim) {
        rest += v * v * (c < dim ? batch->weight[c] : 1);
      } else {
        change += v * v;
        size += PetscSqr(batch->y[c * width + p]);
      }
    }
    fastest = PetscMax(fastest, sqrt(rest + change * (PetscReal)(dim * dim) / size));
  }
  return fastest;
}

PetscErrorCode OttoDormandPrinceFirstStep(OttoDormandPrince *batch, PetscReal t,
                                          PetscReal tolerance, PetscReal most, PetscReal *h)
{
  const PetscReal sign = most < 0 ? -1 : 1, room = fabs(most);
  const PetscReal rate = Fastest(batch, batch->k[0], NULL);
  const PetscReal small = PetscMin(room, rate > 0 ? 0.01 / rate : room);
  const PetscReal step[1] = {sign * small}; /* of Euler, which is what stage 1 does */
  PetscReal larger, bend;

  PetscFunctionBegin;
  CombineAny(1, batch->dim, batch->width, batch->n, step, batch->k[0],
             batch->components * batch->width, batch->y, batch->trial);
  PetscCall(Slope(batch, t + sign * small, batch->trial, 1, step, batch->k[1]));
  bend = Fastest(batch, batch->k[1], batch->k[0]) / small;
  larger = PetscMax(rate, bend);
  *h = sign * PetscMin(room, PetscMin(100 * small,
                                      larger > 0 ? pow(0.01 * tolerance / larger, 0.125) : room));
  if (PetscIsInfOrNanReal(bend)) *h = sign * small;
  PetscFunctionReturn(0);
}

void OttoDormandPrinceDrop(OttoDormandPrince *batch, PetscInt p)
{
  const PetscInt last = --batch->n;

  for (PetscInt c = 0; c < batch->components; c++) {
    PetscReal *y = Component(batch, batch->y, c), *k = Component(batch, batch->k[0], c);
    y[p] = y[last];
    k[p] = k[last];
  }
}
