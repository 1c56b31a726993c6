/* How a run of tempering is set up and taken down. */
#include "problem.h"
#include <otto/options.h>
#include <math.h>

/* Per cell and law, measured at 256²: 670, and 1930 where factors of steps that recur are kept. */
#define KEPT_FIELDS 10 /* in a checkpoint, at most: densities of all runs */
#define BYTES 2000

static PetscErrorCode MakeGrid(OttoTemperingRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &s->grid));
  PetscCall(OttoGridSetFromOptions(s->grid));
  PetscCall(OttoGridSetUp(s->grid));
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoCheckInput(g->dim <= 3, "grid_n: %d axes; tempering takes 1 to 3", (int)g->dim);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(
        g->boundary[j] == OTTO_BOUNDARY_PERIODIC || g->boundary[j] == OTTO_BOUNDARY_NO_FLUX,
        "grid_boundary: %s on axis %d; tempering takes periodic and no_flux: mass is kept",
        g->boundary[j] == OTTO_BOUNDARY_OPEN ? "open" : "absorbing", (int)j + 1);
  PetscFunctionReturn(0);
}

/* The law in new coordinates. */
static PetscErrorCode MakeNew(OttoTemperingRun *s)
{
  OttoTemperingCoordinates *c = &s->coordinates;
  Vec pushed = NULL;

  PetscFunctionBegin;
  if (!c->map) PetscFunctionReturn(0);
  PetscCall(OttoTemperingCoordinatesOpen(s->grid, s->pair.law[0].p[0], &s->report, c));
  PetscCall(OttoTemperingLogJacobian(c, s->grid, &s->pair.log_jacobian));
  PetscCall(OttoMetricCreatePushed(s->metric[0], c->map, c->grid, &s->metric[1]));
  PetscErrorCode code = OttoTemperingPush(c, c->grid, &pushed, &c->mass);
  if (!code)
    code =
        OttoTemperingLawCreate(c->grid, s->metric[1], OTTO_TEMPERING_RUNS, pushed, &s->pair.law[1]);
  PetscCall(VecDestroy(&pushed));
  PetscCall(code);
  s->pair.count = 2;
  PetscCall(OttoTemperingCoordinatesJudge(c));
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeLaws(OttoTemperingRun *s)
{
  Vec p = NULL;

  PetscFunctionBegin;
  PetscCall(OttoDensityCreate(s->grid, "p_", &p, &s->report));
  const PetscErrorCode code =
      OttoTemperingLawCreate(s->grid, s->metric[0], OTTO_TEMPERING_RUNS, p, &s->pair.law[0]);
  PetscCall(VecDestroy(&p));
  PetscCall(code);
  s->pair.count = 1;
  PetscCall(OttoTemperingAsInput(MakeNew(s)));
  PetscFunctionReturn(0);
}

static PetscReal Bytes(const OttoTemperingRun *s, const OttoTimes *times)
{
  PetscInt samples = 0;

  for (PetscInt k = 0; k < times->count; k++) samples += times->save[k];
  const PetscReal beyond =
      s->coordinates.map ? OttoStorageBytes(s->coordinates.grid, samples, 3 * samples) : 0;
  const PetscReal files = OttoStorageBytes(s->grid, samples, 4 * samples) + beyond +
                          600 * (PetscReal)times->count + OttoRunMarginalBytes(s->grid, times);
  return OttoRunDiskBytes(s->run, s->grid, KEPT_FIELDS, files);
}

PetscErrorCode OttoTemperingPrepare(const char *input, OttoTemperingRun *s)
{
  static const char *const answers[] = {"entropy", "tempering_entropy", "entropy_new",
                                        "tempering_entropy_new", "tempering_difference"};
  static const OttoTimesDefaults defaults = {.spacing = OTTO_SPACING_LINEAR}; /* from 0 */
  OttoTimes *times;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "tempering", input, &s->record));
  PetscCall(OttoRunCreate(s->record, &defaults, &s->run));
  PetscCall(OttoRunSetKeepFunction(s->run, OttoTemperingKeep, s));
  times = OttoRunGetTimes(s->run);
  PetscCall(MakeGrid(s));
  PetscCall(OttoRunSetStorage(s->run, s->grid, "fields", &s->storage[0]));
  PetscCall(OttoRunMarginalsFromOptions(s->grid, times));
  PetscCall(OttoMetricCreate(s->grid, &s->metric[0]));
  PetscCall(OttoTemperingCoordinatesRead(s->grid, &s->coordinates));
  if (s->coordinates.map)
    PetscCall(OttoRunSetStorage(s->run, s->coordinates.grid, "fields_new", &s->storage[1]));
  PetscReal laws = 1;
  if (s->coordinates.map)
    laws += (PetscReal)OttoGridGetInfo(s->coordinates.grid)->cells /
            (PetscReal)OttoGridGetInfo(s->grid)->cells;
  PetscCall(OttoRunNeedMemory(s->grid, BYTES * laws * OttoSpaceMemory(s->grid)));
  PetscCall(OttoTemperingCoordinatesCheck(s->grid, &s->coordinates));
  PetscCall(MakeLaws(s));
  PetscCall(OttoRecordCheckFolder(s->record, Bytes(s, times)));
  PetscCall(OttoResolventReadOptions(s->pair.law[0].resolvent));
  PetscCall(OttoTemperingSteppingCreate(s->record, &s->pair, times, &s->stepping));
  PetscCall(OttoTemperingSpaceCreate(s->record, &s->pair, &s->stepping, &s->coordinates, &s->report,
                                     &s->space));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(
      OttoRecordOpen(s->record, OTTO_TEMPERING_COLUMNS, OttoTemperingColumns, Bytes(s, times)));
  PetscCall(OttoRecordAnswers(s->record, s->coordinates.map ? 5 : 2, answers));
  PetscCall(OttoTemperingDescribe(s));
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "p_", &s->report.input));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingKeep(OttoKeep keep, PetscInt k, PetscReal t, void *context)
{
  OttoTemperingRun *s = (OttoTemperingRun *)context;

  PetscFunctionBegin;
  (void)k, (void)t;
  PetscCall(OttoTemperingSpaceKeep(&s->space, keep));
  PetscCall(OttoTemperingSteppingKeep(&s->stepping, keep));
  PetscCall(OttoKeepReals(keep, "riemannian", 2, s->riemannian));
  PetscCall(OttoKeepReals(keep, "row", OTTO_TEMPERING_COLUMNS, s->row));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingDestroy(OttoTemperingRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoTemperingSaveEnd(s));
  PetscCall(OttoTemperingSpaceDestroy(&s->space));
  PetscCall(OttoTemperingSteppingDestroy(&s->stepping));
  PetscCall(OttoTemperingPairDestroy(&s->pair));
  for (int i = 1; i >= 0; i--) PetscCall(OttoMetricDestroy(&s->metric[i]));
  PetscCall(OttoTemperingCoordinatesDestroy(&s->coordinates));
  PetscCall(OttoRunDestroy(&s->run));
  PetscCall(OttoRecordDestroy(&s->record));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}
