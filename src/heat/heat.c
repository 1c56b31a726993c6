#include "depth.h"
#include "stage.h"
#include <otto/options.h>
#include <otto/transform.h>
#include <math.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "heat.def"
#undef OTTO_MEMBER
};
#define COUNT ((PetscInt)(sizeof members / sizeof members[0]))

static const OttoHeatOps *const kernels[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoHeatOps_##Ops,
#include "heat.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoHeatFamily = {"heat", "heat_kernel", "heat_kernel", COUNT, members};

static const OttoMember forms[] = {
    [OTTO_FISHER_SPECTRAL] = {"spectral", "scores by the kernel's transform", NULL, {{NULL}}},
    [OTTO_FISHER_FD4] = {"fd4", "fourth-order differences of logarithms", NULL, {{NULL}}},
    [OTTO_FISHER_EDGE] = {"edge",
                          "Bregman sum over the edges of the grid's own chain",
                          NULL,
                          {{NULL}}},
    [OTTO_FISHER_TWEEDIE] = {"tweedie", "scores by Tweedie's formula", "Robbins 1956", {{NULL}}}};
#define FORMS ((PetscInt)(sizeof forms / sizeof forms[0]))
const OttoFamily OttoFisherFamily = {"fisher", "fisher_form", "fisher_form", FORMS, forms};
const char *const OttoFisherForms[] = {"spectral", "fd4", "edge", "tweedie", NULL};

PetscErrorCode OttoHeatCreate(OttoGrid grid, OttoHeat *heat)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(heat));
  (*heat)->grid = grid;
  (*heat)->g = OttoGridGetInfo(grid);
  (*heat)->ops = kernels[0];
  (*heat)->type = members[0].name;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatSetType(OttoHeat heat, const char *kernel)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  PetscCheck(!heat->is_setup, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "the kernel is set up");
  PetscCall(OttoFamilyFind(&OttoHeatFamily, kernel, &index));
  heat->ops = kernels[index];
  heat->type = members[index].name;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatChoose(OttoHeat heat, OttoHeatChoice choice)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  while (kernels[index]->choice != choice) index++;
  PetscCall(OttoHeatSetType(heat, members[index].name));
  PetscFunctionReturn(0);
}

PetscBool OttoHeatIsAuto(OttoHeat heat)
{
  return heat->ops->choice == OTTO_CHOICE_OPEN ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoHeatSetFromOptions(OttoHeat heat)
{
  PetscInt index = 0;
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoFamilyChoose(&OttoHeatFamily, NULL, &index, &set));
  if (set) PetscCall(OttoHeatSetType(heat, members[index].name));
  PetscCall(OttoOptionsGetBool(NULL, "transform_overlap", &heat->overlap, NULL));
  heat->from_options = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatSetOverlap(OttoHeat heat, PetscBool overlap)
{
  PetscFunctionBegin;
  heat->overlap = overlap;
  if (!heat->is_setup || !heat->ops->overlap) PetscFunctionReturn(0);
  const PetscErrorCode code = heat->ops->overlap(heat);
  if (code) heat->overlap = PETSC_FALSE;
  PetscFunctionReturn(code);
}

/* Refuses a boundary that the kernel does not serve, and says which does. */
static PetscErrorCode CheckBoundary(OttoHeat heat, PetscInt j)
{
  const OttoBoundary b = heat->g->boundary[j];
  const char *others[COUNT + 1];
  char all[200];
  int n = 0;

  PetscFunctionBegin;
  if (heat->ops->boundaries & OTTO_SERVES(b)) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < COUNT; i++)
    if (kernels[i]->choice != OTTO_CHOICE_OPEN && kernels[i]->boundaries & OTTO_SERVES(b))
      others[n++] = members[i].name;
  others[n] = NULL;
  OttoCheckInput(n,
                 "grid_boundary: %s (axis %d) is not possible with heat_kernel %s; periodic, "
                 "no_flux, or open with an exact kernel",
                 OttoBoundaries[b], (int)j + 1, heat->type);
  OttoJoinNames(others, " or ", all, sizeof all);
  OttoFail(
      OTTO_ERR_INPUT,
      "heat_kernel: %s cannot serve grid_boundary %s (axis %d); use %s, or a periodic or no_flux "
      "axis",
      heat->type, OttoBoundaries[b], (int)j + 1, all);
}

