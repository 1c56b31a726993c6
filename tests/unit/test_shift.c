/* ranks: 1 2 3; long: 2
 * labels: heat
 * gaussian_exact between the centres of cells against sums over all pairs, with scores and rates;
 * the chain beyond the faces of an open box against the same cells inside a wider one; and what is
 * chosen by the former.
 */
#include "fixture.h"
#include "heat/beyond.h"
#include "heat/heat_impl.h"
#include "information/fisher_beyond.h"
#include <otto/tempered.h>
#include <string.h>

#define P OTTO_BOUNDARY_PERIODIC
#define N OTTO_BOUNDARY_NO_FLUX
#define O OTTO_BOUNDARY_OPEN

/* ---- between the cells ---- */

/* The Gaussian's derivative at a distance of y cells, by images of which nothing is left out. */
static long double Gauss(long double tau, PetscInt order, long double y)
{
  const long double k = expl(-y * y / (4 * tau)) / sqrtl(4 * acosl(-1.0L) * tau);

  if (order == 1) return -y / (2 * tau) * k;
  return order ? (y * y / (4 * tau * tau) - 1 / (2 * tau)) * k : k;
}

static long double Pair(const OttoGridInfo *g, PetscInt j, long double tau, PetscInt order,
                        long double x, PetscInt64 cell)
{
  const PetscInt64 period = g->boundary[j] == O ? 0 : g->boundary[j] == N ? 2 * g->n[j] : g->n[j];
  const PetscInt64 images = period ? 3 + (PetscInt64)(14 * sqrtl(2 * tau)) / period : 0;
  long double sum = 0;

  for (PetscInt64 s = -images; s <= images; s++) {
    sum += Gauss(tau, order, x - (long double)(cell + s * period));
    if (g->boundary[j] == N) sum += Gauss(tau, order, x - (long double)(-1 - cell + s * period));
  }
  return sum;
}

static PetscReal Datum(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *unused)
{
  (void)dim, (void)x, (void)unused;
  return cell % 3 == 1 ? 0 : 0.1 + fmod((PetscReal)cell * 0.6180339887498949, 1);
}

#define CELLS 26

/* Kernels of both axes and all orders between a shifted cell and all others. */
typedef struct {
  long double k[2][3][CELLS];
} Factors;

static void MakeFactors(const OttoGridInfo *g, PetscReal t, const PetscReal shift[],
                        PetscInt64 local, Factors *f)
{
  PetscInt64 at[2];

  OttoGridCellIndex(g, local, at);
  for (PetscInt j = 0; j < 2; j++)
    for (PetscInt order = 0; order < 3; order++)
      for (PetscInt64 i = 0; i < g->n[j]; i++)
        f->k[j][order][i] = Pair(g, j, (long double)(t / (g->h[j] * g->h[j])), order,
                                 (long double)at[j] + (long double)shift[j], i) /
                            powl((long double)g->h[j], (long double)order);
}

/* orders[j]: of the derivative along each axis. */
static long double Exactly(const OttoGridInfo *g, const PetscInt orders[], const Factors *f)
{
  long double sum = 0;

  for (PetscInt64 a = 0; a < g->n[0]; a++)
    for (PetscInt64 b = 0; b < g->n[1]; b++)
      sum += Datum(a * g->n[1] + b, 2, NULL, NULL) * f->k[0][orders[0]][a] * f->k[1][orders[1]][b];
  return sum;
}

