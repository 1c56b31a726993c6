#include "errors.h"
#include "core/fault.h"
#include <otto/options.h>
#include <math.h>
#include <string.h>

static const OttoErrorColumn list[OTTO_CONVECTIVE_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) {#name, unit, OTTO_ERROR_##kind},
#include "series.def"
#undef OTTO_COLUMN
};

const OttoColumn OttoConvectiveColumns[OTTO_CONVECTIVE_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) {#name, unit, sentence},
#include "series.def"
#undef OTTO_COLUMN
};

#define LEAST_STEPS                                                                                \
  4             /* between two times, with half the tolerance: one or two would be those of the    \
                   run, and say that it errs by nothing */
#define REACH 6 /* of a Gaussian, in widths */
#define MASS_ROUNDS 1e-13 /* what rounding leaves of a mass */

static const char not_resolved[] = "the carried density is not resolved";

void OttoConvectiveValues(const OttoConvectiveRow *r, PetscReal value[OTTO_CONVECTIVE_COLUMNS])
{
  const OttoConvectiveTime *w = r->time;

#define OTTO_COLUMN(name, unit, kind, sentence, v) value[OTTO_CONVECTIVE_##name] = (PetscReal)(v);
#include "series.def"
#undef OTTO_COLUMN
}

/* The same density and settings on `grid`, with its own normalisation. */
static PetscErrorCode MakeAnew(OttoGrid grid, const OttoConvectiveSettings *settings,
                               OttoConvectiveCase *c)
{
  OttoDensityReport report;
  OttoDensityFunction function = NULL;
  Vec phi;

  PetscFunctionBegin;
  PetscCall(OttoDensityCreate(grid, "p_", &phi, &report));
  PetscCall(OttoDensityFunctionCreate(grid, "p_", &report, &function));
  PetscCall(OttoConvectiveCaseCreate(grid, phi, function, settings, c));
  PetscFunctionReturn(0);
}

/* A coarser grid; a density that belongs to the fine cells is averaged over them. */
static PetscErrorCode MakeLevel(OttoConvectiveErrors *s, PetscInt i)
{
  OttoGrid grid = s->space.level[i].grid;
  PetscErrorCode code = 0;
  Vec phi = NULL;

  PetscFunctionBegin;
  if (!s->fine->function)
    PetscCall(OttoSpaceDensity(&s->space, i, "p_", s->fine->c.phi, &s->density, &phi));
  if (grid && i < s->space.levels) {
    if (s->fine->function)
      code = MakeAnew(grid, &s->fine->settings, &s->level[i]);
    else
      code = OttoConvectiveCaseCreate(grid, phi, NULL, &s->fine->settings, &s->level[i]);
  }
  PetscCall(OttoSpaceSurvive(&s->space, i, code));
  PetscFunctionReturn(0);
}

/* The same on the same grid, with other settings. */
static PetscErrorCode MakeOther(OttoConvectiveErrors *s, const OttoConvectiveSettings *settings,
                                OttoConvectiveCase *c)
{
  OttoDensityFunction function = NULL;
  Vec phi;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(s->fine->c.phi, &phi));
  PetscCall(VecCopy(s->fine->c.phi, phi));
  if (s->fine->function)
    PetscCall(OttoDensityFunctionCreate(s->fine->grid, "p_", &s->density, &function));
  PetscCall(OttoConvectiveCaseCreate(s->fine->grid, phi, function, settings, c));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveErrorsCreate(OttoRecord record, OttoConvectiveCase *fine,
                                          const OttoDensityReport *density, OttoConvectiveErrors *s)
{
  OttoConvectiveSettings more = fine->settings, sharper = fine->settings;
  PetscBool time = PETSC_TRUE;

  PetscFunctionBegin;
  more.parts++;
  sharper.tolerance /= 2;
  sharper.steps = LEAST_STEPS;
  s->record = record;
  s->fine = fine;
  s->density = *density;
  PetscCall(
      OttoSpaceCreate(record, fine->grid, OTTO_CONVECTIVE_COLUMNS, list, PETSC_FALSE, &s->space));
  if (!density->smooth) PetscCall(OttoDensityIsRough(fine->grid, fine->c.phi, &s->space.rough));
  for (PetscInt i = 0; i < s->space.columns && s->space.table; i++) {
    s->space.no_zero[i] = list[i].kind == OTTO_ERROR_ABSOLUTE ? PETSC_TRUE : PETSC_FALSE;
    s->space.fast[i] = density->smooth; /* sums over cells of what is smooth */
  }
  for (PetscInt i = 0; i < s->space.levels; i++) PetscCall(MakeLevel(s, i));
  if (more.push == OTTO_PUSH_REMAP) PetscCall(MakeOther(s, &more, &s->other));
  PetscCall(OttoOptionsGetBool(NULL, "check_time", &time, NULL));
  if (!time) PetscFunctionReturn(0);
  if (OttoDynamicsIsMap(fine->dynamics)) {
    PetscCall(OttoRecordBoundBy(record, "time_error", "time_tolerance"));
    PetscCall(
        OttoRecordNotApplicable(record, "time_error", "iterates of a map have no steps to err by"));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoErrorTableCreate(record, "time", OTTO_CONVECTIVE_COLUMNS, list, &s->time));
  PetscCall(MakeOther(s, &sharper, &s->finer));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveErrorsDestroy(OttoConvectiveErrors *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++)
    PetscCall(OttoConvectiveCaseDestroy(&s->level[i]));
  PetscCall(OttoConvectiveCaseDestroy(&s->finer));
  PetscCall(OttoConvectiveCaseDestroy(&s->other));
  if (s->record) PetscCall(OttoSpaceDestroy(&s->space));
  PetscFunctionReturn(0);
}

