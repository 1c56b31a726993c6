/*
 * A tempering run on coarser grids, sample by sample beside it.
 *
 * Kernels of the continuum on smooth data err by aliases alone, which fall faster than any power of
 * h: from coarser grids an extrapolation, of the differences or of the spectrum's tail, is off by
 * decades either way. Where what coarser grids say is no rounding, and twice as many cells per axis
 * are few, the same problem on those has none of the run's aliases, and the difference is the
 * error. Measured on 268 errors between 1e-9 and 1 of 8 to 40 cells: more than 30 times the error
 * in 0 (coarser grids reduced by the root of their ratio 78 %), less than half of it in 0.
 */
#include "space_open.h"
#include "space_error.h"
#include "run/space.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define OWN OTTO_DISSIPATION_COLUMNS
#define FINER_CELLS (1 << 18) /* most cells of the finer grid: well below a second of a run */
#define ROUNDING 1e-10        /* a relative error below is none */

typedef struct {
  OttoGrid grid; /* of the level, or finer_grid */
  OttoHeat heat;
  OttoTempered tempering;
  Vec p0, q0;
} Coarse;

struct _n_OttoSpaceTempered {
  OttoSpace space;
  OttoHeat heat; /* of the run */
  Coarse coarse[OTTO_SPACE_LEVELS];
  OttoGrid finer_grid; /* twice the cells per axis; made when it is needed */
  Coarse finer;
  PetscBool refines;    /* such a grid can be had, and says more than coarser ones */
  PetscBool same;       /* level 0 has the run's own cells: for what the data alone err by */
  PetscReal smear;      /* time of a heat flow that spreads data as cells do; 0: points alone */
  PetscReal known_from; /* before: data are rough */
  PetscReal coupling;   /* largest 1/h² */
  OttoSpaceOpen open;   /* what lies outside the box; NULL without open axes */
  const OttoRunColumns *columns;
  OttoErrorColumn list[OTTO_DISSIPATION_ROW];
};

/* The columns that have estimates beside the moments. The error of a column is relative to at least
 * `floor`, in units of what rounding of p and q, 1e-13 of themselves, leaves of divergences of
 * equal densities; of rates, times 1/h². */
static const struct {
  const char *name;
  PetscReal floor;
  PetscBool rate, kinked; /* kinked: of second order for any data */
} estimated[] = {
    {"entropy_p", 0, PETSC_FALSE, PETSC_FALSE},
    {"entropy_q", 0, PETSC_FALSE, PETSC_FALSE},
    {"cross_entropy", 0, PETSC_FALSE, PETSC_FALSE},
    {"kl", 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"reverse_kl", 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"js", 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"chi2", 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"hellinger2", 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"tv", 1e-13, PETSC_FALSE, PETSC_TRUE},
    {"renyi", 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"kl_p0_pt", 1e-26, PETSC_FALSE, PETSC_FALSE},
    {"fisher_p", 1e-26, PETSC_TRUE, PETSC_FALSE},
    {"fisher_q", 1e-26, PETSC_TRUE, PETSC_FALSE},
    {"fisher_rel", 1e-26, PETSC_TRUE, PETSC_FALSE},
    {"kl_rate", 1e-26, PETSC_TRUE, PETSC_FALSE},
};
#define KINDS (sizeof estimated / sizeof estimated[0])

/* Which kind column i < OWN of the series is; KINDS: no error is estimated. */
static size_t Kind(PetscInt i)
{
  size_t k = 0;

  while (k < KINDS && strcmp(estimated[k].name, OttoDissipationColumns[i].column.name)) k++;
  return k;
}

/* Means and covariances of axes that do not wrap are sums of x p, which the cells' midpoints miss
 * by second order at the faces, however smooth p is. */
static PetscBool IsKinked(const OttoSpaceTempered s, PetscInt i)
{
  if (i < OWN) return Kind(i) < KINDS && estimated[Kind(i)].kinked ? PETSC_TRUE : PETSC_FALSE;
  const OttoMomentKind kind =
      OttoMomentsGet(OttoGridGetInfo(s->space.fine), (i - OWN) % s->columns->each).kind;
  return kind == OTTO_MOMENT_MEAN || kind == OTTO_MOMENT_COVARIANCE ? PETSC_TRUE : PETSC_FALSE;
}

