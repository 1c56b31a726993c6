/* From which grids on kept factors pay: a step by multigrid, one by factors and what making them
 * takes, at sizes around the one asked for. */
#include "bench.h"
#include <math.h>
#include <stdio.h>

#define ROWS 8
#define AROUND 4 /* sizes of up to so many times more or fewer cells than the grid asked for */

static const PetscInt64 sides[3][ROWS] = {
    {1000, 10000, 100000}, {32, 64, 128, 256, 512}, {8, 16, 24, 32, 40}};

typedef struct {
  PetscInt count;
  PetscReal cells[ROWS], step_ms[ROWS], kept_ms[ROWS], ratio[ROWS], factoring[ROWS];
} Table;

/* The same step by multigrid [0] and by factors [1]. */
static PetscErrorCode MakeWays(OttoGrid grid, OttoGenerator generator, PetscReal dt,
                               OttoBenchStep way[2])
{
  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    way[k] = (OttoBenchStep){.grid = grid, .generator = generator, .dt = dt};
    PetscCall(OttoResolventCreate(generator, &way[k].resolvent));
    PetscCall(
        OttoResolventSetFactors(way[k].resolvent, k ? OTTO_FACTORS_ALWAYS : OTTO_FACTORS_NEVER));
    PetscCall(OttoResolventSetShift(way[k].resolvent, 1 / dt));
    PetscCall(OttoBenchStepFields(&way[k]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode AddRow(OttoGrid grid, OttoGenerator generator, PetscReal dt, PetscInt rounds,
                             Table *t)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscInt k = t->count++;
  OttoBenchStep way[2];

  PetscFunctionBegin;
  PetscCall(MakeWays(grid, generator, dt, way));
  OttoBenchItem items[2] = {{.run = OttoBenchStepSolve, .context = &way[0]},
                            {.run = OttoBenchStepSolve, .context = &way[1]}};
  PetscReal first = -MPI_Wtime();
  PetscCall(OttoBenchStepSolve(&way[1]));
  first += MPI_Wtime();
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCall(OttoBenchRun(grid, rounds, 2, items));
  t->cells[k] = (PetscReal)g->cells;
  t->step_ms[k] = 1e3 * items[0].best;
  t->kept_ms[k] = 1e3 * items[1].best;
  t->ratio[k] = items[0].best / items[1].best;
  t->factoring[k] = (first - items[1].best) / items[0].best;
  PetscCall(PetscPrintf(g->comm, "  %10" PetscInt64_FMT " %12.3f %12.3f %8.1f %22.1f\n", g->cells,
                        (double)t->step_ms[k], (double)t->kept_ms[k], (double)t->ratio[k],
                        (double)t->factoring[k]));
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoResolventDestroy(&way[i].resolvent));
    PetscCall(OttoBenchStepFieldsDestroy(&way[i]));
  }
  PetscFunctionReturn(0);
}

/* Free diffusion in the same box, on n cells along every axis. */
static PetscErrorCode AddSize(const OttoGridInfo *g, PetscInt64 n, PetscReal dt, PetscInt rounds,
                              Table *t)
{
  PetscInt64 cells[OTTO_MAX_DIM];
  OttoGenerator generator;
  OttoGrid grid;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) cells[j] = n;
  PetscCall(OttoGridCreate(g->comm, &grid));
  PetscCall(OttoGridSetBox(grid, g->dim, cells, g->lower, g->upper, g->boundary));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(OttoGeneratorCreate(grid, &generator));
  PetscCall(OttoGeneratorSetUp(generator));
  PetscCall(AddRow(grid, generator, dt, rounds, t));
  PetscCall(OttoGeneratorDestroy(&generator));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchCrossover(OttoRecord record, const OttoBenchStep *s, PetscInt rounds)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscInt from = OttoResolventFactorsFrom(s->resolvent);
  char choice[80];
  Table t = {0};

  PetscFunctionBegin;
  if (from >= 0)
    snprintf(choice, sizeof choice, "kept factors after %d solves with one shift", (int)from);
  else
    snprintf(choice, sizeof choice, "no factors on this grid, or with these keys");
  PetscCall(PetscPrintf(g->comm, "  steps of one size: %s\n  %10s %12s %12s %8s %22s\n", choice,
                        "cells", "step, ms", "factors, ms", "ratio", "making them, in steps"));
  if (from >= 0) PetscCall(AddRow(s->grid, s->generator, s->dt, rounds, &t));
  for (PetscInt k = 0; k < ROWS && sides[g->dim - 1][k]; k++) {
    const PetscInt64 n = sides[g->dim - 1][k];
    const PetscReal cells = pow((PetscReal)n, (PetscReal)g->dim);
    const PetscReal ratio = cells / (PetscReal)g->cells;
    if (ratio <= AROUND && ratio >= 1. / AROUND && n >= g->size && t.count < ROWS)
      PetscCall(AddSize(g, n, s->dt, rounds, &t));
  }
  PetscCall(OttoRecordResultText(record, "factors", choice));
  PetscCall(OttoRecordResultList(record, "crossover_cells", t.count, t.cells));
  PetscCall(OttoRecordResultList(record, "crossover_step_ms", t.count, t.step_ms));
  PetscCall(OttoRecordResultList(record, "crossover_factors_ms", t.count, t.kept_ms));
  PetscCall(OttoRecordResultList(record, "crossover_ratio", t.count, t.ratio));
  PetscCall(OttoRecordResultList(record, "crossover_factoring", t.count, t.factoring));
  PetscFunctionReturn(0);
}