static PetscErrorCode Take(OttoConvectiveCase *c, PetscReal t, OttoConvectiveTime *time)
{
  PetscFunctionBegin;
  PetscCall(OttoConvectiveCaseAdvance(c, t));
  PetscCall(OttoConvectiveCaseTake(c, time));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveErrorsAdvance(OttoConvectiveErrors *s, PetscReal t)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->space.levels; i++) {
    const PetscErrorCode code = s->level[i].c.phi ? Take(&s->level[i], t, &s->at_level[i]) : 0;
    PetscCall(OttoSpaceSurvive(&s->space, i, code));
  }
  if (s->finer.c.phi) PetscCall(Take(&s->finer, t, &s->at_finer));
  if (s->other.c.phi) PetscCall(Take(&s->other, t, &s->at_other));
  PetscFunctionReturn(0);
}

/* The row of a case beside the run's; of an s that its grid does not resolve, not known. */
static PetscErrorCode Beside(OttoConvectiveCase *c, const OttoConvectiveTime *time, PetscReal s,
                             PetscReal value[])
{
  OttoConvectiveRow row = {.time = time, .s = s, .error = NAN};
  PetscReal least;

  PetscFunctionBegin;
  if (OttoConvectiveCaseServes(c, s, &least))
    PetscCall(OttoConvectiveCaseAt(c, s, &row.entropy, NULL));
  else
    row.entropy.upsilon = row.entropy.after = row.entropy.before = NAN;
  OttoFault("beside", 1, &row.entropy.upsilon);
  OttoConvectiveValues(&row, value);
  PetscFunctionReturn(0);
}

/* Entropies of two distributions on n cells whose L1 distance is d (Audenaert 2007). Blurring
 * brings them no further apart. */
static PetscReal EntropyApart(PetscReal d, PetscReal n)
{
  const PetscReal v = PetscMin(0.5 * d, 1 - 1 / n);

  if (!(v > 0)) return isnan(d) ? NAN : 0;
  return v * log(n - 1) - v * log(v) - (1 - v) * log1p(-v);
}

/* What push-forward and rounding make of upsilon. Remap blurs by a little more, and leaves ripples:
 * what the first adds, and what is left of the second once blurred, where another point a cell and
 * axis changes them, are measured. */
static PetscErrorCode Interpolation(OttoConvectiveErrors *s, OttoConvectiveRow *row)
{
  OttoConvectiveCase *c = s->fine;
  const OttoPushForwardReport *pushed = &row->time->pushed;
  OttoConvectiveEntropy more = row->entropy, other = row->entropy;

  PetscFunctionBegin;
  if (c->settings.push == OTTO_PUSH_REMAP) {
    PetscCall(OttoConvectiveCaseAt(c, row->s + pushed->diffusion, &more, NULL));
    PetscCall(OttoConvectiveCaseAt(&s->other, row->s, &other, NULL));
    row->interpolation =
        fabs(more.after - row->entropy.after) + fabs(other.after - row->entropy.after);
  } else
    row->interpolation = EntropyApart(pushed->error, (PetscReal)OttoGridGetInfo(c->grid)->cells);
  row->interpolation += row->entropy.rounding;
  PetscFunctionReturn(0);
}

/* The entropy of what is not in the box, of a density that has the given mass in it: m = 1 - mass
 * is spread over V, the box and what blurring by s reaches beyond open faces, so that -∫ u log u
 * there is m log(V/m) at most (Jensen), and m more for what the cells at a face lack. */
static PetscReal Outside(const OttoGridInfo *g, PetscReal s, PetscReal mass)
{
  const PetscReal missing = 1 - mass;
  PetscReal volume = 1;

  for (PetscInt j = 0; j < g->dim; j++)
    volume *= g->upper[j] - g->lower[j] +
              (g->boundary[j] == OTTO_BOUNDARY_OPEN ? 2 * REACH * sqrt(2 * s) : 0);
  if (missing <= MASS_ROUNDS) return isnan(missing) ? NAN : 0;
  return missing * (fabs(log(volume / missing)) + 1);
}

/* Of both densities, where a face may be passed: Υ is of all space, or of a map that loses nothing.
 */
static PetscReal Beyond(const OttoConvectiveErrors *s, const OttoConvectiveRow *row)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->fine->grid);
  PetscBool ends = row->time->forward.lost > 0 ? PETSC_TRUE : PETSC_FALSE;

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC) ends = PETSC_TRUE;
  return ends ? Outside(g, row->s, row->entropy.mass_after) +
                    Outside(g, row->s, row->entropy.mass_before)
              : 0;
}

