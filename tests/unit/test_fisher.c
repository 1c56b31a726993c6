/* ranks: 1 2 3 4
 * Fisher information: the dissipation identity on the grid's chain, closed forms, orders. */
#include "pair.h"
#include "phi.h"

static PetscErrorCode Make(PetscInt dim, const PetscInt64 n[], const OttoBoundary b[],
                           PetscReal lower, PetscReal upper, OttoGrid *grid)
{
  PetscReal low[OTTO_MAX_DIM], high[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    low[j] = lower;
    high[j] = upper + 0.25 * (double)j; /* another width on every axis */
  }
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetBox(*grid, dim, n, low, high, b));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}

static PetscReal Rough(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)dim, (void)x;
  return c[1] * exp(-c[2] * Hash(cell, c[0]));
}

static PetscReal RoughLog(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)dim, (void)x;
  return log(c[1]) - c[2] * Hash(cell, c[0]);
}

/* A neighbour of the cell with global index idx: the cell `step` along `axis`, or -1 beyond a face
 * that is closed. */
static PetscInt64 Neighbour(const OttoGridInfo *g, const PetscInt64 idx[], PetscInt axis, int step)
{
  PetscInt64 i = idx[axis] + step, cell = 0;

  if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC) i = (i + g->n[axis]) % g->n[axis];
  if (i < 0 || i >= g->n[axis]) return -1;
  for (PetscInt j = 0; j < g->dim; j++) cell = cell * g->n[j] + (j == axis ? i : idx[j]);
  return cell;
}

/* -dD_φ/dt along dp/dt = Lp, dq/dt = Lq, (Lp)_x = Σ (p_y - p_x)/h², in long double over all cells;
 * rate[5] that of p log p, rate[6] of q log q. */
static void DirectRates(const OttoGridInfo *g, const PetscReal *p_of, const PetscReal *q_of,
                        long double rate[7])
{
  for (int k = 0; k < 7; k++) rate[k] = 0;
  for (PetscInt64 c = 0; c < g->cells; c++) {
    PetscInt64 idx[OTTO_MAX_DIM], rest = c;
    long double p = Rough(c, 0, NULL, p_of), q = Rough(c, 0, NULL, q_of), lp = 0, lq = 0, slope,
                other;
    for (PetscInt j = g->dim - 1; j >= 0; rest /= g->n[j], j--) idx[j] = rest % g->n[j];
    for (PetscInt j = 0; j < g->dim; j++)
      for (int step = -1; step <= 1; step += 2) {
        PetscInt64 y = Neighbour(g, idx, j, step);
        long double h = g->h[j];
        if (y < 0) continue;
        lp += (Rough(y, 0, NULL, p_of) - p) / (h * h);
        lq += (Rough(y, 0, NULL, q_of) - q) / (h * h);
      }
    for (int k = 0; k < OTTO_SMOOTH_COUNT; k++) {
      Phi(k, p / q, &slope, &other);
      rate[k] -= slope * lp + other * lq;
    }
    rate[5] -= (1 + logl(p)) * lp;
    rate[6] -= (1 + logl(q)) * lq;
  }
  for (int k = 0; k < 7; k++) rate[k] *= g->cell_volume;
}

/* dD_φ/dt = -I_φ to rounding on rough data, any dimension and boundary, axes of 1 and 2 cells. The
 * edge form sums terms of one sign with errors of a few eps: 3e-14. */
