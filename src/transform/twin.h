/*
 * Private to transform, transport and energy: a grid for transforms beside the one that is asked
 * about. Its cells are the same or parts of them, its axes periodic or no_flux (open serves as
 * no_flux), its box begins at 0, and its mesh of ranks is the same, or has all of them on the first
 * axis where the engine wants that. Wide: twice the cells, and
 * periodic, along axes that are not, so that a convolution of fields on the first half is one in
 * free space.
 */
#pragma once
#include <otto/transform.h>

typedef struct {
  OttoGrid from;           /* the grid asked about */
  OttoGrid grid;           /* the twin */
  OttoTransform transform; /* of its fields */
  OttoGrid cut;   /* `from`'s cells dealt as the twin deals them; the twin itself where it has the
                     same   cells */
  PetscInt parts; /* of a cell along every axis */
} OttoTwin;

/* Of a grid that is set up and outlives it; the engine is that of transform_engine, or `own` for
 * parts of cells. `wide` is for whole cells alone. Collective. OTTO_ERR_INPUT: an absorbing axis,
 * more ranks than cells of an axis can be dealt to. */
PETSC_INTERN PetscErrorCode OttoTwinCreate(OttoGrid from, PetscBool wide, PetscInt parts,
                                           OttoTwin *twin);
PETSC_INTERN PetscErrorCode OttoTwinDestroy(OttoTwin *twin);

/* A field of the grid, u[its local cells], as one of the twin, the same in all parts of a cell;
 * zeros beyond. Collective. */
PETSC_INTERN PetscErrorCode OttoTwinTake(const OttoTwin *twin, const PetscReal u[], Vec v);
/* And back: the mean over the parts of a cell; of a wide one, its first half. Collective. */
PETSC_INTERN PetscErrorCode OttoTwinGive(const OttoTwin *twin, Vec v, PetscReal u[]);
