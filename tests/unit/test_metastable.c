/* ranks: 1 2 3 4; long: 2 4
 * Metastable sets against chains whose sets are known. */
#include "test.h"
#include <otto/metastable.h>
#include "chain.h"

typedef struct {
  Chain chain;
  OttoRelaxation modes;
  OttoMetastable sets;
} Case;

static PetscErrorCode Open(PetscInt dim, const PetscInt64 n[], const PetscReal lower[],
                           const PetscReal upper[], const char *const options[], PetscInt modes,
                           PetscInt sets, Case *c)
{
  const OttoBoundary walls[] = {W, W, W};

  PetscFunctionBegin;
  PetscCall(ChainCreate(dim, n, lower, upper, walls, options, &c->chain));
  PetscCall(OttoRelaxationCompute(c->chain.R, modes, &c->modes));
  PetscCall(OttoMetastableCompute(c->chain.Q, &c->modes, sets, &c->sets));
  TestTrue(c->sets.functions == modes && c->sets.count == sets, "as many as asked for");
  TestTrue(c->sets.unknown == 0, "known in every cell");
  if (sets) {
    /* of sums of a few terms of 1, or by the least one, which is 0 but for their rounding */
    TestTrue(c->sets.range <= 1e-13 && c->sets.sum <= 1e-13, "memberships");
    TestTrue(c->sets.off <= 1e-7, "the rates of the sets' chain are the modes'");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Close(Case *c)
{
  PetscFunctionBegin;
  PetscCall(OttoMetastableFree(&c->sets));
  PetscCall(OttoRelaxationFree(&c->modes));
  PetscCall(ChainDestroy(&c->chain));
  PetscFunctionReturn(0);
}

/* All of a field, in the order of the axes, on every rank. */
static PetscErrorCode Gather(const Case *c, Vec field, PetscReal all[])
{
  const OttoGridInfo *g = c->chain.g;
  const PetscScalar *own;
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(all, g->cells));
  PetscCall(VecGetArrayRead(field, &own));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    PetscInt64 number = 0;
    OttoGridCellIndex(g, i, idx);
    for (PetscInt j = 0; j < g->dim; j++) number = number * g->n[j] + idx[j];
    all[number] = own[i];
  }
  PetscCall(VecRestoreArrayRead(field, &own));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, all, (PetscMPIInt)g->cells, MPIU_REAL, MPIU_SUM, g->comm));
  PetscFunctionReturn(0);
}

/* As many sets as cells, and more than a halo lends ghosts of: every cell is one, and the chain of
 * the sets is the chain. */
