/* Private to files: a box of a dataset, piece by piece, each as large as one call of HDF5 takes:
 * MPI-IO counts its bytes in an int. */
#pragma once
#include "core/message.h"
#include <hdf5.h>

#define OTTO_PIECE_BYTES ((PetscInt64)1 << 28) /* of a piece, usually */
#define OTTO_PIECE_AXES (OTTO_MAX_DIM + 1)

/** Pieces follow one another in the order of the box's values. */
typedef struct {
  hsize_t from[OTTO_PIECE_AXES], part[OTTO_PIECE_AXES]; /* of this piece */
  hsize_t values, before;                               /* of it, and of those before it */
  hsize_t at[OTTO_PIECE_AXES], count[OTTO_PIECE_AXES];  /* of the box */
  hsize_t next[OTTO_PIECE_AXES];                        /* where the next begins, from `at` on */
  hsize_t inner, step; /* values of a row of axis `axis`, and rows of a piece */
  int dim, axis;       /* pieces are single indices before it, and whole behind */
} OttoPieces;

/** Of the box [at, at + count) of `dim` axes, in doubles; `bytes`: the most of a piece, which has
 * one value at least. Not collective. */
PETSC_INTERN void OttoPiecesBegin(OttoPieces *p, int dim, const hsize_t at[], const hsize_t count[],
                                  PetscInt64 bytes);
/** The next piece; whether there is one. */
PETSC_INTERN PetscBool OttoPiecesNext(OttoPieces *p);
/** The most values that a piece has. */
PETSC_INTERN hsize_t OttoPiecesMost(const OttoPieces *p);

/** Writes values[p->values] to that piece of a dataset, or reads them. Not collective; whether it
 * went well. */
PETSC_INTERN PetscBool OttoPieceWrite(const OttoPieces *p, hid_t data, const double values[]);
PETSC_INTERN PetscBool OttoPieceRead(const OttoPieces *p, hid_t data, double values[]);

/** A whole box of values, piece by piece. Not collective; whether it went well. */
PETSC_INTERN PetscBool OttoPiecesWriteBox(hid_t data, int dim, const hsize_t at[],
                                          const hsize_t count[], const double values[]);
