#include <otto/observer.h>
#include "core/fault.h"
#include "core/vecmath.h"
#include "dissipation_walk.h"
#include "generator_apply.h"
#include "information/divergence_impl.h"
#include "production_walk.h"
#include "work_walk.h"

#define DIM OTTO_GENERATOR_MAX_DIM

/* Documented, and declared in a header that PETSc 3.18 does not install. */
PETSC_EXTERN PetscErrorCode PetscObjectStateGet(PetscObject, PetscObjectState *);

struct _n_OttoObserver {
  OttoGenerator generator;
  OttoGrid grid;
  Vec work[DIM];              /* Qᵀp, Qᵀq; later the current */
  Vec rate_pi;                /* Qᵀπ of: */
  PetscObjectId pi;           /* this π, */
  PetscObjectState pi_state;  /* in this state of its, */
  PetscInt64 generator_state; /* under these rates */
  PetscInt64 steady_rates;    /* how often it was found */
};

PetscErrorCode OttoObserverCreate(OttoGenerator generator, OttoObserver *observer)
{
  OttoObserver s;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(PetscNew(&s));
  *observer = s;
  s->generator = generator;
  s->grid = OttoGeneratorGetGrid(generator);
  const PetscInt fields = PetscMax(2, OttoGridGetInfo(s->grid)->dim);
  for (PetscInt j = 0; j < fields; j++) PetscCall(OttoFieldCreate(s->grid, &s->work[j]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoObserverDestroy(OttoObserver *observer)
{
  OttoObserver s = *observer;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (int j = 0; j < DIM; j++) PetscCall(VecDestroy(&s->work[j]));
  PetscCall(VecDestroy(&s->rate_pi));
  PetscCall(PetscFree(*observer));
  PetscFunctionReturn(0);
}

PetscInt64 OttoObserverSteadyRates(OttoObserver observer)
{
  return observer->steady_rates;
}

/* What is observed, with a layer of ghosts. */
typedef struct {
  OttoHalo halo;
  OttoSurrounded p, q, pi; /* q, π empty where there is none */
} Surroundings;

static PetscErrorCode Surround(OttoObserver s, const OttoObserved *of, Surroundings *ghosts)
{
  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(s->grid, 1, &ghosts->halo));
  PetscCall(OttoFieldSurround(ghosts->halo, of->p, &ghosts->p));
  if (of->q) PetscCall(OttoFieldSurround(ghosts->halo, of->q, &ghosts->q));
  if (of->pi) PetscCall(OttoFieldSurround(ghosts->halo, of->pi, &ghosts->pi));
  PetscFunctionReturn(0);
}

static PetscErrorCode Release(const OttoObserved *of, Surroundings *ghosts)
{
  PetscFunctionBegin;
  if (of->pi) PetscCall(OttoFieldRelease(ghosts->halo, of->pi, &ghosts->pi));
  if (of->q) PetscCall(OttoFieldRelease(ghosts->halo, of->q, &ghosts->q));
  PetscCall(OttoFieldRelease(ghosts->halo, of->p, &ghosts->p));
  PetscFunctionReturn(0);
}

/* Qᵀπ, found again where π or the rates have changed. */
static PetscErrorCode SteadyRate(OttoObserver s, Vec pi, const OttoSurrounded *ghosts)
{
  const PetscInt64 rates = OttoGeneratorState(s->generator);
  PetscObjectState state = 0;
  PetscObjectId id = 0;

  PetscFunctionBegin;
  PetscCall(PetscObjectGetId((PetscObject)pi, &id));
  PetscCall(PetscObjectStateGet((PetscObject)pi, &state));
  if (s->rate_pi && id == s->pi && state == s->pi_state && rates == s->generator_state)
    PetscFunctionReturn(0);
  if (!s->rate_pi) PetscCall(OttoFieldCreate(s->grid, &s->rate_pi));
  PetscCall(OttoGeneratorApplySurrounded(s->generator, ghosts, s->rate_pi));
  s->pi = id;
  s->pi_state = state;
  s->generator_state = rates;
  s->steady_rates++;
  PetscFunctionReturn(0);
}

/* Of a walk over a density and π: its distance from it, but KL. */
typedef struct {
  PetscReal slope, left, terms;
} Distance;

/* Largest |log(p/π)| of the cells that have one; returns how many have none. */
OTTO_VECTOR_CLONES static int LargestOf(PetscInt64 n, const double *ratio, double *largest)
{
  double most = 0, left = 0;

#pragma omp simd reduction(max : most) reduction(+ : left)
  for (PetscInt64 i = 0; i < n; i++) {
    double size = fabs(ratio[i]);
    int use = size < INFINITY;
    most = use && size > most ? size : most;
    left += use ? 0 : 1;
  }
  *largest = most;
  return (int)left;
}

static void AddDistances(PetscInt64 n, OttoPlane x, Distance *s)
{
  for (PetscInt64 from = 0; from < n; from += OTTO_BLOCK) {
    const PetscInt64 end = PetscMin(n, from + OTTO_BLOCK);
    PetscReal most;
    const int left = LargestOf(end - from, x.ratio + from, &most);
    s->slope = PetscMax(s->slope, most);
    for (PetscInt64 i = from; left && i < end; i++) {
      if (fabs(x.ratio[i]) < INFINITY || x.p[i] == 0) continue;
      if (x.lp[i] > -INFINITY) {
        s->slope = PetscMax(s->slope, fabs(x.lp[i] - x.lq[i]));
      } else {
        s->left += x.p[i];
        s->terms += fabs(x.p[i]) * (fabs(log(fabs(x.p[i]))) + fabs(x.lq[i]) + 1);
      }
    }
  }
}

static PetscErrorCode FinishDistance(OttoGrid grid, Distance *s, const OttoDivergences *d,
                                     OttoSteadyDistance *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal sums[2] = {s->left, s->terms};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s->slope, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPIU_REAL, MPIU_SUM, g->comm));
  *out = (OttoSteadyDistance){.kl = d->divergence[OTTO_DIVERGENCE_KL],
                              .slope = s->slope,
                              .left = sums[0] * g->cell_volume,
                              .terms = sums[1] * g->cell_volume};
  PetscFunctionReturn(0);
}

