/* Times an implicit step down an energy in multiples of one residual, the interaction in
 * transforms, a JKO step in iterations of W2; counts Newton and Krylov iterations over sizes. */
#include "bench_gradient.h"
#include "drivers.h"
#include <otto/options.h>
#include <math.h>

enum { RESIDUAL, STEP, INTERACTION, TRANSFORM, JKO, ITERATION, ITEMS };

typedef struct {
  OttoGrid grid;
  PetscReal dt, tau; /* of an implicit step, and of one of jko */
  PetscInt64 rounds;
  PetscInt sizes;
  PetscInt64 size[OTTO_BENCH_CUBES];
  PetscReal bytes; /* per cell */
  OttoBenchGradient step;
  OttoBenchNonlocal nonlocal;
  OttoBenchGradient jko;        /* empty where jko does not serve */
  OttoBenchTransport transport; /* likewise */
} Parts;

/* The grid of the options, and how long steps are. */
static PetscErrorCode ReadStep(MPI_Comm comm, OttoGrid *grid, PetscReal *dt, PetscReal *tau)
{
  PetscReal shortest = INFINITY;

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(comm, grid));
  PetscCall(OttoGridSetFromOptions(*grid));
  PetscCall(OttoGridSetUp(*grid));
  const OttoGridInfo *g = OttoGridGetInfo(*grid);
  for (PetscInt j = 0; j < g->dim; j++) shortest = PetscMin(shortest, g->upper[j] - g->lower[j]);
  *dt = 1e-3 * shortest * shortest;
  PetscCall(OttoOptionsGetReal(NULL, "bench_dt", 1e-300, 1e300, dt, NULL));
  *tau = 10 * *dt;
  PetscCall(OttoOptionsGetReal(NULL, "bench_tau", 1e-300, 1e300, tau, NULL));
  PetscFunctionReturn(0);
}

/* Whether jko takes this energy on this grid (jko.c). */
static PetscBool JkoServes(const OttoBenchGradient *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscReal *factor = OttoFluxesGetFactor(OttoFlowGetFluxes(s->flow));

  for (PetscInt j = 0; j < g->dim; j++)
    if (factor[j] != 1) return PETSC_FALSE;
  return g->mesh[1] == 1 && !OttoInternalIsNone(OttoEnergyGetInternal(s->energy)) ? PETSC_TRUE
                                                                                  : PETSC_FALSE;
}

