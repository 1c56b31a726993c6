/* How a run of convective-entropy is set up and taken down. */
#include "problem.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Per cell, measured: both flow maps with their derivatives, densities, logarithms, the heat
 * kernel's sources; of the run and of that with half the tolerance. */
static PetscReal BytesPerCell(PetscInt dim, PetscBool is_map)
{
  const PetscReal maps = 2 * 8 * (PetscReal)(dim + dim * dim + 2), fields = 8 * 16;

  return (maps + fields) * (is_map ? 1 : 2);
}

static PetscErrorCode MakeGrid(OttoConvectiveRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &s->grid));
  PetscCall(OttoGridSetFromOptions(s->grid));
  PetscCall(OttoGridSetUp(s->grid));
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoCheckInput(g->dim <= OTTO_DYNAMICS_MAX_DIM,
                 "grid_n: %d axes; convective-entropy takes 1 to %d", (int)g->dim,
                 OTTO_DYNAMICS_MAX_DIM);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(!OttoBoundaryAbsorbs(g->boundary[j], 0),
                   "grid_boundary: absorbing; convective-entropy takes periodic, no_flux or open");
  PetscFunctionReturn(0);
}

/* push_forward: exact where the density is a function, else by interpolation. */
static PetscErrorCode ReadPush(OttoConvectiveRun *s, const OttoDensityFunction function,
                               OttoConvectiveSettings *settings)
{
  static const char *const choices[] = {"auto", "exact", "interpolation", "remap", NULL};
  PetscInt choice = 0;
  PetscInt64 parts = 2;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetChoice(NULL, "push_forward", choices, &choice, NULL));
  PetscCall(OttoOptionsGetInt(NULL, "push_forward_parts", 1, 16, &parts, NULL));
  OttoCheckInput(
      choice != 1 || function,
      "push_forward: exact; the density %s, as it is given here, has values in cells alone: "
      "interpolation or remap",
      s->density.type);
  settings->push = choice == 0   ? (function ? OTTO_PUSH_EXACT : OTTO_PUSH_INTERPOLATION)
                   : choice == 1 ? OTTO_PUSH_EXACT
                   : choice == 2 ? OTTO_PUSH_INTERPOLATION
                                 : OTTO_PUSH_REMAP;
  settings->parts = (PetscInt)parts;
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadKernel(OttoConvectiveSettings *settings)
{
  const char *choices[OTTO_CONVECTIVE_KERNELS + 2] = {"auto"};
  PetscInt i = 0;

  PetscFunctionBegin;
  for (int k = 0; k < OTTO_CONVECTIVE_KERNELS; k++) choices[k + 1] = OttoConvectiveKernels[k];
  PetscCall(OttoOptionsGetChoice(NULL, "heat_kernel", choices, &i, NULL));
  settings->kernel = i - 1;
  PetscFunctionReturn(0);
}

/* smoothing_times: above 0, distinct, and such that the grid has them. */
static PetscErrorCode ReadSmoothing(OttoConvectiveRun *s)
{
  PetscReal least;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals(NULL, "smoothing_times", &s->count, &s->s));
  OttoCheckInput(s->count > 0,
                 "smoothing_times: missing; the times s of the heat semigroup, length squared");
  for (PetscInt i = 0; i < s->count; i++) {
    OttoCheckInput(s->s[i] > 0 && s->s[i] <= PETSC_MAX_REAL,
                   "smoothing_times: %g; it must be above 0", (double)s->s[i]);
    for (PetscInt j = 0; j < i; j++)
      OttoCheckInput(s->s[i] != s->s[j], "smoothing_times: %g stands there twice", (double)s->s[i]);
    OttoCheckInput(
        OttoConvectiveCaseServes(&s->fine, s->s[i], &least),
        "smoothing_times: %g is below what the grid resolves with this kernel: %g at least "
        "(a width sqrt(2s) of %s cells), or a finer grid_n",
        (double)s->s[i], (double)least, s->fine.settings.kernel == 0 ? "1.5" : "0.1");
  }
  PetscFunctionReturn(0);
}

