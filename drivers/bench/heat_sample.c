/* What a sample of `otto dissipation` takes beside its two applies of an exact kernel: two
 * mixtures, every column of the series, at a new time every time. */
#include <otto/moments.h>
#include "bench.h"
#include <math.h>
#include <stdio.h>

#define SIGMA 10 /* of the kernel, in cells */

typedef struct {
  OttoGrid grid;
  OttoHeat heat;
  OttoHeatSource source[2];
  OttoTempered tempering;
  Vec p0[2], p;
  PetscReal t;
} Sampled;

/* Two Gaussians of half the box's width between them, in shares of the box; of the second density
 * elsewhere and of other weights. */
static PetscErrorCode FillMixture(const OttoGridInfo *g, int second, Vec p)
{
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(p, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM];
    OttoGridCellCentre(g, c, x);
    a[c] = 0;
    for (int k = 0; k < 2; k++) {
      PetscReal r2 = 0;
      for (PetscInt j = 0; j < g->dim; j++) {
        const PetscReal at = (k ? 0.7 : 0.3) + (second ? -0.04 : 0.05) * (PetscReal)j;
        const PetscReal d = fabs((x[j] - g->lower[j]) / (g->upper[j] - g->lower[j]) - at);
        r2 += PetscSqr(PetscMin(d, 1 - d)); /* on the torus */
      }
      a[c] += (second && k ? 2 : 1) * exp(-r2 / 0.02);
    }
  }
  PetscCall(VecRestoreArray(p, &a));
  PetscFunctionReturn(0);
}

static PetscErrorCode Create(OttoGrid grid, const char *kernel, Sampled *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  *s = (Sampled){.grid = grid, .t = PetscSqr(SIGMA * g->h[0]) / 2};
  PetscCall(OttoHeatCreate(grid, &s->heat));
  PetscCall(OttoHeatSetType(s->heat, kernel));
  PetscCall(OttoHeatSetUp(s->heat));
  for (int i = 0; i < 2; i++) {
    PetscReal mass = 1;
    PetscCall(OttoFieldCreate(grid, &s->p0[i]));
    PetscCall(FillMixture(g, i, s->p0[i]));
    PetscCall(OttoFieldIntegral(grid, s->p0[i], &mass));
    PetscCall(VecScale(s->p0[i], 1 / mass));
    PetscCall(OttoHeatSourceCreate(s->heat, s->p0[i], &s->source[i]));
  }
  PetscCall(OttoFieldCreate(grid, &s->p));
  PetscCall(OttoTemperedCreate(grid, s->heat, s->p0[0], s->p0[1], PETSC_TRUE, &s->tempering));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(Sampled *s)
{
  PetscFunctionBegin;
  PetscCall(OttoTemperedDestroy(&s->tempering));
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoHeatSourceDestroy(&s->source[i]));
    PetscCall(VecDestroy(&s->p0[i]));
  }
  PetscCall(OttoHeatDestroy(&s->heat));
  PetscCall(VecDestroy(&s->p));
  PetscFunctionReturn(0);
}

static PetscErrorCode TwoApplies(void *context)
{
  Sampled *s = (Sampled *)context;

  PetscFunctionBegin;
  s->t *= 1.0001; /* tables are made anew */
  for (int i = 0; i < 2; i++) PetscCall(OttoHeatApply(s->heat, s->source[i], s->t, s->p, NULL));
  PetscFunctionReturn(0);
}

/* A row of the series, as the driver takes it. */
static PetscErrorCode Sample(void *context)
{
  Sampled *s = (Sampled *)context;
  PetscReal raw[OTTO_MAX_MOMENTS];
  const OttoPair *pair = NULL;
  OttoTemperedSample sample;

  PetscFunctionBegin;
  s->t *= 1.0001;
  PetscCall(OttoTemperedTakeSample(s->tempering, s->t, &sample));
  PetscCall(OttoTemperedGetPair(s->tempering, &pair));
  PetscCall(OttoMomentsCompute(s->grid, pair->p, raw));
  PetscCall(OttoMomentsCompute(s->grid, pair->q, raw));
  PetscFunctionReturn(0);
}

