/* ranks: 1 3
 * labels: heat
 * Point masses far apart in free space: D_t = |a-b|²/4t and I_rel = |a-b|²/4t², from
 * gaussian_exact's logarithms and Tweedie scores; data over 250 decades on the logarithmic path;
 * how far the least value is said to lie beforehand. */
#include "fixture.h"
#include "heat/depth.h"
#include "heat/heat_impl.h"
#include "grid/planes.h"

typedef struct {
  Vec p, log_p, score[2], rate;
} State;

static PetscErrorCode Evolve(OttoHeat heat, const PetscInt64 at[], PetscReal t, State *s)
{
  const OttoGridInfo *g = heat->g;
  OttoHeatSource source;
  Vec p0;
  PetscScalar *v;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(heat->grid, &p0));
  PetscCall(VecGetArray(p0, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (g->offset + c == at[0] * g->n[1] + at[1]) v[c] = 1 / g->cell_volume;
  PetscCall(VecRestoreArray(p0, &v));
  PetscCall(VecDuplicate(p0, &s->p));
  PetscCall(VecDuplicate(p0, &s->log_p));
  PetscCall(VecDuplicate(p0, &s->rate));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  PetscCall(OttoHeatApply(heat, source, t, s->p, s->log_p));
  for (PetscInt j = 0; j < 2; j++) {
    PetscCall(VecDuplicate(p0, &s->score[j]));
    PetscCall(OttoHeatScore(heat, source, t, s->p, s->log_p, j, s->score[j]));
  }
  PetscCall(OttoHeatRate(heat, source, t, s->p, s->log_p, s->rate));
  PetscCall(OttoHeatSourceDestroy(&source));
  PetscCall(VecDestroy(&p0));
  PetscFunctionReturn(0);
}

static PetscErrorCode Drop(State *s)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&s->p));
  PetscCall(VecDestroy(&s->log_p));
  PetscCall(VecDestroy(&s->rate));
  for (PetscInt j = 0; j < 2; j++) PetscCall(VecDestroy(&s->score[j]));
  PetscFunctionReturn(0);
}

/* KL and I_rel, and ∫ p ∂_t log p = 0 as a sum of signed terms. */
static PetscErrorCode Sum(const OttoGridInfo *g, const State *p, const State *q,
                          PetscReal result[3])
{
  OttoSum sum[3] = {{0, 0}};
  const PetscScalar *v, *lp, *lq, *r;
  PetscReal off = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p->p, &v));
  PetscCall(VecGetArrayRead(p->log_p, &lp));
  PetscCall(VecGetArrayRead(q->log_p, &lq));
  PetscCall(VecGetArrayRead(p->rate, &r));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    TestTrue(isfinite(lp[c]) && isfinite(lq[c]), "no cell is empty");
    /* e^x to 7e-16, two more roundings; or a logarithm to 2.5 ulp (unit/vecmath) */
    const PetscReal allowed = (1.2e-15 + 5.5e-16 * fabs(lp[c])) * exp(lp[c]) + 5e-324;
    off = PetscMax(off, fabs(v[c] - exp(lp[c])) / allowed);
    OttoSumAdd(&sum[0], v[c] * (lp[c] - lq[c]));
    OttoSumAdd(&sum[2], v[c] * r[c]);
  }
  TestTrue(off <= 1, "values and their logarithms, denormal ones too");
  for (PetscInt j = 0; j < 2; j++) {
    const PetscScalar *sp, *sq;
    PetscCall(VecGetArrayRead(p->score[j], &sp));
    PetscCall(VecGetArrayRead(q->score[j], &sq));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      OttoSumAdd(&sum[1], v[c] * (sp[c] - sq[c]) * (sp[c] - sq[c]));
    PetscCall(VecRestoreArrayRead(q->score[j], &sq));
    PetscCall(VecRestoreArrayRead(p->score[j], &sp));
  }
  PetscCall(VecRestoreArrayRead(p->rate, &r));
  PetscCall(VecRestoreArrayRead(q->log_p, &lq));
  PetscCall(VecRestoreArrayRead(p->log_p, &lp));
  PetscCall(VecRestoreArrayRead(p->p, &v));
  PetscCall(OttoSumReduce(g->comm, 3, sum));
  for (PetscInt i = 0; i < 3; i++) result[i] = OttoSumValue(sum[i]) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* `sigma`: √(2t) in cells, at least 3 (the midpoint rule is then exact) and at most a tenth of the
 * distance to the box edge (what lies beyond it is below 1e-17). */
