/* What bench fokker_planck times beside a step: samples of a run, and the application of Qᵀ that
 * they are measured in. */
#include "bench.h"
#include <math.h>

/* 1 + 0.5 Π cos(4πx + 2): another density than the step's. */
static PetscErrorCode FillOther(const OttoGridInfo *g, Vec q)
{
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(q, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM], product = 0.5;
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++)
      product *= cos(2 + 4 * PETSC_PI * (x[j] - g->lower[j]) / (g->upper[j] - g->lower[j]));
    a[c] = 1 + product;
  }
  PetscCall(VecRestoreArray(q, &a));
  PetscFunctionReturn(0);
}

static PetscErrorCode Normalise(OttoGrid grid, Vec v)
{
  PetscReal mass = 1;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(grid, v, &mass));
  PetscCall(VecScale(v, 1 / mass));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchSamplesCreate(OttoBenchStep *step, OttoBenchSamples *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(step->grid);
  OttoSteadyReport report;

  PetscFunctionBegin;
  s->image = step->image;
  PetscCall(OttoFieldCreate(step->grid, &s->p));
  PetscCall(OttoFieldCreate(step->grid, &s->q));
  for (int i = 0; i < 2; i++) PetscCall(OttoFieldCreate(step->grid, &s->rate[i]));
  PetscCall(VecCopy(step->p, s->p));
  PetscCall(FillOther(g, s->q));
  PetscCall(Normalise(step->grid, s->p));
  PetscCall(Normalise(step->grid, s->q));
  for (int two = 0; two < 2; two++) {
    OttoFokkerPlanck *law = &s->law[two];
    *law = (OttoFokkerPlanck){.grid = step->grid,
                              .generator = step->generator,
                              .resolvent = step->resolvent,
                              .p = s->p,
                              .q = two ? s->q : NULL,
                              .renyi_order = 0.5,
                              .interval = step->dt};
    PetscCall(
        OttoFlowCreateFokkerPlanck(law->generator, law->resolvent, law->p, law->q, &law->flow));
    PetscCall(OttoFlowSetFromOptions(law->flow));
    PetscCall(OttoFlowSetUp(law->flow));
    if (OttoGeneratorIsAbsorbing(step->generator)) continue;
    PetscCall(OttoFieldCreate(step->grid, &law->pi));
    PetscCall(OttoFieldCreate(step->grid, &law->log_pi));
    PetscCall(OttoSteadyState(law->resolvent, law->pi, law->log_pi, &report));
    PetscCall(OttoGeneratorWeigh(law->generator, law->p, law->pi, law->log_pi));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchSamplesDestroy(OttoBenchSamples *s)
{
  PetscFunctionBegin;
  for (int two = 0; two < 2; two++) {
    PetscCall(OttoObserverDestroy(&s->law[two].observer));
    PetscCall(OttoFlowDestroy(&s->law[two].flow));
    PetscCall(VecDestroy(&s->law[two].pi));
    PetscCall(VecDestroy(&s->law[two].log_pi));
  }
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&s->rate[i]));
  PetscCall(VecDestroy(&s->p));
  PetscCall(VecDestroy(&s->q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchSamplesApply(void *c)
{
  OttoBenchSamples *s = (OttoBenchSamples *)c;
  return OttoGeneratorApply(s->law[0].generator, s->p, s->image);
}

PetscErrorCode OttoBenchSampleOne(void *c)
{
  OttoBenchSamples *s = (OttoBenchSamples *)c;
  OttoFokkerPlanckSample out;
  return OttoRunFokkerPlanckSample(&s->law[0], 0, &out);
}

PetscErrorCode OttoBenchSampleTwo(void *c)
{
  OttoBenchSamples *s = (OttoBenchSamples *)c;
  OttoFokkerPlanckSample out;
  return OttoRunFokkerPlanckSample(&s->law[1], 0, &out);
}

/* What the sample of p and q finds, by one function after the other, each with ghosts, logarithms
 * and Qᵀ of its own. */
PetscErrorCode OttoBenchSampleApart(void *c)
{
  OttoBenchSamples *s = (OttoBenchSamples *)c;
  const OttoFokkerPlanck *law = &s->law[1];
  const OttoPair pair = {.p = s->p, .q = s->q};
  const Vec both[2] = {s->p, s->q};
  OttoDissipation dissipation;
  OttoProduction production;
  OttoDivergences d;
  OttoWork work;

  PetscFunctionBegin;
  PetscCall(OttoDivergenceCompute(law->grid, &pair, OTTO_MASK_ALL, 0.5, &d));
  PetscCall(OttoDissipationCompute(law->generator, &pair, s->rate[0], s->rate[1], &dissipation));
  for (int i = 0; i < 2 && law->pi; i++)
    PetscCall(OttoDivergenceCompute(law->grid, &(OttoPair){.p = both[i], .q = law->pi},
                                    OTTO_MASK(OTTO_DIVERGENCE_KL), 0.5, &d));
  PetscCall(
      OttoProductionComputeLogs(law->generator, s->p, NULL, law->pi, law->log_pi, 0, &production));
  PetscCall(OttoWorkCompute(law->generator, s->p, law->interval, &work));
  PetscFunctionReturn(0);
}