/* Before anything as large as the grid is made. */
static PetscErrorCode NeedMemory(OttoConvectiveRun *s)
{
  OttoDynamics dynamics;

  PetscFunctionBegin;
  PetscCall(OttoDynamicsCreate(s->grid, &dynamics));
  const PetscBool is_map = OttoDynamicsIsMap(dynamics);
  PetscCall(OttoDynamicsDestroy(&dynamics));
  PetscCall(OttoRunNeedMemory(s->grid, BytesPerCell(OttoGridGetInfo(s->grid)->dim, is_map) *
                                           OttoSpaceMemory(s->grid)));
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeCase(OttoConvectiveRun *s)
{
  OttoConvectiveSettings settings = {.tolerance = 1e-10, .steps = 1};
  OttoDensityFunction function = NULL;
  Vec phi;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "dynamics_tolerance", 1e-14, 1e-1, &settings.tolerance, NULL));
  PetscCall(OttoDensityCreate(s->grid, "p_", &phi, &s->density));
  PetscCall(OttoDensityFunctionCreate(s->grid, "p_", &s->density, &function));
  PetscCall(ReadPush(s, function, &settings));
  PetscCall(ReadKernel(&settings));
  PetscCall(OttoConvectiveCaseCreate(s->grid, phi, function, &settings, &s->fine));
  OttoCheckInput(
      OttoDynamicsIsInvertible(s->fine.dynamics) || settings.push == OTTO_PUSH_REMAP,
      "dynamics_inverse: missing; a density is carried by asking where its points came from "
      "(push_forward: remap does not)");
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeRun(OttoConvectiveRun *s)
{
  PetscReal *t = NULL;
  PetscInt count = 0;

  PetscFunctionBegin;
  PetscCall(OttoDynamicsTimes(s->fine.dynamics, &count, &t));
  PetscCall(OttoRunCreateList(s->record, count, t, s->count, &s->run));
  PetscCall(PetscFree(t));
  PetscCall(OttoRunSetKeepFunction(s->run, OttoConvectiveKeep, s));
  PetscCall(OttoRunSetStorage(s->run, s->grid, "fields", &s->storage));
  PetscCall(PetscMalloc4(count, &s->history.t, count, &s->history.coefficient, count,
                         &s->history.contraction, count, &s->history.inverse));
  PetscFunctionReturn(0);
}

static PetscReal Bytes(const OttoConvectiveRun *s)
{
  const OttoTimes *times = OttoRunGetTimes(s->run);
  const PetscInt dim = OttoGridGetInfo(s->grid)->dim;
  PetscInt samples = 0;

  for (PetscInt k = 0; k < times->count; k++) samples += times->save[k];
  const PetscInt tensor = s->cauchy_green ? dim * (dim + 1) : 0;
  const PetscReal files = OttoStorageBytes(s->grid, samples, samples * (3 + 4 * dim + tensor)) +
                          800 * (PetscReal)times->count * (PetscReal)s->count;
  return OttoRunDiskBytes(s->run, s->grid, 4 * (dim + dim * dim + 3), files); /* two maps, twice */
}

PetscErrorCode OttoConvectivePrepare(const char *input, OttoConvectiveRun *s)
{
  static const char *const answers[] = {"upsilon", "coefficient", "ftle_max", "ftle_mean"};

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "convective-entropy", input, &s->record));
  PetscCall(MakeGrid(s));
  PetscCall(NeedMemory(s));
  PetscCall(MakeCase(s));
  PetscCall(OttoOptionsGetBool(NULL, "output_cauchy_green", &s->cauchy_green, NULL));
  PetscCall(ReadSmoothing(s));
  PetscCall(MakeRun(s));
  PetscCall(OttoRecordCheckFolder(s->record, Bytes(s)));
  PetscCall(OttoConvectiveErrorsCreate(s->record, &s->fine, &s->density, &s->errors));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(s->record, OTTO_CONVECTIVE_COLUMNS, OttoConvectiveColumns, Bytes(s)));
  PetscCall(OttoRecordAnswers(s->record, 4, answers));
  PetscCall(OttoConvectiveDescribe(s));
  PetscCall(OttoRunDescribeInput(s->record, s->grid, "p_", &s->density.input));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveKeep(OttoKeep keep, PetscInt k, PetscReal t, void *context)
{
  OttoConvectiveRun *s = (OttoConvectiveRun *)context;
  OttoConvectiveHistory *h = &s->history;

  PetscFunctionBegin;
  (void)t;
  h->count = k + 1;
  PetscCall(OttoKeepBegin(keep, "history", -1));
  PetscCall(OttoKeepReals(keep, "t", h->count, h->t));
  PetscCall(OttoKeepReals(keep, "coefficient", h->count, h->coefficient));
  PetscCall(OttoKeepReals(keep, "contraction", h->count, h->contraction));
  PetscCall(OttoKeepReals(keep, "inverse", h->count, h->inverse));
  PetscCall(OttoKeepEnd(keep));
  PetscCall(OttoKeepText(keep, "kernels", sizeof s->kernels, s->kernels));
  PetscCall(OttoKeepReal(keep, "masked_mass", &s->now.start.lost));
  PetscCall(OttoKeepReal(keep, "push_forward_diffusion", &s->now.pushed.diffusion));
  PetscCall(OttoKeepInt64(keep, "push_forward_negative", &s->now.pushed.negative));
  PetscCall(OttoKeepBegin(keep, "case", -1));
  PetscCall(OttoConvectiveCaseKeep(&s->fine, keep));
  PetscCall(OttoKeepEnd(keep));
  PetscCall(OttoConvectiveErrorsKeep(&s->errors, keep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveDestroy(OttoConvectiveRun *s)
{
  PetscFunctionBegin;
  if (s->storage) PetscCall(OttoStorageClose(&s->storage));
  PetscCall(OttoConvectiveErrorsDestroy(&s->errors));
  PetscCall(OttoConvectiveCaseDestroy(&s->fine));
  PetscCall(
      PetscFree4(s->history.t, s->history.coefficient, s->history.contraction, s->history.inverse));
  PetscCall(PetscFree(s->s));
  PetscCall(OttoRunDestroy(&s->run));
  PetscCall(OttoRecordDestroy(&s->record));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}
