#include "exchange.h"
#include "core/message.h"
#include <string.h>

#define CACHE_LINE 8 /* reals */

struct _n_OttoExchange {
  MPI_Comm comm; /* PETSc's private duplicate, so that messages meet no others */
  PetscMPIInt tag, rank, size;
  const PetscInt64 *starts; /* [size + 1]: first plane of each rank */
  PetscInt64 planes;        /* of this rank */
  PetscInt width;
  PetscInt64 *column;     /* [size + 1]: first column of each rank */
  PetscInt64 *row_stride; /* [size]: reals per row of each rank's lines */
  PetscInt64 *offset;     /* [size + 1]: where the part for a rank begins in `parts` */
  PetscReal *parts;       /* for every other rank: [planes][row_stride of that rank] */
  PetscReal *lines;       /* [n[0]][row_stride of this rank] */
  size_t bytes;
};

/* Rows of an odd number of cache lines, so that neighbouring rows meet in no cache set; short rows
 * stay dense. */
static PetscInt64 PaddedRow(PetscInt64 reals)
{
  PetscInt64 cache_lines = (reals + CACHE_LINE - 1) / CACHE_LINE;

  return reals < 8 * CACHE_LINE ? reals : CACHE_LINE * (cache_lines | 1);
}

PetscErrorCode OttoExchangeCreate(MPI_Comm comm, const PetscInt64 starts[], PetscInt64 columns,
                                  PetscInt width, OttoExchange *exchange)
{
  OttoExchange e;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  e->width = width;
  e->starts = starts;
  PetscCall(PetscCommDuplicate(comm, &e->comm, &e->tag));
  PetscCallMPI(MPI_Comm_rank(e->comm, &e->rank));
  PetscCallMPI(MPI_Comm_size(e->comm, &e->size));
  e->planes = starts[e->rank + 1] - starts[e->rank];
  PetscCall(
      PetscMalloc3(e->size + 1, &e->column, e->size, &e->row_stride, e->size + 1, &e->offset));
  e->column[0] = e->offset[0] = 0;
  for (PetscMPIInt r = 0; r < e->size; r++) {
    PetscInt64 count = columns / e->size + (r < columns % e->size);
    e->column[r + 1] = e->column[r] + count;
    e->row_stride[r] = PaddedRow(count * width);
    e->offset[r + 1] = e->offset[r] + (r == e->rank ? 0 : e->planes * e->row_stride[r]);
  }
  const size_t parts = (size_t)e->offset[e->size];
  const size_t lines = (size_t)(starts[e->size] * e->row_stride[e->rank]);
  e->bytes = (parts + lines) * sizeof(PetscReal);
  code = OttoBufferCreate(parts, &e->parts);
  if (!code) code = OttoBufferCreate(lines, &e->lines);
  code = OttoAgree(e->comm, code);
  if (code) {
    PetscCall(OttoExchangeDestroy(&e));
    PetscFunctionReturn(code);
  }
  /* The padding travels with the rows: it must be defined. */
  PetscCall(PetscArrayzero(e->parts, parts));
  PetscCall(PetscArrayzero(e->lines, lines));
  *exchange = e;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoExchangeDestroy(OttoExchange *exchange)
{
  OttoExchange e = *exchange;

  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(0);
  PetscCall(OttoBufferDestroy(&e->parts));
  PetscCall(OttoBufferDestroy(&e->lines));
  PetscCall(PetscFree3(e->column, e->row_stride, e->offset));
  PetscCall(PetscCommDestroy(&e->comm));
  PetscCall(PetscFree(*exchange));
  PetscFunctionReturn(0);
}

void OttoExchangeColumns(OttoExchange exchange, PetscInt64 *first, PetscInt64 *count)
{
  const PetscMPIInt rank = exchange->rank;

  *first = exchange->column[rank];
  *count = exchange->column[rank + 1] - *first;
}

size_t OttoExchangeBytes(OttoExchange exchange)
{
  return exchange->bytes;
}

/* Where rank r's columns of a local plane stand on this rank, before or after a swap. */
static PetscReal *PartOf(OttoExchange e, PetscMPIInt r, PetscInt64 plane)
{
  return r == e->rank ? e->lines + (e->starts[r] + plane) * e->row_stride[r]
                      : e->parts + e->offset[r] + plane * e->row_stride[r];
}

void OttoExchangePack(OttoExchange exchange, PetscInt64 plane, const PetscReal values[])
{
  const OttoExchange e = exchange;

  for (PetscMPIInt r = 0; r < e->size; r++) {
    const PetscInt64 first = e->column[r] * e->width, end = e->column[r + 1] * e->width;
    memcpy(PartOf(e, r, plane), values + first, (size_t)(end - first) * sizeof *values);
  }
}

void OttoExchangeUnpack(OttoExchange exchange, PetscInt64 plane, PetscReal values[])
{
  const OttoExchange e = exchange;

  for (PetscMPIInt r = 0; r < e->size; r++) {
    const PetscInt64 first = e->column[r] * e->width, end = e->column[r + 1] * e->width;
    memcpy(values + first, PartOf(e, r, plane), (size_t)(end - first) * sizeof *values);
  }
}

OttoExchangePart OttoExchangeGetPart(OttoExchange exchange, PetscInt64 column)
{
  const OttoExchange e = exchange;
  const PetscInt64 each = e->column[e->size] / e->size, larger = e->column[e->size] % e->size;
  const PetscInt64 in_larger = larger * (each + 1); /* columns of the ranks that have one more */
  const PetscMPIInt r = (PetscMPIInt)(column < in_larger ? column / (each + 1)
                                                         : larger + (column - in_larger) / each);

  return (OttoExchangePart){.values = PartOf(e, r, 0),
                            .row_stride = e->row_stride[r],
                            .first = e->column[r],
                            .count = e->column[r + 1] - e->column[r]};
}

/* The part of `lines` that comes from rank r's planes, and its size. */
static PetscReal *LinesOf(OttoExchange e, PetscMPIInt r, PetscInt64 *count)
{
  const PetscInt64 stride = e->row_stride[e->rank];

  *count = (e->starts[r + 1] - e->starts[r]) * stride;
  return e->lines + e->starts[r] * stride;
}

PetscReal *OttoExchangeLines(OttoExchange exchange, PetscInt64 *row_stride)
{
  *row_stride = exchange->row_stride[exchange->rank];
  return exchange->lines;
}

PetscErrorCode OttoExchangeToLines(OttoExchange exchange)
{
  const OttoExchange e = exchange;
  const PetscMPIInt rank = e->rank, size = e->size;

  PetscFunctionBegin;
  for (PetscMPIInt step = 1; step < size; step++) {
    const PetscMPIInt to = (rank + step) % size, from = (rank - step + size) % size;
    PetscInt64 in_count, out_count = e->offset[to + 1] - e->offset[to];
    PetscReal *in = LinesOf(e, from, &in_count);
    PetscCall(OttoMessageSwap(e->comm, e->tag, to, e->parts + e->offset[to], out_count, from, in,
                              in_count));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoExchangeToPlanes(OttoExchange exchange)
{
  const OttoExchange e = exchange;
  const PetscMPIInt rank = e->rank, size = e->size;

  PetscFunctionBegin;
  for (PetscMPIInt step = 1; step < size; step++) {
    const PetscMPIInt to = (rank + step) % size, from = (rank - step + size) % size;
    PetscInt64 out_count, in_count = e->offset[from + 1] - e->offset[from];
    const PetscReal *out = LinesOf(e, to, &out_count);
    PetscCall(OttoMessageSwap(e->comm, e->tag, to, out, out_count, from, e->parts + e->offset[from],
                              in_count));
  }
  PetscFunctionReturn(0);
}