static PetscErrorCode CompareShifted(OttoGrid grid, OttoHeat heat, OttoHeatSource source,
                                     PetscReal t, const PetscReal shift[], PetscBool both)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *v[4];
  Vec p, logs, score[2], rate;
  PetscReal worst[4] = {0};

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(OttoFieldCreate(grid, &logs));
  for (int i = 0; i < 2; i++) PetscCall(OttoFieldCreate(grid, &score[i]));
  PetscCall(OttoFieldCreate(grid, &rate));
  PetscCall(OttoHeatShift(heat, shift));
  PetscCall(OttoHeatApply(heat, source, t, p, logs));
  PetscCall(VecSet(rate, 0));
  for (int i = 0; i < 2; i++) {
    if (both)
      PetscCall(OttoHeatScoreAndRate(heat, source, t, i, score[i], rate));
    else
      PetscCall(OttoHeatScore(heat, source, t, p, logs, i, score[i]));
  }
  if (!both) PetscCall(OttoHeatRate(heat, source, t, p, logs, rate));
  PetscCall(OttoHeatShift(heat, NULL));
  const Vec all[4] = {p, score[0], score[1], rate};
  for (int i = 0; i < 4; i++) PetscCall(VecGetArrayRead(all[i], &v[i]));
  for (PetscInt64 c = 0; c < g->local_cells; c += 5) {
    static const PetscInt none[] = {0, 0}, one[2][2] = {{1, 0}, {0, 1}},
                          two[2][2] = {{2, 0}, {0, 2}};
    Factors f;
    MakeFactors(g, t, shift, c, &f);
    const long double value = Exactly(g, none, &f);
    const long double width = sqrtl(2 * (long double)t);
    worst[0] = PetscMax(worst[0], (PetscReal)fabsl(v[0][c] / value - 1));
    for (int i = 0; i < 2; i++) {
      const long double s = Exactly(g, one[i], &f) / value;
      worst[1 + i] = PetscMax(worst[1 + i], (PetscReal)(fabsl(v[1 + i][c] - s) * width));
    }
    const long double r = (Exactly(g, two[0], &f) + Exactly(g, two[1], &f)) / value;
    worst[3] = PetscMax(worst[3], (PetscReal)(fabsl(v[3][c] - r) * width * width));
  }
  TestTrue(worst[0] <= 1e-13, "each point relative to itself");
  /* kernels of the last step alone are narrower than all of it, by any factor */
  const PetscReal own = 1 + t / 50;
  TestTrue(PetscMax(worst[1], worst[2]) <= 1e-12 * own && worst[3] <= 1e-12 * own,
           "scores and rates");
  for (int i = 0; i < 4; i++) PetscCall(VecRestoreArrayRead(all[i], &v[i]));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&logs));
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&score[i]));
  PetscCall(VecDestroy(&rate));
  PetscFunctionReturn(0);
}

/* From kernels of two cells to those that take their dual sums; whole lines, and by coarse
 * lattices. */