static PetscErrorCode TestIdentity(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[4];
    OttoBoundary b[4];
    PetscReal depth; /* values over e^depth */
  } cases[] = {
      {1, {31}, {OTTO_BOUNDARY_PERIODIC}, 3},
      {1, {31}, {OTTO_BOUNDARY_NO_FLUX}, 0.01},
      {2, {13, 7}, {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX}, 5},
      {2, {5, 701}, {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC}, 1},
      {3, {5, 7, 11}, {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC}, 3},
      {3, {4, 1, 2}, {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC}, 20},
      {4,
       {4, 3, 2, 5},
       {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX},
       2},
  };

  PetscFunctionBegin;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    OttoGrid grid;
    OttoPair pair = {.p = NULL};
    OttoFisher fisher;
    long double rate[7];
    PetscReal p[3] = {1, 1, cases[k].depth}, q[3] = {2, 1, cases[k].depth};
    PetscCall(Make(cases[k].dim, cases[k].n, cases[k].b, 0, 1, &grid));
    PetscCall(Fill(grid, Rough, p, &pair.p));
    PetscCall(Fill(grid, Rough, q, &pair.q));
    PetscCall(OttoFisherEdge(grid, &pair, &fisher));
    DirectRates(OttoGridGetInfo(grid), p, q, rate);
    for (int m = 0; m < OTTO_SMOOTH_COUNT; m++)
      TestClose(fisher.dissipation[m], (double)rate[m], 3e-14, OttoDivergenceNames[m]);
    TestClose(fisher.fisher_p, (double)rate[5], 3e-14, "fisher_p");
    TestClose(fisher.fisher_q, (double)rate[6], 3e-14, "fisher_q");
    PetscCall(Finish(&grid, &pair));
  }
  PetscFunctionReturn(0);
}

/* The scalar path (logarithms given, values below 1e-271) against the vector path: both densities
 * scaled by 1e-280 with logarithms, against the unscaled; every form is homogeneous of degree 1. */
static PetscErrorCode TestLogs(void)
{
  const OttoBoundary b[2] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX};
  const PetscReal depths[3] = {0.1, 4, 40};

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    OttoGrid grid;
    OttoPair pair = {.p = NULL}, small = {.p = NULL};
    OttoFisher plain, logs, score;
    PetscReal p[3] = {1, 1, depths[k]}, q[3] = {2, 1, depths[k]};
    PetscCall(Make(2, (PetscInt64[]){7, 19}, b, 0, 1, &grid));
    PetscCall(Fill(grid, Rough, p, &pair.p));
    PetscCall(Fill(grid, Rough, q, &pair.q));
    PetscCall(OttoFisherEdge(grid, &pair, &plain));
    PetscCall(OttoFisherFD4(grid, &pair, &score));
    p[1] = q[1] = 1e-280;
    PetscCall(Fill(grid, Rough, p, &small.p));
    PetscCall(Fill(grid, Rough, q, &small.q));
    PetscCall(Fill(grid, RoughLog, p, &small.log_p));
    PetscCall(Fill(grid, RoughLog, q, &small.log_q));
    PetscCall(OttoFisherEdge(grid, &small, &logs));
    /* logarithms near 650 carry 1e-13; a step of 0.1 loses a factor 20 (kl: d²), e^650 another */
    for (int m = 0; m < OTTO_SMOOTH_COUNT; m++)
      TestClose(logs.dissipation[m], 1e-280 * plain.dissipation[m], 2e-11, OttoDivergenceNames[m]);
    TestClose(logs.fisher_p, 1e-280 * plain.fisher_p, 1e-12, "fisher_p far down");
    PetscCall(OttoFisherFD4(grid, &small, &logs));
    for (int m = 0; m < OTTO_SMOOTH_COUNT; m++)
      TestClose(logs.dissipation[m], 1e-280 * score.dissipation[m], 2e-11, OttoDivergenceNames[m]);
    OttoGrid none = NULL;
    PetscCall(Finish(&none, &small));
    PetscCall(Finish(&grid, &pair));
  }
  PetscFunctionReturn(0);
}

/* Everything infinite or finite as the support demands, on three cells a, b, c in a row (no-flux),
 * h = 1; each finite value by hand from q_x B(r_x, r_y). */
static PetscReal Table(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim, (void)x;
  return context[cell];
}

