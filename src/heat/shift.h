/*
 * Private to heat and to what chooses among its kernels: `auto`, and densities between the centres
 * of cells.
 */
#pragma once
#include <otto/heat.h>

/* A kernel's part in `auto`. */
typedef enum {
  OTTO_CHOICE_NONE,     /* never chosen */
  OTTO_CHOICE_OPEN,     /* `auto` itself: no kernel yet */
  OTTO_CHOICE_ANY_DATA, /* serves whatever there is */
  OTTO_CHOICE_SMOOTH    /* where sums over cells are integrals */
} OttoHeatChoice;

/** Names the kernel of that part. Before OttoHeatSetUp(). Not collective. */
PETSC_INTERN PetscErrorCode OttoHeatChoose(OttoHeat heat, OttoHeatChoice choice);

/** From now on p, scores and rates are those at points shift[dim] cells further along each axis
 * than the centres of cells (NULL: at the centres). gaussian_exact, t > 0. Not collective. */
PETSC_INTERN PetscErrorCode OttoHeatShift(OttoHeat heat, const PetscReal shift[]);
