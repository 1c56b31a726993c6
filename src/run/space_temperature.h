/* The temperature of place on coarser grids. */
#pragma once
#include <otto/generator.h>

/** Has cells of a coarser grid in which the options' temperature_formula bends by more than 1/50
 * of it, as a step does, take 1/T of its mean, by which forces and resistances are what they are
 * over all of the cell, instead of that of their centre. Between OttoGeneratorSetFromOptions() and
 * OttoGeneratorSetUp(). Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSpaceTemperature(OttoGenerator coarse);
