/*
 * Private to heat: the plain path of the exact kernels, by the stages of each axis's plan in the
 * order of order.h, on doubles. All terms are positive and none is subtracted, so every cell keeps
 * full relative accuracy (exact.c says when underflow takes nothing away).
 */
#pragma once
#include "heat_impl.h"
#include "order.h"

typedef struct _n_OttoPlain *OttoPlain;

/** For one grid, and the lattice's kernel or the Gaussian, of whose tables `fill` is. Collective.
 */
PETSC_INTERN PetscErrorCode OttoPlainCreate(OttoGrid grid, PetscBool lattice, OttoKernelFill fill,
                                            OttoPlain *plain);
PETSC_INTERN PetscErrorCode OttoPlainDestroy(OttoPlain *plain);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoPlainBytes(OttoPlain plain);

/** out[local_cells] = K_t in, t > 0, in[local_cells] ≥ 0, at points shift[dim] cells further along
 * each axis (Gaussian; NULL: none). What happens on the way is K_t (scale·in), whose least and most
 * on this rank come with it: what leaves the range of a double in out is there in them. `kept`: for
 * one density and scale (order.h). Collective. */
PETSC_INTERN PetscErrorCode OttoPlainApply(OttoPlain plain, OttoOrderKept *kept, PetscReal t,
                                           const PetscReal shift[], PetscReal scale,
                                           const PetscReal in[], PetscReal out[], PetscReal *least,
                                           PetscReal *most);

/** mean[local_cells] = E[k^(order)/k | x] along an axis, order 1 or 2 (Gaussian), in
 * 1/length^order: the derivative of K_t (scale·in) divided by it; 0 where that is 0. What is left
 * out of a mean is below 1e-13/σ^order, rounding some 2e-14/σ1^order, σ1 <= σ being the width of
 * the last stage: where σ is much wider than the nodes are apart, more.
 * second[local_cells]: with order 1, the mean of order 2 is added to it; NULL: it is not wanted.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoPlainMean(OttoPlain plain, OttoOrderKept *kept, PetscReal t,
                                          PetscInt axis, PetscInt order, const PetscReal shift[],
                                          PetscReal scale, const PetscReal in[], PetscReal mean[],
                                          PetscReal second[]);
