/* How many Newton and Krylov iterations a step takes, by grid and by energy. */
#include "bench_gradient.h"
#include <otto/options.h>
#include <stdio.h>

PetscErrorCode OttoBenchGradientSizes(OttoGrid grid, PetscInt *count, PetscInt64 n[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *given = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals(NULL, "bench_sizes", count, &given));
  OttoCheckInput(*count <= OTTO_BENCH_CUBES, "bench_sizes: %d sizes; at most %d", (int)*count,
                 OTTO_BENCH_CUBES);
  for (PetscInt k = 0; k < *count; k++) {
    n[k] = (PetscInt64)given[k];
    OttoCheckInput((PetscReal)n[k] == given[k] && n[k] >= PetscMax(g->mesh[0], g->mesh[1]) &&
                       n[k] <= 4096,
                   "bench_sizes: %g; each is a whole number up to 4096, and at least as many as "
                   "there are ranks along an axis",
                   (double)given[k]);
  }
  for (PetscInt k = 0; k < 3 && !given; k++) n[k] = PetscMax(g->n[0] >> (2 - k), g->mesh[0]);
  if (!given) *count = 3;
  PetscCall(PetscFree(given));
  PetscFunctionReturn(0);
}

static const struct {
  const char *name, *internal, *m;
} cases[] = {{"entropy", "entropy", NULL}, {"m2", "power", "2"}, {"m3", "power", "3"}};
#define CASES ((int)(sizeof cases / sizeof cases[0]))

/* A key as it stood, to be put back. */
typedef struct {
  const char *key;
  char was[200];
  PetscBool given;
} Key;

static PetscErrorCode SetKey(Key *k, const char *value)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsGetString(NULL, NULL, k->key, k->was, sizeof k->was, &k->given));
  if (value)
    PetscCall(PetscOptionsSetValue(NULL, k->key, value));
  else
    PetscCall(PetscOptionsClearValue(NULL, k->key));
  PetscFunctionReturn(0);
}

static PetscErrorCode ReturnKey(const Key *k)
{
  PetscFunctionBegin;
  if (k->given)
    PetscCall(PetscOptionsSetValue(NULL, k->key, k->was));
  else
    PetscCall(PetscOptionsClearValue(NULL, k->key));
  PetscFunctionReturn(0);
}

/* The grid's box with n cells along every axis. */
static PetscErrorCode MakeCube(const OttoGridInfo *g, PetscInt64 n, OttoGrid *cube)
{
  const PetscInt64 sides[OTTO_MAX_DIM] = {n, n, n, n, n, n};

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(g->comm, cube));
  PetscCall(OttoGridSetBox(*cube, g->dim, sides, g->lower, g->upper, g->boundary));
  PetscCall(OttoGridSetMesh(*cube, g->mesh[0], g->mesh[1]));
  PetscCall(OttoGridSetUp(*cube));
  PetscFunctionReturn(0);
}

static PetscErrorCode Count(const OttoGridInfo *g, PetscReal dt, PetscInt64 n, PetscReal *newton,
                            PetscReal *krylov)
{
  OttoBenchGradient s;
  OttoGrid cube;

  PetscFunctionBegin;
  PetscCall(MakeCube(g, n, &cube));
  PetscCall(OttoBenchGradientCreate(cube, "gradient_flow", dt, &s));
  PetscCall(OttoBenchGradientStep(&s));
  *newton = (PetscReal)s.step.newton;
  *krylov = (PetscReal)s.step.krylov;
  PetscCall(OttoBenchGradientDestroy(&s));
  PetscCall(OttoGridDestroy(&cube));
  PetscFunctionReturn(0);
}

/* Of one energy, a line. */
static PetscErrorCode CountAll(OttoRecord record, const OttoGridInfo *g, PetscReal dt,
                               PetscInt count, const PetscInt64 n[], const char *name)
{
  PetscReal newton[OTTO_BENCH_CUBES], krylov[OTTO_BENCH_CUBES];
  char key[40];

  PetscFunctionBegin;
  PetscCall(PetscPrintf(g->comm, "  %-14s", name));
  for (PetscInt k = 0; k < count; k++) {
    PetscCall(Count(g, dt, n[k], &newton[k], &krylov[k]));
    PetscCall(PetscPrintf(g->comm, " %5d %5d", (int)newton[k], (int)krylov[k]));
  }
  PetscCall(PetscPrintf(g->comm, "\n"));
  snprintf(key, sizeof key, "newton_%s", name);
  PetscCall(OttoRecordResultList(record, key, count, newton));
  snprintf(key, sizeof key, "krylov_%s", name);
  PetscCall(OttoRecordResultList(record, key, count, krylov));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchGradientCounts(OttoRecord record, OttoGrid grid, PetscReal dt,
                                       PetscInt count, const PetscInt64 n[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal sides[OTTO_BENCH_CUBES];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < count; k++) sides[k] = (PetscReal)n[k];
  PetscCall(OttoRecordResultList(record, "count_sides", count, sides));
  if (!count) PetscFunctionReturn(0);
  PetscCall(
      PetscPrintf(g->comm, "  Newton and Krylov iterations of a step, cells a side:\n  %14s", ""));
  for (PetscInt k = 0; k < count; k++) PetscCall(PetscPrintf(g->comm, " %11d", (int)n[k]));
  PetscCall(PetscPrintf(g->comm, "\n"));
  for (int i = 0; i < CASES; i++) {
    Key internal = {.key = "-energy_internal"}, m = {.key = "-energy_m"};
    PetscCall(SetKey(&internal, cases[i].internal));
    PetscCall(SetKey(&m, cases[i].m));
    PetscErrorCode code = CountAll(record, g, dt, count, n, cases[i].name);
    PetscCall(ReturnKey(&m));
    PetscCall(ReturnKey(&internal));
    PetscCall(code);
  }
  PetscFunctionReturn(0);
}
