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
PetscErrorCode OttoBenchFisherSpectral(void *c)
{
  OttoBenchTempered *s = (OttoBenchTempered *)c;
  OttoFisher f = {0};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < OttoGridGetInfo(s->grid)->dim; j++) {
    PetscCall(OttoHeatScore(s->heat, s->source_p, s->t, s->pair.p, NULL, j, s->score_p));
    PetscCall(OttoHeatScore(s->heat, s->source_q, s->t, s->pair.q, NULL, j, s->score_q));
    PetscCall(OttoFisherAddScores(s->grid, &s->pair, s->score_p, s->score_q, &f));
  }
  PetscFunctionReturn(0);
}
PetscErrorCode OttoBenchSample(void *c) /* at a new t every time: two inverses and one fused pass */
{
  OttoBenchTempered *s = (OttoBenchTempered *)c;
  OttoDivergences d;
  OttoFisher f;
  PetscReal max_p, max_q;

  PetscFunctionBegin;
  s->t *= 1.001;
  PetscCall(OttoHeatApply(s->heat, s->source_p, s->t, s->pair.p, NULL));
  PetscCall(OttoHeatApply(s->heat, s->source_q, s->t, s->pair.q, NULL));
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

PetscErrorCode OttoBenchTemperedCreate(OttoGrid grid, OttoBenchTempered *s)
{
  Vec p0, q0;

  PetscFunctionBegin;
  s->grid = grid;
  s->t = 1e-4;
  PetscCall(OttoFieldCreate(grid, &p0));
  PetscCall(OttoFieldCreate(grid, &q0));
  PetscCall(Fill(grid, 0.8, 0, p0));
  PetscCall(Fill(grid, 0.6, 0.1, q0));
  for (int i = 0; i < 2; i++) {
    OttoHeat *heat = i ? &s->exact : &s->heat;
    PetscCall(OttoHeatCreate(grid, heat));
    PetscCall(OttoHeatSetType(*heat, i ? "lattice_exact" : "spectral"));
    PetscCall(OttoHeatSetUp(*heat));
  }
  PetscCall(OttoHeatSourceCreate(s->heat, p0, &s->source_p));
  PetscCall(OttoHeatSourceCreate(s->heat, q0, &s->source_q));
  PetscCall(OttoHeatSourceCreate(s->exact, p0, &s->exact_p));
  PetscCall(OttoFieldCreate(grid, &s->pair.p));
  PetscCall(OttoFieldCreate(grid, &s->pair.q));
  PetscCall(OttoFieldCreate(grid, &s->score_p));
  PetscCall(OttoFieldCreate(grid, &s->score_q));
  PetscCall(VecDestroy(&p0)); /* the exact kernel's source keeps its reference */
  PetscCall(VecDestroy(&q0));
  PetscCall(OttoBenchSample(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchTemperedDestroy(OttoBenchTempered *s)
{
  PetscFunctionBegin;
  PetscCall(OttoHeatSourceDestroy(&s->source_p));
  PetscCall(OttoHeatSourceDestroy(&s->source_q));
  PetscCall(OttoHeatSourceDestroy(&s->exact_p));
  PetscCall(OttoHeatDestroy(&s->heat));
  PetscCall(OttoHeatDestroy(&s->exact));
  PetscCall(VecDestroy(&s->pair.p));
  PetscCall(VecDestroy(&s->pair.q));
  PetscCall(VecDestroy(&s->score_p));
  PetscCall(VecDestroy(&s->score_q));
  PetscFunctionReturn(0);
}
