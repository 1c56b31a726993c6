/* ranks: 1 2 3 4
 * What an observer finds in its walks is what the functions of their own find, to rounding, on
 * every mesh; and what these sum in vector loops is what a loop over cells in long double gives.
 */
#include "chain.h"
#include <otto/observer.h>

#define ROUNDING 1e-13 /* sums of some hundred cells, relative to what they are sums of */

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
  const char *V, *f;  /* f NULL: no drift */
  PetscReal depth;    /* of log p, log q, log π: below -700 they have logarithms */
  PetscReal near;     /* q = p but for that share; 0: unlike */
  PetscReal noise;    /* below it cells are noise; 0: exact */
  PetscBool negative; /* some of the noise is negative */
} Case;

static const Case cases[] = {
    {2, {8, 11}, {W, P}, "x^2+sin(y)", "0-2*y, 3*x", 3, 0, 0, PETSC_FALSE},
    {2, {40, 33}, {P, W}, "cos(6*x)+y", NULL, 8, 0, 0, PETSC_FALSE},
    {2, {9, 90}, {P, P}, "x", "1, 0-2", 4, 1e-7, 0, PETSC_FALSE},
    {2, {6, 7}, {A, W}, "3*x^2", "0.3*y, x", 2, 0, 0, PETSC_FALSE},
    {3, {6, 5, 4}, {P, W, A}, "x*y*z", "y*z, x, 1", 2, 0, 0, PETSC_FALSE},
    {3, {5, 4, 6}, {W, P, P}, "x+z^2", NULL, 2, 0, 0, PETSC_FALSE},
    {2, {9, 8}, {W, P}, "x", NULL, 1500, 0, 0, PETSC_FALSE},
    {2, {12, 8}, {W, P}, "x", NULL, 30, 0, 1e-9, PETSC_FALSE},
    {2, {12, 8}, {W, P}, "x", "y, 1", 30, 0, 1e-9, PETSC_TRUE},
    {1, {70}, {P}, "cos(6*x)", "1.5", 2, 0, 0, PETSC_FALSE},
};
#define COUNT ((int)(sizeof cases / sizeof cases[0]))

typedef struct {
  const Case *of;
  Chain chain;
  OttoObserved seen;
} Setting;

/* log of density `which` in a cell. */
static PetscReal LogOf(const Case *c, PetscInt64 cell, int which)
{
  const PetscReal own = -c->depth * Hash(cell, 1 + which);

  if (which == 1 && c->near > 0) return -c->depth * Hash(cell, 1) + c->near * Hash(cell, 2);
  return own;
}

