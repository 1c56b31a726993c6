/* What bench heat times: engines, passes and kernels on smooth fields. */
#include "bench.h"
#include <math.h>

PetscErrorCode OttoBenchApply(void *c)
{
  OttoBenchEngine *e = (OttoBenchEngine *)c;
  return e->engine ? OttoTransformApply(e->engine, e->u, &e->m, e->u) : 0;
}
PetscErrorCode OttoBenchInverse(void *c)
{
  OttoBenchEngine *e = (OttoBenchEngine *)c;
  return OttoTransformInverse(e->engine, e->spectrum, &e->m, e->u);
}
PetscErrorCode OttoBenchDivergence(void *c)
{
  OttoDivergences d;
  OttoBenchTempered *s = (OttoBenchTempered *)c;
  return OttoDivergenceCompute(s->grid, &s->pair, OTTO_MASK(OTTO_DIVERGENCE_KL) | OTTO_MASK_ENTROPY,
                               0.5, &d);
}
PetscErrorCode OttoBenchFisherFD4(void *c)
{
  OttoFisher f;
  OttoBenchTempered *s = (OttoBenchTempered *)c;
  return OttoFisherFD4(s->grid, &s->pair, &f);
}
PetscErrorCode OttoBenchFisherEdge(void *c)
{
  OttoFisher f;
  OttoBenchTempered *s = (OttoBenchTempered *)c;
  return OttoFisherEdge(s->grid, &s->pair, &f);
}
PetscErrorCode OttoBenchFisherScores(void *c)
{
  OttoBenchTempered *s = (OttoBenchTempered *)c;
  const OttoHeatSource source[2] = {s->source_p, s->source_q};
  const Vec p[2] = {s->pair.p, s->pair.q}, score[2] = {s->score_p, s->score_q};
  OttoFisher f = {0};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < OttoGridGetInfo(s->grid)->dim; j++) {
    PetscCall(OttoHeatScorePair(s->heat, source, s->t, p, NULL, j, score));
    PetscCall(OttoFisherAddScores(s->grid, &s->pair, s->score_p, s->score_q, &f));
  }
  PetscFunctionReturn(0);
}
PetscErrorCode OttoBenchSample(void *c) /* at a new t every time: two inverses and one fused pass */
{
  OttoBenchTempered *s = (OttoBenchTempered *)c;
  const OttoHeatSource source[2] = {s->source_p, s->source_q};
  const Vec p[2] = {s->pair.p, s->pair.q};
  OttoDivergences d;
  OttoFisher f;
  PetscReal max_p, max_q;

  PetscFunctionBegin;
  s->t *= 1.001;
  PetscCall(OttoHeatApplyPair(s->heat, source, s->t, p, NULL));
  PetscCall(OttoFieldRange(s->grid, s->pair.p, NULL, &max_p));
  PetscCall(OttoFieldRange(s->grid, s->pair.q, NULL, &max_q));
  s->pair.resolved_p = 1e-14 * max_p;
  s->pair.resolved_q = 1e-14 * max_q;
  PetscCall(OttoFisherFD4WithDivergences(s->grid, &s->pair, OTTO_MASK_ALL, 0.5, &d, &f));
  PetscFunctionReturn(0);
}
PetscErrorCode OttoBenchExact(void *c)
{
  OttoBenchTempered *s = (OttoBenchTempered *)c;
  s->t *= 1.001;
  return OttoHeatApply(s->exact, s->exact_p, s->t, s->score_p, NULL);
}

/* A smooth positive field: 1 + a Π cos(2πx). */
static PetscErrorCode Fill(OttoGrid grid, PetscReal amplitude, PetscReal shift, Vec u)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(u, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM], product = amplitude;
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++)
      product *= cos(2 * PETSC_PI * (x[j] - g->lower[j] - shift) / (g->upper[j] - g->lower[j]));
    a[c] = 1 + product;
  }
  PetscCall(VecRestoreArray(u, &a));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchEngineCreate(MPI_Comm comm, const char *type, OttoLayout layout,
                                     OttoBenchEngine *e)
{
  PetscFunctionBegin;
  PetscCall(OttoGridCreate(comm, &e->grid));
  PetscCall(OttoGridSetFromOptions(e->grid));
  PetscCall(OttoGridSetLayout(e->grid, layout));
  PetscCall(OttoGridSetUp(e->grid));
  PetscCall(OttoTransformCreate(e->grid, &e->engine));
  PetscCall(OttoTransformSetType(e->engine, type));
  PetscCall(OttoTransformSetUp(e->engine));
  PetscCall(OttoSpectrumCreate(e->engine, &e->spectrum));
  PetscCall(OttoFieldCreate(e->grid, &e->u));
  PetscCall(Fill(e->grid, 0.5, 0, e->u));
  PetscCall(OttoTransformForward(e->engine, e->u, e->spectrum));
  const OttoGridInfo *g = OttoGridGetInfo(e->grid);
  e->m = (OttoMultiplier){.derivative_axis = -1, .scale = 1};
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscInt64 modes = OttoTransformModes(g, j);
    PetscCall(PetscMalloc1(modes, &e->table[j]));
    for (PetscInt64 k = 0; k < modes; k++)
      e->table[j][k] = exp(-1e-6 * PetscSqr(OttoTransformWavenumber(g, j, k)));
    e->m.factor[j] = e->table[j];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchEngineDestroy(OttoBenchEngine *e)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) PetscCall(PetscFree(e->table[j]));
  PetscCall(VecDestroy(&e->u));
  PetscCall(OttoSpectrumDestroy(&e->spectrum));
  PetscCall(OttoTransformDestroy(&e->engine));
  PetscCall(OttoGridDestroy(&e->grid));
  PetscFunctionReturn(0);
}

