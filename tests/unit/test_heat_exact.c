/* ranks: 1 2 3 4
 * labels: heat
 * Both exact kernels, on both paths, against sums over all pairs of cells; semigroup, mass, errors.
 */
#include "fixture.h"
#include "heat/heat_impl.h"
#include "grid/planes.h"

#define P OTTO_BOUNDARY_PERIODIC
#define N OTTO_BOUNDARY_NO_FLUX
#define O OTTO_BOUNDARY_OPEN

/* A box of cells of these widths. */
static PetscErrorCode MakeCells(PetscInt dim, const PetscInt64 n[], const OttoBoundary b[],
                                const PetscReal h[], OttoGrid *grid)
{
  PetscReal length[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) length[j] = h[j] * (PetscReal)n[j];
  PetscCall(MakeSides(dim, n, 0, length, b, grid));
  PetscFunctionReturn(0);
}

/* Rough data: a third of the cells 0, the others over `decades` powers of ten. */
static PetscReal Rough(PetscInt64 cell, PetscReal decades)
{
  const PetscReal u = fmod((PetscReal)cell * 0.6180339887498949, 1);
  return cell % 3 == 1 ? 0 : pow(10, -decades * u);
}

static PetscErrorCode FillRough(const OttoGridInfo *g, PetscReal decades, Vec p)
{
  PetscScalar *v;

  PetscFunctionBegin;
  PetscCall(VecGetArray(p, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) v[c] = Rough(g->offset + c, decades);
  PetscCall(VecRestoreArray(p, &v));
  PetscFunctionReturn(0);
}

/* One axis' kernel over m cells and its images, independently of the library: order 0, 1, 2. */
static long double Kernel(PetscBool lattice, PetscInt64 period, long double h, long double t,
                          PetscInt order, PetscInt64 m)
{
  const long double pi = acosl(-1.0L), tau = t / (h * h);
  const PetscInt64 reach = period ? 30 : 0;
  long double sum = 0;

  for (PetscInt64 s = -reach; s <= reach; s++) {
    const PetscInt64 at = m + s * period, a = at < 0 ? -at : at;
    long double k = 0, y = (long double)at * h;
    if (lattice) { /* e^{-2τ} Σ_k τ^{2k+m}/(k!(k+m)!) */
      long double term = expl(-2 * tau);
      for (PetscInt64 r = 1; r <= a; r++) term *= tau / (long double)r;
      for (PetscInt r = 1; r < 200; r++) {
        k += term;
        term *= tau * tau / ((long double)r * (long double)(r + a));
      }
    } else {
      k = h / sqrtl(4 * pi * t) * expl(-y * y / (4 * t));
      if (order == 1) k *= -y / (2 * t);
      if (order == 2) k *= y * y / (4 * t * t) - 1 / (2 * t);
    }
    sum += k;
  }
  return sum;
}

/* factor[n][n]: the kernel between cells, with the mirror image on a no-flux axis. */
static PetscErrorCode FillPairs(const OttoGridInfo *g, PetscBool lattice, PetscReal t,
                                PetscInt axis, PetscInt order, long double factor[])
{
  const PetscInt64 n = g->n[axis];
  const PetscBool mirror = g->boundary[axis] == N ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt64 period = g->boundary[axis] == O ? 0 : mirror ? 2 * n : n;
  long double *line; /* m = -n … 2n - 1 */

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(3 * n, &line));
  for (PetscInt64 m = -n; m < (mirror ? 2 * n : n); m++)
    line[m + n] = Kernel(lattice, period, (long double)g->h[axis], (long double)t, order, m);
  for (PetscInt64 i = 0; i < n; i++)
    for (PetscInt64 j = 0; j < n; j++)
      factor[i * n + j] = line[i - j + n] + (mirror ? line[i + j + 1 + n] : 0);
  PetscCall(PetscFree(line));
  PetscFunctionReturn(0);
}

/* What the library should find in every local cell. */
typedef struct {
  long double *p, *rate, *score[OTTO_MAX_DIM];
} Expected;

