/* Private to implicit.c, implicit_equations.c and implicit_krylov.c. */
#pragma once
#include "implicit.h"

struct _n_OttoImplicit {
  OttoEnergy energy;
  OttoFluxes fluxes;
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoInternal internal;
  OttoInteraction interaction; /* NULL: none */
  PetscBool linear;            /* entropy by scharfetter_gummel: of first order no slope */
  PetscBool from_options;
  /* of the step */
  OttoImplicitStep step;
  Vec before;        /* the caller's */
  PetscReal share;   /* of L1 norms: cell volume times dt over the mass */
  PetscReal goal;    /* of the L1 residual over the mass, as the options have it */
  PetscReal floor;   /* what rounding allows */
  PetscReal kept;    /* of a cell's last value, the least of a Newton iteration */
  PetscReal norm;    /* the last L1 residual over the mass */
  PetscReal derived; /* the same where derivatives were last taken */
  PetscBool bent;    /* the last step needed whole steps */
  PetscInt cut;      /* Newton iterations running in which a cell was kept from below 0 */
  /* while it is awake */
  Vec guess, residual;
  Vec slope, curvature;       /* NULL where F is linear */
  Vec middle;                 /* density of second order; else NULL */
  Vec base, field, convolved; /* V + ½W*ρ, that + ½W*u, scratch; NULL without W */
  Vec of_field;               /* the u of `field` */
  PetscBool has_field;        /* there has been one in this step */
  Mat local, whole; /* derivatives without W and with: the same matrix where there is none */
  SNES snes;
};

/** Vectors and matrices that the equations need. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitWake(OttoImplicit s);
/** What of the equations does not change in a step. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitBegin(OttoImplicit s);
/** r = (u − ρ)/dt − rate, unless NULL; sums of the fluxes, unless NULL. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitEvaluate(OttoImplicit s, Vec u, Vec r, OttoFluxSums *sums);
/** `local` becomes the derivative of r at u, `whole` ready to be applied. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitDerive(OttoImplicit s, Vec u);
/** How far rounding alone can keep the L1 residual over the mass from 0 at u. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitFloor(OttoImplicit s, Vec u, PetscReal *floor);
/** A Krylov method with its preconditioner, the options read. Collective. */
PETSC_INTERN PetscErrorCode OttoImplicitConfigureKrylov(OttoImplicit s, KSP ksp);
