/* Closed cells from a dataset. */
#include <otto/storage.h>
#include "potential_impl.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* "dataset" in potential_path's file, or "file:dataset". */
static PetscErrorCode Split(const char *text, char path[], size_t size, const char **dataset)
{
  const char *colon = strrchr(text, ':'), *file = NULL;

  PetscFunctionBegin;
  *dataset = colon ? colon + 1 : text;
  if (colon) {
    snprintf(path, size, "%.*s", (int)(colon - text), text);
  } else {
    PetscCall(OttoOptionsGetText(NULL, "potential_path", &file));
    OttoCheckInput(file && *file,
                   "potential_mask: '%.200s' is a dataset of which file? Give file:dataset, or "
                   "potential_path",
                   text);
    snprintf(path, size, "%s", file);
  }
  OttoCheckInput(path[0] && **dataset,
                 "potential_mask: '%.200s'; it must be dataset, or file:dataset", text);
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckNumbers(const OttoGridInfo *g, const char *path, const char *dataset,
                                   const PetscReal mask[])
{
  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM];
    char point[160];
    if (!isnan(mask[c])) continue;
    OttoGridCellCentre(g, c, x);
    OttoGridFormatPoint(g->dim, x, point, sizeof point);
    OttoFail(OTTO_ERR_INPUT,
             "potential_mask: dataset '%.200s' of '%.300s' is nan at %s; 0 is an open cell, any "
             "other number a closed one",
             dataset, path, point);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPotentialReadMask(OttoPotential s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const char *text = NULL, *dataset = NULL;
  char path[PETSC_MAX_PATH_LEN];
  const PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "potential_mask", &text));
  if (!text) PetscFunctionReturn(0);
  PetscCall(Split(text, path, sizeof path, &dataset));
  PetscCall(OttoFieldCreate(s->grid, &s->mask));
  PetscCall(OttoStorageReadField(s->grid, "potential_mask", path, dataset, s->mask));
  PetscCall(VecGetArrayRead(s->mask, &values));
  PetscErrorCode code = CheckNumbers(g, path, dataset, values);
  PetscCall(VecRestoreArrayRead(s->mask, &values));
  PetscCall(OttoAgree(g->comm, code));
  PetscFunctionReturn(0);
}
