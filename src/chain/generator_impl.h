/* Private to generator*.c. */
#pragma once
#include <otto/generator.h>
#include "grid/edges.h"

#define DIM OTTO_GENERATOR_MAX_DIM

struct _n_OttoGenerator {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoPotential potential;
  OttoDrift drift;
  PetscBool driven, absorbing, is_setup; /* driven: by a drift or a tilt of the potential */
  PetscReal T, mobility[DIM], t;
  PetscInt64 state;
  Vec V;               /* finite; in closed cells the largest of the open ones */
  Vec open;            /* 1, or 0 where a cell is closed; NULL: all open */
  PetscInt64 closed;   /* cells, in the whole grid */
  PetscInt components; /* connected parts of the open cells */
  PetscInt *component; /* of every local cell, -1 where closed; NULL: all open */
  OttoHalo halo;
  PetscReal *up[DIM], *down[DIM], *force[DIM], *work[DIM]; /* as in OttoRates */
  PetscReal *killed, *leave;
  OttoRates rates;
};

/** Takes the closed cells (+inf) out of s->V, at set-up into s->open; later they must be the same.
 * Collective; OTTO_ERR_INPUT: none is open; OTTO_ERR_NUMERICAL: others than before. */
PETSC_INTERN PetscErrorCode OttoGeneratorFindClosed(OttoGenerator s);
/** Numbers the connected parts of the open cells, by edges, whatever their rates. Collective. */
PETSC_INTERN PetscErrorCode OttoGeneratorFindComponents(OttoGenerator s);