static PetscErrorCode Cells(PetscInt64 n)
{
  const PetscReal lower[1] = {0}, upper[1] = {(PetscReal)n};
  PetscReal pi[12], chi[12], set[12], total = 0;
  PetscInt cell[12] = {0};
  Case c;

  PetscFunctionBegin;
  PetscCall(Open(1, &n, lower, upper,
                 OPTIONS("-potential_type", "formula", "-potential_formula", "0.3*x+1.5*sin(2.3*x)",
                         "-mobility", "0.4"),
                 (PetscInt)n - 1, (PetscInt)n, &c));
  for (int i = 0; i < n; i++) total += pi[i] = exp(-0.3 * (i + 0.5) - 1.5 * sin(2.3 * (i + 0.5)));
  PetscCall(Gather(&c, c.sets.set, set));
  for (int k = 0; k < n; k++) {
    PetscCall(Gather(&c, c.sets.membership[k], chi));
    for (int i = 0; i < n; i++) {
      if (set[i] == k + 1) cell[k] = i;
      TestTrue(fabs(chi[i] - (set[i] == k + 1)) < 1e-11, "1 in its own cell, 0 in the others");
    }
    TestClose(c.sets.probability[k], pi[cell[k]] / total, 1e-11, "probability of the cell");
    TestTrue(!k || c.sets.probability[k] < c.sets.probability[k - 1], "the most probable first");
  }
  TestClose(c.sets.crispness, 1, 1e-11, "crisp");
  for (int a = 0; a < n; a++)
    for (int b = 0; b < n; b++) {
      const PetscReal z = log(pi[cell[b]] / pi[cell[a]]); /* 0.4 B(-z), h = 1 */
      if (abs(cell[a] - cell[b]) == 1)
        TestClose(c.sets.rate[n * a + b], 0.4 * z / (1 - exp(-z)), 1e-9, "a rate of the chain");
      else if (a != b)
        TestTrue(fabs(c.sets.rate[n * a + b]) < 1e-9, "no rate where there is none");
    }
  PetscCall(Close(&c));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestCells(void)
{
  PetscFunctionBegin;
  PetscCall(Cells(4));
  PetscCall(Cells(12));
  PetscFunctionReturn(0);
}

/* Two equal wells: halves, which leave at half the slowest rate; one set is all there is. */
static PetscErrorCode TestTwoWells(void)
{
  const PetscInt64 n[1] = {121};
  const PetscReal lower[1] = {-2}, upper[1] = {2};
  const char *const *options =
      OPTIONS("-potential_type", "formula", "-potential_formula", "8*(x^2-1)^2");
  PetscReal chi[121], set[121], psi[121], ratio = 0;
  PetscInt at = 0;
  Case c;

  PetscCall(Open(1, n, lower, upper, options, 3, 2, &c));
  const PetscReal rate = c.modes.rate[0];
  TestTrue(OttoMetastableChoose(&c.modes, &at, &ratio) == 2 && at == 1, "two wells, two sets");
  TestClose(ratio, c.modes.rate[1] / rate, 1e-15, "the gap");
  for (int k = 0; k < 2; k++) {
    TestClose(c.sets.probability[k], 0.5, 1e-8, "each of them half");
    TestClose(c.sets.rate[3 * k], -rate / 2, 1e-7, "leaves at half the rate");
    TestClose(c.sets.rate[2 - k], rate / 2, 1e-7, "for the other one");
  }
  PetscCall(Gather(&c, c.sets.membership[0], chi));
  PetscCall(Gather(&c, c.sets.set, set));
  PetscCall(Gather(&c, c.sets.function[0], psi));
  for (int i = 0; i < 121; i++) {
    TestTrue(set[i] == (i <= 60 ? 1 : 2), "the boundary is at 0, the lower set the first");
    TestTrue(fabs(chi[i] + chi[120 - i] - 1) < 1e-9, "mirrored");
    TestTrue(fabs(psi[i] + psi[120 - i]) < 1e-9, "an odd function");
    TestTrue(!i || psi[i] < psi[i - 1] + 1e-12, "above 0 in the lower well, and monotone");
    TestTrue(fabs(chi[i] - 0.5 * (1 + psi[i] / psi[0])) < 1e-9, "a function of ψ");
  }
  TestTrue(c.sets.crispness > 0.98 && c.sets.crispness < 1, "nearly crisp");
  PetscCall(Close(&c));
  PetscCall(Open(1, n, lower, upper, options, 1, 1, &c));
  PetscCall(Gather(&c, c.sets.membership[0], chi));
  for (int i = 0; i < 121; i++) TestTrue(chi[i] == 1, "one set has it all");
  TestClose(c.sets.probability[0], 1, 1e-14, "with certainty");
  TestTrue(fabs(c.sets.rate[0]) < 1e-12, "and nothing leaves");
  TestTrue(OttoMetastableChoose(&c.modes, &at, &ratio) == 0 && ratio == 0, "of one rate no gap");
  PetscCall(Close(&c));
  return 0;
}

/* ψ is above 0 in the well of the lower corner, whichever is the deeper, and whatever the ranks. */
static PetscErrorCode TestSigns(void)
{
  const PetscInt64 n[1] = {60};
  const PetscReal lower[1] = {-2}, upper[1] = {2};
  PetscReal psi[60];
  Case c;

  for (int side = 0; side < 2; side++) {
    PetscCall(Open(1, n, lower, upper,
                   OPTIONS("-potential_type", "formula", "-potential_formula",
                           side ? "6*(x^2-1)^2+0.2*x" : "6*(x^2-1)^2-0.2*x"),
                   2, 2, &c));
    PetscCall(Gather(&c, c.sets.function[0], psi));
    TestTrue(psi[15] > 0.5 && psi[45] < -0.5, "the sign");
    PetscCall(Close(&c));
  }
  return 0;
}

/* What a mode has of the steady state, as solvers leave it, is no part of its function. */
static PetscErrorCode TestShare(void)
{
  const PetscInt64 n[1] = {60};
  const PetscReal lower[1] = {-2}, upper[1] = {2};
  PetscReal p[2];
  OttoMetastable again;
  Vec pi, logs;
  Case c;

  PetscCall(Open(1, n, lower, upper,
                 OPTIONS("-potential_type", "formula", "-potential_formula", "6*(x^2-1)^2+x"), 2, 2,
                 &c));
  PetscCall(PetscArraycpy(p, c.sets.probability, 2));
  PetscCall(OttoFieldCreate(c.chain.grid, &pi));
  PetscCall(OttoFieldCreate(c.chain.grid, &logs));
  PetscCall(OttoGeneratorGibbs(c.chain.Q, pi, logs));
  PetscCall(VecAXPY(c.modes.mode[0], 1e-3, pi));
  PetscCall(OttoMetastableCompute(c.chain.Q, &c.modes, 2, &again));
  TestTrue(again.mean <= 1e-13, "shares are probabilities");
  for (int k = 0; k < 2; k++) TestClose(again.probability[k], p[k], 1e-10, "and as before");
  PetscCall(OttoMetastableFree(&again));
  PetscCall(VecDestroy(&pi));
  PetscCall(VecDestroy(&logs));
  PetscCall(Close(&c));
  return 0;
}

#define BETWEEN "6*(x^2-1)^2+0.5*x"
#define ACROSS "7.5*(y^2-1)^2-0.3*y"

/* Four wells, a sum of two potentials: memberships are products, the chain a Kronecker sum. */
static PetscErrorCode TestFourWells(void)
{
  const PetscInt64 n[2] = {40, 36};
  const PetscReal lower[2] = {-2, -1.8}, upper[2] = {2, 1.8};
  static PetscReal x[2][40], y[2][36], chi[40 * 36];
  PetscReal p[2][2], rate[2][4];
  Case c;

  for (int axis = 0; axis < 2; axis++) {
    const char *V = axis ? "7.5*(x^2-1)^2-0.3*x" : BETWEEN;
    PetscCall(Open(1, n + axis, lower + axis, upper + axis,
                   OPTIONS("-potential_type", "formula", "-potential_formula", V), 2, 2, &c));
    for (int k = 0; k < 2; k++) {
      PetscCall(Gather(&c, c.sets.membership[k], axis ? y[k] : x[k]));
      p[axis][k] = c.sets.probability[k];
    }
    PetscCall(PetscArraycpy(rate[axis], c.sets.rate, 4));
    PetscCall(Close(&c));
  }
  PetscCall(Open(2, n, lower, upper,
                 OPTIONS("-potential_type", "formula", "-potential_formula", BETWEEN "+" ACROSS), 4,
                 4, &c));
  PetscInt pair[4][2];
  for (int k = 0; k < 4; k++) {
    PetscReal off = INFINITY;
    PetscCall(Gather(&c, c.sets.membership[k], chi));
    for (int a = 0; a < 4; a++) { /* which product it is, and how far from it */
      PetscReal most = 0;
      for (int i = 0; i < 40; i++)
        for (int j = 0; j < 36; j++)
          most = PetscMax(most, fabs(chi[36 * i + j] - x[a / 2][i] * y[a % 2][j]));
      if (most >= off) continue;
      off = most;
      pair[k][0] = a / 2;
      pair[k][1] = a % 2;
    }
    /* modes are right to their residual, 1e-12 of ‖Q‖ over the gap of 1e-3 of it */
    TestTrue(off < 1e-7, "a product of memberships");
    TestClose(c.sets.probability[k], p[0][pair[k][0]] * p[1][pair[k][1]], 1e-8, "of probabilities");
  }
  for (int a = 0; a < 4; a++)
    for (int b = 0; b < 4; b++) {
      const PetscReal along = rate[0][2 * pair[a][0] + pair[b][0]];
      const PetscReal across = rate[1][2 * pair[a][1] + pair[b][1]];
      const PetscReal right =
          (pair[a][1] == pair[b][1] ? along : 0) + (pair[a][0] == pair[b][0] ? across : 0);
      TestTrue(fabs(c.sets.rate[4 * a + b] - right) < 1e-7 * rate[0][1], "a Kronecker sum");
    }
  PetscCall(Close(&c));
  return 0;
}

/* A well of probability 1e-12 to 1e-24 beside one that has the rest. Σ_{y ≤ x} λ π_y ψ_y =
 * π_x up (ψ_x - ψ_{x+1}) from both ends to the top, in long double, says how far ψ is from what it
 * is at the main one's, by terms of one sign; the rare one's membership is that over all of it.
 * Also beside two equal wells across: products. */
#define ACROSS_RARE "3*(y^2-1)^2"

static PetscErrorCode Rare(PetscReal slope, PetscReal p[2], PetscReal *rate)
{
  enum { N = 64 };
  const PetscInt64 n[1] = {N};
  const PetscReal lower[1] = {-1.6}, upper[1] = {1.6};
  long double V[N], up[N], far[N], back[N], mass = 0, part = 0, square = 0, flow = 0, other = 0;
  int top = 17;
  char formula[64];
  Case c;

  PetscFunctionBegin;
  snprintf(formula, sizeof formula, "30*(x^2-1)^2+%g*x", (double)slope);
  PetscCall(Open(1, n, lower, upper,
                 OPTIONS("-potential_type", "formula", "-potential_formula", formula), 2, 2, &c));
  for (int i = 0; i < N; i++) {
    const long double x = -1.6L + (i + 0.5L) * 0.05L, well = x * x - 1;
    V[i] = 30 * well * well + slope * x;
  }
  for (int i = 0; i + 1 < N; i++) {
    const long double z = V[i] - V[i + 1];
    up[i] = z / (1 - expl(-z)) / (0.05L * 0.05L);
    if (i > 16 && i < 48 && V[i] > V[top]) top = i;
  }
  far[0] = 0; /* ψ_0 - ψ, over ψ_0, up to the top */
  for (int i = 0; i <= top; i++) {
    flow = (i ? flow * expl(V[i] - V[i - 1]) : 0) + 1 - far[i]; /* Σ_{≤ i} π ψ / π_i */
    far[i + 1] = far[i] + c.modes.rate[0] * flow / up[i];
  }
  back[N - 1] = 1; /* ψ over that of the other end, down to it */
  for (int i = N - 2; i >= top; i--) {
    other = (other + back[i + 1]) * expl(V[i] - V[i + 1]); /* Σ_{> i} π ψ / π_i */
    back[i] = back[i + 1] - c.modes.rate[0] * other / up[i];
  }
  for (int i = top + 1; i < N; i++) far[i] = 1 + flow / other * back[i]; /* sums add up to 0 */
  for (int i = 0; i < N; i++) {
    const long double pi = expl(V[10] - V[i]), chi = far[i] / far[N - 1];
    mass += pi;
    part += pi * chi;
    square += pi * chi * chi;
  }
  TestTrue(c.sets.vague == 0 && c.sets.mean <= 1e-12, "known");
  /* what the long double sum has of rates known to 1e-12, and of the steps' rounding */
  TestClose(c.sets.probability[1] / (double)(part / mass), 1, 1e-9, "a rare set");
  TestClose(c.sets.rate[1] / (double)(c.modes.rate[0] * part / mass), 1, 1e-9, "and into it");
  TestClose(2 * c.sets.crispness - 1, (double)(square / part), 1e-9, "as crisp as it is");
  for (int k = 0; k < 2; k++) p[k] = c.sets.probability[k];
  *rate = c.sets.rate[1];
  PetscCall(Close(&c));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRare(void)
{
  const PetscReal slope[] = {6, 9, 14, 18, 22, 26};
  PetscReal p[2], rate = 0;

  for (int k = 0; k < 6; k++) {
    const PetscInt64 n[2] = {64, 16};
    const PetscReal lower[2] = {-1.6, -1.8}, upper[2] = {1.6, 1.8};
    char formula[96];
    Case c;
    PetscCall(Rare(slope[k], p, &rate));
    if (k > 1) continue; /* beyond, a mode across is not known in the rare ones */
    snprintf(formula, sizeof formula, "30*(x^2-1)^2+%g*x+" ACROSS_RARE, (double)slope[k]);
    PetscCall(Open(2, n, lower, upper,
                   OPTIONS("-potential_type", "formula", "-potential_formula", formula), 4, 4, &c));
    TestTrue(c.sets.vague == 0, "known");
    for (int a = 0; a < 4; a++)
      TestClose(c.sets.probability[a] / (0.5 * p[a / 2]), 1, 1e-6, "half of it");
    for (int a = 0; a < 2; a++) {
      const PetscReal into = c.sets.rate[4 * a + 2] + c.sets.rate[4 * a + 3];
      /* what differs by rounding between the halves is exchanged 1e7 times as fast */
      TestClose(into / rate, 1, OTTO_METASTABLE_KNOWN, "the rate into both");
    }
    PetscCall(Close(&c));
  }
  return 0;
}

/* Three wells with walls of thousands of T: ψ from the lowest cell on by the balance of what passes
 * each face, Σ_{y ≤ x} λ π_y ψ_y = π_x up (ψ_x - ψ_{x+1}), in long double. */
static PetscErrorCode TestWalls(void)
{
  enum { N = 240 };
  const PetscInt64 n[1] = {N};
  const PetscReal lower[1] = {-3.2}, upper[1] = {3.4}, h = 6.6 / N;
  PetscReal psi[N], set[N];
  Case c;

  PetscCall(Open(1, n, lower, upper,
                 OPTIONS("-potential_type", "formula", "-potential_formula",
                         "4*(1-cos(2*_pi*x/1.5))+exp(8*(abs(x)-2.3))+0.4*x"),
                 4, 3, &c));
  PetscCall(Gather(&c, c.sets.set, set));
  TestTrue(set[0] != set[N / 2] && set[N / 2] != set[N - 1] && set[0] != set[N - 1], "three sets");
  for (int i = 1; i < N; i++) {
    const PetscReal x = -3.2 + h * i; /* of the face */
    const PetscBool top = fabs(fabs(x) - 0.75) < 0.1;
    TestTrue(set[i] == set[i - 1] || top, "they meet at the tops");
  }
  for (int k = 0; k < 2; k++) {
    long double V[N], sum = 0, at = 1;
    PetscReal off = 0;
    PetscCall(Gather(&c, c.sets.function[k], psi));
    for (int i = 0; i < N; i++) {
      const long double x = -3.2L + (i + 0.5L) * (6.6L / N);
      V[i] = 4 * (1 - cosl(2 * 3.14159265358979323846L * x / 1.5L)) + expl(8 * (fabsl(x) - 2.3L)) +
             0.4L * x;
    }
    for (int i = 0; i + 1 < N && V[i] > V[i + 1]; i++) { /* down into the first well */
      const long double z = V[i] - V[i + 1];
      const long double up = z / (1 - expl(-z)) / (h * h);
      sum = (i ? sum * expl(V[i] - V[i - 1]) : 0) + at; /* Σ π_y ψ_y / π_x */
      at -= c.modes.rate[k] * sum / up;
      off = PetscMax(off, fabs((double)at - psi[i + 1] / psi[0]));
    }
    TestTrue(V[0] - V[N / 4] > 1000, "a wall");
    TestTrue(off < 1e-8, "ψ down the wall, where the mode over π says nothing");
  }
  PetscCall(Close(&c));
  return 0;
}

/* Three axes, more cells than are factorised, walls of hundreds of T across: what one axis is, in
 * every corner, as what is across decays much faster. */
static PetscErrorCode TestSpace(void)
{
  const PetscInt64 n[3] = {24, 20, 18};
  const PetscReal lower[3] = {-2, -2, -2}, upper[3] = {2, 2, 2};
  static PetscReal line[24], chi[24 * 20 * 18];
  PetscReal rate[4], off = 0;
  Case c;

  PetscCall(Open(1, n, lower, upper,
                 OPTIONS("-potential_type", "formula", "-potential_formula", "5*(x^2-1)^2+0.2*x"),
                 2, 2, &c));
  PetscCall(Gather(&c, c.sets.membership[0], line));
  PetscCall(PetscArraycpy(rate, c.sets.rate, 4));
  PetscCall(Close(&c));
  PetscCall(Open(3, n, lower, upper,
                 OPTIONS("-potential_type", "formula", "-potential_formula",
                         "5*(x^2-1)^2+0.2*x+10*(y^2+z^2)^2"),
                 2, 2, &c));
  PetscCall(Gather(&c, c.sets.membership[0], chi));
  for (int i = 0; i < 24; i++)
    for (int j = 0; j < 20 * 18; j++) off = PetscMax(off, fabs(chi[20 * 18 * i + j] - line[i]));
  TestTrue(off < 1e-8, "the same across"); /* 1e-12 of u, over 1e-4 where ψ is sought */
  for (int k = 0; k < 4; k++) TestClose(c.sets.rate[k], rate[k], 1e-8, "and as slow");
  PetscCall(Close(&c));
  return 0;
}

static PetscErrorCode TestRefused(void)
{
  const PetscInt64 n[2] = {16, 16};
  const PetscReal lower[2] = {-2, -2}, upper[2] = {2, 2};
  Case c;

  PetscCall(
      Open(2, n, lower, upper,
           OPTIONS("-potential_type", "formula", "-potential_formula", "3*(x^2-1)^2+3*(y^2-1)^2"),
           4, 4, &c));
  OttoMetastable none;
  TestFails(OttoMetastableCompute(c.chain.Q, &c.modes, 5, &none), OTTO_ERR_INPUT,
            "spectrum_sets: 5; so many sets take as many rates");
  TestFails(OttoMetastableCompute(c.chain.Q, &c.modes, 2, &none), OTTO_ERR_INPUT,
            "spectrum_sets: 2; rates 1 and 2 are the same");
  PetscCall(Close(&c));
  PetscCall(Open(1, n, lower, upper, OPTIONS("-potential_type", "double_well"), 2, 0, &c));
  TestTrue(!c.sets.set && !OttoMetastableWhyNot(c.chain.Q, &c.modes), "functions alone");
  PetscCall(Close(&c));
  PetscCall(ChainCreate(1, n, lower, upper, (OttoBoundary[]){P},
                        OPTIONS("-drift_type", "constant", "-drift_force", "1"), &c.chain));
  PetscCall(OttoRelaxationCompute(c.chain.R, 2, &c.modes));
  TestFails(OttoMetastableCompute(c.chain.Q, &c.modes, 2, &none), OTTO_ERR_INPUT,
            "spectrum_sets: 2; there is no detailed balance");
  PetscCall(OttoRelaxationFree(&c.modes));
  PetscCall(ChainDestroy(&c.chain));
  PetscCall(ChainCreate(1, n, lower, upper, (OttoBoundary[]){A},
                        OPTIONS("-potential_type", "double_well"), &c.chain));
  TestTrue(strstr(OttoMetastableWhyNot(c.chain.Q, NULL), "absorb") != NULL, "no steady state");
  PetscCall(ChainDestroy(&c.chain));
  return 0;
}

int main(void)
{
  return TestMain({TestCells, TestTwoWells, TestSigns, TestShare, TestFourWells, TestRare,
                   TestWalls, TestSpace, TestRefused});
}
