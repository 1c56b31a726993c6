/* Private to src/transport: what a solver of W2 is. */
#pragma once
#include "back_and_forth.h"

struct _n_OttoWasserstein {
  OttoGrid grid; /* our own: the given one's cells from 0 on, no flux where that is open */
  const OttoGridInfo *g;
  OttoWassersteinMethod method;
  PetscReal gap;
  PetscInt iterations; /* at most */
  PetscBool set_up, solved;
  OttoLevels levels; /* of the iteration; NULL with quantiles */
  OttoCTransform c;  /* with quantiles */
  Vec phi, psi;      /* potentials of the lower bound */
  /* densities of mass 1, and the map: images of cells, as boxes; the finest ascent's, or our own
   * with quantiles */
  PetscReal *p, *q, *lower[3], *upper[3];
  PetscReal *middle;            /* with quantiles: images of the cells' centres */
  PetscReal mass;               /* of p and of q */
  OttoWassersteinResult result; /* of the last solve */
  PetscInt room;                /* of the history */
  OttoIntervalBounds *history;
};
