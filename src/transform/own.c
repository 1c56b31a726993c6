#include "own.h"

/*
 * Otto's own engine. Planes are transformed over axes 1…d-1 where they lie, an exchange makes the
 * lines of axis 0 local, and bundles of these are transformed, multiplied and transformed back
 * while they are in cache; then the same way back. With one column per plane (d = 1) one rank
 * works. Where the mesh cuts axis 1 as well, planes are of axes 2…d-1, and pencils come between.
 */
typedef struct {
  OttoPlanes planes;
  OttoPencils *pencils; /* NULL where the mesh has all ranks on axis 0 */
  OttoExchange exchange;
  OttoLines lines;
  PetscReal *at; /* the exchange's lines */
  PetscInt64 stride;
} Own;

static PetscErrorCode Plan(Own *own)
{
  PetscFunctionBegin;
  PetscCall(OttoPlanesPlan(&own->planes));
  if (own->pencils) PetscCall(OttoLinesPlan(&own->pencils->lines));
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
  if (own->pencils) PetscCall(OttoPencilsDestroy(own->pencils));
  PetscCall(PetscFree(own->pencils));
  PetscCall(PetscFree(t->engine));
  PetscFunctionReturn(0);
}

/* All ranks on axis 0: planes, and lines of axis 0 by one exchange. */
static PetscErrorCode SetUpSlabs(OttoTransform t, const OttoGridInfo *inside, Own *own)
{
  const OttoGridInfo *g = t->g;
  PetscInt64 first, count;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, OttoPlanesCreate(g, inside, 1, &own->planes)));
  PetscCall(OttoExchangeCreate(g->comm, inside->cuts[0], own->planes.columns, own->planes.width,
                               &own->exchange));
  OttoExchangeColumns(own->exchange, &first, &count);
  PetscCall(OttoAgree(
      g->comm, OttoLinesCreate(t, 0, inside->n[0], own->planes.width, first, count, &own->lines)));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUpPencils(OttoTransform t, const OttoGridInfo *inside, Own *own)
{
  const OttoGridInfo *g = t->g;

  PetscFunctionBegin;
  PetscCall(PetscNew(&own->pencils));
  PetscCall(OttoAgree(g->comm, OttoPlanesCreate(g, inside, 2, &own->planes)));
  PetscCall(OttoPencilsCreate(t, &own->planes, own->pencils, &own->exchange, &own->lines));
  t->extent[1] = own->pencils->lines.rows;
  t->bytes = OttoPencilsBytes(own->pencils);
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
  t->bytes = 0;
  PetscCall(inside->mesh[1] > 1 ? SetUpPencils(t, inside, own) : SetUpSlabs(t, inside, own));
  /* Rank 0 measures alone and the others follow its wisdom: the same plans for the same shapes, and
   * no measurement disturbed by a neighbour's. */
  code = g->rank == 0 ? Plan(own) : 0;
  fftw_mpi_broadcast_wisdom(g->comm);
  if (g->rank != 0) code = Plan(own);
  PetscCall(OttoAgree(g->comm, code));
  t->extent[0] = own->lines.rows;
  for (PetscInt j = own->planes.from; j < g->dim; j++) t->extent[j] = own->planes.extent[j];
  t->width = own->lines.mode_width;
  t->spectrum_reals =
      own->lines.block * (size_t)((own->lines.count + own->lines.bundle - 1) / own->lines.bundle);
  t->bytes += OttoExchangeBytes(own->exchange) + own->planes.bytes + own->lines.bytes;
  PetscFunctionReturn(0);
}

static void Put(void *exchange, PetscInt64 plane, PetscReal values[])
{
  OttoExchangePack(exchange, plane, values);
}

static void Get(void *exchange, PetscInt64 plane, PetscReal values[])
{
  OttoExchangeUnpack(exchange, plane, values);
}

static PetscErrorCode Forward_Own(OttoTransform t, const PetscReal u[], PetscReal spectrum[])
{
  Own *own = t->engine;

  PetscFunctionBegin;
  if (own->pencils) {
    OttoPlanesForward(&own->planes, u, OttoPencilsPut, own->pencils);
    PetscCall(OttoPencilsForward(own->pencils, own->exchange));
  } else {
    OttoPlanesForward(&own->planes, u, Put, own->exchange);
  }
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
  if (own->pencils) {
    PetscCall(OttoPencilsInverse(own->pencils, own->exchange, tables));
    OttoPlanesInverse(&own->planes, OttoPencilsGet, own->pencils, tables, v);
  } else {
    OttoPlanesInverse(&own->planes, Get, own->exchange, tables, v);
  }
  PetscFunctionReturn(0);
}

static PetscBool Locate_Own(OttoTransform t, size_t coefficient, PetscInt64 index[])
{
  PetscInt64 rest;

  if (!OttoLinesLocate(&((Own *)t->engine)->lines, coefficient, &index[0], &rest))
    return PETSC_FALSE;
  for (PetscInt j = t->g->dim - 1; j >= 1; j--) {
    index[j] = rest % t->extent[j];
    rest /= t->extent[j];
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
