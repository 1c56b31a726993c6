/* ranks: 1 3
 * labels: transport
 * Entropic transport against closed forms: translates of any density, point masses, Gaussians, two
 * atoms with soft marginals; symmetry, scaling, what is refused. The bounds against dense problems
 * are tested in test_sinkhorn_dense.c. */
#include "fixture.h"

static PetscErrorCode Solve(OttoGrid grid, PetscReal epsilon, PetscReal reach, PetscReal tolerance,
                            Vec p, Vec q, OttoSinkhornResult *r)
{
  OttoSinkhorn s;

  PetscFunctionBegin;
  PetscCall(OttoSinkhornCreate(grid, &s));
  PetscCall(OttoSinkhornSetEpsilon(s, epsilon));
  PetscCall(OttoSinkhornSetReach(s, reach));
  PetscCall(OttoSinkhornSetStop(s, tolerance, 20000));
  PetscCall(OttoSinkhornSetUp(s));
  PetscCall(OttoSinkhornSolve(s, p, q, r));
  TestTrue(r->reason != OTTO_SINKHORN_LIMIT, "the tolerance is reached");
  TestTrue(r->error >= 0 && r->pq.error >= 0, "errors are there");
  PetscCall(OttoSinkhornDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeThree(OttoGrid *grid, Vec *p, Vec *q)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(p));
  PetscCall(VecDestroy(q));
  PetscCall(OttoGridDestroy(grid));
  PetscFunctionReturn(0);
}

/* context: centre, width. */
static PetscReal Disc(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  PetscReal r2 = 0;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) r2 += (x[j] - c[j]) * (x[j] - c[j]);
  return r2 < c[dim] * c[dim] ? 1 + 3 * (x[0] - c[0]) : 0;
}

/* context: centre, standard deviation of each axis. */
static PetscReal Gauss(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  PetscReal a = 0;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) a += pow((x[j] - c[j]) / c[dim + j], 2);
  return exp(-a / 2);
}

/* S of a translate is |Δ|² whatever the density and ε: |x - y|² = |x - (y - Δ)|² plus terms of x
 * and of y alone. A disc with a slope moved by whole cells, on no-flux axes; on a ring, whose theta
 * kernel is this one but for e^{-(L - width)²/ε}. */
static PetscErrorCode TestTranslate(void)
{
  const PetscReal h = 1. / 48;

  PetscFunctionBegin;
  for (int b = 0; b < 2; b++)
    for (int e = 0; e < 3; e++) {
      const PetscReal epsilon = e == 0 ? 4 * h * h : e == 1 ? 0.01 : 0.03;
      const PetscReal far = b ? 7 : 14, radius = b ? 0.09 : 0.13; /* not half round the ring */
      const PetscReal square = (far * far + 25) * h * h;
      OttoGrid grid;
      Vec p, q;
      OttoSinkhornResult r;
      PetscCall(MakeUnit(2, 48, b ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX, &grid));
      PetscCall(Fill(grid, Disc, (PetscReal[]){0.3, 0.4, radius}, &p));
      PetscCall(Fill(grid, Disc, (PetscReal[]){0.3 + far * h, 0.4 + 5 * h, radius}, &q));
      PetscCall(ToMassOne(grid, p));
      PetscCall(ToMassOne(grid, q));
      PetscCall(Solve(grid, epsilon, INFINITY, 1e-10, p, q, &r));
      if (b && e == 2) { /* images are near */
        TestTrue(r.divergence < square, "a ring is no farther round");
      } else {
        TestClose(r.divergence, square, 1e-9, "a translate by whole cells");
        TestTrue(fabs(r.divergence - square) <= r.error + 1e-15, "its error");
      }
      TestClose(r.pq.mass, 1, 1e-12, "all mass is moved");
      PetscCall(FreeThree(&grid, &p, &q));
    }
  PetscFunctionReturn(0);
}

