/* MATHEMATICS 4.5: V = -T log K_s p with p the histogram of points: its Gibbs state is the tempered
 * histogram. The lattice's own heat kernel, exact in every cell and carried as a logarithm where it
 * must be, keeps V finite however far from the points. */
#include <otto/heat.h>
#include "density/density_impl.h"
#include "potential_impl.h"
#include <math.h>

/* log K_s p in place of the histogram. */
static PetscErrorCode Temper(OttoGrid grid, PetscReal s, PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoHeat heat;
  OttoHeatSource source;
  const PetscScalar *result;
  PetscReal mass = 0;
  const char *path = NULL;
  Vec p0, p, log_p = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "potential_path", &path));
  PetscCall(
      VecCreateMPIWithArray(g->comm, 1, (PetscInt)g->local_cells, (PetscInt)g->cells, values, &p0));
  PetscCall(OttoFieldIntegral(grid, p0, &mass));
  if (!(mass > 0)) PetscCall(VecDestroy(&p0));
  OttoCheckInput(mass > 0, "potential_path: the samples of '%.300s' have no mass", path);
  PetscCall(VecScale(p0, 1 / mass));
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(OttoHeatCreate(grid, &heat));
  PetscCall(OttoHeatSetType(heat, "lattice_exact"));
  PetscCall(OttoHeatSetUp(heat));
  if (OttoHeatNeedsLog(heat, s)) PetscCall(OttoFieldCreate(grid, &log_p));
  PetscCall(OttoHeatSourceCreate(heat, p0, &source));
  PetscCall(OttoHeatApply(heat, source, s, p, log_p));
  PetscCall(OttoHeatSourceDestroy(&source));
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(VecDestroy(&p0));
  PetscCall(VecGetArrayRead(log_p ? log_p : p, &result));
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[c] = log_p ? result[c] : log(result[c]);
  PetscCall(VecRestoreArrayRead(log_p ? log_p : p, &result));
  PetscCall(VecDestroy(&log_p));
  PetscCall(VecDestroy(&p));
  PetscFunctionReturn(0);
}

/* log K_s p of the samples. */
static PetscErrorCode Smooth(OttoGrid grid, PetscReal s, PetscReal values[],
                             OttoDensityFacts *facts)
{
  PetscFunctionBegin;
  PetscCall(OttoDensityFill_samples(grid, "potential_", values, facts));
  PetscCall(Temper(grid, s, values));
  PetscFunctionReturn(0);
}

static PetscErrorCode Fill(OttoGrid grid, PetscReal temperature, PetscReal t, PetscReal values[],
                           OttoInput *input)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscBool set = PETSC_FALSE;
  OttoDensityFacts facts = {.averages = PETSC_FALSE};
  PetscReal s = 0;

  PetscFunctionBegin;
  (void)t;
  PetscCall(OttoOptionsGetReal(NULL, "potential_smoothing", 0, INFINITY, &s, &set));
  OttoCheckInput(set && s > 0,
                 "potential_smoothing: %s; give the heat time by which the histogram of samples is "
                 "tempered (half the variance of a Gaussian), above 0",
                 set ? "0" : "missing");
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(g->boundary[j] == OTTO_BOUNDARY_PERIODIC ||
                       g->boundary[j] == OTTO_BOUNDARY_NO_FLUX,
                   "potential_type: samples needs periodic or no_flux axes; axis %d is %s",
                   (int)j + 1, OttoBoundaries[g->boundary[j]]);
  PetscCall(Smooth(grid, s, values, &facts));
  *input = facts.input;
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[c] *= -temperature;
  PetscFunctionReturn(0);
}

const OttoPotentialOps OttoPotentialOps_Samples = {
    .key = "potential_path",
    .traits = OTTO_POTENTIAL_PERIODIC,
    .fill = Fill,
};
