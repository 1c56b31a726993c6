/* ranks: 1 2 3
 * The walk of a sample (information/observe.h) finds what the functions of its parts find, each in
 * a pass and by formulas of its own. */
#include "fixture.h"
#include "information/observe.h"

/* What densities look like. */
enum { SMOOTH, STEEP, NEAR, UNIFORM, SHAPES };

static PetscReal Density(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *rule)
{
  const int shape = (int)rule[0], second = (int)rule[1];
  PetscReal sum = 0;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) sum += cos(2 * x[j] + (second ? 0.9 : 0.2) * (j + 1));
  if (shape == STEEP) return exp((second ? -25 : 30) * sum);
  if (shape == NEAR) return exp(sum) * (second ? 1 : 1 + 1e-9 * sin(3 * x[0]));
  if (shape == UNIFORM) return second ? 1 : 1 + 1e-6 * sum;
  return exp((second ? 0.8 : 1.1) * sum);
}

typedef struct {
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source[2];
  Vec p, q, p0, mid, rate[2];
  OttoPair pair;
} Case;

static PetscErrorCode Normalise(OttoGrid grid, Vec v)
{
  PetscReal mass = 1;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(grid, v, &mass));
  PetscCall(VecScale(v, 1 / mass));
  PetscFunctionReturn(0);
}

static PetscErrorCode Make(OttoGrid grid, int shape, Case *c)
{
  PetscFunctionBegin;
  *c = (Case){.grid = grid};
  PetscCall(Fill(grid, Density, (PetscReal[]){shape, 0}, &c->p));
  PetscCall(Fill(grid, Density, (PetscReal[]){shape, 1}, &c->q));
  PetscCall(Fill(grid, Density, (PetscReal[]){SMOOTH, 0}, &c->p0));
  PetscCall(Normalise(grid, c->p));
  PetscCall(Normalise(grid, c->q));
  PetscCall(Normalise(grid, c->p0));
  PetscCall(VecDuplicate(c->p, &c->mid));
  PetscCall(VecCopy(c->p, c->mid));
  PetscCall(VecAXPBY(c->mid, 0.5, 0.5, c->q));
  PetscCall(MakeHeat(grid, "lattice_exact", &c->heat));
  for (int i = 0; i < 2; i++) {
    const Vec v = i ? c->q : c->p;
    PetscCall(VecDuplicate(c->p, &c->rate[i]));
    PetscCall(OttoHeatSourceCreate(c->heat, v, &c->source[i]));
    PetscCall(OttoHeatRate(c->heat, c->source[i], 1e-3, v, NULL, c->rate[i]));
  }
  c->pair = (OttoPair){.p = c->p, .q = c->q};
  PetscFunctionReturn(0);
}

static PetscErrorCode Free(Case *c)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoHeatSourceDestroy(&c->source[i]));
    PetscCall(VecDestroy(&c->rate[i]));
  }
  PetscCall(OttoHeatDestroy(&c->heat));
  PetscCall(VecDestroy(&c->p));
  PetscCall(VecDestroy(&c->q));
  PetscCall(VecDestroy(&c->p0));
  PetscCall(VecDestroy(&c->mid));
  PetscFunctionReturn(0);
}

static PetscErrorCode JensenShannon(OttoGrid grid, Vec p, Vec q, PetscReal *js)
{
  OttoDivergences d;

  PetscFunctionBegin;
  PetscCall(OttoDivergenceCompute(grid, &(OttoPair){.p = p, .q = q}, OTTO_MASK(OTTO_DIVERGENCE_JS),
                                  0.5, &d));
  *js = d.divergence[OTTO_DIVERGENCE_JS];
  PetscFunctionReturn(0);
}

/* Sums of positive terms: 1e-13 of each, for their terms differ by a few eps; of p ≈ q as well, for
 * p - q is the same. Rates have terms of both signs, as large as their parts: what a uniform p says
 * of its entropy is known to 1e-16/1e-6 a cell. */
