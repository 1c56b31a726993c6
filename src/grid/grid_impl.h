/* Private to src/grid. */
#pragma once
#include <otto/halo.h>

struct _n_OttoGrid {
  OttoGridInfo info;
  OttoLayout layout;
  PetscBool choose;    /* the mesh, by OttoMeshChoose() */
  PetscInt64 *cuts[2]; /* info.cuts, owned */
  PetscBool is_setup;
  OttoHalo halos; /* those asked for: a list; where there are any */
  PetscErrorCode (*destroy_halos)(OttoGrid grid);
};
