/* What a run of dissipation is made of. */
#pragma once
#include "dissipation.h"
#include "kernel.h"
#include "space_error.h"

typedef struct {
  OttoGrid grid;
  OttoHeat heat;
  OttoKernelChoice choice; /* of auto */
  Vec p0, q0;
  PetscInt64 nodes; /* of the integral checks */
  OttoTempered tempering;
  OttoSpaceTempered space; /* how far the grid is from the continuum */
  OttoRun run;
  OttoRunColumns columns;
  OttoRecord record;
  OttoStorage storage;         /* NULL where no fields are written */
  OttoTemperedSample previous; /* the sample before the present one */
} OttoDissipationRun;

/** Makes it from the options, all that can be refused before the output folder is opened.
 * Collective.
 */
PETSC_INTERN PetscErrorCode OttoDissipationPrepare(const char *input, OttoDissipationRun *s);
/** Says before the integral checks begin what they will take where that is long: `seconds` for the
 * one sample at t > 0 that was taken. Not collective. */
PETSC_INTERN PetscErrorCode OttoDissipationSayCost(const OttoDissipationRun *s, PetscReal seconds);
/** Writes fields and marginals of the sample just taken, where they are asked for. Collective;
 * OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoDissipationSave(OttoDissipationRun *s, PetscInt k, PetscReal t);
/** Says that a sample is done. Not collective. */
PETSC_INTERN PetscErrorCode OttoDissipationSay(const OttoDissipationRun *s,
                                               const OttoTemperedSample *now);
/** Destroys the parts. Collective. */
PETSC_INTERN PetscErrorCode OttoDissipationDestroy(OttoDissipationRun *s);
