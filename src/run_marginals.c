/* Marginals of the densities of a run, where they were asked for. */
#include <otto/marginals.h>
#include <otto/run.h>
#include <stdio.h>

static PetscErrorCode Save(OttoStorage storage, OttoGrid grid, PetscInt number, PetscReal t,
                           const char *density, Vec v)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  char name[40], text[120];
  PetscReal *values;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(OttoAgree(g->comm, PetscMalloc1((size_t)g->n[j], &values)));
    PetscCall(OttoMarginalsCompute(grid, v, j, values));
    OttoMarginalsName(g, j, density, name, sizeof name);
    snprintf(text, sizeof text, "marginal of %s along %s: its integral over all other axes",
             density, name + sizeof "marginal_p_" - 1);
    PetscCall(OttoStorageWriteLine(storage, number, t, j, name, "1/length", text, values));
    PetscCall(PetscFree(values));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunSaveMarginals(OttoStorage storage, OttoGrid grid, const OttoTimes *times,
                                    PetscInt number, Vec p, Vec q)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  if (!times->marginals || !times->save[number]) PetscFunctionReturn(0);
  const PetscReal t = times->t[number];
  PetscCall(Save(storage, grid, number, t, "p", p));
  if (q) PetscCall(Save(storage, grid, number, t, "q", q));
  PetscFunctionReturn(0);
}

PetscReal OttoRunMarginalBytes(OttoGrid grid, const OttoTimes *times)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal samples = 0, each = 0;

  for (PetscInt k = 0; k < times->count; k++) samples += times->save[k];
  for (PetscInt j = 0; j < g->dim; j++)
    each += (PetscReal)g->n[j] * (PetscReal)sizeof(PetscReal) + 4096;
  return times->marginals ? 2 * samples * each : 0;
}
