/*
 * Private to potential: what its members are.
 */
#pragma once
#include <otto/options.h>
#include <otto/potential.h>

/* A member's contract: fills values[local_cells] (zero on entry) with V at time t from the options.
 * Collective; a failure is agreed by all ranks. The caller checks that values are finite.
 * `input`: what was done to a file's data, zeros on entry. */
typedef PetscErrorCode (*OttoPotentialFill)(OttoGrid grid, PetscReal temperature, PetscReal t,
                                            PetscReal values[], OttoInput *input);

/* What a member is; it may be several. */
enum {
  OTTO_POTENTIAL_POINTWISE = 1, /* a function of the coordinates, defined at faces as well */
  OTTO_POTENTIAL_PERIODIC = 2,  /* it closes on itself over a periodic axis */
  OTTO_POTENTIAL_IMAGES = 4,    /* of the distance to a centre: potential_seam may be image */
  OTTO_POTENTIAL_CLOSES = 8,    /* the user's own values: +inf closes a cell */
  OTTO_POTENTIAL_ON_GRID = 16   /* its values belong to the cells of this grid */
};

typedef struct {
  const char *key; /* the option that messages about its values name */
  int traits;
  PetscErrorCode (*moves)(OttoGrid grid,
                          PetscBool *moves); /* whether it depends on time; NULL: no */
  OttoPotentialFill fill;
} OttoPotentialOps;

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoPotentialOps OttoPotentialOps_##Ops;
#include "potential.def"
#undef OTTO_MEMBER

typedef enum { OTTO_SEAM_REFUSE, OTTO_SEAM_WALL, OTTO_SEAM_DRIFT, OTTO_SEAM_IMAGE } OttoSeam;

struct _n_OttoPotential {
  OttoGrid grid;
  const char *type; /* registry name */
  const OttoPotentialOps *ops;
  PetscReal T;
  PetscBool time_dependent, evaluated; /* evaluated: finite at one time at least */
  OttoSeam seam;
  PetscReal tilt[OTTO_MAX_DIM]; /* the force that stands for mean slopes taken out of V */
  Vec mask;                     /* not 0: a closed cell; NULL without potential_mask */
  Vec given;                    /* in place of the member's values, or NULL */
  OttoInput input;              /* what was done to a file's data */
};

/** potential_seam (refuse). Not collective. */
PETSC_INTERN PetscErrorCode OttoPotentialGetSeam(OttoSeam *seam);

/** x - c along an axis; with potential_seam image and a periodic axis, of the image of c nearest to
 * x. Not collective. */
PETSC_INTERN PetscReal OttoPotentialDistance(const OttoGridInfo *g, OttoSeam seam, PetscInt axis,
                                             PetscReal x, PetscReal c);

/** Sees to the periodic seams of V at time t (+inf in closed cells, which have none): refuses a
 * jump, or with potential_seam drift takes the mean slopes out of V into s->tilt. Collective; the
 * errors of OttoPotentialEvaluate(). */
PETSC_INTERN PetscErrorCode OttoPotentialMendSeams(OttoPotential s, PetscReal t,
                                                   PetscReal values[]);

/** Reads potential_mask, if given, into s->mask. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoPotentialReadMask(OttoPotential s);

/** potential_stiffness (1) and potential_center (0) per axis: k[dim], c[dim]. A stiffness may be 0
 * or negative. */
PETSC_INTERN PetscErrorCode OttoPotentialGetSpring(const OttoGridInfo *g, PetscReal k[],
                                                   PetscReal c[]);
