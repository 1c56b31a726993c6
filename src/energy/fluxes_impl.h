/*
 * Private to energy: fluxes over the faces of a grid.
 *
 * Faces come in runs, from cells x+i up to y+i (grid/edges.h); what a face knows of the cells at
 * its ends it reads through OttoFaceEnd, arrays from the run's first cell on. With the limiter
 * M = ρ_x + lean_x where mass goes up and ρ_y − lean_y where it goes down, lean being half the
 * limited slope of the density along the axis times h (fluxes_lean.c); without, lean is 0.
 */
#pragma once
#include <otto/fluxes.h>
#include "grid/edges.h"

#define OTTO_FACES_AT_ONCE 256 /* their numbers stay in the first-level cache */

struct _n_OttoFluxes {
  OttoEnergy energy;
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoHalo halo; /* of one layer */
  OttoMobility mobility;
  PetscReal factor[OTTO_MAX_DIM];
  PetscReal T;                   /* of entropy; 0 of any other internal energy */
  PetscReal *lean[OTTO_MAX_DIM]; /* [local_cells], limited alone */
  PetscReal *push[OTTO_MAX_DIM]; /* of faces by their lower cells: −∂(F/h)/∂(field_y − field_x) at
                                    the last Jacobian; NULL before */
  PetscInt slots;                /* of a row of the matrix: the cell, its neighbours by axis */
  uint8_t *slot;                 /* [local_cells][slots]: place among the row's entries */
};

/* What cells at one end of a run of faces hold; arrays of zeros for what there is none of. */
typedef struct {
  const PetscReal *density, *slope, *field, *lean;
} OttoFaceEnd;

/* A run of at most OTTO_FACES_AT_ONCE faces of one axis. */
typedef struct {
  PetscInt64 n;
  PetscBool linear; /* scharfetter_gummel without a slope */
  PetscReal scale;  /* μ/h² */
  PetscReal T;
  OttoFaceEnd x, y;
} OttoFaces;

/* Derivatives of F/h by what cells at the ends hold; [OTTO_FACES_AT_ONCE] each. */
typedef struct {
  PetscReal density_x[OTTO_FACES_AT_ONCE], density_y[OTTO_FACES_AT_ONCE];
  PetscReal below_x[OTTO_FACES_AT_ONCE], above_y[OTTO_FACES_AT_ONCE]; /* limited: by the densities
                                                      of the cells beyond x and beyond y */
  PetscReal slope[OTTO_FACES_AT_ONCE]; /* by slope_x; by slope_y minus that */
  PetscReal field[OTTO_FACES_AT_ONCE]; /* by field_x; by field_y minus that */
} OttoFaceDerivatives;

/** flux[n] = F/h, drop[n] = ξ_x − ξ_y, 0 where F is; drop may be NULL. Not collective. */
PETSC_INTERN void OttoFaceFluxes(OttoMobility mobility, const OttoFaces *faces, PetscReal flux[],
                                 PetscReal drop[]);
/** Derivatives of flux. Not collective. */
PETSC_INTERN void OttoFaceDerive(OttoMobility mobility, const OttoFaces *faces,
                                 OttoFaceDerivatives *d);

/* A state with its ghosts. */
typedef struct {
  OttoFluxes fluxes;
  const OttoFluxState *state;
  OttoSurrounded density, slope, field, lean[OTTO_MAX_DIM];
  PetscBool linear;
} OttoFluxCells;

/** Surrounds a state, and finds lean where the mobility has it. Collective. */
PETSC_INTERN PetscErrorCode OttoFluxCellsBegin(OttoFluxes fluxes, const OttoFluxState *state,
                                               OttoFluxCells *cells);
/** Gives it back. Collective. */
PETSC_INTERN PetscErrorCode OttoFluxCellsEnd(OttoFluxCells *cells);
/** At most OTTO_FACES_AT_ONCE faces of a run, from its face `from` on. Not collective. */
PETSC_INTERN OttoFaces OttoFluxCellsFaces(const OttoFluxCells *cells, const OttoEdges *edges,
                                          PetscInt64 from);
/** lean along every axis, of the state's density. Not collective. */
PETSC_INTERN void OttoFluxesLean(OttoFluxes fluxes, const OttoSurrounded *density,
                                 const OttoSurrounded *field);
