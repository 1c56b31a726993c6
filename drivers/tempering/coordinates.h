/* Private to tempering: a change of coordinates, y = Φ(x). */
#pragma once
#include <otto/density.h>
#include <otto/diffeomorphism.h>
#include <otto/grid.h>

typedef struct {
  OttoDiffeomorphism map; /* NULL: there is none */
  OttoGrid grid;          /* of the image of the box */
  PetscInt64 n[OTTO_MAX_DIM];
  OttoDensityFunction density; /* p at any point of the box */
  PetscBool edges;             /* p has some: averages over cells are taken */
  PetscReal whole;             /* what p as a function integrates to: 1 without edges */
  PetscReal mass;              /* of the pushed density over `whole`, before it was scaled to 1 */
  PetscReal derivative;        /* what DΦ errs by, relative, wherever it was asked for so far */
} OttoTemperingCoordinates;

/** Reads coordinates_…: the map, its image's grid. Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTemperingCoordinatesRead(OttoGrid grid,
                                                         OttoTemperingCoordinates *s);
/** Checks, cell by cell, that they are those of the box; fine without. Collective. OTTO_ERR_INPUT.
 */
PETSC_INTERN PetscErrorCode OttoTemperingCoordinatesCheck(OttoGrid grid,
                                                          const OttoTemperingCoordinates *s);
/** p, as a function, which its pushed values are taken from. Collective. OTTO_ERR_INPUT: it has
 * values in cells alone. */
PETSC_INTERN PetscErrorCode OttoTemperingCoordinatesOpen(OttoGrid grid, Vec p,
                                                         const OttoDensityReport *report,
                                                         OttoTemperingCoordinates *s);
/** Whether derivatives were known wherever metric, density and log J asked for them. Collective.
 * OTTO_ERR_INPUT: not there. */
PETSC_INTERN PetscErrorCode OttoTemperingCoordinatesJudge(OttoTemperingCoordinates *s);
/** A number that a formula does not give is bad input before the run: OTTO_ERR_INPUT in place of
 * OTTO_ERR_NUMERICAL, with the same message. Not collective. */
PETSC_INTERN PetscErrorCode OttoTemperingAsInput(PetscErrorCode code);
/** Frees all. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingCoordinatesDestroy(OttoTemperingCoordinates *s);

/** p'(y) = p(Φ⁻¹ y) |det DΦ⁻¹(y)| at the centres of the cells of `grid`, a grid of the image, or,
 * where p has edges, with the average of p(Φ⁻¹ y) over the cell, scaled to mass 1; *mass: what it
 * was. Collective. OTTO_ERR_INPUT: far from 1. */
PETSC_INTERN PetscErrorCode OttoTemperingPush(const OttoTemperingCoordinates *s, OttoGrid grid,
                                              Vec *pushed, PetscReal *mass);
/** log |det DΦ| in the cells of `grid`, a grid of the box. Collective. OTTO_ERR_NUMERICAL. */
PETSC_INTERN PetscErrorCode OttoTemperingLogJacobian(const OttoTemperingCoordinates *s,
                                                     OttoGrid grid, Vec *log_jacobian);
/** The grid of the image for coarser grid `coarse` of the box, of 2^(level + 1) times fewer cells
 * an axis; on its ranks. Collective on them. */
PETSC_INTERN PetscErrorCode OttoTemperingCoarseImage(const OttoTemperingCoordinates *s,
                                                     OttoGrid coarse, PetscInt level,
                                                     OttoGrid *image);