static PetscErrorCode Create(MPI_Comm comm, Parts *s)
{
  PetscFunctionBegin;
  s->rounds = 7;
  PetscCall(OttoOptionsGetInt(NULL, "bench_rounds", 1, 1000, &s->rounds, NULL));
  PetscCall(ReadStep(comm, &s->grid, &s->dt, &s->tau));
  PetscCall(OttoBenchGradientSizes(s->grid, &s->sizes, s->size));
  PetscCall(OttoBenchGradientBytes(s->grid, s->dt, &s->bytes));
  PetscCall(OttoBenchGradientCreate(s->grid, "gradient_flow", s->dt, &s->step));
  PetscCall(OttoBenchNonlocalCreate(s->grid, &s->nonlocal));
  if (!JkoServes(&s->step)) PetscFunctionReturn(0);
  PetscCall(OttoBenchGradientCreate(s->grid, "jko", s->tau, &s->jko));
  PetscCall(OttoBenchTransportCreate(comm, &s->transport));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(Parts *s)
{
  PetscFunctionBegin;
  if (s->jko.flow) PetscCall(OttoBenchTransportDestroy(&s->transport));
  PetscCall(OttoBenchGradientDestroy(&s->jko));
  PetscCall(OttoBenchNonlocalDestroy(&s->nonlocal));
  PetscCall(OttoBenchGradientDestroy(&s->step));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode Report(OttoRecord record, MPI_Comm comm, const OttoBenchItem items[],
                             const Parts *s)
{
  const PetscReal ratio = items[STEP].best / items[RESIDUAL].best;
  const PetscReal transforms = items[INTERACTION].best / items[TRANSFORM].best;
  const PetscReal iterations = items[JKO].best / items[ITERATION].best;

  PetscFunctionBegin;
  PetscCall(PetscPrintf(comm,
                        "  (floors: measured time over that of a residual)\n"
                        "  a step is %.0f residuals, %d Newton and %d Krylov iterations; the "
                        "interaction %.2f transforms there and back\n",
                        (double)ratio, (int)s->step.step.newton, (int)s->step.step.krylov,
                        (double)transforms));
  PetscCall(OttoRecordResult(record, "step_over_residual", ratio));
  PetscCall(OttoRecordResult(record, "step_newton", s->step.step.newton));
  PetscCall(OttoRecordResult(record, "step_krylov", s->step.step.krylov));
  PetscCall(OttoRecordResult(record, "interaction_over_apply", transforms));
  if (!s->jko.flow) PetscFunctionReturn(0);
  PetscCall(PetscPrintf(comm, "  a step of jko is %.1f iterations of W2; it took %d of its own\n",
                        (double)iterations, (int)s->jko.step.newton));
  PetscCall(OttoRecordResult(record, "jko_step_over_iteration", iterations));
  PetscCall(OttoRecordResult(record, "jko_iterations", s->jko.step.newton));
  PetscFunctionReturn(0);
}

/* A timed step begins where the first did. */
#define STEP_ITEM(title, key, of)                                                                  \
  {                                                                                                \
    .name = (title), .result = (key), .run = OttoBenchGradientStep, .context = (of),               \
    .prepare = OttoBenchGradientReturn                                                             \
  }

static PetscErrorCode Time(OttoRecord record, MPI_Comm comm, Parts *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoBenchItem items[ITEMS] = {
      [RESIDUAL] = OTTO_BENCH_MS("residual", "residual_ms", OttoBenchGradientResidual, &s->step),
      [STEP] = STEP_ITEM("implicit step", "step_ms", &s->step),
      [INTERACTION] =
          OTTO_BENCH_MS("interaction", "interaction_ms", OttoBenchNonlocalApply, &s->nonlocal),
      [TRANSFORM] = OTTO_BENCH_MS("transform of its torus", "padded_apply_ms",
                                  OttoBenchNonlocalTransform, &s->nonlocal),
      [JKO] = STEP_ITEM("step of jko", "jko_step_ms", &s->jko),
      [ITERATION] =
          OTTO_BENCH_MS("iteration of W2", "iteration_ms", OttoBenchIteration, &s->transport)};

  PetscFunctionBegin;
  if (!s->jko.flow) items[JKO].run = items[ITERATION].run = NULL;
  PetscCall(OttoBenchRun(s->grid, (PetscInt)s->rounds, ITEMS, items));
  PetscCall(PetscPrintf(comm,
                        "otto bench gradient_flow: %" PetscInt64_FMT
                        " cells on %d rank%s, best of %d; dt = %g\n",
                        g->cells, g->size, g->size > 1 ? "s" : "", (int)s->rounds, (double)s->dt));
  PetscCall(OttoBenchReport(record, s->grid, items[RESIDUAL].best, ITEMS, items));
  PetscCall(Report(record, comm, items, s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverBenchGradientFlow(const char *input, PetscBool *passed)
{
  MPI_Comm comm = PETSC_COMM_WORLD;
  OttoRecord record;
  Parts s = {.bytes = 0};

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(comm, "bench", input ? input : "gradient_flow", &record));
  PetscCall(OttoOptionsBlame(Create(comm, &s)));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(record, 0, NULL, 0));
  PetscCall(Time(record, comm, &s));
  PetscCall(PetscPrintf(comm, "  %.0f bytes per cell in an implicit step\n", (double)s.bytes));
  PetscCall(OttoRecordResult(record, "memory_bytes_per_cell", s.bytes));
  PetscCall(OttoBenchGradientCounts(record, s.grid, s.dt, s.sizes, s.size));
  PetscCall(OttoRecordClose(record, s.grid, passed));
  PetscCall(Destroy(&s));
  PetscCall(OttoRecordDestroy(&record));
  PetscFunctionReturn(0);
}
