#include "exchange.h"
#include "core/fault.h"
#include "core/message.h"
#include <string.h>

/* Bytes per message: one block of 64 MiB travels at a third of the bandwidth of 1 MiB chunks, which
 * stay in cache between the copies in and out of shared memory. */
#define CHUNK ((PetscInt64)1 << 20)
#define IN_FLIGHT 4 /* chunks under way each way at a time */

#define CACHE_LINE 8 /* reals */

/* What is under way: step after step, each with another rank to send to and to receive from, and
 * chunk after chunk of a step. */
typedef struct {
  PetscBool to_lines;     /* or to planes */
  PetscMPIInt step;       /* 1 … size-1; size: all have been posted */
  PetscInt64 done;        /* reals of the step's blocks that have been posted */
  PetscMPIInt pending;    /* requests; 0: none is under way */
  PetscErrorCode failure; /* of OttoExchangeProgress() */
  MPI_Request request[2 * IN_FLIGHT];
} Way;

struct _n_OttoExchange {
  MPI_Comm comm; /* PETSc's private duplicate, so that messages meet no others */
  PetscMPIInt tag, rank, size;
  const PetscInt64 *starts; /* [size + 1]: first plane of each rank */
  PetscInt64 planes;        /* of this rank */
  PetscInt width;
  PetscInt64 *column;     /* [size + 1]: first column of each rank */
  PetscInt64 *row_stride; /* [size]: reals per row of each rank's lines */
  PetscReal **part;       /* [size]: for every other rank [planes][row_stride of that rank] */
  PetscReal *parts;       /* room for them, but for those that stand in another's lines */
  PetscReal *lines;       /* [n[0]][row_stride of this rank] */
  size_t bytes;
  Way way;
};

/* Rows of an odd number of cache lines, so that neighbouring rows meet in no cache set; short rows
 * stay dense. */
static PetscInt64 PaddedRow(PetscInt64 reals)
{
  PetscInt64 cache_lines = (reals + CACHE_LINE - 1) / CACHE_LINE;

  return reals < 8 * CACHE_LINE ? reals : CACHE_LINE * (cache_lines | 1);
}

/* Lines that have been sent are room: those before a rank's own planes, and those behind. */
typedef struct {
  PetscReal *at;
  PetscInt64 reals;
} Room;

static void LinesAsRoom(OttoExchange first, Room room[2])
{
  const PetscInt64 stride = first->row_stride[first->rank], *starts = &first->starts[first->rank];

  room[0] = (Room){first->lines, starts[0] * stride};
  room[1] =
      (Room){first->lines + starts[1] * stride, (first->starts[first->size] - starts[1]) * stride};
}

static PetscReal *TakeRoom(Room room[2], PetscInt64 reals)
{
  for (int i = 0; i < 2; i++) {
    if (room[i].reals < reals) continue;
    room[i].reals -= reals;
    room[i].at += reals;
    return room[i].at - reals;
  }
  return NULL;
}

static PetscInt64 PartReals(OttoExchange e, PetscMPIInt r)
{
  return r == e->rank ? 0 : e->planes * e->row_stride[r];
}

/* Buffers: parts that find no room in the lines of `first` (NULL: none do), and lines. */
static PetscErrorCode Allocate(OttoExchange e, OttoExchange first)
{
  const size_t lines = (size_t)(e->starts[e->size] * e->row_stride[e->rank]);
  PetscInt64 parts = 0, at = 0;
  Room room[2] = {{NULL, -1}, {NULL, -1}};

  PetscFunctionBegin;
  if (first) LinesAsRoom(first, room);
  for (PetscMPIInt r = 0; r < e->size; r++) {
    e->part[r] = TakeRoom(room, PartReals(e, r));
    if (!e->part[r]) parts += PartReals(e, r);
  }
  e->bytes = ((size_t)parts + lines) * sizeof(PetscReal);
  PetscCall(OttoBufferCreate((size_t)parts, &e->parts));
  PetscCall(OttoBufferCreate(lines, &e->lines));
  for (PetscMPIInt r = 0; r < e->size; r++) {
    if (e->part[r]) continue;
    e->part[r] = e->parts + at;
    at += PartReals(e, r);
  }
  /* The padding travels with the rows: it must be defined. */
  PetscCall(PetscArrayzero(e->parts, parts));
  PetscCall(PetscArrayzero(e->lines, lines));
  PetscFunctionReturn(0);
}