static PetscErrorCode TestZeros(void)
{
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoFisher f;
  const OttoBoundary b[1] = {OTTO_BOUNDARY_NO_FLUX};
  PetscReal p[5] = {0, 0.5, 0.5, 0.5, 0.5}, q[5] = {0.2, 0.2, 0.2, 0.2, 0.2};

  PetscFunctionBegin;
  PetscCall(Make(1, (PetscInt64[]){5}, b, 0, 5, &grid));
  PetscCall(Fill(grid, Table, p, &pair.p));
  PetscCall(Fill(grid, Table, q, &pair.q));
  PetscCall(OttoFisherEdge(grid, &pair, &f));
  TestTrue(f.dissipation[OTTO_DIVERGENCE_KL] == INFINITY, "kl: p falls to 0");
  TestTrue(f.dissipation[OTTO_DIVERGENCE_REVERSE_KL] == INFINITY, "reverse_kl: p falls to 0");
  TestTrue(f.dissipation[OTTO_DIVERGENCE_HELLINGER2] == INFINITY, "hellinger2: p falls to 0");
  TestTrue(f.dissipation[OTTO_DIVERGENCE_JS] == INFINITY, "js: p falls to 0");
  TestClose(f.dissipation[OTTO_DIVERGENCE_CHI2], 2 * 0.2 * 2.5 * 2.5, 1e-14, "chi2: finite");
  TestTrue(f.fisher_p == INFINITY, "fisher_p: p falls to 0");
  TestClose(f.fisher_q, 0, 0, "fisher_q of a constant");
  PetscCall(VecSet(pair.p, 0.2)); /* equal densities that both vanish in a cell */
  if (OttoGridGetInfo(grid)->start == 0) {
    PetscCall(VecSetValue(pair.p, 0, 0, INSERT_VALUES));
    PetscCall(VecSetValue(pair.q, 0, 0, INSERT_VALUES));
  }
  PetscCall(VecAssemblyBegin(pair.p));
  PetscCall(VecAssemblyEnd(pair.p));
  PetscCall(VecAssemblyBegin(pair.q));
  PetscCall(VecAssemblyEnd(pair.q));
  PetscCall(OttoFisherEdge(grid, &pair, &f));
  for (int m = 0; m < OTTO_SMOOTH_COUNT; m++) TestClose(f.dissipation[m], 0, 0, "equal densities");
  PetscCall(OttoFisherFD4(grid, &pair, &f));
  for (int m = 0; m < OTTO_SMOOTH_COUNT; m++)
    TestClose(f.dissipation[m], 0, 0, "equal densities, differences");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

/* Product of Gaussians: context mean, sigma. */
static PetscReal Gauss(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  PetscReal value = 1;
  (void)cell;
  for (PetscInt j = 0; j < dim; j++)
    value *= exp(-(x[j] - c[0]) * (x[j] - c[0]) / (2 * c[1] * c[1])) / (c[1] * sqrt(2 * PETSC_PI));
  return value;
}

/* Its score along axis c[2]. */
static PetscReal Score(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)cell, (void)dim;
  return -(x[(int)c[2]] - c[0]) / (c[1] * c[1]);
}

/* ∂_t p / p of the heat flow: Δp/p. */
static PetscReal HeatRate(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  PetscReal rate = 0, s2 = c[1] * c[1];
  (void)cell;
  for (PetscInt j = 0; j < dim; j++) rate += (x[j] - c[0]) * (x[j] - c[0]) / (s2 * s2) - 1 / s2;
  return rate;
}

/* KL, I_rel, I by scores, and the rates, of two isotropic Gaussians in 2D: closed forms of
 * MATHEMATICS 2.6 to 1e-10 (midpoint sums, spectral; the box ends 8 widths out: e^-32 = 1e-14). */
