/* The pair of Dormand and Prince: its coefficients by the conditions of order on all rooted trees,
 * its order by fixed steps along a separatrix, and what its estimate is worth.
 */
#include "density_setup.h"
#include "dynamics/dormand_prince.h"

#define STAGES OTTO_RK_STAGES
#define MOST 9 /* nodes of a tree */

typedef long double Real;

/* ---- conditions of order (HNW II.2) ---- */

/* The weights of the tree whose root is node `root` of the level sequence: w[stage], and *gamma,
 * its density; returns the node after its last. */
static int Weigh(const int level[], int nodes, int root, Real w[STAGES], Real *gamma)
{
  int at = root + 1;

  for (int i = 0; i < STAGES; i++) w[i] = 1;
  *gamma = 1;
  while (at < nodes && level[at] > level[root]) {
    Real child[STAGES], density;
    at = Weigh(level, nodes, at, child, &density);
    *gamma *= density;
    for (int i = 0; i < STAGES; i++) {
      Real sum = 0;
      for (int j = 0; j < i; j++) sum += OttoDormandPrinceTable.a[i][j] * child[j];
      w[i] *= sum;
    }
  }
  *gamma *= at - root;
  return at;
}

/* The next rooted tree (Beyer and Hedetniemi 1980); 0 after the last. */
static int NextTree(int level[], int nodes)
{
  int p = nodes - 1, q;

  while (p > 0 && level[p] == 1) p--;
  if (p == 0) return 0;
  for (q = p - 1; level[q] != level[p] - 1; q--) continue;
  for (int i = p; i < nodes; i++) level[i] = level[i - (p - q)];
  return 1;
}

/* Largest violation over all trees of so many nodes; coefficients are right to a rounding each. */
static Real Violation(const Real weights[STAGES], int nodes, int *trees)
{
  int level[MOST];
  Real worst = 0;

  *trees = 0;
  for (int i = 0; i < nodes; i++) level[i] = i;
  do {
    Real w[STAGES], gamma, sum = 0;
    Weigh(level, nodes, 0, w, &gamma);
    for (int i = 0; i < STAGES; i++) sum += weights[i] * w[i];
    worst = fmaxl(worst, fabsl(sum - 1 / gamma));
    ++*trees;
  } while (NextTree(level, nodes));
  return worst;
}

/* Sums of twelve products of numbers up to 43 that are right to 1e-16 of themselves: 1e-14. */
static PetscErrorCode TestConditions(void)
{
  static const int count[MOST + 1] = {0, 1, 1, 2, 4, 9, 20, 48, 115, 286};
  const OttoRungeKuttaTable *table = &OttoDormandPrinceTable;
  Real eight[STAGES], five[STAGES], three[STAGES];

  PetscFunctionBegin;
  for (int i = 0; i < STAGES; i++) {
    Real node = 0;
    eight[i] = table->b[i];
    five[i] = (Real)table->b[i] - table->error5[i];
    three[i] = table->third[i];
    for (int j = 0; j < STAGES; j++) node += table->a[i][j];
    TestTrue(fabsl(node - table->node[i]) < 1e-14L, "a row's sum is its node");
    for (int j = i; j < STAGES; j++) TestTrue(table->a[i][j] == 0, "explicit");
  }
  for (int nodes = 1; nodes <= MOST; nodes++) {
    int trees;
    const Real off = Violation(eight, nodes, &trees);
    TestTrue(nodes <= 8 ? off < 1e-14L : off > 1e-7L && off < 1e-3L, "order 8 and no more");
    TestTrue(trees == count[nodes], "all rooted trees");
    if (nodes <= 5) TestTrue(Violation(five, nodes, &trees) < 1e-14L, "order 5");
    if (nodes == 6) TestTrue(Violation(five, nodes, &trees) > 1e-6L, "and no more");
    if (nodes <= 3) TestTrue(Violation(three, nodes, &trees) < 1e-14L, "order 3");
    if (nodes == 4) TestTrue(Violation(three, nodes, &trees) > 1e-3L, "and no more");
  }
  PetscFunctionReturn(0);
}

/* ---- steps ---- */

#define POINTS 13 /* no whole vector */

/* The way of a pendulum from its upper rest, long ago, to it, long after: sin(x/2) = tanh t. */
static void Separatrix(PetscReal t, PetscReal *angle, PetscReal *speed)
{
  *angle = 2 * asin(tanh(t));
  *speed = 2 / cosh(t);
}