static PetscErrorCode CheckPointMasses(const PetscInt64 n[2], PetscReal h, const PetscInt64 a[2],
                                       const PetscInt64 b[2], PetscReal sigma, PetscReal tolerance)
{
  const PetscReal t = sigma * sigma * h * h / 2;
  const OttoBoundary open[2] = {OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_OPEN};
  PetscReal distance2 = 0, result[3];
  OttoGrid grid;
  OttoHeat heat;
  State p, q;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < 2; j++) distance2 += pow((PetscReal)(a[j] - b[j]) * h, 2);
  PetscCall(MakeBox(2, n, (PetscReal[]){-7, 3},
                    (PetscReal[]){-7 + h * (PetscReal)n[0], 3 + h * (PetscReal)n[1]}, open, &grid));
  PetscCall(MakeHeat(grid, "gaussian_exact", &heat));
  PetscCall(Evolve(heat, a, t, &p));
  PetscCall(Evolve(heat, b, t, &q));
  PetscCall(Sum(OttoGridGetInfo(grid), &p, &q, result));
  TestClose(result[0], distance2 / (4 * t), tolerance, "KL = |a-b|^2/4t");
  TestClose(result[1], distance2 / (4 * t * t), tolerance, "I_rel = |a-b|^2/4t^2");
  TestClose(result[2] * t, 0, 1e-14, "mass is conserved: the rate's mean is 0");
  PetscCall(Drop(&p));
  PetscCall(Drop(&q));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestPointMasses(void)
{
  PetscFunctionBegin;
  /* the tolerance is 1e-12; h is rounded in the box, so |a-b| has a few eps itself */
  for (PetscInt i = 0; i < 2; i++) {
    const PetscReal sigma = i ? 7.5 : 3;
    PetscCall(CheckPointMasses((PetscInt64[]){256, 256}, 0.013, (PetscInt64[]){103, 120},
                               (PetscInt64[]){153, 120}, sigma, 1e-13));
    PetscCall(CheckPointMasses((PetscInt64[]){256, 256}, 3.7, (PetscInt64[]){108, 110},
                               (PetscInt64[]){138, 150}, sigma, 1e-13));
  }
  /* 200 cells apart at 3 cells: KL = 2222, p and q underflow to 0 over most of the box */
  PetscCall(CheckPointMasses((PetscInt64[]){263, 67}, 1, (PetscInt64[]){31, 33},
                             (PetscInt64[]){231, 33}, 3, 1e-13));
  PetscFunctionReturn(0);
}

/* Data over 250 decades with zeros, a kernel over 2000 decades: log p of one axis against the same
 * sum in logarithms, scores and rates too. */
