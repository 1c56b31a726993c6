/* Marginals of the densities of a run, where they were asked for. */
#include <otto/marginals.h>
#include <otto/run.h>
#include <otto/options.h>
#include <stdio.h>

#define PAIRS (OTTO_MAX_DIM * (OTTO_MAX_DIM - 1) / 2)

/* What output_marginals may say. */
typedef struct {
  const char *names[OTTO_MAX_DIM + PAIRS + 4];
  char text[PAIRS][2 * OTTO_AXIS_NAME + 2]; /* x:y */
  PetscInt axes[PAIRS][2];
  PetscInt dim, pairs; /* axes come first, then pairs, then these words */
} Words;

static void FillWords(const OttoGridInfo *g, Words *w)
{
  static const char *const words[] = {"all", "pairs", "none", NULL};
  PetscInt at = 0;

  w->dim = g->dim;
  w->pairs = 0;
  for (PetscInt j = 0; j < g->dim; j++) w->names[at++] = g->name[j];
  for (PetscInt i = 0; i < g->dim; i++)
    for (PetscInt j = i + 1; j < g->dim; j++) {
      char *text = w->text[w->pairs];
      snprintf(text, sizeof w->text[0], "%s:%s", g->name[i], g->name[j]);
      w->axes[w->pairs][0] = i;
      w->axes[w->pairs++][1] = j;
      w->names[at++] = text;
    }
  for (int k = 0; k < 4; k++) w->names[at++] = words[k];
}

PetscErrorCode OttoRunMarginalsFromOptions(OttoGrid grid, OttoTimes *times)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt count = 0, saved = 0, index[OTTO_MAX_DIM + PAIRS + 3] = {0};
  const char *first = NULL;
  Words w;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  FillWords(g, &w);
  const PetscInt all = w.dim + w.pairs, pairs = all + 1;
  PetscCall(OttoOptionsGetChoices(NULL, "output_marginals", w.names, all + 3, &count, index));
  for (PetscInt k = 0; k < times->count; k++) saved += times->save[k];
  for (PetscInt i = 0; i < count; i++) {
    for (PetscInt j = 0; j < w.dim; j++)
      if (index[i] == j || index[i] == all) times->marginals[j] = PETSC_TRUE;
    for (PetscInt k = 0; k < w.pairs; k++)
      if (index[i] == w.dim + k || index[i] == pairs)
        times->planes[w.axes[k][0]][w.axes[k][1]] = PETSC_TRUE;
    if (!first && index[i] <= pairs) first = w.names[index[i]];
  }
  OttoCheckInput(saved || !first,
                 "output_marginals: %s, but output_fields is none: they are written together",
                 first);
  PetscFunctionReturn(0);
}

static PetscErrorCode SavePlane(OttoStorage storage, OttoGrid grid, const OttoTimes *times,
                                PetscInt number, const char *density, Vec v, const PetscInt axes[2])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  char name[80], text[160];
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc1((size_t)(g->n[axes[0]] * g->n[axes[1]]), &values)));
  PetscCall(OttoMarginalsComputePlane(grid, v, axes, values));
  OttoMarginalsPlaneName(g, axes, density, name, sizeof name);
  snprintf(text, sizeof text, "marginal of %s along %s and %s: its integral over all other axes",
           density, g->name[axes[0]], g->name[axes[1]]);
  PetscCall(
      OttoStorageWritePlane(storage, number, times->t[number], axes, name, "1/area", text, values));
  PetscCall(PetscFree(values));
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
  for (PetscInt i = 0; i < g->dim; i++)
    for (PetscInt j = i + 1; j < g->dim; j++)
      if (times->planes[i][j])
        PetscCall(SavePlane(storage, grid, times, number, density, v, (const PetscInt[2]){i, j}));
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
  for (PetscInt i = 0; i < g->dim; i++)
    for (PetscInt j = i + 1; j < g->dim; j++)
      if (times->planes[i][j])
        each += (PetscReal)g->n[i] * (PetscReal)g->n[j] * (PetscReal)sizeof(PetscReal) + 4096;
  return 2 * samples * each;
}
