/*
 * Private to dynamics: what a member is.
 */
#pragma once
#include <otto/dynamics.h>
#include <math.h>

#define DIM OTTO_DYNAMICS_MAX_DIM

/* A member's contract. Points and their values are arrays a component, as the public header has
 * them. */
typedef struct {
  const char *key; /* the option that messages about values name, without dynamics_; NULL: type */
  PetscInt least, most;    /* axes it serves */
  PetscBool map;           /* else a flow */
  PetscBool keeps_volume;  /* always; one whose parameters decide sets dynamics->keeps_volume */
  PetscBool periodic;      /* with the box, by what it is: nothing need be compared at its faces */
  PetscBool typed;         /* its inverse is the user's: it is tried at points of the box */
  const char *singularity; /* why its coefficient is infinite; NULL */
  PetscErrorCode (*read)(
      OttoDynamics); /* its keys, into `a`, `matrix` or `data`; Collective. OTTO_ERR_INPUT. */
  /* The front has set that it is autonomous, invertible and begins at 0. */
  /* flows: v and, unless NULL, the gradient; not finite: returned as it arises, the front names it
   */
  PetscErrorCode (*velocity)(OttoDynamics, PetscReal t, PetscInt n, const PetscReal *const x[],
                             PetscReal *const v[], PetscReal *const gradient[]);
  /* maps: one iterate in place, with derivative and log |det| of it unless NULL; the front brings
   * points of periodic axes back into the box. Points and derivative are the box's. */
  PetscErrorCode (*iterate)(OttoDynamics, PetscBool inverse, PetscInt n, PetscReal *const x[],
                            PetscReal *const derivative[], PetscReal log_jacobian[]);
  /* all may be NULL: */
  PetscErrorCode (*prepare)(OttoDynamics, PetscReal a, PetscReal b,
                            PetscReal *until); /* collective */
  PetscErrorCode (*is_lost)(OttoDynamics, PetscInt n, const PetscReal *const x[], PetscBool lost[]);
  /* on this rank: of derivatives relative to their largest entry; of flows, what gradients err by
   * as they are, of maps the same as `error` */
  PetscErrorCode (*derivative_error)(OttoDynamics, PetscReal *error, PetscReal *rate);
  PetscErrorCode (*destroy)(OttoDynamics); /* `data` */
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
  PetscReal erred[2];           /* what derivatives erred by in the run this one takes over */
  PetscBool autonomous, keeps_volume, invertible;
  void *data;
};

/** "dynamics_type: 'henon'", or "dynamics_formula: '-y, x'" of a member that has a key, for
 * messages. Not collective. */
PETSC_INTERN PetscErrorCode OttoDynamicsFormatOrigin(OttoDynamics dynamics, char text[],
                                                     size_t size);
/** dynamics_<key>, a number: *value is kept where the key is absent. Not collective.
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoDynamicsGetNumber(const char *key, PetscReal *value);
/** dynamics_<key>, a text that must be there. Not collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoDynamicsGetText(const char *key, const char **text);

/** Tries a system at points of the box: periodic axes, a typed inverse. Not collective, the same on
 * all ranks. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoDynamicsTry(OttoDynamics dynamics);

/** dynamics_matrix, dim·dim finite numbers row by row, into dynamics->matrix. Not collective.
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoDynamicsReadMatrix(OttoDynamics dynamics);
/** One iterate of x → c + A (x − c), A = dynamics->matrix, c = dynamics->a[0 …], log |det A| =
 * dynamics->a[3]. Not collective. */
PETSC_INTERN PetscErrorCode OttoDynamicsIterateMatrix(OttoDynamics dynamics, PetscBool inverse,
                                                      PetscInt n, PetscReal *const x[],
                                                      PetscReal *const derivative[],
                                                      PetscReal log_jacobian[]);
/** Of the unit torus: all axes must be periodic (also: …, or `other`). Not collective.
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoDynamicsNeedTorus(OttoDynamics dynamics, PetscInt axis,
                                                  OttoBoundary other);

/** x by a whole number of sides, into [lower, upper); what is not finite stays. */
static inline PetscReal OttoDynamicsWrap(PetscReal lower, PetscReal upper, PetscReal x)
{
  const PetscReal side = upper - lower, in = x - side * floor((x - lower) / side);
  return in < lower || in >= upper ? lower : in; /* rounding */
}

/** The determinant of m[dim·dim], dim = 1 … 3. */
static inline PetscReal OttoDeterminant(PetscInt dim, const PetscReal m[])
{
  if (dim == 1) return m[0];
  if (dim == 2) return m[0] * m[3] - m[1] * m[2];
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
         m[2] * (m[3] * m[7] - m[4] * m[6]);
}
