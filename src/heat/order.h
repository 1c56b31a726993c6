/*
 * Private to heat: an operator that is a product over the axes, each by way of fewer nodes where
 * that serves, in the order that moves least: down to the nodes of the axes that are whole on every
 * rank; the axes that the mesh cuts (the first always counts among them) on what is left, with one
 * exchange each way; and up again.
 */
#pragma once
#include "panel.h"
#include <otto/grid.h>

/** One axis of n cells. */
typedef struct {
  PetscInt64 nodes;      /* n: it has none, and `up` does all */
  OttoPanelWork down;    /* cells → nodes */
  OttoPanelWork across;  /* nodes → nodes */
  OttoPanelWork up;      /* nodes → cells */
  OttoPanelWork through; /* cells → cells, for a cut axis */
} OttoOrderAxis;

typedef struct _n_OttoOrder *OttoOrder;

/** For a grid that is set up. Collective. */
PETSC_INTERN PetscErrorCode OttoOrderCreate(OttoGrid grid, OttoOrder *order);
PETSC_INTERN PetscErrorCode OttoOrderDestroy(OttoOrder *order);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoOrderBytes(OttoOrder order);

/** Whether the mesh cuts it, or could. Not collective. */
PETSC_INTERN PetscBool OttoOrderIsCut(OttoOrder order, PetscInt axis);

/** The axis that OttoOrderUp() does last where any will do. Not collective. */
PETSC_INTERN PetscInt OttoOrderLast(OttoOrder order, const OttoOrderAxis axes[]);

/** Reals that OttoOrderDown() fills on this rank; 0 where it has nothing to do, and OttoOrderUp()
 * is given the field. Not collective. */
PETSC_INTERN PetscInt64 OttoOrderNodes(OttoOrder order, const OttoOrderAxis axes[]);

/** nodes = down(scale·in), of the axes that are whole and have nodes. `absent`: see panel.h. Not
 * collective. */
PETSC_INTERN PetscErrorCode OttoOrderDown(OttoOrder order, const OttoOrderAxis axes[],
                                          PetscReal scale, PetscReal absent, const PetscReal in[],
                                          PetscReal nodes[]);

/** out = the rest of scale·nodes, axis `last` (-1: any) last of all. `out` may be `nodes` where
 * OttoOrderNodes() is 0. Collective. */
PETSC_INTERN PetscErrorCode OttoOrderUp(OttoOrder order, const OttoOrderAxis axes[], PetscInt last,
                                        PetscReal scale, PetscReal absent, const PetscReal nodes[],
                                        PetscReal out[]);