/* A density, and its logarithm where it underflows. */
static PetscErrorCode Make(const Setting *s, int which, Vec *v, Vec *log_v)
{
  const Case *c = s->of;
  const OttoGridInfo *g = s->chain.g;
  PetscScalar *a, *l;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->chain.grid, v));
  PetscCall(OttoFieldCreate(s->chain.grid, log_v));
  PetscCall(VecGetArray(*v, &a));
  PetscCall(VecGetArray(*log_v, &l));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    PetscInt64 idx[OTTO_MAX_DIM], cell = 0;
    OttoGridCellIndex(g, i, idx);
    for (PetscInt j = 0; j < g->dim; j++) cell = cell * g->n[j] + idx[j];
    l[i] = LogOf(c, cell, which);
    a[i] = exp(l[i]);
    if (c->negative && which < 2 && a[i] < c->noise && cell % 2) a[i] = -a[i];
  }
  PetscCall(VecRestoreArray(*log_v, &l));
  PetscCall(VecRestoreArray(*v, &a));
  if (c->depth < 700) PetscCall(VecDestroy(log_v));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(const Case *c, PetscMPIInt p1, PetscBool two, Setting *s)
{
  PetscReal lower[3] = {0, -0.5, 0.1}, upper[3] = {1, 1, 1.2};
  PetscMPIInt size;

  PetscFunctionBegin;
  *s = (Setting){.of = c};
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_seam", "wall"));
  PetscCall(PetscOptionsSetValue(NULL, "-temperature", "0.7"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_type", "formula"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_formula", c->V));
  if (c->f) PetscCall(PetscOptionsSetValue(NULL, "-drift_type", "formula"));
  if (c->f) PetscCall(PetscOptionsSetValue(NULL, "-drift_formula", c->f));
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &s->chain.grid));
  PetscCall(OttoGridSetBox(s->chain.grid, c->dim, c->n, lower, upper, c->boundary));
  PetscCall(OttoGridSetMesh(s->chain.grid, size / p1, p1));
  PetscCall(OttoGridSetUp(s->chain.grid));
  s->chain.g = OttoGridGetInfo(s->chain.grid);
  PetscCall(OttoGeneratorCreate(s->chain.grid, &s->chain.Q));
  PetscCall(OttoGeneratorSetFromOptions(s->chain.Q));
  PetscCall(OttoGeneratorSetUp(s->chain.Q));
  s->seen = (OttoObserved){
      .resolved_p = c->noise, .resolved_q = two ? c->noise : 0, .order = 0.7, .step = 0.1};
  PetscCall(Make(s, 0, &s->seen.p, &s->seen.log_p));
  if (two) PetscCall(Make(s, 1, &s->seen.q, &s->seen.log_q));
  if (OttoGeneratorIsAbsorbing(s->chain.Q)) PetscFunctionReturn(0);
  PetscCall(Make(s, 2, &s->seen.pi, &s->seen.log_pi));
  if (c->depth < 700 && OttoGeneratorIsConservative(s->chain.Q))
    PetscCall(OttoGeneratorGibbs(s->chain.Q, s->seen.pi, NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode TearDown(Setting *s)
{
  Vec *fields[] = {&s->seen.p,     &s->seen.q,     &s->seen.pi,
                   &s->seen.log_p, &s->seen.log_q, &s->seen.log_pi};

  PetscFunctionBegin;
  for (int i = 0; i < 6; i++) PetscCall(VecDestroy(fields[i]));
  PetscCall(ChainDestroy(&s->chain));
  PetscFunctionReturn(0);
}

/* Equal, both infinite, both unknown, or within rounding of `scale` or of the value itself. */
static void Same(PetscReal a, PetscReal b, PetscReal scale, const char *what)
{
  const PetscReal most = PetscMax(fabs(b), isfinite(scale) ? fabs(scale) : 0);

  if (a == b || (isnan(a) && isnan(b))) return;
  TestClose((a - b) / (most > 0 ? most : 1), 0, ROUNDING, what);
}

/* ---- against the functions of their own ---- */

static void SameDivergences(const OttoDivergences *a, const OttoDivergences *b, PetscBool two)
{
  Same(a->mass_p, b->mass_p, 0, "mass_p");
  Same(a->max_p, b->max_p, 0, "max_p");
  Same(a->min_p, b->min_p, 0, "min_p");
  Same(a->entropy_p, b->entropy_p, 0, "entropy_p");
  TestTrue(two || isnan(a->divergence[OTTO_DIVERGENCE_KL]), "no q, no divergence");
  if (!two) return;
  Same(a->mass_q, b->mass_q, 0, "mass_q");
  Same(a->entropy_q, b->entropy_q, 0, "entropy_q");
  Same(a->cross_entropy, b->cross_entropy, 0, "cross_entropy");
  Same(a->unreliable_p, b->unreliable_p, 0, "unreliable_p");
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    Same(a->divergence[k], b->divergence[k], 0, OttoDivergenceNames[k]);
}

static void SameDissipation(const OttoDissipation *a, const OttoDissipation *b)
{
  TestTrue(a->exists == b->exists && a->exact == b->exact, "exists, exact");
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    Same(a->value[k], b->value[k], 0, "value");
    Same(a->dissipation[k], b->dissipation[k], 0, "dissipation");
    Same(a->rate[k], b->rate[k], b->noise[k] / PETSC_MACHINE_EPSILON, "rate");
    Same(a->noise[k], b->noise[k], 0, "noise of the rate");
    Same(a->slope[k], b->slope[k], 0, "slope");
  }
}

static void SameProduction(const OttoProduction *a, const OttoProduction *b)
{
  const PetscReal scale = b->noise / PETSC_MACHINE_EPSILON;

  Same(a->total, b->total, 0, "total");
  Same(a->adiabatic, b->adiabatic, scale, "adiabatic");
  Same(a->nonadiabatic, b->nonadiabatic, 0, "nonadiabatic");
  Same(a->flow, b->flow, scale, "flow");
  Same(a->heat_rate, b->heat_rate, scale, "heat_rate");
  Same(a->entropy_rate, b->entropy_rate, scale, "entropy_rate");
  Same(a->kl_rate, b->kl_rate, scale, "kl_rate");
  Same(a->current_norm, b->current_norm, 0, "current_norm");
  Same(a->noise, b->noise, 0, "noise");
  Same(a->steady_noise, b->steady_noise, 0, "steady_noise");
}

static void SameWork(const OttoWork *a, const OttoWork *b)
{
  const PetscReal scale = b->noise / PETSC_MACHINE_EPSILON;

  Same(a->rate, b->rate, scale, "work");
  Same(a->drift, b->drift, scale, "work of the drift");
  Same(a->absorbed, b->absorbed, 0, "absorbed");
  Same(a->energy_rate, b->energy_rate, scale, "energy_rate");
  Same(a->energy, b->energy, b->energy_size, "energy");
  Same(a->energy_size, b->energy_size, 0, "energy_size");
  Same(a->noise, b->noise, 0, "noise of the work");
}

static PetscErrorCode Separately(const Setting *s, const OttoObservation *out)
{
  const OttoObserved *of = &s->seen;
  const PetscBool two = of->q ? PETSC_TRUE : PETSC_FALSE;
  OttoPair pair = {.p = of->p,
                   .q = two ? of->q : of->p,
                   .log_p = of->log_p,
                   .log_q = two ? of->log_q : of->log_p,
                   .resolved_p = of->resolved_p,
                   .resolved_q = two ? of->resolved_q : of->resolved_p};
  OttoDissipation dissipation = {.exists = PETSC_FALSE};
  OttoProduction production;
  OttoDivergences d;
  OttoWork work;
  Vec rate[2];

  PetscFunctionBegin;
  PetscCall(OttoDivergenceCompute(s->chain.grid, &pair, OTTO_MASK_ALL, of->order, &d));
  SameDivergences(&out->d, &d, two);
  TestTrue(out->positive_p == !s->of->negative, "positive_p");
  if (out->positive) pair.resolved_p = pair.resolved_q = 0;
  if (!two) pair.q = of->pi;
  if (!two) pair.log_q = of->log_pi;
  if (!two) pair.resolved_q = 0;
  for (int i = 0; i < 2; i++) PetscCall(OttoFieldCreate(s->chain.grid, &rate[i]));
  if (pair.q) PetscCall(OttoDissipationCompute(s->chain.Q, &pair, rate[0], rate[1], &dissipation));
  SameDissipation(&out->against, &dissipation);
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&rate[i]));
  PetscCall(OttoProductionComputeLogs(s->chain.Q, of->p, of->log_p, of->pi, of->log_pi,
                                      out->positive_p ? 0 : of->resolved_p, &production));
  SameProduction(&out->production, &production);
  PetscCall(OttoWorkCompute(s->chain.Q, of->p, of->step, &work));
  SameWork(&out->work, &work);
  PetscFunctionReturn(0);
}