static PetscErrorCode TestScores(void)
{
  const OttoBoundary b[2] = {OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_OPEN};
  const PetscReal s1 = 0.9 * 0.9, s2 = 1.1 * 1.1, m = 0.5;
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoDivergences d;
  OttoFisher f = {0};
  PetscReal p[3] = {0, 0.9, 0}, q[3] = {0.5, 1.1, 0}, rate, lack;
  Vec sp, sq;

  PetscFunctionBegin;
  PetscCall(Make(2, (PetscInt64[]){97, 101}, b, -9, 9, &grid));
  PetscCall(Fill(grid, Gauss, p, &pair.p));
  PetscCall(Fill(grid, Gauss, q, &pair.q));
  for (PetscInt axis = 0; axis < 2; axis++) {
    p[2] = q[2] = (PetscReal)axis;
    PetscCall(Fill(grid, Score, p, &sp));
    PetscCall(Fill(grid, Score, q, &sq));
    PetscCall(OttoFisherAddScores(grid, &pair, sp, sq, &f));
    PetscCall(VecDestroy(&sp));
    PetscCall(VecDestroy(&sq));
  }
  PetscReal a = 1 / s2 - 1 / s1, kl = log(s2 / s1) + s1 / s2 - 1 + m * m / s2;
  PetscReal rel = 2 * m * m / (s2 * s2) + 2 * a * a * s1;
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.5, &d));
  TestClose(d.divergence[OTTO_DIVERGENCE_KL], kl, 1e-10, "KL of Gaussians");
  TestClose(f.dissipation[OTTO_DIVERGENCE_KL], rel, 1e-10, "I_rel of Gaussians");
  TestClose(f.dissipation[OTTO_DIVERGENCE_REVERSE_KL], 2 * m * m / (s1 * s1) + 2 * a * a * s2,
            1e-10, "I_rel of the swapped pair");
  TestClose(f.fisher_p, 2 / s1, 1e-10, "I(p)");
  TestClose(f.fisher_q, 2 / s2, 1e-10, "I(q)");
  PetscCall(Fill(grid, HeatRate, p, &sp));
  PetscCall(Fill(grid, HeatRate, q, &sq));
  PetscCall(OttoFisherRateKL(grid, &pair, sp, sq, &rate));
  TestClose(rate, -rel, 1e-10, "dKL/dt = -I_rel");
  PetscCall(OttoFisherRateEntropy(grid, pair.p, NULL, 0, sp, &rate, &lack));
  TestClose(rate, 2 / s1, 1e-10, "dH/dt = I");
  TestClose(lack,
            log(OttoGridGetInfo(grid)->cell_volume * (PetscReal)OttoGridGetInfo(grid)->cells) -
                d.entropy_p,
            1e-12, "KL(p|uniform) = log V - H");
  PetscCall(VecDestroy(&sp));
  PetscCall(VecDestroy(&sq));
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

static PetscReal Bump(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  PetscReal value = 0;
  (void)cell;
  for (PetscInt j = 0; j < dim; j++)
    value += c[0] * cos(c[1] * PETSC_PI * x[j] / (1 + 0.25 * (double)j));
  return exp(value);
}

static PetscReal BumpScore(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  PetscReal k, length = 1 + 0.25 * c[2];
  (void)cell, (void)dim;
  k = c[1] * PETSC_PI / length;
  return -c[0] * k * sin(k * x[(int)c[2]]);
}

/* All seven numbers of the forms against the sums with analytic scores on a fine grid: differences
 * converge at order 4, edges at order 2 (asserted ±0.15); periodic and mirrored faces. The scores'
 * sums are spectral on both grids. */
