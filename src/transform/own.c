#include "own.h"

/*
 * Otto's own engine. Planes are transformed over axes 1…d-1 where they lie, an exchange makes the
 * lines of axis 0 local, and bundles of these are transformed, multiplied and transformed back
 * while they are in cache; then the same way back. With one column per plane (d = 1) one rank
 * works.
 */
typedef struct {
  OttoPlanes planes;
  OttoExchange exchange;
  OttoLines lines;
  PetscReal *at; /* the exchange's lines */
  PetscInt64 stride;
} Own;

static PetscErrorCode Plan(Own *own)
{
  PetscFunctionBegin;
  PetscCall(OttoPlanesPlan(&own->planes));
  PetscCall(OttoLinesPlan(&own->lines));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy_Own(OttoTransform t)
{
  Own *own = t->engine;

  PetscFunctionBegin;
  PetscCall(OttoLinesDestroy(&own->lines));
  PetscCall(OttoPlanesDestroy(&own->planes));
  PetscCall(OttoExchangeDestroy(&own->exchange));
  PetscCall(PetscFree(t->engine));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp_Own(OttoTransform t)
{
  const OttoGridInfo *g = t->g, *inside = t->inside ? t->inside : g;
  PetscErrorCode code;
  Own *own;

  PetscFunctionBegin;
  PetscCall(PetscNew(&own));
  t->engine = own;
  PetscCall(OttoAgree(g->comm, OttoPlanesCreate(g, inside, &own->planes)));
  PetscCall(OttoExchangeCreate(g->comm, inside->cuts[0], own->planes.columns, own->planes.width,
                               &own->exchange));
  PetscCall(OttoAgree(g->comm, OttoLinesCreate(t, &own->planes, own->exchange, &own->lines)));
  /* Rank 0 measures alone and the others follow its wisdom: the same plans for the same shapes, and
   * no measurement disturbed by a neighbour's. */
  code = g->rank == 0 ? Plan(own) : 0;
  fftw_mpi_broadcast_wisdom(g->comm);
  if (g->rank != 0) code = Plan(own);
  PetscCall(OttoAgree(g->comm, code));
  for (PetscInt j = 0; j < g->dim; j++)
    t->extent[j] = j == 0 ? own->lines.rows : own->planes.extent[j];
  t->width = own->lines.mode_width;
  t->spectrum_reals =
      own->lines.block * (size_t)((own->lines.count + own->lines.bundle - 1) / own->lines.bundle);
  t->bytes = OttoExchangeBytes(own->exchange) + own->planes.bytes + own->lines.bytes;
  PetscFunctionReturn(0);
}

static PetscErrorCode Forward_Own(OttoTransform t, const PetscReal u[], PetscReal spectrum[])
{
  Own *own = t->engine;

  PetscFunctionBegin;
  OttoPlanesForward(&own->planes, u, own->exchange);
  PetscCall(OttoExchangeToLines(own->exchange));
  own->at = OttoExchangeLines(own->exchange, &own->stride);
  if (spectrum) OttoLinesForward(&own->lines, own->at, own->stride, spectrum);
  PetscFunctionReturn(0);
}

static PetscErrorCode Inverse_Own(OttoTransform t, const PetscReal spectrum[], OttoTables *tables,
                                  PetscReal v[])
{
  Own *own = t->engine;

  PetscFunctionBegin;
  OttoTablesFoldDerivative(t, tables);
  if (spectrum)
    OttoLinesInverse(&own->lines, spectrum, tables, own->at, own->stride);
  else
    OttoLinesApply(&own->lines, tables, own->at, own->stride);
  PetscCall(OttoExchangeToPlanes(own->exchange));
  OttoPlanesInverse(&own->planes, own->exchange, tables, v);
  PetscFunctionReturn(0);
}

static PetscBool Locate_Own(OttoTransform t, size_t coefficient, PetscInt64 index[])
{
  PetscInt64 column;

  if (!OttoLinesLocate(&((Own *)t->engine)->lines, coefficient, &index[0], &column))
    return PETSC_FALSE;
  for (PetscInt j = t->g->dim - 1; j >= 1; j--) {
    index[j] = column % t->extent[j];
    column /= t->extent[j];
  }
  return PETSC_TRUE;
}

const OttoTransformOps OttoTransformOps_Own = {
    .name = "own",
    .layout = OTTO_LAYOUT_BALANCED,
    .setup = SetUp_Own,
    .destroy = Destroy_Own,
    .forward = Forward_Own,
    .inverse = Inverse_Own,
    .locate = Locate_Own,
};
