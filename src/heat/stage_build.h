/* Private to heat: stages from kernels of the whole line. */
#pragma once
#include "heat_impl.h"
#include "stage.h"

/** A kernel as a function of the distance, in cells: on the whole line, or summed over images. */
typedef struct {
  PetscBool lattice;
  OttoKernelFill fill;
  PetscReal tau;         /* t/h² */
  PetscInt64 period;     /* 0: of the whole line; else summed over images, in steps of `spacing` */
  PetscReal spacing;     /* of the differences that occur, where it is summed */
  PetscReal scale;       /* times this */
  PetscInt order;        /* of the derivative, 1/cells^order */
  long double log_norm;  /* of the Gaussian of the whole line */
  PetscReal offset;      /* summed: differences are multiples of `spacing` and this (Gaussian) */
  OttoKernelTable table; /* lattice, or summed */
} OttoLineKernel;

/** On the whole line; of the lattice for differences up to `length`. Not collective. */
PETSC_INTERN PetscErrorCode OttoLineKernelCreate(PetscBool lattice, OttoKernelFill fill,
                                                 PetscReal tau, PetscInt64 length,
                                                 OttoLineKernel *kernel);
/** Summed over images `period` steps apart, at multiples of `spacing` cells. Not collective. */
PETSC_INTERN PetscErrorCode OttoLineKernelCreateSum(PetscBool lattice, OttoKernelFill fill,
                                                    PetscReal tau, PetscInt64 period,
                                                    PetscReal spacing, OttoLineKernel *kernel);
PETSC_INTERN PetscErrorCode OttoLineKernelDestroy(OttoLineKernel *kernel);
/** log of the kernel of the whole line at a difference x (of the lattice: an integer); -inf beyond
 * its table. Not collective. */
PETSC_INTERN long double OttoLineKernelLog(const OttoLineKernel *kernel, long double x);
/** Its value, times scale; summed: of the nearest image of each, 0 of all others. Not collective.
 */
PETSC_INTERN long double OttoLineKernelValue(const OttoLineKernel *kernel, long double x);
/** The logarithm of that, of the kernel itself, and the derivative's ratio to it (1 of order 0).
 * Not collective. */
PETSC_INTERN long double OttoLineKernelLogValue(const OttoLineKernel *kernel, long double x,
                                                long double *ratio);

/** Positions of targets a and sources b, in cells: step·a + start. */
typedef struct {
  PetscInt64 count;
  PetscReal step, start;
} OttoStagePoints;

/** What a stage is: T(a, b) = kernel(position of a - position of b) for differences up to `reach`
 * cells. */
typedef struct {
  OttoLineKernel kernel;
  OttoStagePoints targets, sources;
  OttoStageEnds ends; /* of the sources */
  PetscReal reach;
} OttoStagePart;

/** Builds it. Not collective. */
PETSC_INTERN PetscErrorCode OttoStageCreate(const OttoStagePart *part, OttoStage *stage);
/** The window of targets `from` … `to`: its first source, a multiple of a tile, and the one behind
 * its last. Not collective. */
PETSC_INTERN void OttoStageWindow(const OttoStagePart *part, PetscInt64 from, PetscInt64 to,
                                  PetscInt64 *first, PetscInt64 *end);
/** Tiles that its window would have, of a kernel of the whole line. Not collective. */
PETSC_INTERN PetscInt64 OttoStageTiles(const OttoStagePoints *targets,
                                       const OttoStagePoints *sources, OttoStageEnds ends,
                                       PetscReal reach);