/* p0 and q0 are there already. */
static PetscErrorCode MakeTempered(OttoGrid grid, OttoHeat fine, PetscBool smooth, Coarse *c)
{
  PetscFunctionBegin;
  c->grid = grid;
  PetscCall(OttoHeatCreate(grid, &c->heat));
  PetscCall(OttoHeatSetType(c->heat, OttoHeatGetType(fine)));
  PetscCall(OttoHeatSetUp(c->heat));
  PetscCall(OttoTemperedCreate(grid, c->heat, c->p0, c->q0, smooth, &c->tempering));
  PetscCall(OttoTemperedSetFromOptions(c->tempering));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoSpaceTempered s, PetscInt i, Vec p0, Vec q0,
                            const OttoDensityReport *p, const OttoDensityReport *q)
{
  Coarse *c = &s->coarse[i];
  OttoGrid grid = s->space.level[i].grid;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  PetscCall(OttoSpaceDensity(&s->space, i, "p_", p0, p, &c->p0));
  if (i < s->space.levels) PetscCall(OttoSpaceDensity(&s->space, i, "q_", q0, q, &c->q0));
  if (i >= s->space.levels) PetscFunctionReturn(0);
  if (grid) code = MakeTempered(grid, s->heat, p->smooth && q->smooth, c);
  PetscCall(OttoSpaceSurvive(&s->space, i, code));
  PetscFunctionReturn(0);
}

/* The same box with `times` the cells on every axis that has more than one; NULL: too many. */
static PetscErrorCode FinerGrid(OttoGrid grid, PetscInt64 times, OttoGrid *finer)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 n[OTTO_MAX_DIM];
  PetscReal cells = 1;

  PetscFunctionBegin;
  *finer = NULL;
  for (PetscInt j = 0; j < g->dim; j++) {
    n[j] = g->n[j] > 1 ? times * g->n[j] : 1;
    cells *= (PetscReal)n[j];
  }
  if (cells > FINER_CELLS) PetscFunctionReturn(0);
  PetscCall(OttoGridCreate(g->comm, finer));
  PetscCall(OttoGridSetBox(*finer, g->dim, n, g->lower, g->upper, g->boundary));
  PetscCall(OttoGridSetMesh(*finer, g->mesh[0], g->mesh[1])); /* it has cells for these ranks */
  PetscCall(OttoGridSetUp(*finer));
  PetscFunctionReturn(0);
}

static PetscErrorCode RoughOn(OttoGrid grid, const char *prefix, PetscBool *rough)
{
  Vec density;

  PetscFunctionBegin;
  PetscCall(OttoDensityCreate(grid, prefix, &density, NULL));
  PetscCall(OttoDensityIsRough(grid, density, rough));
  PetscCall(VecDestroy(&density));
  PetscFunctionReturn(0);
}

/* Whether a density is rough, and not just smooth on too few cells: it is so on finer grids too. */
static PetscErrorCode IsRough(OttoGrid grid, const char *prefix, Vec u, const OttoDensityReport *r,
                              PetscBool refines, PetscBool *rough)
{
  OttoGrid finer;

  PetscFunctionBegin;
  *rough = PETSC_FALSE;
  if (r->smooth) PetscFunctionReturn(0);
  PetscCall(OttoDensityIsRough(grid, u, rough));
  for (PetscInt64 times = 2; *rough && refines && times <= 8; times *= 2) {
    PetscCall(FinerGrid(grid, times, &finer));
    if (!finer) break;
    const PetscErrorCode code =
        OttoAgree(OttoGridGetInfo(grid)->comm, RoughOn(finer, prefix, rough));
    PetscCall(OttoGridDestroy(&finer));
    if (code != OTTO_ERR_INPUT) PetscCall(code);
    if (!code) continue;
    OttoErrorClear();
    break;
  }
  PetscFunctionReturn(0);
}

/* Roughness, and what it means for columns and times. */
static void LookAtData(OttoSpaceTempered s, const PetscBool rough[2])
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
  s->refines = fast && s->refines ? PETSC_TRUE : PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++) /* what an open face cuts off ends in a step */
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) fast = PETSC_FALSE;
  for (PetscInt i = 0; i < s->columns->count; i++) {
    s->list[i] = s->columns->error[i];
    if (i < OWN && Kind(i) == KINDS) s->list[i].kind = OTTO_ERROR_NONE;
    if (rough[0] && i == OTTO_DISSIPATION_kl_p0_pt)
      s->list[i].kind = OTTO_ERROR_NONE; /* the entropy of a point mass, -log h, has no limit */
    s->space.fast[i] =
        fast && s->list[i].kind != OTTO_ERROR_NONE && !IsKinked(s, i) ? PETSC_TRUE : PETSC_FALSE;
  }
}

