/* The columns of a series: those of a driver, then the moments of its densities, then what is
 * observed of these. */
#include <otto/run_columns.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

PetscErrorCode OttoRunColumnsCreate(OttoGrid grid, PetscInt count, const OttoRunColumn own[],
                                    PetscInt densities, OttoRunColumns *s)
{
  PetscFunctionBegin;
  PetscCall(OttoRunColumnsCreateObserved(grid, count, own, densities, NULL, s));
  PetscFunctionReturn(0);
}

/* Column i of those that are named here. */
static void Name(OttoRunColumns *s, PetscInt i, const char *unit)
{
  s->column[s->own + i] = (OttoColumn){s->name[i], unit, s->sentence[i]};
  s->error[s->own + i] = (OttoErrorColumn){s->name[i], unit, OTTO_ERROR_SCALED};
}

/* What is observed is called as the user says. */
static PetscErrorCode CheckNames(const OttoRunColumns *s)
{
  PetscFunctionBegin;
  for (PetscInt i = s->own + s->densities * s->each; i < s->count; i++)
    for (PetscInt k = 0; k < i; k++)
      OttoCheckInput(strcmp(s->column[i].name, s->column[k].name),
                     "observe: a second column would be called %s (%s; the first: %s); give it "
                     "another name",
                     s->column[i].name, s->column[i].sentence, s->column[k].sentence);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunColumnsCreateObserved(OttoGrid grid, PetscInt count,
                                            const OttoRunColumn own[], PetscInt densities,
                                            OttoRunObservables observables, OttoRunColumns *s)
{
  static const char *const density[] = {"p", "q"};
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  s->grid = grid;
  s->own = count;
  s->densities = densities;
  s->observables = observables;
  s->each = OttoMomentsCount(g);
  s->observed = OttoRunObservablesCount(observables);
  const PetscInt named = densities * (s->each + s->observed);
  s->count = count + named;
  PetscCall(PetscMalloc5(s->count, &s->column, s->count, &s->error, named, &s->name, named,
                         &s->unit, named, &s->sentence));
  for (PetscInt i = 0; i < count; i++) {
    const OttoColumn *c = &own[i].column;
    s->column[i] = *c;
    s->error[i] = (OttoErrorColumn){c->name, c->unit, own[i].kind};
  }
  for (PetscInt i = 0; i < densities * s->each; i++) {
    const char *of = density[i / s->each];
    OttoMomentsUnit(g, i % s->each, s->unit[i], sizeof s->unit[i]);
    OttoMomentsName(g, i % s->each, of, s->name[i], sizeof s->name[i]);
    OttoMomentsSentence(g, i % s->each, of, s->sentence[i], sizeof s->sentence[i]);
    Name(s, i, s->unit[i]);
  }
  for (PetscInt i = 0; i < densities * s->observed; i++) {
    const PetscInt at = densities * s->each + i;
    OttoRunObservablesColumn(observables, i % s->observed, i / s->observed, s->name[at],
                             sizeof s->name[at], s->sentence[at], sizeof s->sentence[at]);
    Name(s, at, OttoRunObservablesUnit(observables, i % s->observed));
  }
  PetscCall(CheckNames(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunColumnsDestroy(OttoRunColumns *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree5(s->column, s->error, s->name, s->unit, s->sentence));
  PetscFunctionReturn(0);
}

PetscInt OttoRunColumnsAt(const OttoRunColumns *s, PetscInt density)
{
  return s->own + density * s->each;
}

PetscInt OttoRunColumnsObservedAt(const OttoRunColumns *s, PetscInt density)
{
  return s->own + s->densities * s->each + density * s->observed;
}

PetscErrorCode OttoRunColumnsMoments(const OttoRunColumns *s, PetscInt density, Vec u,
                                     PetscReal row[])
{
  PetscReal raw[OTTO_MAX_MOMENTS];

  PetscFunctionBegin;
  PetscCall(OttoMomentsCompute(s->grid, u, raw));
  OttoMomentsValues(OttoGridGetInfo(s->grid), raw, row + OttoRunColumnsAt(s, density));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunColumnsNear(const OttoRunColumns *s, OttoGrid grid, PetscInt density, Vec u,
                                  const PetscReal near[], PetscReal row[])
{
  const PetscInt at = OttoRunColumnsAt(s, density);
  PetscReal raw[OTTO_MAX_MOMENTS];

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoMomentsCompute(grid, u, raw));
  OttoMomentsNear(OttoGridGetInfo(grid), raw, near + at, row + at);
  PetscFunctionReturn(0);
}

void OttoRunColumnsScales(const OttoRunColumns *s, const PetscReal row[], PetscReal floor[])
{
  for (PetscInt k = 0; k < s->densities; k++)
    OttoMomentsScales(OttoGridGetInfo(s->grid), row + OttoRunColumnsAt(s, k),
                      floor + OttoRunColumnsAt(s, k));
}

PetscErrorCode OttoRunColumnsNotDefined(const OttoRunColumns *s, OttoRecord record, PetscReal t,
                                        const PetscReal row[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  char why[120];

  PetscFunctionBegin;
  for (PetscInt i = s->own; i < s->own + s->densities * s->each; i++) {
    if (OttoMomentsGet(g, (i - s->own) % s->each).kind != OTTO_MOMENT_DIRECTION) continue;
    if (!isnan(row[i]) || isnan(row[i + 1])) continue;
    snprintf(why, sizeof why, "no direction: %.80s is below %g", s->column[i + 1].name,
             OTTO_NO_DIRECTION);
    PetscCall(OttoRecordNotDefined(record, s->column[i].name, t, why));
  }
  PetscFunctionReturn(0);
}