static PetscErrorCode Errors(PetscInt64 n, OttoBoundary boundary, PetscReal fd4[7],
                             PetscReal edge[7])
{
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoFisher exact = {0}, f;
  Vec sp, sq;
  const OttoBoundary b[2] = {boundary, boundary};
  PetscReal wave = boundary == OTTO_BOUNDARY_PERIODIC ? 2 : 1;
  PetscReal p[3] = {0.8, wave, 0}, q[3] = {-0.5, wave, 0};

  PetscFunctionBegin;
  PetscCall(Make(2, (PetscInt64[]){n, n + 3}, b, 0, 1, &grid));
  PetscCall(Fill(grid, Bump, p, &pair.p));
  PetscCall(Fill(grid, Bump, q, &pair.q));
  for (PetscInt axis = 0; axis < 2; axis++) {
    p[2] = q[2] = (PetscReal)axis;
    PetscCall(Fill(grid, BumpScore, p, &sp));
    PetscCall(Fill(grid, BumpScore, q, &sq));
    PetscCall(OttoFisherAddScores(grid, &pair, sp, sq, &exact));
    PetscCall(VecDestroy(&sp));
    PetscCall(VecDestroy(&sq));
  }
  for (int form = 0; form < 2; form++) {
    PetscReal *error = form ? edge : fd4;
    PetscCall(form ? OttoFisherEdge(grid, &pair, &f) : OttoFisherFD4(grid, &pair, &f));
    for (int k = 0; k < OTTO_SMOOTH_COUNT; k++)
      error[k] = fabs(f.dissipation[k] / exact.dissipation[k] - 1);
    error[5] = fabs(f.fisher_p / exact.fisher_p - 1);
    error[6] = fabs(f.fisher_q / exact.fisher_q - 1);
  }
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestOrders(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    OttoBoundary b = k ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC;
    PetscReal coarse[2][7], fine[2][7];
    PetscCall(Errors(30, b, coarse[0], coarse[1]));
    PetscCall(Errors(61, b, fine[0], fine[1])); /* 30, 33 → 61, 64: a factor of about 1.99 */
    for (int m = 0; m < 7; m++) {
      PetscReal factor = log(0.5 * (61. / 30 + 64. / 33));
      PetscReal fourth = log(coarse[0][m] / fine[0][m]) / factor;
      PetscReal second = log(coarse[1][m] / fine[1][m]) / factor;
      TestTrue(fabs(fourth - 4) < 0.15, "differences converge at order 4");
      TestTrue(fabs(second - 2) < 0.15, "edges converge at order 2");
      TestTrue(fine[0][m] < 1e-3 && fine[1][m] < 2e-2, "errors are small");
    }
  }
  PetscFunctionReturn(0);
}

/* Fused with the divergences: the same numbers as apart (divergences are summed plane by plane
 * there: rounding). One axis of 1 to 5 cells, all wraps. */
static PetscErrorCode TestFused(void)
{
  PetscFunctionBegin;
  for (PetscInt64 n = 1; n < 6; n++) {
    OttoGrid grid;
    OttoPair pair = {.p = NULL};
    OttoDivergences d, e;
    OttoFisher f, h;
    const OttoBoundary b[3] = {OTTO_BOUNDARY_NO_FLUX,
                               n % 2 ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX,
                               OTTO_BOUNDARY_PERIODIC};
    PetscReal p[3] = {1, 1, 2}, q[3] = {2, 1, 2};
    PetscCall(Make(3, (PetscInt64[]){7, n, 6 - n}, b, 0, 1, &grid));
    PetscCall(Fill(grid, Rough, p, &pair.p));
    PetscCall(Fill(grid, Rough, q, &pair.q));
    PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.5, &d));
    PetscCall(OttoFisherFD4(grid, &pair, &f));
    PetscCall(OttoFisherFD4WithDivergences(grid, &pair, OTTO_MASK_ALL, 0.5, &e, &h));
    for (int k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
      TestClose(e.divergence[k], d.divergence[k], 1e-14, OttoDivergenceNames[k]);
    for (int k = 0; k < OTTO_SMOOTH_COUNT; k++) /* sums of the same terms, in another order */
      TestClose(h.dissipation[k], k == OTTO_DIVERGENCE_KL ? f.dissipation[k] : 0, 1e-14,
                OttoDivergenceNames[k]);
    TestClose(e.entropy_p, d.entropy_p, 1e-14, "entropy");
    TestClose(h.fisher_p, f.fisher_p, 1e-14, "fisher_p");
    TestTrue(f.dissipation[OTTO_DIVERGENCE_KL] > 0 && f.fisher_q > 0, "something there");
    PetscCall(Finish(&grid, &pair));
  }
  PetscFunctionReturn(0);
}