PetscErrorCode OttoSpaceTemperedCreate(OttoRecord record, OttoGrid grid, OttoHeat heat, Vec p0,
                                       Vec q0, const OttoDensityReport *p,
                                       const OttoDensityReport *q, const OttoRunColumns *series,
                                       OttoSpaceTempered *space)
{
  PetscBool rough[2] = {PETSC_FALSE, PETSC_FALSE};
  OttoSpaceTempered s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoNeedHeat(heat);
  PetscCall(PetscNew(&s));
  *space = s;
  s->heat = heat;
  s->columns = series;
  s->refines = p->on_grid || q->on_grid || OttoHeatIsLattice(heat) ? PETSC_FALSE : PETSC_TRUE;
  PetscCall(IsRough(grid, "p_", p0, p, s->refines, &rough[0]));
  PetscCall(IsRough(grid, "q_", q0, q, s->refines, &rough[1]));
  /* kernels of the continuum leave, at 3 cells and more, what the rule of cell centres did to
   * points and edges, and nothing else */
  const PetscBool data = (rough[0] || rough[1]) && !OttoHeatIsLattice(heat) &&
                                 (!rough[0] || p->averaged) && (!rough[1] || q->averaged)
                             ? PETSC_TRUE
                             : PETSC_FALSE;
  s->same = data;
  PetscCall(OttoSpaceCreate(record, grid, s->columns->count, s->list, data, &s->space));
  if (!s->space.table) PetscFunctionReturn(0);
  LookAtData(s, rough);
  PetscCall(OttoSpaceOpenCreate(grid, p0, q0, series, &s->open));
  if (!s->space.levels) PetscFunctionReturn(0);
  if (data && !((!rough[0] || p->point) && (!rough[1] || q->point)))
    for (PetscInt j = 0; j < OttoGridGetInfo(grid)->dim; j++)
      if (OttoGridGetInfo(grid)->n[j] > 1)
        s->smear = PetscMax(s->smear, PetscSqr(OttoGridGetInfo(grid)->h[j]) / 24);
  for (PetscInt i = 0; i < s->space.levels; i++) PetscCall(SetUp(s, i, p0, q0, p, q));
  PetscFunctionReturn(0);
}

static PetscErrorCode DestroyCoarse(Coarse *c)
{
  PetscFunctionBegin;
  PetscCall(OttoTemperedDestroy(&c->tempering));
  PetscCall(OttoHeatDestroy(&c->heat));
  PetscCall(VecDestroy(&c->p0));
  PetscCall(VecDestroy(&c->q0));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceTemperedDestroy(OttoSpaceTempered *space)
{
  OttoSpaceTempered s = *space;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) PetscCall(DestroyCoarse(&s->coarse[i]));
  PetscCall(DestroyCoarse(&s->finer));
  PetscCall(OttoGridDestroy(&s->finer_grid));
  PetscCall(OttoSpaceOpenDestroy(&s->open));
  PetscCall(OttoSpaceDestroy(&s->space));
  PetscCall(PetscFree(*space));
  PetscFunctionReturn(0);
}

/* near: the run's own row. */
static PetscErrorCode CoarseRow(const OttoSpaceTempered s, Coarse *c, PetscReal t,
                                const PetscReal near[], PetscReal row[])
{
  OttoTemperedSample sample;
  const OttoPair *pair = NULL;

  PetscFunctionBegin;
  PetscCall(OttoTemperedTakeSample(c->tempering, t, &sample));
  OttoRunRow(&sample, NAN, row);
  PetscCall(OttoTemperedGetPair(c->tempering, &pair));
  PetscCall(OttoRunColumnsNear(s->columns, c->grid, 0, pair->p, near, row));
  PetscCall(OttoRunColumnsNear(s->columns, c->grid, 1, pair->q, near, row));
  PetscFunctionReturn(0);
}

/* From when on the kernel of the continuum, which sums over cells, is 1.5 cells of grid i wide. */
static PetscReal WideFrom(const OttoSpaceTempered s, PetscInt i)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->space.fine);
  PetscReal h = 0, first = 0, good = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1)
      h = PetscMax(h, (g->upper[j] - g->lower[j]) / (PetscReal)s->space.level[i].n[j]);
  OttoHeatTimes(s->heat, h, &first, &good);
  return good;
}

/* The finer grid with its problem, or its row at t. */
static PetscErrorCode MakeFiner(OttoSpaceTempered s)
{
  OttoDensityReport p, q;

  PetscFunctionBegin;
  PetscCall(FinerGrid(s->space.fine, 2, &s->finer_grid));
  OttoCheckInput(s->finer_grid, "more than %d cells", FINER_CELLS); /* caught: none is used */
  PetscCall(OttoDensityCreate(s->finer_grid, "p_", &s->finer.p0, &p));
  PetscCall(OttoDensityCreate(s->finer_grid, "q_", &s->finer.q0, &q));
  PetscCall(MakeTempered(s->finer_grid, s->heat, p.smooth && q.smooth, &s->finer));
  PetscFunctionReturn(0);
}