static PetscErrorCode TestShifted(void)
{
  static const PetscReal sigmas[] = {1.1, 6.5, 13, 40, 200};
  static const PetscReal shifts[][2] = {{0.31, 0.43}, {-0.77, 0.59}, {0, 0.5}, {-0.31, 0}};

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++)
    for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(sigmas); k++) {
      OttoGrid grid;
      OttoHeat heat;
      OttoHeatSource source;
      Vec p0;
      PetscCall(MakeSides(
          2, (PetscInt64[]){CELLS, 9}, 0, (PetscReal[]){26, 18},
          (OttoBoundary[]){(OttoBoundary[]){P, N, O}[a], (OttoBoundary[]){P, N, O}[(a + k) % 3]},
          &grid));
      PetscCall(MakeHeat(grid, "gaussian_exact", &heat));
      PetscCall(Fill(grid, Datum, NULL, &p0));
      PetscCall(OttoHeatSourceCreate(heat, p0, &source));
      for (size_t i = 0; i < 4 * PETSC_STATIC_ARRAY_LENGTH(shifts); i++) {
        OttoHeatForceLog(heat, i % 2 ? PETSC_TRUE : PETSC_FALSE); /* both paths */
        PetscCall(CompareShifted(grid, heat, source, PetscSqr(sigmas[k]) / 2, shifts[i / 4],
                                 i & 2 ? PETSC_TRUE : PETSC_FALSE));
      }
      PetscCall(OttoHeatSourceDestroy(&source));
      PetscCall(VecDestroy(&p0));
      PetscCall(OttoHeatDestroy(&heat));
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

/* ---- beyond the faces ---- */

#define MORE 3 /* cells that the wider box has beyond every open face */

typedef struct {
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source[2];
  Vec at_zero[2], now[2], logs[2];
} Box;

/* Data of the cell `at` of the small box of n cells; 0 outside. */
static PetscReal Inside(const PetscInt64 at[], const PetscInt64 n[], PetscInt dim, int which)
{
  PetscInt64 cell = 0;

  for (PetscInt j = 0; j < dim; j++) {
    if (at[j] < 0 || at[j] >= n[j]) return 0;
    cell = cell * n[j] + at[j];
  }
  return which ? 0.2 + fmod((PetscReal)cell * 0.7548776662466927, 1) : Datum(cell, dim, NULL, NULL);
}

static PetscErrorCode MakeWide(PetscInt dim, const PetscInt64 n[], const OttoBoundary b[],
                               PetscInt64 more, Box *box)
{
  PetscInt64 cells[OTTO_MAX_DIM], at[OTTO_MAX_DIM];
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    const PetscReal h = 1 + 0.3 * j;
    const PetscInt64 beyond = b[j] == O ? more : 0;
    cells[j] = n[j] + 2 * beyond;
    lower[j] = -h * (PetscReal)beyond;
    upper[j] = h * (PetscReal)(n[j] + beyond);
  }
  PetscCall(MakeBox(dim, cells, lower, upper, b, &box->grid));
  PetscCall(MakeHeat(box->grid, "lattice_exact", &box->heat));
  const OttoGridInfo *g = OttoGridGetInfo(box->grid);
  for (int i = 0; i < 2; i++) {
    PetscScalar *v;
    PetscCall(OttoFieldCreate(box->grid, &box->at_zero[i]));
    PetscCall(OttoFieldCreate(box->grid, &box->now[i]));
    PetscCall(OttoFieldCreate(box->grid, &box->logs[i]));
    PetscCall(VecGetArray(box->at_zero[i], &v));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, at);
      for (PetscInt j = 0; j < dim; j++) at[j] -= b[j] == O ? more : 0;
      v[c] = Inside(at, n, dim, i);
    }
    PetscCall(VecRestoreArray(box->at_zero[i], &v));
    PetscCall(OttoHeatSourceCreate(box->heat, box->at_zero[i], &box->source[i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeBox(Box *box)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoHeatSourceDestroy(&box->source[i]));
    PetscCall(VecDestroy(&box->at_zero[i]));
    PetscCall(VecDestroy(&box->now[i]));
    PetscCall(VecDestroy(&box->logs[i]));
  }
  PetscCall(OttoHeatDestroy(&box->heat));
  PetscCall(OttoGridDestroy(&box->grid));
  PetscFunctionReturn(0);
}

/* p_t and q_t with their logarithms. */
static PetscErrorCode Move(Box *box, PetscReal t, OttoPair *pair)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++)
    PetscCall(OttoHeatApply(box->heat, box->source[i], t, box->now[i], box->logs[i]));
  *pair =
      (OttoPair){.p = box->now[0], .q = box->now[1], .log_p = box->logs[0], .log_q = box->logs[1]};
  PetscFunctionReturn(0);
}

/* log p of all cells of the wide box on every rank, in C order. */
static PetscErrorCode Gather(const Box *box, PetscReal all[])
{
  const OttoGridInfo *g = OttoGridGetInfo(box->grid);
  const PetscScalar *v;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->cells; c++) all[c] = 0;
  PetscCall(VecGetArrayRead(box->logs[0], &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) all[g->offset + c] = v[c];
  PetscCall(VecRestoreArrayRead(box->logs[0], &v));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, all, (PetscMPIInt)g->cells, MPIU_REAL, MPI_SUM, g->comm));
  PetscFunctionReturn(0);
}

