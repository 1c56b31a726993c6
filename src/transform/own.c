#include "own.h"

/*
 * Otto's own engine. Planes are transformed over axes 1…d-1 where they lie, an exchange makes the
 * lines of axis 0 local, and bundles of these are transformed, multiplied and transformed back
 * while they are in cache; then the same way back. With one column per plane (d = 1) one rank
 * works. Where the mesh cuts axis 1 as well, planes are of axes 2…d-1, and pencils come between.
 *
 * Of two spectra, what one sends back may be under way while the other is computed: the way back is
 * work, exchange, work (on a mesh that cuts axis 1: work, exchange, work, exchange, work), and both
 * take turns with each work. MPI moves messages only while it is called, so that each work lets the
 * other's exchange go on between its bundles or batches.
 */
typedef struct {
  OttoPlanes planes;
  OttoPencils *pencils; /* NULL where the mesh has all ranks on axis 0 */
  OttoExchange exchange;
  OttoExchange beside; /* for the second of two spectra; NULL: one after the other */
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
  PetscCall(OttoExchangeDestroy(&own->beside));
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
  PetscFunctionReturn(0);
}

static void CountBytes(OttoTransform t)
{
  const Own *own = t->engine;

  t->bytes = OttoExchangeBytes(own->exchange) + OttoExchangeBytes(own->beside) + own->planes.bytes +
             own->lines.bytes;
  if (own->pencils) t->bytes += OttoPencilsBytes(own->pencils);
}

/* One rank has nothing to wait for. */
static PetscErrorCode Overlap_Own(OttoTransform t)
{
  Own *own = t->engine;
  const PetscBool wanted = t->overlap && t->g->size > 1 ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  if (!wanted)
    PetscCall(OttoExchangeDestroy(&own->beside));
  else if (!own->beside)
    PetscCall(OttoAgree(t->g->comm, OttoExchangeCreateBeside(own->exchange, &own->beside)));
  if (own->pencils) PetscCall(OttoAgree(t->g->comm, OttoPencilsSetBeside(own->pencils, wanted)));
  CountBytes(t);
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
  PetscCall(Overlap_Own(t));
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
    OttoPencilsPlanes to = {own->pencils, own->pencils->exchange};
    OttoPlanesForward(&own->planes, u, OttoPencilsPut, &to);
    PetscCall(OttoPencilsForward(own->pencils, own->exchange));
  } else {
    OttoPlanesForward(&own->planes, u, Put, own->exchange);
  }
  PetscCall(OttoExchangeToLines(own->exchange));
  own->at = OttoExchangeLines(own->exchange, &own->stride);
  if (spectrum) OttoLinesForward(&own->lines, own->at, own->stride, spectrum);
  PetscFunctionReturn(0);
}

typedef struct {             /* a field on its way back */
  const PetscReal *spectrum; /* NULL: what the lines of `by[0]` hold */
  OttoExchange by[2];        /* from lines of axis 0, and on from those of axis 1 */
  PetscReal *v;
} Back;

/* What a field does before its exchange number `turn`, or after the last. */
static void Work(Own *own, const OttoTables *tables, const Back *field, int turn,
                 OttoExchange under_way)
{
  OttoPencilsPlanes from = {own->pencils, field->by[1]};

  if (turn == 0 && field->spectrum) {
    PetscInt64 stride;
    PetscReal *at = OttoExchangeLines(field->by[0], &stride);
    OttoLinesInverse(&own->lines, field->spectrum, tables, under_way, at, stride);
  } else if (turn == 0) {
    OttoLinesApply(&own->lines, tables, own->at, own->stride);
  } else if (turn == 1 && own->pencils) {
    OttoPencilsInverse(own->pencils, field->by[0], field->by[1], tables, under_way);
  } else if (own->pencils) {
    OttoPlanesInverse(&own->planes, OttoPencilsGet, &from, tables, under_way, field->v);
  } else {
    OttoPlanesInverse(&own->planes, Get, field->by[0], tables, under_way, field->v);
  }
}

/* Nothing between the beginning of an exchange and its end can fail but MPI itself. */
static PetscErrorCode TakeBack(OttoTransform t, int count, OttoTables *tables, const Back field[])
{
  Own *own = t->engine;
  const int exchanges = own->pencils ? 2 : 1;
  OttoExchange under_way = NULL;

  PetscFunctionBegin;
  OttoTablesFoldDerivative(t, tables);
  for (int turn = 0; turn <= exchanges; turn++)
    for (int i = 0; i < count; i++) {
      if (count == 1) PetscCall(OttoExchangeEnd(under_way)); /* there is no other to work on */
      Work(own, tables, &field[i], turn, under_way);
      PetscCall(OttoExchangeEnd(under_way));
      under_way = turn < exchanges ? field[i].by[turn] : NULL;
      if (under_way) PetscCall(OttoExchangeBegin(under_way));
    }
  PetscFunctionReturn(0);
}

static Back First(const Own *own, const PetscReal spectrum[], PetscReal v[])
{
  return (Back){spectrum, {own->exchange, own->pencils ? own->pencils->exchange : NULL}, v};
}

static PetscErrorCode Inverse_Own(OttoTransform t, const PetscReal spectrum[], OttoTables *tables,
                                  PetscReal v[])
{
  const Back field = First(t->engine, spectrum, v);

  PetscFunctionBegin;
  PetscCall(TakeBack(t, 1, tables, &field));
  PetscFunctionReturn(0);
}

static PetscErrorCode InversePair_Own(OttoTransform t, const PetscReal *const spectrum[2],
                                      OttoTables *tables, PetscReal *const v[2])
{
  const Own *own = t->engine;
  const Back fields[2] = {
      First(own, spectrum[0], v[0]),
      {spectrum[1], {own->beside, own->pencils ? own->pencils->beside : NULL}, v[1]}};

  PetscFunctionBegin;
  PetscCall(TakeBack(t, 2, tables, fields));
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
    .overlap = Overlap_Own,
    .inverse_pair = InversePair_Own,
    .locate = Locate_Own,
};
