/* How a run of gradient-flow is set up and taken down. */
#include "problem.h"
#include <otto/options.h>
#include <math.h>
#include <string.h>

#define KEPT_FIELDS 10 /* in a checkpoint, at most: densities of all runs */

/* Per cell, measured: densities, Newton's matrix and its multigrid or what W2 takes, of the run and
 * of that beside it; of jko with an interaction beside. */
static PetscErrorCode BytesPerCell(const OttoGradientLaw *law, PetscInt dim, PetscReal *bytes)
{
  static const PetscReal per_cell[][2] = {[OTTO_SCHEME_IMPLICIT] = {1400, 1800},
                                          [OTTO_SCHEME_SEMI_IMPLICIT] = {1200, 1800},
                                          [OTTO_SCHEME_JKO] = {500, 700},
                                          [OTTO_SCHEME_LJKO] = {2000, 4500}};
  static const PetscReal interaction[2] = {260, 300};
  const char *type = NULL;

  PetscFunctionBegin;
  *bytes = per_cell[law->scheme][dim == 3];
  PetscCall(OttoOptionsGetText(NULL, "energy_interaction_type", &type));
  if (law->scheme == OTTO_SCHEME_JKO && type && strcmp(type, "none"))
    *bytes += interaction[dim == 3];
  PetscFunctionReturn(0);
}

/* Axes that the energy and the flow serve. */
static PetscErrorCode MakeGrid(OttoGradientRun *s)
{
  OttoGrid *grid = &s->law.grid;
  PetscReal bytes = 0;

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetFromOptions(*grid));
  PetscCall(OttoGridSetUp(*grid));
  const OttoGridInfo *g = OttoGridGetInfo(*grid);
  OttoCheckInput(g->dim <= 3, "grid_n: %d axes; gradient-flow takes 1 to 3", (int)g->dim);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(
        g->boundary[j] == OTTO_BOUNDARY_PERIODIC || g->boundary[j] == OTTO_BOUNDARY_NO_FLUX,
        "grid_boundary: %s on axis %d; gradient-flow takes periodic and no_flux: mass is "
        "kept",
        g->boundary[j] == OTTO_BOUNDARY_OPEN ? "open" : "absorbing", (int)j + 1);
  PetscCall(OttoGradientReadScheme(&s->law));
  PetscCall(BytesPerCell(&s->law, g->dim, &bytes));
  PetscCall(OttoRunNeedMemory(*grid, bytes * OttoSpaceMemory(*grid)));
  PetscFunctionReturn(0);
}

/* A density, none of whose mass is in a closed cell. */
static PetscErrorCode MakeDensity(OttoGradientRun *s, int b, Vec *density)
{
  const char *const prefix = b ? "q_" : "p_";
  OttoEnergyParts parts;

  PetscFunctionBegin;
  PetscCall(OttoDensityCreate(s->law.grid, prefix, density, &s->report[b]));
  PetscCall(OttoFieldIntegral(s->law.grid, *density, &s->law.mass[b]));
  PetscCall(OttoEnergyEvaluate(s->law.energy, *density, &parts));
  OttoCheckInput(isfinite(parts.total),
                 "%sdensity: its energy is %g: some of its mass is where the potential is infinite "
                 "(closed cells)",
                 prefix, (double)parts.total);
  PetscFunctionReturn(0);
}

static PetscReal Bytes(const OttoGradientRun *s, const OttoTimes *times)
{
  PetscInt samples = 0;

  for (PetscInt k = 0; k < times->count; k++) samples += times->save[k];
  const PetscReal files = OttoStorageBytes(s->law.grid, samples, 5 * samples) +
                          800 * (PetscReal)times->count + OttoRunMarginalBytes(s->law.grid, times);
  return OttoRunDiskBytes(s->run, s->law.grid, KEPT_FIELDS, files);
}