static PetscErrorCode Space(OttoConvectiveErrors *s, const PetscReal fine[],
                            const PetscReal floor[], OttoConvectiveRow *row)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->space.levels; i++) {
    PetscReal value[OTTO_CONVECTIVE_COLUMNS];
    PetscErrorCode code = 0;
    if (s->level[i].c.phi) code = Beside(&s->level[i], &s->at_level[i], row->s, value);
    if (s->level[i].c.phi && !code)
      PetscCall(PetscArraycpy(s->space.row + i * OTTO_CONVECTIVE_COLUMNS, value,
                              OTTO_CONVECTIVE_COLUMNS));
    PetscCall(OttoSpaceSurvive(&s->space, i, code));
  }
  if (s->space.levels) {
    PetscCall(OttoSpaceErrors(&s->space, fine, floor));
    row->quadrature = s->space.error[OTTO_CONVECTIVE_upsilon];
    s->space.error[OTTO_CONVECTIVE_upsilon] += row->box;
    PetscCall(OttoErrorTableAdd(s->space.table, row->time->t, fine, s->space.error, floor));
  } else if (s->space.table) { /* a row all the same, whatever the sign of t */
    PetscReal unknown[OTTO_CONVECTIVE_COLUMNS];
    for (PetscInt i = 0; i < OTTO_CONVECTIVE_COLUMNS; i++) unknown[i] = NAN;
    PetscCall(OttoErrorTableAdd(s->space.table, row->time->t, fine, unknown, floor));
    PetscCall(OttoErrorTableNotKnown(s->space.table, -1, s->space.why));
  }
  PetscFunctionReturn(0);
}

/* An error in proportion to the tolerance is twice what half of it changes. */
static PetscErrorCode Time(OttoConvectiveErrors *s, const PetscReal fine[], const PetscReal floor[],
                           OttoConvectiveRow *row)
{
  PetscReal value[OTTO_CONVECTIVE_COLUMNS], error[OTTO_CONVECTIVE_COLUMNS];

  PetscFunctionBegin;
  PetscCall(Beside(&s->finer, &s->at_finer, row->s, value));
  for (PetscInt i = 0; i < OTTO_CONVECTIVE_COLUMNS; i++) error[i] = 2 * fabs(fine[i] - value[i]);
  PetscCall(OttoErrorTableAdd(s->time, row->time->t, fine, error, floor));
  row->flow_map += error[OTTO_CONVECTIVE_upsilon];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveErrorsRow(OttoConvectiveErrors *s, PetscBool resolved,
                                       OttoConvectiveRow *row)
{
  PetscReal fine[OTTO_CONVECTIVE_COLUMNS], floor[OTTO_CONVECTIVE_COLUMNS] = {0};
  const PetscBool known = resolved && row->time->t != 0 ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool map = OttoDynamicsIsMap(s->fine->dynamics);

  PetscFunctionBegin;
  row->quadrature = row->flow_map = row->interpolation = row->time->t == 0 ? 0 : NAN;
  if (map || (known && s->finer.c.phi)) /* steps of a flow add to it: Time() */
    PetscCall(OttoDynamicsLogJacobianError(s->fine->dynamics, row->time->t, &row->flow_map));
  OttoConvectiveValues(row, fine);
  for (PetscInt i = 0; i < OTTO_CONVECTIVE_COLUMNS; i++) floor[i] = 1e-12;
  floor[OTTO_CONVECTIVE_upsilon] += row->entropy.rounding;
  row->box = known ? Beyond(s, row) : row->interpolation;
  if (known) PetscCall(Interpolation(s, row));
  if (known) PetscCall(Space(s, fine, floor, row));
  if (known && s->finer.c.phi) PetscCall(Time(s, fine, floor, row));
  row->error = row->quadrature + row->flow_map + row->interpolation + row->box;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveErrorsReport(OttoConvectiveErrors *s)
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceReport(&s->space));
  if (!s->time) PetscFunctionReturn(0);
  if (isnan(OttoErrorTableWorst(s->time)))
    PetscCall(OttoErrorTableNotKnown(s->time, -1, not_resolved));
  PetscCall(OttoErrorTableReport(s->time));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepBeside(OttoConvectiveCase *c, const char *name, OttoKeep keep)
{
  PetscFunctionBegin;
  if (!c->c.phi) PetscFunctionReturn(0);
  PetscCall(OttoKeepBegin(keep, name, -1));
  PetscCall(OttoConvectiveCaseKeep(c, keep));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveErrorsKeep(OttoConvectiveErrors *s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceKeep(&s->space, keep));
  for (PetscInt i = 0; i < s->space.levels; i++) {
    if (!s->level[i].c.phi) continue;
    PetscCall(OttoKeepBegin(keep, "coarser", i));
    PetscCall(OttoConvectiveCaseKeep(&s->level[i], keep));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(KeepBeside(&s->finer, "finer", keep));
  PetscCall(KeepBeside(&s->other, "other", keep));
  PetscFunctionReturn(0);
}
