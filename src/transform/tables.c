/* A multiplier as tables by stored index, and wavenumbers. */
#include "transform_impl.h"
#include <string.h>

PetscInt64 OttoTransformModes(const OttoGridInfo *g, PetscInt axis)
{
  return g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? g->n[axis] / 2 + 1 : g->n[axis];
}

PetscReal OttoTransformWavenumber(const OttoGridInfo *g, PetscInt axis, PetscInt64 k)
{
  const PetscReal length = g->upper[axis] - g->lower[axis];

  return (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? 2 : 1) * PETSC_PI * (PetscReal)k / length;
}

/* Signed wavenumber of stored index i; 0 at the Nyquist mode, whose derivative at cell centres is
 * that of cos, a multiple of sin(π i) = 0. */
static PetscReal SignedWavenumber(const OttoGridInfo *g, PetscInt axis, PetscInt64 i)
{
  const PetscInt64 n = g->n[axis];

  if (2 * i < n) return OttoTransformWavenumber(g, axis, i);
  return 2 * i == n ? 0 : -OttoTransformWavenumber(g, axis, n - i);
}

PetscErrorCode OttoTablesCreate(OttoTransform t, const OttoMultiplier *m, OttoTables *tables)
{
  const OttoGridInfo *g = t->g;
  const PetscInt axis = m->derivative_axis;

  PetscFunctionBegin;
  PetscCheck(axis >= -1 && axis < g->dim, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "derivative_axis %d of %d axes", (int)axis, (int)g->dim);
  PetscCheck(!m->symbol || m->symbol->transform == t, PETSC_COMM_SELF, PETSC_ERR_ARG_INCOMP,
             "the symbol is of another transform");
  PetscCall(PetscMemzero(tables, sizeof *tables));
  tables->symbol = m->symbol ? m->symbol->values : NULL;
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

PetscErrorCode OttoTablesDestroy(OttoTables *tables)
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
