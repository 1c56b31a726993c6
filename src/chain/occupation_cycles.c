/*
 * -Rᵀx = π b by aggregation on log x (aggregation.h): what is absorbed returns to a source that
 * feeds π b, and only positive terms are added, so that x is right relative to itself in every cell
 * however long the chain stays in a well. Boxes are the grid's, for what is smooth, and in turn
 * such as follow the wells of π.
 */
#include "occupation_impl.h"
#include <otto/signals.h>
#include <math.h>

#define BOXES 500
#define SWEEPS 20
#define CYCLES 1000
#define PATIENCE 12  /* cycles without a better one before rounding is all that is left */
#define CHANGE 1e-13 /* of a cell in a cycle, relative: at rest */
#define MOVED                                                                                      \
  1e-11         /* what a first cycle of the other kind changes if there was nothing to mend       \
                 */
#define TURNS 6 /* of either kind of boxes */

static PetscErrorCode Cycles(OttoAggregation aggregation, PetscReal logs[], PetscReal *first,
                             OttoPassageReport *report)
{
  const PetscInt from = report->cycles;
  PetscReal best = INFINITY;
  PetscInt since = 0;

  PetscFunctionBegin;
  report->change = INFINITY;
  while (report->cycles < CYCLES && !(report->change <= CHANGE) && since < PATIENCE) {
    PetscCall(OttoAggregationCycle(aggregation, SWEEPS, logs, &report->change));
    if (report->cycles++ == from) *first = report->change;
    since = report->change < 0.9 * best ? 0 : since + 1;
    best = PetscMin(best, report->change);
  }
  PetscFunctionReturn(0);
}

/* Boxes of the grid; on grids of more cells than boxes, others of the wells among cells that play a
 * part. */
static PetscErrorCode Boxes(OttoOccupation s, const PetscReal log_pi[])
{
  PetscReal slowest = 0;
  PetscScalar *logs;

  PetscFunctionBegin;
  if (s->by_grid) PetscFunctionReturn(0);
  PetscCall(OttoAggregationCreate(s->R, BOXES, &s->by_grid));
  if (s->g->cells <= BOXES) PetscFunctionReturn(0);
  PetscCall(OttoAggregationCreate(s->R, BOXES, &s->by_wells));
  PetscCall(VecGetArray(s->noise, &logs));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) logs[c] = s->plays[c] ? log_pi[c] : -INFINITY;
  PetscCall(OttoAggregationFollowWells(s->by_wells, logs, &slowest));
  PetscCall(VecRestoreArray(s->noise, &logs));
  PetscFunctionReturn(0);
}

/* Both in turn, until one finds nothing to mend behind the other. */
static PetscErrorCode Settle(OttoOccupation s, const PetscReal log_f[], PetscReal logs[],
                             OttoPassageReport *report)
{
  PetscReal first = INFINITY;

  PetscFunctionBegin;
  OttoAggregationSetSource(s->by_grid, 0, log_f);
  if (s->by_wells) OttoAggregationSetSource(s->by_wells, 0, log_f);
  for (PetscInt turn = 0; turn < TURNS && report->cycles < CYCLES; turn++) {
    PetscCall(OttoStopCheck(s->g->comm));
    PetscCall(Cycles(turn % 2 ? s->by_wells : s->by_grid, logs, &first, report));
    if (!s->by_wells || (turn > 0 && first <= MOVED)) break;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOccupationAggregate(OttoOccupation s, Vec b, Vec u, OttoPassageReport *report)
{
  const PetscInt before = report->cycles;
  const PetscScalar *of_b, *log_pi;
  PetscScalar *values, *logs, *log_f;
  PetscReal most = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(s->grid, b, NULL, &most));
  if (!(most > 0)) PetscFunctionReturn(0); /* nothing feeds it */
  PetscCall(VecGetArrayRead(b, &of_b));
  PetscCall(VecGetArrayRead(s->log_pi, &log_pi));
  PetscCall(Boxes(s, log_pi));
  PetscCall(VecGetArray(u, &values));
  PetscCall(VecGetArray(s->update, &logs));
  PetscCall(VecGetArray(s->image, &log_f));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscBool plays = s->plays[c];
    log_f[c] = plays && of_b[c] > 0 ? log_pi[c] + log(of_b[c]) : -INFINITY;
    logs[c] = plays ? log_pi[c] + (values[c] > 0 ? log(values[c]) : 0) : -INFINITY;
  }
  PetscCall(Settle(s, log_f, logs, report));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    values[c] = s->plays[c] ? exp(logs[c] - log_pi[c]) : 0;
  PetscCall(VecRestoreArray(s->image, &log_f));
  PetscCall(VecRestoreArray(s->update, &logs));
  PetscCall(VecRestoreArray(u, &values));
  PetscCall(VecRestoreArrayRead(s->log_pi, &log_pi));
  PetscCall(VecRestoreArrayRead(b, &of_b));
  report->applications += (PetscReal)((report->cycles - before) * (SWEEPS + 2));
  PetscFunctionReturn(0);
}
