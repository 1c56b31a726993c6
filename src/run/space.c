/*
 * MATHEMATICS 9. Numbers of second order, f(h) = f + a h² + b h⁴ + …, on grids of h, 2h and 4h: the
 * differences are 3ah² and 12ah², their ratio 4(1 + 20x)/(1 + 5x) with x = bh²/a, and a third of
 * the first is the error ah²(1 + x) within 15 % while the ratio lies between 3 and 6. A part of
 * first order, a₁h, makes the ratio (2 + 12y)/(1 + 3y), y = ah/a₁: at 3 and above a third of the
 * difference is at least half of the error. Hence the band; outside it the difference stands
 * undivided, which is the error itself at first order and more than it at any higher. Where the
 * first difference vanishes by chance (an error changes its sign with time), the second says 12ah²:
 * a twelfth of it is the least that is said.
 *
 * Rough data put edges and point masses to the nearest cell, an error of first order whose sign is
 * anyone's guess, beside those of second order: one difference vanishes by chance too often. There
 * the estimate is the sum of the first and of a fourth of the second: 1.5 times an error of first
 * order, 6 times one of second.
 *
 * Where a set's end lies between faces every grid errs by h² times a factor of its own, which the
 * end's place in a cell makes: what differences say of the error they say within a factor of 2 at
 * best, and the estimate is twice what regular ones would have it. What streams into an end, at
 * cells that a force crosses in a step or two, is of first order on all grids, f + a₁h, and the
 * run's end counts in whole cells beside: f_h - f is f_h - f_2h + f_2h - f, of which the last is
 * the second difference, and their sizes add up.
 *
 * Spectral accuracy: an error r^n (analytic data; a Gaussian's falls faster still) leaves
 * differences of r^(n/2) and r^(n/4), far more than the error. The root of their ratio is taken off
 * where it is beyond that of second order: 2r^(5n/8). More would rely on one and the same pole of
 * the integrand behind both differences, and Gaussians on a ring have several (log q at the
 * antipode).
 *
 * Measured on some hundred runs: tests/driver/test_space_error.py.
 */
#include "space.h"
#include "core/fault.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Fewest cells of an axis (that has more than one) for an estimate, and on the third grid. */
#define FEWEST 8
#define FEWEST_THIRD 4

#define FAR 0.3 /* of logarithms, between grids, from which on a number errs in its exponent */
#define CHANCE                                                                                     \
  10 /* a difference is not smaller than this part of what it might be, but by rare chance */
#define AS_MUCH 0.1 /* of a number may an end at a face balance of what its grids differ by */
#define STEPS 2     /* a difference of grids that have a step is of what the finer errs by */
/* The ratio of differences, relative to that of second order, that shows second order. */
#define BAND_LOW 0.75
#define BAND_HIGH 1.5

