#include "transform_impl.h"
#include <otto/options.h>
#include <string.h>

const char *const OttoTransformEngines[] = {"auto", "own", "fftw_mpi", NULL};
static const OttoTransformOps *const engine_ops[] = {&OttoTransformOps_Own, &OttoTransformOps_Own,
                                                     &OttoTransformOps_FFTWMPI};

PetscInt64 OttoTransformModes(const OttoGridInfo *g, PetscInt axis)
{
  return g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? g->n[axis] / 2 + 1 : g->n[axis];
}

PetscReal OttoTransformWavenumber(const OttoGridInfo *g, PetscInt axis, PetscInt64 k)
{
  const PetscReal length = g->upper[axis] - g->lower[axis];

  return (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? 2 : 1) * PETSC_PI * (PetscReal)k / length;
}

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
  PetscFunctionBegin;
  for (PetscInt i = 0; OttoTransformEngines[i]; i++) {
    if (!engine || strcmp(engine, OttoTransformEngines[i])) continue;
    PetscCheck(!transform->engine || transform->ops == engine_ops[i], PETSC_COMM_SELF,
               PETSC_ERR_ORDER, "the engine of a transform is chosen before its set-up");
    transform->ops = engine_ops[i];
    PetscFunctionReturn(0);
  }
  OttoFail(OTTO_ERR_INPUT, "transform_engine: '%s' is not one of auto, own, fftw_mpi",
           engine ? engine : "");
}

PetscErrorCode OttoTransformSetFromOptions(OttoTransform transform)
{
  PetscInt index = 0;
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetChoice(NULL, "transform_engine", OttoTransformEngines, &index, &set));
  if (set) PetscCall(OttoTransformSetType(transform, OttoTransformEngines[index]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformSetUp(OttoTransform transform)
{
  const OttoGridInfo *g = transform->g;
  PetscErrorCode code;

  PetscFunctionBegin;
  if (transform->engine) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(g->boundary[j] == OTTO_BOUNDARY_PERIODIC ||
                       g->boundary[j] == OTTO_BOUNDARY_NO_FLUX,
                   "grid_boundary: axis %d is %s; Fourier and cosine transforms want periodic or "
                   "no_flux",
                   (int)j, OttoBoundaries[g->boundary[j]]);
  PetscCall(OttoWisdomLoad(g->comm));
  code = transform->ops->setup(transform);
  PetscCall(OttoWisdomSave(g->comm));
  if (code && transform->engine) (void)transform->ops->destroy(transform);
  PetscCall(code);
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

/* Signed wavenumber of stored index i; 0 at the Nyquist mode, whose derivative at cell centres is
 * that of cos, a multiple of sin(π i) = 0. */
static PetscReal SignedWavenumber(const OttoGridInfo *g, PetscInt axis, PetscInt64 i)
{
  const PetscInt64 n = g->n[axis];

  if (2 * i < n) return OttoTransformWavenumber(g, axis, i);
  return 2 * i == n ? 0 : -OttoTransformWavenumber(g, axis, n - i);
}

static PetscErrorCode TablesCreate(OttoTransform t, const OttoMultiplier *m, OttoTables *tables)
{
  const OttoGridInfo *g = t->g;
  const PetscInt axis = m->derivative_axis;

  PetscFunctionBegin;
  PetscCheck(axis >= -1 && axis < g->dim, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "derivative_axis %d of %d axes", (int)axis, (int)g->dim);
  PetscCall(PetscMemzero(tables, sizeof *tables));
  tables->scale = m->scale;
  tables->derivative_axis = axis;
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 n = g->n[j];
    const PetscBool periodic = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
    PetscCall(PetscMalloc2(t->extent[j], &tables->factor[j], t->extent[j], &tables->addend[j]));
    if (m->addend[j]) tables->has_addend = PETSC_TRUE;
    for (PetscInt64 i = 0; i < t->extent[j]; i++) {
      const PetscInt64 k = periodic ? PetscMin(i, n - i) : i;
      tables->factor[j][i] = m->factor[j] ? m->factor[j][k] : 1;
      tables->addend[j][i] = m->addend[j] ? m->addend[j][k] : 0;
    }
    tables->scale /= (PetscReal)(periodic ? n : 2 * n);
  }
  if (axis < 0) PetscFunctionReturn(0);
  const PetscBool periodic = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  tables->derivative = periodic ? OTTO_DERIVATIVE_I : OTTO_DERIVATIVE_SHIFT;
  PetscCall(PetscMalloc1(t->extent[axis], &tables->wavenumber));
  for (PetscInt64 i = 0; i < t->extent[axis]; i++)
    tables->wavenumber[i] =
        periodic ? SignedWavenumber(g, axis, i) : -OttoTransformWavenumber(g, axis, i);
  PetscFunctionReturn(0);
}

void OttoTablesFoldDerivative(OttoTransform t, OttoTables *tables)
{
  const PetscInt axis = tables->derivative_axis;

  for (PetscInt64 i = 0; axis >= 0 && i < t->extent[axis]; i++)
    tables->factor[axis][i] *= tables->wavenumber[i];
}

static PetscErrorCode TablesDestroy(OttoTables *tables)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++)
    PetscCall(PetscFree2(tables->factor[j], tables->addend[j]));
  PetscCall(PetscFree(tables->wavenumber));
  PetscFunctionReturn(0);
}

void OttoTablesAt(OttoTransform t, const OttoTables *tables, PetscInt first, PetscInt64 index,
                  PetscReal *factor, PetscReal *addend)
{
  *factor = 1;
  *addend = 0;
  for (PetscInt j = t->g->dim - 1; j >= first; j--) {
    const PetscInt64 k = index % t->extent[j];
    index /= t->extent[j];
    *factor *= tables->factor[j][k];
    *addend += tables->addend[j][k];
  }
}

void OttoShiftRows(PetscReal values[], PetscInt64 rows, PetscInt64 width)
{
  memmove(values, values + width, (size_t)((rows - 1) * width) * sizeof *values);
  memset(values + (rows - 1) * width, 0, (size_t)width * sizeof *values);
}

/* F^-1 (m · spectrum), or of what the engine itself holds where `values` is NULL. */
static PetscErrorCode Inverse(OttoTransform t, const PetscReal *values, const OttoMultiplier *m,
                              Vec v)
{
  OttoTables tables;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(TablesCreate(t, m, &tables));
  PetscCall(VecGetArrayWrite(v, &out));
  PetscCall(t->ops->inverse(t, values, &tables, out));
  PetscCall(VecRestoreArrayWrite(v, &out));
  PetscCall(TablesDestroy(&tables));
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

PetscErrorCode OttoTransformApply(OttoTransform transform, Vec u, const OttoMultiplier *m, Vec v)
{
  PetscFunctionBegin;
  OttoNeedTransform(transform);
  PetscCall(OttoTransformSetUp(transform));
  PetscCall(Forward(transform, u, NULL));
  PetscCall(Inverse(transform, NULL, m, v));
  PetscFunctionReturn(0);
}
