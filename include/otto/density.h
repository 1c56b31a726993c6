/*
 * Level 3: initial densities, chosen by name (density.def: one line and one file each).
 */
#pragma once
#include <otto/field.h>

typedef struct {
  char type[32];         /* registry name */
  PetscReal factor;      /* what the raw values were multiplied by to reach the mass */
  PetscBool smooth;      /* whether the density is smooth on the grid (gaussian_mixture, uniform):
                            then the small-time slope of D_t is known */
  PetscBool has_zeros;   /* whether some cell is exactly 0 */
} OttoDensityReport;

/**
 * The density described by the options under `prefix` ("p_" or "q_"): type, parameters, floor, mass,
 * shuffle; normalised to its mass (1 by default) by the cell sum. Collective.
 *
 * OTTO_ERR_INPUT: a cell negative or not finite (coordinates and value are named), zero mass, a
 * position outside the box, parameters that do not match, a file that cannot be read (see
 * storage.h). `report` may be NULL.
 */
PETSC_EXTERN PetscErrorCode OttoDensityCreate(OttoGrid grid, const char *prefix, Vec *density,
                                              OttoDensityReport *report);

/** Prints the registry (name, parameters, formula, source) on rank 0. */
PETSC_EXTERN PetscErrorCode OttoDensityList(MPI_Comm comm);
