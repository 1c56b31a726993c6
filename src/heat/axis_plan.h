/*
 * Private to heat: an exact kernel along one axis as stages (stage.h), by way of a coarse lattice
 * where one serves: K = P C R (MATHEMATICS 6.6).
 *
 * A trapezoidal rule over positive terms is relatively exact: with v = v1 + vm + v1 and nodes f
 * cells apart,
 *
 *   f² Σ_y Σ_z G_v1(x - z) G_vm(z - y) G_v1(y - w) = G_v(x - w) (1 + ε),   |ε| ≤ 2e-15 a mode,
 *
 * for all x and w, as soon as the Brownian bridge from w to x spreads over the nodes (its variances
 * at y, and of z - y, must be 34.5 f²/2π²). R smooths a little onto the nodes, C does the rest
 * there, P comes back; of the lattice's own kernel likewise, by Graf's addition theorem.
 */
#pragma once
#include "stage_build.h"

/** One axis. */
typedef struct {
  PetscInt64 n;          /* cells */
  OttoBoundary boundary; /* periodic, no_flux, open */
  PetscBool lattice;     /* the chain e^-2τ I_m(2τ); else the Gaussian */
  OttoKernelFill fill;   /* its tables */
} OttoAxisKernel;

/** The coarse lattice, or none. */
typedef struct {
  PetscReal f;             /* cells a node stands for; 1: none, one stage */
  PetscInt64 count;        /* of nodes */
  PetscReal start;         /* position of the first, in cells */
  OttoStageEnds ends;      /* of the nodes */
  PetscReal tau1;          /* of R and P */
  PetscReal reach, reach1; /* cells that C (or K) looks to either side; R and P */
  PetscBool summed;        /* C (or K) over images, a period in all */
  PetscReal work;          /* multiply-adds a cell, without pruning */
} OttoAxisNodes;

typedef struct {
  OttoAxisKernel kernel;
  PetscReal tau; /* t/h² */
  OttoAxisNodes nodes;
  PetscInt stages;    /* 1: K; 3: R, C, P */
  OttoStage stage[3]; /* in the order in which they are applied */
} OttoAxisPlan;

/** The least τ1 for which both steps by nodes f cells apart are exact; false where there is none.
 * Not collective. */
PETSC_INTERN PetscBool OttoAxisSplit(PetscBool lattice, PetscReal f, PetscReal tau,
                                     PetscReal *tau1);

/** Plans an axis for τ > 0, in the coarsening of least work; `coarsest`: no coarser than so many
 * cells a node (1: none; 0: any). Not collective. */
PETSC_INTERN PetscErrorCode OttoAxisPlanCreate(const OttoAxisKernel *kernel, PetscReal tau,
                                               PetscReal coarsest, OttoAxisPlan *plan);
/** The same for stages on logarithms, which are not built: of parts (log_plan.h). Not collective.
 */
PETSC_INTERN PetscErrorCode OttoAxisPlanChoose(const OttoAxisKernel *kernel, PetscReal tau,
                                               OttoAxisPlan *plan);
/** What its stage i is: destroy part->kernel. `order`: of the kernel's derivative along the axis,
 * in 1/cells (Gaussian alone). `shift`: the targets stand so many cells further along (Gaussian,
 * last stage; else 0). Not collective. */
PETSC_INTERN PetscErrorCode OttoAxisPlanPart(const OttoAxisPlan *plan, PetscInt i, PetscInt order,
                                             PetscReal shift, OttoStagePart *part);
/** Frees it. Not collective. */
PETSC_INTERN PetscErrorCode OttoAxisPlanDestroy(OttoAxisPlan *plan);
/** The last stage with the kernel's derivative of order 1 or 2 along the axis in place of it, in
 * 1/cells (Gaussian alone); free it by OttoStageDestroy(). It has negative entries, and nothing is
 * left out of it. Not collective. */
PETSC_INTERN PetscErrorCode OttoAxisPlanDerivative(const OttoAxisPlan *plan, PetscInt order,
                                                   OttoStage *last);
