/* Times what a tempering run is made of, all in one run, so that ratios mean something. */
#include "bench.h"
#include "drivers.h"
#include <math.h>

typedef struct { /* one engine with a field and its spectrum */
  OttoGrid grid;
  OttoTransform engine;
  OttoSpectrum spectrum;
  Vec u;
  PetscReal *table[OTTO_MAX_DIM];
  OttoMultiplier m;
} Engine;

typedef struct { /* a pair of densities and the heat kernels at work on it */
  OttoGrid grid;
  OttoHeat heat, exact;
  OttoHeatSource source_p, source_q, exact_p;
  OttoPair pair;
  Vec score_p, score_q;
  PetscReal t;
} Tempered;

static PetscErrorCode Apply(void *c)
{
  Engine *e = (Engine *)c;
  return e->engine ? OttoTransformApply(e->engine, e->u, &e->m, e->u) : 0;
}
static PetscErrorCode Inverse(void *c)
{
  Engine *e = (Engine *)c;
  return OttoTransformInverse(e->engine, e->spectrum, &e->m, e->u);
}
static PetscErrorCode Divergence(void *c)
{
  OttoDivergences d;
  Tempered *s = (Tempered *)c;
  return OttoDivergenceCompute(s->grid, &s->pair, OTTO_MASK(OTTO_DIVERGENCE_KL) | OTTO_MASK_ENTROPY, 0.5,
                               &d);
}
static PetscErrorCode FisherFD4(void *c)
{
  OttoFisher f;
  Tempered *s = (Tempered *)c;
  return OttoFisherFD4(s->grid, &s->pair, &f);
}
static PetscErrorCode FisherEdge(void *c)
{
  OttoFisher f;
  Tempered *s = (Tempered *)c;
  return OttoFisherEdge(s->grid, &s->pair, &f);
}
static PetscErrorCode FisherSpectral(void *c)
{
  Tempered *s = (Tempered *)c;
  OttoFisher f = {0};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < OttoGridGetInfo(s->grid)->dim; j++) {
    PetscCall(OttoHeatScore(s->heat, s->source_p, s->t, s->pair.p, NULL, j, s->score_p));
    PetscCall(OttoHeatScore(s->heat, s->source_q, s->t, s->pair.q, NULL, j, s->score_q));
    PetscCall(OttoFisherAddScores(s->grid, &s->pair, s->score_p, s->score_q, &f));
  }
  PetscFunctionReturn(0);
}
static PetscErrorCode Sample(void *c) /* at a new t every time: two inverses and one fused pass */
{
  Tempered *s = (Tempered *)c;
  OttoDivergences d;
  OttoFisher f;
  PetscReal max_p, max_q;

  PetscFunctionBegin;
  s->t *= 1.001;
  PetscCall(OttoHeatApply(s->heat, s->source_p, s->t, s->pair.p, NULL));
  PetscCall(OttoHeatApply(s->heat, s->source_q, s->t, s->pair.q, NULL));
  PetscCall(OttoFieldRange(s->grid, s->pair.p, NULL, &max_p));
  PetscCall(OttoFieldRange(s->grid, s->pair.q, NULL, &max_q));
  s->pair.resolved_p = 1e-14 * max_p;
  s->pair.resolved_q = 1e-14 * max_q;
  PetscCall(OttoFisherFD4WithDivergences(s->grid, &s->pair, OTTO_MASK_ALL, 0.5, &d, &f));
  PetscFunctionReturn(0);
}
static PetscErrorCode Exact(void *c)
{
  Tempered *s = (Tempered *)c;
  s->t *= 1.001;
  return OttoHeatApply(s->exact, s->exact_p, s->t, s->score_p, NULL);
}

