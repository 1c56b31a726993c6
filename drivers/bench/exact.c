/* What the exact kernels cost in applies of the own FFT engine: by data, by how wide the kernel is
 * against a cell, with and without logarithms. */
#include <otto/options.h>
#include "bench.h"
#include <math.h>
#include <stdio.h>

#define LONG 10 /* applies of the engine: beyond, one round is enough */

enum { MIXTURE, POINTS, DISCS, DATA };
static const char *const names[DATA] = {"mixture", "points", "discs"};

/* Of a cell, in shares of the box: two Gaussians, two point masses, two balls with zeros outside.
 */
static PetscReal Value(const OttoGridInfo *g, int data, PetscInt64 cell)
{
  PetscReal x[OTTO_MAX_DIM], sum = 0;

  OttoGridCellCentre(g, cell, x);
  for (int k = 0; k < 2; k++) {
    PetscReal r2 = 0, most = 0;
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal at = (k ? 0.7 : 0.3) + 0.05 * j, side = g->upper[j] - g->lower[j];
      PetscReal d = fabs((x[j] - g->lower[j]) / side - at);
      d = PetscMin(d, 1 - d); /* on the torus */
      r2 += d * d;
      most = PetscMax(most, d * (PetscReal)g->n[j]);
    }
    if (data == MIXTURE) sum += exp(-r2 / 0.02);
    if (data == POINTS) sum += most <= 0.5 ? 1 : 0;
    if (data == DISCS) sum += r2 < 0.02 ? 1 : 0;
  }
  return sum;
}

typedef struct {
  OttoHeat heat;
  OttoHeatSource source;
  Vec p0, p;
  PetscReal t;
} Case;

/* A density of which nothing is known yet. */
static PetscErrorCode Begin(void *context)
{
  Case *c = (Case *)context;

  PetscFunctionBegin;
  if (c->source) PetscCall(OttoHeatSourceDestroy(&c->source));
  PetscCall(OttoHeatSourceCreate(c->heat, c->p0, &c->source));
  PetscFunctionReturn(0);
}

static PetscErrorCode Apply(void *context)
{
  Case *c = (Case *)context;
  c->t *= 1.0001; /* tables are made anew */
  return OttoHeatApply(c->heat, c->source, c->t, c->p, NULL);
}

enum { FIRST, FURTHER, APPLIES };

/* The cost of one kernel and density at all σ: of a density's first apply, and of one at a further
 * time, which finds what the first has kept. */
static PetscErrorCode Costs(OttoBenchEngine *own, const char *kernel, int data, PetscInt rounds,
                            const OttoBenchSigmas *sigmas,
                            PetscReal over_own[APPLIES][OTTO_BENCH_SIGMAS])
{
  const OttoGridInfo *g = OttoGridGetInfo(own->grid);
  Case c = {.source = NULL};
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(OttoHeatCreate(own->grid, &c.heat));
  PetscCall(OttoHeatSetType(c.heat, kernel));
  PetscCall(OttoHeatSetUp(c.heat));
  PetscCall(OttoFieldCreate(own->grid, &c.p0));
  PetscCall(VecDuplicate(c.p0, &c.p));
  PetscCall(VecGetArray(c.p0, &values));
  for (PetscInt64 i = 0; i < g->local_cells; i++) values[i] = Value(g, data, i);
  PetscCall(VecRestoreArray(c.p0, &values));
  for (PetscInt k = 0; k < sigmas->count; k++) {
    OttoBenchItem items[] = {{.run = OttoBenchApply, .context = own},
                             {.prepare = Begin, .run = Apply, .context = &c},
                             {.run = Apply, .context = &c}};
    c.t = PetscSqr(sigmas->sigma[k] * g->h[0]) / 2;
    PetscCall(OttoBenchRun(own->grid, 1, 1 + APPLIES, items));
    if (items[1].best < LONG * items[0].best)
      PetscCall(OttoBenchRun(own->grid, rounds, 1 + APPLIES, items));
    for (int i = 0; i < APPLIES; i++) over_own[i][k] = items[1 + i].best / items[0].best;
  }
  PetscCall(OttoHeatSourceDestroy(&c.source));
  PetscCall(OttoHeatDestroy(&c.heat));
  PetscCall(VecDestroy(&c.p0));
  PetscCall(VecDestroy(&c.p));
  PetscFunctionReturn(0);
}

static PetscErrorCode Report(OttoRecord record, MPI_Comm comm, const char *first,
                             const char *second, const char *result, const OttoBenchSigmas *sigmas,
                             const PetscReal cost[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(comm, "    %-16s %-49s", first, second));
  for (PetscInt k = 0; k < sigmas->count; k++)
    PetscCall(PetscPrintf(comm, "%9.2f", (double)cost[k]));
  PetscCall(PetscPrintf(comm, "\n"));
  PetscCall(OttoRecordResultList(record, result, sigmas->count, cost));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchSigmasFromOptions(OttoBenchSigmas *s)
{
  const PetscReal usual[] = {1.5, 3, 10, 40};
  PetscReal *given;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals(NULL, "bench_sigma", &s->count, &given));
  OttoCheckInput(s->count <= OTTO_BENCH_SIGMAS, "bench_sigma: %d widths; at most %d", (int)s->count,
                 OTTO_BENCH_SIGMAS);
  PetscCall(PetscArraycpy(s->sigma, s->count ? given : usual, s->count ? s->count : 4));
  if (!s->count) s->count = 4;
  PetscCall(PetscFree(given));
  for (PetscInt k = 0; k < s->count; k++)
    OttoCheckInput(s->sigma[k] >= 0.2 && s->sigma[k] <= 1e6,
                   "bench_sigma: %g; each must be 0.2 to 1e6 cells", (double)s->sigma[k]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchExactKernels(OttoRecord record, OttoBenchEngine *own,
                                     const OttoBenchSigmas *sigmas, PetscInt rounds)
{
  static const char *const kernels[] = {"lattice_exact", "gaussian_exact"};
  const MPI_Comm comm = OttoGridGetInfo(own->grid)->comm;
  PetscReal cost[APPLIES][OTTO_BENCH_SIGMAS];
  char name[80];

  PetscFunctionBegin;
  PetscCall(PetscPrintf(comm, "  exact kernels (%s), in applies of the own engine; sigma in cells",
                        OttoHeatVectors()));
  for (PetscInt k = 0; k < sigmas->count; k++)
    PetscCall(PetscPrintf(comm, "%9.4g", (double)sigmas->sigma[k]));
  PetscCall(PetscPrintf(comm, "\n"));
  for (int i = 0; i < 2; i++)
    for (int data = 0; data < DATA; data++) {
      PetscCall(Costs(own, kernels[i], data, rounds, sigmas, cost));
      snprintf(name, sizeof name, "%s_%s_over_own", kernels[i], names[data]);
      PetscCall(Report(record, comm, kernels[i], names[data], name, sigmas, cost[FIRST]));
      snprintf(name, sizeof name, "%s_%s_further_over_own", kernels[i], names[data]);
      PetscCall(Report(record, comm, "", "at a further time", name, sigmas, cost[FURTHER]));
    }
  PetscCall(OttoRecordResultList(record, "exact_sigma", sigmas->count, sigmas->sigma));
  PetscFunctionReturn(0);
}
