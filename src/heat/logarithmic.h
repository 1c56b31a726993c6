/*
 * Private to heat: the logarithmic path of the exact kernels, axis by axis on log p, where the
 * result spans more than doubles hold (exact.c). Every cell is right to 1e-13 + 4 eps |log p|.
 */
#pragma once
#include "heat_impl.h"

typedef struct _n_OttoLogarithmic *OttoLogarithmic;

/** For one grid, and the lattice's kernel or the Gaussian, of whose tables `fill` is. Collective.
 */
PETSC_INTERN PetscErrorCode OttoLogarithmicCreate(OttoGrid grid, PetscBool lattice,
                                                  OttoKernelFill fill, OttoLogarithmic *logs);
PETSC_INTERN PetscErrorCode OttoLogarithmicDestroy(OttoLogarithmic *logs);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoLogarithmicBytes(OttoLogarithmic logs);

/** out = log K_t in, t > 0, local_cells values in ≥ 0; -inf where nothing is. With order 1 or 2
 * (Gaussian), mean = E[k^(order)/k | x] along `axis`, in 1/length^order; else mean is NULL. `shift`
 * as of OttoPlainApply(). in and out may be the same array. Collective. */
PETSC_INTERN PetscErrorCode OttoLogarithmicApply(OttoLogarithmic logs, PetscReal t, PetscInt axis,
                                                 PetscInt order, const PetscReal shift[],
                                                 const PetscReal in[], PetscReal out[],
                                                 PetscReal mean[]);