/* Two point masses: |a - b|², whatever ε; 500 cells apart at ε = h², potentials of 10^5 nats. */
static PetscErrorCode TestPoints(void)
{
  const PetscInt64 n[] = {520, 37};
  const PetscReal length[] = {520, 37};
  const OttoBoundary b[] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_OPEN};
  OttoGrid grid;

  PetscFunctionBegin;
  for (int e = 0; e < 3; e++) {
    Vec p, q;
    OttoSinkhornResult r;
    PetscCall(MakeSides(2, n, -3, length, b, &grid));
    PetscCall(Fill(grid, Disc, (PetscReal[]){-3 + 10.5, -3 + 30.5, 0.7}, &p));
    PetscCall(Fill(grid, Disc, (PetscReal[]){-3 + 510.5, -3 + 3.5, 0.7}, &q));
    PetscCall(Solve(grid, e == 0 ? 1 : e == 1 ? 50 : 4e4, INFINITY, 1e-8, p, q, &r));
    TestClose(r.divergence, 500 * 500 + 27 * 27, 1e-12, "two points");
    TestClose(r.pq.value, 500 * 500 + 27 * 27, 1e-12, "and their cost");
    TestClose(r.pq.marginal, 0, 1e-9, "the marginals of one plan");
    PetscCall(FreeThree(&grid, &p, &q));
  }
  PetscFunctionReturn(0);
}

/* One axis of OT between Gaussians: the plan is Gaussian, of correlation r with
 * 2 s1 s2 (1 - r²) = ε r (Janati et al. 2020, theorem 1, with ε = 2σ²). */
static PetscReal GaussCost(PetscReal delta, PetscReal s1, PetscReal s2, PetscReal epsilon)
{
  const PetscReal a = 4 * s1 * s2;
  const PetscReal r = a / (epsilon + sqrt(epsilon * epsilon + a * a)); /* nothing cancels */

  return delta * delta + s1 * s1 + s2 * s2 - 2 * r * s1 * s2 - epsilon * log1p(-r * r) / 2;
}

static PetscErrorCode TestGaussians(void)
{
  const PetscInt64 n[] = {96, 80};
  const PetscReal length[] = {1, 1.25}, one[] = {0.4, 0.5, 0.045, 0.07},
                  two[] = {0.6, 0.65, 0.06, 0.05};
  const OttoBoundary b[] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 2; dim++)
    for (int e = 0; e < 2; e++) {
      const PetscReal epsilon = e ? 0.02 : 0.002;
      const PetscReal c1[] = {one[0], dim > 1 ? one[1] : one[2], one[2], one[3]};
      const PetscReal c2[] = {two[0], dim > 1 ? two[1] : two[2], two[2], two[3]};
      PetscReal expected[3] = {0};
      OttoGrid grid;
      Vec p, q;
      OttoSinkhornResult r;
      PetscCall(MakeSides(dim, n, 0, length, b, &grid));
      PetscCall(Fill(grid, Gauss, c1, &p));
      PetscCall(Fill(grid, Gauss, c2, &q));
      PetscCall(ToMassOne(grid, p));
      PetscCall(ToMassOne(grid, q));
      PetscCall(Solve(grid, epsilon, INFINITY, 1e-9, p, q, &r));
      for (PetscInt j = 0; j < dim; j++) {
        expected[0] += GaussCost(two[j] - one[j], one[2 + j], two[2 + j], epsilon);
        expected[1] += GaussCost(0, one[2 + j], one[2 + j], epsilon);
        expected[2] += GaussCost(0, two[2 + j], two[2 + j], epsilon);
      }
      /* sums over cells are integrals to 1e-9: √(ε/4) is 2 cells and more; walls are 6σ away */
      TestClose(r.pq.value, expected[0], 2e-8, "OT of Gaussians");
      TestClose(r.pp.value, expected[1], 2e-8, "OT of one with itself");
      TestClose(r.qq.value, expected[2], 2e-8, "of the other");
      TestClose(r.divergence, expected[0] - (expected[1] + expected[2]) / 2, 5e-8, "S");
      PetscCall(FreeThree(&grid, &p, &q));
    }
  PetscFunctionReturn(0);
}

/* Two atoms with soft marginals: one number w, the mass of the plan, minimises
 * D² w + ε KL(w | m1 m2) + ρ KL(w | m1) + ρ KL(w | m2). */
static PetscReal Kl(PetscReal w, PetscReal m)
{
  return w * log(w / m) - w + m;
}

static PetscReal AtomsCost(PetscReal d2, PetscReal m1, PetscReal m2, PetscReal epsilon,
                           PetscReal rho, PetscReal *mass)
{
  const PetscReal log_m = log(m1 * m2);
  const PetscReal w = exp(((epsilon + rho) * log_m - d2) / (epsilon + 2 * rho));

  *mass = w;
  return d2 * w + epsilon * Kl(w, m1 * m2) + rho * (Kl(w, m1) + Kl(w, m2));
}

