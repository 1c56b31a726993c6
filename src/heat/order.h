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
  PetscReal key;         /* what `down` depends on: another key, another work */
  OttoPanelWork down;    /* cells → nodes */
  OttoPanelWork across;  /* nodes → nodes */
  OttoPanelWork up;      /* nodes → cells */
  OttoPanelWork through; /* cells → cells, for a cut axis */
} OttoOrderAxis;

/** What has been found of a field at nodes, and serves as long as these do: {0} at first. */
typedef struct {
  PetscReal *nodes;
  PetscInt64 size; /* on this rank; 0: none */
  PetscReal key[OTTO_MAX_DIM];
} OttoOrderKept;

typedef struct _n_OttoOrder *OttoOrder;

/** For a grid that is set up. Collective. */
PETSC_INTERN PetscErrorCode OttoOrderCreate(OttoGrid grid, OttoOrder *order);
PETSC_INTERN PetscErrorCode OttoOrderDestroy(OttoOrder *order);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoOrderBytes(OttoOrder order);

/** Whether the mesh cuts it, or could. Not collective. */
PETSC_INTERN PetscBool OttoOrderIsCut(OttoOrder order, PetscInt axis);

/** The axis that comes last where any will do. Not collective. */
PETSC_INTERN PetscInt OttoOrderLast(OttoOrder order, const OttoOrderAxis axes[]);

/** out[local_cells] = the product on scale·in, axis `last` last of all. `kept` is of this field in,
 * scale and works but for what their keys say; what it lacks is found. second[local_cells]: what
 * the works of axis `last` have besides is added to it; NULL: nothing is. Collective. */
PETSC_INTERN PetscErrorCode OttoOrderApply(OttoOrder order, const OttoOrderAxis axes[],
                                           PetscInt last, OttoOrderKept *kept, PetscReal scale,
                                           const PetscReal in[], PetscReal out[],
                                           PetscReal second[]);

/** Frees what is kept. Not collective. */
PETSC_INTERN PetscErrorCode OttoOrderForget(OttoOrderKept *kept);
