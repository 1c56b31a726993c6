/* The columns of a series: those of a driver, then the moments of its densities. */
#include <otto/run_columns.h>
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoRunColumnsCreate(OttoGrid grid, PetscInt count, const OttoRunColumn own[],
                                    PetscInt densities, OttoRunColumns *s)
{
  static const char *const density[] = {"p", "q"};
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  s->grid = grid;
  s->own = count;
  s->densities = densities;
  s->each = OttoMomentsCount(g);
  s->count = count + densities * s->each;
  PetscCall(PetscMalloc5(s->count, &s->column, s->count, &s->error, densities * s->each, &s->name,
                         densities * s->each, &s->unit, densities * s->each, &s->sentence));
  for (PetscInt i = 0; i < count; i++) {
    const OttoColumn *c = &own[i].column;
    s->column[i] = *c;
    s->error[i] = (OttoErrorColumn){c->name, c->unit, own[i].kind};
  }
  for (PetscInt i = 0; i < densities * s->each; i++) {
    const char *of = density[i / s->each], *unit = s->unit[i];
    OttoMomentsUnit(g, i % s->each, s->unit[i], sizeof s->unit[i]);
    OttoMomentsName(g, i % s->each, of, s->name[i], sizeof s->name[i]);
    OttoMomentsSentence(g, i % s->each, of, s->sentence[i], sizeof s->sentence[i]);
    s->column[count + i] = (OttoColumn){s->name[i], unit, s->sentence[i]};
    s->error[count + i] = (OttoErrorColumn){s->name[i], unit, OTTO_ERROR_SCALED};
  }
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
  for (PetscInt i = s->own; i < s->count; i++) {
    if (OttoMomentsGet(g, (i - s->own) % s->each).kind != OTTO_MOMENT_DIRECTION) continue;
    if (!isnan(row[i]) || isnan(row[i + 1])) continue;
    snprintf(why, sizeof why, "no direction: %.80s is below %g", s->column[i + 1].name,
             OTTO_NO_DIRECTION);
    PetscCall(OttoRecordNotDefined(record, s->column[i].name, t, why));
  }
  PetscFunctionReturn(0);
}
