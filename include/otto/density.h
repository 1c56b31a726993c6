/*
 * Level 3: initial densities, chosen by name (density.def: one line and one file each).
 */
#pragma once
#include <otto/field.h>

typedef struct {
  char type[32];       /* registry name */
  PetscReal factor;    /* what the raw values were multiplied by to reach the mass */
  PetscBool smooth;    /* whether the density is smooth on the grid (uniform; gaussian_mixture at
                          least 2.7 cells wide on every axis and not shuffled): then the
                          small-time slope of D_t is known */
  PetscBool has_zeros; /* whether some cell is exactly 0 */
} OttoDensityReport;

/**
 * The density described by the options under `prefix` ("p_" or "q_"): type and parameters,
 * normalised to mass 1 by the cell sum, then shuffled, then the floor mixed in. Balls and boxes are
 * the cells whose centre lies inside. Collective.
 *
 * OTTO_ERR_INPUT: a cell negative or not finite (coordinates and value are named), zero mass, a
 * position outside the box, parameters that do not match, a file that cannot be read (see
 * storage.h). `report` may be NULL.
 */
PETSC_EXTERN PetscErrorCode OttoDensityCreate(OttoGrid grid, const char *prefix, Vec *density,
                                              OttoDensityReport *report);

/** Prints the registry (name, parameters, formula, source) on rank 0. */
PETSC_EXTERN PetscErrorCode OttoDensityList(MPI_Comm comm);
