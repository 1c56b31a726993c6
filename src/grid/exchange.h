/*
 * Private to grid, transform and heat: the exchange that makes lines of a distributed axis local.
 *
 * The ranks of a communicator have a box each, one after the other along the axis. A rank's box is
 * given plane by plane (a plane: the cells of one position on the axis), `columns` columns of
 * `width` reals each; afterwards every rank holds all planes of its own share of the columns, works
 * on these lines in place, and sends them back.
 *
 *   planes:  this rank's planes, each of `columns` columns of `width` reals
 *   lines:   [planes of all][row_stride] reals, of which the first my_columns·width of a row are
 *            this rank's columns; row_stride is padded off powers of two
 *
 * Packing is by destination; messages go in chunks of about 1 MiB; a rank's part for itself never
 * goes through MPI. On one rank the packed buffer is the line buffer: nothing is copied.
 *
 * The way back may be under way while a rank computes something else: OttoExchangeBegin(), Progress
 * between the pieces of its work, OttoExchangeEnd(). Two fields that follow one another so need a
 * second exchange, OttoExchangeCreateBeside().
 */
#pragma once
#include "core/buffer.h"
#include <otto/grid.h>

typedef struct _n_OttoExchange *OttoExchange;

/** Collective on `comm`. starts[size + 1]: the first plane of each rank, and their number; it must
 * outlive the exchange. `columns`: columns per plane, the same on every rank; they are dealt to the
 * ranks in balanced blocks (some may get none). `width`: reals per column (1 real, 2 complex, or
 * those of several fields). */
PETSC_INTERN PetscErrorCode OttoExchangeCreate(MPI_Comm comm, const PetscInt64 starts[],
                                               PetscInt64 columns, PetscInt width,
                                               OttoExchange *exchange);
/** The same exchange once more, for lines that are filled while those of `first` are on their way
 * back. Its way back begins when that of `first` has ended, and what comes then stands where the
 * lines of `first` were, as far as there is room: beside its own lines it needs no room, or that of
 * a part or two where planes or columns are dealt unevenly. Nothing is packed into it. `first` must
 * outlive it. Collective. */
PETSC_INTERN PetscErrorCode OttoExchangeCreateBeside(OttoExchange first, OttoExchange *exchange);
/** Collective. Requests that an exchange that failed has left are given up. */
PETSC_INTERN PetscErrorCode OttoExchangeDestroy(OttoExchange *exchange);

/** Columns of this rank: [first, first + count). */
PETSC_INTERN void OttoExchangeColumns(OttoExchange exchange, PetscInt64 *first, PetscInt64 *count);

/** Bytes of buffers on this rank; 0 for NULL. */
PETSC_INTERN size_t OttoExchangeBytes(OttoExchange exchange);

/** Puts one local plane (0 ≤ plane < planes), columns·width reals in order, into the send buffer.
 */
PETSC_INTERN void OttoExchangePack(OttoExchange exchange, PetscInt64 plane,
                                   const PetscReal values[]);

/** Planes → lines. Collective. */
PETSC_INTERN PetscErrorCode OttoExchangeToLines(OttoExchange exchange);

/** The lines: after OttoExchangeToLines() until the next Pack, or to be filled. Not collective. */
PETSC_INTERN PetscReal *OttoExchangeLines(OttoExchange exchange, PetscInt64 *row_stride);

/** Lines → planes, after the work on them: begin and end. Collective. */
PETSC_INTERN PetscErrorCode OttoExchangeToPlanes(OttoExchange exchange);

/** Begins it: from now to OttoExchangeEnd() neither lines nor planes are touched. Every rank begins
 * and ends its exchanges in the same order, and has one under way at a time. Collective. */
PETSC_INTERN PetscErrorCode OttoExchangeBegin(OttoExchange exchange);

/** Lets what is under way go on, as MPI does only while it is called; to be called between pieces
 * of work of some 10 to 500 µs. Nothing where nothing is under way (NULL: no exchange). A failure
 * is told by OttoExchangeEnd(). Not collective. */
PETSC_INTERN void OttoExchangeProgress(OttoExchange exchange);

/** Waits until it is there; nothing where none is under way, or for NULL. Collective. After a
 * failure no request is pending. */
PETSC_INTERN PetscErrorCode OttoExchangeEnd(OttoExchange exchange);

/** What stands on this rank, before or after a swap, of the planes that are its own and the columns
 * that are one rank's. */
typedef struct {
  PetscReal *values;     /* [own planes][row_stride], the first count·width of a row in use */
  PetscInt64 row_stride; /* reals */
  PetscInt64 first;      /* column */
  PetscInt64 count;      /* columns */
} OttoExchangePart;

/** The part that has this column, for what packs and unpacks in an order of its own. */
PETSC_INTERN OttoExchangePart OttoExchangeGetPart(OttoExchange exchange, PetscInt64 column);

/** Takes one local plane back after OttoExchangeToPlanes(). */
PETSC_INTERN void OttoExchangeUnpack(OttoExchange exchange, PetscInt64 plane, PetscReal values[]);
