/* ranks: 1 2 3 4; long: 3
 * Sets given by formulas: volumes and probabilities against closed forms wherever edges lie in
 * their cells, thin sets, closed cells, densities that jump, refusals. */
#include "fixture.h"
#include <otto/observed_set.h>

static PetscErrorCode Volume(OttoGrid grid, const char *text, Vec open, PetscReal *part,
                             PetscReal *thin)
{
  OttoObservedSet set;

  PetscFunctionBegin;
  PetscCall(OttoObservedSetCreate(grid, "observe_sets", text, open, &set));
  PetscCall(OttoObservedSetVolume(set, part, thin));
  PetscCall(OttoObservedSetDestroy(&set));
  PetscFunctionReturn(0);
}

/* Edges along an axis are found to 2^-22 of a cell, those in a face exactly. */
static PetscErrorCode TestVolume(void)
{
  static const struct {
    const char *text;
    double part, within;
  } cases[] = {{"x > -0.5 && y <= 0.25", 1.5 * 1.25 / 4, 1e-15},
               {"x < 0.0313", 1.0313 / 2, 1e-7},
               {"y >= 0.0313", 0.9687 / 2, 1e-7},
               {"abs(x - 0.211) < 0.003", 0.003, 1e-7},
               {"abs(y - 0.3) > 0.004", 0.996, 1e-7},
               {"x + y < 0.1313", 1 - (2 - 0.1313) * (2 - 0.1313) / 8, 2e-5},
               {"0.49-x^2-y^2", 0.49 * PETSC_PI / 4, 2e-4},
               {"x > 5", 0, 0},
               {"x < 5", 1, 0},
               {"x", 0.5, 1e-15},
               {"x == 0.3", 0, 1e-7}};
  const PetscInt64 n[] = {20, 16};
  PetscReal part = 0, thin = 0;
  OttoGrid grid;

  PetscCall(MakeCube(2, n, -1, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    PetscCall(Volume(grid, cases[i].text, NULL, &part, &thin));
    TestTrue(fabs(part - cases[i].part) <= cases[i].within, cases[i].text);
    TestTrue(i < 6 ? thin == 0 : thin >= 0 && thin < 0.01, "nothing is thin");
  }
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* A ring thinner than the distance of points: what is missed is said, within the chance of it. */
static PetscErrorCode TestThin(void)
{
  const PetscInt64 n[] = {61, 61}; /* 65 points: 5e-4 apart */
  const double width = 1e-4, ring = 2 * PETSC_PI * 0.7 * width / 4;
  PetscReal part = 0, thin = 0;
  OttoGrid grid;

  PetscCall(MakeCube(2, n, -1, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(Volume(grid, "abs(sqrt(x^2 + y^2) - 0.7) < 5e-5", NULL, &part, &thin));
  TestTrue(part < 0.6 * ring, "most of it is missed");
  /* of axes that along which more is met is taken: twice as much at most */
  TestTrue(thin > 0.8 * ring && thin < 2.2 * ring, "it is known to be");
  PetscCall(Volume(grid, "abs(sqrt(x^2 + y^2) - 0.7) > 5e-5", NULL, &part, &thin));
  TestTrue(1 - part < 0.6 * ring, "and of what it leaves");
  TestTrue(thin > 0.8 * ring && thin < 2.2 * ring, "likewise");
  PetscCall(Volume(grid, "abs(sqrt(x^2 + y^2) - 0.7) < 1e-3", NULL, &part, &thin));
  TestClose(part, 20 * ring, 0.01, "one that is wider is found");
  TestTrue(thin < 0.05 * part, "nearly nothing of it is thin");
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

static double Normal(double x) /* mass below x */
{
  return 0.5 * erfc(-x / sqrt(2));
}

/* A normal density in means over cells, on [-7, 7]^dim. */
static PetscErrorCode MakeNormal(PetscInt dim, PetscInt64 n, OttoGrid *grid, Vec *p)
{
  const PetscInt64 all[] = {n, n, n};
  PetscReal x[OTTO_MAX_DIM];
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(MakeCube(dim, all, -7, 7, OTTO_BOUNDARY_NO_FLUX, grid));
  const OttoGridInfo *g = OttoGridGetInfo(*grid);
  PetscCall(OttoFieldCreate(*grid, p));
  PetscCall(VecGetArray(*p, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    values[c] = 1;
    for (PetscInt j = 0; j < dim; j++)
      values[c] *= (Normal(x[j] + g->h[j] / 2) - Normal(x[j] - g->h[j] / 2)) / g->h[j];
  }
  PetscCall(VecRestoreArray(*p, &values));
  PetscFunctionReturn(0);
}

/* Wherever the edge lies in its cell the error is what is said or less, and of third order: where
 * means are given exactly nothing else is left. */
static PetscErrorCode TestEdges(void)
{
  PetscReal worst[3][2] = {{0}};
  char text[120];

  for (PetscInt dim = 1; dim <= 3; dim++)
    for (int level = 0; level < 2; level++) {
      const PetscInt64 n = dim == 3 ? (level ? 40 : 20) : (level ? 96 : 48);
      OttoObservedSet set;
      OttoGrid grid;
      Vec p;
      PetscCall(MakeNormal(dim, n, &grid, &p));
      for (int k = 0; k < (dim == 3 ? 3 : 12); k++) {
        const double a = -1.9 + 0.317 * k, b = a + (k % 3 || dim == 3 ? 1.3 : 0.01),
                     h = 14. / (double)n;
        PetscReal value = 0, error = 0;
        snprintf(text, sizeof text, "x%d > %.17g && x%d < %.17g", (int)dim, a, (int)dim, b);
        PetscCall(OttoObservedSetCreate(grid, "observe_sets", text, NULL, &set));
        PetscCall(OttoObservedSetProbability(set, p, &value, &error));
        PetscCall(OttoObservedSetDestroy(&set));
        const double off = fabs(value - (Normal(b) - Normal(a)));
        /* an edge is off by 2^-23 of a cell; slopes by differences over two cells, u‴ h³/6, of
         * which the moment 1/8 counts */
        TestTrue(off <= error + 2 * 0.4 * h * 0x1p-23 + 2 * 0.56 * h * h * h * h / 48, text);
        TestTrue(error < 0.11 * h * h * h, "and no more");
        worst[dim - 1][level] = PetscMax(worst[dim - 1][level], off);
      }
      PetscCall(VecDestroy(&p));
      PetscCall(OttoGridDestroy(&grid));
    }
  for (int k = 0; k < 2; k++)
    TestTrue(worst[k][1] > 0 && worst[k][0] / worst[k][1] > 4.5, "third order: an eighth, about");
  return 0;
}

/* Edges that cross cells: a half space aslant, a disc and a ball. */
static PetscErrorCode TestSlanted(void)
{
  double off[2][3] = {{0}};

  for (int level = 0; level < 2; level++)
    for (int k = 0; k < 3; k++) {
      static const char *const texts[] = {"x + y > 0.4321", "1.7 - x^2 - y^2",
                                          "sqrt(x^2+y^2+z^2) < 1.43"};
      const double r = 1.43, want[] = {1 - Normal(0.4321 / sqrt(2)), 1 - exp(-1.7 / 2),
                                       erf(r / sqrt(2)) - r * sqrt(2 / PETSC_PI) * exp(-r * r / 2)};
      const PetscInt64 n = k == 2 ? (level ? 48 : 24) : (level ? 100 : 50);
      PetscReal value = 0, error = 0;
      OttoObservedSet set;
      OttoGrid grid;
      Vec p;
      PetscCall(MakeNormal(k == 2 ? 3 : 2, n, &grid, &p));
      PetscCall(OttoObservedSetCreate(grid, "observe_sets", texts[k], NULL, &set));
      PetscCall(OttoObservedSetProbability(set, p, &value, &error));
      off[level][k] = fabs(value - want[k]);
      /* mixed second differences are left out of it, as large as the others */
      TestTrue(off[level][k] <= 2 * error && error < 0.02 * pow(14. / (double)n, 3), texts[k]);
      PetscCall(OttoObservedSetDestroy(&set));
      PetscCall(VecDestroy(&p));
      PetscCall(OttoGridDestroy(&grid));
    }
  for (int k = 0; k < 3; k++) TestTrue(off[0][k] / off[1][k] > 4.5, "third order");
  return 0;
}

/* Of a density that is 3 on one side and 0 on the other no part is below 0 or above its cell's; a
 * set and what it leaves make 1. */
static PetscErrorCode TestJump(void)
{
  const PetscInt64 n[] = {10, 4};
  PetscReal value[2] = {0, 0}, error = 0, x[2];
  PetscScalar *values;
  char text[64];
  OttoGrid grid;
  Vec p;

  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(VecGetArray(p, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    values[c] = x[0] < 0.5 && x[1] < 0.5 ? 4 : 0;
  }
  PetscCall(VecRestoreArray(p, &values));
  for (int k = 0; k < 20; k++) {
    const double a = 0.013 + k * 0.05, part = PetscMin(1, a / 0.5);
    for (int side = 0; side < 2; side++) {
      OttoObservedSet set;
      snprintf(text, sizeof text, "x %s %.17g", side ? ">=" : "<", a);
      PetscCall(OttoObservedSetCreate(grid, "observe_sets", text, NULL, &set));
      PetscCall(OttoObservedSetProbability(set, p, &value[side], &error));
      PetscCall(OttoObservedSetDestroy(&set));
      TestTrue(value[side] >= 0 && value[side] <= 1 + 1e-15, "a probability");
    }
    TestClose(value[0] + value[1], 1, 1e-14, "all of it");
    TestTrue(fabs(value[0] - part) < 1e-7, "no slope where a neighbour has nothing");
  }
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* Beside neighbours of 0 below and 3 above on both axes a cell of 1 has slopes that leave its
 * corner below 0, but for the limit on their sum. */
static PetscErrorCode TestCorner(void)
{
  static const double rows[4][4] = {{0, 0, 0, 0}, {0, 1, 3, 3}, {0, 3, 3, 3}, {0, 3, 3, 3}};
  const PetscInt64 n[] = {4, 4};
  PetscReal value = 0, error = 0;
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscScalar *values;
  OttoObservedSet set;
  OttoGrid grid;
  Vec p;

  PetscCall(MakeCube(2, n, 0, 4, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(VecGetArray(p, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    values[c] = rows[idx[0]][idx[1]];
  }
  PetscCall(VecRestoreArray(p, &values));
  PetscCall(OttoObservedSetCreate(grid, "observe_sets", "x < 1.125 && y < 1.125", NULL, &set));
  PetscCall(OttoObservedSetProbability(set, p, &value, &error));
  /* an eighth, two of the 16 lines, 0.4375 from the centre on both axes: 1 - 2 · 0.4375, over 25 */
  TestClose(value, 0.015625 * 0.125 / 25, 1e-5, "no mass below 0 in a corner");
  PetscCall(OttoObservedSetDestroy(&set));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* Closed cells are in no set, and have no say in the slopes of their neighbours. */
static PetscErrorCode TestClosed(void)
{
  const PetscInt64 n[] = {20, 16};
  PetscReal part = 0, thin = 0, value = 0, error = 0, x[2];
  PetscScalar *values;
  OttoObservedSet set;
  OttoGrid grid;
  Vec open, p;

  PetscCall(MakeCube(2, n, -1, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &open));
  PetscCall(VecDuplicate(open, &p));
  PetscCall(VecGetArray(open, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    values[c] = x[0] < 0 ? 0 : 1;
  }
  PetscCall(VecRestoreArray(open, &values));
  PetscCall(VecCopy(open, p));
  PetscCall(Volume(grid, "y", open, &part, &thin));
  TestClose(part, 0.5, 1e-15, "half of the open half");
  PetscCall(Volume(grid, "x > -0.4", open, &part, &thin));
  TestTrue(part == 1, "all that is open");
  PetscCall(Volume(grid, "x < -0.4", open, &part, &thin));
  TestTrue(part == 0, "nothing that is open");
  PetscCall(OttoObservedSetCreate(grid, "observe_sets", "x < 0.03", open, &set));
  PetscCall(OttoObservedSetProbability(set, p, &value, &error));
  TestTrue(fabs(value - 0.03) < 1e-7, "of a constant density, beside a wall");
  TestTrue(error == 0, "and known to be");
  PetscCall(OttoObservedSetDestroy(&set));
  TestFails(OttoObservedSetCreate(grid, "observe_sets (b)", "sqrt(x)", NULL, &set), OTTO_ERR_INPUT,
            "observe_sets (b): nan at (-1, -1)");
  PetscCall(OttoObservedSetCreate(grid, "observe_sets (b)", "sqrt(x)", open, &set));
  PetscCall(OttoObservedSetDestroy(&set));
  TestFails(OttoObservedSetCreate(grid, "observe_sets (b)", "x+", NULL, &set), OTTO_ERR_INPUT,
            "observe_sets (b)");
  PetscCall(VecDestroy(&open));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

int main(void)
{
  return TestMain({TestVolume, TestThin, TestEdges, TestSlanted, TestJump, TestCorner, TestClosed});
}
