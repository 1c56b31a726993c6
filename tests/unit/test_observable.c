/* ranks: 1 2 3 4; long: 3
 * Formulas that densities are looked at by: moments against plain sums and closed forms, mass along
 * values against boxes below planes found by cutting them finely, refusals. */
#include "fixture.h"

/* p of the cell idx, anything positive. */
static double Density(PetscInt dim, const PetscInt64 idx[])
{
  double value = 1;

  for (PetscInt j = 0; j < dim; j++)
    value *= 1.2 + sin(1.7 * (double)(idx[j] + 1) * (double)(j + 1));
  return value;
}

static PetscErrorCode Make(OttoGrid grid, Vec *p)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, p));
  PetscCall(VecGetArray(*p, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    values[c] = Density(g->dim, idx);
  }
  PetscCall(VecRestoreArray(*p, &values));
  PetscFunctionReturn(0);
}

/* Mean and variance of x y + z² on a box of known cells, by a second pass in long double. */
static PetscErrorCode TestMoments(void)
{
  const PetscInt64 n[] = {7, 5, 4};
  PetscReal mean = 0, variance = 0, width = 0;
  OttoObservable o;
  OttoGrid grid;
  Vec p;

  PetscCall(MakeMixed(3, n, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(Make(grid, &p));
  PetscCall(OttoObservableCreate(grid, "observe", "x*y + z^2", NULL, &o));
  PetscCall(OttoObservableMoments(o, p, &mean, &variance, &width));
  long double sums[3] = {0}, blur = 0;
  for (int pass = 0; pass < 2; pass++)
    for (PetscInt64 c = 0; c < 7 * 5 * 4; c++) {
      const PetscInt64 idx[] = {c / 20, c / 4 % 5, c % 4};
      double x[3];
      for (int j = 0; j < 3; j++) x[j] = OttoGridCentre(g, j, idx[j]);
      const long double w = Density(3, idx), f = x[0] * x[1] + x[2] * x[2];
      if (pass == 0) sums[0] += w, sums[1] += w * f;
      if (pass == 0) continue;
      sums[2] += w * (f - sums[1] / sums[0]) * (f - sums[1] / sums[0]);
      const double a[] = {x[1] * g->h[0], x[0] * g->h[1], 2 * x[2] * g->h[2]};
      for (int j = 0; j < 3; j++) blur += w * a[j] * a[j] / 12;
    }
  /* compensated sums of 140 terms: some eps */
  TestClose(mean, (double)(sums[1] / sums[0]), 1e-14, "mean");
  TestClose(variance, (double)(sums[2] / sums[0]), 1e-14, "variance");
  TestClose(width, (double)((sums[2] + blur) / sums[0]), 1e-14, "width");
  PetscCall(OttoObservableDestroy(&o));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* Of one cell: the part below v of f + Σ a u, cut into m^dim points. */
static double Below(PetscInt dim, const double a[], double v, int m)
{
  long count = 1, below = 0;

  for (PetscInt j = 0; j < dim; j++) count *= m;
  for (long k = 0; k < count; k++) {
    double f = 0;
    long rest = k;
    for (PetscInt j = 0; j < dim; j++, rest /= m)
      f += a[j] * (((double)(rest % m) + 0.5) / m - 0.5);
    below += f < v;
  }
  return (double)below / (double)count;
}

/* One cell a box of slopes a: its mass in 5 bins. The last has one slope far below the others. */
static PetscErrorCode TestPlanes(void)
{
  static const struct {
    PetscInt dim;
    double a[3];
    const char *formula;
  } cases[] = {{1, {2}, "2*x"},
               {2, {3, 1}, "3*x-y"},
               {2, {1, 1}, "x+y"},
               {2, {1, 0}, "x"},
               {3, {1, 2, 3}, "x+2*y+3*z"},
               {3, {1, 1, 1}, "x-y-z"},
               {3, {0, 2, 0.3}, "0.3*z+2*y"},
               {3, {1, 1e-3, 2}, "x+0.001*y+2*z"},
               {3, {1, 2e-9, 1e-8}, "x+2e-9*y+1e-8*z"}};

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const PetscInt dim = cases[i].dim, m = dim == 3 ? 100 : 1000;
    double half = 0, sum = 0;
    PetscReal range[2], mass[5];
    OttoObservable o;
    OttoGrid grid;
    Vec p;
    /* each rank a grid of one cell */
    PetscCall(MakeBoxOn(
        PETSC_COMM_SELF, dim, (PetscInt64[]){1, 1, 1}, (PetscReal[]){-0.5, -0.5, -0.5},
        (PetscReal[]){0.5, 0.5, 0.5},
        (OttoBoundary[]){OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX},
        &grid));
    PetscCall(OttoFieldCreate(grid, &p));
    PetscCall(VecSet(p, 3));
    PetscCall(OttoObservableCreate(grid, "observe", cases[i].formula, NULL, &o));
    PetscCall(OttoObservableRange(o, range));
    for (PetscInt j = 0; j < dim; j++) half += cases[i].a[j] / 2;
    TestClose(range[0], -half, 1e-14, "lower end");
    TestClose(range[1], half, 1e-14, "upper end");
    range[1] = 0.7 * half; /* the rest is in the last */
    PetscCall(OttoObservableHistogram(o, p, 5, range, mass));
    const double step = (range[1] - range[0]) / 5;
    for (int b = 0; b < 5; b++) {
      const double low = b ? Below(dim, cases[i].a, range[0] + b * step, m) : 0;
      const double high = b < 4 ? Below(dim, cases[i].a, range[0] + (b + 1) * step, m) : 1;
      /* points: of m layers, one at either end of the bin may be on the wrong side */
      TestTrue(fabs(mass[b] - 3 * (high - low)) <= 3 * 2. / m, cases[i].formula);
      TestTrue(mass[b] >= 0, "no negative mass");
      sum += mass[b];
    }
    TestClose(sum, 3, 1e-15, "all of the mass");
    PetscCall(OttoObservableDestroy(&o));
    PetscCall(VecDestroy(&p));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* x + y of a density that is 1 on the square: the triangle, exactly, as all is linear in cells. */
static PetscErrorCode TestTriangle(void)
{
  PetscReal range[2], mass[8], all = 0;
  OttoObservable o;
  OttoGrid grid;
  Vec p;

  PetscCall(MakeUnit(2, 9, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(VecSet(p, 1));
  PetscCall(OttoObservableCreate(grid, "observe", "x+y", NULL, &o));
  PetscCall(OttoObservableRange(o, range));
  PetscCall(OttoObservableHistogram(o, p, 8, range, mass));
  for (int i = 0; i < 8; i++) {
    const double k = i < 4 ? i : 7 - i;
    TestClose(mass[i], (2 * k + 1) / 32, 1e-13, "the area between two lines x + y = const");
    all += mass[i];
  }
  TestClose(all, 1, 1e-15, "all of it");
  PetscCall(OttoObservableDestroy(&o));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* The law of r² in a Gaussian cloud, of which mass in (a, b) is exp(-a/2) - exp(-b/2): errors fall
 * with the square of the cells' width. */
static PetscErrorCode TestOrder(void)
{
  PetscReal error[2] = {0, 0};

  for (int level = 0; level < 2; level++) {
    const PetscInt64 n[] = {level ? 96 : 48, level ? 96 : 48};
    const PetscReal range[2] = {0, 10};
    PetscReal mass[10], x[2];
    PetscScalar *values;
    OttoObservable o;
    OttoGrid grid;
    Vec p;
    PetscCall(MakeCube(2, n, -6, 6, OTTO_BOUNDARY_NO_FLUX, &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(OttoFieldCreate(grid, &p));
    PetscCall(VecGetArray(p, &values));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellCentre(g, c, x);
      values[c] = exp(-(x[0] * x[0] + x[1] * x[1]) / 2) / (2 * PETSC_PI);
    }
    PetscCall(VecRestoreArray(p, &values));
    PetscCall(OttoObservableCreate(grid, "observe", "x^2+y^2", NULL, &o));
    PetscCall(OttoObservableHistogram(o, p, 10, range, mass));
    for (int i = 0; i < 9; i++) error[level] += fabs(mass[i] - (exp(-i / 2.) - exp(-(i + 1) / 2.)));
    PetscCall(OttoObservableDestroy(&o));
    PetscCall(VecDestroy(&p));
    PetscCall(OttoGridDestroy(&grid));
  }
  TestTrue(error[0] < 0.03, "near the closed form");
  TestTrue(error[0] / error[1] > 3.2 && error[0] / error[1] < 5, "second order: a quarter of it");
  return 0;
}

/* In closed cells a formula may be anything, at a face as well. */
static PetscErrorCode TestFinite(void)
{
  const PetscInt64 n[] = {8};
  PetscReal range[2] = {0, 0};
  OttoObservable o;
  PetscScalar *values;
  OttoGrid grid;
  Vec open;

  PetscCall(MakeCube(1, n, -1, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &open));
  PetscCall(VecGetArray(open, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[c] = c + g->first[0] < 4 ? 0 : 1;
  PetscCall(VecRestoreArray(open, &values));
  TestFails(OttoObservableCreate(grid, "observe (a)", "log(x)", NULL, &o), OTTO_ERR_INPUT,
            "observe (a): nan at (-0.875)");
  PetscCall(OttoObservableCreate(grid, "observe (a)", "log(x)", open, &o));
  PetscCall(OttoObservableRange(o, range));
  TestClose(range[0], log(0.125), 1e-14, "the corner of the first cell, 0, has none");
  TestClose(range[1], 0, 1e-14, "that of the last");
  PetscCall(OttoObservableDestroy(&o));
  /* a jump in the middle of a cell, and one at a face, is in neither of its sides */
  PetscCall(
      OttoObservableCreate(grid, "observe (a)", "x + 8*(x > 0.3) + 100*(x > 0.75)", open, &o));
  PetscCall(OttoObservableRange(o, range));
  TestClose(range[0], 0, 1e-14, "from the first open face");
  TestClose(range[1], 109, 1e-14, "to the last");
  PetscReal mass[109], all = 0;
  PetscCall(OttoObservableHistogram(o, open, 109, range, mass));
  for (int i = 0; i < 109; i++) {
    all += mass[i];
    TestTrue(mass[i] == 0 || i == 0 || i == 8 || i == 108, "nothing between");
  }
  TestClose(all, 1, 1e-14, "all mass");
  PetscCall(OttoObservableDestroy(&o));
  TestFails(OttoObservableCreate(grid, "observe (a)", "x+", NULL, &o), OTTO_ERR_INPUT,
            "observe (a)");
  PetscCall(VecDestroy(&open));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

int main(void)
{
  return TestMain({TestMoments, TestPlanes, TestTriangle, TestOrder, TestFinite});
}
