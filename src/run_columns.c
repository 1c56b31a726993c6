/* The columns of a series: those of a driver, then the moments of its densities. */
#include <otto/run_columns.h>
#include <stdio.h>

PetscErrorCode OttoRunColumnsCreate(OttoGrid grid, PetscInt count, const char *const names[],
                                    PetscInt densities, OttoRunColumns *s)
{
  static const char *const density[] = {"p", "q"};
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  s->grid = grid;
  s->own = count;
  s->each = OttoMomentsCount(g);
  s->count = count + densities * s->each;
  PetscCall(PetscMalloc2(s->count, &s->names, densities * s->each, &s->text));
  for (PetscInt i = 0; i < count; i++) s->names[i] = names[i];
  for (PetscInt i = 0; i < densities * s->each; i++) {
    OttoMomentsName(g, i % s->each, density[i / s->each], s->text[i], sizeof s->text[i]);
    s->names[count + i] = s->text[i];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunColumnsDestroy(OttoRunColumns *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(s->names, s->text));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunColumnsMoments(const OttoRunColumns *s, PetscInt density, Vec u,
                                     PetscReal row[])
{
  PetscReal raw[OTTO_MAX_MOMENTS];

  PetscFunctionBegin;
  PetscCall(OttoMomentsCompute(s->grid, u, raw));
  OttoMomentsValues(OttoGridGetInfo(s->grid), raw, row + s->own + density * s->each);
  PetscFunctionReturn(0);
}
