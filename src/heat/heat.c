#include "heat_impl.h"
#include <otto/options.h>
#include <otto/transform.h>
#include <math.h>

#define OTTO_HEAT(name, Name, formula, source) extern const OttoHeatOps OttoHeatOps_##Name;
#include "heat.def"
#undef OTTO_HEAT

static const OttoHeatOps *const kernels[] = {
#define OTTO_HEAT(name, Name, formula, source) &OttoHeatOps_##Name,
#include "heat.def"
#undef OTTO_HEAT
};

const char *const OttoHeatKernels[] = {
#define OTTO_HEAT(name, Name, formula, source) name,
#include "heat.def"
#undef OTTO_HEAT
    NULL};

PetscErrorCode OttoHeatList(MPI_Comm comm)
{
  PetscFunctionBegin;
#define OTTO_HEAT(name, Name, formula, source)                                                     \
  PetscCall(PetscPrintf(comm, "  %-16s %s\n  %-16s (%s)\n", name, formula, "", source));
#include "heat.def"
#undef OTTO_HEAT
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatCreate(OttoGrid grid, OttoHeat *heat)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(heat));
  (*heat)->grid = grid;
  (*heat)->g = OttoGridGetInfo(grid);
  (*heat)->ops = kernels[0];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatSetType(OttoHeat heat, const char *kernel)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  PetscCheck(!heat->is_setup, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "the kernel is set up");
  PetscCall(OttoFindName("heat_kernel", kernel, OttoHeatKernels, &index));
  heat->ops = kernels[index];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatSetFromOptions(OttoHeat heat)
{
  PetscInt index = 0;
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetChoice(NULL, "heat_kernel", OttoHeatKernels, &index, &set));
  if (set) PetscCall(OttoHeatSetType(heat, OttoHeatKernels[index]));
  heat->from_options = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatSetUp(OttoHeat heat)
{
  const OttoGridInfo *g = heat->g;

  PetscFunctionBegin;
  if (heat->is_setup) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < g->dim; j++) {
    OttoCheckInput(
        g->boundary[j] != OTTO_BOUNDARY_ABSORBING,
        "grid_boundary: absorbing (axis %d) is not possible with heat_kernel %s; periodic, "
        "no_flux, or open with gaussian_exact",
        (int)j + 1, heat->ops->name);
    OttoCheckInput(
        g->boundary[j] != OTTO_BOUNDARY_OPEN || heat->ops == &OttoHeatOps_GaussianExact,
        "heat_kernel: %s cannot serve grid_boundary open (axis %d); use gaussian_exact, or "
        "a periodic or no_flux axis",
        heat->ops->name, (int)j + 1);
  }
  PetscCall(heat->ops->setup(heat));
  heat->is_setup = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatDestroy(OttoHeat *heat)
{
  PetscFunctionBegin;
  if (!*heat) PetscFunctionReturn(0);
  if ((*heat)->data) PetscCall((*heat)->ops->destroy(*heat));
  PetscCall(PetscFree(*heat));
  PetscFunctionReturn(0);
}

PetscBool OttoHeatIsSetUp(OttoHeat heat)
{
  return heat->is_setup;
}

const char *OttoHeatGetType(OttoHeat heat)
{
  return heat->ops->name;
}

PetscBool OttoHeatIsExact(OttoHeat heat)
{
  return heat->ops->exact;
}

PetscBool OttoHeatIsLattice(OttoHeat heat)
{
  return heat->ops->lattice;
}

PetscBool OttoHeatNeedsLog(OttoHeat heat, PetscReal t)
{
  return heat->ops->needs_log && t > 0 ? heat->ops->needs_log(heat, t) : PETSC_FALSE;
}

void OttoHeatForceLog(OttoHeat heat, PetscBool force)
{
  heat->force_log = force;
}

PetscErrorCode OttoHeatSourceCreate(OttoHeat heat, Vec p0, OttoHeatSource *source)
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  PetscCall(PetscNew(source));
  (*source)->heat = heat;
  PetscCall(heat->ops->source_create(heat, p0, *source));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatSourceDestroy(OttoHeatSource *source)
{
  PetscFunctionBegin;
  if (!*source) PetscFunctionReturn(0);
  PetscCall(VecDestroy(&(*source)->p0));
  PetscCall(OttoSpectrumDestroy(&(*source)->spectrum));
  PetscCall(PetscFree(*source));
  PetscFunctionReturn(0);
}

size_t OttoHeatSourceBytes(OttoHeatSource source)
{
  return sizeof *source + (source->spectrum ? OttoSpectrumBytes(source->spectrum) : 0);
}

PetscErrorCode OttoHeatRoughness(OttoHeat heat, OttoHeatSource source, Vec p0, PetscReal *roughness)
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  *roughness = INFINITY;
  if (!heat->ops->exact) PetscCall(OttoHeatRoughness_Fourier(heat, source, p0, roughness));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckTime(PetscReal t, PetscBool positive)
{
  PetscFunctionBegin;
  PetscCheck(isfinite(t) && (positive ? t > 0 : t >= 0), PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "time %g; it must be finite and %s", (double)t, positive ? "above 0" : "at least 0");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatApply(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p, Vec log_p)
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  PetscCall(CheckTime(t, PETSC_FALSE));
  PetscCheck(!log_p || heat->ops->exact, PETSC_COMM_SELF, PETSC_ERR_SUP,
             "logarithms come from the exact kernels only, not from %s", heat->ops->name);
  PetscCall(heat->ops->apply(heat, source, t, p, log_p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatScore(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p, Vec log_p,
                             PetscInt axis, Vec score)
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  PetscCall(CheckTime(t, heat->ops->exact)); /* smooth data have their scores and rates at 0 too */
  PetscCheck(heat->ops->score, PETSC_COMM_SELF, PETSC_ERR_SUP, "kernel %s has no score",
             heat->ops->name);
  PetscCheck(axis >= 0 && axis < heat->g->dim, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "no axis %d", (int)axis);
  PetscCall(heat->ops->score(heat, source, t, p, log_p, axis, score));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatRate(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p, Vec log_p,
                            Vec rate)
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  PetscCall(CheckTime(t, heat->ops->exact)); /* smooth data have their scores and rates at 0 too */
  PetscCall(heat->ops->rate(heat, source, t, p, log_p, rate));
  PetscFunctionReturn(0);
}

size_t OttoHeatBytes(OttoHeat heat)
{
  return heat->is_setup ? heat->ops->bytes(heat) : 0;
}
