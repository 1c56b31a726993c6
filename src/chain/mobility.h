/*
 * A mobility that depends on place, cell by cell and axis by axis, and the drift that its noise
 * brings with it: otto/generator.h has the flux. Private to generators of type fokker_planck.
 */
#pragma once
#include <otto/generator.h>

typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscBool on_grid; /* a file's */
  PetscReal share;   /* a, of a T log M */
  PetscBool shared;  /* one function of place but for a factor an axis: a T log M is a potential */
  PetscBool apart;   /* it is none in any case */
  PetscInt first;    /* the axis whose M that is: the first of more than one cell */
  char key[24];      /* what messages about its values name */
  Vec given[OTTO_GENERATOR_MAX_DIM]; /* M */
  /* what counts: M, times `warmth` of the cell; in closed cells the largest of the open ones */
  Vec value[OTTO_GENERATOR_MAX_DIM];
  PetscReal least[OTTO_GENERATOR_MAX_DIM], most[OTTO_GENERATOR_MAX_DIM]; /* in open cells */
  PetscReal middle[OTTO_GENERATOR_MAX_DIM];                              /* their geometric mean */
  PetscReal *face[OTTO_GENERATOR_MAX_DIM];  /* of edges, as OttoRates: harmonic means */
  PetscReal *force[OTTO_GENERATOR_MAX_DIM]; /* -a (log M_y - log M_x); NULL: none, or in V */
} OttoMobilityField;
typedef OttoMobilityField *OttoMobility;

/** One without values. Collective. */
PETSC_INTERN PetscErrorCode OttoMobilityCreate(OttoGrid grid, OttoMobility *mobility);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoMobilityDestroy(OttoMobility *mobility);
/** That of mobility_formula or mobility_path and mobility_dataset; NULL where neither is given.
 * Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoMobilityFromOptions(OttoGrid grid, OttoMobility *mobility);

/** Checks values where V is finite (above 0, or 0 along all of an axis), finds what is shared, and
 * fills faces for the share a of the noise; `apart`: a T log M is not to be a potential. V: +inf in
 * closed cells; warmth: T of a cell over the generator's (NULL: 1). Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoMobilitySetUp(OttoMobility mobility, PetscReal share,
                                              PetscBool apart, Vec V, Vec warmth);

/** Whether a T log M is a potential other than 0. Not collective. */
PETSC_INTERN PetscBool OttoMobilityIsBias(OttoMobility mobility);
/** Whether nothing diffuses along an axis: 0 all over it. Not collective. */
PETSC_INTERN PetscBool OttoMobilityIsStill(OttoMobility mobility, PetscInt axis);
/** Whether the noise brings a drift that is none. Not collective. */
PETSC_INTERN PetscBool OttoMobilityDrives(OttoMobility mobility);
/** V += factor a T log M where V is finite and the bias a potential. Collective. */
PETSC_INTERN PetscErrorCode OttoMobilityAddBias(OttoMobility mobility, PetscReal factor,
                                                PetscReal T, Vec V);
/** Bytes this rank holds. Not collective. */
PETSC_INTERN size_t OttoMobilityBytes(OttoMobility mobility);
