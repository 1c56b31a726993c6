/* Private to aggregation.c: boxes that follow the wells of a density. */
#pragma once
#include <otto/generator.h>

/**
 * Groups own cells into at most `most` groups, none larger than it has to be: the group that is
 * left fastest, by the edge of largest flow relative to its mass, joins its neighbour first, so
 * that what is left between groups are the slowest exchanges of the chain, deep wells first of all.
 * log_pi: own cells, of a density of mass 1. group[local_cells]: 0 … *count-1. *slowest: the least
 * of the rates at which groups that were joined exchanged mass (inf: none were; 0: mass was joined
 * that nothing exchanges). Not collective: edges between ranks always remain between groups.
 */
PETSC_INTERN PetscErrorCode OttoWells(const OttoGridInfo *g, const OttoRates *rates,
                                      const PetscReal log_pi[], PetscInt most, PetscInt group[],
                                      PetscInt *count, PetscReal *slowest);