static PetscReal Begins(PetscInt p)
{
  return -1.5 + 0.1 * (PetscReal)p;
}

/* Of POINTS pendulums of several amplitudes after time T in fixed steps: the largest error of
 * angles, and of DΦ along the flow, DΦ v(0) = v(T); and the largest estimate on the way. */
static PetscErrorCode Swing(OttoDynamics pendulum, PetscReal T, PetscInt steps, PetscReal error[2],
                            PetscReal *estimate)
{
  OttoDormandPrince *batch;
  const PetscReal h = T / (PetscReal)steps;

  PetscFunctionBegin;
  PetscCall(OttoDormandPrinceCreate(pendulum, PETSC_TRUE, &batch));
  const PetscInt w = batch->width;
  batch->n = POINTS;
  for (PetscInt p = 0; p < POINTS; p++) {
    Separatrix(Begins(p), &batch->y[p], &batch->y[w + p]);
    batch->y[3 * w + p] = batch->y[6 * w + p] = 1;
  }
  *estimate = 0;
  PetscCall(OttoDormandPrinceStart(batch, 0));
  for (PetscInt i = 0; i < steps; i++) {
    PetscReal of_step;
    PetscInt worst;
    PetscCall(OttoDormandPrinceTry(batch, (PetscReal)i * h, h, &of_step, &worst));
    PetscCall(OttoDormandPrinceAccept(batch, (PetscReal)(i + 1) * h, PETSC_TRUE));
    *estimate = PetscMax(*estimate, of_step);
  }
  error[0] = error[1] = 0;
  for (PetscInt p = 0; p < POINTS; p++) {
    PetscReal angle, speed, angle0, speed0;
    Separatrix(Begins(p) + T, &angle, &speed);
    Separatrix(Begins(p), &angle0, &speed0);
    const PetscReal along = batch->y[3 * w + p] * speed0 - batch->y[4 * w + p] * sin(angle0);
    error[0] += fabs(batch->y[p] - angle);
    error[0] += fabs(batch->y[w + p] - speed);
    error[1] += fabs(along - speed);
    TestTrue(batch->y[2 * w + p] == 0, "log J is 0 by what a pendulum is");
  }
  TestTrue(batch->evaluations == POINTS * (12 * steps + 1), "12 evaluations a step");
  PetscCall(OttoDormandPrinceDestroy(&batch));
  PetscFunctionReturn(0);
}

/* Steps of T/12 and T/24 err by 5e-9 and 1e-11, far from rounding. The terms of order 8 are so
 * small (what trees of nine nodes are violated by) that those of order 9 weigh more at such steps:
 * next to orders 8 and 9. The estimate per unit time is of order 7. */
static PetscErrorCode TestOrder(void)
{
  const PetscInt64 n[2] = {4, 4};
  OttoGrid grid;
  OttoDynamics pendulum;
  PetscReal coarse[2], fine[2], first = 0, second = 0;

  PetscFunctionBegin;
  Set("-dynamics_type", "pendulum");
  PetscCall(MakeCube(2, n, -M_PI, M_PI, OTTO_BOUNDARY_OPEN, &grid));
  PetscCall(OttoDynamicsCreate(grid, &pendulum));
  PetscCall(Swing(pendulum, 3, 12, coarse, &first));
  PetscCall(Swing(pendulum, 3, 24, fine, &second));
  for (int i = 0; i < 2; i++) {
    const PetscReal order = log2(coarse[i] / fine[i]);
    TestTrue(order > 7.5 && order < 9.5, i ? "DΦ: order 8" : "positions: order 8");
    if (!(order > 7.5 && order < 9.5)) fprintf(stderr, "  %g %g\n", coarse[i], fine[i]);
  }
  TestTrue(log2(first / second) > 6.3 && log2(first / second) < 7.7, "the estimate: order 7");
  TestTrue(second * 3 > fine[0] / (2 * M_PI), "which is above the error");
  if (!(log2(first / second) > 6.3 && log2(first / second) < 7.7))
    fprintf(stderr, "  %g %g %g\n", first, second, fine[0]);
  PetscCall(OttoDynamicsDestroy(&pendulum));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestConditions, TestOrder});
}