/* ---- against loops over cells ---- */

typedef struct {
  long double rate[OTTO_SMOOTH_COUNT], gross[OTTO_SMOOTH_COUNT], square[OTTO_SMOOTH_COUNT];
  long double slope[OTTO_SMOOTH_COUNT], entropy, of_entropy, kl_rate, of_kl, production, leaving,
      rest, energy, size;
  long double kl[2], far[2], left[2], terms[2];
} Direct;

/* φ' and φ - r φ' of p/q, with the accuracy of p - q. */
static void Slopes(long double p, long double q, long double a[], long double b[])
{
  const long double r = p / q, u = (p - q) / q, l = log1pl(u), root = sqrtl(r);

  a[OTTO_DIVERGENCE_KL] = l;
  b[OTTO_DIVERGENCE_KL] = -u;
  a[OTTO_DIVERGENCE_REVERSE_KL] = (p - q) / p;
  b[OTTO_DIVERGENCE_REVERSE_KL] = -l;
  a[OTTO_DIVERGENCE_CHI2] = 2 * u;
  b[OTTO_DIVERGENCE_CHI2] = -u * (r + 1);
  a[OTTO_DIVERGENCE_HELLINGER2] = 0.5L * u / (root * (root + 1));
  b[OTTO_DIVERGENCE_HELLINGER2] = -0.5L * u / (root + 1);
  a[OTTO_DIVERGENCE_JS] = 0.5L * log1pl((p - q) / (p + q));
  b[OTTO_DIVERGENCE_JS] = -0.5L * log1pl(0.5L * u);
}

