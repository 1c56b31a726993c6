/* Times steps of points along a flow in multiples of the velocities and gradients they ask for, and
 * iterates of maps. */
#include <otto/flow_map.h>
#include <otto/options.h>
#include "bench.h"
#include "drivers.h"
#include <math.h>

enum { VELOCITY, GRADIENT, POSITIONS, DERIVATIVE, ITEMS };

#define BATCH 64 /* points at a time: their values stay near the processor */

/* The cells' centres, carried to one time; `map` stands where they begin, or is made anew. */
typedef struct {
  OttoGrid grid;
  OttoDynamics dynamics;
  PetscBool derivative;
  PetscReal to;
  OttoFlowMap map;
} Points;

static PetscErrorCode Return(void *context)
{
  Points *s = context;

  PetscFunctionBegin;
  PetscCall(OttoFlowMapDestroy(&s->map));
  PetscCall(OttoFlowMapCreateCells(s->dynamics, s->grid, OttoDynamicsGetStart(s->dynamics),
                                   s->derivative, &s->map));
  PetscFunctionReturn(0);
}

static PetscErrorCode Carry(void *context)
{
  Points *s = context;

  PetscFunctionBegin;
  PetscCall(OttoFlowMapAdvance(s->map, s->to));
  PetscFunctionReturn(0);
}

/* Velocity, and gradient where DΦ is carried, once at every point. */
static PetscErrorCode Evaluate(void *context)
{
  Points *s = context;
  const PetscInt dim = OttoGridGetInfo(s->grid)->dim;
  const PetscInt64 count = OttoFlowMapGetCount(s->map);
  const PetscReal *const *x = OttoFlowMapGetPositions(s->map);
  PetscReal values[OTTO_DYNAMICS_MAX_DIM][BATCH];
  PetscReal slopes[OTTO_DYNAMICS_MAX_DIM * OTTO_DYNAMICS_MAX_DIM][BATCH];
  const PetscReal *at[OTTO_DYNAMICS_MAX_DIM];
  PetscReal *v[OTTO_DYNAMICS_MAX_DIM], *gradient[OTTO_DYNAMICS_MAX_DIM * OTTO_DYNAMICS_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) v[j] = values[j];
  for (PetscInt i = 0; i < dim * dim; i++) gradient[i] = slopes[i];
  for (PetscInt64 p = 0; p < count; p += BATCH) {
    for (PetscInt j = 0; j < dim; j++) at[j] = x[j] + p;
    PetscCall(OttoDynamicsVelocity(s->dynamics, OttoFlowMapGetTime(s->map),
                                   (PetscInt)PetscMin(BATCH, count - p), at, v,
                                   s->derivative ? gradient : NULL));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Create(MPI_Comm comm, PetscInt64 *rounds, Points s[2])
{
  PetscInt count;
  PetscReal *times;

  PetscFunctionBegin;
  *rounds = 7;
  PetscCall(OttoOptionsGetInt(NULL, "bench_rounds", 1, 1000, rounds, NULL));
  PetscCall(OttoGridCreate(comm, &s->grid));
  PetscCall(OttoGridSetFromOptions(s->grid));
  PetscCall(OttoGridSetUp(s->grid));
  PetscCall(OttoDynamicsCreate(s->grid, &s->dynamics));
  PetscCall(OttoDynamicsTimes(s->dynamics, &count, &times));
  s->to = OttoDynamicsGetStart(s->dynamics) + times[0];
  PetscCall(PetscFree(times));
  s[1] = s[0];
  s[1].derivative = PETSC_TRUE;
  for (int i = 0; i < 2; i++) PetscCall(Return(&s[i]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(Points s[2])
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) PetscCall(OttoFlowMapDestroy(&s[i].map));
  PetscCall(OttoDynamicsDestroy(&s->dynamics));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}

/* What a point and step takes, and in evaluations. */
static PetscErrorCode ReportSteps(OttoRecord record, const Points *s, PetscReal carried,
                                  PetscReal evaluated, const char *step, const char *ratio)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscBool flow = OttoDynamicsIsMap(s->dynamics) ? PETSC_FALSE : PETSC_TRUE;
  OttoFlowMapReport report;

  PetscFunctionBegin;
  PetscCall(OttoFlowMapGetReport(s->map, &report));
  const PetscReal ns = 1e9 * carried * g->size / (PetscReal)report.steps;
  const PetscReal times = (PetscReal)report.evaluations / (PetscReal)g->cells;
  PetscCall(PetscPrintf(g->comm, "  %s: %.1f ns a point and %s",
                        s->derivative ? "with DΦ" : "positions", (double)ns,
                        flow ? "step" : "iterate"));
  PetscCall(OttoRecordResult(record, step, ns));
  if (flow) {
    PetscCall(PetscPrintf(g->comm, ", %.3f times its %.2f %s",
                          (double)(carried / (times * evaluated)),
                          (double)report.evaluations / (double)report.steps,
                          s->derivative ? "velocities and gradients" : "velocities"));
    PetscCall(OttoRecordResult(record, ratio, carried / (times * evaluated)));
  }
  PetscCall(PetscPrintf(g->comm, "\n"));
  if (!s->derivative) PetscFunctionReturn(0);
  PetscCall(
      OttoRecordResult(record, "steps_per_point", (PetscReal)report.steps / (PetscReal)g->cells));
  PetscReal bytes = (PetscReal)OttoFlowMapBytes(s->map) + (PetscReal)OttoDynamicsBytes(s->dynamics);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPIU_REAL, MPIU_SUM, g->comm));
  bytes /= (PetscReal)g->cells;
  PetscCall(PetscPrintf(g->comm, "  %.2f steps, %.0f bytes a point\n",
                        (double)report.steps / (double)g->cells, (double)bytes));
  PetscCall(OttoRecordResult(record, "memory_bytes_per_cell", bytes));
  PetscFunctionReturn(0);
}