static PetscErrorCode Create(MPI_Comm comm, const PetscInt64 starts[], PetscInt64 columns,
                             PetscInt width, OttoExchange first, OttoExchange *exchange)
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
  PetscCall(PetscMalloc3(e->size + 1, &e->column, e->size, &e->row_stride, e->size, &e->part));
  e->column[0] = 0;
  for (PetscMPIInt r = 0; r < e->size; r++) {
    PetscInt64 count = columns / e->size + (r < columns % e->size);
    e->column[r + 1] = e->column[r] + count;
    e->row_stride[r] = PaddedRow(count * width);
  }
  code = OttoAgree(e->comm, Allocate(e, first));
  if (code) {
    PetscCall(OttoExchangeDestroy(&e));
    PetscFunctionReturn(code);
  }
  *exchange = e;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoExchangeCreate(MPI_Comm comm, const PetscInt64 starts[], PetscInt64 columns,
                                  PetscInt width, OttoExchange *exchange)
{
  PetscFunctionBegin;
  PetscCall(Create(comm, starts, columns, width, NULL, exchange));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoExchangeCreateBeside(OttoExchange first, OttoExchange *exchange)
{
  PetscFunctionBegin;
  PetscCall(Create(first->comm, first->starts, first->column[first->size], first->width, first,
                   exchange));
  PetscFunctionReturn(0);
}

/* Gives up what is pending: a receive is cancelled, a send ends by itself or with the run. */
static void Drop(Way *way)
{
  for (PetscMPIInt i = 0; i < way->pending; i++) {
    if (way->request[i] == MPI_REQUEST_NULL) continue;
    MPI_Cancel(&way->request[i]);
    MPI_Request_free(&way->request[i]);
  }
  way->pending = 0;
}

PetscErrorCode OttoExchangeDestroy(OttoExchange *exchange)
{
  OttoExchange e = *exchange;

  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(0);
  Drop(&e->way);
  PetscCall(OttoBufferDestroy(&e->parts));
  PetscCall(OttoBufferDestroy(&e->lines));
  PetscCall(PetscFree3(e->column, e->row_stride, e->part));
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
  return exchange ? exchange->bytes : 0;
}

/* Where rank r's columns of a local plane stand on this rank, before or after a swap. */
static PetscReal *PartOf(OttoExchange e, PetscMPIInt r, PetscInt64 plane)
{
  return r == e->rank ? e->lines + (e->starts[r] + plane) * e->row_stride[r]
                      : e->part[r] + plane * e->row_stride[r];
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

PetscReal *OttoExchangeLines(OttoExchange exchange, PetscInt64 *row_stride)
{
  *row_stride = exchange->row_stride[exchange->rank];
  return exchange->lines;
}

typedef struct { /* what changes hands with one other rank */
  PetscMPIInt rank;
  PetscReal *values;
  PetscInt64 reals;
} Block;

static Block PartBlock(OttoExchange e, PetscMPIInt r)
{
  return (Block){r, e->part[r], PartReals(e, r)};
}

/* Of the lines, what comes from rank r's planes. */
static Block LinesBlock(OttoExchange e, PetscMPIInt r)
{
  const PetscInt64 stride = e->row_stride[e->rank];

  return (Block){r, e->lines + e->starts[r] * stride, (e->starts[r + 1] - e->starts[r]) * stride};
}

/* A chunk of a block at a time, up to IN_FLIGHT of them each way, of the step under way or the next
 * that has any. Both partners cut a block at the same places: every chunk but the last is full. */
static PetscErrorCode PostSome(OttoExchange e)
{
  const PetscInt64 chunk = PetscMax(1, OttoMessageBytes(CHUNK) / (PetscInt64)sizeof(PetscReal));
  Way *way = &e->way;

  PetscFunctionBegin;
  while (way->step < e->size && !way->pending) {
    const PetscMPIInt to = (e->rank + way->step) % e->size,
                      from = (e->rank - way->step + e->size) % e->size;
    const Block out = way->to_lines ? PartBlock(e, to) : LinesBlock(e, to),
                in = way->to_lines ? LinesBlock(e, from) : PartBlock(e, from);
    const PetscInt64 end = way->done + IN_FLIGHT * chunk;
    PetscCheck(!OttoFaultFails("message"), PETSC_COMM_SELF, PETSC_ERR_LIB, "no message is sent");
    for (PetscInt64 c = way->done; c < PetscMin(in.reals, end); c += chunk)
      PetscCallMPI(MPI_Irecv(in.values + c, (PetscMPIInt)PetscMin(chunk, in.reals - c), MPIU_REAL,
                             from, e->tag, e->comm, &way->request[way->pending++]));
    for (PetscInt64 c = way->done; c < PetscMin(out.reals, end); c += chunk)
      PetscCallMPI(MPI_Isend(out.values + c, (PetscMPIInt)PetscMin(chunk, out.reals - c), MPIU_REAL,
                             to, e->tag, e->comm, &way->request[way->pending++]));
    way->done = end;
    if (end < PetscMax(in.reals, out.reals)) continue;
    way->done = 0;
    way->step++;
  }
  PetscFunctionReturn(0);
}

/* Waits for what is pending, or looks whether it is done, and posts what comes next. */
static PetscErrorCode GoOn(OttoExchange e, PetscBool wait)
{
  Way *way = &e->way;
  int done = 1;

  PetscFunctionBegin;
  if (wait)
    PetscCallMPI(MPI_Waitall(way->pending, way->request, MPI_STATUSES_IGNORE));
  else
    PetscCallMPI(MPI_Testall(way->pending, way->request, &done, MPI_STATUSES_IGNORE));
  if (!done) PetscFunctionReturn(0);
  way->pending = 0;
  PetscCall(PostSome(e));
  PetscFunctionReturn(0);
}

static PetscErrorCode Begin(OttoExchange e, PetscBool to_lines)
{
  PetscFunctionBegin;
  PetscCheck(!e->way.pending, PETSC_COMM_SELF, PETSC_ERR_ORDER, "an exchange is under way");
  e->way.to_lines = to_lines;
  e->way.step = 1;
  e->way.done = 0;
  const PetscErrorCode code = PostSome(e);
  if (code) Drop(&e->way);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoExchangeBegin(OttoExchange exchange)
{
  PetscFunctionBegin;
  PetscCall(Begin(exchange, PETSC_FALSE));
  PetscFunctionReturn(0);
}

void OttoExchangeProgress(OttoExchange exchange)
{
  if (!exchange || !exchange->way.pending) return;
  exchange->way.failure = GoOn(exchange, PETSC_FALSE);
  if (exchange->way.failure) Drop(&exchange->way);
}

PetscErrorCode OttoExchangeEnd(OttoExchange exchange)
{
  const OttoExchange e = exchange;

  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(0);
  PetscErrorCode code = e->way.failure;
  e->way.failure = 0;
  while (!code && e->way.pending) code = GoOn(e, PETSC_TRUE);
  if (code) Drop(&e->way);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoExchangeToLines(OttoExchange exchange)
{
  PetscFunctionBegin;
  PetscCall(Begin(exchange, PETSC_TRUE));
  PetscCall(OttoExchangeEnd(exchange));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoExchangeToPlanes(OttoExchange exchange)
{
  PetscFunctionBegin;
  PetscCall(OttoExchangeBegin(exchange));
  PetscCall(OttoExchangeEnd(exchange));
  PetscFunctionReturn(0);
}