/* Sizes of coarser grid i, and whether it can be had. */
static PetscBool Halve(const OttoGridInfo *g, PetscInt i, PetscInt64 n[])
{
  for (PetscInt j = 0; j < g->dim; j++) {
    n[j] = g->n[j] == 1 ? 1 : g->n[j] >> (i + 1);
    if (g->n[j] > 1 && (g->n[j] < FEWEST || (i && n[j] < FEWEST_THIRD))) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* gain and step of the axis whose grids differ least. */
static void Order(OttoSpace *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->fine);

  s->gain = s->step = INFINITY;
  for (PetscInt j = 0; j < g->dim; j++) {
    if (g->n[j] == 1) continue;
    const PetscReal first = PetscSqr((PetscReal)g->n[j] / (PetscReal)s->level[0].n[j]) - 1;
    const PetscReal second =
        s->levels < 2 ? 15 : PetscSqr((PetscReal)g->n[j] / (PetscReal)s->level[1].n[j]) - 1;
    if (first < s->gain) {
      s->gain = first;
      s->step = (second - first) / first;
    }
  }
}

PetscReal OttoSpaceMemory(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscBool on = PETSC_TRUE;
  PetscInt axes = 0;

  if (OttoOptionsGetBool(NULL, "check_space", &on, NULL) || !on) return 1;
  for (PetscInt j = 0; j < g->dim; j++) axes += g->n[j] > 1;
  return 1 + pow(0.5, axes) + pow(0.25, axes);
}

/* Entropies, energies, means and covariances may pass through 0, where ratios of grids say nothing.
 */
static PetscBool HasNoZero(const OttoErrorColumn *c)
{
  if (c->kind == OTTO_ERROR_ABSOLUTE)
    return !strcmp(c->unit, "nats") || !strcmp(c->unit, "energy") ? PETSC_TRUE : PETSC_FALSE;
  return c->kind == OTTO_ERROR_SCALED && strcmp(c->unit, "1") ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoSpaceCreate(OttoRecord record, OttoGrid fine, PetscInt columns,
                               const OttoErrorColumn list[], PetscBool same, OttoSpace *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(fine);
  PetscBool on = PETSC_TRUE, any = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(s, sizeof *s));
  s->record = record;
  s->fine = fine;
  s->columns = columns;
  PetscCall(OttoOptionsGetBool(NULL, "check_space", &on, NULL));
  if (on)
    PetscCall(OttoErrorTableCreate(record, "space", columns, list, &s->table));
  else
    PetscCall(OttoRecordNotApplicable(record, "space_error", "check_space is no"));
  PetscCall(PetscCalloc5(OTTO_SPACE_LEVELS * columns, &s->row, columns, &s->error, columns,
                         &s->beside, columns, &s->fast, columns, &s->no_zero));
  for (PetscInt i = 0; i < columns; i++) s->no_zero[i] = HasNoZero(&list[i]);
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1) any = PETSC_TRUE;
  if (!any || !Halve(g, 0, s->level[0].n))
    snprintf(s->why, sizeof s->why, "an axis of fewer than %d cells has no coarser grid", FEWEST);
  if (!on || s->why[0]) PetscFunctionReturn(0);
  s->levels = !same && Halve(g, 1, s->level[1].n) ? 2 : 1;
  if (same) PetscCall(PetscArraycpy(s->level[0].n, g->n, g->dim));
  Order(s);
  for (PetscInt i = 0; i < s->levels; i++) {
    OttoSpaceLevel *l = &s->level[i];
    PetscCall(OttoGridCoarsen(fine, l->n, &l->grid));
    PetscCall(OttoTransferCreate(fine, l->n, l->grid, &l->transfer));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceDestroy(OttoSpace *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) {
    PetscCall(OttoTransferDestroy(&s->level[i].transfer));
    PetscCall(OttoGridCoarseDestroy(&s->level[i].grid));
  }
  PetscCall(PetscFree5(s->row, s->error, s->beside, s->fast, s->no_zero));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceSurvive(OttoSpace *s, PetscInt i, PetscErrorCode code)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->fine);

  PetscFunctionBegin;
  code = OttoAgree(g->comm, code);
  if (!code) PetscFunctionReturn(0);
  if (code != OTTO_ERR_INPUT && code != OTTO_ERR_NUMERICAL && code != OTTO_ERR_SOLVER)
    PetscFunctionReturn(code);
  s->levels = i;
  if (i == 0)
    snprintf(s->why, sizeof s->why, "the same problem on half as many cells: %.150s",
             OttoErrorMessage());
  OttoErrorClear();
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceDensity(OttoSpace *s, PetscInt i, const char *prefix, Vec fine,
                                const OttoDensityReport *report, Vec *coarse)
{
  const OttoSpaceLevel *l = &s->level[i];
  PetscErrorCode code = 0;
  PetscBool rough = PETSC_FALSE;

  PetscFunctionBegin;
  *coarse = NULL;
  if (report->on_grid) {
    if (l->grid) PetscCall(OttoFieldCreate(l->grid, coarse));
    PetscCall(OttoTransferMean(l->transfer, fine, *coarse));
    PetscFunctionReturn(0);
  }
  if (!report->smooth) PetscCall(OttoDensityIsRough(s->fine, fine, &rough));
  if (l->grid)
    code = rough ? OttoDensityCreateAverages(l->grid, prefix, coarse)
                 : OttoDensityCreate(l->grid, prefix, coarse, NULL);
  PetscCall(OttoSpaceSurvive(s, i, code));
  PetscFunctionReturn(0);
}

/* What has decayed on grids that are far from one another errs in its exponent: the same rules for
 * the logarithms, and the value goes on as from the coarser grid to this one. */
static PetscReal EstimateDecayed(const OttoSpace *s, PetscReal fine, const PetscReal coarse[])
{
  const PetscReal first = log(fine / coarse[0]), second = log(coarse[0] / coarse[1]);
  const PetscReal ratio = second / first / s->step;
  const PetscBool shown = ratio >= BAND_LOW && ratio <= BAND_HIGH ? PETSC_TRUE : PETSC_FALSE;

  return fabs(fine * expm1(first / (shown && !s->rough && !s->upwind ? s->gain : 1)));
}

/* The share that a cell is of a way across the box, at least: where an end counts in whole cells
 * and there is one difference alone, which may vanish. */
static PetscReal Cell(const OttoSpace *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->fine);
  PetscInt64 most = 1;

  for (PetscInt j = 0; j < g->dim; j++) most = PetscMax(most, g->n[j]);
  return 1 / (PetscReal)most;
}