/* The parts of one walk; what is NULL is left out. */
typedef struct {
  OttoDissipationWalk *dissipation;
  OttoProductionWalk *production;
  OttoWorkWalk *work;
  Distance *distance;
} Parts;

static void VisitEdges(const OttoEdges *e, OttoPlane x, OttoPlane y, void *context)
{
  const Parts *s = (const Parts *)context;

  if (s->dissipation) OttoDissipationAddEdges(e, x, y, s->dissipation);
  if (s->production) OttoProductionAddEdges(e, x, y, s->production);
  if (s->work) OttoWorkAddEdges(e, x, y, s->work);
}

static void VisitCells(PetscInt64 cell, PetscInt64 n, OttoPlane x, void *context)
{
  const Parts *s = (const Parts *)context;

  if (s->dissipation) OttoDissipationAddCells(cell, n, x, s->dissipation);
  if (s->production) OttoProductionAddCells(cell, n, x, s->production);
  if (s->work) OttoWorkAddCells(cell, n, x, s->work);
  if (s->distance) AddDistances(n, x, s->distance);
}

/* Walks over the pair, whose ghosts are p and q, and finds the divergences of `mask`. */
static PetscErrorCode Walk(OttoObserver s, const OttoPair *pair, const OttoSurrounded *p,
                           const OttoSurrounded *q, unsigned mask, PetscReal order, Parts *parts,
                           OttoDivergences *d)
{
  const OttoPairRule rule = {mask, order, pair->resolved_p, pair->resolved_q};
  const PetscBool edges =
      parts->dissipation || parts->production || parts->work ? PETSC_TRUE : PETSC_FALSE;
  OttoTotals totals;

  PetscFunctionBegin;
  OttoTotalsInit(&totals);
  PetscCall(OttoPairWalk(s->grid, pair, &rule,
                         &(OttoPairVisitor){.edges = edges ? VisitEdges : NULL,
                                            .cells = VisitCells,
                                            .totals = &totals,
                                            .p = p,
                                            .q = q,
                                            .context = parts}));
  PetscCall(OttoTotalsFinish(s->grid, &rule, pair, &totals, d));
  PetscFunctionReturn(0);
}

/* Whether a density is above 0 in every open cell, by its logarithm if given; least: its smallest
 * value there. */
static PetscErrorCode Positive(OttoObserver s, Vec v, Vec log_v, PetscReal *least,
                               PetscBool *positive)
{
  PetscReal least_log = 0;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorLeast(s->generator, v, least));
  *positive = *least > 0 ? PETSC_TRUE : PETSC_FALSE;
  if (!log_v) PetscFunctionReturn(0);
  PetscCall(OttoGeneratorLeast(s->generator, log_v, &least_log));
  *positive = least_log > -INFINITY ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Of p, and of q where there is one. */