/* Sums over all pairs of cells; per-axis factors tabulated first. */
static PetscErrorCode SumPairs(const OttoGridInfo *g, PetscBool lattice, PetscReal t,
                               PetscReal decades, Expected *e)
{
  long double *f[OTTO_MAX_DIM][3];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    for (PetscInt order = 0; order < 3; order++) {
      PetscCall(PetscMalloc1(g->n[j] * g->n[j], &f[j][order]));
      PetscCall(FillPairs(g, lattice, t, j, order, f[j][order]));
    }
  }
  PetscCall(PetscCalloc2(g->local_cells, &e->p, g->local_cells, &e->rate));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscCalloc1(g->local_cells, &e->score[j]));
  for (PetscInt64 x = 0; x < g->local_cells; x++) {
    PetscInt64 ix[OTTO_MAX_DIM], iy[OTTO_MAX_DIM];
    OttoGridCellIndex(g, x, ix);
    for (PetscInt64 y = 0; y < g->cells; y++) {
      long double v = (long double)Rough(y, decades);
      if (v == 0) continue;
      PetscInt64 rest = y;
      for (PetscInt j = g->dim - 1; j >= 0; j--) {
        iy[j] = rest % g->n[j];
        rest /= g->n[j];
        iy[j] += ix[j] * g->n[j];
        v *= f[j][0][iy[j]];
      }
      e->p[x] += v;
      for (PetscInt j = 0; j < g->dim; j++) {
        long double k = v / f[j][0][iy[j]];
        e->score[j][x] += k * f[j][1][iy[j]];
        e->rate[x] += k * f[j][2][iy[j]];
      }
    }
    for (PetscInt j = 0; j < g->dim; j++) e->score[j][x] /= e->p[x];
    e->rate[x] /= e->p[x];
  }
  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt order = 0; order < 3; order++) PetscCall(PetscFree(f[j][order]));
  PetscFunctionReturn(0);
}

/* |v - expected| ≤ tolerance·scale in every cell. */
static PetscErrorCode Compare(const OttoGridInfo *g, Vec v, const long double expected[],
                              PetscBool relative, PetscReal scale, PetscReal tolerance,
                              const char *what)
{
  const PetscScalar *a;
  PetscReal worst = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(v, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal off = (PetscReal)(fabsl(a[c] - expected[c]) / (relative ? expected[c] : 1));
    if (!(off <= worst)) worst = off; /* NaN stays */
  }
  PetscCall(VecRestoreArrayRead(v, &a));
  TestClose(worst / scale, 0, tolerance, what);
  PetscFunctionReturn(0);
}

/* Whether two fields are the same to so much. */
static PetscErrorCode CompareFields(Vec a, Vec b, PetscReal scale, const char *what)
{
  PetscReal off;

  PetscFunctionBegin;
  PetscCall(VecAXPY(a, -1, b));
  PetscCall(VecNorm(a, NORM_INFINITY, &off));
  TestClose(off / scale, 0, 1e-15, what);
  PetscFunctionReturn(0);
}

/* Scores and rates at once: the sums over pairs, and the scores and rates of their own calls, to
 * the rounding of an addition; what stands in the rate is added to. */