static void AddSlopes(long double p, long double q, const PetscReal rate[2], PetscReal leave,
                      Direct *d)
{
  long double a[OTTO_SMOOTH_COUNT], b[OTTO_SMOOTH_COUNT];

  Slopes(p, q, a, b);
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    const long double x = a[k] * leave * p, y = b[k] * leave * q;
    d->rate[k] += a[k] * rate[0] + b[k] * rate[1];
    d->gross[k] += fabsl(a[k] * rate[0]) + fabsl(b[k] * rate[1]);
    d->square[k] += x * x + y * y;
    d->slope[k] = fmaxl(d->slope[k], fmaxl(fabsl(a[k]), fabsl(b[k])));
  }
}

static void AddDistance(long double p, long double pi, PetscReal resolved, int k, Direct *d)
{
  if (p > resolved) {
    d->kl[k] += p * logl(p / pi) - p + pi;
    d->far[k] = fmaxl(d->far[k], fabsl(logl(p / pi)));
    return;
  }
  d->kl[k] += pi - p;
  d->left[k] += p;
  if (p != 0) d->terms[k] += fabsl(p) * (fabsl(logl(fabsl(p))) + fabsl(logl(pi)) + 1);
}

/* All of this rank's cells, none of which underflows. */
static PetscErrorCode AddAll(const Setting *s, PetscBool slopes, Direct *d)
{
  const OttoObserved *of = &s->seen;
  const OttoRates *r = OttoGeneratorGetRates(s->chain.Q);
  const Vec fields[] = {of->p, of->q ? of->q : of->p, of->pi ? of->pi : of->p,
                        OttoGeneratorGetPotential(s->chain.Q)};
  const PetscScalar *v[4], *rates[3];
  Vec rate[3];

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) {
    PetscCall(OttoFieldCreate(s->chain.grid, &rate[i]));
    PetscCall(OttoGeneratorApply(s->chain.Q, fields[i], rate[i]));
    PetscCall(VecGetArrayRead(rate[i], &rates[i]));
  }
  for (int i = 0; i < 4; i++) PetscCall(VecGetArrayRead(fields[i], &v[i]));
  for (PetscInt64 c = 0; c < s->chain.g->local_cells; c++) {
    const long double p = v[0][c], q = v[1][c], pi = v[2][c], out = r->leave[c] * p;
    const int other = of->q ? 1 : 2;
    const PetscReal both[2] = {rates[0][c], rates[other][c]};
    if (slopes && p > 0 && v[other][c] > 0) AddSlopes(p, v[other][c], both, r->leave[c], d);
    if (p > 0) {
      const long double term = out * (1 + fabsl(logl(p)) + (of->pi ? fabsl(logl(pi)) : 0));
      d->entropy -= rates[0][c] * logl(p);
      d->of_entropy += fabsl(rates[0][c] * logl(p));
      d->kl_rate += rates[0][c] * logl(p / pi);
      d->of_kl += fabsl(rates[0][c] * logl(p / pi));
      d->production += term * term;
      d->leaving += out;
      d->rest += p / pi * fabsl((long double)rates[2][c]);
    }
    d->energy += p * v[3][c];
    d->size += fabsl(p * v[3][c]);
    AddDistance(p, pi, of->resolved_p, 0, d);
    AddDistance(q, pi, of->resolved_q, 1, d);
  }
  for (int i = 0; i < 4; i++) PetscCall(VecRestoreArrayRead(fields[i], &v[i]));
  for (int i = 0; i < 3; i++) {
    PetscCall(VecRestoreArrayRead(rate[i], &rates[i]));
    PetscCall(VecDestroy(&rate[i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Directly(const Setting *s, const OttoObservation *out)
{
  const OttoObserved *of = &s->seen;
  const OttoGridInfo *g = s->chain.g;
  const PetscReal h = g->cell_volume;
  Direct d = {.entropy = 0};

  PetscFunctionBegin;
  PetscCall(AddAll(s, out->against.exists, &d));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, d.slope, OTTO_SMOOTH_COUNT, MPI_LONG_DOUBLE, MPI_MAX, g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, d.far, 2, MPI_LONG_DOUBLE, MPI_MAX, g->comm));
  const Direct most = d;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &d, (int)(sizeof d / sizeof(long double)),
                             MPI_LONG_DOUBLE, MPI_SUM, g->comm));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT && out->against.exists; k++) {
    const OttoDissipation *a = &out->against;
    const PetscReal noise = 4 * PETSC_MACHINE_EPSILON * (PetscReal)sqrtl(d.square[k]) * h;
    Same(a->rate[k], (PetscReal)d.rate[k] * h, (PetscReal)d.gross[k] * h, "rate, cell by cell");
    Same(a->noise[k], noise, 0, "its noise, cell by cell");
    Same(a->slope[k], (PetscReal)most.slope[k], 0, "slope, cell by cell");
  }
  const OttoProduction *e = &out->production;
  const PetscReal noise = 4 * PETSC_MACHINE_EPSILON * (PetscReal)sqrtl(d.production) * h;
  Same(e->entropy_rate, (PetscReal)d.entropy * h, (PetscReal)d.of_entropy * h, "entropy_rate");
  Same(e->noise, noise, 0, "production's noise, cell by cell");
  Same(out->work.energy, (PetscReal)d.energy * h, out->work.energy_size, "energy, by cells");
  Same(out->work.energy_size, (PetscReal)d.size * h, 0, "energy_size, by cells");
  if (!of->pi) PetscFunctionReturn(0);
  Same(e->kl_rate, (PetscReal)d.kl_rate * h, (PetscReal)d.of_kl * h, "kl_rate, cell by cell");
  Same(e->steady_noise, PetscMin((PetscReal)d.rest, 1e-13 * (PetscReal)d.leaving) * h, 0,
       "steady_noise, cell by cell");
  for (int k = 0; k < (of->q ? 2 : 1); k++) {
    Same(out->steady[k].kl, (PetscReal)d.kl[k] * h, 0, "KL to the steady state, cell by cell");
    Same(out->steady[k].slope, (PetscReal)most.far[k], 0, "|log(p/pi)|, cell by cell");
    Same(out->steady[k].left, (PetscReal)d.left[k] * h, (PetscReal)d.terms[k] * h, "left out");
    Same(out->steady[k].terms, (PetscReal)d.terms[k] * h, 0, "its terms");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestAll(void)
{
  OttoObserver observer;
  OttoObservation out;
  PetscMPIInt size;
  Setting s;

  PetscFunctionBegin;
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  for (int k = 0; k < COUNT; k++)
    for (int two = 0; two < 2; two++)
      for (PetscMPIInt p1 = 1; p1 <= size; p1++) {
        if (size % p1 || (p1 > 1 && cases[k].dim < 2)) continue;
        PetscCall(SetUp(&cases[k], p1, two ? PETSC_TRUE : PETSC_FALSE, &s));
        PetscCall(OttoObserverCreate(s.chain.Q, &observer));
        PetscCall(OttoObserverCompute(observer, &s.seen, &out));
        PetscCall(Separately(&s, &out));
        if (cases[k].depth < 700 && cases[k].noise == 0) PetscCall(Directly(&s, &out));
        PetscCall(OttoObserverDestroy(&observer));
        PetscCall(TearDown(&s));
      }
  PetscFunctionReturn(0);
}

/* Cells that are not resolved: what is left out of the distance, and counts in the rest where all
 * is positive. */
static PetscErrorCode TestNoise(void)
{
  OttoObserver observer;
  OttoObservation out;
  Setting s;

  PetscFunctionBegin;
  for (int k = 0; k < COUNT; k++) {
    const PetscScalar *p, *pi;
    Direct d = {.entropy = 0};
    if (cases[k].noise == 0) continue;
    PetscCall(SetUp(&cases[k], 1, PETSC_FALSE, &s));
    PetscCall(OttoObserverCreate(s.chain.Q, &observer));
    PetscCall(OttoObserverCompute(observer, &s.seen, &out));
    PetscCall(VecGetArrayRead(s.seen.p, &p));
    PetscCall(VecGetArrayRead(s.seen.pi, &pi));
    for (PetscInt64 c = 0; c < s.chain.g->local_cells; c++)
      AddDistance(p[c], pi[c], s.seen.resolved_p, 0, &d);
    PetscCall(VecRestoreArrayRead(s.seen.pi, &pi));
    PetscCall(VecRestoreArrayRead(s.seen.p, &p));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, d.far, 2, MPI_LONG_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
    const PetscReal far = (PetscReal)d.far[0], h = s.chain.g->cell_volume;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &d, (int)(sizeof d / sizeof(long double)),
                               MPI_LONG_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
    TestTrue(d.terms[0] > 0, "some cells are noise");
    Same(out.steady[0].kl, (PetscReal)d.kl[0] * h, 0, "KL of the others");
    Same(out.steady[0].slope, far, 0, "|log(p/pi)| of the others");
    Same(out.steady[0].left, (PetscReal)d.left[0] * h, (PetscReal)d.terms[0] * h, "left out");
    Same(out.steady[0].terms, (PetscReal)d.terms[0] * h, 0, "its terms");
    TestTrue(out.against.exact == !cases[k].negative, "noise counts where all is positive");
    PetscCall(OttoObserverDestroy(&observer));
    PetscCall(TearDown(&s));
  }
  PetscFunctionReturn(0);
}

static PetscReal Ramp(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *factor)
{
  (void)cell;
  return 1 + *factor * x[0] + 0.3 * x[dim - 1];
}

/* Observes, and what it says of π is what production alone says, which keeps nothing. */
static PetscErrorCode Once(OttoObserver observer, const Chain *s, Vec p, Vec pi, PetscInt64 found)
{
  const OttoObserved of = {.p = p, .pi = pi, .order = 0.5, .step = 0.1};
  OttoProduction alone;
  OttoObservation out;

  PetscFunctionBegin;
  PetscCall(OttoObserverCompute(observer, &of, &out));
  TestTrue(OttoObserverSteadyRates(observer) == found, "how often Q^T pi has been found");
  PetscCall(OttoProductionCompute(s->Q, p, pi, NULL, 0, &alone));
  SameProduction(&out.production, &alone);
  const PetscReal slope = out.against.rate[OTTO_DIVERGENCE_KL];
  OttoDissipation against;
  Vec rate[2];
  for (int i = 0; i < 2; i++) PetscCall(OttoFieldCreate(s->grid, &rate[i]));
  PetscCall(OttoDissipationCompute(s->Q, &(OttoPair){.p = p, .q = pi}, rate[0], rate[1], &against));
  Same(slope, against.rate[OTTO_DIVERGENCE_KL],
       against.noise[OTTO_DIVERGENCE_KL] / PETSC_MACHINE_EPSILON, "rate of KL against pi");
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&rate[i]));
  PetscFunctionReturn(0);
}