/* A smooth positive field: 1 + a Π cos(2πx). */
static PetscErrorCode Fill(OttoGrid grid, PetscReal amplitude, PetscReal shift, Vec u)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(u, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM], product = amplitude;
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++)
      product *= cos(2 * PETSC_PI * (x[j] - g->lower[j] - shift) / (g->upper[j] - g->lower[j]));
    a[c] = 1 + product;
  }
  PetscCall(VecRestoreArray(u, &a));
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeEngine(MPI_Comm comm, const char *type, OttoLayout layout, Engine *e)
{
  PetscFunctionBegin;
  PetscCall(OttoGridCreate(comm, &e->grid));
  PetscCall(OttoGridSetFromOptions(e->grid));
  PetscCall(OttoGridSetLayout(e->grid, layout));
  PetscCall(OttoGridSetUp(e->grid));
  PetscCall(OttoTransformCreate(e->grid, &e->engine));
  PetscCall(OttoTransformSetType(e->engine, type));
  PetscCall(OttoTransformSetUp(e->engine));
  PetscCall(OttoSpectrumCreate(e->engine, &e->spectrum));
  PetscCall(OttoFieldCreate(e->grid, &e->u));
  PetscCall(Fill(e->grid, 0.5, 0, e->u));
  PetscCall(OttoTransformForward(e->engine, e->u, e->spectrum));
  const OttoGridInfo *g = OttoGridGetInfo(e->grid);
  e->m = (OttoMultiplier){.derivative_axis = -1, .scale = 1};
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscInt64 modes = OttoTransformModes(g, j);
    PetscCall(PetscMalloc1(modes, &e->table[j]));
    for (PetscInt64 k = 0; k < modes; k++)
      e->table[j][k] = exp(-1e-6 * PetscSqr(OttoTransformWavenumber(g, j, k)));
    e->m.factor[j] = e->table[j];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeEngine(Engine *e)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) PetscCall(PetscFree(e->table[j]));
  PetscCall(VecDestroy(&e->u));
  PetscCall(OttoSpectrumDestroy(&e->spectrum));
  PetscCall(OttoTransformDestroy(&e->engine));
  PetscCall(OttoGridDestroy(&e->grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeTempered(OttoGrid grid, Tempered *s)
{
  Vec p0, q0;

  PetscFunctionBegin;
  s->grid = grid;
  s->t = 1e-4;
  PetscCall(OttoFieldCreate(grid, &p0));
  PetscCall(OttoFieldCreate(grid, &q0));
  PetscCall(Fill(grid, 0.8, 0, p0));
  PetscCall(Fill(grid, 0.6, 0.1, q0));
  for (int i = 0; i < 2; i++) {
    OttoHeat *heat = i ? &s->exact : &s->heat;
    PetscCall(OttoHeatCreate(grid, heat));
    PetscCall(OttoHeatSetType(*heat, i ? "lattice_exact" : "spectral"));
    PetscCall(OttoHeatSetUp(*heat));
  }
  PetscCall(OttoHeatSourceCreate(s->heat, p0, &s->source_p));
  PetscCall(OttoHeatSourceCreate(s->heat, q0, &s->source_q));
  PetscCall(OttoHeatSourceCreate(s->exact, p0, &s->exact_p));
  PetscCall(OttoFieldCreate(grid, &s->pair.p));
  PetscCall(OttoFieldCreate(grid, &s->pair.q));
  PetscCall(OttoFieldCreate(grid, &s->score_p));
  PetscCall(OttoFieldCreate(grid, &s->score_q));
  PetscCall(VecDestroy(&p0)); /* the exact kernel's source keeps its reference */
  PetscCall(VecDestroy(&q0));
  PetscCall(Sample(s));
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeTempered(Tempered *s)
{
  PetscFunctionBegin;
  PetscCall(OttoHeatSourceDestroy(&s->source_p));
  PetscCall(OttoHeatSourceDestroy(&s->source_q));
  PetscCall(OttoHeatSourceDestroy(&s->exact_p));
  PetscCall(OttoHeatDestroy(&s->heat));
  PetscCall(OttoHeatDestroy(&s->exact));
  PetscCall(VecDestroy(&s->pair.p));
  PetscCall(VecDestroy(&s->pair.q));
  PetscCall(VecDestroy(&s->score_p));
  PetscCall(VecDestroy(&s->score_q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverBenchHeat(const char *input, PetscBool *passed)
{
  MPI_Comm comm = PETSC_COMM_WORLD;
  OttoRecord record;
  Engine own = {0}, reference = {0}, alone = {0};
  Tempered tempered = {0};
  OttoBenchFFTW raw = NULL;
  PetscInt64 rounds = 7;
  PetscReal triad;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(comm, "bench", input ? input : "heat", &record));
  PetscCall(OttoOptionsGetInt(NULL, "bench_rounds", 7, 1000, &rounds, NULL));
  PetscCall(MakeEngine(comm, "own", OTTO_LAYOUT_BALANCED, &own));
  PetscCall(MakeEngine(comm, "fftw_mpi", OTTO_LAYOUT_FFTW, &reference));
  const OttoGridInfo *g = OttoGridGetInfo(own.grid);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(g->dim > 1 && g->boundary[j] == OTTO_BOUNDARY_PERIODIC,
                   "grid_boundary: bench heat compares with FFTW-MPI on periodic grids of 2 or more axes");
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(record, 0, NULL, 0));
  if (g->size > 1 && g->rank == 0)
    PetscCall(MakeEngine(PETSC_COMM_SELF, "own", OTTO_LAYOUT_BALANCED, &alone));
  PetscCall(MakeTempered(own.grid, &tempered));
  PetscCall(OttoBenchFFTWCreate(own.grid, &raw));
  PetscCall(OttoBenchTriad(comm, 2 * (PetscInt)rounds, &triad));
  PetscReal floor = (g->size > 1 ? 80e-9 : 48e-9) * (PetscReal)g->cells / triad;
  OttoBenchItem items[] = {
    {"raw FFTW-MPI pair", "pair_ms_fftw_mpi_raw", OttoBenchFFTWPair, raw, PETSC_FALSE, 0},
    {"apply, fftw_mpi", "apply_ms_fftw_mpi", Apply, &reference, PETSC_FALSE, 0},
    {"apply, own", "apply_ms_own", Apply, &own, PETSC_FALSE, 0},
    {"apply, own, on one rank", "apply_ms_own_one_rank", g->size > 1 ? Apply : NULL, &alone, PETSC_FALSE, 0},
    {"inverse, fftw_mpi", "inverse_ms_fftw_mpi", Inverse, &reference, PETSC_FALSE, 0},
    {"inverse, own", "inverse_ms_own", Inverse, &own, PETSC_FALSE, 0},
    {"KL + entropies", "divergence_ns", Divergence, &tempered, PETSC_TRUE, 0},
    {"Fisher, fd4", "fisher_fd4_ns", FisherFD4, &tempered, PETSC_TRUE, 0},
    {"Fisher, edge", "fisher_edge_ns", FisherEdge, &tempered, PETSC_TRUE, 0},
    {"Fisher, spectral", "fisher_spectral_ns", FisherSpectral, &tempered, PETSC_TRUE, 0},
    {"sample at a new t", "sample_ms", Sample, &tempered, PETSC_FALSE, 0},
    {"apply, lattice_exact", "apply_ms_exact", Exact, &tempered, PETSC_FALSE, 0},
  };
  const PetscInt count = (PetscInt)(sizeof items / sizeof items[0]);
  PetscCall(OttoBenchRun(own.grid, (PetscInt)rounds, count, items));
  PetscCall(PetscPrintf(comm, "otto bench heat: %" PetscInt64_FMT " cells on %d ranks, best of %d\n",
                        g->cells, g->size, (int)rounds));
  PetscCall(PetscPrintf(comm, "  triad bandwidth %.1f GB/s; floor of an apply (%d B per cell) %.2f ms\n",
                        (double)triad, g->size > 1 ? 80 : 48, (double)(1e3 * floor)));
  PetscCall(OttoRecordResult(record, "triad_gb_s", triad));
  PetscCall(OttoRecordResult(record, "floor_ms", 1e3 * floor));
  PetscCall(OttoBenchReport(record, own.grid, floor, count, items));
  PetscCall(PetscPrintf(comm, "  own / fftw_mpi: %.2f\n", (double)(items[2].best / items[1].best)));
  PetscCall(OttoRecordResult(record, "own_over_fftw_mpi", items[2].best / items[1].best));
  if (g->size > 1) {
    PetscCall(PetscPrintf(comm, "  own / own on one rank: %.2f\n",
                          (double)(items[2].best / items[3].best)));
    PetscCall(OttoRecordResult(record, "own_over_one_rank", items[2].best / items[3].best));
  }
  PetscReal sample_ns = 1e9 * items[10].best * g->size / (PetscReal)g->cells;
  PetscCall(OttoRecordResult(record, "sample_ns", sample_ns));
  PetscCall(OttoRecordClose(record, own.grid, passed));
  PetscCall(FreeTempered(&tempered));
  PetscCall(OttoBenchFFTWDestroy(&raw));
  PetscCall(FreeEngine(&own));
  PetscCall(FreeEngine(&reference));
  if (alone.grid) PetscCall(FreeEngine(&alone));
  PetscCall(OttoRecordDestroy(&record));
  PetscFunctionReturn(0);
}