static PetscErrorCode FindSigns(OttoObserver s, const OttoObserved *of, OttoObservation *out,
                                PetscReal least[2])
{
  PetscFunctionBegin;
  least[1] = NAN;
  PetscCall(Positive(s, of->p, of->log_p, &least[0], &out->positive_p));
  out->positive = out->positive_p;
  if (!of->q) PetscFunctionReturn(0);
  PetscCall(Positive(s, of->q, of->log_q, &least[1], &out->positive));
  if (!out->positive_p) out->positive = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* The two walks: over p and q for the dissipation, over p and π (or p alone) for the rest, which is
 * one where there is no q but a π that rests. */
typedef struct {
  OttoDissipationWalk dissipation;
  OttoProductionWalk production;
  OttoWorkWalk work;
  Distance distance;
  Surroundings ghosts;
  OttoPair of_q, of_pi;
  OttoDivergences d_q, d_pi;
} Both;

static PetscErrorCode WalkOverQ(OttoObserver s, const OttoObserved *of, Both *b)
{
  PetscFunctionBegin;
  PetscCall(
      OttoDissipationWalkBegin(s->generator, &b->of_q, s->work[0], s->work[1], &b->dissipation));
  PetscCall(Walk(s, &b->of_q, &b->ghosts.p, &b->ghosts.q, OTTO_MASK_ALL, of->order,
                 &(Parts){.dissipation = &b->dissipation}, &b->d_q));
  PetscFunctionReturn(0);
}

/* together: with the dissipation against π. */
static PetscErrorCode WalkOverPi(OttoObserver s, const OttoObserved *of, PetscBool together,
                                 Both *b, OttoWork *work)
{
  Parts parts = {.production = &b->production, .work = &b->work};
  const unsigned mask = together ? OTTO_MASK(OTTO_SMOOTH_COUNT) - 1 : OTTO_MASK(OTTO_DIVERGENCE_KL);

  PetscFunctionBegin;
  b->production = (OttoProductionWalk){.rates = OttoGeneratorGetRates(s->generator)};
  if (of->pi) parts.distance = &b->distance;
  if (together) parts.dissipation = &b->dissipation;
  if (together)
    PetscCall(
        OttoDissipationWalkBegin(s->generator, &b->of_pi, s->work[0], s->rate_pi, &b->dissipation));
  PetscCall(OttoWorkWalkBegin(s->generator, of->p, s->work[0], &b->work, work));
  PetscCall(VecGetArrayRead(s->work[0], &b->production.rate));
  if (of->pi) PetscCall(VecGetArrayRead(s->rate_pi, &b->production.rate_pi));
  PetscCall(Walk(s, &b->of_pi, &b->ghosts.p, of->pi ? &b->ghosts.pi : &b->ghosts.p,
                 of->pi ? mask : 0, 0.5, &parts, &b->d_pi));
  PetscFunctionReturn(0);
}

/* What the walks have added up; production and work. */
static PetscErrorCode Finish(OttoObserver s, const OttoObserved *of, PetscBool together, Both *b,
                             OttoObservation *out)
{
  const Vec rate_other = of->q ? s->work[1] : s->rate_pi;
  const PetscReal *rate_pi = b->production.rate_pi;

  PetscFunctionBegin;
  PetscCall(OttoProductionWalkFinish(s->generator, of->p, &b->production, &out->production));
  if (rate_pi) PetscCall(VecRestoreArrayRead(s->rate_pi, &rate_pi));
  PetscCall(VecRestoreArrayRead(s->work[0], &b->production.rate));
  PetscCall(OttoWorkWalkFinish(s->generator, of->p, s->work[0], &b->work, &out->work));
  PetscCall(OttoWorkPotential(s->generator, of->p, of->step, &out->work));
  if (of->q || together)
    PetscCall(OttoDissipationWalkFinish(s->generator, of->q ? &b->of_q : &b->of_pi, s->work[0],
                                        rate_other, of->q ? &b->d_q : &b->d_pi, &b->dissipation,
                                        &out->against));
  PetscCall(OttoProductionCurrentNorm(s->generator, &b->ghosts.p, s->work,
                                      &out->production.current_norm));
  PetscFunctionReturn(0);
}

/* Of v against π, on its own; their ghosts. */
static PetscErrorCode SteadyDistance(OttoObserver s, const OttoObserved *of, Vec v, Vec log_v,
                                     PetscReal resolved, const OttoSurrounded *ghosts,
                                     const OttoSurrounded *of_pi, OttoSteadyDistance *out)
{
  const OttoPair pair = {
      .p = v, .q = of->pi, .log_p = log_v, .log_q = of->log_pi, .resolved_p = resolved};
  Distance distance = {0};
  OttoDivergences d;

  PetscFunctionBegin;
  PetscCall(Walk(s, &pair, ghosts, of_pi, OTTO_MASK(OTTO_DIVERGENCE_KL), 0.5,
                 &(Parts){.distance = &distance}, &d));
  PetscCall(FinishDistance(s->grid, &distance, &d, out));
  PetscFunctionReturn(0);
}

/* Distances from π: that of p as the walk has it, unless that counted noise. */
static PetscErrorCode SteadyDistances(OttoObserver s, const OttoObserved *of, Both *b,
                                      OttoObservation *out)
{
  PetscFunctionBegin;
  out->steady[0].kl = out->steady[1].kl = NAN;
  if (!of->pi) PetscFunctionReturn(0);
  if (b->of_pi.resolved_p == of->resolved_p)
    PetscCall(FinishDistance(s->grid, &b->distance, &b->d_pi, &out->steady[0]));
  else
    PetscCall(SteadyDistance(s, of, of->p, of->log_p, of->resolved_p, &b->ghosts.p, &b->ghosts.pi,
                             &out->steady[0]));
  if (of->q)
    PetscCall(SteadyDistance(s, of, of->q, of->log_q, of->resolved_q, &b->ghosts.q, &b->ghosts.pi,
                             &out->steady[1]));
  PetscFunctionReturn(0);
}

/* Divergences of p and q as the walk has them, unless that counted noise; of p alone its entropy,
 * by no logarithm of π. */
static PetscErrorCode Divergences(OttoObserver s, const OttoObserved *of, const PetscReal least[2],
                                  const Both *b, OttoDivergences *d)
{
  const OttoPair pair = {.p = of->p,
                         .q = of->q ? of->q : of->p,
                         .log_p = of->log_p,
                         .log_q = of->q ? of->log_q : of->log_p,
                         .resolved_p = of->resolved_p,
                         .resolved_q = of->q ? of->resolved_q : of->resolved_p};

  PetscFunctionBegin;
  if (of->q && b->of_q.resolved_p == of->resolved_p && b->of_q.resolved_q == of->resolved_q)
    *d = b->d_q;
  else
    PetscCall(OttoDivergenceCompute(s->grid, &pair, of->q ? OTTO_MASK_ALL : OTTO_MASK_ENTROPY,
                                    of->order, d));
  d->min_p = least[0]; /* where there are states */
  if (of->q) d->min_q = least[1];
  if (of->q) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    d->divergence[k] = d->low[k] = d->high[k] = NAN;
  d->mass_q = d->min_q = d->max_q = d->entropy_q = d->cross_entropy = NAN;
  d->unreliable_p = d->unreliable_q = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoObserverCompute(OttoObserver s, const OttoObserved *of, OttoObservation *out)
{
  const PetscBool together = !of->q && of->pi && !of->pi_moves ? PETSC_TRUE : PETSC_FALSE;
  PetscReal least[2];
  Both b = {.distance = {0}};

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  PetscCall(Surround(s, of, &b.ghosts));
  PetscCall(OttoGeneratorApplySurrounded(s->generator, &b.ghosts.p, s->work[0]));
  if (of->q) PetscCall(OttoGeneratorApplySurrounded(s->generator, &b.ghosts.q, s->work[1]));
  if (of->pi) PetscCall(SteadyRate(s, of->pi, &b.ghosts.pi));
  PetscCall(OttoFaultVec("rate", s->work[0]));
  PetscCall(FindSigns(s, of, out, least));
  /* the identities hold for any positive numbers, noise among them */
  if (of->q)
    b.of_q = (OttoPair){.p = of->p,
                        .q = of->q,
                        .log_p = of->log_p,
                        .log_q = of->log_q,
                        .resolved_p = out->positive ? 0 : of->resolved_p,
                        .resolved_q = out->positive ? 0 : of->resolved_q};
  b.of_pi = (OttoPair){.p = of->p,
                       .q = of->pi ? of->pi : of->p,
                       .log_p = of->log_p,
                       .log_q = of->pi ? of->log_pi : of->log_p,
                       .resolved_p = out->positive_p ? 0 : of->resolved_p};
  if (of->q) PetscCall(WalkOverQ(s, of, &b));
  PetscCall(WalkOverPi(s, of, together, &b, &out->work));
  PetscCall(Finish(s, of, together, &b, out));
  PetscCall(SteadyDistances(s, of, &b, out));
  PetscCall(Release(of, &b.ghosts));
  PetscCall(Divergences(s, of, least, &b, &out->d));
  PetscFunctionReturn(0);
}