/* A kernel and, where asked for, the two densities as it wants them. */
static PetscErrorCode Kernel(OttoGrid grid, const char *type, OttoHeat *heat, OttoHeatSource *p,
                             OttoHeatSource *q)
{
  PetscFunctionBegin;
  PetscCall(OttoHeatCreate(grid, heat));
  PetscCall(OttoHeatSetType(*heat, type));
  PetscCall(OttoHeatSetUp(*heat));
  for (int i = 0; i < 2; i++) {
    OttoHeatSource *source = i ? q : p;
    Vec u0; /* an exact kernel's source keeps its reference */
    if (!source) continue;
    PetscCall(OttoFieldCreate(grid, &u0));
    PetscCall(Fill(grid, i ? 0.6 : 0.8, i ? 0.1 : 0, u0));
    PetscCall(OttoHeatSourceCreate(*heat, u0, source));
    PetscCall(VecDestroy(&u0));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchPairCreate(OttoGrid grid, OttoBenchTempered *s)
{
  PetscFunctionBegin;
  s->grid = grid;
  s->t = 1e-4;
  PetscCall(Kernel(grid, "spectral", &s->heat, &s->source_p, &s->source_q));
  PetscCall(OttoFieldCreate(grid, &s->pair.p));
  PetscCall(OttoFieldCreate(grid, &s->pair.q));
  PetscCall(OttoBenchSample(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchTemperedCreate(OttoGrid grid, OttoBenchTempered *s)
{
  PetscFunctionBegin;
  PetscCall(OttoBenchPairCreate(grid, s));
  PetscCall(Kernel(grid, "lattice_exact", &s->exact, &s->exact_p, NULL));
  PetscCall(OttoFieldCreate(grid, &s->score_p));
  PetscCall(OttoFieldCreate(grid, &s->score_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode DestroyKernels(OttoBenchTempered *s)
{
  PetscFunctionBegin;
  PetscCall(OttoHeatSourceDestroy(&s->source_p));
  PetscCall(OttoHeatSourceDestroy(&s->source_q));
  PetscCall(OttoHeatSourceDestroy(&s->exact_p));
  PetscCall(OttoHeatDestroy(&s->heat));
  PetscCall(OttoHeatDestroy(&s->exact));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchTemperedContinuum(OttoBenchTempered *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);

  PetscFunctionBegin;
  PetscCall(DestroyKernels(s)); /* before the next one takes memory */
  PetscCall(Kernel(s->grid, "gaussian_exact", &s->heat, &s->source_p, &s->source_q));
  s->t = 0; /* where log k = -Σ(L/2)²/4t stays above -63, so that no logarithms are carried */
  for (PetscInt j = 0; j < g->dim; j++) s->t += 1e-3 * PetscSqr(g->upper[j] - g->lower[j]);
  PetscCall(OttoHeatApply(s->heat, s->source_p, s->t, s->pair.p, NULL));
  PetscCall(OttoHeatApply(s->heat, s->source_q, s->t, s->pair.q, NULL));
  s->pair.resolved_p = s->pair.resolved_q = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchTemperedDestroy(OttoBenchTempered *s)
{
  PetscFunctionBegin;
  PetscCall(DestroyKernels(s));
  PetscCall(VecDestroy(&s->pair.p));
  PetscCall(VecDestroy(&s->pair.q));
  PetscCall(VecDestroy(&s->score_p));
  PetscCall(VecDestroy(&s->score_q));
  PetscFunctionReturn(0);
}