/* Qᵀπ is found once while π rests, and again when π or the rates change. */
static PetscErrorCode TestKept(void)
{
  const PetscInt64 n[] = {9, 8};
  const PetscReal lower[] = {0, 0}, upper[] = {1, 1}, factor[] = {-0.5, 0.7, 0.1};
  const OttoBoundary boundary[] = {W, W};
  OttoObserver observer;
  Vec p, pi, other;
  Chain s;

  PetscFunctionBegin;
  PetscCall(ChainCreate(2, n, lower, upper, boundary,
                        OPTIONS("-potential_type", "formula", "-potential_formula", "(1+t)*x^2+y",
                                "-drift_type", "formula", "-drift_formula", "1, 0-x"),
                        &s));
  PetscCall(Fill(s.grid, Ramp, &factor[0], &p));
  PetscCall(Fill(s.grid, Ramp, &factor[1], &pi));
  PetscCall(Fill(s.grid, Ramp, &factor[2], &other));
  PetscCall(OttoObserverCreate(s.Q, &observer));
  PetscCall(Once(observer, &s, p, pi, 1));
  PetscCall(VecScale(p, 1.5));
  PetscCall(Once(observer, &s, p, pi, 1)); /* p moves, π rests */
  PetscCall(FillValues(s.grid, Ramp, &factor[0], pi));
  PetscCall(FillValues(s.grid, Ramp, &factor[2], other)); /* as often: told apart by more */
  PetscCall(Once(observer, &s, p, pi, 2));
  PetscCall(Once(observer, &s, p, other, 3));
  PetscCall(OttoGeneratorSetTime(s.Q, 0.4));
  PetscCall(Once(observer, &s, p, other, 4));
  PetscCall(OttoGeneratorSetTime(s.Q, 0.4));
  PetscCall(Once(observer, &s, p, other, 4));
  PetscCall(VecDestroy(&other));
  PetscCall(VecDestroy(&pi));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoObserverDestroy(&observer));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestAll, TestNoise, TestKept});
}
