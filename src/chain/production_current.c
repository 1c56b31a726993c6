/* The probability current at cell centres. */
#include "production_walk.h"
#include "core/vecmath.h"

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  OttoSurrounded p;
  PetscScalar *current[OTTO_GENERATOR_MAX_DIM];
} Currents;

/* Edges at a time: they stay in the first-level cache. */
#define PIECE 512

OTTO_VECTOR_CLONES static void Halves(PetscInt64 n, PetscReal scale, const PetscReal *up,
                                      const PetscReal *down, const PetscReal *px,
                                      const PetscReal *py, PetscReal *restrict half)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) half[i] = scale * (up[i] * px[i] - down[i] * py[i]);
}

OTTO_VECTOR_CLONES static void AddTo(PetscInt64 n, const PetscReal *restrict half,
                                     PetscReal *restrict current)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) current[i] += half[i];
}

static void AddCurrents(const OttoEdges *e, void *context)
{
  Currents *s = (Currents *)context;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *px = OttoSurroundedAt(&s->p, e->x), *py = OttoSurroundedAt(&s->p, e->y);
  PetscScalar *current = s->current[e->axis];

  for (PetscInt64 from = 0; from < e->n; from += PIECE) {
    const PetscInt64 n = PetscMin(PIECE, e->n - from);
    PetscReal half[PIECE];
    Halves(n, 0.5 * s->g->h[e->axis], up + from, down + from, px + from, py + from, half);
    if (e->x < s->g->local_cells) AddTo(n, half, current + e->x + from);
    if (e->y < s->g->local_cells) AddTo(n, half, current + e->y + from);
  }
}

/* What goes round a periodic axis of one cell. */
static void AddLoopCurrents(OttoGenerator generator, Currents *s)
{
  for (PetscInt j = 0; j < s->g->dim; j++) {
    for (PetscInt64 c = 0; OttoGeneratorHasLoops(generator, j) && c < s->g->local_cells; c++) {
      const PetscReal coupling = OttoGeneratorCouplingAt(generator, j, c) * s->g->h[j];
      s->current[j][c] = s->p.own[c] * (coupling * s->rates->force[j][c]);
    }
  }
}

/* What leaves through the absorbing faces of own cells. */
static void AddFaces(Currents *s)
{
  for (PetscInt64 i = 0; i < s->rates->losses; i++) {
    const OttoLoss *loss = &s->rates->loss[i];
    const PetscInt j = loss->through / 2, side = loss->through % 2 ? 1 : -1;
    s->current[j][loss->cell] +=
        0.5 * s->g->h[j] * (PetscReal)side * loss->rate * s->p.own[loss->cell];
  }
}

/* Of a density whose ghosts are at hand. Collective. */
static PetscErrorCode CurrentOf(OttoGenerator generator, const OttoSurrounded *p, Vec current[])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  Currents s = {g, rates, *p, {NULL}};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(VecZeroEntries(current[j]));
    PetscCall(VecGetArray(current[j], &s.current[j]));
  }
  OttoEdgesWalk(g, PETSC_TRUE, AddCurrents, &s);
  AddLoopCurrents(generator, &s);
  AddFaces(&s);
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(VecRestoreArray(current[j], &s.current[j]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoProductionCurrent(OttoGenerator generator, Vec p, Vec current[])
{
  OttoSurrounded values;
  OttoHalo halo;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(OttoGridGetHalo(OttoGeneratorGetGrid(generator), 1, &halo));
  PetscCall(OttoFieldSurround(halo, p, &values));
  PetscCall(CurrentOf(generator, &values, current));
  PetscCall(OttoFieldRelease(halo, p, &values));
  PetscFunctionReturn(0);
}

/* Σ |J| of a few cells, whose components start at J[axis] + from. */
OTTO_VECTOR_CLONES static double Norms(PetscInt64 n, PetscInt64 from, PetscInt dim,
                                       const PetscScalar *const J[])
{
  const double *x = J[0] + from, *y = dim > 1 ? J[1] + from : x, *z = dim > 2 ? J[2] + from : x;
  double second = dim > 1 ? 1 : 0, third = dim > 2 ? 1 : 0, sum = 0;

#pragma omp simd reduction(+ : sum)
  for (PetscInt64 i = 0; i < n; i++)
    sum += sqrt(x[i] * x[i] + second * (y[i] * y[i]) + third * (z[i] * z[i]));
  return sum;
}
_Static_assert(OTTO_GENERATOR_MAX_DIM == 3, "the loop above adds three components");

PetscErrorCode OttoProductionCurrentNorm(OttoGenerator generator, const OttoSurrounded *p,
                                         Vec current[], PetscReal *norm)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscScalar *J[OTTO_GENERATOR_MAX_DIM];
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(CurrentOf(generator, p, current));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(VecGetArrayRead(current[j], &J[j]));
  for (PetscInt64 c = 0; c < g->local_cells; c += OTTO_BLOCK)
    OttoSumAdd(&sum, Norms(PetscMin(OTTO_BLOCK, g->local_cells - c), c, g->dim, J));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(VecRestoreArrayRead(current[j], &J[j]));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *norm = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}
