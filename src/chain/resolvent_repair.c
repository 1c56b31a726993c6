/*
 * A solution that is good to its L1 residual is noise where the density is far below it, and with
 * it log p. A Jacobi sweep of the M-matrix, x = (f + inflow of x)/(σ + leave), adds positive terms
 * only: it keeps every cell positive and takes nothing from the L1 accuracy (the iteration matrix
 * is positive and its columns, weighted with σ + leave, sum to at most one). What it changes of a
 * cell is the cell's residual over σ + leave; times (1 + leave/σ) that is the cell's error, as far
 * as it is of its own making. Where that is not small somewhere, cycles of aggregation on log x
 * find the solution relative in every cell. Cells below OTTO_FAINT are left to resolvent_logs.c.
 */
#include "resolvent_impl.h"
#include <float.h>
#include <math.h>

#define DOUBTFUL 1e-2 /* relative error beyond which a cell is noise */
#define MEND 1e-4     /* and beyond which it is worth mending */
#define SWEEPS 8      /* to fill cells left at 0 by rounding */
#define SHORT 4       /* ‖Q‖₁/σ of a short step, */
#define PATHS 200     /* and sweeps it may take */
#define BOXES 500     /* of aggregation */
#define CYCLES 60     /* at most, each of */
#define INNER 20      /* sweeps */
#define LOOSE 1e-9    /* residual above which nothing but cycles makes a solution good in L1 */
#define BEST 1e-12    /* change of a cell at which they then end */
#define GOOD 1e-5     /* change of a cell at which they end, */
#define CLOSE 1e-11   /* once all cells together change so little, of the mass */

typedef struct {
  PetscReal worst, doubtful; /* largest relative error, largest x of a cell beyond DOUBTFUL */
  PetscReal zeros;           /* some cell is 0 */
} Look;

static PetscErrorCode Sweep(OttoResolvent s, Vec f, Vec x, Look *look)
{
  const OttoRates *r = OttoGeneratorGetRates(s->generator);
  const PetscInt *part = OttoGeneratorGetComponent(s->generator); /* -1: closed, holds nothing */
  const PetscScalar *of_f, *inflow;
  PetscScalar *values;
  PetscReal all[3] = {0, 0, 0};

  PetscFunctionBegin;
  PetscCall(OttoGeneratorInflow(s->generator, x, s->image));
  PetscCall(VecGetArrayRead(f, &of_f));
  PetscCall(VecGetArrayRead(s->image, &inflow));
  PetscCall(VecGetArray(x, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal loss = s->sigma + r->leave[c], next = (of_f[c] + inflow[c]) / loss;
    const PetscReal off = fabs(next - values[c]) / next * (loss / s->sigma);
    const PetscBool faint = next < OTTO_FAINT && values[c] < OTTO_FAINT ? PETSC_TRUE : PETSC_FALSE;
    const PetscReal error = faint ? 0 : next > 0 ? off : INFINITY;
    all[0] = PetscMax(all[0], error);
    if (error > DOUBTFUL) all[1] = PetscMax(all[1], PetscMax(next, values[c]));
    values[c] = next;
    if (!(next > 0) && !(part && part[c] < 0)) all[2] = 1;
  }
  PetscCall(VecRestoreArray(x, &values));
  PetscCall(VecRestoreArrayRead(s->image, &inflow));
  PetscCall(VecRestoreArrayRead(f, &of_f));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, all, 3, MPIU_REAL, MPIU_MAX, s->g->comm));
  *look = (Look){all[0], all[1], all[2]};
  PetscFunctionReturn(0);
}

static PetscErrorCode Clip(OttoResolvent s, Vec x)
{
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArray(x, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) values[c] = values[c] > 0 ? values[c] : 0;
  PetscCall(VecRestoreArray(x, &values));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventAggregation(OttoResolvent s)
{
  PetscFunctionBegin;
  if (!s->aggregation) PetscCall(OttoAggregationCreate(s->generator, BOXES, &s->aggregation));
  PetscFunctionReturn(0);
}

/* log x of -inf in closed cells, and in connected parts where f has no mass: x has none there, and
 * cycles would look for it for ever. */
static PetscErrorCode Empty(OttoResolvent s, const PetscScalar f[], PetscScalar log_x[])
{
  const PetscInt *part = OttoGeneratorGetComponent(s->generator);
  const PetscInt parts = OttoGeneratorGetComponents(s->generator);
  PetscReal *most;

  PetscFunctionBegin;
  if (!part) PetscFunctionReturn(0);
  PetscCall(OttoAgree(s->g->comm, PetscCalloc1(parts, &most)));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (part[c] >= 0) most[part[c]] = PetscMax(most[part[c]], f[c]);
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, most, (PetscMPIInt)parts, MPIU_REAL, MPIU_MAX, s->g->comm));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (part[c] < 0 || most[part[c]] == 0) log_x[c] = -INFINITY;
  PetscCall(PetscFree(most));
  PetscFunctionReturn(0);
}

/* *change: the largest of a cell, relative; *together: in L1, of the mass. Coarse corrections move
 * mass about, and a solution that was good to its residual is so again only once both are small. */
