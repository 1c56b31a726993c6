#include "own.h"
#include <string.h>

/* Cells per batch of planes: two buffers of this many reals stay in the second-level cache. */
#define BATCH_CELLS 16384

PetscErrorCode OttoPlanesCreate(const OttoGridInfo *g, const OttoGridInfo *inside, PetscInt from,
                                OttoPlanes *planes)
{
  PetscInt halved = 0;

  PetscFunctionBegin;
  memset(planes, 0, sizeof *planes);
  planes->g = g;
  planes->inside = inside;
  planes->from = from;
  planes->count = planes->plane = planes->own = planes->columns = 1;
  for (PetscInt j = 0; j < from; j++) planes->count *= inside->local[j];
  for (PetscInt j = from; j < g->dim; j++) {
    planes->plane *= g->n[j];
    planes->own *= inside->n[j];
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
      halved = j;
    else
      planes->any_no_flux = PETSC_TRUE;
  }
  planes->any_periodic = halved ? PETSC_TRUE : PETSC_FALSE;
  planes->width = halved ? 2 : 1;
  for (PetscInt j = from; j < g->dim; j++) {
    planes->extent[j] = j == halved ? g->n[j] / 2 + 1 : g->n[j];
    planes->columns *= planes->extent[j];
  }
  planes->full.count = PetscMax(1, PetscMin(planes->count, BATCH_CELLS / planes->plane));
  planes->rest.count = planes->count % planes->full.count;
  const size_t cells = (size_t)(planes->full.count * planes->plane);
  const size_t modes = halved ? (size_t)(2 * planes->full.count * planes->columns) : 0;
  planes->bytes = (cells + modes) * sizeof(PetscReal);
  PetscCall(OttoBufferCreate(cells, &planes->cells));
  if (halved)
    PetscCall(OttoBufferCreate(modes, &planes->modes));
  else
    planes->modes = planes->cells;
  PetscFunctionReturn(0);
}

/* Axis sizes with strides in `cells` and in `modes`, for FFTW. */
typedef struct {
  fftw_iodim64 periodic[OTTO_MAX_DIM], no_flux[OTTO_MAX_DIM], batch;
  int periodic_count, no_flux_count;
} Shape;

static void DescribeShape(const OttoPlanes *planes, PetscInt64 count, Shape *shape)
{
  const OttoGridInfo *g = planes->g;
  ptrdiff_t cell_stride[OTTO_MAX_DIM], mode_stride[OTTO_MAX_DIM], cell = 1, mode = 1;

  for (PetscInt j = g->dim - 1; j >= planes->from; j--) {
    cell_stride[j] = cell;
    mode_stride[j] = mode;
    cell *= g->n[j];
    mode *= planes->extent[j];
  }
  memset(shape, 0, sizeof *shape);
  for (PetscInt j = planes->from; j < g->dim; j++) {
    const fftw_iodim64 axis = {g->n[j], cell_stride[j], mode_stride[j]};
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
      shape->periodic[shape->periodic_count++] = axis;
    else
      shape->no_flux[shape->no_flux_count++] = axis;
  }
  shape->batch = (fftw_iodim64){count, cell, mode};
}

/* A real transform over the no-flux axes, in place in `cells`. */
static fftw_plan PlanReal(OttoPlanes *planes, const Shape *shape, const fftw_r2r_kind kinds[])
{
  fftw_iodim64 dims[OTTO_MAX_DIM], loops[OTTO_MAX_DIM];
  int count = 0;

  loops[count++] = shape->batch;
  for (int i = 0; i < shape->periodic_count; i++) loops[count++] = shape->periodic[i];
  memcpy(dims, shape->no_flux, sizeof dims);
  for (int i = 0; i < count; i++) loops[i].os = loops[i].is;
  for (int i = 0; i < shape->no_flux_count; i++) dims[i].os = dims[i].is;
  return fftw_plan_guru64_r2r(shape->no_flux_count, dims, count, loops, planes->cells,
                              planes->cells, kinds, FFTW_MEASURE);
}

