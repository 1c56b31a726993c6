/* How a run of transport is set up and taken down. */
#include "distances.h"
#include "report.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Per cell, measured: the solvers of W2, W1 and Sinkhorn side by side, on a grid of 2 axes and of
 * 3, whose energy distance takes 8 times the cells. */
#define BYTES_2D 760
#define BYTES_3D 1100

#define LONGEST 1e45 /* side: squares of volumes are numbers */

/* Both densities are normalised to mass 1. Whose masses, as given, differ are refused, unless they
 * are to be normalised, or an unbalanced distance weighs them. */
static PetscErrorCode WeighMasses(OttoTransportRun *s)
{
  const PetscReal p = s->report[0].mass, q = s->report[1].mass;
  const PetscBool same = fabs(p - q) <= 1e-9 * PetscMax(p, q) ? PETSC_TRUE : PETSC_FALSE;
  PetscBool normalise = PETSC_FALSE;

  PetscFunctionBegin;
  s->keys.mass[0] = s->keys.mass[1] = 1;
  PetscCall(OttoOptionsGetBool(NULL, "transport_normalize", &normalise, NULL));
  OttoCheckInput(
      same || normalise || isfinite(s->keys.reach),
      "transport_normalize: p has mass %g and q %g; equal masses are moved: say yes to scale both "
      "to 1, or give sinkhorn_reach to compare them unbalanced",
      (double)p, (double)q);
  if (!isfinite(s->keys.reach) || normalise) PetscFunctionReturn(0);
  s->keys.mass[0] = p;
  s->keys.mass[1] = q;
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadKeys(OttoTransportRun *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoTransportKeys *k = &s->keys;
  PetscReal side = INFINITY;
  const char *fields = NULL;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) side = PetscMin(side, g->upper[j] - g->lower[j]);
  k->mmd_time = PetscSqr(side / 32);
  PetscCall(OttoOptionsGetReal(NULL, "mmd_time", 0, INFINITY, &k->mmd_time, NULL));
  k->epsilon = 4 * k->mmd_time;
  k->reach = INFINITY;
  PetscCall(OttoOptionsGetReal(NULL, "sinkhorn_epsilon", 0, INFINITY, &k->epsilon, NULL));
  PetscCall(OttoOptionsGetReal(NULL, "sinkhorn_reach", 0, INFINITY, &k->reach, NULL));
  OttoCheckInput(k->epsilon > 0, "sinkhorn_epsilon: %g; it must be above 0 (4 mmd_time by default)",
                 (double)k->epsilon);
  OttoCheckInput(k->reach > 0, "sinkhorn_reach: 0; it must be above 0");
  k->renyi_order = 0.5;
  PetscCall(OttoOptionsGetReal(NULL, "renyi_order", 0, INFINITY, &k->renyi_order, NULL));
  OttoCheckInput(k->renyi_order > 0, "renyi_order: 0; it must be above 0");
  PetscCall(OttoOptionsGetInt(NULL, "transport_frames", 0, 1000, &s->frames, NULL));
  OttoCheckInput(s->frames != 1, "transport_frames: 1; two at least: p, and where it is carried");
  PetscCall(OttoOptionsGetText(NULL, "output_fields", &fields));
  OttoCheckInput(!fields || !strcmp(fields, "all") || !strcmp(fields, "none"),
                 "output_fields: '%.100s'; transport writes all its fields, or none", fields);
  s->fields = fields && !strcmp(fields, "none") ? PETSC_FALSE : PETSC_TRUE;
  OttoCheckInput(s->fields || !s->frames,
                 "transport_frames: %d, but output_fields is none: frames are fields",
                 (int)s->frames);
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeGrid(OttoTransportRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &s->grid));
  PetscCall(OttoGridSetFromOptions(s->grid));
  PetscCall(OttoGridSetUp(s->grid));
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoCheckInput(g->dim <= 3, "grid_n: %d axes; transport takes 1 to 3", (int)g->dim);
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal side = g->upper[j] - g->lower[j];
    OttoCheckInput(!OttoBoundaryAbsorbs(g->boundary[j], 0),
                   "grid_boundary: absorbing; transport takes periodic, no_flux or open");
    OttoCheckInput(side >= 1 / LONGEST && side <= LONGEST,
                   "grid_lower, grid_upper: axis %d is %g long; transport squares lengths and "
                   "densities, and takes %g to %g",
                   (int)j + 1, (double)side, 1 / LONGEST, LONGEST);
  }
  PetscCall(
      OttoRunNeedMemory(s->grid, (g->dim == 3 ? BYTES_3D : BYTES_2D) * OttoSpaceMemory(s->grid)));
  PetscFunctionReturn(0);
}