static PetscErrorCode Cycle(OttoResolvent s, PetscScalar logs[], PetscReal *change,
                            PetscReal *together)
{
  PetscReal sums[2] = {0, 0};
  PetscScalar *was;

  PetscFunctionBegin;
  PetscCall(VecGetArray(s->residual, &was));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) was[c] = exp(logs[c]);
  PetscCall(OttoAggregationCycle(s->aggregation, INNER, logs, change));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    sums[0] += fabs(exp(logs[c]) - was[c]);
    sums[1] += was[c];
  }
  PetscCall(VecRestoreArray(s->residual, &was));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPIU_REAL, MPIU_SUM, s->g->comm));
  *together = sums[0] / sums[1];
  PetscFunctionReturn(0);
}

/* Whether a solve failed for rounding alone, where aggregation is elimination. */
static PetscBool IsHidden(OttoResolvent s, const OttoSolveReport *report)
{
  return !report->converged && report->floor == OTTO_FLOOR_MOST && s->g->cells <= BOXES
             ? PETSC_TRUE
             : PETSC_FALSE;
}

/* Cycles of aggregation from x, or from f/(σ + leave) where that is more. */
static PetscErrorCode Aggregate(OttoResolvent s, Vec f, Vec x, OttoSolveReport *report,
                                PetscBool *settled)
{
  const OttoRates *r = OttoGeneratorGetRates(s->generator);
  const PetscScalar *of_f;
  PetscScalar *values, *logs, *log_f;
  PetscReal change = INFINITY, together = INFINITY;

  PetscFunctionBegin;
  PetscCall(OttoResolventAggregation(s));
  PetscCall(VecGetArrayRead(f, &of_f));
  PetscCall(VecGetArray(x, &values));
  PetscCall(VecGetArray(s->update, &logs));
  PetscCall(VecGetArray(s->image, &log_f));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal least = of_f[c] / (s->sigma + r->leave[c]);
    logs[c] = log(PetscMax(PetscMax(values[c], least), DBL_MIN));
    log_f[c] = of_f[c] > 0 ? log(of_f[c]) : -INFINITY;
  }
  PetscCall(Empty(s, of_f, logs));
  OttoAggregationSetSource(s->aggregation, s->sigma, log_f);
  const PetscBool loose = report->residual > LOOSE ? PETSC_TRUE : PETSC_FALSE;
  while (report->cycles < CYCLES && !(change <= BEST) &&
         (loose || !(change <= GOOD && together <= CLOSE))) {
    PetscCall(Cycle(s, logs, &change, &together));
    report->cycles++;
  }
  *settled = change <= GOOD ? PETSC_TRUE : PETSC_FALSE;
  /* what rounding hides from residuals elimination finds where boxes are cells */
  if (IsHidden(s, report) && change <= BEST) report->converged = PETSC_TRUE;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) values[c] = exp(logs[c]);
  PetscCall(VecRestoreArray(s->image, &log_f));
  PetscCall(VecRestoreArray(s->update, &logs));
  PetscCall(VecRestoreArray(x, &values));
  PetscCall(VecRestoreArrayRead(f, &of_f));
  PetscFunctionReturn(0);
}

/* A short step: cells that are not right to themselves start from what f gives them and fill by
 * sweeps, from below. As many as paths are long; where these do not do, x is as it was. */
static PetscErrorCode Fill(OttoResolvent s, Vec f, Vec x, Look *look, OttoSolveReport *report)
{
  const OttoRates *r = OttoGeneratorGetRates(s->generator);
  const PetscScalar *of_f, *inflow;
  const Look before = *look;
  PetscScalar *values;

  PetscFunctionBegin;
  if (!(s->norm <= SHORT * s->sigma)) PetscFunctionReturn(0);
  PetscCall(VecCopy(x, s->update));
  PetscCall(OttoGeneratorInflow(s->generator, x, s->image));
  PetscCall(VecGetArrayRead(f, &of_f));
  PetscCall(VecGetArrayRead(s->image, &inflow));
  PetscCall(VecGetArray(x, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal loss = s->sigma + r->leave[c], next = (of_f[c] + inflow[c]) / loss;
    if (!(fabs(next - values[c]) * loss <= MEND * s->sigma * next)) values[c] = of_f[c] / loss;
  }
  PetscCall(VecRestoreArray(x, &values));
  PetscCall(VecRestoreArrayRead(s->image, &inflow));
  PetscCall(VecRestoreArrayRead(f, &of_f));
  look->worst = INFINITY;
  for (PetscInt i = 0; i < PATHS && look->worst > MEND; i++) {
    PetscCall(Sweep(s, f, x, look));
    report->applications += 1;
  }
  if (look->worst <= MEND) PetscFunctionReturn(0);
  PetscCall(VecCopy(s->update, x));
  *look = before;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventRepair(OttoResolvent s, Vec f, Vec x, OttoSolveReport *report)
{
  Look look = {0, 0, 1};
  PetscBool settled = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(Clip(s, x));
  for (PetscInt i = 0; i < SWEEPS && look.zeros; i++) {
    PetscCall(Sweep(s, f, x, &look));
    report->applications += 1;
  }
  if (look.worst > MEND) PetscCall(Fill(s, f, x, &look, report));
  if (look.worst > MEND || IsHidden(s, report)) {
    PetscCall(Aggregate(s, f, x, report, &settled));
    PetscCall(Sweep(s, f, x, &look));
    report->applications += 1 + report->cycles * INNER;
  }
  /* with long steps a sweep magnifies rounding by loss/σ: what cycles have settled is better known
   */
  report->doubtful = settled ? 0 : look.doubtful;
  PetscFunctionReturn(0);
}