/* The layer, cell by cell, is what the wider box has there; returns how many cells it has. */
static PetscErrorCode CompareLayer(PetscInt dim, const OttoBoundary b[], const Box *small,
                                   const Box *wide, PetscReal t, PetscInt64 *count)
{
  const OttoGridInfo *g = OttoGridGetInfo(small->grid), *w = OttoGridGetInfo(wide->grid);
  const OttoBeyond *beyond;
  PetscReal *all, worst = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(w->cells, &all));
  PetscCall(Gather(wide, all));
  PetscCall(OttoHeatGetBeyond(small->heat, small->source[0], t, &beyond));
  TestTrue(beyond, "an open box of the chain has a layer beyond");
  for (PetscInt j = 0; j < dim && beyond; j++)
    for (int side = 0; side < 2; side++) {
      const OttoFace face = OttoOpenFace(g, j, side);
      for (PetscInt64 i = 0; i < face.outer * face.inner; i++) {
        const PetscInt64 c = i / face.inner * face.stride + face.first + i % face.inner;
        PetscInt64 at[OTTO_MAX_DIM], number = 0;
        OttoGridCellIndex(g, c, at);
        at[j] += side ? 1 : -1;
        for (PetscInt k = 0; k < dim; k++)
          number = number * w->n[k] + at[k] + (b[k] == O ? MORE : 0);
        const PetscReal right = all[number];
        worst = PetscMax(worst, fabs(beyond->log[j][side][i] - right) / (1 + fabs(right)));
        ++*count;
      }
    }
  TestTrue(worst <= 2e-14, "log p in the layer");
  PetscCall(PetscFree(all));
  PetscFunctionReturn(0);
}

/* D_φ of the box, and dD_φ/dt by edges and faces. */
static PetscErrorCode Divergences(Box *box, PetscReal t, PetscReal value[], PetscReal fall[])
{
  const OttoBeyond *beyond[2];
  OttoDivergences d;
  OttoFisher f;
  OttoPair pair;

  PetscFunctionBegin;
  PetscCall(Move(box, t, &pair));
  PetscCall(OttoDivergenceCompute(box->grid, &pair, OTTO_MASK_ALL, 0.5, &d));
  PetscCall(OttoFisherEdge(box->grid, &pair, &f));
  for (int i = 0; i < 2; i++)
    PetscCall(OttoHeatGetBeyond(box->heat, box->source[i], t, &beyond[i]));
  PetscCall(OttoFisherAddBeyond(box->grid, &pair, beyond[0], beyond[1], &f));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    value[k] = d.divergence[k];
    fall[k] = f.dissipation[k] + f.outflow[k];
    TestTrue(f.outflow_rounding[k] > 0 && f.outflow_rounding[k] < 1e-11 * fabs(fall[k]),
             "rounding is little");
  }
  PetscFunctionReturn(0);
}

/* Differences of D_φ at four times, of sixth order with the fall between. */
static PetscErrorCode CompareFall(Box *box, PetscReal t)
{
  PetscReal v[4][OTTO_SMOOTH_COUNT], fall[OTTO_SMOOTH_COUNT], unused[OTTO_SMOOTH_COUNT];
  const PetscReal step = 1e-3 * PetscMin(t, 1);

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++)
    PetscCall(Divergences(box, t + (i < 2 ? i - 2 : i - 1) * step, v[i], unused));
  PetscCall(Divergences(box, t, unused, fall));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++)
    TestClose((8 * (v[1][k] - v[2][k]) - (v[0][k] - v[3][k])) / (12 * step), fall[k],
              1e-9 + 1e-14 * v[0][k] / (step * fabs(fall[k])), "what the box loses");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBeyond(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[3];
    OttoBoundary b[3];
  } cases[] = {{1, {7}, {O}},
               {1, {1}, {O}},
               {2, {5, 6}, {O, O}},
               {2, {6, 1}, {P, O}},
               {3, {4, 3, 5}, {N, O, P}},
               {3, {3, 4, 3}, {O, P, O}}};
  static const PetscReal times[] = {1e-3, 0.7, 20, 3e6};
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(cases); i++) {
    Box small, wide;
    PetscInt64 count = 0;
    if (cases[i].n[0] < size) continue; /* a rank has a plane at least */
    PetscCall(MakeWide(cases[i].dim, cases[i].n, cases[i].b, 0, &small));
    PetscCall(MakeWide(cases[i].dim, cases[i].n, cases[i].b, MORE, &wide));
    for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(times); k++) {
      OttoPair pair;
      PetscCall(Move(&wide, times[k], &pair));
      PetscCall(CompareLayer(cases[i].dim, cases[i].b, &small, &wide, times[k], &count));
      if (times[k] < 10) PetscCall(CompareFall(&small, times[k]));
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &count, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
    TestTrue(count > 0, "a layer");
    PetscCall(FreeBox(&small));
    PetscCall(FreeBox(&wide));
  }
  PetscFunctionReturn(0);
}

