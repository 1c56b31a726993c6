/*
 * One density under one dynamical system on one grid: the run itself, the same on coarser grids,
 * the same with half the tolerance of the flow map.
 */
#pragma once
#include <otto/convective_entropy.h>
#include <otto/keep.h>
#include <otto/push_forward.h>
#include <otto/stretching.h>

/* How a density is carried. */
typedef enum { OTTO_PUSH_EXACT, OTTO_PUSH_INTERPOLATION, OTTO_PUSH_REMAP } OttoPush;
/** Their names, NULL at the end. */
PETSC_EXTERN const char *const OttoPushes[];

/* The kernels that K_s may be: one for each s. */
enum { OTTO_CONVECTIVE_KERNELS = 4 };
/** Their names, NULL at the end. */
PETSC_EXTERN const char *const OttoConvectiveKernels[];
/* What of ψ may stand in modes that a grid hardly has (OttoConvectiveResolution). */
#define OTTO_CONVECTIVE_TAIL 1e-8
/* The least thickness of its structures, in cells. */
#define OTTO_CONVECTIVE_THIN 2.0

typedef struct {
  OttoPush push;
  PetscInt parts;      /* of remap */
  PetscReal tolerance; /* of flow maps, per unit time … */
  PetscInt steps;      /* … and how many steps they take to a time at least */
  PetscInt kernel;     /* of heat_kernel, -1: auto */
} OttoConvectiveSettings;

typedef struct {
  OttoGrid grid;
  OttoDynamics dynamics;
  OttoConvectiveSettings settings;
  OttoDensityFunction function; /* NULL: φ is known in cells alone */
  OttoConvective c;             /* fields; c.phi is the caller's until the case has it */
  OttoFlowMap forward, back; /* cells' centres from the start, and from the present time back to it
                                (NULL of what has no inverse) */
  OttoHeat heat[OTTO_CONVECTIVE_KERNELS];
  OttoConvectiveHeat sources[OTTO_CONVECTIVE_KERNELS]; /* of the present ψ */
  PetscReal first[OTTO_CONVECTIVE_KERNELS];            /* s before which a kernel does not serve */
  PetscReal t;                                         /* the present time, from the start on */
  PetscBool smooth; /* ψ is, on this grid: OttoConvectiveCaseTake() */
  OttoPushForwardReport pushed;
} OttoConvectiveCase;

/* What is known at a time, whatever s. */
typedef struct {
  PetscReal t;
  OttoConvectiveStart start;
  OttoConvectiveResolution resolution;
  OttoStretching stretching;
  OttoPushForwardReport pushed;
  OttoFlowMapReport forward;
  PetscReal limit, limit_error; /* Υ(s)/s as s falls to 0; NaN where ψ is not resolved */
} OttoConvectiveTime;

/* A row: at a time and an s. */
typedef struct {
  const OttoConvectiveTime *time;
  PetscReal s;
  OttoConvectiveEntropy entropy;
  PetscReal quadrature, flow_map, interpolation,
      box; /* what upsilon may be off by: the grid; dynamics_tolerance; the push-forward with what
              sums round; what is not in the box */
  PetscReal error; /* their sum; NaN where one is not known */
  const char *kernel;
} OttoConvectiveRow;

/** A case on `grid` with the density phi, which it takes over, and the function it comes from
 * (NULL: none), taken over too. Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoConvectiveCaseCreate(OttoGrid grid, Vec phi,
                                                     OttoDensityFunction function,
                                                     const OttoConvectiveSettings *settings,
                                                     OttoConvectiveCase *c);
/** Frees it; one of zeros is fine. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveCaseDestroy(OttoConvectiveCase *c);
/** Carries all to time t from the start. Collective. OTTO_ERR_SOLVER, OTTO_ERR_NUMERICAL. */
PETSC_INTERN PetscErrorCode OttoConvectiveCaseAdvance(OttoConvectiveCase *c, PetscReal t);
/** What holds at that time. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveCaseTake(OttoConvectiveCase *c, OttoConvectiveTime *time);
/** The coefficient as a limit of Υ/s. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveCaseLimit(OttoConvectiveCase *c,
                                                    OttoConvectiveTime *time);
/** Υ(s) by the kernel that serves. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveCaseAt(OttoConvectiveCase *c, PetscReal s,
                                                 OttoConvectiveEntropy *entropy,
                                                 const char **kernel);
/** Whether some kernel serves s; `least` the smallest s that is served. Not collective. */
PETSC_INTERN PetscBool OttoConvectiveCaseServes(const OttoConvectiveCase *c, PetscReal s,
                                                PetscReal *least);
/** |Φ⁻¹(Φ(x)) − x| relative to the sides of the box, largest of about `count` cells of every rank
 * (nearest images). Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveCaseRoundTrip(OttoConvectiveCase *c, PetscInt64 count,
                                                        PetscReal *error);
/** Keeps, or takes over (keep.h), what is carried on from time to time. Collective on its grid. */
PETSC_INTERN PetscErrorCode OttoConvectiveCaseKeep(OttoConvectiveCase *c, OttoKeep keep);