static PetscErrorCode CheckDecades(OttoBoundary boundary, PetscBool lattice, PetscReal t)
{
  const PetscInt64 n = 307;
  const PetscReal h = 1;
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source;
  OttoKernelTable k = {.n = 4 * n, .inputs = 4 * n, .h = h};
  Vec p0, field[4];
  PetscScalar *v, *out[4];
  PetscReal worst[4] = {0};

  PetscFunctionBegin;
  PetscCall(MakeBox(1, &n, (PetscReal[]){0}, (PetscReal[]){(PetscReal)n}, &boundary, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(MakeHeat(grid, lattice ? "lattice_exact" : "gaussian_exact", &heat));
  TestTrue(OttoHeatNeedsLog(heat, t), "the log path is needed");
  PetscCall(OttoFieldCreate(grid, &p0));
  for (PetscInt i = 0; i < 4; i++) PetscCall(VecDuplicate(p0, &field[i]));
  long double data[307];
  for (PetscInt64 i = 0; i < n; i++) /* zeros for a third of the axis, else 10^0 … 10^-250 */
    data[i] = i < 100 ? 0 : (long double)pow(10, -250 * fmod((PetscReal)i * 0.6180339887498949, 1));
  PetscCall(VecGetArray(p0, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    v[c] = (PetscReal)data[OttoGridPlanes(g).start + c];
  PetscCall(VecRestoreArray(p0, &v));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  PetscCall(OttoHeatApply(heat, source, t, field[0], field[1]));
  if (!lattice) PetscCall(OttoHeatScore(heat, source, t, field[0], field[1], 0, field[2]));
  PetscCall(OttoHeatRate(heat, source, t, field[0], field[1], field[3]));
  PetscCall(PetscMalloc3(4 * n + 64, &k.log_k, 4 * n + 64, &k.slope, 4 * n + 64, &k.curvature));
  (lattice ? OttoKernelFill_Lattice : OttoKernelFill_Gaussian)(&k, t);
  for (PetscInt i = 0; i < 4; i++) PetscCall(VecGetArray(field[i], &out[i]));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscInt64 i = OttoGridPlanes(g).start + c;
    long double most = -INFINITY, sum = 0, first = 0, second = 0;
    for (PetscInt pass = 0; pass < 2; pass++) { /* the largest term, then the sum relative to it */
      for (PetscInt64 j = 0; j < n; j++) {
        PetscInt64 m[3] = {i - j, i - j + n, i - j - n};
        if (boundary == OTTO_BOUNDARY_NO_FLUX) m[1] = i + j + 1, m[2] = i + j + 1 - 2 * n;
        for (PetscInt r = 0; r < (boundary == OTTO_BOUNDARY_OPEN ? 1 : 3); r++) {
          const PetscInt64 away = m[r] < 0 ? -m[r] : m[r];
          const long double log_w = logl(data[j]) + k.log_k[away];
          if (pass == 0) most = fmaxl(most, log_w);
          if (pass == 0) continue;
          const long double w = expl(log_w - most);
          sum += w;
          if (!lattice) first += w * (m[r] < 0 ? -1 : 1) * k.slope[away];
          if (!lattice) second += w * k.curvature[away];
        }
      }
    }
    const PetscReal expected = (PetscReal)(most + logl(sum));
    const PetscReal off[4] = {0, fabs(out[1][c] - expected) / (1e-13 + 9e-16 * fabs(expected)),
                              fabs(out[2][c] - (PetscReal)(first / sum)) * t / (PetscReal)n,
                              fabs(out[3][c] - (PetscReal)(second / sum)) * 4 * t * t /
                                  (PetscReal)(n * n)};
    for (PetscInt f = 0; f < 4; f++)
      if (!(off[f] <= worst[f])) worst[f] = off[f];
  }
  for (PetscInt i = 0; i < 4; i++) PetscCall(VecRestoreArray(field[i], &out[i]));
  TestClose(worst[1], 0, 1, "log p, in units of 1e-13 + 4 eps |log p|");
  /* displacements up to n cells, each to a few eps and weighted by probabilities */
  if (!lattice) TestClose(worst[2], 0, 1e-14, "score");
  if (!lattice) TestClose(worst[3], 0, 1e-14, "rate");
  PetscCall(PetscFree3(k.log_k, k.slope, k.curvature));
  PetscCall(OttoHeatSourceDestroy(&source));
  for (PetscInt i = 0; i < 4; i++) PetscCall(VecDestroy(&field[i]));
  PetscCall(VecDestroy(&p0));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDecades(void)
{
  PetscFunctionBegin;
  for (PetscInt b = OTTO_BOUNDARY_PERIODIC; b <= OTTO_BOUNDARY_OPEN; b++) {
    PetscCall(CheckDecades((OttoBoundary)b, PETSC_FALSE, 3));
    if (b != OTTO_BOUNDARY_OPEN) PetscCall(CheckDecades((OttoBoundary)b, PETSC_TRUE, 0.01));
  }
  PetscFunctionReturn(0);
}

/* A field of true zeros stays one: -inf, and no NaN on the way. */
static PetscErrorCode TestEmpty(void)
{
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source;
  Vec p0, p, log_p;
  const PetscScalar *a, *l;

  PetscFunctionBegin;
  PetscCall(MakeBox(2, (PetscInt64[]){19, 5}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                    (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX}, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(MakeHeat(grid, "lattice_exact", &heat));
  OttoHeatForceLog(heat, PETSC_TRUE);
  PetscCall(OttoFieldCreate(grid, &p0));
  PetscCall(VecDuplicate(p0, &p));
  PetscCall(VecDuplicate(p0, &log_p));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  PetscCall(OttoHeatApply(heat, source, 0.001, p, log_p));
  PetscCall(VecGetArrayRead(p, &a));
  PetscCall(VecGetArrayRead(log_p, &l));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    TestTrue(a[c] == 0 && l[c] == -INFINITY, "nothing stays nothing");
  PetscCall(VecRestoreArrayRead(log_p, &l));
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCall(OttoHeatSourceDestroy(&source));
  PetscCall(VecDestroy(&log_p));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&p0));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Two masses on a ring: in logarithms while they are apart, in doubles once these hold the result,
 * though the kernel ranges further, whatever the time before was. */
static PetscErrorCode TestBackToDoubles(void)
{
  static const struct {
    PetscReal t;
    PetscBool plain;
  } steps[] = {
      {2, PETSC_FALSE}, {2.2, PETSC_FALSE}, {5, PETSC_TRUE}, {2, PETSC_FALSE}, {4, PETSC_TRUE}};
  const PetscInt64 n = 307;
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source;
  Vec p0, p;
  PetscScalar *v;

  PetscFunctionBegin;
  PetscCall(MakeBox(1, &n, (PetscReal[]){0}, (PetscReal[]){(PetscReal)n},
                    (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC}, &grid));
  PetscCall(MakeHeat(grid, "gaussian_exact", &heat));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &p0));
  PetscCall(VecDuplicate(p0, &p));
  PetscCall(VecGetArray(p0, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) v[c] = (g->offset + c) % 153 == 20 ? 1 : 0;
  PetscCall(VecRestoreArray(p0, &v));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(steps); i++) {
    TestTrue(OttoHeatNeedsLog(heat, steps[i].t), "the kernel ranges too far");
    PetscCall(OttoHeatApply(heat, source, steps[i].t, p, NULL));
    TestTrue((source->plain_t == steps[i].t) == steps[i].plain, "doubles where they hold it");
  }
  PetscCall(OttoHeatSourceDestroy(&source));
  PetscCall(VecDestroy(&p0));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* One mass on a line, so small that p leaves the range of a double where K does not; and seen
 * between cells by a kernel narrower than these, where nothing is left of it: log p is known. */
static PetscErrorCode TestFaint(void)
{
  static const struct {
    PetscReal mass, t, shift;
  } cases[] = {{1e-290, 2, 0}, {1e-290, 2, 0.3}, {1, 2e-5, 0.4}, {1, 1.5e-4, 0.5}};
  const PetscInt64 n = 71;
  OttoGrid grid;
  OttoHeat heat;

  PetscFunctionBegin;
  PetscCall(MakeBox(1, &n, (PetscReal[]){0}, (PetscReal[]){(PetscReal)n},
                    (OttoBoundary[]){OTTO_BOUNDARY_OPEN}, &grid));
  PetscCall(MakeHeat(grid, "gaussian_exact", &heat));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(cases); i++) {
    const PetscReal t = cases[i].t;
    OttoHeatSource source;
    Vec p0, p, log_p;
    PetscScalar *v;
    const PetscScalar *l;
    PetscCall(OttoFieldCreate(grid, &p0));
    PetscCall(VecDuplicate(p0, &p));
    PetscCall(VecDuplicate(p0, &log_p));
    PetscCall(VecGetArray(p0, &v));
    for (PetscInt64 c = 0; c < g->local_cells; c++) v[c] = g->offset + c == 30 ? cases[i].mass : 0;
    PetscCall(VecRestoreArray(p0, &v));
    PetscCall(OttoHeatSourceCreate(heat, p0, &source));
    PetscCall(OttoHeatShift(heat, &cases[i].shift));
    TestTrue(OttoHeatNeedsLog(heat, t), "logarithms are to be carried");
    PetscCall(OttoHeatApply(heat, source, t, p, log_p));
    PetscCall(VecGetArrayRead(log_p, &l));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      const PetscReal x = (PetscReal)(g->offset + c - 30) + cases[i].shift;
      const PetscReal exact = log(cases[i].mass) - x * x / (4 * t) - log(4 * PETSC_PI * t) / 2;
      TestClose(l[c], exact, 2e-15 + 1e-13 / fabs(exact), "log p beyond the range of a double");
    }
    PetscCall(VecRestoreArrayRead(log_p, &l));
    PetscCall(OttoHeatSourceDestroy(&source));
    PetscCall(VecDestroy(&log_p));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&p0));
  }
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* The least of log p, and about where it is said to be beforehand. */
static PetscErrorCode Depths(OttoHeat heat, Vec p0, PetscReal t, PetscReal *least, PetscReal *said)
{
  const OttoGridInfo *g = heat->g;
  const OttoKernelTable *tables[OTTO_MAX_DIM];
  OttoKernelTable table[OTTO_MAX_DIM];
  OttoHeatSource source;
  OttoDepth depth = {.most = NULL};
  const PetscScalar *v;
  Vec p, log_p;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 inputs = g->boundary[j] == OTTO_BOUNDARY_NO_FLUX ? 2 * g->n[j] : g->n[j];
    const PetscInt64 period = g->boundary[j] == OTTO_BOUNDARY_OPEN ? 0 : inputs;
    const PetscInt64 room = inputs + OttoKernelImages(period) * period + OTTO_BLOCK_MAX;
    table[j] = (OttoKernelTable){.n = g->n[j], .inputs = inputs, .period = period, .h = g->h[j]};
    PetscCall(
        PetscMalloc3(room, &table[j].log_k, room, &table[j].slope, room, &table[j].curvature));
    heat->ops->fill(&table[j], t);
    tables[j] = &table[j];
  }
  PetscCall(VecGetArrayRead(p0, &v));
  PetscCall(OttoDepthPrepare(g, 1, v, &depth));
  PetscCall(VecRestoreArrayRead(p0, &v));
  PetscCall(OttoDepthLeast(g, &depth, tables, said));
  PetscCall(VecDuplicate(p0, &p));
  PetscCall(VecDuplicate(p0, &log_p));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  PetscCall(OttoHeatApply(heat, source, t, p, log_p));
  PetscCall(OttoFieldRange(heat->grid, log_p, least, NULL));
  PetscCall(OttoHeatSourceDestroy(&source));
  PetscCall(VecDestroy(&log_p));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoDepthDestroy(&depth));
  for (PetscInt j = 0; j < g->dim; j++)
    PetscCall(PetscFree3(table[j].log_k, table[j].slope, table[j].curvature));
  PetscFunctionReturn(0);
}

