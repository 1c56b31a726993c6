/* Times an implicit step of a Fokker-Planck equation in multiples of one matrix application. */
#include "bench.h"
#include "drivers.h"

PetscErrorCode OttoDriverBenchFokkerPlanck(const char *input, PetscBool *passed)
{
  MPI_Comm comm = PETSC_COMM_WORLD;
  OttoRecord record;
  OttoBenchStep s = {0};
  OttoBenchSamples samples = {0};
  PetscInt64 rounds = 7;
  PetscReal bytes = 0;
  char how[160];

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(comm, "bench", input ? input : "fokker_planck", &record));
  PetscCall(OttoOptionsGetInt(NULL, "bench_rounds", 1, 1000, &rounds, NULL));
  PetscCall(OttoOptionsBlame(OttoBenchStepCreate(comm, &s)));
  PetscCall(OttoOptionsBlame(OttoBenchStepSolve(&s))); /* settles the form */
  PetscCall(OttoOptionsBlame(OttoBenchSamplesCreate(&s, &samples)));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(record, 0, NULL, 0));
  OttoBenchItem items[] = {
      OTTO_BENCH_MS("matrix application", "matmult_ms", OttoBenchStepMatMult, &s),
      OTTO_BENCH_MS("step (implicit Euler)", "step_ms", OttoBenchStepSolve, &s),
      OTTO_BENCH_MS("new step size", "shift_ms", OttoBenchStepShift, &s),
      OTTO_BENCH_MS("set-up, new rates", "setup_ms", OttoBenchStepSetUp, &s),
      OTTO_BENCH_MS("Q^T p, matrix-free", "transposed_ms", OttoBenchSamplesApply, &samples),
      OTTO_BENCH_MS("sample of one density", "sample_one_ms", OttoBenchSampleOne, &samples),
      OTTO_BENCH_MS("sample of two densities", "sample_two_ms", OttoBenchSampleTwo, &samples),
      OTTO_BENCH_MS("the same, part by part", "sample_apart_ms", OttoBenchSampleApart, &samples),
  };
  const PetscInt count = (PetscInt)(sizeof items / sizeof items[0]);
  const OttoGridInfo *g = OttoGridGetInfo(s.grid);
  PetscCall(OttoResolventSetFactors(s.resolvent, OTTO_FACTORS_NEVER)); /* they come on their own */
  PetscCall(OttoBenchRun(s.grid, (PetscInt)rounds, count, items));
  PetscCall(OttoResolventSetFactors(s.resolvent, OTTO_FACTORS_AUTO));
  items[2].best /= 2; /* it went there and back */
  PetscCall(OttoResolventDescribe(s.resolvent, how, sizeof how));
  PetscCall(PetscPrintf(comm,
                        "otto bench fokker_planck: %" PetscInt64_FMT
                        " cells on %d rank%s, best of %d\n  %s; %s\n",
                        g->cells, g->size, g->size > 1 ? "s" : "", (int)rounds,
                        OttoResolventGetForm(s.resolvent), how));
  PetscCall(OttoBenchReport(record, s.grid, items[0].best, count, items));
  PetscCall(OttoBenchStepBytes(&s, &bytes));
  PetscCall(PetscPrintf(
      comm,
      "  iterations %d, L1 residual %.1e, rescaled by %.1e, work counted in matrix "
      "entries %.0f applications, %.0f bytes per cell\n"
      "  (floors: measured time over that of a matrix application; the count leaves out "
      "vectors and the direct solve on the coarsest grid)\n",
      (int)s.report.iterations, (double)s.report.residual, (double)s.report.rescaled,
      (double)s.report.applications, (double)bytes));
  PetscCall(PetscPrintf(comm,
                        "  a sample is %.1f applications of Q^T with one density, %.1f with two "
                        "(%.1f part by part)\n",
                        (double)(items[5].best / items[4].best),
                        (double)(items[6].best / items[4].best),
                        (double)(items[7].best / items[4].best)));
  PetscCall(OttoBenchCrossover(record, &s, (PetscInt)rounds));
  if (!s.report.converged) PetscCall(PetscPrintf(comm, "  not converged: %s\n", s.report.reason));
  PetscCall(OttoRecordResultText(record, "form", OttoResolventGetForm(s.resolvent)));
  PetscCall(OttoRecordResultText(record, "solver", how));
  PetscCall(OttoRecordResult(record, "converged", s.report.converged ? 1 : 0));
  PetscCall(OttoRecordResult(record, "iterations", s.report.iterations));
  PetscCall(OttoRecordResult(record, "applications", s.report.applications));
  PetscCall(OttoRecordResult(record, "step_over_matmult", items[1].best / items[0].best));
  PetscCall(OttoRecordResult(record, "shift_over_matmult", items[2].best / items[0].best));
  PetscCall(OttoRecordResult(record, "setup_over_matmult", items[3].best / items[0].best));
  PetscCall(OttoRecordResult(record, "sample_one_over_transposed", items[5].best / items[4].best));
  PetscCall(OttoRecordResult(record, "sample_two_over_transposed", items[6].best / items[4].best));
  PetscCall(
      OttoRecordResult(record, "sample_apart_over_transposed", items[7].best / items[4].best));
  PetscCall(OttoRecordResult(record, "memory_bytes_per_cell", bytes));
  PetscCall(OttoRecordClose(record, s.grid, passed));
  if (!s.report.converged)
    OttoFail(OTTO_ERR_SOLVER, "the step did not converge: %s", s.report.reason);
  PetscCall(OttoBenchSamplesDestroy(&samples));
  PetscCall(OttoBenchStepDestroy(&s));
  PetscCall(OttoRecordDestroy(&record));
  PetscFunctionReturn(0);
}
