/*
 * Private to heat: the plain path of the exact kernels, axis by axis by the stages of a plan, on
 * doubles. All terms are positive and none is subtracted, so every cell keeps full relative
 * accuracy (exact.c says when underflow takes nothing away).
 */
#pragma once
#include "heat_impl.h"

typedef struct _n_OttoPlain *OttoPlain;

/** For one grid, and the lattice's kernel or the Gaussian, of whose tables `fill` is. Collective.
 */
PETSC_INTERN PetscErrorCode OttoPlainCreate(OttoGrid grid, PetscBool lattice, OttoKernelFill fill,
                                            OttoPlain *plain);
PETSC_INTERN PetscErrorCode OttoPlainDestroy(OttoPlain *plain);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoPlainBytes(OttoPlain plain);

/** out = K_t in, t > 0, with the derivative of that order (Gaussian: 1 or 2, 1/length^order) in
 * place of K on `axis` (order 0: K everywhere). `shift` (Gaussian; NULL: none): the result at
 * points so many cells further along each axis. `in` is first multiplied by `scale`. in, out:
 * local_cells values ≥ 0; they may be the same array. Collective. */
PETSC_INTERN PetscErrorCode OttoPlainApply(OttoPlain plain, PetscReal t, PetscInt axis,
                                           PetscInt order, const PetscReal shift[], PetscReal scale,
                                           const PetscReal in[], PetscReal out[]);
