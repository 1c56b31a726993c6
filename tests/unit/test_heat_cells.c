/* ranks: 1 3 4; long: 3
 * Every cell of both exact kernels against long double, relative to itself: sums of two products of
 * lines, whose heat is the same of the lines' own. Four ranks have a mesh of two by two.
 */
#include "fixture.h"
#include "line.h"

#define TERMS 2

enum { MIXTURE, POINTS, BOXES, ROUGH, DATA };
static const char *const names[] = {"mixture", "points", "boxes", "rough"};

/* A line of term `term` along axis j. */
static PetscReal Datum(int data, int term, PetscInt j, PetscInt64 n, PetscInt64 i)
{
  const PetscReal x = ((PetscReal)i + 0.5) / (PetscReal)n,
                  at = term ? 0.7 - 0.1 * j : 0.25 + 0.05 * j;

  if (data == MIXTURE) return exp(-40 * PetscSqr(x - at)) / (1 + j);
  if (data == POINTS) return i == (PetscInt64)(at * (PetscReal)n) ? 1 : 0;
  if (data == BOXES) return fabs(x - at) < 0.12 ? 0.5 + Hash(i, 1 + term) : 0;
  return exp(log(1e-80) * Hash(i, 3 * term + j)); /* three axes: 240 decades */
}

static int taken[2]; /* cases beyond what doubles hold, and within */

typedef struct {
  long double *line[TERMS][OTTO_MAX_DIM]; /* at 0, then at t */
  long double *later[TERMS][OTTO_MAX_DIM];
} Lines;

static long double Product(const OttoGridInfo *g, long double *const lines[TERMS][OTTO_MAX_DIM],
                           PetscInt64 cell)
{
  PetscInt64 idx[OTTO_MAX_DIM];
  long double sum = 0;

  OttoGridCellIndex(g, cell, idx);
  for (int term = 0; term < TERMS; term++) {
    long double product = 1;
    for (PetscInt j = 0; j < g->dim; j++) product *= lines[term][j][idx[j]];
    sum += product;
  }
  return sum;
}

static PetscErrorCode CompareOne(OttoGrid grid, OttoHeat heat, const Lines *l, PetscReal t,
                                 const char *what)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoHeatSource source;
  PetscScalar *values;
  const PetscScalar *p, *logs;
  PetscReal range[2] = {-INFINITY, -INFINITY}; /* of -log p, of log p */
  long double worst = 0;
  Vec p0, pt, log_pt;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &p0));
  PetscCall(VecDuplicate(p0, &pt));
  PetscCall(VecDuplicate(p0, &log_pt));
  PetscCall(VecGetArray(p0, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[c] = (PetscReal)Product(g, l->line, c);
  PetscCall(VecRestoreArray(p0, &values));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  PetscCall(OttoHeatApply(heat, source, t, pt, log_pt));
  PetscCall(VecGetArrayRead(pt, &p));
  PetscCall(VecGetArrayRead(log_pt, &logs));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const long double exact = Product(g, l->later, c), log_exact = logl(exact);
    const long double allowed = 1e-13L + 4 * (long double)PETSC_MACHINE_EPSILON * fabsl(log_exact);
    const long double off =
        exact > 1e-290L ? fabsl(p[c] - exact) / exact : fabsl(logs[c] - log_exact);
    if (!(off / allowed <= worst)) worst = off / allowed;
    range[0] = PetscMax(range[0], (PetscReal)-log_exact);
    range[1] = PetscMax(range[1], (PetscReal)log_exact);
  }
  PetscCall(VecRestoreArrayRead(log_pt, &logs));
  PetscCall(VecRestoreArrayRead(pt, &p));
  TestTrue(worst <= 1, "every cell within 1e-13 + 4 eps |log p|");
  if (!(worst <= 1)) fprintf(stderr, "  %s: %.3Lg times that\n", what, worst);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, PETSC_COMM_WORLD));
  const PetscBool within = range[0] + range[1] < 250 * log(10) ? PETSC_TRUE : PETSC_FALSE;
  if (OttoHeatNeedsLog(heat, t)) /* by the kernel; the data decide */
    TestTrue((source->plain_t == t) == within, "logarithms where doubles do not hold the result");
  taken[within]++;
  PetscCall(OttoHeatSourceDestroy(&source));
  PetscCall(VecDestroy(&p0));
  PetscCall(VecDestroy(&pt));
  PetscCall(VecDestroy(&log_pt));
  PetscFunctionReturn(0);
}

