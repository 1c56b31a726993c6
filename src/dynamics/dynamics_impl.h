/*
 * Private to dynamics: what a member is.
 */
#pragma once
#include <otto/dynamics.h>

#define DIM OTTO_DYNAMICS_MAX_DIM

/* A member's contract. Points and their values are arrays a component, as the public header has
 * them. */
typedef struct {
  PetscInt least, most;    /* axes it serves */
  PetscBool map;           /* else a flow */
  PetscBool keeps_volume;  /* always; one whose parameters decide sets dynamics->keeps_volume */
  const char *singularity; /* why its coefficient is infinite; NULL */
  PetscErrorCode (*read)(
      OttoDynamics); /* its keys, into `a`, `matrix` or `data`; Collective. OTTO_ERR_INPUT. */
  /* flows: v and, unless NULL, the gradient; not finite: returned as it arises, the front names it
   */
  PetscErrorCode (*velocity)(OttoDynamics, PetscReal t, PetscInt n, const PetscReal *const x[],
                             PetscReal *const v[], PetscReal *const gradient[]);
  /* maps: one iterate in place, with derivative and log |det| of it unless NULL */
  PetscErrorCode (*iterate)(OttoDynamics, PetscBool inverse, PetscInt n, PetscReal *const x[],
                            PetscReal *const derivative[], PetscReal log_jacobian[]);
  /* all may be NULL: */
  PetscErrorCode (*prepare)(OttoDynamics, PetscReal a, PetscReal b,
                            PetscReal *until); /* collective */
  PetscErrorCode (*is_lost)(OttoDynamics, PetscInt n, const PetscReal *const x[], PetscBool lost[]);
  PetscErrorCode (*derivative_error)(OttoDynamics, PetscReal *error); /* of this rank */
  PetscErrorCode (*destroy)(OttoDynamics);                            /* `data` */
  size_t (*bytes)(OttoDynamics);
} OttoDynamicsOps;

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoDynamicsOps OttoDynamicsOps_##Ops;
#include "dynamics.def"
#undef OTTO_MEMBER

struct _n_OttoDynamics {
  const OttoDynamicsOps *ops;
  const char *type; /* registry name */
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscReal a[4];               /* a member's numbers */
  PetscReal matrix[DIM * DIM];  /* and its matrix … */
  PetscReal inverse[DIM * DIM]; /* … with its inverse */
  PetscReal start;              /* dynamics_start */
  PetscBool autonomous, keeps_volume, invertible;
  void *data;
};