PetscErrorCode OttoHeatSetUp(OttoHeat heat)
{
  const OttoGridInfo *g = heat->g;

  PetscFunctionBegin;
  if (heat->is_setup) PetscFunctionReturn(0);
  if (OttoHeatIsAuto(heat)) PetscCall(OttoHeatChoose(heat, OTTO_CHOICE_ANY_DATA));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(CheckBoundary(heat, j));
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
  return heat->type;
}

PetscBool OttoHeatIsExact(OttoHeat heat)
{
  return heat->ops->exact;
}

PetscBool OttoHeatIsLattice(OttoHeat heat)
{
  return heat->ops->lattice;
}

OttoFisherForm OttoHeatGetFisherForm(OttoHeat heat)
{
  return heat->ops->fisher_form;
}

PetscErrorCode OttoHeatCheckFisherForm(OttoHeat heat, OttoFisherForm form)
{
  const char *others[COUNT + 1];
  char all[200];
  int n = 0;

  PetscFunctionBegin;
  if (!OttoHeatIsAuto(heat)) OttoNeedHeat(heat);
  if (form == OTTO_FISHER_EDGE || form == OTTO_FISHER_FD4 || form == heat->ops->fisher_form)
    PetscFunctionReturn(0);
  for (PetscInt i = 0; i < COUNT; i++)
    if (kernels[i]->fisher_form == form && kernels[i]->choice != OTTO_CHOICE_OPEN)
      others[n++] = members[i].name;
  others[n] = NULL;
  OttoJoinNames(others, " or ", all, sizeof all);
  OttoFail(OTTO_ERR_INPUT, "fisher_form: %s needs heat_kernel %s, not %s", OttoFisherForms[form],
           all, heat->type);
}

void OttoHeatTimes(OttoHeat heat, PetscReal h, PetscReal *first, PetscReal *good)
{
  *first = heat->ops->first_time * h * h;
  *good = heat->ops->good_time * h * h;
}

const OttoHeatAdvice *OttoHeatGetAdvice(OttoHeat heat)
{
  static const OttoHeatAdvice none[] = {{NULL, NULL}};

  return heat->ops->advice ? heat->ops->advice : none;
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
  (*source)->beyond_t = -1;
  PetscCall(heat->ops->source_create(heat, p0, *source));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatSourceDestroy(OttoHeatSource *source)
{
  PetscFunctionBegin;
  if (!*source) PetscFunctionReturn(0);
  PetscCall(VecDestroy(&(*source)->p0));
  PetscCall(OttoOrderForget(&(*source)->plain));
  PetscCall(OttoOrderForget(&(*source)->logs));
  PetscCall(OttoSpectrumDestroy(&(*source)->spectrum));
  PetscCall(OttoDepthDestroy(&(*source)->depth));
  PetscCall(OttoBeyondDestroy(&(*source)->beyond));
  PetscCall(PetscFree(*source));
  PetscFunctionReturn(0);
}

size_t OttoHeatSourceBytes(OttoHeatSource source)
{
  return sizeof *source + (source->spectrum ? OttoSpectrumBytes(source->spectrum) : 0) +
         (size_t)(source->plain.size + source->logs.size) * sizeof(PetscReal);
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
             "logarithms come from the exact kernels only, not from %s", heat->type);
  PetscCall(heat->ops->apply(heat, source, t, p, log_p));
  PetscFunctionReturn(0);
}