static PetscErrorCode Time(OttoRecord record, PetscInt rounds, Points s[2])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoBenchItem items[ITEMS] = {
      [VELOCITY] = OTTO_BENCH_NS("velocity", "velocity_ns", Evaluate, &s[0]),
      [GRADIENT] = OTTO_BENCH_NS("velocity and gradient", "gradient_ns", Evaluate, &s[1]),
      [POSITIONS] = OTTO_BENCH_MS("positions", "positions_ms", Carry, &s[0]),
      [DERIVATIVE] = OTTO_BENCH_MS("positions and DΦ", "derivatives_ms", Carry, &s[1])};

  PetscFunctionBegin;
  items[POSITIONS].prepare = items[DERIVATIVE].prepare = Return;
  if (OttoDynamicsIsMap(s->dynamics)) items[VELOCITY].run = items[GRADIENT].run = NULL;
  PetscCall(OttoBenchRun(s->grid, rounds, ITEMS, items));
  PetscCall(PetscPrintf(g->comm,
                        "otto bench dynamics: %" PetscInt64_FMT
                        " points of %s on %d rank%s to t = %g, best of %d\n",
                        g->cells, OttoDynamicsGetType(s->dynamics), g->size, g->size > 1 ? "s" : "",
                        (double)s->to, (int)rounds));
  PetscCall(OttoBenchReport(
      record, s->grid, isnan(items[GRADIENT].best) ? items[POSITIONS].best : items[GRADIENT].best,
      ITEMS, items));
  PetscCall(ReportSteps(record, &s[0], items[POSITIONS].best, items[VELOCITY].best,
                        "position_step_ns", "step_over_velocities"));
  PetscCall(ReportSteps(record, &s[1], items[DERIVATIVE].best, items[GRADIENT].best,
                        "derivative_step_ns", "step_over_gradients"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverBenchDynamics(const char *input, PetscBool *passed)
{
  MPI_Comm comm = PETSC_COMM_WORLD;
  OttoRecord record;
  PetscInt64 rounds;
  Points s[2] = {{.to = 0}, {.to = 0}};

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(comm, "bench", input ? input : "dynamics", &record));
  PetscCall(OttoOptionsBlame(Create(comm, &rounds, s)));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(record, 0, NULL, 0));
  PetscCall(Time(record, (PetscInt)rounds, s));
  PetscCall(OttoRecordClose(record, s->grid, passed));
  PetscCall(Destroy(s));
  PetscCall(OttoRecordDestroy(&record));
  PetscFunctionReturn(0);
}
