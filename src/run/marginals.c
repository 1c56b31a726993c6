/* Marginals of the densities of a run, where they were asked for. */
#include <otto/marginals.h>
#include <otto/run.h>
#include <otto/options.h>
#include <stdio.h>

PetscErrorCode OttoRunMarginalsFromOptions(OttoGrid grid, OttoTimes *times)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const char *names[OTTO_MAX_DIM + 3];
  PetscInt count = 0, saved = 0, index[OTTO_MAX_DIM] = {0};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  for (PetscInt j = 0; j < g->dim; j++) names[j] = g->name[j];
  names[g->dim] = "all";
  names[g->dim + 1] = "none";
  names[g->dim + 2] = NULL;
  PetscCall(OttoOptionsGetChoices(NULL, "output_marginals", names, g->dim, &count, index));
  for (PetscInt k = 0; k < times->count; k++) saved += times->save[k];
  for (PetscInt i = 0; i < count; i++)
    for (PetscInt j = 0; j < g->dim; j++)
      if (index[i] == j || index[i] == g->dim) times->marginals[j] = PETSC_TRUE;
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(saved || !times->marginals[j],
                   "output_marginals: %s, but output_fields is none: they are written together",
                   g->name[j]);
  PetscFunctionReturn(0);
}

static PetscErrorCode Save(OttoStorage storage, OttoGrid grid, const OttoTimes *times,
                           PetscInt number, const char *density, Vec v)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  char name[64], text[160];
  PetscReal *values;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    if (!times->marginals[j]) continue;
    PetscCall(OttoAgree(g->comm, PetscMalloc1((size_t)g->n[j], &values)));
    PetscCall(OttoMarginalsCompute(grid, v, j, values));
    OttoMarginalsName(g, j, density, name, sizeof name);
    snprintf(text, sizeof text, "marginal of %s along %s: its integral over all other axes",
             density, name + sizeof "marginal_p_" - 1);
    PetscCall(
        OttoStorageWriteLine(storage, number, times->t[number], j, name, "1/length", text, values));
    PetscCall(PetscFree(values));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunSaveMarginals(OttoStorage storage, OttoGrid grid, const OttoTimes *times,
                                    PetscInt number, Vec p, Vec q)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  if (!times->save[number]) PetscFunctionReturn(0);
  PetscCall(Save(storage, grid, times, number, "p", p));
  if (q) PetscCall(Save(storage, grid, times, number, "q", q));
  PetscFunctionReturn(0);
}

PetscReal OttoRunMarginalBytes(OttoGrid grid, const OttoTimes *times)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal samples = 0, each = 0;

  for (PetscInt k = 0; k < times->count; k++) samples += times->save[k];
  for (PetscInt j = 0; j < g->dim; j++)
    if (times->marginals[j]) each += (PetscReal)g->n[j] * (PetscReal)sizeof(PetscReal) + 4096;
  return 2 * samples * each;
}
