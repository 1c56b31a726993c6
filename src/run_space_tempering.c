/* A tempering run on coarser grids, sample by sample beside it. */
#include "run_space.h"
#include <otto/run_space.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS OTTO_TEMPERING_COLUMNS

typedef struct {
  OttoHeat heat;
  OttoTempering tempering;
  Vec p0, q0;
} Coarse;

struct _n_OttoSpaceTempering {
  OttoSpace space;
  OttoHeat heat; /* of the run */
  Coarse coarse[OTTO_SPACE_LEVELS];
  PetscReal known_from; /* before: data are rough */
  PetscReal coupling;   /* largest 1/h² */
  OttoErrorColumn list[COLUMNS];
};

/* The error of a column is relative to at least `floor`, in units of what rounding of p and q,
 * 1e-13 of themselves, leaves of divergences of equal densities; of rates, times 1/h². */
static const struct {
  const char *name, *unit;
  OttoErrorKind kind;
  PetscReal floor;
  PetscBool rate, kinked; /* kinked: of second order for any data */
} columns[] = {
    {"entropy_p", "nats", OTTO_ERROR_ABSOLUTE, 0, PETSC_FALSE, PETSC_FALSE},
    {"entropy_q", "nats", OTTO_ERROR_ABSOLUTE, 0, PETSC_FALSE, PETSC_FALSE},
    {"cross_entropy", "nats", OTTO_ERROR_ABSOLUTE, 0, PETSC_FALSE, PETSC_FALSE},
    {"kl", "nats", OTTO_ERROR_RELATIVE, 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"reverse_kl", "nats", OTTO_ERROR_RELATIVE, 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"js", "nats", OTTO_ERROR_RELATIVE, 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"chi2", "1", OTTO_ERROR_RELATIVE, 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"hellinger2", "1", OTTO_ERROR_RELATIVE, 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"tv", "1", OTTO_ERROR_RELATIVE, 1e-13, PETSC_FALSE, PETSC_TRUE},
    {"renyi", "nats", OTTO_ERROR_RELATIVE, 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"kl_p0_pt", "nats", OTTO_ERROR_RELATIVE, 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"fisher_p", "nats/time", OTTO_ERROR_RELATIVE, 1e-26, PETSC_TRUE, PETSC_FALSE},
    {"fisher_q", "nats/time", OTTO_ERROR_RELATIVE, 1e-26, PETSC_TRUE, PETSC_FALSE},
    {"fisher_rel", "nats/time", OTTO_ERROR_RELATIVE, 1e-26, PETSC_TRUE, PETSC_FALSE},
    {"kl_rate", "nats/time", OTTO_ERROR_RELATIVE, 1e-26, PETSC_TRUE, PETSC_FALSE},
};
#define KINDS (sizeof columns / sizeof columns[0])

/* Which kind column i of the series is; KINDS: no error is estimated. */
static size_t Kind(PetscInt i)
{
  size_t k = 0;

  while (k < KINDS && strcmp(columns[k].name, OttoTemperingColumns[i])) k++;
  return k;
}

/* p0 and q0 are there already. */
static PetscErrorCode MakeTempering(OttoGrid grid, OttoHeat fine, PetscBool smooth, Coarse *c)
{
  PetscFunctionBegin;
  PetscCall(OttoHeatCreate(grid, &c->heat));
  PetscCall(OttoHeatSetType(c->heat, OttoHeatGetType(fine)));
  PetscCall(OttoHeatSetUp(c->heat));
  PetscCall(OttoTemperingCreate(grid, c->heat, c->p0, c->q0, smooth, &c->tempering));
  PetscCall(OttoTemperingSetFromOptions(c->tempering));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoSpaceTempering s, PetscInt i, Vec p0, Vec q0,
                            const OttoDensityReport *p, const OttoDensityReport *q)
{
  Coarse *c = &s->coarse[i];
  OttoGrid grid = s->space.level[i].grid;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  PetscCall(OttoSpaceDensity(&s->space, i, "p_", p0, p, &c->p0));
  if (i < s->space.levels) PetscCall(OttoSpaceDensity(&s->space, i, "q_", q0, q, &c->q0));
  if (i >= s->space.levels) PetscFunctionReturn(0);
  if (grid) code = MakeTempering(grid, s->heat, p->smooth && q->smooth, c);
  PetscCall(OttoSpaceSurvive(&s->space, i, code));
  PetscFunctionReturn(0);
}

/* Roughness, and what it means for columns and times. */
static void LookAtData(OttoSpaceTempering s, const PetscBool rough[2])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->space.fine);
  PetscBool fast;

  s->space.rough = rough[0] || rough[1] ? PETSC_TRUE : PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++) {
    if (g->n[j] == 1) continue;
    s->coupling = PetscMax(s->coupling, 1 / PetscSqr(g->h[j]));
    if (s->space.rough) s->known_from = PetscMax(s->known_from, 4.5 * PetscSqr(g->h[j]));
  }
  fast = s->space.rough || OttoHeatIsLattice(s->heat) ? PETSC_FALSE : PETSC_TRUE;
  for (PetscInt j = 0; j < g->dim; j++) /* what an open face cuts off ends in a step */
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) fast = PETSC_FALSE;
  for (PetscInt i = 0; i < COLUMNS; i++) {
    const size_t k = Kind(i);
    PetscBool none = k == KINDS ? PETSC_TRUE : PETSC_FALSE;
    if (!none && rough[0] && !strcmp(columns[k].name, "kl_p0_pt"))
      none = PETSC_TRUE; /* the entropy of a point mass, -log h, has no limit */
    s->list[i] = (OttoErrorColumn){OttoTemperingColumns[i], none ? "" : columns[k].unit,
                                   none ? OTTO_ERROR_NONE : columns[k].kind};
    s->space.fast[i] = fast && !none && !columns[k].kinked ? PETSC_TRUE : PETSC_FALSE;
  }
}

