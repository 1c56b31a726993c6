/* Private to occupation*.c. */
#pragma once
#include "aggregation.h"
#include "multigrid.h"
#include "occupation.h"

struct _n_OttoOccupation {
  OttoGenerator C, R;
  OttoGrid grid;
  const OttoGridInfo *g;
  Vec log_pi;       /* not its own */
  PetscBool *plays; /* of own cells */
  PetscReal range;  /* of V/T */
  /* Krylov; NULL until it is needed */
  OttoMultigrid multigrid;
  KSP ksp;
  Mat A;
  Vec W;          /* √π, the middle of its logarithm 0 */
  PetscReal work; /* of one preconditioning, in matrix applications */
  PetscBool symmetric;
  Vec unit;       /* of a residual, cell by cell: W times what that of u is measured in */
  PetscReal goal; /* largest residual in units */
  Vec weight;     /* of a residual in what it takes from the flow between channels */
  PetscReal flow, flow_goal; /* that flow; the most that residuals may take from it */
  PetscReal lost;            /* the share of it that they took in the end; 0 of times */
  Vec best;
  /* aggregation; NULL until it is needed */
  OttoAggregation by_grid, by_wells;
  Vec residual, image, update, noise;
};

/** From u on, by Krylov and multigrid until residuals are small in b's unit or no longer fall; adds
 * to report. Collective. */
PETSC_INTERN PetscErrorCode OttoOccupationKrylov(OttoOccupation s, Vec b, PetscReal unit, Vec u,
                                                 OttoPassageReport *report);
/** From u on, cycles of aggregation until they come to rest; adds to report. Collective. */
PETSC_INTERN PetscErrorCode OttoOccupationAggregate(OttoOccupation s, Vec b, Vec u,
                                                    OttoPassageReport *report);
/** residual = b + C u where cells play, else 0, with the bound of its error that rounding allows in
 * `noise`; report->residual, relative and absolute of it. Collective. */
PETSC_INTERN PetscErrorCode OttoOccupationCertify(OttoOccupation s, Vec b, PetscReal unit, Vec u,
                                                  OttoPassageReport *report);
