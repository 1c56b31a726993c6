/*
 * The sums behind every divergence, over a run of cells: vectorised in blocks
 * (divergence_kernel.c), cell by cell where a value is zero, unresolved or beyond the range of the
 * vector loops (divergence_cell.c).
 */
#pragma once
#include <otto/divergence.h>

#define OTTO_BLOCK                                                                                 \
  528 /* cells summed in plain accumulators before they enter a compensated sum                    \
       */

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
} OttoKernel;

typedef struct {
  OttoSum sum[OTTO_SUM_COUNT];
  PetscReal min_p, min_q, max_p, max_q;
} OttoTotals;

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
void OttoCellAdd(const OttoKernel *kernel, PetscReal p, PetscReal q, const PetscReal *log_p,
                 const PetscReal *log_q, PetscReal sums[]);

/* log p, log q, log(p/q) of one cell: NaN where unresolved, -inf for the log of a true zero; the
 * ratio is NaN unless both are resolved. */
void OttoCellLogs(const OttoKernel *kernel, PetscReal p, PetscReal q, const PetscReal *log_p,
                  const PetscReal *log_q, PetscReal *lp, PetscReal *lq, PetscReal *ratio);

void OttoTotalsInit(OttoTotals *totals);

/* Adds n cells to *totals (NULL: no sums) and writes their logarithms as OttoCellLogs() does
 * (lp NULL: not log p; all three NULL: none). log_p, log_q: NULL or n values. Returns whether every
 * logarithm is finite because no cell needed care. Rounding: a block of OTTO_BLOCK cells is summed
 * in plain vector accumulators (at least two), blocks in double-double: relative error of a
 * non-negative sum below 264 eps = 3e-14, in practice 1e-16. */
PetscBool OttoPairAccumulate(const OttoKernel *kernel, PetscInt64 n, const PetscReal p[],
                             const PetscReal q[], const PetscReal log_p[], const PetscReal log_q[],
                             OttoTotals *totals, PetscReal lp[], PetscReal lq[], PetscReal ratio[]);

/* Adds up over ranks and turns sums into densities' quantities; Rényi's of the pair is found here.
 * Collective. */
PetscErrorCode OttoTotalsFinish(OttoGrid grid, const OttoKernel *kernel, const OttoPair *pair,
                                OttoTotals *totals, OttoDivergences *out);

/* Rényi's sums; see divergence_renyi.c. */
typedef struct {
  OttoSum part;      /* non-negative terms, of first order in D_a */
  PetscReal largest; /* exponent of the largest term of Σ p^a q^(1-a) … */
  OttoSum scaled;    /* … and the sum as a multiple of that term */
} OttoRenyi;

void OttoRenyiInit(OttoRenyi *sums);
/* Adds n cells; arguments as of OttoPairAccumulate(). */
void OttoRenyiAccumulate(const OttoKernel *kernel, PetscInt64 n, const PetscReal p[],
                         const PetscReal q[], const PetscReal log_p[], const PetscReal log_q[],
                         OttoRenyi *sums);
/* One cell, given by its logarithms, to either sum alone. */
void OttoRenyiAddPart(double order, double lp, double lq, OttoRenyi *sums);
void OttoRenyiAddPower(double order, double lp, double lq, OttoRenyi *sums);
/* Adds up over ranks. Collective. */
PetscErrorCode OttoRenyiReduce(MPI_Comm comm, OttoRenyi *sums);
/* D_a from the sums over all cells of this volume. */
PetscReal OttoRenyiValue(PetscReal order, PetscReal mass_p, PetscReal mass_q, PetscReal volume,
                         const OttoRenyi *sums);
/* How far a mass is from 1, faded out below 1e-13, which rounding alone can do: that would drown a
 * small divergence. Smooth, so that rank counts agree. */
PetscReal OttoMassExcess(PetscReal mass);

/* The fields of a pair as arrays; NULL stays NULL. */
typedef struct {
  const PetscScalar *p, *q, *log_p, *log_q;
} OttoPairArrays;
PetscErrorCode OttoPairGetArrays(const OttoPair *pair, OttoPairArrays *arrays);
PetscErrorCode OttoPairRestoreArrays(const OttoPair *pair, OttoPairArrays *arrays);