static PetscErrorCode Compare(Case *c, const OttoPairObserved *o, PetscReal order, int shape)
{
  const PetscReal rates = shape == NEAR ? 1e-6 : shape == UNIFORM ? 1e-8 : 1e-11;
  PetscReal mid = NAN, rate = NAN, lack = NAN;
  const OttoGridInfo *g = OttoGridGetInfo(c->grid);
  OttoDivergences d;
  OttoFisher f;

  PetscFunctionBegin;
  PetscCall(OttoDivergenceCompute(c->grid, &c->pair, OTTO_MASK_ALL, order, &d));
  for (int k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    TestClose(o->d.divergence[k], d.divergence[k], 1e-13, OttoDivergenceNames[k]);
  TestClose(o->d.entropy_p, d.entropy_p, 1e-12, "entropy of p");
  TestClose(o->d.entropy_q, d.entropy_q, 1e-12, "entropy of q");
  TestClose(o->d.cross_entropy, d.cross_entropy, 1e-12, "cross-entropy");
  TestClose(o->d.mass_p, d.mass_p, 1e-14, "mass of p");
  TestTrue(o->d.min_p == d.min_p && o->d.min_q == d.min_q && o->d.max_p == d.max_p &&
               o->d.max_q == d.max_q,
           "least and largest values");
  PetscCall(OttoFisherEdge(c->grid, &c->pair, &f));
  TestClose(o->f.dissipation[OTTO_DIVERGENCE_KL], f.dissipation[OTTO_DIVERGENCE_KL], 1e-12,
            "relative Fisher information");
  TestClose(o->f.fisher_p, f.fisher_p, shape == UNIFORM ? 1e-9 : 1e-12, "Fisher information of p");
  TestClose(o->f.fisher_q, f.fisher_q, 1e-12, "Fisher information of q");
  PetscCall(JensenShannon(c->grid, c->p, c->mid, &mid));
  TestClose(o->mid_p, mid, shape >= NEAR ? 1e-6 : 1e-13, "js of p and the mixture");
  PetscCall(JensenShannon(c->grid, c->mid, c->q, &mid));
  TestClose(o->mid_q, mid, shape >= NEAR ? 1e-6 : 1e-13, "js of the mixture and q");
  PetscCall(OttoFisherRateKL(c->grid, &c->pair, c->rate[0], c->rate[1], &rate));
  TestClose(o->kl_rate, rate, rates, "rate of kl");
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoFisherRateEntropy(c->grid, i ? c->q : c->p, NULL, 0, c->rate[i], &rate, &lack));
    TestClose(o->entropy_rate[i], rate, rates, "rate of entropy");
    TestClose(o->lack[i], lack, 1e-9, "KL from the uniform density");
  }
  PetscCall(OttoDivergenceCompute(c->grid, &(OttoPair){.p = c->p0, .q = c->p}, OTTO_MASK_ENTROPY,
                                  0.5, &d));
  const PetscReal volume = g->cell_volume * (PetscReal)g->cells;
  TestClose(o->p0_log_p, log(volume) - d.cross_entropy, shape == UNIFORM ? 1e-9 : 1e-12,
            "p_0 against log p");
  PetscFunctionReturn(0);
}

/* Any boundaries in 2 to 5 dimensions, axes of one and two cells, rows longer than a block, strips
 * that do not divide the second axis. */
