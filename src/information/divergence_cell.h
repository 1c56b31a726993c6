/* What is summed over the cells of a pair, and one cell's share of it, any values, by libm. */
#pragma once
#include <otto/divergence.h>

/* What is summed over the cells. */
typedef enum {
  OTTO_SUM_KL, /* the first six as in OttoDivergenceType */
  OTTO_SUM_REVERSE_KL,
  OTTO_SUM_CHI2,
  OTTO_SUM_HELLINGER2,
  OTTO_SUM_JS,
  OTTO_SUM_TV,
  OTTO_SUM_MASS_P,
  OTTO_SUM_MASS_Q,
  OTTO_SUM_P_LOG_P,
  OTTO_SUM_Q_LOG_Q,
  OTTO_SUM_P_LOG_Q,
  OTTO_SUM_OUTSIDE_P,
  OTTO_SUM_OUTSIDE_Q,
  OTTO_SUM_UNRELIABLE_P,
  OTTO_SUM_UNRELIABLE_Q,
  OTTO_SUM_COUNT
} OttoSumIndex;

typedef struct {
  unsigned mask;                    /* what of OTTO_MASK_ALL is wanted */
  PetscReal order;                  /* of Rényi: for the functions of that name only */
  PetscReal resolved_p, resolved_q; /* as in OttoPair */
} OttoPairRule;

/* A value is resolved (its logarithm may be taken), unresolved (below the noise), or a true zero.
 */
typedef enum { OTTO_CELL_ZERO, OTTO_CELL_UNRESOLVED, OTTO_CELL_RESOLVED } OttoCellState;

/* `log_value` is NULL or points to the cell's logarithm. */
static inline OttoCellState OttoCellClassify(PetscReal value, const PetscReal *log_value,
                                             PetscReal resolved)
{
  if (log_value ? *log_value > -INFINITY && (resolved == 0 || value > resolved) : value > resolved)
    return OTTO_CELL_RESOLVED;
  return resolved > 0 ? OTTO_CELL_UNRESOLVED : OTTO_CELL_ZERO;
}

/* One cell, any values, by libm: adds to sums[OTTO_SUM_COUNT] (without the masses). */
PETSC_INTERN void OttoCellAdd(const OttoPairRule *rule, PetscReal p, PetscReal q,
                              const PetscReal *log_p, const PetscReal *log_q, PetscReal sums[]);

/* log p, log q, log(p/q) of one cell: NaN where unresolved, -inf for the log of a true zero; the
 * ratio is NaN unless both are resolved. */
PETSC_INTERN void OttoCellLogs(const OttoPairRule *rule, PetscReal p, PetscReal q,
                               const PetscReal *log_p, const PetscReal *log_q, PetscReal *lp,
                               PetscReal *lq, PetscReal *ratio);