static void Evolve(const OttoGridInfo *g, PetscBool lattice, PetscReal t, int data, Lines *l)
{
  for (int term = 0; term < TERMS; term++)
    for (PetscInt j = 0; j < g->dim; j++) {
      const OttoAxisKernel k = {g->n[j], g->boundary[j], lattice,
                                lattice ? OttoKernelFill_Lattice : OttoKernelFill_Gaussian};
      l->line[term][j] = malloc((size_t)g->n[j] * sizeof(long double));
      l->later[term][j] = malloc((size_t)g->n[j] * sizeof(long double));
      for (PetscInt64 i = 0; i < g->n[j]; i++)
        l->line[term][j][i] = (long double)Datum(data, term, j, g->n[j], i);
      Exactly(&k, t / (g->h[j] * g->h[j]), 0, l->line[term][j], l->later[term][j]);
    }
}

static void Free(const OttoGridInfo *g, Lines *l)
{
  for (int term = 0; term < TERMS; term++)
    for (PetscInt j = 0; j < g->dim; j++) {
      free(l->line[term][j]);
      free(l->later[term][j]);
    }
}

static PetscErrorCode CompareAll(PetscInt dim, const PetscInt64 n[], PetscReal sigma, int first)
{
  static const OttoBoundary all[] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX,
                                     OTTO_BOUNDARY_OPEN};

  PetscFunctionBegin;
  for (int kind = first; kind < 5; kind += 2) { /* one boundary at a time, and kernel */
    const PetscBool lattice = kind < 2 ? PETSC_TRUE : PETSC_FALSE;
    const OttoBoundary b = all[kind < 2 ? kind : kind - 2];
    PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];
    OttoBoundary boundary[OTTO_MAX_DIM];
    OttoGrid grid;
    OttoHeat heat;
    for (PetscInt j = 0; j < dim; j++) {
      lower[j] = 0;
      upper[j] = (PetscReal)n[j];
      boundary[j] = b;
    }
    PetscMPIInt ranks;
    PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
    PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
    PetscCall(OttoGridSetBox(grid, dim, n, lower, upper, boundary));
    if (ranks == 4) PetscCall(OttoGridSetMesh(grid, 2, 2));
    PetscCall(OttoGridSetUp(grid));
    PetscCall(MakeHeat(grid, lattice ? "lattice_exact" : "gaussian_exact", &heat));
    for (int data = 0; data < DATA; data++) {
      char what[160];
      Lines l;
      Evolve(OttoGridGetInfo(grid), lattice, sigma * sigma / 2, data, &l);
      snprintf(what, sizeof what, "%lld x %lld%s, %s, %s, sigma %g, %s", (long long)n[0],
               (long long)n[1], dim > 2 ? " x …" : "", OttoBoundaries[b],
               lattice ? "lattice" : "gaussian", sigma, names[data]);
      PetscCall(CompareOne(grid, heat, &l, sigma * sigma / 2, what));
      Free(OttoGridGetInfo(grid), &l);
    }
    PetscCall(OttoHeatDestroy(&heat));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Sizes with many divisors, few, and none; σ below and above where coarse nodes serve. */
static PetscErrorCode TestEveryCell(void)
{
  static const PetscInt64 sizes[][3] = {{48, 48, 48},  {64, 64, 64}, {48, 48, 96},
                                        {128, 512, 0}, {53, 61, 0},  {37, 41, 43}};
  static const PetscReal sigmas[] = {1.5, 3.3, 5.2, 7.5, 13};
  int first = 0;

  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (size_t s = 0; s < sizeof sigmas / sizeof sigmas[0]; s++, first = !first)
      PetscCall(CompareAll(sizes[i][2] ? 3 : 2, sizes[i], sigmas[s], first));
  TestTrue(taken[0] >= 5 && taken[1] > 50, "both paths");
  return 0;
}

int main(void)
{
  return TestMain({TestEveryCell});
}
