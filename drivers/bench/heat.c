/* Times what a tempering run is made of, all in one run, so that ratios mean something. */
#include "bench.h"
#include "drivers.h"
#include <math.h>

/* The own engine against FFTW-MPI's, and against itself on one rank (NaN: on that alone). */
static PetscErrorCode ReportOwn(OttoRecord record, MPI_Comm comm, PetscReal reference,
                                PetscReal own, PetscReal alone)
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(comm, "  own / fftw_mpi: %.2f\n", (double)(own / reference)));
  PetscCall(OttoRecordResult(record, "own_over_fftw_mpi", own / reference));
  if (isnan(alone)) PetscFunctionReturn(0);
  PetscCall(PetscPrintf(comm, "  own / own on one rank: %.2f\n", (double)(own / alone)));
  PetscCall(OttoRecordResult(record, "own_over_one_rank", own / alone));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverBenchHeat(const char *input, PetscBool *passed)
{
  MPI_Comm comm = PETSC_COMM_WORLD;
  OttoRecord record;
  OttoBenchEngine own = {0}, reference = {0}, alone = {0};
  OttoBenchTempered tempered = {0};
  OttoBenchSigmas sigmas;
  OttoBenchFFTW raw = NULL;
  PetscInt64 rounds = 7;
  PetscReal triad;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(comm, "bench", input ? input : "heat", &record));
  PetscCall(OttoOptionsGetInt(NULL, "bench_rounds", 7, 1000, &rounds, NULL));
  PetscCall(OttoBenchSigmasFromOptions(&sigmas));
  PetscCall(OttoBenchEngineCreate(comm, "own", OTTO_LAYOUT_BALANCED, &own));
  PetscCall(OttoBenchEngineCreate(comm, "fftw_mpi", OTTO_LAYOUT_FFTW, &reference));
  const OttoGridInfo *g = OttoGridGetInfo(own.grid);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(
        g->dim > 1 && g->boundary[j] == OTTO_BOUNDARY_PERIODIC,
        "grid_boundary: bench heat compares with FFTW-MPI on periodic grids of 2 or more axes");
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(record, 0, NULL, 0));
  if (g->size > 1 && g->rank == 0)
    PetscCall(OttoBenchEngineCreate(PETSC_COMM_SELF, "own", OTTO_LAYOUT_BALANCED, &alone));
  PetscCall(OttoBenchTemperedCreate(own.grid, &tempered));
  PetscCall(OttoBenchFFTWCreate(own.grid, &raw));
  PetscCall(OttoBenchTriad(comm, 2 * (PetscInt)rounds, &triad));
  PetscReal floor = (g->size > 1 ? 80e-9 : 48e-9) * (PetscReal)g->cells / triad;
  OttoBenchItem items[] = {
      OTTO_BENCH_MS("raw FFTW-MPI pair", "pair_ms_fftw_mpi_raw", OttoBenchFFTWPair, raw),
      OTTO_BENCH_MS("apply, fftw_mpi", "apply_ms_fftw_mpi", OttoBenchApply, &reference),
      OTTO_BENCH_MS("apply, own", "apply_ms_own", OttoBenchApply, &own),
      OTTO_BENCH_MS("apply, own, on one rank", "apply_ms_own_one_rank",
                    g->size > 1 ? OttoBenchApply : NULL, &alone),
      OTTO_BENCH_MS("inverse, fftw_mpi", "inverse_ms_fftw_mpi", OttoBenchInverse, &reference),
      OTTO_BENCH_MS("inverse, own", "inverse_ms_own", OttoBenchInverse, &own),
      OTTO_BENCH_NS("KL + entropies", "divergence_ns", OttoBenchDivergence, &tempered),
      OTTO_BENCH_NS("Fisher, fd4", "fisher_fd4_ns", OttoBenchFisherFD4, &tempered),
      OTTO_BENCH_NS("Fisher, edge", "fisher_edge_ns", OttoBenchFisherEdge, &tempered),
      OTTO_BENCH_NS("Fisher, spectral", "fisher_spectral_ns", OttoBenchFisherScores, &tempered),
      OTTO_BENCH_MS("sample at a new t", "sample_ms", OttoBenchSample, &tempered),
      OTTO_BENCH_MS("apply, lattice_exact", "apply_ms_exact", OttoBenchExact, &tempered),
      OTTO_BENCH_NS("Fisher, tweedie (best of 3, last)", "fisher_tweedie_ns", OttoBenchFisherScores,
                    &tempered),
  };
  const PetscInt count = (PetscInt)(sizeof items / sizeof items[0]);
  PetscCall(OttoBenchRun(own.grid, (PetscInt)rounds, count - 1, items));
  /* Many dense applies, under a kernel that takes the others' memory: by itself, and fewer rounds.
   */
  PetscCall(OttoBenchTemperedContinuum(&tempered));
  PetscCall(OttoBenchRun(own.grid, 3, 1, &items[count - 1]));
  PetscCall(PetscPrintf(comm,
                        "otto bench heat: %" PetscInt64_FMT " cells on %d rank%s, best of %d\n",
                        g->cells, g->size, g->size > 1 ? "s" : "", (int)rounds));
  PetscCall(PetscPrintf(comm,
                        "  triad bandwidth %.1f GB/s; floor of an apply (%d B per cell) %.2f ms\n",
                        (double)triad, g->size > 1 ? 80 : 48, (double)(1e3 * floor)));
  PetscCall(OttoRecordResult(record, "triad_gb_s", triad));
  PetscCall(OttoRecordResult(record, "floor_ms", 1e3 * floor));
  PetscCall(OttoBenchReport(record, own.grid, floor, count, items));
  PetscCall(ReportOwn(record, comm, items[1].best, items[2].best, items[3].best));
  PetscReal sample_ns = 1e9 * items[10].best * g->size / (PetscReal)g->cells;
  PetscCall(OttoRecordResult(record, "sample_ns", sample_ns));
  PetscCall(OttoBenchTemperedDestroy(&tempered));
  PetscCall(OttoBenchHeatSamples(record, &own, (PetscInt)rounds));
  PetscCall(OttoBenchExactKernels(record, &own, &sigmas, 3));
  PetscCall(OttoRecordClose(record, own.grid, passed));
  PetscCall(OttoBenchFFTWDestroy(&raw));
  PetscCall(OttoBenchEngineDestroy(&own));
  PetscCall(OttoBenchEngineDestroy(&reference));
  if (alone.grid) PetscCall(OttoBenchEngineDestroy(&alone));
  PetscCall(OttoRecordDestroy(&record));
  PetscFunctionReturn(0);
}
