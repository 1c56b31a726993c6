/* Private to divergence.c and the Fisher forms that take the sums on their way. */
#pragma once
#include "divergence_totals.h"

/* Adds up over ranks and turns sums into densities' quantities; Rényi's of the pair is found here.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoTotalsFinish(OttoGrid grid, const OttoPairRule *rule,
                                             const OttoPair *pair, OttoTotals *totals,
                                             OttoDivergences *out);