/* The parts of a sample that can be had alone, of the pair of the last. */
static PetscErrorCode Divergences(void *context)
{
  Sampled *s = (Sampled *)context;
  const OttoPair *pair = NULL;
  OttoDivergences d;

  PetscFunctionBegin;
  PetscCall(OttoTemperedGetPair(s->tempering, &pair));
  PetscCall(OttoDivergenceCompute(s->grid, pair, OTTO_MASK_ALL, 0.5, &d));
  PetscFunctionReturn(0);
}

static PetscErrorCode Moments(void *context)
{
  Sampled *s = (Sampled *)context;
  PetscReal raw[OTTO_MAX_MOMENTS];
  const OttoPair *pair = NULL;

  PetscFunctionBegin;
  PetscCall(OttoTemperedGetPair(s->tempering, &pair));
  PetscCall(OttoMomentsCompute(s->grid, pair->p, raw));
  PetscCall(OttoMomentsCompute(s->grid, pair->q, raw));
  PetscFunctionReturn(0);
}

enum { OWN, APPLIES, SAMPLE, DIVERGENCES, MOMENTS, ITEMS };

/* One kernel's line of the table and its names in `results`. */
static PetscErrorCode Report(OttoRecord record, OttoGrid grid, const char *kernel,
                             const OttoBenchItem items[ITEMS])
{
  static const char *const part[ITEMS] = {NULL, "two_applies", "sample", "divergences", "moments"};
  const PetscReal rest = items[SAMPLE].best - items[APPLIES].best;
  const PetscReal over[2] = {rest / items[APPLIES].best, rest / items[OWN].best};
  char name[80];

  PetscFunctionBegin;
  PetscCall(PetscPrintf(
      OttoGridGetInfo(grid)->comm, "    %-16s %13.4f %11.4f %11.4f %9.2f %9.2f %15.4f %11.4f\n",
      kernel, (double)(1e3 * items[APPLIES].best), (double)(1e3 * items[SAMPLE].best),
      (double)(1e3 * rest), (double)over[0], (double)over[1],
      (double)(1e3 * items[DIVERGENCES].best), (double)(1e3 * items[MOMENTS].best)));
  for (int i = APPLIES; i < ITEMS; i++) {
    snprintf(name, sizeof name, "%s_%s_ms", kernel, part[i]);
    PetscCall(OttoRecordResult(record, name, 1e3 * items[i].best));
  }
  snprintf(name, sizeof name, "%s_rest_over_applies", kernel);
  PetscCall(OttoRecordResult(record, name, over[0]));
  snprintf(name, sizeof name, "%s_rest_over_own", kernel);
  PetscCall(OttoRecordResult(record, name, over[1]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchHeatSamples(OttoRecord record, OttoBenchEngine *own, PetscInt rounds)
{
  static const char *const kernels[] = {"lattice_exact", "gaussian_exact"};

  PetscFunctionBegin;
  PetscCall(PetscPrintf(
      OttoGridGetInfo(own->grid)->comm,
      "  a sample of otto dissipation, sigma %d cells, ms: two applies, all of it, the rest; "
      "the rest in these and in the own engine's applies; of it divergences, moments\n",
      SIGMA));
  for (int i = 0; i < 2; i++) {
    Sampled s;
    PetscCall(Create(own->grid, kernels[i], &s));
    OttoBenchItem items[ITEMS] = {[OWN] = {.run = OttoBenchApply, .context = own},
                                  [APPLIES] = {.run = TwoApplies, .context = &s},
                                  [SAMPLE] = {.run = Sample, .context = &s},
                                  [DIVERGENCES] = {.run = Divergences, .context = &s},
                                  [MOMENTS] = {.run = Moments, .context = &s}};
    PetscCall(OttoBenchRun(own->grid, rounds, ITEMS, items));
    PetscCall(Report(record, own->grid, kernels[i], items));
    PetscCall(Destroy(&s));
  }
  PetscFunctionReturn(0);
}
