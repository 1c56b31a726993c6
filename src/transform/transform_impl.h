/*
 * Private to transform: what the front (transform.c) and the two engines share
 * (tables.c).
 */
#pragma once
#include "grid/exchange.h"
#include <otto/transform.h>
#include <fftw3-mpi.h>

/* How a derivative acts on the coefficients, beside the table of its axis: */
typedef enum {
  OTTO_DERIVATIVE_NONE,
  OTTO_DERIVATIVE_I,    /* periodic axis: times i */
  OTTO_DERIVATIVE_SHIFT /* no-flux axis: cosine k becomes sine k, which RODFT01 wants at k - 1 */
} OttoDerivativeKind;

/* A multiplier ready to use: tables by stored index (the negative modes of a periodic axis too). */
typedef struct {
  PetscReal *factor[OTTO_MAX_DIM], *addend[OTTO_MAX_DIM]; /* [extent of the axis] */
  PetscReal *wavenumber; /* [extent of derivative_axis], NULL for none: what the derivative
                            multiplies by, signed, beside its kind: κ of exp(iκx), -κ of cos(κx) */
  PetscBool has_addend;
  const PetscReal *symbol; /* [coefficients], NULL for none */
  PetscReal scale;         /* normalisation of the transform pair included */
  PetscInt derivative_axis;
  OttoDerivativeKind derivative;
} OttoTables;

/* An engine. A NULL spectrum stands for the engine's own room: forward(u, NULL) followed by
 * inverse(NULL, m, v) is the fused pass. */
typedef struct {
  const char *name;
  OttoLayout layout; /* how it wants the grid dealt */
  PetscErrorCode (*setup)(OttoTransform);
  PetscErrorCode (*destroy)(OttoTransform);
  PetscErrorCode (*forward)(OttoTransform, const PetscReal u[], PetscReal spectrum[]);
  PetscErrorCode (*inverse)(OttoTransform, const PetscReal spectrum[], OttoTables *, PetscReal v[]);
  /* Two at once, after `overlap`, which takes or gives back the room for it as transform->overlap
   * says; setup does too. NULL, both: one after the other. */
  PetscErrorCode (*overlap)(OttoTransform);
  PetscErrorCode (*inverse_pair)(OttoTransform, const PetscReal *const spectrum[2], OttoTables *,
                                 PetscReal *const v[2]);
  /* The stored index[dim] of a coefficient (it begins at real number coefficient·width of a
   * spectrum); false where it is room that holds none. */
  PetscBool (*locate)(OttoTransform, size_t coefficient, PetscInt64 index[]);
} OttoTransformOps;

struct _n_OttoTransform {
  OttoGrid grid;
  const OttoGridInfo *g;
  const OttoGridInfo *inside; /* engine own: fields are of this grid, the first cells of the axes of
                                 `grid`, and zeros beyond; NULL: of `grid` */
  const OttoTransformOps *ops;
  PetscBool overlap;               /* asked for */
  void *engine;                    /* the engine's own data; NULL before set-up */
  PetscInt64 extent[OTTO_MAX_DIM]; /* coefficients stored along each axis; set by the engine */
  PetscInt width;                  /* reals of a coefficient: 2 complex, 1; set by the engine */
  size_t spectrum_reals;           /* reals of a spectrum on this rank; set by the engine */
  PetscReal *weights;              /* [coefficients], for sums; made when first needed */
  size_t bytes;                    /* of the engine's buffers on this rank; set by the engine */
};

struct _n_OttoSpectrum {
  OttoTransform transform;
  PetscReal *values; /* [spectrum_reals] */
};

struct _n_OttoSymbol {
  OttoTransform transform;
  PetscReal *values; /* [coefficients] */
};

/* Coefficients that a spectrum has room for on this rank. */
static inline size_t OttoTransformCoefficients(OttoTransform t)
{
  return t->spectrum_reals / (size_t)t->width;
}

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoTransformOps OttoTransformOps_##Ops;
#include "engine.def"
#undef OTTO_MEMBER

/* Whether the engine of transform_engine takes meshes that cut the second axis. OTTO_ERR_INPUT. Not
 * collective. */
PETSC_INTERN PetscErrorCode OttoTransformServesMeshes(PetscBool *serves);

/* The tables of a multiplier. Not collective. */
PETSC_INTERN PetscErrorCode OttoTablesCreate(OttoTransform t, const OttoMultiplier *m,
                                             OttoTables *tables);
PETSC_INTERN PetscErrorCode OttoTablesDestroy(OttoTables *tables);

/* Π factor and Σ addend over the axes first … dim-1 for the stored coefficient `index` (C order
 * over these axes). */
PETSC_INTERN void OttoTablesAt(OttoTransform t, const OttoTables *tables, PetscInt first,
                               PetscInt64 index, PetscReal *factor, PetscReal *addend);

/* Works `wavenumber` into the factors of its axis. */
PETSC_INTERN void OttoTablesFoldDerivative(OttoTransform t, OttoTables *tables);

/* row k = row k+1, and zeros in the last: [rows][width] in place. */
PETSC_INTERN void OttoShiftRows(PetscReal values[], PetscInt64 rows, PetscInt64 width);

/* Wisdom: read by rank 0 from the problem's file, once a process, and given to all before planning;
 * saved after it where there is more than there was `before`, a text that is cut up, and the same
 * on all ranks from then on. Collective; silent where no file can be read or written. */
PETSC_INTERN PetscErrorCode OttoWisdomLoad(MPI_Comm comm, const char *problem);
PETSC_INTERN PetscErrorCode OttoWisdomSave(MPI_Comm comm, const char *problem, char *before);
/* Whether any rank has found out something since its own was this text. Collective. */
PETSC_INTERN PetscErrorCode OttoWisdomGrew(MPI_Comm comm, const char *before, PetscBool *grew);
