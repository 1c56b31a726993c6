/* Times a back-and-forth iteration of W2, and what it is made of, in multiples of one solution of
 * Poisson's equation on the same grid. */
#include "bench_transport.h"
#include "drivers.h"

/* In an iteration (src/transport/ascent.c): a leap, a turn of each potential, one more c-transform
 * between them. */
#define C_TRANSFORMS 4
#define PUSHES 2
#define POISSONS 2

enum { POISSON, C_TRANSFORM, PUSH, ITERATION, PLAN, CERTIFICATE, ITEMS };

static PetscErrorCode Report(OttoRecord record, MPI_Comm comm, const OttoBenchItem items[])
{
  const PetscReal iteration = items[ITERATION].best, poisson = items[POISSON].best;
  const PetscReal c = C_TRANSFORMS * items[C_TRANSFORM].best / iteration;
  const PetscReal push = PUSHES * items[PUSH].best / iteration;
  const PetscReal solve = POISSONS * poisson / iteration;

  PetscFunctionBegin;
  PetscCall(
      PetscPrintf(comm,
                  "  (floors: measured time over that of Poisson's equation)\n"
                  "  an iteration is %.1f solutions of Poisson's equation; of it c-transforms "
                  "are %.0f %%, push-forward %.0f %%, Poisson's equation %.0f %%\n",
                  (double)(iteration / poisson), (double)(100 * c), (double)(100 * push),
                  (double)(100 * solve)));
  PetscCall(OttoRecordResult(record, "iteration_over_poisson", iteration / poisson));
  PetscCall(OttoRecordResult(record, "c_transforms_share", c));
  PetscCall(OttoRecordResult(record, "push_forwards_share", push));
  PetscCall(OttoRecordResult(record, "poissons_share", solve));
  PetscCall(
      OttoRecordResult(record, "certificate_over_iteration", items[CERTIFICATE].best / iteration));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverBenchTransport(const char *input, PetscBool *passed)
{
  MPI_Comm comm = PETSC_COMM_WORLD;
  OttoRecord record;
  OttoBenchTransport t = {0};
  PetscInt64 rounds = 7;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(comm, "bench", input ? input : "transport", &record));
  PetscCall(OttoOptionsGetInt(NULL, "bench_rounds", 1, 1000, &rounds, NULL));
  PetscCall(OttoOptionsBlame(OttoBenchTransportCreate(comm, &t)));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(record, 0, NULL, 0));
  OttoBenchItem items[ITEMS] = {
      [POISSON] = OTTO_BENCH_MS("Poisson's equation", "poisson_ms", OttoBenchPoisson, &t),
      [C_TRANSFORM] = OTTO_BENCH_MS("c-transform", "c_transform_ms", OttoBenchCTransform, &t),
      [PUSH] = OTTO_BENCH_MS("push-forward", "push_forward_ms", OttoBenchPushForward, &t),
      [ITERATION] = OTTO_BENCH_MS("iteration", "iteration_ms", OttoBenchIteration, &t),
      [PLAN] = OTTO_BENCH_MS("plan, no current", "plan_ms", OttoBenchPlan, &t),
      [CERTIFICATE] = OTTO_BENCH_MS("certificate", "certificate_ms", OttoBenchCertificate, &t),
  };
  const OttoGridInfo *g = OttoGridGetInfo(t.grid);
  PetscCall(OttoBenchRun(t.grid, (PetscInt)rounds, ITEMS, items));
  PetscCall(PetscPrintf(
      comm, "otto bench transport: %" PetscInt64_FMT " cells on %d rank%s, best of %d\n", g->cells,
      g->size, g->size > 1 ? "s" : "", (int)rounds));
  PetscCall(OttoBenchReport(record, t.grid, items[POISSON].best, ITEMS, items));
  PetscCall(Report(record, comm, items));
  PetscCall(OttoRecordClose(record, t.grid, passed));
  PetscCall(OttoBenchTransportDestroy(&t));
  PetscCall(OttoRecordDestroy(&record));
  PetscFunctionReturn(0);
}