PetscErrorCode OttoSpaceTemperingCreate(OttoRecord record, OttoGrid grid, OttoHeat heat, Vec p0,
                                        Vec q0, const OttoDensityReport *p,
                                        const OttoDensityReport *q, OttoSpaceTempering *space)
{
  PetscBool rough[2] = {PETSC_FALSE, PETSC_FALSE};
  OttoSpaceTempering s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *space = s;
  s->heat = heat;
  if (!p->smooth) PetscCall(OttoDensityIsRough(grid, p0, &rough[0]));
  if (!q->smooth) PetscCall(OttoDensityIsRough(grid, q0, &rough[1]));
  /* kernels of the continuum leave, at 3 cells and more, what the rule of cell centres did to
   * points and edges, and nothing else */
  const PetscBool data = (rough[0] || rough[1]) && !OttoHeatIsLattice(heat) &&
                                 (!rough[0] || p->averaged) && (!rough[1] || q->averaged)
                             ? PETSC_TRUE
                             : PETSC_FALSE;
  PetscCall(OttoSpaceCreate(record, grid, COLUMNS, s->list, data, &s->space));
  if (!s->space.levels) PetscFunctionReturn(0);
  LookAtData(s, rough);
  for (PetscInt i = 0; i < s->space.levels; i++) PetscCall(SetUp(s, i, p0, q0, p, q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceTemperingDestroy(OttoSpaceTempering *space)
{
  OttoSpaceTempering s = *space;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) {
    PetscCall(OttoTemperingDestroy(&s->coarse[i].tempering));
    PetscCall(OttoHeatDestroy(&s->coarse[i].heat));
    PetscCall(VecDestroy(&s->coarse[i].p0));
    PetscCall(VecDestroy(&s->coarse[i].q0));
  }
  PetscCall(OttoSpaceDestroy(&s->space));
  PetscCall(PetscFree(*space));
  PetscFunctionReturn(0);
}

static PetscErrorCode CoarseRow(Coarse *c, PetscReal t, PetscReal row[])
{
  OttoTemperedSample sample;

  PetscFunctionBegin;
  PetscCall(OttoTemperingSample(c->tempering, t, &sample));
  OttoRunRow(&sample, NAN, row);
  PetscFunctionReturn(0);
}

/* From when on the kernel of the continuum, which sums over cells, is 1.5 cells of grid i wide. */
static PetscReal WideFrom(const OttoSpaceTempering s, PetscInt i)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->space.fine);
  PetscReal h = 0;

  if (!OttoHeatIsExact(s->heat) || OttoHeatIsLattice(s->heat)) return 0;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1)
      h = PetscMax(h, (g->upper[j] - g->lower[j]) / (PetscReal)s->space.level[i].n[j]);
  return 1.1 * h * h;
}

PetscErrorCode OttoSpaceTemperingSample(OttoSpaceTempering s, const OttoTemperedSample *v)
{
  PetscReal row[COLUMNS], floor[COLUMNS];
  char why[160];

  PetscFunctionBegin;
  if (!s->space.levels) PetscFunctionReturn(0);
  const PetscReal wide = WideFrom(s, 0);
  const PetscBool narrow = v->t > 0 && v->t < wide ? PETSC_TRUE : PETSC_FALSE;
  if (narrow)
    snprintf(why, sizeof why, "the kernel is narrow on the coarser grid before t = %.4g",
             (double)wide);
  else
    snprintf(why, sizeof why, "the densities are rough on this grid before t = %.4g (3 cells)",
             (double)s->known_from);
  if (narrow || v->t < s->known_from) {
    PetscCall(OttoErrorTableNotKnown(s->space.table, v->t, why));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoRecordStageBegin(s->space.record, "space"));
  for (PetscInt i = 0; i < s->space.levels; i++) {
    Coarse *c = &s->coarse[i];
    PetscCall(OttoSpaceSurvive(&s->space, i,
                               c->tempering ? CoarseRow(c, v->t, s->space.row + i * COLUMNS) : 0));
    for (PetscInt k = 0; k < COLUMNS && v->t > 0 && v->t < WideFrom(s, i); k++)
      s->space.row[i * COLUMNS + k] = NAN;
  }
  OttoRunRow(v, NAN, row);
  for (PetscInt i = 0; i < COLUMNS; i++) {
    const size_t k = Kind(i);
    floor[i] = k == KINDS ? 0 : columns[k].floor * (columns[k].rate ? s->coupling : 1);
  }
  /* p = q: renyi then holds what left an open box, and nothing of the two */
  if (v->d.divergence[OTTO_DIVERGENCE_KL] == 0)
    for (PetscInt i = 0; i < COLUMNS; i++)
      if (!strcmp(OttoTemperingColumns[i], "renyi")) row[i] = NAN;
  if (s->space.levels)
    PetscCall(OttoSpaceRow(&s->space, v->t, row, floor));
  else
    PetscCall(OttoErrorTableNotKnown(s->space.table, v->t, s->space.why));
  PetscCall(OttoRecordStageEnd(s->space.record));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceTemperingReport(OttoSpaceTempering s)
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceReport(&s->space));
  PetscFunctionReturn(0);
}
