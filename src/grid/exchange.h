/*
 * Private to transform and heat: the exchange that makes lines of axis 0 local.
 *
 * A field of `width` reals per column is given plane by plane; afterwards every rank holds all n[0]
 * planes of its own share of the columns, works on these lines in place, and sends them back.
 *
 *   planes:  this rank's planes, each of `columns` columns of `width` reals
 *   lines:   [n[0]][row_stride] reals, of which the first my_columns·width of a row are this rank's
 *            columns; row_stride is padded off powers of two
 *
 * Packing is by destination; messages go in chunks of about 1 MiB; a rank's part for itself never
 * goes through MPI. On one rank the packed buffer is the line buffer: nothing is copied.
 */
#pragma once
#include <otto/grid.h>

/** A big buffer of `count` reals: aligned to 64 bytes; from 2 MiB on to 2 MiB, on huge pages where
 * the system grants them. Not cleared. Not collective: PETSC_ERR_MEM on this rank alone. */
PETSC_INTERN PetscErrorCode OttoBufferCreate(size_t count, PetscReal **buffer);
PETSC_INTERN PetscErrorCode OttoBufferDestroy(PetscReal **buffer);

typedef struct _n_OttoExchange *OttoExchange;

/** Collective. `columns`: columns per plane; they are dealt to the ranks in balanced blocks (some
 * may get none). `width`: reals per column (1 real, 2 complex, or several fields interleaved). */
PETSC_INTERN PetscErrorCode OttoExchangeCreate(OttoGrid grid, PetscInt64 columns, PetscInt width,
                                               OttoExchange *exchange);
PETSC_INTERN PetscErrorCode OttoExchangeDestroy(OttoExchange *exchange);

/** Columns of this rank: [first, first + count). */
PETSC_INTERN void OttoExchangeColumns(OttoExchange exchange, PetscInt64 *first, PetscInt64 *count);

/** Bytes of buffers on this rank. */
PETSC_INTERN size_t OttoExchangeBytes(OttoExchange exchange);

/** Puts one local plane (0 ≤ plane < planes), columns·width reals in order, into the send buffer.
 */
PETSC_INTERN void OttoExchangePack(OttoExchange exchange, PetscInt64 plane,
                                   const PetscReal values[]);

/** Planes → lines. `lines` stays valid until the next Pack. Collective. */
PETSC_INTERN PetscErrorCode OttoExchangeToLines(OttoExchange exchange, PetscReal **lines,
                                                PetscInt64 *row_stride);

/** Lines → planes, after the work on them. Collective. */
PETSC_INTERN PetscErrorCode OttoExchangeToPlanes(OttoExchange exchange);

/** Takes one local plane back after OttoExchangeToPlanes(). */
PETSC_INTERN void OttoExchangeUnpack(OttoExchange exchange, PetscInt64 plane, PetscReal values[]);
