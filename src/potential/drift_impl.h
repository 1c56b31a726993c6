/* Private to drift*.c: what the members are. */
#pragma once
#include <otto/formula.h>
#include <otto/options.h>
#include <otto/potential.h>

/* What a member is. */
typedef struct {
  PetscBool exists; /* whether it is a drift at all */
  const char *key;  /* option that messages about its values name; NULL: the type */
  PetscErrorCode (*set_up)(OttoDrift); /* reads the parameters into a drift of zeros; NULL: none */
} OttoDriftOps;

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoDriftOps OttoDriftOps_##Ops;
#include "drift.def"
#undef OTTO_MEMBER

/* Every drift is affine, f(x) = constant + matrix (x - center), or a formula, or known in cells. */
struct _n_OttoDrift {
  OttoGrid grid;
  const OttoGridInfo *g;
  const char *type;
  const OttoDriftOps *ops;
  PetscReal constant[OTTO_MAX_DIM], center[OTTO_MAX_DIM], matrix[OTTO_MAX_DIM][OTTO_MAX_DIM];
  OttoFormula formula;     /* NULL: affine */
  Vec cells[OTTO_MAX_DIM]; /* NULL: a function of place */
};

/** drift_rate and drift_center of a flow in the plane of the first two axes. Not collective. */
PETSC_INTERN PetscErrorCode OttoDriftGetPlanar(OttoDrift s, const char *name, PetscReal *rate);