/* Distances are measured before the sweep; divergences and samples are found again. */
static PetscErrorCode Keep(OttoKeep keep, PetscInt k, PetscReal t, void *context)
{
  OttoTransportRun *s = (OttoTransportRun *)context;
  OttoTransportNumbers *n = &s->numbers;
  const OttoPair pair = {.p = s->p, .q = s->q};

  PetscFunctionBegin;
  (void)t;
  PetscCall(OttoKeepBegin(keep, "distances", -1));
  PetscCall(OttoKeepReal(keep, "w2_lower", &n->w2.lower));
  PetscCall(OttoKeepReal(keep, "w2_upper", &n->w2.upper));
  PetscCall(OttoKeepReal(keep, "w1_lower", &n->w1.lower));
  PetscCall(OttoKeepReal(keep, "w1_upper", &n->w1.upper));
  PetscCall(OttoKeepReal(keep, "sinkhorn", &n->sinkhorn.divergence));
  PetscCall(OttoKeepReal(keep, "sinkhorn_error", &n->sinkhorn.error));
  PetscCall(OttoKeepReal(keep, "mmd2", &n->mmd2));
  PetscCall(OttoKeepReal(keep, "energy_distance", &n->energy_distance));
  PetscCall(OttoKeepReal(keep, "h_minus_1", &n->h_minus_1));
  PetscCall(OttoKeepEnd(keep));
  if (!OttoKeepTakes(keep)) PetscFunctionReturn(0);
  PetscCall(OttoDivergenceCompute(s->grid, &pair, OTTO_MASK_ALL, s->keys.renyi_order, &n->d));
  if (s->sweep.run) PetscCall(OttoTransportSweepTake(&s->sweep, k));
  PetscFunctionReturn(0);
}

/* What is kept between distances and the grid's error where no times are asked for. */
static PetscErrorCode MakeParts(OttoTransportRun *s)
{
  static const PetscReal parts[] = {0, 1};
  PetscBool restart = PETSC_FALSE;
  const char *every = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "checkpoint_every", &every));
  PetscCall(OttoOptionsGetBool(NULL, "restart", &restart, NULL));
  if (s->sweep.run || !(every || restart)) PetscFunctionReturn(0);
  PetscCall(OttoRunCreateList(s->record, 2, parts, 0, &s->parts));
  PetscCall(OttoRunSetKeepFunction(s->parts, Keep, s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportPrepare(const char *input, OttoTransportRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "transport", input, &s->record));
  PetscCall(MakeGrid(s));
  PetscCall(ReadKeys(s));
  PetscCall(OttoRecordBoundBy(s->record, "w2_gap", "transport_gap"));
  PetscCall(OttoRecordBoundBy(s->record, "w1_gap", "w1_gap"));
  PetscCall(OttoRecordBoundBy(s->record, "sinkhorn_marginal", "sinkhorn_tolerance"));
  PetscCall(OttoDensityCreate(s->grid, "p_", &s->p, &s->report[0]));
  PetscCall(OttoDensityCreate(s->grid, "q_", &s->q, &s->report[1]));
  PetscCall(WeighMasses(s));
  PetscCall(OttoTransportSolversCreate(s->grid, &s->keys, &s->solvers));
  const PetscBool smooth = s->report[0].smooth && s->report[1].smooth ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoTransportSweepCreate(s->record, s->grid, s->p, s->q, smooth, &s->sweep));
  if (s->sweep.run) PetscCall(OttoRunSetKeepFunction(s->sweep.run, Keep, s));
  PetscCall(MakeParts(s));
  const OttoRun run = s->parts ? s->parts : s->sweep.run;
  if (run) PetscCall(OttoRunSetStorage(run, s->grid, "fields", &s->storage));
  PetscCall(OttoTransportSpaceCreate(s->record, s->grid, s->p, s->q, s->report, &s->space));
  PetscCall(OttoOptionsCheckUnused());
  PetscCall(OttoTransportOpen(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportDestroy(OttoTransportRun *s)
{
  PetscFunctionBegin;
  PetscCall(OttoSpaceDestroy(&s->space));
  PetscCall(OttoTransportSweepDestroy(&s->sweep));
  PetscCall(OttoRunDestroy(&s->parts));
  PetscCall(OttoTransportSolversDestroy(&s->solvers));
  PetscCall(VecDestroy(&s->p));
  PetscCall(VecDestroy(&s->q));
  PetscCall(OttoRecordDestroy(&s->record));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}
