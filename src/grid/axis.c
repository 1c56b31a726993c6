/*
 * Lines of an axis in bundles. Where the axis is local, a bundle is gathered from the rank's box
 * and scattered back; where the mesh cuts it, an exchange makes whole lines local first, a round of
 * columns at a time.
 */
#include "axis.h"
#include "exchange.h"
#include <string.h>

/* Reals of a bundle, all its fields together, so that it stays in a second-level cache with the
 * work's own tables. Rows are 16 lines at least: with 8 (one cache line) a strided axis of 1024
 * cells takes twice as long to gather; beyond 64 nothing is won, and the last axis is slower. */
#define BUNDLE_REALS (32 * 1024)
#define ROW_MIN 16
#define ROW_MAX 64

/* Reals that a rank holds of the lines of one round: 2 MiB are as fast as all lines at once. */
#define ROUND_REALS (256 * 1024)

#define ROWS 64 /* copied at a time, so that a transposition stays in the first-level cache */

/* Lines in memory: cell i of line l = a·inner + b stands at a·outer_stride + i·stride + b. */
typedef struct {
  PetscReal *at;
  PetscInt64 inner, outer_stride, stride;
} Place;

struct _n_OttoAxis {
  const OttoGridInfo *g;
  PetscInt axis, width;
  PetscInt64 outer, inner;        /* cells of this rank's box before and behind the axis */
  PetscInt64 row;                 /* lines of a bundle at most */
  PetscReal *buffer, **in, **out; /* in[width], out[width]: [n][row] each */
  Place *from, *to;               /* [width] each: where the present lines are whole */
  PetscInt64 round, rounds;       /* columns exchanged at a time; 0 rounds where lines are local */
  PetscBool standing;             /* exchanged lines are handed on as they stand */
  MPI_Comm comm;                  /* of the ranks that share lines */
  PetscBool owns_comm;
  OttoExchange *exchange; /* [width + 1], by the fields that travel; made when first needed */
  size_t bytes;
};

/* n cells of `count` lines from one place to another. */
static void Copy(PetscInt64 n, PetscInt64 count, const Place *from, PetscInt64 from_line,
                 const Place *to, PetscInt64 to_line)
{
  for (PetscInt64 i = 0; i < n; i += ROWS) {
    const PetscInt64 end = PetscMin(n, i + ROWS);
    PetscInt64 run;
    for (PetscInt64 l = 0; l < count; l += run) {
      const PetscInt64 a = (from_line + l) / from->inner, b = (from_line + l) % from->inner;
      const PetscInt64 c = (to_line + l) / to->inner, d = (to_line + l) % to->inner;
      const PetscReal *source = from->at + a * from->outer_stride + b;
      PetscReal *target = to->at + c * to->outer_stride + d;
      run = PetscMin(count - l, PetscMin(from->inner - b, to->inner - d));
      if (run == 1)
        for (PetscInt64 k = i; k < end; k++) target[k * to->stride] = source[k * from->stride];
      else
        for (PetscInt64 k = i; k < end; k++)
          memcpy(target + k * to->stride, source + k * from->stride, (size_t)run * sizeof *target);
    }
  }
}

/* This rank's box of a field; `field` is only written to where it was given for that. */
static Place Box(OttoAxis s, const PetscReal field[])
{
  const PetscInt64 rows = s->g->local[s->axis];

  return (Place){(PetscReal *)(uintptr_t)field, s->inner, rows * s->inner, s->inner};
}

