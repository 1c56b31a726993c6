#include "transform_impl.h"
#include <otto/options.h>
#include <stdlib.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "engine.def"
#undef OTTO_MEMBER
};

static const OttoTransformOps *const engine_ops[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoTransformOps_##Ops,
#include "engine.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoTransformFamily = {"engine", "transform_engine", "transform_engine",
                                        (PetscInt)(sizeof members / sizeof members[0]), members};

PetscErrorCode OttoTransformCreate(OttoGrid grid, OttoTransform *transform)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(transform));
  (*transform)->grid = grid;
  (*transform)->g = OttoGridGetInfo(grid);
  (*transform)->ops = engine_ops[0];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformSetType(OttoTransform transform, const char *engine)
{
  PetscInt i = 0;

  PetscFunctionBegin;
  PetscCall(OttoFamilyFind(&OttoTransformFamily, engine ? engine : "", &i));
  PetscCheck(!transform->engine || transform->ops == engine_ops[i], PETSC_COMM_SELF,
             PETSC_ERR_ORDER, "the engine of a transform is chosen before its set-up");
  transform->ops = engine_ops[i];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformLayGrid(OttoGrid grid)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  PetscCall(OttoFamilyChoose(&OttoTransformFamily, NULL, &index, NULL));
  PetscCall(OttoGridSetLayout(grid, engine_ops[index]->layout));
  PetscFunctionReturn(0);
}

