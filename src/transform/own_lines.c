#include "own.h"
#include <string.h>

/* Reals of a bundle before the transform: with its transform it should stay in the second-level
 * cache, and a row of it should be at least one cache line. */
#define BUNDLE_REALS 4096
#define ROW_REALS_MIN 8
#define ROW_REALS_MAX 16

PetscErrorCode OttoLinesCreate(OttoTransform t, PetscInt axis, PetscInt64 inside, PetscInt width,
                               PetscInt64 first, PetscInt64 count, OttoLines *lines)
{
  const OttoGridInfo *g = t->g;
  const PetscBool periodic = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  PetscInt64 row = ROW_REALS_MAX;

  PetscFunctionBegin;
  memset(lines, 0, sizeof *lines);
  lines->transform = t;
  lines->axis = axis;
  lines->n = g->n[axis];
  lines->inside = inside;
  lines->width = width;
  lines->mode_width = periodic || width == 2 ? 2 : 1;
  lines->rows = lines->mode_width > lines->width ? lines->n / 2 + 1 : lines->n;
  lines->first = first;
  lines->count = count;
  lines->inner = lines->outer = INT64_MAX;
  while (row > ROW_REALS_MIN && row * lines->n > BUNDLE_REALS) row /= 2;
  lines->bundle = PetscMax(1, PetscMin(row / lines->width, lines->count));
  const size_t values = (size_t)(lines->n * lines->bundle * lines->width);
  const size_t modes = (size_t)(lines->rows * lines->bundle * lines->mode_width);
  const size_t row_modes = (size_t)(lines->bundle * lines->mode_width);
  lines->block = (modes + 7) / 8 * 8; /* every block aligned for FFTW */
  lines->bytes = (values + modes + 2 * row_modes) * sizeof(PetscReal);
  PetscCall(OttoBufferCreate(values, &lines->values));
  PetscCall(OttoBufferCreate(modes, &lines->modes));
  PetscCall(OttoBufferCreate(row_modes, &lines->factor));
  PetscCall(OttoBufferCreate(row_modes, &lines->addend));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLinesPlan(OttoLines *lines)
{
  const PetscBool no_flux = lines->transform->g->boundary[lines->axis] != OTTO_BOUNDARY_PERIODIC;
  const PetscInt64 across = lines->bundle * (no_flux ? lines->width : 1);
  const fftw_iodim64 line = {lines->n, across, across}, loop = {across, 1, 1};
  fftw_complex *const values = (fftw_complex *)lines->values, *const modes =
                                                                  (fftw_complex *)lines->modes;
  const unsigned flags = FFTW_MEASURE | FFTW_DESTROY_INPUT;

  PetscFunctionBegin;
  if (no_flux) {
    const fftw_r2r_kind cosine = FFTW_REDFT10, uncosine = FFTW_REDFT01, sine = FFTW_RODFT01;
    lines->forward =
        fftw_plan_guru64_r2r(1, &line, 1, &loop, lines->values, lines->modes, &cosine, flags);
    lines->inverse =
        fftw_plan_guru64_r2r(1, &line, 1, &loop, lines->modes, lines->values, &uncosine, flags);
    lines->sine =
        fftw_plan_guru64_r2r(1, &line, 1, &loop, lines->modes, lines->values, &sine, flags);
  } else if (lines->width == 2) {
    lines->forward = fftw_plan_guru64_dft(1, &line, 1, &loop, values, modes, FFTW_FORWARD, flags);
    lines->inverse = fftw_plan_guru64_dft(1, &line, 1, &loop, modes, values, FFTW_BACKWARD, flags);
  } else {
    lines->forward = fftw_plan_guru64_dft_r2c(1, &line, 1, &loop, lines->values, modes, flags);
    lines->inverse = fftw_plan_guru64_dft_c2r(1, &line, 1, &loop, modes, lines->values, flags);
  }
  PetscCheck(lines->forward && lines->inverse && (lines->sine || !no_flux), PETSC_COMM_SELF,
             PETSC_ERR_LIB, "FFTW has no plan");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLinesDestroy(OttoLines *lines)
{
  PetscFunctionBegin;
  fftw_destroy_plan(lines->forward);
  fftw_destroy_plan(lines->inverse);
  fftw_destroy_plan(lines->sine);
  PetscCall(OttoBufferDestroy(&lines->values));
  PetscCall(OttoBufferDestroy(&lines->modes));
  PetscCall(OttoBufferDestroy(&lines->factor));
  PetscCall(OttoBufferDestroy(&lines->addend));
  PetscFunctionReturn(0);
}

/* Columns [c, c + bundle) of the lines → values; columns past the end are zeros, as are cells past
 * those of the field. */
static void Gather(OttoLines *lines, const PetscReal at[], PetscInt64 stride, PetscInt64 c)
{
  const PetscInt64 row = lines->bundle * lines->width;
  const PetscInt64 present = PetscMin(lines->bundle, lines->count - c) * lines->width;

  for (PetscInt64 i = 0; i < lines->inside; i++) {
    PetscReal *to = lines->values + i * row;
    memcpy(to, at + i * stride + c * lines->width, (size_t)present * sizeof *to);
    for (PetscInt64 k = present; k < row; k++) to[k] = 0;
  }
  memset(lines->values + lines->inside * row, 0,
         (size_t)((lines->n - lines->inside) * row) * sizeof *lines->values);
}

static void Scatter(const OttoLines *lines, PetscReal at[], PetscInt64 stride, PetscInt64 c)
{
  const PetscInt64 row = lines->bundle * lines->width;
  const PetscInt64 present = PetscMin(lines->bundle, lines->count - c) * lines->width;

  for (PetscInt64 i = 0; i < lines->inside; i++)
    memcpy(at + i * stride + c * lines->width, lines->values + i * row,
           (size_t)present * sizeof *at);
}

/* modes *= symbol over the bundle that begins with column c. */
static void TimesSymbol(OttoLines *lines, const PetscReal symbol[], PetscInt64 c)
{
  const PetscInt width = lines->mode_width;
  const PetscReal *values = symbol + (size_t)(c / lines->bundle) * (lines->block / (size_t)width);

  for (PetscInt64 i = 0; i < lines->rows * lines->bundle; i++)
    for (PetscInt r = 0; r < width; r++) lines->modes[i * width + r] *= values[i];
}

/* Which of those of axes 1…d-1 (C order) a column of this rank is. */
static PetscInt64 Coefficient(const OttoLines *lines, PetscInt64 column)
{
  const PetscInt64 c = lines->first + column;

  return c / lines->inner * lines->outer + lines->start + c % lines->inner;
}

/* modes = m · in, both [rows][bundle][mode_width]; `in` may be modes. */
static void Multiply(OttoLines *lines, const OttoTables *tables, PetscInt64 c, const PetscReal in[])
{
  const PetscInt64 row = lines->bundle * lines->mode_width;
  const PetscReal *const factor = lines->factor, *const addend = lines->addend;

  for (PetscInt64 i = 0; i < row; i++) {
    const PetscInt64 column = c + i / lines->mode_width;
    lines->factor[i] = lines->addend[i] = 0;
    if (column < lines->count)
      OttoTablesAt(lines->transform, tables, 1, Coefficient(lines, column), &lines->factor[i],
                   &lines->addend[i]);
  }
  for (PetscInt64 k = 0; k < lines->rows; k++) {
    const PetscReal f = tables->scale * tables->factor[0][k], a = tables->addend[0][k];
    const PetscReal *from = in + k * row;
    PetscReal *to = lines->modes + k * row;
    if (tables->has_addend)
      for (PetscInt64 i = 0; i < row; i++) to[i] = from[i] * (f * factor[i] * (a + addend[i]));
    else
      for (PetscInt64 i = 0; i < row; i++) to[i] = from[i] * (f * factor[i]);
    if (tables->derivative == OTTO_DERIVATIVE_I)
      for (PetscInt64 i = 0; i < row; i += 2) {
        const PetscReal re = to[i];
        to[i] = -to[i + 1];
        to[i + 1] = re;
      }
  }
  if (tables->symbol) TimesSymbol(lines, tables->symbol, c);
}

/* modes → values. */
static void Back(OttoLines *lines, const OttoTables *tables)
{
  if (tables->derivative == OTTO_DERIVATIVE_SHIFT && tables->derivative_axis == lines->axis) {
    OttoShiftRows(lines->modes, lines->rows, lines->bundle * lines->mode_width);
    fftw_execute(lines->sine);
  } else {
    fftw_execute(lines->inverse);
  }
}

/* The forward transform with its result at `modes`. */
static void ExecuteForward(const OttoLines *lines, PetscReal modes[])
{
  if (lines->sine)
    fftw_execute_r2r(lines->forward, lines->values, modes);
  else if (lines->width == 2)
    fftw_execute_dft(lines->forward, (fftw_complex *)lines->values, (fftw_complex *)modes);
  else
    fftw_execute_dft_r2c(lines->forward, lines->values, (fftw_complex *)modes);
}

PetscBool OttoLinesLocate(const OttoLines *lines, size_t coefficient, PetscInt64 *row,
                          PetscInt64 *rest)
{
  const size_t block = lines->block / (size_t)lines->mode_width;
  const PetscInt64 at = (PetscInt64)(coefficient % block);
  const PetscInt64 column = (PetscInt64)(coefficient / block) * lines->bundle + at % lines->bundle;

  *row = at / lines->bundle;
  if (*row >= lines->rows || column >= lines->count) return PETSC_FALSE;
  *rest = Coefficient(lines, column);
  return PETSC_TRUE;
}

void OttoLinesForward(OttoLines *lines, const PetscReal at[], PetscInt64 stride,
                      PetscReal spectrum[])
{
  for (PetscInt64 c = 0; c < lines->count; c += lines->bundle, spectrum += lines->block) {
    Gather(lines, at, stride, c);
    ExecuteForward(lines, spectrum);
  }
}

void OttoLinesInverse(OttoLines *lines, const PetscReal spectrum[], const OttoTables *tables,
                      OttoExchange under_way, PetscReal at[], PetscInt64 stride)
{
  for (PetscInt64 c = 0; c < lines->count; c += lines->bundle, spectrum += lines->block) {
    Multiply(lines, tables, c, spectrum);
    Back(lines, tables);
    Scatter(lines, at, stride, c);
    OttoExchangeProgress(under_way);
  }
}

void OttoLinesToModes(OttoLines *lines, const PetscReal at[], PetscInt64 stride, PetscInt64 c)
{
  Gather(lines, at, stride, c);
  fftw_execute(lines->forward);
}

void OttoLinesFromModes(OttoLines *lines, const OttoTables *tables, PetscReal at[],
                        PetscInt64 stride, PetscInt64 c)
{
  Back(lines, tables);
  Scatter(lines, at, stride, c);
}

void OttoLinesApply(OttoLines *lines, const OttoTables *tables, PetscReal at[], PetscInt64 stride)
{
  for (PetscInt64 c = 0; c < lines->count; c += lines->bundle) {
    OttoLinesToModes(lines, at, stride, c);
    Multiply(lines, tables, c, lines->modes);
    OttoLinesFromModes(lines, tables, at, stride, c);
  }
}
