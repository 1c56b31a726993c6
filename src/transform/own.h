/*
 * Private to Otto's own transform engine: its parts, planes (the axes that are local before any
 * exchange: 1…d-1, or 2…d-1 where the mesh cuts axis 1), pencils (axis 1 on such a mesh) and lines
 * (of one axis, local after an exchange).
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
  PetscInt from;              /* a plane is of the axes from…d-1 */
  PetscInt64 count;           /* of this rank */
  PetscInt64 plane;           /* cells of one, zeros included */
  PetscInt64 own;             /* cells of one, of the field */
  PetscBool any_periodic, any_no_flux; /* among its axes */
  PetscInt64 extent[OTTO_MAX_DIM]; /* coefficients along its axes: the last periodic one halved */
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
  PetscInt axis;
  PetscInt64 n;            /* cells of a line */
  PetscInt64 inside;       /* of them cells of the field; zeros after them */
  PetscInt64 rows;         /* coefficients of a line */
  PetscInt64 first, count; /* this rank's columns */
  PetscInt64 bundle;       /* columns per bundle */
  PetscInt64 inner, outer; /* column c stands for coefficient c/inner·outer + start + c%inner … */
  PetscInt64 start;        /* … of axes 1…d-1, in C order (lines of axis 0) */
  PetscInt width;          /* reals per column of a row before the transform along the axis … */
  PetscInt mode_width;     /* … and after it: 2 where any axis is periodic */
  fftw_plan forward, inverse, sine;
  PetscReal *values;          /* [n][bundle][width] */
  PetscReal *modes;           /* [rows][bundle][mode_width] */
  PetscReal *factor, *addend; /* [bundle][mode_width]: product and sum over axes 1…d-1 */
  size_t block;               /* reals of one bundle in a spectrum */
  size_t bytes;
} OttoLines;

/* On a mesh that cuts axis 1: from planes to lines of axis 1 by an exchange within a row of the
 * mesh, and on to lines of axis 0 by another. A row of the mesh deals the columns of axes 2…d-1 to
 * its ranks, and the second exchange is within a column of the mesh; or, where there are fewer of
 * these columns than ranks (in two dimensions there is one), its positions on axis 0, and the
 * second exchange is among all ranks. */
typedef struct {
  PetscBool by_rows;         /* positions on axis 0 are dealt */
  MPI_Comm row, column;      /* of the mesh; `column`: NULL where all ranks take part */
  PetscInt64 rows;           /* positions of this rank on axis 0, before any exchange */
  PetscInt64 across;         /* and on axis 1 */
  PetscInt64 all_columns;    /* of axes 2…d-1 */
  PetscInt64 own_rows;       /* positions on axis 0 between the exchanges */
  PetscInt64 start, columns; /* [start, start + columns) of all_columns there */
  PetscInt64 *starts;        /* [size + 1] first position on axis 0, where they are dealt */
  OttoExchange exchange;     /* planes ↔ lines of axis 1 */
  OttoExchange beside;       /* for a second field; NULL: none */
  OttoLines lines;           /* of axis 1: [own_rows][columns] of them */
} OttoPencils;

/* Shapes and buffers; not collective. from: 1, or 2 on a mesh. */
PETSC_INTERN PetscErrorCode OttoPlanesCreate(const OttoGridInfo *g, const OttoGridInfo *inside,
                                             PetscInt from, OttoPlanes *planes);
/* FFTW plans, by wisdom where there is any; not collective. */
PETSC_INTERN PetscErrorCode OttoPlanesPlan(OttoPlanes *planes);
PETSC_INTERN PetscErrorCode OttoPlanesDestroy(OttoPlanes *planes);

/* Takes or gives one plane, in order. */
typedef void (*OttoPlaneWork)(void *context, PetscInt64 plane, PetscReal values[]);

/* u → transformed planes, one after the other to `put`. */
PETSC_INTERN void OttoPlanesForward(OttoPlanes *planes, const PetscReal u[], OttoPlaneWork put,
                                    void *context);