static PetscErrorCode PlanCosines(OttoPlanes *planes, const Shape *shape, OttoPlanePlans *plans)
{
  const OttoGridInfo *g = planes->g;
  fftw_r2r_kind kinds[OTTO_MAX_DIM];
  int axis = 0;

  PetscFunctionBegin;
  for (int i = 0; i < OTTO_MAX_DIM; i++) kinds[i] = FFTW_REDFT10;
  plans->cosine = PlanReal(planes, shape, kinds);
  for (int i = 0; i < OTTO_MAX_DIM; i++) kinds[i] = FFTW_REDFT01;
  plans->uncosine = PlanReal(planes, shape, kinds);
  PetscCheck(plans->cosine && plans->uncosine, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan");
  for (PetscInt j = planes->from; j < g->dim; j++) {
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) continue;
    kinds[axis] = FFTW_RODFT01;
    plans->sine[j] = PlanReal(planes, shape, kinds);
    kinds[axis++] = FFTW_REDFT01;
    PetscCheck(plans->sine[j], PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode PlanFourier(OttoPlanes *planes, const Shape *shape, OttoPlanePlans *plans)
{
  fftw_iodim64 dims[OTTO_MAX_DIM], loops[OTTO_MAX_DIM];
  int count = 0;

  PetscFunctionBegin;
  memcpy(dims, shape->periodic, sizeof dims);
  loops[count++] = shape->batch;
  for (int i = 0; i < shape->no_flux_count; i++) loops[count++] = shape->no_flux[i];
  plans->fourier =
      fftw_plan_guru64_dft_r2c(shape->periodic_count, dims, count, loops, planes->cells,
                               (fftw_complex *)planes->modes, FFTW_MEASURE | FFTW_PRESERVE_INPUT);
  for (int i = 0; i < shape->periodic_count; i++)
    dims[i] = (fftw_iodim64){dims[i].n, dims[i].os, dims[i].is};
  for (int i = 0; i < count; i++) loops[i] = (fftw_iodim64){loops[i].n, loops[i].os, loops[i].is};
  plans->unfourier = fftw_plan_guru64_dft_c2r(shape->periodic_count, dims, count, loops,
                                              (fftw_complex *)planes->modes, planes->cells,
                                              FFTW_MEASURE | FFTW_DESTROY_INPUT);
  PetscCheck(plans->fourier && plans->unfourier, PETSC_COMM_SELF, PETSC_ERR_LIB,
             "FFTW has no plan");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPlanesPlan(OttoPlanes *planes)
{
  OttoPlanePlans *const both[] = {&planes->full, &planes->rest};

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    Shape shape;
    if (!both[i]->count) continue;
    DescribeShape(planes, both[i]->count, &shape);
    if (planes->any_no_flux) PetscCall(PlanCosines(planes, &shape, both[i]));
    if (planes->any_periodic) PetscCall(PlanFourier(planes, &shape, both[i]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPlanesDestroy(OttoPlanes *planes)
{
  OttoPlanePlans *const both[] = {&planes->full, &planes->rest};

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    fftw_destroy_plan(both[i]->cosine);
    fftw_destroy_plan(both[i]->uncosine);
    fftw_destroy_plan(both[i]->fourier);
    fftw_destroy_plan(both[i]->unfourier);
    for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) fftw_destroy_plan(both[i]->sine[j]);
  }
  if (planes->modes != planes->cells) PetscCall(OttoBufferDestroy(&planes->modes));
  PetscCall(OttoBufferDestroy(&planes->cells));
  PetscFunctionReturn(0);
}

static const OttoPlanePlans *Batch(const OttoPlanes *planes, PetscInt64 plane)
{
  return planes->count - plane >= planes->full.count ? &planes->full : &planes->rest;
}

/* Whether FFTW may work on the user's memory with plans made for aligned buffers. */
static int Aligned(const PetscReal *u)
{
  return fftw_alignment_of((double *)(uintptr_t)u) == 0;
}

/* Whether cells stand beside zeros along an axis of a plane. */
static int Padded(const OttoPlanes *planes)
{
  return planes->own < planes->plane;
}

/* Of a row of a wide plane, the cells inside, and those that come before them in a plane inside. */
static PetscInt64 Inside(const OttoPlanes *planes, PetscInt64 row, PetscInt64 *before)
{
  const OttoGridInfo *g = planes->g, *own = planes->inside;
  const PetscInt last = g->dim - 1;
  PetscInt64 stride = own->n[last];

  *before = 0;
  for (PetscInt j = last - 1; j >= planes->from; j--) {
    const PetscInt64 at = row % g->n[j];
    if (at >= own->n[j]) return 0;
    *before += at * stride;
    stride *= own->n[j];
    row /= g->n[j];
  }
  return own->n[last];
}

/* `count` planes of cells → `cells`, zeros beyond those inside. */
static void Widen(const OttoPlanes *planes, PetscInt64 count, const PetscReal u[])
{
  const PetscInt64 cells = planes->own, row = planes->g->n[planes->g->dim - 1];
  PetscReal *to = planes->cells;

  for (PetscInt64 i = 0; i < count; i++, u += cells)
    for (PetscInt64 r = 0; r < planes->plane / row; r++, to += row) {
      PetscInt64 before;
      const PetscInt64 taken = Inside(planes, r, &before);
      if (taken) memcpy(to, u + before, (size_t)taken * sizeof *to);
      memset(to + taken, 0, (size_t)(row - taken) * sizeof *to);
    }
}

/* And back: those inside of `cells`. */
static void Narrow(const OttoPlanes *planes, PetscInt64 count, PetscReal v[])
{
  const PetscInt64 cells = planes->own, row = planes->g->n[planes->g->dim - 1];
  const PetscReal *from = planes->cells;

  for (PetscInt64 i = 0; i < count; i++, v += cells)
    for (PetscInt64 r = 0; r < planes->plane / row; r++, from += row) {
      PetscInt64 before;
      const PetscInt64 taken = Inside(planes, r, &before);
      if (taken) memcpy(v + before, from, (size_t)taken * sizeof *v);
    }
}

void OttoPlanesForward(OttoPlanes *planes, const PetscReal u[], OttoPlaneWork put, void *context)
{
  const PetscInt64 cells = planes->own;

  for (PetscInt64 plane = 0; plane < planes->count;) {
    const OttoPlanePlans *plans = Batch(planes, plane);
    PetscReal *in = (PetscReal *)(uintptr_t)(u + plane * cells); /* r2c keeps its input */
    if (Padded(planes)) {
      Widen(planes, plans->count, in);
      in = planes->cells;
    } else if (planes->any_no_flux || !planes->any_periodic || !Aligned(in)) {
      memcpy(planes->cells, in, (size_t)(plans->count * cells) * sizeof *in);
      in = planes->cells;
    }
    if (planes->any_no_flux) fftw_execute(plans->cosine);
    if (planes->any_periodic)
      fftw_execute_dft_r2c(plans->fourier, in, (fftw_complex *)planes->modes);
    for (PetscInt64 i = 0; i < plans->count; i++, plane++)
      put(context, plane, planes->modes + i * planes->columns * planes->width);
  }
}

/* Cosine coefficients k along `axis` become sine coefficients, stored at k - 1. */
static void ShiftAxis(const OttoPlanes *planes, PetscInt64 count, PetscInt axis)
{
  const OttoGridInfo *g = planes->g;
  PetscInt64 outer = count, inner = 1;

  for (PetscInt j = planes->from; j < axis; j++) outer *= g->n[j];
  for (PetscInt j = axis + 1; j < g->dim; j++) inner *= g->n[j];
  for (PetscInt64 i = 0; i < outer; i++)
    OttoShiftRows(planes->cells + i * g->n[axis] * inner, g->n[axis], inner);
}

void OttoPlanesInverse(OttoPlanes *planes, OttoPlaneWork get, void *context,
                       const OttoTables *tables, OttoExchange under_way, PetscReal v[])
{
  const PetscInt64 cells = planes->own;
  const PetscInt along = tables->derivative == OTTO_DERIVATIVE_SHIFT ? tables->derivative_axis : 0;
  const PetscInt axis = along >= planes->from ? along : 0;

  for (PetscInt64 plane = 0; plane < planes->count;) {
    const OttoPlanePlans *plans = Batch(planes, plane);
    PetscReal *out = v + plane * cells;
    const int padded = Padded(planes);
    const int direct = !padded && planes->any_periodic && !planes->any_no_flux && Aligned(out);
    for (PetscInt64 i = 0; i < plans->count; i++, plane++)
      get(context, plane, planes->modes + i * planes->columns * planes->width);
    if (planes->any_periodic)
      fftw_execute_dft_c2r(plans->unfourier, (fftw_complex *)planes->modes,
                           direct ? out : planes->cells);
    if (axis > 0) ShiftAxis(planes, plans->count, axis);
    if (planes->any_no_flux) fftw_execute(axis > 0 ? plans->sine[axis] : plans->uncosine);
    if (padded)
      Narrow(planes, plans->count, out);
    else if (!direct)
      memcpy(out, planes->cells, (size_t)(plans->count * cells) * sizeof *out);
    OttoExchangeProgress(under_way);
  }
}