static PetscReal Far(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *unused)
{
  (void)dim, (void)x, (void)unused;
  return cell % 997 == 20 ? 1 : cell == 3 ? 1e-200 : 0;
}

/* Where blocks are single cells the least is said to within the sum of terms that are no larger
 * than the largest, images included; else to within what half a block makes of it: of n cells an
 * axis 1/32 of a distance of up to n/2 or n. */
static PetscErrorCode TestDepth(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[3];
    OttoBoundary boundary[3];
    PetscReal slack;
  } cases[] = {{1, {97}, {OTTO_BOUNDARY_PERIODIC}, 0},
               {2, {61, 50}, {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_OPEN}, 0},
               {3, {12, 19, 13}, {OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_PERIODIC}, 0},
               {1, {1000}, {OTTO_BOUNDARY_PERIODIC}, 0.1},
               {2, {301, 140}, {OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_PERIODIC}, 0.1}};

  PetscFunctionBegin;
  for (size_t i = 0; i < 2 * PETSC_STATIC_ARRAY_LENGTH(cases); i++) {
    const PetscInt dim = cases[i / 2].dim;
    const PetscReal zero[3] = {0, 0, 0};
    PetscReal upper[3], least, said, h = 1;
    OttoGrid grid;
    OttoHeat heat;
    Vec p0;
    for (PetscInt j = 0; j < dim; j++) upper[j] = (PetscReal)cases[i / 2].n[j] * (h = 1 + 0.1 * j);
    PetscCall(MakeBox(dim, cases[i / 2].n, zero, upper, cases[i / 2].boundary, &grid));
    PetscCall(MakeHeat(grid, i % 2 ? "lattice_exact" : "gaussian_exact", &heat));
    PetscCall(Fill(grid, Far, NULL, &p0));
    PetscCall(Depths(heat, p0, 0.7, &least, &said));
    const PetscReal sum = log(2.0 * (PetscReal)OttoGridGetInfo(grid)->cells);
    TestTrue(least <= said + sum + cases[i / 2].slack * fabs(least), "the least is no higher");
    TestTrue(least >= said - 1e-10 - cases[i / 2].slack * fabs(least), "the least is no lower");
    PetscCall(VecDestroy(&p0));
    PetscCall(OttoHeatDestroy(&heat));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain(
      {TestPointMasses, TestDecades, TestEmpty, TestBackToDoubles, TestFaint, TestDepth});
}