static PetscErrorCode CheckBoth(OttoHeat heat, OttoHeatSource source, PetscReal t, PetscReal reach,
                                const Expected *e)
{
  const PetscReal most = (PetscReal)heat->g->dim * reach * reach;
  Vec rate, score, one;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(heat->grid, &rate));
  PetscCall(VecDuplicate(rate, &score));
  PetscCall(VecDuplicate(rate, &one));
  PetscCall(VecSet(rate, most));
  for (PetscInt j = heat->g->dim - 1; j >= 0; j--) {
    PetscCall(OttoHeatScoreAndRate(heat, source, t, j, score, rate));
    PetscCall(Compare(heat->g, score, e->score[j], PETSC_FALSE, reach, 1e-14, "score of both"));
    PetscCall(OttoHeatScore(heat, source, t, NULL, NULL, j, one));
    PetscCall(CompareFields(one, score, reach, "as the score alone"));
  }
  PetscCall(VecShift(rate, -most));
  PetscCall(Compare(heat->g, rate, e->rate, PETSC_FALSE, most, 1e-14, "rate of both"));
  PetscCall(OttoHeatRate(heat, source, t, NULL, NULL, one));
  PetscCall(CompareFields(one, rate, most, "as the rate alone"));
  PetscCall(VecDestroy(&one));
  PetscCall(VecDestroy(&score));
  PetscCall(VecDestroy(&rate));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckPath(OttoHeat heat, PetscBool force, PetscReal t, PetscReal decades,
                                const Expected *e)
{
  OttoGrid grid = heat->grid;
  const OttoGridInfo *g = heat->g;
  OttoHeatSource source;
  Vec p0, p, log_p, out;
  long double *logs;
  PetscReal smallest = 1;

  PetscFunctionBegin;
  OttoHeatForceLog(heat, force);
  PetscCall(OttoFieldCreate(grid, &p0));
  PetscCall(VecDuplicate(p0, &p));
  PetscCall(VecDuplicate(p0, &log_p));
  PetscCall(VecDuplicate(p0, &out));
  PetscCall(FillRough(g, decades, p0));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  PetscCall(OttoHeatApply(heat, source, t, p, log_p));
  /* the sums' rounding grows with the terms, at most a few hundred: measured 3e-15; on the log path
     exp() turns the rounding of log p, |log p|·eps ≤ 600·1.1e-16 an axis, into a relative error */
  PetscReal tolerance = force ? 1e-13 + 4 * PETSC_MACHINE_EPSILON * decades * 2.4 : 2e-14;
  PetscCall(Compare(g, p, e->p, PETSC_TRUE, 1, tolerance, force ? "p, log path" : "p"));
  PetscCall(PetscMalloc1(g->local_cells, &logs));
  for (PetscInt64 c = 0; c < g->local_cells; c++) logs[c] = logl(e->p[c]);
  PetscCall(
      Compare(g, log_p, logs, PETSC_FALSE, 1, tolerance, force ? "log p, log path" : "log p"));
  /* Rates and scores: their terms reach (L/2t)² and L/2t, or 2·p_y/p_x/h² on the lattice. */
  PetscReal reach = 0;
  for (PetscInt j = 0; j < g->dim; j++) {
    reach = PetscMax(reach, (g->upper[j] - g->lower[j]) / t + 1 / g->h[j]);
    smallest = PetscMin(smallest, g->h[j]);
  }
  PetscCall(OttoHeatRate(heat, source, t, p, log_p, out));
  if (!heat->ops->lattice) {
    PetscCall(
        Compare(g, out, e->rate, PETSC_FALSE, (PetscReal)g->dim * reach * reach, 1e-14, "rate"));
    for (PetscInt j = 0; j < g->dim; j++) {
      PetscCall(OttoHeatScore(heat, source, t, p, log_p, j, out));
      PetscCall(Compare(g, out, e->score[j], PETSC_FALSE, reach, 1e-14, "score"));
    }
    PetscCall(CheckBoth(heat, source, t, reach, e));
  } else {
    /* ∂_t p by a central difference of the library itself: accurate to δ²/6 λ_max³ = 2e-7 */
    const PetscReal delta = 1e-4 * smallest * smallest;
    Vec later;
    const PetscScalar *r, *v, *a, *b;
    PetscReal worst = 0;
    PetscCall(VecDuplicate(p, &later));
    PetscCall(OttoHeatApply(heat, source, t + delta, later, NULL));
    PetscCall(OttoHeatApply(heat, source, t - delta, p0, NULL)); /* p0's last use */
    PetscCall(VecGetArrayRead(out, &r));
    PetscCall(VecGetArrayRead(p, &v));
    PetscCall(VecGetArrayRead(later, &a));
    PetscCall(VecGetArrayRead(p0, &b));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      PetscReal expected = (a[c] - b[c]) / (2 * delta * v[c]), off = fabs(r[c] - expected);
      off /= 1 / (smallest * smallest) + fabs(expected);
      if (!(off <= worst)) worst = off;
    }
    TestClose(worst, 0, 1e-5, "rate of the chain");
    PetscCall(VecRestoreArrayRead(p0, &b));
    PetscCall(VecRestoreArrayRead(later, &a));
    PetscCall(VecRestoreArrayRead(p, &v));
    PetscCall(VecRestoreArrayRead(out, &r));
    PetscCall(VecDestroy(&later));
    TestTrue(OttoHeatScore(heat, source, t, p, log_p, 0, out) == PETSC_ERR_SUP, "no score");
    OttoErrorClear();
    TestTrue(OttoHeatScoreAndRate(heat, source, t, 0, out, p) == PETSC_ERR_SUP, "nor both");
    OttoErrorClear();
  }
  PetscCall(PetscFree(logs));
  PetscCall(OttoHeatSourceDestroy(&source));
  PetscCall(VecDestroy(&out));
  PetscCall(VecDestroy(&log_p));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&p0));
  PetscFunctionReturn(0);
}

