/*
 * Private to Otto's own transform engine: its two halves, planes (axes 1…d-1, local before the
 * exchange) and lines (axis 0, local after it).
 */
#pragma once
#include "transform_impl.h"

/* Plans for `count` planes at a time: rows of a 2D grid are too short to transform one by one. */
typedef struct {
  PetscInt64 count;
  fftw_plan cosine;             /* DCT-II over the no-flux axes, in place */
  fftw_plan uncosine;           /* its inverse */
  fftw_plan sine[OTTO_MAX_DIM]; /* the inverse for a derivative along that axis */
  fftw_plan fourier, unfourier; /* r2c, c2r over the periodic axes */
} OttoPlanePlans;

typedef struct {
  const OttoGridInfo *g;
  const OttoGridInfo *inside; /* `g`, or what fields are of where they stand beside zeros */
  PetscInt64 count;           /* of this rank */
  PetscInt64 plane;           /* cells of one, zeros included */
  PetscBool any_periodic, any_no_flux; /* among axes 1…d-1 */
  PetscInt64 extent[OTTO_MAX_DIM]; /* coefficients along axes 1…d-1: the last periodic one halved */
  PetscInt64 columns;              /* coefficients per plane: product of the extents */
  PetscInt width;                  /* reals per coefficient: 2 if any_periodic, else 1 */
  OttoPlanePlans full, rest;       /* batches, and the planes left over (count may be 0) */
  PetscReal *cells;                /* [full.count][plane_cells] */
  PetscReal *modes;                /* [full.count][columns][2]; = cells where nothing is periodic */
  size_t bytes;
} OttoPlanes;

/* Lines come in bundles that fit in cache with their transform. */
typedef struct {
  OttoTransform transform;
  PetscInt64 n;            /* cells of a line */
  PetscInt64 inside;       /* of them cells of the field; zeros after them */
  PetscInt64 rows;         /* coefficients of a line */
  PetscInt64 first, count; /* this rank's columns */
  PetscInt64 bundle;       /* columns per bundle */
  PetscInt width;          /* reals per column of a row before the transform along axis 0 … */
  PetscInt mode_width;     /* … and after it: 2 where any axis is periodic */
  fftw_plan forward, inverse, sine;
  PetscReal *values;          /* [n][bundle][width] */
  PetscReal *modes;           /* [rows][bundle][mode_width] */
  PetscReal *factor, *addend; /* [bundle][mode_width]: product and sum over axes 1…d-1 */
  size_t block;               /* reals of one bundle in a spectrum */
  size_t bytes;
} OttoLines;

/* Shapes and buffers; not collective. */
PETSC_INTERN PetscErrorCode OttoPlanesCreate(const OttoGridInfo *g, const OttoGridInfo *inside,
                                             OttoPlanes *planes);
/* FFTW plans, by wisdom where there is any; not collective. */
PETSC_INTERN PetscErrorCode OttoPlanesPlan(OttoPlanes *planes);
PETSC_INTERN PetscErrorCode OttoPlanesDestroy(OttoPlanes *planes);

/* u → send buffer. */
PETSC_INTERN void OttoPlanesForward(OttoPlanes *planes, const PetscReal u[], OttoExchange exchange);
/* Receive buffer → v; `tables` says along which no-flux axis to differentiate, if any. */
PETSC_INTERN void OttoPlanesInverse(OttoPlanes *planes, OttoExchange exchange,
                                    const OttoTables *tables, PetscReal v[]);

PETSC_INTERN PetscErrorCode OttoLinesCreate(OttoTransform t, const OttoPlanes *planes,
                                            OttoExchange exchange, OttoLines *lines);
PETSC_INTERN PetscErrorCode OttoLinesPlan(OttoLines *lines);
PETSC_INTERN PetscErrorCode OttoLinesDestroy(OttoLines *lines);

/* Where a coefficient of a spectrum stands: its row, and its column among those of all ranks; false
 * where it is room behind the last. */
PETSC_INTERN PetscBool OttoLinesLocate(const OttoLines *lines, size_t coefficient, PetscInt64 *row,
                                       PetscInt64 *column);

/* `at`: [inside][stride], the exchange's lines. */
PETSC_INTERN void OttoLinesForward(OttoLines *lines, const PetscReal at[], PetscInt64 stride,
                                   PetscReal spectrum[]);
PETSC_INTERN void OttoLinesInverse(OttoLines *lines, const PetscReal spectrum[],
                                   const OttoTables *tables, PetscReal at[], PetscInt64 stride);
PETSC_INTERN void OttoLinesApply(OttoLines *lines, const OttoTables *tables, PetscReal at[],
                                 PetscInt64 stride);
