/* Both laws of a run of tempering on coarser grids, carried along beside it. */
#include "space_error.h"
#include <math.h>

PetscErrorCode OttoTemperingSpaceCreate(OttoRecord record, OttoTemperingPair *fine,
                                        OttoTemperingStepping *stepping,
                                        const OttoTemperingCoordinates *coordinates,
                                        const OttoDensityReport *density, OttoTemperingSpace *s)
{
  PetscBool rough = PETSC_FALSE;

  PetscFunctionBegin;
  s->fine = fine;
  s->stepping = stepping;
  s->coordinates = coordinates;
  s->density = *density;
  PetscCall(OttoSpaceCreate(record, fine->law[0].grid, OTTO_TEMPERING_COLUMNS, OttoTemperingErrors,
                            PETSC_FALSE, &s->space));
  if (!s->space.levels) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < s->space.columns; i++) s->space.no_zero[i] = PETSC_TRUE;
  if (!density->smooth) PetscCall(OttoDensityIsRough(fine->law[0].grid, fine->law[0].p[0], &rough));
  s->space.rough = rough;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSpaceDestroy(OttoTemperingSpace *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) {
    PetscCall(OttoTemperingPairDestroy(&s->pair[i]));
    for (int k = 1; k >= 0; k--) PetscCall(OttoMetricDestroy(&s->metric[i][k]));
    PetscCall(OttoGridDestroy(&s->image[i]));
  }
  PetscCall(OttoSpaceDestroy(&s->space));
  PetscFunctionReturn(0);
}

/* Both laws on coarser grid i from p, on the ranks that have it. */
static PetscErrorCode MakePair(OttoTemperingSpace *s, PetscInt i, Vec p)
{
  OttoTemperingPair *pair = &s->pair[i];
  OttoGrid grid = s->space.level[i].grid;
  PetscReal mass;
  Vec pushed = NULL;

  PetscFunctionBegin;
  PetscCall(OttoMetricCreate(grid, &s->metric[i][0]));
  PetscCall(OttoTemperingLawCreate(grid, s->metric[i][0], 1, p, &pair->law[0]));
  pair->count = 1;
  if (!s->coordinates->map) PetscFunctionReturn(0);
  PetscCall(OttoTemperingCoarseImage(s->coordinates, grid, i, &s->image[i]));
  PetscCall(OttoTemperingLogJacobian(s->coordinates, grid, &pair->log_jacobian));
  PetscCall(
      OttoMetricCreatePushed(s->metric[i][0], s->coordinates->map, s->image[i], &s->metric[i][1]));
  PetscErrorCode code = OttoTemperingPush(s->coordinates, s->image[i], &pushed, &mass);
  if (!code) code = OttoTemperingLawCreate(s->image[i], s->metric[i][1], 1, pushed, &pair->law[1]);
  PetscCall(VecDestroy(&pushed));
  PetscCall(code);
  pair->count = 2;
  PetscFunctionReturn(0);
}

/* At t = 0. */
static PetscErrorCode SetUpAll(OttoTemperingSpace *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->space.levels && !s->begun; i++) {
    PetscErrorCode code = 0;
    Vec p = NULL;
    PetscCall(OttoSpaceDensity(&s->space, i, "p_", s->fine->law[0].p[0], &s->density, &p));
    if (p && i < s->space.levels) code = MakePair(s, i, p);
    PetscCall(VecDestroy(&p));
    if (code) s->pair[i].count = 0; /* it is none */
    PetscCall(OttoSpaceSurvive(&s->space, i, code));
    if (i >= s->space.levels || !s->space.level[i].grid) continue;
    PetscCall(OttoTemperingSampleTake(&s->pair[i], 0, 0, NULL, &s->start[i]));
    PetscCall(OttoTemperingSteppingFollow(s->stepping, &s->pair[i]));
  }
  s->begun = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* The row of coarser grid i. */
static PetscErrorCode CoarseRow(OttoTemperingSpace *s, PetscInt i, PetscReal t)
{
  OttoTemperingSample coarse;

  PetscFunctionBegin;
  if (!s->space.level[i].grid) PetscFunctionReturn(0);
  if (!OttoTemperingIsAt(&s->pair[i], 0, t))
    OttoFail(OTTO_ERR_SOLVER, "its steps failed at t = %g",
             (double)OttoFlowGetTime(s->pair[i].law[0].flow[0]));
  PetscCall(OttoTemperingSampleTake(&s->pair[i], 0, t, &s->start[i], &coarse));
  OttoTemperingRow(&coarse, s->space.row + i * s->space.columns);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSpaceRow(OttoTemperingSpace *s, const OttoTemperingSample *now)
{
  PetscReal row[OTTO_TEMPERING_COLUMNS], floor[OTTO_TEMPERING_COLUMNS];

  PetscFunctionBegin;
  s->known = PETSC_FALSE;
  if (!s->space.table) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(s->space.record, "space"));
  PetscCall(SetUpAll(s));
  for (PetscInt i = 0; i < s->space.levels; i++)
    PetscCall(OttoSpaceSurvive(&s->space, i, CoarseRow(s, i, now->t)));
  if (s->space.levels) {
    OttoTemperingRow(now, row);
    OttoTemperingFloors(now, floor);
    PetscCall(OttoSpaceRow(&s->space, now->t, row, floor));
    s->known = PETSC_TRUE;
  }
  PetscCall(OttoRecordStageEnd(s->space.record));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSpaceReport(OttoTemperingSpace *s)
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceReport(&s->space));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSpaceKeep(OttoTemperingSpace *s, OttoKeep keep)
{
  PetscFunctionBegin;
  if (!s->space.table) PetscFunctionReturn(0);
  PetscCall(OttoKeepBegin(keep, "space", -1));
  PetscCall(SetUpAll(s));
  PetscCall(OttoSpaceKeep(&s->space, keep));
  for (PetscInt i = 0; i < OTTO_SPACE_LEVELS; i++) {
    if (!s->pair[i].count) continue; /* on this rank */
    PetscCall(OttoKeepBegin(keep, "level", i));
    PetscCall(OttoTemperingPairKeep(&s->pair[i], keep));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}
