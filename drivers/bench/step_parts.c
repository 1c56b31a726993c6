/* What bench fokker_planck times: an implicit step, its set-up, and the matrix application that
 * both are measured in. */
#include "bench.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

/* 15 T Π cos(2πx), x from 0 to 1 along every axis of the box: wells 30 T deep. */
static PetscErrorCode DefaultPotential(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  char formula[400];
  const char *set;
  PetscReal T = 1;
  size_t used;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "potential_type", &set));
  if (set) PetscFunctionReturn(0);
  PetscCall(OttoOptionsGetReal(NULL, "temperature", -INFINITY, INFINITY, &T, NULL));
  used = (size_t)snprintf(formula, sizeof formula, "15*%.17g", (double)T);
  for (PetscInt j = 0; j < g->dim && used < sizeof formula; j++)
    used +=
        (size_t)snprintf(formula + used, sizeof formula - used, "*cos(2*_pi*(x%d-(%.17g))/%.17g)",
                         (int)j + 1, (double)g->lower[j], (double)(g->upper[j] - g->lower[j]));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_type", "formula"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_formula", formula));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchWaves(const OttoGridInfo *g, Vec p)
{
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(p, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM], product = 0.8;
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++)
      product *= sin(1 + 2 * PETSC_PI * (x[j] - g->lower[j]) / (g->upper[j] - g->lower[j]));
    a[c] = 1 + product;
  }
  PetscCall(VecRestoreArray(p, &a));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchStepFields(OttoBenchStep *s)
{
  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &s->p));
  PetscCall(OttoFieldCreate(s->grid, &s->f));
  PetscCall(OttoFieldCreate(s->grid, &s->x));
  PetscCall(OttoFieldCreate(s->grid, &s->image));
  PetscCall(OttoBenchWaves(OttoGridGetInfo(s->grid), s->p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchStepFieldsDestroy(OttoBenchStep *s)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&s->p));
  PetscCall(VecDestroy(&s->f));
  PetscCall(VecDestroy(&s->x));
  PetscCall(VecDestroy(&s->image));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchStepCreateOn(OttoGrid grid, OttoBenchStep *s)
{
  Vec W;
  PC pc;

  PetscFunctionBegin;
  s->dt = 1;
  PetscCall(OttoOptionsGetReal(NULL, "bench_dt", 1e-300, 1e300, &s->dt, NULL));
  s->grid = grid;
  PetscCall(DefaultPotential(s->grid));
  PetscCall(OttoGeneratorCreate(s->grid, &s->generator));
  PetscCall(OttoGeneratorSetFromOptions(s->generator));
  PetscCall(OttoGeneratorSetUp(s->generator));
  PetscCall(OttoResolventCreate(s->generator, &s->resolvent));
  PetscCall(OttoResolventSetFromOptions(s->resolvent));
  PetscCall(OttoResolventSetShift(s->resolvent, 1 / s->dt));
  PetscCall(OttoResolventGetOperators(s->resolvent, &s->A, &W, &pc));
  PetscCall(OttoBenchStepFields(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchStepCreate(MPI_Comm comm, OttoBenchStep *s)
{
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(comm, &grid));
  s->grid = grid; /* OttoBenchStepDestroy() frees it, whatever fails */
  PetscCall(OttoGridSetFromOptions(grid));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(OttoBenchStepCreateOn(grid, s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchStepDestroy(OttoBenchStep *s)
{
  PetscFunctionBegin;
  PetscCall(OttoBenchStepFieldsDestroy(s));
  PetscCall(OttoResolventDestroy(&s->resolvent));
  PetscCall(OttoGeneratorDestroy(&s->generator));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchStepBytes(OttoBenchStep *s, PetscReal *per_cell)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal bytes =
      (PetscReal)OttoResolventBytes(s->resolvent) + (PetscReal)OttoGeneratorBytes(s->generator);

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPIU_REAL, MPI_SUM, g->comm));
  *per_cell = bytes / (PetscReal)g->cells;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchStepMatMult(void *c)
{
  OttoBenchStep *s = (OttoBenchStep *)c;
  return MatMult(s->A, s->p, s->image);
}

PetscErrorCode OttoBenchStepSolve(void *c)
{
  OttoBenchStep *s = (OttoBenchStep *)c;

  PetscFunctionBegin;
  PetscCall(VecCopy(s->p, s->x));
  PetscCall(VecCopy(s->p, s->f));
  PetscCall(VecScale(s->f, 1 / s->dt));
  PetscCall(OttoResolventSolveDensity(s->resolvent, s->f, s->x, &s->report));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchStepShift(void *c)
{
  OttoBenchStep *s = (OttoBenchStep *)c;

  PetscFunctionBegin;
  PetscCall(OttoResolventSetShift(s->resolvent, 1.01 / s->dt));
  PetscCall(OttoResolventSetShift(s->resolvent, 1 / s->dt));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchStepSetUp(void *c)
{
  OttoBenchStep *s = (OttoBenchStep *)c;
  OttoResolvent other;

  PetscFunctionBegin;
  PetscCall(OttoResolventCreate(s->generator, &other));
  PetscCall(OttoResolventSetFromOptions(other));
  PetscCall(OttoResolventSetShift(other, 1 / s->dt));
  PetscCall(OttoResolventDestroy(&other));
  PetscFunctionReturn(0);
}