static PetscErrorCode TestParts(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[5];
  } boxes[] = {{2, {5, 7}},       {2, {4, 1100}},      {2, {3, 1}},    {2, {7, 2}},
               {3, {4, 3, 19}},   {3, {3, 70, 200}},   {3, {3, 2, 2}}, {3, {6, 1, 5}},
               {4, {3, 4, 5, 6}}, {5, {3, 2, 1, 4, 3}}};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++)
    for (int b = 0; b < 3; b++)
      for (int shape = 0; shape < SHAPES; shape++) {
        OttoPairObserved o;
        PetscBool taken = PETSC_FALSE;
        OttoGrid grid;
        Case c;
        if (b == 2)
          PetscCall(MakeMixed(boxes[i].dim, boxes[i].n, &grid));
        else
          PetscCall(MakeUneven(PETSC_COMM_WORLD, boxes[i].dim, boxes[i].n,
                               b ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC, &grid));
        PetscCall(Make(grid, shape, &c));
        const PetscReal order = shape == STEEP ? 0.7 : 0.5;
        PetscCall(OttoPairObserve(
            grid, &(OttoObserveRule){.pair = &c.pair, .order = order, .p0 = c.p0}, &o, &taken));
        TestTrue(taken, "plain numbers are walked over");
        if (taken) PetscCall(Compare(&c, &o, order, shape));
        /* rates that are given are the same numbers */
        const PetscReal kl_rate = o.kl_rate, entropy_rate = o.entropy_rate[1];
        PetscCall(OttoPairObserve(grid,
                                  &(OttoObserveRule){.pair = &c.pair,
                                                     .order = order,
                                                     .p0 = c.p0,
                                                     .rate_p = c.rate[0],
                                                     .rate_q = c.rate[1]},
                                  &o, &taken));
        TestTrue(taken && o.f.fisher_p == 0, "no edges beside rates that are given");
        TestClose(o.kl_rate, kl_rate,
                  shape == NEAR      ? 1e-6
                  : shape == UNIFORM ? 1e-8
                                     : 1e-11,
                  "rate of kl by rates that are given");
        TestClose(o.entropy_rate[1], entropy_rate, 1e-11, "rate of entropy likewise");
        PetscCall(Free(&c));
        PetscCall(OttoGridDestroy(&grid));
      }
  PetscFunctionReturn(0);
}

/* Sets one cell of a rank that has one, and whether the walk is taken then, on all ranks. */
static PetscErrorCode TakenWith(Case *c, Vec v, PetscInt64 at, PetscReal value, PetscReal resolved,
                                PetscBool *taken)
{
  const OttoGridInfo *g = OttoGridGetInfo(c->grid);
  OttoPair pair = {.p = c->p, .q = c->q, .resolved_p = resolved, .resolved_q = resolved};
  PetscReal before = 0;
  OttoPairObserved o;
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(v, &a));
  if (g->local_cells > at) {
    before = a[at];
    a[at] = value;
  }
  PetscCall(VecRestoreArray(v, &a));
  PetscCall(OttoPairObserve(c->grid, &(OttoObserveRule){.pair = &pair, .order = 0.5, .p0 = c->p0},
                            &o, taken));
  PetscCall(VecGetArray(v, &a));
  if (g->local_cells > at) a[at] = before;
  PetscCall(VecRestoreArray(v, &a));
  PetscFunctionReturn(0);
}

/* What wants care is left to the functions of the parts. */
static PetscErrorCode TestLeft(void)
{
  const PetscReal bad[] = {0, -1e-3, 1e-280, 1e40, NAN, INFINITY};
  PetscBool taken = PETSC_FALSE;
  OttoGrid grid;
  Case c;

  PetscFunctionBegin;
  PetscCall(MakeMixed(3, (PetscInt64[]){4, 3, 19}, &grid));
  PetscCall(Make(grid, SMOOTH, &c));
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
    for (int second = 0; second < 2; second++)
      for (PetscInt64 at = 0; at < 19; at += 6) {
        PetscCall(TakenWith(&c, second ? c.q : c.p, at, bad[k], 0, &taken));
        TestTrue(!taken, "a value that wants care");
      }
  PetscCall(TakenWith(&c, c.p, 3, 1e-5, 0, &taken));
  TestTrue(taken, "a small value");
  PetscCall(TakenWith(&c, c.p, 3, 1e-5, 1e-4, &taken));
  TestTrue(!taken, "a value that is not resolved");
  PetscCall(TakenWith(&c, c.p, 3, 1e-200, 0, &taken));
  TestTrue(!taken, "log(p/q) changes by more than 400");
  PetscCall(Free(&c));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestParts, TestLeft});
}
