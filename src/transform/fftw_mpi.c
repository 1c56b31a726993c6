#include "transform_impl.h"
#include "grid/planes.h"
#include <math.h>
#include <string.h>

/*
 * The reference engine: FFTW-MPI out of place with transposed output, measured plans. All axes
 * periodic: r2c, [n1][n0]…[n_last/2+1] complex, real rows padded to 2(n_last/2+1). Otherwise r2r,
 * half-complex along periodic axes (r0 r1 … i2 i1), [n1][n0]…[n_last] reals. A 1D grid is {n, 1}.
 *
 * The r2r layout cannot say "times i" along its distributed axis; there a derivative along an axis
 * ≥ 1 is taken of the result, line by line, by the same half-complex and cosine transforms.
 */
typedef struct {
  PetscInt dim; /* 2 for a 1D grid */
  ptrdiff_t n[OTTO_MAX_DIM];
  PetscBool r2c;              /* all axes periodic */
  PetscInt width;             /* reals per coefficient */
  PetscInt64 first, rows;     /* this rank's share of the transposed axis 1 */
  PetscInt64 rest;            /* coefficients behind axes 0 and 1 */
  PetscInt64 row, padded_row; /* cells of a row of the last axis, and reals it takes in `cells` */
  fftw_plan forward, inverse, sine; /* sine: the inverse for a derivative along a no-flux axis 0 */
  fftw_plan along[OTTO_MAX_DIM], back[OTTO_MAX_DIM]; /* r2r lines of axes ≥ 1, for derivatives */
  PetscReal *cells, *modes, *block;
  PetscReal *factor, *addend; /* [rest] */
} Engine;

static fftw_r2r_kind Kind(const OttoGridInfo *g, PetscInt axis, PetscBool inverse)
{
  const PetscBool periodic = axis >= g->dim || g->boundary[axis] == OTTO_BOUNDARY_PERIODIC;

  if (inverse) return periodic ? FFTW_HC2R : FFTW_REDFT01;
  return periodic ? FFTW_R2HC : FFTW_REDFT10;
}

/* FFTW sends what one rank has for another at once, and hands its size to MPI as an int. */
static PetscErrorCode CheckMessages(const OttoGridInfo *g, const Engine *e, ptrdiff_t rows)
{
  const PetscReal planes = ceil((PetscReal)e->n[0] / g->size);
  const PetscReal part = planes * ceil((PetscReal)rows / g->size) * (PetscReal)(e->rest * e->width);

  PetscFunctionBegin;
  OttoCheckInput(
      g->size == 1 || part <= PETSC_MPI_INT_MAX,
      "transform_engine: fftw_mpi would send messages of %.3g numbers, more than MPI can "
      "count; take own, or more ranks",
      (double)part);
  PetscFunctionReturn(0);
}

/* Sizes, ownership and buffers. */
static PetscErrorCode Describe(OttoTransform t, Engine *e)
{
  const OttoGridInfo *g = t->g;
  ptrdiff_t modes[OTTO_MAX_DIM], planes, start, rows, first, total;

  PetscFunctionBegin;
  e->dim = PetscMax(2, g->dim);
  e->r2c = PETSC_TRUE;
  e->rest = 1;
  for (PetscInt j = 0; j < e->dim; j++) {
    e->n[j] = modes[j] = (ptrdiff_t)g->n[j];
    if (j < g->dim && g->boundary[j] != OTTO_BOUNDARY_PERIODIC) e->r2c = PETSC_FALSE;
  }
  if (e->r2c) modes[e->dim - 1] = e->n[e->dim - 1] / 2 + 1;
  e->width = t->width = e->r2c ? 2 : 1;
  for (PetscInt j = 0; j < e->dim; j++) {
    t->extent[j] = modes[j];
    if (j >= 2) e->rest *= modes[j];
  }
  e->row = e->n[e->dim - 1];
  e->padded_row = e->r2c ? 2 * modes[e->dim - 1] : e->row;
  total = fftw_mpi_local_size_many_transposed((int)e->dim, modes, 1, FFTW_MPI_DEFAULT_BLOCK,
                                              FFTW_MPI_DEFAULT_BLOCK, g->comm, &planes, &start,
                                              &rows, &first);
  e->first = first;
  e->rows = rows;
  t->spectrum_reals = (size_t)(total * e->width);
  t->bytes = (2 * t->spectrum_reals + 2 * (size_t)e->rest) * sizeof(PetscReal);
  OttoCheckInput(planes == OttoGridPlanes(g).count &&
                     (planes == 0 || start == OttoGridPlanes(g).start),
                 "transform_engine: fftw_mpi wants the grid in FFTW-MPI's own blocks "
                 "(OTTO_LAYOUT_FFTW)");
  PetscCall(CheckMessages(g, e, modes[1]));
  PetscCall(OttoBufferCreate(t->spectrum_reals, &e->cells));
  PetscCall(OttoBufferCreate(t->spectrum_reals, &e->modes));
  PetscCall(OttoBufferCreate((size_t)e->rest, &e->factor));
  PetscCall(OttoBufferCreate((size_t)e->rest, &e->addend));
  PetscFunctionReturn(0);
}

