/*
 * Private to heat: the logarithmic path of the exact kernels, axis by axis on log p, where the
 * result spans more than doubles hold (exact.c). Every cell is right to 1e-13 + 4 eps |log p|.
 */
#pragma once
#include "heat_impl.h"
#include "order.h"

typedef struct _n_OttoLogarithmic *OttoLogarithmic;

/** For one grid, and the lattice's kernel or the Gaussian, of whose tables `fill` is. Collective.
 */
PETSC_INTERN PetscErrorCode OttoLogarithmicCreate(OttoGrid grid, PetscBool lattice,
                                                  OttoKernelFill fill, OttoLogarithmic *logs);
PETSC_INTERN PetscErrorCode OttoLogarithmicDestroy(OttoLogarithmic *logs);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoLogarithmicBytes(OttoLogarithmic logs);

/** out[local_cells] = log K_t in, t > 0, in[local_cells] ≥ 0; -inf where nothing is. With order 1
 * or 2 (Gaussian), the mean E[k^(order)/k | x] along `axis` instead, in 1/length^order, 0 where
 * nothing is, and to second[local_cells], unless it is NULL, with order 1 the mean of order 2 is
 * added. At points shift[dim] cells further along each axis (Gaussian; NULL: none). `kept`: for one
 * density (order.h), and not the plain path's. Collective. */
PETSC_INTERN PetscErrorCode OttoLogarithmicApply(OttoLogarithmic logs, OttoOrderKept *kept,
                                                 PetscReal t, PetscInt axis, PetscInt order,
                                                 const PetscReal shift[], const PetscReal in[],
                                                 PetscReal out[], PetscReal second[]);

/** out[local_cells] = log K_t e^in, t > 0, in[local_cells] finite or -inf, over any range. `out`
 * may be `in`. Collective. */
PETSC_INTERN PetscErrorCode OttoLogarithmicApplyLogs(OttoLogarithmic logs, PetscReal t,
                                                     const PetscReal in[], PetscReal out[]);
