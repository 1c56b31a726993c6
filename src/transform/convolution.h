/*
 * Private to transform and energy: convolutions in free space with even kernels, of fields of a
 * grid. Along axes that are not periodic fields stand beside as many zeros (the wide grid); engine
 * own neither stores nor sends nor transforms planes of zeros.
 */
#pragma once
#include "twin.h"
#include <otto/symbol.h>

typedef struct {
  OttoTwin twin; /* wide; where fields stand beside zeros, its transform is for kernels, and comes
                    and goes */
  PetscBool beside; /* zeros are left out: `transform` is of fields of the grid beside them */
  OttoTransform transform; /* that one, or the twin's */
  Vec padded;              /* a field of the twin; NULL where zeros are left out */
} OttoConvolution;

/* For a grid that is set up and outlives it, by the engine of transform_engine. Collective.
 * OTTO_ERR_INPUT: an absorbing axis, more
 * ranks than cells of an axis can be dealt to. */
PETSC_INTERN PetscErrorCode OttoConvolutionCreate(OttoGrid grid, OttoConvolution *c);
/* Its symbols go before. Collective. */
PETSC_INTERN PetscErrorCode OttoConvolutionDestroy(OttoConvolution *c);
/* Bytes this rank holds, without symbols. Not collective. */
PETSC_INTERN size_t OttoConvolutionBytes(const OttoConvolution *c);

/* The symbol of a kernel, a field of the wide grid (`twin.grid`): see OttoSymbolCreateKernel().
 * Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoConvolutionCreateKernel(OttoConvolution *c, Vec kernel,
                                                        OttoSymbol *symbol);
/* v = the convolution of u, both fields of the grid; they may be the same. Collective. */
PETSC_INTERN PetscErrorCode OttoConvolutionApply(OttoConvolution *c, OttoSymbol symbol, Vec u,
                                                 Vec v);
