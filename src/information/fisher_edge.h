/* Dissipation on one edge of the grid's chain, both directions, any values, by libm. */
#pragma once
#include "divergence_totals.h"
#include "fisher_planes.h"
#include "fisher_sums.h"

/* One end of an edge; logarithms as OttoCellLogs() gives them. */
typedef struct {
  PetscReal p, q, lp, lq, ratio;
} OttoEdgeEnd;

/* Adds up·q_x B(r_x, r_y) + down·q_y B(r_y, r_x) of every smooth divergence and the edge's part of
 * fisher_p and fisher_q to value[]; nothing where an end is unresolved. up/down = e^z, of use where
 * a rate underflows: what it multiplies need not be small; NaN: a rate of 0 is none. */
PETSC_INTERN void OttoFisherEdgeAdd(OttoEdgeEnd x, OttoEdgeEnd y, PetscReal up, PetscReal down,
                                    PetscReal z, PetscReal value[OTTO_FISHER_COUNT]);

/* Adds rate·q_x B(r_x, r_y) alone: of the end y only the ratio of p and q counts; log_rate is the
 * rate's logarithm, of use where it underflows, -inf for none. */
PETSC_INTERN void OttoFisherEdgeAddOneWay(OttoEdgeEnd x, OttoEdgeEnd y, PetscReal rate,
                                          PetscReal log_rate, PetscReal value[]);

/* Adds what flows into cells empty of both p and q dissipates; arguments as of
 * OttoFisherEdgeRates(). Collective. */
PETSC_INTERN PetscErrorCode OttoFisherAddEmpty(OttoGrid grid, const OttoPair *pair,
                                               const PetscReal *const up[],
                                               const PetscReal *const down[], OttoSum sums[]);

/* The edge form as a part of a walk over the pair (fisher_planes.h): its rates and its sums. */
typedef struct {
  const OttoGridInfo *g;
  const PetscReal *const *up, *const *down; /* by axis; NULL: 1/h², kept out of the loops */
  const PetscReal *const *force;            /* log(up/down); NULL: neither underflows */
  const PetscReal *killed;                  /* NULL: nothing is absorbed */
  PetscReal unit[OTTO_BLOCK];               /* ones */
  OttoSum sums[OTTO_FISHER_COUNT];
} OttoFisherEdges;
/* Arguments as of OttoFisherEdgeForces(). Not collective. */
PETSC_INTERN void OttoFisherEdgesInit(OttoGrid grid, const PetscReal *const up[],
                                      const PetscReal *const down[], const PetscReal *const force[],
                                      const PetscReal *killed, OttoFisherEdges *edges);
/* OttoPairEdgesVisit; context: an OttoFisherEdges. Not collective. */
PETSC_INTERN void OttoFisherEdgesAdd(const OttoEdges *e, OttoPlane x, OttoPlane y, void *context);
/* Adds what edges alone do not see (absorption, empty cells), and the ranks. Collective. */
PETSC_INTERN PetscErrorCode OttoFisherEdgesFinish(OttoGrid grid, const OttoPair *pair,
                                                  OttoFisherEdges *edges, OttoFisher *out);
