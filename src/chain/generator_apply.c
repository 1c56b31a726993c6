/* Qᵀ p, matrix-free. */
#include "generator_apply.h"
#include "generator_impl.h"
#include "core/vecmath.h"

typedef struct {
  OttoGenerator s;
  OttoSurrounded p;
  PetscReal *rate;
} Applying;

/* Edges at a time: their currents stay in the first-level cache. */
#define PIECE 512

OTTO_VECTOR_CLONES static void Currents(PetscInt64 n, const PetscReal *restrict up,
                                        const PetscReal *restrict down, const PetscReal *px,
                                        const PetscReal *py, PetscReal *restrict current)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) current[i] = up[i] * px[i] - down[i] * py[i];
}

OTTO_VECTOR_CLONES static void AddTo(PetscInt64 n, PetscReal sign,
                                     const PetscReal *restrict current, PetscReal *restrict rate)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) rate[i] += sign * current[i];
}

static void ApplyEdges(const OttoEdges *e, void *context)
{
  Applying *a = (Applying *)context;
  const OttoRates *r = &a->s->rates;
  const PetscReal *px = OttoSurroundedAt(&a->p, e->x), *py = OttoSurroundedAt(&a->p, e->y);
  const PetscReal *up = r->up[e->axis] + e->x, *down = r->down[e->axis] + e->x;
  PetscReal current[PIECE];

  for (PetscInt64 i = 0; i < e->n; i += PIECE) {
    PetscInt64 n = PetscMin(PIECE, e->n - i);
    Currents(n, up + i, down + i, px + i, py + i, current);
    if (e->x < a->s->g->local_cells) AddTo(n, -1, current, a->rate + e->x + i);
    if (e->y < a->s->g->local_cells) AddTo(n, 1, current, a->rate + e->y + i);
  }
}

PetscErrorCode OttoGeneratorApplySurrounded(OttoGenerator s, const OttoSurrounded *p, Vec rate)
{
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArray(rate, &out));
  Applying apply = {s, *p, out};
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    out[c] = s->killed ? -s->killed[c] * p->own[c] : 0;
  OttoEdgesWalk(s->g, PETSC_TRUE, ApplyEdges, &apply);
  PetscCall(VecRestoreArray(rate, &out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorApply(OttoGenerator s, Vec p, Vec rate)
{
  OttoSurrounded values;

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  PetscCall(OttoFieldSurround(s->halo, p, &values));
  PetscCall(OttoGeneratorApplySurrounded(s, &values, rate));
  PetscCall(OttoFieldRelease(s->halo, p, &values));
  PetscFunctionReturn(0);
}

static void InflowEdges(const OttoEdges *e, void *context)
{
  Applying *a = (Applying *)context;
  const OttoRates *r = &a->s->rates;
  const PetscReal *px = OttoSurroundedAt(&a->p, e->x), *py = OttoSurroundedAt(&a->p, e->y);
  const PetscReal *up = r->up[e->axis] + e->x, *down = r->down[e->axis] + e->x;

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (e->x < a->s->g->local_cells) a->rate[e->x + i] += down[i] * py[i];
    if (e->y < a->s->g->local_cells) a->rate[e->y + i] += up[i] * px[i];
  }
}

PetscErrorCode OttoGeneratorInflow(OttoGenerator s, Vec p, Vec inflow)
{
  const OttoGridInfo *g = s->g;
  const PetscScalar *values;
  PetscScalar *out;

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  PetscCall(VecGetArrayRead(p, &values));
  PetscCall(VecSet(inflow, 0));
  PetscCall(VecGetArray(inflow, &out));
  Applying apply = {s, {NULL}, out};
  PetscCall(OttoHaloSurround(s->halo, values, &apply.p));
  OttoEdgesWalk(g, PETSC_TRUE, InflowEdges, &apply);
  PetscCall(OttoHaloRelease(s->halo, &apply.p));
  PetscCall(VecRestoreArray(inflow, &out));
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorEscape(OttoGenerator s, Vec p, PetscReal *rate)
{
  const PetscScalar *values;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  PetscCall(VecGetArrayRead(p, &values));
  for (PetscInt64 c = 0; s->killed && c < s->g->local_cells; c++)
    if (s->killed[c] > 0) OttoSumAdd(&sum, s->killed[c] * values[c]);
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscCall(OttoSumReduce(s->g->comm, 1, &sum));
  *rate = OttoSumValue(sum) * s->g->cell_volume;
  PetscFunctionReturn(0);
}

/* Q u, and what its terms add up to in magnitude. */
typedef struct {
  OttoGenerator s;
  OttoSurrounded u;
  PetscReal *rate, *noise;
} Backward;

static void BackwardEdges(const OttoEdges *e, void *context)
{
  Backward *b = (Backward *)context;
  const OttoRates *r = &b->s->rates;
  const PetscReal *ux = OttoSurroundedAt(&b->u, e->x), *uy = OttoSurroundedAt(&b->u, e->y);
  const PetscReal *up = r->up[e->axis] + e->x, *down = r->down[e->axis] + e->x;
  const PetscInt64 own = b->s->g->local_cells;

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscReal step = uy[i] - ux[i];
    if (e->x < own) b->rate[e->x + i] += up[i] * step;
    if (e->y < own) b->rate[e->y + i] -= down[i] * step;
    if (b->noise && e->x < own) b->noise[e->x + i] += up[i] * fabs(step);
    if (b->noise && e->y < own) b->noise[e->y + i] += down[i] * fabs(step);
  }
}

PetscErrorCode OttoGeneratorApplyBackward(OttoGenerator s, Vec u, Vec rate, Vec noise)
{
  Backward b = {.s = s};

  PetscFunctionBegin;
  OttoNeedGenerator(s);
  PetscCall(VecGetArray(rate, &b.rate));
  if (noise) PetscCall(VecGetArray(noise, &b.noise));
  PetscCall(OttoFieldSurround(s->halo, u, &b.u));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal lost = s->killed ? s->killed[c] * b.u.own[c] : 0;
    b.rate[c] = -lost;
    if (b.noise) b.noise[c] = fabs(lost);
  }
  OttoEdgesWalk(s->g, PETSC_TRUE, BackwardEdges, &b);
  PetscCall(OttoFieldRelease(s->halo, u, &b.u));
  if (noise) PetscCall(VecRestoreArray(noise, &b.noise));
  PetscCall(VecRestoreArray(rate, &b.rate));
  PetscFunctionReturn(0);
}