PetscReal OttoSpaceEstimate(const OttoSpace *s, PetscReal fine,
                            const PetscReal coarse[OTTO_SPACE_LEVELS], PetscReal floor)
{
  const PetscReal first = fine - coarse[0], second = coarse[0] - coarse[1];

  if (!isfinite(first)) return NAN;
  if (s->levels < 2 || !isfinite(second))
    return (s->rough || s->upwind ? 2 : 1) * fabs(first) + (s->upwind ? fabs(fine) * Cell(s) : 0);
  /* rounding has no exponent */
  const PetscReal least = PetscMin(fabs(fine), PetscMin(fabs(coarse[0]), fabs(coarse[1])));
  if (least > floor && fine / coarse[0] > 0 && coarse[0] / coarse[1] > 0 &&
      fabs(log(fine / coarse[0])) > FAR)
    return EstimateDecayed(s, fine, coarse);
  const PetscReal ratio = first == 0 ? 0 : second / first / s->step;
  const PetscBool shown = ratio >= BAND_LOW && ratio <= BAND_HIGH ? PETSC_TRUE : PETSC_FALSE;
  /* a third grid that is no grid for the problem says nothing */
  const PetscReal most = PetscMax(CHANCE * fabs(first), s->off ? AS_MUCH * fabs(fine) : 0);
  const PetscReal before = PetscMin(fabs(second) / (s->steps ? STEPS : s->step), most);
  if (s->upwind) return fabs(first) + PetscMin(fabs(second), PetscMax(most, AS_MUCH * fabs(fine)));
  if (s->rough) return fabs(first) + (shown && !s->off ? 0 : before);
  if (s->uneven) return PetscMax(fabs(first) / (shown ? s->gain / 2 : 1), before / (s->gain / 2));
  return PetscMax(fabs(first) / (shown ? s->gain : 1), before / s->gain);
}

PetscReal OttoSpaceEstimateFast(const OttoSpace *s, PetscReal fine,
                                const PetscReal coarse[OTTO_SPACE_LEVELS])
{
  const PetscReal first = fabs(fine - coarse[0]), second = fabs(coarse[0] - coarse[1]);

  if (!isfinite(first)) return NAN;
  if (s->levels < 2 || !isfinite(second)) return first;
  return first * (second > s->step * first ? sqrt(s->step * first / second) : 1);
}

PetscErrorCode OttoSpaceShare(OttoSpace *s, PetscInt count, PetscReal values[])
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(values, (PetscMPIInt)count, MPIU_REAL, 0, OttoGridGetInfo(s->fine)->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceErrors(OttoSpace *s, const PetscReal fine[], const PetscReal floor[])
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceShare(s, OTTO_SPACE_LEVELS * s->columns, s->row));
  OttoFault("coarse", s->columns, s->row);
  for (PetscInt k = 0; k < s->columns; k++) {
    const PetscReal zero = s->no_zero[k] ? fine[k] : 0;
    const PetscReal coarse[OTTO_SPACE_LEVELS] = {s->row[k] - zero, s->row[s->columns + k] - zero};
    s->error[k] = s->fast[k] ? OttoSpaceEstimateFast(s, fine[k] - zero, coarse)
                             : OttoSpaceEstimate(s, fine[k] - zero, coarse, floor ? floor[k] : 0);
    s->error[k] += s->beside[k];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceRow(OttoSpace *s, PetscReal t, const PetscReal fine[],
                            const PetscReal floor[])
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceErrors(s, fine, floor));
  PetscCall(OttoErrorTableAdd(s->table, t, fine, s->error, floor));
  if (OttoFaultIsSet("coarse_lost")) PetscCall(OttoSpaceSurvive(s, 0, OTTO_ERR_SOLVER));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceKeep(OttoSpace *s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepInt(keep, "levels", &s->levels));
  PetscCall(OttoKeepText(keep, "why", sizeof s->why, s->why));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceReport(OttoSpace *s)
{
  PetscFunctionBegin;
  if (!s->table) PetscFunctionReturn(0);
  if (s->why[0]) PetscCall(OttoErrorTableNotKnown(s->table, -1, s->why));
  PetscCall(OttoErrorTableReport(s->table));
  /* a coarser grid may be lost on the way: rows before do not speak for those after */
  if (s->why[0] && !OttoRecordIsNotKnown(s->record, "space_error"))
    PetscCall(OttoRecordNotKnown(s->record, "space_error", 0, 0, INFINITY, s->why, PETSC_FALSE));
  PetscFunctionReturn(0);
}