typedef struct {
  PetscInt dim;
  PetscInt64 n[OTTO_MAX_DIM];
  OttoBoundary b[OTTO_MAX_DIM];
  PetscReal h[OTTO_MAX_DIM], t, decades;
} Case;

static PetscErrorCode CheckCase(const Case *k, PetscBool lattice)
{
  OttoGrid grid;
  OttoHeat heat;
  Expected e;

  PetscFunctionBegin;
  PetscCall(MakeCells(k->dim, k->n, k->b, k->h, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(MakeHeat(grid, lattice ? "lattice_exact" : "gaussian_exact", &heat));
  TestTrue(!OttoHeatNeedsLog(heat, k->t), "the plain path serves this case");
  PetscCall(SumPairs(g, lattice, k->t, k->decades, &e));
  PetscCall(CheckPath(heat, PETSC_FALSE, k->t, k->decades, &e));
  PetscCall(CheckPath(heat, PETSC_TRUE, k->t, k->decades, &e));
  TestTrue(OttoHeatBytes(heat) > sizeof(PetscReal) * (size_t)(k->n[0] * k->n[0]), "factors count");
  for (PetscInt j = 0; j < k->dim; j++) PetscCall(PetscFree(e.score[j]));
  PetscCall(PetscFree2(e.p, e.rate));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestPairs(void)
{
  static const Case both[] = {
      {1, {37}, {P}, {1}, 2.3, 0},
      {1, {23}, {N}, {0.7}, 0.9, 200},
      {2, {7, 11}, {P, N}, {1, 0.5}, 0.4, 40},
      {2, {13, 4}, {N, P}, {0.2, 3}, 0.06, 250}, /* one axis wide of the kernel, one narrow */
      {2, {5, 8}, {P, P}, {0.1, 0.3}, 0.5, 100}, /* uniform soon: the dual sums */
      {3, {5, 3, 7}, {N, P, N}, {1, 1, 1}, 1.1, 60},
      {3, {4, 4, 4}, {N, N, N}, {1, 1, 1}, 0.3, 0}, /* axes that share a factor */
      {5, {4, 2, 3, 1, 3}, {P, N, P, N, P}, {1, 0.5, 1, 2, 1}, 0.5, 30},
  };
  static const Case free_space[] = {
      {1, {41}, {O}, {0.5}, 0.8, 100},
      {2, {9, 11}, {O, P}, {1, 1}, 1.2, 20},
      {3, {6, 5, 7}, {O, O, N}, {1, 0.7, 1}, 2, 50},
  };

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(both); i++) {
    PetscCall(CheckCase(&both[i], PETSC_FALSE));
    PetscCall(CheckCase(&both[i], PETSC_TRUE));
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(free_space); i++)
    PetscCall(CheckCase(&free_space[i], PETSC_FALSE));
  PetscFunctionReturn(0);
}

static PetscErrorCode LargestDifference(const OttoGridInfo *g, Vec a, Vec b, PetscReal *worst)
{
  const PetscScalar *x, *y;

  PetscFunctionBegin;
  *worst = 0;
  PetscCall(VecGetArrayRead(a, &x));
  PetscCall(VecGetArrayRead(b, &y));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal off = fabs(x[c] - y[c]) / (1e-13 + 4 * PETSC_MACHINE_EPSILON * fabs(y[c]));
    if (!(off <= *worst) || !isfinite(x[c])) *worst = isfinite(x[c]) ? off : INFINITY;
  }
  PetscCall(VecRestoreArrayRead(b, &y));
  PetscCall(VecRestoreArrayRead(a, &x));
  PetscFunctionReturn(0);
}

/* A delta on the lattice far below the range of a double: log p is the closed form
 * Σ_j log e^{-2τ} I_n(2τ), all finite, of mass 1, and K_t K_t = K_2t by way of the values. */
static PetscErrorCode TestLatticeDelta(void)
{
  static const PetscReal factors[] = {1e-6, 0.1, 5};

  PetscFunctionBegin;
  for (PetscInt boundary = 0; boundary < 2; boundary++) {
    for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(factors); i++) {
      OttoGrid grid;
      OttoHeat heat;
      OttoHeatSource source;
      OttoKernelTable line = {.n = 400, .inputs = 400, .h = 0.25};
      Vec p0, p, log_p, expected, twice;
      PetscScalar *v;
      PetscReal worst;
      const PetscReal t = factors[i] / 16;
      const PetscInt64 n[2] = {101, 128}, at[2] = {17, 99};
      const OttoBoundary b[2] = {boundary ? N : P, N};
      PetscCall(MakeCells(2, n, b, (PetscReal[]){0.25, 0.25}, &grid));
      const OttoGridInfo *g = OttoGridGetInfo(grid);
      PetscCall(MakeHeat(grid, "lattice_exact", &heat));
      TestTrue(OttoHeatNeedsLog(heat, t) == (i < 2), "the log path is taken where it is needed");
      PetscCall(OttoFieldCreate(grid, &p0));
      PetscCall(VecDuplicate(p0, &p));
      PetscCall(VecDuplicate(p0, &log_p));
      PetscCall(VecDuplicate(p0, &expected));
      PetscCall(VecDuplicate(p0, &twice));
      PetscCall(VecGetArray(p0, &v));
      for (PetscInt64 c = 0; c < g->local_cells; c++)
        v[c] = OttoGridPlanes(g).start * n[1] + c == at[0] * n[1] + at[1] ? 16 : 0;
      PetscCall(VecRestoreArray(p0, &v));
      /* the kernel of the whole line, images added here in pairs: the nearest few are enough */
      PetscCall(PetscMalloc1(line.n + OTTO_BLOCK_MAX, &line.log_k));
      OttoKernelFill_Lattice(&line, t);
      PetscCall(VecGetArray(expected, &v));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        PetscInt64 idx[2];
        long double total = logl(16);
        OttoGridCellIndex(g, c, idx);
        for (PetscInt j = 0; j < 2; j++) {
          PetscInt64 period = b[j] == N ? 2 * n[j] : n[j], m[4] = {idx[j] - at[j], 0, 0, 0};
          m[1] = m[0] < 0 ? m[0] + period : m[0] - period;
          m[2] = b[j] == N ? idx[j] + at[j] + 1 : m[0];
          m[3] = b[j] == N ? m[2] - period : m[0];
          long double most = -INFINITY, sum = 0;
          for (PetscInt r = 0; r < 4; r++) most = fmaxl(most, line.log_k[m[r] < 0 ? -m[r] : m[r]]);
          for (PetscInt r = 0; r < (b[j] == N ? 4 : 2); r++)
            sum += expl(line.log_k[m[r] < 0 ? -m[r] : m[r]] - most);
          total += most + logl(sum);
        }
        v[c] = (PetscReal)total;
      }
      PetscCall(VecRestoreArray(expected, &v));
      PetscCall(PetscFree(line.log_k));
      PetscCall(OttoHeatSourceCreate(heat, p0, &source));
      PetscCall(OttoHeatApply(heat, source, t, p, log_p));
      PetscCall(LargestDifference(g, log_p, expected, &worst));
      TestClose(worst, 0, 1, "log p of a delta, in units of 1e-13 + 4 eps |log p|");
      PetscReal mass;
      PetscCall(OttoFieldIntegral(grid, p, &mass));
      TestClose(mass, 1, 1e-14, "mass: a few eps an axis");
      if (i == 2) { /* every value is an ordinary number: p_t as the data of another K_t */
        OttoHeatSource second;
        PetscCall(OttoHeatSourceCreate(heat, p, &second));
        PetscCall(OttoHeatApply(heat, second, t, twice, log_p));
        PetscCall(OttoHeatApply(heat, source, 2 * t, twice, expected));
        PetscCall(LargestDifference(g, log_p, expected, &worst));
        TestClose(worst, 0, 1, "K_t K_t = K_2t");
        PetscCall(OttoHeatSourceDestroy(&second));
      }
      PetscCall(OttoHeatSourceDestroy(&source));
      PetscCall(VecDestroy(&twice));
      PetscCall(VecDestroy(&expected));
      PetscCall(VecDestroy(&log_p));
      PetscCall(VecDestroy(&p));
      PetscCall(VecDestroy(&p0));
      PetscCall(OttoHeatDestroy(&heat));
      PetscCall(OttoGridDestroy(&grid));
    }
  }
  PetscFunctionReturn(0);
}

