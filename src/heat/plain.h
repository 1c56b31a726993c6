/*
 * Private to heat: the plain path of the exact kernels, by the stages of each axis's plan in the
 * order of order.h, on doubles. All terms are positive and none is subtracted, so every cell keeps
 * full relative accuracy (exact.c says when underflow takes nothing away).
 */
#pragma once
#include "heat_impl.h"

typedef struct _n_OttoPlain *OttoPlain;

/** What has been found of a density for one time and serves others: its values at the nodes of the
 * axes that are whole, as long as these nodes do. */
typedef struct _n_OttoPlainKept *OttoPlainKept;

/** For one grid, and the lattice's kernel or the Gaussian, of whose tables `fill` is. Collective.
 */
PETSC_INTERN PetscErrorCode OttoPlainCreate(OttoGrid grid, PetscBool lattice, OttoKernelFill fill,
                                            OttoPlain *plain);
PETSC_INTERN PetscErrorCode OttoPlainDestroy(OttoPlain *plain);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoPlainBytes(OttoPlain plain);

/** For one density in[local_cells] ≥ 0, which is then given again and again; times `scale`. Not
 * collective. */
PETSC_INTERN PetscErrorCode OttoPlainKeep(PetscReal scale, OttoPlainKept *kept);
PETSC_INTERN PetscErrorCode OttoPlainForget(OttoPlainKept *kept);
PETSC_INTERN size_t OttoPlainKeptBytes(OttoPlainKept kept);

/** out[local_cells] = K_t in, t > 0, at points shift[dim] cells further along each axis (Gaussian;
 * NULL: none); least and most of K_t (scale·in) on this rank: what leaves the
 * range of a double in out, scaled back, is there in them. Collective. */
PETSC_INTERN PetscErrorCode OttoPlainApply(OttoPlain plain, OttoPlainKept kept, PetscReal t,
                                           const PetscReal shift[], const PetscReal in[],
                                           PetscReal out[], PetscReal *least, PetscReal *most);

/** mean[local_cells] = E[k^(order)/k | x] along an axis, order 1 or 2 (Gaussian), in
 * 1/length^order: the derivative of K_t (scale·in) divided by it; 0 where that is 0. What it lacks
 * of a mean is below 1e-13/σ^order. Collective. */
PETSC_INTERN PetscErrorCode OttoPlainMean(OttoPlain plain, OttoPlainKept kept, PetscReal t,
                                          PetscInt axis, PetscInt order, const PetscReal shift[],
                                          const PetscReal in[], PetscReal mean[]);