PetscErrorCode OttoGradientPrepare(const char *input, OttoGradientRun *s)
{
  static const char *const answers[] = {"energy", "dissipation", "second_moment", "kl", "tv"};
  static const OttoTimesDefaults defaults = {.spacing = OTTO_SPACING_LINEAR}; /* from 0 */
  const char *q = NULL;
  OttoTimes *times;

  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "gradient-flow", input, &s->record));
  PetscCall(OttoRunCreate(s->record, &defaults, &s->run));
  PetscCall(OttoRunSetKeepFunction(s->run, OttoGradientKeep, s));
  times = OttoRunGetTimes(s->run);
  PetscCall(OttoOptionsGetText(NULL, "q_density", &q));
  PetscCall(MakeGrid(s));
  PetscCall(OttoRunSetStorage(s->run, s->law.grid, "fields", &s->storage));
  PetscCall(OttoRunMarginalsFromOptions(s->law.grid, times));
  PetscCall(OttoGradientLawCreate(s->law.grid, NULL, &s->law));
  if (s->law.scheme == OTTO_SCHEME_JKO)
    PetscCall(OttoRecordBoundBy(s->record, "optimality", "jko_gap"));
  PetscCall(MakeDensity(s, 0, &s->law.p));
  if (q) PetscCall(MakeDensity(s, 1, &s->law.q));
  PetscCall(OttoGradientLawBegin(&s->law));
  PetscCall(OttoRecordCheckFolder(s->record, Bytes(s, times)));
  PetscCall(OttoRunColumnsCreate(s->law.grid, q ? OTTO_GRADIENT_COLUMNS : OTTO_GRADIENT_ALONE,
                                 OttoGradientColumns, q ? 2 : 1, &s->columns));
  PetscCall(OttoGradientSteppingCreate(s->record, &s->law, times, &s->stepping));
  PetscCall(
      OttoGradientSpaceCreate(s->record, &s->law, s->stepping, times->count, s->report, &s->space));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoRecordOpen(s->record, s->columns.count, s->columns.column, Bytes(s, times)));
  PetscCall(OttoRecordAnswers(s->record, q ? 5 : 3, answers));
  PetscCall(OttoGradientDescribe(s));
  PetscCall(OttoRunDescribeInput(s->record, s->law.grid, "p_", &s->report[0].input));
  if (q) PetscCall(OttoRunDescribeInput(s->record, s->law.grid, "q_", &s->report[1].input));
  PetscCall(OttoRunDescribeInput(s->record, s->law.grid, "potential_",
                                 OttoPotentialGetInput(OttoEnergyGetPotential(s->law.energy))));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientKeep(OttoKeep keep, PetscInt k, PetscReal t, void *context)
{
  OttoGradientRun *s = (OttoGradientRun *)context;

  PetscFunctionBegin;
  (void)k;
  PetscCall(OttoGradientSpaceKeep(&s->space, keep));
  PetscCall(OttoGradientSteppingKeep(s->stepping, keep));
  PetscCall(OttoGradientStepsKeep(&s->steps, keep));
  PetscCall(OttoKeepReal(keep, "virial_scale", &s->virial_scale));
  if (OttoKeepTakes(keep)) PetscCall(OttoGradientSampleTake(&s->law, t, &s->previous));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientDestroy(OttoGradientRun *s)
{
  PetscFunctionBegin;
  if (s->storage) PetscCall(OttoStorageClose(&s->storage));
  PetscCall(OttoGradientSpaceDestroy(&s->space));
  PetscCall(OttoGradientSteppingDestroy(&s->stepping));
  PetscCall(OttoGradientLawDestroy(&s->law));
  PetscCall(OttoRunDestroy(&s->run));
  PetscCall(OttoRecordDestroy(&s->record));
  PetscCall(OttoRunColumnsDestroy(&s->columns));
  PetscCall(OttoGridDestroy(&s->law.grid));
  PetscFunctionReturn(0);
}
