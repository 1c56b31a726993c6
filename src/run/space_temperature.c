#include "space_temperature.h"
#include "space_formulas.h"
#include <math.h>

#define LEAST 0.02 /* of a logarithm: what bends less is smooth */

typedef struct {
  const OttoGridInfo *g;
  OttoSpaceFormulas of;
  PetscReal point[OTTO_SPACE_POINTS][OTTO_MAX_DIM];
} Cells;

/* log T at a point given in widths from the centre. */
static PetscErrorCode At(const Cells *s, const PetscReal centre[], const PetscReal by[],
                         PetscReal *log_T)
{
  PetscReal x[OTTO_MAX_DIM];
  OttoSpacePoint point;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) x[j] = centre[j] + s->g->h[j] * by[j];
  PetscCall(OttoSpaceFormulasAt(&s->of, x, 0, &point));
  *log_T = point.log_T;
  PetscFunctionReturn(0);
}

/* Whether it is not on a straight line from face to face, or from an end of the cell to a corner.
 */
static PetscErrorCode IsBent(const Cells *s, const PetscReal centre[], PetscBool *bent)
{
  PetscReal middle = 0, end[2] = {0}, by[OTTO_MAX_DIM] = {0};

  PetscFunctionBegin;
  *bent = PETSC_FALSE;
  PetscCall(At(s, centre, by, &middle));
  for (PetscInt j = 0; j < s->g->dim; j++) {
    if (s->g->n[j] == 1) continue;
    for (int k = 0; k < 2; k++) {
      by[j] = k - 0.5;
      PetscCall(At(s, centre, by, &end[k]));
    }
    by[j] = 0;
    if (fabs(end[0] - 2 * middle + end[1]) >= LEAST) *bent = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Fill(const Cells *s, PetscReal T[])
{
  PetscReal x[OTTO_MAX_DIM], log_T = 0, sum;
  PetscBool bent;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellCentre(s->g, c, x);
    PetscCall(IsBent(s, x, &bent));
    if (!bent) continue;
    sum = 0;
    for (int i = 0; i < OTTO_SPACE_POINTS; i++) {
      PetscCall(At(s, x, s->point[i], &log_T));
      sum += exp(-log_T);
    }
    if (isfinite(sum) && sum > 0) T[c] = OTTO_SPACE_POINTS / sum; /* or a wall is near */
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceTemperature(OttoGenerator coarse)
{
  Cells s = {.g = OttoGridGetInfo(OttoGeneratorGetGrid(coarse))};
  PetscScalar *values;
  Vec T;

  PetscFunctionBegin;
  if (!OttoGeneratorGetTemperatureField(coarse)) PetscFunctionReturn(0);
  PetscCall(OttoSpaceFormulasCreate(coarse, s.g, &s.of));
  OttoSpacePoints(s.g, s.point);
  PetscCall(VecDuplicate(OttoGeneratorGetTemperatureField(coarse), &T));
  PetscCall(VecCopy(OttoGeneratorGetTemperatureField(coarse), T));
  PetscCall(VecGetArray(T, &values));
  PetscErrorCode code = OttoAgree(s.g->comm, Fill(&s, values));
  PetscCall(VecRestoreArray(T, &values));
  if (!code) PetscCall(OttoGeneratorSetTemperatureField(coarse, T));
  PetscCall(VecDestroy(&T));
  PetscCall(OttoSpaceFormulasDestroy(&s.of));
  PetscFunctionReturn(code);
}