/* t = 0 returns the data and their logarithms. */
static PetscErrorCode TestTimeZero(void)
{
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source;
  Vec p0, p, log_p;
  const PetscScalar *a, *l;

  PetscFunctionBegin;
  PetscCall(MakeCells(2, (PetscInt64[]){5, 6}, (OttoBoundary[]){P, P}, (PetscReal[]){1, 1}, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(MakeHeat(grid, "gaussian_exact", &heat));
  PetscCall(OttoFieldCreate(grid, &p0));
  PetscCall(VecDuplicate(p0, &p));
  PetscCall(VecDuplicate(p0, &log_p));
  PetscCall(FillRough(g, 300, p0));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  TestTrue(!OttoHeatNeedsLog(heat, 0), "t = 0 needs no logarithms");
  PetscCall(OttoHeatApply(heat, source, 0, p, log_p));
  PetscCall(VecGetArrayRead(p, &a));
  PetscCall(VecGetArrayRead(log_p, &l));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal v = Rough(g->offset + c, 300);
    TestTrue(a[c] == v && l[c] == log(v), "the data themselves, -inf at zeros");
  }
  PetscCall(VecRestoreArrayRead(log_p, &l));
  PetscCall(VecRestoreArrayRead(p, &a));
  TestTrue(OttoHeatApply(heat, source, -1, p, NULL) == PETSC_ERR_ARG_OUTOFRANGE, "t < 0");
  OttoErrorClear();
  PetscCall(OttoHeatSourceDestroy(&source));
  PetscCall(VecDestroy(&log_p));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&p0));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestErrors(void)
{
  OttoGrid grid;
  OttoHeat heat;
  OttoBoundary b[2] = {P, O};

  PetscFunctionBegin;
  PetscCall(MakeCells(2, (PetscInt64[]){5, 6}, b, (PetscReal[]){1, 1}, &grid));
  PetscCall(OttoHeatCreate(grid, &heat));
  TestFails(OttoHeatSetType(heat, "latice"), OTTO_ERR_INPUT, "did you mean lattice?");
  for (PetscInt i = 0; i < 2; i++) {
    PetscCall(OttoHeatSetType(heat, OttoHeatFamily.members[i].name));
    TestFails(OttoHeatSetUp(heat), OTTO_ERR_INPUT, "heat_kernel");
    TestFails(OttoHeatSetUp(heat), OTTO_ERR_INPUT, "grid_boundary open (axis 2)");
  }
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  b[1] = OTTO_BOUNDARY_ABSORBING;
  PetscCall(MakeCells(2, (PetscInt64[]){5, 6}, b, (PetscReal[]){1, 1}, &grid));
  PetscCall(OttoHeatCreate(grid, &heat));
  PetscCall(OttoHeatSetType(heat, "gaussian_exact"));
  TestFails(OttoHeatSetUp(heat), OTTO_ERR_INPUT, "absorbing (axis 2)");
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  /* lines of 2e12 bytes */
  PetscCall(MakeCells(1, (PetscInt64[]){1000000000}, (OttoBoundary[]){P}, (PetscReal[]){1}, &grid));
  PetscCall(OttoHeatCreate(grid, &heat));
  PetscCall(OttoHeatSetType(heat, "lattice_exact"));
  TestFails(OttoHeatSetUp(heat), OTTO_ERR_INPUT, "grid_n 1000000000 on axis 1");
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestPairs, TestLatticeDelta, TestTimeZero, TestErrors});
}