/* What it says of the errors of a row, if it can be had: of second order 4/3 of the difference is
 * the error, of any higher a little more than it. */
static PetscErrorCode Refine(OttoSpaceTempered s, PetscReal t, const PetscReal row[],
                             PetscReal error[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->space.fine);
  PetscReal finer[OTTO_DISSIPATION_ROW];
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  if (!s->finer.tempering) code = MakeFiner(s);
  if (!code) code = CoarseRow(s, &s->finer, t, row, finer);
  code = OttoAgree(g->comm, code);
  if (code == OTTO_ERR_INPUT || code == OTTO_ERR_NUMERICAL) {
    OttoErrorClear();
    s->refines = PETSC_FALSE;
    PetscFunctionReturn(0);
  }
  PetscCall(code);
  for (PetscInt k = 0; k < s->columns->count; k++) {
    if (!isfinite(finer[k]) || !isfinite(row[k])) continue;
    const PetscReal found = 4 * fabs(row[k] - finer[k]) / 3;
    error[k] = IsKinked(s, k) && isfinite(error[k]) ? PetscMax(error[k], found) : found;
  }
  PetscFunctionReturn(0);
}

/* Whether what coarser grids say of a row is more than rounding, or nothing; they do know kinks. */
static PetscBool Matters(const OttoSpaceTempered s, const PetscReal row[], const PetscReal floor[])
{
  for (PetscInt k = 0; k < s->columns->count; k++) {
    const PetscReal least = s->list[k].kind == OTTO_ERROR_ABSOLUTE ? 1 : floor[k];
    if (s->list[k].kind != OTTO_ERROR_NONE && !IsKinked(s, k) && isfinite(row[k]) &&
        !(s->space.error[k] <= ROUNDING * PetscMax(fabs(row[k]), least)))
      return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* The run's row, and what each column's error is relative to at least. */
static void FineRow(const OttoSpaceTempered s, const OttoTemperedSample *v,
                    const PetscReal printed[], PetscReal row[], PetscReal floor[])
{
  for (PetscInt i = OWN; i < s->columns->count; i++) row[i] = printed[i];
  OttoRunRow(v, NAN, row);
  OttoRunColumnsScales(s->columns, row, floor);
  for (PetscInt i = 0; i < OWN; i++) {
    const size_t k = Kind(i);
    floor[i] = k == KINDS ? 0 : estimated[k].floor * (estimated[k].rate ? s->coupling : 1);
  }
  /* p = q: renyi then holds what left an open box, and nothing of the two */
  if (v->d.divergence[OTTO_DIVERGENCE_KL] == 0) row[OTTO_DISSIPATION_renyi] = NAN;
}

/* What the cells' width does to data whose edges lie on their faces: averages over cells have h²/12
 * more variance than the data, as after h²/24 more time. Where kernels of the continuum are
 * compared on the same cells (level 0) that is added to the difference, by the slope in time. */
static PetscErrorCode AddSmear(OttoSpaceTempered s, PetscReal t, const PetscReal row[])
{
  PetscReal later[OTTO_DISSIPATION_ROW], *same = s->space.row;

  PetscFunctionBegin;
  PetscCall(CoarseRow(s, &s->coarse[0], t + s->smear, row, later));
  for (PetscInt k = 0; k < s->columns->count; k++)
    same[k] = row[k] - (fabs(row[k] - same[k]) + fabs(later[k] - same[k]));
  PetscFunctionReturn(0);
}

static PetscErrorCode CoarserRows(OttoSpaceTempered s, PetscReal t, const PetscReal row[])
{
  const PetscInt count = s->columns->count;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->space.levels; i++) {
    Coarse *c = &s->coarse[i];
    PetscCall(OttoSpaceSurvive(
        &s->space, i, c->tempering ? CoarseRow(s, c, t, row, s->space.row + i * count) : 0));
    if (s->smear > 0 && s->space.levels && c->tempering)
      PetscCall(OttoSpaceSurvive(&s->space, i, AddSmear(s, t, row)));
    for (PetscInt k = 0; k < count && t > 0 && t < WideFrom(s, i); k++)
      s->space.row[i * count + k] = NAN;
  }
  PetscFunctionReturn(0);
}

/* Why nothing is known yet at t; "" where something is. */
static void TooEarly(const OttoSpaceTempered s, PetscReal t, char why[], size_t size)
{
  const PetscReal wide = WideFrom(s, 0);

  why[0] = 0;
  if (t < s->known_from)
    snprintf(why, size, "the densities are rough on this grid before t = %.4g (3 cells)",
             (double)s->known_from);
  if (t > 0 && t < wide && !s->refines)
    snprintf(why, size, "the kernel is narrow on the coarser grid before t = %.4g", (double)wide);
}

/* A row whose errors are not known: but where what lies outside the box is too much already, that
 * is said of the column. */
static PetscErrorCode NotKnown(OttoSpaceTempered s, PetscReal t, const PetscReal row[],
                               const PetscReal floor[], const PetscReal missing[], const char *why)
{
  PetscReal bound = 0, *error = s->space.error;
  PetscBool any = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(s->space.record, "space_error", &bound));
  for (PetscInt k = 0; k < s->columns->count; k++) {
    const PetscReal value = s->list[k].kind == OTTO_ERROR_RELATIVE ? fabs(row[k]) : 0;
    const PetscBool counts =
        s->list[k].kind == OTTO_ERROR_RELATIVE || s->list[k].kind == OTTO_ERROR_SCALED
            ? PETSC_TRUE
            : PETSC_FALSE;
    error[k] = counts && missing[k] > bound * PetscMax(value, floor[k]) ? missing[k] : NAN;
    if (!isnan(error[k])) any = PETSC_TRUE;
  }
  PetscCall(OttoErrorTableNotKnown(s->space.table, any ? -1 : t, why));
  if (any) PetscCall(OttoErrorTableAdd(s->space.table, t, row, error, floor));
  PetscFunctionReturn(0);
}