static PetscErrorCode TestAtoms(void)
{
  const PetscReal h = 1. / 64, d2 = (20 * 20 + 9 * 9) * h * h, m1 = 0.7, m2 = 1.9;
  const PetscReal epsilons[] = {h * h, 0.01, 0.3}, reaches[] = {0.05, 0.5, 4, 100};

  PetscFunctionBegin;
  for (int e = 0; e < 3; e++)
    for (int k = 0; k < 4; k++) {
      const PetscReal epsilon = epsilons[e], rho = reaches[k] * reaches[k];
      PetscReal mass, none;
      OttoGrid grid;
      Vec p, q;
      OttoSinkhornResult r;
      PetscCall(MakeUnit(2, 64, OTTO_BOUNDARY_NO_FLUX, &grid));
      PetscCall(Fill(grid, Disc, (PetscReal[]){10.5 * h, 40.5 * h, 0.7 * h}, &p));
      PetscCall(Fill(grid, Disc, (PetscReal[]){30.5 * h, 31.5 * h, 0.7 * h}, &q));
      PetscCall(ToMassOne(grid, p));
      PetscCall(ToMassOne(grid, q));
      PetscCall(VecScale(p, m1));
      PetscCall(VecScale(q, m2));
      PetscCall(Solve(grid, epsilon, reaches[k], 1e-10, p, q, &r));
      const PetscReal expected = AtomsCost(d2, m1, m2, epsilon, rho, &mass);
      const PetscReal self = AtomsCost(0, m1, m1, epsilon, rho, &none) / 2 +
                             AtomsCost(0, m2, m2, epsilon, rho, &none) / 2;
      /* rounding: potentials of ρ log(m2/m1) and d², in units of themselves */
      TestClose(r.pq.value, expected, 1e-10, "two atoms with soft marginals");
      TestClose(r.pq.mass, mass, 1e-9, "the plan's mass");
      TestClose(r.divergence, expected - self + epsilon * (m1 - m2) * (m1 - m2) / 2, 1e-8,
                "their divergence");
      TestTrue(r.divergence > 0, "which is positive");
      PetscCall(FreeThree(&grid, &p, &q));
    }
  PetscFunctionReturn(0);
}

/* ---- symmetry, and how S scales ---- */

static PetscReal Rough(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)cell;
  const PetscReal u = x[0] / c[1], v = dim > 1 ? x[1] / c[1] : 0;
  return c[0] + u < 0.4 ? 0 : 1 + sin(17 * (u + c[0])) * cos(23 * v - c[0]);
}

/* Rough densities with zeros on a box of side `scale` with its corner at 0. */
static PetscErrorCode RoughS(PetscReal scale, PetscReal reach, PetscBool turned,
                             OttoSinkhornResult *r)
{
  const PetscInt64 n[] = {40, 56};
  const PetscReal length[] = {scale, 1.5 * scale};
  const OttoBoundary b[] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};
  OttoGrid grid;
  Vec p, q;

  PetscFunctionBegin;
  PetscCall(MakeSides(2, n, 0, length, b, &grid));
  PetscCall(Fill(grid, Rough, (PetscReal[]){0, scale}, &p));
  PetscCall(Fill(grid, Rough, (PetscReal[]){0.31, scale}, &q));
  PetscCall(ToMassOne(grid, p));
  PetscCall(ToMassOne(grid, q));
  if (isfinite(reach)) PetscCall(VecScale(q, 1.25));
  PetscCall(
      Solve(grid, 0.003 * scale * scale, reach * scale, 1e-11, turned ? q : p, turned ? p : q, r));
  PetscCall(FreeThree(&grid, &p, &q));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestInvariance(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    const PetscReal reach = k ? 0.6 : INFINITY;
    OttoSinkhornResult r, turned, scaled;
    PetscCall(RoughS(1, reach, PETSC_FALSE, &r));
    PetscCall(RoughS(1, reach, PETSC_TRUE, &turned));
    TestTrue(r.divergence > r.error, "more than its error");
    TestClose(turned.divergence, r.divergence, 1e-9, "symmetric");
    for (int i = -30; i <= 30; i += 60) {
      PetscCall(RoughS(ldexp(1, i), reach, PETSC_FALSE, &scaled));
      TestClose(ldexp(scaled.divergence, -2 * i), r.divergence, 1e-13, "scales as length²");
      TestTrue(scaled.iterations == r.iterations, "in the same steps");
    }
  }
  PetscFunctionReturn(0);
}

/* ---- what is refused ---- */

