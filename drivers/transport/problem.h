/* What a run of transport is made of. */
#pragma once
#include "space_error.h"
#include "sweep.h"

typedef struct {
  OttoGrid grid;
  Vec p, q;
  OttoDensityReport report[2];
  OttoTransportKeys keys;
  OttoTransportSolvers solvers;
  OttoTransportSweep sweep; /* D_t over times; empty where none are asked for */
  OttoRun parts;            /* of a run without times that has checkpoints: distances, space */
  OttoTransportNumbers numbers;
  OttoSpace space; /* how far the grid is from the continuum */
  OttoRecord record;
  OttoStorage storage;
  PetscInt64 frames; /* of the displacement interpolation */
  PetscBool fields;  /* fields are written */
} OttoTransportRun;

/** Makes it from the options, all that can be refused before the output folder is opened.
 * Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTransportPrepare(const char *input, OttoTransportRun *s);
/** Destroys the parts. Collective. */
PETSC_INTERN PetscErrorCode OttoTransportDestroy(OttoTransportRun *s);
