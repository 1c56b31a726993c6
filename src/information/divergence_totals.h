/*
 * The sums behind every divergence, over a run of cells: vectorised in blocks, cell by cell
 * (divergence_cell.h) where a value is zero, unresolved or beyond the range of the vector loops.
 */
#pragma once
#include "divergence_cell.h"

#define OTTO_BLOCK                                                                                 \
  528 /* cells summed in plain accumulators before they enter a compensated sum                    \
       */

typedef struct {
  OttoSum sum[OTTO_SUM_COUNT];
  PetscReal min_p, min_q, max_p, max_q;
} OttoTotals;

PETSC_INTERN void OttoTotalsInit(OttoTotals *totals);

/* Adds n cells to *totals (NULL: no sums) and writes their logarithms as OttoCellLogs() does
 * (lp NULL: not log p; all three NULL: none). log_p, log_q: NULL or n values. Returns whether every
 * logarithm is finite because no cell needed care. Rounding: a block of OTTO_BLOCK cells is summed
 * in plain vector accumulators (at least two), blocks in double-double: relative error of a
 * non-negative sum below 264 eps = 3e-14, in practice 1e-16. */
PETSC_INTERN PetscBool OttoPairAccumulate(const OttoPairRule *rule, PetscInt64 n,
                                          const PetscReal p[], const PetscReal q[],
                                          const PetscReal log_p[], const PetscReal log_q[],
                                          OttoTotals *totals, PetscReal lp[], PetscReal lq[],
                                          PetscReal ratio[]);

/* The fields of a pair as arrays; NULL stays NULL. */
typedef struct {
  const PetscScalar *p, *q, *log_p, *log_q;
} OttoPairArrays;
PETSC_INTERN PetscErrorCode OttoPairGetArrays(const OttoPair *pair, OttoPairArrays *arrays);
PETSC_INTERN PetscErrorCode OttoPairRestoreArrays(const OttoPair *pair, OttoPairArrays *arrays);
