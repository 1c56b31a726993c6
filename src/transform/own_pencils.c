/* Lines of axis 1 on a mesh that cuts it: between the planes of axes 2…d-1 and the lines of axis 0,
 * each an exchange away. */
#include "own.h"
#include <string.h>

/* Where the positions on axis 0 of every rank begin, when each row of the mesh deals its own. */
static PetscErrorCode DealRows(const OttoGridInfo *inside, PetscInt64 **starts)
{
  const PetscMPIInt across = inside->mesh[1];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(inside->size + 1, starts));
  for (PetscMPIInt r = 0; r < inside->size; r++) {
    const PetscInt64 *cuts = &inside->cuts[0][r / across], rows = cuts[1] - cuts[0];
    (*starts)[r] = cuts[0] + rows / across * (r % across) + PetscMin(r % across, rows % across);
  }
  (*starts)[inside->size] = inside->n[0];
  PetscFunctionReturn(0);
}

/* The first exchange, and this rank's box after it. */
static PetscErrorCode MeetInRow(const OttoPlanes *planes, OttoPencils *s)
{
  const OttoGridInfo *inside = planes->inside;
  const PetscInt64 dealt = s->by_rows ? s->rows : s->all_columns;
  const PetscInt64 width = planes->width * (s->by_rows ? s->all_columns : s->rows);

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_split(inside->comm, inside->rank / inside->mesh[1], inside->rank, &s->row));
  PetscCheck(width <= PETSC_MAX_INT, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "a column of %" PetscInt64_FMT " reals", width);
  PetscCall(OttoExchangeCreate(s->row, inside->cuts[1], dealt, (PetscInt)width, &s->exchange));
  s->own_rows = s->rows;
  s->columns = s->all_columns;
  if (s->by_rows)
    OttoExchangeColumns(s->exchange, &s->start, &s->own_rows);
  else
    OttoExchangeColumns(s->exchange, &s->start, &s->columns);
  if (s->by_rows) s->start = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPencilsCreate(OttoTransform t, const OttoPlanes *planes, OttoPencils *pencils,
                                 OttoExchange *next, OttoLines *lines)
{
  const OttoGridInfo *g = t->g, *inside = planes->inside;
  OttoPencils *s = pencils;
  PetscInt64 first, count;

  PetscFunctionBegin;
  s->rows = inside->local[0];
  s->across = inside->local[1];
  s->all_columns = planes->columns;
  s->by_rows = s->all_columns < inside->mesh[1] ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoAgree(g->comm, MeetInRow(planes, s)));
  PetscCall(OttoAgree(g->comm, OttoLinesCreate(t, 1, inside->n[1], planes->width, 0,
                                               s->own_rows * s->columns, &s->lines)));
  if (s->by_rows)
    PetscCall(OttoAgree(g->comm, DealRows(inside, &s->starts)));
  else
    PetscCallMPI(MPI_Comm_split(g->comm, inside->rank % inside->mesh[1], inside->rank, &s->column));
  PetscCall(OttoAgree(g->comm,
                      OttoExchangeCreate(s->by_rows ? g->comm : s->column,
                                         s->by_rows ? s->starts : inside->cuts[0],
                                         s->lines.rows * s->columns, s->lines.mode_width, next)));
  OttoExchangeColumns(*next, &first, &count);
  PetscCall(OttoAgree(
      g->comm, OttoLinesCreate(t, 0, inside->n[0], s->lines.mode_width, first, count, lines)));
  lines->inner = PetscMax(1, s->columns);
  lines->outer = s->all_columns;
  lines->start = s->start;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPencilsDestroy(OttoPencils *pencils)
{
  OttoPencils *s = pencils;

  PetscFunctionBegin;
  PetscCall(OttoLinesDestroy(&s->lines));
  PetscCall(OttoExchangeDestroy(&s->beside));
  PetscCall(OttoExchangeDestroy(&s->exchange));
  PetscCall(PetscFree(s->starts));
  if (s->row) PetscCallMPI(MPI_Comm_free(&s->row));
  if (s->column) PetscCallMPI(MPI_Comm_free(&s->column));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPencilsSetBeside(OttoPencils *pencils, PetscBool wanted)
{
  PetscFunctionBegin;
  if (!wanted)
    PetscCall(OttoExchangeDestroy(&pencils->beside));
  else if (!pencils->beside)
    PetscCall(OttoExchangeCreateBeside(pencils->exchange, &pencils->beside));
  PetscFunctionReturn(0);
}

size_t OttoPencilsBytes(const OttoPencils *pencils)
{
  return OttoExchangeBytes(pencils->exchange) + OttoExchangeBytes(pencils->beside) +
         pencils->lines.bytes;
}

/* `count` reals there, or back. */
static void Copy(PetscReal there[], PetscReal values[], PetscInt64 count, PetscBool back)
{
  memcpy(back ? values : there, back ? there : values, (size_t)count * sizeof *values);
}

/* A plane stands at one position of axes 0 and 1. What a rank of the row gets of a position on axis
 * 1 is [its positions on axis 0][its columns]. */
static void CopyPlane(const OttoPencilsPlanes *planes, PetscInt64 plane, PetscReal values[],
                      PetscBool back)
{
  const OttoPencils *s = planes->pencils;
  const PetscInt64 i = plane / s->across, j = plane % s->across, width = s->lines.width;
  OttoExchangePart part;

  if (s->by_rows) {
    const PetscInt64 all = s->columns * width;
    part = OttoExchangeGetPart(planes->exchange, i);
    Copy(part.values + j * part.row_stride + (i - part.first) * all, values, all, back);
    return;
  }
  for (PetscInt64 c = 0; c < s->all_columns; c += part.count) {
    part = OttoExchangeGetPart(planes->exchange, c);
    Copy(part.values + j * part.row_stride + i * part.count * width, values + c * width,
         part.count * width, back);
  }
}

void OttoPencilsPut(void *planes, PetscInt64 plane, PetscReal values[])
{
  CopyPlane(planes, plane, values, PETSC_FALSE);
}

void OttoPencilsGet(void *planes, PetscInt64 plane, PetscReal values[])
{
  CopyPlane(planes, plane, values, PETSC_TRUE);
}

/* `count` columns from `first` on of row i of the second exchange; part: the last one used. */
static void CopyRun(OttoExchange next, OttoExchangePart *part, PetscInt64 i, PetscInt64 first,
                    PetscInt64 count, PetscInt width, PetscReal values[], PetscBool back)
{
  for (PetscInt64 run; count > 0; first += run, count -= run, values += run * width) {
    if (first < part->first || first >= part->first + part->count)
      *part = OttoExchangeGetPart(next, first);
    run = PetscMin(count, part->first + part->count - first);
    Copy(part->values + i * part->row_stride + (first - part->first) * width, values, run * width,
         back);
  }
}

/* The bundle that begins with line c, as it stands in `modes`, to the second exchange or back: its
 * columns are those of axes 2…d-1 behind the coefficients of axis 1. */
static void CopyBundle(OttoPencils *s, OttoExchange next, PetscInt64 c, PetscBool back)
{
  const OttoLines *lines = &s->lines;
  const PetscInt64 present = PetscMin(lines->bundle, lines->count - c);
  const PetscInt width = lines->mode_width;
  OttoExchangePart part = {.count = 0};

  for (PetscInt64 l = 0, run; l < present; l += run) {
    const PetscInt64 i = (c + l) / s->columns, column = (c + l) % s->columns;
    run = PetscMin(present - l, s->columns - column);
    for (PetscInt64 k = 0; k < lines->rows; k++)
      CopyRun(next, &part, i, k * s->columns + column, run, width,
              lines->modes + (k * lines->bundle + l) * width, back);
  }
}

PetscErrorCode OttoPencilsForward(OttoPencils *pencils, OttoExchange next)
{
  OttoLines *lines = &pencils->lines;
  PetscInt64 stride;

  PetscFunctionBegin;
  PetscCall(OttoExchangeToLines(pencils->exchange));
  const PetscReal *at = OttoExchangeLines(pencils->exchange, &stride);
  for (PetscInt64 c = 0; c < lines->count; c += lines->bundle) {
    OttoLinesToModes(lines, at, stride, c);
    CopyBundle(pencils, next, c, PETSC_FALSE);
  }
  PetscFunctionReturn(0);
}

void OttoPencilsInverse(OttoPencils *pencils, OttoExchange next, OttoExchange first,
                        const OttoTables *tables, OttoExchange under_way)
{
  OttoLines *lines = &pencils->lines;
  PetscInt64 stride;
  PetscReal *at = OttoExchangeLines(first, &stride);

  for (PetscInt64 c = 0; c < lines->count; c += lines->bundle) {
    CopyBundle(pencils, next, c, PETSC_TRUE);
    OttoLinesFromModes(lines, tables, at, stride, c);
    OttoExchangeProgress(under_way);
  }
}