static PetscErrorCode Share(OttoAxis s)
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 columns = s->outer * s->inner;
  PetscMPIInt size;

  PetscFunctionBegin;
  s->comm = g->comm;
  if (g->mesh[1 - s->axis] > 1) {
    const PetscMPIInt place = s->axis ? g->rank / g->mesh[1] : g->rank % g->mesh[1];
    PetscCallMPI(MPI_Comm_split(g->comm, place, g->rank, &s->comm));
    s->owns_comm = PETSC_TRUE;
  }
  PetscCallMPI(MPI_Comm_size(s->comm, &size));
  const PetscInt64 each = PetscMax(ROW_MIN, ROUND_REALS / (g->n[s->axis] * s->width));
  s->rounds = PetscMax(1, (columns + size * each - 1) / (size * each));
  s->round = (columns + s->rounds - 1) / s->rounds;
  PetscCall(PetscCalloc1(s->width + 1, &s->exchange));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAxisCreate(OttoGrid grid, PetscInt axis, PetscInt width, PetscInt64 bundle,
                              OttoAxis *lines)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoAxisCreateShape(OttoGridGetInfo(grid), axis, width, bundle, lines));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAxisCreateShape(const OttoGridInfo *g, PetscInt axis, PetscInt width,
                                   PetscInt64 bundle, OttoAxis *lines)
{
  PetscInt64 row = ROW_MAX;
  PetscErrorCode code;
  OttoAxis s;

  PetscFunctionBegin;
  PetscCheck(axis >= 0 && axis < g->dim, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "axis %d of %d axes", (int)axis, (int)g->dim);
  PetscCheck(width >= 1 && bundle >= OTTO_AXIS_STANDING, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%d fields, %" PetscInt64_FMT " lines", (int)width, bundle);
  PetscCall(PetscNew(&s));
  s->g = g;
  s->axis = axis;
  s->width = width;
  s->outer = s->inner = 1;
  for (PetscInt j = 0; j < axis; j++) s->outer *= g->local[j];
  for (PetscInt j = axis + 1; j < g->dim; j++) s->inner *= g->local[j];
  while (row > ROW_MIN && row * g->n[axis] * 2 * width > BUNDLE_REALS) row /= 2;
  s->standing = bundle == OTTO_AXIS_STANDING ? PETSC_TRUE : PETSC_FALSE;
  s->row = PetscMin(bundle > 0 ? bundle : row, g->cells / g->n[axis]);
  const size_t each = (size_t)(g->n[axis] * s->row), fields = 2 * (size_t)width;
  s->bytes = fields * each * sizeof(PetscReal);
  PetscCall(PetscMalloc4(width, &s->in, width, &s->out, width, &s->from, width, &s->to));
  if (axis < 2 && g->mesh[axis] > 1) PetscCall(Share(s));
  code = OttoAgree(g->comm, OttoBufferCreate(fields * each, &s->buffer));
  if (code) {
    PetscCall(OttoAxisDestroy(&s));
    PetscFunctionReturn(code);
  }
  for (PetscInt f = 0; f < width; f++) {
    s->in[f] = s->buffer + (size_t)f * each;
    s->out[f] = s->buffer + (size_t)(width + f) * each;
  }
  *lines = s;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAxisDestroy(OttoAxis *lines)
{
  OttoAxis s = *lines;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt f = 1; f <= s->width && s->exchange; f++)
    PetscCall(OttoExchangeDestroy(&s->exchange[f]));
  PetscCall(PetscFree(s->exchange));
  if (s->owns_comm) PetscCallMPI(MPI_Comm_free(&s->comm));
  PetscCall(OttoBufferDestroy(&s->buffer));
  PetscCall(PetscFree4(s->in, s->out, s->from, s->to));
  PetscCall(PetscFree(*lines));
  PetscFunctionReturn(0);
}

size_t OttoAxisBytes(OttoAxis lines)
{
  size_t bytes = lines->bytes;

  for (PetscInt f = 1; f <= lines->width && lines->exchange; f++)
    if (lines->exchange[f]) bytes += OttoExchangeBytes(lines->exchange[f]);
  return bytes;
}

typedef struct {
  PetscInt ins, outs;
  const PetscReal *const *in;
  PetscReal *const *out;
  OttoLineWork work;
  void *context;
} Job;

/* Works on `count` lines that are whole at s->from[ins], into s->to[outs]; the first of them is
 * line `first` of those that the ranks of a mesh row or column share. */
static PetscErrorCode WorkOn(OttoAxis s, const Job *job, PetscInt64 first, PetscInt64 count)
{
  const PetscInt64 n = s->g->n[s->axis], row = s->row;
  OttoBundle b = {.g = s->g, .axis = s->axis, .n = n, .stride = row, .in = s->in, .out = s->out};

  for (PetscInt64 done = 0; done < count; done += row) {
    b.first = first + done;
    b.lines = PetscMin(row, count - done);
    for (PetscInt f = 0; f < job->ins; f++) {
      Copy(n, b.lines, &s->from[f], done, &(Place){s->in[f], row, 0, row}, 0);
      for (PetscInt64 i = 0; i < n && b.lines < row; i++)
        memset(s->in[f] + i * row + b.lines, 0, (size_t)(row - b.lines) * sizeof(PetscReal));
    }
    const PetscErrorCode code = job->work(&b, job->context);
    if (code) return code;
    for (PetscInt f = 0; f < job->outs; f++)
      Copy(n, b.lines, &(Place){s->out[f], row, 0, row}, 0, &s->to[f], done);
  }
  return 0;
}

/* All lines of a round, where those that go in stand in rows as long as those that come out. */
static PetscErrorCode WorkOnStanding(OttoAxis s, const Job *job, PetscInt64 first, PetscInt64 count)
{
  const PetscInt64 stride = job->ins ? s->from[0].stride : s->to[0].stride;
  PetscReal *in[s->width], *out[s->width];
  const OttoBundle b = {.g = s->g,
                        .axis = s->axis,
                        .n = s->g->n[s->axis],
                        .lines = count,
                        .stride = stride,
                        .in = in,
                        .out = out,
                        .first = first};

  if (!s->standing || (job->ins && job->outs && s->to[0].stride != stride))
    return WorkOn(s, job, first, count);
  if (!count) return 0;
  for (PetscInt f = 0; f < job->ins; f++) in[f] = s->from[f].at;
  for (PetscInt f = 0; f < job->outs; f++) out[f] = s->to[f].at;
  return job->work(&b, job->context);
}

static PetscErrorCode GetExchange(OttoAxis s, PetscInt fields, OttoExchange *exchange)
{
  PetscFunctionBegin;
  if (fields && !s->exchange[fields])
    PetscCall(OttoAgree(s->g->comm, OttoExchangeCreate(s->comm, s->g->cuts[s->axis], s->round,
                                                       fields, &s->exchange[fields])));
  *exchange = s->exchange[fields];
  PetscFunctionReturn(0);
}

/* The rows of an exchange hold field after field: [fields][columns of a rank]. Copies this rank's
 * cells of the columns [first, first + count) of its box there, or back. */
static void Pack(OttoAxis s, OttoExchange e, PetscInt fields, const PetscReal *const field[],
                 PetscInt64 first, PetscInt64 count, PetscBool back)
{
  const PetscInt64 n = s->g->local[s->axis];
  OttoExchangePart part;

  for (PetscInt64 c = 0; c < count; c = part.first + part.count) {
    part = OttoExchangeGetPart(e, c);
    const PetscInt64 columns = PetscMin(part.count, count - c);
    for (PetscInt f = 0; f < fields; f++) {
      const Place box = Box(s, field[f]);
      const Place there = {part.values + f * part.count, part.count, 0, part.row_stride};
      if (back)
        Copy(n, columns, &there, 0, &box, first + c);
      else
        Copy(n, columns, &box, first + c, &there, 0);
    }
  }
}

/* The lines of the rank's own columns in an exchange. */
static void PlaceLines(OttoExchange e, PetscInt fields, Place place[], PetscInt64 *first,
                       PetscInt64 *columns)
{
  PetscInt64 stride;
  PetscReal *values = OttoExchangeLines(e, &stride);

  OttoExchangeColumns(e, first, columns);
  for (PetscInt f = 0; f < fields; f++)
    place[f] = (Place){values + f * *columns, *columns, 0, stride};
}

/* Columns [first, first + count) of the boxes of the ranks that share lines. After a failure the
 * others still want their lines. */
static PetscErrorCode Round(OttoAxis s, const Job *job, PetscInt64 first, PetscInt64 count,
                            PetscErrorCode *failure)
{
  PetscInt64 mine, columns;
  OttoExchange forth, back;

  PetscFunctionBegin;
  PetscCall(GetExchange(s, job->ins, &forth));
  PetscCall(GetExchange(s, job->outs, &back));
  if (forth) {
    Pack(s, forth, job->ins, job->in, first, count, PETSC_FALSE);
    PetscCall(OttoExchangeToLines(forth));
    PlaceLines(forth, job->ins, s->from, &mine, &columns);
  }
  if (back) PlaceLines(back, job->outs, s->to, &mine, &columns);
  const PetscInt64 present = PetscMax(0, PetscMin(columns, count - mine));
  if (!*failure) *failure = WorkOnStanding(s, job, first + mine, present);
  if (back) {
    PetscCall(OttoExchangeToPlanes(back));
    Pack(s, back, job->outs, (const PetscReal *const *)job->out, first, count, PETSC_TRUE);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAxisApply(OttoAxis lines, PetscInt ins, const PetscReal *const in[],
                             PetscInt outs, PetscReal *const out[], OttoLineWork work,
                             void *context)
{
  const OttoAxis s = lines;
  const Job job = {ins, outs, in, out, work, context};
  const PetscInt64 columns = s->outer * s->inner;
  PetscErrorCode failure = 0;

  PetscFunctionBegin;
  PetscCheck(ins >= 0 && outs >= 0 && ins + outs > 0 && PetscMax(ins, outs) <= s->width,
             PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "%d fields in, %d out, of at most %d",
             (int)ins, (int)outs, (int)s->width);
  if (s->rounds) {
    for (PetscInt64 r = 0; r < s->rounds; r++)
      PetscCall(Round(s, &job, r * s->round, PetscMin(s->round, columns - r * s->round), &failure));
  } else {
    for (PetscInt f = 0; f < ins; f++) s->from[f] = Box(s, in[f]);
    for (PetscInt f = 0; f < outs; f++) s->to[f] = Box(s, out[f]);
    failure = WorkOn(s, &job, 0, columns);
  }
  PetscCall(OttoAgree(s->g->comm, failure));
  PetscFunctionReturn(0);
}

static PetscBool Among(Vec v, PetscInt count, const Vec list[])
{
  for (PetscInt f = 0; f < count; f++)
    if (list[f] == v) return PETSC_TRUE;
  return PETSC_FALSE;
}

PetscErrorCode OttoAxisApplyFields(OttoAxis lines, PetscInt ins, const Vec in[], PetscInt outs,
                                   const Vec out[], OttoLineWork work, void *context)
{
  const PetscScalar **from;
  PetscScalar **to;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(ins, &from, outs, &to));
  for (PetscInt f = 0; f < outs; f++) PetscCall(VecGetArray(out[f], &to[f]));
  for (PetscInt f = 0; f < ins; f++) {
    if (!Among(in[f], outs, out)) {
      PetscCall(VecGetArrayRead(in[f], &from[f]));
      continue;
    }
    for (PetscInt o = 0; o < outs; o++)
      if (out[o] == in[f]) from[f] = to[o];
  }
  const PetscErrorCode code =
      OttoAxisApply(lines, ins, from, outs, (PetscReal *const *)to, work, context);
  for (PetscInt f = 0; f < ins; f++)
    if (!Among(in[f], outs, out)) PetscCall(VecRestoreArrayRead(in[f], &from[f]));
  for (PetscInt f = 0; f < outs; f++) PetscCall(VecRestoreArray(out[f], &to[f]));
  PetscCall(PetscFree2(from, to));
  PetscFunctionReturn(code);
}
