/* How far the grid is from the continuum: the same densities on half and on a quarter of the cells
 * of every axis. */
#pragma once
#include "distances.h"
#include "run/space.h"
#include "sweep.h"

/** Coarser grids for p and q; nothing is measured yet. Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTransportSpaceCreate(OttoRecord record, OttoGrid grid, Vec p, Vec q,
                                                     const OttoDensityReport report[2],
                                                     OttoSpace *space);
/** All distances on them, and D_t at the times that `sweep` has taken (its samples), and what these
 * differ from the run's own by: into space_error. Collective. */
PETSC_INTERN PetscErrorCode OttoTransportSpaceMeasure(OttoSpace *space,
                                                      const OttoTransportKeys *keys,
                                                      const OttoTransportSweep *sweep, Vec p, Vec q,
                                                      const OttoDensityReport report[2],
                                                      const OttoTransportNumbers *fine);