/* Both at once where the kernel has a way to, and is asked to. */
static PetscBool AtOnce(OttoHeat heat)
{
  return heat->overlap && heat->ops->pair ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoHeatApplyPair(OttoHeat heat, const OttoHeatSource source[2], PetscReal t,
                                 const Vec p[2], const Vec log_p[2])
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  PetscCall(CheckTime(t, PETSC_FALSE));
  if (AtOnce(heat) && !log_p) {
    PetscCall(heat->ops->pair(heat, source, t, p, OTTO_HEAT_DENSITY, -1, p));
    PetscFunctionReturn(0);
  }
  for (int i = 0; i < 2; i++)
    PetscCall(OttoHeatApply(heat, source[i], t, p[i], log_p ? log_p[i] : NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatApplyLog(OttoHeat heat, Vec log_u, PetscReal t, Vec log_v)
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  PetscCall(CheckTime(t, PETSC_TRUE));
  PetscCheck(heat->ops->apply_log, PETSC_COMM_SELF, PETSC_ERR_SUP,
             "logarithms go through the exact kernels only, not through %s", heat->type);
  PetscCall(heat->ops->apply_log(heat, log_u, t, log_v));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckAxis(OttoHeat heat, PetscInt axis)
{
  PetscFunctionBegin;
  PetscCheck(axis >= 0 && axis < heat->g->dim, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "no axis %d", (int)axis);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatScore(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p, Vec log_p,
                             PetscInt axis, Vec score)
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  PetscCall(CheckTime(t, heat->ops->exact)); /* smooth data have their scores and rates at 0 too */
  PetscCheck(heat->ops->score, PETSC_COMM_SELF, PETSC_ERR_SUP, "kernel %s has no score",
             heat->type);
  PetscCall(CheckAxis(heat, axis));
  PetscCall(heat->ops->score(heat, source, t, p, log_p, axis, score));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatScorePair(OttoHeat heat, const OttoHeatSource source[2], PetscReal t,
                                 const Vec p[2], const Vec log_p[2], PetscInt axis,
                                 const Vec score[2])
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  if (AtOnce(heat) && heat->ops->score) {
    PetscCall(CheckAxis(heat, axis));
    PetscCall(CheckTime(t, heat->ops->exact));
    PetscCall(heat->ops->pair(heat, source, t, p, OTTO_HEAT_SCORE, axis, score));
    PetscFunctionReturn(0);
  }
  for (int i = 0; i < 2; i++)
    PetscCall(OttoHeatScore(heat, source[i], t, p[i], log_p ? log_p[i] : NULL, axis, score[i]));
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

PetscErrorCode OttoHeatRatePair(OttoHeat heat, const OttoHeatSource source[2], PetscReal t,
                                const Vec p[2], const Vec log_p[2], const Vec rate[2])
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  if (AtOnce(heat)) {
    PetscCall(CheckTime(t, heat->ops->exact));
    PetscCall(heat->ops->pair(heat, source, t, p, OTTO_HEAT_RATE, -1, rate));
    PetscFunctionReturn(0);
  }
  for (int i = 0; i < 2; i++)
    PetscCall(OttoHeatRate(heat, source[i], t, p[i], log_p ? log_p[i] : NULL, rate[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatScoreAndRate(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                    PetscInt axis, Vec score, Vec rate)
{
  PetscFunctionBegin;
  OttoNeedHeat(heat);
  PetscCall(CheckTime(t, PETSC_TRUE));
  PetscCheck(heat->ops->score_and_rate, PETSC_COMM_SELF, PETSC_ERR_SUP,
             "kernel %s has no rates of single axes", heat->type);
  PetscCall(CheckAxis(heat, axis));
  PetscCall(heat->ops->score_and_rate(heat, source, t, axis, score, rate));
  PetscFunctionReturn(0);
}

PetscReal OttoHeatOverlapBytes(OttoHeat heat)
{
  return AtOnce(heat) && heat->g->size > 1 ? (heat->g->mesh[1] > 1 ? 28 : 14) : 0;
}

size_t OttoHeatBytes(OttoHeat heat)
{
  return heat->is_setup ? heat->ops->bytes(heat) : 0;
}

const char *OttoHeatVectors(void)
{
  return OttoStageVectors();
}