static PetscErrorCode TestRefusals(void)
{
  OttoGrid grid;
  Vec p, q;
  OttoSinkhorn s;
  OttoSinkhornResult r;

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 12, OTTO_BOUNDARY_ABSORBING, &grid));
  PetscCall(OttoSinkhornCreate(grid, &s));
  TestFails(OttoSinkhornSetUp(s), OTTO_ERR_INPUT, "grid_boundary: absorbing (axis 1)");
  PetscCall(OttoSinkhornDestroy(&s));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeUnit(2, 12, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(OttoFieldCreate(grid, &q));
  PetscCall(VecSet(p, 1));
  PetscCall(VecSet(q, 1));
  PetscCall(OttoSinkhornCreate(grid, &s));
  TestClose(OttoSinkhornGetEpsilon(s), 1. / 256, 1e-15, "ε by default");
  TestFails(OttoSinkhornSolve(s, p, q, &r), OTTO_ERR_STATE, "call OttoSinkhornSetUp() first");
  TestFails(OttoSinkhornGetPotentials(s, &p, NULL, NULL, NULL), OTTO_ERR_STATE,
            "call OttoSinkhornSolve() first");
  TestFails(OttoSinkhornSetEpsilon(s, 0), PETSC_ERR_ARG_OUTOFRANGE, "epsilon 0");
  TestFails(OttoSinkhornSetReach(s, -1), PETSC_ERR_ARG_OUTOFRANGE, "reach -1");
  TestFails(OttoSinkhornSetStop(s, 0, 5), PETSC_ERR_ARG_OUTOFRANGE, "tolerance 0");
  PetscCall(OttoSinkhornSetUp(s));
  PetscCall(VecSet(q, 1.001));
  TestFails(OttoSinkhornSolve(s, p, q, &r), OTTO_ERR_INPUT, "sinkhorn_reach: masses 1 of p");
  PetscCall(VecSet(q, 0));
  TestFails(OttoSinkhornSolve(s, p, q, &r), OTTO_ERR_INPUT, "q_density: no mass");
  PetscCall(VecSetValue(p, 0, -1, INSERT_VALUES)); /* on one rank */
  PetscCall(VecAssemblyBegin(p));
  PetscCall(VecAssemblyEnd(p));
  TestFails(OttoSinkhornSolve(s, p, q, &r), OTTO_ERR_INPUT, "p_density: negative or not finite");
  PetscCall(OttoSinkhornDestroy(&s));
  PetscCall(FreeThree(&grid, &p, &q));
  PetscFunctionReturn(0);
}

/* Keys, and a limit that is told: bounds hold all the same. */
static PetscErrorCode TestOptions(void)
{
  char *arguments[] = {
      (char *)"-sinkhorn_epsilon",   (char *)"0.001", (char *)"-sinkhorn_reach",      (char *)"0.5",
      (char *)"-sinkhorn_tolerance", (char *)"1e-9",  (char *)"-sinkhorn_iterations", (char *)"5"};
  OttoGrid grid;
  Vec p, q;
  OttoSinkhorn s;
  OttoSinkhornResult r, full;

  PetscFunctionBegin;
  PetscCall(OttoOptionsInsert(NULL, 8, arguments));
  PetscCall(MakeUnit(2, 30, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(Fill(grid, Disc, (PetscReal[]){0.3, 0.4, 0.2}, &p));
  PetscCall(Fill(grid, Disc, (PetscReal[]){0.6, 0.7, 0.1}, &q));
  PetscCall(OttoSinkhornCreate(grid, &s));
  PetscCall(OttoSinkhornSetFromOptions(s));
  TestClose(OttoSinkhornGetEpsilon(s), 0.001, 0, "sinkhorn_epsilon");
  TestClose(OttoSinkhornGetReach(s), 0.5, 0, "sinkhorn_reach");
  PetscCall(OttoSinkhornSetUp(s));
  PetscCall(OttoSinkhornSolve(s, p, q, &r));
  TestTrue(r.reason == OTTO_SINKHORN_LIMIT && r.iterations < 40, "sinkhorn_iterations");
  PetscCall(Solve(grid, 0.001, 0.5, 1e-11, p, q, &full));
  TestTrue(fabs(r.divergence - full.divergence) <= r.error + full.error, "a bound at the limit");
  TestTrue(full.pq.value <= r.pq.value + r.pq.error && full.pq.value >= r.pq.value, "of OT too");
  PetscCall(OttoSinkhornDestroy(&s));
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(FreeThree(&grid, &p, &q));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestTranslate, TestPoints, TestGaussians, TestAtoms, TestInvariance,
                   TestRefusals, TestOptions});
}