/* The grid's errors of a row, and what lies outside the box. */
static PetscErrorCode Estimate(OttoSpaceTempered s, PetscReal t, const PetscReal row[],
                               const PetscReal floor[], const PetscReal missing[])
{
  PetscReal *error = s->space.error;

  PetscFunctionBegin;
  PetscCall(CoarserRows(s, t, row));
  PetscCall(OttoSpaceErrors(&s->space, row, floor));
  if (!s->space.levels) s->refines = PETSC_FALSE;
  if (s->refines && Matters(s, row, floor)) PetscCall(Refine(s, t, row, error));
  for (PetscInt k = 0; k < s->columns->count; k++) error[k] += missing[k];
  if (s->space.levels)
    PetscCall(OttoErrorTableAdd(s->space.table, t, row, error, floor));
  else
    PetscCall(NotKnown(s, t, row, floor, missing, s->space.why));
  PetscFunctionReturn(0);
}

/* What sums over cells miss of kinks and of what is sharper than a cell: on the same cells nothing
 * else shows it. */
static void AddQuadrature(const OttoTemperedSample *v, PetscReal missing[])
{
  missing[OTTO_DISSIPATION_tv] += v->quadrature.tv_error;
  missing[OTTO_DISSIPATION_js] += v->quadrature.js_error;
}

PetscErrorCode OttoSpaceTemperedSample(OttoSpaceTempered s, const OttoTemperedSample *v,
                                       const PetscReal printed[])
{
  PetscReal row[OTTO_DISSIPATION_ROW], floor[OTTO_DISSIPATION_ROW],
      missing[OTTO_DISSIPATION_ROW] = {0};
  PetscBool whole = PETSC_TRUE;
  char why[200];

  PetscFunctionBegin;
  if (!s->space.table || (!s->space.levels && !s->open)) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(s->space.record, "space"));
  FineRow(s, v, printed, row, floor);
  if (s->open) PetscCall(OttoSpaceOpenSample(s->open, v, row, floor, missing, &whole));
  if (s->same) AddQuadrature(v, missing);
  snprintf(why, sizeof why, "%s", s->space.why);
  if (s->space.levels) TooEarly(s, v->t, why, sizeof why);
  if (!whole && !why[0])
    snprintf(why, sizeof why, "what lies outside the open box takes too many points");
  if (why[0])
    PetscCall(NotKnown(s, v->t, row, floor, missing, why));
  else
    PetscCall(Estimate(s, v->t, row, floor, missing));
  PetscCall(OttoRecordStageEnd(s->space.record));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceTemperedKeep(OttoSpaceTempered s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, "space", -1));
  PetscCall(OttoSpaceKeep(&s->space, keep));
  PetscCall(OttoKeepBool(keep, "refines", &s->refines));
  if (s->open) PetscCall(OttoSpaceOpenKeep(s->open, keep));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceTemperedReport(OttoSpaceTempered s)
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceReport(&s->space));
  PetscFunctionReturn(0);
}