/* Whether an engine takes meshes that cut the second axis. */
static PetscBool ServesMeshes(const OttoTransformOps *ops)
{
  return ops->layout == OTTO_LAYOUT_BALANCED ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoTransformServesMeshes(PetscBool *serves)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  PetscCall(OttoFamilyChoose(&OttoTransformFamily, NULL, &index, NULL));
  *serves = ServesMeshes(engine_ops[index]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformSetFromOptions(OttoTransform transform)
{
  PetscInt index = 0;
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoFamilyChoose(&OttoTransformFamily, NULL, &index, &set));
  if (set) PetscCall(OttoTransformSetType(transform, members[index].name));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformSetOverlap(OttoTransform transform, PetscBool overlap)
{
  PetscFunctionBegin;
  transform->overlap = overlap;
  if (!transform->engine || !transform->ops->overlap) PetscFunctionReturn(0);
  const PetscErrorCode code = transform->ops->overlap(transform);
  if (code) {
    transform->overlap = PETSC_FALSE;
    (void)transform->ops->overlap(transform); /* gives back what part of it there is */
  }
  PetscFunctionReturn(code);
}

/* The engine, the cells and the mesh: what FFTW's problems are made of. */
static void NameProblem(OttoTransform t, char name[], size_t size)
{
  int length = snprintf(name, size, "%s", t->ops->name);

  for (PetscInt j = 0; j < t->g->dim; j++)
    length += snprintf(name + length, size - (size_t)length, "%c%" PetscInt64_FMT, j ? 'x' : '-',
                       t->g->n[j]);
  (void)snprintf(name + length, size - (size_t)length, "-%dx%d", t->g->mesh[0], t->g->mesh[1]);
}

/* Ranks that time alone choose each for itself; where any had to, all plan once more by what rank 0
 * then knows, so that the plans are those of any later start. */
static PetscErrorCode Plan(OttoTransform t)
{
  const MPI_Comm comm = t->g->comm;
  PetscBool again = PETSC_FALSE;
  char problem[160];

  PetscFunctionBegin;
  NameProblem(t, problem, sizeof problem);
  PetscCall(OttoWisdomLoad(comm, problem));
  char *before = fftw_export_wisdom_to_string();
  PetscErrorCode code = t->ops->setup(t);
  PetscErrorCode grew = OttoWisdomGrew(comm, before, &again);
  if (!grew && again) grew = OttoWisdomSave(comm, problem, before);
  free(before);
  PetscCall(grew);
  if (!code && again && t->g->size > 1) {
    PetscCall(t->ops->destroy(t));
    code = t->ops->setup(t);
  }
  if (code && t->engine) (void)t->ops->destroy(t);
  PetscFunctionReturn(code);
}

PetscErrorCode OttoTransformSetUp(OttoTransform transform)
{
  const OttoGridInfo *g = transform->g;

  PetscFunctionBegin;
  if (transform->engine) PetscFunctionReturn(0);
  OttoCheckInput(g->mesh[1] == 1 || ServesMeshes(transform->ops),
                 "grid_mesh: transform_engine %s wants all ranks on the first axis, %d,1, not "
                 "%d,%d; own takes any mesh",
                 transform->ops->name, g->size, g->mesh[0], g->mesh[1]);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(g->boundary[j] == OTTO_BOUNDARY_PERIODIC ||
                       g->boundary[j] == OTTO_BOUNDARY_NO_FLUX,
                   "grid_boundary: axis %d is %s; Fourier and cosine transforms want periodic or "
                   "no_flux",
                   (int)j, OttoBoundaries[g->boundary[j]]);
  PetscCall(Plan(transform));
  PetscFunctionReturn(0);
}

PetscBool OttoTransformIsSetUp(OttoTransform transform)
{
  return transform->engine ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoTransformDestroy(OttoTransform *transform)
{
  PetscFunctionBegin;
  if (!*transform) PetscFunctionReturn(0);
  if ((*transform)->engine) PetscCall((*transform)->ops->destroy(*transform));
  PetscCall(OttoBufferDestroy(&(*transform)->weights));
  PetscCall(PetscFree(*transform));
  PetscFunctionReturn(0);
}

const char *OttoTransformGetType(OttoTransform transform)
{
  return transform->ops->name;
}

size_t OttoTransformBytes(OttoTransform transform)
{
  return transform->bytes;
}

PetscErrorCode OttoSpectrumCreate(OttoTransform transform, OttoSpectrum *spectrum)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  OttoNeedTransform(transform);
  PetscCall(OttoTransformSetUp(transform));
  PetscCall(PetscNew(spectrum));
  (*spectrum)->transform = transform;
  code = OttoBufferCreate(transform->spectrum_reals, &(*spectrum)->values);
  code = OttoAgree(transform->g->comm, code);
  if (code) {
    PetscCall(OttoSpectrumDestroy(spectrum));
    PetscFunctionReturn(code);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpectrumDestroy(OttoSpectrum *spectrum)
{
  PetscFunctionBegin;
  if (!*spectrum) PetscFunctionReturn(0);
  PetscCall(OttoBufferDestroy(&(*spectrum)->values));
  PetscCall(PetscFree(*spectrum));
  PetscFunctionReturn(0);
}

size_t OttoSpectrumBytes(OttoSpectrum spectrum)
{
  return spectrum->transform->spectrum_reals * sizeof(PetscReal);
}

/* F^-1 (m · spectrum), or of what the engine itself holds where `values` is NULL. */
static PetscErrorCode Inverse(OttoTransform t, const PetscReal *values, const OttoMultiplier *m,
                              Vec v)
{
  OttoTables tables;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(OttoTablesCreate(t, m, &tables));
  PetscCall(VecGetArrayWrite(v, &out));
  PetscCall(t->ops->inverse(t, values, &tables, out));
  PetscCall(VecRestoreArrayWrite(v, &out));
  PetscCall(OttoTablesDestroy(&tables));
  PetscFunctionReturn(0);
}

static PetscErrorCode Forward(OttoTransform t, Vec u, PetscReal *values)
{
  const PetscScalar *in;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(u, &in));
  PetscCall(t->ops->forward(t, in, values));
  PetscCall(VecRestoreArrayRead(u, &in));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformForward(OttoTransform transform, Vec u, OttoSpectrum spectrum)
{
  PetscFunctionBegin;
  OttoNeedTransform(transform);
  PetscCall(OttoTransformSetUp(transform));
  PetscCall(Forward(transform, u, spectrum->values));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformInverse(OttoTransform transform, OttoSpectrum spectrum,
                                    const OttoMultiplier *m, Vec v)
{
  PetscFunctionBegin;
  OttoNeedTransform(transform);
  PetscCall(Inverse(transform, spectrum->values, m, v));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformInversePair(OttoTransform transform, const OttoSpectrum spectrum[2],
                                        const OttoMultiplier *m, const Vec v[2])
{
  OttoTables tables;
  PetscScalar *out[2];

  PetscFunctionBegin;
  OttoNeedTransform(transform);
  const PetscReal *const values[2] = {spectrum[0]->values, spectrum[1]->values};
  if (!transform->overlap || !transform->ops->inverse_pair || transform->g->size == 1) {
    for (int i = 0; i < 2; i++) PetscCall(Inverse(transform, values[i], m, v[i]));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoTablesCreate(transform, m, &tables));
  for (int i = 0; i < 2; i++) PetscCall(VecGetArrayWrite(v[i], &out[i]));
  PetscCall(transform->ops->inverse_pair(transform, values, &tables, out));
  for (int i = 0; i < 2; i++) PetscCall(VecRestoreArrayWrite(v[i], &out[i]));
  PetscCall(OttoTablesDestroy(&tables));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformApply(OttoTransform transform, Vec u, const OttoMultiplier *m, Vec v)
{
  PetscFunctionBegin;
  OttoNeedTransform(transform);
  PetscCall(OttoTransformSetUp(transform));
  PetscCall(Forward(transform, u, NULL));
  PetscCall(Inverse(transform, NULL, m, v));
  PetscFunctionReturn(0);
}