/* Planes as `get` fills them → v; `tables` says along which no-flux axis to differentiate, if any.
 * Between batches what is `under_way` goes on (NULL: nothing is). */
PETSC_INTERN void OttoPlanesInverse(OttoPlanes *planes, OttoPlaneWork get, void *context,
                                    const OttoTables *tables, OttoExchange under_way,
                                    PetscReal v[]);

/* Lines of `axis`, of `inside` cells and zeros beyond: columns [first, first + count) of `width`
 * reals. They are their own coefficients of axes 1…d-1 unless told otherwise. Not collective. */
PETSC_INTERN PetscErrorCode OttoLinesCreate(OttoTransform t, PetscInt axis, PetscInt64 inside,
                                            PetscInt width, PetscInt64 first, PetscInt64 count,
                                            OttoLines *lines);
PETSC_INTERN PetscErrorCode OttoLinesPlan(OttoLines *lines);
PETSC_INTERN PetscErrorCode OttoLinesDestroy(OttoLines *lines);

/* Where a coefficient of a spectrum stands: its row, and which of those of axes 1…d-1 it is (C
 * order); false where it is room behind the last. */
PETSC_INTERN PetscBool OttoLinesLocate(const OttoLines *lines, size_t coefficient, PetscInt64 *row,
                                       PetscInt64 *rest);

/* `at`: [inside][stride], the exchange's lines. */
PETSC_INTERN void OttoLinesForward(OttoLines *lines, const PetscReal at[], PetscInt64 stride,
                                   PetscReal spectrum[]);
/* Between bundles what is `under_way` goes on (NULL: nothing is). */
PETSC_INTERN void OttoLinesInverse(OttoLines *lines, const PetscReal spectrum[],
                                   const OttoTables *tables, OttoExchange under_way, PetscReal at[],
                                   PetscInt64 stride);
PETSC_INTERN void OttoLinesApply(OttoLines *lines, const OttoTables *tables, PetscReal at[],
                                 PetscInt64 stride);
/* The bundle that begins with column c, to lines->modes and back. */
PETSC_INTERN void OttoLinesToModes(OttoLines *lines, const PetscReal at[], PetscInt64 stride,
                                   PetscInt64 c);
PETSC_INTERN void OttoLinesFromModes(OttoLines *lines, const OttoTables *tables, PetscReal at[],
                                     PetscInt64 stride, PetscInt64 c);

/* Shapes, buffers and both exchanges: `next` is the second, `lines` are those of axis 0 that it
 * makes whole. Collective. */
PETSC_INTERN PetscErrorCode OttoPencilsCreate(OttoTransform t, const OttoPlanes *planes,
                                              OttoPencils *pencils, OttoExchange *next,
                                              OttoLines *lines);
PETSC_INTERN PetscErrorCode OttoPencilsDestroy(OttoPencils *pencils);
PETSC_INTERN size_t OttoPencilsBytes(const OttoPencils *pencils);

/* Makes `beside`, or gives it back. Collective. */
PETSC_INTERN PetscErrorCode OttoPencilsSetBeside(OttoPencils *pencils, PetscBool wanted);

typedef struct { /* of one field: `exchange`, or `beside` */
  const OttoPencils *pencils;
  OttoExchange exchange;
} OttoPencilsPlanes;

/* One plane to the first exchange, and back: an OttoPlaneWork each, of OttoPencilsPlanes. */
PETSC_INTERN void OttoPencilsPut(void *planes, PetscInt64 plane, PetscReal values[]);
PETSC_INTERN void OttoPencilsGet(void *planes, PetscInt64 plane, PetscReal values[]);

/* Planes that were put → what the second exchange sends. Collective. */
PETSC_INTERN PetscErrorCode OttoPencilsForward(OttoPencils *pencils, OttoExchange next);
/* What came back by the second exchange, `next` → what the first, `exchange` or `beside`, is to
 * send back. Between bundles what is `under_way` goes on (NULL: nothing is). Not collective. */
PETSC_INTERN void OttoPencilsInverse(OttoPencils *pencils, OttoExchange next, OttoExchange first,
                                     const OttoTables *tables, OttoExchange under_way);