/* ---- auto ---- */

static PetscReal Hill(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *centre)
{
  PetscReal sum = 0;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) sum += PetscSqr(sin(PETSC_PI * (x[j] - *centre) / 32));
  return exp(-2 * sum);
}

static PetscReal Point(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *centre)
{
  PetscBool here = PETSC_TRUE;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++)
    if (fabs(x[j] - *centre) > 0.6) here = PETSC_FALSE;
  return here;
}

typedef PetscReal (*Rule)(PetscInt64, PetscInt, const PetscReal[], const PetscReal *);

/* Of 32 cells, and `first` more at either end. */
static PetscErrorCode Choose(OttoBoundary b, PetscInt64 first, Rule rule, PetscReal t,
                             const char *kernel, const char *why)
{
  const OttoKernelBounds bounds = {1e-12, 1e-11, 1e-9, 1e-2, PETSC_FALSE};
  const PetscReal centre[2] = {8.5 + first, 17.5 + first}, times[2] = {0, t};
  OttoKernelChoice choice;
  OttoGrid grid;
  OttoHeat heat;
  Vec v[2];

  PetscFunctionBegin;
  PetscCall(MakeCube(2, (PetscInt64[]){32 + 2 * first, 32 + 2 * first}, 0,
                     32 + 2 * (PetscReal)first, b, &grid));
  for (int i = 0; i < 2; i++) {
    PetscReal sum;
    PetscCall(Fill(grid, rule, &centre[i], &v[i]));
    PetscCall(VecSum(v[i], &sum));
    PetscCall(VecScale(v[i], 1 / sum));
  }
  PetscCall(OttoHeatCreate(grid, &heat));
  PetscCall(OttoHeatSetType(heat, "auto"));
  TestTrue(OttoHeatIsAuto(heat), "to be chosen");
  PetscCall(OttoTemperedChoose(grid, heat, v[0], v[1], 2, times, &bounds, &choice));
  TestTrue(!strcmp(choice.kernel, kernel), kernel);
  TestTrue(strstr(choice.reason, why), why);
  if (strcmp(choice.kernel, kernel) || !strstr(choice.reason, why))
    fprintf(stderr, "  t %g, boundary %d: %s, %s\n", t, (int)b, choice.kernel, choice.reason);
  PetscCall(OttoHeatSetUp(heat));
  TestTrue(!OttoHeatIsAuto(heat) && !strcmp(OttoHeatGetType(heat), kernel), "it is named");
  PetscCall(OttoHeatDestroy(&heat));
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&v[i]));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestChoice(void)
{
  OttoGrid grid;
  OttoHeat heat;

  PetscFunctionBegin;
  PetscCall(Choose(P, 0, Hill, 4, "gaussian_exact", "are integrals"));
  PetscCall(Choose(N, 0, Hill, 4, "gaussian_exact", "are integrals"));
  PetscCall(Choose(P, 0, Hill, 0, "lattice_exact", "no time after 0"));
  PetscCall(Choose(P, 0, Hill, 0.5, "lattice_exact", "narrower than 1.5 cells"));
  PetscCall(Choose(O, 0, Hill, 4, "lattice_exact", "reaches the faces")); /* it reaches the faces */
  PetscCall(Choose(P, 0, Point, 4, "lattice_exact", "miss integrals"));  /* log q has a kink in p */
  PetscCall(Choose(O, 20, Point, 2, "gaussian_exact", "are integrals")); /* here it has none */
  PetscCall(Choose(P, 0, Point, 60, "gaussian_exact", "are integrals"));
  /* without densities */
  PetscCall(MakeUnit(2, 8, O, &grid));
  PetscCall(OttoHeatCreate(grid, &heat));
  PetscCall(OttoHeatSetType(heat, "auto"));
  PetscCall(OttoHeatSetUp(heat));
  TestTrue(!strcmp(OttoHeatGetType(heat), "lattice_exact"), "which serves any");
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestShifted, TestBeyond, TestChoice});
}