/* Collective. */
static PetscErrorCode PlanAll(OttoTransform t, Engine *e)
{
  const OttoGridInfo *g = t->g;
  const unsigned flags = FFTW_MEASURE | FFTW_DESTROY_INPUT;
  const unsigned out = flags | FFTW_MPI_TRANSPOSED_OUT, in = flags | FFTW_MPI_TRANSPOSED_IN;
  const ptrdiff_t block = FFTW_MPI_DEFAULT_BLOCK;
  fftw_complex *const modes = (fftw_complex *)e->modes;
  fftw_r2r_kind kinds[OTTO_MAX_DIM], inverse[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < e->dim; j++) {
    kinds[j] = Kind(g, j, PETSC_FALSE);
    inverse[j] = Kind(g, j, PETSC_TRUE);
  }
  if (e->r2c) {
    e->forward = fftw_mpi_plan_many_dft_r2c((int)e->dim, e->n, 1, block, block, e->cells, modes,
                                            g->comm, out);
    e->inverse = fftw_mpi_plan_many_dft_c2r((int)e->dim, e->n, 1, block, block, modes, e->cells,
                                            g->comm, in);
  } else {
    e->forward = fftw_mpi_plan_many_r2r((int)e->dim, e->n, 1, block, block, e->cells, e->modes,
                                        g->comm, kinds, out);
    e->inverse = fftw_mpi_plan_many_r2r((int)e->dim, e->n, 1, block, block, e->modes, e->cells,
                                        g->comm, inverse, in);
    inverse[0] = FFTW_RODFT01;
    if (g->boundary[0] != OTTO_BOUNDARY_PERIODIC)
      e->sine = fftw_mpi_plan_many_r2r((int)e->dim, e->n, 1, block, block, e->modes, e->cells,
                                       g->comm, inverse, in);
  }
  PetscCheck(e->forward && e->inverse && (g->boundary[0] == OTTO_BOUNDARY_PERIODIC || e->sine),
             PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW-MPI has no plan for this grid");
  PetscFunctionReturn(0);
}

/* Cells behind axis j. */
static PetscInt64 Inner(const OttoGridInfo *g, PetscInt axis)
{
  PetscInt64 inner = 1;

  for (PetscInt j = axis + 1; j < g->dim; j++) inner *= g->n[j];
  return inner;
}

/* Plans of one block [n of the axis][inner] for derivatives along axes ≥ 1 in the r2r layout. */
static PetscErrorCode PlanLines(OttoTransform t, Engine *e)
{
  const OttoGridInfo *g = t->g;

  PetscFunctionBegin;
  if (e->r2c) PetscFunctionReturn(0);
  t->bytes += (size_t)OttoGridPlanes(g).cells * sizeof(PetscReal);
  PetscCall(OttoBufferCreate((size_t)OttoGridPlanes(g).cells, &e->block));
  for (PetscInt j = 1; j < g->dim; j++) {
    const PetscInt64 inner = Inner(g, j);
    const fftw_iodim64 line = {g->n[j], inner, inner}, loop = {inner, 1, 1};
    const fftw_r2r_kind forward = Kind(g, j, PETSC_FALSE);
    const fftw_r2r_kind inverse = forward == FFTW_R2HC ? FFTW_HC2R : FFTW_RODFT01;
    e->along[j] =
        fftw_plan_guru64_r2r(1, &line, 1, &loop, e->block, e->block, &forward, FFTW_MEASURE);
    e->back[j] =
        fftw_plan_guru64_r2r(1, &line, 1, &loop, e->block, e->block, &inverse, FFTW_MEASURE);
    PetscCheck(e->along[j] && e->back[j], PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy_FFTWMPI(OttoTransform t)
{
  Engine *e = t->engine;

  PetscFunctionBegin;
  fftw_destroy_plan(e->forward);
  fftw_destroy_plan(e->inverse);
  fftw_destroy_plan(e->sine);
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) {
    fftw_destroy_plan(e->along[j]);
    fftw_destroy_plan(e->back[j]);
  }
  PetscCall(OttoBufferDestroy(&e->cells));
  PetscCall(OttoBufferDestroy(&e->modes));
  PetscCall(OttoBufferDestroy(&e->block));
  PetscCall(OttoBufferDestroy(&e->factor));
  PetscCall(OttoBufferDestroy(&e->addend));
  PetscCall(PetscFree(t->engine));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp_FFTWMPI(OttoTransform t)
{
  Engine *e;

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  t->engine = e;
  PetscCall(OttoAgree(t->g->comm, Describe(t, e)));
  PetscCall(OttoAgree(t->g->comm, PlanAll(t, e)));
  PetscCall(OttoAgree(t->g->comm, PlanLines(t, e)));
  PetscFunctionReturn(0);
}

static PetscErrorCode Forward_FFTWMPI(OttoTransform t, const PetscReal u[], PetscReal spectrum[])
{
  Engine *e = t->engine;
  PetscReal *modes = spectrum ? spectrum : e->modes;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < t->g->local_cells / e->row; i++)
    memcpy(e->cells + i * e->padded_row, u + i * e->row, (size_t)e->row * sizeof *u);
  if (e->r2c)
    fftw_mpi_execute_dft_r2c(e->forward, e->cells, (fftw_complex *)modes);
  else
    fftw_mpi_execute_r2r(e->forward, e->cells, modes);
  PetscFunctionReturn(0);
}

/* modes = m · from over one row of axis 1: [n0][rest]; `from` may be modes. */
static void MultiplyRow(OttoTransform t, const OttoTables *tables, PetscReal scale, PetscReal shift,
                        const PetscReal symbol[], const PetscReal from[], PetscReal modes[])
{
  const Engine *e = t->engine;
  const PetscBool times_i = e->r2c && tables->derivative == OTTO_DERIVATIVE_I;

  for (PetscInt64 k = 0; k < e->n[0]; k++) {
    const PetscReal f = scale * tables->factor[0][k], a = shift + tables->addend[0][k];
    const PetscInt64 at = k * e->rest * e->width;
    for (PetscInt64 i = 0; i < e->rest; i++) {
      PetscReal m = f * e->factor[i] * (tables->has_addend ? a + e->addend[i] : 1);
      if (symbol) m *= symbol[k * e->rest + i];
      if (!e->r2c) {
        modes[at + i] = m * from[at + i];
        continue;
      }
      const PetscReal re = m * from[at + 2 * i], im = m * from[at + 2 * i + 1];
      modes[at + 2 * i] = times_i ? -im : re;
      modes[at + 2 * i + 1] = times_i ? re : im;
    }
  }
}

/* Half-complex "times i" on rows [n][width] already multiplied by the signed wavenumber: the row of
 * cos k and that of sin k, at n - k, change places. */
static void ReverseRows(PetscReal rows[], PetscInt64 n, PetscInt64 width)
{
  for (PetscInt64 k = 1; k < n - k; k++)
    for (PetscInt64 i = 0; i < width; i++) {
      const PetscReal other = rows[(n - k) * width + i];
      rows[(n - k) * width + i] = rows[k * width + i];
      rows[k * width + i] = other;
    }
}

static void Multiply(OttoTransform t, const OttoTables *tables, const PetscReal from[])
{
  const Engine *e = t->engine;
  const PetscInt64 row = e->n[0] * e->rest * e->width;

  for (PetscInt64 i = 0; i < e->rest; i++)
    OttoTablesAt(t, tables, 2, i, &e->factor[i], &e->addend[i]);
  for (PetscInt64 r = 0; r < e->rows; r++) {
    PetscReal *modes = e->modes + r * row;
    PetscReal scale = tables->scale, shift = 0;
    if (t->g->dim > 1) {
      scale *= tables->factor[1][e->first + r];
      shift = tables->addend[1][e->first + r];
    }
    MultiplyRow(t, tables, scale, shift,
                tables->symbol ? tables->symbol + r * e->n[0] * e->rest : NULL, from + r * row,
                modes);
    if (e->r2c || tables->derivative_axis != 0) continue;
    if (tables->derivative == OTTO_DERIVATIVE_I)
      ReverseRows(modes, e->n[0], e->rest);
    else
      OttoShiftRows(modes, e->n[0], e->rest);
  }
}

/* v = ∂v along an axis ≥ 1. */
static void DifferentiateLines(OttoTransform t, const OttoTables *tables, PetscReal v[])
{
  const Engine *e = t->engine;
  const PetscInt axis = tables->derivative_axis;
  const PetscInt64 n = t->g->n[axis], inner = Inner(t->g, axis);
  const PetscReal norm = (PetscReal)(tables->derivative == OTTO_DERIVATIVE_I ? n : 2 * n);

  for (PetscInt64 done = 0; done < t->g->local_cells; done += n * inner) {
    memcpy(e->block, v + done, (size_t)(n * inner) * sizeof *v);
    fftw_execute(e->along[axis]);
    for (PetscInt64 k = 0; k < n; k++)
      for (PetscInt64 i = 0; i < inner; i++)
        e->block[k * inner + i] *= tables->wavenumber[k] / norm;
    if (tables->derivative == OTTO_DERIVATIVE_I)
      ReverseRows(e->block, n, inner);
    else
      OttoShiftRows(e->block, n, inner);
    fftw_execute(e->back[axis]);
    memcpy(v + done, e->block, (size_t)(n * inner) * sizeof *v);
  }
}

static PetscErrorCode Inverse_FFTWMPI(OttoTransform t, const PetscReal spectrum[],
                                      OttoTables *tables, PetscReal v[])
{
  Engine *e = t->engine;
  const PetscBool in_lines = !e->r2c && tables->derivative_axis > 0;

  PetscFunctionBegin;
  if (!in_lines) OttoTablesFoldDerivative(t, tables);
  Multiply(t, tables, spectrum ? spectrum : e->modes);
  if (e->r2c) {
    fftw_mpi_execute_dft_c2r(e->inverse, (fftw_complex *)e->modes, e->cells);
  } else {
    const PetscBool sine =
        tables->derivative_axis == 0 && tables->derivative == OTTO_DERIVATIVE_SHIFT;
    fftw_mpi_execute_r2r(sine ? e->sine : e->inverse, e->modes, e->cells);
  }
  for (PetscInt64 i = 0; i < t->g->local_cells / e->row; i++)
    memcpy(v + i * e->row, e->cells + i * e->padded_row, (size_t)e->row * sizeof *v);
  if (in_lines) DifferentiateLines(t, tables, v);
  PetscFunctionReturn(0);
}

/* [rows][n0][rest]; a 1D grid has one row. */
static PetscBool Locate_FFTWMPI(OttoTransform t, size_t coefficient, PetscInt64 index[])
{
  const Engine *e = t->engine;
  PetscInt64 at = (PetscInt64)coefficient, rest = at % e->rest;

  at /= e->rest;
  index[0] = at % e->n[0];
  index[1] = e->first + at / e->n[0];
  for (PetscInt j = t->g->dim - 1; j >= 2; j--) {
    index[j] = rest % t->extent[j];
    rest /= t->extent[j];
  }
  return at / e->n[0] < e->rows ? PETSC_TRUE : PETSC_FALSE;
}

const OttoTransformOps OttoTransformOps_FFTWMPI = {
    .name = "fftw_mpi",
    .layout = OTTO_LAYOUT_FFTW,
    .setup = SetUp_FFTWMPI,
    .destroy = Destroy_FFTWMPI,
    .forward = Forward_FFTWMPI,
    .inverse = Inverse_FFTWMPI,
    .locate = Locate_FFTWMPI,
};