static PetscReal Noisy(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)dim, (void)x;
  return cell >= (PetscInt64)c[0] && cell < (PetscInt64)c[1] ? 1e-16 * (Hash(cell, 7) - 0.5)
                                                             : 1 + Hash(cell, c[2]);
}

/* Noise of either sign touches no form: cells 40…49 of p are noise, so edges and stencils that meet
 * them are left out, as in direct sums. fisher_q does not look at p. */
static PetscErrorCode TestUnresolved(void)
{
  const OttoBoundary b[1] = {OTTO_BOUNDARY_PERIODIC};
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoFisher f;
  PetscReal p[3] = {40, 50, 1}, q[3] = {0, 0, 2}, edge[2] = {0}, fd4[2] = {0};

  PetscFunctionBegin;
  PetscCall(Make(1, (PetscInt64[]){101}, b, 0, 101, &grid));
  PetscCall(Fill(grid, Noisy, p, &pair.p));
  PetscCall(Fill(grid, Noisy, q, &pair.q));
  pair.resolved_p = pair.resolved_q = 1e-14;
#define P(c) Noisy(((c) + 101) % 101, 1, NULL, p)
#define Q(c) Noisy(((c) + 101) % 101, 1, NULL, q)
  for (PetscInt64 c = 0; c < 101; c++) {
    PetscReal lq = (8 * log(Q(c + 1) / Q(c - 1)) - log(Q(c + 2) / Q(c - 2))) / 12;
    fd4[1] += Q(c) * lq * lq;
    if (c < 38 || c >= 52) {
      PetscReal lp = (8 * log(P(c + 1) / P(c - 1)) - log(P(c + 2) / P(c - 2))) / 12;
      fd4[0] += P(c) * (lp - lq) * (lp - lq);
    }
    edge[1] += (Q(c + 1) - Q(c)) * log(Q(c + 1) / Q(c));
    if (c >= 39 && c < 50) continue;
    PetscReal d = log(P(c + 1) / Q(c + 1)) - log(P(c) / Q(c));
    edge[0] += P(c) * (exp(d) - 1 - d) + P(c + 1) * (exp(-d) - 1 + d);
  }
  PetscCall(OttoFisherEdge(grid, &pair, &f));
  TestClose(f.dissipation[OTTO_DIVERGENCE_KL], edge[0], 1e-12, "edges that meet noise left out");
  TestClose(f.fisher_q, edge[1], 1e-12, "fisher_q by edges");
  PetscCall(OttoFisherFD4(grid, &pair, &f));
  TestClose(f.dissipation[OTTO_DIVERGENCE_KL], fd4[0], 1e-12, "stencils that meet noise left out");
  TestClose(f.fisher_q, fd4[1], 1e-12, "fisher_q by differences");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

/* Rough on axes of c[1], c[2] and the rest, named the other way round where c[4]; with c[3] a few
 * cells far along are noise. */
static PetscReal Turned(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  const PetscInt64 n[2] = {(PetscInt64)c[1], (PetscInt64)c[2]}, rest = (PetscInt64)c[5];
  const PetscBool turned = c[4] != 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscInt64 k = cell % rest, first = cell / rest / n[!turned], second = cell / rest % n[!turned];
  PetscInt64 i = turned ? second : first, j = turned ? first : second;

  (void)dim, (void)x;
  if (c[3] != 0 && i == 4 && j > n[1] - 9) return 1e-16 * (Hash(k, 7) - 0.5);
  return exp(-Hash((i * n[1] + j) * rest + k, c[0]));
}

/* A long axis 1 is cut into tiles of rows (at 32 cells a row and at 1), a short one is not: with
 * the two axes exchanged the sums have the same terms, each rounded by 1e-15 of the logarithms. */
static PetscErrorCode TestTiles(void)
{
  const PetscInt64 sizes[2][3] = {{6, 700, 32}, {6, 21000, 1}};
  const PetscReal low[3] = {0, 0, 0}, high[3] = {1, 1, 1};

  PetscFunctionBegin;
  for (int variant = 0; variant < 8; variant++) {
    const PetscInt64 *n = sizes[variant & 1];
    const OttoBoundary even = variant & 2 ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX;
    OttoDivergences d[2];
    OttoFisher f[2];
    for (int turned = 0; turned < 2; turned++) {
      const PetscInt64 order[3] = {n[turned], n[!turned], n[2]};
      const OttoBoundary b[3] = {even, even, OTTO_BOUNDARY_PERIODIC};
      const PetscReal p[6] = {1,           (PetscReal)n[0], (PetscReal)n[1],
                              variant & 4, turned,          (PetscReal)n[2]};
      const PetscReal q[6] = {2, p[1], p[2], 0, p[4], p[5]};
      OttoGrid grid;
      OttoPair pair = {.resolved_p = 1e-14, .resolved_q = 1e-14};
      PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
      PetscCall(OttoGridSetBox(grid, n[2] > 1 ? 3 : 2, order, low, high, b));
      PetscCall(OttoGridSetUp(grid));
      PetscCall(Fill(grid, Turned, p, &pair.p));
      PetscCall(Fill(grid, Turned, q, &pair.q));
      PetscCall(
          OttoFisherFD4WithDivergences(grid, &pair, OTTO_MASK_ALL, 0.5, &d[turned], &f[turned]));
      PetscCall(Finish(&grid, &pair));
    }
    for (int k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
      TestClose(d[1].divergence[k], d[0].divergence[k], 1e-13, OttoDivergenceNames[k]);
    TestClose(f[1].dissipation[OTTO_DIVERGENCE_KL], f[0].dissipation[OTTO_DIVERGENCE_KL], 1e-13,
              "dissipation with axes exchanged");
    TestClose(f[1].fisher_p, f[0].fisher_p, 1e-13, "fisher_p with axes exchanged");
    TestClose(f[1].fisher_q, f[0].fisher_q, 1e-13, "fisher_q with axes exchanged");
    TestTrue(f[0].fisher_p > 0 && f[0].fisher_q > 0, "something there");
  }
  PetscFunctionReturn(0);
}

/* Densities that differ by 1e-9: every smooth divergence decays alike, I_φ = φ''(1) ∫ |∇r|², to the
 * size of the next order; δ keeps its relative accuracy of 1e-7 from the data's rounding. */
static PetscErrorCode TestNear(void)
{
  const OttoBoundary b[1] = {OTTO_BOUNDARY_PERIODIC};
  const PetscReal second[OTTO_SMOOTH_COUNT] = {1, 1, 2, 0.25, 0.25};
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoFisher f;
  PetscReal p[3] = {1e-9, 2, 0};

  PetscFunctionBegin;
  PetscCall(Make(1, (PetscInt64[]){64}, b, 0, 1, &grid));
  PetscCall(Fill(grid, Bump, p, &pair.p));
  PetscCall(VecDuplicate(pair.p, &pair.q));
  PetscCall(VecSet(pair.q, 1));
  PetscCall(OttoFisherEdge(grid, &pair, &f));
  PetscReal exact = 1e-18 / 2 * pow(2 * 64 * sin(PETSC_PI / 64), 2); /* lattice eigenvalue */
  for (int k = 0; k < OTTO_SMOOTH_COUNT; k++)
    TestClose(f.dissipation[k], second[k] * exact, 2e-7, OttoDivergenceNames[k]);
  TestClose(f.fisher_p, exact, 2e-7, "fisher_p near the uniform density");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestIdentity, TestLogs, TestZeros, TestScores, TestOrders, TestFused,
                   TestUnresolved, TestTiles, TestNear});
}
